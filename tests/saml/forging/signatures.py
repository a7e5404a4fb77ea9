"""Signatures by others, with other algorithms, over other things and in other places."""
import base64, re

from lxml import etree

import shapes
from .cases import case, own
from .sign import (
    DIGESTS, EXCLUSIVE, INCLUSIVE, METHODS, STANDARD, c14n, certificate_info, digest_of, element, key, put, public_bytes,
    raw_signature, reference, sign, signature, signed_info, transform, usual,
)
from .tree import DS, Tree, name_another, set_id

def unsigned(number, **differ):
    facts = shapes.Facts(issuer="https://idp.example/keys", number=number, **differ)
    return facts, shapes.bare(facts)


def others(bases):
    """Keys that no administrator pinned, whatever KeyInfo says of them."""
    why = "the key is not one of the provider's pinned certificates; what a message says of keys is not evidence"
    rsa_value = f"<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{modulus('attacker')}</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>"
    both = certificate_info("idp").replace("</ds:X509Data>", "") .replace("</ds:KeyInfo>", "") + certificate_info("attacker").replace("<ds:KeyInfo><ds:X509Data>", "")
    infos = {
        "without KeyInfo": "", "with the attacker's certificate": certificate_info("attacker"), "with the provider's certificate": certificate_info("idp"),
        "with both certificates": both, "with the attacker's key as a value": rsa_value, "with a key's name": "<ds:KeyInfo><ds:KeyName>idp</ds:KeyName></ds:KeyInfo>",
        "with a method to fetch the key": '<ds:KeyInfo><ds:RetrievalMethod URI="http://attacker.example/key" Type="http://www.w3.org/2000/09/xmldsig#X509Data"/></ds:KeyInfo>',
        "with a SAML-like issuer and serial": "<ds:KeyInfo><ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=idp (test key)</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data></ds:KeyInfo>",
    }
    for scope in ("response", "assertion", "both"):
        for name, info in infos.items():
            line = own(f"attacker-{scope}", scope, by="attacker", key_info=info, differ={"name_id": "admin@acme.example"})
            yield case("another key", f"the attacker's, {name}, {scope} signed", line, line["message"], why)
    for scope in ("response", "assertion"):
        line = own(f"tenant-{scope}", scope, by="other", key_info=certificate_info("other"))
        yield case("another key", f"of another tenant's provider, {scope} signed", line, line["message"], why)
        line = own(f"curve-{scope}", scope, algorithm="ecdsa-sha256", by="attacker-ec", key_info=certificate_info("attacker-ec"))
        yield case("another key", f"the attacker's on P-256, {scope} signed", line, line["message"], why)
    line = own("next", by="idp-next", key_info=certificate_info("idp-next"))
    yield case("another key", "a certificate that is not pinned yet", line, line["message"], why)
    # The rightful messages, signed anew by the attacker.
    for base in bases:
        if base.line["kind"] != "response":
            continue
        inner = base.tree.without(*[s for s in (base.response_signature, base.assertion_signature) if s])
        for what in ("response", "assertion"):
            if what == "response" and not base.response_signature:
                continue
            id = (base.response if what == "response" else base.assertion).attributes["ID"]
            yield case("another key", f"a rightful message signed anew as {what}", base.line, sign(name_another(inner), id, by="attacker", key_info=certificate_info("attacker")), why)


