// npm run shots: pictures of every screen of the console in both languages and sizes, light and dark, into shots/ (or SHOTS).
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { ready } from './lib/bootstrap.mjs';
import { info, main } from './lib/log.mjs';
import { root } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

await ready(import.meta.url);
await main(async () => {
  const folder = resolve(root, process.env.SHOTS || 'shots');
  mkdirSync(folder, { recursive: true });
  const { build } = await import('./lib/build.mjs');
  await build();
  const args = ['--test', '--test-name-pattern=each screen can be read', 'tests/browser/console.test.mjs'];
  await run(process.execPath, args, { env: { ...process.env, PICTURES: folder } });
  info(`the pictures are in ${folder}`);
});
