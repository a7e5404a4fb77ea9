// Nothing a caller sends makes a 500: 20,000 generated bad requests over every
// endpoint, the same ones at every run.

import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
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
  const panics = [];
  const pages = new Set();
  const handleRuntimeStdio = (...streams) => {
    for (const input of streams) {
      createInterface({ input }).on('line', (line) => {
        if (/panicked|unreachable|RuntimeError|Critical/.test(line)) panics.push(line);
        pages.add(/"path":"(\/shown-[0-9]+)"/.exec(line)?.[1]);
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
  // An error that is shown as a page is a line of the log: that it arrives shows that the log is read here.
  let shown = 0;
  const logIsRead = async () => {
    const path = `/shown-${++shown}`;
    const page = await gateway.send(path, { headers: { 'Sec-Fetch-Mode': 'navigate' } });
    assert.equal(page.status, 404);
    for (const end = Date.now() + 10_000; !pages.has(path); ) {
      assert.ok(Date.now() < end, 'the log is read');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const alive = async () => {
    const start = Date.now();
    assert.equal((await gateway.send('/healthz')).status, 200);
    await gateway.login(ADMIN);
    assert.ok(Date.now() - start < 2_000, 'the gateway answers at once');
    await logIsRead();
    assert.deepEqual(panics, []);
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
