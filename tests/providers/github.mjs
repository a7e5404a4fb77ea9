// GitHub's endpoints: no OpenID Connect, but an OAuth token with which one asks `/user` and `/user/emails`
// (docs.github.com: "Authorizing OAuth apps", "Users", "Emails").
import { json } from './oauth.mjs';

const WORDS = {
  invalid_grant: ['bad_verification_code', 'The code passed is incorrect or expired.'],
  redirect_uri_mismatch: ['redirect_uri_mismatch', 'The redirect_uri MUST match the registered callback URL for this application.'],
  invalid_client: ['incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.'],
};

/** GitHub's token endpoint answers as a form, unless JSON is asked for, and says errors with status 200. */
function answerAs(body, response, accept) {
  if (/json/.test(accept ?? '')) return json(response, 200, body);
  return response.writeHead(200, { 'content-type': 'application/x-www-form-urlencoded' }).end(new URLSearchParams(body).toString());
}

export const shape = {
  name: 'github',
  title: 'GitHub',
  iss: () => 'https://github.com',
  grantTypeOptional: true,
  offline: () => false,
  accessToken: () => `gho_${crypto.randomUUID().replaceAll('-', '')}`,
  tokenError(error, response, accept) {
    const [code, text] = WORDS[error] ?? [error, error];
    return answerAs({ error: code, error_description: text, error_uri: 'https://docs.github.com/apps' }, response, accept);
  },
  tokenAnswer: ({ access_token, scope }, response, accept) => answerAs({ access_token, token_type: 'bearer', scope: scope.replaceAll(' ', ',') }, response, accept),
  userinfo: ({ id, login, name, emails }) => ({
    login, id, node_id: Buffer.from(`04:User${id}`).toString('base64'), avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`, type: 'User', site_admin: false,
    name, company: null, blog: '', location: null, bio: null, public_repos: 0, followers: 0, created_at: '2020-01-01T00:00:00Z',
    // The public address of the profile, which one may show or not, and which says nothing of who reads it.
    email: emails[0]?.[0] ?? null,
  }),
  emails: ({ emails }) => emails.map(([email, primary, verified]) => ({ email, primary, verified, visibility: primary ? 'private' : null })),
};
