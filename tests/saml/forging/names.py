"""Attributes that could be read as an ID, and prefixes that mean something else."""
import re

from .cases import case, own
from .tree import A, DS, P, Tree, name_another, set_id

WRAP = "a forged Assertion stands where the reader looks"


def pollution(bases):
    """Combined with wrapping: the forged Assertion has the signed one's ID in another spelling, or both have two."""
    for index, base in enumerate(b for b in bases if b.scope == "assertion" and b.line["kind"] == "response"):
        tree, assertion, signature = base.tree, base.assertion, base.assertion_signature
        signed = tree.outer(assertion)
        id = assertion.attributes["ID"]
        sig = tree.outer(signature)
        bare_tree = Tree(tree.without(signature))
        bare = bare_tree.outer(next(n for n in bare_tree.root.children if n.local == "Assertion"))
        put = lambda text: tree.splice((assertion.start, assertion.end, text))  # noqa: E731
        why = f"{WRAP}, with an attribute that another reader takes for its ID: only `ID` of SAML's own elements is one"
        for name, attribute in {
            "Id": f'Id="{id}"', "id": f'id="{id}"', "iD": f'iD="{id}"', "xml:id": f'xml:id="{id}"', "AssertionID": f'AssertionID="{id}"',
            "a prefixed ID": f'xmlns:evil="urn:evil" evil:ID="{id}"', "an ID in SAML's namespace": f'xmlns:evil="{A}" evil:ID="{id}"',
            "an ID in the signature's namespace": f'xmlns:evil="{DS}" evil:Id="{id}"', "wsu:Id": f'xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" wsu:Id="{id}"',
        }.items():
            evil = name_another(set_id(bare, "_evil"))
            evil = re.sub(r"^(<[^\s>]+)", rf"\1 {attribute}", evil)
            with_sig = re.sub(r"(</(?:\w+:)?Issuer>)", lambda m: m.group(1) + sig, evil, count=1)
            yield case("attribute pollution", f"{name} of a forged Assertion with the Signature", base.line, put(with_sig + bare), why)
            yield case("attribute pollution", f"{name} of a forged Assertion before the signed one", base.line, put(evil + signed), why)
            if not name.startswith("Assertion"):
                root = re.sub(r"^(\s*(?:<\?xml[^>]*\?>\s*)?<[^\s>?]+)", rf"\1 {attribute}", base.message, count=1)
                yield case("attribute pollution", f"{name} of the Response is that of the Assertion", base.line, root, "two elements could be what the Reference means: an attribute that could be read as an ID is refused wherever it stands")
    line = own("same-id", "assertion")
    message = line["message"].replace('ID="_r-same-id"', 'ID="_a-same-id"')
    yield case("attribute pollution", "the Response has the Assertion's ID", line, message, "an ID stands once in a message")
    for name, message in {
        "no ID": own("no-id", "assertion")["message"].replace(' ID="_r-no-id"', ""),
        "an empty ID": own("no-id", "assertion")["message"].replace(' ID="_r-no-id"', ' ID=""'),
    }.items():
        yield case("attribute pollution", f"{name} of the Response", own("no-id", "assertion"), message, "a Response has an ID (core 3.2.2)")
    # Signed by the provider in that shape: nothing to guess about, refused all the same.
    for name, attribute in {"xml:id": 'xml:id="_evil"', "Id": 'Id="_evil"', "a prefixed ID": 'xmlns:evil="urn:evil" evil:ID="_evil"'}.items():
        own_line = own(f"signed-{len(name)}", "assertion", change=lambda xml, a=attribute: xml.replace("<a:Assertion ", f"<a:Assertion {a} "))
        yield case("attribute pollution", f"{name} beside the ID, signed by the provider", own_line, own_line["message"], "a second attribute that could be read as an ID (core 5.4.2: the ID attribute is ID)")


