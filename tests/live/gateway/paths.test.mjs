// The path that is decided on is the path that is sent: no spelling of a path
// leads around a rule.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startGateway } from '../harness.mjs';
import { rawRequest } from '../http.mjs';

/** What the most lenient of origins would make of a path. */
function leniently(path) {
  const text = path
    .split(/[?#]/)[0]
    .replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const parts = [];
  for (const part of text.replaceAll('\\', '/').split('/')) {
    const name = part.split(';')[0].replace(/[\0-\x20]+$/, '');
    if (name === '..') parts.pop();
    else if (name !== '' && name !== '.') parts.push(name.toLowerCase());
  }
  return `/${parts.join('/')}`;
}

describe('paths', () => {
  let gateway;

  before(async () => {
    gateway = await startGateway();
    await gateway.route({ name: 'open', path: '/open/', auth: 'none' });
    await gateway.route({ name: 'app', path: '/app/' });
    await gateway.route({ name: 'inner', path: '/open/private/', roles: ['ADMIN'] });
    await gateway.route({ name: 'stripped', path: '/stripped/', auth: 'none', stripPrefix: true });
  });
  after(() => gateway?.stop());

  const evasions = [
    '/open/../app/secret',
    '/open/./../app/secret',
    '/open/%2e%2e/app/secret',
    '/open/%2E%2E/app/secret',
    '/open/.%2e/app/secret',
    '/open/%2e%2e%2fapp/secret',
    '/open/..%2fapp/secret',
    '/open/..%2Fapp/secret',
    '/open/..%5capp/secret',
    '/open/..\\app\\secret',
    '/open\\..\\app\\secret',
    '/open/..;/app/secret',
    '/open/..;x=1/app/secret',
    '/open/%252e%252e/app/secret',
    '/open/%252e%252e%252fapp/secret',
    '/open//../app/secret',
    '/open//..//app/secret',
    '/open/x/../../app/secret',
    '/open/..%00/app/secret',
    '/open/..%09/app/secret',
    '/open/.%00./app/secret',
    '//app/secret',
    '///app/secret',
    '/./app/secret',
    '/%61pp/secret',
    '/app%2fsecret',
    '/app%5csecret',
    '/app;x/secret',
    '/app;/secret',
    '/%2fapp/secret',
    '/%2e/app/secret',
    '/open//private/secret',
    '/open/./private/secret',
    '/open/%70rivate/secret',
    '/open/private;x/secret',
    '/open/private%2fsecret',
    '/open/private%5csecret',
    '/open/x/../private/secret',
    '/open/%2fprivate/secret',
    '/open/;/private/secret',
    '/open/private%3bx/secret',
    '/stripped/../app/secret',
    '/stripped/%2e%2e/app/secret',
    '/stripped/..%2f..%2fapp/secret',
    '/open/../api/auth/me',
  ];

  for (const target of evasions) {
    test(`${target} does not reach a guarded path unasked`, async () => {
      const answer = await rawRequest(gateway.url, 'GET', target);
      assert.ok([200, 303, 400, 401, 403, 404].includes(answer.status), `${answer.status} ${answer.body}`);
      if (answer.status !== 200) return;
      const { path } = JSON.parse(answer.body);
      assert.ok(path !== undefined, answer.body);
      const meant = leniently(path);
      assert.ok(!/^\/(app|open\/private)(\/|$)/.test(meant), `the origin got ${path}`);
    });
  }

  test('a plain path is sent as it came, with its query', async () => {
    for (const target of ['/open/a/b?x=1&y=%20&z', '/open/caf%C3%A9/%20x', "/open/a+b,c:d@e!$'()*~", '/open/']) {
      const answer = await rawRequest(gateway.url, 'GET', target);
      assert.equal(answer.status, 200, `${target}: ${answer.body}`);
      assert.equal(JSON.parse(answer.body).path, target);
    }
  });

  test('a prefix ends at a slash', async () => {
    const answer = await rawRequest(gateway.url, 'GET', '/opener/x');
    assert.equal(answer.status, 404);
    assert.equal(JSON.parse(answer.body).success, false);
    const exact = await rawRequest(gateway.url, 'GET', '/open');
    assert.ok([200, 404].includes(exact.status), exact.body);
  });

  test('the longest prefix decides', async () => {
    assert.equal((await rawRequest(gateway.url, 'GET', '/open/x')).status, 200);
    assert.equal((await rawRequest(gateway.url, 'GET', '/open/private/x')).status, 401);
  });

  test('a stripped prefix is taken off and nothing else', async () => {
    const answer = await rawRequest(gateway.url, 'GET', '/stripped/a/b?c=d');
    assert.equal(JSON.parse(answer.body).path, '/a/b?c=d');
    const double = await rawRequest(gateway.url, 'GET', '/stripped//elsewhere.example/x');
    if (double.status === 200) assert.ok(!JSON.parse(double.body).path.startsWith('//'), double.body);
    else assert.ok([400, 404].includes(double.status), double.body);
  });

  test("a host's own route comes before one for every host, and a method's route only takes that method", async () => {
    await gateway.route({ name: 'hosted', host: 'shop.example', path: '/', auth: 'none' });
    await gateway.route({ name: 'readers', path: '/readers/', methods: ['GET'], auth: 'none' });
    const hosted = await gateway.send('/app/x', { headers: { Host: 'shop.example' } });
    assert.equal(hosted.status, 200, hosted.text);
    const other = await gateway.send('/app/x', { headers: { Host: 'other.example' } });
    assert.equal(other.status, 401);
    assert.equal((await gateway.send('/readers/x')).status, 200);
    const posted = await gateway.send('/readers/x', { method: 'POST', json: {} });
    assert.ok([404, 405].includes(posted.status), posted.text);
  });
});
