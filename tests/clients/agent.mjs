// What the tests of MCP clients share: an agent's program reaches the demo's MCP server, by its Client ID Metadata
// Document and by registering itself, and calls its tools as the person who signed in.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { Browser } from './browser.mjs';
import { commandOf, GATEWAY, makePerson } from './harness.mjs';

export const AGENT = 'https://agent.example.com/client.json';
export const SERVER = `${GATEWAY}/mcp`;

/** Runs an agent's program in its folder; the person signs in where it says. Answers what it printed last, and the way. */
export async function runAgent(folder, program, tool, person, env = {}) {
  const [command] = commandOf(folder);
  const cwd = new URL(`${folder}/`, import.meta.url);
  const agent = spawn(command, [program, SERVER, tool], { cwd, env: { ...process.env, BROWSER: 'echo Sign in at %s', ...env } });
  const browser = new Browser();
  let [said, out, signedIn] = ['', ''];
  agent.stderr.setEncoding('utf8').on('data', (chunk) => (said += chunk));
  agent.stdout.setEncoding('utf8').on('data', (chunk) => {
    said += chunk;
    out += chunk;
    const url = /Sign in at (http\S+)\s/.exec(out)?.[1];
    if (url) signedIn ??= browser.signIn(url, person).catch((error) => (agent.kill(), error));
  });
  const code = await new Promise((resolve) => agent.once('close', resolve));
  const page = await signedIn;
  assert.equal(code, 0, `${said}\n${page instanceof Error ? page.stack : page?.text}\n${browser.visited.join('\n')}`);
  return { last: out.trim().split('\n').pop(), way: browser.visited };
}

export function testsAgent(folder, program) {
  for (const [how, CLIENT_METADATA_URL] of Object.entries({ 'its metadata document': AGENT, registration: '' })) {
    test(`${folder} reaches the demo's MCP server by ${how}, with the person's own rights`, async () => {
      const person = await makePerson({ scopes: ['notes:read'] });
      const env = CLIENT_METADATA_URL ? { CLIENT_METADATA_URL } : {};
      const { last, way } = await runAgent(folder, program, 'whoami', person, env);
      const who = JSON.parse(last);
      assert.equal(who.sub, person.id);
      assert.ok(who.scope.split(' ').includes('notes:read'), last);
      const asked = way.find((url) => url.includes('client_id='));
      assert.equal(new URL(asked).searchParams.get('client_id') === AGENT, how !== 'registration', asked);
      const notes = await runAgent(folder, program, 'list_notes', person, env);
      assert.equal(JSON.parse(notes.last)[0].owner, person.id);
    });
  }
}
