// The tenant API: what an administrator does, in the resource's own shape, with
// problem documents for what goes wrong.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, startGateway } from './harness.mjs';

const BASE = '/tenant/home/v2';

describe('the tenant API', () => {
  let gateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway?.stop());

  const admin = (method, path, json) => gateway.send(`${BASE}/${path}`, { method, json, token: gateway.adminToken });
  const assertProblem = (answer, status) => {
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
    assert.equal(answer.json.status, status);
    assert.equal(typeof answer.json.title, 'string');
  };

  test('a user is created, read, changed in part and deleted', async () => {
    const made = await admin('POST', 'Users', {
      email: 'Ada@Example.com',
      password: PASSWORD,
      name: 'Ada',
      roles: ['MANAGER'],
    });
    assert.equal(made.status, 201, made.text);
    const { id, createdAt, ...rest } = made.json;
    assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.partialDeepStrictEqual(rest, {
      emailVerified: false,
      name: 'Ada',
      roles: ['MANAGER'],
      mfa: 'none',
      status: 'active',
      lastLoginAt: null,
    });
    assert.equal(rest.email.toLowerCase(), 'ada@example.com');
    assert.ok('plan' in rest);
    assert.ok(!/password|hash|argon2/i.test(made.text), made.text);

    for (const method of ['PUT', 'PATCH']) {
      const changed = await admin(method, `Users/${id}`, { name: `Ada by ${method}` });
      assert.equal(changed.status, 200, changed.text);
      assert.equal(changed.json.name, `Ada by ${method}`);
      assert.deepEqual(changed.json.roles, ['MANAGER'], 'what is not sent stays');
    }
    const read = await admin('GET', `Users/${id}`);
    assert.equal(read.json.name, 'Ada by PATCH');
    const gone = await admin('DELETE', `Users/${id}`);
    assert.ok([200, 204].includes(gone.status), gone.text);
    assertProblem(await admin('GET', `Users/${id}`), 404);
    assertProblem(await admin('DELETE', `Users/${id}`), 404);
  });

  test('a taken address is a conflict, in any spelling', async () => {
    await gateway.makePerson({ email: 'taken@example.com' });
    assertProblem(await admin('POST', 'Users', { email: 'TAKEN@example.com' }), 409);
    const other = await gateway.makePerson();
    assertProblem(await admin('PUT', `Users/${other.id}`, { email: 'Taken@Example.COM' }), 409);
  });

  test('the last administrator keeps the key to the house', async () => {
    const { id } = gateway.operator;
    for (const change of [{ status: 'disabled' }, { roles: [] }]) {
      assertProblem(await admin('PUT', `Users/${id}`, change), 409);
    }
    assertProblem(await admin('DELETE', `Users/${id}`), 409);
  });

  test('lists come in pages that a cursor joins without a gap', async () => {
    for (let at = 0; at < 5; at += 1) await gateway.makePerson({ email: `page${at}@example.com`, password: undefined });
    const seen = [];
    let cursor = null;
    do {
      const page = await admin('GET', `Users?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      assert.equal(page.status, 200, page.text);
      assert.ok(page.json.items.length <= 2);
      seen.push(...page.json.items.map(({ id }) => id));
      cursor = page.json.nextCursor;
    } while (cursor !== null);
    assert.equal(new Set(seen).size, seen.length);
    const whole = await admin('GET', 'Users?limit=100');
    assert.deepEqual(
      seen,
      whole.json.items.map(({ id }) => id),
    );
    for (const query of ['limit=0', 'limit=101', 'limit=x']) {
      assertProblem(await admin('GET', `Users?${query}`), 400);
    }
  });

  test('a route, a plan and a role are created, listed, changed and deleted', async () => {
    const route = { name: 'crud', path: '/crud/', origin: 'http://127.0.0.1:9' };
    const things = [
      ['Plans', { name: 'gold', rank: 7, features: ['a'] }, 'gold', { rank: 8 }, 'rank'],
      ['Roles', { name: 'GUARD', rank: 3 }, 'GUARD', { rank: 4 }, 'rank'],
      ['Routes', route, null, { ...route, path: '/crud2/' }, 'path'],
    ];
    for (const [name, body, id, change, field] of things) {
      const made = await admin('POST', name, body);
      assert.equal(made.status, 201, `${name}: ${made.text}`);
      const path = `${name}/${id ?? made.json.id}`;
      const changed = await admin('PUT', path, { ...body, ...change });
      assert.equal(changed.status, 200, `${name}: ${changed.text}`);
      assert.equal(changed.json[field], change[field]);
      const listed = await admin('GET', `${name}?limit=100`);
      assert.equal(listed.json.items.find((item) => item.name === body.name)[field], change[field]);
      assert.equal(listed.json.nextCursor, null);
      assertProblem(await admin('POST', name, body), 409);
      const gone = await admin('DELETE', path);
      assert.ok([200, 204].includes(gone.status), gone.text);
    }
  });

  test('a route has the documented defaults and its bounds', async () => {
    const made = await admin('POST', 'Routes', { name: 'plain', path: '/plain/', origin: 'http://127.0.0.1:9' });
    assert.partialDeepStrictEqual(made.json, {
      name: 'plain',
      host: null,
      path: '/plain/',
      methods: null,
      origin: 'http://127.0.0.1:9',
      audience: 'plain',
      auth: 'required',
      credentials: ['bearer', 'cookie', 'apiKey'],
      roles: [],
      scopes: [],
      minimumPlan: null,
      feature: null,
      mfa: null,
      timeoutSeconds: 30,
      stripPrefix: false,
      header: 'X-Portcullis-Assertion',
    });
    const wrong = [
      { path: 'no-slash' },
      { path: '/a/../b' },
      { origin: 'ftp://127.0.0.1' },
      { origin: 'http://user:secret@127.0.0.1' },
      { origin: 'not a url' },
      { auth: 'perhaps' },
      { header: 'Bad Header' },
      { header: 'Host' },
      { timeoutSeconds: 0 },
      { timeoutSeconds: 100_000 },
      { rateLimit: { requests: 0, windowSeconds: 60 } },
      { methods: ['GE T'] },
      { credentials: ['password'] },
      { unknownField: 1 },
    ];
    for (const change of wrong) {
      const answer = await admin('POST', 'Routes', {
        name: 'wrong',
        path: '/wrong/',
        origin: 'http://127.0.0.1:9',
        ...change,
      });
      assert.equal(answer.status, 400, `${JSON.stringify(change)}: ${answer.text}`);
    }
  });

  test('settings are read and changed in part', async () => {
    const read = await admin('GET', 'Settings');
    assert.partialDeepStrictEqual(read.json, {
      requireVerifiedEmail: true,
      minPasswordLength: 8,
      accessTokenSeconds: 900,
      refreshTokenSeconds: 30 * 86_400,
      apiKeyPrefix: 'pc',
    });
    const changed = await admin('PATCH', 'Settings', { apiKeyPrefix: 'acme' });
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual(changed.json, { ...read.json, apiKeyPrefix: 'acme' });
    for (const change of [
      { accessTokenSeconds: 30 * 86_400 + 1 },
      { apiKeyPrefix: 'a b' },
      { minPasswordLength: '8' },
    ]) {
      assertProblem(await admin('PATCH', 'Settings', change), 400);
    }
  });

  test('the audit log says who did what from where, and can be filtered', async () => {
    const person = await gateway.makePerson();
    const attempt = { method: 'POST', json: { email: person.email, password: 'wrong password' }, from: '203.0.113.77' };
    await gateway.send('/api/auth/login', attempt);
    const failed = await admin('GET', 'Audit?event=login.failed&limit=5');
    assert.equal(failed.status, 200, failed.text);
    const [event] = failed.json.items;
    assert.ok(failed.json.items.every((each) => each.event === 'login.failed'));
    assert.ok(JSON.stringify(event).includes(person.email), JSON.stringify(event));
    assert.ok(JSON.stringify(event).includes('203.0.113.77'), JSON.stringify(event));
    assert.match(JSON.stringify(event), /fail/);
    const pages = [];
    let cursor = '';
    for (let turn = 0; turn < 3 && cursor !== null; turn += 1) {
      const page = await admin('GET', `Audit?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      pages.push(...page.json.items.map(({ id }) => id));
      cursor = page.json.nextCursor;
    }
    assert.equal(pages.length, 6);
    assert.equal(new Set(pages).size, 6);
  });
});
