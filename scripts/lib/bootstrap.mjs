// The first lines of every script: installs the npm packages when they are missing or
// stale, then goes on under the Node that package-lock.json pins. Imports nothing but Node.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from './log.mjs';
import { at, isPackage, root } from './paths.mjs';

const OLDEST = [22, 12];
const stampFile = at('node_modules', '.portcullis-stamp');

function recentEnough(version) {
  const [major, minor] = version.replace('v', '').split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

async function installPackages() {
  if (isPackage) return;
  const wanted = createHash('sha256').update(readFileSync(at('package-lock.json'))).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  const ended = (command, args, stdio) =>
    new Promise((resolve) => {
      const child = spawn(command, args, { cwd: root, stdio, shell: process.platform === 'win32' });
      child.once('error', () => resolve(-1)).once('exit', resolve);
    });
  // In the first process only: the system's Node starts npm, whatever its age. The crates' sources come meanwhile;
  // whether they can be had is said by the build.
  const [npm] = await step('npm packages (once)', () => Promise.all([
    ended('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], ['ignore', 'ignore', 'inherit']),
    ended('cargo', ['fetch', '--quiet', '--locked', '--target', 'wasm32-unknown-unknown'], 'ignore'),
  ]));
  if (npm !== 0) {
    console.error('error: npm ci failed; npm and a reachable npm registry are needed');
    process.exit(1);
  }
  writeFileSync(stampFile, wanted);
}

/** The Node to run under: the pinned one, or this one if it is recent enough. */
export function pinnedNode() {
  const name = `node-${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'node');
  } catch {
    // None for this platform.
  }
  if (recentEnough(process.version)) return process.execPath;
  console.error(`error: Node ${OLDEST.join('.')} or newer is needed, this is ${process.version}, and there is no package ${name} that brings one`);
  process.exit(1);
}

/** Resolves when packages are there and Node is right; otherwise starts the script anew. */
export async function ready(scriptUrl) {
  await installPackages();
  const node = pinnedNode();
  const again = process.env.PORTCULLIS_REEXEC === process.ppid.toString();
  if (node === process.execPath || recentEnough(process.version)) return endWithParent(again);

  const child = spawn(node, [fileURLToPath(scriptUrl), ...process.argv.slice(2)], {
    stdio: 'inherit', env: { ...process.env, PORTCULLIS_REEXEC: process.pid.toString() },
  });
  // Ctrl-C reaches the whole process group by itself; a plain kill has to be passed on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  await new Promise(() => {
    child.once('exit', (code, signal) => process.exit(signal ? 1 : code));
  });
}

/** A script that npm or an older Node started does not outlive it. */
function endWithParent(again) {
  if (!again && !process.env.npm_lifecycle_event) return;
  // npm starts a shell, and the shell this script: both have to be there still.
  const family = () => `${process.ppid} ${parentOf(process.ppid)}`;
  const atFirst = family();
  setInterval(() => {
    if (family() !== atFirst) process.kill(process.pid, 'SIGTERM');
  }, 1000).unref();
}

function parentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').pop().split(' ')[1];
  } catch {
    return '';
  }
}