def modulus(name):
    n = key(name).public_key().public_numbers().n
    return base64.b64encode(n.to_bytes((n.bit_length() + 7) // 8, "big")).decode()


def algorithms():
    for form in ("PEM certificate", "DER certificate", "PEM key", "DER key"):
        for algorithm in ("hmac-sha256", "hmac-sha1"):
            line = own(f"{algorithm}-{form}", by="idp", algorithm=algorithm, secret=public_bytes("idp", form), differ={"name_id": "admin@acme.example"})
            yield case("HMAC", f"{algorithm} with the {form} of the provider", line, line["message"], "a public key as the secret of an HMAC: what everybody knows signs nothing")
    line = own("hmac-empty", by="idp", algorithm="hmac-sha256", secret=b"")
    yield case("HMAC", "an empty secret", line, line["message"], "an empty secret signs nothing")
    facts, xml = unsigned("hmac-zero")
    value = digest_of(c14n(element(xml, facts.assertion_id)), "sha256")
    info = signed_info(reference(f"#{facts.assertion_id}", value), "hmac-sha256", signature_inner="<ds:HMACOutputLength>0</ds:HMACOutputLength>")
    line = own("hmac-zero", by="idp")
    yield case("HMAC", "a length of 0 bits", line, put(xml, facts.assertion_id, signature(info, "hmac-sha256", secret=b"x", value=b"")), "an HMAC cut to nothing fits anything (CVE-2009-0217)")

    for algorithm, by, why in (
        ("rsa-sha1", "idp", "SHA-1 although the provider's settings do not allow it"), ("rsa-md5", "idp", "MD5 signs nothing"),
        ("dsa-sha1", "attacker-dsa", "DSA is no algorithm of ours, and the key is not pinned"), ("dsa-sha256", "attacker-dsa", "DSA is no algorithm of ours, and the key is not pinned"),
        ("ecdsa-sha1", "idp-ec", "SHA-1 although the provider's settings do not allow it"),
    ):
        for scope in ("response", "assertion"):
            line = own(f"{algorithm}-{scope}", scope, algorithm=algorithm, by=by)
            yield case("algorithm", f"{algorithm}, {scope} signed", line, line["message"], why)
            if algorithm in ("rsa-md5", "dsa-sha1"):
                yield case("algorithm", f"{algorithm} where SHA-1 is allowed, {scope} signed", line, line["message"], "only SHA-1 with RSA is allowed by that setting", options={"allowSha1": True, "idpInitiated": False})
    for digest in ("sha1", "md5"):
        line = own(f"digest-{digest}", by="idp", digest=digest)
        yield case("algorithm", f"digest {digest} below RSA-SHA256", line, line["message"], "a weak digest under a strong signature: whoever collides the digest has the signature")
    ok = own("swapped", by="idp")
    message = ok["message"]
    method = METHODS["rsa-sha256"]
    for name, uri in {
        "RSA-SHA1": METHODS["rsa-sha1"], "RSA-SHA512": METHODS["rsa-sha512"], "ECDSA-SHA256": METHODS["ecdsa-sha256"], "HMAC-SHA256": METHODS["hmac-sha256"],
        "none": "none", "nothing": "", "RSA-PSS": "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", "EdDSA": "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519", "the digest's": DIGESTS["sha256"],
    }.items():
        yield case("algorithm", f"the method changed to {name}", ok, message.replace(method, uri), "SignedInfo was altered after it was signed")
    for name, uri in {"SHA-1": DIGESTS["sha1"], "SHA-512": DIGESTS["sha512"], "nothing": ""}.items():
        yield case("algorithm", f"the digest's method changed to {name}", ok, message.replace(DIGESTS["sha256"], uri), "SignedInfo was altered after it was signed")
    pss = own("pss", by="idp")
    yield case("algorithm", "RSA-PSS by the provider's key", pss, pss_signed(), "RSA-PSS is not on the list of algorithms, and its parameters could name others")


def pss_signed():
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    facts, xml = unsigned("pss")
    value = digest_of(c14n(element(xml, facts.assertion_id)), "sha256")
    info = signed_info(reference(f"#{facts.assertion_id}", value), "rsa-sha256").replace(METHODS["rsa-sha256"], "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1")
    # A salt of no length is the same each time.
    raw = key("idp").sign(c14n(etree.fromstring(info)), padding.PSS(padding.MGF1(hashes.SHA256()), 0), hashes.SHA256())
    return put(xml, facts.assertion_id, signature(info, "rsa-sha256", value=raw))


def values():
    """SignatureValue and DigestValue that are not what they should be."""
    for algorithm, by in (("rsa-sha256", "idp"), ("ecdsa-sha256", "idp-ec")):
        line = own(f"value-{by}", algorithm=algorithm, by=by, differ={"name_id": "mallory"})
        message = line["message"]
        value = re.search(r"SignatureValue>([^<]*)<", message).group(1)
        raw = base64.b64decode(value)
        encode = lambda data: base64.b64encode(data).decode()  # noqa: E731
        flipped = bytes([raw[0] ^ 1]) + raw[1:]
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        spoiled = {
            "one bit off": encode(flipped), "empty": "", "cut": encode(raw[:-1]), "a byte longer": encode(raw + b"\0"), "a zero byte before": encode(b"\0" + raw),
            "all zero": encode(bytes(len(raw))), "one": encode(bytes(len(raw) - 1) + b"\1"), "not base64": "!" + value[1:], "base64url": value.replace("+", "-").replace("/", "_") + "-_",
            "padding inside": value[:8] + "==" + value[8:], "white space alone": " ", "twice": value + value,
        }
        if by == "idp-ec":
            r, s = raw[:32], raw[32:]
            from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

            spoiled |= {
                "in DER instead of r and s": encode(encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))),
                "r and s exchanged": encode(s + r), "s zero": encode(r + bytes(32)), "r and s the order": encode(order.to_bytes(32, "big") * 2),
                "r beyond the order": encode((int.from_bytes(r, "big") + order).to_bytes(33, "big") + s),
            }
        for name, text in spoiled.items():
            yield case("signature value", f"{algorithm}, {name}", line, message.replace(f">{value}<", f">{text}<"), "the value is no signature of SignedInfo by the provider's key")
        yield case("signature value", f"{algorithm}, an element inside", line, message.replace(f">{value}<", f">{value[:9]}<x xmlns='urn:x'/>{value[9:]}<"), "SignatureValue is one text (XMLDSig 4.3)")
        yield case("signature value", f"{algorithm}, none at all", line, re.sub(r"<ds:SignatureValue>[^<]*</ds:SignatureValue>", "", message), "a Signature has a value (XMLDSig 4.3)")
        yield case("altered", f"the name, {algorithm}", line, message.replace(">mallory<", ">admin@acme.example<"), "what was signed was altered")
        yield case("altered", f"the digest too, {algorithm}", line, redigested(message, f"_a-value-{by}"), "SignedInfo was altered after it was signed")
    own_spare = own("other-info", differ={"name_id": "mallory"})
    stolen = own("other-value")["message"]
    value = re.search(r"SignatureValue>([^<]*)<", stolen).group(1)
    yield case("signature value", "of another message", own_spare, re.sub(r"(SignatureValue>)[^<]*<", rf"\g<1>{value}<", own_spare["message"]), "the value is of another SignedInfo")
    whole = re.search(r"<ds:Signature .*</ds:Signature>", stolen).group(0)
    yield case("signature value", "the whole Signature of another message", own_spare, re.sub(r"<ds:Signature .*</ds:Signature>", whole, own_spare["message"]), "the Reference is to another message's element")


