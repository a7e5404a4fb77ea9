// Installs everything that building and checking needs, for .ci/run and for those who want it
// in one go. `--env` prints the environment for plain cargo commands, for a shell to evaluate.
import { ready } from './lib/bootstrap.mjs';
import { main } from './lib/log.mjs';

const CARGO_DENY = '0.20.2';

await ready(import.meta.url);
await main(async () => {
  const { distributionBin, wasmEnv } = await import('./lib/wasm-target.mjs');
  const { buildEnv, cargoEnv, install } = await import('./lib/tools.mjs');

  if (!process.argv.includes('--env')) {
    await buildEnv(() => install('cargo-deny', CARGO_DENY, cargoEnv()));
    return;
  }
  const env = cargoEnv();
  const { PATH } = await wasmEnv(env);
  const lines = [`PATH='${env.PATH}'`];
  if (env.RUSTUP_TOOLCHAIN) lines.push(`export RUSTUP_TOOLCHAIN='${env.RUSTUP_TOOLCHAIN}'`);
  if (PATH !== env.PATH) lines.push(`PORTCULLIS_WASM_PATH='${distributionBin}'`);
  console.log(lines.join('\n'));
});
