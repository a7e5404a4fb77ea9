// Passkeys on the hosted pages. A page uses it so:
//
//   <script src="/passkeys.js" defer></script>
//   <form method="post" data-options="{…}" data-conditional>
//     <input type="hidden" name="credential">
//     <button type="button" data-passkey="sign-in" hidden>Sign in with a passkey</button>
//     <p data-passkey-problem role="alert" hidden>That did not work. Please try again.</p>
//   </form>
//
// `data-passkey` is `register` on a form that adds a passkey, `sign-in` or `second-factor` on one that uses one.
// `data-options` has the creation or request options as the JSON of Web Authentication Level 3, HTML-escaped; or
// `data-options-url` names what answers a POST with them, bare or as `{data}`, where the page's policy allows
// that (`connect-src 'self'`). Where the browser has passkeys the button is shown. When it is used, the answer
// stands in `credential`, as `toJSON()` writes it, and the form is sent.
//
// With `data-conditional` a passkey is offered in the browser's autofill as well, beside a field that says
// `autocomplete="username webauthn"`; one form of a page at most, and only one that signs in.
'use strict';

(() => {
  const api = window.PublicKeyCredential;
  if (!api || !navigator.credentials) return;

  const bytes = (text) => {
    const base64 = text.replace(/-/g, '+').replace(/_/g, '/');
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  };
  const text = (buffer) => {
    const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('');
    return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  };
  const descriptors = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  function creation(json) {
    if (api.parseCreationOptionsFromJSON) return api.parseCreationOptionsFromJSON(json);
    return {
      ...json,
      challenge: bytes(json.challenge),
      user: { ...json.user, id: bytes(json.user.id) },
      excludeCredentials: descriptors(json.excludeCredentials),
    };
  }

  function request(json) {
    if (api.parseRequestOptionsFromJSON) return api.parseRequestOptionsFromJSON(json);
    return { ...json, challenge: bytes(json.challenge), allowCredentials: descriptors(json.allowCredentials) };
  }

  function answer(credential) {
    if (credential.toJSON) {
      try {
        return JSON.stringify(credential.toJSON());
      } catch {
        // Some password managers leave their own objects here, which do not know how.
      }
    }
    const from = credential.response;
    const response = { clientDataJSON: text(from.clientDataJSON) };
    for (const name of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
      if (from[name]) response[name] = text(from[name]);
    }
    if (from.getTransports) response.transports = from.getTransports();
    const id = text(credential.rawId);
    return JSON.stringify({ id, rawId: id, type: credential.type, response, clientExtensionResults: {} });
  }

  async function options(form) {
    if (form.dataset.options) return JSON.parse(form.dataset.options);
    const headers = { accept: 'application/json' };
    const reply = await fetch(form.dataset.optionsUrl, { method: 'POST', headers });
    if (!reply.ok) throw new Error(`options: ${reply.status}`);
    const json = await reply.json();
    return json.data || json;
  }

  function send(form, credential) {
    form.elements.credential.value = answer(credential);
    // What else the form asks for is not needed with a passkey.
    HTMLFormElement.prototype.submit.call(form);
  }

  // The browser takes one request at a time: the one of its autofill gives way to a button.
  let waiting = null;

  async function run(form, button) {
    const problem = form.querySelector('[data-passkey-problem]');
    if (problem) problem.hidden = true;
    button.disabled = true;
    try {
      if (waiting) waiting.abort();
      waiting = null;
      const json = await options(form);
      const credential = button.dataset.passkey === 'register'
        ? await navigator.credentials.create({ publicKey: creation(json) })
        : await navigator.credentials.get({ publicKey: request(json) });
      send(form, credential);
    } catch (error) {
      console.error(error);
      if (problem) problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  }

  async function offer(form) {
    if (!api.isConditionalMediationAvailable || !(await api.isConditionalMediationAvailable())) return;
    const own = new AbortController();
    waiting = own;
    try {
      const publicKey = request(await options(form));
      if (own.signal.aborted) return;
      send(form, await navigator.credentials.get({ publicKey, mediation: 'conditional', signal: own.signal }));
    } catch (error) {
      if (!own.signal.aborted) console.error(error);
    }
  }

  for (const button of document.querySelectorAll('button[data-passkey]')) {
    const { form } = button;
    if (!form) continue;
    button.hidden = false;
    button.addEventListener('click', () => run(form, button));
  }
  const offered = document.querySelector('form[data-conditional]');
  if (offered) offer(offered);
})();
