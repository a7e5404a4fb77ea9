// The user API's document: sign-in state, its API keys, and its refusals.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startGateway } from '../harness.mjs';
import { assertShape, Document, filledIn, node } from './examples.mjs';

const document = new Document('user-api');
const DOCUMENTED = 'https://api.agnt.gg';

describe("the user API's document", () => {
  let gateway;
  let person;

  before(async () => {
    gateway = await startGateway();
    for (const [rank, name] of ['free', 'personal', 'business'].entries()) {
      await gateway.send(`/tenant/home/v2/Plans/${name}`, { method: 'DELETE', token: gateway.adminToken });
      const features = name === 'business' ? ['advanced_analytics'] : [];
      await gateway.admin('POST', '/tenant/home/v2/Plans', { name, rank: rank + 1, features });
    }
    await gateway.route({ name: 'agents', path: '/agents' });
    await gateway.route({ name: 'advanced', path: '/advanced-feature', minimumPlan: 'business' });
    await gateway.route({ name: 'premium', path: '/premium-feature', feature: 'advanced_analytics' });
    await gateway.route({ name: 'anyone', path: '/anyone', auth: 'optional' });
    person = await gateway.person({ plan: 'personal' });
  });
  after(() => gateway?.stop());

  /** Sends a listed request with the reader's own base URL and token. */
  const perform = (line, token) => {
    const { method, url, headers, answer } = document.listing(line);
    const own = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('YOUR_JWT_TOKEN', token)]),
    );
    return { documented: answer, sent: gateway.send(url.slice(DOCUMENTED.length), { method, headers: own }) };
  };

  test('the status request shows who is signed in', async () => {
    const { documented, sent } = perform('GET https://api.agnt.gg/users/auth/status', person.accessToken);
    const answer = await sent;
    assert.equal(answer.status, 200);
    assertShape(answer.json, documented);
    assert.equal(answer.json.isAuthenticated, true);
    assert.equal(answer.json.user.id, person.id);
    assert.equal(answer.json.user.email, person.email);
  });

  test('without a token, or with a bad one, the status is no error', async () => {
    for (const token of [undefined, 'YOUR_JWT_TOKEN', person.refreshToken]) {
      const answer = await gateway.send('/users/auth/status', { token });
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.json, { isAuthenticated: false });
    }
  });

  test('a generated API key opens a route by the documented fetch', async () => {
    const { documented, sent } = perform('POST https://api.agnt.gg/users/generate-api-key', person.accessToken);
    const answer = await sent;
    assert.equal(answer.status, 200, answer.text);
    assertShape(answer.json, documented);
    assert.equal(answer.json.success, true);
    assert.match(answer.json.apiKey, /^pc_[^_]+_.+$/);

    const example = document.code('Using API Key:', 'Token Management');
    const own = { [DOCUMENTED]: gateway.url, agnt_sk_1234567890abcdef: answer.json.apiKey };
    const script = filledIn(example, own).replace(/;$/, '');
    const printed = await node(`const response = await ${script};
      console.log(response.status, (await response.json()).claims.sub);`);
    assert.equal(printed.trim(), `200 ${person.id}`);
  });

  test("the key's prefix is the tenant's setting", async () => {
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { apiKeyPrefix: 'agnt_sk' });
    const answer = await gateway.send('/users/generate-api-key', { method: 'POST', token: person.accessToken });
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.json.apiKey, /^agnt_sk_/);
    const used = await gateway.send('/agents', { headers: { 'X-API-Key': answer.json.apiKey } });
    assert.equal(used.status, 200, used.text);
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { apiKeyPrefix: 'pc' });
  });

  test('the logout request ends the session', async () => {
    const leaving = await gateway.person();
    const { documented, sent } = perform('POST https://api.agnt.gg/users/logout', leaving.accessToken);
    const answer = await sent;
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json, documented);
    const refreshed = await gateway.send('/api/auth/refresh', {
      method: 'POST',
      json: { refreshToken: leaving.refreshToken },
    });
    assert.equal(refreshed.status, 401);
  });

  test('a plan too low gets the documented refusal', async () => {
    const { documented, sent } = perform('GET https://api.agnt.gg/advanced-feature', person.accessToken);
    const answer = await sent;
    assert.equal(answer.status, 403);
    assert.deepEqual(answer.json, documented);
  });

  test('a missing feature gets the documented refusal', async () => {
    const poor = await gateway.person({ plan: 'free' });
    const { documented, sent } = perform('POST https://api.agnt.gg/premium-feature', poor.accessToken);
    const answer = await sent;
    assert.equal(answer.status, 403);
    assert.deepEqual(answer.json, documented);
  });

  test('the plan that is asked for passes both', async () => {
    const rich = await gateway.person({ plan: 'business' });
    const plan = await gateway.send('/advanced-feature', { token: rich.accessToken });
    assert.equal(plan.status, 200, plan.text);
    assert.equal(plan.json.claims.plan, 'business');
    const feature = await gateway.send('/premium-feature', { method: 'POST', token: rich.accessToken });
    assert.equal(feature.status, 200, feature.text);
    assert.ok(feature.json.claims.features.includes('advanced_analytics'));
  });

  test('an optional route passes the signed-in, the anonymous and the bad token alike', async () => {
    assert.match(document.text, /Invalid Token: Continues as unauthenticated \(doesn't reject\)/);
    const known = await gateway.send('/anyone', { token: person.accessToken });
    assert.equal(known.json.claims.sub, person.id);
    for (const token of [undefined, 'YOUR_JWT_TOKEN']) {
      const answer = await gateway.send('/anyone', { token });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.json.claims, null);
    }
  });

  test('a missing token gets the documented error', async () => {
    const documented = document.json('Example Error Response');
    for (const path of ['/users/logout', '/users/generate-api-key']) {
      const answer = await gateway.send(path, { method: 'POST' });
      assert.equal(answer.status, 401);
      assert.deepEqual({ ...answer.json, timestamp: documented.timestamp }, documented);
      assert.match(answer.json.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    }
  });

  test("the class's authenticated request works and notices an ended session", async () => {
    const shown = document.code('Complete Authentication Flow Example', '// Usage - Request magic link');
    const script = (token) => `${shown}
      globalThis.sessionStorage = { setItem() {}, removeItem() {} };
      const auth = new AgntAuth();
      auth.token = ${JSON.stringify(token)};
      try {
        const agents = await auth.makeAuthenticatedRequest('${gateway.url}/agents');
        console.log(agents.status);
      } catch (error) { console.log(error.message); }`;
    assert.equal((await node(script(person.accessToken))).trim(), '200');
    assert.equal((await node(script('ended'))).trim(), 'Session expired');
  });
});
