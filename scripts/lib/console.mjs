// The console's build: console/ → static/console/, and nothing when that is up to date. Its types are made of the API's
// document first, so that it does not build with an API that is another one.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Stop } from './log.mjs';
import { at, root } from './paths.mjs';
import { probe } from './run.mjs';

const DOCUMENT = at('static', 'docs', 'openapi.json');
const TYPES = at('console', 'api.d.ts');
const STAMP = at('console', '.stamp');
const OUT = at('static', 'console');
const OTHERS = ['package-lock.json', 'static/docs/openapi.json', 'static/portcullis.css', 'scripts/lib/console.mjs', 'scripts/lib/openapi-types.mjs'];

const made = [TYPES, STAMP];

function sources(folder = at('console')) {
  return readdirSync(folder).map((name) => join(folder, name)).flatMap((path) => (statSync(path).isDirectory() ? sources(path) : made.includes(path) ? [] : [path]));
}

function hashOfInputs() {
  const hash = createHash('sha256');
  for (const file of [...sources(), ...OTHERS.map((path) => at(path))].sort()) {
    hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** Builds the console if any of its inputs changed. */
export async function buildConsole() {
  const hash = hashOfInputs();
  const isThere = ['console.js', 'console.css'].every((name) => existsSync(join(OUT, name)));
  if (isThere && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash) return;
  const { typesOf } = await import('./openapi-types.mjs');
  writeFileSync(TYPES, typesOf(JSON.parse(readFileSync(DOCUMENT, 'utf8'))));
  const checked = probe(process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), '--noEmit', '-p', at('console')]);
  if (!checked.ok) throw new Stop(`the console does not fit the API's document, or is wrong by itself:\n${checked.stdout}\n${checked.stderr}`);
  const { build } = await import('esbuild');
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  await build({
    entryPoints: [at('console', 'main.tsx')], outfile: join(OUT, 'console.js'),
    bundle: true, minify: true, format: 'iife', target: 'es2022', jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'warning', legalComments: 'none',
  });
  // The colours are those of the pages.
  const pages = readFileSync(at('static', 'portcullis.css'), 'utf8');
  const tokens = pages.slice(pages.indexOf(':root'), pages.indexOf('* { box-sizing'));
  writeFileSync(join(OUT, 'console.css'), `${tokens}${readFileSync(at('console', 'console.css'), 'utf8')}`);
  writeFileSync(STAMP, hash);
}

/** The script's size in bytes, gzipped. */
export const consoleSize = () => gzipSync(readFileSync(join(OUT, 'console.js')), { level: 9 }).length;
