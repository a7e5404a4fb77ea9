// Google's endpoints and claims: the redirect flow, and the credential that its button hands to a page
// (developers.google.com/identity/openid-connect, …/gsi/web/reference/js-reference).
import { randomUUID } from 'node:crypto';

export const ISSUER = 'https://accounts.google.com';

const names = ({ name }) => (name ? { name, given_name: name.split(' ')[0], family_name: name.split(' ').slice(1).join(' '), picture: 'https://lh3.googleusercontent.com/a/mock=s96-c' } : {});
const address = ({ email, email_verified, hd }) => ({ ...(hd && { hd }), ...(email && { email, email_verified }) });

export const shape = {
  name: 'google',
  title: 'Google',
  iss: () => ISSUER,
  issuerParameter: true,
  offline: (query) => query.get('access_type') === 'offline',
  idClaims: (person, client) => ({ azp: client, sub: person.sub, ...address(person), ...names(person) }),
  userinfo: (person) => ({ sub: person.sub, ...names(person), ...address(person) }),
};

/** What Google's button gives a page: an ID token without `at_hash`, with `nbf` and `jti`. */
export function credential(provider, person, client, more = {}) {
  const now = Math.floor(Date.now() / 1000);
  return provider.idToken({ person, client, nonce: more.nonce, fault: more.fault, claims: { nbf: now - 300, jti: randomUUID().replaceAll('-', ''), ...more.claims } });
}
