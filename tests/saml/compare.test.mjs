// The corpus is what forge.py makes, and other readers of SAML say the same of it as we do, but for the differences that
// differences.md explains one by one. What we say is held by the native tests: every valid message is accepted, every
// forged one refused.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const python = process.env.PYTHON ?? 'python3';
const lines = (text) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
const corpus = (name) => readFileSync(here(`corpus/${name}.jsonl`), 'utf8');
const VICTIM = 'admin@acme.example';

/** Runs a program over JSON lines. */
function ask(command, args, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: here('.'), stdio: ['pipe', 'pipe', 'pipe'] });
    let [out, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${args[0] ?? command} ended with ${code}: ${errors.slice(-2000)}`))));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

const hasXmlsec1 = spawnSync('xmlsec1', ['--version']).status === 0;
const READERS = {
  'python3-saml': [python, ['oracles/python3_saml.py']],
  'node-saml': [process.execPath, ['oracles/node_saml.mjs']],
  ...(hasXmlsec1 && { xmlsec1: [python, ['oracles/xmlsec1.py']] }),
};
if (!hasXmlsec1) console.log('not run: the comparison with xmlsec1, as it is not installed (Debian: xmlsec1)');

const files = { valid: lines(corpus('valid')), harmless: lines(corpus('harmless')) };
/** What each reader answered: `answers[reader][file]` is a map by name. */
const answers = {};

before(async () => {
  // node-saml knows RSA alone: each forgery is made over an RSA signature, so that none is refused for that.
  files.forged = lines(await ask(python, ['-W', 'ignore', 'forge.py', '--rsa'], ''));
  await Promise.all(Object.entries(READERS).map(async ([reader, [command, args]]) => {
    answers[reader] = {};
    for (const [file, all] of Object.entries(files)) {
      const text = await ask(command, args, all.map((line) => JSON.stringify(line)).join('\n'));
      answers[reader][file] = new Map(lines(text).map((answer) => [answer.name, answer]));
    }
  }));
});

test('forge.py makes the corpus that is committed, byte for byte', async () => {
  assert.match(await ask(python, ['-W', 'ignore', 'forge.py', '--check'], ''), /forged/);
});

test('the corpus is as large as it says', () => {
  assert.ok(files.valid.length >= 100, `${files.valid.length} valid`);
  assert.ok(new Set(files.valid.map((line) => line.signer)).size >= 10);
  const forged = lines(corpus('forged'));
  assert.ok(forged.length >= 700, `${forged.length} forged`);
  const signed = new Set(files.valid.map((line) => JSON.stringify([line.message, line.sp, line.idp, line.options, line.inResponseTo, line.now, line.used, line.kind])));
  for (const line of forged) {
    assert.ok(line.why && line.class, line.name);
    assert.ok(!signed.has(JSON.stringify([line.message, line.sp, line.idp, line.options, line.inResponseTo, line.now, line.used, line.kind])), `${line.name} is a valid one`);
  }
});

for (const reader of Object.keys(READERS).filter((name) => name !== 'xmlsec1')) {
  describe(reader, () => {
    test('reads of each valid message that it accepts what we read', () => {
      for (const line of files.valid) assertReadAs(line, answers[reader].valid.get(line.name));
    });
    test('reads of each harmless one that it accepts what was signed', () => {
      for (const line of files.harmless) assertReadAs(line, answers[reader].harmless.get(line.name));
    });
  });
}

function assertReadAs({ name, kind, expect, message }, answer) {
  if (!answer.accepted || kind === 'logoutResponse') return;
  if (answer.nameId !== undefined) assert.equal(answer.nameId, expect.nameId, name);
  if (answer.attributes === undefined) return;
  // Three readings of theirs that differences.md tells: node-saml gives one value without a list and of several elements of
  // one name the last, and both leave out an empty value.
  const texts = (value) => [value].flat().map((one) => (typeof one === 'string' ? one : (one?._ ?? ''))).filter(Boolean);
  for (const [key, values] of Object.entries(expect.attributes)) {
    const read = texts(answer.attributes[key] ?? []);
    const elements = message.split(`Name="${key}"`).length - 1;
    const wanted = values.filter(Boolean);
    assert.deepEqual(read, elements > 1 && read.length === 1 ? wanted.slice(-1) : wanted, `${name}: ${key}`);
  }
  assert.deepEqual(Object.keys(answer.attributes).sort(), Object.keys(expect.attributes).sort(), name);
}

if (hasXmlsec1) {
  test('xmlsec1 verifies each valid message that is posted', () => {
    for (const line of files.valid.filter((one) => one.binding === 'post')) assert.equal(answers.xmlsec1.valid.get(line.name).accepted, true, line.name);
  });
}

test('others verify the messages that we sign, and find our certificate good', async () => {
  const args = ['-W', 'ignore', 'oracles/ours.py', ...(hasXmlsec1 ? ['--xmlsec1'] : [])];
  const asked = lines(await ask(python, args, corpus('ours')));
  assert.equal(asked.length, 6);
  const all = (one, value) => Object.values(one).every((said) => said === value);
  for (const { name, certificate, verified, changed } of asked) {
    assert.equal(certificate, true, `${name}: the certificate`);
    assert.ok(all(verified, true), `${name}: ${JSON.stringify(verified)}`);
    assert.ok(all(changed, false), `${name}, changed: ${JSON.stringify(changed)}`);
  }
});

test('every difference is explained in differences.md, and every one that it explains is there', () => {
  const found = differences();
  const wrong = [];
  for (const row of readFileSync(here('differences.md'), 'utf8').split('\n').filter((one) => one.startsWith('| ') && one.split('|').length === 7)) {
    const [reader, says, what, of, why] = row.split('|').slice(1, -1).map((cell) => cell.trim());
    if (!(reader in READERS)) continue;
    // A row may explain several classes at once, where the reason is the same.
    const groups = what.split('; ').map((group) => `${reader} | ${says} | ${group}`);
    const sum = { differ: 0, all: 0, victim: 0 };
    for (const group of groups) {
      for (const key of Object.keys(sum)) sum[key] += found.get(group)?.[key] ?? NaN;
      found.delete(group);
    }
    if (of !== figures(sum) || why.length < 20) wrong.push(`| ${reader} | ${says} | ${what} | ${figures(sum)} | … |`);
  }
  for (const [key, one] of found) wrong.push(`| ${key} | ${figures(one)} | … |`);
  assert.equal(wrong.length, 0, `rows that differences.md lacks, or has otherwise:\n${wrong.join('\n')}`);
});

const figures = ({ differ, all, victim }) => `${differ} of ${all}${victim ? `, ${victim} as the victim` : ''}`;

/** Where a reader says otherwise than we do: how many of each class. */
function differences() {
  const found = new Map();
  for (const reader of Object.keys(READERS)) {
    const valid = count(files.valid, (line) => answers[reader].valid.get(line.name), subject, (answer) => answer.accepted === false);
    for (const [what, of] of valid) found.set(`${reader} | refuses valid | ${what}`, of);
    const forged = count(files.forged, (line) => answers[reader].forged.get(line.name), (line) => line.class, (answer) => answer.accepted === true);
    for (const [what, of] of forged) found.set(`${reader} | accepts forged | ${what}`, of);
  }
  return found;
}

function count(all, answerOf, groupOf, differs) {
  const groups = new Map();
  for (const line of all) {
    const answer = answerOf(line);
    if (answer.accepted === null) continue;
    const group = groups.get(groupOf(line)) ?? { all: 0, differ: 0, victim: 0 };
    groups.set(groupOf(line), group);
    group.all += 1;
    if (!differs(answer)) continue;
    group.differ += 1;
    group.victim += answer.nameId === VICTIM ? 1 : 0;
  }
  return [...groups].filter(([, { differ }]) => differ > 0);
}

/** What a valid message has that a reader may not know. */
function subject({ kind, binding, message }) {
  if (message.includes('ecdsa')) return 'ECDSA';
  if (message.includes('sha384')) return 'SHA-384';
  return `${kind} by ${binding}`;
}
