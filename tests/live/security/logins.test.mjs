// Guessing a password is slow from everywhere, and no refusal tells who exists. That no answer's time does is in
// answer-times.test.mjs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SKIP_LIMITS, startGateway } from '../harness.mjs';

const WRONG = 'wrong password';

describe('guessing', () => {
  let gateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway?.stop());

  const login = (email, password, options = {}) =>
    gateway.send('/api/auth/login', { method: 'POST', json: { email, password }, ...options });

  /** How many of these guesses were evaluated (401) and not held off (429). */
  const evaluated = (answers) => answers.filter(({ status }) => status === 401).length;

  test('five failures of an account from an address hold off the sixth', async () => {
    const person = await gateway.makePerson();
    const from = '192.0.2.1';
    for (let tries = 1; tries <= 5; tries += 1) {
      assert.equal((await login(person.email, WRONG, { from })).status, 401, `try ${tries}`);
    }
    const sixth = await login(person.email, person.password, { from });
    assert.equal(sixth.status, 429);
    assert.ok(Number(sixth.headers['retry-after']) >= 1);
    assert.equal(sixth.headers['ratelimit-remaining'], '0');
    assert.match(sixth.headers['ratelimit-limit'], /^\d+$/);
    assert.match(sixth.headers['ratelimit-reset'], /^\d+$/);
    const elsewhere = await login(person.email, person.password, { from: '192.0.2.2' });
    assert.equal(elsewhere.status, 200, 'the owner still gets in from an address of their own');
  });

  test('after the delay one try is evaluated, and the next delay is longer', async () => {
    const person = await gateway.makePerson();
    const from = '192.0.2.3';
    for (let tries = 0; tries < 5; tries += 1) await login(person.email, WRONG, { from });
    const wait = async () => {
      const held = await login(person.email, WRONG, { from });
      assert.equal(held.status, 429);
      const seconds = Number(held.headers['retry-after']);
      await new Promise((go) => setTimeout(go, seconds * 1_000 + 100));
      return seconds;
    };
    const first = await wait();
    assert.ok(first <= 2, `first delay ${first} s`);
    assert.equal((await login(person.email, WRONG, { from })).status, 401);
    const second = await wait();
    assert.ok(second > first || second >= 2, `delays ${first} s, ${second} s`);
    assert.equal((await login(person.email, person.password, { from })).status, 200);
  });

  test('successes are no failures', async () => {
    const person = await gateway.makePerson();
    for (let tries = 0; tries < 12; tries += 1) {
      assert.equal(
        (await login(person.email, person.password, { from: '192.0.2.4' })).status,
        200,
        `login ${tries + 1}`,
      );
    }
  });

  test('right passwords of an account are 60 a minute, from wherever they come', async () => {
    const person = await gateway.makePerson();
    const answers = [];
    // Ten at once: each right one is a hash, and workerd gives up on a connection that it cannot read for 15 s.
    for (let wave = 0; wave < 8; wave += 1) {
      const froms = Array.from({ length: 10 }, (_, n) => `192.0.2.${130 + wave * 10 + n}`);
      answers.push(...(await Promise.all(froms.map((from) => login(person.email, person.password, { from })))));
    }
    assert.equal(answers.filter(({ status }) => status === 200).length, 60);
    assert.equal(answers.filter(({ status }) => status === 429).length, 20);
  });

  test('other spellings of an address are the same account', async () => {
    const { email, password } = await gateway.makePerson({ email: 'alice.smith@example.com' });
    const spellings = [
      email,
      'Alice.Smith@example.com',
      'ALICE.SMITH@EXAMPLE.COM',
      'alice.smith@EXAMPLE.com',
      ` ${email}`,
      `${email} `,
      `\t${email}\n`,
      `\u00a0${email}`,
      'alice.smith@ｅｘａｍｐｌｅ.com',
      'ａlice.smith@example.com',
      'alice.smith@example。com',
      'alıce.smith@example.com',
      'alice.smith@example.com.',
      `${email}\u200b`,
      'a\u0301lice.smith@example.com',
      'alice.smith\u00ad@example.com',
      'alice.smith@ex\u00adample.com',
    ];
    const same = [];
    for (const spelling of spellings) {
      const answer = await login(spelling, password, { headers: SKIP_LIMITS });
      assert.ok([200, 400, 401].includes(answer.status), `${JSON.stringify(spelling)}: ${answer.text}`);
      if (answer.status === 200) same.push(spelling);
    }
    assert.ok(same.length >= 3, JSON.stringify(same));
    const answers = [];
    for (let round = 0; round < 3; round += 1) {
      for (const spelling of same) answers.push(await login(spelling, WRONG, { from: '192.0.2.5' }));
    }
    assert.ok(evaluated(answers) <= 5, `${evaluated(answers)} of ${answers.length} over ${JSON.stringify(same)}`);
  });

  test('addresses of one IPv6 /64 are one address, in any spelling', async () => {
    const { email } = await gateway.makePerson();
    const spellings = ['2001:db8:1:2::', '2001:DB8:1:2::', '2001:0db8:0001:0002:0:0:0:'];
    const answers = [];
    for (let host = 1; host <= 12; host += 1) {
      answers.push(await login(email, WRONG, { from: `${spellings[host % 3]}${host}` }));
    }
    assert.equal(evaluated(answers), 5);
    const v4 = await gateway.makePerson();
    const mapped = [];
    for (let tries = 0; tries < 12; tries += 1) {
      mapped.push(await login(v4.email, WRONG, { from: tries % 2 === 0 ? '192.0.2.6' : '::ffff:192.0.2.6' }));
    }
    assert.equal(evaluated(mapped), 5);
  });

  test('headers that a client can write do not change its address', async () => {
    const { email } = await gateway.makePerson();
    const names = [
      'X-Forwarded-For',
      'X-Real-IP',
      'True-Client-IP',
      'Forwarded',
      'X-Client-IP',
      'X-Cluster-Client-IP',
      'Via',
    ];
    const answers = [];
    for (let tries = 0; tries < 14; tries += 1) {
      const name = names[tries % names.length];
      const value = name === 'Forwarded' ? `for=10.0.0.${tries}` : `10.0.0.${tries}`;
      answers.push(await login(email, WRONG, { from: '192.0.2.7', headers: { [name]: value } }));
    }
    assert.equal(evaluated(answers), 5);
  });

  test('one address guessing at many accounts is held off after 30 failures a minute', async () => {
    const answers = [];
    for (let account = 0; account < 40; account += 1) {
      answers.push(await login(`nobody${account}@example.com`, WRONG, { from: '192.0.2.8' }));
    }
    assert.equal(evaluated(answers), 30);
  });

  test('changing a password is limited for each user', async () => {
    const person = await gateway.person();
    const answers = [];
    for (let tries = 0; tries < 12; tries += 1) {
      answers.push(
        await gateway.send('/api/auth/change-password', {
          method: 'POST',
          token: person.accessToken,
          json: { currentPassword: WRONG, newPassword: 'another good password' },
          from: `192.0.2.${100 + tries}`,
        }),
      );
    }
    const limited = answers.filter(({ status }) => status === 429);
    assert.ok(limited.length >= 5, String(answers.map(({ status }) => status)));
    assert.equal(limited[0].json.code, 'RATE_LIMITED');
  });

  test('mails asked for one address are limited, and the answer does not tell', async () => {
    const person = await gateway.makePerson();
    const ask = (email, from) => gateway.send('/auth/forgot-password', { method: 'POST', json: { email }, from });
    const known = [];
    const unknown = [];
    for (let tries = 0; tries < 8; tries += 1) {
      known.push((await ask(person.email, '192.0.2.9')).status);
      unknown.push((await ask('no-such-person@example.com', '192.0.2.10')).status);
    }
    assert.deepEqual(known, unknown);
    assert.ok((await gateway.outbox(person.email)).length <= 5);
  });

  test('a held-off account answers the same whether it exists or not', async () => {
    const { email } = await gateway.makePerson();
    const last = async (address, from) => {
      let answer;
      for (let tries = 0; tries < 6; tries += 1) answer = await login(address, WRONG, { from });
      return answer;
    };
    const known = await last(email, '192.0.2.11');
    const unknown = await last('not-here@example.com', '192.0.2.12');
    assert.equal(known.status, 429);
    assert.equal(unknown.status, 429);
    assert.deepEqual(known.json, unknown.json);
  });
});
