// What a person has at hand to prove who they are: an authenticator app that reads a QR code off the screen,
// and a passkey in a virtual authenticator.

import assert from 'node:assert/strict';
import jsqr from 'jsqr';
import { generateSync } from 'otplib';
import { PNG } from 'pngjs';

const STEP = 30;

/** An app that was set up with the QR code that a page shows. */
export class App {
  #secret;
  #last = 0;

  constructor(uri) {
    const { protocol, host, searchParams } = new URL(uri);
    assert.deepEqual([protocol, host], ['otpauth:', 'totp']);
    this.uri = uri;
    this.#secret = searchParams.get('secret');
  }

  /** Reads the code with a camera's eyes: from a picture of the screen. */
  static async scan(page) {
    const picture = await page.getByRole('img', { name: /QR/ }).screenshot();
    const { data, width, height } = PNG.sync.read(picture);
    const read = jsqr.default(new Uint8ClampedArray(data), width, height);
    assert.ok(read, 'there is a QR code on the screen');
    return new App(read.data);
  }

  /** A code that was not given before. One of the step before or after now is accepted as well. */
  async code() {
    const now = () => Math.floor(Date.now() / 1000 / STEP);
    // The step before now must still be that when the code arrives.
    while ((Date.now() / 1000) % STEP > STEP - 5) await new Promise((go) => setTimeout(go, 500));
    const step = Math.max(now() - 1, this.#last + 1);
    // A step later than the next one is not there yet.
    while (step > now() + 1) await new Promise((go) => setTimeout(go, 500));
    this.#last = step;
    return generateSync({ secret: this.#secret, epoch: step * STEP });
  }
}

/** Puts a virtual authenticator into a page's browser. */
export async function withPasskeys(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: false,
    },
  });
  const present = (enabled) =>
    cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
  return {
    /** Does something while the person touches the authenticator. */
    async while(act) {
      await present(true);
      try {
        return await act();
      } finally {
        await present(false);
      }
    },
    async count() {
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
      return credentials.length;
    },
  };
}
