// npm test: every test, in stages. `npm test -- native live` runs only those named, and
// `npm test -- live tests/live/gateway/paths.test.mjs` only that file.
//
//   native   the Rust tests, as threads of one process: what they all read is read once
//   live     tests/live: the same truths over HTTP against the Worker in workerd
//   python   tests/live/python: the documents' Python examples and PyJWT
//   browser  tests/browser: a real Chromium
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ready } from './lib/bootstrap.mjs';
import { heading, info, main, seconds, Stop } from './lib/log.mjs';
import { at, tools } from './lib/paths.mjs';

await ready(import.meta.url);
await main(async () => {
  const { build } = await import('./lib/build.mjs');
  const { chromium } = await import('./lib/chromium.mjs');
  const { python } = await import('./lib/python.mjs');
  const { code } = await import('./lib/run.mjs');
  const { cargoEnv } = await import('./lib/tools.mjs');

  const only = process.argv.slice(2).filter((name) => existsSync(at(name)) && name.includes('.'));
  const named = process.argv.slice(2).filter((name) => !only.includes(name));
  const hasPython = existsSync(at('tests', 'live', 'python', 'requirements.txt'));
  const env = { ...process.env };
  // The Python and browser tests start the Worker themselves; both need the same Node.
  env.NODE = process.execPath;
  // Each file is a process of its own, and loads miniflare.
  env.NODE_COMPILE_CACHE ??= join(tools, 'node-compile-cache');

  const stages = {
    async native() {
      return code('cargo', ['test', '--tests', '--no-fail-fast'], { env: cargoEnv() });
    },
    async live() {
      await build();
      if (hasPython) env.PYTHON = await python();
      return nodeTests('tests/live');
    },
    async python() {
      if (!hasPython) return info('there are no Python tests') ?? 0;
      await build();
      env.PYTHON = await python();
      return code(env.PYTHON, ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'tests/live/python'], { env });
    },
    async browser() {
      if (testFiles('tests/browser').length === 0) return info('there are no browser tests') ?? 0;
      await build();
      env.CHROMIUM = await chromium();
      return nodeTests('tests/browser');
    },
  };

  function testFiles(folder) {
    const names = existsSync(at(folder)) ? readdirSync(at(folder), { recursive: true }) : [];
    return names.filter((name) => name.endsWith('.test.mjs')).sort().map((name) => join(folder, name));
  }

  async function nodeTests(folder) {
    const files = only.length ? only : testFiles(folder);
    if (files.length === 0) return info(`there are no tests in ${folder}`) ?? 0;
    return code(process.execPath, ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files], { env });
  }

  const unknown = named.find((name) => !(name in stages));
  if (unknown) throw new Stop(`no stage is called ${unknown}; there are ${Object.keys(stages).join(', ')}`);

  const failed = [];
  for (const name of named.length ? named : Object.keys(stages)) {
    heading(`${name} tests`);
    const began = performance.now();
    const status = await stages[name]();
    info(`${name} tests: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds(began)}`);
    if (status !== 0) failed.push(name);
  }
  if (failed.length) throw new Stop(`failed: ${failed.join(', ')}`);
});
