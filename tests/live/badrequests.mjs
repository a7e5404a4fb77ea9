// Requests that no honest client sends, drawn from a seed: the same ones at every run.

import { SKIP_LIMITS } from './harness.mjs';

/** A small seeded generator (mulberry32): the same requests at every run. */
export function generator(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (bound) => Math.floor(next() * bound);
  return { below, pick: (list) => list[below(list.length)], chance: (share) => next() < share };
}

const ENDPOINTS = [
  ['POST', '/setup', ['token', 'email', 'password']],
  ['GET', '/healthz', []],
  ['GET', '/dev/outbox', []],
  ['POST', '/api/auth/login', ['email', 'password']],
  ['POST', '/api/auth/refresh', ['refreshToken']],
  ['POST', '/api/auth/logout', ['refreshToken']],
  ['POST', '/api/auth/change-password', ['currentPassword', 'newPassword']],
  ['GET', '/api/auth/me', []],
  ['POST', '/api/auth/api-keys', ['name', 'scopes', 'expiresAt']],
  ['GET', '/api/auth/api-keys', []],
  ['DELETE', '/api/auth/api-keys/x', []],
  ['POST', '/auth/register', ['email', 'password', 'full_name']],
  ['GET', '/auth/verify-email', []],
  ['POST', '/auth/verify-email', ['token']],
  ['POST', '/auth/login', ['email', 'password']],
  ['POST', '/auth/refresh', ['refresh_token']],
  ['POST', '/auth/logout', ['refresh_token']],
  ['POST', '/auth/forgot-password', ['email']],
  ['GET', '/auth/reset-password', []],
  ['POST', '/auth/reset-password', ['token', 'password']],
  ['GET', '/users/auth/status', []],
  ['POST', '/users/logout', []],
  ['POST', '/users/generate-api-key', []],
  ['GET', '/.well-known/jwks.json', []],
  ['GET', '/tenant/home/.well-known/jwks.json', []],
  ['GET', '/tenant/home/login', []],
  ['POST', '/tenant/home/login', ['email', 'password', 'return_to']],
  ['POST', '/tenant/home/logout', []],
  ...['Users', 'Routes', 'Plans', 'Roles', 'Tenants'].flatMap((name) => [
    ['GET', `/tenant/home/v2/${name}`, []],
    [
      'POST',
      `/tenant/home/v2/${name}`,
      ['name', 'email', 'password', 'roles', 'rank', 'features', 'path', 'origin', 'rateLimit', 'passwordHash'],
    ],
    [
      'PUT',
      `/tenant/home/v2/${name}/x`,
      ['name', 'roles', 'plan', 'status', 'emailVerified', 'email', 'rank', 'features'],
    ],
    ['DELETE', `/tenant/home/v2/${name}/x`, []],
  ]),
  ['GET', '/tenant/home/v2/Audit', []],
  ['GET', '/tenant/home/v2/Settings', []],
  [
    'PATCH',
    '/tenant/home/v2/Settings',
    ['minPasswordLength', 'accessTokenSeconds', 'refreshTokenSeconds', 'apiKeyPrefix'],
  ],
  ['GET', '/guarded/x', []],
  ['POST', '/guarded/x', ['anything']],
  ['GET', '/nowhere', []],
];

