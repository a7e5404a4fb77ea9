"""Logout messages: a forged one ends another person's sessions, or says that they ended."""
import base64, re, zlib
from datetime import timedelta
from urllib.parse import quote, quote_plus, unquote_plus

import shapes
from .cases import case, own_logout
from .meaning import OTHER, at
from .sign import METHODS, certificate_info, pem, raw_signature, sign
from .tree import DS, Tree, name_another

REDIRECT = "the octets that are verified are those that were sent: SAMLRequest or SAMLResponse, RelayState, SigAlg, each once (bindings 3.4.4.1)"


def deflate(xml):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(packer.compress(xml.encode()) + packer.flush()).decode()


def query(xml, parameter="SAMLRequest", relay=None, algorithm="rsa-sha256", by="idp", secret=None, packed=None):
    text = f"{parameter}={quote_plus(packed or deflate(xml))}"
    if relay is not None:
        text += f"&RelayState={quote_plus(relay)}"
    text += f"&SigAlg={quote_plus(METHODS[algorithm])}"
    return f"{text}&Signature={quote_plus(base64.b64encode(raw_signature(text.encode(), algorithm, by, secret)).decode())}"


def contexts(valid):
    for line in valid:
        if line["kind"] == "response":
            continue
        label = f"{line['kind']}, {line['binding']}"
        sp, idp = line["sp"], line["idp"]

        def c(name, why, **changes):
            return case("logout", f"{label}: {name}", line, line["message"], why, **changes)

        yield c("an hour later", "the message is over, or older than its life", now=at(line, hours=1))
        yield c("an hour earlier", "the message is of the future", now=at(line, hours=-1))
        yield c("sent to another address", "Destination is another address", sp={**sp, "slo": "https://another.example/slo"})
        yield c("for another tenant", "Destination is another tenant's address", sp={"entityId": f"{OTHER}/metadata", "acs": f"{OTHER}/acs", "slo": f"{OTHER}/slo"})
        yield c("of another provider", "Issuer is not the provider's entity id", idp={**idp, "entityId": "https://idp.example/another"})
        yield c("by another key", "the key is not one of the pinned certificates", idp={**idp, "certificates": [pem("other.crt")]})
        if line["kind"] == "logoutResponse":
            yield c("another request's", "it answers another request than ours", inResponseTo="_another")
            yield c("nothing was asked", "it answers nothing", inResponseTo=None)
            yield c("as a request", "a response is no request", kind="logoutRequest")
        else:
            yield c("as a response", "a request is no response", kind="logoutResponse", inResponseTo="_request-1")


def posted(valid):
    for line in valid:
        if line["kind"] == "response" or line["binding"] != "post":
            continue
        tree = Tree(line["message"])
        signature = tree.child(tree.root, "Signature")
        bare = tree.without(signature)
        id = tree.root.attributes["ID"]
        kind = line["kind"]
        yield case("logout", f"{kind}, post: unsigned", line, bare, "anybody could end anybody's sessions")
        yield case("logout", f"{kind}, post: signed anew by the attacker", line, sign(name_another(bare), id, by="attacker", key_info=certificate_info("attacker")), "the key is not one of the pinned certificates")
        if kind == "logoutRequest":
            yield case("logout", f"{kind}, post: another person", line, name_another(line["message"]), "what was signed was altered")
            evil = name_another(bare).replace(id, "_evil")
            end = re.search(r"</[^<>]*>\s*$", evil).start()
            issuer = Tree(evil).root.children[0].end
            sig = tree.outer(signature)
            yield case("logout", f"{kind}, post: wrapped, the signed one at the end", line, evil[:end] + line["message"][tree.root.start :] + evil[end:], "the bytes that were signed are not those that would be read")
            yield case("logout", f"{kind}, post: wrapped, the Signature in the forged one", line, evil[:issuer] + sig + bare[tree.root.start :] + evil[issuer:], "the bytes that were signed are not those that would be read")
            hold = re.sub(r"(</(?:\w+:)?Signature>)$", lambda m: f'<ds:Object xmlns:ds="{DS}">{bare[tree.root.start:]}</ds:Object>' + m.group(1), sig)
            yield case("logout", f"{kind}, post: wrapped, the signed one in an Object", line, evil[:issuer] + hold + evil[issuer:], "the bytes that were signed are not those that would be read")


