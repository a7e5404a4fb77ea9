// What README.md shows of a file that the tests run is that file.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const readme = readFileSync(`${root}/README.md`, 'utf8');

test('the snippets of README.md that name a file are that file', () => {
  const shown = [...readme.matchAll(/<!-- (tests\/\S+) -->\n```\w+\n([^]*?)```/g)];
  assert.ok(shown.length >= 3, `${shown.length}`);
  for (const [, file, text] of shown) assert.equal(text, readFileSync(`${root}/${file}`, 'utf8'), file);
});
