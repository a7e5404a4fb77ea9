// A single-page app on another origin signs people in with oidc-client-ts, as its documentation shows.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, startGateway } from '../live/harness.mjs';
import { startSpa } from './spa/server.mjs';
import { launchChromium, visit } from './launch.mjs';

const LIBRARIES = { '3.5.0': 'oidc-client-ts', '3.4.1': 'oidc-client-ts-3.4' };

for (const [version, library] of Object.entries(LIBRARIES)) {
  describe(`a single-page app with oidc-client-ts ${version}`, () => {
    let gateway;
    let person;
    let browser;
    let app;
    let other;

    before(async () => {
      gateway = await startGateway();
      await gateway.route({ name: 'app', path: '/app/' });
      person = await gateway.makePerson();
      const tenants = '/tenant/home/v2/Tenants';
      const admin = { email: 'admin@acme.example', password: PASSWORD };
      await gateway.admin('POST', tenants, { id: 'acme', name: 'Acme', admin });
      app = await startApp('home', gateway.adminToken);
      const signedIn = await gateway.send('/api/auth/login', {
        method: 'POST',
        json: admin,
        headers: { 'X-Tenant-Id': 'acme' },
      });
      assert.equal(signedIn.status, 200, signedIn.text);
      other = await startApp('acme', signedIn.json.data.tokens.accessToken);
      browser = await launchChromium();
    });
    after(async () => {
      await browser?.close();
      app?.stop();
      other?.stop();
      await gateway?.stop();
    });

    /** The app, registered as a public client of a tenant. */
    async function startApp(tenant, token) {
      const spa = await startSpa();
      const made = await gateway.send(`/tenant/${tenant}/v2/Clients`, {
        method: 'POST',
        token,
        json: {
          client_name: 'A single-page app',
          token_endpoint_auth_method: 'none',
          redirect_uris: [`${spa.url}/callback`],
          post_logout_redirect_uris: [`${spa.url}/`],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: 'openid profile email offline_access read',
        },
      });
      assert.equal(made.status, 201, made.text);
      const authority = `${gateway.url}/tenant/${tenant}`;
      await spa.serve({ authority, clientId: made.json.client_id, library });
      return spa;
    }

    const visiting = (go) => visit(browser, {}, go);

    async function fillIn(page) {
      await page.waitForURL(/\/tenant\/home\/login/);
      await page.getByLabel(/e-?mail/i).fill(person.email);
      await page.getByLabel(/password/i).fill(PASSWORD);
      await page.getByRole('button', { name: /sign in/i }).click();
    }

    const who = (page, name) => page.waitForFunction((wanted) => document.querySelector('#who')?.textContent === wanted, name);

    async function signIn(page) {
      await page.goto(`${app.url}/some/place`);
      await who(page, 'nobody');
      await page.click('#sign-in');
      await fillIn(page);
      await page.waitForURL(`${app.url}/some/place`);
      await who(page, person.id);
    }

    const user = (page) =>
      page.evaluate(async () => {
        const { profile, access_token, refresh_token, id_token, scope } = await window.app.auth.getUser();
        return { profile, access_token, refresh_token, id_token, scope };
      });

    const call = (page, url) =>
      page.evaluate(async (at) => {
        const answer = await window.app.call(at);
        return { status: answer.status, json: await answer.json() };
      }, url);

    test('signs in by redirect, and comes back to where it was', async () => {
      await visiting(async (page) => {
        await signIn(page);
        const { profile, refresh_token, scope } = await user(page);
        assert.equal(profile.sub, person.id);
        assert.equal(profile.email, person.email);
        assert.equal(typeof refresh_token, 'string');
        assert.ok(scope.includes('offline_access'));
      });
    });

    test('signs in with a popup, which closes by itself', async () => {
      await visiting(async (page) => {
        await page.goto(app.url);
        const [popup] = await Promise.all([page.waitForEvent('popup'), page.click('#popup')]);
        const closed = popup.waitForEvent('close');
        await fillIn(popup);
        await closed;
        await who(page, person.id);
        assert.equal((await user(page)).profile.sub, person.id);
      });
    });

    test('one who is signed in already is asked for nothing', async () => {
      await visiting(async (page, context) => {
        await signIn(page);
        const second = await context.newPage();
        await second.goto(`${app.url}/elsewhere`);
        await second.evaluate(() => sessionStorage.clear());
        await second.click('#sign-in');
        await second.waitForURL(`${app.url}/elsewhere`);
        await who(second, person.id);
      });
    });

    test('renews silently by refresh token, without a page or a frame', async () => {
      await visiting(async (page) => {
        await signIn(page);
        const before = await user(page);
        const asked = [];
        page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
        await page.evaluate(() => window.app.auth.signinSilent().then(() => null));
        const renewed = await user(page);
        assert.notEqual(renewed.access_token, before.access_token);
        assert.notEqual(renewed.refresh_token, before.refresh_token);
        assert.equal(renewed.profile.sub, person.id);
        assert.ok(asked.includes('POST /tenant/home/oauth2/token'), asked.join());
        assert.ok(!asked.some((line) => line.includes('authorize')), asked.join());
      });
    });

    test('calls a route of the gateway, and reads userinfo', async () => {
      await visiting(async (page) => {
        await signIn(page);
        const hello = await call(page, `${gateway.url}/app/hello`);
        assert.equal(hello.status, 200, JSON.stringify(hello.json));
        assert.equal(hello.json.claims.sub, person.id);
        const info = await call(page, `${gateway.url}/tenant/home/oauth2/userinfo`);
        assert.equal(info.status, 200);
        assert.deepEqual([info.json.sub, info.json.email], [person.id, person.email]);
      });
    });

    test('signs out here and at the gateway', async () => {
      await visiting(async (page) => {
        await signIn(page);
        const { access_token: token } = await user(page);
        await page.click('#sign-out');
        await page.waitForURL(`${app.url}/`);
        await who(page, 'nobody');
        await page.click('#sign-in');
        await page.waitForURL(/\/tenant\/home\/login/);
        const info = await gateway.send('/tenant/home/oauth2/userinfo', { token });
        assert.equal(info.status, 401, info.text);
      });
    });

    test('a second tenant in the same browser stays signed out', async () => {
      await visiting(async (page, context) => {
        await signIn(page);
        const second = await context.newPage();
        await second.goto(other.url);
        await who(second, 'nobody');
        await second.click('#sign-in');
        await second.waitForURL(/\/tenant\/acme\/login/);
        await second.getByLabel(/password/i).waitFor();
        // Nor does the first tenant's token open anything of the second.
        const { access_token: token } = await user(page);
        const info = await gateway.send('/tenant/acme/oauth2/userinfo', { token });
        assert.ok([401, 403].includes(info.status), info.text);
      });
    });

    test('an app on an origin that no client has reads nothing', async () => {
      const stranger = await startSpa();
      try {
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(stranger.url);
        const outcome = await page.evaluate(
          (url) =>
            fetch(url, { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token' }) }).then(
              () => 'read',
              () => 'kept from it',
            ),
          `${gateway.url}/tenant/home/oauth2/token`,
        );
        assert.equal(outcome, 'kept from it');
        await context.close();
      } finally {
        stranger.stop();
      }
    });
  });
}
