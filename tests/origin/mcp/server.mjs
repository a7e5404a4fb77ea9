// The demo's MCP server: the official SDK behind a route of the gateway, which lets nobody through without a token for
// it. Who is calling, and what they may do, is in the assertion that the gateway sends with each request.
//
//   PORT        where to listen (9001)
//   PORTCULLIS  the gateway's own origin (http://localhost:8787)
//   TENANT      whose assertions to trust (home)
//   AUDIENCE    whom they are for (notes)

import http from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { PORT = '9001', PORTCULLIS = 'http://localhost:8787', TENANT = 'home', AUDIENCE = 'notes' } = process.env;
const issuer = `${PORTCULLIS}/tenant/${TENANT}`;
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
const checks = { algorithms: ['ES256'], typ: 'gw+jwt', issuer, audience: AUDIENCE, requiredClaims: ['sub', 'exp'], clockTolerance: 5 };

const answer = (value) => ({ content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }] });

/** The server as one caller has it. */
function serverFor({ sub, roles, scope = '' }) {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool('whoami', { description: 'Who is calling, and with which rights.' }, () => answer({ sub, roles, scope }));
  server.registerTool('list_notes', { description: "The caller's own notes." }, () =>
    scope.split(' ').includes('notes:read')
      ? answer([{ owner: sub, text: 'Only you and your agent can read this.' }])
      : { ...answer('the scope notes:read is missing'), isError: true });
  return server;
}

const listening = http.createServer(async (request, response) => {
  const assertion = request.headers['x-portcullis-assertion'] ?? '';
  const claims = await jwtVerify(assertion, keys, checks).then(({ payload }) => payload, () => null);
  if (!claims) return response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"assertion_refused"}');
  // Without sessions: each request brings its caller, and has a server of its own.
  const server = serverFor(claims);
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on('close', () => server.close());
  await server.connect(transport);
  return transport.handleRequest(request, response);
});
listening.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`MCP server on http://localhost:${listening.address().port}, trusting ${issuer}`);
});
