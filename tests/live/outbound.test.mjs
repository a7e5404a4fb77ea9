// Requests of the Worker's own to other servers, in workerd: what it reads of an answer, how long it waits for the last
// byte, and that it follows no redirect. The rules on addresses are in the native tests.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { SKIP_LIMITS, startGateway } from './harness.mjs';

const CALLBACK = 'https://app.example/cb';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

let gateway;
let server;
let key;
/** How often each path was asked, and the bytes that were written for it. */
const asked = {};
const written = {};

const ANSWERS = {
  '/jwks': (response) => json(response, keys()),
  '/redirect': (response) => response.writeHead(302, { location: '/jwks' }).end(),
  // Without a length, and more than anybody should read.
  '/large': (response, path) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const chunk = Buffer.alloc(64 * 1024, ' ');
    written[path] = 0;
    const more = () => {
      while (!response.destroyed && written[path] < 64 * 1024 * 1024) {
        written[path] += chunk.length;
        if (!response.write(chunk)) return response.once('drain', more);
      }
      return response.end();
    };
    more();
  },
  // The head comes at once, the rest never.
  '/slow': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{');
  },
  '/client.json': (response) => json(response, document('/client.json')),
  '/client-moved.json': (response) => response.writeHead(301, { location: '/client.json' }).end(),
  '/client-large.json': (response) => response.writeHead(200).end(' '.repeat(5 * 1024) + JSON.stringify(document('/client-large.json'))),
};

const keys = () => ({ keys: [{ ...key.jwk, kid: 'k', alg: 'ES256' }] });
const json = (response, body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const url = (path) => `http://127.0.0.1:${server.address().port}${path}`;
const document = (path) => ({ client_id: url(path), client_name: 'Agent', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' });

before(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  key = { jwk: await exportJWK(publicKey), privateKey };
  server = createServer((request, response) => {
    asked[request.url] = (asked[request.url] ?? 0) + 1;
    (ANSWERS[request.url] ?? ((other) => other.writeHead(404).end()))(response, request.url);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  gateway = await startGateway({ vars: { LOOPBACK_STRANGERS: 'allowed' } });
  await gateway.admin('PATCH', '/tenant/home/v2/Settings', { clientRegistration: 'open' });
});
after(async () => {
  await gateway?.stop();
  server?.closeAllConnections();
  server?.close();
});

/** A client with its keys at that path proves who it is; answers the refusal, and how long it took. */
async function prove(path) {
  const client = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'private_key_jwt', jwks_uri: url(path) };
  const { client_id: id } = await gateway.admin('POST', '/tenant/home/v2/Clients', client);
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(`${gateway.url}/tenant/home`)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key.privateKey);
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: 'none',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  });
  const began = Date.now();
  const answer = await fetch(`${gateway.url}/tenant/home/oauth2/token`, { method: 'POST', body: form, headers: SKIP_LIMITS });
  return { ...(await answer.json()), took: Date.now() - began };
}

test('keys at an address are fetched', async () => {
  assert.equal((await prove('/jwks')).error, 'invalid_grant');
  assert.equal(asked['/jwks'], 1);
});

test('a redirect is not followed', async () => {
  const before = asked['/jwks'];
  const refused = await prove('/redirect');
  assert.equal(refused.error, 'invalid_client');
  assert.equal(asked['/redirect'], 1);
  assert.equal(asked['/jwks'], before);
});

test('no more is read than may be kept', async () => {
  const refused = await prove('/large');
  assert.equal(refused.error, 'invalid_client');
  assert.ok(refused.took < 8_000, `${refused.took} ms`);
  // What the platform and the sockets hold in between is theirs.
  assert.ok(written['/large'] < 32 * 1024 * 1024, `${written['/large']} bytes`);
});

test('the time covers the body', async () => {
  const refused = await prove('/slow');
  assert.equal(refused.error, 'invalid_client');
  assert.ok(refused.took >= 9_000 && refused.took < 15_000, `${refused.took} ms`);
  // It is remembered that there was none.
  assert.equal(asked['/slow'], 1);
});

/** Asks in the name of a client that a document describes. */
function authorize(path) {
  const query = new URLSearchParams({
    client_id: url(path),
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  });
  return fetch(`${gateway.url}/tenant/home/oauth2/authorize?${query}`, { redirect: 'manual', headers: SKIP_LIMITS });
}

test('a document that describes a client is fetched once, up to its bound, where it is', async () => {
  for (let n = 0; n < 3; n += 1) {
    const page = await authorize('/client.json');
    assert.equal(page.status, 303, await page.text());
  }
  assert.equal(asked['/client.json'], 1);
  for (const path of ['/client-moved.json', '/client-large.json', '/client-none.json']) {
    const page = await authorize(path);
    assert.equal(page.status, 400);
    assert.match(await page.text(), /127\.0\.0\.1/);
    assert.equal(asked[path], 1);
  }
  assert.equal(asked['/client.json'], 1);
});
