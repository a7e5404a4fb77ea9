// Second factors against the compiled Worker: the documents' examples, an independent TOTP library, and what may
// happen once happens once.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { generate } from 'otplib';
import { Document, filledIn, node } from './documents/examples.mjs';
import { claimsOf, SKIP_LIMITS, startGateway } from './harness.mjs';

const guide = new Document('mfa-guide');
const accountApi = new Document('account-api');

const atOnce = (count, ask) => Promise.all(Array.from({ length: count }, (_, at) => ask(at)));
const count = (answers, status) => answers.filter((answer) => answer.status === status).length;
/** Six digits of an app with that secret, by otplib. */
const codeOf = (secret, steps = 0) => generate({ secret, epoch: Math.floor(Date.now() / 1_000) + 30 * steps });
/** Waits for a fresh time step, so that no code is one that was used already. */
const nextStep = () => new Promise((go) => setTimeout(go, 30_000 - (Date.now() % 30_000) + 200));

describe('second factors', () => {
  let gateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway?.stop());

  const post = (path, json, options = {}) => gateway.send(path, { method: 'POST', json, ...options });
  const loginWith = ({ email, password }, options) => post('/auth/login', { email, password }, options);
  const atOneGo = ({ email, password }, code, options) => post('/auth/mfa/login', { email, password, code }, options);

  /** A person whose app was set up in a session; `code()` is one that was not used yet. */
  async function withApp() {
    const person = await gateway.person();
    const begun = await post('/auth/mfa/enable', {}, { token: person.accessToken });
    assert.equal(begun.status, 200, begun.text);
    const { secret } = begun.json;
    assert.equal(new URL(begun.json.otpauth_uri).searchParams.get('secret'), secret);
    assert.match(begun.json.qr_svg, /^<svg/);
    const done = await post('/auth/mfa/verify', { code: await codeOf(secret, -1) }, { token: person.accessToken });
    assert.equal(done.status, 200, done.text);
    let step = -1;
    const code = () => codeOf(secret, (step += 1));
    return { ...person, secret, code, backup: done.json.backup_codes, accessToken: done.json.access_token };
  }

  test("an app is set up and asked for as the account API's document says", async () => {
    const [, enable] = /POST (\/auth\/mfa\/enable) to set up/.exec(accountApi.text);
    const [, login] = /POST (\/auth\/mfa\/login) with email, password, and MFA code/.exec(accountApi.text);
    const person = await gateway.person();
    const begun = await gateway.send(enable, { method: 'POST', token: person.accessToken });
    assert.equal(begun.status, 200, begun.text);
    const code = await codeOf(begun.json.secret, -1);
    const verified = await post('/auth/mfa/verify', { code }, { token: person.accessToken });
    assert.equal(verified.status, 200, verified.text);
    assert.equal(verified.json.mfa_enabled, true);
    assert.equal(verified.json.backup_codes.length, 10);
    const waiting = await loginWith(person);
    assert.deepEqual([waiting.status, waiting.json.mfa_required], [200, true]);
    assert.equal(waiting.json.access_token, undefined);
    const { email, password } = person;
    const signedIn = await post(login, { email, password, code: await codeOf(begun.json.secret) });
    assert.equal(signedIn.status, 200, signedIn.text);
    assert.deepEqual(claimsOf(signedIn.json.access_token).amr, ['pwd', 'otp', 'mfa']);
    const [used] = verified.json.backup_codes;
    assert.equal((await post(login, { email, password, code: used })).status, 200);
    assert.equal((await post(login, { email, password, code: used })).status, 401);
    const left = await gateway.send('/auth/mfa/backup-codes', { token: signedIn.json.access_token });
    assert.equal(left.json.remaining, 9);
  });

  test("the session API completes a login, and the guide's steps hold", async () => {
    const person = await gateway.makePerson();
    await gateway.admin('PATCH', `/tenant/home/v2/Users/${person.id}`, { mfa: 'totp' });
    assert.match(guide.text, /prompted to set up MFA on their first login attempt/);
    const { email, password } = person;
    const first = await post('/api/auth/login', { email, password });
    assert.equal(first.json.data.mfaRequired, true);
    const { challenge, enrolment } = first.json.data;
    const verify = async (steps) => post('/api/auth/mfa/verify', { challenge, code: await codeOf(enrolment.secret, steps) });
    assert.equal((await verify(-4)).status, 401);
    const done = await verify(-1);
    assert.equal(done.status, 200, done.text);
    assert.equal(typeof done.json.data.tokens.accessToken, 'string');
    const second = await post('/api/auth/login', { email, password });
    assert.equal(second.json.data.enrolment, undefined);
    assert.deepEqual(second.json.data.methods, ['totp', 'backup']);
  });

  test("an administrator resets it by the guide's JavaScript, unchanged", async () => {
    const person = await withApp();
    const example = guide.code("// Reset user's MFA (admin operation)\nasync function", '# Reset');
    const own = { 'https://auth.agglestone.com': gateway.url, 'your-tenant-id': 'home' };
    const script = `const adminToken = process.env.ADMIN_TOKEN;
      async function${filledIn(` ${example}`, own)}
      await resetUserMfa(process.env.USER_ID);
      console.log('done');`;
    assert.equal(await node(script, { ADMIN_TOKEN: gateway.adminToken, USER_ID: person.id }), 'done\n');
    const session = await gateway.send('/api/auth/me', { token: person.accessToken });
    assert.equal(session.status, 401, 'sessions made before the reset are over');
    const refreshed = await post('/api/auth/refresh', { refreshToken: person.refreshToken });
    assert.equal(refreshed.status, 401);
    const again = await loginWith(person);
    assert.equal(typeof again.json.enrolment.secret, 'string');
    assert.notEqual(again.json.enrolment.secret, person.secret);
  });

  test('a code is mailed, once more when asked, and good once', async () => {
    const person = await gateway.makePerson();
    await gateway.admin('PATCH', `/tenant/home/v2/Users/${person.id}`, { mfa: 'email' });
    const waiting = await loginWith(person);
    assert.deepEqual(waiting.json.methods, ['email']);
    const mailed = async () => /\b\d{6}\b/.exec((await gateway.outbox(person.email))[0].text)[0];
    const first = await mailed();
    const { mfa_token } = waiting.json;
    assert.equal((await post('/auth/mfa/send', { mfa_token })).status, 200);
    assert.equal((await post('/auth/mfa/verify', { mfa_token, code: first })).status, 401);
    const code = await mailed();
    const answers = await atOnce(20, () => post('/auth/mfa/verify', { mfa_token, code }, { headers: SKIP_LIMITS }));
    assert.equal(count(answers, 200), 1, String(answers.map(({ status }) => status)));
  });

  test('of 200 parallel wrong codes as many as allowed are looked at, on all surfaces together', async () => {
    const person = await withApp();
    const challenges = [];
    for (let at = 0; at < 10; at += 1) {
      challenges.push((await loginWith(person, { headers: SKIP_LIMITS })).json.mfa_token);
    }
    const answers = await atOnce(200, (at) => {
      const code = `00000${at % 10}`;
      const from = `203.0.113.${at}`;
      const challenge = challenges[at % 10];
      switch (at % 3) {
        case 0:
          return post('/auth/mfa/verify', { mfa_token: challenge, code }, { from });
        case 1:
          return post('/api/auth/mfa/verify', { challenge, code }, { from });
        default:
          return post('/auth/mfa/disable', { code }, { token: person.accessToken, from });
      }
    });
    assert.equal(count(answers, 401), 5, String(answers.map(({ status }) => status)));
    assert.equal(count(answers, 429), 195);
    const locked = await atOneGo(person, await person.code());
    assert.equal(locked.status, 429);
    const wait = Number(locked.headers['retry-after']);
    assert.ok(wait > 800 && wait <= 900, `retry after ${wait}`);
  });

  test('50 parallel uses of a code, and of a backup code, are one success each', async () => {
    const person = await withApp();
    const code = await person.code();
    const codes = await atOnce(50, () => atOneGo(person, code, { headers: SKIP_LIMITS }));
    assert.equal(count(codes, 200), 1, String(codes.map(({ status }) => status)));
    assert.equal(count(codes, 401), 49);
    const backups = await atOnce(50, () => atOneGo(person, person.backup[0], { headers: SKIP_LIMITS }));
    assert.equal(count(backups, 200), 1, String(backups.map(({ status }) => status)));
    const waiting = await gateway.person();
    const begun = await post('/auth/mfa/enable', {}, { token: waiting.accessToken });
    const first = { code: await codeOf(begun.json.secret) };
    const set = await atOnce(50, () =>
      post('/auth/mfa/verify', first, { token: waiting.accessToken, headers: SKIP_LIMITS }),
    );
    assert.equal(count(set, 200), 1, String(set.map(({ status }) => status)));
  });

  test('each step is accepted once, and none before it', async () => {
    const person = await withApp();
    await nextStep();
    const now = await codeOf(person.secret);
    const before = await codeOf(person.secret, -1);
    assert.equal((await atOneGo(person, now)).status, 200);
    assert.equal((await atOneGo(person, now)).status, 401);
    assert.equal((await atOneGo(person, before)).status, 401);
  });

  test('a shorter lockout is the tenant’s, and over when it says', async () => {
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { mfaAttempts: 2, mfaLockoutSeconds: 60 });
    const person = await withApp();
    const statuses = [];
    for (let at = 0; at < 3; at += 1) statuses.push((await atOneGo(person, '000000')).status);
    assert.deepEqual(statuses, [401, 401, 429]);
    const locked = await atOneGo(person, await person.code());
    assert.equal(locked.status, 429);
    assert.ok(Number(locked.headers['retry-after']) <= 60);
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { mfaAttempts: 5, mfaLockoutSeconds: 900 });
  });
});
