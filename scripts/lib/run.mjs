// Child processes: one with its output shown, one with its output in a log file, one whose output is asked for.
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { step, Stop } from './log.mjs';
import { root, tools } from './paths.mjs';

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

/** What must not go on alone when this process ends, as it does when a step beside it fails. */
const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill()));

/** What cargo draws as its progress bar: `Building [==>   ] 12/80: …`. */
const COUNT = /\] +(\d+)\/(\d+)[: ]/g;

/**
 * Runs a long command as a step: its output goes to `.tools/log/FILE.log`, cargo's count of crates to the progress
 * line. If it fails, the message names the file and shows its end.
 */
export function logged(name, file, command, args, options = {}) {
  mkdirSync(join(tools, 'log'), { recursive: true });
  const path = join(tools, 'log', `${file}.log`);
  return step(name, async (far) => {
    const log = createWriteStream(path);
    let end = '';
    const read = (chunk) => {
      const [, done, of] = [...chunk.matchAll(COUNT)].pop() ?? [];
      if (done) far(`${done} of ${of} crates`);
      // The bar itself is drawn over and over; what is worth reading ends with a line feed.
      const lines = chunk.replace(/^.*\r(?!\n)/gm, '').replace(/^ +Building \[.*$/gm, '');
      end = (end + lines).slice(-9000);
      log.write(lines);
    };
    const progress = { CARGO_TERM_PROGRESS_WHEN: 'always', CARGO_TERM_PROGRESS_WIDTH: '80', CARGO_TERM_COLOR: 'never' };
    const env = { ...(options.env ?? process.env), ...progress };
    const child = spawn(command, args, { cwd: root, ...options, env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
    const status = await new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(code ?? signal));
    });
    children.delete(child);
    log.end();
    if (status === 0) return;
    const tail = end.split('\n').filter((line) => line.trim()).slice(-40).join('\n  ');
    throw new Stop(`${command} ${args.join(' ')} ended with ${status}. All it said is in\n  ${path}\nand the end of it is\n  ${tail}`);
  });
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
