import { UserManager } from 'oidc-client-ts';

export const auth = new UserManager({
  authority: AUTHORITY, // 'https://auth.example.com/tenant/home': everything else is discovered
  client_id: CLIENT_ID,
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/`,
  scope: 'openid profile email offline_access read',
  revokeTokensOnSignout: true, // offline_access outlives the sign-in at the gateway otherwise
});

export const signIn = () => auth.signinRedirect({ state: location.pathname });
export const signInWithPopup = () => auth.signinPopup();
export const signOut = () => auth.signoutRedirect();

/** On /callback: goes back to where the sign-in began; in a popup the window closes by itself. */
export async function callback() {
  const user = await auth.signinCallback();
  if (user) location.replace(user.state ?? '/');
}

/** Calls an API, or a route of the gateway, with a token that is still good. */
export async function call(url) {
  let user = await auth.getUser();
  if (user?.expired) user = await auth.signinSilent(); // by refresh token
  return fetch(url, { headers: { Authorization: `Bearer ${user.access_token}` } });
}
