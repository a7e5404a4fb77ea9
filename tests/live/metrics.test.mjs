// What those who run it are told: `Server-Timing`, a line of the log for each request, and `npm run bench:edge`.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../../scripts/lib/paths.mjs';
import { ADMIN, SYSTEM_SECRET, eventually, startGateway } from './harness.mjs';

const run = promisify(execFile);
const ASKED = { 'X-Server-Timing': '1' };

describe('what a request waited for', () => {
  let gateway;
  let origin;
  let person;
  let said = '';
  const handleRuntimeStdio = (...streams) => {
    for (const stream of streams) stream.on('data', (chunk) => (said += chunk));
  };
  /** The log's lines of requests since then, once there are so many. */
  const lines = async (from, count) => {
    const all = () => said.slice(from).split('\n').filter((line) => line.includes('"event":"request"')).map((line) => JSON.parse(line.slice(line.indexOf('{'))));
    await eventually(async () => ({ status: all().length, text: said.slice(from) }), ({ status }) => status >= count);
    return all();
  };

  before(async () => {
    origin = createServer((request, response) => {
      response.setHeader('Server-Timing', 'db;dur=53');
      response.setHeader('Cache-Control', 'public, max-age=60');
      if (request.url.includes('redirect')) response.statusCode = 304;
      setTimeout(() => response.end(request.url.includes('redirect') ? undefined : 'from the origin'), 40);
    });
    await new Promise((listening) => origin.listen(0, '127.0.0.1', listening));
    gateway = await startGateway({ vars: { LOG_SAMPLE: '1' }, miniflare: { handleRuntimeStdio } });
    await gateway.route({ name: 'app', path: '/app/', origin: `http://127.0.0.1:${origin.address().port}` });
    person = await gateway.person();
  });
  after(async () => {
    await gateway?.stop();
    origin?.close();
  });

  test('an administrator is told, behind what the origin says itself', async () => {
    for (const path of ['/app/x', '/app/redirect']) {
      const answer = await gateway.send(path, { token: gateway.adminToken, headers: ASKED });
      assert.match(answer.headers['server-timing'], /^db;dur=53, storage;dur=\d+;desc="\d+ waits?", origin;dur=\d+, total;dur=\d+/);
      assert.equal(answer.headers['cache-control'], 'private, no-store');
      assert.equal(answer.text, path === '/app/x' ? 'from the origin' : '');
    }
    const me = await gateway.send('/api/auth/me', { token: gateway.adminToken, headers: ASKED });
    assert.match(me.headers['server-timing'], /^storage;dur=\d+;desc="\d+ waits?", total;dur=\d+/);
  });

  test('nobody else is, and the origin’s own field stays', async () => {
    for (const options of [{ token: person.accessToken, headers: ASKED }, { token: gateway.adminToken }]) {
      const answer = await gateway.send('/app/x', options);
      assert.equal(answer.headers['server-timing'], 'db;dur=53');
      assert.equal(answer.headers['cache-control'], 'public, max-age=60');
    }
    for (const path of ['/api/auth/me', '/tenant/home/v2/Users', '/healthz', '/app/x']) {
      const answer = await gateway.send(path, { headers: ASKED });
      assert.equal(answer.headers['server-timing'], undefined, path);
    }
  });

  test('a public document with timings is given to nobody else', async () => {
    const path = '/tenant/home/.well-known/jwks.json?once';
    const timed = await gateway.send(path, { headers: { ...ASKED, 'X-System-Secret': SYSTEM_SECRET } });
    assert.match(timed.headers['server-timing'], /^storage;/);
    for (const headers of [{}, ASKED, {}]) {
      const plain = await gateway.send(path, { headers });
      assert.equal(plain.headers['server-timing'], undefined);
      assert.match(plain.headers['cache-control'], /^public/);
    }
  });

  test('the log has one line a request, and nothing in it that was sent', async () => {
    const from = said.length;
    const path = '/tenant/home/.well-known/jwks.json?canary';
    for (let time = 0; time < 3; time += 1) assert.equal((await gateway.send(path)).status, 200);
    await gateway.send('/app/canary?canary=1', { token: person.accessToken, headers: { 'X-Canary': 'canary' } });
    await gateway.send('/api/auth/login', { method: 'POST', json: { email: 'canary@example.com', password: 'canary' } });
    await gateway.send('/docs/');
    const all = await lines(from, 6);
    assert.deepEqual(
      all.map(({ method, route, status, outcome }) => `${method} ${route} ${status} ${outcome}`),
      [
        'GET /tenant/{tenant}/.well-known/jwks.json 200 answered',
        'GET /tenant/{tenant}/.well-known/jwks.json 200 remembered',
        'GET /tenant/{tenant}/.well-known/jwks.json 200 remembered',
        'GET /app/ 200 forwarded',
        'POST /api/auth/login 401 refused',
        'GET /docs/ 200 file',
      ],
    );
    assert.ok(all[3].originMs >= 30 && all[3].totalMs >= all[3].originMs, JSON.stringify(all[3]));
    const login = all[4];
    assert.ok(login.hashes === 1 && login.waits >= 1 && login.databaseCalls >= 1 && login.rowsRead >= 1 && login.rowsWritten >= 1, JSON.stringify(login));
    assert.ok(login.counterCalls >= 1 && login.tenant === 'home', JSON.stringify(login));
    assert.doesNotMatch(said.slice(from), /canary/i);
  });

  test('npm run bench:edge measures it with one command', async () => {
    const key = (await gateway.apiKey({ accessToken: gateway.adminToken })).apiKey;
    const cookie = (await gateway.cookie(ADMIN)).split('=')[1];
    const env = {
      ...process.env, PORTCULLIS_EMAIL: ADMIN.email, PORTCULLIS_PASSWORD: ADMIN.password, PORTCULLIS_API_KEY: key, PORTCULLIS_COOKIE: cookie,
      PORTCULLIS_SYSTEM_SECRET: SYSTEM_SECRET, PORTCULLIS_TOKEN: '', PORTCULLIS_URL: '',
    };
    const bench = (...args) => run(process.execPath, ['scripts/bench-edge.mjs', ...args], { cwd: root, env });
    const { stdout, stderr } = await bench('--url', gateway.url, '--path', '/app/x', '--times', '5', '--logins', '2');
    const rows = stdout.split('\n').filter((line) => line.startsWith('| ')).slice(1).map((line) => line.split('|').map((cell) => cell.trim()));
    assert.deepEqual(
      rows.map(([, name, , , , statuses]) => `${name}: ${statuses}`),
      [
        'health: 200 × 5', 'JWK Set: 200 × 5', 'discovery: 200 × 5', 'sign-in page: 200 × 5', 'login: 200 × 2', 'who am I: 200 × 5',
        '/app/x, access token: 200 × 5', '/app/x, API key: 200 × 5', '/app/x, cookie: 200 × 5',
      ],
      stderr,
    );
    for (const [, name, ...cells] of rows) {
      const [p50, p95, p99] = cells.map(Number);
      assert.ok(p50 > 0 && p50 <= p95 && p95 <= p99, `${name}: ${cells}`);
      assert.match(cells[6], /storage \d+\.\d ms \(\d+ waits? × \d.*total \d+\.\d ms/, name);
      assert.equal(/origin \d/.test(cells[6]), name.startsWith('/app/x'), name);
    }
    assert.match(stdout, /data centre \| D1 \(`served_by_region`\)/);
    for (const secret of [key, cookie, ADMIN.password]) assert.ok(!`${stdout}${stderr}`.includes(secret));
    const help = await bench('--help');
    assert.match(help.stdout, /PORTCULLIS_API_KEY/);
    for (const [args, told] of [
      [[], /--url/],
      [['--url', 'http://auth.example.com'], /plain text/],
      [['--url', gateway.url, '--times', 'many'], /--times is a number/],
      [['--url', gateway.url, '--much'], /--much/],
    ]) {
      const failed = await bench(...args).catch((error) => error);
      assert.equal(failed.code, 1);
      assert.match(failed.stderr, told);
    }
  });
});
