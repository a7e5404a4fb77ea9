// The whole walk of a person who secures their account: registers, sets up an app by its QR code, and signs in
// with each thing that they have.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, startGateway } from '../live/harness.mjs';
import { App, withPasskeys } from './authenticator.mjs';
import { launchChromium, visit } from './launch.mjs';

const EMAIL = 'walker@example.com';
const ACCOUNT = '/tenant/home/account';

describe('second factors with a browser', () => {
  let gateway;
  let browser;

  before(async () => {
    gateway = await startGateway();
    await gateway.route({ name: 'app', path: '/app/' });
    await gateway.route({ name: 'vault', path: '/vault/', mfa: 'required' });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  // A form that is answered 401 is a form that was refused, and no fault of the page.
  const isComplaint = (message) => message.type() === 'error' && !/status of 4\d\d/.test(message.text());
  const visiting = (options, go) => visit(browser, options, go, isComplaint);
  const picture = (page, name) =>
    process.env.PICTURES && page.screenshot({ path: join(process.env.PICTURES, `${name}.png`), fullPage: true });
  const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
  const begin = async (page, path = '/app/') => {
    await page.goto(gateway.url + path);
    await page.waitForURL('**/login?**');
  };
  const password = async (page, path) => {
    await begin(page, path);
    await page.getByLabel('Email address').fill(EMAIL);
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Sign in');
  };
  const prove = async (page, code, label = 'Code') => {
    await page.getByLabel(label, { exact: true }).fill(code);
    await press(page, 'Continue');
  };
  const signOut = async (page) => {
    await page.goto(`${gateway.url}/tenant/home/logout`);
    await press(page, 'Sign out');
    await page.getByRole('heading', { name: 'Signed out' }).waitFor();
  };
  const mailed = async (pattern) => {
    const mails = await gateway.outbox(EMAIL);
    const found = mails.map(({ text }) => text.match(pattern)).find((match) => match !== null);
    assert.ok(found, `a mail has ${pattern}`);
    return found[0];
  };

  test('a person registers, sets up an app, and signs in with each thing that they have', async () => {
    await visiting({}, async (page) => {
      await page.goto(`${gateway.url}/tenant/home/register?return_to=/app/`);
      await page.getByLabel('Email address').fill(EMAIL);
      await page.getByLabel('Password').fill(PASSWORD);
      await press(page, 'Create account');
      await page.waitForURL('**/register?**sent=1');
      await page.goto(await mailed(/https?:\/\/\S+verify-email\S+/));
      await press(page, 'Confirm address');
      await password(page);
      await page.waitForURL(`${gateway.url}/app/`);

      // The app is set up by what is on the screen.
      await page.goto(gateway.url + ACCOUNT);
      await press(page, 'Set up an authenticator app');
      const app = await App.scan(page);
      assert.match(decodeURIComponent(app.uri), /walker@example\.com/);
      await picture(page, 'walk-enrol');
      await prove(page, '000000');
      assert.match(await page.getByRole('alert').textContent(), /wrong/);
      await prove(page, await app.code());
      const codes = await page.getByRole('main').getByRole('listitem').allTextContents();
      assert.equal(new Set(codes).size, 10);
      await picture(page, 'walk-backup-codes');
      await page.getByRole('link', { name: 'I have saved them' }).click();
      await page.waitForURL(gateway.url + ACCOUNT);
      assert.match(await page.getByRole('main').textContent(), /left: 10/);
      await signOut(page);

      // A code of the app.
      await password(page);
      await page.waitForURL('**/mfa?**');
      await prove(page, await app.code());
      await page.waitForURL(`${gateway.url}/app/`);
      await signOut(page);

      // A backup code, which is good once.
      for (const good of [true, false]) {
        await password(page);
        await page.getByRole('link', { name: 'Use a backup code' }).click();
        await prove(page, codes[0], 'Backup code');
        if (good) {
          await page.waitForURL(`${gateway.url}/app/`);
          await signOut(page);
        } else {
          assert.match(await page.getByRole('alert').textContent(), /wrong, used or expired/);
        }
      }

      // A mailed link stands for the password, not for the app.
      await begin(page);
      await page.getByLabel('Email address').fill(EMAIL);
      await press(page, 'Email me a sign-in link');
      await page.getByRole('heading', { name: 'Check your email' }).waitFor();
      await picture(page, 'walk-magic-sent');
      await page.goto(await mailed(/https?:\/\/\S+magic-link\S+/));
      await picture(page, 'walk-magic-link');
      await press(page, 'Sign in');
      await page.waitForURL('**/mfa?**');
      await prove(page, codes[1]);
      await page.waitForURL(`${gateway.url}/app/`);

      // A passkey is made, and signs in alone.
      const keys = await withPasskeys(page);
      await page.goto(gateway.url + ACCOUNT);
      await page.getByRole('link', { name: 'Add a passkey' }).click();
      await page.locator('#passkey-name').fill('Laptop');
      await picture(page, 'walk-passkey-add');
      await keys.while(async () => {
        await press(page, 'Add a passkey');
        await page.waitForURL('**/account?done=passkey-add');
      });
      assert.equal(await keys.count(), 1);
      assert.equal(await page.locator('input[value="Laptop"]').count(), 1);
      await picture(page, 'walk-account');
      await signOut(page);
      await begin(page);
      await picture(page, 'walk-login');
      await keys.while(async () => {
        // Chromium may answer the offer of its autofill before anyone presses the button.
        await press(page, 'Use a passkey').catch(() => {});
        await page.waitForURL(`${gateway.url}/app/`);
      });
      // It proves two factors at once: the account can be changed with it.
      await page.goto(`${gateway.url}${ACCOUNT}?passkey=add`);
      await page.locator('#passkey-name').waitFor();
      await signOut(page);

      // And it can be the second factor.
      await password(page);
      await page.waitForURL('**/mfa?**');
      await page.getByRole('link', { name: 'Use a passkey' }).click();
      await picture(page, 'walk-passkey-second');
      await keys.while(async () => {
        await press(page, 'Use a passkey');
        await page.waitForURL(`${gateway.url}/app/`);
      });
    });
  });

  test('a route that takes a second factor asks a session for it and goes on, without JavaScript', async () => {
    const person = await gateway.makePerson();
    await visiting({ javaScriptEnabled: false }, async (page) => {
      await begin(page);
      await page.getByLabel('Email address').fill(person.email);
      await page.getByLabel('Password').fill(PASSWORD);
      await press(page, 'Sign in');
      await page.waitForURL(`${gateway.url}/app/`);
      await page.goto(`${gateway.url}/vault/page?a=1`);
      await page.waitForURL('**/mfa?return_to=**');
      const app = await App.scan(page);
      await prove(page, await app.code());
      await page.getByRole('link', { name: 'I have saved them' }).click();
      assert.equal(page.url(), `${gateway.url}/vault/page?a=1`);
      assert.equal(await page.locator('#caller').textContent(), person.id);
    });
  });

  test('an app that asks for two factors gets them', async () => {
    const person = await gateway.makePerson();
    await gateway.sql(
      `INSERT INTO clients (id, tenant_id, name, metadata, created_at) VALUES ('bank', 'home', 'The Bank', ?, 0)`,
      JSON.stringify({
        redirect_uris: [`${gateway.url}/app/back`],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        scope: 'openid',
      }),
    );
    const query = new URLSearchParams({
      client_id: 'bank',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: `${gateway.url}/app/back`,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      acr_values: (await (await fetch(`${gateway.url}/tenant/home/.well-known/openid-configuration`)).json())
        .acr_values_supported?.at(-1),
    });
    await visiting({}, async (page) => {
      await page.goto(`${gateway.url}/tenant/home/oauth2/authorize?${query}`);
      await page.getByLabel('Email address').fill(person.email);
      await page.getByLabel('Password').fill(PASSWORD);
      await press(page, 'Sign in');
      await page.waitForURL('**/mfa?request=**');
      const app = await App.scan(page);
      await prove(page, await app.code());
      await page.getByRole('link', { name: 'I have saved them' }).click();
      await page.waitForURL('**/app/back?**');
      assert.match(page.url(), /[?&]code=/);
    });
  });

  test('another address takes both mailboxes', async () => {
    const person = await gateway.makePerson();
    await visiting({}, async (page) => {
      await page.goto(gateway.url + ACCOUNT);
      await page.getByLabel('Email address').fill(person.email);
      await page.getByLabel('Password').fill(PASSWORD);
      await press(page, 'Sign in');
      await page.locator('summary', { hasText: 'Change email address' }).click();
      await page.getByLabel('New email address').fill('moved@example.com');
      await page.locator('#email-password').fill(PASSWORD);
      await press(page, 'Change email address');
      assert.match(await page.getByRole('status').textContent(), /both inboxes/);
      for (const [address, name, says] of [
        ['moved@example.com', 'Confirm address', 'Now open the link in your other inbox.'],
        [person.email, 'Approve the change', 'From now on you sign in with your new address.'],
      ]) {
        const token = await gateway.mailedToken(address, '/change-email');
        await page.goto(`${gateway.url}/tenant/home/change-email?token=${token}`);
        await picture(page, `walk-change-email-${name.split(' ')[0].toLowerCase()}`);
        await press(page, name);
        await page.getByText(says).waitFor();
      }
      await page.getByRole('link', { name: 'Your account' }).click();
      assert.match(await page.getByRole('main').textContent(), /Signed in as moved@example\.com/);
    });
  });
});
