// The programs that show how an origin verifies the assertion: they believe a live one, and none of twenty bad ones.
// Go and Java are in tests/clients, where Go and Maven are at hand.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { freePort, workerd } from '../../scripts/lib/worker.mjs';
import { startIssuer, tampered } from './bad-tokens.mjs';
import { startGateway } from './harness.mjs';
import { send } from './http.mjs';
import { startMirror } from './origins.mjs';

const run = promisify(execFile);
const program = (path) => fileURLToPath(new URL(`../origin/verify/${path}`, import.meta.url));

/** A program that is run for each token: what it says, or its failure. */
const command = (executable, file) => async (settings) => ({
  verify: async (token) =>
    (await run(executable, [file], { env: { ...process.env, ...settings, TOKEN: token }, timeout: 20_000 })).stdout.trim(),
  stop() {},
});

/** A Worker that answers who the caller is, with a token in `header`. */
const worker = (file, header, before = '') => async (bindings) => {
  const bundled = await build({ entryPoints: [program(file)], bundle: true, write: false, format: 'esm', target: 'es2022', logLevel: 'error' });
  const port = await freePort('127.0.0.1');
  const { mf } = await workerd({
    modules: [{ type: 'ESModule', path: 'worker.js', contents: bundled.outputFiles[0].text }],
    compatibilityDate: '2026-07-01', bindings, unsafeDirectSockets: [{ host: '127.0.0.1', port }],
  });
  return {
    async verify(token) {
      const answer = await send(`http://127.0.0.1:${port}`, '/', { headers: { [header]: before + token } });
      if (answer.status === 401) throw new Error(answer.text);
      assert.equal(answer.status, 200, answer.text);
      return answer.text;
    },
    stop: () => mf.dispose(),
  };
};

const PROGRAMS = {
  node: command(process.execPath, program('node/verify.mjs')),
  python: command(process.env.PYTHON ?? 'python3', program('python/verify.py')),
  hono: worker('hono/worker.mjs', 'Authorization', 'Bearer '),
  'WebCrypto in a Worker': worker('worker/worker.mjs', 'X-Portcullis-Assertion'),
};

describe('the programs for origins', () => {
  let gateway;
  let mirror;
  let person;
  let assertion;
  let own;

  before(async () => {
    [gateway, own, mirror] = await Promise.all([startGateway(), startIssuer(), startMirror()]);
    await gateway.route({ name: 'mirror', path: '/mirror', origin: mirror.url });
    person = await gateway.person();
    const answer = await gateway.send('/mirror', { token: person.accessToken });
    assert.equal(answer.status, 200, answer.text);
    assertion = answer.text;
  });
  after(async () => {
    mirror?.stop();
    own?.stop();
    await gateway?.stop();
  });

  for (const [language, start] of Object.entries(PROGRAMS)) {
    test(`${language}: a live assertion names the caller, and nothing else is believed`, async () => {
      const ISSUER = `${gateway.url}/tenant/home`;
      const settings = { JWKS_URL: `${ISSUER}/.well-known/jwks.json`, ISSUER, AUDIENCE: 'app' };
      const right = await start(settings);
      try {
        assert.equal(await right.verify(assertion), person.id);
        await assert.rejects(right.verify(tampered(assertion)), 'another signature');
        await assert.rejects(right.verify(person.accessToken), 'an access token');
      } finally {
        await right.stop();
      }
      for (const wrong of [{ AUDIENCE: 'another' }, { ISSUER: `${ISSUER}2` }]) {
        const other = await start({ ...settings, ...wrong });
        try {
          await assert.rejects(other.verify(assertion), JSON.stringify(wrong));
        } finally {
          await other.stop();
        }
      }
    });

    test(`${language}: twenty bad assertions are refused`, { timeout: 60_000 }, async () => {
      const { good, bad } = await own.tokens('gw+jwt', 'app');
      const { verify, stop } = await start({ JWKS_URL: own.jwksUrl, ISSUER: own.issuer, AUDIENCE: 'app' });
      try {
        assert.equal(await verify(good), 'someone');
        assert.equal(Object.keys(bad).length, 20);
        await Promise.all(Object.entries(bad).map(([what, token]) => assert.rejects(verify(token), what)));
      } finally {
        await stop();
      }
    });
  }
});
