// A second client library of its own, against the compiled Worker: openid-client, which is strict about answers.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import * as oidc from 'openid-client';
import { claimsOf, startGateway } from '../harness.mjs';
import { browse, CALLBACK, discover, makeClient } from './client.mjs';

describe('openid-client', () => {
  let gateway;
  let person;
  let cookie;

  before(async () => {
    gateway = await startGateway();
    person = await gateway.makePerson({ name: 'Ada Lovelace' });
    cookie = await gateway.cookie(person);
  });
  after(() => gateway?.stop());

  /** Signs in with PKCE, state and nonce; `url` may push the request first. */
  async function signIn(config, { more = {}, url = oidc.buildAuthorizationUrl } = {}) {
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
    const asked = await url(config, {
      redirect_uri: CALLBACK,
      scope: 'openid profile email offline_access read',
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
      ...more,
    });
    const back = await browse(gateway, asked, cookie);
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    return { tokens: await oidc.authorizationCodeGrant(config, back, checks), asked, back, checks };
  }

  const methods = {
    none: () => oidc.None(),
    client_secret_basic: ({ client_secret }) => oidc.ClientSecretBasic(client_secret),
    client_secret_post: ({ client_secret }) => oidc.ClientSecretPost(client_secret),
  };

  for (const [method, authentication] of Object.entries(methods)) {
    test(`signs in, reads userinfo, refreshes and revokes with ${method}`, async () => {
      const made = await makeClient(gateway, { token_endpoint_auth_method: method });
      const config = await discover(gateway, made, authentication(made));
      const { tokens } = await signIn(config);
      assert.equal(tokens.claims().sub, person.id);
      const info = await oidc.fetchUserInfo(config, tokens.access_token, person.id);
      assert.deepEqual([info.email, info.name], [person.email, 'Ada Lovelace']);

      const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
      assert.notEqual(renewed.refresh_token, tokens.refresh_token);
      assert.equal(renewed.claims().sub, person.id);

      await oidc.tokenRevocation(config, renewed.refresh_token);
      await assert.rejects(oidc.refreshTokenGrant(config, renewed.refresh_token), { error: 'invalid_grant' });
      await assert.rejects(oidc.fetchUserInfo(config, renewed.access_token, person.id));
    });
  }

  for (const alg of ['ES256', 'RS256', 'EdDSA']) {
    test(`proves who it is with a key: private_key_jwt with ${alg}`, async () => {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      const key = { ...(await exportJWK(publicKey)), kid: 'first', alg: alg, use: 'sig' };
      const made = await makeClient(gateway, {
        token_endpoint_auth_method: 'private_key_jwt',
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        jwks: { keys: [key] },
      });
      const config = await discover(gateway, made, oidc.PrivateKeyJwt({ key: privateKey, kid: 'first' }));
      const { tokens } = await signIn(config);
      assert.equal(tokens.claims().sub, person.id);
      const own = await oidc.clientCredentialsGrant(config, { scope: 'read' });
      assert.equal(claimsOf(own.access_token).sub, made.client_id);

      const stranger = await generateKeyPair(alg);
      const other = await discover(gateway, made, oidc.PrivateKeyJwt({ key: stranger.privateKey, kid: 'first' }));
      await assert.rejects(oidc.clientCredentialsGrant(other, { scope: 'read' }), { error: 'invalid_client' });
    });
  }

  for (const alg of ['ES256', 'RS256']) {
    test(`verifies ID tokens and userinfo that are signed with ${alg}`, async () => {
      const signed = { id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg };
      const made = await makeClient(gateway, { token_endpoint_auth_method: 'none', ...signed });
      const config = await discover(gateway, made, oidc.None(), signed);
      oidc.enableNonRepudiationChecks(config);
      const { tokens } = await signIn(config);
      assert.equal(tokens.claims().sub, person.id);
      assert.equal(decodeProtectedHeader(tokens.id_token).alg, alg);
      assert.equal(decodeProtectedHeader(tokens.access_token).alg, 'ES256');
      const info = await oidc.fetchUserInfo(config, tokens.access_token, person.id);
      assert.equal(info.email, person.email);
      const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
      assert.equal(decodeProtectedHeader(renewed.id_token).alg, alg);
    });
  }

  test("gets a token of the client's own, and asks whether it is active", async () => {
    const made = await makeClient(gateway, { grant_types: ['client_credentials'], redirect_uris: [], scope: 'read write' });
    const config = await discover(gateway, made, oidc.ClientSecretBasic(made.client_secret));
    const tokens = await oidc.clientCredentialsGrant(config, { scope: 'read' });
    assert.equal(tokens.refresh_token, undefined);
    const said = await oidc.tokenIntrospection(config, tokens.access_token);
    assert.deepEqual([said.active, said.client_id, said.scope], [true, made.client_id, 'read']);
    assert.deepEqual(await oidc.tokenIntrospection(config, 'nonsense'), { active: false });
  });

  test('pushes its request first', async () => {
    const made = await makeClient(gateway, { require_pushed_authorization_requests: true });
    const config = await discover(gateway, made, oidc.ClientSecretBasic(made.client_secret));
    const { tokens, asked } = await signIn(config, { url: oidc.buildAuthorizationUrlWithPAR });
    assert.deepEqual([...asked.searchParams.keys()].sort(), ['client_id', 'request_uri']);
    assert.equal(tokens.claims().sub, person.id);
  });

  test('takes a code once, and what it gave is gone after a second try', async () => {
    const made = await makeClient(gateway, { token_endpoint_auth_method: 'none' });
    const config = await discover(gateway, made, oidc.None());
    const { tokens, back, checks } = await signIn(config);
    await assert.rejects(oidc.authorizationCodeGrant(config, back, checks), { error: 'invalid_grant' });
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' });
  });

  test('believes no answer of another issuer (RFC 9207)', async () => {
    const made = await makeClient(gateway, { token_endpoint_auth_method: 'none' });
    const config = await discover(gateway, made, oidc.None());
    const expectedState = oidc.randomState();
    const asked = oidc.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid',
      state: expectedState,
      code_challenge: await oidc.calculatePKCECodeChallenge(oidc.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    });
    const otherIssuer = ({ cause }) => /"iss"/.test(cause.message);
    const back = await browse(gateway, asked, cookie);
    back.searchParams.set('iss', `${gateway.url}/tenant/another`);
    await assert.rejects(oidc.authorizationCodeGrant(config, back, { expectedState }), otherIssuer);
    back.searchParams.delete('iss');
    await assert.rejects(oidc.authorizationCodeGrant(config, back, { expectedState }), otherIssuer);
  });

  test('connects a device that has no browser', { timeout: 60_000 }, async () => {
    const grant_types = ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'];
    const made = await makeClient(gateway, { token_endpoint_auth_method: 'none', grant_types, redirect_uris: [] });
    const config = await discover(gateway, made, oidc.None());
    const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid profile offline_access' });
    const { pathname } = new URL(device.verification_uri);
    const polling = oidc.pollDeviceAuthorizationGrant(config, device);
    const answer = await gateway.send(pathname, {
      method: 'POST',
      headers: { Cookie: cookie, Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' },
      form: { user_code: device.user_code, decision: 'allow' },
    });
    assert.ok(answer.status < 400, `${answer.status} ${answer.text}`);
    const tokens = await polling;
    assert.equal(tokens.claims().sub, person.id);
    await oidc.refreshTokenGrant(config, tokens.refresh_token);
  });

  test('exchanges a code and a refresh token once among many at once', async () => {
    const made = await makeClient(gateway, { token_endpoint_auth_method: 'none' });
    const config = await discover(gateway, made, oidc.None());
    const { tokens } = await signIn(config);
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, () => oidc.refreshTokenGrant(config, tokens.refresh_token)),
    );
    const good = tries.filter(({ status }) => status === 'fulfilled').map(({ value }) => value.refresh_token);
    assert.ok(good.length > 0, JSON.stringify(tries[0].reason));
    assert.equal(new Set(good).size, 1);
  });
});
