// Every hosted page in each language, light and dark, on a phone and a desktop: it fits, says nothing in the other
// language, shows where the focus is, and logs no error. With PICTURES=folder there is a picture of each, to look at.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import axe from 'axe-core';
import { COOKIE, startGateway } from '../live/harness.mjs';
import { hostedPages, walks } from './hosted-pages.mjs';
import { launchChromium } from './launch.mjs';

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

/** Each language as browsers ask for it, and words of the other one that stand on no page of it. */
const LANGUAGES = {
  en: { locale: 'en-GB', foreign: /\b(Sie|Ihre?|bitte|und|oder|nicht|Anmelden|Passwort|Adresse)\b/ },
  de: { locale: 'de-DE', foreign: /\b(you|your|please|and|sign in|password|address|the account|continue|again)\b/i },
};

describe('every hosted page', () => {
  let gateway;
  let browser;
  let pages;
  let cookie;

  before(async () => {
    gateway = await startGateway();
    ({ pages, cookie } = await hostedPages(gateway));
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  /** The same page as it is: light and dark, in each size. */
  const examine = async (page, language, name, rules) => {
    const words = await page.evaluate(() => document.querySelector('main').innerText.replace(/\S+@\S+/g, ''));
    assert.doesNotMatch(words.replace(/The Shop|International Bookings and Reservations/g, ''), LANGUAGES[language].foreign, name);
    assert.doesNotMatch(words, /\{\w+\}|undefined|null/, name);
    assert.equal(await page.evaluate(() => document.documentElement.lang), language, name);
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, name);
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      // Colours move nothing.
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `${name}-${language}-${size}: ${overflow} px too wide`);
      // The desktop's are read in pages.test.mjs.
      const reads = rules && size === 'phone';
      for (const colorScheme of reads || process.env.PICTURES ? ['light', 'dark'] : []) {
        await page.emulateMedia({ colorScheme });
        const shown = `${name}-${language}-${colorScheme}-${size}`;
        if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `${shown}.png`), fullPage: true });
        if (reads) await accessible(page, shown);
      }
    }
  };

  const accessible = async (page, shown) => {
    if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    assert.deepEqual(
      grave.map(({ id, nodes }) => `${shown}: ${id}: ${nodes.map(({ html }) => html).join(' ')}`),
      [],
    );
  };

  /** Goes to a page in a profile of its own, and looks at it and at each that its forms lead to. */
  const visit = async (language, name, { path, signedIn, cookies = signedIn ? { [COOKIE]: cookie } : {}, act }, rules) => {
    const context = await browser.newContext({ locale: LANGUAGES[language].locale, viewport: SIZES.desktop });
    context.setDefaultTimeout(10_000);
    const domain = new URL(gateway.url).hostname;
    await context.addCookies(
      Object.entries(cookies).map(([key, value]) => ({ name: key, value, domain, path: '/', secure: true, httpOnly: true })),
    );
    try {
      const page = await context.newPage();
      const wrong = [];
      // A page with an error status is a failed load to the console, and nothing else is.
      page.on('console', (said) => said.type() === 'error' && !/Failed to load/.test(said.text()) && wrong.push(said.text()));
      await page.goto(gateway.url + path);
      const acts = [act ?? []].flat();
      for (const [at, one] of acts.entries()) {
        await one(page);
        await examine(page, language, acts.length > 1 ? `${name}-${at + 1}` : name, rules);
      }
      if (acts.length === 0) await examine(page, language, name, rules);
      assert.deepEqual(wrong, [], name);
    } finally {
      await context.close();
    }
  };

  for (const language of Object.keys(LANGUAGES)) {
    test(`that an address leads to is right in ${language}`, async () => {
      for (const [name, how] of Object.entries(pages)) {
        // Those that ask for a language have it, and English ones are read by axe in pages.test.mjs.
        if (!name.endsWith('-in-german')) await visit(language, name, how, language === 'de');
      }
    });

    test(`that a form leads to is right in ${language}`, async () => {
      for (const [name, arrange] of Object.entries(walks)) {
        await visit(language, name, await arrange(gateway, language), language === 'en');
      }
    });
  }
});
