// The official JavaScript client of the Model Context Protocol, as the agent of docs/agents.md; and that document's
// commands, as they stand there.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { runAgent, testsAgent } from '../agent.mjs';
import { GATEWAY, makePerson, signIn } from '../harness.mjs';

const run = promisify(execFile);
const ADA = { email: 'ada@example.com', password: 'a long password' };
const ADMIN = { email: 'admin@example.com', password: 'correct horse battery' };

testsAgent('mcp-sdk', 'agent.mjs');

test('mcp-sdk gets nothing for a person who lacks the scope', async () => {
  await assert.rejects(runAgent('mcp-sdk', 'agent.mjs', 'list_notes', await makePerson()), /InvalidScopeError/);
});

test('docs/agents.md: its commands do what it says', async () => {
  const text = readFileSync(new URL('../../../docs/agents.md', import.meta.url), 'utf8').replaceAll('http://localhost:8787', GATEWAY);
  const [meeting, agent, own] = [...text.matchAll(/^ *```sh\n([^]*?)```/gm)].map(([, block]) => block);

  const met = (await run('bash', ['-c', meeting])).stdout;
  assert.match(met, /^HTTP\/1\.1 401 [^]*www-authenticate: Bearer [^]*resource_metadata="[^"]+"[^]*scope="notes:read"/i);
  assert.match(met, new RegExp(`"resource" *: *"${GATEWAY}/mcp"`));

  const commands = agent.trim().split('\n');
  assert.equal(commands[0], 'npm ci --prefix tests/clients/mcp-sdk');
  const tools = commands.slice(1).map((line) => /^node tests\/clients\/mcp-sdk\/(agent\.mjs) (\S+)\/mcp (\w+)$/.exec(line));
  assert.deepEqual(tools.map((found) => found?.slice(1)), [['agent.mjs', GATEWAY, 'whoami'], ['agent.mjs', GATEWAY, 'list_notes']]);
  const answers = [];
  for (const [, program, , tool] of tools) answers.push(JSON.parse((await runAgent('mcp-sdk', program, tool, ADA)).last));
  assert.equal(answers[0].scope, 'notes:read');
  assert.equal(answers[1][0].owner, answers[0].sub);

  const made = await run('bash', ['-c', own], { env: { ...process.env, GATEWAY, ADMIN: await signIn(ADMIN) } });
  assert.equal(JSON.parse(made.stdout).mcp, true, made.stdout);
  assert.equal((await fetch(`${GATEWAY}/tickets/mcp`)).status, 401);
});
