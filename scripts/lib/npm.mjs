// npm packages of a folder with a lockfile of its own, which only some need.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { step } from './log.mjs';
import { run } from './run.mjs';

/** Installs what the folder's lockfile says, unless it is there. */
export async function npmPackages(name, folder) {
  const stamp = join(folder, 'node_modules', '.stamp');
  const wanted = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const install = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await step(`npm packages of ${name} (once)`, () => run('npm', install, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] }));
  writeFileSync(stamp, wanted);
}
