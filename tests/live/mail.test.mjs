// The transports that carry mail out of a deployment: an HTTP mail API and the send_email binding.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PASSWORD, startGateway } from './harness.mjs';

const REGISTRATION = { password: PASSWORD, full_name: 'Ada' };

/** Waits for what happens after an answer. */
async function until(happened, what) {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = await happened();
    if (found) return found;
    await new Promise((go) => setTimeout(go, 50));
  }
  return assert.fail(`in vain: ${what}`);
}

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
    const { headers, json: mail } = await until(() => api.requests[0], 'a mail');
    assert.equal(headers.authorization, 'Bearer re_key');
    assert.equal(mail.from, 'Acme <no-reply@acme.example>');
    assert.deepEqual(mail.to, ['ada@example.com']);
    const link = mail.text.match(/http\S+token=\S+/)[0];
    assert.ok(link.startsWith(`${gateway.url}/auth/verify-email?token=`));
    assert.ok(mail.html.includes(link));
    const { items } = await gateway.admin('GET', '/tenant/home/v2/Mails?recipient=ada@example.com');
    assert.equal(headers['idempotency-key'], items[0].id);
    const token = new URL(link).searchParams.get('token');
    assert.equal((await gateway.send('/auth/verify-email', { method: 'POST', json: { token } })).status, 200);
  });

  test('does not make a forgotten password wait, nor tell by time who exists', async () => {
    const before = api.requests.length;
    const answer = await gateway.send('/auth/forgot-password', { method: 'POST', json: { email: 'ada@example.com' } });
    assert.equal(answer.status, 200);
    await until(() => api.requests.length > before, 'a mail');
    assert.match(api.requests.at(-1).json.text, /\/auth\/reset-password\?token=/);
  });

  test('may fail without a word to the caller; it is tried again, with the same key, until it takes the mail', async () => {
    api.status = 500;
    const json = { ...REGISTRATION, email: 'bea@example.com' };
    const before = api.requests.length;
    assert.equal((await gateway.send('/auth/register', { method: 'POST', json })).status, 201);
    const mails = async () => (await gateway.admin('GET', '/tenant/home/v2/Mails?recipient=bea@example.com')).items;
    const waiting = await until(async () => (await mails()).find(({ error }) => error), 'a failure');
    assert.deepEqual([waiting.kind, waiting.status, waiting.attempts], ['verify-email', 'queued', 1]);
    assert.match(waiting.error, /the mail API answered .*500/);
    const audit = await gateway.admin('GET', '/tenant/home/v2/Audit?event=mail.failed');
    assert.deepEqual(audit.items.map(({ outcome, detail }) => [outcome, detail]), [['failure', 'verify-email, try 1']]);
    await gateway.runCron();
    assert.equal(api.requests.length, before + 1, 'not before its turn');
    api.status = 200;
    await gateway.sql('UPDATE mails SET next_at = 0 WHERE id = ?', waiting.id);
    await Promise.all([gateway.runCron(), gateway.runCron()]);
    const tries = api.requests.slice(before);
    assert.deepEqual(tries.map(({ headers }) => headers['idempotency-key']), [waiting.id, waiting.id]);
    assert.deepEqual(tries[0].json, tries[1].json);
    const [sent] = await mails();
    assert.deepEqual([sent.status, sent.attempts, sent.error], ['sent', 2, null]);
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
    const sent = async () => (await gateway.admin('GET', '/tenant/home/v2/Mails?status=sent')).items[0];
    assert.equal((await until(sent, 'a mail')).recipient, 'cleo@example.com');
    const audit = await gateway.admin('GET', '/tenant/home/v2/Audit?event=mail');
    assert.deepEqual(audit.items.map(({ event }) => event), ['mail.sent']);
    assert.ok(written().some((text) => text.includes('/auth/verify-email?token=')), 'the binding wrote the mail down');
  });
});

describe('the outbox', () => {
  let gateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway?.stop());

  test('keeps each mail once, under its id, before the answer', async () => {
    const json = { ...REGISTRATION, email: 'dan@example.com' };
    const answer = await gateway.send('/auth/register', { method: 'POST', json, headers: { 'Accept-Language': 'de' } });
    assert.equal(answer.status, 201);
    assert.deepEqual((await gateway.outbox('dan@example.com')).map(({ subject }) => subject), ['Bestätigen Sie Ihre E-Mail-Adresse']);
    const { items } = await gateway.admin('GET', '/tenant/home/v2/Mails?recipient=dan@example.com');
    assert.deepEqual([items.length, items[0].status], [1, 'sent']);
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
