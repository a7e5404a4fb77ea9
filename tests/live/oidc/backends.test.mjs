// APIs of their own, in Node and in Python, believe an access token from discovery alone, and nothing else.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as oidc from 'openid-client';
import { eventually, startGateway } from '../harness.mjs';
import { send } from '../http.mjs';
import { startOrigin } from '../origins.mjs';
import { browse, CALLBACK, discover, makeClient } from './client.mjs';

const ORDERS = 'https://orders.example/api';

/** Another character at that place from the end, so that the signature is another. */
const tampered = (token, at = -10) => token.slice(0, at) + (token.at(at) === 'A' ? 'B' : 'A') + token.slice(at + 1);

for (const flavour of ['node', 'python']) {
  describe(`an API in ${flavour}`, () => {
    let gateway;
    let person;
    let tokens;
    let forOrders;
    let api;
    let orders;

    before(async () => {
      gateway = await startGateway();
      person = await gateway.makePerson();
      const made = await makeClient(gateway, { token_endpoint_auth_method: 'none', resources: [ORDERS] });
      const config = await discover(gateway, made, oidc.None());
      const cookie = await gateway.cookie(person);
      const signIn = async (more) => {
        const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
        const code_challenge = await oidc.calculatePKCECodeChallenge(pkceCodeVerifier);
        const asked = { redirect_uri: CALLBACK, code_challenge, code_challenge_method: 'S256', ...more };
        const back = await browse(gateway, oidc.buildAuthorizationUrl(config, asked), cookie);
        return oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier });
      };
      tokens = await signIn({ scope: 'openid offline_access read' });
      forOrders = await signIn({ scope: 'read', resource: ORDERS });
      const program = 'access/api';
      api = await startOrigin({ portcullis: gateway.url, flavour, program, audience: '' });
      orders = await startOrigin({ portcullis: gateway.url, flavour, program, audience: ORDERS });
    });
    after(async () => {
      await api?.stop();
      await orders?.stop();
      await gateway?.stop();
    });

    test('believes an access token that is for it', async () => {
      const answer = await send(api.url, '/', { token: tokens.access_token });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.json.claims.sub, person.id);
      assert.equal(answer.json.claims.scope, 'openid offline_access read');
      const other = await send(orders.url, '/', { token: forOrders.access_token });
      assert.equal(other.status, 200, other.text);
      assert.equal(other.json.claims.aud, ORDERS);
    });

    test('believes nothing else', async () => {
      const { access_token: access, id_token: id, refresh_token: refresh } = tokens;
      const foreign = (await gateway.person()).accessToken;
      const bad = {
        'no token': '',
        'another signature': tampered(access),
        'an ID token': id,
        'a refresh token': refresh,
        'a token for another API': forOrders.access_token,
      };
      for (const [what, token] of Object.entries(bad)) {
        assert.equal((await send(api.url, '/', { token })).status, 401, what);
      }
      assert.equal((await send(orders.url, '/', { token: access })).status, 401, 'a token for the issuer');
      assert.equal((await send(orders.url, '/', { token: foreign })).status, 401, "a person's own session");
    });

    test('finds a new key by itself', async () => {
      await gateway.admin('POST', '/tenant/home/v2/Keys/rotate', {});
      const token = (await gateway.person()).accessToken;
      await eventually(() => send(api.url, '/', { token }), ({ status }) => status === 200);
    });
  });
}
