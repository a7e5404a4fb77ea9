"""Unsigned messages in the shapes that identity providers of the field send, for the signers that only sign.

Each shape is a function of `Facts`; it answers the XML of a Response. What is signed, and how, is the signer's part.
"""
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from xml.sax.saxutils import escape, quoteattr

BASE = "https://auth.example/tenant/acme/sso/okta"
SP = {"entityId": f"{BASE}/metadata", "acs": f"{BASE}/acs", "slo": f"{BASE}/slo"}
NOW = datetime(2026, 12, 1, 12, 0, 0, tzinfo=timezone.utc)

P = "urn:oasis:names:tc:SAML:2.0:protocol"
A = "urn:oasis:names:tc:SAML:2.0:assertion"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def stamp(at, fraction=""):
    return at.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


@dataclass
class Facts:
    """What a sign-in says, whatever the shape."""

    issuer: str
    number: str
    name_id: str = "ada@acme.example"
    attributes: dict = field(default_factory=lambda: {"email": ["ada@acme.example"], "groups": ["Engineering", "Staff"]})
    in_response_to: str | None = "_request-1"
    now: datetime = NOW
    session_index: str | None = "_session-1"

    @property
    def response_id(self):
        return f"_r-{self.number}"

    @property
    def assertion_id(self):
        return f"_a-{self.number}"

    @property
    def issued(self):
        return self.now - timedelta(seconds=2)

    @property
    def until(self):
        return self.now + timedelta(minutes=5)

    @property
    def since(self):
        return self.now - timedelta(minutes=5)

    @property
    def irt(self):
        return f" InResponseTo={quoteattr(self.in_response_to)}" if self.in_response_to else ""


def okta(f):
    """saml2p and saml2 as prefixes, typed attribute values, namespaces declared where they are used."""
    values = "".join(
        f'<saml2:Attribute Name={quoteattr(name)} NameFormat="{UNSPECIFIED.replace("1.1:nameid", "2.0:attrname")}">'
        + "".join(f'<saml2:AttributeValue {XS} {XSI} xsi:type="xs:string">{escape(v)}</saml2:AttributeValue>' for v in vs)
        + "</saml2:Attribute>"
        for name, vs in f.attributes.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<saml2p:Response Destination="{SP["acs"]}" ID="{f.response_id}"{f.irt} IssueInstant="{stamp(f.issued, ".123")}" Version="2.0" xmlns:saml2p="{P}" {XS}>'
        f'<saml2:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity" xmlns:saml2="{A}">{escape(f.issuer)}</saml2:Issuer>'
        f'<saml2p:Status xmlns:saml2p="{P}"><saml2p:StatusCode Value="{SUCCESS}"/></saml2p:Status>'
        f'<saml2:Assertion ID="{f.assertion_id}" IssueInstant="{stamp(f.issued, ".123")}" Version="2.0" xmlns:saml2="{A}" {XS}>'
        f'<saml2:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity" xmlns:saml2="{A}">{escape(f.issuer)}</saml2:Issuer>'
        f'<saml2:Subject xmlns:saml2="{A}"><saml2:NameID Format="{EMAIL}">{escape(f.name_id)}</saml2:NameID>'
        f'<saml2:SubjectConfirmation Method="{BEARER}"><saml2:SubjectConfirmationData{f.irt} NotOnOrAfter="{stamp(f.until, ".123")}" Recipient="{SP["acs"]}"/></saml2:SubjectConfirmation></saml2:Subject>'
        f'<saml2:Conditions NotBefore="{stamp(f.since, ".123")}" NotOnOrAfter="{stamp(f.until, ".123")}" xmlns:saml2="{A}"><saml2:AudienceRestriction><saml2:Audience>{SP["entityId"]}</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions>'
        f'<saml2:AuthnStatement AuthnInstant="{stamp(f.issued, ".123")}" SessionIndex="{f.session_index}" xmlns:saml2="{A}"><saml2:AuthnContext><saml2:AuthnContextClassRef>{PASSWORD}</saml2:AuthnContextClassRef></saml2:AuthnContext></saml2:AuthnStatement>'
        f'<saml2:AttributeStatement xmlns:saml2="{A}">{values}</saml2:AttributeStatement>'
        "</saml2:Assertion></saml2p:Response>"
    )


