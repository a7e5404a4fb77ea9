// npm run bench: Portcullis beside plain Workers and the gateway one would write today, in turn.
//
//   --quick       one short round: that everything runs, not how fast
//   --rounds=N    rounds (12)       --seconds=N   seconds of each scenario in a round (2)
//   --only=a,b    only these scenarios (their ids stand in tests/bench/scenarios.mjs); no limits then
//   --json=FILE   also write the summary there
//   --far         instead: what a caller waits for with the database and the counters far away
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { ready } from './lib/bootstrap.mjs';
import { heading, info, main, step } from './lib/log.mjs';
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
  if (process.argv.includes('--far')) return farAway(quick);
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

/** Single requests with storage 60 and 150 ms away, then 200 people who ask once in 8 s, beside a Worker that checks nothing. */
async function farAway(quick) {
  const { FarGateway, markdown, single, steady, tokens } = await import('../tests/bench/far.mjs');
  const { move } = await import('../tests/far/storage.mjs');
  const { startPeers } = await import('../tests/bench/peers.mjs');
  const { send } = await import('../tests/live/http.mjs');
  const [origin, originUrl] = await startOrigin();
  const far = await FarGateway.start();
  const distances = quick ? [60] : [60, 150];
  heading('single requests');
  const rows = await single(far, distances, originUrl);
  heading('steady state');
  const people = quick ? 20 : 200;
  const peers = await startPeers({ origin: originUrl, issuer: far.url, jwks: far.url });
  const state = async (name, ask) => {
    const figures = { name, ...(await steady({ people, seconds: quick ? 10 : 30, ask })) };
    info(`${name}: p50 ${figures.p50.toFixed(1)} ms, p95 ${figures.p95.toFixed(1)} ms, ${figures.failed} of ${figures.count} not 200`);
    return figures;
  };
  const signedIn = async () => {
    await move(far.url, { ms: 0, jitter: 0, faults: 0 });
    const all = await step(`${people} people sign in`, () => tokens(far, people));
    return (number) => ({ token: all[number] });
  };
  let token = await signedIn();
  const states = [await state('pass-through Worker', (number) => send(peers.passThrough, '/bench/x', token(number)))];
  for (const [name, distance] of [
    ['60 ms', { ms: 60 }],
    ['150 ms', { ms: 150 }],
    ['60 ms ± 50 %', { ms: 60, jitter: 0.5 }],
    ['60 ms, 1 % of calls fail', { ms: 60, faults: 0.01 }],
  ].slice(0, quick ? 1 : 4)) {
    // Others each time, whom no isolate has seen.
    token = await signedIn();
    await far.anew();
    await move(far.url, { ms: 0, jitter: 0, faults: 0, ...distance });
    states.push(await state(`gateway, bearer, storage ${name} away`, (number) => far.gateway.send('/bench/x', token(number))));
  }
  console.log(`\n${markdown({ distances, rows, states })}\n`);
  await Promise.all([peers.stop(), far.stop()]);
  origin.disconnect();
  process.exit(0);
}

function startOrigin() {
  const child = fork(at('tests', 'bench', 'origin.mjs'));
  return new Promise((resolve) => child.once('message', ({ port }) => resolve([child, `http://127.0.0.1:${port}`])));
}
