// django-allauth: PKCE by its setting OAUTH_PKCE_ENABLED, as it sends neither a nonce nor PKCE without.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from '../browser.mjs';
import { ISSUER, makeClient, makePerson, port, startProgram } from '../harness.mjs';

for (const id_token_signed_response_alg of ['ES256', 'RS256']) {
  test(`django-allauth signs in: ${id_token_signed_response_alg}`, async () => {
    const ROOT = `http://127.0.0.1:${await port()}`;
    const made = await makeClient({ redirect_uris: [`${ROOT}/accounts/oidc/portcullis/login/callback/`], ...(id_token_signed_response_alg === 'RS256' && { id_token_signed_response_alg }) });
    const person = await makePerson();
    const app = await startProgram(import.meta.url, ['app.py'], { ISSUER, ROOT, CLIENT_ID: made.client_id, CLIENT_SECRET: made.client_secret });
    try {
      const page = await new Browser().signIn(`${ROOT}/accounts/oidc/portcullis/login/`, person);
      assert.equal(page.url.pathname, '/me', `${page.text.slice(0, 2000)}\n${app.said()}`);
      assert.deepEqual([page.status, page.json.uid, page.json.email], [200, person.id, person.email], page.text);
    } finally {
      await app.stop();
    }
  });
}
