// A route to a provider's API, in workerd: the caller's own key goes there, and of what comes back nothing can act here. A
// server of this machine stands in for the provider, as a tenant's own provider may name one in local mode.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
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
