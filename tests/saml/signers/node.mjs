// Signs with what npm has: xml-crypto over the shapes of shapes.py, samlify as an identity provider, and auth0's `saml`,
// which makes assertions by itself.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DOMParser } from '@xmldom/xmldom';
import { SignedXml } from 'xml-crypto';
import { read } from './read.mjs';

const require = createRequire(import.meta.url);
const { createHash, sign: signBytes } = require('node:crypto');
const samlify = require('samlify');
const here = dirname(fileURLToPath(import.meta.url));
const key = (name) => readFileSync(`${here}/../keys/${name}`, 'utf8');
const BASE = 'https://auth.example/tenant/acme/sso/okta';
const SP = { entityId: `${BASE}/metadata`, acs: `${BASE}/acs`, slo: `${BASE}/slo` };
const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';
const ENC = 'http://www.w3.org/2001/04/xmlenc#';
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const ALGORITHMS = {
  'rsa-sha256': [`${MORE}rsa-sha256`, `${ENC}sha256`], 'rsa-sha384': [`${MORE}rsa-sha384`, `${MORE}sha384`],
  'rsa-sha512': [`${MORE}rsa-sha512`, `${ENC}sha512`], 'ecdsa-sha256': [`${MORE}ecdsa-sha256`, `${ENC}sha256`],
};
const stamp = (at = new Date()) => at.toISOString().replace(/\.\d+/, '');
const out = (line) => console.log(JSON.stringify(line));

function line(signer, name, kind, message, { binding = 'post', inResponseTo = null, now = stamp(), certificate = 'idp.crt', idpInitiated = false, issuer = `https://idp.example/${signer}`, expect }) {
  out({
    name: `${signer}: ${name}`, signer, class: 'valid', kind, binding, sp: SP, idp: { entityId: issuer, certificates: [key(certificate)] },
    options: { allowSha1: false, idpInitiated }, inResponseTo, now, used: [], message, expect: expect ?? read(kind, binding, message),
  });
}