def entra(f):
    """The assertion's namespace is the default one, attributes are claims with URIs and have no types."""
    values = "".join(
        f"<Attribute Name={quoteattr(name)}>" + "".join(f"<AttributeValue>{escape(v)}</AttributeValue>" for v in vs) + "</Attribute>"
        for name, vs in f.attributes.items()
    )
    return (
        f'<samlp:Response ID="{f.response_id}" Version="2.0" IssueInstant="{stamp(f.issued, ".4567890")}" Destination="{SP["acs"]}"{f.irt} xmlns:samlp="{P}">'
        f'<Issuer xmlns="{A}">{escape(f.issuer)}</Issuer>'
        f'<samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status>'
        f'<Assertion ID="{f.assertion_id}" IssueInstant="{stamp(f.issued, ".4567890")}" Version="2.0" xmlns="{A}">'
        f"<Issuer>{escape(f.issuer)}</Issuer>"
        f'<Subject><NameID Format="{EMAIL}">{escape(f.name_id)}</NameID>'
        f'<SubjectConfirmation Method="{BEARER}"><SubjectConfirmationData{f.irt} NotOnOrAfter="{stamp(f.until, ".4567890")}" Recipient="{SP["acs"]}"/></SubjectConfirmation></Subject>'
        f'<Conditions NotBefore="{stamp(f.since, ".4567890")}" NotOnOrAfter="{stamp(f.until, ".4567890")}"><AudienceRestriction><Audience>{SP["entityId"]}</Audience></AudienceRestriction></Conditions>'
        f"<AttributeStatement>{values}</AttributeStatement>"
        f'<AuthnStatement AuthnInstant="{stamp(f.issued, ".4567890")}" SessionIndex="{f.session_index}"><AuthnContext><AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</AuthnContextClassRef></AuthnContext></AuthnStatement>'
        "</Assertion></samlp:Response>"
    )


ENTRA_CLAIMS = {
    "http://schemas.microsoft.com/identity/claims/tenantid": ["7c2f3f1e-1d5e-4f0b-9a63-0c9c8a1f5b11"],
    "http://schemas.microsoft.com/identity/claims/objectidentifier": ["0d9a4b7e-8a63-4c53-9d32-5f7b8e0a1c22"],
    "http://schemas.microsoft.com/identity/claims/displayname": ["Zoë Müller-Ødegård"],
    "http://schemas.microsoft.com/claims/authnmethodsreferences": [
        "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password",
        "http://schemas.microsoft.com/claims/multipleauthn",
    ],
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname": ["Zoë"],
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname": ["Müller-Ødegård"],
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": ["zoe@acme.example"],
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": ["zoe@acme.example"],
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups": ["5f0f7a1e-44c5-4e0f-8a3e-000000000001", "5f0f7a1e-44c5-4e0f-8a3e-000000000002"],
}


def keycloak(f):
    """One Attribute element for each value, as Keycloak sends roles; SessionNotOnOrAfter; a one-time condition."""
    values = "".join(
        f'<saml:Attribute FriendlyName={quoteattr(name)} Name={quoteattr(name)} NameFormat="{BASIC}"><saml:AttributeValue {XS} {XSI} xsi:type="xs:string">{escape(v)}</saml:AttributeValue></saml:Attribute>'
        for name, vs in f.attributes.items()
        for v in vs
    )
    return (
        f'<samlp:Response xmlns:samlp="{P}" xmlns:saml="{A}" Destination="{SP["acs"]}" ID="{f.response_id}"{f.irt} IssueInstant="{stamp(f.issued, ".789")}" Version="2.0">'
        f"<saml:Issuer>{escape(f.issuer)}</saml:Issuer>"
        f'<samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status>'
        f'<saml:Assertion xmlns="{A}" ID="{f.assertion_id}" IssueInstant="{stamp(f.issued, ".789")}" Version="2.0">'
        f"<saml:Issuer>{escape(f.issuer)}</saml:Issuer>"
        f'<saml:Subject><saml:NameID Format="{PERSISTENT}">{escape(f.name_id)}</saml:NameID>'
        f'<saml:SubjectConfirmation Method="{BEARER}"><saml:SubjectConfirmationData{f.irt} NotOnOrAfter="{stamp(f.until, ".789")}" Recipient="{SP["acs"]}"/></saml:SubjectConfirmation></saml:Subject>'
        f'<saml:Conditions NotBefore="{stamp(f.since, ".789")}" NotOnOrAfter="{stamp(f.until, ".789")}"><saml:AudienceRestriction><saml:Audience>{SP["entityId"]}</saml:Audience></saml:AudienceRestriction><saml:OneTimeUse/></saml:Conditions>'
        f'<saml:AuthnStatement AuthnInstant="{stamp(f.issued, ".789")}" SessionIndex="{f.session_index}" SessionNotOnOrAfter="{stamp(f.now + timedelta(hours=10), ".789")}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>'
        f"<saml:AttributeStatement>{values}</saml:AttributeStatement>"
        "</saml:Assertion></samlp:Response>"
    )


