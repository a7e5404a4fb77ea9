// The authorization server that the mock providers share: authorization code with PKCE, state, nonce, refresh tokens and
// one use of each code (RFC 6749, RFC 7636). What differs between providers is in `shape`.
import { createHash, randomBytes } from 'node:crypto';
import { FAULTS, misbehave } from './faults.mjs';
import { atHash } from './keys.mjs';
import { picker, refusal } from './pages.mjs';

const opaque = (prefix = '') => prefix + randomBytes(24).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

/**
 * A provider over `shape`: `name`, `title`, `iss(person)`, `idClaims(person)`, `userinfo(person)`, `accessToken(grant)`,
 * `refreshes(grant)`, `rotates` where each refresh token is good once, `seconds` that an access token is good for, `issuerParameter` where it answers with `iss` (RFC 9207), `tokenError` where errors are told otherwise.
 */
export function makeProvider({ shape, keys, people, secret, switched }) {
  const codes = new Map();
  const tokens = new Map();
  const refreshTokens = new Map();

  /** GET authorize: the page, or, once somebody was picked, the way back. */
  function authorize(query, response) {
    const html = (status, text) => response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(text);
    const [client, redirectUri] = [query.get('client_id'), query.get('redirect_uri')];
    if (!client || !redirectUri || !URL.canParse(redirectUri)) return html(400, refusal(shape.title, 'client_id and redirect_uri are needed'));
    if (query.get('response_type') !== 'code') return html(400, refusal(shape.title, 'response_type is code'));
    const person = people.find(shape.name, query.get('person') ?? '');
    const fault = Object.hasOwn(FAULTS, query.get('fault') ?? '') ? FAULTS[query.get('fault')] : {};
    const back = new URL(redirectUri);
    const answer = (parameters) => {
      const all = { state: query.get('state'), ...(shape.issuerParameter && { iss: shape.iss({}) }), ...parameters };
      for (const [key, value] of Object.entries(all)) if (value !== null && value !== undefined) back.searchParams.set(key, value);
      response.writeHead(302, { location: back.href, 'cache-control': 'no-store' }).end();
    };
    if (fault.authorize?.error) return answer(fault.authorize);
    if (query.get('prompt') === 'none') return answer({ error: 'login_required' });
    if (!person) return html(200, picker(shape.title, client, people.keys(shape.name), query));
    const code = opaque('4/');
    const [challenge, method] = [query.get('code_challenge'), query.get('code_challenge_method')];
    const scope = (query.get('scope') ?? '').split(/[ ,]+/).filter(Boolean);
    const offline = shape.offline(query, scope);
    codes.set(code, { client, redirectUri, person, fault, challenge, method, scope, offline, nonce: query.get('nonce') ?? undefined, until: now() + 600 });
    return answer({ code, ...fault.authorize?.change });
  }

  /** POST token: `form` are its parameters, `basic` the client's name and secret where they came in the header. */
  async function token(form, basic, response, accept) {
    const refuse = (error, status = 400) => shape.tokenError ? shape.tokenError(error, response, accept) : json(response, status, { error, error_description: `mock: ${error}` });
    const client = basic?.[0] ?? form.get('client_id');
    const given = basic?.[1] ?? form.get('client_secret');
    if (!client || given !== secret) return refuse('invalid_client', 401);
    const type = form.get('grant_type') ?? (shape.grantTypeOptional ? 'authorization_code' : '');
    const grant = type === 'refresh_token' ? refreshed(form, client) : type === 'authorization_code' ? redeemed(form, client) : 'unsupported_grant_type';
    if (typeof grant === 'string') return refuse(grant);
    if (await misbehave(switched(shape.name, 'token') ?? grant.fault.endpoint?.token, response)) return undefined;
    const answer = await issue(grant);
    const without = grant.fault.endpoint?.token?.without;
    if (without) delete answer[without];
    return shape.tokenAnswer ? shape.tokenAnswer(answer, response, accept) : json(response, 200, answer);
  }

  function redeemed(form, client) {
    const code = codes.get(form.get('code'));
    codes.delete(form.get('code'));
    if (!code || code.client !== client || code.until < now()) return 'invalid_grant';
    if (code.redirectUri !== form.get('redirect_uri')) return 'redirect_uri_mismatch';
    const verifier = form.get('code_verifier') ?? '';
    const proved = code.method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier;
    // A verifier for a code without a challenge is refused as well (RFC 9700, 4.8.2).
    if (code.challenge ? proved !== code.challenge : verifier !== '') return 'invalid_grant';
    return code;
  }

  function refreshed(form, client) {
    const grant = refreshTokens.get(form.get('refresh_token'));
    if (!grant || grant.client !== client) return 'invalid_grant';
    if (shape.rotates) refreshTokens.delete(form.get('refresh_token'));
    return { ...grant, nonce: undefined, offline: Boolean(shape.rotates), fault: {} };
  }

  async function issue(grant) {
    const accessToken = shape.accessToken ? await shape.accessToken(grant) : opaque('ya29.');
    tokens.set(accessToken, grant);
    const answer = { access_token: accessToken, token_type: 'Bearer', expires_in: shape.seconds ?? 3599, scope: grant.scope.join(' ') };
    if (grant.scope.includes('openid') && shape.idClaims) answer.id_token = await idToken(grant, accessToken);
    if (grant.offline) {
      answer.refresh_token = opaque('1//');
      refreshTokens.set(answer.refresh_token, grant);
    }
    return answer;
  }

  /** An ID token, by the rules of OpenID Connect Core 1.0, section 2, or with what is wrong with it. */
  async function idToken({ person, client, nonce, fault = {}, claims: more = {} }, accessToken) {
    const base = { iss: shape.iss(person), aud: client, iat: now(), exp: now() + 3600, ...(nonce && { nonce }), ...(accessToken && { at_hash: atHash(accessToken) }) };
    const claims = { ...base, ...shape.idClaims(person, client), ...more };
    const all = { ...claims, ...fault.claims?.(claims) };
    return fault.sign ? fault.sign(keys, all, secret) : keys.sign(all);
  }

  /** What a bearer token stands for; undefined for a token that is none. */
  const grantOf = (header) => tokens.get(/^Bearer (.+)$/i.exec(header ?? '')?.[1] ?? /^token (.+)$/i.exec(header ?? '')?.[1]);

  const revoke = (value) => [tokens, refreshTokens].some((map) => map.delete(value));

  return { authorize, token, idToken, grantOf, revoke, issue, remember: (value, grant) => tokens.set(value, grant) };
}

export function json(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(JSON.stringify(body));
}
