// When an origin fails: a clear answer, in time, and no second try of what is
// not safe to try twice.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startGateway } from '../harness.mjs';

describe('an origin that fails', () => {
  let gateway;
  let token;

  before(async () => {
    gateway = await startGateway();
    await gateway.route({ name: 'app', path: '/app/' });
    await gateway.route({ name: 'hasty', path: '/hasty/', timeoutSeconds: 1 });
    await gateway.route({ name: 'gone', path: '/gone/', origin: 'http://127.0.0.1:9' });
    token = (await gateway.person()).accessToken;
  });
  after(() => gateway?.stop());

  const assertRefusal = (answer, status) => {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.success, false);
    assert.match(answer.json.error, /\w/);
    assert.match(answer.json.code, /^[A-Z_]+$/);
    assert.ok(!answer.text.includes('127.0.0.1'), "the answer does not show the origin's address");
  };

  test('nobody listening is a 502', async () => {
    assertRefusal(await gateway.send('/gone/x', { token }), 502);
    assertRefusal(await gateway.send('/gone/x', { token, method: 'POST', json: {} }), 502);
  });

  test('a connection that is dropped is a 502', async () => {
    assertRefusal(await gateway.send('/app/drop?key=d', { token }), 502);
  });

  test('an answer that does not come in time is a 504, in time', async () => {
    const start = Date.now();
    assertRefusal(await gateway.send('/hasty/slow?ms=8000', { token }), 504);
    const took = Date.now() - start;
    assert.ok(took >= 900 && took < 5_000, `took ${took} ms`);
  });

  test('a browser that navigates is shown a page that says so, in its language', async () => {
    for (const [path, status, language, said] of [
      ['/gone/x', 502, 'en', /could not be reached/],
      ['/hasty/slow?ms=8000', 504, 'de', /nicht rechtzeitig geantwortet/],
    ]) {
      const headers = { 'sec-fetch-mode': 'navigate', accept: 'text/html', 'accept-language': language };
      const answer = await gateway.send(path, { token, headers });
      assert.equal(answer.status, status);
      assert.match(answer.headers['content-type'], /^text\/html/);
      assert.match(answer.text, said);
      assert.match(answer.headers['content-security-policy'], /default-src 'none'/);
    }
  });

  test('a slow answer within the time passes', async () => {
    const answer = await gateway.send('/hasty/slow?ms=300', { token });
    assert.equal(answer.status, 200);
  });

  test("a stream that has begun is not cut off by the answer's timeout", async () => {
    const answer = await gateway.send('/hasty/sse?events=4&ms=500', { token });
    assert.equal(answer.status, 200);
    assert.match(answer.text, /event 4/);
  });

  test("the origin's own errors pass as they are", async () => {
    for (const status of [400, 401, 404, 418, 500, 502, 503]) {
      const answer = await gateway.send(`/app/fail?status=${status}`, { token });
      assert.equal(answer.status, status);
      assert.deepEqual(answer.json, { from: 'origin' });
    }
  });

  const attempts = async (key) => (await gateway.send(`/app/attempts?key=${key}`, { token })).json.tries;

  test('a GET that fails once is tried again', async () => {
    const answer = await gateway.send('/app/flaky?key=get&fail=1', { token });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.tries, 2);
  });

  test('tries are bounded', async () => {
    await gateway.send('/app/drop?key=bounded', { token });
    const tries = await attempts('bounded');
    assert.ok(tries >= 1 && tries <= 4, `${tries} tries`);
  });

  for (const method of ['POST', 'PATCH', 'PUT', 'DELETE']) {
    test(`a ${method} that fails is not tried again`, async () => {
      const key = `once-${method}`;
      const answer = await gateway.send(`/app/flaky?key=${key}&fail=1`, { method, token, json: { a: 1 } });
      assertRefusal(answer, 502);
      assert.equal(await attempts(key), 1);
    });
  }
});
