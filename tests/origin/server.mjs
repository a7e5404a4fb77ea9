// A demo origin: a small program of its own that stands behind the gateway.
//
// It verifies who called with a stock JWT library (jose) against the gateway's
// published keys, and answers with what it received. It knows nothing of
// Portcullis but the address of its key set.
//
//   PORT        where to listen (9000)
//   PORTCULLIS  the gateway's own origin (http://localhost:8787)
//   TENANT      whose assertions to trust (home)
//   ISSUER      its issuer, if it has a host of its own ($PORTCULLIS/tenant/$TENANT)
//   JWKS_URL    where its keys are ($ISSUER/.well-known/jwks.json)
//   AUDIENCE    which audiences to accept, separated by commas (app)
//
// Besides the answer that shows the request, the last part of a path asks for
// the ways in which real applications talk:
//   sse?events=&ms=   server-sent events    slow?ms=     a late answer
//   big?mb=           a long stream         echo         the body, as it comes
//   sink              when the body came    range        ranges and validators
//   fail?status=      any status            drop         no answer at all
//   flaky?key=&fail=  fails a few times     attempts?key= how often it was asked
//   login-cookie      sets two cookies      overview     the documents' dashboard

import http from 'node:http';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { WebSocketServer } from 'ws';

const port = Number(process.env.PORT ?? 9000);
const portcullis = process.env.PORTCULLIS ?? 'http://localhost:8787';
const tenant = process.env.TENANT ?? 'home';
const issuer = process.env.ISSUER ?? `${portcullis}/tenant/${tenant}`;
const audience = (process.env.AUDIENCE ?? 'app').split(',');
const keys = createRemoteJWKSet(new URL(process.env.JWKS_URL ?? `${issuer}/.well-known/jwks.json`));

/** The verified claims, `null` for an anonymous caller; throws on a bad assertion. */
async function caller(request) {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const assertion = request.headers['x-portcullis-assertion'] ?? bearer;
  if (assertion === undefined) return null;
  const { payload } = await jwtVerify(assertion, keys, {
    issuer,
    audience,
    typ: 'gw+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['sub', 'exp', 'iat', 'jti'],
  });
  return payload;
}

function json(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

const document = Buffer.from('0123456789'.repeat(100));
const documentTag = `"${createHash('sha256').update(document).digest('hex').slice(0, 16)}"`;
const attempts = new Map();

function attempt(url) {
  const key = url.searchParams.get('key') ?? '';
  attempts.set(key, (attempts.get(key) ?? 0) + 1);
  return attempts.get(key);
}

const answers = {
  async sse({ url, response }) {
    const events = Number(url.searchParams.get('events') ?? 3);
    const ms = Number(url.searchParams.get('ms') ?? 300);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    for (let id = 1; id <= events && !response.destroyed; id += 1) {
      response.write(`id: ${id}\ndata: event ${id}\n\n`);
      await delay(ms);
    }
    response.end();
  },
  async slow({ url, response }) {
    await delay(Number(url.searchParams.get('ms') ?? 1000));
    json(response, 200, { late: true });
  },
  async big({ url, response }) {
    const megabytes = Number(url.searchParams.get('mb') ?? 1);
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    const chunk = Buffer.alloc(64 * 1024, 'x');
    for (let sent = 0; sent < megabytes * 16 && !response.destroyed; sent += 1) {
      if (!response.write(chunk)) {
        await new Promise((go) => {
          response.once('drain', go);
          response.once('close', go);
        });
      }
    }
    response.end();
  },
  echo({ request, response }) {
    response.writeHead(200, {
      'content-type': request.headers['content-type'] ?? 'application/octet-stream',
    });
    request.pipe(response);
  },
  async sink({ request, response }) {
    let bytes = 0;
    let firstByteAt = null;
    for await (const chunk of request) {
      firstByteAt ??= Date.now();
      bytes += chunk.length;
    }
    json(response, 200, { bytes, firstByteAt, lastByteAt: Date.now() });
  },
  range({ request, response }) {
    const common = { etag: documentTag, 'accept-ranges': 'bytes', 'content-type': 'text/plain' };
    if (request.headers['if-none-match'] === documentTag) {
      response.writeHead(304, common);
      response.end();
      return;
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (range === null) {
      response.writeHead(200, { ...common, 'content-length': document.length });
      response.end(request.method === 'HEAD' ? undefined : document);
      return;
    }
    const part = document.subarray(Number(range[1]), Number(range[2]) + 1);
    response.writeHead(206, {
      ...common,
      'content-length': part.length,
      'content-range': `bytes ${range[1]}-${range[2]}/${document.length}`,
    });
    response.end(part);
  },
  fail({ url, response }) {
    json(response, Number(url.searchParams.get('status') ?? 500), { from: 'origin' });
  },
  drop({ url, request }) {
    attempt(url);
    request.socket.destroy();
  },
  flaky({ url, request, response }) {
    const tries = attempt(url);
    if (tries <= Number(url.searchParams.get('fail') ?? 1)) request.socket.destroy();
    else json(response, 200, { tries });
  },
  attempts({ url, response }) {
    json(response, 200, { tries: attempts.get(url.searchParams.get('key') ?? '') ?? 0 });
  },
  'login-cookie'({ response }) {
    json(response, 200, { ok: true }, { 'set-cookie': ['theme=dark; Path=/', 'lang=en; Path=/'] });
  },
  page({ response, claims }) {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(
      `<!doctype html><html lang="en"><title>Demo</title><h1>Demo origin</h1>` +
        `<p id="caller">${claims?.sub ?? 'anonymous'}</p></html>`,
    );
  },
  overview({ response, claims }) {
    json(response, 200, {
      success: true,
      data: { caller: claims?.sub ?? null, roles: claims?.roles ?? [], openTasks: 3 },
    });
  },
};

const server = http.createServer(async (request, response) => {
  let claims;
  try {
    claims = await caller(request);
  } catch (error) {
    json(response, 401, { error: 'assertion_refused', message: error.message });
    return;
  }
  try {
    const url = new URL(request.url.replace(/^\/+/, '/'), 'http://origin');
    const answer = answers[url.pathname.split('/').at(-1)];
    if (answer !== undefined) await answer({ url, request, response, claims });
    else {
      request.resume();
      json(response, 200, {
        method: request.method,
        path: request.url,
        headers: request.headers,
        rawHeaders: request.rawHeaders,
        claims,
      });
    }
  } catch (error) {
    if (!response.headersSent) json(response, 500, { error: 'origin_failed', message: error.message });
    else response.destroy();
  }
});

const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', async (request, socket, head) => {
  try {
    const claims = await caller(request);
    sockets.handleUpgrade(request, socket, head, (connection) => {
      connection.send(JSON.stringify({ path: request.url, rawHeaders: request.rawHeaders, claims }));
      connection.on('message', (data, binary) => connection.send(data, { binary }));
    });
  } catch {
    socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }
});

server.requestTimeout = 0;
server.listen(port, '127.0.0.1', () => {
  console.log(`Origin on http://localhost:${server.address().port}, trusting ${issuer}`);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
