// What was acknowledged is there after the runtime was killed in the midst of it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startWorker } from '../../scripts/lib/worker.mjs';
import { farModules, move } from '../far/storage.mjs';
import { ADMIN, Gateway, PASSWORD, PLACES, SETUP_TOKEN, SKIP_LIMITS, SYSTEM_SECRET } from './harness.mjs';

const START = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));
const FAMILIES = 20;

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** As a user starts it; or, with storage far away, by two isolates. Answers with what a [`Gateway`] takes, and `kill`. */
async function start(port, dataDir, far) {
  const vars = { ORIGIN: `http://localhost:${port}` };
  if (!far) {
    const started = await npmStart(port, dataDir);
    return { vars, kill: () => killAtOnce(started), stop() {} };
  }
  const worker = await startWorker({ port, dataDir, second: true, vars: { SETUP_TOKEN, SYSTEM_SECRET, ...vars }, miniflare: farModules() });
  for (const url of [worker.url, worker.secondUrl]) await move(url, far);
  return worker;
}

async function npmStart(port, dataDir) {
  const child = spawn(process.execPath, [START], {
    env: { ...process.env, PORT: String(port), DATA_DIR: dataDir, SETUP_TOKEN, SYSTEM_SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((go) => child.once('exit', go));
  let printed = '';
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      printed += chunk;
      if (printed.includes(`Ready on http://localhost:${port}`)) resolve();
    });
    ended.then((code) => reject(new Error(`npm start ended (${code}): ${printed}`)));
  });
  return { pid: child.pid, ended };
}

/** A process and everything it started, children first. */
async function family(pid) {
  const parents = new Map();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    if (parent) parents.set(Number(entry), Number(parent));
  }
  const found = [pid];
  for (const each of found) {
    for (const [child, parent] of parents) if (parent === each) found.push(child);
  }
  return found.reverse();
}

async function killAtOnce(worker) {
  for (const pid of await family(worker.pid)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It went with its parent.
    }
  }
  await worker.ended;
}

/** Runs `next()` in `width` loops until it says there is no more. */
const loops = (width, next) =>
  Promise.all(
    Array.from({ length: width }, async (_, at) => {
      while (await next(at));
    }),
  );

for (const [where, { far }] of PLACES) test(
  `everything acknowledged survives kill -9 amid registrations and refreshes ${where}`,
  { timeout: 240_000 },
  async (t) => {
    const [REGISTRATIONS, REFRESHES] = far ? [400, 400] : [1_000, 1_000];
    const port = await freePort();
    const dataDir = await mkdtemp(join(tmpdir(), 'portcullis-durable-'));
    let worker = await start(port, dataDir, far);
    t.after(async () => {
      await worker.kill();
      await rm(dataDir, { recursive: true, force: true });
    });
    let gateway = new Gateway(worker);
    await gateway.setUp();
    await gateway.admin('PATCH', '/tenant/home/v2/Settings', { refreshGraceSeconds: 60 });
    const families = [];
    for (let at = 0; at < FAMILIES; at += 1) families.push((await gateway.person()).refreshToken);

    const registered = [];
    let asked = 0;
    let refreshed = 0;
    let dead = false;
    const register = async () => {
      if (dead || asked === REGISTRATIONS) return false;
      asked += 1;
      const email = `durable${asked}@example.com`;
      const json = { email, password: PASSWORD, full_name: 'Durable' };
      const answer = await gateway.send('/auth/register', { method: 'POST', json, headers: SKIP_LIMITS }).catch(() => null);
      if (answer?.status === 201) registered.push(email);
      else if (!dead) assert.fail(`registration: ${answer?.status} ${answer?.text}`);
      return true;
    };
    const refresh = async (at) => {
      if (dead || refreshed >= REFRESHES) return false;
      // In step with the slower registrations, so that both are under way at the end.
      if (refreshed > registered.length + FAMILIES) {
        await new Promise((go) => setTimeout(go, 10));
        return true;
      }
      const json = { refreshToken: families[at] };
      const answer = await gateway.send('/api/auth/refresh', { method: 'POST', json, headers: SKIP_LIMITS }).catch(() => null);
      if (answer?.status === 200) {
        families[at] = answer.json.data.refreshToken;
        refreshed += 1;
      } else if (!dead) assert.fail(`refresh: ${answer?.status} ${answer?.text}`);
      return true;
    };
    const midway = async () => {
      while (registered.length < REGISTRATIONS / 2) await new Promise((go) => setTimeout(go, 5));
      dead = true;
      await worker.kill();
    };
    await Promise.all([loops(16, register), loops(FAMILIES, refresh), midway()]);
    assert.ok(
      registered.length >= REGISTRATIONS / 2 && registered.length < REGISTRATIONS,
      `${registered.length} registrations`,
    );
    assert.ok(refreshed >= REFRESHES / 4, `${refreshed} refreshes`);

    worker = await start(port, dataDir, far);
    gateway = new Gateway(worker);
    // Whether or not a family's last request happened, its last acknowledged token gets on.
    for (const refreshToken of families) {
      const json = { refreshToken };
      const answer = await gateway.send('/api/auth/refresh', { method: 'POST', json, headers: SKIP_LIMITS });
      assert.equal(answer.status, 200, `an acknowledged refresh is gone: ${answer.text}`);
    }
    gateway.adminToken = (await gateway.login(ADMIN)).accessToken;
    const kept = new Set();
    let cursor = '';
    do {
      const page = await gateway.admin('GET', `/tenant/home/v2/Users?limit=100${cursor && `&cursor=${cursor}`}`);
      for (const user of page.items) kept.add(user.email);
      cursor = page.nextCursor && encodeURIComponent(page.nextCursor);
    } while (cursor);
    assert.deepEqual(
      registered.filter((email) => !kept.has(email)),
      [],
      'acknowledged registrations that are gone',
    );

    for (const email of [registered[0], registered.at(-1)]) {
      await gateway.verify(email);
      await gateway.login({ email, password: PASSWORD });
    }
  },
);
