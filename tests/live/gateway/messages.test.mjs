// Requests with unusual lengths, and answers that come before the answer.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { startGateway } from '../harness.mjs';
import { raw, rawHead, rawRequest } from '../http.mjs';
import { ok, startRawOrigin } from '../raw-origin.mjs';

const ZIPPED = gzipSync('hello '.repeat(100)).toString('latin1');
const run = promisify(execFile);
const AUTHS = ['required', 'optional', 'none'];

describe('messages', () => {
  let gateway;
  let origin;
  let bearer;

  before(async () => {
    gateway = await startGateway();
    origin = await startRawOrigin((path) => {
      const early = /\/early(\d+)(-late)?/.exec(path);
      if (early) {
        const interim = `HTTP/1.1 ${early[1]} Early\r\nLink: </x.css>; rel=preload\r\n\r\n`;
        return early[2] ? [interim, 200, ok([], 'the answer')] : interim + ok([], 'the answer');
      }
      const status = /\/status(\d+)/.exec(path);
      if (status) {
        const nothing = ['204', '304'].includes(status[1]);
        return nothing ? `HTTP/1.1 ${status[1]} X\r\nETag: "x"\r\nConnection: close\r\n\r\n` : ok(['ETag: "x"'], status[1] === '205' ? '' : 'body', `${status[1]} X`);
      }
      if (path.endsWith('/zipped')) return ok(['Content-Encoding: gzip', 'Content-Type: text/plain'], ZIPPED);
      return ok(['Content-Type: text/plain']);
    });
    for (const auth of AUTHS) {
      await gateway.route({ name: auth, path: `/${auth}/`, auth });
      await gateway.route({ name: `raw-${auth}`, path: `/raw-${auth}/`, auth, origin: origin.url });
    }
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { allowedOrigins: ['https://app.example'] });
    bearer = `Authorization: Bearer ${(await gateway.person()).accessToken}`;
  });
  after(() => {
    origin?.stop();
    return gateway?.stop();
  });

  const lengths = {
    'no length': [[], ''],
    'a length of 0': [['Content-Length: 0'], ''],
    'a body': [['Content-Length: 5', 'Content-Type: text/plain'], 'hello'],
    'a chunked body': [['Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'],
    'an empty chunked body': [['Transfer-Encoding: chunked'], '0\r\n\r\n'],
  };

  for (const [what, [fields, body]] of Object.entries(lengths)) {
    test(`${what} passes with every method and auth kind`, async () => {
      for (const auth of AUTHS) {
        for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
          if (method === 'HEAD') {
            assert.match(await rawHead(gateway.url, method, `/${auth}/x`, [...fields, bearer], body), /^HTTP\/1\.1 200 /);
            continue;
          }
          const answer = await rawRequest(gateway.url, method, `/${auth}/x`, [...fields, bearer, 'Connection: close'], body);
          assert.equal(answer.status, 200, `${method} ${auth}: ${answer.head} ${answer.body}`);
          assert.equal(JSON.parse(answer.body).method, method);
          const echoed = await rawRequest(gateway.url, method, `/${auth}/echo`, [...fields, bearer, 'Connection: close'], body);
          assert.equal(echoed.body, body.includes('hello') ? 'hello' : '', `${method} ${auth}`);
        }
      }
    });
  }

  test('a GET with a body to an endpoint of ours leaves the connection usable', async () => {
    const { host } = new URL(gateway.url);
    const one = (path) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\n\r\nhello`;
    const answer = await raw(gateway.url, one('/healthz'));
    assert.equal(answer.status, 200);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let tries = 0; tries < 3; tries += 1) {
      const status = await new Promise((resolve, reject) => {
        const { port } = new URL(gateway.url);
        const headers = { 'Content-Length': '5' };
        const request = http.request({ host: '127.0.0.1', port, path: '/api/auth/me', headers, agent }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        });
        request.on('error', reject).end('hello');
      });
      assert.equal(status, 401);
    }
    agent.destroy();
  });

  test('an upload that waits for leave to go on arrives whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-upload-'));
    const file = join(folder, '2MB.bin');
    await writeFile(file, randomBytes(2 * 1024 * 1024));
    try {
      for (const auth of AUTHS) {
        const args = ['-sS', '-T', file, '-H', 'Expect: 100-continue', '-H', bearer, '-w', '%{http_code}', `${gateway.url}/${auth}/sink`];
        const { stdout } = await run('curl', args, { timeout: 20_000 });
        assert.match(stdout, /"bytes":2097152/);
        assert.match(stdout, /200$/);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    await rawRequest(gateway.url, 'PUT', '/raw-none/x', ['Expect: 100-continue', 'Content-Length: 2'], 'ab');
    assert.equal(origin.field('expect'), undefined);
  });

  for (const status of [100, 101, 102, 103, 199]) {
    test(`${status} by an origin's own accord is a 502, and the next answer is the next request's`, async () => {
      for (const auth of AUTHS) {
        for (const late of ['', '-late']) {
          const path = `/raw-${auth}/early${status}${late}`;
          const answer = await rawRequest(gateway.url, 'GET', path, [bearer, 'Origin: https://app.example', 'Connection: close']);
          assert.equal(answer.status, 502, answer.head);
          assert.equal(JSON.parse(answer.body).code, 'BAD_GATEWAY');
          assert.match(answer.head, /access-control-allow-origin: https:\/\/app\.example/i);
          assert.match(answer.head, /vary: .*Origin/i);
          const next = await rawRequest(gateway.url, 'GET', `/raw-${auth}/next`, [bearer, 'Connection: close']);
          assert.equal(next.status, 200);
          assert.equal(next.body, 'ok');
        }
      }
    });
  }

  test('an answer keeps its status, length and coding', async () => {
    for (const auth of AUTHS) {
      for (const status of [200, 201, 204, 205, 206, 300, 302, 304, 400, 418, 500, 503, 599]) {
        for (const method of ['GET', 'HEAD', 'DELETE']) {
          const head = await rawHead(gateway.url, method, `/raw-${auth}/status${status}`, [bearer, 'Content-Length: 0']);
          assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), `${method} ${auth} ${status}`);
          assert.match(head, /etag: "x"/i);
          const length = /content-length: (\d+)/i.exec(head)?.[1];
          if (![204, 205, 304].includes(status)) assert.equal(length, '4', `${method} ${auth} ${status}: ${head}`);
        }
      }
      const { bytes, headers } = await gateway.send(`/raw-${auth}/zipped`, { headers: [...bearer.split(': '), 'Accept-Encoding', 'gzip'] });
      assert.equal(headers['content-encoding'], 'gzip');
      assert.equal(headers['content-length'], String(ZIPPED.length));
      assert.equal(bytes.toString('latin1'), ZIPPED);
    }
  });

  test('methods that show or tunnel a request reach no origin', async () => {
    const before = origin.requests.length;
    for (const auth of AUTHS) {
      const answer = await rawRequest(gateway.url, 'TRACE', `/raw-${auth}/x`, [bearer, 'Connection: close']);
      assert.equal(answer.status, 405, answer.head);
      for (const method of ['TRACK', 'CONNECT']) {
        const refused = await rawRequest(gateway.url, method, `/raw-${auth}/x`, [bearer, 'Connection: close']);
        assert.ok(refused.status === 0 || refused.status >= 400, `${method}: ${refused.head}`);
      }
    }
    assert.equal(origin.requests.length, before);
  });
});
