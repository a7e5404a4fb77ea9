// Where things are.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');
export const at = (...parts) => join(root, ...parts);

/** Tools that are built once for this checkout; ignored by git. */
export const tools = at('.tools');
/** What worker-build writes. */
export const buildDir = at('build');
/** cargo's output, which the caller may have moved. */
export const targetDir = process.env.CARGO_TARGET_DIR || at('target');
