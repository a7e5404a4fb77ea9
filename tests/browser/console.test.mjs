// An administrator with a browser: opens the console, and does in it what the API then says was done.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import axe from 'axe-core';
import { ADMIN, startGateway } from '../live/harness.mjs';
import { HOSTILE, opened, signIn, SIZES, visiting } from './console.mjs';
import { launchChromium } from './launch.mjs';

describe('the console', () => {
  let gateway;
  let browser;
  let url;

  before(async () => {
    gateway = await startGateway();
    url = `${gateway.url}/tenant/home/console`;
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  const api = (method, path, json) => gateway.admin(method, `/tenant/home/v2/${path}`, json);

  test('a deep link survives sign-in, reload and Back, with its filters', async () => {
    await visiting(browser, gateway, {}, async (page) => {
      await opened(page, `${url}/users?search=admin&status=active`, 'Users');
      assert.equal(page.url(), `${url}/users?search=admin&status=active`);
      await page.getByRole('link', { name: ADMIN.email }).waitFor();
      await page.reload();
      await page.getByRole('link', { name: ADMIN.email }).waitFor();
      assert.equal(page.url(), `${url}/users?search=admin&status=active`);
      assert.equal(await page.getByLabel('Search', { exact: true }).inputValue(), 'admin');
      await page.getByLabel('Search', { exact: true }).fill('nobody');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByText('Nobody matches').waitFor();
      await page.goBack();
      await page.getByRole('link', { name: ADMIN.email }).waitFor();
      // Nothing that could be read later.
      const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]));
      assert.doesNotMatch(kept, /eyJ|code=/);
      await page.goto(`${gateway.url}/console`);
      await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
    });
  });

  test('an API key is created, shown once, works, and is revoked', async () => {
    await visiting(browser, gateway, {}, async (page) => {
      await opened(page, url, 'Users');
      await page.getByRole('link', { name: 'API Keys' }).click();
      await page.getByRole('button', { name: 'Create API Key' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Create API Key' }).click();
      await dialog.locator('[aria-invalid]').first().waitFor();
      await dialog.getByLabel('Name').fill('CI pipeline');
      await dialog.getByText('As cURL').click();
      assert.match(await dialog.locator('pre').textContent(), /curl -sS -X POST .*v2\/ApiKeys[^]*"name":"CI pipeline"/);
      await dialog.getByRole('button', { name: 'Create API Key' }).click();
      const key = await dialog.getByLabel('API key').textContent();
      assert.match(key, /^pc_/);
      assert.equal((await gateway.send('/tenant/home/v2/Users', { headers: { 'X-API-Key': key } })).status, 403);
      await page.keyboard.press('Escape');
      assert.equal(await dialog.getByLabel('API key').textContent(), key, 'Escape loses no key');
      await dialog.getByRole('button', { name: 'I have copied it' }).click();
      await page.getByRole('rowheader', { name: /CI pipeline/ }).waitFor();
      assert.doesNotMatch(await page.content(), new RegExp(key));
      assert.equal((await api('GET', 'ApiKeys')).items.filter((one) => one.name === 'CI pipeline').length, 1);
      await page.getByRole('button', { name: 'Revoke: CI pipeline' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await page.getByText('CI pipeline was revoked.').waitFor();
      assert.deepEqual((await api('GET', 'ApiKeys')).items, []);
      assert.equal((await gateway.send('/tenant/home/v2/Users', { headers: { 'X-API-Key': key } })).status, 401);
    }, /status of 400/);
  });

  test('a user is invited, changed, acted on and deleted, by keyboard alone', async () => {
    await visiting(browser, gateway, {}, async (page) => {
      await opened(page, url, 'Users');
      const press = async (role, name, within = page) => {
        await within.getByRole(role, { name }).focus();
        await page.keyboard.press('Enter');
      };
      const dialog = page.getByRole('dialog');
      await press('button', 'Invite user');
      await dialog.getByLabel('Email address').focus();
      await page.keyboard.type('not an address');
      await page.keyboard.press('Enter');
      await dialog.locator('[aria-invalid]').waitFor();
      await dialog.getByLabel('Email address').fill('');
      await dialog.getByLabel('Email address').focus();
      await page.keyboard.type('grace@example.com');
      await dialog.getByLabel('MANAGER').focus();
      await page.keyboard.press('Space');
      await press('button', 'Send invitation', dialog);
      await page.getByRole('heading', { level: 1, name: 'grace@example.com' }).waitFor();
      await page.getByText('An invitation was sent to grace@example.com.').waitFor();
      const [made] = (await api('GET', 'Users?email=grace@example.com')).items;
      assert.deepEqual(made.roles, ['MANAGER']);
      assert.equal((await gateway.outbox('grace@example.com')).length, 1);

      await page.getByRole('textbox', { name: 'Name' }).focus();
      await page.keyboard.type('Grace Hopper');
      await page.keyboard.press('Enter');
      await page.getByText('Saved.').waitFor();
      assert.equal((await api('GET', `Users/${made.id}`)).name, 'Grace Hopper');

      for (const [action, said] of [['Send invitation again', 'Email sent'], ['Unlock', 'Unlocked.'], ['Disable', 'The user is disabled.'], ['Enable', 'The user is enabled.']]) {
        await press('button', action);
        await press('button', action, dialog);
        await page.getByText(said).waitFor();
      }
      assert.equal((await gateway.outbox('grace@example.com')).length, 2);
      await page.getByText('user.created').waitFor();

      await press('button', 'Delete user');
      await dialog.getByLabel('Email address of the user').focus();
      await page.keyboard.type('somebody@example.com');
      await page.keyboard.press('Enter');
      await dialog.getByText('That is not the address.').waitFor();
      await dialog.getByLabel('Email address of the user').fill('grace@example.com');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
      assert.deepEqual((await api('GET', 'Users?email=grace@example.com')).items, []);
    }, /status of 400/);
  });

  for (const [title, path, one, create, listed, word] of [['Roles', 'Roles', 'AUDITOR', 'Create role', 'Scopes', 'orders:read'], ['Plans', 'Plans', 'gold', 'Create plan', 'Features', 'reports']]) {
    test(`${title.toLowerCase()} are created, changed and deleted`, async () => {
      await visiting(browser, gateway, {}, async (page) => {
        await opened(page, url, 'Users');
        await page.getByRole('link', { name: title, exact: true }).click();
        await page.getByRole('button', { name: create }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Name').fill(one);
        await dialog.getByLabel('Rank').fill('many');
        await page.keyboard.press('Enter');
        await dialog.getByText('Enter a whole number.').waitFor();
        await dialog.getByLabel('Rank').fill('150');
        await dialog.getByLabel(listed).fill(word);
        await dialog.getByLabel(listed).press('Enter');
        await page.getByText(`${one} was saved.`).waitFor();
        const found = async () => (await api('GET', path)).items.find(({ name }) => name === one);
        const made = await found();
        assert.deepEqual([made.rank, made.scopes ?? made.features], [150, [word]]);
        await page.getByRole('button', { name: `Change: ${one}` }).click();
        await dialog.getByLabel('Rank').fill('160');
        await dialog.getByRole('button', { name: 'Save changes' }).click();
        await page.getByRole('cell', { name: '160' }).waitFor();
        assert.equal((await found()).rank, 160);
        await page.getByRole('row', { name: new RegExp(one) }).getByRole('link').click();
        await page.getByText('Nobody matches').waitFor();
        await page.goBack();
        await page.getByRole('button', { name: `Delete: ${one}` }).click();
        await dialog.getByRole('button', { name: 'Delete' }).click();
        await page.getByText(`${one} was deleted.`).waitFor();
        assert.equal(await found(), undefined);
      });
    });
  }

  test('the signing keys are rotated and revoked', async () => {
    await visiting(browser, gateway, {}, async (page) => {
      await opened(page, `${url}/signing-keys`, 'Signing keys');
      const kids = async () => (await api('GET', 'Keys')).items.map(({ kid }) => kid);
      const before = await kids();
      await page.getByText(before[0]).waitFor();
      await page.getByRole('button', { name: 'Rotate now' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Rotate now' }).click();
      await page.getByText('The keys were rotated.').waitFor();
      const rotated = await kids();
      assert.ok(rotated.some((kid) => !before.includes(kid)) && rotated.some((kid) => before.includes(kid)), `${before} ${rotated}`);
      await page.getByRole('button', { name: 'Rotate and revoke' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Rotate and revoke' }).click();
      // This console's token was signed by one of them: it is renewed, and the screen goes on.
      await page.getByText(/were revoked|Users|Sign in/).first().waitFor();
    }, /status of 401/);
    gateway.adminToken = (await gateway.login(ADMIN)).accessToken;
    const left = (await api('GET', 'Keys')).items;
    assert.ok(left.every(({ status }) => status !== 'retiring'), JSON.stringify(left));
  });

  test('mails are found, and what the API says of a retry is told', async () => {
    await api('POST', 'Users', { email: 'lost@example.com' });
    await gateway.outbox('lost@example.com');
    await gateway.sql("UPDATE mails SET status = 'failed', error = 'no such mailbox' WHERE recipient = 'lost@example.com'");
    await visiting(browser, gateway, {}, async (page) => {
      await opened(page, `${url}/mails?status=sent`, 'Mail queue');
      await page.getByLabel('Recipient').fill('lost@example.com');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByText('No emails.').waitFor();
      assert.match(page.url(), /recipient=lost%40example.com/);
      await page.getByLabel('Status').selectOption('failed');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByText('no such mailbox').waitFor();
      await page.getByRole('button', { name: 'Send again: lost@example.com' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click();
      // It was handed over, so its content is not there any more.
      await page.getByRole('dialog').getByRole('alert').waitFor();
    }, /status of 409/);
  });

  test('usage is told by month', async () => {
    await visiting(browser, gateway, {}, async (page) => {
      await opened(page, `${url}/usage`, 'Usage');
      await page.getByRole('columnheader', { name: 'Active users' }).waitFor();
      const [month] = (await api('GET', 'Usage')).items;
      await page.getByRole('cell', { name: String(month.monthlyActiveUsers) }).first().waitFor();
    });
  });

  test('a session that an administrator ends is over', async () => {
    const person = await gateway.person();
    await visiting(browser, gateway, {}, async (page) => {
      await opened(page, `${url}/users/${person.id}`, person.email);
      const sessions = page.getByRole('region', { name: 'Sessions' });
      await sessions.getByRole('button').first().click();
      await page.getByRole('dialog').getByRole('button', { name: 'End' }).click();
      await sessions.getByText('Done.').waitFor();
      assert.deepEqual((await api('GET', `Users/${person.id}/Sessions`)).items, []);
    });
  });

  test('a session that is over leads to sign-in and back to the same screen', async () => {
    await visiting(browser, gateway, {}, async (page, context) => {
      await opened(page, `${url}/api-keys`, 'API Keys');
      await context.clearCookies();
      await gateway.sql("UPDATE sessions SET ended_at = 1 WHERE cookie_hash IS NOT NULL");
      await page.waitForTimeout(6_000);
      await page.getByRole('link', { name: 'Users' }).click();
      await page.waitForURL(/\/login/);
      await signIn(page);
      await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
      assert.equal(page.url(), `${url}/users`);
    }, /status of 401/);
  });

  test('a sign-in that is too old is confirmed in a window, and the action goes on', async () => {
    await visiting(browser, gateway, {}, async (page, context) => {
      await opened(page, `${url}/api-keys`, 'API Keys');
      await gateway.sql('UPDATE sessions SET proved_at = 1, auth_time = 1 WHERE cookie_hash IS NOT NULL');
      await page.getByRole('button', { name: 'Create API Key' }).click();
      await page.getByRole('dialog').getByLabel('Name').fill('after a while');
      await page.waitForTimeout(6_000);
      await page.getByRole('dialog').getByRole('button', { name: 'Create API Key' }).click();
      const window = context.waitForEvent('page');
      await page.getByRole('button', { name: 'Confirm' }).click();
      const other = await window;
      await other.getByLabel(/password/i).first().waitFor();
      await other.getByLabel(/password/i).first().fill(ADMIN.password);
      await other.getByLabel(/password/i).first().press('Enter');
      await page.getByRole('dialog').getByLabel('API key').waitFor();
      await page.getByRole('button', { name: 'I have copied it' }).click();
      assert.equal((await api('GET', 'ApiKeys')).items.some((one) => one.name === 'after a while'), true);
    }, /status of 401/);
  });

  test('too many calls say when to try again, and a lost connection is told', async () => {
    await visiting(browser, gateway, {}, async (page) => {
      await opened(page, `${url}/users`, 'Users');
      await page.route('**/v2/ApiKeys', (route) => route.fulfill({ status: 429, headers: { 'Retry-After': '120' }, json: { code: 'RATE_LIMITED' } }));
      await page.getByRole('link', { name: 'API Keys' }).click();
      await page.getByText('Try again in 2 minutes').waitFor();
      await page.unroute('**/v2/ApiKeys');
      await page.route('**/v2/ApiKeys', (route) => route.abort());
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('cannot be reached').waitFor();
      await page.unroute('**/v2/ApiKeys');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('after a while').waitFor();
    }, /429|ERR_FAILED|blocked by client/);
  });

  test('who is no administrator is refused, and a script gets no code', async () => {
    const person = await gateway.makePerson();
    await visiting(browser, gateway, {}, async (page) => {
      await page.goto(url);
      await signIn(page, person);
      await page.getByRole('heading', { level: 1 }).waitFor();
      assert.match(page.url(), /\/console-session\/authorize/);
    }, /status of 403/);
  });

  test('what a user is called is text, wherever it stands', async () => {
    const user = await api('POST', 'Users', { email: 'mallory@example.com', name: 'Mallory <img src=x onerror=ran=1>', invite: false });
    await gateway.sql('UPDATE users SET name = ? WHERE id = ?', HOSTILE, user.id);
    await api('POST', 'ApiKeys', { name: 'key <b>x</b>', scopes: ['read'] }).catch(() => {});
    await gateway.sql('UPDATE api_keys SET name = ?', HOSTILE);
    await visiting(browser, gateway, {}, async (page) => {
      await opened(page, `${url}/users`, 'Users');
      await page.getByText(HOSTILE).first().waitFor();
      await page.goto(`${url}/users/${user.id}`);
      await page.getByText(HOSTILE).first().waitFor();
      await page.goto(`${url}/api-keys`);
      await page.getByText(HOSTILE).first().waitFor();
      await page.goto(`${url}/users?search=${encodeURIComponent(HOSTILE)}`);
      await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
      assert.equal(await page.evaluate(() => window.ran), undefined);
    });
  });

  for (const [language, locale] of [['en', 'en-GB'], ['de', 'de-DE']]) {
    test(`each screen can be read by everybody, in ${language}`, async () => {
      const [user] = (await api('GET', `Users?email=${ADMIN.email}`)).items;
      const screens = { users: ['users', ''], invite: ['users', /Invite user|Benutzer einladen/], user: [`users/${user.id}`, ''], delete: [`users/${user.id}`, /Delete user|Benutzer löschen/], roles: ['roles', ''], role: ['roles', /Create role|Rolle erstellen/], plans: ['plans', ''], signing: ['signing-keys', ''], rotate: ['signing-keys', /Rotate now|Jetzt wechseln/], mails: ['mails', ''], usage: ['usage', ''], keys: ['api-keys', ''], key: ['api-keys', /Create API Key|API-Schlüssel erstellen/] };
      await visiting(browser, gateway, { locale }, async (page) => {
        await page.goto(url);
        await signIn(page);
        for (const [name, [path, button]] of Object.entries(screens)) {
          await page.goto(`${url}/${path}`);
          await page.locator('h1').waitFor();
          await page.waitForFunction(() => !document.querySelector('[aria-busy]'));
          if (button) await page.getByRole('button', { name: button }).click();
          assert.equal(await page.evaluate(() => document.documentElement.lang), language);
          for (const [size, viewport] of Object.entries(SIZES)) {
            await page.setViewportSize(viewport);
            const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert.ok(overflow <= 0, `${name}-${language}-${size}: ${overflow} px too wide`);
            for (const colorScheme of ['light', 'dark']) {
              await page.emulateMedia({ colorScheme });
              const shown = `console-${name}-${language}-${colorScheme}-${size}`;
              if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `${shown}.png`), fullPage: !button });
              if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
              const { violations } = await page.evaluate(() => globalThis.axe.run());
              assert.deepEqual(violations.map(({ id, nodes }) => `${shown}: ${id}: ${nodes.map(({ html }) => html).join(' ')}`), []);
            }
          }
          await page.setViewportSize(SIZES.desktop);
        }
      });
    });
  }
});
