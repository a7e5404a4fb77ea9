// npm run deploy: says what is still to be set, builds the Worker, brings the D1 database up to date and deploys.
// `npm run deploy -- --dry-run` stops before anything leaves this machine, and needs no account.
// `npm run deploy -- migrate` applies the migrations alone; with `--local`, to the database of `wrangler dev`.
// `--config FILE` (a wrangler configuration of your own, a copy of wrangler.toml with your settings) and `--env NAME`
// are wrangler's, and hold for each of these; what else is given goes to `wrangler deploy`.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { ready } from './lib/bootstrap.mjs';
import { heading, info, main, Stop } from './lib/log.mjs';
import { at, home, isPackage } from './lib/paths.mjs';

/** How secrets come about. */
const HOW = {
  SEAL_KEY: `, with a value from\n      node -p 'crypto.randomBytes(32).toString("base64url")'\n    and keep a copy: the signing keys are sealed with it`,
  SETUP_TOKEN: ', with a value that you make up: POST /setup must say it to make the first administrator',
  RESEND_API_KEY: ", with a key of your account at Resend; or set MAIL_TRANSPORT to cloudflare",
};

/** What an own configuration must say as wrangler.toml does, as the Worker is made for it. */
const SHARED = ['compatibility_date', 'compatibility_flags', 'durable_objects', 'migrations', 'triggers'];
/** And these, unless a package is where its own files are. */
const SHARED_HERE = ['main', 'build', 'assets'];

await ready(import.meta.url);
await main(async () => {
  const { build, moduleSize } = await import('./lib/build.mjs');
  const { makeTables, wrangler } = await import('./lib/dev.mjs');

  const options = process.argv.slice(2).filter((arg) => arg !== 'migrate' && arg !== 'deploy');
  const isMigration = process.argv.includes('migrate');
  const text = (short) => ({ type: 'string', short });
  const { values } = parseArgs({ args: options, strict: false, options: { config: text('c'), env: text('e') } });
  const dryRun = values['dry-run'] === true;
  /** What every command of wrangler is to know. */
  const where = ['config', 'env'].flatMap((name) => (values[name] ? [`--${name}`, values[name]] : []));
  if (isPackage && !values.config) ownSettings();

  const config = resolve(home, values.config ?? 'wrangler.toml');
  if (!existsSync(config)) throw new Stop(`there is no ${config}`);

  await checkShared(config);
  if (isMigration && values.local) return makeTables(home);
  if (!dryRun) await checkSettings({ config, env: values.env, where, isMigration });
  await build();

  if (!dryRun) {
    heading('database migrations');
    await wrangler('d1', 'migrations', 'apply', 'DB', '--remote', ...where);
  }
  if (isMigration) return;
  heading(dryRun ? 'what would be deployed' : 'deployment');
  await wrangler('deploy', ...options);
  const { bytes, gzipped } = moduleSize();
  info(`the module has ${Math.round(bytes / 1000)} kB, ${Math.round(gzipped / 1000)} kB gzipped`);
});

/** Where the package is installed: the settings are the user's, and name the package's files. */
function ownSettings() {
  const file = join(home, 'wrangler.toml');
  if (existsSync(file)) return;
  const below = (path) => relative(home, at(path)).replaceAll('\\', '/');
  let text = readFileSync(at('wrangler.toml'), 'utf8');
  for (const path of ['build/entry.js', 'static', 'src/store/migrations']) text = text.replace(`= "${path}"`, `= "${below(path)}"`);
  writeFileSync(file, text);
  copyFileSync(at('.dev.vars.example'), join(home, '.dev.vars.example'));
  info(`wrote ${file}: the settings of this deployment`);
}

/** Stops where an own configuration lacks what this version of the Worker needs. */
async function checkShared(config) {
  if (config === at('wrangler.toml')) return;
  const { experimental_readRawConfig: read } = await import('wrangler');
  const raw = (file) => JSON.parse(JSON.stringify(read({ config: file }).rawConfig));
  const [shipped, own] = [raw(at('wrangler.toml')), raw(config)];
  const different = [...SHARED, ...(isPackage ? [] : SHARED_HERE)].filter((key) => !isDeepStrictEqual(shipped[key], own[key]));
  if (different.length) throw new Stop(`${config} differs from ${at('wrangler.toml')} in ${different.join(', ')}: carry over what that says there`);
}

/** Stops with everything that is missing or still the default, and how to set it. */
async function checkSettings({ config, env, where, isMigration }) {
  const { answer } = await import('./lib/dev.mjs');
  const { unstable_readConfig: readConfig } = await import('wrangler');
  const { account_id: account, d1_databases: [database], vars } = readConfig({ config, env }, { hideWarnings: true });
  const file = basename(config);
  const missing = [];

  const who = answer('whoami', '--json');
  const { loggedIn, accounts = [] } = who.json ?? {};
  if (loggedIn === false) {
    missing.push('the account: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN to a token that may edit Workers and D1');
  } else if (!loggedIn) {
    missing.push(`the account: Cloudflare could not be asked for it (${who.stderr.split('\n').find((line) => line.trim()) ?? 'no answer'})`);
  } else if (accounts.length > 1 && !account && !process.env.CLOUDFLARE_ACCOUNT_ID) {
    missing.push(`account_id in ${file}, as this login has several: ${accounts.map(({ id, name }) => `${id} (${name})`).join(', ')}`);
  }
  if (/^[0-]*$/.test(database.database_id ?? '')) {
    missing.push(`database_id in ${file} is the default: run \`npx wrangler d1 create portcullis\` and put the id there that it prints`);
  }
  if (!isMigration) {
    if (!vars.ORIGIN) missing.push(`ORIGIN in ${file} is empty: the public address, as https://auth.example.com`);
    else if (!/^https:\/\/[^/]+$/.test(vars.ORIGIN)) missing.push(`ORIGIN in ${file} is ${vars.ORIGIN}: it begins with https:// and has no path, as https://auth.example.com`);
    if (vars.MODE === 'local') missing.push(`MODE in ${file} is local, in which everyone may read the mail: production, or testing`);
    if (!vars.MAIL_FROM) missing.push(`MAIL_FROM in ${file} is empty: the sender of mail, as "Portcullis <no-reply@example.com>"`);
    // A Worker that was never deployed has no secrets, and wrangler says that it does not know it.
    const set = loggedIn ? (answer('secret', 'list', '--format', 'json', ...where).json ?? []).map(({ name }) => name) : [];
    const needed = ['SEAL_KEY', 'SETUP_TOKEN', ...(vars.MAIL_TRANSPORT === 'resend' ? ['RESEND_API_KEY'] : [])];
    for (const name of needed.filter((name) => !set.includes(name))) missing.push(`the secret ${name}: run \`npx wrangler secret put ${name}\`${HOW[name] ?? ''}`);
  }
  if (missing.length) throw new Stop(`before deploying, set\n  - ${missing.join('\n  - ')}`);
}
