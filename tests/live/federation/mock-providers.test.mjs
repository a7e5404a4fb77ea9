// The mock providers behave as the providers that they play: codes work once and for their client, PKCE and nonce hold,
// tokens verify with the published keys, and each fault does what it says. A mock that took everything would prove nothing.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { CONSUMERS, FAULTS, SECRET, startProviders } from '../../providers/server.mjs';

const CALLBACK = 'https://auth.example/callback';
const CLIENT = 'client-1';
let mocks;
before(async () => {
  mocks = await startProviders();
});
after(() => mocks?.stop());

const PATHS = {
  google: ['/google/authorize', '/google/token', '/google/jwks'],
  microsoft: ['/microsoft/oauth2/v2.0/authorize', '/microsoft/oauth2/v2.0/token', '/microsoft/discovery/v2.0/keys'],
  github: ['/github/login/oauth/authorize', '/github/login/oauth/access_token'],
  company: ['/company/authorize', '/company/token', '/company/jwks'],
};
const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');

async function pick(name, more = {}) {
  const query = { client_id: CLIENT, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid profile email', state: 's', nonce: 'n', code_challenge: challenge, code_challenge_method: 'S256', person: 'known', ...more };
  const answer = await fetch(`${mocks.url}${PATHS[name][0]}?${new URLSearchParams(query)}`, { redirect: 'manual' });
  return answer.status === 302 ? new URL(answer.headers.get('location')).searchParams : answer;
}

async function redeem(name, code, more = {}, headers = {}) {
  const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, client_id: CLIENT, client_secret: SECRET, code_verifier: verifier, ...more };
  const answer = await fetch(mocks.url + PATHS[name][1], { method: 'POST', body: new URLSearchParams(form), headers: { accept: 'application/json', ...headers }, redirect: 'manual' });
  return { status: answer.status, body: await answer.json().catch(() => undefined) };
}

async function signIn(name, more) {
  const back = await pick(name, more);
  const { status, body } = await redeem(name, back.get('code'));
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

describe('every mock provider', () => {
  for (const name of Object.keys(PATHS)) {
    test(`${name}: says on its page that it is a mock, and escapes what it was told`, async () => {
      const page = await pick(name, { person: '', client_id: '<i>"' });
      const html = await page.text();
      assert.match(html, /This is a mock of /);
      assert.ok(!html.includes('<i>') && html.includes('name="person"'));
    });

    test(`${name}: a code works once, for its client, redirect URI, secret and verifier`, async () => {
      const wrong = [{ client_id: 'other' }, { redirect_uri: `${CALLBACK}/x` }, { client_secret: 'x' }, { code_verifier: 'x' }, { code_verifier: '' }];
      for (const one of wrong) {
        const { body } = await redeem(name, (await pick(name)).get('code'), one);
        assert.ok(body.error && !body.access_token, JSON.stringify([one, body]));
      }
      const code = (await pick(name)).get('code');
      assert.ok((await redeem(name, code)).body.access_token);
      assert.ok((await redeem(name, code)).body.error);
    });

    test(`${name}: refuses as the provider does, with HTML in the description`, async () => {
      const back = await pick(name, { fault: 'access-denied' });
      assert.equal(back.get('error'), 'access_denied');
      assert.match(back.get('error_description'), /<script>/);
      assert.equal(back.get('state'), 's');
      assert.equal(back.get('code'), null);
    });
  }

  test('no verifier goes with a code that had no challenge', async () => {
    const code = (await pick('google', { code_challenge: '', code_challenge_method: '' })).get('code');
    assert.equal((await redeem('google', code)).body.error, 'invalid_grant');
  });
});

describe('ID tokens', () => {
  for (const name of ['google', 'microsoft', 'company']) {
    test(`${name}: verify with the published keys, also after a rotation`, async () => {
      for (const fault of ['', 'rotated']) {
        const { id_token: token } = await signIn(name, { fault });
        const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(mocks.url + PATHS[name][2])), { audience: CLIENT, algorithms: ['RS256'] });
        assert.equal(payload.nonce, 'n');
        assert.equal(payload.email, 'ada@example.com');
      }
    });
  }

  test('have the claims of their kind', async () => {
    const google = decodeJwt((await signIn('google')).id_token);
    assert.deepEqual([google.iss, google.hd, google.email_verified, google.azp], ['https://accounts.google.com', 'example.com', true, CLIENT]);
    const personal = decodeJwt((await signIn('microsoft', { person: 'personal' })).id_token);
    assert.deepEqual([personal.tid, personal.iss, personal.ver], [CONSUMERS, `https://login.microsoftonline.com/${CONSUMERS}/v2.0`, '2.0']);
    const attack = decodeJwt((await signIn('microsoft', { person: 'unverified' })).id_token);
    assert.deepEqual([attack.email, attack.xms_edov], ['ada@example.com', undefined]);
    const fresh = [await signIn('google', { person: 'new' }), await signIn('google', { person: 'new' })].map((one) => decodeJwt(one.id_token).sub);
    assert.notEqual(fresh[0], fresh[1]);
  });

  test('are wrong in the way that was asked for', async () => {
    const good = decodeJwt((await signIn('company')).id_token);
    const claims = ['wrong-nonce', 'no-nonce', 'wrong-iss', 'foreign-aud', 'several-aud', 'foreign-azp', 'expired', 'no-exp', 'not-yet', 'no-sub', 'wrong-at-hash', 'other-tid'];
    assert.deepEqual(Object.keys(FAULTS).filter((key) => FAULTS[key].claims), claims);
    for (const fault of claims) {
      const bad = decodeJwt((await signIn('company', { fault })).id_token);
      const changed = Object.keys({ ...good, ...bad }).filter((key) => !['iat', 'exp', 'nbf', 'at_hash', 'auth_time'].includes(key) && JSON.stringify(good[key]) !== JSON.stringify(bad[key]));
      const expected = { expired: 0, 'no-exp': 0, 'not-yet': 0, 'wrong-at-hash': 0, 'several-aud': 2 }[fault] ?? 1;
      assert.equal(changed.length, expected, `${fault}: ${changed}`);
    }
    const set = createRemoteJWKSet(new URL(mocks.url + PATHS.company[2]));
    for (const fault of ['alg-none', 'alg-hs256', 'stranger-key', 'stranger-key-known-kid', 'bad-signature', 'expired', 'not-yet']) {
      const { id_token: token } = await signIn('company', { fault });
      await assert.rejects(jwtVerify(token, set, { algorithms: ['RS256'] }), fault);
    }
  });
});

