// npm run build: the release build of the Worker into build/, unless it is up to date.
// Where `wrangler dev` runs it, its settings and its database as well.
import { ready } from './lib/bootstrap.mjs';
import { info, main } from './lib/log.mjs';

// A module that outgrows this has probably got a dependency that it does not need.
const LARGE = 2_000_000;

await ready(import.meta.url);
await main(async () => {
  const { build, moduleSize } = await import('./lib/build.mjs');
  await build();
  if (process.env.WRANGLER_COMMAND === 'dev') await (await import('./lib/dev.mjs')).prepareDev();
  const { bytes, gzipped } = moduleSize();
  info(`the module has ${Math.round(bytes / 1000)} kB, ${Math.round(gzipped / 1000)} kB gzipped`);
  if (gzipped > LARGE) info(`warning: that is more than ${LARGE / 1_000_000} MB gzipped`);
});
