// The standard library for wasm32-unknown-unknown: from rustup, else built from the
// Debian packages' source. Answers the environment that a wasm build needs.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { info, step, Stop } from './log.mjs';
import { targetDir, tools } from './paths.mjs';
import { apt, canApt, probe, run } from './run.mjs';

const TARGET = 'wasm32-unknown-unknown';
const DEBIAN = ['rustc-web', 'cargo-web', 'rust-web-src', 'rust-web-llvm', 'lld-22', 'rust-web-clippy'];
export const distributionBin = join(tools, 'distribution-rust');

/** Adds to `env` what makes `cargo build --target wasm32-unknown-unknown` work. */
export async function wasmEnv(env) {
  const forced = process.env.PORTCULLIS_WASM_TARGET === 'distribution';
  if (!forced) {
    if (hasLibrary('rustc', env)) return env;
    if (!existsSync(distributionBin) && (await fromRustup(env))) return env;
  }
  return fromDistribution(env);
}

function libraryFolder(rustc, env) {
  const found = probe(rustc, ['--print', 'target-libdir', '--target', TARGET], { env });
  return found.ok ? found.stdout : null;
}

function hasLibrary(rustc, env) {
  const folder = libraryFolder(rustc, env);
  return Boolean(folder && existsSync(folder) && readdirSync(folder).some((name) => /^libstd-.*\.rlib$/.test(name)));
}

async function fromRustup(env) {
  info(`adding the ${TARGET} target with rustup (a few seconds) …`);
  const added = probe('rustup', ['target', 'add', TARGET], { env, timeout: 180_000 });
  if (added.ok && hasLibrary('rustc', env)) return true;
  info(`rustup could not add it: ${added.stderr.split('\n').pop() || 'no rustup'}`);
  return false;
}

function hasSource(rustc, env) {
  const { ok, stdout } = probe(rustc, ['--print', 'sysroot'], { env });
  return ok && existsSync(join(stdout, 'lib', 'rustlib', 'src', 'rust', 'library', 'std'));
}

/** Debian's compiler with a standard library built once from its source. */
async function fromDistribution(env) {
  const distribution = { ...env, PATH: [distributionBin, env.PATH].join(delimiter) };
  if (!hasLibrary('/usr/bin/rustc', env) && !hasSource('/usr/bin/rustc', env)) {
    if (!canApt()) {
      throw new Stop(`rustc cannot build for ${TARGET}. Either run\n  rustup target add ${TARGET}\nwhere it can be downloaded, or, on Debian, as root\n  apt-get install ${DEBIAN.join(' ')}`);
    }
    await step("installing the distribution's Rust with its source (about 1 min)", () => apt(...DEBIAN));
  }
  mkdirSync(distributionBin, { recursive: true });
  for (const name of ['rustc', 'cargo', 'rustdoc', 'cargo-clippy', 'clippy-driver']) {
    const link = join(distributionBin, name);
    if (!existsSync(link) && existsSync(`/usr/bin/${name}`)) symlinkSync(`/usr/bin/${name}`, link);
  }
  if (!hasLibrary('/usr/bin/rustc', env)) {
    await step(`building the standard library for ${TARGET} (about 1 min)`, () => buildLibrary(distribution));
  }
  return distribution;
}

async function buildLibrary(env) {
  const folder = join(tmpdir(), `portcullis-std-${process.pid}`);
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'Cargo.toml'), [
    '[package]', 'name = "empty"', 'version = "0.0.0"', 'edition = "2021"',
    '[lib]', 'crate-type = ["cdylib"]', '[profile.release]', 'panic = "abort"', '',
  ].join('\n'));
  writeFileSync(join(folder, 'src', 'lib.rs'), '');
  const args = ['build', '-q', '-Zbuild-std=std,panic_abort,proc_macro', '--target', TARGET, '--release'];
  // Without the bitcode, link-time optimisation over this library fails.
  const flags = { RUSTC_BOOTSTRAP: '1', RUSTFLAGS: '-Cembed-bitcode=yes', CARGO_TARGET_DIR: join(folder, 'target') };
  await run('cargo', args, { cwd: folder, env: { ...env, ...flags } });

  const library = libraryFolder('/usr/bin/rustc', env);
  const built = join(folder, 'target', TARGET, 'release', 'deps');
  mkdirSync(library, { recursive: true });
  for (const name of readdirSync(built)) {
    if (name.endsWith('.rlib') && !name.startsWith('libempty')) cpSync(join(built, name), join(library, name));
  }
  rmSync(folder, { recursive: true, force: true });
  // Whatever was compiled against another copy of the library is of no use now.
  rmSync(join(targetDir, TARGET), { recursive: true, force: true });
}
