"""Signs with python3-saml's own signer (PyPI; python-xmlsec over libxmlsec1)."""
import json, os
from urllib.parse import quote_plus
import xmlsec
from onelogin.saml2.constants import OneLogin_Saml2_Constants as C
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML as XML
from shapes import CASES, facts, logout_request, logout_response, record

KEYS = os.path.join(os.path.dirname(__file__), "..", "keys")
KEY, CERT = open(f"{KEYS}/idp.key").read(), open(f"{KEYS}/idp.crt").read()
METHODS = {"rsa-sha1": (C.RSA_SHA1, C.SHA1), "rsa-sha256": (C.RSA_SHA256, C.SHA256), "rsa-sha384": (C.RSA_SHA384, C.SHA384), "rsa-sha512": (C.RSA_SHA512, C.SHA512)}
TRANSFORMS = {C.RSA_SHA256: xmlsec.Transform.RSA_SHA256, C.RSA_SHA512: xmlsec.Transform.RSA_SHA512}


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def sign(xml, id, algorithm):
    method, digest = METHODS[algorithm]
    root = XML.to_etree(xml.encode())
    if root.get("ID") == id:
        return text(Utils.add_sign(xml.encode(), KEY, CERT, sign_algorithm=method, digest_algorithm=digest))
    # An assertion is signed as a document of its own.
    target = root.find(f".//*[@ID='{id}']")
    signed = Utils.add_sign(XML.to_string(target), KEY, CERT, sign_algorithm=method, digest_algorithm=digest)
    target.getparent().replace(target, XML.to_etree(signed))
    return text(XML.to_string(root))


def redirect(xml, parameter, method, relay_state=None):
    """A query with a detached signature (Bindings 3.4.4.1)."""
    query = f"{parameter}={quote_plus(Utils.deflate_and_base64_encode(xml))}"
    if relay_state is not None:
        query += f"&RelayState={quote_plus(relay_state)}"
    query += f"&SigAlg={quote_plus(method)}"
    signed = text(Utils.b64encode(Utils.sign_binary(query, KEY, TRANSFORMS[method])))
    return f"{query}&Signature={quote_plus(signed)}"


def main():
    out = []
    for name, shape, signed, algorithm, differ in CASES:
        if algorithm not in METHODS or name == "many-groups":
            continue
        f = facts("python3-saml", name, **differ)
        xml = shape(f)
        if signed in ("assertion", "both"):
            xml = sign(xml, f.assertion_id, algorithm)
        if signed in ("response", "both"):
            xml = sign(xml, f.response_id, algorithm)
        out.append(record("python3-saml", name, f, xml, algorithm))
    for name, method, relay in (("logout-request-redirect", C.RSA_SHA256, "state-1"), ("logout-request-redirect-plain", C.RSA_SHA512, None)):
        f = facts("python3-saml", name)
        message = redirect(logout_request(f), "SAMLRequest", method, relay)
        out.append(record("python3-saml", name, f, message, "rsa-sha256", kind="logoutRequest", binding="redirect"))
    f = facts("python3-saml", "logout-response-redirect")
    message = redirect(logout_response(f), "SAMLResponse", C.RSA_SHA256, "a state/with=odd & signs")
    out.append(record("python3-saml", "logout-response-redirect", f, message, "rsa-sha256", kind="logoutResponse", binding="redirect"))
    for line in out:
        print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()
