"""Messages that cost a reader more than they cost to send. None is larger here than it must be to show its kind."""
from .cases import case, own


def cases(_):
    line = own("size", "assertion")
    message = line["message"]
    why = "bounds on size, depth and number hold before anything is computed"
    into = lambda text: message.replace("<p:Status>", f"<p:Extensions>{text}</p:Extensions><p:Status>")  # noqa: E731
    deep = 1000
    rows = {
        "elements 1,000 deep": into("<x>" * deep + "</x>" * deep),
        "200 attributes of one element": into("<x " + " ".join(f'a{n}=""' for n in range(200)) + "/>"),
        "1,100 attributes of one element": into("<x " + " ".join(f'a{n}=""' for n in range(1100)) + "/>"),
        "200 namespaces of one element": into("<x " + " ".join(f'xmlns:n{n}="u:{n}"' for n in range(200)) + "/>"),
        "150 comments": into("<!---->" * 150),
    }
    for name, text in rows.items():
        yield case("size", name, line, text, why)
    deep_signed = own("size-signed", "assertion", change=lambda xml: xml.replace("</a:AuthnStatement>", "</a:AuthnStatement><a:AttributeStatement><a:Attribute Name='x'><a:AttributeValue>" + "<x>" * 200 + "</x>" * 200 + "</a:AttributeValue></a:Attribute></a:AttributeStatement>"))
    yield case("size", "elements 200 deep, signed by the provider", deep_signed, deep_signed["message"], why)
    prefixes = own("size-prefixes", "assertion", prefixes=[f"p{n}" for n in range(500)])
    yield case("size", "a PrefixList of 500", prefixes, prefixes["message"], why)
    long = own("size-name", "assertion", differ={"name_id": "a" * 3000})
    yield case("size", "a NameID of 3,000 letters", long, long["message"], why)
