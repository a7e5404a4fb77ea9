// Makes corpus/valid.jsonl anew, with every signer that this machine has; the lines of the others stay as they are. Messages
// of signers that write their own bear the time and random IDs of the day. After it, `python tests/saml/forge.py`.
//
//   PYTHON=…/bin/python node tests/saml/make.mjs [signer …]     (signers/requirements.txt names what that Python needs)
//
// Needs: Debian's xmlsec1 (xmlsec1, pysaml2), php-xml and simplesamlphp (simplesamlphp), Java 17 (jdk), and with Maven
// (keycloak).
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const python = process.env.PYTHON ?? 'python3';
/** How each group of signers is run; the signers are what its lines say. */
const MAKERS = {
  xmlsec1: [python, 'signers/xmlsec1.py'],
  signxml: [python, 'signers/signxml_.py'],
  'python3-saml': [python, 'signers/python3_saml.py'],
  node: [process.execPath, 'signers/node.mjs'],
  pysaml2: [python, '-W', 'ignore', 'signers/pysaml2_idp.py'],
  simplesamlphp: ['php', '-d', 'error_reporting=0', 'signers/simplesamlphp.php'],
  jdk: [python, 'signers/jdk.py'],
  keycloak: [process.execPath, 'signers/keycloak.mjs'],
};

const path = here('corpus/valid.jsonl');
let all = readFileSync(path, 'utf8').split('\n').filter(Boolean).map((text) => ({ text, line: JSON.parse(text) }));
const chosen = process.argv.slice(2);
for (const name of chosen.length ? chosen : Object.keys(MAKERS)) {
  const [command, ...args] = MAKERS[name];
  const made = spawnSync(command, args, { cwd: here('.'), encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, PYTHON: python } });
  if (made.status !== 0) {
    console.log(`not made: ${name}: ${made.error?.message ?? made.stderr.split('\n').filter(Boolean).pop()}`);
    continue;
  }
  const lines = made.stdout.split('\n').filter(Boolean).map((text) => ({ text, line: JSON.parse(text) }));
  const signers = new Set(lines.map(({ line }) => line.signer));
  const at = all.findIndex(({ line }) => signers.has(line.signer));
  const others = all.filter(({ line }) => !signers.has(line.signer));
  all = at < 0 ? [...others, ...lines] : [...others.slice(0, at), ...lines, ...others.slice(at)];
  console.log(`${lines.length} by ${[...signers].join(', ')}`);
}
writeFileSync(path, all.map(({ text }) => `${text}\n`).join(''));
