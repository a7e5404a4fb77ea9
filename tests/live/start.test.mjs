// A Worker that is newer than its database says so, and serves once the migrations have run.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startWorker } from '../../scripts/lib/worker.mjs';
import { SETUP_TOKEN } from './harness.mjs';
import { send } from './http.mjs';

describe('a Worker before its migrations', () => {
  let dataDir;
  let worker;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'portcullis-early-'));
    worker = await startWorker({ dataDir, vars: { SETUP_TOKEN }, migrated: false });
  });
  after(async () => {
    await worker?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const setup = { token: SETUP_TOKEN, email: 'admin@example.com', password: 'correct horse battery' };
  const login = { email: 'admin@example.com', password: 'correct horse battery' };

  test('says 503 and why on every surface, and then serves', async () => {
    const ask = (path, options) => send(worker.url, path, options);
    const health = await ask('/healthz');
    assert.equal(health.status, 503, health.text);
    assert.match(health.text, /migrations/);
    assert.match(health.headers['content-type'], /^application\/problem\+json/);
    const inJson = [
      ['/setup', { method: 'POST', json: setup }],
      ['/api/auth/login', { method: 'POST', json: login }],
      ['/auth/login', { method: 'POST', json: login }],
      ['/users/auth/status', {}],
      ['/tenant/home/v2/Users', { token: 'x' }],
      ['/tenant/home/.well-known/openid-configuration', {}],
      ['/app/x', {}],
    ];
    for (const [path, options] of inJson) {
      const answer = await ask(path, options);
      assert.equal(answer.status, 503, `${path}: ${answer.status} ${answer.text}`);
      assert.ok(answer.json, `${path}: ${answer.text}`);
      assert.match(answer.headers['retry-after'], /^\d+$/);
    }
    const headers = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' };
    for (const path of ['/tenant/home/login', '/app/x']) {
      const page = await ask(path, { headers });
      assert.equal(page.status, 503);
      assert.match(page.headers['content-type'], /^text\/html/);
    }

    await worker.migrate();
    assert.equal((await ask('/healthz')).status, 200);
    const made = await ask('/setup', { method: 'POST', json: setup });
    assert.equal(made.status, 201, made.text);
    assert.equal((await ask('/api/auth/login', { method: 'POST', json: login })).status, 200);
  });
});
