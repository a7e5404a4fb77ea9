#!/usr/bin/env node
// The command of the package that `npm run package` makes: no Rust is needed where it is installed.
const COMMANDS = { start: './start.mjs', deploy: './deploy.mjs', migrate: './deploy.mjs', reseal: './admin.mjs' };

const command = COMMANDS[process.argv[2]];
if (!command) {
  console.error(`portcullis start [--demo]      runs here; PORT, DATA_DIR and others as in the head of scripts/start.mjs
portcullis deploy [--dry-run]  says what is still to be set, applies the migrations, deploys to Cloudflare
portcullis migrate [--local]   applies the migrations alone
portcullis reseal [--url URL]  seals anew what is under another key than SEAL_KEY, as in the head of scripts/admin.mjs`);
  process.exit(1);
}
await import(command);
