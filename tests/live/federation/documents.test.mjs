// The pages of docs/sign-in: what each tells an administrator to send makes the provider that it says, and what it tells
// to type at the provider is what we use there.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { at } from '../../../scripts/lib/paths.mjs';
import { PASSWORD } from '../harness.mjs';
import { standard, startFederation, Visitor } from './harness.mjs';

const DOCUMENTED = 'https://auth.example.com';
const pages = readdirSync(at('docs', 'sign-in')).map((file) => ({ file, text: readFileSync(at('docs', 'sign-in', file), 'utf8') }));

/** The bodies that a page's commands send to `v2/IdentityProviders`, with the tenant that they are for. */
const bodies = ({ text }) =>
  [...text.matchAll(/\/tenant\/(\w+)\/v2\/IdentityProviders -H "Authorization[^]*?-d '([^']*)'/g)].map(([, tenant, json]) => ({ tenant, json }));

let gateway;
let stop;
let company;
let tokens;

before(async () => {
  const { startSamlCompany } = await standard('saml');
  ({ gateway, stop } = await startFederation({ kinds: [] }));
  const admin = { email: 'admin@acme.example', password: PASSWORD };
  await gateway.admin('POST', '/tenant/home/v2/Tenants', { id: 'acme', name: 'Acme', admin });
  await gateway.admin('PATCH', '/tenant/home/v2/Tenants/acme', { enterprise: true });
  const { json } = await gateway.send('/api/auth/login', { method: 'POST', json: admin, headers: { 'X-Tenant-Id': 'acme' } });
  tokens = { home: gateway.adminToken, acme: json.data.tokens.accessToken };
  company = await startSamlCompany({ metadataUrl: `${gateway.url}/none`, people: {} });
});
after(async () => {
  await company?.stop();
  await stop?.();
});

test('there are pages, and each has a command', () => {
  assert.ok(pages.length >= 8);
  for (const page of pages) assert.ok(bodies(page).length > 0, page.file);
});

for (const page of pages) {
  describe(page.file, () => {
    for (const { tenant, json } of bodies(page)) {
      const { id, kind } = JSON.parse(json);
      test(`makes "${id}" (${kind}), at the addresses that the page spells out`, async () => {
        // Placeholders, and an address that is there.
        const wanted = JSON.parse(json.replaceAll('…', 'x').replaceAll(/\{[\w ]+ id\}/g, '11111111-2222-4333-8444-555555555555'));
        if (wanted.metadataUrl) wanted.metadataUrl = `${company.url}/metadata`;
        const providers = `/tenant/${tenant}/v2/IdentityProviders`;
        const made = await gateway.send(providers, { method: 'POST', token: tokens[tenant], json: wanted });
        assert.equal(made.status, 201, made.text);
        assert.equal(made.json.clientSecret, undefined);
        assert.equal(made.json.clientSecretSet, 'clientSecret' in wanted, made.text);
        const paths = kind === 'saml' ? ['metadata', 'acs'] : ['callback'];
        const names = id === 'company' ? ['{id}', '{tenant}'] : [id, tenant];
        for (const path of paths) assert.ok(page.text.includes(`${DOCUMENTED}/tenant/${names[1]}/sso/${names[0]}/${path}`), path);
        if (kind === 'saml') {
          const metadata = await gateway.send(`/tenant/${tenant}/sso/${id}/metadata`);
          assert.ok(metadata.text.includes(`${gateway.url}/tenant/${tenant}/sso/${id}/acs`), metadata.text);
        } else if (kind !== 'oidc') {
          // The real one is not asked: only where one would be sent.
          const there = await new Visitor(gateway).begin(id, { tenant });
          assert.match(there.hostname, /google\.com$|microsoftonline\.com$|github\.com$/);
          assert.equal(there.searchParams.get('redirect_uri'), `${gateway.url}/tenant/${tenant}/sso/${id}/callback`);
        }
        assert.equal((await gateway.send(`${providers}/${id}`, { method: 'DELETE', token: tokens[tenant] })).status, 204);
      });
    }
  });
}
