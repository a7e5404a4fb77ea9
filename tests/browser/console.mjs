// How tests go to the console in a browser.

import assert from 'node:assert/strict';
import { ADMIN } from '../live/harness.mjs';

export const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
export const HOSTILE = `"><img src=x onerror="window.ran=1"><script>window.ran=1</script>{{7*7}}javascript:ran=1`;

/** Runs `go` in a profile of its own; any complaint of the console, any script's error and any request elsewhere fails. */
export async function visiting(browser, gateway, options, go, expected = /^$/) {
  const context = await browser.newContext({ viewport: SIZES.desktop, locale: 'en-GB', ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const wrong = [];
  context.on('weberror', (error) => wrong.push(error.error().message));
  context.on('console', (message) => ['error', 'warning'].includes(message.type()) && !expected.test(message.text()) && wrong.push(message.text()));
  const own = [new URL(gateway.url).host, `console.${new URL(gateway.url).host}`];
  context.on('request', (request) => /^https?:/.test(request.url()) && !own.includes(new URL(request.url()).host) && wrong.push(`asked ${request.url()}`));
  try {
    await go(page, context);
    assert.deepEqual(wrong, []);
  } finally {
    await context.close();
  }
}

export async function signIn(page, { email, password } = ADMIN) {
  await page.getByLabel(/e-?mail/i).fill(email);
  await page.getByLabel(/passwor[dt]/i).first().fill(password);
  await page.getByLabel(/passwor[dt]/i).first().press('Enter');
}

export async function opened(page, url, heading) {
  await page.goto(url);
  await signIn(page);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
}
