// A browser keeps an origin's cacheable answer: what it got for a picture is not given to a script that may read it.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { startGateway } from '../live/harness.mjs';
import { launchChromium } from './launch.mjs';

const listening = (handler) =>
  new Promise((resolve) => {
    const server = createServer(handler).listen(0, '127.0.0.1', () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() });
    });
  });

describe("a browser's cache", () => {
  let gateway;
  let browser;
  let origin;
  let app;
  const asked = [];

  before(async () => {
    gateway = await startGateway();
    origin = await listening((request, response) => {
      asked.push(request.headers.origin);
      const late = request.url.includes('fails') ? 500 : 200;
      response.writeHead(late, { 'cache-control': 'public, max-age=600', 'content-type': 'text/plain' }).end('from the origin');
    });
    app = await listening((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>App</title>');
    });
    for (const auth of ['optional', 'none']) await gateway.route({ name: auth, path: `/${auth}/`, origin: origin.url, auth });
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { allowedOrigins: [app.url] });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    origin?.stop();
    app?.stop();
    await gateway?.stop();
  });

  test('what was asked for without an origin is asked for anew with one, and then kept', async () => {
    const page = await browser.newPage();
    await page.goto(app.url);
    for (const auth of ['optional', 'none']) {
      for (const path of ['kept', 'fails']) {
        asked.length = 0;
        const texts = await page.evaluate(async (url) => {
          await fetch(url, { mode: 'no-cors' });
          const read = async () => (await fetch(url)).text();
          return [await read(), await read()];
        }, `${gateway.url}/${auth}/${path}`);
        assert.deepEqual(texts, ['from the origin', 'from the origin'], `${auth} ${path}`);
        assert.deepEqual(asked, [undefined, app.url], `${auth} ${path}`);
      }
    }
  });
});
