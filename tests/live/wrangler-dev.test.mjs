// `npx wrangler dev` serves from a fresh clone; without its settings it says which are missing.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, startWorker } from '../../scripts/lib/worker.mjs';
import { send } from './http.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const BROWSER = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' };

describe('wrangler dev', () => {
  let folder;
  let child;
  let url;
  let said = '';

  before(async () => {
    // As a clone of its own, without .dev.vars and without a database.
    folder = mkdtempSync(join(tmpdir(), 'portcullis-clone-'));
    for (const name of ['build', 'node_modules', 'package.json', 'scripts', 'src', 'static', 'wrangler.toml']) {
      symlinkSync(join(root, name), join(folder, name));
    }
    const port = await freePort('127.0.0.1');
    url = `http://localhost:${port}`;
    const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
    const env = { ...process.env, PATH, WRANGLER_SEND_METRICS: 'false', CI: '1' };
    const wrangler = join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
    const args = [wrangler, 'dev', '--port', String(port), '--inspector-port', String(await freePort('127.0.0.1'))];
    child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (said += chunk));
    const end = Date.now() + 120_000;
    for (;;) {
      const answer = await fetch(`${url}/healthz`).catch(() => undefined);
      if (answer) break;
      if (Date.now() > end || child.exitCode !== null) throw new Error(`wrangler dev does not serve:\n${said}`);
      await new Promise((go) => setTimeout(go, 500));
    }
  });
  after(async () => {
    if (child && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      process.kill(-child.pid, 'SIGTERM');
      await gone;
    }
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test('is healthy, shows the sign-in page, and takes the setup token of .dev.vars', { timeout: 60_000 }, async () => {
    const health = await send(url, '/healthz');
    assert.equal(health.status, 200, `${health.text}\n${said}`);
    const page = await send(url, '/tenant/home/login', { headers: BROWSER });
    assert.equal(page.status, 200, page.text);
    assert.match(page.text, /<form/);
    assert.equal((await send(url, '/portcullis.css')).status, 200);

    const vars = readFileSync(join(folder, '.dev.vars'), 'utf8');
    const [, token] = /^SETUP_TOKEN=(.+)$/m.exec(vars);
    const admin = { email: 'admin@example.com', password: 'correct horse battery' };
    assert.equal((await send(url, '/setup', { method: 'POST', json: { token: 'wrong', ...admin } })).status, 403);
    const made = await send(url, '/setup', { method: 'POST', json: { token, ...admin } });
    assert.equal(made.status, 201, made.text);
    assert.equal((await send(url, '/api/auth/login', { method: 'POST', json: admin })).status, 200);
  });

  test('leaves .dev.vars alone once it is there', async () => {
    const file = join(folder, '.dev.vars');
    const { writeDevVars } = await import('../../scripts/lib/dev.mjs');
    writeFileSync(file, 'ORIGIN=https://mine.example\n');
    writeDevVars(folder);
    assert.equal(readFileSync(file, 'utf8'), 'ORIGIN=https://mine.example\n');
  });
});

describe('a Worker without its settings', () => {
  let worker;

  before(async () => {
    // As wrangler.toml is tracked, and no secret set.
    const vars = { ORIGIN: '', MODE: 'production', MAIL_TRANSPORT: 'resend', MAIL_FROM: '', SEAL_KEY: undefined };
    worker = await startWorker({ vars });
  });
  after(() => worker?.stop());

  test('answers 503 and names them, to programs and to browsers', async () => {
    const names = ['ORIGIN', 'SEAL_KEY', 'RESEND_API_KEY', 'MAIL_FROM'];
    for (const [path, options] of [['/healthz'], ['/setup', { method: 'POST', json: {} }], ['/app/x'], ['/tenant/home/.well-known/jwks.json']]) {
      const answer = await send(worker.url, path, options);
      assert.equal(answer.status, 503, `${path}: ${answer.text}`);
      assert.match(answer.headers['content-type'], /^application\/problem\+json/);
      assert.deepEqual(answer.json.settings.map(({ name }) => name), names);
    }
    for (const path of ['/', '/healthz', '/tenant/home/login']) {
      const page = await send(worker.url, path, { headers: BROWSER });
      assert.equal(page.status, 503);
      assert.match(page.headers['content-type'], /^text\/html/);
      for (const name of names) assert.ok(page.text.includes(`<code>${name}</code>`), page.text);
    }
  });
});
