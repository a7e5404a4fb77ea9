// wrangler, under the Node that it needs, and what `wrangler dev` needs before it starts.
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { info } from './log.mjs';
import { home } from './paths.mjs';
import { probe, run } from './run.mjs';
import { localSecrets, migrateFor, settings } from './worker.mjs';

const bin = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin', 'wrangler.js');
const options = { cwd: home, env: { ...process.env, WRANGLER_SEND_METRICS: 'false', PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) } };

/** Runs a command of wrangler with its output shown. */
export const wrangler = (...args) => run(process.execPath, [bin, ...args], options);

/** Asks wrangler for JSON: `json` is undefined where it has none. */
export function answer(...args) {
  const { ok, stdout, stderr } = probe(process.execPath, [bin, ...args], options);
  try {
    return { ok, stderr, json: JSON.parse(stdout) };
  } catch {
    return { ok, stderr };
  }
}

/**
 * What `wrangler dev` takes over wrangler.toml's settings for production, with secrets made for this folder. Once
 * there, it is the user's: it is not written again.
 */
export function writeDevVars(folder = home) {
  const file = join(folder, '.dev.vars');
  if (existsSync(file)) return;
  const { SEAL_KEY, SETUP_TOKEN } = localSecrets(join(folder, '.wrangler', 'portcullis'));
  const vars = { ORIGIN: 'http://localhost:8787', MODE: 'local', MAIL_TRANSPORT: 'outbox', SEAL_KEY, SETUP_TOKEN };
  const lines = Object.entries(vars).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, `# For \`npx wrangler dev\` on this machine. Never deploy MODE=local: everyone could read the mail.\n${lines.join('')}`, { mode: 0o600 });
  info('wrote .dev.vars, for `npx wrangler dev`');
}

/** Makes or brings up to date the tables of the database that `wrangler dev` keeps in that folder, and wrangler knows of it. */
export const makeTables = (folder) =>
  migrateFor(join(folder, '.wrangler', 'state', 'v3', 'd1'), settings(folder).d1_databases[0].database_id);

/** What `wrangler dev` needs besides the build that it begins with: it reads .dev.vars afterwards, and its database is empty. */
export async function prepareDev() {
  // wrangler runs its build in the folder of wrangler.toml.
  writeDevVars(process.cwd());
  await makeTables(process.cwd());
}
