// Two data centres, storage far from both: what one ends or changes, the other sees within REVOCATION_SECONDS, whatever
// it is, and the one that changed it at once.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { generate } from 'otplib';
import { PASSWORD, SKIP_LIMITS, startGateway } from './harness.mjs';

const HOME = '/tenant/home/v2';
const FAR = { ms: 40 };
/** The Worker's default bound, and what an answer over far storage may take on top of it. */
const BOUND = 5_000 + 4 * FAR.ms + 400;
const OTHER_BROWSER = { 'User-Agent': 'another browser' };

/** Each kind of change: what is asked, the statuses before and after it, and the change itself. */
const KINDS = {
  async 'a session ends'(gateway) {
    const { accessToken: token } = await gateway.person();
    return { ask: (front) => gateway.send('/app/x', { token, front }), after: 401, change: () => post(gateway, '/api/auth/logout', {}, { token }) };
  },
  async 'the sessions of a user end'(gateway) {
    const person = await gateway.person();
    const cookie = { Cookie: await gateway.cookie(person) };
    const { accessToken: token } = await gateway.login(person);
    const json = { currentPassword: PASSWORD, newPassword: 'another good password' };
    return { ask: (front) => gateway.send('/app/x', { headers: cookie, front }), after: 401, change: () => post(gateway, '/api/auth/change-password', json, { token }) };
  },
  async 'a user is disabled'(gateway) {
    const person = await gateway.person();
    const { apiKey } = await gateway.apiKey(person);
    return { ask: (front) => gateway.send('/app/x', { headers: { 'X-API-Key': apiKey }, front }), after: 401, change: update(gateway, person, { status: 'disabled' }) };
  },
  async 'a user is deleted'(gateway) {
    const person = await gateway.person();
    const change = () => admin(gateway, 'DELETE', `${HOME}/Users/${person.id}`);
    return { ask: (front) => gateway.send('/app/x', { token: person.accessToken, front }), after: 401, change };
  },
  async "a user's role is taken away"(gateway) {
    const person = await gateway.person({ roles: ['MANAGER'] });
    return { ask: (front) => gateway.send('/managers/x', { token: person.accessToken, front }), after: 403, change: update(gateway, person, { roles: [] }) };
  },
  async "a role's scopes are taken away"(gateway) {
    await gateway.admin('POST', `${HOME}/Roles`, { name: 'READER', rank: 5, scopes: ['books:read'] });
    await gateway.route({ name: 'books', path: '/books/', scopes: ['books:read'] });
    const { accessToken: token } = await gateway.person({ roles: ['READER'] });
    const change = () => admin(gateway, 'PUT', `${HOME}/Roles/READER`, { name: 'READER', rank: 5, scopes: [] });
    return { ask: (front) => gateway.send('/books/x', { token, front }), after: 403, change };
  },
  async "a user's plan is lowered"(gateway) {
    const person = await gateway.person({ plan: 'gold' });
    return { ask: (front) => gateway.send('/planned/x', { token: person.accessToken, front }), after: 403, change: update(gateway, person, { plan: 'tin' }) };
  },
  async 'a plan loses a feature'(gateway) {
    await gateway.admin('POST', `${HOME}/Plans`, { name: 'featured', rank: 60, features: ['maps'] });
    await gateway.route({ name: 'maps', path: '/maps/', feature: 'maps' });
    const { accessToken: token } = await gateway.person({ plan: 'featured' });
    const change = () => admin(gateway, 'PUT', `${HOME}/Plans/featured`, { name: 'featured', rank: 60, features: [] });
    return { ask: (front) => gateway.send('/maps/x', { token, front }), after: 403, change };
  },
  async 'a user sets up a second factor elsewhere'(gateway) {
    const person = await gateway.person();
    const { accessToken: token } = await gateway.login(person);
    const { json } = await post(gateway, '/auth/mfa/enable', {}, { token });
    const code = await generate({ secret: json.secret });
    return { ask: (front) => gateway.send('/app/x', { token: person.accessToken, front }), after: 401, change: () => post(gateway, '/auth/mfa/verify', { code }, { token }) };
  },
  async 'an API key is revoked'(gateway) {
    const person = await gateway.person();
    const { id, apiKey } = await gateway.apiKey(person);
    const change = () => ok(gateway.send(`/api/auth/api-keys/${id}`, { method: 'DELETE', token: person.accessToken, front: 0 }));
    return { ask: (front) => gateway.send('/app/x', { headers: { 'X-API-Key': apiKey }, front }), after: 401, change };
  },
  async 'a client is deleted'(gateway) {
    const made = await gateway.admin('POST', `${HOME}/Clients`, { client_name: 'c', grant_types: ['client_credentials'], scope: 'read' });
    const Authorization = `Basic ${Buffer.from(`${made.client_id}:${made.client_secret}`).toString('base64')}`;
    const form = { grant_type: 'client_credentials' };
    const ask = (front) => gateway.send('/tenant/home/oauth2/token', { method: 'POST', headers: { Authorization }, form, front });
    return { ask, after: 401, change: () => admin(gateway, 'DELETE', `${HOME}/Clients/${made.client_id}`) };
  },
  async 'a route is removed'(gateway) {
    const route = await gateway.route({ name: 'gone', path: '/gone/' });
    const { accessToken: token } = await gateway.person();
    return { ask: (front) => gateway.send('/gone/x', { token, front }), after: 404, change: () => admin(gateway, 'DELETE', `${HOME}/Routes/${route.id}`) };
  },
  async 'a route asks for more'(gateway) {
    const { id, name, path, origin } = await gateway.route({ name: 'strict', path: '/strict/' });
    const { accessToken: token } = await gateway.person();
    const change = () => admin(gateway, 'PUT', `${HOME}/Routes/${id}`, { name, path, origin, roles: ['MANAGER'] });
    return { ask: (front) => gateway.send('/strict/x', { token, front }), after: 403, change };
  },
  async 'a setting changes'(gateway) {
    const boss = await tenant(gateway, 'settings');
    const ask = (front) => gateway.send('/api/auth/magic-link/request', { method: 'POST', json: { email: 'nobody@example.com' }, headers: { ...SKIP_LIMITS, 'X-Tenant-Id': 'settings' }, front });
    const change = () => ok(gateway.send('/tenant/settings/v2/Settings', { method: 'PATCH', json: { magicLinks: false }, token: boss, front: 0 }));
    return { ask, after: 403, change };
  },
  async 'a setting asks everybody for a second factor'(gateway) {
    const boss = await tenant(gateway, 'factors');
    const ask = (front) => gateway.send('/tenant/factors/v2/Settings', { token: boss, front });
    const change = () => ok(gateway.send('/tenant/factors/v2/Settings', { method: 'PATCH', json: { mfa: 'required' }, token: boss, front: 0 }));
    return { ask, after: 401, change };
  },
  async 'a signing key is revoked'(gateway) {
    const boss = await tenant(gateway, 'keys');
    const ask = (front) => gateway.send('/tenant/keys/v2/Settings', { token: boss, front });
    const change = () => ok(gateway.send('/tenant/keys/v2/Keys/rotate', { method: 'POST', json: { revoke: true }, token: boss, front: 0 }));
    return { ask, after: 401, change };
  },
  async 'a tenant is suspended'(gateway) {
    const boss = await tenant(gateway, 'suspended');
    const ask = (front) => gateway.send('/tenant/suspended/v2/Settings', { token: boss, front });
    return { ask, after: [401, 403, 404], change: () => admin(gateway, 'PATCH', `${HOME}/Tenants/suspended`, { status: 'suspended' }) };
  },
  async 'a tenant loses its host'(gateway) {
    const host = `login.hosted.localhost:${new URL(gateway.url).port}`;
    await gateway.admin('POST', `${HOME}/Tenants`, { id: 'hosted', name: 'Hosted', host });
    const ask = (front) => gateway.send('/.well-known/openid-configuration', { headers: { Host: host, ...OTHER_BROWSER }, front });
    return { ask, after: 404, change: () => admin(gateway, 'PATCH', `${HOME}/Tenants/hosted`, { host: null }) };
  },
};

