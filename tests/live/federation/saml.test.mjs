// A company's SAML identity provider (samlify): its answer is a session once, in the browser that began, and signing out
// ends it at both.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { addProvider, assertRefused, assertSignedIn, changeProvider, identitiesOf, standard, startFederation, unescaped, usersWith, Visitor } from './harness.mjs';

const PEOPLE = {
  'id-jane': { email: 'jane@company.example', name: 'Jane Smith', groups: ['admins', 'engineers'] },
  'id-joe': { email: 'joe@company.example', name: 'Joe O’Neill & Sons <x>', groups: ['engineers'] },
};
let gateway;
let company;
let stop;

before(async () => {
  const { startSamlCompany } = await standard('saml');
  ({ gateway, stop } = await startFederation({ kinds: [] }));
  company = await startSamlCompany({ metadataUrl: `${gateway.url}/tenant/home/sso/saml/metadata`, people: PEOPLE });
  await addProvider(gateway, { id: 'saml', ...company.settings, provisioning: 'users', roleMap: { claim: 'groups', map: { engineers: 'TECHNICIAN', admins: 'MANAGER' } } });
  await gateway.admin('POST', '/tenant/home/v2/Tenants/home/Domains', { domain: 'company.example', provider: 'saml' });
});
after(async () => {
  await company?.stop();
  await stop?.();
});

/** The form that the provider's page sends by itself. */
async function answerOf(there, person) {
  const page = await (await fetch(there)).text();
  const hidden = (name, text = page) => new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1];
  const query = new URLSearchParams({ request: hidden('request'), person, ...(hidden('RelayState') && { RelayState: unescaped(hidden('RelayState')) }) });
  const answer = await (await fetch(`${company.url}/answer?${query}`)).text();
  const [, acs] = /action="([^"]*)"/.exec(answer);
  return { acs: unescaped(acs), form: { SAMLResponse: unescaped(hidden('SAMLResponse', answer)), ...(hidden('RelayState', answer) && { RelayState: unescaped(hidden('RelayState', answer)) }) } };
}

/** The cross-site POST with which a provider's page sends the answer. */
const deliver = (visitor, { acs, form }) => visitor.open(acs, { method: 'POST', form, headers: { Origin: company.url, 'Sec-Fetch-Site': 'cross-site' } });

async function signIn(visitor, person, options) {
  return deliver(visitor, await answerOf(await visitor.begin('saml', options), person));
}

test('metadata says where answers go, and that assertions are wanted signed', async () => {
  const metadata = await gateway.send('/tenant/home/sso/saml/metadata');
  assert.equal(metadata.status, 200, metadata.text);
  assert.match(metadata.headers['content-type'], /xml/);
  assert.ok(metadata.text.includes(`entityID="${gateway.url}/tenant/home/sso/saml/metadata"`), metadata.text);
  assert.ok(metadata.text.includes(`${gateway.url}/tenant/home/sso/saml/acs`));
  assert.match(metadata.text, /WantAssertionsSigned="true"/);
});

