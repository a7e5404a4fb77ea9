// Signs as a real Keycloak: signs in with its own login page and takes the messages that its pages would post. Its
// realm has the key of keys/idp, and answers as many clients' settings as there are cases.
import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { PASSWORD, startKeycloak } from '../../keycloak/start.mjs';
import { read } from './read.mjs';

const BASE = 'https://auth.example/tenant/acme/sso/okta';
const SP = { entityId: `${BASE}/metadata`, acs: `${BASE}/acs`, slo: `${BASE}/slo` };
const key = (name) => readFileSync(new URL(`../keys/${name}`, import.meta.url), 'utf8');
const certificate = key('idp.crt');

const keycloak = await startKeycloak({
  saml: SP,
  change(realm) {
    const provider = (name, providerId, config) => ({ name, providerId, config: { priority: ['100'], ...config } });
    realm.components = {
      'org.keycloak.keys.KeyProvider': [
        provider('rsa', 'rsa', { privateKey: [key('idp.key')], certificate: [certificate], algorithm: ['RS256'] }),
        provider('hmac', 'hmac-generated', { algorithm: ['HS512'] }),
        provider('aes', 'aes-generated', {}),
      ],
    };
  },
});
const entityId = keycloak.issuer;
const [client] = await keycloak.admin(`/clients?clientId=${encodeURIComponent(SP.entityId)}`);

/** A browser with cookies, that follows redirects within Keycloak and stops at those that leave it. */
function browser() {
  const jar = new Map();
  return async function go(url, options = {}) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { ...options, redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      jar.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location?.startsWith(keycloak.url)) return go(location);
    return { status: answer.status, location, text: await answer.text() };
  };
}

