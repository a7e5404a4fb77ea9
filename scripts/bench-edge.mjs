// npm run bench:edge -- --url https://auth.example.com: what a deployment answers, and how fast, measured from this machine.
//
//   --url URL      the deployment (or PORTCULLIS_URL)
//   --path PATH    a path of a gateway route of yours: asked with each credential below that there is
//   --tenant ID    the tenant (home)
//   --times N      how often each is asked, one after another (50)
//   --logins N     how often a login is made, which each begins a session that is ended again (5, at most 20)
//   --pause MS     how long before each; more than REVOCATION_SECONDS shows what the first request after a while costs (0)
//   --json FILE    also write the figures there
//
// Whoever is measured with, of which each is optional:
//   PORTCULLIS_TOKEN     an access token of an administrator of the tenant, as `POST /api/auth/login` gives it
//   PORTCULLIS_API_KEY   an API key with `read` that the administrator made
//   PORTCULLIS_COOKIE    the value of the administrator's cookie `__Host-portcullis`
//   PORTCULLIS_EMAIL, PORTCULLIS_PASSWORD   whose login is measured; without PORTCULLIS_TOKEN its access token is used as well
//   PORTCULLIS_SYSTEM_SECRET   of a deployment with MODE testing or local: what an anonymous request waited for is shown, too
//
// An administrator is told what the Worker waited for, and where: docs/operate.md, "Server-Timing".
import { readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { info, main, Stop } from './lib/log.mjs';

const text = { type: 'string' };
const OPTIONS = { url: text, path: text, tenant: text, times: text, logins: text, pause: text, json: text, help: { type: 'boolean' } };

async function run() {
  const values = options();
  if (values.help) return console.log(usage());
  const given = values.url ?? process.env.PORTCULLIS_URL;
  if (!given) throw new Stop(`say which deployment with --url\n\n${usage()}`);
  if (!URL.canParse(given)) throw new Stop(`${given} is no URL`);
  const base = new URL(given);
  const number = (name, otherwise, least, most) => {
    const value = Number(values[name] ?? otherwise);
    if (!(Number.isInteger(value) && value >= least && value <= most)) throw new Stop(`--${name} is a number from ${least} to ${most}`);
    return value;
  };
  const [times, logins, pause] = [number('times', 50, 1, 10_000), number('logins', 5, 0, 20), number('pause', 0, 0, 600_000)];
  const tenant = encodeURIComponent(values.tenant ?? 'home');
  const by = credentials(base);
  const asking = new Asking(base, by.system, values.tenant);

  const rows = [];
  const measure = async (name, times, request) => {
    const figures = { name, ...(await measured(asking, times, pause, request)) };
    rows.push(figures);
    info(`${name}: p50 ${figures.p50.toFixed(1)} ms`);
    return figures;
  };
  await measure('health', times, { path: '/healthz' });
  await measure('JWK Set', times, { path: `/tenant/${tenant}/.well-known/jwks.json` });
  await measure('discovery', times, { path: `/tenant/${tenant}/.well-known/openid-configuration` });
  await measure('sign-in page', times, { path: `/tenant/${tenant}/login` });
  const sessions = [];
  if (by.email && logins > 0) {
    const request = {
      method: 'POST',
      path: '/api/auth/login',
      json: { email: by.email, password: by.password },
      then: ({ text }) => sessions.push(JSON.parse(text).data?.tokens),
    };
    await measure('login', logins, request);
  } else info('login: not measured, as PORTCULLIS_EMAIL and PORTCULLIS_PASSWORD are not set');
  const token = by.token ?? sessions.find(Boolean)?.accessToken;
  const kinds = [
    ['access token', token && { authorization: `Bearer ${token}` }, 'PORTCULLIS_TOKEN'],
    ['API key', by.key && { 'x-api-key': by.key }, 'PORTCULLIS_API_KEY'],
    ['cookie', by.cookie && { cookie: `__Host-portcullis=${by.cookie}` }, 'PORTCULLIS_COOKIE'],
  ];
  if (token) await measure('who am I', times, { path: '/api/auth/me', headers: kinds[0][1] });
  for (const [kind, headers, variable] of kinds) {
    if (!headers) info(`${kind}: not measured, as ${variable} is not set`);
    else if (values.path) await measure(`${values.path}, ${kind}`, times, { path: values.path, headers });
  }
  if (!values.path) info('no route is measured without --path');
  for (const session of sessions.filter(Boolean)) {
    const headers = { authorization: `Bearer ${session.accessToken}` };
    await asking.send({ method: 'POST', path: '/api/auth/logout', headers, json: { refreshToken: session.refreshToken } });
  }
  asking.end();
  console.log(`\n${markdown(base, rows, { times, pause })}\n`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ url: base.origin, times, pause, rows }, null, 2)}\n`);
}

function options() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    throw new Stop(`${error.message}\n\n${usage()}`);
  }
}

/** The lines at the head of this file. */
function usage() {
  const lines = readFileSync(new URL(import.meta.url), 'utf8').split('\n');
  return lines.slice(0, lines.findIndex((line) => !line.startsWith('//'))).map((line) => line.slice(3)).join('\n');
}

function credentials(base) {
  const said = (name) => process.env[`PORTCULLIS_${name}`] || undefined;
  const by = { token: said('TOKEN'), key: said('API_KEY'), cookie: said('COOKIE'), email: said('EMAIL'), password: said('PASSWORD'), system: said('SYSTEM_SECRET') };
  if (Boolean(by.email) !== Boolean(by.password)) throw new Stop('set both PORTCULLIS_EMAIL and PORTCULLIS_PASSWORD, or neither');
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(base.hostname);
  if (base.protocol !== 'https:' && !isHere && Object.values(by).some(Boolean)) throw new Stop(`${base.origin} would be sent secrets in plain text`);
  return by;
}

/** Requests to one deployment over one kept connection. */
class Asking {
  #base;
  #always;
  #http;
  #agent;

  constructor(base, system, tenant) {
    this.#base = base;
    this.#always = { 'x-server-timing': '1', ...(system && { 'x-system-secret': system }), ...(tenant && { 'x-tenant-id': tenant }) };
    this.#http = base.protocol === 'https:' ? https : http;
    this.#agent = new this.#http.Agent({ keepAlive: true, maxSockets: 1 });
  }

  /** One answer to its last byte, as a user has it. */
  send({ method = 'GET', path, headers, json }) {
    const body = json && JSON.stringify(json);
    const all = { ...this.#always, ...headers, ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }) };
    const url = new URL(path, this.#base);
    if (url.origin !== this.#base.origin) throw new Stop(`${path} is not a path of ${this.#base.origin}`);
    return new Promise((resolve, reject) => {
      const failed = (error) => reject(new Stop(`${method} ${url.origin}${url.pathname}: ${error.message || error.code}`));
      const sent = performance.now();
      const asked = this.#http.request(url, { method, agent: this.#agent, headers: all }, async (answer) => {
        try {
          const chunks = [];
          for await (const chunk of answer) chunks.push(chunk);
          resolve({ took: performance.now() - sent, status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() });
        } catch (error) {
          failed(error);
        }
      });
      asked.on('error', failed).end(body);
    });
  }

  end() {
    this.#agent.destroy();
  }
}

