// A route to a provider's API, in workerd: the caller's own key goes there, and of what comes back nothing can act here. A
// server of this machine stands in for the provider, as a tenant's own provider may name one in local mode.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { startGateway } from '../harness.mjs';

const KEY = 'sk-canary-of-the-relay';
let gateway;
let person;
let server;
let seen;

before(async () => {
  gateway = await startGateway();
  server = createServer((request, response) => {
    seen = request;
    if (request.url.startsWith('/switch')) {
      return response.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    }
    if (request.url.startsWith('/away')) {
      response.writeHead(302, { location: 'https://files.example/?signature=canary', 'set-cookie': '__Host-portcullis=stolen; Secure; Path=/' });
      return response.end('canary');
    }
    response.writeHead(200, {
      'content-type': 'application/json',
      'cache-control': 'public, max-age=600',
      'set-cookie': ['__Host-portcullis=stolen; Secure; Path=/', 'a=b'],
    });
    return response.end(JSON.stringify({ events: [] }));
  });
  // It would take WebSockets, and set cookies with them.
  const sockets = new WebSocketServer({ server });
  sockets.on('headers', (headers) => headers.push('Set-Cookie: __Host-portcullis=stolen; Secure; Path=/'));
  sockets.on('connection', (socket, request) => {
    seen = request;
    socket.send('canary');
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const host = `127.0.0.1:${server.address().port}`;
  await gateway.admin('POST', '/auth/providers', { id: 'calendar', name: 'Calendar', connectionType: 'api_key', apiHosts: [host], apiKeyHeader: 'X-Api-Key' });
  await gateway.route({ name: 'calendar', path: '/calendar/', origin: `http://${host}`, stripPrefix: true, connection: 'calendar', scopes: ['calendar:read'] });
  person = await gateway.person({});
  await gateway.admin('PATCH', `/tenant/home/v2/Users/${person.id}`, { scopes: ['calendar:read'] });
  person = await gateway.login(person);
});
after(async () => {
  await gateway?.stop();
  server?.close();
});

const call = (path, headers = {}) => gateway.send(path, { token: person.accessToken, headers });

test('who connected nothing is told where to', async () => {
  seen = undefined;
  const answer = await call('/calendar/events');
  assert.equal(answer.status, 403, answer.text);
  assert.match(answer.text, /CONNECTION_NEEDED/);
  assert.equal(seen, undefined);
});

test('the key goes there, the token does not, and the answer sets no cookie and is kept by nobody', async () => {
  const stored = await gateway.send('/auth/apikeys/calendar', { method: 'POST', token: person.accessToken, json: { apiKey: KEY } });
  assert.equal(stored.status, 200, stored.text);
  const answer = await call('/calendar/events?n=1', { Cookie: 'theme=dark', Referer: `${gateway.url}/secret` });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json, { events: [] });
  assert.equal(seen.url, '/events?n=1');
  assert.equal(seen.headers['x-api-key'], KEY);
  for (const name of ['authorization', 'cookie', 'referer', 'x-forwarded-for', 'cf-connecting-ip']) assert.equal(seen.headers[name], undefined, name);
  assert.ok(!JSON.stringify(seen.rawHeaders).includes(person.accessToken));
  assert.equal(answer.headers['set-cookie'], undefined);
  assert.equal(answer.headers['cache-control'], 'private, no-store');
});

test('a redirect goes no further than here', async () => {
  const answer = await call('/calendar/away');
  assert.equal(answer.status, 502, answer.text);
  assert.equal(answer.json.error?.code ?? answer.json.code ?? answer.json.error, 'REDIRECT_REFUSED', answer.text);
  assert.equal(answer.headers.location, undefined);
  assert.equal(answer.headers['set-cookie'], undefined);
  assert.ok(!answer.text.includes('canary'));
});

/** How the handshake of a WebSocket ends: the answer to it, or the first message. */
const handshake = (path, headers) => new Promise((resolve, reject) => {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}${path}`, { headers });
  socket.once('unexpected-response', (_, response) => {
    response.toArray().then((chunks) => resolve({ status: response.statusCode, headers: response.headers, text: chunks.join('') }));
  });
  socket.once('message', (data) => resolve({ message: String(data) }) ?? socket.close());
  socket.once('error', reject);
});

test('no WebSocket is opened with the key, however it is asked for', async () => {
  seen = undefined;
  for (const upgrade of ['websocket', 'WebSocket', 'h2c, websocket']) {
    const answer = await handshake('/calendar/socket', { Authorization: `Bearer ${person.accessToken}`, Upgrade: upgrade });
    assert.equal(answer.status, 400, JSON.stringify(answer));
    assert.equal(JSON.parse(answer.text).code, 'WEBSOCKET_REFUSED');
    assert.equal(answer.headers['set-cookie'], undefined);
  }
  assert.equal(seen, undefined);
  // Another protocol is not taken up, and what was asked for is answered.
  const answer = await call('/calendar/events', { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' });
  assert.equal(answer.status, 200, answer.text);
  for (const name of ['upgrade', 'http2-settings']) assert.equal(seen.headers[name], undefined, name);
});

test('an API that switches protocols unasked is a bad gateway', async () => {
  const answer = await call('/calendar/switch');
  assert.equal(answer.status, 502, answer.text);
  assert.equal(answer.json.code, 'BAD_GATEWAY');
});

test('a label chooses the connection, is said once, and goes no further', async () => {
  const store = { method: 'POST', token: person.accessToken, json: { apiKey: 'sk-work', label: 'Büro' } };
  assert.equal((await gateway.send('/auth/apikeys/calendar', store)).status, 200);
  assert.equal((await call('/calendar/events', { 'X-Portcullis-Connection': 'B%C3%BCro' })).status, 200);
  assert.equal(seen.headers['x-api-key'], 'sk-work');
  assert.ok(!Object.keys(seen.headers).some((name) => name.startsWith('x-portcullis')), JSON.stringify(seen.headers));
  seen = undefined;
  const twice = ['Authorization', `Bearer ${person.accessToken}`, 'X-Portcullis-Connection', 'B%C3%BCro', 'x-portcullis-connection', ''];
  for (const headers of [twice, ['X-Portcullis-Connection', 'Büro', ...twice.slice(0, 2)]]) {
    const answer = await gateway.send('/calendar/events', { headers });
    assert.equal(answer.status, 400, answer.text);
  }
  const unknown = await call('/calendar/events', { 'X-Portcullis-Connection': 'home' });
  assert.equal(unknown.json.code, 'CONNECTION_NEEDED', unknown.text);
  assert.equal(seen, undefined);
  // Spelled otherwise it says nothing, and goes no further either.
  for (const name of ['X_Portcullis_Connection', 'X-Portcullis.Connection', 'X-Portcullis-Connection-Label']) {
    assert.equal((await call('/calendar/events', { [name]: 'B%C3%BCro' })).status, 200, name);
    assert.equal(seen.headers['x-api-key'], KEY, name);
    assert.equal(seen.headers[name.toLowerCase()], undefined, name);
  }
});
