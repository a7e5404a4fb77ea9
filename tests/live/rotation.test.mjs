// Signing keys rotate under load, and no origin ever fails to verify who called.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ADMIN, eventually, startGateway } from './harness.mjs';
import { startOrigin } from './origins.mjs';

const DAY = 86_400_000;
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

  test('a revoking rotation refuses at once what older keys signed', async () => {
    const before = (await published()).map(({ kid }) => kid);
    const was = await signingKid();
    await gateway.admin('POST', '/tenant/home/v2/Keys/rotate', { revoke: true });
    await eventually(
      () => gateway.send('/api/auth/me', { token: person.accessToken }),
      ({ status }) => status === 401,
    );
    const fresh = await gateway.login(person);
    assert.notEqual(kidOf(fresh.accessToken), was);
    assert.ok(before.includes(kidOf(fresh.accessToken)), 'the key that took over was published already');
    const answer = await gateway.send('/pyjwt/x', { token: fresh.accessToken });
    assert.equal(answer.status, 200, answer.text);
    const kids = (await published()).map(({ kid }) => kid);
    assert.ok(!kids.includes(was), 'a revoked key is not published any more');
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

  test("the cron publishes a new key once the next one's turn has come, 42 days later", async () => {
    const before = await published();
    await gateway.runCron(Date.now() + 41 * DAY);
    assert.deepEqual(await published(), before);
    await gateway.runCron(Date.now() + 43 * DAY);
    await eventually(
      () => gateway.send('/.well-known/jwks.json'),
      ({ json }) => json.keys.some(({ kid }) => !before.includes(kid)),
    );
  });
});
