// The build tools: finds cargo, installs worker-build and wasm-bindgen once into .tools,
// and points worker-build at the npm packages' wasm-opt and esbuild, so that it downloads nothing.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'smol-toml';
import { Stop } from './log.mjs';
import { at, root, tools } from './paths.mjs';
import { logged, probe } from './run.mjs';
import { wasmEnv } from './wasm-target.mjs';

const WORKER_BUILD = '0.8.7';

/** The tools run for seconds and are compiled once: compiled for speed, they would take three times as long to be there. */
const UNOPTIMISED = {
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '0',
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '64',
  CARGO_PROFILE_RELEASE_DEBUG: '0',
};

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

/**
 * The environment for worker-build, once everything it needs is there. The tools are compiled beside each other, and
 * beside what `meanwhile` does with that environment.
 */
export async function buildEnv(meanwhile = async () => {}) {
  const cargo = cargoEnv();
  const built = await wasmEnv(cargo);
  const env = {
    ...built,
    PATH: [join(tools, 'bin'), built.PATH].join(delimiter),
    WASM_BINDGEN_BIN: join(tools, 'bin', 'wasm-bindgen'),
    WASM_OPT_BIN: at('node_modules', 'binaryen', 'bin', 'wasm-opt'),
    ESBUILD_BIN: at('node_modules', 'esbuild', 'bin', 'esbuild'),
  };
  await Promise.all([
    meanwhile(env),
    install('worker-build', WORKER_BUILD, cargo, '--bin', 'worker-build'),
    install('wasm-bindgen-cli', lockedVersion('wasm-bindgen'), cargo, '--no-default-features', '--bin', 'wasm-bindgen'),
  ]);
  return env;
}

/** Installs a Rust program into .tools, unless that very version is there. */
export async function install(name, version, env, ...args) {
  const record = join(tools, '.crates.toml');
  const installed = existsSync(record) ? Object.keys(parse(readFileSync(record, 'utf8')).v1 ?? {}) : [];
  if (installed.some((entry) => entry.startsWith(`${name} ${version} `))) return;
  const command = ['install', name, '--version', version, '--locked', '--root', tools, '--force', ...args];
  await logged(`${name} ${version} (once)`, name, 'cargo', command, { cwd: root, env: { ...env, ...UNOPTIMISED } });
}

/** The version of a crate in Cargo.lock. */
export function lockedVersion(name) {
  const { package: packages } = parse(readFileSync(at('Cargo.lock'), 'utf8'));
  const found = packages.find((entry) => entry.name === name);
  if (!found) throw new Stop(`Cargo.lock has no ${name}`);
  return found.version;
}
