// The built Worker in workerd, on its own socket, with its database, counters and static
// files. `npm start`, the live tests and the benchmark all start it here.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { childrenOf } from './children.mjs';
import { Stop } from './log.mjs';
import { migrate } from './migrate.mjs';
import { at, buildDir } from './paths.mjs';
import { localSecrets } from './secrets.mjs';

/** wrangler.toml, which deployments and local runs share. */
export const settings = () => parse(readFileSync(at('wrangler.toml'), 'utf8'));

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
 * @returns {Promise<{url: string, port: number, vars: object, mf: import('miniflare').Miniflare,
 *   pid: number, migrate: () => Promise<void>, runCron: (at?: string | number | Date) => Promise<void>, kill: () => Promise<void>,
 *   stop: () => Promise<void>}>} `kill` ends workerd with SIGKILL, as a crash would; `stop` ends
 *   it in order. After either, `startWorker` with the same `dataDir` goes on with the same data.
 */
export async function startWorker(options = {}) {
  const { host = '127.0.0.1', scriptDir = buildDir } = options;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'portcullis-'));
  const port = options.port || (await freePort(host));
  const vars = defined({
    ORIGIN: `http://localhost:${port}`,
    MODE: 'local',
    MAIL_TRANSPORT: 'outbox',
    SEAL_KEY: localSecrets(dataDir).SEAL_KEY,
    ...options.vars,
  });
  await refuseTaken(host, port);
  const { mf, pid } = await portcullis({ host, port, scriptDir, dataDir, vars, more: options.miniflare });
  const migrated = async () => migrate(await mf.getD1Database('DB'), at(settings().d1_databases[0].migrations_dir));
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

function portcullis({ host, port, scriptDir, dataDir, vars, more }) {
  const { compatibility_date, compatibility_flags = [], assets } = settings();
  mkdirSync(dataDir, { recursive: true });
  const worker = {
    name: 'portcullis',
    modules: modules(scriptDir),
    modulesRoot: scriptDir,
    compatibilityDate: compatibility_date,
    compatibilityFlags: compatibility_flags,
    bindings: vars,
    d1Databases: { DB: 'portcullis' },
    durableObjects: { COUNTER: { className: 'Counter', useSQLite: true } },
    assets: {
      directory: at(assets.directory),
      binding: assets.binding,
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
    },
    ...more,
  };
  // A socket of a Worker with assets leads through miniflare's asset router, which costs more than our
  // Worker does and which `run_worker_first` takes out of the way in deployments. The socket therefore
  // belongs to a Worker without assets, and names ours.
  const socket = {
    name: 'socket',
    modules: [{ type: 'ESModule', path: 'socket.js', contents: 'export default {}' }],
    unsafeDirectSockets: [{ host, port, serviceName: 'portcullis' }],
  };
  const persist = { d1Persist: join(dataDir, 'd1'), durableObjectsPersist: join(dataDir, 'do') };
  return workerd({ ...persist, workers: [worker, socket] });
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

function listen(host, port) {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(port, host, () => {
      const taken = server.address().port;
      server.close(() => resolve(taken));
    });
  });
}

/** A port that nothing listens on. */
export const freePort = (host) => listen(host, 0);

async function refuseTaken(host, port) {
  await listen(host, port).catch((error) => {
    throw new Stop(error.code === 'EADDRINUSE' ? `port ${port} is taken: stop what listens there, or choose another with PORT=…` : error.message);
  });
}
