// docs/agents.md, "Acting at another service": its commands, run as they stand there, against the demo. Ada connects the mock
// calendar on her account page; an agent with a key of hers reads it, and can get no token of it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { demo } from '../../scripts/lib/demo.mjs';
import { picked, unescaped, Visitor } from './federation/harness.mjs';
import { SETUP_TOKEN, startGateway } from './harness.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const ADA = { email: 'ada@example.com', password: 'a long password' };
const ACCOUNT = '/tenant/home/account';
const GATEWAY = 'http://localhost:8787';

let gateway;
let running;
let commands;
let ada;

before(async () => {
  process.env.DEMO_PORT = '0';
  gateway = await startGateway({ setup: false });
  running = await demo(gateway.url, SETUP_TOKEN);
  const text = readFileSync(`${root}/docs/agents.md`, 'utf8');
  const chapter = text.slice(text.indexOf('## Acting at another service')).split(/\n## /)[0].replace(/^## /, '');
  commands = [...chapter.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block.replaceAll(GATEWAY, gateway.url));
  ada = new Visitor(gateway);
  await ada.post('/tenant/home/login', { ...ADA, return_to: ACCOUNT });
  assert.ok(ada.session);
});
after(async () => {
  await running?.stop();
  await gateway?.stop();
});

/** What a shell that keeps its variables from block to block prints: `[status, standard output, standard error]`. */
async function paste(...blocks) {
  const silent = blocks.slice(0, -1).map((block) => `{ ${block}\n} >/dev/null 2>&1`);
  const script = [...silent, blocks.at(-1)].join('\n');
  const { stdout, stderr, code = 0 } = await run('bash', ['-c', script], { cwd: root, timeout: 50_000 }).catch((error) => error);
  return [code, stdout.trim(), stderr.trim()];
}

/** Connects the calendar on the account page, as `person` there. */
async function connect(person, label = '') {
  const page = await ada.post(ACCOUNT, { section: 'connect', provider: 'calendar', label });
  assert.equal(page.status, 200, page.text);
  assert.match(page.text, /<code>events:read<\/code>/);
  const [, href] = /<a class="button" href="([^"]+)"/.exec(page.text);
  assert.match(await (await fetch(unescaped(href))).text(), /This is a mock of Calendar.*asks for <code>events:read<\/code>/s);
  const back = await ada.open(await picked(unescaped(href), person));
  assert.equal(back.status, 303, back.text);
  assert.equal(back.headers.location, `${ACCOUNT}?done=connected#connections`);
}

const rows = (text) => text.split('\n').map((line) => line.replace(/^\d{4}-\d\d-\d\d {2}/, ''));
const OWN = ['Tea with Mary Somerville', 'Opera', 'Letters to Charles'];

test('before the person has connected it, the agent says where to', async () => {
  assert.equal(commands.length, 3, commands.join('\n---\n'));
  const [code, out, error] = await paste(commands[0]);
  assert.deepEqual([code, out], [1, '']);
  assert.equal(error, `CONNECTION_NEEDED: Connect calendar first, or again, at ${gateway.url}${ACCOUNT}#connections`);
});

test('once it is connected, the agent reads it, and gets no token of it', async () => {
  await connect('ada');
  const account = await ada.open(ACCOUNT);
  assert.match(account.text, /Calendar \(mock\)[^]*ada@example\.com[^]*events:read[^]*never used/);
  const [code, out, error] = await paste(commands[0], commands[1]);
  assert.deepEqual([code, rows(out), error], [0, OWN, '']);
  assert.match((await ada.open(ACCOUNT)).text, /Calendar \(mock\)[^]*last used/);
  const [, refused] = await paste(commands[0], commands[2]);
  const answer = JSON.parse(refused);
  assert.equal(answer.statusCode, 403, refused);
  assert.doesNotMatch(refused, /ya29/);
});

test('a token that is over is renewed on the way, with a refresh token that is good once', async () => {
  for (let turn = 0; turn < 2; turn += 1) {
    await gateway.sql('UPDATE vault_connections SET expires_at = 1');
    const [code, out, error] = await paste(commands[0], commands[1]);
    assert.deepEqual([code, rows(out), error], [0, OWN, '']);
  }
});

test('a label chooses one of several, and a disconnected one is not used again', async () => {
  await connect('work', 'work');
  const choose = (label) => paste(commands[0], `CONNECTION=${label} ${commands[1]}`);
  assert.deepEqual(rows((await paste(commands[0], commands[1]))[1]), OWN);
  assert.deepEqual(rows((await choose('work'))[1]), ['Review of Note G', 'Demonstration of the engine']);
  assert.match((await choose('nothing'))[2], /^CONNECTION_NEEDED/);
  const off = await ada.post(ACCOUNT, { section: 'service-off', provider: 'calendar', label: 'work' });
  assert.equal(off.status, 303, off.text);
  assert.match((await choose('work'))[2], /^CONNECTION_NEEDED/);
  assert.equal((await paste(commands[0], commands[1]))[0], 0);
});
