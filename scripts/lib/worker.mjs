// The built Worker in workerd, on its own socket, with its database, counters and static
// files. `npm start`, the live tests and the benchmark all start it here.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { Stop } from './log.mjs';
import { at, buildDir, root } from './paths.mjs';

/** wrangler.toml, which deployments and local runs share; the user's own, where this is an installed package. */
export const settings = (folder = root) => parse(readFileSync(join(folder, 'wrangler.toml'), 'utf8'));

/**
 * Starts the Worker.
 *
 * @param {object} [options]
 * @param {number} [options.port] where to listen; 0, the default, takes a free port
 * @param {string} [options.host] the address to listen on
 * @param {string} [options.dataDir] where the database and the counters live; without it they
 *   are in a temporary folder that `stop` removes
 * @param {Record<string, string>} [options.vars] vars and secrets, over the local defaults;
 *   `undefined` takes a default away
 * @param {string} [options.scriptDir] the built Worker's folder
 * @param {boolean} [options.migrated] false leaves the database without its tables until `migrate` is called
 * @param {object} [options.miniflare] more options for miniflare, for a test's own bindings
 * @param {boolean} [options.second] serves on a second port as well, by an isolate of its own on the same storage, as
 *   another data centre would
 * @returns {Promise<{url: string, port: number, secondUrl?: string, vars: object, mf: import('miniflare').Miniflare,
 *   pid: number, migrate: () => Promise<void>, runCron: (at?: string | number | Date) => Promise<void>, kill: () => Promise<void>,
 *   stop: () => Promise<void>}>} `kill` ends workerd with SIGKILL, as a crash would; `stop` ends
 *   it in order. After either, `startWorker` with the same `dataDir` goes on with the same data.
 */
export async function startWorker(options = {}) {
  const { host = '127.0.0.1', scriptDir = buildDir } = options;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'portcullis-'));
  const [free, ...others] = await freePorts(host, options.second ? 2 : 1);
  const port = options.port || free;
  const vars = defined({
    ORIGIN: `http://localhost:${port}`,
    MODE: 'local',
    MAIL_TRANSPORT: 'outbox',
    SEAL_KEY: localSecrets(dataDir).SEAL_KEY,
    ...options.vars,
  });
  await refuseTaken(host, port);
  const { mf, pid } = await portcullis({ host, ports: [port, ...others], scriptDir, dataDir, vars, more: options.miniflare });
  const migrated = async () => migrate(await mf.getD1Database('DB'));
  try {
    if (options.migrated !== false) await migrated();
  } catch (error) {
    await mf.dispose().catch(() => {});
    throw error;
  }

  const cleanUp = () => options.dataDir ?? rmSync(dataDir, { recursive: true, force: true });
  let ended = false;
  return {
    url: `http://${host}:${port}`,
    port,
    secondUrl: options.second && `http://${host}:${others[0]}`,
    vars,
    mf,
    pid,
    migrate: migrated,
    async runCron(time = Date.now()) {
      const worker = await mf.getWorker();
      const [cron] = settings().triggers.crons;
      const { outcome } = await worker.scheduled({ scheduledTime: new Date(time), cron });
      if (outcome !== 'ok') throw new Error(`the scheduled handler ended with ${outcome}`);
    },
    async kill() {
      if (ended) return;
      ended = true;
      process.kill(pid, 'SIGKILL');
      await mf.dispose().catch(() => {});
    },
    async stop() {
      if (!ended) await mf.dispose();
      ended = true;
      cleanUp();
    },
  };
}

/** Secrets of a local deployment, made once and kept in `dataDir`, so that a restart can read what the last run sealed. */
export function localSecrets(dataDir) {
  const file = join(dataDir, 'secrets.json');
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const secret = (bytes) => randomBytes(bytes).toString('base64url');
  const secrets = { SEAL_KEY: secret(32), SETUP_TOKEN: secret(18), ...kept };
  if (Object.keys(secrets).some((name) => !(name in kept))) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  }
  return secrets;
}

/** The table in which wrangler records what it applied. */
const RECORD = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/** Applies every migration that `db` has not had, in order, each one whole or not at all. */
async function migrate(db) {
  const folder = at(settings().d1_databases[0].migrations_dir);
  await db.prepare(RECORD).run();
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all();
  const applied = new Set(results.map((row) => row.name));
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql') && !applied.has(name)).sort();
  for (const name of names) {
    const record = db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name);
    try {
      await db.batch([db.prepare(readFileSync(join(folder, name), 'utf8')), record]);
    } catch (error) {
      throw new Stop(`migration ${name}: ${error.message}`);
    }
  }
}

/** Applies the migrations to the local database of that id in a folder of miniflare's, or of wrangler's. */
export async function migrateFor(d1Persist, id) {
  const { mf } = await workerd({ modules: true, script: 'export default {}', d1Databases: { DB: id }, d1Persist });
  try {
    await migrate(await mf.getD1Database('DB'));
  } finally {
    await mf.dispose();
  }
}

