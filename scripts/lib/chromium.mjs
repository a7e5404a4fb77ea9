// A Chrome or Chromium for the browser tests: the installed one, else Debian's, else Playwright's.
import { existsSync } from 'node:fs';
import { at } from './paths.mjs';
import { apt, canApt, code, probe } from './run.mjs';
import { step, Stop } from './log.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const MAC = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];

/** The path of a browser that starts. */
export async function chromium() {
  const found = installed();
  if (found) return found;
  if (canApt()) await step('installing Chromium (about 1 min)', () => apt('chromium')).catch(() => {});
  return installed() ?? (await playwrights());
}

function installed() {
  const named = NAMES.map((name) => probe('sh', ['-c', `command -v ${name}`]).stdout);
  return [process.env.CHROMIUM, ...named, ...MAC].find((path) => path && existsSync(path) && probe(path, ['--version']).ok);
}

async function playwrights() {
  const cli = at('node_modules', 'playwright-core', 'cli.js');
  await step("downloading Playwright's Chromium", () => code(process.execPath, [cli, 'install', 'chromium']));
  const { chromium } = await import('playwright-core');
  if (existsSync(chromium.executablePath())) return chromium.executablePath();
  throw new Stop('the browser tests need Chrome or Chromium: install one, or set CHROMIUM to its path');
}