// xml-crypto, over the shapes.
{
  class EcdsaSha256 {
    getSignature(info, privateKey) {
      return signBytes('sha256', Buffer.from(info), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64');
    }
    getAlgorithmName() {
      return ALGORITHMS['ecdsa-sha256'][0];
    }
  }
  class Sha384 {
    getHash(xml) {
      return createHash('sha384').update(xml, 'utf8').digest('base64');
    }
    getAlgorithmName() {
      return ALGORITHMS['rsa-sha384'][1];
    }
  }
  class RsaSha384 {
    getSignature(info, privateKey) {
      return signBytes('sha384', Buffer.from(info), privateKey).toString('base64');
    }
    getAlgorithmName() {
      return ALGORITHMS['rsa-sha384'][0];
    }
  }
  const sign = (xml, id, algorithm, prefix) => {
    const [signatureAlgorithm, digestAlgorithm] = ALGORITHMS[algorithm];
    const name = algorithm.startsWith('ecdsa') ? 'idp-ec' : 'idp';
    const signer = new SignedXml({ privateKey: key(`${name}.key`), publicCert: key(`${name}.crt`), signatureAlgorithm, canonicalizationAlgorithm: EXCLUSIVE });
    signer.SignatureAlgorithms[ALGORITHMS['ecdsa-sha256'][0]] = EcdsaSha256;
    signer.SignatureAlgorithms[ALGORITHMS['rsa-sha384'][0]] = RsaSha384;
    signer.HashAlgorithms[ALGORITHMS['rsa-sha384'][1]] = Sha384;
    signer.addReference({ xpath: `//*[@ID='${id}']`, digestAlgorithm, transforms: [ENVELOPED, EXCLUSIVE], uri: `#${id}` });
    signer.computeSignature(xml, { prefix, location: { reference: `//*[@ID='${id}']/*[local-name()='Issuer']`, action: 'after' } });
    return signer.getSignedXml();
  };
  const script = `
import json, sys
sys.path.insert(0, ${JSON.stringify(here)})
from shapes import *
for name, shape, signed, algorithm, differ in CASES:
    if "sha1" not in algorithm and name != "many-groups":
        f = facts("xml-crypto", name, **differ)
        print(json.dumps(dict(name=name, xml=shape(f), signed=signed, algorithm=algorithm, response=f.response_id, assertion=f.assertion_id, line=record("xml-crypto", name, f, "", algorithm))))
f = facts("xml-crypto", "logout-request")
print(json.dumps(dict(name="logout-request", xml=logout_request(f), signed="response", algorithm="rsa-sha256", response=f.response_id, line=record("xml-crypto", "logout-request", f, "", "rsa-sha256", kind="logoutRequest"))))
`;
  for (const text of execFileSync(process.env.PYTHON ?? 'python3', ['-c', script], { encoding: 'utf8' }).trim().split('\n')) {
    const one = JSON.parse(text);
    // Its canonicalization of a carriage return is its own affair: pretty messages end their lines in one here.
    let xml = one.xml.replaceAll('\r\n', '\n');
    const prefix = one.name.startsWith('entra') ? undefined : 'ds';
    if (one.signed !== 'response') xml = sign(xml, one.assertion, one.algorithm, prefix);
    if (one.signed !== 'assertion') xml = sign(xml, one.response, one.algorithm, prefix);
    out({ ...one.line, message: xml });
  }
}

// samlify, as an identity provider.
{
  samlify.setSchemaValidator({ validate: async () => 'not checked here' });
  const issuer = 'https://idp.example/samlify';
  const login = {
    context: `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{ID}" Version="2.0" IssueInstant="{IssueInstant}" Destination="{Destination}" InResponseTo="{InResponseTo}"><saml:Issuer>{Issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{StatusCode}"/></samlp:Status><saml:Assertion ID="{AssertionID}" Version="2.0" IssueInstant="{IssueInstant}"><saml:Issuer>{Issuer}</saml:Issuer><saml:Subject><saml:NameID Format="{NameIDFormat}">{NameID}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{SubjectConfirmationDataNotOnOrAfter}" Recipient="{SubjectRecipient}" InResponseTo="{InResponseTo}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{ConditionsNotBefore}" NotOnOrAfter="{ConditionsNotOnOrAfter}"><saml:AudienceRestriction><saml:Audience>{Audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>{AuthnStatement}{AttributeStatement}</saml:Assertion></samlp:Response>`,
    attributes: [
      { name: 'email', valueTag: 'user.email', nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic', valueXsiType: 'xs:string' },
      { name: 'name', valueTag: 'user.name', nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic', valueXsiType: 'xs:string' },
    ],
  };
  const cases = [
    ['assertion', { algorithm: 'rsa-sha256', messageSigned: false, wantAssertionsSigned: true }],
    ['response', { algorithm: 'rsa-sha512', messageSigned: true, wantAssertionsSigned: false }],
    ['both', { algorithm: 'rsa-sha256', messageSigned: true, wantAssertionsSigned: true }],
  ];
  for (const [name, { algorithm, messageSigned, wantAssertionsSigned }] of cases) {
    const idp = samlify.IdentityProvider({
      entityID: issuer, privateKey: key('idp.key'), signingCert: key('idp.crt'), isAssertionEncrypted: false, requestSignatureAlgorithm: ALGORITHMS[algorithm][0],
      messageSigningOrder: 'sign-then-encrypt', loginResponseTemplate: login,
      signatureConfig: { prefix: 'ds', location: { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } },
      singleSignOnService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: `${issuer}/sso` }],
      singleLogoutService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: `${issuer}/slo` }, { Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: `${issuer}/slo` }],
      nameIDFormat: ['urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'],
    });
    const sp = samlify.ServiceProvider({
      entityID: SP.entityId, wantMessageSigned: messageSigned, wantAssertionsSigned, signatureConfig: undefined, wantLogoutRequestSigned: true, wantLogoutResponseSigned: true,
      assertionConsumerService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: SP.acs }],
      singleLogoutService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: SP.slo }, { Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: SP.slo }],
    });
    const at = new Date();
    const later = (minutes) => new Date(at.getTime() + minutes * 60_000).toISOString();
    const id = `_samlify-${name}-${at.getTime()}`;
    const { context } = await idp.createLoginResponse(sp, { extract: { request: { id: '_request-1' } } }, 'post', { email: 'ada@acme.example' }, {
      customTagReplacement: (template) => {
        const values = {
          ID: id, AssertionID: `${id}-a`, Destination: SP.acs, Audience: SP.entityId, SubjectRecipient: SP.acs, NameIDFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
          NameID: 'ada@acme.example', Issuer: issuer, IssueInstant: at.toISOString(), ConditionsNotBefore: at.toISOString(), ConditionsNotOnOrAfter: later(5),
          SubjectConfirmationDataNotOnOrAfter: later(5), InResponseTo: '_request-1', StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success', attrUserEmail: 'ada@acme.example', attrUserName: 'Ada Lovelace',
          AuthnStatement: `<saml:AuthnStatement AuthnInstant="${at.toISOString()}" SessionIndex="${id}-s"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`,
        };
        // samlify escapes what it fills in: elements are put in before.
        const filled = template.replace('{AuthnStatement}', values.AuthnStatement);
        return { id, context: samlify.SamlLib.replaceTagsByValue(filled, values) };
      },
    });
    line('samlify', name, 'response', Buffer.from(context, 'base64').toString('utf8'), { inResponseTo: '_request-1', now: stamp(new Date(at.getTime() + 1000)), issuer });
    if (name !== 'both') continue;
    for (const binding of ['post', 'redirect']) {
      const asked = idp.createLogoutRequest(sp, binding, { logoutNameID: 'ada@acme.example', sessionIndex: `${id}-s` }, binding === 'redirect' ? 'state-7' : undefined);
      const message = binding === 'post' ? Buffer.from(asked.context, 'base64').toString('utf8') : new URL(asked.context).search.slice(1);
      line('samlify', `logout request, ${binding}`, 'logoutRequest', message, { binding, issuer, now: stamp(new Date(Date.now() + 1000)) });
      const told = idp.createLogoutResponse(sp, { extract: { request: { id: '_logout-1' } } }, binding, 'state-8');
      const answer = binding === 'post' ? Buffer.from(told.context, 'base64').toString('utf8') : new URL(told.context).search.slice(1);
      line('samlify', `logout response, ${binding}`, 'logoutResponse', answer, { binding, issuer, inResponseTo: '_logout-1', now: stamp(new Date(Date.now() + 1000)) });
    }
  }
}

