// What may happen once happens once, also when fifty ask at the same moment.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { claimsOf, PASSWORD, PLACES, SETUP_TOKEN, ADMIN, startGateway } from './harness.mjs';

const atOnce = (count, ask) => Promise.all(Array.from({ length: count }, (_, at) => ask(at)));
/** How many failures are evaluated in so many ms: 5, then one after each delay of 1, 2, 4 … s. */
const allowed = (ms) => 5 + Math.floor(Math.log2(1 + ms / 1_000));
const count = (answers, status) => answers.filter((answer) => answer.status === status).length;

for (const [where, place] of PLACES) describe(`exactness ${where}`, () => {
  let gateway;
  before(async () => {
    gateway = await startGateway(place);
  });
  after(() => gateway?.stop());

  test('of 200 parallel wrong passwords at most 5 are evaluated', async () => {
    const person = await gateway.makePerson();
    const start = Date.now();
    const answers = await atOnce(200, (at) =>
      gateway.send('/api/auth/login', {
        method: 'POST',
        json: { email: person.email, password: `wrong password ${at}` },
        from: '203.0.113.5',
      }),
    );
    const evaluated = count(answers, 401);
    const took = Date.now() - start;
    assert.ok(evaluated >= 1 && evaluated <= allowed(took), `${evaluated} were evaluated in ${took} ms`);
    assert.equal(count(answers, 429), 200 - evaluated);
    for (const answer of answers.filter(({ status }) => status === 429)) {
      assert.ok(Number(answer.headers['retry-after']) >= 1);
    }
  });

  test('a wrong password on any surface counts on every surface', async () => {
    const person = await gateway.makePerson();
    const attempt = (at) => {
      const password = 'wrong password';
      const from = '203.0.113.6';
      const surfaces = [
        ['/api/auth/login', { json: { email: person.email, password } }],
        ['/auth/login', { json: { email: person.email, password } }],
        ['/tenant/home/login', { form: { email: person.email, password, return_to: '/' } }],
      ];
      const [path, sent] = surfaces[at % 3];
      return gateway.send(path, { method: 'POST', from, ...sent });
    };
    const start = Date.now();
    const answers = await atOnce(60, attempt);
    const evaluated = 60 - count(answers, 429);
    const took = Date.now() - start;
    assert.ok(evaluated >= 1 && evaluated <= allowed(took), `${evaluated} were evaluated in ${took} ms`);
    const right = await gateway.send('/api/auth/login', {
      method: 'POST',
      json: { email: person.email, password: person.password },
      from: '203.0.113.6',
    });
    assert.equal(right.status, 429, 'the right password is not evaluated while the delay lasts');
  });

  test('50 parallel refreshes of one token leave one lineage', async () => {
    const person = await gateway.person();
    const refresh = (refreshToken) => gateway.send('/api/auth/refresh', { method: 'POST', json: { refreshToken } });
    const answers = await atOnce(50, () => refresh(person.refreshToken));
    const successors = new Set(
      answers.filter(({ status }) => status === 200).map(({ json }) => json.data.refreshToken),
    );
    assert.equal(successors.size, 1, `${successors.size} successors; statuses ${answers.map(({ status }) => status)}`);
    assert.equal(count(answers, 200) + count(answers, 401), 50);
    const [successor] = successors;
    const next = await refresh(successor);
    assert.equal(next.status, 200, next.text);
    const after = await refresh(next.json.data.refreshToken);
    assert.equal(after.status, 200, after.text);
  });

  test('a spent refresh token ends its family', async () => {
    const person = await gateway.person();
    const refresh = (refreshToken) => gateway.send('/api/auth/refresh', { method: 'POST', json: { refreshToken } });
    const first = (await refresh(person.refreshToken)).json.data.refreshToken;
    const second = (await refresh(first)).json.data.refreshToken;
    assert.equal((await refresh(person.refreshToken)).status, 401, 'its successor is already spent');
    assert.equal((await refresh(second)).status, 401, 'the family has ended');
    const audit = await gateway.admin('GET', '/tenant/home/v2/Audit?limit=50');
    assert.ok(/reuse/i.test(JSON.stringify(audit.items)), JSON.stringify(audit.items.slice(0, 3)));
  });

  test('50 parallel uses of one verify link are one success', async () => {
    const email = 'verify-once@example.com';
    await gateway.register({ email });
    const token = await gateway.mailedToken(email, '/auth/verify-email');
    const answers = await atOnce(50, () => gateway.send('/auth/verify-email', { method: 'POST', json: { token } }));
    assert.equal(count(answers, 200), 1, String(answers.map(({ status }) => status)));
    assert.equal(count(answers, 400), 49);
  });

  test('20 parallel uses of one reset link are one success', async () => {
    const person = await gateway.makePerson();
    await gateway.send('/auth/forgot-password', { method: 'POST', json: { email: person.email } });
    const token = await gateway.mailedToken(person.email, '/auth/reset-password');
    const passwords = Array.from({ length: 20 }, (_, at) => `brand new password ${at}`);
    const answers = await Promise.all(
      passwords.map((password) => gateway.send('/auth/reset-password', { method: 'POST', json: { token, password } })),
    );
    assert.equal(count(answers, 200), 1, String(answers.map(({ status }) => status)));
    const winner = passwords[answers.findIndex(({ status }) => status === 200)];
    await gateway.login({ email: person.email, password: winner });
  });

  test('50 parallel registrations of one address make one account', async () => {
    const email = 'only-one@example.com';
    await atOnce(50, () =>
      gateway.send('/auth/register', {
        method: 'POST',
        json: { email, password: PASSWORD, full_name: 'Only One' },
        headers: { 'X-System-Secret': 'a-system-secret-for-the-tests' },
      }),
    ).then((answers) => assert.equal(count(answers, 201), 50, String(answers.map(({ status }) => status))));
    const listed = await gateway.admin('GET', '/tenant/home/v2/Users?limit=100');
    assert.equal(listed.items.filter((user) => user.email === email).length, 1);
  });
});

