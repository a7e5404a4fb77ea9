// Nothing a caller sends makes a 500: 20,000 generated bad requests over every
// endpoint, the same ones at every run.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bytes, generator, request } from './badrequests.mjs';
import { ADMIN, startGateway } from './harness.mjs';
import { raw, send } from './http.mjs';

const SEED = Number(process.env.BAD_REQUESTS_SEED ?? 20_260_501);
const PROPER = 17_000;
const RAW = 3_000;

describe('bad requests', () => {
  let gateway;
  // The runtime complains of broken bytes here; only what the Worker says of itself matters.
  let said = '';
  const handleRuntimeStdio = (stdout, stderr) => {
    for (const stream of [stdout, stderr]) {
      stream.on('data', (chunk) => {
        said = (said + chunk).slice(-1_000_000);
      });
    }
  };
  before(async () => {
    gateway = await startGateway({ miniflare: { handleRuntimeStdio } });
    await gateway.route({ name: 'guarded', path: '/guarded/' });
  });
  after(() => gateway?.stop());

  const atMost = async (width, total, one) => {
    let next = 0;
    await Promise.all(
      Array.from({ length: width }, async () => {
        while (next < total) await one(next++);
      }),
    );
  };
  const alive = async () => {
    const start = Date.now();
    assert.equal((await gateway.send('/healthz')).status, 200);
    await gateway.login(ADMIN);
    assert.ok(Date.now() - start < 2_000, 'the gateway answers at once');
    assert.equal(said.match(/^.*(panicked|unreachable|RuntimeError).*$/m)?.[0], undefined);
  };

  test(`${PROPER} requests with bad contents get no 5xx`, { timeout: 120_000 }, async () => {
    const random = generator(SEED);
    const bad = [];
    const seen = {};
    await atMost(24, PROPER, async () => {
      const sent = request(random, gateway.adminToken);
      const answer = await send(gateway.url, sent.path, sent).catch((error) => ({ status: 0, text: error.message }));
      seen[answer.status] = (seen[answer.status] ?? 0) + 1;
      const cutOff = answer.status === 0 && (sent.body?.length ?? 0) > 65_536;
      if ((answer.status === 0 && !cutOff) || answer.status >= 500) {
        bad.push(
          `${sent.method} ${sent.path.slice(0, 120)} ${JSON.stringify(sent.headers).slice(0, 300)} ${String(sent.body).slice(0, 200)}\n  -> ${answer.status} ${answer.text}`,
        );
      }
    });
    assert.equal(bad.length, 0, `${bad.length} of ${PROPER} (seed ${SEED}), first:\n${bad.slice(0, 5).join('\n')}`);
    for (const status of [400, 401, 404, 415])
      assert.ok(seen[status] > 50, `the mix reaches ${status}: ${JSON.stringify(seen)}`);
    await alive();
  });

  test(`${RAW} broken or truncated requests get no 5xx of ours`, { timeout: 120_000 }, async () => {
    const random = generator(SEED + 1);
    const bad = [];
    await atMost(24, RAW, async () => {
      const sent = bytes(random);
      const answer = await raw(gateway.url, sent, { timeout: 1_500, halfClose: random.chance(0.7) });
      // 501 and 505 are the runtime's own words for bytes that are no HTTP it knows.
      if (answer.status >= 500 && ![501, 505].includes(answer.status))
        bad.push(`${JSON.stringify(sent.slice(0, 200))}\n  -> ${answer.head} ${answer.body}`);
    });
    assert.equal(bad.length, 0, `${bad.length} of ${RAW} (seed ${SEED}), first:\n${bad.slice(0, 5).join('\n')}`);
    await alive();
  });
});
