// `npm start -- --demo`: an administrator, a person, routes to an origin, to an MCP server and to a mock calendar's API, a
// mock of Google to sign in with, and the session to paste that README.md shows. Everything goes through the public APIs, and what is there already stays.
import { Worker } from 'node:worker_threads';
import { Stop } from './log.mjs';
import { npmPackages } from './npm.mjs';
import { at, isPackage } from './paths.mjs';
import { freePort } from './worker.mjs';
import { calendar, settings } from '../../tests/providers/settings.mjs';

const ADMIN = { email: 'admin@example.com', password: 'correct horse battery' };
const GOOGLE = 'Google (mock)';
const ADA = { email: 'ada@example.com', password: 'a long password' };

/** Sets the demo up at a gateway whose setup token is `token`, and starts its origins: what to print, and how to stop them. */
export async function demo(url, token) {
  const admin = await administrator(url, token);
  const origin = await startOrigin(url, 'app', at('tests', 'origin', 'server.mjs'), Number(process.env.DEMO_PORT || 9000));
  await route(url, admin, { name: 'app', path: '/app/', origin: origin.url });
  const ada = await person(url);
  const mocks = await startOrigin(url, 'providers', at('tests', 'providers', 'main.mjs'), process.env.DEMO_PORT === '0' ? 0 : 9002);
  await setGoogleUp(url, admin, mocks);
  await setCalendarUp(url, admin, mocks);
  // The package is installed without the SDK that the server is made with.
  const mcp = isPackage ? null : await startMcp(url, admin);
  await grant(url, admin, ada);
  const text = `${links(url)}${signIn(mocks)}${connect(url)}${mcp ? agents(url) : ''}\n\nThe administrator is ${ADMIN.email}, "${ADMIN.password}". In another terminal:\n\n${session(url)}`;
  return { text, stop: () => Promise.all([origin.stop(), mocks.stop(), mcp?.stop()]) };
}

const links = (url) => `
  Sign in  ${url}/app/hello        as ${ADA.email}, "${ADA.password}"
  Account  ${url}/tenant/home/account
  API      ${url}/docs
  Mail     ${url}/dev/outbox?to=${ADA.email}`;

const signIn = (mocks) => `
  Google   the sign-in page's button "${GOOGLE}" leads to a mock at ${mocks.url}:
           no real account, no password; one picks who signs in`;

const connect = (url) => `
  Calendar (mock): connected on the account page, under "Connected services"; an agent reads it at
           ${url}/calendar/events and never holds its token (docs/agents.md)`;

const agents = (url) => `
  MCP      ${url}/mcp              for agents, with Ada's own rights (docs/agents.md):
           claude mcp add --transport http notes ${url}/mcp
           npx @modelcontextprotocol/inspector --cli ${url}/mcp --method tools/list`;

/** Of the mock identity providers, the sign-in page has Google's button (docs/sign-in/google.md is about the real one). */
async function setGoogleUp(url, admin, mocks) {
  const wanted = { ...settings(mocks.url, 'google', 'demo'), name: GOOGLE };
  const path = '/tenant/home/v2/IdentityProviders';
  const found = await ask(url, `${path}/google`, { token: admin });
  if (found.status === 404) expect(await ask(url, path, { token: admin, json: { id: 'google', ...wanted } }), 'set the mock of Google up', 201);
  // The mock may listen elsewhere than at the last start.
  else expect(await ask(url, `${path}/google`, { method: 'PUT', token: admin, json: wanted }), 'set the mock of Google up', 200);
}

/** A calendar that people connect, and the route by which agents read it with their connection. */
async function setCalendarUp(url, admin, mocks) {
  const id = 'calendar';
  const wanted = calendar(mocks.url);
  const found = await ask(url, `/auth/providers/${id}`, { token: admin });
  const [method, path, json] = found.status === 404 ? ['POST', '/auth/providers', { id, ...wanted }] : ['PUT', `/auth/providers/${id}`, wanted];
  expect(await ask(url, path, { method, token: admin, json }), 'set the mock calendar up', 200, 201);
  await route(url, admin, { name: id, path: '/calendar/', origin: `${mocks.url}/calendar`, stripPrefix: true, connection: id, scopes: ['calendar:read'] });
}

/** Ada may read her notes and her calendar, and let agents. */
async function grant(url, admin, ada) {
  const json = { scopes: ['calendar:read', 'notes:read'] };
  expect(await ask(url, `/tenant/home/v2/Users/${ada}`, { method: 'PATCH', token: admin, json }), 'let Ada read notes', 200);
}

/** The MCP server behind `/mcp`, which agents may register themselves for. */
async function startMcp(url, admin) {
  await npmPackages('the demo’s MCP server', at('tests', 'origin', 'mcp'));
  const preferred = process.env.DEMO_PORT === '0' ? 0 : 9001;
  const server = await startOrigin(url, 'notes', at('tests', 'origin', 'mcp', 'server.mjs'), preferred);
  await route(url, admin, { name: 'notes', path: '/mcp', origin: server.url, mcp: true, credentials: ['bearer'], scopes: ['notes:read'] });
  const json = { clientRegistration: 'open' };
  expect(await ask(url, '/tenant/home/v2/Settings', { method: 'PATCH', token: admin, json }), 'let agents register themselves', 200);
  return server;
}

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

/** A path leads to an origin of the demo's, which may listen elsewhere than at the last start. */
async function route(url, token, wanted) {
  const { items } = expect(await ask(url, '/tenant/home/v2/Routes?limit=100', { token }), 'list the routes', 200);
  const found = items.find((item) => item.path === wanted.path && !item.host);
  if (found?.origin === wanted.origin) return;
  const [method, path] = found ? ['PUT', `/tenant/home/v2/Routes/${found.id}`] : ['POST', '/tenant/home/v2/Routes'];
  expect(await ask(url, path, { method, token, json: wanted }), 'make the route', 200, 201);
}

/** Ada registers and confirms the link in the mail, unless she has done so: her id. */
async function person(url) {
  const login = () => ask(url, '/api/auth/login', { json: ADA });
  const idOf = ({ body }) => body.data.user.id;
  const known = await login();
  if (known.status === 200) return idOf(known);
  expect(await ask(url, '/auth/register', { json: { ...ADA, full_name: 'Ada Lovelace' } }), 'register a person', 201);
  const { items } = expect(await ask(url, `/dev/outbox?to=${ADA.email}`), 'read the mail (MODE is local and MAIL_TRANSPORT is outbox for it)', 200);
  const links = items.flatMap(({ text }) => text.match(/\/auth\/verify-email\?\S*/g) ?? []);
  const token = links.length ? new URL(links[0], url).searchParams.get('token') : '';
  expect(await ask(url, '/auth/verify-email', { json: { token } }), `confirm ${ADA.email}: somebody has changed that account`, 200);
  const signedIn = await login();
  expect(signedIn, `sign in as ${ADA.email}`, 200);
  return idOf(signedIn);
}

/** An origin in a thread of this process, so that it ends with it. */
async function startOrigin(url, audience, file, preferred) {
  const port = await freePort('127.0.0.1', preferred);
  const env = { ...process.env, PORT: String(port), PORTCULLIS: url, TENANT: 'home', AUDIENCE: audience };
  const thread = new Worker(file, { env, stdout: true });
  await new Promise((listening, failed) => thread.stdout.once('data', listening) && thread.once('error', failed));
  return { url: `http://127.0.0.1:${port}`, stop: () => thread.terminate() };
}
