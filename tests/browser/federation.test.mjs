// A company's OpenID provider (npm oidc-provider, with its own pages) and a mock of Google, in Chromium: from the hosted
// page to the provider and back, with and without an account, a second factor, a refusal, and signing out at both.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { generateSync } from 'otplib';
import { PASSWORD } from '../live/harness.mjs';
import { addProvider, identitiesOf, personWith, standard, startFederation, usersWith } from '../live/federation/harness.mjs';
import { launchChromium, visit } from './launch.mjs';

const PEOPLE = {
  jane: { email: 'jane@company.example', email_verified: true, name: 'Jane Smith', groups: ['admins'] },
  joe: { email: 'joe@company.example', email_verified: true, name: 'Joe Bloggs', groups: ['engineers'] },
  factor: { email: 'factor@company.example', email_verified: true, name: 'Two Factors' },
  gone: { email: 'gone@company.example', email_verified: true, name: 'Gone Away' },
  guest: { email: 'guest@elsewhere.example', email_verified: true, name: 'A Guest' },
};
let gateway;
let mocks;
let stop;
let company;
let browser;
let signInThere;

before(async () => {
  const companies = await standard('oidc');
  signInThere = companies.signInThere;
  ({ gateway, mocks, stop } = await startFederation({ kinds: ['google'] }));
  company = await companies.startOidcCompany({
    redirectUris: [`${gateway.url}/tenant/home/sso/acme/callback`],
    postLogoutRedirectUris: [`${gateway.url}/tenant/home/login`, `${gateway.url}/tenant/home/logout`],
    people: PEOPLE,
  });
  await addProvider(gateway, { id: 'acme', ...company.settings, roleMap: { claim: 'groups', map: { admins: 'MANAGER', engineers: 'TECHNICIAN' } } });
  await gateway.admin('POST', '/tenant/home/v2/Tenants/home/Domains', { domain: 'company.example', provider: 'acme' });
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  await company?.stop();
  await stop?.();
});

const visiting = (go) => visit(browser, {}, go);

const login = (page, returnTo = '/app/hello') => page.goto(`${gateway.url}/tenant/home/login?return_to=${encodeURIComponent(returnTo)}`);
const button = (page, name) => page.getByRole('link', { name }).or(page.getByRole('button', { name })).first();
/** The claims that the demo origin was told of whoever looks at the page. */
async function claims(page) {
  await page.waitForURL(`${gateway.url}/app/hello`);
  return JSON.parse(await page.locator('body').innerText()).claims;
}
const hasSession = async (context) => (await context.cookies(gateway.url)).some(({ name }) => name === '__Host-portcullis');

async function throughCompany(page, name) {
  await login(page);
  await button(page, /Company/).click();
  await signInThere(page, company.issuer, name);
}

