// Who may pass: roles, scopes, plans, rate limits, and a browser's way in.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { COOKIE, PASSWORD, sessionCookie, SKIP_LIMITS, startGateway } from '../harness.mjs';

const NAVIGATION = { Accept: 'text/html,application/xhtml+xml', 'Sec-Fetch-Mode': 'navigate' };

describe("a route's rules", () => {
  let gateway;
  let admin;
  let manager;
  let technician;

  before(async () => {
    gateway = await startGateway();
    await gateway.route({ name: 'app', path: '/app/' });
    [admin, manager, technician] = await Promise.all(
      ['ADMIN', 'MANAGER', 'TECHNICIAN'].map((role) => gateway.person({ roles: [role] })),
    );
  });
  after(() => gateway?.stop());

  const status = async (path, token) => (await gateway.send(path, { token })).status;

  test('the highest role wins, and a higher one includes the lower', async () => {
    await gateway.route({ name: 'managers', path: '/managers/', roles: ['MANAGER'] });
    assert.equal(await status('/managers/x', admin.accessToken), 200);
    assert.equal(await status('/managers/x', manager.accessToken), 200);
    assert.equal(await status('/managers/x', technician.accessToken), 403);
    const both = await gateway.person({ roles: ['TECHNICIAN', 'MANAGER'] });
    assert.equal(await status('/managers/x', both.accessToken), 200);
    const none = await gateway.person({ roles: [] });
    assert.equal(await status('/managers/x', none.accessToken), 403);
  });

  test("a tenant's own role has the rank it was given", async () => {
    await gateway.admin('POST', '/tenant/home/v2/Roles', { name: 'AUDITOR', rank: 1 });
    await gateway.route({ name: 'auditors', path: '/auditors/', roles: ['AUDITOR'] });
    const auditor = await gateway.person({ roles: ['AUDITOR'] });
    assert.equal(await status('/auditors/x', auditor.accessToken), 200);
    const none = await gateway.person({ roles: [] });
    assert.equal(await status('/auditors/x', none.accessToken), 403);
  });

  test('more than three roles are refused', async () => {
    const answer = await gateway.send('/tenant/home/v2/Users', {
      method: 'POST',
      token: gateway.adminToken,
      json: { email: 'many@example.com', roles: ['ADMIN', 'MANAGER', 'TECHNICIAN', 'AUDITOR'] },
    });
    assert.equal(answer.status, 400);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
  });

  test('an API key needs every scope that the route names', async () => {
    await gateway.route({ name: 'writers', path: '/writers/', scopes: ['read', 'write'] });
    const use = async (scopes) => {
      const { apiKey } = await gateway.apiKey(manager, { scopes });
      return (await gateway.send('/writers/x', { headers: { 'X-API-Key': apiKey } })).status;
    };
    assert.equal(await use(['read']), 403);
    assert.equal(await use(['read', 'write']), 200);
    assert.equal(await use(['read', 'write', 'webhooks:manage']), 200);
  });

  test('only the credentials that a route names are accepted', async () => {
    await gateway.route({ name: 'keys-only', path: '/keys-only/', credentials: ['apiKey'] });
    const { apiKey } = await gateway.apiKey(manager);
    const cookie = await gateway.cookie(manager);
    assert.equal((await gateway.send('/keys-only/x', { headers: { 'X-API-Key': apiKey } })).status, 200);
    assert.equal((await gateway.send('/keys-only/x', { token: manager.accessToken })).status, 401);
    assert.equal((await gateway.send('/keys-only/x', { headers: { Cookie: cookie } })).status, 401);
  });

  test('a mistyped API key is refused', async () => {
    const { apiKey } = await gateway.apiKey(manager);
    const last = apiKey.at(-1) === 'A' ? 'B' : 'A';
    for (const wrong of [
      apiKey.slice(0, -1) + last,
      apiKey.slice(0, -1),
      `${apiKey}A`,
      apiKey.toUpperCase(),
      'pc_x_y',
    ]) {
      assert.equal((await gateway.send('/app/x', { headers: { 'X-API-Key': wrong } })).status, 401, wrong);
    }
  });

  test('an expired API key is refused', async () => {
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    const { apiKey } = await gateway.apiKey(manager, { expiresAt });
    const use = () => gateway.send('/app/x', { headers: { 'X-API-Key': apiKey } });
    assert.equal((await use()).status, 200);
    await new Promise((go) => setTimeout(go, 2_600));
    assert.equal((await use()).status, 401);
  });

  test("a route's limit counts each user and says so in headers", async () => {
    const rateLimit = { requests: 3, windowSeconds: 60, key: 'user' };
    await gateway.route({ name: 'limited', path: '/limited/', rateLimit });
    for (let left = 2; left >= 0; left -= 1) {
      const answer = await gateway.send('/limited/x', { token: manager.accessToken });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers['ratelimit-limit'], '3');
      assert.equal(answer.headers['ratelimit-remaining'], String(left));
      assert.match(answer.headers['ratelimit-reset'], /^\d+$/);
    }
    const refused = await gateway.send('/limited/x', { token: manager.accessToken });
    assert.equal(refused.status, 429);
    assert.equal(refused.json.code, 'RATE_LIMITED');
    assert.ok(Number(refused.headers['retry-after']) >= 1 && Number(refused.headers['retry-after']) <= 60);
    assert.equal(refused.headers['ratelimit-remaining'], '0');
    assert.equal(await status('/limited/x', technician.accessToken), 200, 'another user has a count of their own');
  });

  test("a route's limit is exact among parallel requests", async () => {
    const rateLimit = { requests: 10, windowSeconds: 60, key: 'user' };
    await gateway.route({ name: 'exact', path: '/exact/', rateLimit });
    const statuses = await Promise.all(Array.from({ length: 60 }, () => status('/exact/x', admin.accessToken)));
    assert.equal(statuses.filter((each) => each === 200).length, 10);
    assert.equal(statuses.filter((each) => each === 429).length, 50);
  });

  test('an answer for one person is not stored for another', async () => {
    const answer = await gateway.send('/app/x', { headers: { Cookie: await gateway.cookie(manager) } });
    assert.match(answer.headers['cache-control'] ?? '', /private|no-store/);
    // Of an answer to `Authorization` that says nothing, no shared cache keeps anything (RFC 9111 §3.5).
    const bearer = await gateway.send('/app/x', { token: manager.accessToken });
    for (const name of ['cache-control', 'expires', 'last-modified', 'etag']) assert.equal(bearer.headers[name], undefined, name);
    const refused = await gateway.send('/app/x');
    assert.match(refused.headers['cache-control'] ?? '', /no-store/);
  });

  test('a changed route takes effect within seconds', async () => {
    const made = await gateway.route({ name: 'changing', path: '/changing/', auth: 'none' });
    assert.equal((await gateway.send('/changing/x')).status, 200);
    const id = made.id ?? made.name;
    await gateway.admin('DELETE', `/tenant/home/v2/Routes/${id}`);
    const end = Date.now() + 7_000;
    let last;
    do last = (await gateway.send('/changing/x')).status;
    while (last !== 404 && Date.now() < end && (await new Promise((go) => setTimeout(() => go(true), 200))));
    assert.equal(last, 404);
  });
});

