// Progress lines: what a script is doing, how long it takes, how long it took.

const tty = process.stderr.isTTY;
const paint = (code, text) => (tty ? `\x1b[${code}m${text}\x1b[0m` : text);

export const info = (text) => console.error(`${paint('36', '•')} ${text}`);
export const heading = (text) => console.error(`\n${paint('1', `== ${text}`)}`);
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** A failure whose message says it all: shown without a stack. */
export class Stop extends Error {}

/** Runs `work` between two progress lines. */
export async function step(text, work) {
  info(`${text} …`);
  const began = performance.now();
  const result = await work();
  info(`${text}: done in ${seconds(began)}`);
  return result;
}

/** Runs a script's body; a `Stop` ends it with its message and code 1. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(`\n${paint('31', 'error:')} ${error instanceof Stop ? error.message : error.stack}`);
    process.exit(1);
  }
}
