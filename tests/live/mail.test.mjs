// The transports that carry mail out of a deployment: an HTTP mail API and the send_email binding.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, startGateway } from './harness.mjs';

const REGISTRATION = { password: PASSWORD, full_name: 'Ada' };

/** A mail API of Resend's shape that keeps what it is sent and answers with a status of the test's choice. */
async function startMailApi() {
  const api = { requests: [], status: 200 };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      api.requests.push({ headers: request.headers, json: JSON.parse(body) });
      response.writeHead(api.status, { 'content-type': 'application/json' }).end('{"id":"1"}');
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  api.url = `http://127.0.0.1:${server.address().port}/emails`;
  api.stop = () => server.close();
  return api;
}

describe('an HTTP mail API', () => {
  let api;
  let gateway;
  before(async () => {
    api = await startMailApi();
    const vars = { MAIL_TRANSPORT: 'resend', RESEND_URL: api.url, RESEND_API_KEY: 're_key', MAIL_FROM: 'Acme <no-reply@acme.example>' };
    gateway = await startGateway({ vars });
  });
  after(async () => {
    await gateway?.stop();
    api?.stop();
  });

  test('is sent each mail with its key, in both forms', async () => {
    const json = { ...REGISTRATION, email: 'ada@example.com' };
    assert.equal((await gateway.send('/auth/register', { method: 'POST', json })).status, 201);
    const [{ headers, json: mail }] = api.requests;
    assert.equal(headers.authorization, 'Bearer re_key');
    assert.equal(mail.from, 'Acme <no-reply@acme.example>');
    assert.deepEqual(mail.to, ['ada@example.com']);
    const link = mail.text.match(/http\S+token=\S+/)[0];
    assert.ok(link.startsWith(`${gateway.url}/auth/verify-email?token=`));
    assert.ok(mail.html.includes(link));
    const token = new URL(link).searchParams.get('token');
    assert.equal((await gateway.send('/auth/verify-email', { method: 'POST', json: { token } })).status, 200);
  });

  test('does not make a forgotten password wait, nor tell by time who exists', async () => {
    const before = api.requests.length;
    const answer = await gateway.send('/auth/forgot-password', { method: 'POST', json: { email: 'ada@example.com' } });
    assert.equal(answer.status, 200);
    for (let tries = 0; tries < 50 && api.requests.length === before; tries += 1) await new Promise((go) => setTimeout(go, 50));
    assert.match(api.requests.at(-1).json.text, /\/auth\/reset-password\?token=/);
  });

  test('may fail without a word to the caller; the audit log has it', async () => {
    api.status = 500;
    const json = { ...REGISTRATION, email: 'bea@example.com' };
    assert.equal((await gateway.send('/auth/register', { method: 'POST', json })).status, 201);
    const audit = await gateway.admin('GET', '/tenant/home/v2/Audit?event=mail.failed');
    assert.equal(audit.items.length, 1);
    assert.equal(audit.items[0].outcome, 'failure');
  });

  test('leaves no outbox to read', async () => {
    assert.equal((await gateway.send('/dev/outbox?to=ada@example.com')).status, 404);
  });
});

describe('the send_email binding', () => {
  let gateway;
  before(async () => {
    const vars = { MAIL_TRANSPORT: 'cloudflare', MAIL_FROM: 'no-reply@acme.example' };
    gateway = await startGateway({ vars, miniflare: { email: { send_email: [{ name: 'SEND_EMAIL' }] } } });
  });
  after(() => gateway?.stop());

  test('is handed each mail', async () => {
    const json = { ...REGISTRATION, email: 'cleo@example.com' };
    assert.equal((await gateway.send('/auth/register', { method: 'POST', json })).status, 201);
    const audit = await gateway.admin('GET', '/tenant/home/v2/Audit?event=mail');
    assert.deepEqual(audit.items.map(({ event }) => event), ['mail.sent']);
    assert.ok(written().some((text) => text.includes('/auth/verify-email?token=')), 'the binding wrote the mail down');
  });
});

/** The texts of the mails that the local binding wrote into miniflare's temporary folders. */
function written() {
  const roots = readdirSync(tmpdir()).filter((name) => name.startsWith('miniflare-')).map((name) => join(tmpdir(), name, 'email'));
  return roots.filter(existsSync).flatMap((root) =>
    readdirSync(root, { recursive: true })
      .filter((name) => /\.(txt|eml)$/.test(name))
      .map((name) => readFileSync(join(root, name), 'utf8')),
  );
}
