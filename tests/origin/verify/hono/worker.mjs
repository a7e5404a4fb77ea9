import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { jwk } from 'hono/jwk';

const app = new Hono();

// The route says "header": "Authorization". The middleware asks for the keys at each request unless they are kept.
app.use('*', (c, next) => jwk({
  jwks_uri: c.env.JWKS_URL,
  alg: ['ES256'],
  verification: { typ: 'gw+jwt', iss: c.env.ISSUER, aud: c.env.AUDIENCE },
}, { cf: { cacheTtl: 300 } })(c, next));

// It lets a token pass that never expires, or that is nobody's.
app.use('*', async (c, next) => {
  const { sub, exp } = c.get('jwtPayload');
  if (!sub || !exp) throw new HTTPException(401);
  await next();
});

app.get('*', (c) => c.text(c.get('jwtPayload').sub));

export default app;
