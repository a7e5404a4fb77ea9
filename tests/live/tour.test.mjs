// The session that `npm start` prints works as it is pasted.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { tour } from '../../scripts/lib/tour.mjs';
import { SETUP_TOKEN, startGateway } from './harness.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

describe('the printed session', () => {
  let gateway;
  before(async () => {
    gateway = await startGateway({ setup: false });
  });
  after(() => gateway?.stop());

  test('leads from an empty database to a verified call at the demo origin', { timeout: 60_000 }, async () => {
    const commands = tour(gateway.url, SETUP_TOKEN).replaceAll('9000', String(await freePort()));
    const { stdout } = await run('bash', ['-c', commands], { cwd: root, timeout: 50_000 });
    const last = stdout.trim().split('\n').at(-1);
    const answer = JSON.parse(last);
    assert.equal(answer.path, '/app/hello', stdout);
    assert.equal(answer.claims.tenantId, 'home');
    assert.equal(answer.claims.aud, 'app');
  });
});
