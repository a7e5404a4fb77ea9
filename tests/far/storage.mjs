// The built Worker with its storage far away: what `startWorker` is given for it, and how to ask and move it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modules } from '../../scripts/lib/worker.mjs';
import { at, buildDir } from '../../scripts/lib/paths.mjs';

/** Options of miniflare for the Worker behind `front.js`. */
export function farModules(scriptDir = buildDir) {
  const front = { type: 'ESModule', path: join(scriptDir, 'front.js'), contents: readFileSync(at('tests', 'far', 'front.js'), 'utf8') };
  return { modules: [front, ...modules(scriptDir)] };
}

/**
 * Moves the storage of the front at `url`: `ms` for a call and its answer, `jitter` the share of it that varies, `faults` the
 * share of calls that fail.
 */
export async function move(url, distance) {
  const answer = await fetch(`${url}/__far`, { method: 'POST', body: JSON.stringify(distance) });
  if (!answer.ok) throw new Error(`far storage: ${answer.status}`);
}

/**
 * What storage was asked at the front at `url` since the last time: `waits`, how many answers had to be waited for one after
 * another before the Worker answered; `waited` and `later`, the calls before and after that; `written`, rows as D1 bills them.
 */
export async function asked(url) {
  const calls = await (await fetch(`${url}/__far`)).json();
  const waited = calls.filter((call) => call.waited);
  const later = calls.filter((call) => !call.waited);
  const written = calls.reduce((sum, call) => sum + (call.written ?? 0), 0);
  const waits = waited.reduce((most, { depth }) => Math.max(most, depth), 0);
  return { waits, waited, later, written };
}
