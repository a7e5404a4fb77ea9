// A real Keycloak as the company's identity provider, by OpenID Connect and by SAML 2.0, set up as docs/sign-in/keycloak.md
// says it: people sign in there with its own pages, get the roles of their groups, and sign out at both.
// `npm test -- keycloak` runs it; the Keycloak comes from Maven.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser, formsOf } from '../clients/browser.mjs';
import { addProvider, identitiesOf, startFederation, usersWith } from '../live/federation/harness.mjs';
import { OIDC_CLIENT, PASSWORD, startKeycloak } from './start.mjs';

let gateway;
let stop;
let keycloak;
const place = (path) => `${gateway.url}/tenant/home/${path}`;

before(async () => {
  ({ gateway, stop } = await startFederation({ kinds: [] }));
  keycloak = await startKeycloak({
    oidc: { redirectUris: [place('sso/keycloak/callback')], postLogoutRedirectUris: [`${gateway.url}/*`] },
    saml: { entityId: place('sso/keycloak-saml/metadata'), acs: place('sso/keycloak-saml/acs'), slo: place('sso/keycloak-saml/slo') },
  });
  const roleMap = { claim: 'groups', map: { Engineering: 'TECHNICIAN', Operations: 'MANAGER' } };
  await addProvider(gateway, { id: 'keycloak', kind: 'oidc', name: 'Acme', issuer: keycloak.issuer, ...OIDC_CLIENT, roleMap });
  await addProvider(gateway, {
    id: 'keycloak-saml', kind: 'saml', name: 'Acme by SAML', metadataUrl: keycloak.samlMetadata, roleMap, attributes: { email: 'email', name: 'firstName', groups: 'groups' },
  });
});
after(async () => {
  await keycloak?.stop();
  await stop?.();
});

/** A page that only hands a message on by itself, as browsers do with the script in it. */
const isRelay = (page) => formsOf(page.text).some(({ fields }) => fields.has('SAMLRequest') || fields.has('SAMLResponse'));

async function onward(browser, page) {
  let at = page;
  for (let hops = 0; hops < 6 && isRelay(at); hops += 1) at = await browser.submit(at, {}, formsOf(at.text)[0].fields.has('SAMLRequest') ? 'SAMLRequest' : 'SAMLResponse');
  return at;
}

/** Goes to the start, and through Keycloak's page where it shows one: the page at the end, and whether it was asked. */
async function signIn(browser, provider, username) {
  let page = await onward(browser, await browser.open(`${place(`sso/${provider}`)}?return_to=/app/hello`));
  const asked = formsOf(page.text).some(({ fields }) => fields.has('username'));
  if (asked) page = await onward(browser, await browser.submit(page, { username, password: PASSWORD }, 'username'));
  return { page, asked };
}

const PROVIDERS = { keycloak: 'OpenID Connect', 'keycloak-saml': 'SAML' };

for (const [provider, protocol] of Object.entries(PROVIDERS)) {
  describe(`Keycloak by ${protocol}`, () => {
    // One domain has one provider.
    before(async () => {
      const domains = await gateway.admin('GET', '/tenant/home/v2/Domains');
      for (const { domain } of domains.items) await gateway.admin('DELETE', `/tenant/home/v2/Domains/${domain}`);
      await gateway.admin('POST', '/tenant/home/v2/Tenants/home/Domains', { domain: 'acme.example', provider });
    });

    test('is fit, says the test of it', async () => {
      const said = await gateway.admin('POST', `/tenant/home/v2/IdentityProviders/${provider}/test`);
      assert.ok(!JSON.stringify(said).includes('"ok":false'), JSON.stringify(said));
    });

    test('signs in who is there, with name and roles, and finds them again', async () => {
      for (const [username, email, roles] of [['ada', 'ada@acme.example', ['MANAGER', 'TECHNICIAN']], ['lucja', 'lucja@acme.example', ['TECHNICIAN']]]) {
        const browser = new Browser();
        const { page, asked } = await signIn(browser, provider, username);
        assert.equal(asked, true);
        assert.equal(page.status, 200, `${page.url} ${page.text}`);
        assert.equal(page.url.pathname, '/app/hello');
        assert.deepEqual([...page.json.claims.roles].sort(), roles);
        const [user, ...others] = await usersWith(gateway, email);
        assert.deepEqual([user.id, user.emailVerified, others], [page.json.claims.sub, true, []]);
        assert.match(user.name, username === 'ada' ? /^Ada/ : /^Łucja/);
        const identity = (await identitiesOf(gateway, user.id)).find((one) => one.provider === provider);
        assert.equal(identity.issuer, keycloak.issuer);
        // Keycloak knows the browser now, and so do we.
        const again = await signIn(browser, provider, username);
        assert.deepEqual([again.asked, again.page.json.claims.sub], [false, user.id]);
      }
    });

    test('signs out at both, when it begins here', async () => {
      const browser = new Browser();
      await signIn(browser, provider, 'ada');
      let page = await onward(browser, await browser.submit(await browser.open(place('logout'))));
      // By OpenID Connect it asks whether to, as we keep no ID token to show.
      if (page.url.href.startsWith(keycloak.url) && formsOf(page.text).length > 0) page = await browser.submit(page);
      assert.ok(page.status < 400, `${page.url} ${page.status} ${page.text}`);
      const hello = await browser.open(`${gateway.url}/app/hello`);
      assert.match(hello.url.pathname, /\/login$/);
      assert.equal((await signIn(browser, provider, 'ada')).asked, true);
    });

    test('says no in its own words, and we in ours', async () => {
      const browser = new Browser();
      const page = await browser.open(`${place(`sso/${provider}`)}`);
      const login = await onward(browser, page);
      const wrong = await browser.submit(login, { username: 'ada', password: 'wrong' }, 'username');
      assert.ok(wrong.url.href.startsWith(keycloak.url), wrong.url.href);
    });
  });
}

test('signing out at Keycloak signs out here, by SAML', async () => {
  const browser = new Browser();
  await signIn(browser, 'keycloak-saml', 'ada');
  let page = await browser.open(`${keycloak.issuer}/protocol/openid-connect/logout`);
  page = await browser.submit(page);
  for (let hops = 0; hops < 4; hops += 1) {
    page = await onward(browser, page);
    // Where several applications are signed out, Keycloak lists them on a page with a link.
    const [, next] = /href="([^"]*frontchannel[^"]*)"/i.exec(page.text) ?? [];
    if (!next) break;
    page = await browser.open(next);
  }
  const hello = await browser.open(`${gateway.url}/app/hello`);
  assert.match(hello.url.pathname, /\/login$/, hello.text);
});
