// What the clients' tests share: the one gateway that scripts/lib/clients.mjs keeps running for all of them, clients
// and people made at it, and the program of a client that is no library for Node.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../scripts/lib/worker.mjs';
import { send, SYSTEM_SECRET } from '../live/http.mjs';

const { GATEWAY, ADMIN_TOKEN } = process.env;
export const ISSUER = `${GATEWAY}/tenant/home`;
export const PASSWORD = 'a good enough password';
export { GATEWAY };

let made = 0;
const unique = (word) => `${word}-${process.pid}-${(made += 1)}`;

/** A request as the administrator; anything but success fails the test. */
export async function admin(method, path, json) {
  const answer = await send(GATEWAY, path, { method, json, token: ADMIN_TOKEN, headers: { 'X-System-Secret': SYSTEM_SECRET } });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.json;
}

/** A client as an administrator makes one for a web application: nothing said but what its documentation asks for. */
export const makeClient = (fields) => admin('POST', '/tenant/home/v2/Clients', { client_name: unique('client'), ...fields });

/** A verified person with a name. */
export async function makePerson(fields = {}) {
  const email = `${unique('person')}@example.com`;
  const asked = { email, password: PASSWORD, name: 'Ada Lovelace', emailVerified: true, ...fields };
  return { ...(await admin('POST', '/tenant/home/v2/Users', asked)), email, password: PASSWORD };
}

/** A person's own access token, by the session API. */
export async function signIn({ email, password }) {
  const answer = await send(GATEWAY, '/api/auth/login', { method: 'POST', json: { email, password } });
  assert.equal(answer.status, 200, answer.text);
  return answer.json.data.tokens.accessToken;
}

export const port = () => freePort('127.0.0.1');

/** The command that scripts/lib/clients.mjs made for that folder's program. */
export const commandOf = (folder) => JSON.parse(process.env.CLIENT_COMMANDS ?? '{}')[folder];

/**
 * Starts the program of a client with `env`, and waits until it says `listening`; `stop()` ends it, and `said()` is
 * all that it wrote.
 */
export async function startProgram(testUrl, args, env) {
  const cwd = dirname(fileURLToPath(testUrl));
  const [command, ...before] = commandOf(cwd.split(/[/\\]/).pop());
  const child = spawn(command, [...before, ...args], { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ended = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (said += chunk));
  const lines = createInterface({ input: child.stdout });
  await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      said += `${line}\n`;
      if (line.includes('listening')) resolve();
    });
    ended.then((code) => reject(new Error(`${command} ended (${code}): ${said}`)));
  });
  return { said: () => said, stop: () => (child.kill('SIGKILL'), ended) };
}
