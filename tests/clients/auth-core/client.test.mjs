// @auth/core (Auth.js 5): a custom provider of type `oidc`, as the page "Using Custom Providers" has it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Auth } from '@auth/core';
import { startFetchApp } from '../app.mjs';
import { Browser } from '../browser.mjs';
import { ISSUER, makeClient, makePerson } from '../harness.mjs';

let app;
let config;
before(async () => {
  app = await startFetchApp('/auth', (request) => Auth(request, config));
});
after(() => app?.stop());

async function signIn(provider = {}) {
  const made = await makeClient({ redirect_uris: [`${app.url}/auth/callback/portcullis`] });
  config = {
    providers: [{ id: 'portcullis', name: 'Portcullis', type: 'oidc', issuer: ISSUER, clientId: made.client_id, clientSecret: made.client_secret, ...provider }],
    secret: 'a secret of this application only',
    trustHost: true,
    basePath: '/auth',
    callbacks: {
      jwt: ({ token, profile }) => (profile ? { ...token, sub: profile.sub } : token),
      session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub } }),
    },
  };
  const person = await makePerson();
  const browser = new Browser();
  const page = await browser.signIn(`${app.url}/auth/signin`, person);
  assert.ok(page.status < 500, page.text);
  const session = await browser.open(`${app.url}/auth/session`);
  assert.deepEqual([session.json?.user?.id, session.json?.user?.email], [person.id, person.email], `${session.text} ${browser.visited.join('\n')}`);

  const out = await browser.open(`${app.url}/auth/signout`);
  await browser.submit(out);
  assert.equal((await browser.open(`${app.url}/auth/session`)).text, 'null');
}

test('@auth/core signs in and out with what it does by default', () => signIn());
test('@auth/core signs in with every check on', () => signIn({ checks: ['pkce', 'state', 'nonce'] }));
test('@auth/core signs in with a nonce alone', () => signIn({ checks: ['nonce'] }));