async function ok(sent) {
  const answer = await sent;
  assert.ok(answer.status < 300, `${answer.status} ${answer.text}`);
  return answer;
}

const post = (gateway, path, json, options) => ok(gateway.send(path, { method: 'POST', json, headers: SKIP_LIMITS, front: 0, ...options }));
const admin = (gateway, method, path, json) =>
  ok(gateway.send(path, { method, json, token: gateway.adminToken, headers: SKIP_LIMITS, front: 0 }));
const update = (gateway, { id }, fields) => () => admin(gateway, 'PUT', `${HOME}/Users/${id}`, fields);

/** A tenant, and its administrator's access token. */
async function tenant(gateway, id) {
  await gateway.admin('POST', `${HOME}/Tenants`, { id, name: id });
  const email = `boss@${id}.example`;
  const there = (path, json) => gateway.send(path, { method: 'POST', json, headers: { ...SKIP_LIMITS, 'X-Tenant-Id': id } });
  await ok(there('/auth/register', { email, password: PASSWORD, full_name: 'Boss' }));
  await gateway.verify(email);
  await gateway.sql('UPDATE users SET roles = ? WHERE tenant_id = ?', '["ADMIN"]', id);
  return (await ok(there('/api/auth/login', { email, password: PASSWORD }))).json.data.tokens.accessToken;
}

