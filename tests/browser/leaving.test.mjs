// Where a browser goes after our forms: to the very address, whatever that redirects to; and what one browser holds.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, startGateway } from '../live/harness.mjs';
import { launchChromium, visit } from './launch.mjs';

/** A server for a test: `answer(request, response)` says what it does. */
async function serve(answer) {
  const server = createServer(answer);
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { server, port: server.address().port };
}

describe('leaving a page of ours', () => {
  let gateway;
  let person;
  let browser;
  let final;
  let client;
  const stops = [];

  before(async () => {
    gateway = await startGateway();
    person = await gateway.makePerson();
    // Where all ends: another origin than the client's, which only redirects.
    const end = await serve((request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<title>Arrived</title><p id="at">${request.url.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</p>`);
    });
    final = `http://localhost:${end.port}`;
    const hop = await serve((request, response) => {
      const { search } = new URL(request.url, 'http://hop');
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        response.writeHead(request.method === 'POST' ? 303 : 302, { location: `${final}/arrived${search || `?${body}`}` });
        response.end();
      });
    });
    client = `http://127.0.0.1:${hop.port}`;
    const away = await serve((request, response) => {
      if (request.url.includes('/away')) response.writeHead(302, { location: `${final}/from-a-route` });
      else response.setHeader('content-type', 'text/html');
      response.end(`<title>Page</title><p id="at"></p>`);
    });
    stops.push(end.server, hop.server, away.server);
    await gateway.route({ name: 'r', path: '/r/', origin: `http://127.0.0.1:${away.port}` });
    await gateway.route({ name: 'open', path: '/open/', auth: 'none', origin: `http://127.0.0.1:${away.port}` });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    for (const server of stops) server.close();
    await gateway?.stop();
  });

  /** A client whose address redirects elsewhere. */
  async function makeClient(fields = {}) {
    return gateway.admin('POST', '/tenant/home/v2/Clients', {
      client_name: 'A client that redirects',
      token_endpoint_auth_method: 'none',
      redirect_uris: [`${client}/callback`],
      post_logout_redirect_uris: [`${client}/signed-out`],
      scope: 'openid email',
      ...fields,
    });
  }

  const authorize = ({ client_id }, more = {}) =>
    `${gateway.url}/tenant/home/oauth2/authorize?${new URLSearchParams({
      client_id,
      response_type: 'code',
      redirect_uri: `${client}/callback`,
      scope: 'openid',
      state: 'a state',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...more,
    })}`;

  const visiting = (options, go) => visit(browser, options, go);

  async function signIn(page, who = person) {
    await page.getByLabel(/e-?mail/i).fill(who.email);
    await page.getByLabel(/password/i).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'with' : 'without';

    test(`a client's address may redirect to another origin, ${how} JavaScript`, async () => {
      const made = await makeClient();
      await visiting({ javaScriptEnabled }, async (page) => {
        await page.goto(authorize(made));
        await signIn(page);
        await page.waitForURL(`${final}/arrived?code=**`);
        assert.equal(new URL(page.url()).searchParams.get('state'), 'a state');
      });
    });

    test(`so may it after a consent, given or not, ${how} JavaScript`, async () => {
      const made = await makeClient({ require_consent: true });
      await visiting({ javaScriptEnabled }, async (page) => {
        for (const [button, said] of [
          [/deny|no/i, 'error=access_denied'],
          [/allow/i, 'code='],
        ]) {
          await page.goto(authorize(made));
          if (page.url().includes('/login')) await signIn(page);
          await page.waitForURL('**/consent?**');
          await page.getByRole('button', { name: button }).click();
          await page.waitForURL(`${final}/arrived?**`);
          assert.ok(page.url().includes(said), page.url());
        }
      });
    });

    test(`so may it after a sign-out, ${how} JavaScript`, async () => {
      const made = await makeClient();
      await visiting({ javaScriptEnabled }, async (page) => {
        await page.goto(authorize(made));
        await signIn(page);
        await page.waitForURL(`${final}/arrived?**`);
        const query = new URLSearchParams({ client_id: made.client_id, post_logout_redirect_uri: `${client}/signed-out` });
        await page.goto(`${gateway.url}/tenant/home/oauth2/logout?${query}&state=s`);
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.waitForURL(`${final}/arrived?state=s`);
      });
    });

    test(`so may a route, ${how} JavaScript`, async () => {
      await visiting({ javaScriptEnabled }, async (page) => {
        await page.goto(`${gateway.url}/r/away`);
        await signIn(page);
        await page.waitForURL(`${final}/from-a-route`);
      });
    });

    test(`one comes back to the very address, ${how} JavaScript`, async () => {
      const addresses = [String.raw`/r/page?q=\d+&x=/\evil`, `/r/page?q=${'a'.repeat(7_000)}`, '/r/page?a=b%20c+d&e=%2F%5C'];
      for (const address of addresses) {
        await visiting({ javaScriptEnabled }, async (page) => {
          await page.goto(gateway.url + address);
          await signIn(page);
          await page.waitForURL((url) => url.pathname === '/r/page');
          assert.equal(page.url(), gateway.url + address);
        });
      }
    });
  }

  test('a posted answer may be redirected to another origin', async () => {
    const made = await makeClient();
    await visiting({}, async (page) => {
      await page.goto(authorize(made, { response_mode: 'form_post' }));
      await signIn(page);
      await page.waitForURL(`${final}/arrived?**code=**`);
    });
  });

  test('a fragment is kept', async () => {
    await visiting({}, async (page) => {
      await page.goto(`${gateway.url}/r/page?q=1#part/2`);
      await page.waitForURL('**/login?**');
      await signIn(page);
      await page.waitForURL((url) => url.pathname === '/r/page');
      assert.equal(page.url(), `${gateway.url}/r/page?q=1#part/2`);
    });
  });

  test('a second sign-in in one browser adopts the first, and one sign-out ends both', async () => {
    const told = [];
    const hears = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        told.push(JSON.parse(Buffer.from(new URLSearchParams(body).get('logout_token').split('.')[1], 'base64url')));
        response.end();
      });
    });
    stops.push(hears.server);
    const backchannel = (name) => ({ backchannel_logout_uri: `http://127.0.0.1:${hears.port}/${name}` });
    const [first, second] = [await makeClient(backchannel('a')), await makeClient(backchannel('b'))];
    const tokens = async (page, { client_id }) => {
      const answer = await gateway.send('/tenant/home/oauth2/token', {
        method: 'POST',
        form: {
          grant_type: 'authorization_code',
          client_id,
          code: new URL(page.url()).searchParams.get('code'),
          redirect_uri: `${client}/callback`,
          code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
        },
      });
      assert.equal(answer.status, 200, answer.text);
      return answer.json;
    };
    const userinfo = (token) => gateway.send('/tenant/home/oauth2/userinfo', { token });
    await visiting({}, async (page) => {
      await page.goto(authorize(first));
      await signIn(page);
      await page.waitForURL(`${final}/arrived?**`);
      const of = await tokens(page, first);
      await page.goto(authorize(second, { prompt: 'login' }));
      await signIn(page);
      await page.waitForURL(`${final}/arrived?**`);
      const { id_token: hint } = await tokens(page, second);
      assert.equal((await userinfo(of.access_token)).status, 200);
      assert.deepEqual(told, []);
      const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: `${client}/signed-out`, state: 's' });
      await page.goto(`${gateway.url}/tenant/home/oauth2/logout?${query}`);
      await page.waitForURL(`${final}/arrived?state=s`);
      assert.equal((await userinfo(of.access_token)).status, 401);
      for (let tries = 0; told.length < 2 && tries < 50; tries += 1) await new Promise((go) => setTimeout(go, 100));
      assert.deepEqual(told.map(({ aud }) => aud).sort(), [first.client_id, second.client_id].sort());
    });
  });
});
