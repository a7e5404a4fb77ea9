// A single-page app on an origin of its own: one page, bundled with the library that is asked for.

import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>App</title>
<p id="who"></p><p id="error"></p>
<button id="sign-in">Sign in</button><button id="popup">Sign in with a popup</button><button id="sign-out">Sign out</button>
<script src="/app.js" type="module"></script></html>`;

/**
 * Starts listening, so that the client can be registered; `serve` then says for whom the page signs in.
 * The address is another site than `localhost`, as another company's would be.
 */
export async function startSpa() {
  let script = '';
  const server = http.createServer((request, response) => {
    const isScript = request.url === '/app.js';
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' });
    response.end(isScript ? script : PAGE);
  });
  await new Promise((go) => server.listen(0, '127.0.0.1', go));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async serve({ authority, clientId, library = 'oidc-client-ts' }) {
      const { outputFiles } = await build({
        entryPoints: [fileURLToPath(new URL('app.js', import.meta.url))],
        bundle: true,
        write: false,
        format: 'esm',
        alias: { 'oidc-client-ts': library },
        define: { AUTHORITY: JSON.stringify(authority), CLIENT_ID: JSON.stringify(clientId) },
        logLevel: 'warning',
      });
      script = outputFiles[0].text;
    },
    stop: () => server.close().closeAllConnections(),
  };
}
