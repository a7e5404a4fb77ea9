// The package of `npm run package` works in an empty folder with Node and npm alone.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../../scripts/lib/worker.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('the package', () => {
  let folder;
  let child;
  let options;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-installed-'));
    // Neither cargo nor the checkout's own programs are on its PATH.
    const PATH = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);
    options = { cwd: folder, env: { HOME: process.env.HOME, PATH, WRANGLER_SEND_METRICS: 'false', CI: '1' }, timeout: 300_000 };
    await run(process.execPath, ['scripts/package.mjs'], { cwd: root, timeout: 300_000 });
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', join(root, `portcullis-${version}.tgz`)];
    await run('npm', install, options);
  });
  after(async () => {
    if (child && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test('starts the demo, and its session works, within a minute', { timeout: 90_000 }, async () => {
    const env = { ...options.env, PORT: String(await freePort('127.0.0.1')), DEMO_PORT: '0' };
    const began = Date.now();
    let said = '';
    child = spawn(process.execPath, ['node_modules/.bin/portcullis', 'start', '--demo'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (said += chunk));
    while (!/Ready on [^]*GATEWAY=[^]*echo\s*$/.test(said)) {
      assert.ok(child.exitCode === null && Date.now() < began + 60_000, said);
      await new Promise((go) => setTimeout(go, 100));
    }
    const { stdout } = await run('bash', ['-c', said.slice(said.indexOf('GATEWAY='))], { cwd: folder, timeout: 30_000 });
    assert.equal(JSON.parse(stdout.split('\n')[0]).claims.tenantId, 'home', stdout);
    assert.ok(Date.now() < began + 60_000, `${Date.now() - began} ms`);
    assert.ok(existsSync(join(folder, '.wrangler', 'portcullis', 'secrets.json')), 'its data is where it was started');
  });

  test('makes the tables of a local database, and says what would be deployed', { timeout: 120_000 }, async () => {
    await run(process.execPath, ['node_modules/.bin/portcullis', 'deploy', '--dry-run'], options);
    assert.match(readFileSync(join(folder, 'wrangler.toml'), 'utf8'), /^main = "node_modules\/portcullis\/build\/entry\.js"$/m);
    await run(process.execPath, ['node_modules/.bin/portcullis', 'migrate', '--local'], options);
    const wrangler = join(folder, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
    const { stdout } = await run(process.execPath, [wrangler, 'd1', 'migrations', 'list', 'DB', '--local'], options);
    assert.match(stdout, /No migrations to apply/);
  });
});
