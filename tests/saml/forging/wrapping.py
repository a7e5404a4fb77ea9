"""Signature wrapping (Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be", 2012): the element that was signed
is kept somewhere, and another one stands where the reader looks."""
import re

from .cases import case
from .tree import DS, P, name_another, set_id, tag

NAMES = {
    "XSW1": "a forged Response around the Signature, which holds the signed Response",
    "XSW2": "a forged Response whose Signature is followed by the signed Response",
    "XSW3": "a forged Assertion before the signed one",
    "XSW4": "a forged Assertion around the signed one",
    "XSW5": "a forged Assertion with the Signature, the signed one after it",
    "XSW6": "a forged Assertion with the Signature, which holds the signed one",
    "XSW7": "a forged Assertion in Extensions, before the signed one",
    "XSW8": "a forged Assertion with the Signature, whose Object holds the signed one",
}
WHY = "the bytes that were signed are not those that would be read: the Signature must be a direct child of the element that is used, refer to it, and be the only one of its kind"


def response_cases(base):
    """Where the Response is signed (or both are)."""
    tree, response, signature = base.tree, base.response, base.response_signature
    text = base.message
    head, tail = text[: len(text.encode()[: response.start].decode())], ""
    signed = tree.outer(response)
    bare_tree = type(tree)(tree.without(signature))
    bare = bare_tree.outer(bare_tree.root)
    sig = tree.outer(signature)
    for same in (False, True):
        evil = name_another(bare if same else set_id(bare, "_evil"))
        evil = evil if same else evil.replace(f'ID="{base.assertion.attributes["ID"]}"', 'ID="_evil-assertion"')
        ids = "the same ID" if same else "another ID"
        inner = re.match(r"<[^>]*>", evil).end()
        issuer = type(tree)(evil).root.children[0].end
        at_issuer = lambda what: (evil.encode()[:issuer] + what.encode() + evil.encode()[issuer:]).decode()  # noqa: E731
        at_end = lambda what: re.sub(r"(</[^<>]*>)\s*$", lambda m: what + m.group(1), evil)  # noqa: E731
        in_signature = re.sub(r"(</(?:\w+:)?Signature>)$", lambda m: bare + m.group(1), sig)
        in_object = re.sub(r"(</(?:\w+:)?Signature>)$", lambda m: f'<{tag(signature.qualified, "Object")}>{bare}</{tag(signature.qualified, "Object")}>' + m.group(1), sig)
        in_key_info = re.sub(r"(</(?:\w+:)?Signature>)$", lambda m: f'<ds:KeyInfo xmlns:ds="{DS}">{bare}</ds:KeyInfo>' + m.group(1), sig)
        made = {
            "XSW1": at_issuer(in_signature),
            "XSW1, in an Object": at_issuer(in_object),
            "XSW1, in KeyInfo": at_issuer(in_key_info),
            "XSW2": at_issuer(sig + bare),
            "XSW2, the signed Response first": at_issuer(bare + sig),
            "XSW2, the signed Response in Extensions": at_issuer(f'{sig}<e:Extensions xmlns:e="{P}">{bare}</e:Extensions>'),
            "XSW2, the signed Response at the end": at_end(sig + bare),
            "XSW2, the Signature left in the signed Response": at_end(signed),
            "XSW2, the signed Response in StatusDetail": evil.replace("</" + tag(response.qualified, "Status") + ">", f'<e:StatusDetail xmlns:e="{P}">{signed}</e:StatusDetail></' + tag(response.qualified, "Status") + ">"),
            "XSW2, the signed Response first of all": evil[:inner] + signed + evil[inner:],
        }
        for name, message in made.items():
            yield case(name[:4], f"{name}, {ids}, {base.scope} signed", base.line, head + message + tail, f"{NAMES[name[:4]]}: {WHY}")


