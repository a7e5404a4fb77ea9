//! Times, audiences and confirmations (saml-core §2.4.1, §2.5, saml-profiles §4.1.4.3).

use crate::model::time::Time;
use crate::saml::expected::Expected;
use crate::saml::names::{BEARER, SAML};
use crate::saml::xml::Node;
use crate::saml::{Rule, SKEW};

/// An instant of an attribute: `xs:dateTime` with its zone (saml-core §1.3.3).
pub(super) fn time(text: &str) -> Result<Time, Rule> {
    Time::parse(text).ok_or(Rule::IssueInstant)
}

/// The instant of an attribute, if it is there.
pub(super) fn time_of(element: Node<'_>, name: &str) -> Result<Option<Time>, Rule> {
    element.attribute(name).map(time).transpose()
}

/// `NotBefore` and `NotOnOrAfter` of an element, with both clocks' difference.
fn check_times(element: Node<'_>, now: Time) -> Result<Option<Time>, Rule> {
    if time_of(element, "NotBefore")?.is_some_and(|from| now.plus(SKEW) < from) {
        return Err(Rule::Early);
    }
    let until = time_of(element, "NotOnOrAfter")?;
    match until {
        Some(until) => check_end(until, now, Rule::Expired).map(Some),
        None => Ok(None),
    }
}

/// An end that must not have come.
pub(super) fn check_end(until: Time, now: Time, otherwise: Rule) -> Result<Time, Rule> {
    match until.plus(SKEW) <= now {
        true => Err(otherwise),
        false => Ok(until),
    }
}

/// `Conditions`: there is one, valid now, for this audience, and each condition in it is one that we understand.
pub(super) fn check_conditions(assertion: Node<'_>, expected: &Expected<'_>) -> Result<(), Rule> {
    let conditions = assertion.one(SAML, "Conditions")?;
    check_times(conditions, expected.now)?;
    let known = [(SAML, "AudienceRestriction"), (SAML, "OneTimeUse"), (SAML, "ProxyRestriction")];
    let parts = conditions.children_among(&known).map_err(|_| Rule::Condition)?;
    if !parts.iter().all(|part| part.is_in(SAML)) {
        return Err(Rule::Condition);
    }
    let mut restrictions = 0_usize;
    for restriction in parts.iter().filter(|part| part.is(SAML, "AudienceRestriction")) {
        // Several restrictions must hold all (saml-core §2.5.1.4).
        restrictions = restrictions.saturating_add(1);
        let audiences = restriction.children_among(&[(SAML, "Audience")])?;
        let texts = audiences.iter().map(Node::text).collect::<Result<Vec<String>, Rule>>()?;
        if !texts.iter().any(|one| one.trim() == expected.audience) {
            return Err(Rule::Audience);
        }
    }
    match restrictions {
        0 => Err(Rule::Audience),
        _ => Ok(()),
    }
}

/// A confirmation of `Subject` for whoever brings the assertion here, now, in answer to this request. Returns until
/// when it can be brought.
pub(super) fn check_confirmation(subject: Node<'_>, expected: &Expected<'_>) -> Result<Time, Rule> {
    let confirmations = subject.children().filter(|child| child.is(SAML, "SubjectConfirmation"));
    let mut first = None;
    for confirmation in confirmations.filter(|one| one.attribute("Method") == Some(BEARER)) {
        match check_bearer(confirmation, expected) {
            Ok(until) => return Ok(until),
            Err(rule) => first = first.or(Some(rule)),
        }
    }
    Err(first.unwrap_or(Rule::Confirmation))
}

fn check_bearer(confirmation: Node<'_>, expected: &Expected<'_>) -> Result<Time, Rule> {
    let data = confirmation.child(SAML, "SubjectConfirmationData")?.ok_or(Rule::Confirmation)?;
    if data.attribute("Recipient") != Some(expected.recipient) {
        return Err(Rule::Recipient);
    }
    check_answer(data.attribute("InResponseTo"), expected)?;
    check_times(data, expected.now)?.ok_or(Rule::Confirmation)
}

/// `InResponseTo` names the request of this browser; without a request it is not there.
pub(super) fn check_answer(in_response_to: Option<&str>, expected: &Expected<'_>) -> Result<(), Rule> {
    match (in_response_to, expected.in_response_to) {
        (Some(answered), Some(asked)) if answered == asked => Ok(()),
        (None, None) if expected.allow_unsolicited => Ok(()),
        (None, None) => Err(Rule::Unsolicited),
        _ => Err(Rule::InResponseTo),
    }
}
