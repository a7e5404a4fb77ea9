// Bytes pass as they come, both ways, and every kind of HTTP conversation works.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { startGateway } from '../harness.mjs';

describe('streams', () => {
  let gateway;
  let person;
  let authorization;

  before(async () => {
    gateway = await startGateway();
    await gateway.route({ name: 'app', path: '/app/' });
    person = await gateway.person();
    authorization = { Authorization: `Bearer ${person.accessToken}` };
  });
  after(() => gateway?.stop());

  const open = (method, path, headers = {}) => {
    const { hostname, port } = new URL(gateway.url);
    const request = http.request({ hostname, port, method, path, headers: { ...authorization, ...headers } });
    const answered = new Promise((resolve, reject) => {
      request.on('response', resolve);
      request.on('error', reject);
    });
    return { request, answered };
  };

  test('the first server-sent event arrives long before the last', async () => {
    const { request, answered } = open('GET', '/app/sse?events=3&ms=400', { Accept: 'text/event-stream' });
    request.end();
    const response = await answered;
    assert.match(response.headers['content-type'], /^text\/event-stream/);
    const times = [];
    let text = '';
    for await (const chunk of response) {
      times.push(Date.now());
      text += chunk;
    }
    assert.match(text, /data: event 1\n\n[\s\S]*data: event 3\n\n$/);
    assert.ok(times.at(-1) - times[0] >= 500, `events came at ${times}`);
  });

  test("the request's body reaches the origin while it is still being sent", async () => {
    const { request, answered } = open('POST', '/app/sink', { 'Content-Type': 'application/octet-stream' });
    request.write('first');
    await delay(600);
    request.end('second');
    const response = await answered;
    const body = JSON.parse((await response.toArray()).join(''));
    assert.equal(body.bytes, 'firstsecond'.length);
    assert.ok(body.lastByteAt - body.firstByteAt >= 400, JSON.stringify(body));
  });

  test('a large answer passes unbuffered and whole', async () => {
    const { request, answered } = open('GET', '/app/big?mb=64');
    request.end();
    let bytes = 0;
    for await (const chunk of await answered) bytes += chunk.length;
    assert.equal(bytes, 64 * 1024 * 1024);
  });

  test("a large upload passes whole, though the API's own bodies are capped", async () => {
    const sent = Buffer.alloc(8 * 1024 * 1024, 'y');
    const answer = await gateway.send('/app/echo', {
      method: 'POST',
      body: sent,
      headers: { ...authorization, 'Content-Type': 'application/octet-stream' },
    });
    assert.equal(answer.status, 200);
    assert.ok(answer.bytes.equals(sent));
  });

  test("a client that leaves ends the origin's stream without harm", async () => {
    const { request, answered } = open('GET', '/app/sse?events=100&ms=100');
    request.end();
    const response = await answered;
    await new Promise((go) => response.once('data', go));
    response.on('error', () => {});
    request.on('error', () => {});
    request.destroy();
    assert.equal((await gateway.send('/app/x', { headers: authorization })).status, 200);
  });

  test('ranges and validators pass unchanged', async () => {
    const whole = await gateway.send('/app/range', { headers: authorization });
    assert.equal(whole.status, 200);
    assert.equal(whole.text.length, 1000);
    const part = await gateway.send('/app/range', { headers: { ...authorization, Range: 'bytes=5-14' } });
    assert.equal(part.status, 206);
    assert.equal(part.text, '5678901234');
    assert.equal(part.headers['content-range'], 'bytes 5-14/1000');
    const tag = whole.headers.etag;
    const same = await gateway.send('/app/range', { headers: { ...authorization, 'If-None-Match': tag } });
    assert.equal(same.status, 304);
    assert.equal(same.headers.etag, tag);
    assert.equal(same.text, '');
  });

  test('HEAD answers with headers alone', async () => {
    const answer = await gateway.send('/app/range', { method: 'HEAD', headers: authorization });
    assert.equal(answer.status, 200);
    assert.equal(answer.text, '');
  });

  test('every method passes as it is', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await gateway.send('/app/x', { method, headers: authorization });
      assert.equal(answer.json?.method, method, answer.text);
    }
  });

  const connect = (path, headers) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(gateway.url.replace('http', 'ws') + path, { headers });
      const messages = [];
      socket.on('message', (data, binary) => {
        messages.push(binary ? data : data.toString());
        if (messages.length === 1) resolve({ socket, messages, hello: JSON.parse(messages[0]) });
      });
      socket.on('unexpected-response', (_, response) =>
        reject(Object.assign(new Error('refused'), { status: response.statusCode })),
      );
      socket.on('error', reject);
    });

  test('a WebSocket opens with the assertion and echoes text and bytes', async () => {
    const { socket, messages, hello } = await connect('/app/socket', authorization);
    assert.equal(hello.claims.sub, person.id);
    assert.ok(!JSON.stringify(hello).includes(person.accessToken));
    socket.send('hello');
    socket.send(Buffer.from([1, 2, 3]));
    for (let waited = 0; messages.length < 3 && waited < 5_000; waited += 20) await delay(20);
    assert.equal(messages[1], 'hello');
    assert.deepEqual([...messages[2]], [1, 2, 3]);
    const closed = new Promise((go) => socket.once('close', go));
    socket.close(1000);
    assert.equal(await closed, 1000);
  });

  test('a WebSocket without a credential is refused before it opens', async () => {
    await assert.rejects(connect('/app/socket', {}), { status: 401 });
  });
});
