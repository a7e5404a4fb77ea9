// What can go wrong at a provider, by name. A fault is chosen with the person, on the page or as `&fault=` of the
// authorization request, and is of that sign-in alone. Faults of a whole endpoint are switched on in `server.mjs`.

const HTML = '<script>alert(1)</script><b>Denied</b> & "quoted"';
const past = () => Math.floor(Date.now() / 1000) - 7200;
const future = () => Math.floor(Date.now() / 1000) + 7200;

/**
 * `authorize`: parameters of the answer to the browser instead of a code, or changes to it. `endpoint`: how the token or
 * userinfo endpoint answers. `claims`: the ID token's claims, changed. `sign`: another way to sign it.
 */
export const FAULTS = {
  'access-denied': { authorize: { error: 'access_denied', error_description: HTML } },
  'server-error': { authorize: { error: 'server_error', error_description: HTML } },
  unavailable: { authorize: { error: 'temporarily_unavailable' } },
  'odd-error': { authorize: { error: HTML, error_description: HTML } },
  'no-state': { authorize: { change: { state: null } } },
  'other-state': { authorize: { change: { state: 'another-state' } } },
  'other-issuer': { authorize: { change: { iss: 'https://attacker.example' } } },

  'token-late': { endpoint: { token: { late: 30_000 } } },
  'token-500': { endpoint: { token: { status: 500 } } },
  'token-html': { endpoint: { token: { html: true } } },
  'token-drop': { endpoint: { token: { drop: true } } },
  'token-redirect': { endpoint: { token: { redirect: true } } },
  'token-large': { endpoint: { token: { large: true } } },
  'invalid-grant': { endpoint: { token: { error: 'invalid_grant' } } },
  'invalid-client': { endpoint: { token: { error: 'invalid_client' } } },
  'no-id-token': { endpoint: { token: { without: 'id_token' } } },
  'userinfo-500': { endpoint: { userinfo: { status: 500 } } },
  'userinfo-401': { endpoint: { userinfo: { status: 401 } } },
  'userinfo-other': { endpoint: { userinfo: { change: { sub: 'somebody-else', id: 'somebody-else' } } } },

  'wrong-nonce': { claims: () => ({ nonce: 'another-nonce' }) },
  'no-nonce': { claims: () => ({ nonce: undefined }) },
  'wrong-iss': { claims: () => ({ iss: 'https://attacker.example' }) },
  'foreign-aud': { claims: () => ({ aud: 'another-client' }) },
  'several-aud': { claims: ({ aud }) => ({ aud: [aud, 'another-client'], azp: 'another-client' }) },
  'foreign-azp': { claims: () => ({ azp: 'another-client' }) },
  expired: { claims: () => ({ iat: past() - 3600, exp: past() }) },
  'no-exp': { claims: () => ({ exp: undefined }) },
  'not-yet': { claims: () => ({ nbf: future(), iat: future(), exp: future() + 3600 }) },
  'no-sub': { claims: () => ({ sub: undefined, oid: undefined }) },
  'wrong-at-hash': { claims: () => ({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }) },
  'other-tid': { claims: () => ({ tid: '99999999-8888-4777-8666-555555555555' }) },

  'alg-none': { sign: (keys, claims) => keys.unsigned(claims) },
  'alg-hs256': { sign: (keys, claims, secret) => keys.hmac(claims, secret.padEnd(32, '0')) },
  'stranger-key': { sign: (keys, claims) => keys.sign(claims, { stranger: true }) },
  'stranger-key-known-kid': { sign: (keys, claims) => keys.sign(claims, { stranger: true, header: { kid: keys.set().keys[0].kid } }) },
  'bad-signature': {
    async sign(keys, claims) {
      const [head, body, signature] = (await keys.sign(claims)).split('.');
      return [head, body, (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)].join('.');
    },
  },
  /** The provider has just rotated: the key id is in no copy of the set that was fetched before. */
  rotated: {
    async sign(keys, claims) {
      await keys.rotate();
      return keys.sign(claims);
    },
  },
};

/**
 * Answers in the way of a fault of an endpoint, or returns false for an answer as usual. `late` waits first; a caller who
 * has gone is not answered.
 */
export async function misbehave(fault, response) {
  if (!fault) return false;
  if (fault.late) {
    await new Promise((go) => {
      const timer = setTimeout(go, fault.late);
      response.once('close', () => clearTimeout(timer) ?? go());
    });
    if (response.destroyed) return true;
  }
  if (fault.drop) {
    response.destroy();
    return true;
  }
  if (fault.redirect) {
    response.writeHead(302, { location: 'http://127.0.0.1:9/stolen' }).end();
    return true;
  }
  if (fault.html || fault.status) {
    response.writeHead(fault.status ?? 200, { 'content-type': 'text/html' }).end(`<h1>Down</h1>${HTML}`);
    return true;
  }
  if (fault.large) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"padding":"${'x'.repeat(4 * 1024 * 1024)}"}`);
    return true;
  }
  if (fault.error) {
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: fault.error, error_description: HTML }));
    return true;
  }
  return false;
}