async function measured(asking, times, pause, { then, ...request }) {
  // The connection is opened before, without a login more.
  await asking.send({ path: '/healthz' });
  if (!request.method) await asking.send(request);
  const answers = [];
  for (let number = 0; number < times; number += 1) {
    if (pause) await delay(pause);
    const answer = await asking.send(request);
    if (then && answer.status === 200) then(answer);
    answers.push(answer);
  }
  const took = answers.map((answer) => answer.took).sort((a, b) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))];
  const { colo = [], d1 = [], ...timing } = timings(answers.map(({ headers }) => headers['server-timing']));
  // The data centre that answered ends the ray's id.
  const rays = answers.map(({ headers }) => headers['cf-ray']?.split('-').pop());
  return {
    p50: at(0.5), p95: at(0.95), p99: at(0.99),
    statuses: counted(answers.map(({ status }) => status)),
    colo: counted(colo.said?.length ? colo.said : rays.filter(Boolean)),
    region: counted(d1.said ?? []),
    timing,
  };
}

/** `value × n` for each value, the most frequent first. */
function counted(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value, count]) => `${value} × ${count}`).join(', ');
}

/** Each metric of `Server-Timing` (W3C Server Timing §4) by its name: the median of its durations, and what it says. */
function timings(lines) {
  const metrics = {};
  for (const line of lines.filter(Boolean)) {
    // A comma within quotation marks ends nothing.
    for (const metric of line.match(/(?:[^,"]|"[^"]*")+/g) ?? []) {
      const [name, ...members] = metric.trim().split(';').map((part) => part.trim());
      const known = (metrics[name] ??= { durations: [], said: [] });
      for (const member of members) {
        const [key, value = ''] = member.split('=');
        if (key === 'dur') known.durations.push(Number(value));
        if (key === 'desc') known.said.push(value.replaceAll('"', ''));
      }
    }
  }
  for (const metric of Object.values(metrics)) {
    metric.durations.sort((a, b) => a - b);
    metric.median = metric.durations[metric.durations.length >> 1];
  }
  return metrics;
}

const worded = (timing) =>
  Object.entries(timing)
    .map(([name, { median, said }]) => `${name}${median === undefined ? '' : ` ${median.toFixed(1)} ms`}${said.length ? ` (${counted(said)})` : ''}`)
    .join('; ');

function markdown(base, rows, { times, pause }) {
  const figures = ({ p50, p95, p99 }) => [p50, p95, p99].map((ms) => ms.toFixed(1)).join(' | ');
  return [
    `${base.origin}, ${times} requests each, one after another on one connection${pause ? `, ${pause} ms before each` : ''}.`,
    '',
    '| request | p50 ms | p95 ms | p99 ms | statuses | data centre | D1 (`served_by_region`) | the Worker waited for (medians) |',
    '|---|---:|---:|---:|---|---|---|---|',
    ...rows.map((row) => `| ${row.name} | ${figures(row)} | ${row.statuses} | ${row.colo || '–'} | ${row.region || '–'} | ${worded(row.timing) || '–'} |`),
  ].join('\n');
}

await main(run);
