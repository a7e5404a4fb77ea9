// npm run package: portcullis-VERSION.tgz, which runs and deploys the built Worker and needs no Rust. What is in it
// can also be a repository of its own, for a "Deploy to Cloudflare" button.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ready } from './lib/bootstrap.mjs';
import { info, main } from './lib/log.mjs';
import { at, root } from './lib/paths.mjs';

/** What it has of this folder, with what these import. */
const FILES = [
  'build', 'static', 'src/store/migrations', 'scripts/lib', 'scripts/portcullis.mjs', 'scripts/start.mjs', 'scripts/deploy.mjs', 'scripts/admin.mjs',
  'tests/origin/server.mjs', 'tests/providers', '.dev.vars.example', 'README.md', 'SECURITY.md', 'LICENSE-APACHE', 'LICENSE-MIT',
];
const DEPENDENCIES = ['jose', 'miniflare', 'smol-toml', 'wrangler', 'ws'];

await ready(import.meta.url);
await main(async () => {
  const { build } = await import('./lib/build.mjs');
  const { run } = await import('./lib/run.mjs');
  await build();

  const own = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-package-'));
  try {
    // build/.gitignore would keep the Worker out.
    const wanted = (path) => !/[/\\]\.(gitignore|stamp)$/.test(path);
    for (const path of FILES) cpSync(at(path), join(folder, path), { recursive: true, filter: wanted });
    const settings = readFileSync(at('wrangler.toml'), 'utf8');
    writeFileSync(join(folder, 'wrangler.toml'), settings.replace(/(^#.*\n)*\[build\]\n.*\n\n/m, ''));
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(own), null, 2)}\n`);
    await run('npm', ['pack', '--silent', '--pack-destination', root], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  info(`portcullis-${own.version}.tgz: npm install it anywhere, then npx portcullis start --demo`);
});

function manifest({ name, version, description, license, type, devDependencies, optionalDependencies, overrides, cloudflare }) {
  const command = (word) => `node scripts/portcullis.mjs ${word}`;
  return {
    name, version, description, license, type,
    bin: { portcullis: 'scripts/portcullis.mjs' },
    scripts: { start: command('start'), deploy: command('deploy'), migrate: command('migrate'), admin: 'node scripts/admin.mjs' },
    // The runtime that goes with `compatibility_date` stands here by itself, as overrides hold in a root alone.
    dependencies: { ...Object.fromEntries(DEPENDENCIES.map((one) => [one, devDependencies[one]])), workerd: overrides.workerd },
    optionalDependencies,
    cloudflare,
  };
}