describe('a sign-in', () => {
  test('makes an account with the name and roles that the company says, and signs in to it ever after', async () => {
    const subs = [];
    for (let n = 0; n < 2; n += 1) {
      const visitor = new Visitor(gateway);
      const answer = await signIn(visitor, 'id-joe', { returnTo: '/app/hello' });
      assert.match(assertSignedIn(answer, visitor), /\/app\/hello$/);
      const claims = await visitor.claims();
      subs.push(claims.sub);
      assert.deepEqual(claims.roles, ['TECHNICIAN']);
    }
    assert.equal(subs[0], subs[1]);
    const [user] = await usersWith(gateway, 'joe@company.example');
    assert.deepEqual([user.name, user.emailVerified], ['Joe O’Neill & Sons <x>', true]);
    const [identity] = await identitiesOf(gateway, user.id);
    assert.deepEqual([identity.issuer, identity.subject], [company.settings.idpEntityId, 'id-joe']);
  });

  test('counts once', async () => {
    const visitor = new Visitor(gateway);
    const answer = await answerOf(await visitor.begin('saml'), 'id-jane');
    const copies = Array.from({ length: 20 }, () => visitor.copy());
    const answers = await Promise.all(copies.map((one) => deliver(one, answer)));
    assert.equal(copies.filter((one) => one.session).length, 1, JSON.stringify(answers.map(({ status }) => status)));
  });

  test('counts in the browser that began alone', async () => {
    const began = new Visitor(gateway);
    const answer = await answerOf(await began.begin('saml'), 'id-jane');
    const other = new Visitor(gateway);
    assertRefused(await deliver(other, answer), other, 400, 'no cookie');
    const third = new Visitor(gateway);
    await third.begin('saml');
    assertRefused(await deliver(third, answer), third, 400, 'another sign-in’s cookie');
    assertSignedIn(await deliver(began, answer), began);
  });

  test('that was changed on the way, cut short or that nobody asked for is refused', async () => {
    const visitor = new Visitor(gateway);
    const { acs, form } = await answerOf(await visitor.begin('saml'), 'id-joe');
    const xml = Buffer.from(form.SAMLResponse, 'base64').toString();
    const forged = {
      'another name': xml.replaceAll('id-joe', 'id-jane'),
      'another address': xml.replaceAll('joe@company.example', 'jane@company.example'),
      'no signature': xml.replace(/<ds:Signature[^]*<\/ds:Signature>/, ''),
      'a comment in the name': xml.replace('>id-joe<', '>id-jane<!--x-->.id-joe<'),
      'a doctype': `<!DOCTYPE x [<!ENTITY a "b">]>${xml}`,
      'half of it': xml.slice(0, xml.length / 2),
      nothing: '',
    };
    for (const [name, text] of Object.entries(forged)) {
      const one = visitor.copy();
      const answer = await deliver(one, { acs, form: { ...form, SAMLResponse: Buffer.from(text).toString('base64') } });
      assertRefused(answer, one, 400, name);
    }
    const unsolicited = await (await fetch(`${company.url}/unsolicited?person=id-jane`)).text();
    const alone = new Visitor(gateway);
    const SAMLResponse = unescaped(/name="SAMLResponse" value="([^"]*)"/.exec(unsolicited)[1]);
    assertRefused(await deliver(alone, { acs, form: { SAMLResponse } }), alone, 400, 'unsolicited');
    await changeProvider(gateway, 'saml', { idpInitiated: true });
    const allowed = new Visitor(gateway);
    const again = await deliver(allowed, { acs, form: { SAMLResponse } });
    assertSignedIn(again, allowed);
    const replayed = new Visitor(gateway);
    assertRefused(await deliver(replayed, { acs, form: { SAMLResponse } }), replayed, 400, 'replayed');
    await changeProvider(gateway, 'saml', { idpInitiated: false });
  });
});

describe('signing out', () => {
  test('here ends the session at the company as well', async () => {
    const visitor = new Visitor(gateway);
    assertSignedIn(await signIn(visitor, 'id-jane'), visitor);
    const sessions = company.sessions.size;
    let answer = await visitor.post('/tenant/home/logout', {});
    for (let hops = 0; hops < 6; hops += 1) {
      const onward = answer.headers.location ?? /http-equiv="refresh" content="0;url=([^"]*)"/.exec(answer.text)?.[1];
      if (!onward) break;
      const next = new URL(unescaped(onward), gateway.url);
      answer = next.origin === gateway.url ? await visitor.open(next.href) : await fetched(next);
    }
    assert.equal(visitor.session, undefined);
    assert.equal(company.sessions.size, sessions - 1);
    assert.equal(answer.status, 200);
  });

  test('at the company ends the session here', async () => {
    const visitor = new Visitor(gateway);
    assertSignedIn(await signIn(visitor, 'id-jane'), visitor);
    await visitor.claims();
    // The newest session there.
    const request = await fetched(`${company.url}/sign-out?person=id-jane`);
    const answer = await visitor.open(request.headers.location);
    assert.ok([302, 303].includes(answer.status), `${answer.status} ${answer.text}`);
    assert.ok(answer.headers.location.startsWith(`${company.url}/slo?`), answer.headers.location);
    assert.match(new URL(answer.headers.location).search, /SAMLResponse=/);
    const after = await visitor.open('/app/hello');
    assert.notEqual(after.status, 200, 'the session goes on');
  });
});

async function fetched(url) {
  const answer = await fetch(url, { redirect: 'manual' });
  return { status: answer.status, headers: { location: answer.headers.get('location') ?? undefined }, text: await answer.text() };
}
