// The hosted pages by name, each with who looks at it and, where a form leads there, how: what pages.test.mjs and
// every-page.test.mjs look at.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { addProvider, CLIENT, Visitor } from '../live/federation/harness.mjs';
import { COOKIE, PASSWORD } from '../live/harness.mjs';
import { startProviders } from '../providers/server.mjs';
import { factorPages } from './factor-pages.mjs';

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/** Names and addresses as long as people have them. */
export const LONG = {
  client: 'Donaudampfschifffahrtsgesellschaftskapitän International Bookings and Reservations',
  name: 'Maximiliane-Wilhelmine Freifrau von Schellenberg-Rothenburg zu Hohenstein',
  email: 'maximiliane-wilhelmine.von-schellenberg-rothenburg@abteilung.verwaltung.example.com',
};

const client = (gateway, id, name) =>
  gateway.sql(
    `INSERT INTO clients (id, tenant_id, name, metadata, created_at) VALUES (?, 'home', ?, ?, 0)`,
    id,
    name,
    JSON.stringify({
      redirect_uris: ['https://shop.example/back'],
      token_endpoint_auth_method: 'none',
      require_consent: true,
      grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
      scope: 'openid profile email offline_access read write',
    }),
  );

/** The address at which a client asks for a sign-in. */
const authorize = (id) => {
  const query = new URLSearchParams({
    client_id: id,
    response_type: 'code',
    scope: 'openid profile email offline_access read',
    redirect_uri: 'https://shop.example/back',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  });
  return `/tenant/home/oauth2/authorize?${query}`;
};

/** A code that a device shows. */
const deviceCode = async (gateway) => {
  const body = new URLSearchParams({ client_id: 'shop', scope: 'openid email' });
  const asked = await fetch(`${gateway.url}/tenant/home/oauth2/device_authorization`, { method: 'POST', body });
  return (await asked.json()).user_code;
};

const session = async (gateway, person) => ({ [COOKIE]: (await gateway.cookie(person)).split('=')[1] });

/** Every page that an address leads to: `{pages, person, cookie}`. */
export async function hostedPages(gateway) {
  await gateway.route({ name: 'app', path: '/app/' });
  await gateway.route({ name: 'staff', path: '/staff/', roles: ['ADMIN'] });
  const person = await gateway.makePerson();
  const { [COOKIE]: cookie } = await session(gateway, person);
  await gateway.cookie(person);
  await client(gateway, 'shop', 'The Shop');
  await gateway.sql(
    `INSERT INTO consents (user_id, client_id, tenant_id, scope, granted_at) VALUES (?, 'shop', 'home', 'openid', 0)`,
    person.id,
  );
  await gateway.register({ email: 'new@example.com' });
  const verify = await gateway.mailedToken('new@example.com', '/auth/verify-email');
  await gateway.send('/auth/forgot-password', { method: 'POST', json: { email: person.email } });
  const reset = await gateway.mailedToken(person.email, '/auth/reset-password');
  await gateway.admin('POST', '/tenant/home/v2/Users', { email: 'invited@example.com' });
  const invitation = await gateway.mailedToken('invited@example.com', '/auth/reset-password');
  const userCode = await deviceCode(gateway);
  const query = authorize('shop');
  const pages = {
    device: { path: '/tenant/home/device', signedIn: true },
    'device-to-connect': { path: `/tenant/home/device?user_code=${userCode}`, signedIn: true },
    login: { path: '/tenant/home/login?return_to=/app/' },
    'login-for-a-client': { path: query },
    'login-in-german': { path: '/tenant/home/login?ui_locales=de' },
    home: { path: '/' },
    'home-signed-in': { path: '/', signedIn: true },
    'account-in-german': { path: '/tenant/home/account?ui_locales=de', signedIn: true },
    'consent-in-german': { path: `${query}&ui_locales=de`, signedIn: true },
    forbidden: { path: '/staff/', signedIn: true },
    'forbidden-in-german': { path: '/staff/?ui_locales=de', signedIn: true },
    'an-api-in-a-browser': { path: '/api/auth/me' },
    register: { path: '/tenant/home/register' },
    'register-sent': { path: '/tenant/home/register?sent=1' },
    forgot: { path: '/tenant/home/forgot' },
    'forgot-sent': { path: '/tenant/home/forgot?sent=1' },
    verify: { path: `/auth/verify-email?token=${verify}` },
    reset: { path: `/auth/reset-password?token=${reset}` },
    invitation: { path: `/auth/reset-password?token=${invitation}` },
    consent: { path: query, signedIn: true },
    account: { path: '/tenant/home/account?done=profile', signedIn: true },
    logout: { path: '/tenant/home/logout' },
    error: { path: '/tenant/home/login?request=gone' },
    'not-found': { path: '/nowhere' },
    ...(await factorPages(gateway)),
  };
  return { pages, person, cookie };
}

