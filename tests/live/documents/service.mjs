// A server of our own that stands in for Google, as deployments in local mode may have one.

import { createServer } from 'node:http';

/** What stands in for Google: it gives tokens for each code that begins with "good", and keeps what it is sent. */
export async function startService() {
  const forms = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += chunk; });
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(body));
      const answer = (status, json) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json));
      if (request.url === '/me') return answer(200, { email: 'user@gmail.com' });
      forms.push({ path: request.url, ...form });
      if (request.url === '/revoke') return answer(200, {});
      if (!form.code?.startsWith('good')) return answer(400, { error: 'invalid_grant' });
      return answer(200, { access_token: 'ya29.canary', refresh_token: '1//canary', token_type: 'Bearer', expires_in: 3599 });
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, forms, stop: () => new Promise((resolve) => server.close(resolve)) };
}

/** Sets Google up in the home tenant, with the stand-in's addresses. */
export function setUp(gateway, service) {
  const at = (path) => `${service.url}/${path}`;
  return gateway.admin('POST', '/auth/providers', {
    id: 'google', name: 'Google', icon: 'google', categories: ['productivity'], connectionType: 'oauth', clientId: 'us',
    clientSecret: 'canary-secret', authorizationUrl: at('auth'), tokenUrl: at('token'), revocationUrl: at('revoke'),
    userinfoUrl: at('me'), scopes: ['calendar'],
  });
}
