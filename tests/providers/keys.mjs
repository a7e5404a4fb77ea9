// The signing keys of a mock provider: RSA with a key id, as Google, Entra and most others sign, and rotation.
import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** Makes the keys of one provider. `more` is what each published key carries besides (Entra names an issuer there). */
export async function makeKeys(name, more = {}) {
  const make = async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const kid = createHash('sha256').update(jwk.n).digest('hex').slice(0, 40);
    return { kid, privateKey, jwk: { kty: 'RSA', use: 'sig', alg: 'RS256', kid, ...more, n: jwk.n, e: jwk.e } };
  };
  let current = await make();
  let published = [current];
  const unpublished = await make();
  return {
    name,
    /** The JWK Set as it is published now. */
    set: () => ({ keys: published.map(({ jwk }) => jwk) }),
    /** A new key signs from now on and stands in the set beside the one before. */
    async rotate() {
      current = await make();
      published = [current, published[0]];
    },
    /** Signs with the current key; `header` overrides, `stranger` signs with a key that is never published. */
    sign(claims, { header = {}, stranger = false } = {}) {
      const key = stranger ? unpublished : current;
      return new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: key.kid, ...header }).sign(key.privateKey);
    },
    /** Signs with a secret, as an attacker who knows only what is public would (RFC 8725, 2.1). */
    hmac: (claims, secret) => new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'HS256', kid: current.kid }).sign(new TextEncoder().encode(secret)),
    /** A token without a signature (RFC 8725, 2.1). */
    unsigned: (claims) => `${part({ typ: 'JWT', alg: 'none' })}.${part(claims)}.`,
  };
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** `at_hash` (OpenID Connect Core 1.0, 3.1.3.6): the left half of the access token's SHA-256. */
export const atHash = (token) => createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url');
