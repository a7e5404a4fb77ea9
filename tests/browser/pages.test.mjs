// Every hosted page as a person meets it: read by axe, light and dark, on a phone and a desktop; and walked
// through with the keyboard alone.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import axe from 'axe-core';
import { COOKIE, PASSWORD, startGateway } from '../live/harness.mjs';
import { App } from './authenticator.mjs';
import { hostedPages } from './hosted-pages.mjs';
import { launchChromium } from './launch.mjs';

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

describe('the hosted pages', () => {
  let gateway;
  let browser;
  let person;
  let cookie;
  /** Each page by name: its path, and whether one is signed in. */
  let pages;

  before(async () => {
    gateway = await startGateway();
    ({ pages, person, cookie } = await hostedPages(gateway));
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  /** Runs `visit(page)` in a profile of its own. */
  const visiting = async ({ signedIn, cookies = signedIn ? { [COOKIE]: cookie } : {}, ...options }, visit) => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(5_000);
    const domain = new URL(gateway.url).hostname;
    await context.addCookies(
      Object.entries(cookies).map(([name, value]) => ({ name, value, domain, path: '/', secure: true, httpOnly: true })),
    );
    try {
      await visit(await context.newPage());
    } finally {
      await context.close();
    }
  };

  /** Looks at the page that is there, light and dark, in each of these sizes. */
  const examine = async (page, name, sizes) => {
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await look(page, `${name}-${colorScheme}-${size}`);
      }
    }
  };

  /** What axe finds that is serious or worse, and whether the page is wider than its window. */
  const look = async (page, name) => {
    if (process.env.PICTURES)
      await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`), fullPage: true });
    if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    assert.deepEqual(
      grave.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ html }) => html).join(' ')}`),
      [],
    );
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${name}: ${overflow} px too wide`);
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, name);
    assert.match(await page.evaluate(() => document.documentElement.lang), /^(en|de)$/);
  };

  test('can be read by everyone, light and dark, on a phone and a desktop', async () => {
    for (const [name, { path, ...who }] of Object.entries(pages)) {
      await visiting(who, async (page) => {
        await page.goto(gateway.url + path);
        await examine(page, name, SIZES);
      });
    }
  });

  for (const [size, viewport] of Object.entries(SIZES)) {
    const looks = (page, name) => examine(page, name, { [size]: viewport });
    const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
    const problem = (page) => page.locator('#problem').waitFor();

    test(`say what is wrong to everyone, light and dark on a ${size}`, async () => {
      await visiting({ viewport }, async (page) => {
        await page.goto(`${gateway.url}/tenant/home/login`);
        await page.getByLabel('Email address').fill('nobody@example.com');
        await page.getByLabel('Password').fill('wrong');
        await page.getByRole('button', { name: 'Sign in' }).click();
        assert.match(await page.getByRole('alert').textContent(), /Invalid email or password|Too many/);
        await looks(page, 'login-wrong');
        await page.goto(`${gateway.url}/tenant/home/register`);
        await page.getByLabel('Email address').fill('nobody@localhost');
        await page.evaluate(() => document.querySelector('form').setAttribute('novalidate', ''));
        await page.getByLabel('Password').fill('x');
        await press(page, 'Create account');
        assert.match(await page.getByRole('alert').textContent(), /8 characters|email/);
        await looks(page, 'register-wrong');
      });
    });

    test(`can be read by everyone after a form was sent, light and dark on a ${size}`, async () => {
      const somebody = await gateway.makePerson();
      const own = async () => ({ [COOKIE]: (await gateway.cookie(somebody)).split('=')[1] });
      await visiting({ cookies: await own(), viewport }, async (page) => {
        const form = new URLSearchParams({ client_id: 'shop', scope: 'openid email' });
        const url = `${gateway.url}/tenant/home/oauth2/device_authorization`;
        for (const [decision, name] of [
          ['Allow', 'device-allowed'],
          ['Deny', 'device-denied'],
        ]) {
          const { user_code: userCode } = await (await fetch(url, { method: 'POST', body: form })).json();
          await page.goto(`${gateway.url}/tenant/home/device?user_code=${userCode}`);
          await press(page, 'Continue');
          await page.getByRole('heading', { name: 'Connect The Shop?' }).waitFor();
          await looks(page, 'device-asked');
          await press(page, decision);
          await page.getByRole('heading', { name: /^Device/ }).waitFor();
          await looks(page, name);
        }
        await page.goto(`${gateway.url}/tenant/home/device`);
        await page.getByLabel('Code', { exact: true }).fill('BBBB-BBBB');
        await press(page, 'Continue');
        await problem(page);
        await looks(page, 'device-wrong');
        await page.goto(`${gateway.url}/tenant/home/logout`);
        await press(page, 'Sign out');
        await page.getByRole('heading', { name: 'Signed out' }).waitFor();
        await looks(page, 'signed-out');
      });
      await visiting({ cookies: await own(), viewport }, async (page) => {
        await page.goto(`${gateway.url}/tenant/home/mfa?return_to=/app/`);
        const app = await App.scan(page);
        await page.getByLabel('Code', { exact: true }).fill('000000');
        await press(page, 'Continue');
        await problem(page);
        await looks(page, 'mfa-enrol-wrong');
        await page.getByLabel('Code', { exact: true }).fill(await app.code());
        await press(page, 'Continue');
        await page.getByRole('heading', { name: 'Your backup codes' }).waitFor();
        await looks(page, 'backup-codes');
        await page.goto(`${gateway.url}/tenant/home/account`);
        await page.locator('summary', { hasText: 'Remove second factor' }).click();
        await page.locator('#off-code').fill('000000');
        await press(page, 'Remove second factor');
        await problem(page);
        await looks(page, 'account-factor-wrong');
      });
      await visiting({ viewport }, async (page) => {
        await page.goto(`${gateway.url}/tenant/home/login`);
        await page.getByLabel('Email address').fill(somebody.email);
        await press(page, 'Email me a sign-in link');
        await page.getByRole('heading', { name: 'Check your email' }).waitFor();
        await looks(page, 'magic-sent');
        await page.getByLabel('Code', { exact: true }).fill('000000');
        await press(page, 'Continue');
        await problem(page);
        await looks(page, 'magic-wrong');
      });
    });
  }

  test('the keyboard alone registers, in the order that one reads', async () => {
    await visiting({}, async (page) => {
      await page.goto(`${gateway.url}/tenant/home/login?return_to=/app/`);
      const focused = () =>
        page.evaluate(() => document.activeElement.getAttribute('name') ?? document.activeElement.textContent.trim());
      // A page that has just come gives the focus to its first field when it is first drawn.
      const comesTo = async (wanted) => {
        for (let waited = 0; waited < 5_000 && (await focused()) !== wanted; waited += 50) await page.waitForTimeout(50);
        assert.equal(await focused(), wanted);
      };
      const tabTo = async (wanted) => {
        for (let tabs = 0; tabs < 10 && (await focused()) !== wanted; tabs += 1) await page.keyboard.press('Tab');
        assert.equal(await focused(), wanted);
        const seen = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        assert.equal(seen, 'solid', `the focus on ${wanted} is seen`);
      };
      await tabTo('Create an account');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/register?return_to=/app/');
      await comesTo('name');
      await page.keyboard.type('Keyboard Person');
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'email');
      await page.keyboard.type('keyboard@example.com');
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'password');
      await page.keyboard.type(PASSWORD);
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'Show');
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'Create account');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/register?return_to=/app/&sent=1');
      const [mail] = await gateway.outbox('keyboard@example.com');
      await page.goto(mail.text.match(/https?:\/\/\S+/)[0]);
      await comesTo('Confirm address');
      await page.keyboard.press('Enter');
      await page.getByText('Your email address is verified.').waitFor();
      await tabTo('Sign in');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/login?return_to=/app/');
      await comesTo('email');
      await page.keyboard.type('keyboard@example.com');
      await page.keyboard.press('Tab');
      await page.keyboard.type(PASSWORD);
      await page.keyboard.press('Enter');
      await page.waitForURL(`${gateway.url}/app/`);
    });
  });

  test('the account page works without JavaScript', async () => {
    await visiting({ signedIn: true, javaScriptEnabled: false }, async (page) => {
      await page.goto(`${gateway.url}/tenant/home/account`);
      await page.getByLabel('Name', { exact: true }).fill('Renamed Person');
      await page.getByRole('button', { name: 'Save' }).click();
      assert.match(await page.getByRole('status').textContent(), /saved/);
      assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Renamed Person');
      // Each thing that cannot be undone is opened first, says what will happen, and is then done.
      const ask = (what) => page.locator('summary', { hasText: what });
      const before = await ask('End session').count();
      assert.equal(await page.getByRole('button', { name: 'End session' }).count(), 0);
      await ask('End session').first().click();
      await page.getByText('This device will have to sign in again.').first().waitFor();
      await page.getByRole('button', { name: 'End session' }).click();
      assert.match(await page.getByRole('status').textContent(), /ended/);
      assert.equal(await ask('End session').count(), before - 1);
      await ask('Disconnect').click();
      await page.getByRole('button', { name: 'Disconnect' }).click();
      assert.match(await page.getByRole('main').textContent(), /No app is connected/);
    });
  });

  test('an API key is made, shown once and revoked; the password can be seen while it is typed', async () => {
    await visiting({ signedIn: true }, async (page) => {
      await page.goto(`${gateway.url}/tenant/home/account`);
      await page.locator('summary', { hasText: 'Create API key' }).click();
      await page.getByLabel('Name of the key').fill('made in a browser');
      await page.getByRole('button', { name: 'Create API key' }).click();
      await page.getByRole('heading', { name: 'Your new API key' }).waitFor();
      const key = await page.locator('#key').textContent();
      const used = await fetch(`${gateway.url}/app/`, { headers: { 'x-api-key': key } });
      assert.equal(used.status, 200);
      await page.getByRole('link', { name: 'I have saved it' }).click();
      const row = page.locator('li', { hasText: 'made in a browser' });
      await row.locator('summary').click();
      await row.getByRole('button', { name: 'Revoke' }).click();
      assert.match(await page.getByRole('status').textContent(), /revoked/);
      await page.locator('#change-password summary').click();
      const field = page.locator('#password');
      await field.fill('to be seen');
      await page.locator('#change-password').getByRole('button', { name: 'Show' }).click();
      assert.equal(await field.getAttribute('type'), 'text');
      await page.locator('#change-password').getByRole('button', { name: 'Show' }).click();
      assert.equal(await field.getAttribute('type'), 'password');
    });
  });

  test('no page logs an error or asks anybody else for anything', async () => {
    for (const [name, { path, ...who }] of Object.entries(pages)) {
      await visiting(who, async (page) => {
        const wrong = [];
        // A page with an error status is a failed load to the console, and nothing else is.
        page.on('console', (message) => message.type() === 'error' && !/Failed to load/.test(message.text()) && wrong.push(message.text()));
        page.on('request', (request) => new URL(request.url()).origin !== gateway.url && !request.url().startsWith('data:') && wrong.push(request.url()));
        await page.goto(gateway.url + path);
        assert.deepEqual(wrong, [], name);
      });
    }
  });

  test("a tenant's own page signs in and its style applies", async () => {
    const html = `<!doctype html><html lang="{{ lang }}"><head><title>{{ tenant_name }}</title>
<style>h1 { color: rgb(200, 0, 0) }</style></head><body><main><h1>Our own</h1>
{% if problem %}<p role="alert">{{ problem }}</p>{% endif %}
<form method="post" action="{{ action }}"><input type="hidden" name="return_to" value="{{ return_to }}">
<input type="hidden" name="request" value="{{ request }}"><label for="e">Email</label>
<input id="e" name="email" type="email" value="{{ email }}"><label for="p">Password</label>
<input id="p" name="password" type="password"><button>Go</button></form></main></body></html>`;
    await gateway.admin('PUT', '/tenant/home/v2/Templates/login', { html });
    try {
      await visiting({}, async (page) => {
        await page.goto(`${gateway.url}/app/page`);
        const colour = await page.evaluate(() => getComputedStyle(document.querySelector('h1')).color);
        assert.equal(colour, 'rgb(200, 0, 0)');
        await page.getByLabel('Email').fill(person.email);
        await page.getByLabel('Password').fill(PASSWORD);
        await page.getByRole('button').click();
        // By a page of ours that leads on.
        await page.waitForURL(`${gateway.url}/app/page`);
      });
    } finally {
      await gateway.admin('DELETE', '/tenant/home/v2/Templates/login');
    }
  });
});
