// The fuzz targets, 20 seconds each (or FUZZ_SECONDS), where a nightly toolchain is installed.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ready } from './lib/bootstrap.mjs';
import { heading, info, main } from './lib/log.mjs';
import { at, tools } from './lib/paths.mjs';

const CARGO_FUZZ = '0.13.2';

await ready(import.meta.url);
await main(async () => {
  const { probe, run } = await import('./lib/run.mjs');
  const { cargoEnv, install } = await import('./lib/tools.mjs');

  const folder = ['tests/fuzz', 'fuzz'].find((path) => existsSync(at(path, 'Cargo.toml')));
  if (!folder) return info('there are no fuzz targets');
  const cargo = cargoEnv();
  const env = { ...cargo, RUSTUP_TOOLCHAIN: 'nightly', PATH: [join(tools, 'bin'), cargo.PATH].join(delimiter) };
  if (!probe('rustc', ['--version'], { env }).ok) return info('fuzzing skipped: there is no nightly toolchain here');
  await install('cargo-fuzz', CARGO_FUZZ, cargo);

  const time = process.env.FUZZ_SECONDS || '20';
  const { stdout } = probe('cargo', ['fuzz', 'list', '--fuzz-dir', folder], { env });
  for (const target of stdout.split('\n').filter(Boolean)) {
    heading(`fuzzing ${target} for ${time} s`);
    await run('cargo', ['fuzz', 'run', '--fuzz-dir', folder, target, '--', `-max_total_time=${time}`], { env });
  }
});
