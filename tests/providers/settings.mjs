// How a tenant is told of the mock providers.
import { SCOPE } from './calendar.mjs';

/** The client secret that every mock provider knows; the client id is whatever the client says. */
export const SECRET = 'mock-secret';

/** The `v2/IdentityProviders` settings with which a tenant signs in with the mock of that kind at `url`. */
export function settings(url, kind, clientId) {
  const common = { clientId, clientSecret: SECRET };
  if (kind === 'oidc') return { kind, name: 'Company (mock)', issuer: `${url}/company`, ...common };
  const [issuer, authorize, token, jwks, userinfo] = {
    google: ['https://accounts.google.com', '/google/authorize', '/google/token', '/google/jwks', '/google/userinfo'],
    microsoft: ['https://login.microsoftonline.com/{tenantid}/v2.0', '/microsoft/oauth2/v2.0/authorize', '/microsoft/oauth2/v2.0/token', '/microsoft/discovery/v2.0/keys', '/microsoft/v1.0/me'],
    github: ['https://github.com', '/github/login/oauth/authorize', '/github/login/oauth/access_token', '/github/jwks', '/github/user'],
  }[kind];
  const endpoints = { issuer, authorizationEndpoint: url + authorize, tokenEndpoint: url + token, jwksUri: url + jwks, userinfoEndpoint: url + userinfo };
  const name = { google: 'Google (mock)', microsoft: 'Microsoft (mock)', github: 'GitHub (mock)' }[kind];
  return { kind, name, ...common, ...(kind === 'microsoft' && { tenants: ['common'] }), endpoints };
}

/** The `/auth/providers` settings with which a tenant's people connect the mock calendar at `url`. */
export function calendar(url) {
  const at = (path) => `${url}/calendar/${path}`;
  return {
    name: 'Calendar (mock)', icon: 'calendar', categories: ['productivity'], connectionType: 'oauth', clientId: 'demo', clientSecret: SECRET,
    authorizationUrl: at('authorize'), tokenUrl: at('token'), revocationUrl: at('revoke'), userinfoUrl: at('me'),
    scopes: [SCOPE], refresh: 'rotates', apiHosts: [new URL(url).host],
  };
}
