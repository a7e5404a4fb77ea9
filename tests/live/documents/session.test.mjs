// The session API's document, example by example.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { claimsOf, startGateway } from '../harness.mjs';
import { assertShape, curl, Document, filledIn, node } from './examples.mjs';

const document = new Document('session-api');
const DOCUMENTED = 'https://api.tendedloop.com';
const TOKEN = 'eyJhbGciOiJIUzI1NiIs...';

describe("the session API's document", () => {
  let gateway;
  let manager;

  before(async () => {
    gateway = await startGateway();
    manager = await gateway.person({ name: 'Jane Admin', roles: ['ADMIN', 'MANAGER'] });
    await gateway.route({ name: 'dashboard', path: '/api/dashboard/' });
  });
  after(() => gateway?.stop());

  const credentials = (person) => ({
    [DOCUMENTED]: gateway.url,
    'admin@yourcompany.com': person.email,
    'your-password': person.password,
  });
  const login = async () => {
    const { status, json } = await curl(filledIn(document.curl('cURL Login request'), credentials(manager)));
    assert.equal(status, 200);
    return json;
  };

  test('the login request answers as documented', async () => {
    const answer = await login();
    assertShape(answer, document.json('cURL Login request'));
    assert.equal(answer.success, true);
    assert.equal(answer.data.user.email, manager.email);
    assert.deepEqual(answer.data.user.roles, ['ADMIN', 'MANAGER']);
  });

  test('the access token opens the dashboard behind the gateway', async () => {
    const { accessToken } = (await login()).data.tokens;
    const command = document.curl('Using the access token');
    const answer = await curl(filledIn(command, { [DOCUMENTED]: gateway.url, [TOKEN]: accessToken }));
    assert.equal(answer.status, 200);
    assert.equal(answer.json.data.caller, manager.id);
  });

  test('the refresh request answers with a new pair', async () => {
    const { accessToken, refreshToken } = (await login()).data.tokens;
    const command = document.curl('Token refresh');
    const answer = await curl(filledIn(command, { [DOCUMENTED]: gateway.url, [TOKEN]: refreshToken }));
    assert.equal(answer.status, 200);
    assertShape(answer.json, document.json('Token refresh'));
    assert.notEqual(answer.json.data.refreshToken, refreshToken);
    assert.notEqual(answer.json.data.accessToken, accessToken);
  });

  test('the Node.js example logs in and prints the dashboard', async () => {
    const script = document.code('JS Node.js example', 'Important: Access tokens');
    const printed = await node(filledIn(script, credentials(manager)));
    assert.match(printed, new RegExp(manager.id));
  });

  test('an access token lives 15 minutes and carries the documented payload', async () => {
    const claims = claimsOf((await login()).data.tokens.accessToken);
    assertShape(claims, document.json('// JWT payload structure'));
    assert.equal(claims.type, 'access');
    assert.equal(claims.tenantId, 'home');
    assert.equal(claims.userId, manager.id);
    assert.deepEqual(claims.roles, ['ADMIN', 'MANAGER']);
    assert.equal(claims.exp - claims.iat, 15 * 60);
  });

  test('the API key request opens the dashboard', async () => {
    const { apiKey } = await gateway.apiKey(manager);
    const command = document.curl('Using an API key');
    const own = { [DOCUMENTED]: gateway.url, 'tl_k_a1b2c3d4e5f6...': apiKey };
    const answer = await curl(filledIn(command, own));
    assert.equal(answer.status, 200);
    assert.equal(answer.json.data.caller, manager.id);
  });

  test('the Node.js example with an API key prints the dashboard', async () => {
    const { apiKey } = await gateway.apiKey(manager);
    const section = document.after('Using an API key');
    const start = section.indexOf('const response');
    const script = section.slice(start, section.indexOf('Property Details')).trim();
    const printed = await node(filledIn(script, { [DOCUMENTED]: gateway.url }), { TENDEDLOOP_API_KEY: apiKey });
    assert.match(printed, new RegExp(manager.id));
  });

  test('an API key has the documented scopes, does not expire, and is shown once', async () => {
    const made = await gateway.apiKey(manager, { name: 'ci', scopes: ['read', 'write', 'webhooks:manage'] });
    assert.deepEqual(made.scopes.toSorted(), ['read', 'webhooks:manage', 'write']);
    assert.equal(made.expiresAt, null);
    const listed = await gateway.send('/api/auth/api-keys', { token: manager.accessToken });
    assert.equal(listed.status, 200);
    const item = listed.json.data.items.find(({ id }) => id === made.id);
    assert.equal(item.name, 'ci');
    assert.ok(!listed.text.includes(made.apiKey), 'a listed key does not show its secret');
  });

  test('a revoked API key is refused at once', async () => {
    const { id, apiKey } = await gateway.apiKey(manager);
    const revoked = await gateway.send(`/api/auth/api-keys/${id}`, { method: 'DELETE', token: manager.accessToken });
    assert.equal(revoked.status, 200);
    assert.deepEqual(revoked.json, { success: true, data: { revoked: true } });
    const used = await gateway.send('/api/dashboard/overview', { headers: { 'X-API-Key': apiKey } });
    assert.equal(used.status, 401);
  });

  test('a missing, malformed or unknown token gets the documented 401', async () => {
    const documented = document.json('401\n\nUnauthorized');
    for (const path of ['/api/auth/me', '/api/dashboard/overview']) {
      for (const token of [undefined, TOKEN, 'nonsense']) {
        const answer = await gateway.send(path, { token });
        assert.equal(answer.status, 401, `${path} with ${token}`);
        assert.deepEqual(answer.json, documented);
      }
    }
  });

  test('a role too low gets the documented 403', async () => {
    await gateway.route({ name: 'billing', path: '/api/billing/', roles: ['MANAGER'] });
    const technician = await gateway.person({ roles: ['TECHNICIAN'] });
    const answer = await gateway.send('/api/billing/', { token: technician.accessToken });
    assert.equal(answer.status, 403);
    assert.deepEqual(answer.json, document.json('403\n\nForbidden'));
  });

  test('too many attempts get the documented 429 and the header says when to retry', async () => {
    const person = await gateway.makePerson();
    let answer;
    for (let tries = 0; tries < 12 && answer?.status !== 429; tries += 1) {
      answer = await gateway.send('/api/auth/login', {
        method: 'POST',
        json: { email: person.email, password: 'wrong password' },
        from: '198.51.100.7',
      });
    }
    assert.equal(answer.status, 429);
    assert.deepEqual(answer.json, document.json('Rate limit response'));
    assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
  });

  test('the system secret skips the limit', async () => {
    const person = await gateway.makePerson();
    const attempt = (headers) =>
      gateway.send('/api/auth/login', {
        method: 'POST',
        json: { email: person.email, password: 'wrong password' },
        headers,
        from: '198.51.100.8',
      });
    const secret = { 'X-System-Secret': 'a-system-secret-for-the-tests' };
    for (let tries = 0; tries < 8; tries += 1) assert.equal((await attempt(secret)).status, 401);
    const forged = [];
    for (let tries = 0; tries < 8; tries += 1) forged.push((await attempt({ 'X-System-Secret': 'guess' })).status);
    assert.ok(forged.includes(429), `a wrong secret skips nothing: ${forged}`);
  });

  test('logout ends the session, and change-password asks for the current one', async () => {
    const person = await gateway.person();
    const change = (currentPassword) =>
      gateway.send('/api/auth/change-password', {
        method: 'POST',
        token: person.accessToken,
        json: { currentPassword, newPassword: 'another good password' },
      });
    const refused = await change('not the password');
    assert.ok([400, 401, 403].includes(refused.status), refused.text);
    assert.equal(refused.json.success, false);
    const changed = await change(person.password);
    assert.equal(changed.status, 200, changed.text);
    const fresh = await gateway.login({ email: person.email, password: 'another good password' });
    const out = await gateway.send('/api/auth/logout', { method: 'POST', token: fresh.accessToken });
    assert.equal(out.status, 200);
    assert.equal(out.json.success, true);
    const refreshed = await gateway.send('/api/auth/refresh', {
      method: 'POST',
      json: { refreshToken: fresh.refreshToken },
    });
    assert.equal(refreshed.status, 401);
  });

  test('me shows the caller', async () => {
    const answer = await gateway.send('/api/auth/me', { token: manager.accessToken });
    assert.equal(answer.status, 200);
    const user = answer.json.data.user ?? answer.json.data;
    assert.equal(user.email, manager.email);
    assert.deepEqual(user.roles, ['ADMIN', 'MANAGER']);
  });
});
