// Many at once: 50 first sign-ins of one person make one user and one tenant, whichever way they come.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { claimsOf, SKIP_LIMITS } from '../harness.mjs';
import { CLIENT, picked, startFederation, usersWith, Visitor } from './harness.mjs';

const CROWD = 50;
let gateway;
let mocks;
let stop;
before(async () => {
  ({ gateway, mocks, stop } = await startFederation());
});
after(() => stop?.());

const atOnce = (ask) => Promise.all(Array.from({ length: CROWD }, (_, n) => ask(n)));
const tenants = async () => (await gateway.admin('GET', '/tenant/home/v2/Tenants?limit=100')).items;

test('50 first credentials of one founder make one user and one tenant', async () => {
  mocks.people.add('google', 'founder', { sub: '4001', email: 'founder@crowd.example', email_verified: true, hd: 'crowd.example', name: 'Founder' });
  const before = (await tenants()).length;
  const credentials = await atOnce(() => mocks.credential('founder', CLIENT));
  const answers = await atOnce((n) => gateway.send('/api/auth/google', { method: 'POST', json: { credential: credentials[n] }, headers: SKIP_LIMITS }));
  assert.deepEqual(answers.filter(({ status }) => status !== 200).map(({ status, text }) => [status, text]), []);
  const data = answers.map(({ json }) => json.data);
  assert.equal(new Set(data.map(({ user }) => user.id)).size, 1);
  assert.equal(new Set(data.map(({ tokens }) => claimsOf(tokens.accessToken).tenantId)).size, 1);
  assert.equal(data.filter(({ isNewUser }) => isNewUser).length, 1);
  assert.equal((await tenants()).length, before + 1);
});

test('50 first redirects of one person make one user', async () => {
  mocks.people.add('google', 'many', { sub: '4002', email: 'many@crowd.example', email_verified: true, hd: 'crowd.example', name: 'Many' });
  const backs = await atOnce(async () => {
    const visitor = new Visitor(gateway);
    return { visitor, back: await picked(await visitor.begin('google'), 'many') };
  });
  const answers = await Promise.all(backs.map(({ visitor, back }) => visitor.open(back, { headers: SKIP_LIMITS })));
  assert.deepEqual(answers.filter(({ status }) => status !== 303).map(({ status, text }) => [status, text.slice(0, 300)]), []);
  assert.equal((await usersWith(gateway, 'many@crowd.example')).length, 1);
  const subs = await Promise.all(backs.map(async ({ visitor }) => (await visitor.claims()).sub));
  assert.equal(new Set(subs).size, 1);
});

test('one credential, however often it comes, is one person', async () => {
  const credential = await mocks.credential('gmail', CLIENT);
  const answers = await atOnce(() => gateway.send('/api/auth/google', { method: 'POST', json: { credential }, headers: SKIP_LIMITS }));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  assert.equal(new Set(answers.map(({ json }) => json.data.user.id)).size, 1);
  assert.equal(answers.filter(({ json }) => json.data.isNewUser).length, 1);
});