/** Asks once in 100 ms until the answer has one of the statuses; how long that took since `began`. */
async function until(ask, statuses, began, within) {
  for (;;) {
    const { status, text } = await ask();
    const took = performance.now() - began;
    if (statuses.includes(status)) return took;
    assert.ok(took < within, `still ${status} after ${Math.round(took)} ms: ${text}`);
    await new Promise((go) => setTimeout(go, 100));
  }
}

describe('what is ended in one data centre is over in another', { concurrency: true }, () => {
  let gateway;
  const made = {};
  before(async () => {
    gateway = await startGateway({ far: FAR });
    await gateway.route({ name: 'app', path: '/app/' });
    await gateway.route({ name: 'managers', path: '/managers/', roles: ['MANAGER'] });
    await gateway.admin('POST', `${HOME}/Plans`, { name: 'gold', rank: 40, features: [] });
    await gateway.admin('POST', `${HOME}/Plans`, { name: 'tin', rank: 30, features: [] });
    await gateway.route({ name: 'planned', path: '/planned/', minimumPlan: 'gold' });
    for (const [kind, prepare] of Object.entries(KINDS)) made[kind] = await prepare(gateway);
  });
  after(() => gateway?.stop());

  for (const kind of Object.keys(KINDS)) {
    test(kind, async (t) => {
      const { ask, after, change } = made[kind];
      const statuses = [after].flat();
      for (const front of [0, 1, 0, 1]) {
        const { status, text } = await ask(front);
        assert.equal(status, 200, text);
      }
      await change();
      const began = performance.now();
      const here = await ask(0);
      assert.ok(statuses.includes(here.status), `here at once: ${here.status} ${here.text}`);
      const took = await until(() => ask(1), statuses, began, BOUND);
      t.diagnostic(`there after ${Math.round(took)} ms`);
    });
  }
});

describe('with REVOCATION_SECONDS 0 it is over everywhere at once', () => {
  let gateway;
  before(async () => {
    gateway = await startGateway({ far: FAR, vars: { REVOCATION_SECONDS: '0' } });
    await gateway.route({ name: 'app', path: '/app/' });
  });
  after(() => gateway?.stop());

  for (const kind of ['a session ends', 'a user is disabled', 'an API key is revoked', 'a route is removed', 'a signing key is revoked']) {
    test(kind, async () => {
      const { ask, after, change } = await KINDS[kind](gateway);
      for (const front of [0, 1]) assert.equal((await ask(front)).status, 200);
      await change();
      for (const front of [1, 0]) assert.equal((await ask(front)).status, after);
    });
  }
});