const send = (page, form, fields = {}) =>
  page.evaluate(
    ([selector, values]) => {
      const sent = document.querySelector(selector);
      sent.noValidate = true;
      for (const [name, value] of Object.entries(values)) sent.elements[name].value = value;
    },
    [form, fields],
  );

/** Fills a page's form in and presses the button; waits for the page that comes. */
const submit = async (page, fields, button = 'main form button[type=submit]') => {
  const form = await page.locator(button).first().evaluate((one) => {
    one.form.dataset.walked = '1';
    one.closest('details')?.setAttribute('open', '');
    return 'form[data-walked]';
  });
  await send(page, form, fields);
  await Promise.all([page.waitForNavigation(), page.locator(button).first().click()]);
};

/** A browser whose person came from a provider that does not speak for the address of an account here: `{id, cookies}`. */
async function identityThatWaits(gateway, n) {
  const mocks = await startProviders();
  try {
    const id = `google-${n}`;
    const email = `linked${n}.${LONG.email}`;
    await gateway.makePerson({ email });
    await addProvider(gateway, { id, ...mocks.settings('google', CLIENT) });
    mocks.people.add('google', email, { sub: `901-${n}`, email, email_verified: true, name: LONG.name });
    const visitor = new Visitor(gateway);
    const asked = await visitor.signIn(id, email);
    assert.equal(asked.status, 409, asked.text);
    return { id, cookies: Object.fromEntries(visitor.cookies) };
  } finally {
    await mocks.stop();
  }
}