def signed_by_the_provider():
    now = shapes.NOW
    change = lambda pattern, new: (lambda xml: re.sub(pattern, new, xml, count=1))  # noqa: E731
    for number, (kind, name, edit, why) in enumerate([
        ("logoutRequest", "NotOnOrAfter is over", change(r'NotOnOrAfter="[^"]*"', f'NotOnOrAfter="{shapes.stamp(now - timedelta(minutes=5))}"'), "the request is over (core 3.7.1)"),
        ("logoutRequest", "no Issuer", change(r"<saml:Issuer>.*?</saml:Issuer>", ""), "a logout message has an Issuer (profiles 4.4.4.1)"),
        ("logoutRequest", "no NameID", change(r"<saml:NameID.*?</saml:NameID>", ""), "it names nobody"),
        ("logoutRequest", "two NameIDs", change(r"(<saml:NameID[^>]*>)(.*?)(</saml:NameID>)", r"\1admin@acme.example\3\1\2\3"), "it names one"),
        ("logoutRequest", "an encrypted name", change(r"<saml:NameID.*?</saml:NameID>", '<saml:EncryptedID><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"/></saml:EncryptedID>'), "encryption is not supported, and told so"),
        ("logoutRequest", "no Destination", change(r' Destination="[^"]*"', ""), "a signed message that is posted has a Destination (bindings 3.5.5.2)"),
        ("logoutRequest", "SAML 1.1", change('Version="2.0"', 'Version="1.1"'), "not SAML 2.0"),
        ("logoutRequest", "issued a day ago", change(r'IssueInstant="[^"]*" NotOnOrAfter="[^"]*"', f'IssueInstant="{shapes.stamp(now - timedelta(days=1))}"'), "without NotOnOrAfter it lives ten minutes"),
        ("logoutResponse", "no InResponseTo", change(r' InResponseTo="[^"]*"', ""), "it answers nothing"),
        ("logoutResponse", "no Status", change("<samlp:Status>.*?</samlp:Status>", ""), "it says nothing"),
        ("logoutResponse", "no Issuer", change(r"<saml:Issuer>.*?</saml:Issuer>", ""), "a logout message has an Issuer (profiles 4.4.4.2)"),
    ]):
        line = own_logout(f"logout-{number}", kind, change=edit)
        yield case("logout", f"{kind}, post: {name} (signed by the provider)", line, line["message"], why)


