// People whose passwords were hashed elsewhere, at the largest cost that is taken: all are served, and the isolate's
// memory, which never shrinks, stays within what the platform gives.

import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, SKIP_LIMITS, startGateway } from './harness.mjs';

/** Of `PASSWORD`, by argon2-cffi 25.1.0: the default of Node's argon2, argon2-cffi and passlib; and PHP's. */
const ARGON2 = [
  '$argon2id$v=19$m=65536,t=3,p=4$SCouwAQjoXIpRz15loWcmA$8QO0Oqdz7j5Zv/QQZ+ne8RLAKfBDY+Zs+UHPun7v7Gc',
  '$argon2id$v=19$m=65536,t=4,p=1$MDEyMzQ1Njc4OWFiY2RlZg$P+kQ66yow6I8MlYojTtwjxweH17kiR8cwEXAyh44Jmg',
];

/** Of `PASSWORD`, by Node: passlib's default, of 64 MiB. */
function scrypt() {
  const salt = Buffer.from('0123456789abcdef');
  const key = scryptSync(PASSWORD, salt, 32, { N: 2 ** 16, r: 8, p: 1, maxmem: 2 ** 27 });
  const text = (bytes) => bytes.toString('base64').replaceAll('=', '');
  return `$scrypt$ln=16,r=8,p=1$${text(salt)}$${text(key)}`;
}

describe('imported hashes of 64 MiB', () => {
  let gateway;
  let pid;
  before(async () => {
    gateway = await startGateway();
    pid = gateway.pid;
  });
  after(() => gateway?.stop());

  const login = (email, password) =>
    gateway.send('/api/auth/login', { method: 'POST', json: { email, password }, headers: SKIP_LIMITS });

  /** What workerd holds in memory, in MiB. */
  const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

  async function people(hashes) {
    const made = [];
    for (const passwordHash of hashes) {
      const email = `import${Math.random().toString(36).slice(2)}@example.com`;
      await gateway.admin('POST', '/tenant/home/v2/Users', { email, passwordHash, emailVerified: true });
      made.push(email);
    }
    return made;
  }

  test('five at once are served, and again with hashes of our own', async () => {
    const emails = await people([ARGON2[0], ARGON2[1], scrypt(), ARGON2[0], ARGON2[1]]);
    const all = (password) => Promise.all(emails.map((email) => login(email, password)));
    assert.deepEqual((await all('wrong password')).map((answer) => answer.status), Array(5).fill(401));
    assert.deepEqual((await all(PASSWORD)).map((answer) => answer.status), Array(5).fill(200));
    assert.deepEqual((await all(PASSWORD)).map((answer) => answer.status), Array(5).fill(200));
    assert.equal((await gateway.send('/healthz')).status, 200);
  });

  test('the memory of an isolate does not grow with the number of hashes', { timeout: 300_000 }, async () => {
    const hashes = [ARGON2[0], scrypt(), ARGON2[1]];
    const round = async () => {
      const emails = await people(hashes);
      for (const password of ['wrong password', PASSWORD]) {
        // What lives between two hashes may come to lie where the first was.
        await Promise.all(emails.map((email) => login(email, password)));
        const list = (n) => gateway.admin('GET', `/tenant/home/v2/Users?limit=${n + 1}`);
        await Promise.all(Array.from({ length: 20 }, (_, n) => list(n)));
      }
    };
    await round();
    const first = resident();
    for (let n = 0; n < 6; n += 1) await round();
    const grown = resident() - first;
    // One more piece of memory would be 64 MiB.
    assert.ok(grown < 40, `${first} MiB, and ${grown} MiB more`);
    console.log(`workerd holds ${Math.round(first)} MiB, and ${Math.round(grown)} MiB more after six rounds`);
  });
});
