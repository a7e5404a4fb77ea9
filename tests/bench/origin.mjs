// The origin behind every gateway that is measured: answers each request with the same few
// bytes, and parses nothing but the end of a request's head, so that it is never the bottleneck.
import net from 'node:net';

const body = '{"ok":true}';
const answer = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

const server = net.createServer({ noDelay: true }, (socket) => {
  let tail = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const heads = (tail + chunk.toString('latin1')).split('\r\n\r\n');
    tail = heads.pop();
    for (let each = heads.length; each > 0; each -= 1) socket.write(answer);
  });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
