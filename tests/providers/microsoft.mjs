// Entra's endpoints and claims, version 2.0: ID tokens, access tokens for one's own API (v1 and v2), access tokens for
// Microsoft Graph, and Graph's /me (learn.microsoft.com/entra/identity-platform: id-token-claims-reference,
// access-token-claims-reference; learn.microsoft.com/graph/api/user-get).
import { createHash, randomBytes } from 'node:crypto';

const GRAPH = '00000003-0000-0000-c000-000000000000';
const now = () => Math.floor(Date.now() / 1000);
const opaque = () => randomBytes(16).toString('base64url');

/** `sub` is of the person and the application; `oid` is of the person and the tenant. */
const pairwise = ({ oid }, client) => createHash('sha256').update(`${oid} ${client}`).digest('base64url');

export const v2Issuer = ({ tid = '{tenantid}' }) => `https://login.microsoftonline.com/${tid}/v2.0`;
const v1Issuer = ({ tid }) => `https://sts.windows.net/${tid}/`;

const person = ({ oid, tid, name, preferred_username, email, xms_edov }) => ({
  oid, tid, name, preferred_username, ...(email && { email }), ...(xms_edov !== undefined && { xms_edov }),
});

export const shape = {
  name: 'microsoft',
  title: 'Microsoft',
  iss: v2Issuer,
  offline: (_, scope) => scope.includes('offline_access'),
  idClaims: (one, client) => ({ nbf: now(), sub: pairwise(one, client), ...person(one), aio: opaque(), rh: `0.${opaque()}`, uti: opaque(), ver: '2.0' }),
  /** Graph's answer about the person. Its `id` is the `oid`. */
  userinfo: ({ oid, name, email, preferred_username }) => ({
    '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#users/$entity', businessPhones: [], displayName: name, givenName: name?.split(' ')[0] ?? null,
    jobTitle: null, mail: email ?? null, mobilePhone: null, officeLocation: null, preferredLanguage: null, surname: name?.split(' ')[1] ?? null,
    userPrincipalName: preferred_username, id: oid,
  }),
};

/** An access token for an API of one's own: `version` 2 has `azp` and the client id as `aud`, 1 has `appid` and `api://…`. */
export function apiToken(keys, one, client, { version = 2, claims = {}, scp = 'access_as_user', sign } = {}) {
  const both = { iat: now(), nbf: now(), exp: now() + 4000, aio: opaque(), rh: `0.${opaque()}`, scp, sub: pairwise(one, client), uti: opaque() };
  const own = version === 2
    ? { aud: client, iss: v2Issuer(one), azp: client, azpacr: '1', ver: '2.0', ...person(one) }
    : { aud: `api://${client}`, iss: v1Issuer(one), appid: client, appidacr: '1', ver: '1.0', oid: one.oid, tid: one.tid, name: one.name, unique_name: one.preferred_username, upn: one.preferred_username };
  return keys.sign({ ...own, ...both, ...claims }, sign);
}

/**
 * An access token for Microsoft Graph. Its header has a `nonce`, and what is signed has the nonce's hash in that place:
 * nobody but Graph can verify it, which is how Entra says that it is not for others.
 */
export async function graphToken(keys, one, client, { claims = {}, scp = 'openid profile User.Read email' } = {}) {
  const nonce = opaque();
  const all = {
    aud: GRAPH, iss: v1Issuer(one), iat: now(), nbf: now(), exp: now() + 4000, aio: opaque(), app_displayname: 'Mock app', appid: client, appidacr: '1',
    idtyp: 'user', name: one.name, oid: one.oid, tid: one.tid, scp, sub: pairwise(one, GRAPH), unique_name: one.preferred_username, upn: one.preferred_username, uti: opaque(), ver: '1.0', ...claims,
  };
  const signed = await keys.sign(all, { header: { nonce: createHash('sha256').update(nonce).digest('base64url') } });
  const [head, ...rest] = signed.split('.');
  const header = { ...JSON.parse(Buffer.from(head, 'base64url')), nonce };
  return [Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.');
}