/** The pages that a form leads to, or that only long names show: each arranges `{path, cookies, act}` anew. */
export const walks = {
  'service-connected-and-key-stored': async (gateway, n) => {
    const person = await gateway.makePerson();
    const service = { id: `crm-${n}`, name: LONG.client.slice(0, 60), connectionType: 'oauth', clientId: 'us', tokenAuth: 'none' };
    const at = (path) => `https://crm.example/${path}`;
    await gateway.admin('POST', '/auth/providers', { ...service, authorizationUrl: at('authorize'), tokenUrl: at('token'), scopes: ['contacts'] });
    const key = { userId: person.id, providerId: 'openai', apiKey: 'sk-1', label: 'ACME' };
    await gateway.admin('POST', '/auth/connections', key);
    return {
      cookies: await session(gateway, person),
      path: '/tenant/home/account',
      act: async (page) => {
        await page.locator('#connections details', { has: page.locator('#connect-provider') }).locator('summary').click();
        await page.locator('form:has(#connect-provider) button[type=submit]').click();
      },
    };
  },
  'service-to-connect-again': async (gateway, n) => {
    const person = await gateway.makePerson();
    const service = { id: `erp-${n}`, name: LONG.client.slice(0, 60), connectionType: 'oauth', clientId: 'us', tokenAuth: 'none' };
    const at = (path) => `https://erp.example/${path}`;
    await gateway.admin('POST', '/auth/providers', { ...service, authorizationUrl: at('authorize'), tokenUrl: at('token'), scopes: ['orders'] });
    const tokens = { userId: person.id, providerId: service.id, accessToken: 't', scopes: ['orders', `${at('scopes/')}${'x'.repeat(80)}`], label: 'ACME' };
    await gateway.admin('POST', '/auth/connections', tokens);
    await gateway.sql("UPDATE vault_connections SET status = 'needs_reauthorization' WHERE provider_id = ?", service.id);
    return { cookies: await session(gateway, person), path: '/tenant/home/account?done=connected' };
  },
  'login-wrong': () => ({
    path: '/tenant/home/login',
    act: (page) => submit(page, { email: 'nobody@example.com', password: 'wrong' }),
  }),
  'login-unverified': async (gateway, n) => {
    const email = `unconfirmed${n}@example.com`;
    await gateway.register({ email });
    return { path: '/tenant/home/login', act: (page) => submit(page, { email, password: PASSWORD }) };
  },
  'register-wrong': () => ({
    path: '/tenant/home/register',
    act: (page) => submit(page, { name: 'x', email: 'nobody@localhost', password: 'x' }),
  }),
  'register-named': (gateway, n) => ({
    path: '/tenant/home/register',
    act: (page) => submit(page, { name: 'Ada', email: `ada${n}.${LONG.email}`, password: PASSWORD }),
  }),
  'forgot-named': () => ({
    path: '/tenant/home/forgot',
    act: (page) => submit(page, { email: LONG.email }),
  }),
  'magic-sent': () => ({
    path: '/tenant/home/login',
    act: (page) => submit(page, { email: LONG.email }, 'button[formaction*="magic-link"]'),
  }),
  'magic-wrong': () => ({
    path: '/tenant/home/login',
    act: async (page) => {
      await submit(page, { email: 'nobody@example.com' }, 'button[formaction*="magic-link"]');
      await submit(page, { code: '000000' });
    },
  }),
  'forgot-from-sign-in': () => ({
    path: '/tenant/home/login',
    act: (page) => submit(page, { email: 'typed@example.com' }, 'button[name=ask]'),
  }),
  'reset-wrong-and-done': async (gateway) => {
    const person = await gateway.makePerson();
    await gateway.send('/auth/forgot-password', { method: 'POST', json: { email: person.email } });
    const token = await gateway.mailedToken(person.email, '/auth/reset-password');
    return {
      path: `/auth/reset-password?token=${token}`,
      act: [(page) => submit(page, { password: 'password1' }), (page) => submit(page, { password: 'a wholly new one' })],
    };
  },
  'verified-and-already': async (gateway, n) => {
    const email = `fresh${n}@example.com`;
    await gateway.register({ email });
    const path = `/auth/verify-email?token=${await gateway.mailedToken(email, '/auth/verify-email')}`;
    return { path, act: [(page) => submit(page, {}), (page) => page.goto(gateway.url + path)] };
  },
  'device-asked-and-allowed': async (gateway) => ({
    cookies: await session(gateway, await gateway.makePerson()),
    path: `/tenant/home/device?user_code=${await deviceCode(gateway)}`,
    act: [(page) => submit(page, {}), (page) => submit(page, {}, 'button[value=allow]')],
  }),
  'device-denied': async (gateway) => ({
    cookies: await session(gateway, await gateway.makePerson()),
    path: `/tenant/home/device?user_code=${await deviceCode(gateway)}`,
    act: async (page) => {
      await submit(page, {});
      await submit(page, {}, 'button[value=deny]');
    },
  }),
  'device-wrong': async (gateway) => ({
    cookies: await session(gateway, await gateway.makePerson()),
    path: '/tenant/home/device',
    act: (page) => submit(page, { user_code: 'BBBB-BBBB' }),
  }),
  'signed-out': async (gateway) => ({
    cookies: await session(gateway, await gateway.makePerson()),
    path: '/tenant/home/logout',
    act: (page) => submit(page, {}),
  }),
  'sign-out-for-a-client': async (gateway) => ({
    cookies: await session(gateway, await gateway.makePerson()),
    path: '/tenant/home/oauth2/logout?client_id=shop',
  }),
  'mfa-enrol-wrong': async (gateway) => ({
    cookies: await session(gateway, await gateway.makePerson()),
    path: '/tenant/home/mfa?return_to=/app/',
    act: (page) => submit(page, { code: '000000' }),
  }),
  'mfa-mail-unsent': async (gateway, n) => {
    const person = await gateway.makePerson({ email: `mail${n}.${LONG.email}` });
    const cookies = await session(gateway, person);
    await gateway.sql(`UPDATE users SET mfa = 'email' WHERE id = ?`, person.id);
    await gateway.sql(`UPDATE sessions SET amr = '["pwd","device"]' WHERE user_id = ?`, person.id);
    return { cookies, path: '/tenant/home/mfa', act: [() => {}, (page) => submit(page, {}, 'button[name=send]')] };
  },
  'consent-long': async (gateway, n) => {
    await client(gateway, `long${n}`, LONG.client);
    const person = await gateway.makePerson({ email: `consent${n}.${LONG.email}`, name: LONG.name });
    return { cookies: await session(gateway, person), path: authorize(`long${n}`) };
  },
  'login-for-a-long-client': async (gateway, n) => {
    await client(gateway, `longer${n}`, LONG.client);
    return { path: authorize(`longer${n}`) };
  },
  'link-an-identity-and-wrong': async (gateway, n) => {
    const { id, cookies } = await identityThatWaits(gateway, n);
    return {
      cookies,
      path: `/tenant/home/sso/${id}/link`,
      act: [
        () => {},
        (page) => submit(page, { password: 'wrong' }),
        // What no sign-in of this browser is, and the page with the provider's button.
        (page) => page.goto(`${gateway.url}/tenant/home/sso/${id}/callback?error=access_denied`),
        (page) => page.goto(`${gateway.url}/tenant/home/login`),
      ],
    };
  },
  'account-long': async (gateway, n) => {
    const person = await gateway.makePerson({ email: `account${n}.${LONG.email}`, name: LONG.name });
    return { cookies: await session(gateway, person), path: '/tenant/home/account' };
  },
  'account-all-open': async (gateway) => ({
    cookies: await session(gateway, await gateway.makePerson()),
    path: '/tenant/home/account',
    act: (page) => page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true))),
  }),
  'account-wrong-and-key-made': async (gateway) => ({
    cookies: await session(gateway, await gateway.makePerson()),
    path: '/tenant/home/account',
    act: [
      (page) => submit(page, { current: 'wrong', password: 'password1' }, '#change-password button[type=submit]'),
      (page) => submit(page, { name: 'A key' }, '#keys details button[type=submit]'),
    ],
  }),
  'account-deleted': async (gateway) => ({
    cookies: await session(gateway, await gateway.makePerson()),
    path: '/tenant/home/account',
    act: (page) => submit(page, { current: PASSWORD }, '#delete button[type=submit]'),
  }),
  'error-429': async (gateway, n) => {
    const rateLimit = { requests: 1, windowSeconds: 600, key: 'route' };
    await gateway.route({ name: `once${n}`, path: `/once${n}/`, auth: 'none', rateLimit });
    await gateway.send(`/once${n}/`);
    return { path: `/once${n}/` };
  },
  'error-502': async (gateway, n) => {
    await gateway.route({ name: `gone${n}`, path: `/gone${n}/`, auth: 'none', origin: 'http://127.0.0.1:9' });
    return { path: `/gone${n}/` };
  },
  'error-504': async (gateway, n) => {
    // An origin that takes the connection and never answers.
    const silent = createServer((socket) => socket.unref()).listen(0, '127.0.0.1').unref();
    await once(silent, 'listening');
    const origin = `http://127.0.0.1:${silent.address().port}`;
    await gateway.route({ name: `slow${n}`, path: `/slow${n}/`, auth: 'none', origin, timeoutSeconds: 1 });
    return { path: `/slow${n}/` };
  },
  'error-403-signed-in': async (gateway, n) => ({
    cookies: await session(gateway, await gateway.makePerson({ email: `staff${n}.${LONG.email}` })),
    path: '/staff/',
  }),
  'error-400': () => ({ path: '/a//b' }),
  'error-405': () => ({ path: '/api/auth/login' }),
};
