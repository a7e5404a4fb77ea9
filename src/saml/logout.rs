//! Logout messages (saml-core §3.7, saml-profiles §4.4): by form with an enveloped signature, by redirect with one
//! over the query. An unsigned one ends nothing.

use crate::saml::assertion::{self, check_issuer, check_version};
use crate::saml::conditions::{self, time_of};
pub use crate::saml::expected::Expected;
use crate::saml::names::{DSIG, SAML, SAMLP};
use crate::saml::redirect::{self, Kind};
use crate::saml::response::{NameId, declined};
use crate::saml::xml::{self, Node};
use crate::saml::{Rejected, Rule, SKEW, signature};

/// How old a logout message may be, in seconds: as long its ID must be remembered, and the clocks' difference.
pub const LIFE: i64 = 600;

/// A logout message that the provider signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Sessions are to end.
    Request(Request),
    /// Ours were ended, or not.
    Response(Response),
}

/// Whose sessions are to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its ID: what the answer names, and what is used once.
    pub id: String,
    /// Whose.
    pub name_id: NameId,
    /// Which of them; all, if none is named.
    pub session_indexes: Vec<String>,
}

/// What became of a logout that we asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Its ID.
    pub id: String,
    /// The status code, if it is not success.
    pub failed: Option<String>,
}

/// Reads a message that was posted, from its XML.
///
/// # Errors
/// The first rule that it broke.
pub fn receive_posted(text: &str, expected: &Expected<'_>) -> Result<Message, Rejected> {
    let text = xml::with_plain_line_ends(text);
    let document = xml::parse_message(&text)?;
    let root = Node::root(&document)?;
    if !root.is(SAMLP, "LogoutRequest") && !root.is(SAMLP, "LogoutResponse") {
        return Err(Rule::MessageKind.into());
    }
    signature::check_places(root, &[root])?;
    let text = signature::verify(root, &expected.signer)?;
    let document = xml::parse_message(&text)?;
    read(Node::root(&document)?, expected)
}

/// Reads a message that came by redirect, from the query as it was sent, with the `RelayState` that was signed too.
///
/// # Errors
/// The first rule that it broke.
pub fn receive_redirected(
    query: &str,
    expected: &Expected<'_>,
) -> Result<(Message, Option<String>), Rejected> {
    let received = redirect::receive(query, &expected.signer)?;
    let text = xml::with_plain_line_ends(&received.xml);
    let document = xml::parse_message(&text)?;
    let root = Node::root(&document)?;
    // The signature is in the query, and in it alone (saml-bindings §3.4.4.1).
    if root.descendants().any(|one| one.is_in(DSIG)) {
        return Err(Rule::SignaturePlace.into());
    }
    let message = read(root, expected)?;
    match (received.kind, &message) {
        (Kind::Request, Message::Request(_)) | (Kind::Response, Message::Response(_)) => {
            Ok((message, received.relay_state))
        }
        _ => Err(Rule::MessageKind.into()),
    }
}

fn read(root: Node<'_>, expected: &Expected<'_>) -> Result<Message, Rejected> {
    check_version(root)?;
    let at = conditions::time(root.required("IssueInstant")?)?;
    if expected.now.plus(SKEW) < at || at.plus(LIFE.saturating_add(SKEW)) <= expected.now {
        return Err(Rule::IssueInstant.into());
    }
    check_issuer(root.one(SAML, "Issuer").map_err(|_| Rule::Issuer)?, expected.signer.entity_id)?;
    if root.attribute("Destination") != Some(expected.recipient) {
        return Err(Rule::Destination.into());
    }
    let id = root.required("ID")?.to_owned();
    if root.is(SAMLP, "LogoutResponse") {
        if expected.in_response_to.is_none() || root.attribute("InResponseTo") != expected.in_response_to {
            return Err(Rule::InResponseTo.into());
        }
        let failed = declined(root)?;
        return Ok(Message::Response(Response { id, failed }));
    }
    if !root.is(SAMLP, "LogoutRequest") {
        return Err(Rule::MessageKind.into());
    }
    if let Some(until) = time_of(root, "NotOnOrAfter")? {
        conditions::check_end(until, expected.now, Rule::Expired)?;
    }
    let name_id = assertion::name_id(root, expected.signer.entity_id, expected.audience)?;
    let indexes = root.children().filter(|child| child.is(SAMLP, "SessionIndex"));
    let session_indexes = indexes.map(|index| index.text()).collect::<Result<Vec<String>, Rule>>()?;
    Ok(Message::Request(Request { id, name_id, session_indexes }))
}
