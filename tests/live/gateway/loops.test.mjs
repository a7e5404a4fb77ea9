// A route that leads back to the gateway, by a name that does not show it, ends at the second turn.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { SKIP_LIMITS, startGateway } from '../harness.mjs';

describe('a route that leads back', () => {
  let gateway;
  let relay;
  let connections = 0;

  before(async () => {
    gateway = await startGateway();
    // Another port of this machine from which bytes go to the gateway.
    relay = net.createServer((socket) => {
      connections += 1;
      const through = net.connect(Number(new URL(gateway.url).port), '127.0.0.1');
      for (const one of [socket, through]) one.on('error', () => [socket, through].forEach((each) => each.destroy()));
      socket.pipe(through).pipe(socket);
    });
    await new Promise((go) => relay.listen(0, '127.0.0.1', go));
    const origin = `http://127.0.0.1:${relay.address().port}`;
    await gateway.route({ name: 'loop', path: '/loop/', auth: 'none', origin });
    await gateway.route({ name: 'login', path: '/sign/', auth: 'none', origin: `${origin}/api/auth`, stripPrefix: true });
  });
  after(() => {
    relay?.close();
    return gateway?.stop();
  });

  test('ends with 508 after one turn, whatever its caller sends', async () => {
    for (const headers of [{}, { Via: '1.1 proxy.example' }, { Connection: 'close, Via' }, { 'Max-Forwards': '0' }]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const before = connections;
        const answer = await gateway.send('/loop/x', { method, headers, timeout: 5_000 });
        assert.equal(answer.status, 508, answer.text);
        assert.equal(answer.json.code, 'LOOP_DETECTED');
        assert.ok(connections - before <= 1, `${connections - before} turns`);
      }
    }
    const answer = await gateway.send('/sign/me');
    assert.equal(answer.status, 508);
    assert.equal(answer.json.success, false);
  });

  test('is refused when it is saved, in every spelling that shows it', async () => {
    const { port } = new URL(gateway.url);
    for (const host of ['localhost', 'localhost.', '127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]']) {
      const answer = await gateway.send('/tenant/home/v2/Routes', {
        method: 'POST',
        json: { name: 'self', path: '/self/', origin: `http://${host}:${port}` },
        token: gateway.adminToken,
        headers: SKIP_LIMITS,
      });
      assert.equal(answer.status, 400, `${host}: ${answer.text}`);
      assert.match(answer.text, /origin/);
    }
  });
});