describe("a browser's way in", () => {
  let gateway;
  let person;
  before(async () => {
    gateway = await startGateway();
    await gateway.route({ name: 'app', path: '/app/' });
    person = await gateway.makePerson();
  });
  after(() => gateway?.stop());

  test('a navigation without a session goes to the login page and comes back', async () => {
    const refused = await gateway.send('/app/page?tab=2&q=a%20b', { headers: NAVIGATION });
    assert.equal(refused.status, 303);
    const login = new URL(refused.headers.location, gateway.url);
    assert.equal(login.origin, gateway.url);
    assert.equal(login.pathname, '/tenant/home/login');
    assert.equal(login.searchParams.get('return_to'), '/app/page?tab=2&q=a%20b');

    const page = await gateway.send(login.pathname + login.search, { headers: NAVIGATION });
    assert.equal(page.status, 200);
    assert.match(page.headers['content-type'], /^text\/html; ?charset=utf-8/i);
    assert.match(page.headers['content-security-policy'], /frame-ancestors 'none'/);
    assert.equal(page.headers['referrer-policy'], 'no-referrer');
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    assert.match(page.headers['cache-control'], /no-store/);
    assert.ok(!/<script(?! src="\/(passkeys|portcullis)\.js" defer><\/script>)/i.test(page.text), 'no script but our own files');

    const posted = await gateway.send('/tenant/home/login', {
      method: 'POST',
      form: { email: person.email, password: PASSWORD, return_to: login.searchParams.get('return_to') },
      headers: SKIP_LIMITS,
    });
    assert.equal(posted.status, 303, posted.text);
    assert.equal(new URL(posted.headers.location, gateway.url).href, `${gateway.url}/app/page?tab=2&q=a%20b`);
    const set = posted.headers['set-cookie'].find((line) => line.startsWith(`${COOKIE}=`));
    const attributes = set
      .split(/; */)
      .slice(1)
      .map((each) => each.toLowerCase());
    for (const wanted of ['secure', 'httponly', 'samesite=lax', 'path=/']) assert.ok(attributes.includes(wanted), set);
    assert.ok(!attributes.some((each) => each.startsWith('domain')), set);

    const back = await gateway.send('/app/page', { headers: { ...NAVIGATION, Cookie: sessionCookie(posted) } });
    assert.equal(back.status, 200);
    assert.ok(back.text.includes(person.id));
  });

  test('a program without a session gets JSON, not a page', async () => {
    const answer = await gateway.send('/app/page', { headers: { Accept: 'application/json' } });
    assert.equal(answer.status, 401);
    assert.equal(answer.json.code, 'UNAUTHORIZED');
  });

  test('a form or fetch without a session is not redirected', async () => {
    const posted = await gateway.send('/app/page', { method: 'POST', form: { a: '1' }, headers: NAVIGATION });
    assert.equal(posted.status, 401);
    const fetched = await gateway.send('/app/page', { headers: { Accept: 'text/html', 'Sec-Fetch-Mode': 'cors' } });
    assert.equal(fetched.status, 401);
  });

  test('the way back never leads to another origin', async () => {
    const elsewhere = [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example/',
      '\\\\evil.example',
      '/\t/evil.example',
      '/%0d%0aSet-Cookie:%20x=y',
      '/x\r\nSet-Cookie: stolen=1',
      'javascript:alert(1)',
      '@evil.example',
      '.evil.example',
      '/..//evil.example',
      '',
    ];
    for (const return_to of elsewhere) {
      const posted = await gateway.send('/tenant/home/login', {
        method: 'POST',
        form: { email: person.email, password: PASSWORD, return_to },
        headers: SKIP_LIMITS,
      });
      assert.equal(posted.status, 303, `${JSON.stringify(return_to)}: ${posted.text}`);
      assert.equal(new URL(posted.headers.location, gateway.url).origin, gateway.url, JSON.stringify(return_to));
      assert.equal(posted.headers['set-cookie'].length, 1);
      const page = await gateway.send(`/tenant/home/login?return_to=${encodeURIComponent(return_to)}`);
      assert.ok(page.status < 500);
    }
  });

  test('the page escapes what it is given', async () => {
    const page = await gateway.send(
      `/tenant/home/login?return_to=${encodeURIComponent('/"><script>alert(1)</script>')}`,
    );
    assert.ok(!page.text.includes('<script>alert'), page.text);
    const posted = await gateway.send('/tenant/home/login', {
      method: 'POST',
      form: { email: '"><script>alert(1)</script>', password: 'x', return_to: '/' },
    });
    assert.ok(!posted.text.includes('<script>alert'), posted.text);
  });

  test('another site cannot sign a browser in', async () => {
    const posted = await gateway.send('/tenant/home/login', {
      method: 'POST',
      form: { email: person.email, password: PASSWORD, return_to: '/' },
      headers: { ...SKIP_LIMITS, Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
    });
    assert.ok(posted.status >= 400 && posted.status < 500, String(posted.status));
    assert.equal(posted.headers['set-cookie'], undefined);
  });

  test('a cookie alone does not change things from another site', async () => {
    const cookie = await gateway.cookie(person);
    const headers = { Cookie: cookie, Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    const answer = await gateway.send('/app/x', { method: 'POST', json: {}, headers });
    assert.ok([401, 403].includes(answer.status), answer.text);
  });

  test('signing out ends the session', async () => {
    const cookie = await gateway.cookie(person);
    const out = await gateway.send('/tenant/home/logout', { method: 'POST', form: {}, headers: { Cookie: cookie } });
    assert.ok([200, 303].includes(out.status), out.text);
    assert.match(out.headers['set-cookie'].join(), new RegExp(`${COOKIE}=;.*Max-Age=0`, 'i'));
    const end = Date.now() + 7_000;
    let last;
    do last = (await gateway.send('/app/page', { headers: { Cookie: cookie } })).status;
    while (last !== 401 && Date.now() < end && (await new Promise((go) => setTimeout(() => go(true), 200))));
    assert.equal(last, 401);
  });
});