def namespaces(bases):
    line = own("prefixes", "assertion", differ={"name_id": "mallory"})
    message = line["message"]
    tree = Tree(message)
    signature = tree.outer(tree.find("Signature"))
    evil = message.replace(">mallory<", ">admin@acme.example<")
    fake = "http://www.w3.org/2000/09/xmldsig"
    for name, namespace in {
        "without its hash sign": fake, "with a space": DS + " ", "in capitals": DS.upper(), "over https": DS.replace("http:", "https:"),
        "of XMLDSig 1.1": "http://www.w3.org/2009/xmldsig11#", "of a stranger": "urn:evil", "encoded": DS.replace("xmldsig", "xml%64sig"),
    }.items():
        yield case("namespace confusion", f"the signature's namespace {name}", line, evil.replace(f'xmlns:ds="{DS}"', f'xmlns:ds="{namespace}"'), "elements that are no signature look like one to a reader of prefixes")
    for name, namespace in {"1.0": A.replace("2.0", "1.0"), "1.1": A.replace("2.0", "1.1"), "in capitals": A.upper(), "of a stranger": "urn:evil", "the protocol's": P}.items():
        changed = own(f"ns-{name}", "response", change=lambda xml, n=namespace: xml.replace(A, n))
        yield case("namespace confusion", f"the assertion's namespace {name}, signed by the provider", changed, changed["message"], "nothing in it is an Assertion of SAML 2.0")
    changed = own("ns-protocol", "assertion", change=lambda xml: xml.replace(P, P.replace("2.0", "1.1")))
    yield case("namespace confusion", "the protocol of SAML 1.1", changed, changed["message"], "the root is no Response of SAML 2.0")
    for name, root in {
        "ds is bound to something else on the root": 'xmlns:ds="urn:evil"',
        "dsig is bound to something else on the root": 'xmlns:dsig="urn:evil"',
        "saml is bound to the signature's": f'xmlns:saml="{DS}"',
        "samlp is bound to the signature's": f'xmlns:samlp="{DS}"',
        "saml2 is bound to the signature's": f'xmlns:saml2="{DS}"',
        "xs is bound to the signature's": f'xmlns:xs="{DS}"',
        "the signature's namespace in capitals": f'xmlns:ds="{DS.upper()}"',
    }.items():
        yield case("namespace confusion", name, line, message.replace("<p:Response ", f"<p:Response {root} "), "a prefix that everybody reads as one thing means another: it was made for a reader that goes by prefixes")
    hidden = signature.replace("ds:", "saml:").replace("xmlns:saml", "xmlns:saml")
    own_hidden = message.replace(signature, hidden.replace(f'xmlns:ds="{DS}"', f'xmlns:saml="{DS}"'))
    yield case("namespace confusion", "a Signature under the prefix saml", line, own_hidden, "a prefix that everybody reads as one thing means another")
    for name, root in {
        "a prefix is undeclared": 'xmlns:x=""', "xmlns is bound": 'xmlns:xmlns="urn:evil"', "xml is bound to something else": 'xmlns:xml="urn:evil"',
        "another prefix is bound to xml's namespace": 'xmlns:x="http://www.w3.org/XML/1998/namespace"', "xmlns's own namespace is bound": 'xmlns:x="http://www.w3.org/2000/xmlns/"',
    }.items():
        yield case("namespace confusion", name, line, message.replace("<p:Response ", f"<p:Response {root} "), "not well-formed by Namespaces in XML 1.0")
    # Two Assertions that differ by their namespace only.
    assertion = tree.find("Assertion")
    for name, text in {
        "without a namespace": '<Assertion ID="_evil">', "with a default namespace of SAML 1.1": '<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion" ID="_evil">', "of a stranger": '<a:Assertion xmlns:a="urn:evil" ID="_evil">',
    }.items():
        local = re.match(r"<([^\s>]+)", text).group(1)
        decoy = f"{text}<a:Subject><a:NameID>admin@acme.example</a:NameID></a:Subject></{local}>".replace("<a:", '<a:', 1) if local.startswith("a:") else f'{text}<Subject><NameID>admin@acme.example</NameID></Subject></{local}>'
        yield case("namespace confusion", f"an Assertion {name} before the signed one", line, tree.splice((assertion.start, assertion.start, decoy)), "a reader that looks for local names reads the forged one; a Response has no other elements than its own")
    # Relative namespaces: canonicalization fails (void canonicalization), or gives nothing.
    void = "Canonical XML 1.0 fails on a relative namespace; a reader that takes an empty output for what was signed verifies nothing (void canonicalization, 2025)"
    for name, root in {"relative": "xmlns:x='1'", "relative path": "xmlns:x='./x'", "relative with a hash": "xmlns:x='#x'", "a network path": "xmlns:x='//x'", "white space": "xmlns:x=' '"}.items():
        yield case("void canonicalization", f"{name}, on the Response", line, evil.replace("<p:Response ", f"<p:Response {root} "), void)
        yield case("void canonicalization", f"{name}, on the Assertion", line, evil.replace("<a:Assertion ", f"<a:Assertion {root} "), void)
        yield case("void canonicalization", f"{name}, in SignedInfo", line, evil.replace("<ds:SignedInfo>", f"<ds:SignedInfo {root}>"), void)
    import base64
    import hashlib

    empty = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    value = re.search(r"<ds:DigestValue>([^<]*)<", message).group(1)
    for root in ("xmlns:x='1'", "xmlns='x'"):
        new = evil.replace("<a:Assertion ", f"<a:Assertion {root} ").replace(value, empty)
        yield case("void canonicalization", f"the digest of nothing, {root}", line, new, void)
    for root in ("xmlns:x='1'", "xmlns:x='x/y'"):
        new = message.replace("<p:Response ", f"<p:Response {root} ")
        yield case("void canonicalization", f"nothing else altered, {root}", line, new, "a relative namespace has no canonical form that all agree on: a reader whose canonicalization fails or gives nothing must not go on")


def cases(bases):
    yield from pollution(bases)
    yield from namespaces(bases)
