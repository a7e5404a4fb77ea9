// Origins as processes of their own, as they are in real life.

import { spawn } from 'node:child_process';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

const folder = new URL('../origin/', import.meta.url);
const PYTHON = process.env.PYTHON ?? 'python3';

/** Starts the demo origin, or another `program` beside it; `flavour` is `node` (jose) or `python` (PyJWT). */
export function startOrigin({ portcullis, tenant = 'home', audience = 'app', flavour = 'node', program = 'server', more = {} }) {
  const [command, file] = flavour === 'node' ? [process.execPath, `${program}.mjs`] : [PYTHON, `${program}.py`];
  const child = spawn(command, [fileURLToPath(new URL(file, folder))], {
    env: { ...process.env, PORT: '0', PORTCULLIS: portcullis, TENANT: tenant, AUDIENCE: audience, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((go) => child.once('exit', go));
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint += chunk;
    });
    ended.then((code) => reject(new Error(`the ${flavour} origin ended (${code}): ${complaint}`)));
    child.stdout.on('data', (chunk) => {
      const port = /localhost:(\d+)/.exec(chunk.toString())?.[1];
      if (port === undefined) return;
      resolve({
        url: `http://127.0.0.1:${port}`,
        stop() {
          child.kill('SIGKILL');
          return ended;
        },
      });
    });
  });
}

/** An origin that answers with the assertion it got. */
export function startMirror(header = 'x-portcullis-assertion') {
  const server = http.createServer((request, response) => response.end(request.headers[header]));
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close().closeAllConnections() });
    });
  });
}
