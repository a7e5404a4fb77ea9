// social-auth-core, as Django projects have it through social-auth-app-django: RS256 unless its setting says otherwise.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from '../browser.mjs';
import { ISSUER, makeClient, makePerson, port, startProgram } from '../harness.mjs';

async function signIn(client, env = {}) {
  const ROOT = `http://127.0.0.1:${await port()}`;
  const made = await makeClient({ redirect_uris: [`${ROOT}/complete/oidc/`], ...client });
  const person = await makePerson();
  const app = await startProgram(import.meta.url, ['app.py'], { ISSUER, ROOT, CLIENT_ID: made.client_id, CLIENT_SECRET: made.client_secret, ...env });
  try {
    const page = await new Browser().signIn(`${ROOT}/`, person);
    assert.equal(page.url.pathname, '/me', `${page.text.slice(0, 2000)}\n${app.said()}`);
    assert.deepEqual([page.status, page.json.email, page.json.name], [200, person.email, 'Ada Lovelace'], page.text);
    assert.ok([person.id, person.email].includes(page.json.uid), page.text);
  } finally {
    await app.stop();
  }
}

test('social-auth-core signs in with its three settings, at a client of RS256', () => signIn({ id_token_signed_response_alg: 'RS256' }));
test('social-auth-core signs in where its setting says ES256', () => signIn({}, { JWT_ALGORITHM: 'ES256' }));
