// OAuth requests as they are measured, each one as a client makes it.

import { PASSWORD } from '../live/harness.mjs';

const CALLBACK = 'https://app.example/callback';
// RFC 7636, appendix B: the verifier is the client's work and not measured.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const OAUTH = '/tenant/home/oauth2';

/** A client with a secret and its grants: `code`, `refresh`, `own` and `introspect`, each one request or flow. */
export async function clients({ gateway, person }) {
  const { client_id, client_secret } = await gateway.admin('POST', '/tenant/home/v2/Clients', {
    client_name: 'bench',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scope: 'openid profile offline_access read',
  });
  const Authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;
  const Cookie = await gateway.cookie({ ...person, password: PASSWORD });

  const ask = async (endpoint, form) => {
    const answer = await gateway.send(`${OAUTH}/${endpoint}`, { method: 'POST', headers: { Authorization }, form });
    if (answer.status !== 200) throw new Error(`${endpoint}: ${answer.status} ${answer.text}`);
    return answer.json;
  };
  const query = new URLSearchParams({
    response_type: 'code', client_id, redirect_uri: CALLBACK, scope: 'openid profile offline_access read',
    code_challenge: CHALLENGE, code_challenge_method: 'S256',
  });
  const code = async () => {
    const answer = await gateway.send(`${OAUTH}/authorize?${query}`, { headers: { Cookie } });
    const given = new URL(answer.headers.location).searchParams.get('code');
    if (given === null) throw new Error(`authorize: ${answer.status} ${answer.headers.location}`);
    return ask('token', { grant_type: 'authorization_code', code: given, redirect_uri: CALLBACK, code_verifier: VERIFIER });
  };

  const refreshTokens = await Promise.all(Array.from({ length: 8 }, async () => (await code()).refresh_token));
  const { access_token: token } = await code();
  return {
    code,
    async refresh(lane) {
      const next = await ask('token', { grant_type: 'refresh_token', refresh_token: refreshTokens[lane] });
      refreshTokens[lane] = next.refresh_token;
    },
    own: () => ask('token', { grant_type: 'client_credentials', scope: 'read' }),
    async introspect() {
      const { active } = await ask('introspect', { token });
      // A long run outlives the token: its answer is then as much work, and no fault.
      if (typeof active !== 'boolean') throw new Error('introspect: no answer');
    },
  };
}
