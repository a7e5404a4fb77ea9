// The administrator's session: a code with PKCE by way of the browser, then tokens that are kept in memory alone. After a reload
// the browser's session gives the next code, without a question.
import { base, origin, tenant } from './place';

interface Tokens { accessToken: string; expiresIn: number; renewal: string }
/** How well or how lately the person must have proved who they are. */
export interface Proof { maxAge?: number; secondFactor?: boolean }
interface Begun { verifier: string; to: string }

/** Where a console is opened. */
const opening = `/tenant/${tenant}/console-session`;
const KEPT = 'console-sign-in:';
/** What marks a request of a window that was opened to confirm, and closes again. */
const CONFIRMING = 'confirm-';
const channel = () => new BroadcastChannel(`console-${tenant}`);

let tokens: Tokens | undefined;
let renewsAt = 0;
let renewing: Promise<void> | undefined;

export class SignInFailed extends Error {}
export class NotConfirmed extends Error {}

const base64url = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

async function begin(mark: string, proof: Proof): Promise<{ state: string; verifier: string; url: string }> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
  const state = mark + crypto.randomUUID();
  const query = new URLSearchParams({ state, challenge });
  if (proof.maxAge !== undefined) query.set('max_age', String(proof.maxAge));
  if (proof.secondFactor) query.set('second_factor', '1');
  return { state, verifier, url: `${origin}${opening}/authorize?${query}` };
}

async function fetchTokens(body: object): Promise<boolean> {
  const asked = Date.now();
  const answer = await fetch(`${opening}/token`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) {
    if (answer.status === 401) return false;
    throw new SignInFailed(String(answer.status));
  }
  tokens = (await answer.json()) as Tokens;
  // A while before it ends, so that no call is late.
  renewsAt = asked + tokens.expiresIn * 1000 * 0.8;
  return true;
}

/** Has the browser sign in, and come back to this screen. */
export async function signIn(to = location.pathname + location.search): Promise<never> {
  const { state, verifier, url } = await begin('', {});
  sessionStorage.setItem(KEPT + state, JSON.stringify({ verifier, to } satisfies Begun));
  location.replace(url);
  return new Promise<never>(() => {});
}

/** Opens the session of this window; false in a window that only brings a code to another one. */
export async function open(): Promise<boolean> {
  const query = new URLSearchParams(location.search);
  const [code, state] = [query.get('code'), query.get('state')];
  if (location.pathname !== `${base}/callback` || !code || !state) return signIn();
  // The code is in no history and in no address that could be copied.
  history.replaceState(null, '', base);
  if (state.startsWith(CONFIRMING)) {
    channel().postMessage({ state, code });
    window.close();
    return false;
  }
  const kept = sessionStorage.getItem(KEPT + state);
  sessionStorage.removeItem(KEPT + state);
  if (!kept) return signIn(base);
  const { verifier, to } = JSON.parse(kept) as Begun;
  if (!(await fetchTokens({ code, codeVerifier: verifier }))) throw new SignInFailed('401');
  history.replaceState(null, '', to.startsWith(`${base}/`) ? to : base);
  return true;
}

/** A token that is good for a while; undefined if the session is over. */
export async function token(): Promise<string | undefined> {
  if (tokens && Date.now() >= renewsAt) {
    renewing ??= fetchTokens({ renewal: tokens.renewal })
      .then((renewed) => {
        if (!renewed) tokens = undefined;
      })
      .finally(() => {
        renewing = undefined;
      });
    await renewing;
  }
  return tokens?.accessToken;
}

/** Forgets a token that is refused. */
export function forget() {
  tokens = undefined;
}

/**
 * Opens a window in which the person confirms who they are; undefined if the browser holds it back, as it does where nobody
 * clicked. `done` fails when they close it or `cancel` is called.
 */
export function confirmInWindow(proof: Proof): { done: Promise<void>; cancel: () => void } | undefined {
  const opened = window.open('about:blank', '_blank', 'popup,width=520,height=760');
  if (!opened) return undefined;
  const listener = channel();
  let cancel = () => {};
  const cancelled = new Promise<never>((_, reject) => {
    cancel = () => reject(new NotConfirmed());
  });
  // It closes itself once it has sent the code, which may take a moment to come.
  const watch = setInterval(() => opened.closed && setTimeout(cancel, 1000), 500);
  const confirm = async () => {
    const { state, verifier, url } = await begin(CONFIRMING, proof);
    const code = new Promise<string>((resolve) => {
      listener.onmessage = ({ data }) => data?.state === state && typeof data.code === 'string' && resolve(data.code);
    });
    opened.location.replace(url);
    if (!(await fetchTokens({ code: await Promise.race([code, cancelled]), codeVerifier: verifier }))) throw new NotConfirmed();
  };
  const done = Promise.race([confirm(), cancelled]).finally(() => {
    clearInterval(watch);
    listener.close();
    opened.close();
  });
  return { done, cancel };
}

/** Ends the session, and leaves for the page that says so. */
export async function signOut(): Promise<void> {
  location.assign(`${origin}/tenant/${tenant}/logout`);
}
