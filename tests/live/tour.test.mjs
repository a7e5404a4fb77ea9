// `npm start -- --demo` sets up what it prints, twice if need be; README.md shows the same session; and the long way,
// from an empty database by hand, works as the documents say it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { demo, session } from '../../scripts/lib/demo.mjs';
import { freePort } from '../../scripts/lib/worker.mjs';
import { assertSignedIn, picked, Visitor } from './federation/harness.mjs';
import { SETUP_TOKEN, startGateway } from './harness.mjs';

const run = promisify(execFile);
const ADA = { email: 'ada@example.com', password: 'a long password' };
const BROWSER = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' };
const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a shell prints for these commands, line by line. */
async function pasted(commands) {
  const { stdout } = await run('bash', ['-c', commands], { cwd: root, timeout: 50_000 });
  return stdout.trim().split('\n');
}

/** The blocks of README.md and docs/ that are whole sessions. */
function documented() {
  const docs = existsSync(`${root}/docs`) ? readdirSync(`${root}/docs`).filter((name) => name.endsWith('.md')) : [];
  const files = ['README.md', ...docs.map((name) => `docs/${name}`)];
  const blocks = (file) => [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/^```bash\n(GATEWAY=[^]*?)^```$/gm)];
  return files.flatMap((file) => blocks(file).map(([, text]) => ({ file, text })));
}

function assertSession(lines) {
  assert.equal(lines.length, 4, lines.join('\n'));
  const [withToken, withKey, signedOut, refused] = lines.map((line) => JSON.parse(line));
  for (const answer of [withToken, withKey]) {
    assert.equal(answer.path, '/app/hello');
    assert.equal(answer.claims.tenantId, 'home');
    assert.equal(answer.claims.aud, 'app');
    assert.ok(!('authorization' in answer.headers) && !('x-api-key' in answer.headers));
  }
  assert.equal(withKey.claims.sub, withToken.claims.sub);
  assert.equal(withKey.claims.scope, 'read');
  assert.ok(signedOut.message);
  assert.equal(refused.code, 'UNAUTHORIZED');
}

describe('the demo', () => {
  let gateway;
  before(async () => {
    process.env.DEMO_PORT = '0';
    gateway = await startGateway({ setup: false, vars: { REVOCATION_SECONDS: '0' } });
  });
  after(() => gateway?.stop());

  test('stands after the first start and after the next, with another origin, and its session works', { timeout: 120_000 }, async () => {
    for (const start of ['first', 'second']) {
      const { text, stop } = await demo(gateway.url, SETUP_TOKEN);
      try {
        assert.ok(text.endsWith(session(gateway.url)), start);
        assertSession(await pasted(text.slice(text.indexOf('GATEWAY='))));
        const links = text.slice(0, text.indexOf('GATEWAY=')).matchAll(/^ {2}\w[\w ]* (http\S+)/gm);
        const paths = [...links].map(([, url]) => url.replace(gateway.url, ''));
        const [app, account, docs, mail, mcp] = await Promise.all(paths.map((path) => gateway.send(path, { headers: path === '/mcp' ? {} : BROWSER })));
        // A person who is not signed in is led to the sign-in page.
        for (const page of [app, account]) assert.match(page.headers.location, /\/tenant\/home\/login/, page.text);
        assert.match(docs.text, /swagger/i);
        assert.equal(mail.json.items[0].to, 'ada@example.com');
        assert.equal(mcp.status, 401, mcp.text);
        assert.match(mcp.headers['www-authenticate'], /resource_metadata="[^"]*\/\.well-known\/oauth-protected-resource\/mcp".*scope="notes:read"/);
        assert.equal(paths.length, 5);
        // The mock of Google signs Ada in to her account.
        const [, mock] = /button "Google \(mock\)" leads to a mock at (http:\S+):/.exec(text);
        const visitor = new Visitor(gateway);
        assert.match((await visitor.open('/tenant/home/login')).text, /Google \(mock\)/);
        const there = await visitor.begin('google', { returnTo: '/app/hello' });
        assert.equal(there.origin, mock);
        assert.match(await (await fetch(there)).text(), /This is a mock of Google/);
        assertSignedIn(await visitor.open(await picked(there, 'known')), visitor);
        assert.equal((await visitor.claims()).sub, (await gateway.send('/api/auth/login', { method: 'POST', json: ADA })).json.data.user.id);
      } finally {
        await stop();
      }
    }
    const routes = await gateway.send('/api/auth/login', { method: 'POST', json: { email: 'admin@example.com', password: 'correct horse battery' } });
    const listed = await gateway.send('/tenant/home/v2/Routes', { token: routes.json.data.tokens.accessToken });
    assert.deepEqual(listed.json.items.map(({ path }) => path).sort(), ['/app/', '/calendar/', '/mcp'], listed.text);
  });

  test('does not take over a database whose administrator is another', { timeout: 60_000 }, async () => {
    const other = await startGateway({ setup: false });
    try {
      const json = { token: SETUP_TOKEN, email: 'someone@example.com', password: 'another good password' };
      assert.equal((await other.send('/setup', { method: 'POST', json })).status, 201);
      await assert.rejects(demo(other.url, SETUP_TOKEN), /has another administrator.*DATA_DIR/);
    } finally {
      await other.stop();
    }
  });
});

describe('the documented sessions', () => {
  const blocks = documented();
  const byHand = blocks.filter(({ text }) => text.includes('SETUP_TOKEN'));

  test('are the one that the demo prints, and at least one by hand', () => {
    const inReadme = blocks.filter(({ file }) => file === 'README.md').map(({ text }) => text);
    assert.ok(inReadme.includes(session('http://localhost:8787')), inReadme.join('\n\n'));
    assert.ok(byHand.length > 0);
    for (const { file, text } of blocks) assert.ok(byHand.some((one) => one.text === text) || text === session('http://localhost:8787'), `${file}: ${text}`);
  });

  for (const { file, text } of byHand) {
    test(`${file}: from an empty database to a call through the gateway`, { timeout: 90_000 }, async () => {
      const gateway = await startGateway({ setup: false, vars: { REVOCATION_SECONDS: '0' } });
      try {
        const commands = text
          .replace(/^GATEWAY=.*$/m, `GATEWAY=${gateway.url}`)
          .replace(/^SETUP_TOKEN=.*$/m, `SETUP_TOKEN=${SETUP_TOKEN}`)
          .replaceAll('9000', String(await freePort('127.0.0.1')));
        const answers = (await pasted(commands)).filter((line) => line.startsWith('{"method"')).map((line) => JSON.parse(line));
        assert.ok(answers.length > 0, commands);
        for (const answer of answers) {
          assert.equal(answer.path, '/app/hello');
          assert.equal(answer.claims.tenantId, 'home');
          assert.equal(answer.claims.aud, 'app');
        }
      } finally {
        await gateway.stop();
      }
    });
  }
});
