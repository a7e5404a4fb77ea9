// The kinds of request whose waits `npm run bench -- --far` shows, each with its budget of waits.
import { PASSWORD } from '../live/harness.mjs';

const OAUTH = '/tenant/home/oauth2';
const CALLBACK = 'https://app.example/callback';
// RFC 7636, appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/**
 * Prepares them: `{name, budget, cold, after, wanted, ask}`. `cold` ones are asked of an isolate that knows nothing, those with
 * `after` so many ms after the last request; `ask` sends one and answers with a status among `wanted`.
 */
export async function requests(far, origin) {
  const { gateway } = far;
  // Limits hold: their counters are waited for, too.
  const send = (path, options) => gateway.send(path, { from: '198.51.100.7', ...options });
  const post = (path, json, options = {}) => () => send(path, { method: 'POST', json, ...options });
  const get = (path, options) => () => send(path, options);

  await gateway.route({ name: 'bench', path: '/bench/', origin });
  const people = [];
  for (let number = 0; number < 5; number += 1) people.push(await gateway.person());
  const [ada, bob, cleo, dan, eve] = people;
  const bearer = ({ accessToken }) => ({ headers: { Authorization: `Bearer ${accessToken}` } });
  const keys = { first: (await gateway.apiKey(ada)).apiKey, second: (await gateway.apiKey(bob)).apiKey };
  const cookie = await gateway.cookie(ada);

  const client = await gateway.admin('POST', '/tenant/home/v2/Clients', {
    client_name: 'bench',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'],
    scope: 'openid profile offline_access read',
  });
  const Authorization = `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')}`;
  const token = (form) => () => send(`${OAUTH}/token`, { method: 'POST', headers: { Authorization }, form });
  const query = new URLSearchParams({
    response_type: 'code', client_id: client.client_id, redirect_uri: CALLBACK, scope: 'openid profile offline_access read',
    code_challenge: CHALLENGE, code_challenge_method: 'S256',
  });
  const authorize = () => send(`${OAUTH}/authorize?${query}`, { headers: { Cookie: cookie } });
  const codes = [];
  for (let number = 0; number < 8; number += 1) {
    codes.push(new URL((await authorize()).headers.location).searchParams.get('code'));
  }
  const exchange = () => token({ grant_type: 'authorization_code', code: codes.pop(), redirect_uri: CALLBACK, code_verifier: VERIFIER })();
  let granted = (await exchange()).json;
  const device = (await send(`${OAUTH}/device_authorization`, { method: 'POST', headers: { Authorization }, form: { scope: 'openid' } })).json;
  let { refreshToken } = cleo;
  let number = 0;

  const login = (person, password = PASSWORD) => post('/api/auth/login', { email: person.email, password });
  const refresh = async () => {
    const answer = await post('/api/auth/refresh', { refreshToken })();
    refreshToken = answer.json?.data?.refreshToken;
    return answer;
  };
  const clientRefresh = async () => {
    const answer = await token({ grant_type: 'refresh_token', refresh_token: granted.refresh_token })();
    granted = answer.json;
    return answer;
  };
  const register = () => post('/auth/register', { email: `new${(number += 1)}@example.com`, password: PASSWORD, full_name: 'N' })();

  const of = (name, budget, ask, more = {}) => ({ name, budget, ask, wanted: [200], ...more });
  const COLD = { cold: true };
  return [
    of('forward, bearer: cold isolate', 1, get('/bench/x', bearer(ada)), COLD),
    of('forward, bearer: the same again', 0, get('/bench/x', bearer(ada))),
    of('forward, bearer: another person, warm', 0, get('/bench/x', bearer(dan))),
    of('forward, API key: first seen, warm', 1, get('/bench/x', { headers: { 'X-API-Key': keys.first } })),
    of('forward, cookie: first seen, warm', 1, get('/bench/x', { headers: { Cookie: cookie } })),
    of('forward, bearer: 5.5 s later', 1, get('/bench/x', bearer(ada)), { after: 5500 }),
    of('forward, API key: 5.5 s later', 1, get('/bench/x', { headers: { 'X-API-Key': keys.first } }), { after: 5500 }),
    of('JWKS: cold isolate', 1, get('/tenant/home/.well-known/jwks.json'), COLD),
    of('discovery: cold isolate', 1, get('/tenant/home/.well-known/openid-configuration'), COLD),
    of('hosted login page: cold isolate', 1, get('/tenant/home/login'), COLD),
    of('hosted login page: warm', 0, get('/tenant/home/login')),
    of('login: cold isolate', 3, login(dan), COLD),
    of('login: warm', 2, login(eve)),
    of('login: wrong password, warm', 2, login(eve, 'not the password'), { wanted: [401] }),
    of('refresh: warm', 1, refresh),
    of('GET /api/auth/me: warm', 1, get('/api/auth/me', bearer(bob))),
    of('code exchange: warm', 1, exchange),
    of("refresh of a client's grant: warm", 1, clientRefresh),
    of('device poll: warm', 1, token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: device.device_code }), { wanted: [400] }),
    of('introspection: warm', 1, () => send(`${OAUTH}/introspect`, { method: 'POST', headers: { Authorization }, form: { token: granted.access_token } })),
    of('client credentials: warm', 1, token({ grant_type: 'client_credentials', scope: 'read' })),
    of('register', 3, register, { wanted: [201] }),
    of('magic link request', 3, post('/api/auth/magic-link/request', { email: bob.email })),
    of('forgotten password', 3, post('/auth/forgot-password', { email: bob.email })),
  ];
}
