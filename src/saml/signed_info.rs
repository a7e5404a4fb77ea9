//! `ds:SignedInfo` (XMLDSig Core §4.4): its only shape that is taken.

use crate::crypto::xml_signature::{Hash, Scheme};
use crate::saml::Rule;
use crate::saml::algorithms;
use crate::saml::names::{DSIG, ENVELOPED, EXCLUSIVE};
use crate::saml::xml::Node;

/// How many prefixes a list of inclusive namespaces may have: each element of what is canonicalized walks it.
const MOST_PREFIXES: usize = 16;

/// What a signature says of itself.
#[derive(Debug)]
pub(super) struct SignedInfo {
    pub(super) scheme: Scheme,
    pub(super) digest: Hash,
    /// The ID that it refers to.
    pub(super) target: String,
    /// The prefixes that are canonicalized inclusively.
    pub(super) prefixes: Vec<String>,
    pub(super) digest_value: Vec<u8>,
}

impl SignedInfo {
    /// Reads it from an element that must have exactly these parts, in this order:
    /// `CanonicalizationMethod`, `SignatureMethod`, and one `Reference` of `Transforms`, `DigestMethod`,
    /// `DigestValue`.
    pub(super) fn read(info: Node<'_>, allow_sha1: bool) -> Result<SignedInfo, Rule> {
        let [canonicalization, method, reference] =
            parts(info, ["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
        exclusive(canonicalization, Rule::Canonicalization)?;
        let scheme = algorithms::signature(algorithm(method)?, allow_sha1)?;
        empty(method)?;

        let target = match reference.attribute("URI").and_then(|uri| uri.strip_prefix('#')) {
            Some(id) if reference.attribute_names().count() == 1 => id.to_owned(),
            _ => return Err(Rule::Reference),
        };
        let [transforms, digest, value] = parts(reference, ["Transforms", "DigestMethod", "DigestValue"])?;
        let [enveloped, canonical] =
            parts(transforms, ["Transform", "Transform"]).map_err(|_| Rule::Transforms)?;
        if algorithm(enveloped)? != ENVELOPED || enveloped.children().next().is_some() {
            return Err(Rule::Transforms);
        }
        let prefixes = exclusive(canonical, Rule::Transforms)?;
        let hash = algorithms::digest(algorithm(digest)?, allow_sha1)?;
        empty(digest)?;
        let digest_value = base64(value)?;
        Ok(SignedInfo { scheme, digest: hash, target, prefixes, digest_value })
    }
}

/// Exactly these child elements, in order, and no text between them.
fn parts<'t, const N: usize>(of: Node<'t>, names: [&str; N]) -> Result<[Node<'t>; N], Rule> {
    let children = of.children_among(&names.map(|name| (DSIG, name))).map_err(|_| Rule::SignatureShape)?;
    let in_order = children.iter().zip(names).all(|(child, name)| child.is(DSIG, name));
    // A second `Reference` is the one mistake with a name of its own.
    if children.iter().filter(|child| child.is(DSIG, "Reference")).count() > 1 {
        return Err(Rule::Reference);
    }
    match <[Node<'t>; N]>::try_from(children) {
        Ok(parts) if in_order => Ok(parts),
        _ => Err(Rule::SignatureShape),
    }
}

/// The algorithm of a method or transform, which has no other attribute.
fn algorithm(method: Node<'_>) -> Result<&str, Rule> {
    match method.attribute("Algorithm") {
        Some(uri) if method.attribute_names().count() == 1 => Ok(uri),
        _ => Err(Rule::SignatureShape),
    }
}

/// A method has no parameters: `HMACOutputLength` and its like change what a signature means.
fn empty(method: Node<'_>) -> Result<(), Rule> {
    match method.text() {
        Ok(text) if text.trim().is_empty() => Ok(()),
        _ => Err(Rule::SignatureShape),
    }
}

/// The prefixes of exclusive canonicalization without comments (Exclusive XML Canonicalization 1.0 §4).
pub(super) fn exclusive(method: Node<'_>, otherwise: Rule) -> Result<Vec<String>, Rule> {
    if method.attribute("Algorithm") != Some(EXCLUSIVE) || method.attribute_names().count() != 1 {
        return Err(otherwise);
    }
    let children: Vec<Node<'_>> = method.children().collect();
    let list = match children.as_slice() {
        [] => return empty(method).map(|()| Vec::new()),
        [one] if one.is(EXCLUSIVE, "InclusiveNamespaces") && one.attribute_names().count() == 1 => {
            empty(*one)?;
            one.attribute("PrefixList").ok_or(otherwise)?
        }
        _ => return Err(otherwise),
    };
    let prefixes: Vec<String> = list.split_ascii_whitespace().map(str::to_owned).collect();
    let known = |prefix: &String| {
        prefix == "#default"
            || prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    match prefixes.len() <= MOST_PREFIXES && prefixes.iter().all(known) {
        true => Ok(prefixes),
        false => Err(otherwise),
    }
}

/// The bytes of an element that holds base64, whose lines may be broken.
pub(super) fn base64(element: Node<'_>) -> Result<Vec<u8>, Rule> {
    if element.attribute_names().next().is_some() {
        return Err(Rule::SignatureShape);
    }
    let text = element.text().map_err(|_| Rule::SignatureShape)?;
    super::redirect::decode_base64(&text).ok_or(Rule::SignatureShape)
}
