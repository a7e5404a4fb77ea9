// SEAL_KEY is replaced, step by step as docs/operate.md says, in the very runtime: with the command, stopped and begun again.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generate } from 'otplib';
import { startWorker } from '../../scripts/lib/worker.mjs';
import { ADMIN, Gateway, PASSWORD, SETUP_TOKEN, SKIP_LIMITS, SYSTEM_SECRET } from './harness.mjs';
import { send } from './http.mjs';

const SCRIPT = fileURLToPath(new URL('../../scripts/admin.mjs', import.meta.url));
const [OLD, NEW] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
const PEOPLE = 260;

/** Six digits of an app with that secret; each time step is good once. */
const codeOf = (secret, steps) => generate({ secret, epoch: Math.floor(Date.now() / 1_000) + 30 * steps });

describe('a new SEAL_KEY', () => {
  let dataDir;
  let worker;
  let gateway;
  let app;

  const start = async (keys) => {
    await worker?.stop();
    worker = await startWorker({ dataDir, port: worker?.port, vars: { SETUP_TOKEN, SYSTEM_SECRET, ...keys } });
    gateway = new Gateway({ ...worker, stop() {} });
  };
  const left = async (prefix) => {
    const db = await worker.mf.getD1Database('DB');
    const { results } = await db.prepare("SELECT count(*) AS n FROM authenticators WHERE sealed_secret NOT LIKE ?").bind(`${prefix}%`).all();
    return results[0].n;
  };
  /** Runs the command; stops it after so many pages if that is said. */
  const reseal = (token, pages = Infinity) =>
    new Promise((resolve) => {
      const env = { ...process.env, PORTCULLIS_TOKEN: token };
      const child = spawn(process.execPath, [SCRIPT, 'reseal', '--url', worker.url], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.on('data', (chunk) => {
        said += chunk;
        if (said.split('sealed anew').length > pages) child.kill('SIGKILL');
      });
      child.once('exit', (code) => resolve({ code, said }));
    });
  const adminToken = async () => (await gateway.login(ADMIN)).accessToken;
  const logIn = async (code) => {
    const login = await gateway.send('/auth/login', { method: 'POST', json: app.login, headers: SKIP_LIMITS });
    assert.equal(login.status, 200, login.text);
    const json = { mfa_token: login.json.mfa_token, code: code ?? (await codeOf(app.secret, 1)) };
    return { login, done: await gateway.send('/auth/mfa/verify', { method: 'POST', json, headers: SKIP_LIMITS }) };
  };

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'portcullis-seal-'));
    await start({ SEAL_KEY: OLD });
    await gateway.setUp();
    const person = await gateway.makePerson();
    await gateway.admin('PATCH', `/tenant/home/v2/Users/${person.id}`, { mfa: 'totp' });
    app = { login: { email: person.email, password: PASSWORD } };
    const { json } = await gateway.send('/auth/login', { method: 'POST', json: app.login, headers: SKIP_LIMITS });
    app.secret = json.enrolment.secret;
    const verify = { mfa_token: json.mfa_token, code: await codeOf(app.secret, -1) };
    const done = await gateway.send('/auth/mfa/verify', { method: 'POST', json: verify, headers: SKIP_LIMITS });
    assert.equal(done.status, 200, done.text);
    app.backup = done.json.backup_codes;
    app.refresh = done.json.refresh_token;
    // Many more of them, so that there are pages.
    const db = await worker.mf.getD1Database('DB');
    await db.prepare(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${PEOPLE})
      INSERT INTO mails (id, tenant_id, user_id, kind, recipient, sealed, next_at, expires_at, created_at)
      SELECT 'm' || i, 'home', NULL, 'verify-email', 'x@example.com', '1.AAAA' || i, 9e15, 9e15, 0 FROM n`).run();
  });
  after(async () => {
    await worker?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('is prepared, set, and opens what the old one sealed', { timeout: 120_000 }, async () => {
    for (const keys of [{ SEAL_KEY: OLD, SEAL_KEY_PREVIOUS: NEW }, { SEAL_KEY: NEW, SEAL_KEY_PREVIOUS: OLD }]) {
      await start(keys);
      assert.equal((await logIn(app.backup.pop())).done.status, 200);
      const json = { refresh_token: app.refresh };
      const refreshed = await gateway.send('/auth/refresh', { method: 'POST', json, headers: SKIP_LIMITS });
      assert.equal(refreshed.status, 200, refreshed.text);
      app.refresh = refreshed.json.refresh_token;
    }
  });

  test('seals everything anew, though the command is killed in between', { timeout: 120_000 }, async () => {
    const token = await adminToken();
    const killed = await reseal(token, 1);
    assert.notEqual(killed.code, 0, killed.said);
    // What opens with no key is told, and holds up nothing.
    const unreadable = await reseal(token);
    assert.equal(unreadable.code, 1, unreadable.said);
    assert.match(unreadable.said, new RegExp(`${PEOPLE} values open neither`));
    await gateway.sql("DELETE FROM mails WHERE recipient = 'x@example.com'");
    const { code, said } = await reseal(token);
    assert.equal(code, 0, said);
    assert.match(said, / 0 remain/);
    const page = await send(worker.url, '/tenant/home/v2/Keys/reseal', { method: 'POST', token, json: {} });
    assert.equal(await left(`2.${page.json.keyId}.`), 0);
    for (const secret of [token, OLD, NEW]) assert.ok(!said.includes(secret));
  });

  test('is all that is needed from then on', { timeout: 120_000 }, async () => {
    await start({ SEAL_KEY: NEW });
    assert.equal((await logIn(app.backup.pop())).done.status, 200);
    const json = { refresh_token: app.refresh };
    const refreshed = await gateway.send('/auth/refresh', { method: 'POST', json, headers: SKIP_LIMITS });
    assert.equal(refreshed.status, 200, refreshed.text);
    assert.equal((await logIn()).done.status, 200);
  });

  test('is refused to whoever is no operator', async () => {
    gateway.adminToken = await adminToken();
    const { email } = await gateway.makePerson({ email: 'nobody@example.com' });
    const person = await gateway.login({ email, password: PASSWORD });
    const { code, said } = await reseal(person.accessToken);
    assert.equal(code, 1);
    assert.match(said, /not an operator/);
    assert.match((await reseal('nonsense')).said, /not valid/);
  });
});
