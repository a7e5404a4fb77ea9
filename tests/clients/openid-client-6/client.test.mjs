// openid-client 6 with nothing chosen: `discovery(server, clientId, clientSecret)` sends the secret in the body.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as client from 'openid-client';
import { startApp } from '../app.mjs';
import { Browser } from '../browser.mjs';
import { ISSUER, makeClient, makePerson } from '../harness.mjs';

let app;
let config;
let person;
const session = {};

before(async () => {
  app = await startApp({
    async '/login'() {
      session.verifier = client.randomPKCECodeVerifier();
      session.state = client.randomState();
      return client.buildAuthorizationUrl(config, {
        redirect_uri: `${app.url}/callback`,
        scope: 'openid profile email offline_access',
        code_challenge: await client.calculatePKCECodeChallenge(session.verifier),
        code_challenge_method: 'S256',
        state: session.state,
      });
    },
    async '/callback'(url) {
      const checks = { pkceCodeVerifier: session.verifier, expectedState: session.state, idTokenExpected: true };
      session.tokens = await client.authorizationCodeGrant(config, url, checks);
      const { sub } = session.tokens.claims();
      return { sub, info: await client.fetchUserInfo(config, session.tokens.access_token, sub) };
    },
    '/logout': () => client.buildEndSessionUrl(config, { post_logout_redirect_uri: `${app.url}/bye`, id_token_hint: session.tokens.id_token }),
  });
  const made = await makeClient({
    redirect_uris: [`${app.url}/callback`],
    post_logout_redirect_uris: [`${app.url}/bye`],
    grant_types: ['authorization_code', 'refresh_token'],
  });
  config = await client.discovery(new URL(ISSUER), made.client_id, made.client_secret, undefined, {
    execute: [client.allowInsecureRequests],
  });
  person = await makePerson();
});
after(() => app?.stop());

test('openid-client 6 signs in, reads userinfo, refreshes and signs out', async () => {
  const browser = new Browser();
  const page = await browser.signIn(`${app.url}/login`, person);
  assert.equal(page.status, 200, page.text);
  assert.deepEqual([page.json.sub, page.json.info.email], [person.id, person.email]);

  const renewed = await client.refreshTokenGrant(config, session.tokens.refresh_token);
  assert.equal(renewed.claims().sub, person.id);
  session.tokens = { ...session.tokens, ...renewed };

  const gone = await browser.open(`${app.url}/logout`);
  assert.equal(gone.url.href, `${app.url}/bye`, gone.text);
  const again = await browser.open(`${app.url}/login`);
  assert.match(again.url.pathname, /\/login$/, 'the session at the gateway is over as well');
});
