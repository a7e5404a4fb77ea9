// Tokens that are bound to a key (RFC 9449), with openid-client, whose proofs are its own, and a proof that many try.

import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { claimsOf, SKIP_LIMITS, startGateway } from '../harness.mjs';
import { browse, CALLBACK, discover, makeClient } from './client.mjs';

describe('tokens bound to a key', () => {
  let gateway;
  let person;
  let cookie;

  before(async () => {
    gateway = await startGateway();
    person = await gateway.makePerson();
    cookie = await gateway.cookie(person);
    await gateway.route({ name: 'app', path: '/app/' });
    await gateway.route({ name: 'bound', path: '/bound/', dpop: true });
  });
  after(() => gateway?.stop());

  const nonces = (required) => gateway.admin('PATCH', '/tenant/home/v2/Settings', { requireDpopNonce: required });

  async function signIn(config, DPoP, url) {
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const parameters = {
      redirect_uri: CALLBACK,
      scope: 'openid email offline_access read',
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    };
    const back = await browse(gateway, await url(config, parameters, { DPoP }), cookie);
    return oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier, idTokenExpected: true }, undefined, { DPoP });
  }

  for (const required of [false, true]) {
    for (const alg of ['ES256', 'EdDSA', 'RS256']) {
      test(`openid-client signs in, refreshes and calls with ${alg}, ${required ? 'with' : 'without'} nonces`, async () => {
        await nonces(required);
        const made = await makeClient(gateway, { token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true });
        const config = await discover(gateway, made, oidc.None());
        assert.ok(config.serverMetadata().dpop_signing_alg_values_supported.includes(alg));
        const keys = await oidc.randomDPoPKeyPair(alg === 'EdDSA' ? 'Ed25519' : alg);
        const DPoP = oidc.getDPoPHandle(config, keys);
        for (const url of [async (...asked) => oidc.buildAuthorizationUrl(...asked.slice(0, 2)), oidc.buildAuthorizationUrlWithPAR]) {
          const tokens = await signIn(config, DPoP, url);
          assert.equal(tokens.token_type, 'dpop');
          assert.equal(claimsOf(tokens.access_token).cnf.jkt, await DPoP.calculateThumbprint());
          const info = await oidc.fetchUserInfo(config, tokens.access_token, person.id, { DPoP });
          assert.equal(info.email, person.email);
          for (const path of ['/app/x?y=1', '/bound/x', '/api/auth/me']) {
            const to = new URL(path, gateway.url);
            const answer = await oidc.fetchProtectedResource(config, tokens.access_token, to, 'GET', undefined, undefined, { DPoP });
            assert.equal(answer.status, 200, `${path}: ${await answer.text()}`);
            const bearer = await gateway.send(path, { token: tokens.access_token });
            assert.equal(bearer.status, 401, path);
          }
          const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
          assert.equal(claimsOf(renewed.access_token).cnf.jkt, await DPoP.calculateThumbprint());
          const thief = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
          await assert.rejects(oidc.refreshTokenGrant(config, renewed.refresh_token, undefined, { DPoP: thief }), { error: 'invalid_grant' });
          await oidc.refreshTokenGrant(config, renewed.refresh_token, undefined, { DPoP });
        }
      });
    }
  }

  test('a proof works once among fifty at the same time, wherever it is sent', async () => {
    await nonces(false);
    const made = await makeClient(gateway, { grant_types: ['client_credentials'], redirect_uris: [], scope: 'read' });
    const keys = await generateKeyPair('ES256');
    const jwk = await exportJWK(keys.publicKey);
    const proof = (htm, path, token) =>
      new SignJWT({
        htm,
        htu: gateway.url + path,
        jti: randomUUID(),
        ath: token && createHash('sha256').update(token).digest('base64url'),
      })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt()
        .sign(keys.privateKey);
    const Basic = `Basic ${Buffer.from(`${made.client_id}:${made.client_secret}`).toString('base64')}`;
    const path = '/tenant/home/oauth2/token';
    const ask = (DPoP) =>
      gateway.send(path, {
        method: 'POST',
        form: { grant_type: 'client_credentials' },
        headers: { Authorization: Basic, DPoP, ...SKIP_LIMITS },
      });
    const one = await proof('POST', path);
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(one)));
    const issued = answers.filter(({ status }) => status === 200);
    assert.equal(issued.length, 1);
    assert.ok(answers.every(({ status, json }) => status === 200 || json.error === 'invalid_dpop_proof'));

    const token = issued[0].json.access_token;
    const use = async (DPoP) => (await gateway.send('/bound/x', { headers: { Authorization: `DPoP ${token}`, DPoP, ...SKIP_LIMITS } })).status;
    const again = await proof('GET', '/bound/x', token);
    const statuses = await Promise.all(Array.from({ length: 50 }, () => use(again)));
    assert.deepEqual(
      statuses.filter((status) => status !== 401),
      [200],
    );
    // Two fields are joined by the platform, and are none.
    const two = await gateway.send('/bound/x', {
      headers: ['Authorization', `DPoP ${token}`, 'DPoP', await proof('GET', '/bound/x', token), 'DPoP', await proof('GET', '/bound/x', token)],
    });
    assert.equal(two.status, 401);
    assert.match(two.headers['www-authenticate'], /^DPoP error="invalid_dpop_proof", algs="/);
    assert.equal(await use(await proof('GET', '/bound/x', token)), 200);
  });

  test('the origin is told the key, and gets neither the token nor the proof', async () => {
    await nonces(false);
    const made = await makeClient(gateway, { token_endpoint_auth_method: 'none' });
    const config = await discover(gateway, made, oidc.None());
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
    const tokens = await signIn(config, DPoP, async (...asked) => oidc.buildAuthorizationUrl(...asked.slice(0, 2)));
    const to = new URL('/app/x', gateway.url);
    const answer = await oidc.fetchProtectedResource(config, tokens.access_token, to, 'GET', undefined, undefined, { DPoP });
    const text = await answer.text();
    assert.ok(text.includes(await DPoP.calculateThumbprint()), text);
    assert.ok(!text.includes(tokens.access_token) && !/"dpop"/i.test(text), text);
  });
});
