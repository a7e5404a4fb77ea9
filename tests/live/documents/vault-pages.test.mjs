// docs/vault.md and docs/vault-admin.md: each of their examples, in each language, run in the order in which they stand there.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import * as oidc from 'openid-client';
import { Browser } from '../../clients/browser.mjs';
import { SKIP_LIMITS, startGateway } from '../harness.mjs';
import { discover, makeClient } from '../oidc/client.mjs';
import { assertShape, node } from './examples.mjs';
import { setUp, startService } from './service.mjs';

const run = promisify(execFile);
const page = (name) => readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8');

/** The blocks of code of a page: `{ language, code }`. */
const blocksOf = (text) => [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language, code]) => ({ language, code }));

describe('docs/vault.md', () => {
  const blocks = blocksOf(page('vault'));
  const of = (language) => blocks.filter((block) => block.language === language).map(({ code }) => code.trim());
  const [[, ...sh], [jsBefore, ...js], [pythonBefore, ...python], answers] = ['sh', 'js', 'python', 'json'].map(of);
  // An exchange is a client's, of a token that a person lent.
  const exchange = sh.findIndex((code) => code.includes('token-exchange'));

  /** How an example of each language is run; it prints what it was answered. */
  const LANGUAGES = {
    cURL: { examples: sh, run: async (code, env) => (await run('bash', ['-c', code], { env: { ...process.env, ...env } })).stdout },
    JavaScript: { examples: js, run: (code, env) => node(`${jsBefore}\nconsole.log(JSON.stringify(${code}));`, env) },
    Python: {
      examples: python,
      async run(code, env) {
        const script = `${pythonBefore}\nimport json\nprint(json.dumps(${code}))`;
        return (await run(process.env.PYTHON ?? 'python3', ['-c', script], { env: { ...process.env, ...env } })).stdout;
      },
    },
  };

  let gateway;
  let service;
  before(async () => {
    service = await startService();
    gateway = await startGateway();
    await setUp(gateway, service);
    await gateway.admin('PUT', '/auth/google-search-keys', { apiKey: 'AIza', searchEngineId: 'cx' });
  });
  after(() => Promise.all([gateway?.stop(), service?.stop()]));

  test('has every endpoint for callers in three languages, with its answer', () => {
    for (const { examples } of Object.values(LANGUAGES)) assert.equal(examples.length, answers.length);
    const missing = [
      ['GET', '/auth/providers'], ['GET', '/auth/providers/google'], ['GET', '/auth/connect/google'], ['POST', '/auth/callback'],
      ['GET', '/auth/callback/google'], ['GET', '/auth/connected'], ['GET', '/auth/connections/'], ['GET', '/auth/valid-token'],
      ['POST', '/auth/apikeys/openai'], ['GET', '/auth/apikeys/openai'], ['DELETE', '/auth/apikeys/openai'],
      ['POST', '/auth/disconnect/google'], ['GET', '/auth/google-search-keys'],
    ].filter(([method, path]) => !python.some((code) => code.startsWith(`ask('${method}', '${path}`)));
    assert.deepEqual(missing, []);
  });

  for (const [name, { examples, run: execute }] of Object.entries(LANGUAGES)) {
    test(`its examples in ${name} are answered as it says`, { timeout: 120_000 }, async () => {
      const person = await gateway.person();
      const env = { GATEWAY: gateway.url, TOKEN: person.accessToken, CODE: 'good-1' };
      const begin = async () => {
        const { json } = await gateway.send('/auth/connect/google', { token: person.accessToken, headers: SKIP_LIMITS });
        env.STATE = new URL(json.authUrl).searchParams.get('state');
      };
      for (const [at, code] of examples.entries()) {
        if (at === exchange) continue;
        const text = await execute(code, env);
        const answer = JSON.parse(text);
        assertShape(answer, JSON.parse(answers[at]), code);
        assert.notEqual(answer.success, false, `${code}: ${text}`);
        if (answer.authUrl) env.STATE = new URL(answer.authUrl).searchParams.get('state');
        // The next example ends another one.
        if (answer.provider === 'google' && answer.missingScopes && !answer.id) await begin();
        env.CONNECTION = answer.connectedApps?.[0].id ?? env.CONNECTION;
        if (answer.id === env.CONNECTION && answer.scopes) assert.deepEqual(answer.missingScopes, ['contacts']);
        if ('access_token' in answer) assert.equal(answer.access_token, 'ya29.canary');
      }
      assert.deepEqual((await gateway.send('/auth/connected', { token: person.accessToken })).json.connectedApps, []);
    });
  }

  test('a client exchanges a token that it was lent, in each language', { timeout: 60_000 }, async () => {
    const callback = createServer((_, response) => response.end('back')).listen(0, '127.0.0.1');
    await once(callback, 'listening');
    try {
      const person = await gateway.person();
      const ask = (path, options) => gateway.send(path, { token: person.accessToken, headers: SKIP_LIMITS, ...options });
      const { authUrl } = (await ask('/auth/connect/google')).json;
      const json = { code: 'good-1', state: new URL(authUrl).searchParams.get('state') };
      assert.equal((await ask('/auth/callback', { method: 'POST', json })).status, 200);

      const redirect_uri = `http://127.0.0.1:${callback.address().port}/callback`;
      const grant_types = ['authorization_code', 'urn:ietf:params:oauth:grant-type:token-exchange'];
      const made = await makeClient(gateway, { redirect_uris: [redirect_uri], grant_types, scope: 'read vault:read' });
      const config = await discover(gateway, made, oidc.ClientSecretBasic(made.client_secret));
      const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
      const code_challenge = await oidc.calculatePKCECodeChallenge(pkceCodeVerifier);
      const url = oidc.buildAuthorizationUrl(config, { redirect_uri, scope: 'read vault:read', code_challenge, code_challenge_method: 'S256' });
      const back = await new Browser().signIn(url, person);
      const lent = await oidc.authorizationCodeGrant(config, new URL(back.url), { pkceCodeVerifier });
      const env = {
        GATEWAY: gateway.url, ISSUER: `${gateway.url}/tenant/home`, TOKEN: lent.access_token,
        CLIENT_ID: made.client_id, CLIENT_SECRET: made.client_secret,
      };
      for (const { examples, run: execute } of Object.values(LANGUAGES)) {
        const answer = JSON.parse(await execute(examples[exchange], env));
        assertShape(answer, JSON.parse(answers[exchange]), examples[exchange]);
        assert.equal(answer.access_token, 'ya29.canary');
      }
    } finally {
      callback.closeAllConnections();
      callback.close();
    }
  });
});

