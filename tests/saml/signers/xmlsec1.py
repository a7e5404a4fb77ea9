"""Signs with the xmlsec1 program (libxmlsec1, libxml2, OpenSSL)."""
import json, os, re, subprocess, sys, tempfile
import shapes
from shapes import A, CASES, P, facts, logout_request, logout_response, okta, record

KEYS = os.path.join(os.path.dirname(__file__), "..", "keys")
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
DS = "http://www.w3.org/2000/09/xmldsig#"
ALGORITHMS = {
    "rsa-sha1": DS + "rsa-sha1", "rsa-sha256": MORE + "rsa-sha256", "rsa-sha384": MORE + "rsa-sha384",
    "rsa-sha512": MORE + "rsa-sha512", "ecdsa-sha256": MORE + "ecdsa-sha256",
}
DIGESTS = {
    "sha1": DS + "sha1", "sha256": "http://www.w3.org/2001/04/xmlenc#sha256", "sha384": MORE + "sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}


def template(reference, algorithm, digest, prefix="ds", inclusive="", key_info="cert"):
    p, colon = (prefix, ":") if prefix else ("", "")
    x = f"{p}{colon}"
    listed = f'<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="{inclusive}"/>' if inclusive else ""
    info = {"cert": f"<{x}KeyInfo><{x}X509Data/></{x}KeyInfo>", "value": f"<{x}KeyInfo><{x}KeyValue/></{x}KeyInfo>", "none": ""}[key_info]
    return (
        f'<{x}Signature xmlns{":" + p if p else ""}="{DS}"><{x}SignedInfo><{x}CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
        f'<{x}SignatureMethod Algorithm="{ALGORITHMS[algorithm]}"/><{x}Reference URI="#{reference}"><{x}Transforms>'
        f'<{x}Transform Algorithm="{DS}enveloped-signature"/><{x}Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">{listed}</{x}Transform></{x}Transforms>'
        f'<{x}DigestMethod Algorithm="{DIGESTS[digest]}"/><{x}DigestValue/></{x}Reference></{x}SignedInfo><{x}SignatureValue/>{info}</{x}Signature>'
    )


def put(xml, id, signature):
    """The signature as the next sibling of the Issuer of the element with that ID."""
    start = xml.index(f'{id}"') if f'{id}"' in xml else xml.index(f"{id}'")
    end = re.compile(r"</(\w+:)?Issuer>").search(xml, start).end()
    return xml[:end] + signature + xml[end:]


def sign(xml, id, algorithm, digest=None, **options):
    digest = digest or algorithm.split("-")[1]
    key = "idp-ec" if algorithm.startswith("ecdsa") else "idp"
    xml = put(xml, id, template(id, algorithm, digest, **options))
    with tempfile.NamedTemporaryFile("w", suffix=".xml", newline="", encoding="utf-8") as file:
        file.write(xml)
        file.flush()
        ids = []
        for name in (f"{P}:Response", f"{A}:Assertion", f"{P}:LogoutRequest", f"{P}:LogoutResponse"):
            ids += ["--id-attr:ID", name]
        where = f"//*[local-name()='Signature' and parent::*[@ID='{id}']]"
        command = ["xmlsec1", "--sign", "--privkey-pem", f"{KEYS}/{key}.key,{KEYS}/{key}.crt", *ids, "--node-xpath", where, file.name]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr.decode())
        return done.stdout.decode()


VARIANTS = {
    "okta-both": dict(inclusive="xs"),
    "okta-assertion": dict(inclusive="xs"),
    "entra-assertion": dict(prefix=""),
    "keycloak-response": dict(key_info="value"),
    "pretty-response": dict(digest="sha512"),
    "many-groups": dict(key_info="none"),
    "bare-both": dict(key_info="none"),
    "keycloak-both": dict(prefix="dsig", inclusive="saml xs #default"),
}


def main():
    out = []
    for name, shape, signed, algorithm, differ in CASES:
        f = facts("xmlsec1", name, **differ)
        xml = shape(f)
        options = VARIANTS.get(name, {})
        if signed in ("assertion", "both"):
            xml = sign(xml, f.assertion_id, algorithm, **options)
        if signed in ("response", "both"):
            xml = sign(xml, f.response_id, algorithm, **options)
        if name == "pretty-response":
            xml = xml.replace("\n", "\r\n")  # a parser reads both line ends alike
        out.append(record("xmlsec1", name, f, xml, algorithm))
    f = facts("xmlsec1", "logout-request")
    out.append(record("xmlsec1", "logout-request", f, sign(logout_request(f), f.response_id, "rsa-sha256"), "rsa-sha256", kind="logoutRequest"))
    f = facts("xmlsec1", "logout-request-ec")
    out.append(record("xmlsec1", "logout-request-ec", f, sign(logout_request(f), f.response_id, "ecdsa-sha256"), "ecdsa-sha256", kind="logoutRequest"))
    f = facts("xmlsec1", "logout-response")
    out.append(record("xmlsec1", "logout-response", f, sign(logout_response(f), f.response_id, "rsa-sha256"), "rsa-sha256", kind="logoutResponse"))
    for line in out:
        print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()