describe('each provider’s own', () => {
  test('Google: a refresh token with access_type=offline, userinfo, and revocation', async () => {
    assert.equal((await signIn('google')).refresh_token, undefined);
    const { refresh_token: refresh } = await signIn('google', { access_type: 'offline' });
    const { body } = await redeem('google', '', { grant_type: 'refresh_token', refresh_token: refresh });
    const bearer = { authorization: `Bearer ${body.access_token}` };
    const info = await (await fetch(`${mocks.url}/google/userinfo`, { headers: bearer })).json();
    assert.equal(info.sub, '110000000000000000001');
    const form = new URLSearchParams({ token: body.access_token });
    assert.equal((await fetch(`${mocks.url}/google/revoke`, { method: 'POST', body: form })).status, 200);
    assert.equal((await fetch(`${mocks.url}/google/userinfo`, { headers: bearer })).status, 401);
  });

  test('Google: the credential of its button', async () => {
    const token = await mocks.credential('known', CLIENT);
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(`${mocks.url}/google/jwks`)), { audience: CLIENT });
    assert.ok(payload.jti && payload.nbf && !payload.nonce);
    const answer = await (await fetch(`${mocks.url}/google/credential?person=gmail&client_id=c2`)).json();
    assert.equal(decodeJwt(answer.credential).aud, 'c2');
  });

  test('Entra: access tokens for one’s own API verify, those for Graph do not, and Graph knows its own', async () => {
    const set = createRemoteJWKSet(new URL(`${mocks.url}/microsoft/discovery/v2.0/keys`));
    const own = await mocks.accessToken('work', CLIENT);
    assert.equal((await jwtVerify(own, set, { audience: CLIENT })).payload.ver, '2.0');
    const first = await mocks.accessToken('work', CLIENT, { version: 1 });
    assert.match((await jwtVerify(first, set, { audience: `api://${CLIENT}` })).payload.iss, /^https:\/\/sts\.windows\.net\//);
    const graph = await mocks.accessToken('work', CLIENT, { graph: true });
    assert.ok(decodeProtectedHeader(graph).nonce);
    await assert.rejects(jwtVerify(graph, set), /signature/);
    const me = (token) => fetch(`${mocks.url}/microsoft/v1.0/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal((await (await me(graph)).json()).id, decodeJwt(graph).oid);
    assert.equal((await me(own)).status, 401);
  });

  test('GitHub: answers as a form or as JSON, wants a User-Agent, and tells addresses to user:email alone', async () => {
    const code = (await pick('github', { scope: 'read:user user:email' })).get('code');
    const form = new URLSearchParams({ code, redirect_uri: CALLBACK, client_id: CLIENT, client_secret: SECRET, code_verifier: verifier });
    const plain = await fetch(mocks.url + PATHS.github[1], { method: 'POST', body: form });
    const token = new URLSearchParams(await plain.text()).get('access_token');
    assert.match(token, /^gho_/);
    const ask = (path, headers = {}) => fetch(`${mocks.url}/github${path}`, { headers: { authorization: `Bearer ${token}`, ...headers } });
    assert.equal((await (await ask('/user')).json()).login, 'ada');
    assert.deepEqual((await (await ask('/user/emails')).json())[0], { email: 'ada@example.com', primary: true, verified: true, visibility: 'private' });
    assert.equal((await ask('/user', { 'user-agent': '' })).status, 403);
    const narrow = (await redeem('github', (await pick('github', { scope: 'read:user' })).get('code'))).body.access_token;
    assert.equal((await fetch(`${mocks.url}/github/user/emails`, { headers: { authorization: `Bearer ${narrow}` } })).status, 404);
  });
});

describe('faults of endpoints', () => {
  test('of one sign-in', async () => {
    const wanted = { 'token-500': 500, 'token-html': 200, 'token-redirect': 302, 'invalid-grant': 400, 'invalid-client': 400 };
    for (const [fault, status] of Object.entries(wanted)) {
      const answer = await redeem('company', (await pick('company', { fault })).get('code'));
      assert.equal(answer.status, status, fault);
      assert.ok(!answer.body?.access_token, fault);
    }
    await assert.rejects(redeem('company', (await pick('company', { fault: 'token-drop' })).get('code')));
    assert.equal((await signIn('company', { fault: 'no-id-token' })).id_token, undefined);
  });

  test('of all, until it is mended', async () => {
    const jwks = () => fetch(`${mocks.url}/company/jwks`).then((answer) => answer.status);
    mocks.break('company', 'jwks', { status: 503 });
    mocks.break('company', 'discovery', { late: 200 });
    assert.equal(await jwks(), 503);
    const began = Date.now();
    assert.equal((await fetch(`${mocks.url}/company/.well-known/openid-configuration`)).status, 200);
    assert.ok(Date.now() - began >= 190);
    mocks.mend();
    assert.equal(await jwks(), 200);
    assert.ok(mocks.asked('/company/jwks') >= 2);
  });
});
