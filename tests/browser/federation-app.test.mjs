// A single-page app with oidc-client-ts, unmodified, signs people in at their organisation: straight there by `idp_hint`
// or by the address in `login_hint`, and back with a code that the app redeems as ever.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { claimsOf } from '../live/harness.mjs';
import { addProvider, CLIENT, startFederation, usersWith } from '../live/federation/harness.mjs';
import { launchChromium, visit } from './launch.mjs';
import { startSpa } from './spa/server.mjs';

let gateway;
let mocks;
let stop;
let app;
let browser;

before(async () => {
  ({ gateway, mocks, stop } = await startFederation({ kinds: ['google'] }));
  await addProvider(gateway, { id: 'company', ...mocks.settings('oidc', CLIENT) });
  await gateway.admin('POST', '/tenant/home/v2/Tenants/home/Domains', { domain: 'company.example', provider: 'company' });
  app = await startSpa();
  const made = await gateway.admin('POST', '/tenant/home/v2/Clients', {
    client_name: 'A single-page app',
    token_endpoint_auth_method: 'none',
    redirect_uris: [`${app.url}/callback`],
    post_logout_redirect_uris: [`${app.url}/`],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid profile email offline_access read',
  });
  await app.serve({ authority: `${gateway.url}/tenant/home`, clientId: made.client_id });
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  app?.stop();
  await stop?.();
});

/** Leaves the app for a sign-in: the page that would answer is gone with it. */
const begin = (page, parameters) => page.evaluate((more) => void setTimeout(() => window.app.auth.signinRedirect(more)), parameters);

/** Begins at the app with more parameters, as oidc-client-ts takes them; picks somebody at `provider`. */
const throughApp = (parameters, provider, label, go) =>
  visit(browser, {}, async (page, context) => {
    await page.goto(`${app.url}/some/place`);
    const seen = [];
    page.on('request', (request) => request.isNavigationRequest() && seen.push(new URL(request.url()).pathname));
    await begin(page, { state: '/some/place', ...parameters });
    await page.waitForURL((url) => url.href.startsWith(`${mocks.url}/${provider}/authorize`));
    assert.ok(!seen.some((path) => path.endsWith('/login')), seen.join());
    if (!label) return go(page, context);
    await page.getByRole('button', { name: label }).click();
    await page.waitForURL(`${app.url}/some/place`);
    await page.waitForFunction(() => !['', 'nobody'].includes(document.querySelector('#who')?.textContent ?? ''));
    const user = await page.evaluate(async () => {
      const { profile, access_token, refresh_token } = await window.app.auth.getUser();
      return { profile, access_token, refresh_token };
    });
    await go(page, context, user);
  });

test('idp_hint leads straight to the provider, and back to the app with its code', async () => {
  await throughApp({ extraQueryParams: { idp_hint: 'google' } }, 'google', /Grace Hopper/, async (page, _, { profile, refresh_token: refresh }) => {
    const [user] = await usersWith(gateway, 'grace.hopper@gmail.com');
    assert.deepEqual([profile.sub, profile.email, profile.email_verified], [user.id, 'grace.hopper@gmail.com', true]);
    assert.equal(typeof refresh, 'string');
    await page.evaluate(() => window.app.auth.signinSilent().then(() => null));
    const route = await page.evaluate(async (url) => (await window.app.call(url)).status, `${gateway.url}/app/hello`);
    assert.equal(route, 200);
  });
});

test('login_hint with an address of a proved domain leads to that domain’s provider', async () => {
  await throughApp({ login_hint: 'jane@company.example' }, 'company', /Jane Smith/, async (_page, _context, { profile, access_token: token }) => {
    assert.equal(profile.email, 'jane@company.example');
    // What the company says of how it was done is mapped, never invented: no second factor was proved here.
    assert.deepEqual(claimsOf(token).amr.sort(), ['fed', 'otp', 'pwd']);
  });
});

test('an idp_hint that names nobody leads to the sign-in page', async () => {
  await visit(browser, {}, async (page) => {
    await page.goto(app.url);
    await begin(page, { extraQueryParams: { idp_hint: 'nobody' } });
    await page.waitForURL(/\/tenant\/home\/login/);
  });
});

test('what the provider refuses does not become an answer to the app by itself', async () => {
  await throughApp({ extraQueryParams: { idp_hint: 'company' } }, 'company', null, async (page, context) => {
    await page.selectOption('select[name=fault]', 'access-denied');
    await page.getByRole('button', { name: /Jane Smith/ }).click();
    await page.waitForURL((url) => url.origin === gateway.url);
    assert.match(await page.locator('main').innerText(), /access_denied/);
    assert.equal(await page.locator('script:has-text("alert")').count(), 0);
    assert.ok(!(await context.cookies(gateway.url)).some(({ name }) => name === '__Host-portcullis'));
  });
});
