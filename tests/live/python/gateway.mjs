// A gateway for tests in another language: prints where it is and who may sign in
// as one line of JSON, and stops when its standard input ends.

import { ADMIN, startGateway } from '../harness.mjs';
import { startOrigin } from '../origins.mjs';

const gateway = await startGateway();
const pyjwt = await startOrigin({ portcullis: gateway.url, flavour: 'python' });
await gateway.route({ name: 'dashboard', path: '/api/dashboard/' });
await gateway.route({ name: 'agents', path: '/agents' });
await gateway.route({ name: 'pyjwt', path: '/pyjwt/', origin: pyjwt.url });
const person = await gateway.makePerson({ roles: ['MANAGER'] });
console.log(JSON.stringify({ url: gateway.url, admin: ADMIN, adminToken: gateway.adminToken, person }));

process.stdin.resume();
process.stdin.on('end', async () => {
  await pyjwt.stop();
  await gateway.stop();
  process.exit(0);
});
