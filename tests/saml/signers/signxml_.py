"""Signs with signxml (PyPI; lxml and cryptography)."""
import json, os
from lxml import etree
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureMethod, XMLSigner, SignatureConstructionMethod
from shapes import CASES, facts, logout_request, logout_response, record
from xmlsec1 import put

KEYS = os.path.join(os.path.dirname(__file__), "..", "keys")
METHODS = {
    "rsa-sha256": SignatureMethod.RSA_SHA256, "rsa-sha384": SignatureMethod.RSA_SHA384, "rsa-sha512": SignatureMethod.RSA_SHA512,
    "ecdsa-sha256": SignatureMethod.ECDSA_SHA256,
}
DIGESTS = {"rsa-sha256": DigestAlgorithm.SHA256, "rsa-sha384": DigestAlgorithm.SHA384, "rsa-sha512": DigestAlgorithm.SHA512, "ecdsa-sha256": DigestAlgorithm.SHA256}


def sign(xml, id, algorithm, with_certificate=True, digest=None):
    key = "idp-ec" if algorithm.startswith("ecdsa") else "idp"
    xml = put(xml, id, '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="placeholder"/>')
    root = etree.fromstring(xml.encode())
    target = root if root.get("ID") == id else root.find(f".//*[@ID='{id}']")
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped, signature_algorithm=METHODS[algorithm],
        digest_algorithm=digest or DIGESTS[algorithm], c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    pem = open(f"{KEYS}/{key}.key", "rb").read()
    cert = open(f"{KEYS}/{key}.crt").read()
    signed = signer.sign(target, key=pem, cert=cert if with_certificate else None, reference_uri=id, always_add_key_value=not with_certificate)
    if target is not root:
        target.getparent().replace(target, signed)
        signed = root
    return etree.tostring(signed, encoding="unicode")


SKIP = {"sha1", "many-groups"}


def main():
    for name, shape, signed, algorithm, differ in CASES:
        if name in SKIP:
            continue
        f = facts("signxml", name, **differ)
        xml = shape(f)
        options = {"with_certificate": not name.startswith("entra")}
        if name == "okta-both":
            options["digest"] = DigestAlgorithm.SHA512
        if signed in ("assertion", "both"):
            xml = sign(xml, f.assertion_id, algorithm, **options)
        if signed in ("response", "both"):
            xml = sign(xml, f.response_id, algorithm, **options)
        print(json.dumps(record("signxml", name, f, xml, algorithm), ensure_ascii=False))
    f = facts("signxml", "logout-request", session_index=None)
    print(json.dumps(record("signxml", "logout-request", f, sign(logout_request(f), f.response_id, "rsa-sha256"), "rsa-sha256", kind="logoutRequest"), ensure_ascii=False))
    f = facts("signxml", "logout-response")
    print(json.dumps(record("signxml", "logout-response", f, sign(logout_response(f), f.response_id, "ecdsa-sha256"), "ecdsa-sha256", kind="logoutResponse"), ensure_ascii=False))


if __name__ == "__main__":
    main()
