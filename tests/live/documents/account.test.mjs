// The account API's document: its numbered steps, done in their order.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { claimsOf, PASSWORD, SKIP_LIMITS, startGateway } from '../harness.mjs';
import { Document } from './examples.mjs';

const document = new Document('account-api');

/** `POST /auth/register with email, password, and full_name` as method, path and field names. */
function step(number, title) {
  const line = new RegExp(`^ +${number}\\. ${title}: .*?(\\w+) (/auth/\\S+) with (.+)$`, 'm').exec(document.text);
  assert.ok(line, `the document has step ${number}, ${title}`);
  const names = line[3].replace('your ', '').split(/,? and |, /);
  return { method: line[1], path: line[2], names };
}

describe("the account API's document", () => {
  let gateway;
  before(async () => {
    gateway = await startGateway();
    await gateway.route({ name: 'agents', path: '/agents' });
  });
  after(() => gateway?.stop());

  const values = { email: 'new@example.com', password: PASSWORD, full_name: 'New Person' };
  const perform = ({ method, path, names }, fields = values) =>
    gateway.send(path, {
      method,
      json: Object.fromEntries(names.map((name) => [name, fields[name]])),
      headers: SKIP_LIMITS,
    });

  test('its steps lead from registration to an authorized request', async () => {
    const registered = await perform(step(1, 'Register'));
    assert.equal(registered.status, 201, registered.text);
    assert.equal(typeof registered.json.message, 'string');
    assert.equal(registered.json.email, values.email);

    const early = await perform(step(3, 'Login'));
    assert.equal(early.status, 403, early.text);
    assert.equal(early.json.error, 'email_not_verified');
    assert.equal(typeof early.json.message, 'string');

    const token = await gateway.mailedToken(values.email, '/auth/verify-email');
    const shown = await gateway.send(`/auth/verify-email?token=${token}`, { headers: { Accept: 'text/html' } });
    assert.equal(shown.status, 200);
    assert.match(shown.headers['content-type'], /^text\/html/);
    assert.match(shown.text, /<form[^>]*method="post"/i);
    const clicked = await gateway.send('/auth/verify-email', { method: 'POST', form: { token } });
    assert.ok([200, 303].includes(clicked.status), clicked.text);

    const loggedIn = await perform(step(3, 'Login'));
    assert.equal(loggedIn.status, 200, loggedIn.text);
    for (const name of ['access_token', 'refresh_token']) {
      assert.ok(document.text.includes(`Receive ${name}`) || document.text.includes(name));
      assert.equal(typeof loggedIn.json[name], 'string');
    }
    assert.equal(loggedIn.json.token_type, 'Bearer');
    assert.equal(loggedIn.json.user.email, values.email);
    const claims = claimsOf(loggedIn.json.access_token);
    assert.equal(loggedIn.json.expires_in, claims.exp - claims.iat);

    const header = /^Authorization: (Bearer )\{your_access_token\}$/m.exec(document.text)[1];
    const used = await gateway.send('/agents', { headers: { Authorization: header + loggedIn.json.access_token } });
    assert.equal(used.status, 200, used.text);
    assert.equal(used.json.claims.sub, claims.sub);

    const refreshed = await perform(step(2, 'Refresh before expiry'), loggedIn.json);
    assert.equal(refreshed.status, 200, refreshed.text);
    assert.equal(typeof refreshed.json.access_token, 'string');
    assert.notEqual(refreshed.json.refresh_token, loggedIn.json.refresh_token);
    const again = await gateway.send('/agents', { token: refreshed.json.access_token });
    assert.equal(again.status, 200);

    const out = await gateway.send('/auth/logout', {
      method: 'POST',
      token: refreshed.json.access_token,
      json: { refresh_token: refreshed.json.refresh_token },
    });
    assert.equal(out.status, 200, out.text);
    assert.equal(typeof out.json.message, 'string');
    const ended = await perform(step(2, 'Refresh before expiry'), refreshed.json);
    assert.equal(ended.status, 401);
    assert.equal(typeof ended.json.error, 'string');
    assert.equal(typeof ended.json.message, 'string');
  });

  test('a wrong password and an unknown address get one answer', async () => {
    await gateway.register({ email: 'known@example.com' });
    await gateway.verify('known@example.com');
    const wrong = await perform(step(3, 'Login'), { email: 'known@example.com', password: 'wrong password' });
    const unknown = await perform(step(3, 'Login'), { email: 'nobody@example.com', password: 'wrong password' });
    assert.equal(wrong.status, 401);
    assert.equal(wrong.json.error, 'invalid_credentials');
    assert.equal(unknown.status, 401);
    assert.deepEqual(unknown.json, wrong.json);
  });

  test('registering a taken address tells nothing', async () => {
    const email = 'taken@example.com';
    const first = await gateway.register({ email });
    await gateway.verify(email);
    const second = await gateway.register({ email, password: 'another good password' });
    assert.deepEqual(second.json, first.json);
    const stolen = await perform(step(3, 'Login'), { email, password: 'another good password' });
    assert.equal(stolen.status, 401);
  });

  test('a tenant can accept the documented 6 characters, and none accepts fewer', async () => {
    assert.match(document.text, /Passwords must be at least 6 characters long/);
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { minPasswordLength: 6 });
    const register = (email, password) =>
      gateway.send('/auth/register', {
        method: 'POST',
        json: { email, password, full_name: 'Six' },
        headers: SKIP_LIMITS,
      });
    assert.equal((await register('six@example.com', 'sixsix')).status, 201);
    const short = await register('five@example.com', 'fives');
    assert.equal(short.status, 400);
    assert.equal(typeof short.json.message, 'string');
    const settings = await gateway.send('/tenant/home/v2/Settings', {
      method: 'PATCH',
      token: gateway.adminToken,
      json: { minPasswordLength: 5 },
    });
    assert.equal(settings.status, 400, settings.text);
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { minPasswordLength: 8 });
  });

  test('a tenant can give its tokens the documented 24 hours', async () => {
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { accessTokenSeconds: 86_400 });
    const person = await gateway.makePerson();
    const answer = await perform(step(3, 'Login'), person);
    assert.equal(answer.json.expires_in, 24 * 60 * 60);
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { accessTokenSeconds: 900 });
  });

  test('a forgotten password is reset by mail, which ends every session', async () => {
    const person = await gateway.person();
    const asked = await gateway.send('/auth/forgot-password', { method: 'POST', json: { email: person.email } });
    const unknown = await gateway.send('/auth/forgot-password', {
      method: 'POST',
      json: { email: 'nobody-at-all@example.com' },
    });
    assert.equal(asked.status, 200, asked.text);
    assert.equal(unknown.status, 200);
    assert.deepEqual(asked.json, unknown.json);
    assert.deepEqual(await gateway.outbox('nobody-at-all@example.com'), []);

    const token = await gateway.mailedToken(person.email, '/auth/reset-password');
    const page = await gateway.send(`/auth/reset-password?token=${token}`, { headers: { Accept: 'text/html' } });
    assert.equal(page.status, 200);
    assert.match(page.text, /<form[^>]*method="post"/i);
    const reset = (password) => gateway.send('/auth/reset-password', { method: 'POST', json: { token, password } });
    const done = await reset('a brand new password');
    assert.equal(done.status, 200, done.text);
    assert.equal(typeof done.json.message, 'string');
    assert.equal((await reset('yet another password')).status, 400);

    const old = await gateway.send('/auth/refresh', {
      method: 'POST',
      json: { refresh_token: person.refreshToken },
    });
    assert.equal(old.status, 401);
    await gateway.login({ email: person.email, password: 'a brand new password' });
  });
});