def redigested(message, id):
    evil = message.replace(">mallory<", ">admin@acme.example<")
    fresh = digest_of(c14n(element(re.sub(r"<ds:Signature.*?</ds:Signature>", "", evil), id)), "sha256")
    return re.sub(r"(DigestValue>)[^<]*<", rf"\g<1>{fresh}<", evil)


def transforms():
    """The provider's key signed, but not what is read: each would verify by the letter of XMLDSig."""
    keep = "only enveloped-signature and exclusive canonicalization: any other transform makes the signed bytes others than those that are read"
    number = 0

    def made(name, transform_list, compute, why=keep, digest="sha256", method=EXCLUSIVE, exclusive=True, comments=False, method_inner="", change=lambda xml: xml, after=lambda xml: xml):
        nonlocal number
        number += 1
        facts, xml = unsigned(f"transform-{number}")
        xml = change(xml)
        value = digest_of(compute(element(xml, facts.assertion_id)), digest)
        info = signed_info(reference(f"#{facts.assertion_id}", value, digest, transform_list), usual(), method, method_inner)
        signed = put(xml, facts.assertion_id, signature(info, usual(), exclusive=exclusive, comments=comments))
        line = own(f"transform-{number}")
        return case("transforms", name, line, after(signed), why)

    enveloped = transform(DS + "enveloped-signature")
    plain = lambda node: c14n(node)  # noqa: E731
    inclusive = lambda node: c14n(node, exclusive=False)  # noqa: E731

    def without_name(node):
        for name in node.iter("{urn:oasis:names:tc:SAML:2.0:assertion}NameID"):
            name.getparent().remove(name)
        return c14n(node)

    xpath = transform("http://www.w3.org/TR/1999/REC-xpath-19991116", '<ds:XPath xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">not(ancestor-or-self::a:NameID)</ds:XPath>')
    filtered = transform("http://www.w3.org/2002/06/xmldsig-filter2", '<f:XPath xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" Filter="subtract">//a:NameID</f:XPath>')
    nothing = transform("http://www.w3.org/TR/1999/REC-xpath-19991116", "<ds:XPath>false()</ds:XPath>")
    evil = lambda xml: xml.replace(">ada@acme.example<", ">admin@acme.example<")  # noqa: E731
    yield made("XPath that leaves the name out", enveloped + xpath + transform(EXCLUSIVE), without_name, after=evil)
    yield made("XPath filter 2 that leaves the name out", enveloped + filtered + transform(EXCLUSIVE), without_name, after=evil)
    yield made("XPath that leaves everything out", nothing + transform(EXCLUSIVE), lambda node: b"", after=evil)
    xslt = '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"><xsl:template match="/"><x/></xsl:template></xsl:stylesheet>'
    yield made("XSLT", enveloped + transform("http://www.w3.org/TR/1999/REC-xslt-19991116", xslt) + transform(EXCLUSIVE), lambda node: b"<x></x>", after=evil)
    java = '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:rt="http://xml.apache.org/xalan/java/java.lang.Runtime"><xsl:template match="/"><xsl:value-of select="rt:exec(rt:getRuntime(),\'id\')"/></xsl:template></xsl:stylesheet>'
    yield made("XSLT that runs a program", enveloped + transform("http://www.w3.org/TR/1999/REC-xslt-19991116", java), lambda node: b"", after=evil)
    yield made("base64", transform(DS + "base64"), lambda node: b"", after=evil)
    yield made("exclusive canonicalization with comments", enveloped + transform(EXCLUSIVE + "WithComments"), lambda node: c14n(node, comments=True))
    yield made("inclusive canonicalization", enveloped + transform(INCLUSIVE), inclusive)
    yield made("inclusive canonicalization with comments", enveloped + transform(INCLUSIVE + "#WithComments"), lambda node: c14n(node, exclusive=False, comments=True))
    yield made("inclusive canonicalization 1.1", enveloped + transform("http://www.w3.org/2006/12/xml-c14n11"), inclusive)
    yield made("enveloped-signature alone", enveloped, inclusive)
    yield made("canonicalization twice", enveloped + transform(EXCLUSIVE) * 2, plain)
    yield made("enveloped-signature twice", enveloped * 2 + transform(EXCLUSIVE), plain)
    yield made("the other order", transform(EXCLUSIVE) + enveloped, plain)
    yield made("an unknown one", enveloped + transform(EXCLUSIVE) + transform("urn:evil"), plain)
    yield made("an empty identifier", enveloped + transform(""), plain)
    yield made("the decryption transform", enveloped + transform("http://www.w3.org/2002/07/decrypt#XML") + transform(EXCLUSIVE), plain)
    yield made("many of them", enveloped + transform(EXCLUSIVE) * 30, plain)
    yield made("SignedInfo canonicalized inclusively", STANDARD, plain, method=INCLUSIVE, exclusive=False)
    yield made("SignedInfo canonicalized with comments", STANDARD, plain, method=EXCLUSIVE + "WithComments", comments=True)
    yield made("SignedInfo canonicalized by something unknown", STANDARD, plain, method="urn:evil")
    yield made("SignedInfo not canonicalized", STANDARD, plain, method="")
    facts, xml = unsigned("no-transforms")
    value = digest_of(c14n(element(xml, facts.assertion_id), exclusive=False), "sha256")
    info = signed_info(reference(f"#{facts.assertion_id}", value, transforms=""), usual())
    yield case("transforms", "none at all", own("no-transforms"), put(xml, facts.assertion_id, signature(info, usual())), keep)


