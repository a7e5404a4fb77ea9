// Scripts of other origins, through the compiled Worker: what a browser asks
// first, and which header fields it finds on an origin's answer.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { startGateway } from '../harness.mjs';

const APP = 'https://app.example';
const EVIL = 'https://evil.example';

describe('cross-origin requests', () => {
  let gateway;
  let token;
  let cookie;
  let origin;

  before(async () => {
    gateway = await startGateway();
    // An origin that answers CORS by itself where the path says so.
    origin = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.setHeader('vary', 'Accept-Encoding');
      if (request.url.includes('/public')) response.setHeader('cache-control', 'public, max-age=60');
      if (request.url.includes('/star')) response.setHeader('vary', '*');
      if (request.url.includes('/varies')) response.setHeader('vary', 'accept, ORIGIN');
      if (request.url.includes('/fails')) response.statusCode = 500;
      if (request.url.includes('/moved')) response.writeHead(302, { location: '/x' });
      if (request.url.includes('/tagged')) response.setHeader('etag', '"a"');
      if (request.url.includes('/expires')) response.setHeader('expires', 'Thu, 01 Jan 2099 00:00:00 GMT');
      if (request.url.includes('/own')) response.setHeader('access-control-allow-origin', '*');
      response.end('{"from":"origin"}');
    });
    await new Promise((go) => origin.listen(0, '127.0.0.1', go));
    const address = `http://127.0.0.1:${origin.address().port}`;
    await gateway.route({ name: 'spa', path: '/spa/', origin: address });
    await gateway.route({
      name: 'counted',
      path: '/counted/',
      origin: address,
      rateLimit: { requests: 50, windowSeconds: 60 },
    });
    for (const auth of ['optional', 'none']) await gateway.route({ name: auth, path: `/${auth}/`, origin: address, auth });
    await gateway.route({ name: 'gone', path: '/gone/', origin: 'http://127.0.0.1:9' });
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { allowedOrigins: [APP] });
    const person = await gateway.person();
    token = person.accessToken;
    cookie = await gateway.cookie(person);
  });
  after(() => {
    origin?.close();
    return gateway?.stop();
  });

  const get = (path, from) => gateway.send(path, { token, headers: from ? { Origin: from } : {} });

  test("a browser that asks first is answered before the route's origin is", async () => {
    const headers = {
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type',
    };
    for (const path of ['/spa/x', '/tenant/home/oauth2/token', '/api/auth/me']) {
      const method = 'OPTIONS';
      const yes = await gateway.send(path, { method, headers: { ...headers, Origin: APP } });
      if (path !== '/api/auth/me') assert.match(yes.headers['access-control-allow-methods'], /POST/);
      assert.equal(yes.status, 204);
      assert.equal(yes.headers['access-control-allow-origin'], APP);
      assert.equal(yes.headers['access-control-allow-headers'], 'authorization,content-type');
      const no = await gateway.send(path, { method, headers: { ...headers, Origin: EVIL } });
      // Any script may ask a route that takes a credential, to see why it is refused.
      assert.equal(no.headers['access-control-allow-origin'], path === '/spa/x' ? '*' : undefined);
      assert.equal(no.status >= 400, path !== '/spa/x');
    }
  });

  test('why a route refuses a script can be read by any origin', async () => {
    const nobody = await gateway.send('/spa/x', { headers: { Origin: EVIL } });
    assert.equal(nobody.status, 401);
    assert.equal(nobody.headers['access-control-allow-origin'], '*');
    assert.match(nobody.headers['access-control-expose-headers'], /WWW-Authenticate/);
    assert.equal(nobody.headers['www-authenticate'], 'Bearer');
    const answer = await get('/spa/x', EVIL);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
  });

  test("a route's answer can be read by the tenant's origins alone", async () => {
    const yes = await get('/spa/x', APP);
    assert.deepEqual(yes.json, { from: 'origin' });
    assert.equal(yes.headers['access-control-allow-origin'], APP);
    assert.equal(yes.headers['access-control-expose-headers'], '*');
    assert.equal(yes.headers['access-control-allow-credentials'], undefined);
    assert.match(yes.headers.vary, /Accept-Encoding/);
    assert.match(yes.headers.vary, /Origin/);
    for (const from of [EVIL, undefined]) {
      const no = await get('/spa/x', from);
      assert.equal(no.status, 200);
      assert.equal(no.headers['access-control-allow-origin'], undefined);
    }
  });

  test('whatever could be read by some says that it depends on who asks', async () => {
    for (const kind of ['spa', 'optional', 'none', 'counted', 'gone']) {
      for (const path of ['x', 'public', 'fails', 'moved', 'own', 'public/own', 'varies', 'expires']) {
        for (const from of [undefined, APP, EVIL]) {
          for (const signedIn of [true, false]) {
            const headers = from ? { Origin: from } : {};
            const answer = await gateway.send(`/${kind}/${path}`, { headers, ...(signedIn ? { token } : {}) });
            if (answer.status === 303) continue;
            const vary = (answer.headers.vary ?? '').split(/, */).map((name) => name.toLowerCase());
            const what = `${kind} ${path} ${from} ${signedIn}: ${answer.status} ${answer.headers.vary}`;
            // Nobody keeps what a request with `Authorization` got that says nothing of caching (RFC 9111 §3.5).
            const unkept = signedIn && from === undefined && ['x', 'own'].includes(path) && answer.status === 200;
            assert.equal(vary.filter((name) => name === 'origin').length, unkept ? 0 : 1, what);
          }
        }
      }
      if (kind !== 'gone') assert.equal((await gateway.send(`/${kind}/star`, { token })).headers.vary, '*');
    }
  });

  test("the origin's word on caching stands, also if it is Expires", async () => {
    const answer = await get('/spa/expires', undefined);
    assert.equal(answer.headers['cache-control'], undefined);
    assert.match(answer.headers.expires, /2099/);
    // A cookie's answer needs to say so, a bearer token's does not (RFC 9111 §3.5), but to a script of another origin.
    assert.equal((await gateway.send('/spa/x', { headers: { Cookie: cookie } })).headers['cache-control'], 'private, no-cache');
    assert.equal((await get('/spa/x', APP)).headers['cache-control'], 'private, no-cache');
    assert.equal((await get('/spa/x', undefined)).headers['cache-control'], undefined);
    for (const path of ['fails', 'moved', 'tagged']) {
      assert.equal((await get(`/spa/${path}`, undefined)).headers['cache-control'], 'private, no-cache', path);
    }
    assert.equal((await get('/spa/public', undefined)).headers['cache-control'], 'public, max-age=60');
  });

  test('an origin that answers for itself is not contradicted', async () => {
    assert.equal((await get('/spa/own', APP)).headers['access-control-allow-origin'], '*');
    const counted = await get('/counted/own', APP);
    assert.equal(counted.headers['access-control-allow-origin'], '*');
    assert.equal(counted.headers['ratelimit-limit'], '50');
  });

  test('what went wrong can be read too', async () => {
    const gone = await get('/gone/x', APP);
    assert.equal(gone.status, 502);
    assert.equal(gone.headers['access-control-allow-origin'], APP);
    const nobody = await gateway.send('/spa/x', { headers: { Origin: APP } });
    assert.equal(nobody.status, 401);
    assert.equal(nobody.headers['access-control-allow-origin'], APP);
  });
});
