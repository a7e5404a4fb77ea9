// What happens to a person happens to everything they hold: each change of state
// against each credential, within the documented 5 seconds.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually, PASSWORD, PLACES, SKIP_LIMITS, startGateway } from '../harness.mjs';

const WITHIN = 7_000;
const NEW_PASSWORD = 'another good password';

for (const [where, place] of PLACES) describe(`the state matrix ${where}`, { concurrency: true }, () => {
  let gateway;
  before(async () => {
    gateway = await startGateway(place);
    await gateway.route({ name: 'app', path: '/app/' });
    await gateway.route({ name: 'managers', path: '/managers/', roles: ['MANAGER'] });
    await gateway.admin('POST', '/tenant/home/v2/Plans', { name: 'matrix-plan', rank: 40, features: [] });
    await gateway.admin('POST', '/tenant/home/v2/Plans', { name: 'matrix-poor', rank: 30, features: [] });
    await gateway.route({ name: 'planned', path: '/planned/', minimumPlan: 'matrix-plan' });
  });
  after(() => gateway?.stop());

  /** Somebody with one of each credential, all of which work at `path`. */
  const holder = async (path, fields) => {
    const person = await gateway.person(fields);
    const { id: keyId, apiKey } = await gateway.apiKey(person);
    const held = {
      bearer: { token: person.accessToken },
      cookie: { headers: { Cookie: await gateway.cookie(person) } },
      'API key': { headers: { 'X-API-Key': apiKey } },
    };
    for (const [name, credential] of Object.entries(held)) {
      const answer = await gateway.send(path, credential);
      assert.equal(answer.status, 200, `${name} works at first: ${answer.text}`);
    }
    return { ...person, keyId, held };
  };
  const assertAll = (path, held, status) =>
    Promise.all(
      Object.entries(held).map(([name, credential]) =>
        eventually(
          () => gateway.send(path, credential),
          (answer) => answer.status === status,
          WITHIN,
        ).catch((error) => assert.fail(`${name}: ${error.message}`)),
      ),
    );
  const refresh = (refreshToken) =>
    gateway.send('/api/auth/refresh', { method: 'POST', json: { refreshToken }, headers: SKIP_LIMITS });
  const loginStatus = async (email, password = PASSWORD) => {
    const json = { email, password };
    return (await gateway.send('/api/auth/login', { method: 'POST', json, headers: SKIP_LIMITS })).status;
  };
  const update = (person, change) => gateway.admin('PUT', `/tenant/home/v2/Users/${person.id}`, change);
  const without = (held, name) => Object.fromEntries(Object.entries(held).filter(([each]) => each !== name));

  test('a disabled person is out on every credential, and back when enabled', async () => {
    const person = await holder('/app/x');
    await update(person, { status: 'disabled' });
    assert.equal((await refresh(person.refreshToken)).status, 401);
    assert.equal(await loginStatus(person.email), 401);
    await assertAll('/app/x', person.held, 401);
    await assertAll('/api/auth/me', { bearer: person.held.bearer }, 401);
    await update(person, { status: 'active' });
    assert.equal(await loginStatus(person.email), 200);
  });

  test('a deleted person is out on every credential', async () => {
    const person = await holder('/app/x');
    await gateway.admin('DELETE', `/tenant/home/v2/Users/${person.id}`);
    assert.equal((await refresh(person.refreshToken)).status, 401);
    assert.equal(await loginStatus(person.email), 401);
    await assertAll('/app/x', person.held, 401);
    await assertAll('/api/auth/me', { bearer: person.held.bearer }, 401);
    const again = await gateway.makePerson({ email: person.email });
    assert.notEqual(again.id, person.id, 'the address is free, the id is not used again');
    await assertAll('/app/x', person.held, 401);
  });

  test('a changed password ends the other sessions', async () => {
    const person = await holder('/app/x');
    const changing = await gateway.login(person);
    const changed = await gateway.send('/api/auth/change-password', {
      method: 'POST',
      token: changing.accessToken,
      json: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
    });
    assert.equal(changed.status, 200, changed.text);
    assert.equal((await refresh(person.refreshToken)).status, 401);
    assert.equal(await loginStatus(person.email), 401);
    assert.equal(await loginStatus(person.email, NEW_PASSWORD), 200);
    await assertAll('/app/x', without(person.held, 'API key'), 401);
  });

  test('a reset password ends every session', async () => {
    const person = await holder('/app/x');
    await gateway.send('/auth/forgot-password', {
      method: 'POST',
      json: { email: person.email },
      headers: SKIP_LIMITS,
    });
    const token = await gateway.mailedToken(person.email, '/auth/reset-password');
    const reset = await gateway.send('/auth/reset-password', {
      method: 'POST',
      json: { token, password: NEW_PASSWORD },
      headers: SKIP_LIMITS,
    });
    assert.equal(reset.status, 200, reset.text);
    assert.equal((await refresh(person.refreshToken)).status, 401);
    await assertAll('/app/x', without(person.held, 'API key'), 401);
  });

  test('a removed role is gone from every credential', async () => {
    const person = await holder('/managers/x', { roles: ['MANAGER'] });
    await update(person, { roles: ['TECHNICIAN'] });
    await assertAll('/managers/x', person.held, 403);
    const refreshed = await refresh(person.refreshToken);
    assert.equal(refreshed.status, 200, refreshed.text);
    const answer = await gateway.send('/managers/x', { token: refreshed.json.data.accessToken });
    assert.equal(answer.status, 403);
  });

  test('a lowered plan is gone from every credential', async () => {
    const person = await holder('/planned/x', { plan: 'matrix-plan' });
    await update(person, { plan: 'matrix-poor' });
    await assertAll('/planned/x', person.held, 403);
  });

  test('an administrator who is none any more is refused by the tenant API', async () => {
    const person = await gateway.person({ roles: ['ADMIN'] });
    const list = () => gateway.send('/tenant/home/v2/Users', { token: person.accessToken });
    assert.equal((await list()).status, 200);
    await update(person, { roles: [] });
    await eventually(list, ({ status }) => status === 403, WITHIN);
  });

  test('a revoked API key is out, and nothing else', async () => {
    const person = await holder('/app/x');
    const revoked = await gateway.send(`/api/auth/api-keys/${person.keyId}`, {
      method: 'DELETE',
      token: person.accessToken,
    });
    assert.equal(revoked.status, 200, revoked.text);
    await assertAll('/app/x', { 'API key': person.held['API key'] }, 401);
    await assertAll('/app/x', without(person.held, 'API key'), 200);
  });

  test("signing out ends that session's tokens, on every surface's logout", async () => {
    for (const path of ['/api/auth/logout', '/auth/logout', '/users/logout']) {
      const person = await holder('/app/x');
      const out = await gateway.send(path, { method: 'POST', token: person.accessToken });
      assert.equal(out.status, 200, `${path}: ${out.text}`);
      assert.equal((await refresh(person.refreshToken)).status, 401, path);
      await assertAll('/app/x', { bearer: person.held.bearer }, 401);
      await assertAll('/app/x', without(person.held, 'bearer'), 200);
    }
  });

  test('a person whose address is not confirmed any more cannot sign in on any surface', async () => {
    const person = await gateway.makePerson();
    await update(person, { emailVerified: false });
    const { email, password } = person;
    const session = await gateway.send('/api/auth/login', {
      method: 'POST',
      json: { email, password },
      headers: SKIP_LIMITS,
    });
    assert.equal(session.status, 403, session.text);
    const account = await gateway.send('/auth/login', {
      method: 'POST',
      json: { email, password },
      headers: SKIP_LIMITS,
    });
    assert.equal(account.status, 403, account.text);
    const page = await gateway.send('/tenant/home/login', {
      method: 'POST',
      form: { email, password, return_to: '/' },
      headers: SKIP_LIMITS,
    });
    assert.equal(page.headers['set-cookie'], undefined, String(page.status));
  });

  test('each of these leaves an audit event', async () => {
    const person = await gateway.person();
    await gateway.send('/api/auth/login', {
      method: 'POST',
      json: { email: person.email, password: 'wrong password' },
    });
    await update(person, { status: 'disabled' });
    const audit = await gateway.admin('GET', '/tenant/home/v2/Audit?limit=100');
    const about = audit.items.filter(
      (item) => JSON.stringify(item).includes(person.id) || JSON.stringify(item).includes(person.email),
    );
    assert.ok(about.length >= 2, JSON.stringify(about));
    assert.ok(
      about.every((item) => Date.parse(item.createdAt ?? item.at ?? item.time) > 0),
      JSON.stringify(about[0]),
    );
    assert.ok(!JSON.stringify(audit).includes('wrong password'), 'no secret in the log');
  });
});
