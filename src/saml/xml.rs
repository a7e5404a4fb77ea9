//! One parser for everything, and the bounds and rules that hold before anything of a message is read.
//!
//! The crate `uppsala` parses, without recursion and into a flat arena; what it takes and another parser would read
//! in another way is refused here: it leaves line breaks in attributes as they are, takes `a:b:c` for a name, lets a
//! prefix be undeclared, and finds attributes without asking for their namespace.

use std::borrow::Cow;
use std::collections::BTreeSet;

use uppsala::{Document, Element, NodeId, NodeKind, Parser};

use crate::saml::Rule;
use crate::saml::names::{DSIG, EXCLUSIVE, SAML, SAMLP};

/// Bytes of a message, before and after its compression.
pub(super) const LARGEST: usize = 256 * 1024;
/// How deep elements may nest: canonicalization recurses, and a Worker's stack is small.
const DEEPEST: u32 = 32;
/// Elements, comments and ends of elements.
const MOST_TAGS: usize = 20_000;
/// Declarations of namespaces in the whole message: each look-up of a prefix walks those in scope.
const MOST_DECLARATIONS: usize = 4_096;
/// Attributes of one element, as bounded before parsing, which compares each with each.
const MOST_EQUALS: usize = 1_000;
/// Comments: each is held against its neighbours.
const MOST_COMMENTS: usize = 100;
/// Attributes and namespaces of one element.
const MOST_ATTRIBUTES: usize = 64;

/// Line ends as the parser must see them (XML 1.0 §2.11).
pub(super) fn with_plain_line_ends(text: &str) -> Cow<'_, str> {
    match text.contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(text),
    }
}

/// A document within its bounds. Whether its names and IDs are good is not asked yet: metadata has other rules.
pub(super) fn parse(text: &str) -> Result<Document<'_>, Rule> {
    if text.len() > LARGEST {
        return Err(Rule::TooLarge);
    }
    // Wherever it stands, even in a text: no message has one, and nothing is gained by telling them apart.
    if text.contains("<!DOCTYPE") || text.contains("<!ENTITY") {
        return Err(Rule::Doctype);
    }
    let tags = text.split('<');
    if tags.clone().count() > MOST_TAGS
        || text.matches("xmlns").count() > MOST_DECLARATIONS
        || tags.clone().any(|tag| tag.matches('=').count() > MOST_EQUALS)
    {
        return Err(Rule::TooComplex);
    }
    // The parser's own bound says nothing that tells it from other errors.
    let parser = Parser::new().with_forbid_dtd(true).with_forbid_entities(true).with_max_depth(DEEPEST);
    let document = parser.parse(text).map_err(|_| Rule::NotXml)?;
    let declaration = document.xml_declaration.as_ref();
    let utf8 = |name: &str| name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii");
    if declaration.is_some_and(|it| it.version != "1.0" || it.encoding.as_deref().is_some_and(|e| !utf8(e))) {
        return Err(Rule::NotXml);
    }
    for id in document.descendants(document.root()) {
        match document.node_kind(id) {
            Some(NodeKind::ProcessingInstruction(_)) => return Err(Rule::ProcessingInstruction),
            Some(NodeKind::Element(element)) => check_names(element)?,
            _ => {}
        }
    }
    Ok(document)
}

/// A message of ours, whose kinds are others: what another parser would read in another way is refused all the same.
pub(super) fn parse_ours(text: &str) -> Result<Document<'_>, Rule> {
    let document = parse(text)?;
    let attributes = |id| document.element(id).into_iter().flat_map(|element| &element.attributes);
    let all = document.descendants(document.root());
    match all.iter().flat_map(|id| attributes(*id)).any(|one| has_line_break(&one.value)) {
        true => Err(Rule::AttributeSpace),
        false => Ok(document),
    }
}

/// A message: a document whose attributes, IDs, comments and signatures leave nothing to understand in two ways.
pub(super) fn parse_message(text: &str) -> Result<Document<'_>, Rule> {
    let document = parse(text)?;
    let (mut ids, mut comments) = (BTreeSet::new(), 0_usize);
    for id in document.descendants(document.root()) {
        match document.node_kind(id) {
            Some(NodeKind::Element(element)) => {
                check_signature_prefix(element)?;
                check_attributes(element)?;
                if let Some(one) = own_id(element)?
                    && !ids.insert(one.to_owned())
                {
                    return Err(Rule::IdTwice);
                }
            }
            Some(NodeKind::Comment(_)) => {
                comments = comments.saturating_add(1);
                if comments > MOST_COMMENTS {
                    return Err(Rule::TooComplex);
                }
                check_comment(&document, id)?;
            }
            _ => {}
        }
    }
    Ok(document)
}

