"""What a forgery is made of: a base that a provider signed, what is done to it, and why it must be refused."""
import pathlib, re, sys
from dataclasses import dataclass

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "signers"))
import shapes  # noqa: E402

from .sign import Usual, check_digests, pem, sign, usual  # noqa: E402
from .tree import Tree  # noqa: E402


@dataclass
class Case:
    group: str
    name: str
    base: dict
    message: str
    why: str
    changes: dict


def case(group, name, base, message, why, **changes):
    return Case(group, name, base, message, why, changes)


class Base:
    """A valid message with its parts at hand. What it says of keys, which nobody reads, is left out of most."""

    def __init__(self, line, key_info=False):
        self.tree = Tree(line["message"])
        if not key_info:
            self.tree = Tree(self.tree.without(*self.unsigned_key_infos()))
        self.message = self.tree.text
        check_digests(self.message)
        self.line = {**line, "message": self.message}
        self.response = self.tree.root
        self.assertion = next((n for n in self.response.children if n.local == "Assertion"), None)
        self.response_signature = self.tree.child(self.response, "Signature")
        self.assertion_signature = self.assertion and self.tree.child(self.assertion, "Signature")

    def unsigned_key_infos(self):
        """Those that no Signature covers: a signed Response covers the KeyInfo of its Assertion's."""
        root = self.tree.root
        of_root = self.tree.child(root, "Signature")
        found = [n for n in self.tree.nodes if n.local == "KeyInfo"]
        return [n for n in found if n.parent is of_root] if of_root else found

    @property
    def scope(self):
        both = self.response_signature and self.assertion_signature
        return "both" if both else "response" if self.response_signature else "assertion"


def own(number, scope="assertion", shape=shapes.bare, change=lambda xml: xml, algorithm=None, by=None, differ=None, **options):
    """A line whose message the provider's own key signed after `change` was made to it."""
    facts = shapes.Facts(issuer="https://idp.example/keys", number=re.sub(r"[^\w.-]", "-", number), **(differ or {}))
    xml = change(shape(facts))
    by = by or Usual.key
    algorithm = algorithm or usual(by)
    options = {"algorithm": algorithm, "by": by, **options}
    if scope in ("assertion", "both"):
        xml = sign(xml, facts.assertion_id, **options)
    if scope in ("response", "both"):
        xml = sign(xml, facts.response_id, **options)
    line = shapes.record("keys", number, facts, xml, algorithm, certificates=[pem("idp-ec.crt" if by.endswith("-ec") else "idp.crt")])
    line["options"]["allowSha1"] = False
    return line


def own_logout(number, kind="logoutRequest", change=lambda xml: xml, differ=None):
    facts = shapes.Facts(issuer="https://idp.example/keys", number=re.sub(r"[^\w.-]", "-", number), **(differ or {}))
    xml = change((shapes.logout_request if kind == "logoutRequest" else shapes.logout_response)(facts))
    xml = sign(xml, facts.response_id, algorithm=usual(), by=Usual.key)
    return shapes.record("keys", number, facts, xml, usual(), kind=kind, certificates=[pem(f"{Usual.key}.crt")])
