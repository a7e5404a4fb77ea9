let kept; // the keys, and when they were asked for: of this isolate

async function keyOf(kid, url) {
  const isOld = () => !kept || Date.now() > kept.at + 300_000;
  // An unknown key is asked for again, but not more than once in ten seconds.
  if (isOld() || (!kept.keys.some((key) => key.kid === kid) && Date.now() > kept.at + 10_000)) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`the keys answered ${answer.status}`);
    kept = { at: Date.now(), keys: (await answer.json()).keys };
  }
  const jwk = kept.keys.find((key) => key.kid === kid && key.kty === 'EC' && key.crv === 'P-256');
  return jwk && crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
}

const bytes = (part) => Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
const json = (part) => JSON.parse(new TextDecoder().decode(bytes(part)));

/** The claims of an assertion that is to be believed, else undefined. */
export async function verify(assertion, { JWKS_URL, ISSUER, AUDIENCE }) {
  const [head, payload, signature, ...more] = assertion.split('.');
  if (!signature || more.length) return;
  const { alg, typ, kid, crit } = json(head);
  if (alg !== 'ES256' || typ !== 'gw+jwt' || crit) return;
  const key = await keyOf(kid, JWKS_URL);
  const signed = new TextEncoder().encode(`${head}.${payload}`);
  if (!key || !(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes(signature), signed))) return;
  const claims = json(payload);
  const now = Date.now() / 1000;
  const isFor = [claims.aud].flat().includes(AUDIENCE);
  if (claims.iss !== ISSUER || !isFor || !claims.sub || !(claims.exp > now - 5) || claims.nbf > now + 5) return;
  return claims;
}

export default {
  async fetch(request, env) {
    const claims = await verify(request.headers.get('X-Portcullis-Assertion') ?? '', env).catch(() => {});
    return claims ? new Response(claims.sub) : new Response('Unauthorized', { status: 401 });
  },
};
