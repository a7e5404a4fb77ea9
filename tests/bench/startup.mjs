// Start-up: the CPU that a fresh workerd takes until its first answer, above the same workerd
// with an empty Worker. Linux counts it; elsewhere wall-clock time stands in.
import { readdirSync, readFileSync } from 'node:fs';
import { buildDir } from '../../scripts/lib/paths.mjs';
import { freePort, modules, settings, workerd } from '../../scripts/lib/worker.mjs';
import { median } from './report.mjs';

const EMPTY = `
  import { DurableObject } from 'cloudflare:workers';
  export class Counter extends DurableObject {}
  export default { fetch: () => new Response('hello') };
`;

/** Milliseconds of start-up that are the Worker's own; the median of `times` starts. */
export async function startup(times) {
  const own = [];
  const empty = [];
  for (let round = 0; round < times; round += 1) {
    empty.push(await firstAnswer({ modules: [{ type: 'ESModule', path: 'index.js', contents: EMPTY }] }));
    own.push(await firstAnswer({ modules: modules(buildDir), modulesRoot: buildDir }));
  }
  return Math.max(0, median(own) - median(empty));
}

async function firstAnswer(script) {
  const port = await freePort('127.0.0.1');
  const began = performance.now();
  const { mf, pid } = await workerd({
    ...script,
    name: 'startup',
    compatibilityDate: settings().compatibility_date,
    d1Databases: { DB: 'startup' },
    durableObjects: { COUNTER: { className: 'Counter', useSQLite: true }, REFRESHER: { className: 'Refresher', useSQLite: true } },
    bindings: { ORIGIN: 'http://localhost', MODE: 'local', SEAL_KEY: 'A'.repeat(43) },
    unsafeDirectSockets: [{ host: '127.0.0.1', port }],
  });
  await (await fetch(`http://127.0.0.1:${port}/healthz`)).arrayBuffer();
  const spent = cpu(pid) ?? performance.now() - began;
  await mf.dispose();
  return spent;
}

/** CPU milliseconds of all threads of a process. */
function cpu(pid) {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const spent = tasks.map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]));
    return spent.reduce((sum, each) => sum + each, 0) / 1e6;
  } catch {
    return null;
  }
}
