// Requests as they are on the wire: nothing added, nothing normalised, nothing
// followed. `send` speaks proper HTTP; `raw` writes bytes and reads bytes.

import http from 'node:http';
import net from 'node:net';

/** What `X-System-Secret` says to the Workers that the tests start. */
export const SYSTEM_SECRET = 'a-system-secret-for-the-tests';

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** Where a base URL listens; `localhost` without a look-up for each connection. */
const address = ({ hostname }) => (hostname === 'localhost' ? '127.0.0.1' : hostname);

/**
 * One request. `headers` is an object or a flat list of names and values (which
 * keeps duplicates and spelling); `json` or `form` or `body` is what is sent; `from`
 * is the client's address, which a local Worker believes who knows its system secret;
 * `host` is whom it is for, if not the base URL's host.
 * Answers `{status, headers, text, json, bytes}`; `json` is undefined when the
 * answer is none.
 */
export function send(base, path, options = {}) {
  const { method = 'GET', json, form, token, from, host } = options;
  let { body, headers = {} } = options;
  headers = Array.isArray(headers) ? headers : Object.entries(headers).flat();
  if (json !== undefined) {
    body = JSON.stringify(json);
    headers = [...headers, 'Content-Type', 'application/json'];
  }
  if (form !== undefined) {
    body = new URLSearchParams(form).toString();
    headers = [...headers, 'Content-Type', 'application/x-www-form-urlencoded'];
  }
  if (token !== undefined) headers = [...headers, 'Authorization', `Bearer ${token}`];
  if (from !== undefined) headers = [...headers, 'X-System-Address', `${from} ${SYSTEM_SECRET}`];
  if (body !== undefined || !['GET', 'HEAD'].includes(method)) {
    headers = [...headers, 'Content-Length', String(Buffer.byteLength(body ?? ''))];
  }
  const target = new URL(base);
  if (!headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'host')) {
    headers = ['Host', host ?? target.host, ...headers];
  }
  const sent = { method, path, headers, body, timeout: options.timeout };
  return exchange(target, sent, agent).catch((error) => {
    // The kept connection was closed before the request got there (RFC 9112, 9.3.1).
    if (error.stale) return exchange(target, sent, false);
    throw error;
  });
}

function exchange(target, { method, path, headers, body, timeout = 30_000 }, through) {
  const where = { host: address(target), port: target.port, path, method, agent: through, headers };
  return new Promise((resolve, reject) => {
    const request = http.request(where, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString('utf8');
        const json = parsed(response.headers['content-type'], text);
        resolve({ status: response.statusCode, headers: response.headers, text, json, bytes });
      });
    });
    request.on('error', (error) => {
      error.stale = request.reusedSocket && error.code === 'ECONNRESET';
      reject(error);
    });
    request.setTimeout(timeout, () => request.destroy(new Error(`no answer: ${method} ${path}`)));
    request.end(body);
  });
}

function parsed(type = '', text) {
  if (!/[/+]json/.test(type)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes `bytes` to the socket and reads until the other side closes, has
 * answered in full, or `timeout` is over. Answers `{status, head, body}`;
 * `status` is 0 when the connection ended without an answer.
 */
export function raw(base, bytes, { timeout = 5_000, halfClose = false } = {}) {
  const target = new URL(base);
  return new Promise((resolve) => {
    const socket = net.connect(Number(target.port), address(target));
    let answer = '';
    const done = () => {
      socket.destroy();
      const [head, ...rest] = answer.split('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
      resolve({ status, head, body: unchunked(head, rest.join('\r\n\r\n')) });
    };
    socket.setTimeout(timeout, done);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (complete(answer)) done();
    });
    socket.on('end', done);
    socket.on('error', done);
    socket.on('connect', () => (halfClose ? socket.end(bytes) : socket.write(bytes)));
  });
}

function complete(answer) {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = answer.slice(0, end);
  if (/^HTTP\/1\.1 (204|304)/.test(head)) return true;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length !== null) return answer.length >= end + 4 + Number(length[1]);
  return /\r\ntransfer-encoding: *chunked/i.test(head) && answer.endsWith('0\r\n\r\n');
}

function unchunked(head, body) {
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return body;
  let whole = '';
  for (let rest = body; ;) {
    const size = /^([0-9a-f]+)\r\n/i.exec(rest);
    if (size === null || Number.parseInt(size[1], 16) === 0) return whole;
    const start = size[0].length;
    const length = Number.parseInt(size[1], 16);
    whole += rest.slice(start, start + length);
    rest = rest.slice(start + length + 2);
  }
}

/** A request line and headers, spelled exactly as given. */
export function rawRequest(base, method, target, headers = [], body = '') {
  const { host } = new URL(base);
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...headers, '', body];
  return raw(base, lines.join('\r\n'));
}

/** The head of an answer, a byte a character, to a request line and fields spelled exactly as given. */
export function rawHead(base, method, target, fields = [], body = '') {
  const url = new URL(base);
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(url.port), address(url));
    let answer = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer: ${method} ${target}`)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`no whole head: ${answer}`)));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const end = answer.indexOf('\r\n\r\n');
      if (end < 0) return;
      resolve(answer.slice(0, end));
      socket.destroy();
    });
    socket.write(Buffer.from([`${method} ${target} HTTP/1.1`, `Host: ${url.host}`, ...fields, '', body].join('\r\n'), 'latin1'));
  });
}