describe('the hosted page leads to the company and back', () => {
  test('and who has no account gets one, with the name and the role that the company says', async () => {
    await visiting(async (page) => {
      await throughCompany(page, 'joe');
      const { sub, roles } = await claims(page);
      assert.deepEqual(roles, ['TECHNICIAN']);
      const [user] = await usersWith(gateway, 'joe@company.example');
      assert.deepEqual([user.id, user.name, user.emailVerified], [sub, 'Joe Bloggs', true]);
      await page.goto(`${gateway.url}/tenant/home/account`);
      assert.match(await page.locator('main').innerText(), /Company/);
    });
  });

  test('when one types an address of its domain, too', async () => {
    await visiting(async (page) => {
      await login(page);
      await page.getByLabel(/e-?mail/i).fill('jane@company.example');
      await page.keyboard.press('Enter');
      // Either at once, or by the button that the page now has.
      const onward = button(page, /organisation/i);
      await Promise.race([page.waitForURL((url) => url.href.startsWith(company.issuer)), onward.waitFor().then(() => onward.click())]);
      await signInThere(page, company.issuer, 'jane');
      assert.deepEqual((await claims(page)).roles, ['MANAGER']);
    });
  });

  test('and an account that has the address is linked once its owner has given the password', async () => {
    const account = await personWith(gateway, 'guest@elsewhere.example');
    await visiting(async (page, context) => {
      await throughCompany(page, 'guest');
      await page.waitForURL((url) => url.origin === gateway.url);
      assert.equal(await hasSession(context), false);
      assert.deepEqual(await identitiesOf(gateway, account.id), []);
      await page.getByLabel(/password/i).fill(PASSWORD);
      await page.getByLabel(/password/i).press('Enter');
      await page.waitForURL(/\/app\/hello|\/account/);
      assert.equal(await hasSession(context), true);
    });
    assert.equal((await identitiesOf(gateway, account.id)).length, 1);
    await visiting(async (page) => {
      await throughCompany(page, 'guest');
      assert.equal((await claims(page)).sub, account.id);
    });
  });

  test('and a second factor is asked for here', async () => {
    const account = await personWith(gateway, 'factor@company.example');
    const { accessToken: token } = await gateway.login(account);
    const { secret } = (await gateway.send('/auth/mfa/enable', { method: 'POST', token, json: {} })).json;
    const past = generateSync({ secret, epoch: Math.floor(Date.now() / 1000) - 30 });
    assert.equal((await gateway.send('/auth/mfa/verify', { method: 'POST', token, json: { code: past } })).status, 200);
    await visiting(async (page, context) => {
      await throughCompany(page, 'factor');
      await page.waitForURL(/\/tenant\/home\/mfa/);
      assert.equal(await hasSession(context), false);
      await page.locator('input[name=code]').fill(generateSync({ secret }));
      await page.locator('input[name=code]').press('Enter');
      const { sub, amr } = await claims(page);
      assert.equal(sub, account.id);
      assert.ok(amr.includes('otp'), amr.join());
    });
  });

  test('and a disabled account stays outside', async () => {
    const account = await personWith(gateway, 'gone@company.example');
    await gateway.admin('PATCH', `/tenant/home/v2/Users/${account.id}`, { status: 'disabled' });
    await visiting(async (page, context) => {
      await throughCompany(page, 'gone');
      await page.waitForURL((url) => url.origin === gateway.url);
      assert.equal(await hasSession(context), false);
      assert.ok((await page.locator('a[href*="/tenant/home/login"]').count()) > 0);
    });
  });

  test('and who changes their mind there is told so here, with a way back', async () => {
    await visiting(async (page, context) => {
      await login(page);
      await button(page, /Company/).click();
      await page.waitForURL((url) => url.href.startsWith(`${company.issuer}/interaction/`));
      await page.getByText('[ Cancel ]').click();
      await page.waitForURL((url) => url.origin === gateway.url);
      assert.match(await page.locator('main').innerText(), /Company[^]*access_denied/);
      assert.equal(await hasSession(context), false);
      await page.locator('a[href*="/tenant/home/login"]').first().click();
      await page.getByLabel(/e-?mail/i).waitFor();
    });
  });
});

test('signing out here signs out at the company, which then asks who it is', async () => {
  await visiting(async (page, context) => {
    await throughCompany(page, 'joe');
    await claims(page);
    await page.goto(`${gateway.url}/tenant/home/logout`);
    await page.locator('main form button').first().click();
    // oidc-provider asks whether it should.
    await page.waitForURL((url) => url.href.startsWith(`${company.issuer}/session/end`));
    await page.locator('button[name=logout], button[value=yes]').first().click();
    await page.waitForURL((url) => url.origin === gateway.url);
    assert.equal(await hasSession(context), false);
    await login(page);
    await button(page, /Company/).click();
    await page.locator('input[name=login]').waitFor();
  });
});

test('the mock of Google says that it is one, and signs in', async () => {
  await visiting(async (page) => {
    await login(page);
    await button(page, /Google \(mock\)/).click();
    await page.waitForURL((url) => url.href.startsWith(`${mocks.url}/google/authorize`));
    assert.match(await page.getByRole('note').innerText(), /This is a mock of Google/);
    await page.getByRole('button', { name: /Grace Hopper/ }).click();
    const { sub } = await claims(page);
    assert.equal((await usersWith(gateway, 'grace.hopper@gmail.com'))[0].id, sub);
  });
});