// auth0's `saml`: signed assertions, in a plain response.
{
  const { Saml20 } = require('saml');
  const issuer = 'https://idp.example/auth0';
  const cases = [
    ['typed attributes', { attributes: { 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress': 'ada@acme.example', groups: ['Engineering', 'R&D <core>'], verified: true, floor: 3 } }],
    ['RSA-SHA256, no types', { typedAttributes: false, attributes: { email: 'ada@acme.example', 'display name': 'Ada “Countess” Lovelace 李' } }],
    ['prefixed signature', { signatureNamespacePrefix: 'ds', attributes: { email: 'ada@acme.example' } }],
  ];
  for (const [index, [name, options]] of cases.entries()) {
    const at = new Date();
    const assertion = Saml20.create({
      key: Buffer.from(key('idp.key')), cert: Buffer.from(key('idp.crt')), issuer, lifetimeInSeconds: 300, audiences: SP.entityId, recipient: SP.acs, inResponseTo: '_request-1',
      nameIdentifier: 'auth0|5f7c8ec7c33c6c004bbafe82', nameIdentifierFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified', sessionIndex: `_session-${index}`,
      signatureAlgorithm: 'rsa-sha256', digestAlgorithm: 'sha256', ...options,
    });
    const response = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_auth0-${at.getTime()}-${index}" InResponseTo="_request-1" Version="2.0" IssueInstant="${at.toISOString()}" Destination="${SP.acs}"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>${assertion}</samlp:Response>`;
    line('auth0', name, 'response', response, { inResponseTo: '_request-1', issuer, now: stamp(new Date(at.getTime() + 1000)) });
  }
}
