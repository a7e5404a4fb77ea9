// A company's SAML identity provider (samlify) in Chromium: its answer comes as a form from another site, with the cookies
// that browsers send there; and signing out ends it at both.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addProvider, standard, startFederation, usersWith } from '../live/federation/harness.mjs';
import { launchChromium, visit } from './launch.mjs';

const PEOPLE = { 'id-jane': { email: 'jane@company.example', name: 'Jane Smith', groups: ['admins'] } };
let gateway;
let stop;
let company;
let browser;

before(async () => {
  const { startSamlCompany } = await standard('saml');
  ({ gateway, stop } = await startFederation({ kinds: [] }));
  company = await startSamlCompany({ metadataUrl: `${gateway.url}/tenant/home/sso/saml/metadata`, people: PEOPLE, wantSigned: true });
  await addProvider(gateway, { id: 'saml', ...company.settings, roleMap: { claim: 'groups', map: { admins: 'MANAGER' } } });
  await gateway.admin('POST', '/tenant/home/v2/Tenants/home/Domains', { domain: 'company.example', provider: 'saml' });
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  await company?.stop();
  await stop?.();
});

const signedIn = (go) =>
  visit(browser, {}, async (page, context) => {
    await page.goto(`${gateway.url}/tenant/home/login?return_to=/app/hello`);
    await page.getByRole('link', { name: /Company SAML/ }).or(page.getByRole('button', { name: /Company SAML/ })).first().click();
    await page.getByRole('button', { name: 'Jane Smith' }).click();
    await page.waitForURL(`${gateway.url}/app/hello`);
    const { claims } = JSON.parse(await page.locator('body').innerText());
    await go(page, context, claims);
  });

test('the answer of another site is a session here, and the request was signed', async () => {
  await signedIn(async (_, context, { sub, roles }) => {
    assert.deepEqual(roles, ['MANAGER']);
    const [user] = await usersWith(gateway, 'jane@company.example');
    assert.equal(user.id, sub);
    // The binding cookie is gone with the sign-in that it was for.
    const names = (await context.cookies(gateway.url)).map(({ name }) => name);
    assert.ok(names.includes('__Host-portcullis') && !names.some((name) => name.includes('sso')), names.join());
  });
});

test('signing out here signs out there, and comes back', async () => {
  await signedIn(async (page, context) => {
    const before = company.sessions.size;
    await page.goto(`${gateway.url}/tenant/home/logout`);
    await page.locator('main form button').first().click();
    await page.waitForURL(`${gateway.url}/tenant/home/sso/saml/slo*`);
    assert.equal(company.sessions.size, before - 1);
    await page.goto(`${gateway.url}/app/hello`);
    await page.waitForURL(/\/tenant\/home\/login/);
    assert.ok(!(await context.cookies(gateway.url)).some(({ name }) => name === '__Host-portcullis'));
  });
});

test('signing out there signs out here', async () => {
  await signedIn(async (page) => {
    await page.goto(`${company.url}/sign-out?person=id-jane`);
    await page.getByText('Signed out of Company').waitFor();
    await page.goto(`${gateway.url}/app/hello`);
    await page.waitForURL(/\/tenant\/home\/login/);
  });
});
