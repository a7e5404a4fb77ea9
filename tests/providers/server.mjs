// Mock identity providers on one port of this machine: Google, Entra (Microsoft), GitHub and a company's own OpenID
// provider, with their endpoints and claims; and a calendar that people connect in the vault. `npm start -- --demo` and the tests sign in with them. They know no real
// account, and every page says so.
//
//   /google/authorize /token /jwks /userinfo /revoke /credential
//   /microsoft/oauth2/v2.0/authorize /token /logout · /microsoft/discovery/v2.0/keys · /microsoft/v1.0/me · /microsoft/access-token
//   /github/login/oauth/authorize /access_token · /github/user · /github/user/emails
//   /company/.well-known/openid-configuration and what it names
//   /calendar/authorize /token /revoke /me /events
import http from 'node:http';
import * as calendar from './calendar.mjs';
import * as company from './company.mjs';
import { FAULTS, misbehave } from './faults.mjs';
import { shape as github } from './github.mjs';
import * as google from './google.mjs';
import { makeKeys } from './keys.mjs';
import * as microsoft from './microsoft.mjs';
import { json, makeProvider } from './oauth.mjs';
import { index, signedOut } from './pages.mjs';
import { makePeople } from './people.mjs';
import { calendar as calendarSettings, SECRET, settings } from './settings.mjs';

export { COMPANY, CONSUMERS, OTHER_COMPANY } from './people.mjs';
export { FAULTS, SECRET };

/**
 * Starts them. `asked(path)` counts requests; `break(provider, endpoint, fault)` makes an endpoint (`token`, `jwks`,
 * `userinfo`, `discovery`) misbehave as `faults.mjs` says until `mend()`; `people.add` brings a person of a test's own.
 */
