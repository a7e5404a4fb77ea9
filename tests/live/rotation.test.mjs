// Signing keys rotate under load, and no origin ever fails to verify who called.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ADMIN, eventually, startGateway } from './harness.mjs';
import { startOrigin } from './origins.mjs';

// How long a verifier may remember the key set.
const MAX_AGE = 300_000;

const kidOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString()).kid;

describe('key rotation', () => {
  let gateway;
  let python;
  let person;
  let key;

  before(async () => {
    gateway = await startGateway();
    python = await startOrigin({ portcullis: gateway.url, flavour: 'python' });
    await gateway.route({ name: 'jose', path: '/jose/' });
    await gateway.route({ name: 'pyjwt', path: '/pyjwt/', origin: python.url });
    person = await gateway.person();
    key = await gateway.apiKey(person);
  });
  after(async () => {
    await python?.stop();
    await gateway?.stop();
  });

  const published = async () => {
    const { json, headers } = await gateway.send('/tenant/home/.well-known/jwks.json');
    assert.equal(headers['cache-control'], 'public, max-age=300');
    return json.keys;
  };
  const rotate = () => gateway.admin('POST', '/tenant/home/v2/Keys/rotate', {});
  const signingKid = async () => kidOf((await gateway.login(person)).accessToken);

  test('requests never fail to verify while keys rotate by call and by cron', { timeout: 120_000 }, async () => {
    let over = false;
    const failures = [];
    const kids = new Set();
    let passed = 0;
    const tokens = [person.accessToken];
    const load = async (path, credential) => {
      while (!over) {
        const answer = await gateway.send(path, credential());
        if (answer.status === 200 && answer.json.claims?.sub === person.id) {
          passed += 1;
          const name = Object.keys(answer.json.headers).find((each) => /^x-portcullis-assertion$/i.test(each));
          kids.add(kidOf(answer.json.headers[name]));
        } else failures.push(`${path}: ${answer.status} ${answer.text}`);
        await delay(10);
      }
    };
    // Every token ever given goes on being used, and an ever new one.
    const bearer = () => ({ token: tokens[passed % tokens.length] });
    const byKey = () => ({ headers: { 'X-API-Key': key.apiKey } });
    const loads = Promise.all([
      load('/jose/x', bearer),
      load('/jose/x', byKey),
      load('/pyjwt/x', bearer),
      load('/pyjwt/x', byKey),
    ]);
    const settle = async (ms) => {
      tokens.push((await gateway.login(person)).accessToken);
      await delay(ms);
    };

    await settle(1_000);
    const first = await signingKid();
    await rotate();
    const second = await signingKid();
    assert.notEqual(second, first, 'a rotation changes the key that signs');
    await settle(2_000);
    await gateway.runCron();
    assert.equal(await signingKid(), second, 'a fresh key is not rotated by the cron');
    await settle(1_000);
    const again = await rotate();
    await settle(3_000);
    over = true;
    await loads;

    assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${passed + failures.length} failed`);
    assert.ok(passed > 200, `${passed} passed`);
    assert.deepEqual([...kids].sort(), [first, second].sort(), 'assertions were signed by the keys in their turn');
    const active = Date.parse(again.activeAt) - Date.now();
    assert.ok(
      active > MAX_AGE - 30_000 && active <= MAX_AGE,
      `a key that no verifier can know yet waits: ${again.activeAt}`,
    );
  });

  test('the key set is public, has a validator, and shows nothing private', async () => {
    const answer = await gateway.send('/tenant/home/.well-known/jwks.json');
    assert.match(answer.headers['content-type'], /^application\/(jwk-set\+)?json/);
    const again = await gateway.send('/tenant/home/.well-known/jwks.json', {
      headers: { 'If-None-Match': answer.headers.etag },
    });
    assert.equal(again.status, 304);
    for (const each of answer.json.keys) {
      assert.deepEqual([each.kty, each.crv, each.alg, each.use], ['EC', 'P-256', 'ES256', 'sig']);
      assert.equal(each.d, undefined);
    }
    const root = await gateway.send('/.well-known/jwks.json');
    assert.deepEqual(root.json, answer.json);
  });

  test('only an administrator rotates keys', async () => {
    for (const token of [undefined, person.accessToken]) {
      const answer = await gateway.send('/tenant/home/v2/Keys/rotate', { method: 'POST', token, json: {} });
      assert.equal(answer.status, token === undefined ? 401 : 403, answer.text);
    }
  });
});

describe("a key's turn", () => {
  let gateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway?.stop());

  const published = async () => (await gateway.send('/.well-known/jwks.json')).json.keys.map(({ kid }) => kid);
  const signing = async () => kidOf((await gateway.login(ADMIN)).accessToken);

  test('the next key is published before it signs, and retiring ones after', async () => {
    const [before, was] = [await published(), await signing()];
    assert.ok(before.includes(was));
    await gateway.admin('POST', '/tenant/home/v2/Keys/rotate', {});
    const [after, is] = [await published(), await signing()];
    assert.notEqual(is, was);
    assert.ok(before.includes(is), 'the key that signs now was published before');
    assert.ok(after.includes(was), 'the key that signed until now is still published');
    assert.equal(after.filter((kid) => !before.includes(kid)).length, 1, 'a new next key is published');
  });

  test('the cron publishes a new key once the next one has taken over', async () => {
    const before = await published();
    await gateway.runCron();
    assert.deepEqual(await published(), before, 'nothing is due yet');
    const [was, next] = [await signing(), before.at(-1)];
    await gateway.sql('UPDATE signing_keys SET active_at = ? WHERE kid = ?', Date.now() - 1_000, next);
    await gateway.runCron();
    const { json } = await eventually(
      () => gateway.send('/.well-known/jwks.json'),
      (answer) => answer.json.keys.length > before.length,
    );
    const kids = json.keys.map(({ kid }) => kid);
    for (const kid of before) assert.ok(kids.includes(kid), 'every key is kept for its overlap');
    assert.notEqual(await signing(), was);
    assert.equal(await signing(), next);
  });
});

describe('a revoking rotation', () => {
  let gateway;
  before(async () => {
    gateway = await startGateway();
    await gateway.route({ name: 'jose', path: '/jose/' });
  });
  after(() => gateway?.stop());

  test('refuses at once what older keys signed, and verifiers know the key that takes over', async () => {
    const person = await gateway.person();
    const use = (token) => gateway.send('/jose/x', { token });
    assert.equal((await use(person.accessToken)).status, 200);
    await gateway.admin('POST', '/tenant/home/v2/Keys/rotate', { revoke: true });
    await eventually(
      () => use(person.accessToken),
      ({ status }) => status === 401,
    );
    const fresh = await gateway.login(person);
    assert.notEqual(kidOf(fresh.accessToken), kidOf(person.accessToken));
    const answer = await use(fresh.accessToken);
    assert.equal(answer.status, 200, answer.text);
    const { json } = await gateway.send('/.well-known/jwks.json');
    assert.ok(!json.keys.some(({ kid }) => kid === kidOf(person.accessToken)), 'a revoked key is not published');
    const refreshed = await gateway.send('/api/auth/refresh', {
      method: 'POST',
      json: { refreshToken: person.refreshToken },
    });
    assert.equal(refreshed.status, 200, 'a refresh token is not signed, so its session goes on');
  });
});
