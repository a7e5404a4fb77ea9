// Progress lines: what a script is doing, how far it is, how long it took.

const tty = process.stderr.isTTY;
const paint = (code, text) => (tty ? `\x1b[${code}m${text}\x1b[0m` : text);
// On a terminal, what is under way stands in one line that the next one overwrites.
const clear = tty ? '\r\x1b[2K' : '';

export const info = (text) => console.error(`${clear}${paint('36', '•')} ${text}`);
export const heading = (text) => console.error(`${clear}\n${paint('1', `== ${text}`)}`);
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** A failure whose message says it all: shown without a stack. */
export class Stop extends Error {}

/** The steps under way: how each is called, how far it is, and when it began. */
const running = new Set();
let ticking;

function tick() {
  const line = [...running].map(({ name, far, began }) => `${name}${far && ` ${far}`}, ${seconds(began)}`).join(' · ');
  if (tty) process.stderr.write(`${clear}${line.slice(0, process.stderr.columns - 1)}`);
  else info(`  ${line}`);
}

/**
 * Runs `work` between two progress lines, and says meanwhile how far it is: `work` is given a function that takes
 * that in words, as `12 of 80 crates`.
 */
export async function step(name, work) {
  info(`${name} …`);
  const entry = { name: name.replace(/ \(.*/, ''), far: '', began: performance.now() };
  running.add(entry);
  ticking ??= setInterval(tick, tty ? 1000 : 15_000).unref();
  try {
    const result = await work((far) => {
      entry.far = far;
    });
    info(`${entry.name}: done in ${seconds(entry.began)}`);
    return result;
  } finally {
    running.delete(entry);
    if (running.size === 0) ticking = clearInterval(ticking);
  }
}

/** Runs a script's body; a `Stop` ends it with its message and code 1. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(`${clear}\n${paint('31', 'error:')} ${error instanceof Stop ? error.message : error.stack}`);
    process.exit(1);
  }
}
