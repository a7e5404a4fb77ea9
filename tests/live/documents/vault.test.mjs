// The user API's document, from "Provider & Integration API" on: what people connect, example by example. A server of our
// own stands in for Google, as deployments in local mode may have one.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually, startGateway } from '../harness.mjs';
import { assertShape, Document } from './examples.mjs';
import { setUp, startService } from './service.mjs';

const document = new Document('user-api');
const DOCUMENTED = 'https://api.agnt.gg';

/** What the document shows behind a request line: the JSON up to the next words, without its comments. */
const shown = (line, nth = 0) => {
  const rest = document.after(line).replaceAll(/ \/\/ (or|Will|Decrypted).*$/gm, '').replace('// ... configuration fields\n', '');
  const starts = [...rest.matchAll(/[[{]/g)].map((match) => match.index);
  let begin = starts[0];
  for (let at = 0; ; at += 1) {
    const open = rest[begin];
    const close = open === '{' ? '}' : ']';
    let depth = 0;
    let end = begin;
    for (; end < rest.length; end += 1) {
      if (rest[end] === open) depth += 1;
      if (rest[end] === close) depth -= 1;
      if (depth === 0) break;
    }
    const text = rest.slice(begin, end + 1).replace(/,\s*}/, '}');
    if (at === nth) return JSON.parse(text);
    begin = starts.find((start) => start > end);
  }
};

describe("the user API's document on what is connected", () => {
  let gateway;
  let service;
  let person;

  before(async () => {
    gateway = await startGateway();
    service = await startService();
    person = await gateway.person({});
  });
  after(async () => {
    await gateway?.stop();
    await service?.stop();
  });

  /** Sends a documented request with the reader's own base URL, token and names. */
  const perform = (line, { token = person.accessToken, json, names = {} } = {}) => {
    const [method, url] = line.split(' ');
    let path = url.slice(DOCUMENTED.length);
    for (const [name, own] of Object.entries(names)) path = path.replace(name, own);
    return gateway.send(path, { method, token, json });
  };

  test('administrators set Google up, and everybody sees it as documented', async () => {
    await setUp(gateway, service);
    const answer = await perform('GET https://api.agnt.gg/auth/providers');
    assert.equal(answer.status, 200, answer.text);
    assertShape(answer.json, shown('GET https://api.agnt.gg/auth/providers'));
    assert.ok(answer.json.some((one) => one.id === 'google' && one.name === 'Google' && one.connectionType === 'oauth'));
    assert.doesNotMatch(answer.text, /canary/);
  });

  test('a provider of the own is made, read, changed and deleted', async () => {
    const json = shown('POST https://api.agnt.gg/auth/providers');
    assert.equal(json.id, 'custom-service');
    const token = gateway.adminToken;
    const made = await perform('POST https://api.agnt.gg/auth/providers', { token, json });
    assert.equal(made.status, 201, made.text);
    const names = { ':id': 'custom-service' };
    assert.equal((await perform('GET https://api.agnt.gg/auth/providers/:id', { names })).json.name, 'Custom Service');
    const changed = { ...json, name: 'Our Service' };
    assert.equal((await perform('PUT https://api.agnt.gg/auth/providers/:id', { token, names, json: changed })).json.name, 'Our Service');
    assert.equal((await perform('DELETE https://api.agnt.gg/auth/providers/:id', { token, names })).status, 200);
    assert.equal((await perform('GET https://api.agnt.gg/auth/providers/:id', { names })).status, 404);
  });

  test('Google is connected, listed and disconnected', async () => {
    const names = { ':provider': 'google' };
    const begun = await perform('GET https://api.agnt.gg/auth/connect/:provider', { names });
    assert.equal(begun.status, 200, begun.text);
    assertShape(begun.json, shown('GET https://api.agnt.gg/auth/connect/:provider'));
    const url = new URL(begun.json.authUrl);
    assert.equal(url.origin, service.url);
    assert.equal(url.searchParams.get('code_challenge_method'), 'S256');
    const state = url.searchParams.get('state');
    assert.equal(state.split(':')[0], 'google');

    const line = 'POST https://api.agnt.gg/auth/callback';
    assert.deepEqual(Object.keys(shown(line)), ['code', 'state']);
    const other = await gateway.person({});
    const stolen = await perform(line, { token: other.accessToken, json: { code: 'good-1', state } });
    assert.equal(stolen.status, 400, stolen.text);
    const done = await perform(line, { json: { code: 'good-1', state } });
    assert.equal(done.status, 200, done.text);
    assertShape(done.json, shown(line, 1));
    assert.equal(done.json.provider, 'google');
    assert.equal((await perform(line, { json: { code: 'good-1', state } })).status, 400);

    const connected = await perform('GET https://api.agnt.gg/auth/connected');
    assertShape(connected.json, shown('GET https://api.agnt.gg/auth/connected'));
    assert.equal(connected.json.connectedApps[0].email, 'user@gmail.com');
    assert.doesNotMatch(connected.text, /canary/);

    const valid = 'GET https://api.agnt.gg/auth/valid-token?providerId=google&userId=...';
    const token = await perform(valid, { names: { 'userId=...': `userId=${person.id}` } });
    assertShape(token.json, shown(valid));
    assert.equal(token.json.access_token, 'ya29.canary');
    const foreign = await perform(valid, { token: other.accessToken, names: { 'userId=...': `userId=${person.id}` } });
    assert.equal(foreign.status, 404, foreign.text);

    const gone = await perform('POST https://api.agnt.gg/auth/disconnect/:provider', { names });
    assertShape(gone.json, shown('POST https://api.agnt.gg/auth/disconnect/:provider'));
    await eventually(() => service.forms.filter((form) => form.path === '/revoke'), (revoked) => revoked.length === 2);
    assert.deepEqual((await perform('GET https://api.agnt.gg/auth/connected')).json.connectedApps, []);
  });

  test('the local callback takes what a browser brought', async () => {
    const begun = await perform('GET https://api.agnt.gg/auth/connect/:provider', { names: { ':provider': 'google' } });
    const state = new URL(begun.json.authUrl).searchParams.get('state');
    const names = { ':provider': 'google', 'code=...': 'code=good-2', 'state=...': `state=${encodeURIComponent(state)}` };
    const line = 'GET https://api.agnt.gg/auth/callback/:provider?code=...&state=...';
    assert.ok(document.text.includes(line));
    const done = await perform(line, { names });
    assert.equal(done.status, 200, done.text);
    assert.equal(done.json.provider, 'google');
  });

  test('a key is stored and retrieved', async () => {
    await gateway.admin('POST', '/auth/providers', { id: 'my-ai', name: 'My AI', connectionType: 'api_key' });
    for (const provider of ['openai', 'my-ai']) {
      const names = { ':providerId': provider };
      const line = 'POST https://api.agnt.gg/auth/apikeys/:providerId';
      assert.deepEqual(Object.keys(shown(line)), ['apiKey']);
      const stored = await perform(line, { names, json: { apiKey: `sk-canary-${provider}` } });
      assert.equal(stored.status, 200, stored.text);
      const read = await perform('GET https://api.agnt.gg/auth/apikeys/:providerId', { names });
      assertShape(read.json, shown('GET https://api.agnt.gg/auth/apikeys/:providerId'));
      assert.equal(read.json.apiKey, `sk-canary-${provider}`);
    }
  });

  test('the Google Search configuration is read', async () => {
    const line = 'GET https://api.agnt.gg/auth/google-search-keys';
    assert.equal((await perform(line)).status, 404);
    await gateway.admin('PUT', '/auth/google-search-keys', { apiKey: 'AIza', searchEngineId: 'cx' });
    const answer = await perform(line);
    assertShape(answer.json, shown(line));
    assert.deepEqual(answer.json, { apiKey: 'AIza', searchEngineId: 'cx' });
  });

  test('without a token the error is as documented', async () => {
    const answer = await gateway.send('/auth/connected', {});
    assert.equal(answer.status, 401);
    assertShape(answer.json, shown('Example Error Response'));
    assert.equal(answer.json.error, 'Authentication required');
  });
});
