// A company's SAML 2.0 identity provider, over npm samlify: sign-in by redirect and POST, sign-out from either side. Its
// page lists the people and asks for no password.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import samlify from 'samlify';

const { IdentityProvider, ServiceProvider, SamlLib, Constants, setSchemaValidator } = samlify;
const BINDING = Constants.namespace.binding;
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
// Schemas are not what is tested here.
setSchemaValidator({ validate: () => Promise.resolve('not looked at') });

const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const id = () => `_${randomBytes(16).toString('hex')}`;

/** A key and its certificate, which openssl makes. */
export function makeCertificate(days = 3650) {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-saml-'));
  try {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', String(days), '-subj', '/CN=Company'], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Starts it for one service provider, whose metadata is read when it is first needed. `people` are
 * `{ email, name, groups }` by name id. `requests` has every message that came, as XML.
 */
export async function startSamlCompany({ metadataUrl, people, wantSigned = false, signMessage = false, onlyForms = false }) {
  const { key, certificate } = makeCertificate();
  const requests = [];
  const sessions = new Map();
  let handler = () => {};
  const server = http.createServer((request, response) => handler(request, response));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${server.address().port}`;
  const bindings = onlyForms ? [BINDING.post] : [BINDING.redirect, BINDING.post];
  const idp = IdentityProvider({
    entityID: `${url}/metadata`,
    privateKey: key,
    signingCert: certificate,
    requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    wantAuthnRequestsSigned: wantSigned,
    wantLogoutRequestSigned: wantSigned,
    nameIDFormat: [PERSISTENT],
    singleSignOnService: bindings.map((Binding) => ({ Binding, Location: `${url}/sso` })),
    singleLogoutService: bindings.map((Binding) => ({ Binding, Location: `${url}/slo` })),
    generateID: id,
  });
  let known;
  const serviceProvider = async () => {
    known ??= (async () => {
      const metadata = await (await fetch(metadataUrl)).text();
      return ServiceProvider({ metadata, wantMessageSigned: signMessage, wantLogoutRequestSigned: true, wantLogoutResponseSigned: true });
    })();
    return known;
  };

  /** The XML of a message, which the redirect binding deflates (SAML bindings 3.4.4.1). */
  const read = (parameters, name) => {
    const bytes = Buffer.from(parameters.get(name) ?? '', 'base64');
    return bytes[0] === 0x3c ? bytes.toString() : inflateRawSync(bytes).toString();
  };

  async function loginResponse(requestId, who) {
    const person = people[who];
    const sp = await serviceProvider();
    const sessionIndex = id();
    sessions.set(sessionIndex, who);
    const attributes = Object.entries(person).map(([name, value]) => {
      const values = [value].flat().map((one) => `<saml:AttributeValue xsi:type="xs:string">${escape(one)}</saml:AttributeValue>`).join('');
      return `<saml:Attribute Name="${escape(name)}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">${values}</saml:Attribute>`;
    });
    const now = new Date();
    const soon = new Date(now.getTime() + 300_000).toISOString();
    const authn = `<saml:AuthnStatement AuthnInstant="${now.toISOString()}" SessionIndex="${sessionIndex}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`;
    const statements = `${authn}<saml:AttributeStatement>${attributes.join('')}</saml:AttributeStatement>`;
    const acs = sp.entityMeta.getAssertionConsumerService('post');
    const tags = {
      ID: id(), AssertionID: id(), Destination: acs, SubjectRecipient: acs, Audience: sp.entityMeta.getEntityID(), Issuer: idp.entityMeta.getEntityID(), IssueInstant: now.toISOString(),
      StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success', ConditionsNotBefore: now.toISOString(), ConditionsNotOnOrAfter: soon, SubjectConfirmationDataNotOnOrAfter: soon,
      NameIDFormat: PERSISTENT, NameID: who, InResponseTo: requestId,
    };
    const context = SamlLib.replaceTagsByValue(SamlLib.defaultLoginResponseTemplate.context.replace('{AuthnStatement}{AttributeStatement}', statements), tags);
    const made = await idp.createLoginResponse(sp, {}, 'post', { email: who }, { customTagReplacement: () => ({ id: tags.ID, context }) });
    return { acs, SAMLResponse: made.context };
  }

  const html = (response, body) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Company</title>${body}</html>`);
  const autoPost = (response, action, fields) => {
    const inputs = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`);
    html(response, `<form method="post" action="${escape(action)}">${inputs.join('')}<button>Continue</button></form><script>document.forms[0].submit()</script>`);
  };

  const ROUTES = {
    '/metadata': async ({ response }) => response.writeHead(200, { 'content-type': 'application/samlmetadata+xml' }).end(idp.getMetadata()),
    '/sso': async ({ response, parameters, posted }) => {
      if (onlyForms && !posted) return html(response, '<h1>Only forms are taken here</h1>');
      const xml = read(parameters, 'SAMLRequest');
      requests.push(xml);
      const requestId = /\bID="([^"]+)"/.exec(xml)?.[1] ?? '';
      if (wantSigned) {
        const signed = parameters.get('Signature') ?? /<[\w:]*Signature /.exec(xml);
        if (!signed) return html(response, '<h1>The request is not signed</h1>');
        if (posted) await idp.parseLoginRequest(await serviceProvider(), 'post', { body: Object.fromEntries(parameters) });
      }
      const relay = parameters.get('RelayState');
      const buttons = Object.keys(people).map((who) => `<button name="person" value="${escape(who)}">${escape(people[who].name ?? who)}</button>`).join('');
      return html(response, `<h1>Company</h1><form action="/answer"><input type="hidden" name="request" value="${escape(requestId)}">${relay === null ? '' : `<input type="hidden" name="RelayState" value="${escape(relay)}">`}${buttons}</form>`);
    },
    '/answer': async ({ response, parameters }) => {
      const { acs, SAMLResponse } = await loginResponse(parameters.get('request'), parameters.get('person'));
      autoPost(response, acs, { SAMLResponse, RelayState: parameters.get('RelayState') });
    },
    '/slo': async ({ response, parameters, posted }) => {
      if (onlyForms && !posted) return html(response, '<h1>Only forms are taken here</h1>');
      if (parameters.has('SAMLResponse')) {
        requests.push(read(parameters, 'SAMLResponse'));
        return html(response, '<h1>Signed out of Company and of the application</h1>');
      }
      const xml = read(parameters, 'SAMLRequest');
      if (wantSigned && posted) await idp.parseLogoutRequest(await serviceProvider(), 'post', { body: Object.fromEntries(parameters) });
      requests.push(xml);
      const session = /SessionIndex>([^<]+)</.exec(xml)?.[1];
      sessions.delete(session);
      const requestId = /\bID="([^"]+)"/.exec(xml)?.[1];
      const made = idp.createLogoutResponse(await serviceProvider(), { extract: { request: { id: requestId } } }, 'redirect', { relayState: parameters.get('RelayState') ?? '' });
      return response.writeHead(302, { location: made.context }).end();
    },
    /** A sign-out that begins here. */
    '/sign-out': async ({ response, parameters }) => {
      const [sessionIndex] = [...sessions].reverse().find(([, who]) => who === parameters.get('person')) ?? [];
      sessions.delete(sessionIndex);
      const made = idp.createLogoutRequest(await serviceProvider(), 'redirect', { logoutNameID: parameters.get('person'), sessionIndex });
      response.writeHead(302, { location: made.context }).end();
    },
    /** A sign-in that nobody asked for. */
    '/unsolicited': async ({ response, parameters }) => {
      const { acs, SAMLResponse } = await loginResponse(undefined, parameters.get('person'));
      autoPost(response, acs, { SAMLResponse });
    },
  };
  handler = async (request, response) => {
    const at = new URL(request.url, url);
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const parameters = request.method === 'POST' ? new URLSearchParams(body) : at.searchParams;
    const route = ROUTES[at.pathname] ?? (async () => response.writeHead(404).end());
    await route({ response, parameters, posted: request.method === 'POST' }).catch((error) => response.writeHead(500).end(error.stack));
  };
  return {
    url,
    certificate,
    requests,
    sessions,
    loginResponse,
    /** What `v2/IdentityProviders` is told. */
    settings: { kind: 'saml', name: 'Company SAML', idpEntityId: `${url}/metadata`, ssoUrl: `${url}/sso`, sloUrl: `${url}/slo`, certificates: [certificate], signRequests: wantSigned, attributes: { email: 'email', name: 'name', groups: 'groups' } },
    stop() {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}
