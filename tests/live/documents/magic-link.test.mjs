// Magic links as both documents show them: the requests run unchanged, the code comes from the mail.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startGateway } from '../harness.mjs';
import { curl, Document, filledIn, node } from './examples.mjs';

const run = promisify(execFile);
const user = new Document('user-api');
const session = new Document('session-api');
const DOCUMENTED = 'https://api.agnt.gg';
const MAILED = '{ "success": true, "message": "Magic link sent to your email" }';

describe('magic links in the documents', () => {
  let gateway;
  let person;

  before(async () => {
    gateway = await startGateway();
    await gateway.route({ name: 'agents', path: '/agents' });
  });
  after(() => gateway?.stop());

  /** The reader's own values, for one who has just been made. */
  const own = async () => {
    person = await gateway.makePerson();
    return { [DOCUMENTED]: gateway.url, 'user@example.com': person.email };
  };
  const code = async () => {
    const [mail] = await gateway.outbox(person.email);
    return /(?<![\w-])\d{6}(?![\w-])/.exec(mail.text)[0];
  };
  const token = () => gateway.mailedToken(person.email, '/tenant/home/magic-link');

  test('the cURL request mails a code, with which the documented request signs in', async () => {
    const command = user.code('Step 1: Request Magic Link', 'const response');
    const asked = await curl(filledIn(command, await own()));
    assert.deepEqual([asked.status, asked.json], [200, JSON.parse(MAILED)]);
    const line = 'POST https://api.agnt.gg/users/auth/magic-link/verify';
    const body = { ...user.json(line), email: person.email, code: await code() };
    assert.deepEqual(Object.keys(body), ['email', 'code']);
    const answer = await gateway.send('/users/auth/magic-link/verify', { method: 'POST', json: body });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(Object.keys(answer.json).sort(), ['success', 'token', 'user']);
    assert.equal(answer.json.success, true);
    assert.equal(answer.json.user.id, person.id);
    const used = await gateway.send('/agents', { token: answer.json.token });
    assert.equal(used.status, 200, used.text);
  });

  test('the JavaScript request gets the documented answer', async () => {
    const example = user.code(`-d '{"email": "user@example.com"}'`, 'import requests');
    const printed = await node(`${filledIn(example, await own())}\nconsole.log(JSON.stringify(data));`);
    assert.deepEqual(JSON.parse(printed), JSON.parse(MAILED));
    assert.match(await code(), /^\d{6}$/);
  });

  test('the Python request gets the documented answer', { skip: !process.env.PYTHON }, async () => {
    const example = user.code(`// ${MAILED}`, `# ${MAILED}`);
    const script = `${filledIn(example, await own())}\nimport json\nprint(json.dumps(data))`;
    const { stdout } = await run(process.env.PYTHON, ['-c', script]);
    assert.deepEqual(JSON.parse(stdout), JSON.parse(MAILED));
    assert.match(await code(), /^\d{6}$/);
  });

  test('the class signs in and makes authenticated requests', async () => {
    const shown = user.code('Complete Authentication Flow Example', '// Usage - Request magic link');
    const usage = user.code('// Usage - Request magic link', 'Next Steps');
    const values = { ...(await own()), "'123456'": `await mailed('${person.email}')` };
    const [flow] = filledIn(usage, values).split(/Next Steps/);
    const script = `${shown.replaceAll(DOCUMENTED, gateway.url)}
      globalThis.sessionStorage = { setItem() {}, removeItem() {} };
      const mailed = async (to) => {
        const kept = await fetch('${gateway.url}/dev/outbox?to=' + encodeURIComponent(to));
        return /(?<![\\w-])\\d{6}(?![\\w-])/.exec((await kept.json()).items[0].text)[0];
      };
      ${flow}
      console.log(agents.status, auth.user.email);`;
    assert.equal((await node(script)).trim(), `200 ${person.email}`);
  });

  test("the session API's limit is the documented one, with the documented refusal", async () => {
    assert.match(session.text, /\/api\/auth\/magic-link\/request 5 requests \/ 15 minutes Per email address/);
    await own();
    const ask = () =>
      gateway.send('/api/auth/magic-link/request', { method: 'POST', json: { email: person.email } });
    for (let at = 0; at < 5; at += 1) assert.equal((await ask()).status, 200);
    const refused = await ask();
    assert.equal(refused.status, 429);
    assert.deepEqual(refused.json, session.json('Rate limit response'));
    assert.ok(Number(refused.headers['retry-after']) > 0);
    const answer = await gateway.send('/api/auth/magic-link/verify', {
      method: 'POST',
      json: { token: await token() },
    });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(typeof answer.json.data.tokens.refreshToken, 'string');
  });

  test('of fifty uses of one link at the same moment one signs in', async () => {
    await own();
    const json = { email: person.email };
    await gateway.send('/api/auth/magic-link/request', { method: 'POST', json });
    const link = { token: await token() };
    const use = () => gateway.send('/api/auth/magic-link/verify', { method: 'POST', json: link });
    const answers = await Promise.all(Array.from({ length: 50 }, use));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 400).length, 49);
  });
});
