// No answer's time tells who exists. This takes longest, so its name stands first.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SKIP_LIMITS, startGateway } from './harness.mjs';

const WRONG = 'wrong password';

describe('the time of an answer', () => {
  let gateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway?.stop());

  const login = (email, password) =>
    gateway.send('/api/auth/login', { method: 'POST', json: { email, password }, headers: SKIP_LIMITS });

  test('unknown, wrong and disabled get one answer, in one time', { timeout: 900_000 }, async () => {
    const known = await gateway.makePerson();
    const disabled = await gateway.makePerson();
    await gateway.admin('PUT', `/tenant/home/v2/Users/${disabled.id}`, { status: 'disabled' });
    const second = await gateway.makePerson({ mfa: 'totp' });
    const cases = {
      wrong: [known.email, WRONG],
      'wrong, with a second factor': [second.email, WRONG],
      unknown: ['nobody-here@example.com', WRONG],
      disabled: [disabled.email, WRONG],
      'disabled, right password': [disabled.email, disabled.password],
    };
    const rounds = Number(process.env.SAMPLES ?? 200);
    for (const path of ['/api/auth/login', '/auth/login', '/auth/mfa/login']) {
      const times = {};
      const bodies = new Set();
      for (let round = 0; round < rounds; round += 1) {
        for (const [name, [email, password]] of Object.entries(cases)) {
          const json = path.includes('mfa') ? { email, password, code: '123456' } : { email, password };
          const start = performance.now();
          const answer = await gateway.send(path, { method: 'POST', json, headers: SKIP_LIMITS });
          (times[name] ??= []).push(performance.now() - start);
          bodies.add(`${answer.status} ${answer.text}`);
        }
      }
      assert.equal(bodies.size, 1, [...bodies].join('\n'));
      // The quickest of each is the work itself, without what else the machine was doing.
      const quickest = Object.entries(times).map(([name, each]) => [name, Math.min(...each)]);
      const values = quickest.map(([, ms]) => ms);
      assert.ok(Math.max(...values) < 1.5 * Math.min(...values), `${path}: ${JSON.stringify(quickest)}`);
    }
  });

  test('a password too long to be looked at takes one time, whoever it is for', async () => {
    const { email } = await gateway.makePerson();
    const times = { [email]: [], 'nobody-there@example.com': [] };
    for (let round = 0; round < 12; round += 1) {
      for (const [each, taken] of Object.entries(times)) {
        const start = performance.now();
        await login(each, 'x'.repeat(1_500));
        taken.push(performance.now() - start);
      }
    }
    const [known, unknown] = Object.values(times).map((taken) => taken.sort((a, b) => a - b)[4]);
    assert.ok(Math.abs(known - unknown) < 15, `${known} ms and ${unknown} ms`);
  });
});