export async function startProviders({ port = 0 } = {}) {
  const counts = new Map();
  const broken = new Map();
  const people = makePeople();
  let handler = () => {};
  const server = http.createServer((request, response) => handler(request, response));
  // No connection ends just as the gateway sends its next request on it.
  server.keepAliveTimeout = 60_000;
  await new Promise((listening, failed) => server.once('error', failed).listen(port, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${server.address().port}`;

  const shapes = { google: google.shape, microsoft: microsoft.shape, github, company: company.makeShape(`${url}/company`), calendar: calendar.shape };
  const switched = (name, endpoint) => broken.get(`${name}/${endpoint}`);
  const providers = {};
  const keys = {};
  for (const [name, shape] of Object.entries(shapes)) {
    keys[name] = await makeKeys(name, name === 'microsoft' ? { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' } : {});
    providers[name] = makeProvider({ shape, keys: keys[name], people, secret: SECRET, switched });
  }
  const routes = makeRoutes({ url, shapes, providers, keys, people });

  handler = async (request, response) => {
    const at = new URL(request.url, url);
    counts.set(at.pathname, (counts.get(at.pathname) ?? 0) + 1);
    const route = routes[`${request.method} ${at.pathname}`];
    if (!route) return json(response, 404, { error: 'not_found' });
    const [name, endpoint, answer] = route;
    // The token endpoint misbehaves once it knows which sign-in it is.
    if (endpoint !== 'token' && (await misbehave(switched(name, endpoint), response))) return undefined;
    const body = request.method === 'POST' ? await text(request) : '';
    return Promise.resolve(answer({ request, response, query: at.searchParams, form: new URLSearchParams(body) }))
      .catch((error) => response.headersSent ? response.destroy() : json(response, 500, { error: 'mock_failed', message: error.message }));
  };

  const person = (provider, key) => {
    const found = people.find(provider, key);
    if (!found) throw new Error(`the mock of ${provider} knows no ${key}`);
    return found;
  };
  return {
    url,
    people,
    keys,
    asked: (path) => counts.get(path) ?? 0,
    break: (name, endpoint, fault) => broken.set(`${name}/${endpoint}`, fault),
    mend: () => broken.clear(),
    /** What `v2/IdentityProviders` is told to sign in with a mock. */
    settings: (kind, client) => settings(url, kind, client),
    calendar: calendarSettings(url),
    /** What Google's button gives a page. */
    credential: (who, client, more) => google.credential(providers.google, typeof who === 'string' ? person('google', who) : who, client, more),
    /** An access token of Entra's: for one's own API, or for Graph, which then knows it. */
    accessToken: (who, client, more = {}) => accessToken({ providers, keys }, typeof who === 'string' ? person('microsoft', who) : who, client, more),
    microsoftIdToken: (who, client, more = {}) => providers.microsoft.idToken({ person: person('microsoft', who), client, ...more }),
    stop() {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

async function accessToken({ providers, keys }, who, client, { graph = false, unknown = false, ...more }) {
  if (!graph) return microsoft.apiToken(keys.microsoft, who, client, more);
  const token = await microsoft.graphToken(keys.microsoft, who, client, more);
  if (!unknown) providers.microsoft.remember(token, { person: who, client, scope: ['User.Read'], fault: {} });
  return token;
}

/** `METHOD /path` → provider, the endpoint's name for faults, and what answers. */
function makeRoutes({ url, shapes, providers, keys, people }) {
  const authorize = (name) => [name, 'authorize', ({ query, response }) => providers[name].authorize(query, response)];
  const token = (name) => [name, 'token', ({ request, form, response }) => providers[name].token(form, basic(request), response, request.headers.accept)];
  const jwks = (name) => [name, 'jwks', ({ response }) => json(response, 200, keys[name].set(), { 'cache-control': 'public, max-age=3600' })];
  const revoke = (name) => [name, 'revoke', ({ form, response }) => json(response, providers[name].revoke(form.get('token')) ? 200 : 400, {})];
  /** An answer about the bearer of a token, or `refused`. */
  const about = (name, refused, read) => [name, 'userinfo', async ({ request, response }) => {
    const grant = providers[name].grantOf(request.headers.authorization);
    if (!grant) return refused(response);
    const fault = grant.fault?.endpoint?.userinfo;
    if (await misbehave(fault, response)) return undefined;
    const body = read(grant, request, response);
    return body && json(response, 200, { ...body, ...fault?.change });
  }];
  const logout = (name, parameter) => [name, 'logout', ({ query, form, response }) => {
    const next = query.get(parameter) ?? form.get(parameter);
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(signedOut(shapes[name].title, next));
  }];
  const bearer = (response) => json(response, 401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer error="invalid_token"' });
  const graph = (response) => json(response, 401, { error: { code: 'InvalidAuthenticationToken', message: 'Access token validation failure. Invalid audience.' } });
  const badCredentials = (response) => json(response, 401, { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest', status: '401' });
  /** GitHub answers nobody who does not say who asks. */
  const named = (read) => (grant, request, response) => {
    if (request.headers['user-agent']) return read(grant, response);
    return response.writeHead(403, { 'content-type': 'text/plain' }).end('Request forbidden by administrative rules. Please make sure your request has a User-Agent header.') && undefined;
  };
  const emails = ({ person, scope }, response) => {
    if (scope.includes('user:email') || scope.includes('user')) return json(response, 200, shapes.github.emails(person)) && undefined;
    return json(response, 404, { message: 'Not Found' }) && undefined;
  };
  const signs = (name, make) => [name, 'mint', async ({ query, response }) => {
    const person = people.find(name, query.get('person') ?? 'new');
    return person ? json(response, 200, await make(person, query.get('client_id') ?? 'mock-client', query)) : json(response, 404, { error: 'no such person' });
  }];
  const entra = '/microsoft/oauth2/v2.0';
  return {
    'GET /': ['', '', ({ response }) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(index(Object.keys(shapes)))],
    'GET /google/authorize': authorize('google'),
    'POST /google/token': token('google'),
    'GET /google/jwks': jwks('google'),
    'GET /google/userinfo': about('google', bearer, ({ person }) => shapes.google.userinfo(person)),
    'POST /google/revoke': revoke('google'),
    'GET /google/credential': signs('google', async (person, client, query) => ({ credential: await google.credential(providers.google, person, client, { fault: FAULTS[query.get('fault')] }) })),
    [`GET ${entra}/authorize`]: authorize('microsoft'),
    [`POST ${entra}/token`]: token('microsoft'),
    [`GET ${entra}/logout`]: logout('microsoft', 'post_logout_redirect_uri'),
    'GET /microsoft/discovery/v2.0/keys': jwks('microsoft'),
    'GET /microsoft/v1.0/me': about('microsoft', graph, ({ person }) => shapes.microsoft.userinfo(person)),
    'GET /microsoft/access-token': signs('microsoft', async (person, client, query) => ({ accessToken: await accessToken({ providers, keys }, person, client, { graph: query.has('graph') }) })),
    'GET /github/login/oauth/authorize': authorize('github'),
    'POST /github/login/oauth/access_token': token('github'),
    'GET /github/user': about('github', badCredentials, named(({ person }) => shapes.github.userinfo(person))),
    'GET /github/user/emails': about('github', badCredentials, named(emails)),
    'GET /company/.well-known/openid-configuration': ['company', 'discovery', ({ response }) => json(response, 200, company.discovery(`${url}/company`))],
    'GET /company/authorize': authorize('company'),
    'POST /company/token': token('company'),
    'GET /company/jwks': jwks('company'),
    'GET /company/userinfo': about('company', bearer, ({ person }) => shapes.company.userinfo(person)),
    'POST /company/revoke': revoke('company'),
    'GET /company/logout': logout('company', 'post_logout_redirect_uri'),
    'POST /company/logout': logout('company', 'post_logout_redirect_uri'),
    'GET /calendar/authorize': authorize('calendar'),
    'POST /calendar/token': token('calendar'),
    'POST /calendar/revoke': revoke('calendar'),
    'GET /calendar/me': about('calendar', bearer, ({ person }) => shapes.calendar.userinfo(person)),
    'GET /calendar/events': about('calendar', bearer, calendar.events),
  };
}

/** The client's name and secret of a Basic header (RFC 6749, 2.3.1). */
function basic(request) {
  const [, encoded] = /^Basic (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (!encoded) return undefined;
  const [name, ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
  const plain = (part) => decodeURIComponent(part.replaceAll('+', ' '));
  return [plain(name), plain(secret.join(':'))];
}

async function text(request) {
  let all = '';
  for await (const chunk of request.setEncoding('utf8')) all += chunk;
  return all;
}
