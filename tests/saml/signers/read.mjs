// What a message of a provider that writes its own says, read without any check: `expect` of the corpus.
import { inflateRawSync } from 'node:zlib';
import { DOMParser } from '@xmldom/xmldom';

const A = 'urn:oasis:names:tc:SAML:2.0:assertion';
const P = 'urn:oasis:names:tc:SAML:2.0:protocol';

/** The XML of a message: itself, or the parameter of a redirect's query. */
export function xmlOf(binding, message) {
  if (binding === 'post') return message;
  const query = new URLSearchParams(message);
  return inflateRawSync(Buffer.from(query.get('SAMLRequest') ?? query.get('SAMLResponse'), 'base64')).toString('utf8');
}

export function read(kind, binding, message) {
  const document = new DOMParser().parseFromString(xmlOf(binding, message), 'text/xml');
  const all = (ns, name, below = document) => Array.from(below.getElementsByTagNameNS(ns, name));
  if (kind === 'logoutResponse') return { nameId: null, sessionIndex: null, attributes: {} };
  const attributes = {};
  for (const attribute of all(A, 'Attribute')) {
    (attributes[attribute.getAttribute('Name')] ??= []).push(...all(A, 'AttributeValue', attribute).map((value) => value.textContent));
  }
  const sessionIndex = kind === 'logoutRequest' ? all(P, 'SessionIndex')[0]?.textContent : all(A, 'AuthnStatement')[0]?.getAttribute('SessionIndex');
  return { nameId: all(A, 'NameID')[0].textContent, sessionIndex: sessionIndex || null, attributes };
}
