//! Honest messages are accepted, whatever their shape, and read whole.

use super::idp::{Facts, Signing, signed, transform};
use super::{NOW, facts, verdict, verdict_with};

#[test]
fn a_signed_assertion_a_signed_response_and_both_are_accepted() {
    let facts = facts();
    for xml in [facts.signed_assertion(), facts.signed_response(), facts.signed_both()] {
        let assertion = verdict(&xml).unwrap();
        assert_eq!(assertion.name_id.value, "ada@acme.example");
        assert_eq!(assertion.session_index.as_deref(), Some("_session"));
        assert_eq!(assertion.attributes["email"], ["ada@acme.example"]);
        assert_eq!(assertion.id, "_assertion");
        assert_eq!(assertion.class.as_deref(), Some("urn:oasis:names:tc:SAML:2.0:ac:classes:Password"));
        assert_eq!(assertion.authenticated_at, NOW);
        assert_eq!(assertion.usable_until, NOW.plus(300));
    }
}

#[test]
fn what_canonicalization_leaves_alone_may_differ() {
    let xml = facts().signed_assertion();
    for (what, same) in [
        ("a declaration", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}")),
        ("a byte order mark", format!("\u{feff}{xml}")),
        (
            "a comment between elements",
            xml.replace("<saml:Conditions ", "<!-- from here --><saml:Conditions "),
        ),
        ("a comment before the response", format!("<!-- hello -->{xml}")),
        ("short empty elements", xml.replace("></saml:SubjectConfirmationData>", "/>")),
        ("other quotes", xml.replace("Name=\"email\"", "Name='email'")),
        ("line ends of another system", xml.replace("<samlp:Status>", "\r\n<samlp:Status>")),
        (
            "a CDATA section",
            xml.replace(">ada@acme.example</saml:NameID>", "><![CDATA[ada@acme.example]]></saml:NameID>"),
        ),
        ("a character by number", xml.replace(">ada@", ">&#97;da@")),
        ("broken lines of base64", xml.replace("<ds:SignatureValue>", "<ds:SignatureValue>\n  ")),
        ("a number of the signature", xml.replace("<ds:Signature ", "<ds:Signature Id=\"Signature1\" ")),
    ] {
        let assertion = verdict(&same).unwrap_or_else(|rejected| panic!("{what}: {rejected:?}"));
        assert_eq!(assertion.name_id.value, "ada@acme.example", "{what}");
    }
}

/// A `PrefixList` has the namespaces in scope rendered where the element begins (Exclusive XML Canonicalization §4).
#[test]
fn inclusive_prefixes_are_canonicalized_as_the_signer_did() {
    let xs = " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"";
    let inclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">\
        <ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"xs\">\
        </ec:InclusiveNamespaces></ds:Transform>";
    let how = Signing {
        transforms: vec![
            transform("http://www.w3.org/2000/09/xmldsig#enveloped-signature"),
            inclusive.into(),
        ],
        ..Signing::default()
    };
    let facts = facts();
    // The canonical form has the declaration on the assertion; the message has it on the response.
    let canonical = facts.assertion().replacen(" ID=", &format!("{xs} ID="), 1);
    let assertion = signed(&canonical, "_assertion", &how);
    let moved = facts.response(&assertion.replacen(xs, "", 1)).replacen(
        " Destination=",
        &format!("{xs} Destination="),
        1,
    );
    assert!(verdict(&moved).is_ok(), "{:?}", verdict(&moved));
    assert!(verdict(&facts.response(&assertion)).is_ok());
    // Without it in scope the signer signed something else.
    assert!(verdict(&facts.response(&assertion.replacen(xs, "", 1))).is_err());
}

/// The canonical form is what was signed: what a comment or CDATA section cuts in the message is whole in it.
#[test]
fn a_text_in_pieces_is_read_whole() {
    let facts = Facts { name_id: "ada@acme.example.evil.example".into(), ..facts() };
    let xml = facts.signed_assertion();
    let cut = xml.replace("ada@acme.example.evil", "ada@acme.example<![CDATA[.evil]]>");
    assert_ne!(cut, xml);
    assert_eq!(verdict(&cut).unwrap().name_id.value, "ada@acme.example.evil.example");
}

#[test]
fn one_attribute_in_several_elements_has_all_values() {
    let facts = Facts {
        attributes: vec![
            ("Role".into(), vec!["a".into(), "b & <c>".into()]),
            ("Role".into(), vec!["d".into()]),
            ("Empty".into(), vec![]),
        ],
        ..facts()
    };
    let assertion = verdict(&facts.signed_response()).unwrap();
    assert_eq!(assertion.attributes["Role"], ["a", "b & <c>", "d"]);
    assert!(assertion.attributes["Empty"].is_empty());
}

#[test]
fn clocks_may_differ_by_a_minute() {
    let xml = facts().signed_assertion();
    for (seconds, good) in [(-360, true), (-361, false), (359, true), (360, false)] {
        let verdict = verdict_with(&xml, |expected| expected.now = NOW.plus(seconds));
        assert_eq!(verdict.is_ok(), good, "{seconds}: {verdict:?}");
    }
}

#[test]
fn unsolicited_answers_are_taken_where_the_setting_says_so() {
    let facts = Facts { in_response_to: None, ..facts() };
    for xml in [facts.signed_assertion(), facts.signed_response()] {
        let taken = verdict_with(&xml, |expected| {
            expected.in_response_to = None;
            expected.allow_unsolicited = true;
        });
        assert!(taken.is_ok(), "{taken:?}");
    }
}
