"""Changes that need no key and change no meaning: a reader may take them, as what was signed, or refuse them."""
import re

from .cases import case
from .meaning import at
from .sign import pem
from .tree import Tree


def cases(bases, valid):
    yield from texts(bases)
    yield from worlds(bases)
    yield from queries(valid)


def worlds(bases):
    """The same message, read by somebody with other settings, or at another moment, that leave it as good as it was."""
    for base in bases:
        line = base.line
        if line["kind"] != "response":
            continue
        scope, message = base.scope, line["message"]

        def c(name, why, **changes):
            return case("settings", f"{name}, {scope} signed", line, message, why, **changes)

        pinned = line["idp"]["certificates"]
        yield c("another certificate is pinned behind", "any pinned certificate may have signed", idp={**line["idp"], "certificates": [*pinned, pem("idp-next.crt")]})
        yield c("another certificate is pinned before", "any pinned certificate may have signed", idp={**line["idp"], "certificates": [pem("idp-next.crt"), *pinned]})
        yield c("SHA-1 is allowed", "what is allowed need not be used", options={**line["options"], "allowSha1": True})
        yield c("other Assertions were used before", "this one was not", used=["_another", base.assertion.attributes["ID"][:-1]])
        if line["inResponseTo"]:
            yield c("unsolicited ones are allowed", "this one was asked for", options={**line["options"], "idpInitiated": True})
        if line["signer"] in ("xmlsec1", "signxml", "jdk", "xml-crypto"):
            yield c("50 seconds late", "a minute is left for clocks", now=at(line, minutes=5, seconds=50))
            yield c("50 seconds early", "a minute is left for clocks", now=at(line, minutes=-5, seconds=-50))


def queries(valid):
    """Parameters in another order, and some that are nobody's: what is signed is put together by their names."""
    for line in valid:
        if line["binding"] != "redirect":
            continue
        pairs = line["message"].split("&")
        for name, message in {
            "the Signature first": "&".join([pairs[-1], *pairs[:-1]]), "the other way round": "&".join(reversed(pairs)),
            "one more that nobody knows": line["message"] + "&utm_source=x", "an array's name": line["message"] + "&SAMLRequest[]=x",
        }.items():
            yield case("query", f"{name}, {line['kind']}", line, message, "parameters are told by their names; what is signed is put together in its own order (bindings 3.4.4.1)")


def texts(bases):
    for base in bases:
        if base.line["kind"] != "response":
            continue
        tree, message, line = base.tree, base.message, base.line
        name = tree.find("NameID", base.assertion)
        text = tree.inner(name)
        if "&" in text:
            continue
        scope = base.scope
        named = lambda new: tree.splice((name.inner, name.close, new))  # noqa: E731
        status = tree.child(base.response, "Status")
        yield case("CDATA", f"around the NameID, {scope} signed", line, named(f"<![CDATA[{text}]]>"), "canonicalization makes plain text of CDATA: what was signed is the whole text")
        yield case("CDATA", f"around half of the NameID, {scope} signed", line, named(f"{text[:4]}<![CDATA[{text[4:]}]]>"), "canonicalization makes plain text of CDATA: what was signed is the whole text")
        yield case("CDATA", f"around each half of the NameID, {scope} signed", line, named(f"<![CDATA[{text[:4]}]]><![CDATA[{text[4:]}]]>"), "canonicalization makes plain text of CDATA: what was signed is the whole text")
        yield case("references", f"of characters in the NameID, {scope} signed", line, named("".join(f"&#{ord(c)};" for c in text)), "a character and its reference are the same")
        yield case("comments", f"between elements, {scope} signed", line, tree.splice((status.start, status.start, "<!-- between -->")), "comments between elements are not signed and cut no text")
        yield case("comments", f"before the document, {scope} signed", line, re.sub(r"^(<\?xml[^>]*\?>)?", lambda m: m.group(0) + "<!-- before -->", message, count=1), "comments outside are not signed and cut no text")
        yield case("comments", f"behind the document, {scope} signed", line, message + "<!-- behind -->", "comments outside are not signed and cut no text")
        yield case("white space", f"behind the document, {scope} signed", line, message.rstrip() + "\n\n\n", "white space outside is not part of any element")
        yield case("white space", f"in the tags, {scope} signed", line, re.sub(r"<((?:\w+:)?)Subject>", r"<\1Subject  >", message), "white space in a tag is not part of its canonical form")
        yield case("line ends", f"as CR LF, {scope} signed", line, message.replace("\r\n", "\n").replace("\n", "\r\n"), "a parser reads line ends alike (XML 1.0 2.11)")
        info = base.assertion_signature or base.response_signature
        if tree.has("KeyInfo", info) and scope == "assertion":
            yield case("KeyInfo", "taken away", line, tree.without(tree.find("KeyInfo", info)), "KeyInfo is not signed, and nobody looks at it")
            another = "<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:KeyName>another</ds:KeyName></ds:KeyInfo>"
            found = tree.find("KeyInfo", info)
            yield case("KeyInfo", "says another", line, tree.splice((found.start, found.end, another)), "KeyInfo is not signed, and nobody looks at it")
            value = tree.find("SignatureValue", info)
            yield case("white space", "in the SignatureValue", line, tree.splice((value.inner, value.close, "\n " + re.sub(r"(.{20})", r"\1\n", re.sub(r"\s|&#13;", "", tree.inner(value))) + "\n")), "base64 may be broken into lines")
        if scope == "assertion":
            yield case("namespaces", "one more on the Response", line, re.sub(r"^((?:<\?xml[^>]*\?>)?\s*<[^\s>]+)", r'\1 xmlns:unused="urn:unused"', message, count=1), "exclusive canonicalization leaves out what an element does not use")
            yield case("the Response", "another IssueInstant", line, tree.splice((base.response.start, base.response.inner, re.sub(r"(IssueInstant=[\"'])(\d{4}-\d\d-\d\dT\d\d:\d\d):\d\d", r"\1\2:01", tree.open(base.response)))), "the Response is not signed; what it says of its time decides nothing")
