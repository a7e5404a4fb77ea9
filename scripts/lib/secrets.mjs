// Secrets of a local deployment: made once and kept in DATA_DIR, so that a restart can
// read what the last run sealed.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The secrets kept in `dataDir`, made at first use: `SEAL_KEY` and `SETUP_TOKEN`. */
export function localSecrets(dataDir) {
  const file = join(dataDir, 'secrets.json');
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const made = { SEAL_KEY: secret(32), SETUP_TOKEN: secret(18) };
  const secrets = { ...made, ...kept };
  if (Object.keys(made).some((name) => !(name in kept))) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  }
  return secrets;
}

const secret = (bytes) => randomBytes(bytes).toString('base64url');
