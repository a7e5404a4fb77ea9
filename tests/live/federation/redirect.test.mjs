// Signing in by redirect at Google, Microsoft, GitHub and a company's OpenID provider: from the start to a session, and
// everything that can go wrong on the way, each with one answer and no session.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../harness.mjs';
import { assertRefused, assertSignedIn, identitiesOf, picked, startFederation, usersWith, Visitor } from './harness.mjs';

let gateway;
let mocks;
let stop;
before(async () => {
  ({ gateway, mocks, stop } = await startFederation());
});
after(() => stop?.());

const PROVIDERS = ['google', 'microsoft', 'github', 'company'];

describe('a sign-in', () => {
  for (const provider of PROVIDERS) {
    test(`at ${provider} makes an account once, and signs in to it ever after`, async () => {
      const people = { google: 'gmail', microsoft: 'personal', github: 'second-address', company: 'boss' };
      const ids = [];
      for (let n = 0; n < 2; n += 1) {
        const visitor = new Visitor(gateway);
        const answer = await visitor.signIn(provider, people[provider], { returnTo: '/app/hello?x=1' });
        assert.equal(new URL(assertSignedIn(answer, visitor), gateway.url).href, `${gateway.url}/app/hello?x=1`);
        ids.push((await visitor.claims()).sub);
      }
      assert.equal(ids[0], ids[1]);
      const [identity, ...others] = await identitiesOf(gateway, ids[0]);
      assert.deepEqual(others, []);
      assert.equal(identity.provider, provider);
      assert.ok(identity.subject && identity.issuer && identity.linkedAt && identity.lastUsedAt, JSON.stringify(identity));
    });

    test(`at ${provider} asks for a code with PKCE, a state, and a redirect URI of its own`, async () => {
      const [first, second] = [await new Visitor(gateway).begin(provider), await new Visitor(gateway).begin(provider)];
      const query = Object.fromEntries(first.searchParams);
      assert.deepEqual([query.response_type, query.code_challenge_method], ['code', 'S256']);
      assert.equal(query.redirect_uri, `${gateway.url}/tenant/home/sso/${provider}/callback`);
      for (const name of ['state', 'code_challenge', ...(provider === 'github' ? [] : ['nonce'])]) {
        assert.ok(query[name]?.length >= 16, name);
        assert.notEqual(query[name], second.searchParams.get(name), name);
      }
    });
  }

  test('confirms an address that the provider is authoritative for, and no other', async () => {
    const addresses = { workspace: ['jane@company.example', true], foreign: ['mallory@example.com', false] };
    for (const [person, [email, verified]] of Object.entries(addresses)) {
      const visitor = new Visitor(gateway);
      assertSignedIn(await visitor.signIn('google', person), visitor);
      const [user, ...others] = await usersWith(gateway, email);
      assert.deepEqual([user.emailVerified, others], [verified, []], email);
    }
  });

  test('without an address makes no account', async () => {
    for (const provider of ['google', 'github', 'company']) {
      const visitor = new Visitor(gateway);
      assertRefused(await visitor.signIn(provider, 'without-address'), visitor, 422, provider);
    }
  });
});

/** What goes wrong, and the answer. */
const FAULTS = {
  'access-denied': 400,
  'server-error': 400,
  unavailable: 400,
  'odd-error': 400,
  'no-state': 400,
  'other-state': 400,
  'other-issuer': 400,
  'token-500': 502,
  'token-html': 502,
  'token-drop': 504,
  'token-redirect': 502,
  'token-large': 502,
  'invalid-grant': 400,
  'invalid-client': 400,
  'no-id-token': 502,
  'wrong-nonce': 400,
  'no-nonce': 400,
  'wrong-iss': 400,
  'foreign-aud': 400,
  'several-aud': 400,
  'foreign-azp': 400,
  expired: 400,
  'no-exp': 400,
  'not-yet': 400,
  'no-sub': 400,
  'wrong-at-hash': 400,
  'alg-none': 400,
  'alg-hs256': 400,
  'stranger-key': 400,
  'stranger-key-known-kid': 400,
  'bad-signature': 400,
};