describe('docs/vault-admin.md', () => {
  let gateway;
  let person;
  before(async () => {
    const { Response } = await import('miniflare');
    // Nothing of it leaves this machine.
    gateway = await startGateway({ miniflare: { outboundService: () => new Response('{}', { headers: { 'content-type': 'application/json' } }) } });
    person = await gateway.person();
  });
  after(() => gateway?.stop());

  test('its commands do what it says', { timeout: 120_000 }, async () => {
    const [begin, ...commands] = blocksOf(page('vault-admin')).filter(({ language }) => language === 'sh').map(({ code }) => code);
    const functions = begin.replace(/^export .*$/gm, '');
    const env = { ...process.env, GATEWAY: gateway.url, ADMIN: gateway.adminToken, PERSON: person.id };
    const asked = (path, options) => gateway.send(path, { token: person.accessToken, headers: SKIP_LIMITS, ...options });
    const put = (apiKey) => asked('/auth/apikeys/openai', { method: 'POST', json: { apiKey } });
    assert.equal((await put('sk-1')).status, 200);
    const seen = [];
    for (const block of commands) {
      // Each answer is followed by its status.
      const script = `${functions}\n${block}`.replaceAll('curl -sS', "curl -sS -w '\\n%{http_code}\\n'").replaceAll('…', 'x');
      const { stdout } = await run('bash', ['-c', script], { env });
      const statuses = stdout.match(/^\d{3}$/gm);
      assert.equal(statuses.length, block.match(/^(api|curl) /gm).length, `${block}${stdout}`);
      assert.ok(statuses.every((status) => status.startsWith('2')), `${block}${stdout}`);
      seen.push(...statuses);
      // A service's key is shown once.
      env.SERVICE = /"name":"assistant"/.test(block) ? JSON.parse(stdout.split('\n').at(-3)).apiKey : env.SERVICE;
      if (block.includes('"enabled":false')) {
        assert.equal((await put('sk-2')).status, 404, 'a provider that is off takes no keys');
        assert.equal((await asked('/auth/apikeys/openai')).json.apiKey, 'sk-1', 'what is connected is read as before');
      }
      if (block.includes('X-API-Key')) assert.match(stdout, /"apiKey":"wk-x"/);
    }
    assert.ok(seen.length >= 14, seen.join());
    const { items } = await gateway.admin('GET', '/tenant/home/v2/Routes?limit=100');
    assert.equal(items.find(({ name }) => name === 'forecast').connection, 'weather');
    const needed = await asked('/forecast/today');
    assert.equal(needed.status, 403, needed.text);
  });
});
