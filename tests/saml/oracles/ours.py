"""What others say of our own messages and certificates: JSON lines of corpus/ours.jsonl in, a line of JSON for each on the
standard output, `{"name", "verified": {reader: bool}}`. Of each message it is also asked with one letter changed."""
import base64, datetime, json, subprocess, sys, tempfile, warnings
from urllib.parse import parse_qs

warnings.filterwarnings("ignore")
from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import padding  # noqa: E402
from onelogin.saml2.utils import OneLogin_Saml2_Utils as utils  # noqa: E402

MESSAGES = ["AuthnRequest", "LogoutRequest", "LogoutResponse"]
IDS = [one for name in MESSAGES for one in ("--id-attr:ID", f"urn:oasis:names:tc:SAML:2.0:protocol:{name}")]


def posted(xml, certificate, xmlsec1):
    verified = {"python3-saml": bool(utils.validate_sign(xml.encode(), cert=certificate, xpath="/*/ds:Signature"))}
    if xmlsec1:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("message.xml", xml), ("key.pem", certificate)):
                with open(f"{folder}/{name}", "w", encoding="utf-8", newline="") as file:
                    file.write(text)
            command = ["xmlsec1", "--verify", "--enabled-key-data", "key-name", "--pubkey-cert-pem", f"{folder}/key.pem", *IDS, f"{folder}/message.xml"]
            verified["xmlsec1"] = subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0
    return verified


def redirected(query, certificate):
    octets, _, signature = query.partition("&Signature=")
    signature = base64.b64decode(parse_qs(f"s={signature}")["s"][0])
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    try:
        key.verify(signature, octets.encode(), padding.PKCS1v15(), hashes.SHA256())
        return {"cryptography": True}
    except Exception:
        return {"cryptography": False}


def certificate_is_good(pem):
    certificate = x509.load_pem_x509_certificate(pem.encode())
    certificate.verify_directly_issued_by(certificate)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    years = (certificate.not_valid_after_utc - certificate.not_valid_before_utc) / datetime.timedelta(days=365)
    return usage.digital_signature and not usage.key_cert_sign and not constraints.ca and certificate.public_key().key_size == 2048 and 9.9 < years < 10.1


def main():
    xmlsec1 = "--xmlsec1" in sys.argv
    for text in sys.stdin:
        line = json.loads(text)
        certificate, message = line["certificate"], line["message"]
        if line["binding"] == "post":
            changed = message.replace("auth.example", "auth.exampIe")
            answers = {"verified": posted(message, certificate, xmlsec1), "changed": posted(changed, certificate, xmlsec1)}
        else:
            answers = {"verified": redirected(message, certificate), "changed": redirected(message.replace("RelayState=a", "RelayState=b"), certificate)}
        print(json.dumps({"name": line["name"], "certificate": bool(certificate_is_good(certificate)), **answers}))


if __name__ == "__main__":
    main()
