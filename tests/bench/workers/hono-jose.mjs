// The gateway one would write today: Hono, and jose over WebCrypto. Verifies the bearer's
// ES256 access token against the published keys, signs an assertion of its own, forwards.
import { Hono } from 'hono';
import { createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';

let keys;
let signer;

async function assertion(claims, issuer) {
  signer ??= crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const { privateKey } = await signer;
  return new SignJWT({ tenantId: claims.tenantId, roles: claims.roles, scope: claims.scope, sid: claims.sid })
    .setProtectedHeader({ alg: 'ES256', typ: 'gw+jwt', kid: 'peer' })
    .setIssuer(issuer)
    .setAudience('bench')
    .setSubject(claims.sub)
    .setIssuedAt()
    .setExpirationTime('60s')
    .setJti(crypto.randomUUID())
    .sign(privateKey);
}

const app = new Hono();

app.all('*', async (c) => {
  const token = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1];
  if (!token) return c.json({ error: 'unauthorized' }, 401);
  keys ??= createRemoteJWKSet(new URL(c.env.JWKS));
  let claims;
  try {
    ({ payload: claims } = await jwtVerify(token, keys, { issuer: c.env.ISSUER, algorithms: ['ES256'], typ: 'at+jwt' }));
  } catch {
    return c.json({ error: 'unauthorized' }, 401);
  }
  const headers = new Headers(c.req.raw.headers);
  headers.delete('authorization');
  headers.delete('cookie');
  headers.set('x-portcullis-assertion', await assertion(claims, c.env.ISSUER));
  const url = new URL(c.req.url);
  return fetch(c.env.ORIGIN + url.pathname + url.search, { method: c.req.method, headers, body: c.req.raw.body, redirect: 'manual' });
});

export default app;
