// An agent: node agent.mjs http://localhost:8787/mcp list_notes
// It says where to sign in, and calls a tool with the rights of whoever did. It registers itself unless
// CLIENT_METADATA_URL is the https address of its own Client ID Metadata Document.
import http from 'node:http';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [server, tool = 'whoami'] = process.argv.slice(2);

const kept = { state: crypto.randomUUID() };

// Where the browser comes back to, with the code.
let arrived;
const answered = new Promise((resolve) => (arrived = resolve));
const callback = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  response.end('You can close this page.');
  if (url.pathname === '/callback' && url.searchParams.get('state') === kept.state) arrived(url.searchParams);
});
await new Promise((resolve) => callback.listen(0, '127.0.0.1', resolve));
const redirectUrl = `http://127.0.0.1:${callback.address().port}/callback`;

const authProvider = {
  redirectUrl,
  clientMetadataUrl: process.env.CLIENT_METADATA_URL,
  clientMetadata: {
    client_name: 'Notes agent', redirect_uris: [redirectUrl], token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
  },
  state: () => kept.state,
  clientInformation: () => kept.client,
  saveClientInformation: (client) => (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => (kept.tokens = tokens),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => (kept.verifier = verifier),
  redirectToAuthorization: (url) => console.log(`Sign in at ${url}`),
};

const client = new Client({ name: 'notes-agent', version: '1.0.0' });
const transport = () => new StreamableHTTPClientTransport(new URL(server), { authProvider });
const first = transport();
try {
  await client.connect(first);
} catch (error) {
  if (!(error instanceof UnauthorizedError)) throw error;
  const answer = await answered;
  if (answer.has('error')) throw new Error(`${answer.get('error')}: ${answer.get('error_description')}`);
  await first.finishAuth(answer.get('code'));
  await client.connect(transport());
}
const { content } = await client.callTool({ name: tool, arguments: {} });
console.log(content[0].text);
await client.close();
callback.close();
