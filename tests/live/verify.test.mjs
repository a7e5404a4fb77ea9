// The snippets that show how an origin verifies the assertion: they believe a live one, and nothing else.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startGateway } from './harness.mjs';

const run = promisify(execFile);
const snippet = (path) => fileURLToPath(new URL(`../origin/verify/${path}`, import.meta.url));

const SNIPPETS = {
  node: [process.execPath, snippet('node/verify.mjs')],
  python: [process.env.PYTHON ?? 'python3', snippet('python/verify.py')],
};

/** An origin that answers with the assertion it got. */
function startMirror() {
  const server = http.createServer((request, response) => response.end(request.headers['x-portcullis-assertion']));
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close().closeAllConnections() });
    });
  });
}

/** Another character at that place from the end, so that the signature is another. */
const tampered = (token, at = -10) => token.slice(0, at) + (token.at(at) === 'A' ? 'B' : 'A') + token.slice(at + 1);

describe('the snippets for origins', () => {
  let gateway;
  let mirror;
  let person;
  let assertion;

  before(async () => {
    gateway = await startGateway();
    mirror = await startMirror();
    await gateway.route({ name: 'mirror', path: '/mirror', origin: mirror.url });
    person = await gateway.person();
    const answer = await gateway.send('/mirror', { token: person.accessToken });
    assert.equal(answer.status, 200, answer.text);
    assertion = answer.text;
  });
  after(async () => {
    mirror?.stop();
    await gateway?.stop();
  });

  for (const [language, [command, file]] of Object.entries(SNIPPETS)) {
    const verify = (token, more = {}) => {
      const ISSUER = `${gateway.url}/tenant/home`;
      const own = { JWKS_URL: `${ISSUER}/.well-known/jwks.json`, ISSUER, AUDIENCE: 'app', TOKEN: token, ...more };
      return run(command, [file], { env: { ...process.env, ...own }, timeout: 20_000 });
    };

    test(`${language}: a live assertion names the caller`, async () => {
      assert.equal((await verify(assertion)).stdout.trim(), person.id);
    });

    test(`${language}: nothing else is believed`, async () => {
      const issuer = `${gateway.url}/tenant/home`;
      await assert.rejects(verify(tampered(assertion)), 'another signature');
      await assert.rejects(verify(assertion, { AUDIENCE: 'another' }), 'for another origin');
      await assert.rejects(verify(assertion, { ISSUER: `${issuer}2` }), 'of another tenant');
      await assert.rejects(verify(person.accessToken, { AUDIENCE: issuer }), 'an access token');
    });
  }
});
