// A person with a browser: asks for a protected page, signs in, and is there.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, startGateway } from '../live/harness.mjs';
import { launchChromium, visit } from './launch.mjs';

/** Takes a picture for looking at, where PICTURES names a folder. */
const picture = (page, name) =>
  process.env.PICTURES && page.screenshot({ path: join(process.env.PICTURES, `${name}.png`) });

describe('signing in with a browser', () => {
  let gateway;
  let person;
  let browser;

  before(async () => {
    gateway = await startGateway();
    await gateway.route({ name: 'app', path: '/app/' });
    person = await gateway.makePerson();
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  const visiting = (options, go) => visit(browser, options, go);
  const fill = async (page, password = PASSWORD) => {
    await page.getByLabel(/e-?mail/i).fill(person.email);
    await page.getByLabel(/password/i).fill(password);
  };
  const submit = (page) => page.getByRole('button', { name: /sign in|log in/i }).click();

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'with' : 'without';

    test(`a protected page leads to sign-in and back, ${how} JavaScript`, async () => {
      await visiting({ javaScriptEnabled }, async (page, context) => {
        await page.goto(`${gateway.url}/app/page?tab=2`);
        assert.equal(new URL(page.url()).pathname, '/tenant/home/login');
        await picture(page, `login-${how}-javascript`);
        await fill(page);
        await submit(page);
        assert.equal(page.url(), `${gateway.url}/app/page?tab=2`);
        assert.equal(await page.locator('#caller').textContent(), person.id);
        const [cookie] = (await context.cookies()).filter(({ name }) => name === '__Host-portcullis');
        assert.deepEqual([cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.path], [true, true, 'Lax', '/']);
      });
    });
  }

  test('a wrong password shows a message, keeps the address and the way back', async () => {
    await visiting({}, async (page) => {
      await page.goto(`${gateway.url}/app/page`);
      await fill(page, 'wrong password');
      await submit(page);
      const alert = page.getByRole('alert');
      assert.match(await alert.textContent(), /password|sign in|credentials/i);
      assert.equal(await page.getByLabel(/e-?mail/i).inputValue(), person.email);
      assert.equal(await page.getByLabel(/password/i).inputValue(), '');
      await picture(page, 'login-wrong-password');
      await fill(page);
      await submit(page);
      assert.equal(page.url(), `${gateway.url}/app/page`);
    });
  });

  test('the keyboard alone signs in, in the order that one reads', async () => {
    await visiting({}, async (page) => {
      await page.goto(`${gateway.url}/app/page`);
      const focused = () =>
        page.evaluate(() => {
          const at = document.activeElement;
          return at.getAttribute('name') ?? at.getAttribute('type') ?? at.tagName.toLowerCase();
        });
      for (let tabs = 0; tabs < 5 && (await focused()) !== 'email'; tabs += 1) await page.keyboard.press('Tab');
      assert.equal(await focused(), 'email');
      await page.keyboard.type(person.email);
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'password');
      await page.keyboard.type(PASSWORD);
      await page.keyboard.press('Enter');
      await page.waitForURL(`${gateway.url}/app/page`);
    });
  });

  test('the page tells a screen reader and a password manager what is what', async () => {
    await visiting({}, async (page) => {
      await page.goto(`${gateway.url}/app/page`);
      assert.match(await page.evaluate(() => document.documentElement.lang), /^[a-z]{2}/);
      assert.ok((await page.title()).length > 0);
      assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
      assert.equal(await page.getByRole('main').count(), 1);
      const email = page.getByLabel(/e-?mail/i);
      const password = page.getByLabel(/password/i);
      assert.match(await email.getAttribute('autocomplete'), /username|email/);
      assert.equal(await email.getAttribute('type'), 'email');
      assert.equal(await password.getAttribute('autocomplete'), 'current-password');
      assert.equal(await password.getAttribute('type'), 'password');
      assert.match(await page.locator('meta[name=viewport]').getAttribute('content'), /width=device-width/);
    });
  });

  test('the page fits a small screen and has enough contrast in the dark', async () => {
    for (const colorScheme of ['light', 'dark']) {
      await visiting({ viewport: { width: 320, height: 568 }, colorScheme }, async (page) => {
        await page.goto(`${gateway.url}/app/page`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${overflow} px too wide`);
        const ratio = await page.evaluate(contrast);
        assert.ok(ratio >= 4.5, `${colorScheme}: contrast ${ratio}`);
        await picture(page, `login-small-${colorScheme}`);
      });
    }
  });

  test('a mailed link shows a button, and only the button verifies', async () => {
    const email = 'browser@example.com';
    await gateway.register({ email });
    const token = await gateway.mailedToken(email, '/auth/verify-email');
    await visiting({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`${gateway.url}/auth/verify-email?token=${token}`);
      await picture(page, 'verify');
      await page.getByRole('button').click();
      await picture(page, 'verified');
    });
    await gateway.login({ email, password: PASSWORD });
  });

  test("a forgotten password is set anew from the mail's page", async () => {
    const forgetful = await gateway.makePerson();
    await gateway.send('/auth/forgot-password', { method: 'POST', json: { email: forgetful.email } });
    const token = await gateway.mailedToken(forgetful.email, '/auth/reset-password');
    await visiting({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`${gateway.url}/auth/reset-password?token=${token}`);
      const field = page.getByLabel(/password/i);
      assert.equal(await field.first().getAttribute('autocomplete'), 'new-password');
      await field.first().fill('chosen in a browser');
      await picture(page, 'reset');
      await page.getByRole('button').click();
      await picture(page, 'reset-done');
    });
    await gateway.login({ email: forgetful.email, password: 'chosen in a browser' });
  });

  test('signing out leads back to sign-in', async () => {
    await visiting({}, async (page) => {
      await page.goto(`${gateway.url}/app/page`);
      await fill(page);
      await submit(page);
      await page.waitForURL(`${gateway.url}/app/page`);
      await page.goto(`${gateway.url}/tenant/home/logout`);
      await picture(page, 'sign-out');
      await page.getByRole('button', { name: /sign out/i }).click();
      assert.match(await page.getByRole('main').textContent(), /signed out/i);
      await page.goto(`${gateway.url}/app/page`);
      assert.equal(new URL(page.url()).pathname, '/tenant/home/login');
    });
  });
});

/** In the page: the contrast of its heading against what is behind it (WCAG 2.2, 1.4.3). */
function contrast() {
  const luminance = (colour) => {
    const parts = colour
      .match(/[\d.]+/g)
      .slice(0, 3)
      .map((each) => {
        const share = Number(each) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const heading = document.querySelector('h1');
  let behind = heading;
  while (behind && /^(rgba\(.*, 0\)|transparent)$/.test(getComputedStyle(behind).backgroundColor))
    behind = behind.parentElement;
  const back = behind ? getComputedStyle(behind).backgroundColor : 'rgb(255, 255, 255)';
  const [a, b] = [luminance(getComputedStyle(heading).color), luminance(back)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
