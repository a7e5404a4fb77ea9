// static/passkeys.js in a real browser with a virtual authenticator, on pages of the shapes that it is made for:
// with the browser's own JSON functions, and without them as in older ones.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { launchChromium } from './launch.mjs';

const ORIGIN = 'https://auth.example.com';
const CHALLENGE = 'aG93IGRvIHlvdSBkbyBob3cgZG8geW91IGRv';
const SCRIPT = readFileSync(new URL('../../static/passkeys.js', import.meta.url), 'utf8');
const POLICY = "default-src 'none'; script-src 'self'; form-action 'self'";

const creation = (exclude) => ({
  rp: { id: 'auth.example.com', name: 'Home' },
  user: { id: 'dXNlcg', name: 'ada@example.com', displayName: 'Ada' },
  challenge: CHALLENGE,
  pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
  excludeCredentials: exclude,
  authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
  attestation: 'none',
});
const request = (allow) => ({
  challenge: CHALLENGE,
  rpId: 'auth.example.com',
  allowCredentials: allow,
  userVerification: allow.length ? 'discouraged' : 'required',
});
const descriptor = (id) => ({ type: 'public-key', id, transports: ['internal'] });

/** A page with one form, whose required field is nothing to a passkey. */
function page(kind, options, more = '') {
  const data = JSON.stringify(options).replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return `<!doctype html><title>Passkeys</title><script src="/passkeys.js" defer></script>
    <form method="post" data-options="${data}" ${more}>
      <input required name="email" autocomplete="username webauthn">
      <input type="hidden" name="credential">
      <button type="button" data-passkey="${kind}" hidden>Go</button>
      <p data-passkey-problem role="alert" hidden>No</p>
    </form>`;
}

describe('the script for passkeys', () => {
  let browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  /** A browser's window with an authenticator, that shows what it is given and keeps what is sent. */
  async function open() {
    const context = await browser.newContext();
    const tab = await context.newPage();
    const seen = { tab, context, body: '', sent: [] };
    await tab.route(`${ORIGIN}/**`, (route) => {
      const asked = route.request();
      if (asked.url().endsWith('/passkeys.js')) {
        return route.fulfill({ contentType: 'text/javascript', body: SCRIPT });
      }
      if (asked.method() === 'POST') {
        seen.sent.push(JSON.parse(new URLSearchParams(asked.postData()).get('credential')));
        return route.fulfill({ contentType: 'text/html', body: '<p>Sent</p>' });
      }
      const headers = { 'content-security-policy': POLICY };
      return route.fulfill({ contentType: 'text/html', headers, body: seen.body });
    });
    const cdp = await context.newCDPSession(tab);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    seen.show = async (html) => {
      seen.body = html;
      await tab.goto(`${ORIGIN}/page`);
    };
    seen.use = async (kind, options) => {
      await seen.show(page(kind, options));
      await tab.click('button[data-passkey]');
      await tab.waitForSelector('text=Sent');
      return seen.sent.pop();
    };
    return seen;
  }

  for (const old of [false, true]) {
    test(`adds a passkey and uses it${old ? ', in a browser without the JSON functions' : ''}`, async () => {
      const window = await open();
      if (old) {
        await window.tab.addInitScript(() => {
          delete PublicKeyCredential.parseCreationOptionsFromJSON;
          delete PublicKeyCredential.parseRequestOptionsFromJSON;
          delete PublicKeyCredential.prototype.toJSON;
        });
      }
      const made = await window.use('register', creation([]));
      assert.equal(made.id, made.rawId);
      assert.equal(made.type, 'public-key');
      assert.deepEqual(made.response.transports, ['internal']);
      const data = JSON.parse(Buffer.from(made.response.clientDataJSON, 'base64url'));
      assert.deepEqual([data.type, data.challenge, data.origin], ['webauthn.create', CHALLENGE, ORIGIN]);
      assert.ok(made.response.attestationObject);

      for (const [kind, allow] of [['sign-in', []], ['second-factor', [descriptor(made.id)]]]) {
        const used = await window.use(kind, request(allow));
        assert.equal(used.id, made.id);
        assert.ok(used.response.authenticatorData && used.response.signature);
        assert.equal(used.response.userHandle, 'dXNlcg');
      }

      // One that is there already is not made again: the page says so, and can be tried again.
      await window.show(page('register', creation([descriptor(made.id)])));
      await window.tab.click('button[data-passkey]');
      await window.tab.waitForSelector('[data-passkey-problem]:not([hidden])');
      assert.ok(await window.tab.isEnabled('button[data-passkey]'));
      assert.deepEqual(window.sent, []);

      // Autofill offers it without a button.
      await window.show(page('sign-in', request([]), 'data-conditional'));
      await window.tab.waitForSelector('text=Sent');
      assert.equal(window.sent.pop().id, made.id);
      await window.context.close();
    });
  }

  test('shows no button where there are no passkeys', async () => {
    const window = await open();
    await window.tab.addInitScript(() => delete window.PublicKeyCredential);
    await window.show(page('sign-in', request([]), 'data-conditional'));
    await window.tab.waitForLoadState('load');
    assert.equal(await window.tab.isVisible('button[data-passkey]'), false);
    await window.context.close();
  });
});
