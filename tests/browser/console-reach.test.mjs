// Which administrators' endpoints a screen of the console reaches, and which none does yet: docs/console.md has the table, and
// is held here. WRITE_CONSOLE=1 writes it anew.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { buildConsole, consoleSize } from '../../scripts/lib/console.mjs';
import { at } from '../../scripts/lib/paths.mjs';

/** The most that the script may take, in bytes, gzipped. */
const MOST = 60_000;

const DOCUMENT = at('docs', 'console.md');
const HEAD = '| endpoint | screen |\n|---|---|\n';

/** Method and path of what only administrators or the operator may call. */
function endpoints() {
  const { paths } = JSON.parse(readFileSync(at('static', 'docs', 'openapi.json'), 'utf8'));
  const all = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => [`${method.toUpperCase()} ${path}`, one]));
  return all.filter(([, one]) => /For (an administrator|the deployment's operator|the operator)/.test(one.description ?? '')).map(([name]) => name).sort();
}

/** The screens that name an operation. The client takes nothing else, and its types refuse one that is not there. */
function screensOf(operation) {
  const folder = at('console', 'screens');
  return readdirSync(folder).filter((name) => readFileSync(join(folder, name), 'utf8').includes(`'${operation}'`) || readFileSync(join(folder, name), 'utf8').includes(`"${operation}"`)).map((name) => name.replace('.tsx', ''));
}

describe('the console', () => {
  test('the document says which endpoints a screen reaches, and which none does', () => {
    const all = endpoints();
    assert.ok(all.length > 80, `${all.length} endpoints`);
    const rows = all.map((one) => `| \`${one}\` | ${screensOf(one).join(', ') || '–'} |\n`).join('');
    const text = readFileSync(DOCUMENT, 'utf8');
    const [before, table] = text.split(HEAD);
    if (process.env.WRITE_CONSOLE) writeFileSync(DOCUMENT, `${before}${HEAD}${rows}`);
    else assert.equal(table, rows);
  });

  test(`its script has at most ${MOST / 1000} kB gzipped`, async () => {
    await buildConsole();
    const size = consoleSize();
    assert.ok(size > 5_000 && size <= MOST, `${size} bytes`);
  });
});
