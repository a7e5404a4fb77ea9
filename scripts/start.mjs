// npm start: builds the Worker if need be and runs it here, with its database in DATA_DIR.
// `npm start -- --demo` also makes an administrator, a person and a route, and keeps an origin up behind it.
//
//   PORT           where to listen (8787)
//   DATA_DIR       where database, counters and secrets are kept (.wrangler/portcullis)
//   ORIGIN         the public origin, when it is not http://localhost:PORT
//   SETUP_TOKEN    what POST /setup must say (else made once and printed)
//   SYSTEM_SECRET  what X-System-Secret must say to skip limits (unset: nothing skips them)
//   SEAL_KEY, SEAL_KEY_PREVIOUS  in place of the key that is kept in DATA_DIR, as docs/operate.md says
//   DEMO_PORT      where the demo's origin listens (9000, or another that is free)
//   MAIL_TRANSPORT, MAIL_FROM, RESEND_API_KEY, RESEND_URL, RESOLVER_URL, TRIALS, REVOCATION_SECONDS, LOG_SAMPLE, CONSOLE_HOST  as in wrangler.toml
import { resolve } from 'node:path';
import { ready } from './lib/bootstrap.mjs';
import { info, main, Stop } from './lib/log.mjs';
import { home } from './lib/paths.mjs';

const PASSED_ON = ['ORIGIN', 'MODE', 'MAIL_TRANSPORT', 'MAIL_FROM', 'RESEND_API_KEY', 'RESEND_URL', 'RESOLVER_URL', 'LOOPBACK_STRANGERS', 'TRIALS', 'REVOCATION_SECONDS', 'LOG_SAMPLE', 'CONSOLE_HOST', 'SEAL_KEY', 'SEAL_KEY_PREVIOUS', 'SETUP_TOKEN', 'SYSTEM_SECRET'];

await ready(import.meta.url);
await main(async () => {
  const { build } = await import('./lib/build.mjs');
  const { writeDevVars } = await import('./lib/dev.mjs');
  const { localSecrets, settings, startWorker } = await import('./lib/worker.mjs');

  const port = Number(process.env.PORT || 8787);
  if (!(port > 0 && port < 65536)) throw new Stop(`PORT is a number from 1 to 65535, not ${process.env.PORT}`);
  const dataDir = resolve(home, process.env.DATA_DIR || '.wrangler/portcullis');

  await build();
  writeDevVars();
  const given = Object.fromEntries(PASSED_ON.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
  // A host of its own, where no application is: browsers look names below localhost up on this machine.
  const console_ = given.ORIGIN ? {} : { CONSOLE_HOST: `console.localhost:${port}` };
  const worker = await startWorker({ port, dataDir, vars: { ...localSecrets(dataDir), ...console_, ...given } });

  const stop = async () => {
    info('stopping');
    await worker.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) {
    // miniflare's own handlers would leave before its clean-up is done.
    process.removeAllListeners(signal);
    process.once(signal, stop);
  }

  await healthy(worker.url);
  setInterval(() => worker.runCron().catch((error) => info(error.message)), minutes(settings().triggers.crons[0]));
  const url = `http://localhost:${port}`;
  const isDemo = process.argv.includes('--demo');
  const { text } = isDemo ? await (await import('./lib/demo.mjs')).demo(url, worker.vars.SETUP_TOKEN) : firstSteps(url, worker.vars.SETUP_TOKEN);
  console.log(`Ready on ${url}`);
  console.log(`\n  Console  ${url}/console            for administrators`);
  console.log(text);
});

/** What a database without an administrator needs. */
function firstSteps(url, token) {
  const text = `
  API      ${url}/docs
  Mail     ${url}/dev/outbox?to=you@example.com

The first administrator is made once, by
  curl -sS ${url}/setup -H 'Content-Type: application/json' \\
    -d '{"token":"${token}","email":"you@example.com","password":"…"}'
With an administrator, a person and an application behind the gateway to look at: npm start -- --demo
`;
  return { text };
}

/** Waits until the Worker can serve: while its database has no tables, it says 503. */
async function healthy(url) {
  const end = Date.now() + 30_000;
  for (;;) {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(30_000) }).catch((error) => error);
    if (answer.status === 200) return;
    const said = answer.status === undefined ? answer.message : `${answer.status} ${await answer.text()}`;
    if (answer.status !== 503 || Date.now() > end) throw new Stop(`GET /healthz answered ${said}`);
    await new Promise((go) => setTimeout(go, 100));
  }
}

/** The period of a cron of the form "*\/N * * * *", in milliseconds. */
function minutes(cron) {
  const every = /^\*\/(\d+) \* \* \* \*$/.exec(cron)?.[1];
  return Number(every ?? 60) * 60_000;
}
