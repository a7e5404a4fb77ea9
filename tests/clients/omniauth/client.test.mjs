// OmniAuth as GitLab configures it: discovery, a nonce and no PKCE, the secret in the body or by Basic.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from '../browser.mjs';
import { ISSUER, makeClient, makePerson, port, startProgram } from '../harness.mjs';

for (const [alg, CLIENT_AUTH_METHOD] of [['ES256', 'query'], ['ES256', 'basic'], ['RS256', 'query']]) {
  test(`OmniAuth signs in as GitLab does, and out: ${alg}, ${CLIENT_AUTH_METHOD}`, async () => {
    const ROOT = `http://127.0.0.1:${await port()}`;
    const made = await makeClient({
      redirect_uris: [`${ROOT}/auth/openid_connect/callback`],
      post_logout_redirect_uris: [`${ROOT}/bye`],
      id_token_signed_response_alg: alg,
    });
    const person = await makePerson();
    const env = { ISSUER, ROOT, CLIENT_AUTH_METHOD, CLIENT_ID: made.client_id, CLIENT_SECRET: made.client_secret };
    const app = await startProgram(import.meta.url, ['app.rb'], env);
    try {
      const browser = new Browser();
      const page = await browser.signIn(`${ROOT}/`, person);
      assert.equal(page.status, 200, `${page.text.slice(0, 2000)}\n${app.said()}`);
      assert.deepEqual([page.json?.uid, page.json?.email, page.json?.name], [person.id, person.email, 'Ada Lovelace'], `${page.text}\n${app.said()}`);
      // It has neither an ID token nor a client id for the gateway, which therefore asks the person.
      const asked = await browser.open(`${ROOT}/auth/openid_connect/logout`);
      assert.match(asked.url.pathname, /\/logout$/, asked.text);
      const gone = await browser.submit(asked);
      assert.equal(gone.status, 200, gone.text);
    } finally {
      await app.stop();
    }
  });
}
