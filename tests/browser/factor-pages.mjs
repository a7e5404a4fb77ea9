// The states of the pages of second factors, mailed links and a full account, each with who looks at it.

import assert from 'node:assert/strict';
import { generateSync } from 'otplib';
import { COOKIE } from '../live/harness.mjs';

const CHALLENGE = '__Host-portcullis-challenge';

/** The value of a cookie that an answer sets. */
const cookieOf = (answer, name) => {
  const line = (answer.headers['set-cookie'] ?? []).find((one) => one.startsWith(`${name}=`));
  assert.ok(line, `${name} is set by ${answer.status} ${answer.text}`);
  return line.split(';')[0].slice(name.length + 1);
};

/** Sends a page's form. */
const post = (gateway, path, form, cookies = {}) =>
  gateway.send(path, {
    method: 'POST',
    form,
    headers: { Cookie: Object.entries(cookies).map((pair) => pair.join('=')).join('; ') },
  });

/** What a sign-in with the password waits with. */
const challenge = async (gateway, { email, password }) => ({
  [CHALLENGE]: cookieOf(await post(gateway, '/tenant/home/login', { email, password }), CHALLENGE),
});

/** Gives a person an app; answers the cookie of a session that proved it. */
const withApp = async (gateway, person) => {
  const cookies = await challenge(gateway, person);
  const page = await gateway.send('/tenant/home/mfa', { headers: { Cookie: `${CHALLENGE}=${cookies[CHALLENGE]}` } });
  const [, id] = page.text.match(/name="challenge" value="([^"]+)"/);
  const [, key] = page.text.match(/class="key">([^<]+)</);
  const code = generateSync({ secret: key.replaceAll(' ', '') });
  const done = await post(gateway, '/tenant/home/mfa', { challenge: id, code }, cookies);
  assert.equal(done.status, 200, done.text);
  return cookieOf(done, COOKIE);
};

/** Every state by name: its path, and the cookies of who looks at it. */
export async function factorPages(gateway) {
  await gateway.admin('PATCH', '/tenant/home/v2/Settings', { trustedDeviceDays: 30 });
  const plain = await gateway.makePerson();
  const plainly = { [COOKIE]: (await gateway.cookie(plain)).split('=')[1] };
  const app = await gateway.makePerson({ mfa: 'totp' });
  const full = { [COOKIE]: await withApp(gateway, app) };
  const now = Date.now();
  await gateway.sql(
    `INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count, backed_up, transports,
                           name, created_at) VALUES ('p1', 'home', ?, 'Y3JlZA', 'localhost', 'a2V5', 0, 1, '[]', 'Blue security key', 0)`,
    app.id,
  );
  await gateway.sql(
    `INSERT INTO trusted_devices (id, hash, tenant_id, user_id, address, user_agent, created_at, seen_at, expires_at)
     VALUES ('d1', 'h1', 'home', ?, '198.51.100.9', 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0', ?, ?, ?)`,
    app.id,
    now,
    now,
    now + 86_400_000,
  );
  await gateway.sql(
    `INSERT INTO api_keys (id, hash, tenant_id, user_id, name, prefix, scopes, roles, created_at)
     VALUES ('k1', 'h2', 'home', ?, 'Nightly export', 'pc_k1', '["read"]', '[]', ?)`,
    app.id,
    now,
  );
  const byApp = await challenge(gateway, app);
  const mail = await gateway.makePerson({ mfa: 'email' });
  const byMail = await challenge(gateway, mail);
  await post(gateway, '/tenant/home/magic-link', { email: mail.email });
  const token = await gateway.mailedToken(mail.email, '/magic-link');
  const came = await post(gateway, '/tenant/home/magic-link', { token });
  const byPassword = { [CHALLENGE]: cookieOf(came, CHALLENGE) };
  await post(gateway, '/tenant/home/magic-link', { email: plain.email });
  const link = await gateway.mailedToken(plain.email, '/magic-link');
  const section = { section: 'email', email: 'elsewhere@example.com', current: plain.password };
  const asked = await post(gateway, '/tenant/home/account', section, plainly);
  assert.equal(asked.status, 303, asked.text);
  const change = await gateway.mailedToken('elsewhere@example.com', '/change-email');
  const agree = await gateway.mailedToken(plain.email, '/change-email');
  return {
    'login-over': { path: '/tenant/home/login?over=1' },
    'mfa-enrol': { path: '/tenant/home/mfa?return_to=/app/', cookies: plainly },
    'mfa-enrol-in-german': { path: '/tenant/home/mfa?ui_locales=de', cookies: plainly },
    'mfa-app': { path: '/tenant/home/mfa', cookies: byApp },
    'mfa-backup': { path: '/tenant/home/mfa?use=backup', cookies: byApp },
    'mfa-passkey': { path: '/tenant/home/mfa?use=passkey', cookies: byApp },
    'mfa-mail': { path: '/tenant/home/mfa', cookies: byMail },
    'mfa-mail-sent': { path: '/tenant/home/mfa?sent=1', cookies: byMail },
    'mfa-mail-in-german': { path: '/tenant/home/mfa?ui_locales=de', cookies: byMail },
    'mfa-password': { path: '/tenant/home/mfa', cookies: byPassword },
    'magic-link': { path: `/tenant/home/magic-link?token=${link}` },
    'change-email-new': { path: `/tenant/home/change-email?token=${change}` },
    'change-email-old': { path: `/tenant/home/change-email?token=${agree}` },
    'account-passkey-add': { path: '/tenant/home/account?passkey=add', cookies: plainly },
    'account-full': { path: '/tenant/home/account', cookies: full },
    'account-full-in-german': { path: '/tenant/home/account?ui_locales=de', cookies: full },
  };
}
