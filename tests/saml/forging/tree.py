"""A message as text with the places of its elements: forgeries cut and paste, so that every byte that they leave alone
stays as it was signed."""
import re
from dataclasses import dataclass, field
from xml.parsers import expat

P = "urn:oasis:names:tc:SAML:2.0:protocol"
A = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
VICTIM = "admin@acme.example"


@dataclass(eq=False)
class Node:
    """An element: `start..end` is all of it, `inner..close` what is between its tags."""

    namespace: str
    local: str
    qualified: str
    start: int
    inner: int = 0
    close: int = 0
    end: int = 0
    attributes: dict = field(default_factory=dict)
    children: list = field(default_factory=list)
    parent: "Node | None" = None


class Tree:
    """The elements of a text. Nothing is changed in place: each edit answers a new text."""

    def __init__(self, text):
        self.text = text
        self.data = text.encode()
        self.nodes = []
        stack, parser = [], expat.ParserCreate(namespace_separator="\n")

        def start(name, attributes):
            namespace, _, local = name.rpartition("\n")
            at = parser.CurrentByteIndex
            tag_end = end_of_tag(self.data, at)
            node = Node(namespace, local, re.match(rb"<([^\s/>]+)", self.data[at:]).group(1).decode(), at, tag_end, attributes=attributes)
            node.parent = stack[-1] if stack else None
            if stack:
                stack[-1].children.append(node)
            self.nodes.append(node)
            stack.append(node)

        def end(_):
            node = stack.pop()
            at = parser.CurrentByteIndex
            if self.data[node.inner - 2 : node.inner] == b"/>":
                node.close = node.end = node.inner
            else:
                node.close, node.end = at, self.data.index(b">", at) + 1

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.Parse(self.data, True)
        self.root = self.nodes[0]

    def find(self, local, within=None, nth=0):
        return [n for n in self.nodes if n.local == local and (within is None or is_below(n, within))][nth]

    def has(self, local, within=None):
        return any(n.local == local and (within is None or is_below(n, within)) for n in self.nodes)

    def child(self, node, local):
        return next((n for n in node.children if n.local == local), None)

    def outer(self, node):
        return self.data[node.start : node.end].decode()

    def inner(self, node):
        return self.data[node.inner : node.close].decode()

    def open(self, node):
        return self.data[node.start : node.inner].decode()

    def splice(self, *edits):
        """Each edit is `(start, end, text)`."""
        data = self.data
        for start, end, text in sorted(edits, reverse=True):
            data = data[:start] + text.encode() + data[end:]
        return data.decode()

    def without(self, *nodes):
        return self.splice(*[(n.start, n.end, "") for n in nodes])


def is_below(node, ancestor):
    while node.parent:
        node = node.parent
        if node is ancestor:
            return True
    return False


def end_of_tag(data, at):
    quote = None
    for index in range(at, len(data)):
        byte = data[index : index + 1]
        if quote:
            quote = None if byte == quote else quote
        elif byte in (b'"', b"'"):
            quote = byte
        elif byte == b">":
            return index + 1
    raise ValueError("a tag without an end")


def tag(prefix_of, local):
    """`local` with the prefix that another qualified name has."""
    prefix, colon, _ = prefix_of.rpartition(":")
    return f"{prefix}{colon}{local}"


def set_id(element, id):
    """The text of an element with another ID."""
    return re.sub(r"""(\sID=)(["'])[^"']*\2""", rf'\g<1>"{id}"', element, count=1)


def name_another(element, name=VICTIM):
    """The text of an element that says another NameID, and other addresses."""
    text = re.sub(r"(<(?:\w+:)?NameID\b[^>]*>)[^<]*", rf"\g<1>{name}", element)
    return re.sub(r"(<(?:\w+:)?AttributeValue\b[^>]*>)[^<]*@[^<]*", rf"\g<1>{name}", text)
