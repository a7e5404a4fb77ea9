// next-auth 4: a custom provider as its page "OAuth" has it (`wellKnown`, `idToken: true`, checks pkce and state). It
// works on openid-client 5, whose ID tokens are RS256 unless told otherwise.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRequire } from 'node:module';
import http from 'node:http';
import { Browser } from '../browser.mjs';
import { ISSUER, makeClient, makePerson, port } from '../harness.mjs';

const NextAuth = createRequire(import.meta.url)('next-auth').default;

let server;
let app;
let options;

/** What Next.js makes of a request to `pages/api/auth/[...nextauth].js`, and of its answer. */
async function asInNext(request, response) {
  const url = new URL(request.url, app);
  if (!url.pathname.startsWith('/api/auth/')) return response.end('home');
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const pairs = (request.headers.cookie ?? '').split(/; */).filter(Boolean).map((pair) => pair.split(/=(.*)/s).slice(0, 2));
  Object.assign(request, {
    query: { ...Object.fromEntries(url.searchParams), nextauth: url.pathname.replace('/api/auth/', '').split('/') },
    cookies: Object.fromEntries(pairs.map(([name, value]) => [name, decodeURIComponent(value)])),
    body: Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString())),
  });
  Object.assign(response, {
    status: (code) => Object.assign(response, { statusCode: code }),
    json: (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
    send: (body) => (typeof body === 'object' ? response.json(body) : response.end(body)),
    redirect: (code, location) => response.writeHead(code, { location }).end(),
  });
  return NextAuth(request, response, options);
}

before(async () => {
  app = `http://127.0.0.1:${await port()}`;
  process.env.NEXTAUTH_URL = app;
  server = http.createServer(asInNext);
  await new Promise((resolve) => server.listen(new URL(app).port, '127.0.0.1', resolve));
});
after(() => server?.close().closeAllConnections());

async function signIn(client = {}, provider = {}) {
  const made = await makeClient({ redirect_uris: [`${app}/api/auth/callback/portcullis`], ...client });
  options = {
    providers: [{
      id: 'portcullis', name: 'Portcullis', type: 'oauth', wellKnown: `${ISSUER}/.well-known/openid-configuration`,
      authorization: { params: { scope: 'openid email profile' } }, idToken: true, checks: ['pkce', 'state'],
      clientId: made.client_id, clientSecret: made.client_secret,
      profile: ({ sub, name, email }) => ({ id: sub, name, email }),
      ...provider,
    }],
    secret: 'a secret of this application only',
    callbacks: { session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub } }) },
  };
  const person = await makePerson();
  const browser = new Browser();
  await browser.signIn(`${app}/api/auth/signin`, person);
  const session = await browser.open(`${app}/api/auth/session`);
  assert.deepEqual([session.json?.user?.id, session.json?.user?.email], [person.id, person.email], `${session.text} ${browser.visited.join('\n')}`);

  await browser.submit(await browser.open(`${app}/api/auth/signout`));
  assert.equal((await browser.open(`${app}/api/auth/session`)).text, '{}');
}

test('next-auth 4 signs in and out with what it does by default, at a client of RS256', () =>
  signIn({ id_token_signed_response_alg: 'RS256' }));

test('next-auth 4 signs in where its provider is told of ES256', () => signIn({}, { client: { id_token_signed_response_alg: 'ES256' } }));

test('next-auth 4 signs in with the secret in the body', () =>
  signIn({ id_token_signed_response_alg: 'RS256' }, { client: { token_endpoint_auth_method: 'client_secret_post' } }));
