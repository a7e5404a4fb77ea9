// What README.md and docs/ show of a file that the tests run is that file.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const documents = ['README.md', ...readdirSync(`${root}/docs`).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];

test('the snippets of the documents that name a file are that file', () => {
  const shown = documents.flatMap((document) =>
    [...readFileSync(`${root}/${document}`, 'utf8').matchAll(/<!-- (tests\/\S+) -->\n```\w+\n([^]*?)```/g)]);
  assert.ok(shown.length >= 3, `${shown.length}`);
  for (const [, file, text] of shown) assert.equal(text, readFileSync(`${root}/${file}`, 'utf8'), file);
});
