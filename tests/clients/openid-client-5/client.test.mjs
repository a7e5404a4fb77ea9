// openid-client 5, as Express and Passport applications use it. Its ID tokens are RS256 unless it is told otherwise,
// so the administrator chooses RS256 for the client; the secret goes by Basic.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { generators, Issuer } from 'openid-client';
import { startApp } from '../app.mjs';
import { Browser } from '../browser.mjs';
import { ISSUER, makeClient, makePerson } from '../harness.mjs';

let app;
let client;
let person;
const session = {};

before(async () => {
  const redirect = () => `${app.url}/callback`;
  app = await startApp({
    '/login'() {
      session.nonce = generators.nonce();
      session.state = generators.state();
      return new URL(client.authorizationUrl({ scope: 'openid profile email offline_access', nonce: session.nonce, state: session.state }));
    },
    async '/callback'(url, request) {
      session.tokens = await client.callback(redirect(), client.callbackParams(request), { nonce: session.nonce, state: session.state });
      return { ...session.tokens.claims(), info: await client.userinfo(session.tokens) };
    },
    '/logout': () => new URL(client.endSessionUrl({ id_token_hint: session.tokens, post_logout_redirect_uri: `${app.url}/bye` })),
  });
  const made = await makeClient({
    redirect_uris: [redirect()],
    post_logout_redirect_uris: [`${app.url}/bye`],
    grant_types: ['authorization_code', 'refresh_token'],
    id_token_signed_response_alg: 'RS256',
  });
  const issuer = await Issuer.discover(ISSUER);
  client = new issuer.Client({ client_id: made.client_id, client_secret: made.client_secret, redirect_uris: [redirect()], response_types: ['code'] });
  person = await makePerson();
});
after(() => app?.stop());

test('openid-client 5 signs in with a nonce and without PKCE, reads userinfo, refreshes and signs out', async () => {
  const browser = new Browser();
  const page = await browser.signIn(`${app.url}/login`, person);
  assert.equal(page.status, 200, page.text);
  assert.deepEqual([page.json.sub, page.json.info.sub, page.json.info.email], [person.id, person.id, person.email]);

  const renewed = await client.refresh(session.tokens);
  assert.equal(renewed.claims().sub, person.id);

  const gone = await browser.open(`${app.url}/logout`);
  assert.equal(gone.url.href, `${app.url}/bye`, gone.text);
});

test('openid-client 5 takes ES256 where it is told so', async () => {
  const made = await makeClient({ redirect_uris: [`${app.url}/callback`] });
  const issuer = await Issuer.discover(ISSUER);
  const before = client;
  client = new issuer.Client({
    client_id: made.client_id, client_secret: made.client_secret, redirect_uris: [`${app.url}/callback`], response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
  });
  try {
    const page = await new Browser().signIn(`${app.url}/login`, person);
    assert.equal(page.json?.sub, person.id, page.text);
  } finally {
    client = before;
  }
});
