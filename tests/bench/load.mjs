// Load on one URL, and how it went: by wrk where it is installed, else by autocannon.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { probe } from '../../scripts/lib/run.mjs';

const CONNECTIONS = 16;
const execute = promisify(execFile);
const hasWrk = probe('sh', ['-c', 'command -v wrk']).ok;

export const generator = hasWrk ? 'wrk' : 'autocannon';

/**
 * Sends GET requests over 16 connections for some seconds.
 * @returns {Promise<{rate: number, p50: number, p99: number}>} requests/s and milliseconds
 */
export async function flood(url, headers, seconds) {
  return hasWrk ? wrk(url, headers, seconds) : autocannon(url, headers, seconds);
}

async function wrk(url, headers, seconds) {
  const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const { stdout } = await execute('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', ...named, url]);
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(stdout) ?? /Socket errors: (.*)/.exec(stdout);
  if (failed) throw new Error(`${url}: ${failed[0]}`);
  const latency = (percent) => milliseconds(new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s)`, 'm').exec(stdout));
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]), p50: latency(50), p99: latency(99) };
}

const milliseconds = ([, value, unit]) => Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit];

async function autocannon(url, headers, seconds) {
  const { default: cannon } = await import('autocannon');
  const result = await cannon({ url, headers, connections: CONNECTIONS, duration: seconds });
  if (result.non2xx || result.errors) throw new Error(`${url}: ${result.non2xx} non-2xx, ${result.errors} errors`);
  return { rate: result.requests.average, p50: result.latency.p50, p99: result.latency.p99 };
}

/**
 * Calls `ask(lane)` again and again in some lanes at once, each lane one after another.
 * @returns {Promise<{rate: number, p50: number, p99: number}>}
 */
export async function lanes(count, seconds, ask) {
  const times = [];
  const began = performance.now();
  const lane = async (number) => {
    while (performance.now() - began < seconds * 1000) {
      const sent = performance.now();
      await ask(number);
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: count }, (_, number) => lane(number)));
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { rate: (times.length * 1000) / (performance.now() - began), p50: at(0.5), p99: at(0.99) };
}
