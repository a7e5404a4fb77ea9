// Links in mails: looking changes nothing, they lead only to us, and each works once.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, SKIP_LIMITS, startGateway } from '../harness.mjs';

describe('mailed links', () => {
  let gateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway?.stop());

  const post = (path, json, headers = {}) => gateway.send(path, { method: 'POST', json, headers });
  const login = (email, password = PASSWORD) => post('/auth/login', { email, password }, SKIP_LIMITS);

  test('GET, HEAD and OPTIONS on a verify link change nothing', async () => {
    const email = 'looked-at@example.com';
    await gateway.register({ email });
    const token = await gateway.mailedToken(email, '/auth/verify-email');
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'GET']) {
      const answer = await gateway.send(`/auth/verify-email?token=${token}`, { method });
      assert.ok(answer.status < 500, `${method} ${answer.status}`);
    }
    assert.equal((await login(email)).status, 403, 'looking does not verify');
    assert.equal((await post('/auth/verify-email', { token })).status, 200, 'the link still works');
    assert.equal((await login(email)).status, 200);
  });

  test('GET, HEAD and OPTIONS on a reset link change nothing', async () => {
    const person = await gateway.makePerson();
    await post('/auth/forgot-password', { email: person.email });
    const token = await gateway.mailedToken(person.email, '/auth/reset-password');
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'GET']) {
      const path = `/auth/reset-password?token=${token}&password=stolen-password`;
      assert.ok((await gateway.send(path, { method })).status < 500);
    }
    assert.equal((await login(person.email, 'stolen-password')).status, 401);
    assert.equal((await login(person.email)).status, 200);
    assert.equal((await post('/auth/reset-password', { token, new_password: 'a new password' })).status, 200);
    assert.equal((await login(person.email, 'a new password')).status, 200);
  });

  test('GET, HEAD and OPTIONS on a magic link and its endpoints change nothing', async () => {
    const person = await gateway.makePerson();
    await post('/api/auth/magic-link/request', { email: person.email });
    const token = await gateway.mailedToken(person.email, '/tenant/home/magic-link');
    for (const path of ['/tenant/home/magic-link', '/api/auth/magic-link/verify', '/users/auth/magic-link/verify']) {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'GET']) {
        const answer = await gateway.send(`${path}?token=${token}`, { method });
        assert.ok(answer.status < 500, `${method} ${answer.status}`);
        // A page with a form names the browser that it is for, which signs nobody in.
        const cookies = (answer.headers['set-cookie'] ?? []).map((cookie) => cookie.split('=')[0]);
        const form = path.startsWith('/tenant/') && method === 'GET' ? ['__Host-portcullis-form'] : [];
        assert.deepEqual(cookies, form, `${method} ${path}`);
      }
    }
    assert.equal((await post('/api/auth/magic-link/verify', { token })).status, 200);
    assert.equal((await post('/api/auth/magic-link/verify', { token })).status, 400);
  });

  test('what was mailed for one purpose is good for no other', async () => {
    const person = await gateway.makePerson();
    await post('/auth/forgot-password', { email: person.email });
    const reset = await gateway.mailedToken(person.email, '/auth/reset-password');
    await post('/api/auth/magic-link/request', { email: person.email });
    const magic = await gateway.mailedToken(person.email, '/tenant/home/magic-link');
    for (const path of ['/api/auth/magic-link/verify', '/users/auth/magic-link/verify', '/api/auth/change-email/confirm']) {
      assert.equal((await post(path, { token: reset })).status, 400, path);
    }
    for (const path of ['/auth/reset-password', '/auth/verify-email', '/api/auth/change-email/confirm']) {
      assert.equal((await post(path, { token: magic, password: 'stolen password' })).status, 400, path);
    }
    assert.equal((await login(person.email)).status, 200);
  });

  test("a link's page is not framed, not cached, and passes no referrer", async () => {
    const page = await gateway.send('/auth/verify-email?token=anything', { headers: { Accept: 'text/html' } });
    assert.match(page.headers['content-security-policy'], /frame-ancestors 'none'/);
    assert.equal(page.headers['referrer-policy'], 'no-referrer');
    assert.match(page.headers['cache-control'], /no-store/);
    const hostile = encodeURIComponent('"><script>alert(1)</script>');
    for (const path of ['/auth/verify-email', '/auth/reset-password']) {
      const echoed = await gateway.send(`${path}?token=${hostile}`, { headers: { Accept: 'text/html' } });
      assert.ok(!echoed.text.includes('<script>alert'), echoed.text);
    }
  });

  test('links carry the configured origin, whatever Host or forwarding headers say', async () => {
    const hostile = {
      ...SKIP_LIMITS,
      Host: 'evil.example',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=evil.example',
      Origin: 'https://evil.example',
    };
    const email = 'hosted@example.com';
    const registered = await post('/auth/register', { email, password: PASSWORD, full_name: 'H' }, hostile);
    await post('/auth/forgot-password', { email }, hostile);
    const person = await gateway.makePerson();
    await post('/auth/forgot-password', { email: person.email }, hostile);
    await post('/api/auth/magic-link/request', { email: person.email }, hostile);
    const mails = [...(await gateway.outbox(email)), ...(await gateway.outbox(person.email))];
    assert.ok(mails.length >= (registered.status === 201 ? 2 : 1), `${registered.status}: ${mails.length} mails`);
    for (const mail of mails) {
      assert.ok(!/evil\.example/.test(mail.text + mail.html), mail.text);
      for (const link of mail.text.match(/https?:\/\/\S+/g)) assert.equal(new URL(link).origin, gateway.url);
    }
  });

  test('a used verify link is dead, and so is an older one', async () => {
    const email = 'twice@example.com';
    await gateway.register({ email });
    const older = await gateway.mailedToken(email, '/auth/verify-email');
    await gateway.register({ email });
    const newer = await gateway.mailedToken(email, '/auth/verify-email');
    assert.notEqual(newer, older);
    assert.equal((await post('/auth/verify-email', { token: older })).status, 400);
    assert.equal((await post('/auth/verify-email', { token: newer })).status, 200);
    assert.equal((await post('/auth/verify-email', { token: newer })).status, 400);
  });

  test('an older reset link is dead once a newer one was asked for', async () => {
    const person = await gateway.makePerson();
    const ask = async () => {
      await post('/auth/forgot-password', { email: person.email });
      return gateway.mailedToken(person.email, '/auth/reset-password');
    };
    const [older, newer] = [await ask(), await ask()];
    assert.notEqual(newer, older);
    assert.equal((await post('/auth/reset-password', { token: older, password: 'stolen password' })).status, 400);
    assert.equal((await post('/auth/reset-password', { token: newer, password: 'a new password' })).status, 200);
  });

  test('a reset link dies with a changed password', async () => {
    const person = await gateway.person();
    await post('/auth/forgot-password', { email: person.email });
    const token = await gateway.mailedToken(person.email, '/auth/reset-password');
    const changed = await gateway.send('/api/auth/change-password', {
      method: 'POST',
      token: person.accessToken,
      json: { currentPassword: person.password, newPassword: 'changed meanwhile' },
    });
    assert.equal(changed.status, 200, changed.text);
    assert.equal((await post('/auth/reset-password', { token, password: 'stolen password' })).status, 400);
  });

  test('a reset with a password too short keeps the link alive', async () => {
    const person = await gateway.makePerson();
    await post('/auth/forgot-password', { email: person.email });
    const token = await gateway.mailedToken(person.email, '/auth/reset-password');
    assert.equal((await post('/auth/reset-password', { token, password: 'abc' })).status, 400);
    assert.equal((await post('/auth/reset-password', { token, password: 'long enough now' })).status, 200);
  });

  test("somebody else's registration does not take over an address that is not verified", async () => {
    const email = 'pending@example.com';
    await gateway.register({ email, password: "the attacker's password" });
    await gateway.register({ email, password: "the owner's password" });
    const token = await gateway.mailedToken(email, '/auth/verify-email');
    assert.equal((await post('/auth/verify-email', { token })).status, 200);
    const attacker = (await login(email, "the attacker's password")).status;
    const owner = (await login(email, "the owner's password")).status;
    assert.deepEqual([attacker, owner], [401, 200]);
  });

  test('a name cannot put words or headers into a mail', async () => {
    const email = 'named@example.com';
    const full_name = '<a href="https://evil.example/">Click here</a>\r\nBcc: all@example.com https://evil.example/';
    const answer = await post('/auth/register', { email, password: PASSWORD, full_name }, SKIP_LIMITS);
    assert.ok([201, 400].includes(answer.status), answer.text);
    for (const mail of await gateway.outbox(email)) {
      assert.ok(!mail.html.includes('<a href="https://evil.example'), mail.html);
      assert.ok(!/[\r\n]/.test(mail.subject), mail.subject);
    }
  });
});
