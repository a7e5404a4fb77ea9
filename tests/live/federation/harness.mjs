// What the tests of signing in with other providers begin with: a gateway, the mock providers, and a browser without a
// screen that follows nothing by itself, so that each answer can be looked at.

import assert from 'node:assert/strict';
import { npmPackages } from '../../../scripts/lib/npm.mjs';
import { at } from '../../../scripts/lib/paths.mjs';
import { COOKIE, PASSWORD, startGateway } from '../harness.mjs';
import { send } from '../http.mjs';
import { startProviders } from '../../providers/server.mjs';

export const CLIENT = 'client-of-the-tests';
export const NAVIGATION = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
const PROVIDERS = '/tenant/home/v2/IdentityProviders';

/** A gateway whose home tenant signs in with the mocks of these kinds, each by its kind's name (`company` is `oidc`). */
export async function startFederation({ kinds = ['google', 'microsoft', 'github', 'oidc'], vars = {}, enterprise = true } = {}) {
  const [gateway, mocks] = await Promise.all([startGateway({ vars }), startProviders()]);
  try {
    if (enterprise) await gateway.admin('PATCH', '/tenant/home/v2/Tenants/home', { enterprise: true });
    await gateway.route({ name: 'app', path: '/app/' });
    for (const kind of kinds) await addProvider(gateway, { id: idOf(kind), ...mocks.settings(kind, CLIENT) });
  } catch (error) {
    await Promise.all([gateway.stop(), mocks.stop()]);
    throw error;
  }
  return { gateway, mocks, stop: () => Promise.all([gateway.stop(), mocks.stop()]) };
}

/** The company's provider that npm's packages make: `oidc` (oidc-provider) or `saml` (samlify). */
export async function standard(kind) {
  await npmPackages('the companies’ identity providers', at('tests', 'providers', 'standard'));
  return import(`../../providers/standard/${kind}.mjs`);
}

/** What the references in a page's attribute stand for. */
export const unescaped = (text) => text.replace(/&#(\d+);/g, (_, n) => String.fromCharCode(n)).replaceAll('&amp;', '&');

export const idOf = (kind) => (kind === 'oidc' ? 'company' : kind);
export const addProvider = (gateway, fields) => gateway.admin('POST', PROVIDERS, fields);
export const changeProvider = (gateway, id, fields) => gateway.admin('PATCH', `${PROVIDERS}/${id}`, fields);

/** A browser at one gateway: it keeps cookies, and follows nothing by itself. */
export class Visitor {
  cookies = new Map();

  constructor(gateway) {
    this.gateway = gateway;
  }

  /** Another browser with the same cookies. */
  copy() {
    const other = new Visitor(this.gateway);
    other.cookies = new Map(this.cookies);
    return other;
  }

  async open(url, { method = 'GET', form, headers = {}, ...more } = {}) {
    const at = new URL(url, this.gateway.url);
    const ours = at.origin === this.gateway.url;
    const cookies = ours ? [...this.cookies].map((pair) => pair.join('=')).join('; ') : '';
    const origin = method === 'POST' ? { Origin: this.gateway.url, 'Sec-Fetch-Site': 'same-origin' } : {};
    const answer = await send(at.origin, at.pathname + at.search, { method, form, headers: { ...NAVIGATION, ...origin, ...(cookies && { Cookie: cookies }), ...headers }, ...more });
    if (ours) for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line);
    return answer;
  }

  #keep(line) {
    const [, name, value] = /^([^=]*)=([^;]*)/.exec(line);
    if (/;\s*max-age=0\b/i.test(line) || value === '') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }

  post = (url, form) => this.open(url, { method: 'POST', form });

  /** Whether it has a session: the cookie stands for a person at the account page. */
  get session() {
    return this.cookies.get(COOKIE);
  }

  /** Goes to the start of a sign-in: where at the provider it leads. */
  async begin(provider, { tenant = 'home', returnTo } = {}) {
    const query = returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: returnTo })}`;
    const answer = await this.open(`/tenant/${tenant}/sso/${provider}${query}`);
    assert.ok([302, 303].includes(answer.status), `${answer.status} ${answer.text}`);
    return new URL(answer.headers.location);
  }

  /** Signs in: the gateway's answer to the callback. `fault` is one of `faults.mjs`. */
  async signIn(provider, person, { fault, ...options } = {}) {
    return this.open(await picked(await this.begin(provider, options), person, fault));
  }

  /** The claims with which the gateway forwards this browser's requests to an application; `startFederation` made the route. */
  async claims() {
    const answer = await this.open('/app/hello');
    assert.equal(answer.status, 200, answer.text);
    return answer.json.claims;
  }
}

/** At the provider: somebody is picked. Answers the address that the browser is sent back to. */
export async function picked(there, person, fault) {
  const url = new URL(there);
  url.searchParams.set('person', person);
  if (fault) url.searchParams.set('fault', fault);
  const answer = await fetch(url, { redirect: 'manual' });
  assert.equal(answer.status, 302, `${url}: ${await answer.text()}`);
  return answer.headers.get('location');
}

/** A sign-in that came to its end: a session, and where it goes on. */
export function assertSignedIn(answer, visitor) {
  assert.equal(answer.status, 303, `${answer.status} ${answer.text}`);
  assert.ok(visitor.session, JSON.stringify(answer.headers));
  return answer.headers.location;
}

/** A refusal: a page with that status, without a session and without anything of the provider's that could be markup. */
export function assertRefused(answer, visitor, status, what = '') {
  assert.equal(answer.status, status, `${what}: ${answer.status} ${answer.text.slice(0, 2000)}`);
  assert.match(answer.headers['content-type'], /^text\/html/, what);
  assert.equal(visitor.session, undefined, `${what}: a session was begun`);
  assert.ok(!/<script>alert|<b>Denied/.test(answer.text), `${what}: the provider's HTML is in the page`);
  assert.match(answer.text, /\/tenant\/home\/login/, `${what}: no way back to the login page`);
}

/** How many users the home tenant has with an address. */
export async function usersWith(gateway, email) {
  const { items } = await gateway.admin('GET', `/tenant/home/v2/Users?limit=100&email=${encodeURIComponent(email)}`);
  return items;
}

export const identitiesOf = async (gateway, userId) => (await gateway.admin('GET', `/tenant/home/v2/Users/${userId}/Identities`)).items;

/** A person with a password whose address is confirmed, unless `fields` says otherwise. */
export const personWith = (gateway, email, fields = {}) => gateway.makePerson({ email, password: PASSWORD, ...fields });
