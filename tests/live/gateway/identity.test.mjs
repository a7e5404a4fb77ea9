// Nobody but the gateway says who calls, and what a caller signs in with stays
// at the gateway.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { COOKIE, startGateway } from '../harness.mjs';
import { raw, rawRequest } from '../http.mjs';

const HEADER = 'x-portcullis-assertion';

/** The headers the origin got that a lenient reader could take for ours. */
function identityHeaders(received) {
  const pairs = [];
  for (let at = 0; at < received.rawHeaders.length; at += 2) {
    const name = received.rawHeaders[at].toLowerCase().replace(/[^a-z0-9]+/g, '-');
    if (name.startsWith('x-portcullis')) pairs.push([name, received.rawHeaders[at + 1]]);
  }
  return pairs;
}

describe('identity', () => {
  let gateway;
  let person;
  let key;
  let cookie;

  before(async () => {
    gateway = await startGateway();
    await gateway.route({ name: 'app', path: '/app/' });
    await gateway.route({ name: 'open', path: '/open/', auth: 'none' });
    await gateway.route({ name: 'maybe', path: '/maybe/', auth: 'optional' });
    await gateway.route({ name: 'named', path: '/named/', header: 'X-Caller' });
    await gateway.route({ name: 'bearer', path: '/bearer/', header: 'Authorization' });
    await gateway.route({
      name: 'bearer-optional',
      path: '/bearer-optional/',
      header: 'Authorization',
      auth: 'optional',
    });
    person = await gateway.person();
    key = await gateway.apiKey(person);
    cookie = await gateway.cookie(person);
  });
  after(() => gateway?.stop());

  const spellings = [
    ['X-Portcullis-Assertion: forged'],
    ['x-portcullis-assertion: forged'],
    ['X-PORTCULLIS-ASSERTION: forged'],
    ['X_Portcullis_Assertion: forged'],
    ['x_portcullis-assertion: forged'],
    ['X-Portcullis_Assertion: forged'],
    ['X-Portcullis-Assertion: forged', 'X-Portcullis-Assertion: forged again'],
    ['X-Portcullis-Assertion: forged', 'x_portcullis_assertion: forged again'],
    ['X-Portcullis-Assertion:forged'],
    ['X-Portcullis-Assertion: '],
    ['X-Portcullis-User: admin'],
    ['X_PORTCULLIS_ROLES: ADMIN'],
    ['Connection: close, X-Portcullis-Assertion', 'X-Portcullis-Assertion: forged'],
    ['Connection: X-Portcullis-Assertion'],
    ['X.Portcullis.Assertion: forged'],
  ];

  for (const headers of spellings) {
    test(`an origin never sees ${headers.join(' / ')}`, async () => {
      for (const target of ['/open/here', '/maybe/here']) {
        const answer = await rawRequest(gateway.url, 'GET', target, headers);
        if (answer.status === 400) continue; // refused as malformed: it saw nothing
        assert.equal(answer.status, 200, answer.body);
        assert.deepEqual(identityHeaders(JSON.parse(answer.body)), [], target);
      }
      const bearer = `Authorization: Bearer ${person.accessToken}`;
      const answer = await rawRequest(gateway.url, 'GET', '/app/here', [...headers, bearer]);
      if (answer.status === 400) return;
      assert.equal(answer.status, 200, answer.body);
      const received = JSON.parse(answer.body);
      const seen = identityHeaders(received);
      assert.deepEqual(
        seen.map(([name]) => name),
        [HEADER],
      );
      assert.equal(received.claims.sub, person.id);
    });
  }

  test('a header folded over two lines is not smuggled past the gateway', async () => {
    const folded = ['X-Anything: one', ' X-Portcullis-Assertion: forged'];
    const answer = await rawRequest(gateway.url, 'GET', '/open/here', folded);
    if (answer.status === 200) assert.deepEqual(identityHeaders(JSON.parse(answer.body)), []);
    else assert.equal(answer.status, 400);
  });

  test("two ways to say a body's length do not hide a request from the gateway", async () => {
    const hidden = `GET /open/hidden HTTP/1.1\r\nHost: localhost\r\nX-Portcullis-Assertion: forged\r\n\r\n`;
    const body = `0\r\n\r\n${hidden}`;
    const lengths = [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'];
    const head = ['POST /open/here HTTP/1.1', 'Host: localhost', ...lengths, '', body].join('\r\n');
    const answer = await raw(gateway.url, head, { timeout: 1_000 });
    assert.notEqual(answer.status, 0);
    assert.ok(!answer.body.includes('forged'), answer.body);
  });

  test("a route's own header name is guarded the same way", async () => {
    for (const name of ['X-Caller', 'x_caller', 'X-CALLER']) {
      const answer = await rawRequest(gateway.url, 'GET', '/named/here', [
        `${name}: forged`,
        `Authorization: Bearer ${person.accessToken}`,
      ]);
      const { rawHeaders } = JSON.parse(answer.body);
      const values = rawHeaders.filter((_, at) => at % 2 === 1 && /^x.caller$/i.test(rawHeaders[at - 1]));
      assert.equal(values.length, 1, JSON.stringify(rawHeaders));
      assert.match(values[0], /^eyJ/);
    }
  });

  test('a route can send the assertion as a bearer token', async () => {
    const answer = await gateway.send('/bearer/here', { token: person.accessToken });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.claims.sub, person.id);
    assert.ok(!answer.text.includes(person.accessToken));
    const anonymous = await gateway.send('/bearer-optional/here', { token: 'forged' });
    assert.equal(anonymous.status, 200, anonymous.text);
    assert.equal(anonymous.json.claims, null);
    assert.equal(anonymous.json.headers.authorization, undefined);
  });

  test('a bearer token, an API key and a session cookie do not reach the origin', async () => {
    const carriers = {
      bearer: [['Authorization', `Bearer ${person.accessToken}`], person.accessToken],
      'API key': [['X-API-Key', key.apiKey], key.apiKey],
      cookie: [['Cookie', `theme=dark; ${cookie}; lang=en`], cookie.split('=')[1]],
      'lower-case bearer': [['authorization', `bearer ${person.accessToken}`], person.accessToken],
    };
    for (const [what, [headers, secret]] of Object.entries(carriers)) {
      for (const path of ['/app/x', '/maybe/x', '/open/x']) {
        const answer = await gateway.send(path, { headers });
        assert.equal(answer.status, 200, `${what} at ${path}: ${answer.text}`);
        assert.ok(!answer.text.includes(secret), `${what} at ${path}: ${answer.text}`);
        assert.ok(!answer.text.includes(COOKIE), `${what} at ${path}: ${answer.text}`);
        assert.equal(answer.json.claims?.sub, path === '/open/x' ? undefined : person.id, `${what} at ${path}`);
      }
    }
  });

  test("the application's own cookies pass in both directions", async () => {
    const answer = await gateway.send('/app/x', { headers: ['Cookie', `theme=dark; ${cookie}; lang=en`] });
    assert.equal(answer.json.headers.cookie, 'theme=dark; lang=en');
    const set = await gateway.send('/app/login-cookie', { token: person.accessToken });
    assert.deepEqual(set.headers['set-cookie'], ['theme=dark; Path=/', 'lang=en; Path=/']);
  });

  test('the assertion says who, for whom, by what and not for long', async () => {
    const { json } = await gateway.send('/app/x', { token: person.accessToken });
    const { claims } = json;
    assert.equal(claims.iss, `${gateway.url}/tenant/home`);
    assert.equal(claims.aud, 'app');
    assert.equal(claims.sub, person.id);
    assert.equal(claims.tenantId, 'home');
    assert.ok(Array.isArray(claims.roles) && Array.isArray(claims.features) && Array.isArray(claims.amr));
    for (const name of ['jti', 'sid', 'iat', 'exp']) assert.ok(name in claims, name);
    assert.ok(claims.exp - claims.iat > 0 && claims.exp - claims.iat <= 120);
    const byKey = await gateway.send('/app/x', { headers: { 'X-API-Key': key.apiKey } });
    assert.ok(JSON.stringify(byKey.json.claims.act).includes(key.id), JSON.stringify(byKey.json.claims));
  });

  test("the gateway's own API does not accept an assertion", async () => {
    const { json } = await gateway.send('/app/x', { token: person.accessToken });
    const assertion = json.headers[HEADER];
    assert.equal((await gateway.send('/api/auth/me', { token: assertion })).status, 401);
    assert.equal((await gateway.send('/app/x', { token: assertion })).status, 401);
  });
});
