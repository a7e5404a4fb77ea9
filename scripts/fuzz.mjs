// The fuzz targets, 20 seconds each (or FUZZ_SECONDS), where cargo-fuzz and a nightly are installed.
import { existsSync } from 'node:fs';
import { ready } from './lib/bootstrap.mjs';
import { heading, info, main } from './lib/log.mjs';
import { at } from './lib/paths.mjs';

await ready(import.meta.url);
await main(async () => {
  const { probe, run } = await import('./lib/run.mjs');
  const { cargoEnv } = await import('./lib/tools.mjs');

  const folder = ['tests/fuzz', 'fuzz'].find((path) => existsSync(at(path, 'Cargo.toml')));
  if (!folder) return info('there are no fuzz targets');
  const env = { ...cargoEnv(), RUSTUP_TOOLCHAIN: 'nightly' };
  if (!probe('rustc', ['--version'], { env }).ok) return info('fuzzing skipped: there is no nightly toolchain here');
  if (!probe('cargo', ['fuzz', '--version'], { env }).ok) return info('fuzzing skipped: cargo-fuzz is not installed (cargo install cargo-fuzz)');

  const time = process.env.FUZZ_SECONDS || '20';
  const { stdout } = probe('cargo', ['fuzz', 'list', '--fuzz-dir', folder], { env });
  for (const target of stdout.split('\n').filter(Boolean)) {
    heading(`fuzzing ${target} for ${time} s`);
    await run('cargo', ['fuzz', 'run', '--fuzz-dir', folder, target, '--', `-max_total_time=${time}`], { env });
  }
});
