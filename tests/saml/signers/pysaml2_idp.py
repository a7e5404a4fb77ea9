"""Signs as an identity provider of pysaml2 (PyPI; over the xmlsec1 program)."""
import json, os, re, tempfile
from datetime import datetime, timedelta, timezone
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_TRANSIENT, NameID
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, DIGEST_SHA512, SIG_RSA_SHA256, SIG_RSA_SHA512
from shapes import SP, stamp

HERE = os.path.dirname(os.path.abspath(__file__))
KEYS = os.path.join(HERE, "..", "keys")
ISSUER = "https://idp.example/pysaml2"
CERT = "".join(open(f"{KEYS}/idp.crt").read().splitlines()[1:-1])
METADATA = f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{SP['entityId']}"><md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{SP['slo']}"/><md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{SP['slo']}"/>
<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{SP['acs']}" index="1"/></md:SPSSODescriptor></md:EntityDescriptor>"""


def server():
    with tempfile.NamedTemporaryFile("w", suffix=".xml", delete=False) as file:
        file.write(METADATA)
    config = IdPConfig().load({
        "entityid": ISSUER, "xmlsec_binary": "/usr/bin/xmlsec1", "key_file": f"{KEYS}/idp.key", "cert_file": f"{KEYS}/idp.crt",
        "metadata": {"local": [file.name]},
        "service": {"idp": {
            "endpoints": {"single_sign_on_service": [(f"{ISSUER}/sso", BINDING_HTTP_REDIRECT)], "single_logout_service": [(f"{ISSUER}/slo", BINDING_HTTP_POST)]},
            "policy": {"default": {"lifetime": {"minutes": 15}, "attribute_restrictions": None, "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
        }},
    })
    return Server(config=config)


def line(name, kind, message, expect, in_response_to=None, binding="post"):
    now = stamp(datetime.now(timezone.utc) + timedelta(seconds=1))
    print(json.dumps({
        "name": f"pysaml2: {name}", "signer": "pysaml2", "class": "valid", "kind": kind, "binding": binding, "sp": SP,
        "idp": {"entityId": ISSUER, "certificates": [open(f"{KEYS}/idp.crt").read()]},
        "options": {"allowSha1": False, "idpInitiated": kind == "response" and in_response_to is None},
        "inResponseTo": in_response_to, "now": now, "used": [], "message": message, "expect": expect,
    }, ensure_ascii=False))


def main():
    idp = server()
    cases = [
        ("response, SHA-256", NAMEID_FORMAT_TRANSIENT, dict(sign_response=True, sign_assertion=False, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256), "_request-1"),
        ("assertion, SHA-512", NAMEID_FORMAT_EMAILADDRESS, dict(sign_response=False, sign_assertion=True, sign_alg=SIG_RSA_SHA512, digest_alg=DIGEST_SHA512), "_request-2"),
        ("both", NAMEID_FORMAT_PERSISTENT, dict(sign_response=True, sign_assertion=True, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256), "_request-3"),
        ("unsolicited", NAMEID_FORMAT_EMAILADDRESS, dict(sign_response=True, sign_assertion=False, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256), None),
    ]
    identity = {"mail": ["ada@acme.example"], "givenName": ["Ada"], "sn": ["Łovelace & Söhne"], "eduPersonAffiliation": ["staff", "member"]}
    oids = {"mail": "urn:oid:0.9.2342.19200300.100.1.3", "givenName": "urn:oid:2.5.4.42", "sn": "urn:oid:2.5.4.4", "eduPersonAffiliation": "urn:oid:1.3.6.1.4.1.5923.1.1.1.1"}
    for index, (name, format, signed, asked) in enumerate(cases):
        name_id = NameID(format=format, sp_name_qualifier=SP["entityId"], name_qualifier=ISSUER, text="ada@acme.example" if "email" in format else f"opaque-{index}")
        response = idp.create_authn_response(
            identity, in_response_to=asked, destination=SP["acs"], sp_entity_id=SP["entityId"], name_id=name_id, userid="ada",
            authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "authn_auth": ISSUER}, **signed,
        )
        expect = {"nameId": name_id.text, "sessionIndex": re.search(r'SessionIndex="([^"]+)"', str(response)).group(1), "attributes": {oids[k]: v for k, v in identity.items()}}
        line(name, "response", str(response), expect, asked)

    name_id = NameID(format=NAMEID_FORMAT_EMAILADDRESS, text="ada@acme.example")
    _, request = idp.create_logout_request(SP["slo"], ISSUER, name_id=name_id, session_indexes=["_session-0"], expire=stamp(datetime.now(timezone.utc) + timedelta(minutes=5)), sign=True, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256)
    expect = {"nameId": "ada@acme.example", "sessionIndex": "_session-0", "attributes": {}}
    line("logout request, post", "logoutRequest", str(request), expect)
    _, request = idp.create_logout_request(SP["slo"], ISSUER, name_id=name_id, session_indexes=["_session-0"], expire=stamp(datetime.now(timezone.utc) + timedelta(minutes=5)), sign=False)
    info = idp.apply_binding(BINDING_HTTP_REDIRECT, str(request), SP["slo"], relay_state="state 9", sign=True, sigalg=SIG_RSA_SHA256)
    line("logout request, redirect", "logoutRequest", dict(info["headers"])["Location"].split("?", 1)[1], expect, binding="redirect")


if __name__ == "__main__":
    main()
