// An identity meets an account: linked at once only where the provider speaks for the address and the account's address
// was confirmed; else a local factor first. Disabled stays disabled, and a second factor is asked for.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { generateSync } from 'otplib';
import { PASSWORD } from '../harness.mjs';
import { assertRefused, assertSignedIn, CLIENT, identitiesOf, personWith, startFederation, usersWith, Visitor } from './harness.mjs';

let gateway;
let mocks;
let stop;
let people = 0;
before(async () => {
  ({ gateway, mocks, stop } = await startFederation());
});
after(() => stop?.());

/** A person of the Workspace company.example, whose address Google speaks for. */
function workspace(fields = {}) {
  people += 1;
  const email = `w${people}@company.example`;
  mocks.people.add('google', email, { sub: `21${people}`, email, email_verified: true, hd: 'company.example', name: 'Some Body', ...fields });
  return email;
}

/** A person of the company's OpenID provider, which speaks for no domain here. */
function colleague(email) {
  people += 1;
  mocks.people.add('company', email, { sub: `c-${people}`, email, email_verified: true, name: 'Some Body' });
  return email;
}

describe('an account with a confirmed address', () => {
  test('is linked at once by a provider that speaks for the address', async () => {
    const email = workspace();
    const account = await personWith(gateway, email);
    const visitor = new Visitor(gateway);
    assertSignedIn(await visitor.signIn('google', email), visitor);
    assert.equal((await visitor.claims()).sub, account.id);
    assert.equal((await identitiesOf(gateway, account.id)).length, 1);
    // Nobody loses the password of their own.
    await gateway.login(account);
  });

  test('is not linked by a provider that does not, until its owner has proved who they are', async () => {
    const email = colleague('linked@elsewhere.example');
    const account = await personWith(gateway, email);
    const visitor = new Visitor(gateway);
    const page = await visitor.signIn('company', email);
    assertRefused(page, visitor, 409);
    assert.deepEqual(await identitiesOf(gateway, account.id), []);
    const wrong = await prove(visitor, page, { email, password: 'not the password' });
    assert.equal(visitor.session, undefined, wrong.text);
    assert.deepEqual(await identitiesOf(gateway, account.id), []);
    await prove(visitor, page, { email, password: PASSWORD });
    assert.equal((await visitor.claims()).sub, account.id);
    assert.equal((await identitiesOf(gateway, account.id)).length, 1);
    const next = new Visitor(gateway);
    assertSignedIn(await next.signIn('company', email), next);
    assert.equal((await next.claims()).sub, account.id);
  });

  test('is nobody else’s whose profile only says its address (nOAuth)', async () => {
    const account = await personWith(gateway, 'ada@example.com');
    for (const [provider, person] of [['microsoft', 'unverified'], ['google', 'unverified'], ['github', 'second-address']]) {
      if (person === 'unverified' && provider === 'google') await personWith(gateway, 'victim@example.com');
      const visitor = new Visitor(gateway);
      const answer = await visitor.signIn(provider, person);
      if (visitor.session) assert.notEqual((await visitor.claims()).sub, account.id, provider);
      else assertRefused(answer, visitor, 409, provider);
    }
    assert.deepEqual(await identitiesOf(gateway, account.id), []);
  });

  test('with a second factor is asked for it', async () => {
    const email = workspace();
    const account = await personWith(gateway, email);
    const secret = await giveApp(account);
    const visitor = new Visitor(gateway);
    const answer = await visitor.signIn('google', email, { returnTo: '/app/hello' });
    assert.equal(answer.status, 303, answer.text);
    assert.match(answer.headers.location, /\/tenant\/home\/mfa/);
    assert.equal(visitor.session, undefined);
    const page = await visitor.open(answer.headers.location);
    const challenge = /name="challenge" value="([^"]+)"/.exec(page.text)?.[1];
    const code = generateSync({ secret });
    const done = await visitor.post('/tenant/home/mfa', { ...(challenge && { challenge }), code, return_to: '/app/hello' });
    assert.equal(done.status, 303, done.text);
    const claims = await visitor.claims();
    assert.equal(claims.sub, account.id);
    assert.ok(claims.amr.includes('otp') || claims.amr.includes('mfa'), JSON.stringify(claims.amr));
  });

  test('that is disabled stays so', async () => {
    for (const linked of [true, false]) {
      const email = workspace();
      const account = await personWith(gateway, email);
      if (linked) {
        const before = new Visitor(gateway);
        assertSignedIn(await before.signIn('google', email), before);
      }
      await gateway.admin('PATCH', `/tenant/home/v2/Users/${account.id}`, { status: 'disabled' });
      const visitor = new Visitor(gateway);
      const answer = await visitor.signIn('google', email);
      assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`);
      assert.equal(visitor.session, undefined);
      const json = await gateway.send('/api/auth/google', { method: 'POST', json: { credential: await mocks.credential(email, CLIENT) } });
      assert.ok([401, 403].includes(json.status), json.text);
    }
  });
});

test('an account whose address was never confirmed loses what was planted in it', async () => {
  const email = workspace();
  await gateway.register({ email, password: 'planted by a stranger' });
  const [planted] = await usersWith(gateway, email);
  assert.equal(planted.emailVerified, false);
  const visitor = new Visitor(gateway);
  assertSignedIn(await visitor.signIn('google', email), visitor);
  assert.equal((await visitor.claims()).sub, planted.id);
  const login = await gateway.send('/api/auth/login', { method: 'POST', json: { email, password: 'planted by a stranger' } });
  assert.equal(login.status, 401, login.text);
});

test('an account of another tenant is another account', async () => {
  const email = workspace();
  const here = await personWith(gateway, email);
  await gateway.admin('POST', '/tenant/home/v2/Tenants', { id: 'acme', name: 'Acme', admin: { email, password: PASSWORD } });
  const signedIn = await gateway.send('/api/auth/login', { method: 'POST', json: { email, password: PASSWORD }, headers: { 'X-Tenant-Id': 'acme' } });
  const token = signedIn.json.data.tokens.accessToken;
  const made = await gateway.send('/tenant/acme/v2/IdentityProviders', { method: 'POST', token, json: { id: 'google', ...mocks.settings('google', CLIENT) } });
  assert.equal(made.status, 201, made.text);
  const visitor = new Visitor(gateway);
  assertSignedIn(await visitor.signIn('google', email, { tenant: 'acme' }), visitor);
  assert.deepEqual(await identitiesOf(gateway, here.id), []);
  // Neither does the session of the one open the other.
  assert.notEqual((await visitor.open('/app/hello')).status, 200);
});

/** Fills in the page that asks for a local factor. */
async function prove(visitor, page, values) {
  const form = /<form[^>]*action="([^"]*)"[^>]*>([^]*?)<\/form>/.exec(page.text.slice(page.text.search(/<form[^>]*>(?:(?!<\/form>)[^])*name="password"/)));
  assert.ok(form, page.text);
  const hidden = [...form[2].matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value.replaceAll('&amp;', '&').replaceAll('&#38;', '&')]);
  return visitor.post(form[1].replaceAll('&amp;', '&').replaceAll('&#38;', '&') || '/tenant/home/login', { ...Object.fromEntries(hidden), ...values });
}

/** Sets an authenticator app up for a person: its secret. */
async function giveApp(account) {
  const { accessToken } = await gateway.login(account);
  const begun = await gateway.send('/auth/mfa/enable', { method: 'POST', token: accessToken, json: {} });
  assert.ok(begun.status < 300, begun.text);
  const secret = begun.json.secret ?? begun.json.data?.secret;
  const code = generateSync({ secret, epoch: Math.floor(Date.now() / 1000) - 30 });
  const done = await gateway.send('/auth/mfa/verify', { method: 'POST', token: accessToken, json: { code } });
  assert.ok(done.status < 300, done.text);
  return secret;
}

