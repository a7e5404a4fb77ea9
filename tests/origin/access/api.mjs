// An API of its own, not behind the gateway: it verifies access tokens from discovery alone (jose).
// PORT, PORTCULLIS and TENANT as for ../server.mjs; AUDIENCE if it is another than the issuer.

import http from 'node:http';
import { verifier } from './verify.mjs';

const { PORT = '9000', PORTCULLIS, TENANT = 'home', AUDIENCE } = process.env;
const verify = await verifier(`${PORTCULLIS}/tenant/${TENANT}`, AUDIENCE || undefined);

const server = http.createServer(async (request, response) => {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const [status, body] = await verify(token).then(
    (claims) => [200, { claims }],
    (error) => [401, { error: 'invalid_token', message: error.message }],
  );
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`API on http://localhost:${server.address().port}`));
