// What belongs to one tenant does not exist for another, and nobody raises themselves.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ADMIN, claimsOf, PASSWORD, SKIP_LIMITS, startGateway } from '../harness.mjs';

describe('tenants', () => {
  let gateway;
  let other;
  let otherAdmin;
  let victim;

  before(async () => {
    gateway = await startGateway();
    victim = await gateway.person({ roles: ['TECHNICIAN'] });
    other = await gateway.admin('POST', '/tenant/home/v2/Tenants', { id: 'other', name: 'Other' });
    const { email } = ADMIN;
    const there = (path, json) =>
      gateway.send(path, { method: 'POST', json, headers: { ...SKIP_LIMITS, 'X-Tenant-Id': other.id } });
    const registered = await there('/auth/register', { email, password: PASSWORD, full_name: 'Other Admin' });
    assert.equal(registered.status, 201, registered.text);
    await gateway.verify(email);
    await gateway.sql('UPDATE users SET roles = ? WHERE tenant_id = ?', '["ADMIN"]', other.id);
    const login = await there('/api/auth/login', { email, password: PASSWORD });
    assert.equal(login.status, 200, login.text);
    otherAdmin = login.json.data.tokens.accessToken;
  });
  after(() => gateway?.stop());

  test('one e-mail address is two people in two tenants', async () => {
    assert.equal(claimsOf(otherAdmin).tenantId, 'other');
    assert.notEqual(claimsOf(otherAdmin).sub, gateway.operator.id);
    assert.ok(claimsOf(otherAdmin).iss.endsWith('/tenant/other'));
  });

  test('each tenant has keys of its own', async () => {
    const [home, theirs] = await Promise.all(
      ['home', 'other'].map((id) => gateway.send(`/tenant/${id}/.well-known/jwks.json`)),
    );
    const kids = new Set([...home.json.keys, ...theirs.json.keys].map(({ kid }) => kid));
    assert.equal(kids.size, home.json.keys.length + theirs.json.keys.length);
    assert.equal((await gateway.send('/tenant/nobody/.well-known/jwks.json')).status, 404);
  });

  const collections = ['Users', 'Routes', 'Plans', 'Roles', 'Audit', 'Settings'];

  test('a token of one tenant is refused at another, both ways', async () => {
    for (const name of collections) {
      const theirs = await gateway.send(`/tenant/home/v2/${name}`, { token: otherAdmin });
      assert.equal(theirs.status, 403, `${name}: ${theirs.text}`);
      const ours = await gateway.send(`/tenant/other/v2/${name}`, { token: victim.accessToken });
      assert.equal(ours.status, 403, `${name}: ${ours.text}`);
      const own = await gateway.send(`/tenant/other/v2/${name}`, { token: otherAdmin });
      assert.equal(own.status, 200, `${name}: ${own.text}`);
    }
    const named = await gateway.send('/api/auth/me', { token: otherAdmin, headers: { 'X-Tenant-Id': 'home' } });
    assert.equal(named.status, 403, named.text);
  });

  test('every id of one tenant is 404 from another', async () => {
    const route = await gateway.route({ name: 'secret-route', path: '/secret/' });
    const key = await gateway.apiKey(victim);
    await gateway.admin('POST', '/tenant/home/v2/Plans', { name: 'secret-plan', rank: 50, features: ['x'] });
    await gateway.admin('POST', '/tenant/home/v2/Roles', { name: 'SECRET_ROLE', rank: 50 });
    const items = {
      [`Users/${victim.id}`]: { name: 'stolen' },
      [`Users/${gateway.operator.id}`]: { name: 'stolen' },
      [`Routes/${route.id}`]: { name: 'stolen', path: '/stolen/', origin: 'http://127.0.0.1:9' },
      'Plans/secret-plan': { name: 'secret-plan', rank: 1, features: [] },
      'Roles/SECRET_ROLE': { name: 'SECRET_ROLE', rank: 1 },
    };
    for (const [item, json] of Object.entries(items)) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const sent = { method, json: method === 'PUT' ? json : undefined, token: otherAdmin };
        const answer = await gateway.send(`/tenant/other/v2/${item}`, sent);
        assert.equal(answer.status, 404, `${method} ${item}: ${answer.text}`);
      }
    }
    const revoke = await gateway.send(`/api/auth/api-keys/${key.id}`, {
      method: 'DELETE',
      token: otherAdmin,
      headers: { 'X-Tenant-Id': 'other' },
    });
    assert.equal(revoke.status, 404, revoke.text);
    assert.equal((await gateway.send('/secret/x', { headers: { 'X-API-Key': key.apiKey } })).status, 200);
    const still = await gateway.admin('GET', `/tenant/home/v2/Users/${victim.id}`);
    assert.equal(still.name, victim.name);
  });

  test("another person's API key is 404 within a tenant too", async () => {
    const key = await gateway.apiKey(victim);
    const stranger = await gateway.person();
    const path = `/api/auth/api-keys/${key.id}`;
    assert.equal((await gateway.send(path, { method: 'DELETE', token: stranger.accessToken })).status, 404);
    const listed = await gateway.send('/api/auth/api-keys', { token: stranger.accessToken });
    assert.ok(!listed.text.includes(key.id));
  });

  test('a token or key of another tenant does not pass a route of this one', async () => {
    await gateway.route({ name: 'home-only', path: '/home-only/' });
    const made = await gateway.send('/api/auth/api-keys', {
      method: 'POST',
      token: otherAdmin,
      headers: { 'X-Tenant-Id': 'other' },
      json: { name: 'theirs', scopes: ['read'] },
    });
    assert.equal(made.status, 201, made.text);
    for (const options of [{ token: otherAdmin }, { headers: { 'X-API-Key': made.json.data.apiKey } }]) {
      const answer = await gateway.send('/home-only/x', options);
      assert.ok([401, 403].includes(answer.status), answer.text);
    }
    const shown = await gateway.send('/users/auth/status', { token: otherAdmin, headers: { 'X-Tenant-Id': 'home' } });
    assert.ok(shown.status === 403 || shown.json.isAuthenticated === false, shown.text);
  });

  test("lists show a tenant's own alone", async () => {
    for (const name of ['Users', 'Audit']) {
      const answer = await gateway.send(`/tenant/other/v2/${name}?limit=100`, { token: otherAdmin });
      assert.ok(!answer.text.includes(victim.id) && !answer.text.includes(victim.email), `${name}: ${answer.text}`);
    }
  });

  test('only the operator makes tenants', async () => {
    const admin = await gateway.person({ roles: ['ADMIN'] });
    const attempts = [
      ['/tenant/home/v2/Tenants', admin.accessToken],
      ['/tenant/other/v2/Tenants', otherAdmin],
      ['/tenant/home/v2/Tenants', otherAdmin],
      ['/tenant/home/v2/Tenants', victim.accessToken],
    ];
    for (const [path, token] of attempts) {
      const answer = await gateway.send(path, { method: 'POST', token, json: { id: 'sneaky', name: 'Sneaky' } });
      assert.ok([403, 404].includes(answer.status), `${path}: ${answer.status} ${answer.text}`);
    }
    assert.equal((await gateway.send('/tenant/sneaky/.well-known/jwks.json')).status, 404);
  });

  test('a body cannot raise its sender', async () => {
    const email = 'climber@example.com';
    const raise = {
      emailVerified: true,
      email_verified: true,
      roles: ['ADMIN'],
      tenantId: 'other',
      tenant_id: 'other',
      plan: 'business',
      operator: true,
      mfa: 'none',
      status: 'active',
      id: gateway.operator.id,
    };
    const registered = await gateway.send('/auth/register', {
      method: 'POST',
      json: { email, password: PASSWORD, full_name: 'Climber', ...raise },
      headers: SKIP_LIMITS,
    });
    assert.ok([201, 400].includes(registered.status), registered.text);
    if (registered.status === 400) await gateway.register({ email });
    const early = await gateway.send('/auth/login', { method: 'POST', json: { email, password: PASSWORD, ...raise } });
    assert.equal(early.status, 403, 'not verified by the body');
    await gateway.verify(email);
    const { accessToken } = await gateway.login({ email, password: PASSWORD });
    const claims = claimsOf(accessToken);
    assert.equal(claims.tenantId, 'home');
    assert.ok(!claims.roles.includes('ADMIN'), JSON.stringify(claims));
    assert.notEqual(claims.plan, 'business');
    for (const path of [`/tenant/home/v2/Users/${claims.sub}`, '/tenant/home/v2/Users']) {
      for (const method of ['GET', 'PUT', 'PATCH', 'POST', 'DELETE']) {
        const answer = await gateway.send(path, {
          method,
          token: accessToken,
          json: method === 'GET' ? undefined : raise,
        });
        assert.ok([403, 404, 405].includes(answer.status), `${method} ${path}: ${answer.status} ${answer.text}`);
      }
    }
    const change = await gateway.send('/api/auth/change-password', {
      method: 'POST',
      token: accessToken,
      json: { currentPassword: PASSWORD, newPassword: 'another good password', ...raise },
    });
    assert.ok([200, 400].includes(change.status), change.text);
    const user = await gateway.admin('GET', `/tenant/home/v2/Users/${claims.sub}`);
    assert.ok(!user.roles.includes('ADMIN') && user.plan !== 'business' && !user.operator, JSON.stringify(user));
  });

  test('an API key cannot have scopes that its maker may not give', async () => {
    const answer = await gateway.send('/api/auth/api-keys', {
      method: 'POST',
      token: victim.accessToken,
      json: { name: 'mine', scopes: ['read'], roles: ['ADMIN'], userId: gateway.operator.id, tenantId: 'other' },
    });
    assert.ok([201, 400].includes(answer.status), answer.text);
    if (answer.status === 201) {
      const used = await gateway.send('/secret/x', { headers: { 'X-API-Key': answer.json.data.apiKey } });
      assert.equal(used.json.claims.sub, victim.id);
      assert.ok(!used.json.claims.roles.includes('ADMIN'));
    }
  });

  test('an API key does not open the account that made it', async () => {
    const { apiKey } = await gateway.apiKey(victim);
    const headers = { 'X-API-Key': apiKey };
    const json = { currentPassword: victim.password, newPassword: 'a stolen password' };
    assert.equal((await gateway.send('/api/auth/change-password', { method: 'POST', headers, json })).status, 401);
    const more = { name: 'more', scopes: ['read', 'write'] };
    assert.equal((await gateway.send('/api/auth/api-keys', { method: 'POST', headers, json: more })).status, 401);
  });
});