def references():
    """References to something else, to several things, or to nothing."""
    number = 0
    why = "exactly one Reference, by the ID of the element that the Signature stands in"

    def made(name, make, because=why, after=lambda xml: xml, more=""):
        nonlocal number
        number += 1
        facts, xml = unsigned(f"reference-{number}")
        signed_element = element(xml, facts.assertion_id)
        own_digest = digest_of(c14n(signed_element), "sha256")
        info = signed_info(make(facts, own_digest, xml), usual())
        message = put(xml, facts.assertion_id, signature(info, usual(), after=more))
        return case("reference", name, own(f"reference-{number}"), after(message), because)

    root_digest = lambda xml: digest_of(c14n(etree.fromstring(xml.encode())), "sha256")  # noqa: E731
    yield made("the whole document by an empty URI", lambda f, d, x: reference("", root_digest(x)))
    yield made("no URI", lambda f, d, x: reference(None, d))
    yield made("the Response by its ID", lambda f, d, x: reference(f"#{f.response_id}", root_digest(x)))
    yield made("an ID that nobody has", lambda f, d, x: reference("#_nobody", d))
    yield made("a fragment that is empty", lambda f, d, x: reference("#", d))
    yield made("xpointer of the root", lambda f, d, x: reference("#xpointer(/)", root_digest(x)))
    yield made("xpointer of the ID", lambda f, d, x: reference(f"#xpointer(id('{f.assertion_id}'))", d))
    yield made("xpointer of everything of that kind", lambda f, d, x: reference("#xpointer(//*[local-name()='Assertion'])", d))
    yield made("another document", lambda f, d, x: reference("http://attacker.example/signed.xml", d))
    yield made("another document's fragment", lambda f, d, x: reference(f"http://attacker.example/a.xml#{f.assertion_id}", d))
    yield made("a file", lambda f, d, x: reference("file:///etc/passwd", d))
    yield made("the ID percent-encoded", lambda f, d, x: reference("#" + f.assertion_id.replace("_", "%5F"), d))
    yield made("the ID without its hash sign", lambda f, d, x: reference(f.assertion_id, d))
    yield made("white space before the ID", lambda f, d, x: reference("# " + f.assertion_id, d))
    yield made("two, the same twice", lambda f, d, x: reference(f"#{f.assertion_id}", d) * 2)
    yield made("two, the Status the second", lambda f, d, x: reference(f"#{f.assertion_id}", d) + reference("", root_digest(x)))
    yield made("two, ours the second and wrong", lambda f, d, x: reference("#_nobody", d) + reference(f"#{f.assertion_id}", digest_of(b"", "sha256")))
    yield made("none", lambda f, d, x: "", "a Signature without a Reference signs nothing", after=lambda xml: xml.replace(">ada@acme.example<", ">admin@acme.example<"))
    yield made("a Type", lambda f, d, x: reference(f"#{f.assertion_id}", d, more=' Type="http://www.w3.org/2000/09/xmldsig#Manifest"'), "a Reference that says to be a Manifest's")
    yield made("two digests", lambda f, d, x: reference(f"#{f.assertion_id}", d).replace("</ds:Reference>", f"<ds:DigestValue>{d}</ds:DigestValue></ds:Reference>"))
    yield made("no digest", lambda f, d, x: reference(f"#{f.assertion_id}", d).replace(f"<ds:DigestValue>{d}</ds:DigestValue>", ""))
    yield made("an empty digest", lambda f, d, x: reference(f"#{f.assertion_id}", ""))
    yield made("the digest of nothing", lambda f, d, x: reference(f"#{f.assertion_id}", digest_of(b"", "sha256")))
    manifest = lambda f, d: f'<ds:Object><ds:Manifest Id="_m">{reference(f"#{f.assertion_id}", d)}</ds:Manifest></ds:Object>'  # noqa: E731
    facts, xml = unsigned("manifest")
    digest = digest_of(c14n(element(xml, facts.assertion_id)), "sha256")
    held = manifest(facts, digest).replace("<ds:Manifest", f'<ds:Manifest xmlns:ds="{DS}"')
    inner = etree.fromstring(held.replace("<ds:Object>", f'<ds:Object xmlns:ds="{DS}">'))[0]
    info = signed_info(reference("#_m", digest_of(c14n(inner), "sha256"), transforms=transform(EXCLUSIVE)), usual())
    yield case("reference", "a Manifest whose Reference is never checked", own("manifest"), put(xml, facts.assertion_id, signature(info, usual(), after=held)).replace(">ada@acme.example<", ">admin@acme.example<"), "a Manifest's own References are checked by the application alone (XMLDSig 2.3), so nothing of it counts")


