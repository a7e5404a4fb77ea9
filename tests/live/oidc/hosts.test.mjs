// A tenant with a host of its own, as its users, clients and origins know it: by that name alone.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as oidc from 'openid-client';
import { claimsOf, PASSWORD, sessionCookie, startGateway } from '../harness.mjs';
import { startOrigin } from '../origins.mjs';
import { CALLBACK } from './client.mjs';

describe('a tenant with a host of its own', () => {
  const boss = { email: 'boss@acme.example', password: PASSWORD };
  let gateway;
  let origin;
  let host;
  let issuer;
  let token;
  let made;

  /** A request to the tenant's host. */
  const at = (path, { headers = {}, ...options } = {}) => gateway.send(path, { ...options, headers: { Host: host, ...headers } });
  /** The same as a browser that navigates. */
  const browse = (path, { headers = {}, ...options } = {}) =>
    at(path, { ...options, headers: { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'same-origin', ...headers } });
  /** What openid-client fetches with: no name server knows the host. */
  async function through(url, { method, headers, body }) {
    const { host: Host, pathname, search } = new URL(url);
    const sent = { ...Object.fromEntries(new Headers(headers)), Host };
    const answer = await gateway.send(pathname + search, { method, headers: sent, body: body?.toString() });
    const told = Object.entries(answer.headers).filter(([, value]) => typeof value === 'string');
    return new Response(answer.text === '' ? null : answer.text, { status: answer.status, headers: told });
  }
  const discover = (url) =>
    oidc.discovery(new URL(url), made.client_id, undefined, oidc.ClientSecretBasic(made.client_secret), {
      execute: [oidc.allowInsecureRequests],
      [oidc.customFetch]: through,
    });

  before(async () => {
    gateway = await startGateway();
    host = `login.acme.localhost:${new URL(gateway.url).port}`;
    issuer = `http://${host}`;
    await gateway.admin('POST', '/tenant/home/v2/Tenants', { id: 'acme', name: 'Acme', host, admin: boss });
    const login = await at('/auth/login', { method: 'POST', json: boss });
    token = login.json.access_token;
    const json = {
      client_name: 'A client',
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scope: 'openid profile email offline_access read',
    };
    made = (await at('/tenant/acme/v2/Clients', { method: 'POST', token, json })).json;
    const keys = `${gateway.url}/tenant/acme/.well-known/jwks.json`;
    origin = await startOrigin({ portcullis: gateway.url, tenant: 'acme', more: { ISSUER: issuer, JWKS_URL: keys } });
    const route = { name: 'app', path: '/app/', origin: origin.url };
    assert.equal((await at('/tenant/acme/v2/Routes', { method: 'POST', token, json: route })).status, 201);
  });
  after(async () => {
    await origin?.stop();
    await gateway?.stop();
  });

  test('a person signs in at it, and a client gets tokens of it', async () => {
    const config = await discover(issuer);
    assert.equal(config.serverMetadata().issuer, issuer);
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const asked = oidc.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid email offline_access read',
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    assert.equal(asked.host, host);
    const waiting = await browse(asked.pathname + asked.search);
    assert.equal(waiting.status, 303, waiting.text);
    const page = await browse(waiting.headers.location);
    assert.equal(page.status, 200, page.text);
    const request = new URL(waiting.headers.location, issuer).searchParams.get('request');
    const form = { email: boss.email, password: boss.password, request, own: '1' };
    const action = '/tenant/acme/login';
    const signedIn = await browse(action, { method: 'POST', form, headers: { Origin: issuer } });
    const Cookie = sessionCookie(signedIn);
    let back = signedIn;
    if (back.status === 303) back = await browse(back.headers.location, { headers: { Cookie } });
    const location = back.headers.location ?? /url=([^"]+)"/i.exec(back.text)[1].replaceAll('&#38;', '&').replaceAll('&amp;', '&');
    const url = new URL(location);
    assert.equal(url.searchParams.get('iss'), issuer);
    const tokens = await oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier, idTokenExpected: true });
    assert.equal(tokens.claims().iss, issuer);
    assert.equal((await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)).email, boss.email);
    const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal(claimsOf(renewed.access_token).iss, issuer);
    assert.equal((await oidc.tokenIntrospection(config, renewed.access_token)).active, true);

    // The origin, which trusts that issuer alone, is told of the person by token and by cookie.
    for (const headers of [{ Authorization: `Bearer ${renewed.access_token}` }, { Cookie }]) {
      const answer = await at('/app/', { headers });
      assert.equal(answer.status, 200, answer.text);
      assert.ok(answer.text.includes(tokens.claims().sub), answer.text);
    }
    const account = await browse('/tenant/acme/account', { headers: { Cookie } });
    assert.ok(account.text.includes(boss.email), account.text);
    await oidc.tokenRevocation(config, renewed.refresh_token);
    await assert.rejects(oidc.refreshTokenGrant(config, renewed.refresh_token), { error: 'invalid_grant' });
  });

  test('it is discovered nowhere else', async () => {
    for (const elsewhere of [`${gateway.url}/tenant/acme`, `${issuer}/tenant/acme`, gateway.url]) {
      await assert.rejects(discover(elsewhere), `${elsewhere}`);
    }
    const home = await gateway.send('/tenant/home/.well-known/openid-configuration');
    assert.equal(home.json.issuer, `${gateway.url}/tenant/home`);
  });

  test('mails lead to it', async () => {
    const asked = await gateway.send('/auth/forgot-password', {
      method: 'POST',
      json: { email: boss.email },
      headers: { 'X-Tenant-Id': 'acme' },
    });
    assert.equal(asked.status, 200, asked.text);
    const [mail] = await gateway.outbox(boss.email);
    assert.ok(mail.text.includes(`${issuer}/auth/reset-password?token=`), mail.text);
  });
});
