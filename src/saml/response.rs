//! The answer to a sign-in (saml-core §3.3.3, saml-profiles §4.1.4.3).

use crate::saml::assertion::{self, check_issuer, check_version};
use crate::saml::conditions::{self, check_answer};
use crate::saml::names::{SAML, SAMLP, SUCCESS};
use crate::saml::xml::{self, Node};
use crate::saml::{Rejected, Rule, signature};

pub use crate::saml::assertion::{Assertion, NameId};
pub use crate::saml::expected::Expected;

/// The assertion of a response, if the provider signed either of them and all of it is for us, now.
///
/// A signed response covers its assertion, whose own signature is verified too if it has one. Of an unsigned one
/// nothing is believed but the signed assertion; what it says is still held against what is expected.
///
/// # Errors
/// The first rule that it broke, or the provider's own status.
pub fn verify(text: &str, expected: &Expected<'_>) -> Result<Assertion, Rejected> {
    let text = xml::with_plain_line_ends(text);
    let document = xml::parse_message(&text)?;
    let root = Node::root(&document)?;
    if !root.is(SAMLP, "Response") {
        return Err(Rule::MessageKind.into());
    }
    // At any depth: one that is hidden is there for another reader.
    let count = |namespace, local| root.descendants().filter(|one| one.is(namespace, local)).count();
    let responses = count(SAMLP, "Response");
    if count(SAML, "EncryptedAssertion") > 0 {
        return Err(Rule::Encrypted.into());
    }
    let assertions = count(SAML, "Assertion");
    if responses > 0 || assertions > 1 {
        return Err(Rule::AssertionCount.into());
    }
    let assertion = root.child(SAML, "Assertion")?;
    let signed: Vec<Node<'_>> = [root].into_iter().chain(assertion).collect();
    signature::check_places(root, &signed)?;

    if signature::is_signed(root) {
        let text = signature::verify(root, &expected.signer)?;
        let document = xml::parse_message(&text)?;
        let root = Node::root(&document)?;
        check_response(root, true, expected)?;
        let assertion = the_assertion(root)?;
        if signature::is_signed(assertion) {
            return read_signed(assertion, expected);
        }
        return assertion::read(assertion, expected);
    }
    check_response(root, false, expected)?;
    let assertion = the_assertion(root)?;
    if !signature::is_signed(assertion) {
        return Err(Rule::Unsigned.into());
    }
    read_signed(assertion, expected)
}

fn the_assertion(root: Node<'_>) -> Result<Node<'_>, Rule> {
    root.child(SAML, "Assertion")?.ok_or(Rule::AssertionCount)
}

fn read_signed(assertion: Node<'_>, expected: &Expected<'_>) -> Result<Assertion, Rejected> {
    let text = signature::verify(assertion, &expected.signer)?;
    let document = xml::parse_message(&text)?;
    assertion::read(Node::root(&document)?, expected)
}

/// What the response itself says. Unsigned, it may leave out its issuer and destination, never say others.
fn check_response(root: Node<'_>, is_signed: bool, expected: &Expected<'_>) -> Result<(), Rejected> {
    check_version(root)?;
    conditions::time(root.required("IssueInstant")?)?;
    root.children_among(&[(SAML, "Issuer"), (SAMLP, "Extensions"), (SAMLP, "Status"), (SAML, "Assertion")])?;
    match root.child(SAML, "Issuer")? {
        Some(issuer) => check_issuer(issuer, expected.signer.entity_id)?,
        None if is_signed => return Err(Rule::Issuer.into()),
        None => {}
    }
    match root.attribute("Destination") {
        Some(destination) if destination == expected.recipient => {}
        None if !is_signed => {}
        _ => return Err(Rule::Destination.into()),
    }
    check_answer(root.attribute("InResponseTo"), expected)?;
    match declined(root)? {
        Some(status) => Err(Rejected::Declined(status)),
        None => Ok(()),
    }
}

/// The innermost status code of a message that reports no success, by its last part (saml-core §3.2.2.2).
pub(super) fn declined(message: Node<'_>) -> Result<Option<String>, Rule> {
    let status = message.one(SAMLP, "Status")?;
    let code = status.one(SAMLP, "StatusCode")?;
    if code.required("Value")? == SUCCESS {
        return Ok(None);
    }
    let inner = code.child(SAMLP, "StatusCode")?.unwrap_or(code);
    let value = inner.required("Value")?;
    let last = value.rsplit(':').next().unwrap_or(value);
    // It is shown and logged: a word.
    let word: String = last.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    Ok(Some(word))
}
