// The build tools: finds cargo, installs worker-build and wasm-bindgen once into .tools,
// and points worker-build at the npm packages' wasm-opt and esbuild, so that it downloads nothing.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'smol-toml';
import { step, Stop } from './log.mjs';
import { at, root, tools } from './paths.mjs';
import { probe, run } from './run.mjs';
import { wasmEnv } from './wasm-target.mjs';

const WORKER_BUILD = '0.8.7';

/** The environment for every cargo command: a PATH that finds cargo, and a toolchain that exists. */
export function cargoEnv() {
  const env = { ...process.env };
  const home = join(process.env.CARGO_HOME || join(homedir(), '.cargo'), 'bin');
  if (!env.PATH.split(delimiter).includes(home)) env.PATH = [env.PATH, home].join(delimiter);
  if (probe('cargo', ['--version'], { env }).ok) return env;

  // rust-toolchain.toml names one version; a `stable` of that version or newer does as well.
  const stable = probe('rustup', ['run', 'stable', 'rustc', '--version'], { env });
  const { channel } = parse(readFileSync(at('rust-toolchain.toml'), 'utf8')).toolchain;
  const found = stable.stdout.match(/^rustc (\d+)\.(\d+)/)?.slice(1).map(Number);
  const [major, minor] = channel.split('.').map(Number);
  if (found && (found[0] > major || (found[0] === major && found[1] >= minor))) return { ...env, RUSTUP_TOOLCHAIN: 'stable' };
  throw new Stop(`Rust ${channel} is needed and was not found. Install rustup (https://rustup.rs), then run\n  rustup toolchain install ${channel}`);
}

/** The environment for worker-build, once everything it needs is there. */
export async function buildEnv() {
  const env = cargoEnv();
  await install('worker-build', WORKER_BUILD, '4 min', env);
  const bindgen = lockedVersion('wasm-bindgen');
  await install('wasm-bindgen-cli', bindgen, '3 min', env, '--no-default-features');
  const built = await wasmEnv(env);
  return {
    ...built,
    PATH: [join(tools, 'bin'), built.PATH].join(delimiter),
    WASM_BINDGEN_BIN: join(tools, 'bin', 'wasm-bindgen'),
    WASM_OPT_BIN: at('node_modules', 'binaryen', 'bin', 'wasm-opt'),
    ESBUILD_BIN: at('node_modules', 'esbuild', 'bin', 'esbuild'),
  };
}

/** Installs a Rust program into .tools, unless that very version is there. */
export async function install(name, version, time, env, ...args) {
  const record = join(tools, '.crates.toml');
  const installed = existsSync(record) ? Object.keys(parse(readFileSync(record, 'utf8')).v1 ?? {}) : [];
  if (installed.some((entry) => entry.startsWith(`${name} ${version} `))) return;
  const command = ['install', '-q', name, '--version', version, '--locked', '--root', tools, '--force', ...args];
  await step(`building ${name} ${version} (once, up to ${time})`, () => run('cargo', command, { cwd: root, env }));
}

/** The version of a crate in Cargo.lock. */
export function lockedVersion(name) {
  const { package: packages } = parse(readFileSync(at('Cargo.lock'), 'utf8'));
  const found = packages.find((entry) => entry.name === name);
  if (!found) throw new Stop(`Cargo.lock has no ${name}`);
  return found.version;
}
