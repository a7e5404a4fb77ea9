// Spring Security's resource server with the decoder that docs/oidc-clients.md shows.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startIssuer, tampered } from '../../live/bad-tokens.mjs';
import { send } from '../../live/http.mjs';
import { ISSUER, makePerson, port, signIn, startProgram } from '../harness.mjs';

const MAIN = ['-XX:TieredStopAtLevel=1', '-Dspring.main.banner-mode=off', 'api.Api'];

async function startApi(env) {
  const at = await port();
  const api = await startProgram(import.meta.url, MAIN, { ...env, SERVER_PORT: String(at), SERVER_ADDRESS: '127.0.0.1' });
  return { ...api, ask: (token) => send(`http://127.0.0.1:${at}`, '/api', { token }) };
}

test("Spring's resource server believes an access token of a person, and no other token", async () => {
  const person = await makePerson();
  const accessToken = await signIn(person);
  const api = await startApi({ ISSUER, AUDIENCE: ISSUER });
  try {
    const answer = await api.ask(accessToken);
    assert.deepEqual([answer.status, answer.text], [200, person.id], api.said());
    for (const token of [tampered(accessToken), undefined]) assert.equal((await api.ask(token)).status, 401);
  } finally {
    await api.stop();
  }
});

test("Spring's resource server refuses twenty bad access tokens", async () => {
  const issuer = await startIssuer();
  after(issuer.stop);
  const api = await startApi({ ISSUER: issuer.issuer, AUDIENCE: 'api' });
  try {
    const { good, bad } = await issuer.tokens('at+jwt', 'api');
    const answer = await api.ask(good);
    assert.deepEqual([answer.status, answer.text], [200, 'someone'], `${answer.headers['www-authenticate']} ${api.said()}`);
    for (const [what, token] of Object.entries(bad)) assert.equal((await api.ask(token)).status, 401, what);
  } finally {
    await api.stop();
  }
});
