// `npm start -- --demo`: an administrator, a person, a route and an origin behind it, and the session to paste that
// README.md shows. Everything goes through the public APIs, and what is there already stays.
import { Worker } from 'node:worker_threads';
import { Stop } from './log.mjs';
import { at } from './paths.mjs';
import { freePort } from './worker.mjs';

const ADMIN = { email: 'admin@example.com', password: 'correct horse battery' };
const ADA = { email: 'ada@example.com', password: 'a long password' };

/** Sets the demo up at a gateway whose setup token is `token`, and starts its origin: what to print, and how to stop that. */
export async function demo(url, token) {
  const admin = await administrator(url, token);
  const origin = await startOrigin(url);
  await route(url, admin, origin.url);
  await person(url);
  const text = `${links(url)}\n\nThe administrator is ${ADMIN.email}, "${ADMIN.password}". In another terminal:\n\n${session(url)}`;
  return { text, stop: origin.stop };
}

const links = (url) => `
  Sign in  ${url}/app/hello        as ${ADA.email}, "${ADA.password}"
  Account  ${url}/tenant/home/account
  API      ${url}/docs
  Mail     ${url}/dev/outbox?to=${ADA.email}`;

/** What a person at a shell does with the demo: bash, curl and sed. README.md shows exactly this. */
export const session = (url) => `GATEWAY=${url}
json() { curl -sS -H 'Content-Type: application/json' "$@"; echo; }
field() { sed -n 's/.*"'"$1"'" *: *"\\([^"]*\\)".*/\\1/p'; }

# Ada signs in, and calls the demo origin through the gateway. It answers with what it received.
ACCESS=$(json $GATEWAY/auth/login -d '{"email":"${ADA.email}","password":"${ADA.password}"}' | field access_token)
curl -sS $GATEWAY/app/hello -H "Authorization: Bearer $ACCESS"; echo

# The same call with an API key that can only read.
KEY=$(json $GATEWAY/api/auth/api-keys -H "Authorization: Bearer $ACCESS" -d '{"name":"ci","scopes":["read"]}' | field apiKey)
curl -sS $GATEWAY/app/hello -H "X-API-Key: $KEY"; echo

# Signing out ends the session: its token is refused.
json $GATEWAY/auth/logout -H "Authorization: Bearer $ACCESS" -d '{}'
curl -sS $GATEWAY/app/hello -H "Authorization: Bearer $ACCESS"; echo
`;

/** A request with a JSON body; `{ status, body }`. */
async function ask(url, path, { method, json, token } = {}) {
  const headers = { ...(json && { 'Content-Type': 'application/json' }), ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(url + path, { method: method ?? (json ? 'POST' : 'GET'), headers, body: json && JSON.stringify(json) });
  return { status: answer.status, body: await answer.json().catch(() => ({})) };
}

function expect(answer, what, ...statuses) {
  if (statuses.includes(answer.status)) return answer.body;
  throw new Stop(`the demo could not ${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** The access token of the first administrator, who is made if there is none. */
async function administrator(url, token) {
  expect(await ask(url, '/setup', { json: { token, ...ADMIN } }), 'make the administrator', 201, 409);
  const { status, body } = await ask(url, '/api/auth/login', { json: ADMIN });
  const found = body.data?.tokens?.accessToken;
  if (status === 200 && found) return found;
  throw new Stop(`the demo signs in as ${ADMIN.email} with "${ADMIN.password}", and could not: this database has another administrator. Give the demo one of its own: DATA_DIR=.wrangler/demo npm start -- --demo`);
}

/** `/app/` leads to the demo origin. */
async function route(url, token, origin) {
  const wanted = { name: 'app', path: '/app/', origin };
  const { items } = expect(await ask(url, '/tenant/home/v2/Routes?limit=100', { token }), 'list the routes', 200);
  const found = items.find((item) => item.path === wanted.path && !item.host);
  if (found?.origin === origin) return;
  const [method, path] = found ? ['PUT', `/tenant/home/v2/Routes/${found.id}`] : ['POST', '/tenant/home/v2/Routes'];
  expect(await ask(url, path, { method, token, json: wanted }), 'make the route', 200, 201);
}

/** Ada registers and confirms the link in the mail, unless she has done so. */
async function person(url) {
  const login = () => ask(url, '/auth/login', { json: ADA });
  if ((await login()).status === 200) return;
  expect(await ask(url, '/auth/register', { json: { ...ADA, full_name: 'Ada Lovelace' } }), 'register a person', 201);
  const { items } = expect(await ask(url, `/dev/outbox?to=${ADA.email}`), 'read the mail (MODE is local and MAIL_TRANSPORT is outbox for it)', 200);
  const links = items.flatMap(({ text }) => text.match(/\/auth\/verify-email\?\S*/g) ?? []);
  const token = links.length ? new URL(links[0], url).searchParams.get('token') : '';
  expect(await ask(url, '/auth/verify-email', { json: { token } }), `confirm ${ADA.email}: somebody has changed that account`, 200);
  expect(await login(), `sign in as ${ADA.email}`, 200);
}

/** The demo origin in a thread of this process, so that it ends with it. */
async function startOrigin(url) {
  const port = await freePort('127.0.0.1', Number(process.env.DEMO_PORT || 9000));
  const env = { ...process.env, PORT: String(port), PORTCULLIS: url, TENANT: 'home', AUDIENCE: 'app' };
  const thread = new Worker(at('tests', 'origin', 'server.mjs'), { env, stdout: true });
  await new Promise((listening, failed) => thread.stdout.once('data', listening) && thread.once('error', failed));
  return { url: `http://127.0.0.1:${port}`, stop: () => thread.terminate() };
}
