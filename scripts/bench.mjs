// npm run bench: Portcullis beside plain Workers and the gateway one would write today, in turn.
//
//   --quick       one short round: that everything runs, not how fast
//   --rounds=N    rounds (12)       --seconds=N   seconds of each scenario in a round (2)
//   --only=a,b    only these scenarios (their ids stand in tests/bench/scenarios.mjs); no limits then
//   --json=FILE   also write the summary there
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { ready } from './lib/bootstrap.mjs';
import { heading, info, main } from './lib/log.mjs';
import { at } from './lib/paths.mjs';

await ready(import.meta.url);
await main(async () => {
  const { build, moduleSize } = await import('./lib/build.mjs');
  const { generator } = await import('../tests/bench/load.mjs');
  const { startPeers } = await import('../tests/bench/peers.mjs');
  const { markdown, summary } = await import('../tests/bench/report.mjs');
  const { scenarios } = await import('../tests/bench/scenarios.mjs');
  const { startup } = await import('../tests/bench/startup.mjs');
  const { startSubject } = await import('../tests/bench/subject.mjs');

  const quick = process.argv.includes('--quick');
  const option = (name, otherwise) => process.argv.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise;
  const turns = Number(option('rounds', quick ? 1 : 12));
  const seconds = Number(option('seconds', quick ? 1 : 2));
  const only = option('only')?.split(',');

  await build();
  info('starting the origin, the gateways and the Workers beside them …');
  const [origin, originUrl] = await startOrigin();
  const startupMs = await startup(quick ? 1 : 5);
  const subject = await startSubject();
  const peers = await startPeers({ origin: originUrl, issuer: subject.issuer, jwks: `${subject.issuer}/.well-known/jwks.json` });
  const prepared = await scenarios({ subject, peers, origin: originUrl, users: quick ? { few: 100, many: 10_000 } : undefined });
  const list = prepared.list.filter(({ id }) => !only || only.includes(id));

  const rounds = Object.fromEntries(list.map(({ id }) => [id, []]));
  for (const { run } of list) await run(quick ? 0.2 : 1).catch(() => {});
  for (let turn = 1; turn <= turns; turn += 1) {
    heading(`round ${turn} of ${turns}`);
    for (const { id, name, run } of list) {
      const measured = await run(seconds);
      rounds[id].push(measured);
      info(`${name}: ${Math.round(measured.rate * 10) / 10} requests/s`);
    }
  }
  await Promise.all([prepared.stop(), peers.stop(), subject.gateway.stop()]);
  origin.disconnect();

  const machine = `${cpus().length} cores (${cpus()[0].model}), ${generator}, Node ${process.version}, ${turns} ${turns === 1 ? 'round' : 'rounds'} of ${seconds} s`;
  const result = summary({ list, rounds, module: moduleSize(), startup: startupMs, machine, partial: Boolean(only) });
  console.log(`\n${markdown(result)}\n`);
  console.log('```json');
  console.log(JSON.stringify(result, (key, value) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value)));
  console.log('```');
  const file = option('json');
  if (file) writeFileSync(resolve(file), `${JSON.stringify(result, null, 2)}\n`);
  process.exit(0);
});

function startOrigin() {
  const child = fork(at('tests', 'bench', 'origin.mjs'));
  return new Promise((resolve) => child.once('message', ({ port }) => resolve([child, `http://127.0.0.1:${port}`])));
}
