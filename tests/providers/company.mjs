// A company's own OpenID provider, with discovery, which the kind `oidc` is for. Its issuer is where it listens.

export const makeShape = (base) => ({
  name: 'company',
  title: 'Company',
  iss: () => base,
  issuerParameter: true,
  offline: (_, scope) => scope.includes('offline_access'),
  idClaims: ({ sub, email, email_verified, name, groups, amr, acr }) => ({
    sub, auth_time: Math.floor(Date.now() / 1000) - 5, sid: `sid-${sub}`,
    ...(email && { email, email_verified }), ...(name && { name }), ...(groups && { groups }), ...(amr && { amr }), ...(acr && { acr }),
  }),
  userinfo: ({ sub, email, email_verified, name, groups }) => ({ sub, ...(email && { email, email_verified }), ...(name && { name }), ...(groups && { groups }) }),
});

/** What the provider says of itself (OpenID Connect Discovery 1.0, 3). */
export const discovery = (base) => ({
  issuer: base,
  authorization_endpoint: `${base}/authorize`,
  token_endpoint: `${base}/token`,
  jwks_uri: `${base}/jwks`,
  userinfo_endpoint: `${base}/userinfo`,
  revocation_endpoint: `${base}/revoke`,
  end_session_endpoint: `${base}/logout`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
});