const deep = (depth) => '['.repeat(depth) + ']'.repeat(depth);
// Broken numbers among them: too large, too small, not a number of a field's kind.
const VALUES = [
  'null',
  'true',
  'false',
  '0',
  '-1',
  '1e999',
  '-1e-999',
  '9007199254740993',
  '1.5',
  '123456789012345678901234567890',
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"\\uFFFF"',
  '"a"',
  '"a@b"',
  '"@"',
  '"a@b.example\\r\\nBcc: x@y.example"',
  '"../../x"',
  '"\'; DROP TABLE users; --"',
  '"%00"',
  '"{{7*7}}"',
  '"javascript:alert(1)"',
  '"http://[::1"',
  '"9999-99-99T99:99:99Z"',
  '[]',
  '{}',
  '[[]]',
  '[null,1,"x"]',
  '{"a":{"b":[]}}',
  '{"__proto__":{"x":1}}',
  '{"$gt":""}',
  deep(40),
  `"${'x'.repeat(5_000)}"`,
  '"\u{1F600}"',
  '"ａ＠ｂ"',
];
const BROKEN = [
  '',
  ' ',
  '{',
  '}',
  '[',
  'nul',
  '{"a"',
  '{"a":',
  '{"a":1,}',
  "{'a':1}",
  '{"a":1}{"b":2}',
  '{"a":1} x',
  '\ufeff{}',
  '\0',
  '"',
  '"\\u12"',
  '{"a":\x01}',
  deep(3_000),
  `{"a":`.repeat(3_000),
  'NaN',
  '[1,2',
  '{"email":"a","email":"b","email":null}',
  '\xff\xfe',
  '=&=&&',
  'a=%zz&b=%',
  '--x\r\n',
];
const CONTENT_TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'text/plain',
  'text/html',
  'application/xml',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  '',
  'json',
  '/',
  ';;;',
  'application/json, text/plain',
  'APPLICATION/JSON',
  'application/problem+json',
];
const QUERIES = [
  '?',
  '?token=',
  '?token=%',
  '?token=%00',
  '?token=%ff%fe',
  '?token=a&token=b',
  '?limit=0',
  '?limit=-1',
  '?limit=1e9',
  '?limit=x',
  '?cursor=x',
  '?cursor=%00',
  '?cursor=eyJ9',
  '?to=',
  '?to[]=x',
  '?return_to=//x',
  '?return_to=%0d%0aX:y',
  '?%',
  '?=',
  '?&&&',
  `?q=${'x'.repeat(4_000)}`,
  '?limit=99999999999999999999',
];
const SEGMENTS = [
  '',
  '.',
  '..',
  '%2e%2e',
  '%00',
  '%ff',
  '%zz',
  '%',
  '%2f',
  '%5c',
  ';x',
  '\u00e9'.normalize(),
  'x'.repeat(3_000),
  'null',
  '-1',
  "'",
  '*',
  '~',
  'v2',
  'Users',
  'home',
];
const AUTHORIZATIONS = [
  'Bearer',
  'Bearer ',
  'Bearer x',
  'Bearer a.b.c',
  'Bearer ..',
  'Bearer eyJ.eyJ.',
  'Basic Og==',
  'Basic %%%',
  'Bearer eyJhbGciOiJub25lIn0.e30.',
  `Bearer ${'a'.repeat(9_000)}`,
  'bearer\tx',
  'Bearer x y z',
  'Negotiate',
  '=',
  'Bearer eyJhbGciOiJFUzI1NiJ9.bnVsbA.AAAA',
  'Bearer W10.W10.W10',
  'DPoP x',
];
const HEADERS = [
  ['Cookie', '__Host-portcullis='],
  ['Cookie', '__Host-portcullis=x; __Host-portcullis=y'],
  ['Cookie', ';;;=;'],
  ['Cookie', 'a='.repeat(2_000)],
  ['X-API-Key', ''],
  ['X-API-Key', 'pc_'],
  ['X-API-Key', 'pc_a_b'],
  ['X-API-Key', '_'.repeat(500)],
  ['X-API-Key', 'x'.repeat(9_000)],
  ['X-API-Key', '\u00ff\u00fe'],
  ['X-Tenant-Id', ''],
  ['X-Tenant-Id', 'nobody'],
  ['X-Tenant-Id', '../home'],
  ['X-Tenant-Id', 'x'.repeat(5_000)],
  ['CF-Connecting-IP', 'not an address'],
  ['CF-Connecting-IP', '::ffff:1.2.3.4'],
  ['CF-Connecting-IP', '1.2.3.4, 5.6.7.8'],
  ['CF-Connecting-IP', ''],
  ['X-Forwarded-For', 'x'],
  ['Forwarded', 'for=x'],
  ['X-Forwarded-Host', 'evil.example'],
  ['Origin', 'null'],
  ['Origin', '::'],
  ['Referer', '%'],
  ['Accept', '*/*;q=x'],
  ['Accept', 'text/html'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['If-None-Match', '*'],
  ['If-None-Match', 'W/"'],
  ['Range', 'bytes=-'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['Accept-Encoding', 'zzz'],
  ['Content-Encoding', 'gzip'],
  ['X-Long', 'y'.repeat(12_000)],
  ['Upgrade', 'websocket'],
  ['Expect', 'nothing'],
  ['TE', 'trailers'],
  ['X-System-Secret', 'guess'],
];
// One Host at most, and one that can be a host: others never reach a Worker.
const HOSTS = ['evil.example', '[::1]', 'localhost:1', 'xn--nxasmq6b.example', 'a'.repeat(63) + '.example', '1.2.3.4'];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

export function request(random, adminToken) {
  const [usual, base, fields] = random.pick(ENDPOINTS);
  const method = random.chance(0.85) ? usual : random.pick(METHODS);
  let path = base;
  if (random.chance(0.25)) {
    const parts = path.split('/');
    parts.splice(1 + random.below(parts.length), random.below(2), random.pick(SEGMENTS));
    path = parts.join('/');
    if (!path.startsWith('/')) path = `/${path}`;
  }
  if (random.chance(0.3)) path += random.pick(QUERIES);
  // Where a password would be hashed, limits keep the run short.
  const costly = /login|register|change-password/.test(base);
  const headers = !costly && random.chance(0.5) ? Object.entries(SKIP_LIMITS).flat() : [];
  for (let more = random.below(4); more > 0; more -= 1) headers.push(...random.pick(HEADERS));
  if (random.chance(0.1)) headers.push('Host', random.pick(HOSTS));
  const asAdministrator = base.includes('/v2/') && random.chance(0.8);
  if (asAdministrator) headers.push('Authorization', `Bearer ${adminToken}`);
  else if (random.chance(0.4)) headers.push('Authorization', random.pick(AUTHORIZATIONS));
  let body;
  if (!['GET', 'HEAD'].includes(method) || random.chance(0.05)) {
    headers.push('Content-Type', random.chance(0.7) ? 'application/json' : random.pick(CONTENT_TYPES));
    if (random.chance(0.3)) body = random.pick(BROKEN);
    else {
      const sent = fields.filter(() => random.chance(0.8)).map((name) => `"${name}":${random.pick(VALUES)}`);
      if (random.chance(0.2)) sent.push(`"tenantId":${random.pick(VALUES)}`);
      body = `{${sent.join(',')}}`;
    }
    if (random.chance(0.005)) body = `{"email":"${'x'.repeat(1_200_000)}"}`;
  }
  return { method, path: encodeURI(path).replaceAll('%25', '%'), headers, body };
}

/** Bytes that are no request, or only the beginning of one. */
export function bytes(random) {
  const [method, path] = random.pick(ENDPOINTS);
  const body = '{"email":"a@b.example","password":"x"}';
  const head = (...lines) => `${lines.join('\r\n')}\r\n\r\n`;
  const host = 'Host: localhost';
  const json = 'Content-Type: application/json';
  return random.pick([
    () => head(`${method} ${path} HTTP/1.1`, host, json, `Content-Length: ${body.length + 50}`) + body,
    () => head(`${method} ${path} HTTP/1.1`, host, json, `Content-Length: 5`) + body,
    () => head(`POST ${path} HTTP/1.1`, host, json, 'Transfer-Encoding: chunked') + '5\r\n{"a":',
    () => head(`POST ${path} HTTP/1.1`, host, json, 'Transfer-Encoding: chunked') + 'zz\r\n{}\r\n0\r\n\r\n',
    () => head(`${method} ${path} HTTP/1.1`, host, `X-Huge: ${'h'.repeat(200_000)}`),
    () => head(`${method} ${path} HTTP/1.1`, host, ...Array.from({ length: 600 }, (_, at) => `X-${at}: y`)),
    () => head(`${method} ${path}?${'q'.repeat(100_000)} HTTP/1.1`, host),
    () => head(`${method} ${path} HTTP/1.1`, host, 'Bad Header: x'),
    () => head(`${method} ${path} HTTP/1.1`, host, 'Authorization: Bearer \x80\xff\xfe'),
    () => head(`${method} ${path}/\x80\xff HTTP/1.1`, host),
    () => head(`${method} ${path}\\..\\x HTTP/1.1`, host),
    () => head(`${method} //${path} HTTP/1.1`, host),
    () => head(`${method} ${path} HTTP/9.9`, host),
    () => `${method} ${path}\r\n\r\n`,
    () => `${method} ${path} HTTP/1.1\r\nHost: loc`,
    () => Buffer.from(Array.from({ length: 64 }, () => random.below(256))).toString('latin1') + '\r\n\r\n',
  ])();
}
