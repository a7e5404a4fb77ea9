// A web application for one person: what the tests of JavaScript libraries hang their routes on.

import http from 'node:http';
import { port } from './harness.mjs';

/**
 * Serves `routes`, path → handler, on a port of its own. A handler gets the request's URL, the request and its body,
 * and answers an address to go to, or what is shown as JSON; what it throws is shown with 500.
 */
export async function startApp(routes) {
  const at = `http://127.0.0.1:${await port()}`;
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, at);
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    try {
      const answer = (await routes[url.pathname]?.(url, request, Buffer.concat(chunks))) ?? { nothing: url.pathname };
      if (answer instanceof URL) response.writeHead(303, { location: answer.href }).end();
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    } catch (error) {
      response.writeHead(500).end(`${error.stack}\n${JSON.stringify(error.cause ?? error)}`);
    }
  });
  await new Promise((resolve) => server.listen(new URL(at).port, '127.0.0.1', resolve));
  return { url: at, stop: () => server.close().closeAllConnections() };
}

/** The same for a library that speaks the Fetch standard: `handle` is given a Request below `base` and answers a Response. */
export async function startFetchApp(base, handle) {
  const at = `http://127.0.0.1:${await port()}`;
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = Object.entries(request.headers).filter(([, value]) => typeof value === 'string');
    const body = ['GET', 'HEAD'].includes(request.method) ? undefined : Buffer.concat(chunks);
    if (!request.url.startsWith(base)) return response.end('home');
    const answer = await handle(new Request(at + request.url, { method: request.method, headers, body }));
    for (const [name, value] of answer.headers) if (name !== 'set-cookie') response.setHeader(name, value);
    response.setHeader('set-cookie', answer.headers.getSetCookie());
    return response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise((resolve) => server.listen(new URL(at).port, '127.0.0.1', resolve));
  return { url: at, stop: () => server.close().closeAllConnections() };
}
