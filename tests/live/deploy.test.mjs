// `npm run deploy` says what is still to be set before it builds, and the files for a deployment hold no trap.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'smol-toml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (name) => readFileSync(join(root, name), 'utf8');

/** What `npm run deploy` says to one who has no account, and whose home is that folder. */
function refused(home, ...args) {
  const { CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID, ...others } = process.env;
  const env = { ...others, HOME: home, XDG_CONFIG_HOME: home };
  const { status, stderr } = spawnSync(process.execPath, ['scripts/deploy.mjs', ...args], { cwd: root, env, encoding: 'utf8' });
  assert.equal(status, 1, stderr);
  assert.doesNotMatch(stderr, /the Worker/, 'nothing is built');
  return stderr;
}

describe('deploying', () => {
  test('without an account names everything that is unset, and builds nothing', { timeout: 60_000 }, () => {
    const home = mkdtempSync(join(tmpdir(), 'portcullis-nobody-'));
    try {
      const stderr = refused(home);
      for (const name of ['the account', 'database_id', 'ORIGIN', 'MAIL_FROM', 'SEAL_KEY', 'SETUP_TOKEN', 'RESEND_API_KEY']) {
        assert.match(stderr, new RegExp(`^  - .*\\b${name}\\b`, 'm'), stderr);
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  test('with a configuration of its own names what that lacks', { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-nobody-'));
    try {
      const file = join(folder, 'wrangler.production.toml');
      const own = read('wrangler.toml')
        .replace('00000000-0000-0000-0000-000000000000', '11111111-2222-3333-4444-555555555555')
        .replace('ORIGIN = ""', 'ORIGIN = "http://auth.example.com"')
        .replace('MAIL_TRANSPORT = "resend"', 'MAIL_TRANSPORT = "cloudflare"')
        .replace('MAIL_FROM = ""', 'MAIL_FROM = "no-reply@example.com"');
      writeFileSync(file, own);
      const stderr = refused(folder, '--config', file);
      assert.match(stderr, /^  - ORIGIN in wrangler\.production\.toml is http:/m);
      assert.match(stderr, /^  - .*\bSEAL_KEY\b/m);
      assert.doesNotMatch(stderr, /database_id|MAIL_FROM|RESEND_API_KEY/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('with a button asks for secrets alone: what makes a deployment local is not among them', () => {
    const example = read('.dev.vars.example');
    const names = [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)];
    assert.deepEqual(names.map(([, name]) => name), ['SEAL_KEY', 'SETUP_TOKEN', 'RESEND_API_KEY']);
    for (const [, , value] of names) assert.equal(value, '');
    const { cloudflare } = JSON.parse(read('package.json'));
    const { vars, d1_databases: [database] } = parse(read('wrangler.toml'));
    assert.equal(vars.MODE, 'production');
    for (const name of [...Object.keys(vars), ...names.map(([, name]) => name), database.binding]) {
      assert.ok(cloudflare.bindings[name]?.description, name);
    }
  });
});
