// The documents' own examples, taken out of their texts and run as a reader
// would: cURL by a shell, JavaScript by Node. Only the base URL, the tenant and
// the credentials are put in their place.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

export class Document {
  constructor(name) {
    this.text = readFileSync(new URL(`examples/${name}.txt`, import.meta.url), 'utf8');
  }

  /** The text behind a heading, to its end. */
  after(heading) {
    const at = this.text.indexOf(heading);
    assert.ok(at >= 0, `the document has no "${heading}"`);
    return this.text.slice(at + heading.length);
  }

  /** The first cURL command behind a heading: up to the first empty line. */
  curl(heading) {
    const rest = this.after(heading);
    return rest.slice(rest.search(/^curl /m)).split('\n\n')[0];
  }

  /** The first JSON object behind a heading: from a `{` at the margin to the `}` that closes it. */
  json(heading) {
    const rest = this.after(heading);
    const start = rest.search(/^\{$/m);
    assert.ok(start >= 0, `no JSON follows "${heading}"`);
    let depth = 0;
    for (let at = start; at < rest.length; at += 1) {
      if (rest[at] === '{') depth += 1;
      if (rest[at] === '}') depth -= 1;
      if (depth === 0) return JSON.parse(rest.slice(start, at + 1));
    }
    assert.fail(`the JSON after "${heading}" does not end`);
  }

  /** The code between a heading and what follows it. */
  code(heading, end) {
    const rest = this.after(heading);
    const at = rest.indexOf(end);
    assert.ok(at >= 0, `"${end}" does not follow "${heading}"`);
    return rest.slice(0, at).trim();
  }

  /** `METHOD URL`, its headers and the documented answer, as an HTTP listing shows them. */
  listing(line) {
    const [, method, url] = /^(\w+) (https:\S+)$/.exec(line) ?? [];
    assert.ok(method, `not a request line: ${line}`);
    const rest = this.after(line);
    const headers = {};
    for (const header of rest.split('// Response')[0].trim().split('\n')) {
      const [, name, value] = /^([\w-]+): (.+)$/.exec(header) ?? [];
      if (name) headers[name] = value;
    }
    return { method, url, headers, answer: this.json(line) };
  }
}

/** Puts each of the reader's own values where the document has its example's. */
export function filledIn(example, values) {
  let text = example;
  for (const [documented, own] of Object.entries(values)) {
    assert.ok(text.includes(documented), `the example has no "${documented}":\n${example}`);
    text = text.replaceAll(documented, own);
  }
  return text;
}

/** Runs a cURL command in a shell; answers `{status, headers, json}`. */
export async function curl(command) {
  const { stdout } = await run('bash', ['-c', command.replace(/^curl /, 'curl -sS -i ')]);
  const [head, ...body] = stdout.replaceAll('\r\n', '\n').split('\n\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)[1]),
    headers: head.toLowerCase(),
    json: JSON.parse(body.join('\n\n')),
  };
}

/** Runs a script by Node, as a module; answers what it printed. */
export async function node(script, env = {}) {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, ...env },
  });
  return stdout;
}

/**
 * The answer has every field that the document shows, of the type it shows,
 * to any depth. A documented array shows the type of its elements.
 */
export function assertShape(answer, documented, path = 'answer') {
  if (Array.isArray(documented)) {
    assert.ok(Array.isArray(answer), `${path} is an array, got ${JSON.stringify(answer)}`);
    for (const [at, element] of answer.entries()) assertShape(element, documented[0], `${path}[${at}]`);
  } else if (documented !== null && typeof documented === 'object') {
    assert.equal(typeof answer, 'object', `${path} is an object, got ${JSON.stringify(answer)}`);
    assert.notEqual(answer, null, `${path} is an object, got null`);
    for (const [name, value] of Object.entries(documented)) {
      assert.ok(name in answer, `${path} has "${name}": ${JSON.stringify(answer)}`);
      assertShape(answer[name], value, `${path}.${name}`);
    }
  } else {
    assert.equal(typeof answer, typeof documented, `${path} is a ${typeof documented}, got ${JSON.stringify(answer)}`);
  }
}
