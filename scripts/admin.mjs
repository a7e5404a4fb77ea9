// npm run admin -- COMMAND: what an operator does with a deployment that runs, over its API.
//
//   reseal [--url https://auth.example.com]
//     seals anew what is sealed under another key than SEAL_KEY, page by page, until nothing is left. It can be stopped at
//     any time: the next run goes on with what is left. docs/operate.md, "SEAL_KEY", says when.
//
//   PORTCULLIS_URL    the deployment, in place of --url (http://localhost:8787)
//   PORTCULLIS_TOKEN  an access token of an operator, as `POST /api/auth/login` gives it
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { info, main, Stop } from './lib/log.mjs';

const PATH = '/tenant/home/v2/Keys/reseal';
/** How often a page is asked for again that failed, with a second more between each. */
const TRIES = 5;

await main(async () => {
  const { values, positionals: [command, ...more] } = parseArgs({ allowPositionals: true, options: { url: { type: 'string' } } });
  if (command !== 'reseal' || more.length) throw new Stop('usage: npm run admin -- reseal [--url https://auth.example.com], with PORTCULLIS_TOKEN set');
  await reseal(new URL(values.url ?? process.env.PORTCULLIS_URL ?? 'http://localhost:8787'));
});

async function reseal(url) {
  const token = process.env.PORTCULLIS_TOKEN;
  if (!token) throw new Stop('set PORTCULLIS_TOKEN to an access token of an operator');
  if (url.protocol !== 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) throw new Stop(`${url.origin} would be sent the token in plain text`);
  let [done, unreadable, page] = [0, 0, {}];
  do {
    page = await ask(new URL(PATH, url), token, page.next ? { next: page.next } : {});
    done += page.resealed;
    unreadable += page.unreadable;
    info(`${done} sealed anew under key ${page.keyId}, ${page.remaining} remain`);
  } while (page.next);
  if (unreadable) throw new Stop(`${unreadable} values open neither with SEAL_KEY nor with SEAL_KEY_PREVIOUS; the log names their rows`);
  if (page.remaining) throw new Stop(`${page.remaining} values were written under another key meanwhile: run it again`);
  info('nothing is left under another key: SEAL_KEY_PREVIOUS can be taken away once an hour has passed since SEAL_KEY was set');
}

/** One page. A connection that breaks or a server that is busy is asked again. */
async function ask(url, token, body) {
  for (let tried = 1; ; tried += 1) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), redirect: 'error' }).catch((error) => error);
    if (answer.status === 200) return answer.json();
    if (answer.status === 401) throw new Stop('the token is not valid, or not any more: get another one and run it again, it goes on with what is left');
    if (answer.status === 403) throw new Stop('the token is not an operator\'s');
    const isBusy = !(answer instanceof Response) || answer.status === 429 || answer.status >= 500;
    if (!isBusy || tried === TRIES) throw new Stop(`${url.host} answered ${answer.status ?? answer.cause?.code ?? answer.message}`);
    await delay(1000 * Math.max(tried, Number(answer.headers?.get('retry-after')) || 0));
  }
}
