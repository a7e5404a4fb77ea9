// A panic ends the request it happens in; the log says what and where, and the next request is served.

import assert from 'node:assert/strict';
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildDir } from '../../scripts/lib/paths.mjs';
import { ADMIN, startGateway } from './harness.mjs';

// A database that throws where D1 never does: `prepare` of the `worker` crate unwraps, which panics in Rust.
const ENTRY = `
import worker from './worker-entry.js';
export { Counter } from './worker-entry.js';

let left = Infinity;
let real;
class D1Database {
  prepare(sql) {
    if (--left < 0) throw new Error('prepare failed on purpose');
    return real.prepare(sql);
  }
  batch(statements) {
    return real.batch(statements);
  }
}
const DB = new D1Database();
let faulty;

export default {
  fetch(request, env, ctx) {
    real = env.DB;
    faulty ??= { ...env, DB };
    left = Number(request.headers.get('x-statements') ?? Infinity);
    return worker.fetch(request, faulty, ctx);
  },
  scheduled(event, env, ctx) {
    return worker.scheduled(event, env, ctx);
  },
};
`;

describe('a panic', () => {
  let folder;
  let gateway;
  let said = '';
  const handleRuntimeStdio = (...streams) => {
    for (const stream of streams) stream.on('data', (chunk) => (said += chunk));
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portcullis-panics-'));
    await cp(buildDir, folder, { recursive: true });
    await rename(join(folder, 'entry.js'), join(folder, 'worker-entry.js'));
    await writeFile(join(folder, 'entry.js'), ENTRY);
    gateway = await startGateway({ scriptDir: folder, miniflare: { handleRuntimeStdio } });
  });
  after(async () => {
    await gateway?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const login = (headers) => gateway.send('/api/auth/login', { method: 'POST', json: ADMIN, headers });

  const page = (headers) => gateway.send('/tenant/unknown/login', { headers });

  for (const [when, ends, statements] of [
    ['before the first await', page, 0],
    ['after an await', login, 3],
  ]) {
    test(`${when} ends its own request only, and is in the log with its place`, async () => {
      said = '';
      const ended = await ends({ 'x-statements': String(statements) });
      assert.ok(ended.status >= 500, `${ended.status} ${ended.text}`);
      for (let next = 0; next < 3; next++) assert.equal((await login()).status, 200);
      assert.equal((await gateway.send('/healthz')).status, 200);
      assert.match(said, /panicked at \S+\.rs:\d+:\d+/);
      assert.match(said, /prepare failed on purpose/);
      // Functions by name, ours among them.
      assert.match(said, /portcullis::/);
    });
  }
});
