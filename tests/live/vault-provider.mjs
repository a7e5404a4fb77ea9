// A provider that takes each refresh token once and takes a second use for a theft, as strict ones do; and a connection to
// it, sealed as the vault seals, put into the database past the API.

import { createCipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const LIFE = 3_600;

/** Starts it. `delay()` says how many milliseconds an answer takes. */
export async function startProvider({ delay = () => 0 } = {}) {
  const state = { turn: 0, refreshes: 0, refused: 0, answered: 0, down: false };
  const refreshToken = (turn) => `canary-refresh-${turn}`;
  const accessToken = (turn) => `canary-access-${turn}`;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const form = new URLSearchParams(body);
    const answer = (status, json) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    };
    if (state.down) return answer(500, {});
    if (form.get('grant_type') !== 'refresh_token' || form.get('refresh_token') !== refreshToken(state.turn)) {
      state.refused += 1;
      return answer(400, { error: 'invalid_grant' });
    }
    // From here on the old one is spent, whether or not anybody hears the answer.
    state.turn += 1;
    state.refreshes += 1;
    const { turn } = state;
    await new Promise((go) => setTimeout(go, delay()));
    state.answered = turn;
    return answer(200, {
      access_token: accessToken(turn),
      refresh_token: refreshToken(turn),
      token_type: 'Bearer',
      expires_in: LIFE,
    });
  });
  await new Promise((go) => server.listen(0, '127.0.0.1', go));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    state,
    /** The access token that is good now. */
    current: () => accessToken(state.turn),
    tokens: () => ({ access: accessToken(state.turn), refresh: refreshToken(state.turn) }),
    stop: () => new Promise((go) => server.close(go).closeAllConnections()),
  };
}

const derive = (sealKey, info, length) =>
  Buffer.from(hkdfSync('sha256', Buffer.from(sealKey, 'base64url'), Buffer.alloc(0), info, length));

/** Seals as src/crypto/seal.rs does. */
export function seal(sealKey, tenant, purpose, row, text) {
  const [key, id] = [derive(sealKey, `portcullis/1/${tenant}/${purpose}`, 32), derive(sealKey, 'portcullis/key-id', 6)];
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(row));
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `2.${id.toString('base64url')}.${sealed.toString('base64url')}`;
}

/** Connects a person to provider `id` with these tokens; what they had there is gone. */
export async function connect(gateway, { sealKey, person, id, tokens, connection = randomBytes(8).toString('hex') }) {
  const binding = createHash('sha256').update(`home/${person.id}/${id}`).digest('base64url');
  const row = (column) => `vault_connections/${binding}/${connection}/${column}`;
  const sealed = (column, text) => seal(sealKey, 'home', 'vault', row(column), text);
  await gateway.sql('DELETE FROM vault_connections WHERE user_id = ? AND provider_id = ?', person.id, id);
  await gateway.sql(
    `INSERT INTO vault_connections (id, tenant_id, user_id, provider_id, binding, kind, status, scopes, sealed_access,
       sealed_refresh, expires_at, created_at, updated_at) VALUES (?, 'home', ?, ?, ?, 'oauth', 'active', '', ?, ?, 1, 0, 0)`,
    connection, person.id, id, binding, sealed('access', tokens.access), sealed('refresh', tokens.refresh),
  );
}

/** Makes `id` a provider of the home tenant whose token endpoint is that one. */
export function describe(gateway, id, url) {
  return gateway.admin('POST', '/auth/providers', {
    id, name: 'Strict', connectionType: 'oauth', clientId: 'us', clientSecret: 'canary-secret',
    authorizationUrl: `${url}/authorize`, tokenUrl: `${url}/token`, refresh: 'rotates',
  });
}
