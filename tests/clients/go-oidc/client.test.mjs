// go-oidc with x/oauth2: a nonce and no PKCE, the secret tried by Basic first; and its verifier in an API.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startIssuer, tampered } from '../../live/bad-tokens.mjs';
import { send } from '../../live/http.mjs';
import { Browser } from '../browser.mjs';
import { ISSUER, makeClient, makePerson, port, startProgram } from '../harness.mjs';

for (const alg of ['ES256', 'RS256']) {
  test(`go-oidc signs in, reads userinfo and refreshes: ${alg}; its API believes the access token`, async () => {
    const ROOT = `http://127.0.0.1:${await port()}`;
    const redirect_uris = [`${ROOT}/callback`];
    const grant_types = ['authorization_code', 'refresh_token'];
    const made = await makeClient({ redirect_uris, grant_types, ...(alg === 'RS256' && { id_token_signed_response_alg: alg }) });
    const person = await makePerson();
    const env = { ISSUER, ROOT, CLIENT_ID: made.client_id, CLIENT_SECRET: made.client_secret, AUDIENCE: ISSUER };
    const app = await startProgram(import.meta.url, [], env);
    try {
      const page = await new Browser().signIn(`${ROOT}/login`, person);
      assert.equal(page.status, 200, `${page.text}\n${app.said()}`);
      assert.deepEqual([page.json.sub, page.json.email], [person.id, person.email]);
      const answer = await send(ROOT, '/api', { token: page.json.renewed });
      assert.equal(answer.json?.sub, person.id, answer.text);
      assert.equal((await send(ROOT, '/api', { token: tampered(page.json.renewed) })).status, 401);
    } finally {
      await app.stop();
    }
  });
}

test("go-oidc's API refuses twenty bad access tokens", async () => {
  const issuer = await startIssuer();
  after(issuer.stop);
  const ROOT = `http://127.0.0.1:${await port()}`;
  const app = await startProgram(import.meta.url, [], { ISSUER: issuer.issuer, ROOT, AUDIENCE: 'api' });
  try {
    const { good, bad } = await issuer.tokens('at+jwt', 'api');
    assert.equal((await send(ROOT, '/api', { token: good })).json?.sub, 'someone');
    for (const [what, token] of Object.entries(bad)) assert.equal((await send(ROOT, '/api', { token })).status, 401, what);
  } finally {
    await app.stop();
  }
});
