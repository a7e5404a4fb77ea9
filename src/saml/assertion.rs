//! What an assertion says (saml-core §2.3.3), read from bytes that were verified.

use std::collections::BTreeMap;

use crate::model::time::Time;
use crate::saml::conditions::{self, time_of};
use crate::saml::expected::Expected;
use crate::saml::names::{ENTITY, PERSISTENT, SAML};
use crate::saml::xml::Node;
use crate::saml::{Rejected, Rule};

/// Characters of a name.
const LONGEST_NAME: usize = 1_024;
/// How many values are read of all attributes.
const MOST_VALUES: usize = 2_000;

/// The name of a person at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameId {
    /// The name, whole.
    pub value: String,
    /// Its format, if it has one.
    pub format: Option<String>,
    /// Within what it is unique, if it says so.
    pub name_qualifier: Option<String>,
    /// For which service, if it says so.
    pub sp_name_qualifier: Option<String>,
}

/// Who signed in at the provider, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Its ID, which is to be used once.
    pub id: String,
    /// The provider.
    pub issuer: String,
    /// Who.
    pub name_id: NameId,
    /// The session there, for logout.
    pub session_index: Option<String>,
    /// When that session ends.
    pub session_until: Option<Time>,
    /// When the person signed in there.
    pub authenticated_at: Time,
    /// How the person signed in there, the identifier of a class.
    pub class: Option<String>,
    /// Attributes by name, with their values that are a text. One that stands there several times has them all.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Until when it could be brought again: as long its ID must be remembered.
    pub usable_until: Time,
}

/// Reads an assertion and holds it against what is expected.
pub(super) fn read(assertion: Node<'_>, expected: &Expected<'_>) -> Result<Assertion, Rejected> {
    if !assertion.is(SAML, "Assertion") {
        return Err(Rule::MessageKind.into());
    }
    check_version(assertion)?;
    conditions::time(assertion.required("IssueInstant")?)?;
    let known = ["Issuer", "Subject", "Conditions", "Advice", "AuthnStatement", "AttributeStatement"];
    assertion.children_among(&known.map(|name| (SAML, name)))?;
    let issuer = assertion.one(SAML, "Issuer").map_err(|_| Rule::Issuer)?;
    check_issuer(issuer, expected.signer.entity_id)?;
    let subject = assertion.one(SAML, "Subject").map_err(|_| Rule::Subject)?;
    let name_id = name_id(subject, expected.signer.entity_id, expected.audience)?;
    let usable_until = conditions::check_confirmation(subject, expected)?;
    conditions::check_conditions(assertion, expected)?;

    let statements: Vec<Node<'_>> =
        assertion.children().filter(|one| one.is(SAML, "AuthnStatement")).collect();
    let mut session_until = None;
    for statement in &statements {
        if let Some(until) = time_of(*statement, "SessionNotOnOrAfter")? {
            conditions::check_end(until, expected.now, Rule::SessionOver)?;
            session_until = Some(session_until.map_or(until, |other: Time| other.min(until)));
        }
    }
    // Someone who did not sign in there does not sign in here (saml-profiles §4.1.4.2).
    let statement = statements.first().ok_or(Rule::Missing)?;
    Ok(Assertion {
        id: assertion.required("ID")?.to_owned(),
        issuer: expected.signer.entity_id.to_owned(),
        name_id,
        session_index: statement.attribute("SessionIndex").map(str::to_owned),
        session_until,
        authenticated_at: conditions::time(statement.required("AuthnInstant")?)?,
        class: class(*statement)?,
        attributes: attributes(assertion)?,
        usable_until,
    })
}

/// `Version="2.0"` (saml-core §2.3.3).
pub(super) fn check_version(element: Node<'_>) -> Result<(), Rule> {
    match element.attribute("Version") {
        Some("2.0") => Ok(()),
        _ => Err(Rule::Version),
    }
}

/// An issuer is the provider's entity id, as text and not as a name of another format (saml-profiles §4.1.4.2).
pub(super) fn check_issuer(issuer: Node<'_>, entity_id: &str) -> Result<(), Rule> {
    let format = issuer.attribute("Format").is_none_or(|format| format == ENTITY);
    match issuer.text() {
        Ok(text) if format && text == entity_id => Ok(()),
        _ => Err(Rule::Issuer),
    }
}

/// `NameID`, in one text. White space around it would be another name to whoever trims it.
pub(super) fn name_id(of: Node<'_>, entity_id: &str, audience: &str) -> Result<NameId, Rule> {
    if of.children().any(|child| child.is(SAML, "EncryptedID")) {
        return Err(Rule::Encrypted);
    }
    let name = of.one(SAML, "NameID").map_err(|_| Rule::Subject)?;
    let value = name.text().map_err(|_| Rule::Subject)?;
    let is_plain = value.trim() == value && !value.is_empty() && !value.contains(char::is_control);
    if !is_plain || value.chars().count() > LONGEST_NAME {
        return Err(Rule::Subject);
    }
    let said = |attribute| name.attribute(attribute).map(str::to_owned);
    let format = said("Format");
    // A persistent name means somebody within its qualifiers alone (saml-core §8.3.7).
    if format.as_deref() == Some(PERSISTENT) {
        let foreign = |attribute, own| name.attribute(attribute).is_some_and(|one| one != own);
        if foreign("NameQualifier", entity_id) || foreign("SPNameQualifier", audience) {
            return Err(Rule::Subject);
        }
    }
    let (name_qualifier, sp_name_qualifier) = (said("NameQualifier"), said("SPNameQualifier"));
    Ok(NameId { value, format, name_qualifier, sp_name_qualifier })
}

fn class(statement: Node<'_>) -> Result<Option<String>, Rule> {
    let Some(context) = statement.child(SAML, "AuthnContext")? else { return Ok(None) };
    let Some(class) = context.child(SAML, "AuthnContextClassRef")? else { return Ok(None) };
    Ok(Some(class.text()?.trim().to_owned()))
}

fn attributes(assertion: Node<'_>) -> Result<BTreeMap<String, Vec<String>>, Rule> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut count = 0_usize;
    for statement in assertion.children().filter(|one| one.is(SAML, "AttributeStatement")) {
        for attribute in statement.children() {
            if attribute.is(SAML, "EncryptedAttribute") {
                return Err(Rule::Encrypted);
            }
            if !attribute.is(SAML, "Attribute") {
                return Err(Rule::Unexpected);
            }
            let values = all.entry(attribute.required("Name")?.to_owned()).or_default();
            for value in attribute.children() {
                if !value.is(SAML, "AttributeValue") {
                    return Err(Rule::Unexpected);
                }
                count = count.saturating_add(1);
                if count > MOST_VALUES {
                    return Err(Rule::TooComplex);
                }
                // A value may be elements of another standard, which no claim of ours is made of.
                if value.children().next().is_none() {
                    values.push(value.text()?);
                }
            }
        }
    }
    Ok(all)
}
