// npm run deploy: builds the Worker, brings the D1 database up to date and deploys.
// `npm run deploy -- --dry-run` stops before anything leaves this machine, and needs no account.
import { ready } from './lib/bootstrap.mjs';
import { heading, info, main, Stop } from './lib/log.mjs';
import { at } from './lib/paths.mjs';

await ready(import.meta.url);
await main(async () => {
  const { build, moduleSize } = await import('./lib/build.mjs');
  const { probe, run } = await import('./lib/run.mjs');
  const { settings } = await import('./lib/worker.mjs');

  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false' };
  const wrangler = [at('node_modules', 'wrangler', 'bin', 'wrangler.js')];
  const dryRun = process.argv.includes('--dry-run');

  await build();
  if (!dryRun) checkSettings(settings(), (...args) => probe(process.execPath, [...wrangler, ...args], { env }));

  if (!dryRun) {
    heading('database migrations');
    await run(process.execPath, [...wrangler, 'd1', 'migrations', 'apply', 'DB', '--remote'], { env });
  }
  heading(dryRun ? 'what would be deployed' : 'deployment');
  await run(process.execPath, [...wrangler, 'deploy', ...process.argv.slice(2)], { env });
  const { bytes, gzipped } = moduleSize();
  info(`the module has ${Math.round(bytes / 1000)} kB, ${Math.round(gzipped / 1000)} kB gzipped`);
});

/** Stops with everything that is still to be set, and how. */
function checkSettings({ d1_databases: [database], vars }, wrangler) {
  const missing = [];
  if (/^[0-]*$/.test(database.database_id)) {
    missing.push('the database: run `npx wrangler d1 create portcullis` and put its id into wrangler.toml as database_id');
  }
  if (!/^https:\/\/[^/]+$/.test(vars.ORIGIN)) missing.push('ORIGIN in wrangler.toml: the public origin, as https://auth.example.com');
  if (!vars.MAIL_FROM) missing.push('MAIL_FROM in wrangler.toml: the sender of mail, as "Portcullis <no-reply@example.com>"');

  const listed = wrangler('secret', 'list', '--format', 'json');
  const set = listed.ok ? JSON.parse(listed.stdout).map((secret) => secret.name) : [];
  const needed = ['SEAL_KEY', 'SETUP_TOKEN', ...(vars.MAIL_TRANSPORT === 'resend' ? ['RESEND_API_KEY'] : [])];
  for (const name of needed.filter((name) => !set.includes(name))) {
    missing.push(`the secret ${name}: run \`npx wrangler secret put ${name}\`${name === 'SEAL_KEY' ? `, with a value from\n      node -p 'crypto.randomBytes(32).toString("base64url")'\n    which must be kept: the signing keys are sealed with it` : ''}`);
  }
  if (missing.length) throw new Stop(`before deploying, set\n  - ${missing.join('\n  - ')}`);
}
