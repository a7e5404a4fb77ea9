// npm test: every test, in stages. `npm test -- native live` runs only those named, and
// `npm test -- live tests/live/gateway/paths.test.mjs` only that file.
//
//   native   the Rust tests, as threads of one process: what they all read is read once
//   live     tests/live: the same truths over HTTP against the Worker in workerd
//   python   tests/live/python: the documents' Python examples and PyJWT
//   browser  tests/browser: a real Chromium
//   clients  tests/clients: standard clients, unmodified, each from its own lockfile
//   saml     tests/saml: the corpus of SAML messages, and what other readers of SAML say of it
//
// and three that run only where they are named:
//   keycloak tests/keycloak: a real Keycloak as a company's identity provider, where Java and Maven are installed
//   fuzz     tests/fuzz, 20 seconds each (or FUZZ_SECONDS), where a nightly toolchain is installed
//   write    writes static/docs/openapi.json and mails.html anew from the code (npm run openapi)
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ready } from './lib/bootstrap.mjs';
import { heading, info, main, seconds, step, Stop } from './lib/log.mjs';
import { at, tools } from './lib/paths.mjs';

const CARGO_FUZZ = '0.13.2';
const DEFAULT = ['native', 'live', 'python', 'browser', 'clients', 'saml'];

await ready(import.meta.url);
await main(async () => {
  const { build } = await import('./lib/build.mjs');
  const { apt, canApt, code, logged, probe } = await import('./lib/run.mjs');
  const { npmPackages } = await import('./lib/npm.mjs');
  const { python } = await import('./lib/python.mjs');
  const { cargoEnv, install } = await import('./lib/tools.mjs');

  const only = process.argv.slice(2).filter((name) => existsSync(at(name)) && name.includes('.'));
  const named = process.argv.slice(2).filter((name) => !only.includes(name));
  const env = { ...process.env };
  // The Python and browser tests start the Worker themselves; both need the same Node.
  env.NODE = process.execPath;
  // Each file is a process of its own, and loads miniflare.
  env.NODE_COMPILE_CACHE ??= join(tools, 'node-compile-cache');

  const stages = {
    native: () => code('cargo', ['test', '--tests', '--no-fail-fast'], { env: cargoEnv() }),
    async live() {
      await build();
      env.PYTHON = await python('venv', at('tests', 'live', 'python', 'requirements.txt'));
      return nodeTests('tests/live');
    },
    async python() {
      await build();
      env.PYTHON = await python('venv', at('tests', 'live', 'python', 'requirements.txt'));
      return code(env.PYTHON, ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'tests/live/python'], { env });
    },
    async browser() {
      await build();
      env.CHROMIUM = await chromium();
      return nodeTests('tests/browser');
    },
    async clients() {
      await build();
      env.CHROMIUM = await chromium();
      return (await import('./lib/clients.mjs')).testClients(only, env);
    },
    async saml() {
      if (!probe('xmlsec1', ['--version']).ok && canApt()) await step('xmlsec1 (once)', () => apt('xmlsec1')).catch(() => {});
      await npmPackages('saml', at('tests', 'saml'));
      env.PYTHON = await python('venv-saml', at('tests', 'saml', 'requirements.txt'));
      return nodeTests('tests/saml');
    },
    async keycloak() {
      const why = (await import('../tests/keycloak/start.mjs')).lacking();
      if (why) return info(`Keycloak is not run, as ${why}`) ?? 0;
      await build();
      return nodeTests('tests/keycloak');
    },
    fuzz,
    write: () => code('cargo', ['test', '--quiet', '--test', 'native', '_is_current'], { env: { ...cargoEnv(), PORTCULLIS_WRITE: '1' } }),
  };

  const unknown = named.find((name) => !(name in stages));
  if (unknown) throw new Stop(`no stage is called ${unknown}; there are ${Object.keys(stages).join(', ')}`);

  const failed = [];
  for (const name of named.length ? named : DEFAULT) {
    heading(`${name} tests`);
    const began = performance.now();
    const status = await stages[name]();
    info(`${name} tests: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds(began)}`);
    if (status !== 0) failed.push(name);
  }
  if (failed.length) throw new Stop(`failed: ${failed.join(', ')}`);

  async function nodeTests(folder) {
    await npmPackages('the companies’ identity providers', at('tests', 'providers', 'standard'));
    const own = (name) => name.endsWith('.test.mjs') && !name.includes('node_modules');
    const all = readdirSync(at(folder), { recursive: true }).filter(own).sort();
    const files = only.length ? only : all.map((name) => join(folder, name));
    return code(process.execPath, ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files], { env });
  }

  /** The path of a Chrome or Chromium that starts: the installed one, else Debian's, else Playwright's. */
  async function chromium() {
    const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
    const mac = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];
    const installed = () => {
      const found = names.map((name) => probe('sh', ['-c', `command -v ${name}`]).stdout);
      return [process.env.CHROMIUM, ...found, ...mac].find((path) => path && existsSync(path) && probe(path, ['--version']).ok);
    };
    const first = installed();
    if (first) return first;
    if (canApt()) await step('Chromium (once)', () => apt('chromium')).catch(() => {});
    const second = installed();
    if (second) return second;
    const cli = at('node_modules', 'playwright-core', 'cli.js');
    await step("Playwright's Chromium (once)", () => code(process.execPath, [cli, 'install', 'chromium']));
    const { chromium: playwrights } = await import('playwright-core');
    if (existsSync(playwrights.executablePath())) return playwrights.executablePath();
    throw new Stop('the browser tests need Chrome or Chromium: install one, or set CHROMIUM to its path');
  }

  async function fuzz() {
    const cargo = cargoEnv();
    const env = { ...cargo, RUSTUP_TOOLCHAIN: 'nightly', PATH: [join(tools, 'bin'), cargo.PATH].join(delimiter) };
    if (!probe('rustc', ['--version'], { env }).ok) return info('fuzzing skipped: there is no nightly toolchain here') ?? 0;
    await install('cargo-fuzz', CARGO_FUZZ, cargo);
    // Compiling for speed would take longer than it saves in so short a run. There is no unsafe code that a sanitizer would
    // watch, and ThinLTO over instrumented code takes most of the build: 195 of 254 seconds.
    const fast = { ...env, CARGO_PROFILE_RELEASE_OPT_LEVEL: '1', CARGO_PROFILE_RELEASE_LTO: 'off' };
    const options = ['--fuzz-dir', 'tests/fuzz', '--sanitizer', 'none', '--codegen-units', '16'];
    await logged('the fuzz targets, compiled', 'fuzz', 'cargo', ['fuzz', 'build', ...options], { env: fast });

    const time = process.env.FUZZ_SECONDS || '20';
    const targets = probe('cargo', ['fuzz', 'list', '--fuzz-dir', 'tests/fuzz'], { env }).stdout.split('\n').filter(Boolean);
    // Two at a time: each takes a core.
    const failed = [];
    const work = async () => {
      for (let target = targets.shift(); target; target = targets.shift()) {
        const command = ['fuzz', 'run', ...options, target, '--', `-max_total_time=${time}`];
        await logged(`fuzzing ${target} for ${time} s`, `fuzz-${target}`, 'cargo', command, { env: fast }).catch((error) => failed.push(error.message));
      }
    };
    await Promise.all([work(), work()]);
    for (const message of failed) info(message);
    return failed.length;
  }
});