def pretty(f):
    """Indented, with CRLF line ends, single quotes, character references, and every namespace declared at the root."""
    values = "\n".join(
        f"        <saml:Attribute Name={quoteattr(name)} NameFormat='{URI}'>\n"
        + "\n".join(f"          <saml:AttributeValue xsi:type='xs:string'>{references(v)}</saml:AttributeValue>" for v in vs)
        + "\n        </saml:Attribute>"
        for name, vs in f.attributes.items()
    )
    text = f"""<?xml version='1.0' encoding='utf-8' standalone='yes'?>
<samlp:Response
    xmlns:samlp='{P}'
    xmlns:saml='{A}'
    xmlns:xs='http://www.w3.org/2001/XMLSchema' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'
    ID='{f.response_id}' Version='2.0' IssueInstant='{stamp(f.issued)}'
    Destination='{SP["acs"]}'{f.irt}>
  <saml:Issuer>{escape(f.issuer)}</saml:Issuer>
  <samlp:Status>
    <samlp:StatusCode Value='{SUCCESS}' />
    <samlp:StatusMessage>Signed in &amp; well</samlp:StatusMessage>
  </samlp:Status>
  <saml:Assertion ID='{f.assertion_id}' Version='2.0' IssueInstant='{stamp(f.issued)}'>
    <saml:Issuer>{escape(f.issuer)}</saml:Issuer>
    <saml:Subject>
      <saml:NameID Format='{UNSPECIFIED}' NameQualifier='{f.issuer}' SPNameQualifier='{SP["entityId"]}'>{references(f.name_id)}</saml:NameID>
      <saml:SubjectConfirmation Method='urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' />
      <saml:SubjectConfirmation Method='{BEARER}'>
        <saml:SubjectConfirmationData Address='192.0.2.7' NotOnOrAfter='{stamp(f.until)}'
            Recipient='{SP["acs"]}'{f.irt} />
      </saml:SubjectConfirmation>
    </saml:Subject>
    <saml:Conditions NotBefore='{stamp(f.since)}' NotOnOrAfter='{stamp(f.until)}'>
      <saml:AudienceRestriction>
        <saml:Audience>https://another.example/sp</saml:Audience>
        <saml:Audience>{SP["entityId"]}</saml:Audience>
      </saml:AudienceRestriction>
    </saml:Conditions>
    <saml:AuthnStatement AuthnInstant='{stamp(f.issued - timedelta(hours=9))}' SessionIndex='{f.session_index}'>
      <saml:SubjectLocality Address='192.0.2.7' />
      <saml:AuthnContext>
        <saml:AuthnContextClassRef>{PASSWORD}</saml:AuthnContextClassRef>
      </saml:AuthnContext>
    </saml:AuthnStatement>
    <saml:AttributeStatement>
{values}
    </saml:AttributeStatement>
  </saml:Assertion>
</samlp:Response>
"""
    return text.replace("\n", "\r\n")


def references(text):
    """Everything beyond ASCII as a character reference."""
    return escape(text).encode("ascii", "xmlcharrefreplace").decode()


def bare(f):
    """As little as the profile allows: no attributes, an opaque transient NameID."""
    index = f' SessionIndex="{f.session_index}"' if f.session_index else ""
    return (
        f'<p:Response xmlns:p="{P}" ID="{f.response_id}" Version="2.0" IssueInstant="{stamp(f.issued)}" Destination="{SP["acs"]}"{f.irt}>'
        f'<a:Issuer xmlns:a="{A}">{escape(f.issuer)}</a:Issuer>'
        f'<p:Status><p:StatusCode Value="{SUCCESS}"/></p:Status>'
        f'<a:Assertion xmlns:a="{A}" ID="{f.assertion_id}" Version="2.0" IssueInstant="{stamp(f.issued)}">'
        f"<a:Issuer>{escape(f.issuer)}</a:Issuer>"
        f'<a:Subject><a:NameID Format="{TRANSIENT}">{escape(f.name_id)}</a:NameID>'
        f'<a:SubjectConfirmation Method="{BEARER}"><a:SubjectConfirmationData NotOnOrAfter="{stamp(f.until)}" Recipient="{SP["acs"]}"{f.irt}/></a:SubjectConfirmation></a:Subject>'
        f'<a:Conditions><a:AudienceRestriction><a:Audience>{SP["entityId"]}</a:Audience></a:AudienceRestriction></a:Conditions>'
        f'<a:AuthnStatement AuthnInstant="{stamp(f.issued)}"{index}><a:AuthnContext><a:AuthnContextClassRef>{PASSWORD}</a:AuthnContextClassRef></a:AuthnContext></a:AuthnStatement>'
        "</a:Assertion></p:Response>"
    )


