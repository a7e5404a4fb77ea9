// The installed Chromium, with nothing of its own on the network, and visits in it.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const QUIET = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-default-apps', '--metrics-recording-only'];

export const launchChromium = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', ...QUIET],
  });

/** What a browser says when a page's own policy holds something back. */
const HELD_BACK = /CORS|Content Security Policy|Refused to/;

/**
 * Runs `go(page, context)` in a profile of its own, and fails on each script's error and each line of the console that
 * `isComplaint` says is one: by default, that something was held back. What the test waits for comes within 10 seconds.
 */
export async function visit(browser, options, go, isComplaint = (message) => HELD_BACK.test(message.text())) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints = [];
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => isComplaint(message) && complaints.push(message.text()));
  try {
    await go(page, context);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}
