// The Workers that Portcullis is measured against, in a workerd of their own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { step } from '../../scripts/lib/log.mjs';
import { at, targetDir } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { buildEnv } from '../../scripts/lib/tools.mjs';
import { freePort, workerd } from '../../scripts/lib/worker.mjs';

const folder = at('tests', 'bench');
const out = join(targetDir, 'bench');

/** Starts all of them: `{ hello, passThrough, honoJose, argon2, stop }`, each a URL. */
export async function startPeers({ origin, issuer, jwks }) {
  const names = ['hello', 'pass-through', 'hono-jose', 'argon2'];
  const hash = await argon2Module();
  const bindings = { ORIGIN: origin, ISSUER: issuer, JWKS: jwks };
  const ports = [];
  const workers = [];
  for (const name of names) {
    ports.push(await freePort('127.0.0.1'));
    workers.push({
      name,
      modulesRoot: out,
      modules: [
        { type: 'ESModule', path: await bundle(name) },
        ...(name === 'argon2' ? [{ type: 'CompiledWasm', path: hash }] : []),
      ],
      bindings,
      unsafeDirectSockets: [{ host: '127.0.0.1', port: ports.at(-1) }],
    });
  }
  const { mf } = await workerd({ workers });
  const [hello, passThrough, honoJose, argon2] = ports.map((port) => `http://127.0.0.1:${port}`);
  return { hello, passThrough, honoJose, argon2, stop: () => mf.dispose() };
}

async function bundle(name) {
  const outfile = join(out, `${name}.mjs`);
  await build({
    entryPoints: [join(folder, 'workers', `${name}.mjs`)],
    outfile, bundle: true, minify: true, format: 'esm', target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'], external: ['*.wasm'], logLevel: 'warning',
  });
  return outfile;
}

/** The bare hash as wasm, optimised as worker-build optimises the Worker. */
async function argon2Module() {
  const env = await buildEnv();
  const crate = join(folder, 'argon2');
  const target = join(out, 'target');
  mkdirSync(out, { recursive: true });
  await step('building the bare Argon2id module (about 20 s the first time)', async () => {
    await run('cargo', ['build', '-q', '--release', '--locked', '--target', 'wasm32-unknown-unknown'], {
      cwd: crate, env: { ...env, CARGO_TARGET_DIR: target },
    });
    const built = join(target, 'wasm32-unknown-unknown', 'release', 'bare_argon2.wasm');
    await run(env.WASM_OPT_BIN, ['-O3', '--all-features', built, '-o', join(out, 'argon2.wasm')], { env });
  });
  return join(out, 'argon2.wasm');
}
