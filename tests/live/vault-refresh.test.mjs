// However many ask at once for a token that is over, and whenever the runtime is killed, a strictly rotating provider sees
// each refresh token once.
//
//   VAULT_ROUNDS  rounds of 200 who ask at once (10)
//   VAULT_KILLS   moments at which the runtime is killed (4)

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startWorker } from '../../scripts/lib/worker.mjs';
import { Gateway, PLACES, SETUP_TOKEN, SKIP_LIMITS, startGateway, SYSTEM_SECRET } from './harness.mjs';
import { connect, describe as describeProvider, startProvider } from './vault-provider.mjs';

const ROUNDS = Number(process.env.VAULT_ROUNDS ?? 10);
const KILLS = Number(process.env.VAULT_KILLS ?? 4);
const PARALLEL = 200;
const PATH = '/auth/valid-token?providerId=strict';
const sealKey = randomBytes(32).toString('base64url');

/** As many connections as there are requests: all are under way at once. */
const wide = new http.Agent({ keepAlive: true, maxSockets: PARALLEL });

function ask({ host }, token, port) {
  return new Promise((resolve, reject) => {
    const headers = { host, authorization: `Bearer ${token}`, ...SKIP_LIMITS };
    const request = http.get({ host: '127.0.0.1', port, path: PATH, agent: wide, headers });
    // A kept connection may be closed before the request gets there (RFC 9112, 9.3.1).
    const again = (error) => (request.reusedSocket && error.code === 'ECONNRESET' ? resolve(ask({ host }, token, port)) : reject(error));
    request.once('error', again).once('response', async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode, headers: response.headers, text, json: JSON.parse(text) });
    });
  });
}

const atOnce = (count, ask) => Promise.all(Array.from({ length: count }, (_, at) => ask(at)));

for (const [where, place] of PLACES) describe(`200 who ask at once ${where}`, () => {
  let gateway;
  let provider;
  let person;
  before(async () => {
    provider = await startProvider({ delay: () => 30 + Math.random() * 50 });
    gateway = await startGateway({ vars: { SEAL_KEY: sealKey }, ...place });
    await describeProvider(gateway, 'strict', provider.url);
    person = await gateway.person();
    await connect(gateway, { sealKey, person, id: 'strict', tokens: provider.tokens() });
  });
  after(async () => {
    await gateway?.stop();
    await provider?.stop();
  });

  let turn = 0;
  const askOne = () => {
    const front = gateway.fronts[(turn += 1) % gateway.fronts.length];
    return ask(new URL(gateway.url), person.accessToken, new URL(front).port);
  };
  const expire = () => gateway.sql('UPDATE vault_connections SET expires_at = 1, updated_at = 0');

  test(`cause one refresh and get one answer, ${ROUNDS} times`, { timeout: 30_000 + ROUNDS * 10_000 }, async (t) => {
    const began = performance.now();
    for (let round = 1; round <= ROUNDS; round += 1) {
      await expire();
      const answers = await atOnce(PARALLEL, askOne);
      const failed = answers.find(({ status }) => status !== 200);
      assert.equal(failed, undefined, failed && `round ${round}: ${failed.status} ${failed.text}`);
      assert.deepEqual(new Set(answers.map(({ json }) => json.access_token)), new Set([provider.current()]));
      assert.deepEqual([provider.state.refreshes, provider.state.refused], [round, 0]);
    }
    t.diagnostic(`${ROUNDS} rounds of ${PARALLEL} in ${Math.round(performance.now() - began)} ms`);
  });

  test('get the old token while the provider is down and it lives, and 503 once it is over', async () => {
    provider.state.down = true;
    try {
      await gateway.sql('UPDATE vault_connections SET expires_at = ?, updated_at = 0, retry_at = NULL', Date.now() + 60_000);
      const answers = await atOnce(20, askOne);
      for (const { status, json } of answers) assert.deepEqual([status, json.access_token], [200, provider.current()]);
      await expire();
      const { status, headers, json } = await askOne();
      assert.deepEqual([status, json.success, json.statusCode], [503, false, 503]);
      assert.ok(Number(headers['retry-after']) > 0, headers['retry-after']);
    } finally {
      provider.state.down = false;
    }
    await gateway.sql('UPDATE vault_connections SET retry_at = NULL');
    assert.equal((await askOne()).json.access_token, provider.current());
  });

  test('are told when the person is needed, who is mailed once', async () => {
    await expire();
    provider.state.turn += 1;
    const answers = await atOnce(50, askOne);
    for (const { status, json } of answers) assert.deepEqual([status, json.code], [409, 'REAUTHORIZATION_NEEDED']);
    const mails = (await gateway.outbox(person.email)).filter(({ subject }) => subject.includes('needs you again'));
    assert.equal(mails.length, 1);
  });
});

/** Everything below a folder, as one text. */
async function everythingIn(folder) {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
}

test(
  `kill -9 at ${KILLS} moments leaves a right token, or needs the person where the provider alone had turned`,
  { timeout: 60_000 + KILLS * 30_000 },
  async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'portcullis-vault-'));
    const provider = await startProvider({ delay: () => Math.random() * 60 });
    let worker;
    let gateway;
    const start = async () => {
      worker = await startWorker({ dataDir, port: worker?.port, vars: { SETUP_TOKEN, SYSTEM_SECRET, SEAL_KEY: sealKey } });
      gateway = new Gateway({ ...worker, stop() {} });
    };
    t.after(async () => {
      await worker?.kill();
      await provider.stop();
      await rm(dataDir, { recursive: true, force: true });
    });
    await start();
    await gateway.setUp();
    await describeProvider(gateway, 'strict', provider.url);
    const person = await gateway.person();
    const { accessToken: token } = person;
    await connect(gateway, { sealKey, person, id: 'strict', tokens: provider.tokens() });
    const askOne = () => ask({ host: `localhost:${worker.port}` }, token, worker.port);
    const came = { right: 0, person: 0 };

    for (let at = 0; at < KILLS; at += 1) {
      await gateway.sql('UPDATE vault_connections SET expires_at = 1, updated_at = 0, retry_at = NULL');
      const spent = provider.state.turn;
      const acknowledged = [];
      const asking = atOnce(20, () => askOne().then(({ status, json }) => status === 200 && acknowledged.push(json.access_token), () => {}));
      await new Promise((go) => setTimeout(go, Math.random() * 140));
      await worker.kill();
      await asking;
      const turned = provider.state.turn > spent;
      await start();
      let answer = await askOne();
      for (let tries = 0; answer.status === 503 && tries < 10; tries += 1) {
        await new Promise((go) => setTimeout(go, 1_000 * Number(answer.headers['retry-after'])));
        answer = await askOne();
      }
      if (answer.status === 200) {
        assert.equal(answer.json.access_token, provider.current(), 'a token that the provider does not know any more');
        came.right += 1;
      } else {
        assert.equal(answer.status, 409, answer.text);
        // Only where the provider had turned and we had not written: nobody was told of a token then.
        assert.ok(turned, 'the provider had not turned');
        assert.deepEqual(acknowledged, [], 'what was acknowledged is lost');
        came.person += 1;
        await connect(gateway, { sealKey, person, id: 'strict', tokens: provider.tokens() });
      }
    }
    t.diagnostic(JSON.stringify(came));
    await worker.stop();
    const kept = await everythingIn(dataDir);
    for (const secret of ['canary-refresh-', 'canary-access-', 'canary-secret']) assert.ok(!kept.includes(secret), secret);
  },
);
