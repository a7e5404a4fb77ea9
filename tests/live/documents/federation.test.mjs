// Signing in with other providers, as the three documents show it: Google by redirect (user API), Google's credential and
// Microsoft's access token (session API), and an organisation's single sign-on (account API).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { claimsOf } from '../harness.mjs';
import { assertSignedIn, CLIENT, picked, startFederation, usersWith, Visitor } from '../federation/harness.mjs';
import { assertShape, curl, Document, filledIn } from './examples.mjs';

const userApi = new Document('user-api');
const sessionApi = new Document('session-api');
const accountApi = new Document('account-api');

let gateway;
let mocks;
let stop;
before(async () => {
  ({ gateway, mocks, stop } = await startFederation());
});
after(() => stop?.());

describe("the user API's document: Google OAuth", () => {
  test('the two steps lead to a token, which is one', async () => {
    const [, start] = /GET https:\/\/api\.agnt\.gg(\/users\/auth\/google)This redirects to Google's OAuth consent screen/.exec(userApi.text);
    const [, callback] = /GET https:\/\/api\.agnt\.gg(\/users\/auth\/google\/callback)\?code=AUTHORIZATION_CODE/.exec(userApi.text);
    const visitor = new Visitor(gateway);
    const redirect = await visitor.open(start);
    assert.equal(redirect.status, 302, redirect.text);
    const there = new URL(redirect.headers.location);
    assert.equal(there.searchParams.get('redirect_uri'), gateway.url + callback);
    const answer = await visitor.open(await picked(there, 'gmail'));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.success, true);
    assert.equal(answer.json.user.email, 'grace.hopper@gmail.com');
    const status = await gateway.send('/users/auth/status', { token: answer.json.token });
    assertShape(status.json, userApi.listing('GET https://api.agnt.gg/users/auth/status').answer);
    assert.equal(status.json.user.auth_type, 'google-login');
    // The code alone is nothing: neither again, nor in another browser.
    assert.ok((await visitor.open(`${callback}?code=AUTHORIZATION_CODE`)).status >= 400);
  });

  test('whoever began on the sign-in page comes back to it with a session', async () => {
    const visitor = new Visitor(gateway);
    const page = await visitor.open('/tenant/home/login?return_to=/app/hello');
    assert.equal(page.status, 200);
    assert.match(page.text, /Google \(mock\)/);
    const answer = await visitor.signIn('google', 'gmail', { returnTo: '/app/hello' });
    assert.match(assertSignedIn(answer, visitor), /\/app\/hello$/);
  });
});

