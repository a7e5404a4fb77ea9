// npm run openapi: writes static/docs/openapi.json and mails.html anew from the code. Tests fail while they are stale.
import { ready } from './lib/bootstrap.mjs';
import { main } from './lib/log.mjs';

await ready(import.meta.url);
await main(async () => {
  const { run } = await import('./lib/run.mjs');
  const { cargoEnv } = await import('./lib/tools.mjs');
  const env = { ...cargoEnv(), PORTCULLIS_WRITE: '1' };
  await run('cargo', ['test', '--quiet', '--test', 'native', '_is_current'], { env });
});