def assertion_cases(base):
    """Where the Assertion is signed (or both are)."""
    tree, assertion, signature = base.tree, base.assertion, base.assertion_signature
    signed = tree.outer(assertion)
    bare_tree = type(tree)(tree.without(signature))
    bare_node = next(n for n in bare_tree.root.children if n.local == "Assertion")
    bare = bare_tree.outer(bare_node)
    sig = tree.outer(signature)
    status = tree.child(base.response, "Status")
    put = lambda text: tree.splice((assertion.start, assertion.end, text))  # noqa: E731
    for same in (False, True):
        evil = name_another(bare if same else set_id(bare, "_evil"))
        ids = "the same ID" if same else "another ID"
        close = re.search(r"</[^<>]*>\s*$", evil).start()
        at_end = lambda what, to=evil: to[:close] + what + to[close:]  # noqa: E731
        issuer_end = re.search(r"</(?:\w+:)?Issuer>", evil).end()
        with_sig = lambda what: evil[:issuer_end] + what + evil[issuer_end:]  # noqa: E731
        hold = lambda wrapped: re.sub(r"(</(?:\w+:)?Signature>)$", lambda m: wrapped + m.group(1), sig)  # noqa: E731
        obj = tag(signature.qualified, "Object")
        ext = f'<e:Extensions xmlns:e="{P}">'
        advice = tag(assertion.qualified, "Advice")
        statement = tag(assertion.qualified, "AttributeStatement")
        value = tag(assertion.qualified, "AttributeValue")
        attribute = tag(assertion.qualified, "Attribute")
        made = {
            "XSW3": put(evil + signed),
            "XSW3, the forged one last": put(signed + evil),
            "XSW3, the signed one in Extensions": tree.splice((assertion.start, assertion.end, evil), (status.start, status.start, f"{ext}{signed}</e:Extensions>")),
            "XSW3, the signed one in StatusDetail": tree.splice((assertion.start, assertion.end, evil), (status.close, status.close, f'<e:StatusDetail xmlns:e="{P}">{signed}</e:StatusDetail>')),
            "XSW4": put(at_end(signed)),
            "XSW4, in Advice": put(at_end(f"<{advice}>{signed}</{advice}>")),
            "XSW4, in an attribute's value": put(at_end(f'<{statement}><{attribute} Name="a"><{value}>{signed}</{value}></{attribute}></{statement}>')),
            "XSW5": put(with_sig(sig) + bare),
            "XSW5, the signed one first": put(bare + with_sig(sig)),
            "XSW5, the signed one in Extensions": tree.splice((assertion.start, assertion.end, with_sig(sig)), (status.start, status.start, f"{ext}{bare}</e:Extensions>")),
            "XSW5, the Signature twice": put(with_sig(sig) + signed),
            "XSW6": put(with_sig(hold(bare))),
            "XSW6, in KeyInfo": put(with_sig(hold(f'<ds:KeyInfo xmlns:ds="{DS}">{bare}</ds:KeyInfo>'))),
            "XSW7": tree.splice((status.start, status.start, f"{ext}{evil}</e:Extensions>")),
            "XSW7, the signed one is nowhere else": tree.splice((assertion.start, assertion.end, f"{ext}{signed}</e:Extensions>{evil}")),
            "XSW8": put(with_sig(hold(f"<{obj}>{bare}</{obj}>"))),
            "XSW8, the Object first": put(with_sig(re.sub(r"^(<[^>]*>)", lambda m: f"{m.group(1)}<{obj}>{bare}</{obj}>", sig))),
            "XSW8, with the whole signed one": put(with_sig(hold(f"<{obj}>{signed}</{obj}>"))),
        }
        for name, message in made.items():
            yield case(name[:4], f"{name}, {ids}, {base.scope} signed", base.line, message, f"{NAMES[name[:4]]}: {WHY}")


def cases(bases):
    for base in bases:
        if base.line["kind"] != "response":
            continue
        if base.response_signature:
            yield from response_cases(base)
        if base.assertion_signature:
            yield from assertion_cases(base)
