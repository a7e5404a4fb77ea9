// The release build of the Worker: src/ → build/, and nothing when build/ is up to date.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'smol-toml';
import { buildConsole } from './console.mjs';
import { info } from './log.mjs';
import { at, buildDir, isPackage, root, targetDir, tools } from './paths.mjs';
import { logged } from './run.mjs';
import { buildEnv } from './tools.mjs';

const stampFile = join(buildDir, '.stamp');
const INPUTS = ['Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', '.cargo', 'askama.toml', 'build.rs', 'templates', 'src'];

const SWAGGER = ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE'];

/** Swagger UI among the static files. */
function vendor() {
  mkdirSync(at('static', 'docs', 'vendor'), { recursive: true });
  for (const name of SWAGGER) copyFileSync(at('node_modules', 'swagger-ui-dist', name), at('static', 'docs', 'vendor', name));
}

/** Builds the Worker if any of its inputs changed since `build/` was written. */
export async function build() {
  if (isPackage) return;
  vendor();
  await buildConsole();
  if (upToDate()) return info('the Worker is up to date');
  const release = await lock();
  try {
    if (upToDate()) return;
    const before = hashOf(ownInputs());
    const env = await buildEnv(compile);
    await logged('the Worker: bindings, wasm-opt, bundle', 'worker-build', join(tools, 'bin', 'worker-build'), ['--release'], { env });
    copyFileSync(at('src', 'edge', 'entry.js'), join(buildDir, 'entry.js'));
    // Edited meanwhile: the next start builds again.
    if (hashOf(ownInputs()) === before) writeFileSync(stampFile, inputsHash());
  } finally {
    release();
  }
}

/** What worker-build would begin with, so that it need not wait for the tools: it finds the module compiled. */
function compile(env) {
  const command = ['build', '--lib', '--release', '--target', 'wasm32-unknown-unknown'];
  return logged('the Worker, compiled', 'worker', 'cargo', command, { env: { ...env, WASM_BINDGEN_USE_JS_SYS: '1' } });
}

const upToDate = () => readIfThere(stampFile) === inputsHash();

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** One hash over every file that the compiler read, and every file it might read next time. */
const inputsHash = () => hashOf([...ownInputs(), ...compilerInputs()]);
const ownInputs = () => INPUTS.flatMap((path) => walk(at(path)));

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of [...new Set(files)].sort()) hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function walk(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => walk(join(path, name)));
}

/** Files outside src/ that the last build included (cargo's dep-info). */
function compilerInputs() {
  const { package: { name }, lib } = parse(readFileSync(at('Cargo.toml'), 'utf8'));
  const crate = (lib?.name ?? name).replaceAll('-', '_');
  const info = join(targetDir, 'wasm32-unknown-unknown', 'release', `${crate}.d`);
  if (!existsSync(info)) return [];
  const listed = readFileSync(info, 'utf8').split(': ').slice(1).join(': ').trim().split(/(?<!\\) /);
  return listed.map((path) => path.replaceAll('\\ ', ' ')).filter((path) => path.startsWith(root) && existsSync(path) && statSync(path).isFile());
}

/** Only one build at a time writes build/; another waits for it. */
async function lock() {
  mkdirSync(tools, { recursive: true });
  const file = join(tools, 'build.lock');
  for (let told = false; ; told = true) {
    try {
      // Linked into place, so that nobody finds it empty.
      writeFileSync(`${file}.${process.pid}`, `${process.pid}`);
      linkSync(`${file}.${process.pid}`, file);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      rmSync(`${file}.${process.pid}`, { force: true });
    }
    const holder = Number(readIfThere(file));
    if (holder && !alive(holder)) rmSync(file, { force: true });
    else if (!told) info('waiting for another build');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function alive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The module's size in bytes, as it is and gzipped. The platform takes 64 MiB as it is, and compiles it at each start. */
export function moduleSize() {
  const file = walk(buildDir).find((path) => path.endsWith('.wasm'));
  const bytes = readFileSync(file);
  return { file: relative(root, file), bytes: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
}
