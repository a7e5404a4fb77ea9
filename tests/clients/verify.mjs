// The programs for origins that are run for each token: they believe a live assertion, and none of twenty bad ones.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startIssuer, tampered } from '../live/bad-tokens.mjs';
import { send } from '../live/http.mjs';
import { startMirror } from '../live/origins.mjs';
import { admin, commandOf, GATEWAY, ISSUER, makePerson, signIn } from './harness.mjs';

const run = promisify(execFile);

export function testsVerifier(name, args = []) {
  const [command, ...before_] = commandOf(name);
  const verify = async (TOKEN, settings) => {
    const env = { ...process.env, ...settings, TOKEN };
    return (await run(command, [...before_, ...args], { env, timeout: 30_000 })).stdout.trim();
  };
  let issuer;
  let mirror;
  before(async () => {
    [issuer, mirror] = await Promise.all([startIssuer(), startMirror()]);
  });
  after(() => {
    issuer?.stop();
    mirror?.stop();
  });

  test(`${name}: a live assertion names the caller, and nothing else is believed`, async () => {
    await admin('POST', '/tenant/home/v2/Routes', { name, path: `/${name}`, origin: mirror.url, audience: 'app' });
    const person = await makePerson();
    const token = await signIn(person);
    const answer = await send(GATEWAY, `/${name}`, { token });
    assert.equal(answer.status, 200, answer.text);
    const settings = { JWKS_URL: `${ISSUER}/.well-known/jwks.json`, ISSUER, AUDIENCE: 'app' };
    assert.equal(await verify(answer.text, settings), person.id);
    await assert.rejects(verify(tampered(answer.text), settings), 'another signature');
    await assert.rejects(verify(answer.text, { ...settings, AUDIENCE: 'another' }), 'for another origin');
    await assert.rejects(verify(answer.text, { ...settings, ISSUER: `${ISSUER}2` }), 'of another tenant');
    await assert.rejects(verify(token, { ...settings, AUDIENCE: ISSUER }), 'an access token');
  });

  test(`${name}: twenty bad assertions are refused`, async () => {
    const { good, bad } = await issuer.tokens('gw+jwt', 'app');
    const settings = { JWKS_URL: issuer.jwksUrl, ISSUER: issuer.issuer, AUDIENCE: 'app' };
    assert.equal(await verify(good, settings), 'someone');
    assert.equal(Object.keys(bad).length, 20);
    await Promise.all(Object.entries(bad).map(([what, token]) => assert.rejects(verify(token, settings), what)));
  });
}