describe("the session API's document: OAuth (SSO)", () => {
  const credentialExample = () => sessionApi.curl('Google OAuth');
  // What follows the command is not set apart from it.
  const tokenExample = () => sessionApi.curl('Exchange a Microsoft access token').split(/(?<=\}')\n/)[0];
  const google = async (person) => curl(filledIn(credentialExample(), { 'https://api.tendedloop.com': gateway.url, 'eyJhbGciOiJSUzI1NiIs...': await mocks.credential(person, CLIENT) }));
  const microsoft = (accessToken) => curl(filledIn(tokenExample(), { 'https://api.tendedloop.com': gateway.url, 'eyJ0eXAiOiJKV1QiLCJhbGci...': accessToken }));

  test('a Google credential becomes tokens; the first time with a trial tenant, whose ADMIN one is', async () => {
    mocks.people.add('google', 'founder', { sub: '3001', email: 'founder@startup.example', email_verified: true, hd: 'startup.example', name: 'Jane Smith' });
    const first = await google('founder');
    assert.equal(first.status, 200, JSON.stringify(first.json));
    assertShape(first.json, sessionApi.json('Google OAuth'));
    const { user, tokens, isNewUser } = first.json.data;
    assert.deepEqual([user.email, user.name, user.roles, isNewUser], ['founder@startup.example', 'Jane Smith', ['ADMIN'], true]);
    const claims = claimsOf(tokens.accessToken);
    assert.equal(claims.sub, user.id);
    assert.notEqual(claims.tenantId, 'home');
    assert.deepEqual(claims.roles, ['ADMIN']);
    const second = await google('founder');
    assert.deepEqual([second.json.data.isNewUser, second.json.data.user.id], [false, user.id]);
    assert.equal(claimsOf(second.json.data.tokens.accessToken).tenantId, claims.tenantId);
    // Its tenant is theirs, and no other is.
    const own = await gateway.send(`/tenant/${claims.tenantId}/v2/Users`, { token: tokens.accessToken });
    assert.equal(own.status, 200, own.text);
    assert.equal(own.json.items.length, 1);
    assert.equal((await gateway.send('/tenant/home/v2/Users', { token: tokens.accessToken })).status, 403);
    assert.deepEqual(await usersWith(gateway, 'founder@startup.example'), []);
  });

  test('a Microsoft access token becomes tokens: for our API, and for Graph', async () => {
    mocks.people.add('microsoft', 'founder', { oid: 'aaaaaaaa-0000-4000-8000-00000000f001', tid: '11111111-2222-4333-8444-00000000f001', preferred_username: 'founder@contoso.example', email: 'founder@contoso.example', xms_edov: true, name: 'Megan Bowen' });
    const answers = [];
    for (const more of [{}, { graph: true, scp: 'openid profile User.Read email' }, { version: 1 }]) {
      const answer = await microsoft(await mocks.accessToken('founder', CLIENT, more));
      assert.equal(answer.status, 200, JSON.stringify([more, answer.json]));
      assertShape(answer.json, sessionApi.json('Google OAuth'));
      answers.push(answer.json.data);
    }
    assert.deepEqual(answers.map(({ isNewUser }) => isNewUser), [true, false, false]);
    assert.equal(new Set(answers.map(({ user }) => user.id)).size, 1);
    assert.deepEqual(answers[0].user.roles, ['ADMIN']);
  });

  test('a token that is for another application, or that nobody issued, is refused', async () => {
    const other = await mocks.accessToken('work', 'another-application');
    const graphOfAnother = await mocks.accessToken('work', 'another-application', { graph: true });
    const unknownToGraph = await mocks.accessToken('work', CLIENT, { graph: true, unknown: true });
    const expired = await mocks.accessToken('work', CLIENT, { claims: { exp: Math.floor(Date.now() / 1000) - 600 } });
    const stranger = await mocks.accessToken('work', CLIENT, { sign: { stranger: true } });
    const tid = await mocks.accessToken('work', CLIENT, { claims: { tid: '99999999-8888-4777-8666-555555555555' } });
    for (const [name, token] of Object.entries({ other, graphOfAnother, unknownToGraph, expired, stranger, tid })) {
      const answer = await microsoft(token);
      assert.ok([400, 401, 403].includes(answer.status), `${name}: ${answer.status} ${JSON.stringify(answer.json)}`);
      assert.equal(answer.json.success, false);
    }
    const forAnother = await mocks.credential('gmail', 'another-application');
    const answer = await gateway.send('/api/auth/google', { method: 'POST', json: { credential: forAnother } });
    assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
    assert.equal(answer.json.success, false);
  });

  test('an ID token of Microsoft’s does as well', async () => {
    const idToken = await mocks.microsoftIdToken('personal', CLIENT);
    const answer = await gateway.send('/api/auth/microsoft', { method: 'POST', json: { idToken } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.data.user.email, 'somebody@outlook.com');
  });

  test('as Google’s button posts it to a page (redirect mode), it is a session', async () => {
    const credential = await mocks.credential('gmail', CLIENT);
    const form = { credential, g_csrf_token: 'abc123' };
    const post = (cookie) => gateway.send('/api/auth/google', { method: 'POST', form, headers: { Cookie: cookie, Accept: 'text/html', Origin: 'https://accounts.google.com', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' } });
    const refused = await post('g_csrf_token=other');
    assert.ok(refused.status >= 400 && refused.status < 500, refused.text);
    const answer = await post('g_csrf_token=abc123');
    assert.equal(answer.status, 303, answer.text);
    assert.ok((answer.headers['set-cookie'] ?? []).some((line) => line.startsWith('__Host-portcullis=')), JSON.stringify(answer.headers));
  });
});

describe("the account API's document: single sign-on", () => {
  test('an address of a proved domain starts at the organisation’s provider, every other is answered alike', async () => {
    assert.match(accountApi.text, /Enterprise only: SSO is available for Enterprise Organization accounts only/);
    await gateway.admin('POST', '/tenant/home/v2/Tenants/home/Domains', { domain: 'company.example', provider: 'company' });
    const start = (email) => gateway.send('/auth/sso/start', { method: 'POST', json: { email } });
    const found = await start('jane@company.example');
    assert.equal(found.status, 200, found.text);
    const visitor = new Visitor(gateway);
    let at = new URL(found.json.authUrl);
    if (at.origin === gateway.url) at = new URL((await visitor.open(at.href)).headers.location);
    assert.equal(at.origin, mocks.url);
    const answer = await visitor.open(await picked(at, 'boss'));
    assertSignedIn(answer, visitor);
    assert.equal((await usersWith(gateway, 'jane@company.example')).length, 1);
    const [none, other] = [await start('jane@nowhere.example'), await start('ada@example.org')];
    assert.deepEqual([none.status, none.text], [404, other.text]);
    assertShape(none.json, { error: '', message: '' });
  });

  test('an organisation that is not an enterprise has none', async () => {
    await gateway.admin('POST', '/tenant/home/v2/Tenants', { id: 'small', name: 'Small', admin: { email: 'a@small.example', password: 'a good enough password' } });
    const { json } = await gateway.send('/api/auth/login', { method: 'POST', json: { email: 'a@small.example', password: 'a good enough password' }, headers: { 'X-Tenant-Id': 'small' } });
    const made = await gateway.send('/tenant/small/v2/IdentityProviders', { method: 'POST', token: json.data.tokens.accessToken, json: { id: 'company', ...mocks.settings('oidc', CLIENT) } });
    assert.equal(made.status, 403, made.text);
  });
});
