// What the tests of OpenID Connect over HTTP begin with: clients, and a person's way through the pages.

import assert from 'node:assert/strict';
import * as oidc from 'openid-client';
import { SKIP_LIMITS } from '../harness.mjs';

export const CALLBACK = 'http://127.0.0.1:7999/callback';

/** A client of the home tenant, made by the administrator: its id and, if it has one, its secret. */
export function makeClient(gateway, fields = {}) {
  return gateway.admin('POST', '/tenant/home/v2/Clients', {
    client_name: 'A client',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid profile email offline_access read',
    ...fields,
  });
}

/** openid-client's configuration for a client, from discovery; `metadata` is what else the client says of itself. */
export function discover(gateway, made, authentication, metadata) {
  const options = { execute: [oidc.allowInsecureRequests] };
  return oidc.discovery(new URL(`${gateway.url}/tenant/home`), made.client_id, metadata, authentication, options);
}

/** Where a signed-in browser is sent from that URL. */
export async function browse(gateway, url, cookie) {
  const { pathname, search } = new URL(url);
  const headers = { Cookie: cookie, Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate', ...SKIP_LIMITS };
  const answer = await gateway.send(pathname + search, { headers });
  assert.ok([302, 303].includes(answer.status), `${answer.status} ${answer.text}`);
  return new URL(answer.headers.location, gateway.url);
}