/// A name is a name of XML namespaces, and a namespace an absolute URI: canonicalization fails on a relative one
/// (Canonical XML 1.0 §1.3), and an undeclared prefix would vanish from its output.
fn check_names(element: &Element<'_>) -> Result<(), Rule> {
    let count = element.attributes.len().saturating_add(element.namespace_declarations.len());
    if count > MOST_ATTRIBUTES {
        return Err(Rule::TooComplex);
    }
    let mut names = element.attributes.iter().map(|attribute| &attribute.name).chain([&element.name]);
    if names.any(|name| name.local_name.contains(':')) {
        return Err(Rule::Names);
    }
    for (prefix, uri) in &element.namespace_declarations {
        let is_undeclared_default = prefix.is_empty() && uri.is_empty();
        if !is_undeclared_default && !is_absolute(uri) {
            return Err(Rule::Names);
        }
    }
    Ok(())
}

/// Which elements are a signature's is told by the namespace alone; but a message whose prefixes tell something else
/// was made for a reader that goes by them.
fn check_signature_prefix(element: &Element<'_>) -> Result<(), Rule> {
    for (prefix, uri) in &element.namespace_declarations {
        let is_signature = uri == DSIG;
        // Java's own library writes `dsig:InclusiveNamespaces`, with the prefix bound anew for it.
        let of_prefixes = uri == EXCLUSIVE && element.name.matches(Some(EXCLUSIVE), "InclusiveNamespaces");
        let for_signature = matches!(&**prefix, "ds" | "dsig") && !of_prefixes;
        // In another spelling it is no signature's, and looks like one.
        let alike = !is_signature && uri.eq_ignore_ascii_case(DSIG);
        let plain = prefix.len() <= 10 && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let others =
            ["saml", "saml2", "samlp", "saml2p", "xs", "xsi", "xenc", "ec", "md"].contains(&&**prefix);
        if alike || (is_signature && (others || !plain)) || (for_signature && !is_signature) {
            return Err(Rule::SignatureNamespace);
        }
    }
    Ok(())
}

