// One Worker for each test file, on a port and a data folder of its own, with a
// first administrator; and short words for what most tests begin with.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWorker } from '../../scripts/lib/worker.mjs';
import { farModules, move } from '../far/storage.mjs';
import { SYSTEM_SECRET, send } from './http.mjs';
import { startOrigin } from './origins.mjs';

export const SETUP_TOKEN = 'a-setup-token-for-the-tests';
export { SYSTEM_SECRET };
export const SKIP_LIMITS = { 'X-System-Secret': SYSTEM_SECRET };
export const ADMIN = { email: 'admin@example.com', password: 'correct horse battery' };
export const PASSWORD = 'a good enough password';
export const COOKIE = '__Host-portcullis';

/** Where a gateway can be: for tests that hold in all of these places. */
export const PLACES = [
  ['with storage beside it', {}],
  ['in two data centres, with storage far from both', { far: { ms: 30, jitter: 0.5 } }],
];

/**
 * A running gateway with its administrator signed in; `stop()` leaves nothing behind. With `far` it is served by two isolates
 * in turn, and storage is as far from both as that says (`tests/far`).
 */
export async function startGateway({ vars = {}, port = 0, setup = true, scriptDir, miniflare, far } = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'portcullis-live-'));
  const place = far ? { second: true, miniflare: { ...farModules(scriptDir), ...miniflare } } : { miniflare };
  const worker = await startWorker({ port, dataDir, vars: { SETUP_TOKEN, SYSTEM_SECRET, ...vars }, scriptDir, ...place });
  const gateway = new Gateway(worker, dataDir);
  try {
    if (setup) await gateway.setUp();
    if (far) for (const url of gateway.fronts) await move(url, far);
    return gateway;
  } catch (error) {
    await gateway.stop();
    throw error;
  }
}

export class Gateway {
  #worker;
  #dataDir;
  #origins = [];
  #people = 0;
  #turn = 0;

  constructor(worker, dataDir) {
    this.#worker = worker;
    this.#dataDir = dataDir;
    this.url = worker.vars.ORIGIN;
    /** The address of each isolate that serves it. */
    this.fronts = [this.url, ...(worker.secondUrl ? [worker.secondUrl] : [])];
  }

  /** Goes on with another Worker that was started on the same port and data. */
  goOnWith(worker) {
    this.#worker = worker;
  }

  async stop() {
    for (const origin of this.#origins) await origin.stop();
    await this.#worker.stop();
    if (this.#dataDir) await rm(this.#dataDir, { recursive: true, force: true });
  }

  /** The process of workerd. */
  get pid() {
    return this.#worker.pid;
  }

  runCron() {
    return this.#worker.runCron();
  }

  /** Writes to the database behind the gateway's back, for states that no API leads to. */
  async sql(text, ...values) {
    const db = await this.#worker.mf.getD1Database('DB');
    await db
      .prepare(text)
      .bind(...values)
      .run();
  }

  /** A request; where two isolates serve, to each in turn, or to the one that `front` says. */
  send(path, { front = (this.#turn += 1) % this.fronts.length, ...options } = {}) {
    return send(this.fronts[front], path, front === 0 ? options : { ...options, host: new URL(this.url).host });
  }

  async setUp() {
    const made = await this.send('/setup', { method: 'POST', json: { token: SETUP_TOKEN, ...ADMIN } });
    assert.equal(made.status, 201, made.text);
    this.operator = made.json.user;
    this.adminToken = (await this.login(ADMIN)).accessToken;
    return made;
  }

  /** A request as the administrator; anything but success fails the test. */
  async admin(method, path, json) {
    const answer = await this.send(path, { method, json, token: this.adminToken, headers: SKIP_LIMITS });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /** A route of the home tenant, to the demo origin unless `origin` says otherwise. */
  async route(fields) {
    const origin = fields.origin ?? (await this.origin()).url;
    return this.admin('POST', '/tenant/home/v2/Routes', { audience: 'app', ...fields, origin });
  }

  /** The demo origin of this gateway, started once. */
  async origin() {
    this.#origins[0] ??= await startOrigin({ portcullis: this.url });
    return this.#origins[0];
  }

  async login({ email, password }) {
    const answer = await this.send('/api/auth/login', {
      method: 'POST',
      json: { email, password },
      headers: SKIP_LIMITS,
    });
    assert.equal(answer.status, 200, answer.text);
    return answer.json.data.tokens;
  }

  /** A verified person, made by the administrator. */
  async makePerson(fields = {}) {
    this.#people += 1;
    const wanted = { email: `person${this.#people}@example.com`, password: PASSWORD, ...fields };
    const user = await this.admin('POST', '/tenant/home/v2/Users', {
      name: 'Some Person',
      emailVerified: true,
      ...wanted,
    });
    return { ...user, email: wanted.email, password: wanted.password };
  }

  /** A verified person, signed in: `accessToken` and `refreshToken` beside the user. */
  async person(fields) {
    const person = await this.makePerson(fields);
    return { ...person, ...(await this.login(person)) };
  }

  async apiKey(person, fields = {}) {
    const answer = await this.send('/api/auth/api-keys', {
      method: 'POST',
      token: person.accessToken,
      json: { name: 'a key', scopes: ['read'], ...fields },
    });
    assert.equal(answer.status, 201, answer.text);
    return answer.json.data;
  }

  /** The `name=value` of a browser session from the hosted login form. */
  async cookie({ email, password }) {
    const answer = await this.send('/tenant/home/login', {
      method: 'POST',
      form: { email, password, return_to: '/' },
      headers: SKIP_LIMITS,
    });
    assert.equal(answer.status, 303, answer.text);
    return sessionCookie(answer);
  }

  /** What was mailed to an address, newest first. */
  async outbox(to) {
    const answer = await this.send(`/dev/outbox?to=${encodeURIComponent(to)}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.items;
  }

  /** The token in the newest link to `path` that was mailed to an address. */
  async mailedToken(to, path) {
    for (const mail of await this.outbox(to)) {
      const link = mail.text.match(/https?:\/\/\S+/g)?.find((url) => url.includes(path));
      if (link !== undefined) return new URL(link).searchParams.get('token');
    }
    throw new Error(`no mail to ${to} has a link to ${path}`);
  }

  async register({ email, password = PASSWORD, full_name = 'Some Person' }) {
    const answer = await this.send('/auth/register', {
      method: 'POST',
      json: { email, password, full_name },
      headers: SKIP_LIMITS,
    });
    assert.equal(answer.status, 201, answer.text);
    return answer;
  }

  async verify(email) {
    const token = await this.mailedToken(email, '/auth/verify-email');
    const answer = await this.send('/auth/verify-email', { method: 'POST', json: { token } });
    assert.equal(answer.status, 200, answer.text);
    return answer;
  }
}

/** The session cookie that an answer sets, as a `Cookie` header would carry it. */
export function sessionCookie(answer) {
  const set = (answer.headers['set-cookie'] ?? []).find((line) => line.startsWith(`${COOKIE}=`));
  assert.ok(set, `no ${COOKIE} cookie in ${JSON.stringify(answer.headers)}`);
  return set.split(';')[0];
}

/** The claims of a token, unverified. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString('utf8'));
}

/** Asks until `wanted(answer)` holds; fails with the last answer after `within` ms. */
export async function eventually(ask, wanted, within = 7_000) {
  const end = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > end) assert.fail(`still ${answer.status} ${answer.text} after ${within} ms`);
    await new Promise((go) => setTimeout(go, 200));
  }
}
