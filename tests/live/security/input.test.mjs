// Bodies are bounded, of the right type, and passwords are taken whole.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SKIP_LIMITS, startGateway } from '../harness.mjs';
import { rawRequest } from '../http.mjs';

describe('input', () => {
  let gateway;
  let person;
  before(async () => {
    gateway = await startGateway();
    person = await gateway.person();
  });
  after(() => gateway?.stop());

  const post = (path, body, type = 'application/json', headers = {}) =>
    gateway.send(path, { method: 'POST', body, headers: { ...SKIP_LIMITS, 'Content-Type': type, ...headers } });

  const endpoints = [
    '/setup',
    '/api/auth/login',
    '/api/auth/refresh',
    '/auth/register',
    '/auth/login',
    '/auth/refresh',
    '/auth/forgot-password',
    '/auth/reset-password',
  ];

  test('a wrong Content-Type is 415', async () => {
    for (const path of endpoints) {
      for (const type of [
        'text/plain',
        'application/xml',
        'multipart/form-data; boundary=x',
        'application/jsonp',
        'text/json',
      ]) {
        const answer = await post(path, '{"email":"a@example.com","password":"some password"}', type);
        assert.equal(answer.status, 415, `${path} with ${type}: ${answer.text}`);
      }
    }
    const admin = { Authorization: `Bearer ${gateway.adminToken}` };
    const problem = await post('/tenant/home/v2/Users', '{}', 'text/plain', admin);
    assert.equal(problem.status, 415);
    assert.match(problem.headers['content-type'], /^application\/problem\+json/);
    assert.equal(problem.json.status, 415);
  });

  test('a JSON type with parameters, in any case, is taken', async () => {
    const body = JSON.stringify({ email: person.email, password: person.password });
    for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8']) {
      assert.equal((await post('/api/auth/login', body, type)).status, 200, type);
    }
  });

  test('a body over 64 kB on an auth endpoint is 413, declared or chunked', async () => {
    const body = JSON.stringify({ email: 'a@example.com', password: 'x'.repeat(70_000) });
    for (const path of endpoints.slice(1)) assert.equal((await post(path, body)).status, 413, path);
    const chunk = 'x'.repeat(35_000);
    const chunked = [`{"email":"${chunk}`, chunk, '"}'].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
    const answer = await rawRequest(
      gateway.url,
      'POST',
      '/api/auth/login',
      ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      `${chunked.join('')}0\r\n\r\n`,
    );
    assert.equal(answer.status, 413, answer.body);
    assert.equal(JSON.parse(answer.body).code, 'PAYLOAD_TOO_LARGE');
  });

  test('a body over 1 MB on the tenant API is 413', async () => {
    const headers = { Authorization: `Bearer ${gateway.adminToken}` };
    const body = JSON.stringify({ email: 'big@example.com', name: 'x'.repeat(1_100_000) });
    const answer = await post('/tenant/home/v2/Users', body, 'application/json', headers);
    assert.equal(answer.status, 413);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
  });

  test("broken, deep and mistyped JSON is 400 in the surface's own words", async () => {
    const bodies = [
      '',
      '{',
      '[]',
      'null',
      '"x"',
      '{"email":1,"password":2}',
      '{"email":"a@example.com"}',
      '{"email":null,"password":null}',
      `{"email":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
      `${'['.repeat(30_000)}`,
      '{"email":"a@example.com","password":{"$ne":""}}',
      '\ufeff{"email":"a@example.com","password":"x"}',
      '{"email":"a@example.com","password":"\\ud800"}',
    ];
    for (const body of bodies) {
      const session = await post('/api/auth/login', body);
      assert.equal(session.status, 400, `${body.slice(0, 60)}: ${session.text}`);
      assert.deepEqual([session.json.success, session.json.code], [false, 'VALIDATION_ERROR']);
      assert.equal(typeof session.json.error, 'string');
      const account = await post('/auth/login', body);
      assert.equal(account.status, 400, body.slice(0, 60));
      assert.deepEqual([typeof account.json.error, typeof account.json.message], ['string', 'string']);
    }
  });

  test("the problem of a bad administrator's request is a problem document", async () => {
    const headers = { Authorization: `Bearer ${gateway.adminToken}` };
    for (const body of ['{', '{"email":5}', '{"email":"x"}', '{"email":"a@example.com","roles":["NO_SUCH_ROLE"]}']) {
      const answer = await post('/tenant/home/v2/Users', body, 'application/json', headers);
      assert.equal(answer.status, 400, `${body}: ${answer.text}`);
      assert.match(answer.headers['content-type'], /^application\/problem\+json/);
      assert.deepEqual([answer.json.status, typeof answer.json.title], [400, 'string']);
    }
    const missing = await gateway.send('/tenant/home/v2/Users/nobody', { token: gateway.adminToken });
    assert.equal(missing.status, 404);
    assert.match(missing.headers['content-type'], /^application\/problem\+json/);
  });

  test('a password of 1,024 bytes is taken whole, and one more is refused', async () => {
    const password = '\u00e9'.repeat(512);
    assert.equal(Buffer.byteLength(password), 1_024);
    const long = await gateway.makePerson({ password });
    const login = async (tried) =>
      (await post('/api/auth/login', JSON.stringify({ email: long.email, password: tried }))).status;
    assert.equal(await login(password), 200);
    assert.equal(await login(`${password.slice(0, -1)}x`), 401, 'the last character counts');
    assert.equal(await login(password.slice(0, -1)), 401);
    assert.equal(await login(password.slice(0, 36)), 401, 'nothing is cut off at 72 bytes');
    const over = `${'\u00e9'.repeat(512)}x`;
    assert.ok([400, 401].includes(await login(over)));
    const body = JSON.stringify({ email: 'over@example.com', password: over, full_name: 'Over' });
    assert.equal((await post('/auth/register', body)).status, 400);
  });

  test('a NUL in a password is part of it', async () => {
    const made = await gateway.makePerson({ password: 'before\u0000after it' });
    const login = async (password) =>
      (await post('/api/auth/login', JSON.stringify({ email: made.email, password }))).status;
    assert.equal(await login('before\u0000after it'), 200);
    assert.equal(await login('before\u0000another'), 401);
  });

  test('imported hashes open with their password and are replaced', async () => {
    // bcrypt 2b, cost 4, of "imported password".
    const passwordHash = '$2b$04$abcdefghijklmnopqrstuuyORs7TtHQx.W274qDwbW3DAAYboqWFa';
    const user = await gateway.send('/tenant/home/v2/Users', {
      method: 'POST',
      token: gateway.adminToken,
      json: { email: 'imported@example.com', passwordHash, emailVerified: true },
    });
    assert.equal(user.status, 201, user.text);
    assert.ok(!user.text.includes('$2b$'), 'a hash is never shown');
    const login = async (password) =>
      (await post('/api/auth/login', JSON.stringify({ email: 'imported@example.com', password }))).status;
    assert.equal(await login('imported passwore'), 401);
    assert.equal(await login('imported password'), 200);
    assert.equal(await login('imported password'), 200, 'also by the new hash');
  });

  test('an unknown path of a surface and an unknown method are refused in its words', async () => {
    const method = await gateway.send('/api/auth/login', { method: 'DELETE' });
    assert.equal(method.status, 405);
    assert.match(method.headers.allow, /POST/);
    const path = await gateway.send('/api/auth/nothing-here');
    assert.equal(path.status, 404);
    assert.deepEqual([path.json.success, path.json.code], [false, 'NOT_FOUND']);
  });

  test('answers with secrets are not stored', async () => {
    const body = JSON.stringify({ email: person.email, password: person.password });
    for (const path of ['/api/auth/login', '/auth/login']) {
      assert.match((await post(path, body)).headers['cache-control'], /no-store/);
    }
    const me = await gateway.send('/api/auth/me', { token: person.accessToken });
    assert.match(me.headers['cache-control'], /no-store/);
    assert.equal(me.headers['x-content-type-options'], 'nosniff');
  });
});
