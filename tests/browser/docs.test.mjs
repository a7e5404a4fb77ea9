// A developer with a browser: reads the API's documentation and tries an endpoint out.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startGateway } from '../live/harness.mjs';
import { launchChromium } from './launch.mjs';

describe('the documentation in a browser', () => {
  let gateway;
  let browser;

  before(async () => {
    gateway = await startGateway();
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  test('the files come with our header fields, and what is none is a 404 of ours', async () => {
    const page = await gateway.send('/docs');
    assert.equal(page.status, 200);
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.match(page.headers['content-security-policy'], /script-src 'self';/);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    const document = await gateway.send('/docs/openapi.json');
    assert.equal(document.json.openapi, '3.1.0');
    assert.ok(document.json.paths['/api/auth/login'].post);
    const etag = document.headers.etag;
    assert.equal((await gateway.send('/docs/openapi.json', { headers: { 'If-None-Match': etag } })).status, 304);
    const none = await gateway.send('/docs/none.js');
    assert.deepEqual([none.status, none.json.code], [404, 'NOT_FOUND']);
    assert.equal((await gateway.send('/docs', { method: 'HEAD' })).text, '');
    assert.equal((await gateway.send('/docs', { method: 'POST' })).status, 405);
  });

  test('it lists every operation, and tries one out for one who is signed in', async () => {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    await page.goto(`${gateway.url}/docs`);
    await page.locator('.opblock').first().waitFor();
    const { json } = await gateway.send('/docs/openapi.json');
    const operations = Object.values(json.paths).flatMap((methods) => Object.keys(methods));
    // A long document is drawn where one looks.
    const seen = new Set();
    for (let looks = 0; looks < 200 && seen.size < operations.length; looks++) {
      for (const id of await page.locator('.opblock').evaluateAll((all) => all.map((one) => one.id))) seen.add(id);
      await page.mouse.wheel(0, 300);
      await page.waitForTimeout(100);
    }
    assert.equal(seen.size, operations.length);
    const look = async (path) => {
      await page.locator('.operation-filter-input').fill(path);
      await page.evaluate(() => scrollTo(0, 0));
    };

    await page.getByRole('button', { name: 'Authorize' }).first().click();
    const field = page.locator('.auth-container', { hasText: 'bearer' }).locator('input').first();
    await field.fill(gateway.adminToken);
    await page.locator('.auth-container', { hasText: 'bearer' }).getByRole('button', { name: /apply|authorize/i }).first().click();
    await page.locator('.auth-container', { hasText: 'bearer' }).getByRole('button', { name: /logout|remove authorization/i }).waitFor();
    await page.locator('.modal-ux').getByRole('button', { name: 'Close', exact: true }).first().click();

    await look('/api/auth/me');
    const me = page.locator('#operations-session-getApiAuthMe');
    await me.locator('.opblock-summary').click();
    await me.getByRole('button', { name: 'Execute' }).click();
    const answer = me.locator('.live-responses-table');
    await answer.waitFor();
    assert.match(await answer.locator('.response-col_status').last().textContent(), /^200/);
    assert.match(await answer.textContent(), /admin@example\.com/);

    await look('/v2/Users');
    const users = page.locator('#operations-tenant-getTenantTenantV2Users');
    await users.locator('.opblock-summary').click();
    await users.getByRole('button', { name: 'Execute' }).click();
    const list = users.locator('.live-responses-table');
    await list.waitFor();
    assert.match(await list.textContent(), /nextCursor/);
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/docs.png` });
    assert.deepEqual(complaints, []);
    await context.close();
  });
});