def redirected():
    facts = shapes.Facts(issuer="https://idp.example/keys", number="redirect")
    xml = shapes.logout_request(facts)
    line = shapes.record("keys", "redirect", facts, "", "rsa-sha256", kind="logoutRequest", binding="redirect", certificates=[pem("idp.crt")])
    good = query(xml, relay="state-1")
    evil = shapes.logout_request(shapes.Facts(issuer=facts.issuer, number="evil", name_id="admin@acme.example"))
    parts = dict(pair.split("=", 1) for pair in good.split("&"))
    join = lambda *names, **other: "&".join(f"{n}={other.get(n, parts[n])}" for n in names)  # noqa: E731
    every = ("SAMLRequest", "RelayState", "SigAlg", "Signature")
    forged = quote_plus(deflate(evil))
    reencoded = quote(unquote_plus(parts["SAMLRequest"]), safe="/+").replace("%3D", "%3d")
    rows = {
        "no Signature": join("SAMLRequest", "RelayState", "SigAlg"),
        "no SigAlg": join("SAMLRequest", "RelayState", "Signature"),
        "neither Signature nor SigAlg": join("SAMLRequest", "RelayState"),
        "an empty Signature": join(*every, Signature=""),
        "the message of another": join(*every, SAMLRequest=forged),
        "SAMLRequest twice, the forged one first": f"SAMLRequest={forged}&{good}",
        "SAMLRequest twice, the forged one last": f"{good}&SAMLRequest={forged}",
        "the name of a parameter encoded": f"SAML%52equest={forged}&{good}",
        "the name of a parameter in small letters": f"samlrequest={forged}&{good}",
        "SAMLResponse beside it": f"{good}&SAMLResponse={forged}",
        "as SAMLResponse": good.replace("SAMLRequest=", "SAMLResponse="),
        "RelayState altered": join(*every, RelayState="https%3A%2F%2Fattacker.example%2F"),
        "RelayState taken away": join("SAMLRequest", "SigAlg", "Signature"),
        "RelayState twice": f"{good}&RelayState=evil",
        "RelayState added to a message without": f"{query(xml)}&RelayState=evil",
        "SigAlg altered to SHA-1": join(*every, SigAlg=quote_plus(METHODS["rsa-sha1"])),
        "SigAlg altered to HMAC": join(*every, SigAlg=quote_plus(METHODS["hmac-sha256"])),
        "SigAlg altered to ECDSA": join(*every, SigAlg=quote_plus(METHODS["ecdsa-sha256"])),
        "SigAlg empty": join(*every, SigAlg=""),
        "SigAlg twice": f"{good}&SigAlg={quote_plus(METHODS['rsa-sha1'])}",
        "Signature twice": f"{good}&Signature=AAAA",
        "encoded again in another way": join(*every, SAMLRequest=reencoded) if reencoded != parts["SAMLRequest"] else join(*every, SAMLRequest=parts["SAMLRequest"].replace("%", "%25")),
        "SAMLEncoding of something else": f"{good}&SAMLEncoding=urn:evil",
        "semicolons between parameters": good.replace("&", ";"),
        "not deflated": query(xml, relay="state-1", packed=base64.b64encode(xml.encode()).decode()),
        "with a zlib header": query(xml, relay="state-1", packed=base64.b64encode(zlib.compress(xml.encode(), 9)).decode()),
        "not base64": query(xml, relay="state-1", packed="%%%%"),
        "a bomb of 3 MB": query(xml, packed=deflate(xml.replace("<saml:Issuer>", "<!--" + "a" * 3_000_000 + "--><saml:Issuer>"))),
        "the attacker's key": query(evil, relay="state-1", by="attacker"),
        "another tenant's key": query(evil, relay="state-1", by="other"),
        "SHA-1 by the provider": query(xml, relay="state-1", algorithm="rsa-sha1"),
        "MD5 by the provider": query(xml, relay="state-1", algorithm="rsa-md5"),
        "an HMAC with the certificate": query(evil, algorithm="hmac-sha256", secret=pem("idp.crt").encode()),
        "the Signature of the XML alone": join(*every, Signature=quote_plus(base64.b64encode(raw_signature(xml.encode(), "rsa-sha256", "idp")).decode())),
        "an enveloped Signature and none of the query": f"SAMLRequest={quote_plus(deflate(sign(xml, facts.response_id)))}&RelayState=state-1",
        "an enveloped Signature by the attacker inside": query(sign(xml, facts.response_id, by="attacker")),
        "nothing": "", "an empty message": query(""),
        "no message": join("RelayState", "SigAlg", "Signature"),
        "a DOCTYPE": query("<!DOCTYPE x>" + xml),
        "another recipient": query(xml.replace(shapes.SP["slo"], "https://another.example/slo")),
        "no Destination": query(re.sub(r' Destination="[^"]*"', "", xml)),
        "another issuer": query(xml.replace("https://idp.example/keys", "https://idp.example/another")),
    }
    for name, message in rows.items():
        yield case("logout by redirect", name, line, message, REDIRECT)
    response = shapes.logout_response(facts)
    answer = {**line, "kind": "logoutResponse", "inResponseTo": "_request-1"}
    yield case("logout by redirect", "a response under SAMLRequest", answer, query(response, "SAMLRequest"), "the parameter says which of both it is")
    yield case("logout by redirect", "a request under SAMLResponse", line, query(xml, "SAMLResponse"), "the parameter says which of both it is")
    yield case("logout by redirect", "a posted message's XML as a query", line, sign(xml, facts.response_id), "another binding")


def cases(bases, valid):
    yield from contexts(valid)
    yield from posted(valid)
    yield from signed_by_the_provider()
    yield from redirected()
