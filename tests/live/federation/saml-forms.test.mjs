// A company whose SAML provider (samlify) takes forms alone, and signed requests alone: it verifies our signatures with the
// certificate in our metadata.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addProvider, assertSignedIn, standard, startFederation, unescaped, Visitor } from './harness.mjs';

const PEOPLE = { 'id-jane': { email: 'jane@company.example', name: 'Jane Smith', groups: ['engineers'] } };
const ID = 'forms';
let gateway;
let company;
let stop;

before(async () => {
  const { startSamlCompany } = await standard('saml');
  ({ gateway, stop } = await startFederation({ kinds: [] }));
  company = await startSamlCompany({ metadataUrl: `${gateway.url}/tenant/home/sso/${ID}/metadata`, people: PEOPLE, wantSigned: true, onlyForms: true });
  // Its metadata says that it takes forms.
  const metadataXml = await (await fetch(`${company.url}/metadata`)).text();
  const { attributes } = company.settings;
  const made = await addProvider(gateway, { id: ID, kind: 'saml', name: 'Forms', metadataXml, attributes, provisioning: 'users' });
  assert.deepEqual([made.ssoBinding, made.sloBinding, made.signRequests], ['post', 'post', true]);
});
after(async () => {
  await company?.stop();
  await stop?.();
});

/** The form that a page sends by itself. */
function formOf(text) {
  const action = /<form method="post" action="([^"]*)"/.exec(text)?.[1];
  const fields = [...text.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [name, unescaped(value)]);
  assert.ok(action, text);
  return { action: unescaped(action), form: Object.fromEntries(fields) };
}

const post = async (url, form) => (await fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' }));

async function signIn(visitor) {
  const begun = await visitor.open(`/tenant/home/sso/${ID}?return_to=/app/hello`);
  assert.equal(begun.status, 200, begun.text);
  const { action, form } = formOf(begun.text);
  assert.equal(action, `${company.url}/sso`);
  const picking = await (await post(action, form)).text();
  const hidden = (name) => unescaped(new RegExp(`name="${name}" value="([^"]*)"`).exec(picking)?.[1] ?? '');
  const query = new URLSearchParams({ request: hidden('request'), person: 'id-jane', RelayState: hidden('RelayState') });
  const answer = formOf(await (await fetch(`${company.url}/answer?${query}`)).text());
  return visitor.open(answer.action, { method: 'POST', form: answer.form, headers: { Origin: company.url, 'Sec-Fetch-Site': 'cross-site' } });
}

test('a sign-in and a sign-out go there by form, with signatures that it verifies', async () => {
  const visitor = new Visitor(gateway);
  assert.match(assertSignedIn(await signIn(visitor), visitor), /\/app\/hello$/);
  assert.match(company.requests.at(-1), /<ds:SignatureValue>/);
  const sessions = company.sessions.size;
  const { action, form } = formOf((await visitor.post('/tenant/home/logout', {})).text);
  assert.equal(action, `${company.url}/slo`);
  const there = await post(action, form);
  assert.equal(there.status, 302, await there.text());
  assert.equal(company.sessions.size, sessions - 1);
  const done = await visitor.open(there.headers.get('location'));
  assert.equal(done.status, 200, done.text);
  assert.equal(visitor.session, undefined);
});

test('what was changed on the way there, it refuses', async () => {
  const visitor = new Visitor(gateway);
  const { action, form } = formOf((await visitor.open(`/tenant/home/sso/${ID}`)).text);
  const xml = Buffer.from(form.SAMLRequest, 'base64').toString().replace('AllowCreate="true"', 'AllowCreate="false"');
  const answer = await post(action, { ...form, SAMLRequest: Buffer.from(xml).toString('base64') });
  assert.equal(answer.status, 500, await answer.text());
});