describe('what goes wrong at a provider', () => {
  for (const [fault, status] of Object.entries(FAULTS)) {
    test(`${fault} is ${status}, without a session`, async () => {
      const visitor = new Visitor(gateway);
      assertRefused(await visitor.signIn('company', 'boss', { fault }), visitor, status, fault);
    });
  }

  test('tokens with a key that nobody knows do not have the keys asked for again and again', async () => {
    const before = mocks.asked('/company/jwks');
    for (let n = 0; n < 10; n += 1) assert.equal((await new Visitor(gateway).signIn('company', 'boss', { fault: 'stranger-key' })).status, 400);
    assert.ok(mocks.asked('/company/jwks') - before <= 1);
  });

  test('a provider that hangs is 504, told with its name; others and passwords go on as ever', async () => {
    const person = await gateway.makePerson();
    const first = Date.now();
    const slow = Array.from({ length: 10 }, () => {
      const visitor = new Visitor(gateway);
      return visitor.signIn('company', 'boss', { fault: 'token-late' });
    });
    await new Promise((go) => setTimeout(go, 300));
    const began = Date.now();
    await gateway.login(person);
    const passwords = Date.now() - began;
    const visitor = new Visitor(gateway);
    assertSignedIn(await visitor.signIn('google', 'gmail'), visitor);
    const google = Date.now() - began - passwords;
    const health = await gateway.send('/healthz');
    assert.equal(health.status, 200);
    assert.ok(passwords < 3_000 && google < 3_000, `${passwords} ms, ${google} ms`);
    for (const answer of await Promise.all(slow)) {
      assert.equal(answer.status, 504);
      assert.match(answer.text, /Company \(mock\)/);
    }
    assert.ok(Date.now() - first < 20_000);
  });
});

describe('what comes back', () => {
  test('counts once: of 50 callbacks with one state, one is a session', async () => {
    const visitor = new Visitor(gateway);
    const back = await picked(await visitor.begin('google'), 'gmail');
    const answers = await Promise.all(Array.from({ length: 50 }, async () => {
      const one = visitor.copy();
      const answer = await one.open(back);
      return { status: answer.status, session: one.session };
    }));
    const sessions = answers.filter(({ session }) => session !== undefined);
    assert.equal(sessions.length, 1, JSON.stringify(answers.map(({ status }) => status)));
    assert.ok(answers.every(({ status, session }) => (session ? status === 303 : status >= 400)), JSON.stringify(answers));
  });

  test('counts in the browser that began alone', async () => {
    const began = new Visitor(gateway);
    const back = await picked(await began.begin('google'), 'gmail');
    const other = new Visitor(gateway);
    assertRefused(await other.open(back), other, 400, 'no cookie');
    const third = new Visitor(gateway);
    await third.begin('google');
    assertRefused(await third.open(back), third, 400, 'the cookie of another sign-in');
    assertSignedIn(await began.open(back), began);
  });

  test('counts at its own provider’s redirect URI alone', async () => {
    const visitor = new Visitor(gateway);
    const back = new URL(await picked(await visitor.begin('google'), 'gmail'));
    back.pathname = '/tenant/home/sso/company/callback';
    assertRefused(await visitor.open(back), visitor, 400, 'another provider’s redirect URI');
  });

  test('leads nowhere but to this origin', async () => {
    for (const evil of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', `${gateway.url}@evil.example/`]) {
      const answer = await new Visitor(gateway).open(`/tenant/home/sso/google?${new URLSearchParams({ return_to: evil })}`);
      assert.equal(answer.status, 400, `${evil}: ${answer.status} ${answer.headers.location}`);
    }
  });

  test('of a provider that is not there, or not enabled, is nothing', async () => {
    assert.equal((await new Visitor(gateway).open('/tenant/home/sso/none')).status, 404);
    await gateway.admin('PATCH', '/tenant/home/v2/IdentityProviders/github', { enabled: false });
    const ask = () => new Visitor(gateway).open('/tenant/home/sso/github');
    await eventually(ask, ({ status }) => status === 404);
    await gateway.admin('PATCH', '/tenant/home/v2/IdentityProviders/github', { enabled: true });
    await eventually(ask, ({ status }) => status === 302 || status === 303);
  });
});

test('a warm sign-in asks the provider once', async () => {
  mocks.people.add('company', 'regular', { sub: 'regular', email: 'regular@elsewhere.example', email_verified: true, name: 'Regular' });
  const visit = async () => {
    const visitor = new Visitor(gateway);
    assertSignedIn(await visitor.signIn('company', 'regular'), visitor);
  };
  await visit();
  const paths = ['/company/token', '/company/jwks', '/company/.well-known/openid-configuration', '/company/userinfo'];
  const counts = () => paths.map((path) => mocks.asked(path));
  const before = counts();
  await visit();
  assert.deepEqual(counts().map((count, n) => count - before[n]), [1, 0, 0, 0]);
});
