// Our own cookies stay at the gateway and only the gateway sets them; the application's pass byte for byte.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startGateway } from '../harness.mjs';
import { rawHead } from '../http.mjs';
import { ok, startRawOrigin } from '../raw-origin.mjs';

const AUTHS = ['required', 'optional', 'none'];
const OURS = /__host-portcullis/i;

/** What origins try to set, a line each; none of it may reach a browser. */
const PLANTED = [
  '__Host-portcullis=EVIL; Path=/; Secure',
  '__HOST-PORTCULLIS=EVIL; Path=/; Secure',
  '__host-Portcullis-Device=EVIL; Path=/; Secure',
  '__Host-portcullis-challenge=EVIL; Path=/; Secure; HttpOnly',
  '__Host-portcullis-passkey=EVIL',
  '__Host-portcullis-not-yet-invented=EVIL',
  '  __Host-portcullis=EVIL; Path=/; Secure',
  '\t__Host-portcullis =EVIL',
  '=__Host-portcullis=EVIL; Path=/; Secure',
  '= __Host-portcullis=EVIL',
  '==__Host-portcullis=EVIL',
  '__Host-portcullis',
  '"__Host-portcullis"=EVIL',
  'theme=x, __Host-portcullis=EVIL; Domain=example.com',
];

describe('cookies', () => {
  let gateway;
  let origin;
  let person;
  let cookie;

  before(async () => {
    gateway = await startGateway();
    origin = await startRawOrigin((path, { head }) => {
      const set = [...PLANTED.map((line) => `Set-Cookie: ${line}`), 'Set-Cookie: theme=dark; Path=/', 'Set-Cookie: lang=en'];
      const host = ['Clear-Site-Data: "cookies", "storage"', 'clear-site-data: *', 'Service-Worker-Allowed: /'];
      if (path.endsWith('/socket')) {
        return ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept(head)}`, ...set, ...host, '', ''].join('\r\n');
      }
      const at = (status, more = []) => ok([...set, ...host, ...more, 'X-Origin: yes'], 'body', status);
      if (path.endsWith('/fails')) return at('500 Broken');
      if (path.endsWith('/refuses')) return at('401 Unauthorized');
      if (path.endsWith('/redirects')) return at('302 Found', ['Location: /elsewhere']);
      if (path.endsWith('/caches')) return at('200 OK', ['Cache-Control: public, max-age=60', 'Vary: Origin']);
      if (path.endsWith('/plain')) return ok(['Set-Cookie: latin=caf\xe9; Path=/', 'Set-Cookie: theme=dark']);
      return at('200 OK');
    });
    for (const auth of AUTHS) await gateway.route({ name: auth, path: `/${auth}/`, auth, origin: origin.url });
    person = await gateway.person();
    cookie = await gateway.cookie(person);
  });
  after(() => {
    origin?.stop();
    return gateway?.stop();
  });

  for (const auth of AUTHS) {
    test(`an origin sets no cookie of ours and clears nothing, auth ${auth}`, async () => {
      for (const path of ['ok', 'fails', 'refuses', 'redirects', 'caches']) {
        for (const credentials of [{ Authorization: `Bearer ${person.accessToken}` }, { Cookie: cookie }]) {
          for (const method of ['GET', 'POST', 'HEAD']) {
            const headers = { ...credentials, 'Sec-Fetch-Site': 'same-origin' };
            const answer = await gateway.send(`/${auth}/${path}`, { method, headers });
            const what = `${method} ${path} ${JSON.stringify(answer.headers)}`;
            assert.equal(answer.headers['x-origin'], 'yes', what);
            assert.deepEqual(answer.headers['set-cookie'], ['theme=dark; Path=/', 'lang=en'], what);
            for (const name of ['clear-site-data', 'service-worker-allowed']) assert.equal(answer.headers[name], undefined, what);
          }
        }
      }
    });

    test(`nor with a WebSocket, auth ${auth}`, async () => {
      const head = await upgrade(gateway.url, `/${auth}/socket`, [`Authorization: Bearer ${person.accessToken}`]);
      assert.match(head, /^HTTP\/1\.1 101 /);
      assert.ok(!OURS.test(head), head);
      assert.ok(!/clear-site-data|service-worker-allowed/i.test(head), head);
      assert.match(head, /theme=dark/);
    });

    test(`no cookie of ours reaches an origin in two fields, auth ${auth}`, async () => {
      const spellings = [
        [`Cookie: a=1`, `Cookie: ${cookie}`],
        [`Cookie: ${cookie}`, 'Cookie: a=1'],
        [`cookie: a=1; ${cookie.toUpperCase().replace('=', '-DEVICE=')}`, `COOKIE: ${cookie}; b=2`],
        [`Cookie: a=1; "${cookie}"`, `Cookie: =${cookie}`],
        [`Cookie:  \t${cookie};a=1`],
      ];
      for (const fields of spellings) {
        const before = origin.requests.length;
        const status = await statusOf(gateway.url, `/${auth}/ok`, [...fields, `Authorization: Bearer ${person.accessToken}`]);
        assert.equal(status, 200, fields.join());
        assert.equal(origin.requests.length, before + 1);
        const sent = origin.requests.at(-1).head.replace(/^Via: .*$/im, '');
        assert.ok(!OURS.test(sent), sent);
        assert.match(origin.field('cookie'), /a=1/);
      }
    });
  }

  test('the session is found in either of two fields', async () => {
    for (const fields of [['Cookie: a=1', `Cookie: ${cookie}`], [`Cookie: ${cookie}`, 'Cookie: a=1; b=2']]) {
      assert.equal(await statusOf(gateway.url, '/required/ok', fields), 200, fields.join());
      assert.ok(!OURS.test(origin.field('cookie')));
    }
  });

  test('a field without ours passes byte for byte', async () => {
    for (const value of ['a="x;y"', 'a=caf\xe9; b=\xff\xfe', 'a=caf\xc3\xa9', ' a=1 ;b=2;;c', 'a={"b":1,"c":2}', 'a']) {
      for (const auth of ['none', 'required']) {
        const status = await statusOf(gateway.url, `/${auth}/ok`, [`Cookie: ${value}`, `Authorization: Bearer ${person.accessToken}`]);
        assert.equal(status, 200);
        assert.equal(origin.field('cookie'), value.trim());
      }
    }
  });

  test('beside ours, what stays keeps its spelling', async () => {
    const sent = `a="x;y"; ${cookie};b={"c":1,"d":2};  e=caf\xc3\xa9`;
    assert.equal(await statusOf(gateway.url, '/required/ok', [`Cookie: ${sent}`]), 200);
    assert.equal(origin.field('cookie'), 'a="x;y";b={"c":1,"d":2};  e=caf\xc3\xa9');
  });

  test("an origin's own cookies come back byte for byte", async () => {
    const answer = await gateway.send('/none/plain');
    assert.deepEqual(answer.headers['set-cookie'], ['latin=caf\xe9; Path=/', 'theme=dark']);
  });
});

/** The head of the answer to a request to open a WebSocket. */
function upgrade(url, path, fields) {
  const socketFields = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  return rawHead(url, 'GET', path, [...fields, ...socketFields]);
}

const statusOf = async (url, path, fields) => Number((await rawHead(url, 'GET', path, fields)).split(' ')[1]);

/** RFC 6455 §4.2.2; the key is the specification's own, or workerd's. */
function accept(head) {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)[1];
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
