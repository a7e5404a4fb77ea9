import { createRemoteJWKSet, jwtVerify } from 'jose';

/** Made once for the process: it keeps the keys, and fetches them again when a token names an unknown one. */
export async function verifier(issuer, audience = issuer) {
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  if (metadata.issuer !== issuer) throw new Error(`${issuer} says that it is ${metadata.issuer}`);
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  const checks = { algorithms: ['ES256'], typ: 'at+jwt', issuer, audience, requiredClaims: ['sub', 'exp'], clockTolerance: 5 };
  return async (token) => (await jwtVerify(token, keys, checks)).payload;
}
