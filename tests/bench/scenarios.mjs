// What is measured: each scenario is a name and a way to run it for some seconds.
import { send } from '../live/http.mjs';
import { flood, lanes } from './load.mjs';
import { clients } from './clients.mjs';
import { login, refresh, startSubject } from './subject.mjs';

const USERS = { few: 100, many: 100_000 };

/** Prepares every scenario; `peers` and `origin` are running. Answers `list`, of `{ id, name, run }`, and `stop`. */
export async function scenarios({ subject, peers, origin, users = USERS }) {
  const { gateway, person } = subject;
  await gateway.route({ name: 'bench', path: '/bench/', origin });
  await gateway.route({ name: 'open', path: '/open/', origin, auth: 'optional' });

  const bearer = { Authorization: `Bearer ${person.accessToken}` };
  const cookie = { Cookie: await gateway.cookie(person) };
  const key = { 'X-API-Key': (await gateway.apiKey(person)).apiKey };

  const few = await startSubject(users.few);
  const many = await startSubject(users.many);
  const tokens = await Promise.all(Array.from({ length: 8 }, async () => (await login(subject)).refreshToken));
  const oauth = await clients(subject);
  const anyOf = (count) => 1 + Math.floor(Math.random() * count);

  // By its address, with the name that the issuer has.
  const gate = (path, headers = {}) => (seconds) => flood(subject.url + path, { Host: subject.host, ...headers }, seconds);
  const peer = (url, headers = {}) => (seconds) => flood(`${url}/bench/hello`, headers, seconds);

  const list = [
    ['hello', 'hello, JavaScript Worker', peer(peers.hello)],
    ['jwks', 'JWKS', gate('/tenant/home/.well-known/jwks.json')],
    ['discovery', 'discovery', gate('/tenant/home/.well-known/openid-configuration')],
    // The same request as the gateways get: what it carries costs everybody.
    ['passThrough', 'pass-through Worker, no checks', peer(peers.passThrough, bearer)],
    ['honoJose', 'Hono + jose gateway, bearer', peer(peers.honoJose, bearer)],
    ['bearer', 'gateway, bearer', gate('/bench/hello', bearer)],
    ['cookie', 'gateway, cookie', gate('/bench/hello', cookie)],
    ['apiKey', 'gateway, API key', gate('/bench/hello', key)],
    ['anonymous', 'gateway, anonymous on an optional route', gate('/open/hello')],
    ['argon2', 'bare Argon2id hash, one at a time', (seconds) => lanes(1, seconds, () => send(peers.argon2, '/'))],
    ['login', 'password login, one at a time', (seconds) => lanes(1, seconds, () => login(subject))],
    ['loginFew', `password login among ${users.few.toLocaleString('en')} users`, (seconds) => lanes(1, seconds, () => login(few, anyOf(users.few)))],
    ['loginMany', `password login among ${users.many.toLocaleString('en')} users`, (seconds) => lanes(1, seconds, () => login(many, anyOf(users.many)))],
    ['refresh', 'refresh, 8 at a time', (seconds) => lanes(8, seconds, async (lane) => {
      tokens[lane] = await refresh(subject, tokens[lane]);
    })],
    ['code', 'authorization and code exchange, 8 at a time', (seconds) => lanes(8, seconds, oauth.code)],
    ['clientRefresh', "refresh of a client's grant, 8 at a time", (seconds) => lanes(8, seconds, oauth.refresh)],
    ['clientCredentials', 'client credentials, 8 at a time', (seconds) => lanes(8, seconds, oauth.own)],
    ['introspection', 'introspection, 8 at a time', (seconds) => lanes(8, seconds, oauth.introspect)],
    // The floor of these: the same way of asking, answered by the Worker that says hello.
    ['helloLanes', 'hello, asked in the same way, 8 at a time', (seconds) => lanes(8, seconds, () => send(peers.hello, '/', { method: 'POST', form: { grant_type: 'none' } }))],
  ];
  return {
    list: list.map(([id, name, run]) => ({ id, name, run })),
    stop: () => Promise.all([few.gateway.stop(), many.gateway.stop()]),
  };
}
