//! An enveloped signature (saml-core §5.4, XMLDSig Core §3.2): what it covers, as bytes to be read anew.
//!
//! The crate `bergshamra-c14n` canonicalizes. It never fails on a document that was parsed, and an empty set of nodes
//! gives it an empty output, so the output is held against what was asked for: it parses again, by the same rules,
//! to the same canonical form.

use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use subtle::ConstantTimeEq as _;
use uppsala::Document;

use crate::crypto::xml_signature;
use crate::saml::names::DSIG;
use crate::saml::signed_info::{self, SignedInfo};
use crate::saml::xml::{self, Node};
use crate::saml::{Rule, Signer};

/// What a message has of signatures.
pub(super) fn is_signed(element: Node<'_>) -> bool {
    element.children().any(|child| child.is(DSIG, "Signature"))
}

/// Each signature of the document is a direct child of one of these, which have at most one; and no other element of
/// its namespace stands outside of one, a certificate or a digest for another reader.
pub(super) fn check_places(root: Node<'_>, signed: &[Node<'_>]) -> Result<(), Rule> {
    for element in root.descendants().filter(|element| element.is_in(DSIG)) {
        let parent = element.parent().ok_or(Rule::SignaturePlace)?;
        let is_signature = element.is(DSIG, "Signature");
        let in_place = match is_signature {
            true => signed.iter().any(|one| one.id == parent.id),
            false => parent.is_in(DSIG),
        };
        if !in_place {
            return Err(Rule::SignaturePlace);
        }
    }
    let signatures =
        |element: &Node<'_>| element.children().filter(|child| child.is(DSIG, "Signature")).count();
    match signed.iter().all(|element| signatures(element) <= 1) {
        true => Ok(()),
        false => Err(Rule::SignaturePlace),
    }
}

/// The canonical form of an element without its signature, if one of the signer's keys made that. Whatever is
/// believed of the element is read from this text.
pub(super) fn verify(element: Node<'_>, signer: &Signer<'_>) -> Result<String, Rule> {
    let mut signatures = element.children().filter(|child| child.is(DSIG, "Signature"));
    let signature = match (signatures.next(), signatures.next()) {
        (Some(one), None) => one,
        (None, _) => return Err(Rule::Unsigned),
        _ => return Err(Rule::SignaturePlace),
    };
    let (info, value) = signed_parts(signature)?;

    // What the key signed is the canonical form of `SignedInfo`: that is what is read of it, too.
    let method = info.one(DSIG, "CanonicalizationMethod").map_err(|_| Rule::SignatureShape)?;
    let method = signed_info::exclusive(method, Rule::Canonicalization)?;
    let info_text = canonical(info, None, &method)?;
    let document = xml::parse_message(&info_text)?;
    let info = SignedInfo::read(Node::root(&document)?, signer.allow_sha1)?;
    let by_key = |certificate: &super::certificate::Certificate| {
        xml_signature::verifies(certificate.key(), info.scheme, info_text.as_bytes(), &value)
    };
    if element.attribute("ID") != Some(info.target.as_str()) {
        return Err(Rule::Reference);
    }
    if !signer.certificates.iter().any(by_key) {
        return Err(Rule::Signature);
    }

    let text = canonical(element, Some(signature), &info.prefixes)?;
    let digest = info.digest.of(text.as_bytes());
    match bool::from(digest.as_slice().ct_eq(&info.digest_value)) {
        true => Ok(text),
        false => Err(Rule::Digest),
    }
}

/// `SignedInfo` and the bytes of `SignatureValue`. What `KeyInfo` says is not looked at, and `Object` not taken: what
/// was signed stands nowhere else than in the element itself.
fn signed_parts(signature: Node<'_>) -> Result<(Node<'_>, Vec<u8>), Rule> {
    if signature.attribute_names().any(|name| name != "Id") {
        return Err(Rule::SignatureShape);
    }
    let known = [(DSIG, "SignedInfo"), (DSIG, "SignatureValue"), (DSIG, "KeyInfo")];
    let parts = signature.children_among(&known).map_err(|_| Rule::SignatureShape)?;
    match parts.as_slice() {
        [info, value, rest @ ..]
            if info.is(DSIG, "SignedInfo")
                && value.is(DSIG, "SignatureValue")
                && (rest.is_empty() || matches!(rest, [key] if key.is(DSIG, "KeyInfo"))) =>
        {
            Ok((*info, signed_info::base64(*value)?))
        }
        _ => Err(Rule::SignatureShape),
    }
}

/// The exclusive canonical form of an element without comments, without what was enveloped in it.
pub(super) fn canonical(
    element: Node<'_>,
    without: Option<Node<'_>>,
    prefixes: &[String],
) -> Result<String, Rule> {
    canonical_by(xml::parse_message, element, without, prefixes)
}

/// The same, which `parse` reads again.
pub(super) fn canonical_by(
    parse: impl Fn(&str) -> Result<Document<'_>, Rule>,
    element: Node<'_>,
    without: Option<Node<'_>>,
    prefixes: &[String],
) -> Result<String, Rule> {
    let mut set = NodeSet::tree_without_comments(element.id, element.document);
    if let Some(signature) = without {
        set = set.subtract(&NodeSet::tree_with_comments(signature.id, signature.document));
    }
    let bytes = canonicalize_doc(element.document, C14nMode::Exclusive, Some(&set), prefixes)
        .map_err(|_| Rule::Canonical)?;
    let text = String::from_utf8(bytes).map_err(|_| Rule::Canonical)?;
    // It is canonical if it is its own canonical form, to the same parser.
    let again = parse(&text).map_err(|_| Rule::Canonical)?;
    let root = Node::root(&again).map_err(|_| Rule::Canonical)?;
    let set = NodeSet::tree_without_comments(root.id, &again);
    let bytes =
        canonicalize_doc(&again, C14nMode::Exclusive, Some(&set), prefixes).map_err(|_| Rule::Canonical)?;
    match !text.is_empty() && bytes == text.as_bytes() {
        true => Ok(text),
        false => Err(Rule::Canonical),
    }
}
