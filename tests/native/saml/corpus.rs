//! The corpus of `tests/saml/`: what ten signers made is accepted and read as they meant it, what forgers made of it is
//! refused, and what changes no meaning changes none.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::model::time::Time;
use portcullis::saml::Signer;
use portcullis::saml::certificate::Certificate;
use portcullis::saml::logout::{self, Message};
use portcullis::saml::response::{self, Expected};
use serde_json::Value;

/// What was read of a message.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Read {
    name_id: Option<String>,
    session_index: Option<String>,
    attributes: BTreeMap<String, Vec<String>>,
}

#[test]
fn valid_messages_of_ten_signers_are_accepted_and_read_as_they_were_meant() {
    let cases = corpus("valid");
    let signers: BTreeSet<&str> = cases.iter().map(|case| text(&case["signer"])).collect();
    assert!(cases.len() >= 100 && signers.len() >= 10, "{} of {signers:?}", cases.len());
    let wrong = cases.iter().filter_map(|case| match judge(case) {
        Ok(read) if read == meant(case) => None,
        other => Some(format!("{}: {other:?}", text(&case["name"]))),
    });
    assert_eq!(wrong.collect::<Vec<String>>(), Vec::<String>::new());
}

#[test]
fn forged_messages_are_refused() {
    let cases = corpus("forged");
    let classes: BTreeSet<&str> = cases.iter().map(|case| text(&case["class"])).collect();
    assert!(cases.len() >= 700 && classes.len() >= 50, "{} of {classes:?}", cases.len());
    let mut accepted = Vec::new();
    let mut reasons = BTreeSet::new();
    for case in &cases {
        match judge(case) {
            Ok(read) => {
                accepted.push(format!("{}: {}, read {read:?}", text(&case["name"]), text(&case["why"])))
            }
            Err(reason) => drop(reasons.insert(reason)),
        }
    }
    assert_eq!(accepted, Vec::<String>::new());
    // They are not all refused for one reason that has nothing to do with them.
    assert!(reasons.len() >= 35, "{reasons:?}");
}

#[test]
fn changes_without_a_meaning_leave_what_is_read_as_it_was() {
    let cases = corpus("harmless");
    assert!(cases.len() >= 60, "{}", cases.len());
    let wrong = cases.iter().filter_map(|case| match judge(case) {
        Ok(read) if read == meant(case) => None,
        other => Some(format!("{}: {other:?}", text(&case["name"]))),
    });
    assert_eq!(wrong.collect::<Vec<String>>(), Vec::<String>::new());
}

pub(super) fn corpus(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/saml/corpus/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let lines = std::fs::read_to_string(path).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|one| text(one).to_owned()).collect()
}

/// What the signer meant.
fn meant(case: &Value) -> Read {
    let expect = &case["expect"];
    let said = |name: &str| expect[name].as_str().map(str::to_owned);
    let attributes = expect["attributes"].as_object().unwrap();
    Read {
        name_id: said("nameId"),
        session_index: said("sessionIndex"),
        attributes: attributes.iter().map(|(name, values)| (name.clone(), texts(values))).collect(),
    }
}

/// The verdict of a service provider in the world that the case describes.
pub(super) fn judge(case: &Value) -> Result<Read, String> {
    let certificates: Vec<Certificate> =
        texts(&case["idp"]["certificates"]).iter().map(|pem| Certificate::parse(pem).unwrap()).collect();
    let signer = Signer {
        entity_id: text(&case["idp"]["entityId"]),
        certificates: &certificates,
        allow_sha1: case["options"]["allowSha1"] == true,
    };
    let (audience, in_response_to) = (text(&case["sp"]["entityId"]), case["inResponseTo"].as_str());
    let now = Time::parse(text(&case["now"])).unwrap();
    let message = text(&case["message"]);
    if case["kind"] == "response" {
        let (recipient, allow_unsolicited) =
            (text(&case["sp"]["acs"]), case["options"]["idpInitiated"] == true);
        let expected = Expected { signer, audience, recipient, in_response_to, allow_unsolicited, now };
        let assertion = response::verify(message, &expected).map_err(|why| format!("{why:?}"))?;
        return match texts(&case["used"]).contains(&assertion.id) {
            true => Err("used before".to_owned()),
            false => Ok(Read {
                name_id: Some(assertion.name_id.value),
                session_index: assertion.session_index,
                attributes: assertion.attributes,
            }),
        };
    }
    let (recipient, allow_unsolicited) = (text(&case["sp"]["slo"]), false);
    let expected = Expected { signer, audience, recipient, in_response_to, allow_unsolicited, now };
    let received = match text(&case["binding"]) {
        "redirect" => logout::receive_redirected(message, &expected).map(|(received, _)| received),
        _ => logout::receive_posted(message, &expected),
    };
    match (text(&case["kind"]), received.map_err(|why| format!("{why:?}"))?) {
        ("logoutRequest", Message::Request(request)) => Ok(Read {
            name_id: Some(request.name_id.value),
            session_index: request.session_indexes.into_iter().next(),
            ..Read::default()
        }),
        ("logoutResponse", Message::Response(answer)) => match answer.failed {
            None => Ok(Read::default()),
            Some(why) => Err(why),
        },
        _ => Err("a logout message of the other kind".to_owned()),
    }
}