let queue = Promise.resolve();

/**
 * Any Workers in a workerd that ends with this process: miniflare with the options given, once
 * it is ready, and the process id of its workerd.
 */
export function workerd(options) {
  // One at a time, so that the new process is the one that was not there before.
  const started = queue.then(() => startWorkerd(options));
  queue = started.catch(() => {});
  return started;
}

async function startWorkerd(options) {
  if (process.platform !== 'win32' && !process.env.MINIFLARE_WORKERD_PATH) {
    process.env.PORTCULLIS_WORKERD = createRequire(import.meta.url)('workerd').default;
    process.env.MINIFLARE_WORKERD_PATH = at('scripts', 'lib', 'workerd.sh');
  }
  const { Miniflare, Log, LogLevel } = await import('miniflare');
  const before = new Set(childrenOf(process.pid));
  const mf = new Miniflare({ cf: false, telemetry: { enabled: false }, log: new Log(LogLevel.WARN), ...options });
  try {
    await mf.ready;
  } catch (error) {
    await mf.dispose().catch(() => {});
    throw error;
  }
  const pid = childrenOf(process.pid).filter((child) => !before.has(child)).pop();
  return { mf, pid };
}

/** Process ids of the direct children of `pid`, oldest first. */
function childrenOf(pid) {
  const listed = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' }).stdout ?? '';
  return listed
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, command]) => Number(parent) === pid && command !== 'ps')
    .map(([child]) => Number(child));
}

function portcullis({ host, ports, scriptDir, dataDir, vars, more }) {
  const { handleRuntimeStdio, ...own } = more ?? {};
  const { compatibility_date, compatibility_flags = [], assets } = settings();
  mkdirSync(dataDir, { recursive: true });
  const worker = (name, scriptName) => ({
    name,
    modules: modules(scriptDir),
    modulesRoot: scriptDir,
    compatibilityDate: compatibility_date,
    compatibilityFlags: compatibility_flags,
    bindings: vars,
    d1Databases: { DB: 'portcullis' },
    durableObjects: {
      COUNTER: { className: 'Counter', useSQLite: true, scriptName },
      REFRESHER: { className: 'Refresher', useSQLite: true, scriptName },
    },
    assets: {
      directory: at(assets.directory),
      binding: assets.binding,
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
    },
    ...own,
  });
  // The objects are the first one's.
  const fronts = ports.map((_, at) => (at === 0 ? worker('portcullis') : worker(`portcullis-${at + 1}`, 'portcullis')));
  // A socket of a Worker with assets leads through miniflare's asset router, which costs more than our
  // Worker does and which `run_worker_first` takes out of the way in deployments. The sockets therefore
  // belong to a Worker without assets, and name ours.
  const socket = {
    name: 'socket',
    modules: [{ type: 'ESModule', path: 'socket.js', contents: 'export default {}' }],
    unsafeDirectSockets: ports.map((port, at) => ({ host, port, serviceName: fronts[at].name })),
  };
  const persist = { d1Persist: join(dataDir, 'd1'), durableObjectsPersist: join(dataDir, 'do') };
  // What the runtime writes is of the process, not of one Worker.
  return workerd({ ...persist, ...(handleRuntimeStdio && { handleRuntimeStdio }), workers: [...fronts, socket] });
}

/** Everything that worker-build wrote which workerd can load, the entry first. */
export function modules(folder) {
  if (!existsSync(join(folder, 'entry.js'))) throw new Stop('the Worker is not built: run npm run build');
  const types = { '.js': 'ESModule', '.wasm': 'CompiledWasm' };
  return readdirSync(folder, { recursive: true })
    .filter((name) => /\.(js|wasm)$/.test(name))
    .sort((a, b) => (b === 'entry.js') - (a === 'entry.js') || a.localeCompare(b))
    .map((name) => ({ type: types[name.slice(name.lastIndexOf('.'))], path: join(folder, name) }));
}

const defined = (vars) => Object.fromEntries(Object.entries(vars).filter(([, value]) => value !== undefined));

/** Listens on a port, or on any free one; the server. */
function listen(host, port) {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(port, host, () => resolve(server));
  });
}

/** Ports that nothing listens on: all are held until all are known, so that they differ. */
async function freePorts(host, count, preferred = 0) {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(host, preferred)));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

/** A port that nothing listens on: the one that is preferred, else any. */
export async function freePort(host, preferred) {
  const [port] = await freePorts(host, 1, preferred).catch(() => freePorts(host, 1));
  return port;
}

async function refuseTaken(host, port) {
  await freePorts(host, 1, port).catch((error) => {
    throw new Stop(error.code === 'EADDRINUSE' ? `port ${port} is taken: stop what listens there, or choose another with PORT=…` : error.message);
  });
}
