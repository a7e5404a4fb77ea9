// Verifies a forwarded assertion: Node with jose (npm install jose).
// Reads JWKS_URL, ISSUER, AUDIENCE and TOKEN; prints the caller's id, or fails.

import { createRemoteJWKSet, jwtVerify } from 'jose';

const { JWKS_URL, ISSUER, AUDIENCE, TOKEN } = process.env;

// Made once: it keeps the keys, and fetches them again when a token names an unknown one.
const keys = createRemoteJWKSet(new URL(JWKS_URL));

const { payload } = await jwtVerify(TOKEN, keys, {
  algorithms: ['ES256'],
  typ: 'gw+jwt',
  issuer: ISSUER,
  audience: AUDIENCE,
  requiredClaims: ['sub', 'exp'],
  clockTolerance: 5,
});
console.log(payload.sub);
