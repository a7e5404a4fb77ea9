// Where things are.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');
export const at = (...parts) => join(root, ...parts);

/** Whether this is the package that `npm run package` makes, which brings the Worker built, and not a checkout. */
export const isPackage = !existsSync(at('Cargo.toml'));
/** Where the user's own files are: wrangler.toml, .dev.vars, the local database. */
export const home = isPackage ? process.cwd() : root;
/** Tools that are built once for this checkout; ignored by git. */
export const tools = at('.tools');
/** What worker-build writes. */
export const buildDir = at('build');
/** cargo's output, which the caller may have moved. */
export const targetDir = process.env.CARGO_TARGET_DIR || at('target');
