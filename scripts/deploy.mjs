// npm run deploy: builds the Worker, brings the D1 database up to date and deploys.
//
//   --config FILE   a wrangler configuration of your own, a copy of wrangler.toml with your settings
//   --dry-run       stops before anything leaves this machine, and needs no account
//
// What else is given goes to `wrangler deploy`.
import { isDeepStrictEqual } from 'node:util';
import { ready } from './lib/bootstrap.mjs';
import { heading, info, main, Stop } from './lib/log.mjs';
import { at } from './lib/paths.mjs';

/** What an own configuration must say as wrangler.toml does, as the Worker is made for it. */
const SHARED = ['main', 'compatibility_date', 'compatibility_flags', 'build', 'assets', 'durable_objects', 'migrations', 'triggers'];

await ready(import.meta.url);
await main(async () => {
  const { build, moduleSize } = await import('./lib/build.mjs');
  const { probe, run } = await import('./lib/run.mjs');
  const { settings } = await import('./lib/worker.mjs');

  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false' };
  const wrangler = [at('node_modules', 'wrangler', 'bin', 'wrangler.js')];
  const args = process.argv.slice(2);
  const dryRun = args.includes('--dry-run');
  const own = await ownConfig(args);
  const config = own ? ['--config', own.file] : [];

  if (own) checkShared(settings(), own);
  if (!dryRun) {
    checkSettings(own ?? { file: 'wrangler.toml', settings: settings() }, (...asked) =>
      probe(process.execPath, [...wrangler, ...asked, ...config], { env }));
  }
  await build();

  if (!dryRun) {
    heading('database migrations');
    await run(process.execPath, [...wrangler, 'd1', 'migrations', 'apply', 'DB', '--remote', ...config], { env });
  }
  heading(dryRun ? 'what would be deployed' : 'deployment');
  await run(process.execPath, [...wrangler, 'deploy', ...args], { env });
  const { bytes, gzipped } = moduleSize();
  info(`the module has ${Math.round(bytes / 1000)} kB, ${Math.round(gzipped / 1000)} kB gzipped`);
});

/** The file that `--config` (or `-c`) names, in TOML or JSON, and what it says. */
async function ownConfig(args) {
  const place = args.findIndex((arg) => /^(--config|-c)(=|$)/.test(arg));
  if (place < 0) return undefined;
  const file = args[place].split('=')[1] ?? args[place + 1];
  const { experimental_readRawConfig: read } = await import('wrangler');
  try {
    return { file, settings: read({ config: file }).rawConfig };
  } catch (error) {
    throw new Stop(`--config ${file}: ${error.message}`);
  }
}

/** Stops where an own configuration lacks what this version of the Worker needs. */
function checkShared(shipped, { file, settings }) {
  const plain = (value) => JSON.parse(JSON.stringify(value ?? null));
  const different = SHARED.filter((key) => !isDeepStrictEqual(plain(shipped[key]), plain(settings[key])));
  if (different.length) throw new Stop(`${file} differs from wrangler.toml in ${different.join(', ')}: carry over what wrangler.toml says there`);
}

/** Stops with everything that is still to be set, and how. */
function checkSettings({ file, settings: { d1_databases: [database] = [], vars = {} } }, wrangler) {
  const missing = [];
  if (/^[0-]*$/.test(database?.database_id ?? '')) {
    missing.push(`the database: run \`npx wrangler d1 create portcullis\` and put its id into ${file} as database_id`);
  }
  if (!/^https:\/\/[^/]+$/.test(vars.ORIGIN ?? '')) missing.push(`ORIGIN in ${file}: the public origin, as https://auth.example.com`);
  if (!vars.MAIL_FROM) missing.push(`MAIL_FROM in ${file}: the sender of mail, as "Portcullis <no-reply@example.com>"`);

  const listed = wrangler('secret', 'list', '--format', 'json');
  const set = listed.ok ? JSON.parse(listed.stdout).map((secret) => secret.name) : [];
  const needed = ['SEAL_KEY', 'SETUP_TOKEN', ...(vars.MAIL_TRANSPORT === 'resend' ? ['RESEND_API_KEY'] : [])];
  for (const name of needed.filter((name) => !set.includes(name))) {
    missing.push(`the secret ${name}: run \`npx wrangler secret put ${name}\`${name === 'SEAL_KEY' ? `, with a value from\n      node -p 'crypto.randomBytes(32).toString("base64url")'\n    which must be kept: the signing keys are sealed with it` : ''}`);
  }
  if (missing.length) throw new Stop(`before deploying, set\n  - ${missing.join('\n  - ')}`);
}
