// What a caller waits for when storage is far away: each kind of request alone, then many people for a while.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { info } from '../../scripts/lib/log.mjs';
import { startWorker } from '../../scripts/lib/worker.mjs';
import { asked, farModules, move } from '../far/storage.mjs';
import { ADMIN, Gateway, PASSWORD, SETUP_TOKEN, SKIP_LIMITS, SYSTEM_SECRET } from '../live/harness.mjs';
import { requests } from './requests.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A gateway behind `tests/far/front.js`, whose Worker can be replaced by one that knows nothing. */
export class FarGateway {
  #worker;

  static async start() {
    const made = new FarGateway();
    made.dataDir = mkdtempSync(join(tmpdir(), 'portcullis-far-'));
    await made.anew();
    await made.gateway.setUp();
    return made;
  }

  /** The same deployment with an isolate that knows nothing and has answered once. */
  async anew() {
    const port = this.#worker?.port;
    await this.#worker?.stop();
    this.#worker = await startWorker({ dataDir: this.dataDir, port, vars: { SETUP_TOKEN, SYSTEM_SECRET }, miniflare: farModules() });
    this.gateway ??= new Gateway(this.#worker);
    this.gateway.goOnWith(this.#worker);
    await this.gateway.send('/healthz');
  }

  get url() {
    return this.#worker.url;
  }

  /** Sends `ask` with storage `ms` away; how long the answer took, and what storage was asked. */
  async measure(ask, ms) {
    // What earlier answers left to do is done.
    await pause(100);
    await asked(this.url);
    await move(this.url, { ms });
    const sent = performance.now();
    const answer = await ask();
    const took = performance.now() - sent;
    await move(this.url, { ms: 0 });
    await pause(100);
    return { answer, took, ...(await asked(this.url)) };
  }

  async stop() {
    await this.#worker.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Each request of `requests.mjs` at each distance: rows of `{name, budget, waits, calls, written, took}`. */
export async function single(far, distances, origin) {
  const rows = [];
  for (const { name, cold, after, budget, wanted, ask } of await requests(far, origin)) {
    const row = { name, budget, took: [] };
    for (const ms of distances) {
      if (cold) await far.anew();
      if (after) await pause(after);
      const { answer, took, waits, waited, later, written } = await far.measure(ask, ms);
      if (!wanted.includes(answer.status)) throw new Error(`${name}: ${answer.status} ${answer.text}`);
      const calls = (list) => list.map(({ kind }) => kind).join(', ');
      // At the next distance, what was first seen is known.
      if (row.waits === undefined) Object.assign(row, { waits, calls: calls(waited), later: calls(later), written });
      row.took.push(took);
    }
    info(`${name}: ${row.waits} waits [${row.calls}], ${row.took.map((took) => `${Math.round(took)} ms`).join(', ')}`);
    rows.push(row);
  }
  return rows;
}

/** So many people, each asking once in 8 s on average, over some seconds: `{p50, p95, failed, count}`. */
export async function steady({ people, seconds, ask }) {
  const times = [];
  let failed = 0;
  const end = performance.now() + seconds * 1000;
  const one = async (number) => {
    await pause(Math.random() * 8000);
    while (performance.now() < end) {
      const sent = performance.now();
      const { status } = await ask(number);
      times.push(performance.now() - sent);
      if (status !== 200) failed += 1;
      await pause(4000 + Math.random() * 8000);
    }
  };
  await Promise.all(Array.from({ length: people }, (_, number) => one(number)));
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { p50: at(0.5), p95: at(0.95), count: times.length, failed };
}

let people = 0;

// Longer than isolates cover changes (`COVERED_SECONDS` in src/domain/feed.rs, and the skew of clocks).
const LONG_AGO_MS = 4_000_000;

/**
 * Access tokens of so many people whom nobody has seen before. What was set up before they sign in is made to lie an hour
 * back, as it does where people sign in every day: a token made soon after a change of its tenant is looked up once
 * (`QUIET_SECONDS` in src/domain/session/carried.rs), which is not the steady state.
 */
export async function tokens(far, count) {
  const { gateway } = far;
  // A run is longer than an access token lives.
  gateway.adminToken = (await gateway.login(ADMIN)).accessToken;
  const emails = Array.from({ length: count }, () => `steady${(people += 1)}@example.com`);
  for (const email of emails) await gateway.makePerson({ email });
  await gateway.sql('UPDATE changes SET at = at - ?', LONG_AGO_MS);
  // The isolate that made them knows when.
  await far.anew();
  const made = [];
  for (const email of emails) {
    const login = { method: 'POST', json: { email, password: PASSWORD }, headers: SKIP_LIMITS };
    made.push((await gateway.send('/api/auth/login', login)).json.data.tokens.accessToken);
  }
  return made;
}

/** The figures as Markdown. */
export function markdown({ distances, rows, states }) {
  const over = ({ waits, budget }) => (budget === undefined ? '' : waits > budget ? ` **over ${budget}**` : `${budget}`);
  const single = rows.map((row) => {
    const took = row.took.map((ms) => Math.round(ms)).join(' | ');
    return `| ${row.name} | ${row.waits} | ${over(row)} | ${row.calls || '–'} | ${row.written} | ${took} |`;
  });
  const many = states.map(({ name, p50, p95, count, failed }) =>
    `| ${name} | ${p50.toFixed(1)} | ${p95.toFixed(1)} | ${count} | ${failed} |`);
  return [
    `| request | waits | budget | calls waited for | rows written | ${distances.map((ms) => `ms, storage ${ms} ms away`).join(' | ')} |`,
    `|---|---:|---:|---|---:|${distances.map(() => '---:').join('|')}|`,
    ...single,
    '',
    '| steady state | p50 ms | p95 ms | requests | not 200 |', '|---|---:|---:|---:|---:|', ...many,
  ].join('\n');
}
