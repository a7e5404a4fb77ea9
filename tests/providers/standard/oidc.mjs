// A company's OpenID provider: npm oidc-provider, certified by the OpenID Foundation, with its own pages. Whoever gives a
// name that is in `people`, with any password, is that person.
import http from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

export const CLIENT = { client_id: 'portcullis', client_secret: 'a-secret-of-the-company' };

/** Starts it, with us as its client. `people` are claims by name; `subjects` lists who has a session there. */
export async function startOidcCompany({ redirectUris, postLogoutRedirectUris = [], people, more = {} }) {
  let handler = () => {};
  const server = http.createServer((request, response) => handler(request, response));
  server.keepAliveTimeout = 60_000;
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider(issuer, {
    clients: [{ ...CLIENT, redirect_uris: redirectUris, post_logout_redirect_uris: postLogoutRedirectUris, grant_types: ['authorization_code', 'refresh_token'] }],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: 'company-1' }] },
    cookies: { keys: ['only for tests'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    scopes: ['openid', 'email', 'profile', 'groups', 'offline_access'],
    async findAccount(_, id) {
      const claims = people[id];
      return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) };
    },
    ttl: { AccessToken: 3600, AuthorizationCode: 60, IdToken: 3600, Grant: 3600, Interaction: 600, Session: 3600, RefreshToken: 3600 },
    ...more,
  });
  handler = provider.callback();
  return {
    issuer,
    /** What `v2/IdentityProviders` is told. */
    settings: { kind: 'oidc', name: 'Company', issuer, clientId: CLIENT.client_id, clientSecret: CLIENT.client_secret, scopes: ['openid', 'email', 'profile', 'groups'] },
    stop() {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

/** In a browser: gives a name on the provider's page and agrees on the next. */
export async function signInThere(page, issuer, name) {
  await page.waitForURL((url) => url.href.startsWith(`${issuer}/interaction/`));
  await page.fill('input[name=login]', name);
  await page.fill('input[name=password]', 'any');
  await page.click('button[type=submit]');
  const consent = page.locator('input[name=prompt][value=consent]');
  await consent.waitFor({ state: 'attached' });
  await page.click('button[type=submit]');
}