def places(bases):
    """Signatures elsewhere, several, or none."""
    for base in bases:
        if base.line["kind"] != "response":
            continue
        tree = base.tree
        scope = base.scope
        every = [s for s in (base.response_signature, base.assertion_signature) if s]
        evil = name_another(tree.without(*every))
        yield case("unsigned", f"every Signature taken away, {scope} signed", base.line, tree.without(*every), "nothing that is read is signed")
        yield case("unsigned", f"every Signature taken away and the name changed, {scope} signed", base.line, evil, "nothing that is read is signed")
        sig = tree.outer(every[-1])
        empty = f'<ds:Signature xmlns:ds="{DS}"/>'
        yield case("unsigned", f"an empty Signature, {scope} signed", base.line, put(evil, base.assertion.attributes["ID"], empty), "nothing that is read is signed")
        if scope == "both":
            yield case("altered", "the Response's Signature kept, the Assertion's taken away", base.line, tree.without(base.assertion_signature), "the Assertion's Signature is part of what the Response's covers")
            yield case("altered", "an attribute more on the Response, both signed", base.line, tree.splice((base.response.start, base.response.inner, re.sub(r'Version="2\.0"', 'Version="2.0" Consent="urn:evil"', re.sub(r"Version='2\.0'", 'Version="2.0"', tree.open(base.response)), count=1))), "the Response was altered after it was signed")
            spoiled = re.sub(r"(<(?:\w+:)?SignatureValue>\s*)(.)", lambda m: m.group(1) + ("A" if m.group(2) != "A" else "B"), tree.outer(base.response_signature))
            yield case("signature value", "the Response's spoiled, the Assertion's good", base.line, tree.splice((base.response_signature.start, base.response_signature.end, spoiled)), "a Signature that is there must verify: who broke it altered the Response")
        if scope == "assertion":
            node, signed = base.assertion, base.assertion_signature
            status, subject = tree.child(base.response, "Status"), tree.child(node, "Subject")
            moved = {
                "in the Response": (status.start, status.start), "at the end of the Response": (base.response.close, base.response.close), "in the Status": (status.close, status.close),
                "in the Subject": (subject.close, subject.close), "in the Issuer": (tree.child(node, "Issuer").close,) * 2,
            }
            for name, (start, end) in moved.items():
                yield case("place of the signature", f"{name}, the Assertion signed", base.line, tree.splice((signed.start, signed.end, ""), (start, end, sig)), "the Signature is not a direct child of the element that it refers to")
            yield case("place of the signature", "behind the document, the Assertion signed", base.line, tree.without(signed) + sig, "not one document")
            yield case("place of the signature", "twice in the Assertion", base.line, tree.splice((signed.end, signed.end, sig)), "an element has one Signature (core 5.4.1)")
            forged = sign(evil, node.attributes["ID"], by="attacker", key_info=certificate_info("attacker"))
            forged_sig = Tree(forged).outer(Tree(forged).find("Signature"))
            yield case("several signatures", "the attacker's before the provider's", base.line, name_another(tree.splice((signed.start, signed.start, forged_sig))), "an element has one Signature (core 5.4.1)")
            yield case("several signatures", "the attacker's behind the provider's", base.line, name_another(tree.splice((signed.end, signed.end, forged_sig))), "an element has one Signature (core 5.4.1)")
            response = sign(name_another(tree.text), base.response.attributes["ID"], by="attacker", key_info=certificate_info("attacker"))
            yield case("several signatures", "the attacker's on the Response over the provider's Assertion", base.line, sign(tree.text, base.response.attributes["ID"], by="attacker"), "the Response has a Signature that no pinned key made")
            yield case("several signatures", "the attacker's on the Response, the name changed", base.line, response, "no Signature of a pinned key covers what is read")
        if scope == "response":
            signed = base.response_signature
            yield case("place of the signature", "in the Assertion, the Response signed", base.line, tree.splice((signed.start, signed.end, ""), (tree.child(base.assertion, "Issuer").end,) * 2 + (sig,)), "the Signature is not a direct child of the element that it refers to")
            yield case("place of the signature", "in Extensions, the Response signed", base.line, tree.splice((signed.start, signed.end, f'<e:Extensions xmlns:e="urn:oasis:names:tc:SAML:2.0:protocol">{sig}</e:Extensions>')), "the Signature is not a direct child of the element that it refers to")


def cases(bases):
    yield from others(bases)
    yield from algorithms()
    yield from values()
    yield from transforms()
    yield from references()
    yield from places(bases)
