// Child processes: run one with its output shown, or quietly with its output returned.
import { spawn, spawnSync } from 'node:child_process';
import { Stop } from './log.mjs';
import { root } from './paths.mjs';

/** Runs a command with its output shown; answers its exit code. */
export function code(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('exit', (status, signal) => resolve(signal ? 1 : status));
  });
}

/** Runs a command with its output shown; stops the script if it fails. */
export async function run(command, args, options = {}) {
  const status = await code(command, args, options).catch((error) => {
    throw new Stop(`cannot run ${command}: ${error.message}`);
  });
  if (status !== 0) throw new Stop(`${command} ${args.join(' ')} ended with code ${status}`);
}

/** Runs a command quietly: `{ ok, stdout, stderr }`, `ok: false` also when it is not installed. */
export function probe(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  return { ok: result.status === 0, stdout: (result.stdout ?? '').trim(), stderr: (result.stderr ?? '').trim() };
}

/** Whether apt can be used without asking anyone: a Debian system and root. */
export const canApt = () => process.getuid?.() === 0 && probe('apt-get', ['--version']).ok;

/** Installs Debian packages. */
export async function apt(...packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', '-qq', ...packages];
  const stdio = ['ignore', 'ignore', 'inherit'];
  await code('apt-get', ['update', '-qq'], { env, stdio });
  await run('apt-get', install, { env, stdio });
}