const unescape = (text) => text.replace(/&#(\d+);/g, (_, n) => String.fromCodePoint(n)).replace(/&quot;/g, '"').replace(/&amp;/g, '&');
const field = (page, name) => unescape(new RegExp(`name="${name}" value="([^"]*)"`, 'i').exec(page)?.[1] ?? '');
const action = (page) => new URL(unescape(/<form[^>]*action="([^"]+)"/i.exec(page)[1]), keycloak.url).href;
const query = (message) => new URLSearchParams({ SAMLRequest: deflateRawSync(Buffer.from(message)).toString('base64') });
const stamp = () => new Date().toISOString().replace(/\.\d+/, '');

function authnRequest(id) {
  return `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${id}" Version="2.0" IssueInstant="${stamp()}" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" AssertionConsumerServiceURL="${SP.acs}"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${SP.entityId}</saml:Issuer></samlp:AuthnRequest>`;
}

async function signIn(go, start, username = 'ada') {
  const page = await go(start);
  const answer = await go(action(page.text), { method: 'POST', body: new URLSearchParams({ username, password: PASSWORD }) });
  const response = field(answer.text, 'SAMLResponse');
  if (!response) throw new Error(`no SAMLResponse in ${answer.status} ${answer.location} ${answer.text.slice(0, 2000)}`);
  return Buffer.from(response, 'base64').toString('utf8');
}

function record(name, kind, message, { allowSha1 = false, idpInitiated = false, inResponseTo = null, binding = 'post' }) {
  const line = {
    name: `keycloak: ${name}`, signer: 'keycloak', class: 'valid', kind, binding, sp: SP, idp: { entityId, certificates: [certificate] },
    options: { allowSha1, idpInitiated }, inResponseTo, now: stamp(), used: [], message, expect: read(kind, binding, message),
  };
  console.log(JSON.stringify(line));
}

const configure = (attributes) =>
  keycloak.admin(`/clients/${client.id}`, { method: 'PUT', body: JSON.stringify({ ...client, attributes: { ...client.attributes, ...attributes } }) });

const CASES = {
  'response, RSA-SHA256': [{}, 'ada'],
  'assertion, RSA-SHA256, not ASCII': [{ 'saml.server.signature': 'false', 'saml.assertion.signature': 'true' }, 'lucja'],
  'both, RSA-SHA256': [{ 'saml.assertion.signature': 'true' }, 'ada'],
  'both, RSA-SHA512, persistent': [{ 'saml.assertion.signature': 'true', 'saml.signature.algorithm': 'RSA_SHA512', saml_name_id_format: 'persistent' }, 'lucja'],
  'response, transient, used once': [{ saml_name_id_format: 'transient', 'saml.onetimeuse.condition': 'true' }, 'ada'],
  'response, key name, user name': [{ 'saml.server.signature.keyinfo.ext': 'true', 'saml.server.signature.keyinfo.xmlSigKeyInfoKeyNameTransformer': 'CERT_SUBJECT', saml_name_id_format: 'username' }, 'ada'],
  'response, RSA-SHA1': [{ 'saml.signature.algorithm': 'RSA_SHA1' }, 'ada'],
};

try {
  let count = 0;
  for (const [name, [attributes, username]] of Object.entries(CASES)) {
    await configure(attributes);
    const id = `_request-${++count}`;
    const message = await signIn(browser(), `${entityId}/protocol/saml?${query(authnRequest(id))}`, username);
    record(name, 'response', message, { inResponseTo: id, allowSha1: name.includes('SHA1') });
  }

  await configure({ saml_idp_initiated_sso_url_name: 'gateway', 'saml.assertion.signature': 'true' });
  record('unsolicited', 'response', await signIn(browser(), `${entityId}/protocol/saml/clients/gateway`), { idpInitiated: true });

  // Our logout: Keycloak answers by POST, and by redirect where posting is not forced.
  for (const [name, binding, attributes] of [['logout response', 'post', {}], ['logout response', 'redirect', { 'saml.force.post.binding': 'false', saml_single_logout_service_url_post: '' }]]) {
    await configure(attributes);
    const go = browser();
    const { nameId, sessionIndex } = read('response', 'post', await signIn(go, `${entityId}/protocol/saml?${query(authnRequest('_request-out'))}`));
    const id = `_logout-${binding}`;
    const request = `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" Version="2.0" IssueInstant="${stamp()}" Destination="${entityId}/protocol/saml"><saml:Issuer>${SP.entityId}</saml:Issuer><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">${nameId}</saml:NameID><samlp:SessionIndex>${sessionIndex}</samlp:SessionIndex></samlp:LogoutRequest>`;
    const answer = await go(`${entityId}/protocol/saml?${query(request)}`);
    const message = binding === 'post' ? Buffer.from(field(answer.text, 'SAMLResponse'), 'base64').toString('utf8') : new URL(answer.location).search.slice(1);
    record(`${name}, ${binding}`, 'logoutResponse', message, { inResponseTo: id, binding });
  }

  // Keycloak's own logout page: it tells us by the front channel.
  for (const [binding, attributes] of [['post', {}], ['redirect', { 'saml.force.post.binding': 'false', saml_single_logout_service_url_post: '' }]]) {
    await configure(attributes);
    const go = browser();
    await signIn(go, `${entityId}/protocol/saml?${query(authnRequest('_request-out'))}`);
    const asked = await go(`${entityId}/protocol/openid-connect/logout`);
    const code = field(asked.text, 'session_code');
    const answer = await go(action(asked.text), { method: 'POST', body: new URLSearchParams({ session_code: code, confirmLogout: 'Logout' }) });
    const message = binding === 'post' ? Buffer.from(field(answer.text, 'SAMLRequest'), 'base64').toString('utf8') : new URL(answer.location ?? 'x:').search.slice(1);
    if (!message) throw new Error(`no logout request in ${answer.status} ${answer.location} ${answer.text.slice(0, 3000)}`);
    record(`logout request, ${binding}`, 'logoutRequest', message, { binding });
  }
} finally {
  await keycloak.stop();
}