def logout_request(f):
    index = f"<samlp:SessionIndex>{escape(f.session_index)}</samlp:SessionIndex>" if f.session_index else ""
    return (
        f'<samlp:LogoutRequest xmlns:samlp="{P}" xmlns:saml="{A}" ID="{f.response_id}" Version="2.0" IssueInstant="{stamp(f.issued)}" NotOnOrAfter="{stamp(f.until)}" Destination="{SP["slo"]}">'
        f"<saml:Issuer>{escape(f.issuer)}</saml:Issuer>"
        f'<saml:NameID Format="{EMAIL}">{escape(f.name_id)}</saml:NameID>{index}</samlp:LogoutRequest>'
    )


def logout_response(f):
    return (
        f'<samlp:LogoutResponse xmlns:samlp="{P}" xmlns:saml="{A}" ID="{f.response_id}" Version="2.0" IssueInstant="{stamp(f.issued)}" Destination="{SP["slo"]}"{f.irt}>'
        f"<saml:Issuer>{escape(f.issuer)}</saml:Issuer>"
        f'<samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status></samlp:LogoutResponse>'
    )


MANY = {"groups": [f"Group {n:03}" for n in range(120)], "email": ["ada@acme.example"]}
PLAIN = {"email": ["ada@acme.example"], "firstName": ["Ada"], "lastName": ["Lovelace"], "groups": ["Engineering", "Staff", "R&D <core>"]}
WORLD = {"email": ["łucja@przykład.example"], "displayName": ["Łucja Żółć 李小龍 🦀"], "note": ["tab\tand  two spaces", ""], "title": ["\"quoted\" & 'single'"]}
ROLES = {"Role": ["offline_access", "manage-account", "default-roles-acme"], "email": ["ada@acme.example"]}

# name, shape, what is signed, algorithm, facts that differ. A signer takes those that it can.
CASES = [
    ("okta-both", okta, "both", "rsa-sha256", dict(attributes=PLAIN)),
    ("okta-assertion", okta, "assertion", "rsa-sha256", dict(attributes=PLAIN)),
    ("entra-assertion", entra, "assertion", "rsa-sha256", dict(name_id="zoe@acme.example", attributes=ENTRA_CLAIMS)),
    ("entra-response", entra, "response", "rsa-sha512", dict(name_id="zoe@acme.example", attributes=ENTRA_CLAIMS)),
    ("keycloak-response", keycloak, "response", "rsa-sha256", dict(name_id="G-4f1d2c", attributes=ROLES)),
    ("keycloak-both", keycloak, "both", "rsa-sha384", dict(name_id="G-4f1d2c", attributes=ROLES)),
    ("pretty-response", pretty, "response", "rsa-sha256", dict(name_id="łucja", attributes=WORLD)),
    ("pretty-assertion", pretty, "assertion", "ecdsa-sha256", dict(name_id="łucja", attributes=WORLD)),
    ("bare-assertion", bare, "assertion", "ecdsa-sha256", dict(name_id="_7f3c0e6a9b", attributes={}, session_index=None)),
    ("bare-response", bare, "response", "ecdsa-sha256", dict(name_id="ada@acme.example", attributes={})),
    ("bare-both", bare, "both", "ecdsa-sha256", dict(name_id="ada@acme.example", attributes={})),
    ("bare-unsolicited", bare, "response", "rsa-sha256", dict(name_id="_7f3c0e6a9b", attributes={}, session_index=None, in_response_to=None)),
    ("many-groups", okta, "response", "rsa-sha256", dict(attributes=MANY)),
    ("sha1", okta, "assertion", "rsa-sha1", dict(attributes=PLAIN)),
]


def facts(signer, case, **differ):
    return Facts(issuer=f"https://idp.example/{signer}", number=f"{signer}-{case}", **differ)


def record(signer, name, f, message, algorithm, kind="response", binding="post", certificates=None):
    """A line of valid.jsonl."""
    import pathlib

    keys = pathlib.Path(__file__).parent.parent / "keys"
    key = "idp-ec" if algorithm.startswith("ecdsa") else "idp"
    answer = {"name": f"{signer}: {name}", "signer": signer, "class": "valid", "kind": kind, "binding": binding, "sp": SP}
    answer["idp"] = {"entityId": f.issuer, "certificates": certificates or [(keys / f"{key}.crt").read_text()]}
    answer["options"] = {"allowSha1": "sha1" in algorithm, "idpInitiated": kind == "response" and f.in_response_to is None}
    answer["inResponseTo"] = f.in_response_to if kind != "logoutRequest" else None
    answer |= {"now": stamp(f.now), "used": [], "message": message}
    if kind == "response":
        answer["expect"] = {"nameId": f.name_id, "sessionIndex": f.session_index, "attributes": f.attributes}
    elif kind == "logoutRequest":
        answer["expect"] = {"nameId": f.name_id, "sessionIndex": f.session_index, "attributes": {}}
    else:
        answer["expect"] = {"nameId": None, "sessionIndex": None, "attributes": {}}
    return answer
