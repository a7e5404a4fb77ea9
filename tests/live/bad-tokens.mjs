// An issuer of the tests' own: its metadata, its keys, one good token, and twenty that nobody may believe.

import { createHmac } from 'node:crypto';
import http from 'node:http';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Another character at that place from the end, so that the signature is another. */
export const tampered = (token, at = -10) => token.slice(0, at) + (token.at(at) === 'A' ? 'B' : 'A') + token.slice(at + 1);

/**
 * Starts the issuer. `tokens(typ, audience)` answers `{ good, bad }`: a token for `sub` `someone`, and by name what is
 * wrong with each of the others, signed by a published key wherever the signature is not what is wrong.
 */
export async function startIssuer() {
  const ec = await generateKeyPair('ES256');
  const rsa = await generateKeyPair('RS256');
  const foreign = await generateKeyPair('ES256');
  const keys = [
    { ...(await exportJWK(ec.publicKey)), kid: 'ec', alg: 'ES256', use: 'sig' },
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256', use: 'sig' },
  ];
  const server = http.createServer((request, response) => {
    const metadata = {
      issuer, jwks_uri: jwksUrl, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`,
      response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['ES256', 'RS256'],
    };
    response.setHeader('content-type', 'application/json');
    if (request.url === '/tenant/home/jwks.json') response.end(JSON.stringify({ keys }));
    else if (request.url === '/tenant/home/.well-known/openid-configuration') response.end(JSON.stringify(metadata));
    else response.writeHead(404).end('{}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${server.address().port}/tenant/home`;
  const jwksUrl = `${issuer}/jwks.json`;

  async function tokens(typ, audience) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, aud: audience, sub: 'someone', client_id: 'a-client', iat: now, nbf: now, exp: now + 600, jti: 'one' };
    const without = (name) => Object.fromEntries(Object.entries(claims).filter(([one]) => one !== name));
    const header = { alg: 'ES256', typ, kid: 'ec' };
    const sign = (changed = {}, key = ec.privateKey, payload = { ...claims, ...changed.claims }) => {
      const { claims: _, ...more } = changed;
      const said = Object.fromEntries(Object.entries({ ...header, ...more }).filter(([, value]) => value !== undefined));
      return new SignJWT(payload).setProtectedHeader(said).sign(key);
    };
    const good = await sign();
    const [head, , signature] = good.split('.');
    const keyed = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
    const bad = {
      'another signature': tampered(good),
      'changed claims': `${head}.${encode({ ...claims, sub: 'another' })}.${signature}`,
      'a foreign key under the right kid': await sign({}, foreign.privateKey),
      'an unknown kid': await sign({ kid: 'other' }, foreign.privateKey),
      'alg none': `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`,
      'HS256 keyed with the public key': `${keyed}.${createHmac('sha256', await exportSPKI(ec.publicKey)).update(keyed).digest('base64url')}`,
      'RS256 with a published RSA key': await sign({ alg: 'RS256', kid: 'rsa' }, rsa.privateKey),
      'typ missing': await sign({ typ: undefined }),
      'typ JWT': await sign({ typ: 'JWT' }),
      'typ of the other kind': await sign({ typ: typ === 'gw+jwt' ? 'at+jwt' : 'gw+jwt' }),
      'iss missing': await sign({}, undefined, without('iss')),
      'aud missing': await sign({}, undefined, without('aud')),
      'exp missing': await sign({}, undefined, without('exp')),
      'sub missing': await sign({}, undefined, without('sub')),
      'a wrong iss': await sign({ claims: { iss: `${issuer}2` } }),
      'a wrong aud': await sign({ claims: { aud: 'another' } }),
      expired: await sign({ claims: { iat: now - 700, nbf: now - 700, exp: now - 60 } }),
      'not yet valid': await sign({ claims: { nbf: now + 60 } }),
      'an empty signature': `${good.split('.').slice(0, 2).join('.')}.`,
      junk: 'junk',
    };
    return { good, bad };
  }
  return { issuer, jwksUrl, tokens, stop: () => server.close().closeAllConnections() };
}