/// `scheme:` and something (RFC 3986 §3.1), without white space.
fn is_absolute(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let starts = scheme.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    starts
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && !rest.is_empty()
        && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn has_line_break(value: &str) -> bool {
    value.contains(['\t', '\n', '\r'])
}

fn check_attributes(element: &Element<'_>) -> Result<(), Rule> {
    for attribute in &element.attributes {
        if has_line_break(&attribute.value) {
            return Err(Rule::AttributeSpace);
        }
        let is_id = attribute.name.local_name.eq_ignore_ascii_case("id");
        let plain = attribute.name.namespace_uri.is_none().then_some(&*attribute.name.local_name);
        if is_id && (plain.is_none() || plain != id_name(element)) {
            return Err(Rule::IdAttribute);
        }
    }
    Ok(())
}

/// What the ID is called of the elements that have one: those of SAML that are signed, and a signature (some libraries
/// number theirs). No other element of a message has one.
fn id_name(element: &Element<'_>) -> Option<&'static str> {
    let messages = ["Response", "LogoutRequest", "LogoutResponse"];
    let is_saml = element.name.matches(Some(SAML), "Assertion")
        || messages.iter().any(|local| element.name.matches(Some(SAMLP), local));
    match is_saml {
        true => Some("ID"),
        false => element.name.matches(Some(DSIG), "Signature").then_some("Id"),
    }
}

/// Its ID, an `xs:ID`: only characters that mean the same in a URI's fragment. What is signed must have one.
fn own_id<'a>(element: &'a Element<'_>) -> Result<Option<&'a str>, Rule> {
    let Some(name) = id_name(element) else { return Ok(None) };
    let id = element.attributes.iter().find(|attribute| attribute.name.local_name == name);
    let Some(id) = id.map(|attribute| &*attribute.value) else {
        return if name == "ID" { Err(Rule::IdMissing) } else { Ok(None) };
    };
    let first = id.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let good = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    match first && good && id.len() <= 256 {
        true => Ok(Some(id)),
        false => Err(Rule::IdMissing),
    }
}

/// A comment stands between elements, where it hides nothing: not in a text, not in a signature.
fn check_comment(document: &Document<'_>, id: NodeId) -> Result<(), Rule> {
    let Some(parent) = document.parent(id) else { return Ok(()) };
    let cuts = document
        .children_iter(parent)
        .any(|child| document.text_content(child).is_some_and(|text| !text.trim().is_empty()));
    let ancestors = document.ancestors(id);
    let in_signature = ancestors
        .iter()
        .filter_map(|one| document.element(*one))
        .any(|one| one.name.matches(Some(DSIG), "Signature"));
    // An element without elements has a text, if an empty one.
    let in_leaf = document.element(parent).is_some()
        && !document.children_iter(parent).any(|child| document.element(child).is_some());
    match cuts || in_leaf || in_signature {
        true => Err(Rule::Comment),
        false => Ok(()),
    }
}

/// An element of a parsed document.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    pub(super) document: &'t Document<'t>,
    pub(super) id: NodeId,
    element: &'t Element<'t>,
}

impl<'t> Node<'t> {
    /// The document's element.
    pub(super) fn root(document: &'t Document<'t>) -> Result<Node<'t>, Rule> {
        document.document_element().and_then(|id| Node::of(document, id)).ok_or(Rule::NotXml)
    }

    fn of(document: &'t Document<'t>, id: NodeId) -> Option<Node<'t>> {
        document.element(id).map(|element| Node { document, id, element })
    }

    pub(super) fn is(&self, namespace: &str, local: &str) -> bool {
        self.element.name.matches(Some(namespace), local)
    }

    pub(super) fn is_in(&self, namespace: &str) -> bool {
        self.element.name.namespace_uri.as_deref() == Some(namespace)
    }

    /// An attribute without a namespace.
    pub(super) fn attribute(&self, name: &str) -> Option<&'t str> {
        let found =
            self.element.attributes.iter().find(|attribute| {
                attribute.name.namespace_uri.is_none() && attribute.name.local_name == name
            });
        found.map(|attribute| &*attribute.value)
    }

    pub(super) fn required(&self, name: &str) -> Result<&'t str, Rule> {
        self.attribute(name).ok_or(Rule::Missing)
    }

    /// How its attributes are called, those with a namespace included.
    pub(super) fn attribute_names(&self) -> impl Iterator<Item = &'t str> {
        self.element.attributes.iter().map(|attribute| &*attribute.name.local_name)
    }

    /// The element that it stands in.
    pub(super) fn parent(&self) -> Option<Node<'t>> {
        self.document.parent(self.id).and_then(|id| Node::of(self.document, id))
    }

    /// Its child elements.
    pub(super) fn children(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let document = self.document;
        document.children_iter(self.id).filter_map(move |id| Node::of(document, id))
    }

    /// The elements below it, at any depth.
    pub(super) fn descendants(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let document = self.document;
        document.descendants(self.id).into_iter().filter_map(move |id| Node::of(document, id))
    }

    /// Its child elements, which are of these names, or signatures, and have no text between them.
    pub(super) fn children_among(&self, names: &[(&str, &str)]) -> Result<Vec<Node<'t>>, Rule> {
        let text = |id| self.document.text_content(id).is_some_and(|text| !text.trim().is_empty());
        if self.document.children_iter(self.id).any(text) {
            return Err(Rule::Unexpected);
        }
        let children: Vec<Node<'t>> = self.children().collect();
        let known = |child: &Node<'t>| {
            names.iter().any(|(namespace, name)| child.is(namespace, name)) || child.is(DSIG, "Signature")
        };
        match children.iter().all(known) {
            true => Ok(children),
            false => Err(Rule::Unexpected),
        }
    }

    /// The one child of that name, if there is one; two are refused.
    pub(super) fn child(&self, namespace: &str, local: &str) -> Result<Option<Node<'t>>, Rule> {
        let mut found = self.children().filter(|child| child.is(namespace, local));
        match (found.next(), found.next()) {
            (one, None) => Ok(one),
            _ => Err(Rule::Unexpected),
        }
    }

    /// The one child of that name.
    pub(super) fn one(&self, namespace: &str, local: &str) -> Result<Node<'t>, Rule> {
        self.child(namespace, local)?.ok_or(Rule::Missing)
    }

    /// All of its text, if it has text alone.
    pub(super) fn text(&self) -> Result<String, Rule> {
        let mut all = String::new();
        for child in self.document.children_iter(self.id) {
            match self.document.node_kind(child) {
                Some(NodeKind::Text(text) | NodeKind::CData(text)) => all.push_str(text),
                _ => return Err(Rule::Unexpected),
            }
        }
        Ok(all)
    }
}
