// The processes that a process started.
import { spawnSync } from 'node:child_process';

/** Process ids of the direct children of `pid`, oldest first. */
export function childrenOf(pid) {
  const listed = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' }).stdout ?? '';
  return listed
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, command]) => Number(parent) === pid && command !== 'ps')
    .map(([child]) => Number(child));
}
