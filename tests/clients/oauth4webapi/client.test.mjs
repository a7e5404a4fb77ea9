// oauth4webapi: the strictest of them, step by step as its documentation's example of code with PKCE.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { startApp } from '../app.mjs';
import { Browser } from '../browser.mjs';
import { ISSUER, makeClient, makePerson } from '../harness.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(ISSUER);

for (const alg of ['ES256', 'RS256']) {
  for (const authentication of ['ClientSecretBasic', 'ClientSecretPost', 'None']) {
    test(`oauth4webapi signs in, reads userinfo, refreshes and revokes: ${alg}, ${authentication}`, () => signIn(alg, authentication));
  }
}

let as;
let person;
before(async () => {
  as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  person = await makePerson();
});

let app;
after(() => app?.stop());

async function signIn(alg, authentication) {
  let client;
  let proof;
  let tokens;
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  app = await startApp({
    async '/login'() {
      const url = new URL(as.authorization_endpoint);
      url.search = new URLSearchParams({
        client_id: client.client_id, redirect_uri: `${app.url}/callback`, response_type: 'code', scope: 'openid email offline_access',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', state, nonce,
      });
      return url;
    },
    async '/callback'(url) {
      const parameters = oauth.validateAuthResponse(as, client, url, state);
      const response = await oauth.authorizationCodeGrantRequest(as, client, proof, parameters, `${app.url}/callback`, verifier, insecure);
      const checks = { expectedNonce: nonce, requireIdToken: true };
      tokens = await oauth.processAuthorizationCodeResponse(as, client, response, checks);
      // The signature of an ID token from the token endpoint is the caller's choice to check.
      await oauth.validateApplicationLevelSignature(as, response, insecure);
      const { sub } = oauth.getValidatedIdTokenClaims(tokens);
      const info = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
      return { sub, info: await oauth.processUserInfoResponse(as, client, sub, info) };
    },
  });
  try {
    const made = await makeClient({
      redirect_uris: [`${app.url}/callback`], grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: alg,
      ...(authentication === 'None' && { token_endpoint_auth_method: 'none' }),
    });
    client = { client_id: made.client_id, id_token_signed_response_alg: made.id_token_signed_response_alg };
    proof = oauth[authentication](made.client_secret);
    const page = await new Browser().signIn(`${app.url}/login`, person);
    assert.equal(page.status, 200, page.text);
    assert.deepEqual([page.json.sub, page.json.info.email], [person.id, person.email]);

    const response = await oauth.refreshTokenGrantRequest(as, client, proof, tokens.refresh_token, insecure);
    const renewed = await oauth.processRefreshTokenResponse(as, client, response);
    assert.equal(oauth.getValidatedIdTokenClaims(renewed).sub, person.id);
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, proof, renewed.refresh_token, insecure));
    const late = await oauth.refreshTokenGrantRequest(as, client, proof, renewed.refresh_token, insecure);
    await assert.rejects(oauth.processRefreshTokenResponse(as, client, late), { error: 'invalid_grant' });
  } finally {
    app.stop();
  }
}
