// The console at a host of its own: a script of an application beside it gets nothing of it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../../scripts/lib/worker.mjs';
import { startGateway } from '../live/harness.mjs';
import { signIn, visiting } from './console.mjs';
import { launchChromium } from './launch.mjs';

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

describe('the console beside a hostile application', () => {
  let gateway;
  let browser;
  let origin;

  before(async () => {
    const port = await freePort('127.0.0.1');
    origin = `http://console.localhost:${port}`;
    gateway = await startGateway({ port, vars: { CONSOLE_HOST: `console.localhost:${port}` } });
    await gateway.route({ name: 'app', path: '/app/', auth: 'none' });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  test('it opens at its own host, and a script on the deployment’s gets neither code nor token', async () => {
    await visiting(browser, gateway, {}, async (page, context) => {
      await page.goto(`${gateway.url}/console`);
      await signIn(page);
      await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
      assert.equal(page.url(), `${origin}/tenant/home/console/users`);
      assert.ok((await context.cookies()).some(({ name, domain }) => name === '__Host-portcullis' && domain === 'localhost'));

      const app = await context.newPage();
      await app.goto(`${gateway.url}/app/page`);
      const way = `/tenant/home/console-session/authorize?state=0123456789abcdef&challenge=${CHALLENGE}`;
      const fetched = await app.evaluate(async (path) => {
        const answers = [];
        for (const options of [{}, { redirect: 'manual' }, { mode: 'no-cors' }, { credentials: 'include', headers: { Accept: 'text/html' } }]) {
          answers.push(await fetch(path, options).then(async (answer) => [answer.status, answer.url, await answer.text()].join(' '), (error) => error.message));
        }
        return answers;
      }, way);
      for (const answer of fetched) assert.match(answer, /^403 /);
      const framed = await app.evaluate(async (path) => {
        const frame = document.createElement('iframe');
        frame.src = path;
        document.body.append(frame);
        await new Promise((done) => frame.addEventListener('load', done));
        try {
          return frame.contentWindow.location.href;
        } catch (error) {
          return error.name;
        }
      }, way);
      assert.doesNotMatch(framed, /code=/);
      const before = await gateway.admin('GET', '/tenant/home/v2/Audit?event=console.code_issued');
      const seen = await app.evaluate(async (path) => {
        const other = open(path);
        await new Promise((done) => setTimeout(done, 3000));
        try {
          return other.location.href;
        } catch (error) {
          return error.name;
        }
      }, way);
      assert.equal(seen, 'SecurityError');
      // The browser went to the console with a code, which opened nothing there: its state is nobody's.
      const after = await gateway.admin('GET', '/tenant/home/v2/Audit?event=console.code_issued');
      assert.ok(after.items.length > before.items.length);
      const token = await app.evaluate(async () => (await fetch('/tenant/home/console-session/token', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ renewal: 'x' }) })).status);
      assert.equal(token, 404);
      assert.equal((await gateway.send('/app/page', { host: new URL(origin).host })).status, 404);
    }, /403|404|Refused to|frame-ancestors|violates|CSP|Content Security Policy|X-Frame/i);
  });
});
