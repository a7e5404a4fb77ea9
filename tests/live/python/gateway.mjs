// A gateway for tests in another language: prints where it is and who may sign in
// as one line of JSON, and stops when its standard input ends.

import { ADMIN, PASSWORD, startGateway, SYSTEM_SECRET } from '../harness.mjs';
import { startOrigin } from '../origins.mjs';

const gateway = await startGateway();
const pyjwt = await startOrigin({ portcullis: gateway.url, flavour: 'python' });
await gateway.route({ name: 'dashboard', path: '/api/dashboard/' });
await gateway.route({ name: 'agents', path: '/agents' });
await gateway.route({ name: 'pyjwt', path: '/pyjwt/', origin: pyjwt.url });
const person = await gateway.makePerson({ roles: ['MANAGER'] });

// A tenant that may be spoiled.
const tenant = 'scratch';
const owner = { email: 'owner@example.com', password: PASSWORD };
await gateway.admin('POST', '/tenant/home/v2/Tenants', { id: tenant, name: 'Scratch', admin: owner });
const signedIn = await gateway.send('/api/auth/login', { method: 'POST', json: owner, headers: { 'X-Tenant-Id': tenant } });
const token = signedIn.json.data.tokens.accessToken;
const user = { email: 'user@example.com', password: PASSWORD };
const made = await gateway.send(`/tenant/${tenant}/v2/Users`, { method: 'POST', json: user, token });
const things = {
  Clients: { client_name: 'A client', redirect_uris: ['https://client.example.com/back'] },
  Plans: { name: 'business', rank: 20, features: ['exports'] },
  Routes: { name: 'app', path: '/scratch/', origin: 'https://origin.example.com' },
};
for (const [kind, json] of Object.entries(things)) await gateway.send(`/tenant/${tenant}/v2/${kind}`, { method: 'POST', json, token });
const scratch = { tenant, token, user: made.json.id };

const { url, adminToken } = gateway;
console.log(JSON.stringify({ url, admin: ADMIN, adminToken, person, scratch, systemSecret: SYSTEM_SECRET }));

process.stdin.resume();
process.stdin.on('end', async () => {
  await pyjwt.stop();
  await gateway.stop();
  process.exit(0);
});
