// The authorization-server suite of @modelcontextprotocol/conformance, without a list of expected failures. Its step in
// a browser is a real Chromium's.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../../browser/launch.mjs';
import { send } from '../../live/http.mjs';
import { AGENT, SERVER } from '../agent.mjs';
import { GATEWAY, ISSUER, makeClient, makePerson, port } from '../harness.mjs';

const SUITE = fileURLToPath(new URL('node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));

let chromium;
before(async () => {
  chromium = await launchChromium();
});
after(() => chromium?.close());

/** A person signs in at that address, and allows what is asked for if anything is. */
async function signIn(url) {
  const person = await makePerson();
  const page = await (await chromium.newContext()).newPage();
  await page.goto(url);
  await page.fill('input[name=email]', person.email);
  await page.fill('input[name=password]', person.password);
  await page.click('form:has(input[name=password]) button[type=submit]:not([formaction])');
  const allow = page.locator('button[name=decision][value=allow]');
  await page.waitForFunction(() => document.body.innerText.includes('You can close this page') || document.querySelector('button[name=decision]'));
  if (await allow.count()) await allow.click();
  await page.waitForFunction(() => document.body.innerText.includes('You can close this page'));
}

/** Runs the suite for the client that `clientOf(redirectUri)` makes: every check of it is a success, no warning among them. */
async function passes(clientOf) {
  const at = await port();
  const { client_id: id, more = [] } = await clientOf(`http://127.0.0.1:${at}/callback`);
  const folder = mkdtempSync(join(tmpdir(), 'mcp-conformance-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const settings = ['--url', ISSUER, '--client-id', id, '--port', String(at), '--output-dir', folder, ...more];
  const suite = spawn(process.execPath, [SUITE, 'authorization', ...settings]);
  let said = '';
  let browsing;
  for (const stream of [suite.stdout, suite.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      said += chunk;
      const url = /^http\S+\/oauth2\/authorize\?\S+$/m.exec(said)?.[0];
      // A sign-in that fails ends the suite, which would wait for five minutes.
      if (url && chunk.includes('Waiting')) browsing = signIn(url).catch((error) => (suite.kill(), error));
    });
  }
  const code = await new Promise((resolve) => suite.once('close', resolve));
  assert.ifError(await browsing);
  assert.equal(code, 0, said);
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('checks.json'));
  const checks = files.flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  const found = Object.fromEntries(checks.map(({ id: check, status, errorMessage }) => [check, errorMessage ?? status]));
  assert.deepEqual(found, {
    'authorization-server-metadata': 'SUCCESS',
    'authorization-server-metadata-cimd': 'SUCCESS',
    'authorization-code-grant': 'SUCCESS',
  }, said);
}

const PUBLIC = { token_endpoint_auth_method: 'none' };

test("the suite passes with an administrator's client", () => passes((uri) => makeClient({ ...PUBLIC, redirect_uris: [uri] })));

test('the suite passes with a client that registered itself', () =>
  passes(async (uri) => {
    const made = await send(GATEWAY, '/tenant/home/oauth2/register', { method: 'POST', json: { ...PUBLIC, redirect_uris: [uri] } });
    assert.equal(made.status, 201, made.text);
    return made.json;
  }));

test('the suite passes with a client that its metadata document describes, for an MCP server', () =>
  passes(() => ({ client_id: AGENT, more: ['--resource', SERVER] })));