for (const [where, place] of PLACES) describe(`a fresh gateway ${where}`, () => {
  let gateway;
  before(async () => {
    gateway = await startGateway({ setup: false, ...place });
  });
  after(() => gateway?.stop());

  test('50 parallel first requests make one signing key', async () => {
    const answers = await atOnce(50, (at) =>
      gateway.send(at % 2 === 0 ? '/.well-known/jwks.json' : '/tenant/home/.well-known/jwks.json'),
    );
    assert.equal(count(answers, 200), 50, String(answers.map(({ status }) => status)));
    const kids = new Set(
      answers.map(({ json }) =>
        json.keys
          .map(({ kid }) => kid)
          .sort()
          .join(),
      ),
    );
    assert.equal(kids.size, 1, [...kids].join(' | '));
  });

  test('10 parallel set-ups make one administrator, whose tokens the published key signed', async () => {
    const answers = await atOnce(10, (at) =>
      gateway.send('/setup', {
        method: 'POST',
        json: { token: SETUP_TOKEN, email: `admin${at}@example.com`, password: ADMIN.password },
      }),
    );
    assert.equal(count(answers, 201), 1, String(answers.map(({ status }) => status)));
    assert.equal(count(answers, 409), 9);
    const { user } = answers.find(({ status }) => status === 201).json;
    assert.equal(user.operator, true);
    const { accessToken } = await gateway.login({ email: user.email, password: ADMIN.password });
    const { kid } = JSON.parse(Buffer.from(accessToken.split('.')[0], 'base64url').toString());
    const { json } = await gateway.send('/.well-known/jwks.json');
    assert.ok(json.keys.some((key) => key.kid === kid));
    assert.equal(claimsOf(accessToken).sub, user.id);
  });

  test('a wrong set-up token is refused, also after set-up', async () => {
    const answer = await gateway.send('/setup', {
      method: 'POST',
      json: { ...ADMIN, token: 'guess' },
      from: '203.0.113.9',
    });
    assert.ok([403, 409].includes(answer.status), answer.text);
  });
});
