"""Signs with the keys of this folder, deterministically, and in every way that a signer should not: for messages that
break a rule although the provider itself made the signature, and for those that an attacker's key made."""
import base64, hashlib, pathlib
from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from .tree import DS, Tree

KEYS = pathlib.Path(__file__).parent.parent / "keys"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = DS + "enveloped-signature"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
ENC = "http://www.w3.org/2001/04/xmlenc#"
DIGESTS = {"sha1": DS + "sha1", "sha256": ENC + "sha256", "sha384": MORE + "sha384", "sha512": ENC + "sha512", "md5": MORE + "md5"}
HASHES = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512, "md5": hashes.MD5}
METHODS = {f"rsa-{h}": (MORE if h not in ("sha1",) else DS) + f"rsa-{h}" for h in ("sha1", "md5", "sha256", "sha384", "sha512")}
METHODS |= {f"ecdsa-{h}": MORE + f"ecdsa-{h}" for h in ("sha1", "sha256", "sha384", "sha512")}
METHODS |= {"hmac-sha1": DS + "hmac-sha1", "hmac-sha256": MORE + "hmac-sha256", "dsa-sha1": DS + "dsa-sha1", "dsa-sha256": "http://www.w3.org/2009/xmldsig11#dsa-sha256"}


def pem(name):
    return (KEYS / name).read_text()


def key(name):
    return serialization.load_pem_private_key((KEYS / f"{name}.key").read_bytes(), None)


def certificate_body(name):
    return "".join(pem(f"{name}.crt").split("\n")[1:-2])


def public_bytes(name, form):
    """The public key of a certificate in one of the forms that have been used as a secret."""
    cert = x509.load_pem_x509_certificate(pem(f"{name}.crt").encode())
    encoding, _, what = form.partition(" ")
    encoding = serialization.Encoding.PEM if encoding == "PEM" else serialization.Encoding.DER
    if what == "certificate":
        return cert.public_bytes(encoding)
    return cert.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


def raw_signature(data, algorithm, by, secret=None):
    kind, digest = algorithm.split("-")
    if kind == "hmac":
        mac = hmac.HMAC(secret, HASHES[digest]())
        mac.update(data)
        return mac.finalize()
    private = key(by)
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(data, padding.PKCS1v15(), HASHES[digest]())
    if isinstance(private, ec.EllipticCurvePrivateKey):
        signed = private.sign(data, ec.ECDSA(HASHES[digest](), deterministic_signing=True))
        r, s = decode_dss_signature(signed)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert isinstance(private, dsa.DSAPrivateKey)
    # DSA is not deterministic here, and no key of it is trusted: any bytes of the right length will do.
    return hashlib.sha512(data).digest()[:64]


def c14n(node, exclusive=True, comments=False, prefixes=None):
    return etree.tostring(node, method="c14n", exclusive=exclusive, with_comments=comments, inclusive_ns_prefixes=prefixes or None)


def listed(prefixes):
    return f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="{" ".join(prefixes)}"/>' if prefixes else ""


def transform(uri, inner=""):
    return f'<ds:Transform Algorithm="{uri}">{inner}</ds:Transform>' if inner else f'<ds:Transform Algorithm="{uri}"/>'


STANDARD = transform(ENVELOPED) + transform(EXCLUSIVE)


def digest_of(data, digest):
    return base64.b64encode(hashlib.new(digest, data).digest()).decode()


def reference(uri, digest_value, digest="sha256", transforms=STANDARD, more=""):
    wrapped = f"<ds:Transforms>{transforms}</ds:Transforms>" if transforms else ""
    at = "" if uri is None else f' URI="{uri}"'
    return f'<ds:Reference{at}{more}>{wrapped}<ds:DigestMethod Algorithm="{DIGESTS[digest]}"/><ds:DigestValue>{digest_value}</ds:DigestValue></ds:Reference>'


def signed_info(references, algorithm, method=EXCLUSIVE, method_inner="", signature_inner=""):
    return (
        f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{method}">{method_inner}</ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{METHODS[algorithm]}">{signature_inner}</ds:SignatureMethod>{references}</ds:SignedInfo>'
    )


class Usual:
    """The key that signs where nothing else is asked for: ECDSA keeps the corpus small, and not every reader knows it."""

    key = "idp-ec"


def usual(by=None):
    """The algorithm that a key signs with where nothing else is asked for."""
    return "ecdsa-sha256" if (by or Usual.key).endswith("-ec") else "rsa-sha256"


def signature(info, algorithm, by=None, secret=None, key_info="", after="", exclusive=True, comments=False, value=None):
    data = c14n(etree.fromstring(info), exclusive, comments)
    by = by or ("idp-ec" if algorithm.startswith("ecdsa") else "idp")
    raw = value if value is not None else raw_signature(data, algorithm, by, secret)
    # The namespace stands on the Signature: what is signed looks the same in exclusive canonicalization.
    info = info.replace(f' xmlns:ds="{DS}"', "", 1)
    return f'<ds:Signature xmlns:ds="{DS}">{info}<ds:SignatureValue>{base64.b64encode(raw).decode()}</ds:SignatureValue>{key_info}{after}</ds:Signature>'


def certificate_info(name):
    return f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate_body(name)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"


def element(xml, id):
    root = etree.fromstring(xml.encode())
    return root if root.get("ID") == id else root.xpath("//*[@ID=$id]", id=id)[0]


def put(xml, id, text):
    """The signature behind the Issuer of the element with that ID."""
    tree = Tree(xml)
    node = next(n for n in tree.nodes if n.attributes.get("ID") == id)
    issuer = tree.child(node, "Issuer")
    at = issuer.end if issuer else node.inner
    return tree.splice((at, at, text))


def sign(xml, id, algorithm="rsa-sha256", by="idp", digest=None, key_info="", secret=None, uri=None, prefixes=None, **more):
    """Signs an element that has no signature yet, as it should be; the options spoil it."""
    digest = digest or algorithm.split("-")[1]
    value = digest_of(c14n(element(xml, id), prefixes=prefixes), digest)
    transforms = transform(ENVELOPED) + transform(EXCLUSIVE, listed(prefixes))
    info = signed_info(reference(f"#{id}" if uri is None else uri, value, digest, transforms), algorithm)
    return put(xml, id, signature(info, algorithm, by, secret, key_info, **more))


def check_digests(xml):
    """That each Signature of a message fits what it refers to: what a forgery begins with is intact."""
    for at in range(len(etree.fromstring(xml.encode()).findall(f".//{{{DS}}}Signature"))):
        root = etree.fromstring(xml.encode())
        found = root.findall(f".//{{{DS}}}Signature")[at]
        listed_prefixes = found.find(f".//{{{DS}}}Transforms//{{{EXCLUSIVE}}}InclusiveNamespaces")
        uri, value = found.find(f".//{{{DS}}}DigestMethod").get("Algorithm"), found.find(f".//{{{DS}}}DigestValue").text
        target = found.getparent()
        prefixes = listed_prefixes.get("PrefixList").split() if listed_prefixes is not None else None
        remove(found)
        name = next(name for name, known in DIGESTS.items() if known == uri)
        assert digest_of(c14n(target, prefixes=prefixes), name) == "".join(value.split()), f"not intact: {xml[:400]}"


def remove(node):
    """Takes an element away and leaves the text behind it, as the enveloped-signature transform does."""
    parent, before, tail = node.getparent(), node.getprevious(), node.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    node.tail = None
    parent.remove(node)
