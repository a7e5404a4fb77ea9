// Authlib in a Flask application: a nonce and no PKCE, the secret by Basic, algorithms from discovery.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from '../browser.mjs';
import { ISSUER, makeClient, makePerson, port, startProgram } from '../harness.mjs';

for (const id_token_signed_response_alg of ['ES256', 'RS256']) {
  test(`Authlib signs in, reads userinfo and refreshes: ${id_token_signed_response_alg}`, async () => {
    const ROOT = `http://127.0.0.1:${await port()}`;
    const made = await makeClient({ redirect_uris: [`${ROOT}/callback`], grant_types: ['authorization_code', 'refresh_token'], ...(id_token_signed_response_alg === 'RS256' && { id_token_signed_response_alg }) });
    const person = await makePerson();
    const app = await startProgram(import.meta.url, ['app.py'], { ISSUER, ROOT, CLIENT_ID: made.client_id, CLIENT_SECRET: made.client_secret });
    try {
      const browser = new Browser();
      const page = await browser.signIn(`${ROOT}/login`, person);
      assert.equal(page.status, 200, `${page.text}\n${app.said()}`);
      assert.deepEqual([page.json.user.sub, page.json.user.email, page.json.info.sub], [person.id, person.email, person.id]);
      const renewed = await browser.open(`${ROOT}/refresh`);
      assert.equal(renewed.json?.sub, person.id, app.said());
    } finally {
      await app.stop();
    }
  });
}
