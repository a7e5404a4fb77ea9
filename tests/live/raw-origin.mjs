// An origin that answers with the very bytes that it is told, and keeps those that it got.

import net from 'node:net';

/**
 * Starts one. `answer(path, request)` is called with each request's head (a byte a character) and answers a string
 * of the same kind, or an array of those and of numbers: milliseconds to wait in between.
 */
export async function startRawOrigin(answer) {
  const origin = { requests: [], sockets: new Set() };
  const server = net.createServer((socket) => {
    origin.sockets.add(socket);
    socket.on('error', () => {});
    let pending = '';
    socket.on('data', async (chunk) => {
      pending += chunk.toString('latin1');
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = pending.slice(0, end + 4);
      const request = { head, get body() { return pending.slice(end + 4); } };
      if (origin.requests.at(-1)?.head === head && origin.requests.at(-1).socket === socket) return;
      origin.requests.push(Object.assign(request, { socket }));
      for (const part of [answer(head.split(' ')[1], request)].flat()) {
        if (typeof part === 'number') await new Promise((go) => setTimeout(go, part));
        else socket.write(Buffer.from(part, 'latin1'));
      }
      socket.end();
    });
  });
  await new Promise((go) => server.listen(0, '127.0.0.1', go));
  origin.url = `http://127.0.0.1:${server.address().port}`;
  origin.stop = () => {
    for (const socket of origin.sockets) socket.destroy();
    server.close();
  };
  /** The value of a header field of the newest request, a byte a character. */
  origin.field = (name) => {
    const lines = origin.requests.at(-1).head.split('\r\n');
    return lines.find((line) => line.toLowerCase().startsWith(`${name}: `))?.slice(name.length + 2);
  };
  return origin;
}

/** A whole answer. */
export const ok = (fields = [], body = 'ok', status = '200 OK') =>
  [`HTTP/1.1 ${status}`, ...fields, `Content-Length: ${body.length}`, 'Connection: close', '', body].join('\r\n');
