// Domain names outside ASCII: the platform's own processing gives each one spelling.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, SKIP_LIMITS, startGateway } from './harness.mjs';

const USERS = '/tenant/home/v2/Users';
const ASCII = 'ada@xn--mnchen-3ya.example';
const SPELLINGS = [
  'ada@münchen.example',
  'ada@MÜNCHEN.example',
  'ada@mu\u0308nchen.example',
  'ada@ｍüｎｃｈｅｎ.example',
  'ada@münchen。example',
  'ada@mün\u00adchen.example',
  'ADA@XN--MNCHEN-3YA.Example',
  ASCII,
];
const NONE = [
  'ada@xn--a.com',
  'ada@xn--.com',
  'ada@xn--abc-.com',
  'ada@XN--A.com',
  'ada@xn--mnchen-3ya.xn--a',
  'ada@xn--MNCHEN-3YÄ.example',
  'ada@１.２.３.４',
  'ada@１２７.1',
  'ada@０ｘ7f000001',
  'ada@münchen.1',
  'ada@⒈example',
  'ada@exa mple',
  'ada@münchen .example',
  'ada@mün\u00a0chen.example',
  'ada@mün\u3000chen.example',
  'ada@mün\tchen.example',
  'ada@mün\nchen.example',
  'ada@mün\u0000chen.example',
  'ada@mün\u200dchen.example',
  'ada@\u0301münchen.example',
  'ada@münchen.example/evil',
  'ada@münchen.example\\evil',
  'ada@münchen.example?evil',
  'ada@münchen.example#evil',
  'ada@münchen.example:80',
  'ada@münchen.example%2fevil',
  'ada@m%C3%BCnchen.münchen.example',
  'ada@münchen.example／evil',
  'ada@münchen.example？evil',
  'ada@münchen.example＃evil',
  'ada@münchen.example：80',
  'ada@münchen.example％2fevil',
  'ada@ada＠münchen.example',
  'ada@［::1］',
  'ada@[münchen.example]',
  'ada:x@münchen.example',
  'ada@münchen.example.',
  'ada@münchen..example',
  'ada@münchen。。example',
  'ada@。example',
  'ada@mün_chen.example',
  'ada@mün＿chen.example',
  'ada@-münchen.example',
  'ada@münchen-.example',
  'ada@mü--nchen.example',
  'ada@xn--_b-wka.com',
  'ada@xn----eha.com',
  'ada@אa.example',
  `ada@${'ü'.repeat(60)}.example`,
  `ada@${'ü.'.repeat(40)}example`,
  'ada@\u00ad',
  'ada@�.example',
];

describe('domain names outside ASCII', () => {
  let gateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway?.stop());

  const admin = (method, path, json) => gateway.send(path, { method, json, token: gateway.adminToken });
  const found = async (email) => (await gateway.admin('GET', `${USERS}?email=${encodeURIComponent(email)}`)).items;
  const register = (email) =>
    gateway.send('/auth/register', {
      method: 'POST',
      json: { email, password: PASSWORD, full_name: 'Ada' },
      headers: SKIP_LIMITS,
    });

  test('every spelling is one mailbox', async () => {
    const made = await gateway.makePerson({ email: SPELLINGS[1] });
    for (const email of SPELLINGS) {
      assert.equal((await admin('POST', USERS, { email })).status, 409, email);
      const items = await found(email);
      assert.deepEqual(
        items.map((item) => [item.id, item.email]),
        [[made.id, ASCII]],
        email,
      );
      assert.ok((await gateway.login({ email, password: PASSWORD })).accessToken, email);
    }
  });

  test('one who registers gets mail at the ASCII form, and owns every spelling', async () => {
    assert.equal((await register('bob@mu\u0308nchen.example')).status, 201);
    const box = 'bob@xn--mnchen-3ya.example';
    const [mail] = await gateway.outbox(box);
    assert.equal(mail.to, box);
    await gateway.verify(box);
    assert.equal((await register('bob@MÜNCHEN.example')).status, 201, 'who asks is not told that it is taken');
    assert.equal((await found(box)).length, 1);
    await gateway.login({ email: 'bob@münchen.example', password: PASSWORD });
  });

  test('a name that has no ASCII form, or is more than a name, is refused', async () => {
    for (const email of NONE) {
      const made = await admin('POST', USERS, { email });
      assert.equal(made.status, 400, `${JSON.stringify(email)}: ${made.text}`);
      assert.equal(made.json.errors[0].field, 'email', email);
    }
    for (const email of NONE.slice(0, 8)) assert.equal((await register(email)).status, 400, email);
  });

  test('names that are encoded well, of several scripts, are kept as they are', async () => {
    for (const [email, kept] of [
      ['a@faß.example', 'a@xn--fa-hia.example'],
      ['a@例え.テスト', 'a@xn--r8jz45g.xn--zckzah'],
      ['a@пример.example', 'a@xn--e1afmkfd.example'],
      ['a@مثال.example', 'a@xn--mgbh0fb.example'],
      ['a@xn--r8jz45g.example', 'a@xn--r8jz45g.example'],
    ]) {
      const made = await admin('POST', USERS, { email });
      assert.equal(made.status, 201, `${email}: ${made.text}`);
      assert.equal(made.json.email, kept);
      assert.equal((await admin('POST', USERS, { email: kept })).status, 409, kept);
    }
  });

  test('a domain that may register is named in its ASCII form', async () => {
    const set = (registrationDomains) => admin('PATCH', '/tenant/home/v2/Settings', { registrationDomains });
    const wrong = await set(['münchen.example']);
    assert.equal(wrong.status, 400);
    assert.match(wrong.json.errors[0].detail, /xn--/);
    assert.equal((await set(['xn--a.example'])).status, 400);
    assert.equal((await set(['xn--mnchen-3ya.example'])).status, 200);
    assert.equal((await register('cy@MÜNCHEN.example')).status, 201);
    assert.equal((await register('cy@zürich.example')).status, 400);
    assert.equal((await set([])).status, 200);
  });

  test('a route goes to a host that the platform takes, named in ASCII', async () => {
    const make = (origin) => admin('POST', '/tenant/home/v2/Routes', { name: 'r', path: '/r/', audience: 'r', origin });
    for (const origin of ['https://münchen.example', 'https://xn--a.example']) {
      const answer = await make(origin);
      assert.equal(answer.status, 400, origin);
      assert.equal(answer.json.errors[0].field, 'origin');
      assert.match(answer.json.errors[0].detail, /xn--/);
    }
    assert.equal((await make('https://xn--.example')).status, 400);
    assert.equal((await make('https://xn--mnchen-3ya.example')).status, 201);
  });
});
