//! A message that is signed well and says the wrong thing: each rule, alone.

use portcullis::saml::{Rejected, Rule};

use super::idp::{Facts, Signing, signed};
use super::{NOW, facts, verdict, verdict_with};

/// An honest assertion with one change before it is signed, in a response that is not.
fn signed_with(change: &dyn Fn(String) -> String) -> String {
    let facts = facts();
    facts.response(&signed(&change(facts.assertion()), "_assertion", &Signing::default()))
}

/// An honest response with one change before it is signed.
fn response_with(change: &dyn Fn(String) -> String) -> String {
    let facts = facts();
    signed(&change(facts.response(&facts.assertion())), "_response", &Signing::default())
}

#[test]
fn what_an_assertion_says_must_fit() {
    let until = NOW.plus(300).rfc3339();
    let from = NOW.plus(-300).rfc3339();
    let confirmation_end = format!("NotOnOrAfter=\"{until}\" Recipient=");
    let past = NOW.plus(-61).rfc3339();
    let future = NOW.plus(61).rfc3339();
    let cases: Vec<(&str, Rule, String, String)> = vec![
        ("another issuer", Rule::Issuer, "idp.example/metadata<".into(), "idp.example/other<".into()),
        ("an issuer of a format", Rule::Issuer, "<saml:Issuer>".into(),
            "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">".into()),
        ("no issuer", Rule::Issuer, "Issuer>".into(), "Advice>".into()),
        ("SAML 1.1", Rule::Version, "Version=\"2.0\"".into(), "Version=\"1.1\"".into()),
        ("no version", Rule::Version, " Version=\"2.0\"".into(), String::new()),
        ("another audience", Rule::Audience, "okta/metadata</saml:Audience>".into(), "other/metadata</saml:Audience>".into()),
        ("the audience of another tenant", Rule::Audience, "tenant/acme/sso/okta/metadata</saml:Audience>".into(),
            "tenant/umbrella/sso/okta/metadata</saml:Audience>".into()),
        ("an audience that ours is the beginning of", Rule::Audience, "okta/metadata</saml:Audience>".into(), "okta/metadata2</saml:Audience>".into()),
        ("no audience", Rule::Audience, "<saml:AudienceRestriction><saml:Audience>https://auth.example/tenant/acme/sso/okta/metadata</saml:Audience></saml:AudienceRestriction>".into(), String::new()),
        ("a second restriction that leaves us out", Rule::Audience, "</saml:AudienceRestriction>".into(),
            "</saml:AudienceRestriction><saml:AudienceRestriction><saml:Audience>https://else.example</saml:Audience></saml:AudienceRestriction>".into()),
        ("conditions that are over", Rule::Expired, format!("NotBefore=\"{from}\" NotOnOrAfter=\"{until}\""), format!("NotBefore=\"{from}\" NotOnOrAfter=\"{past}\"")),
        ("conditions that begin later", Rule::Early, format!("NotBefore=\"{from}\""), format!("NotBefore=\"{future}\"")),
        ("conditions that are no time", Rule::IssueInstant, format!("NotBefore=\"{from}\""), "NotBefore=\"yesterday\"".into()),
        ("a time without a zone", Rule::IssueInstant, format!("NotBefore=\"{from}\""), "NotBefore=\"2026-01-01T00:00:00\"".into()),
        ("no conditions", Rule::Missing, "saml:Conditions".into(), "saml:Advice".into()),
        ("a condition of another kind", Rule::Condition, "<saml:AudienceRestriction>".into(), "<saml:Condition></saml:Condition><saml:AudienceRestriction>".into()),
        ("a recipient of another provider", Rule::Recipient, "Recipient=\"https://auth.example/tenant/acme/sso/okta/acs".into(), "Recipient=\"https://auth.example/tenant/acme/sso/other/acs".into()),
        ("no recipient", Rule::Recipient, " Recipient=\"https://auth.example/tenant/acme/sso/okta/acs\"".into(), String::new()),
        ("a confirmation that is over", Rule::Expired, confirmation_end.clone(), format!("NotOnOrAfter=\"{past}\" Recipient=")),
        ("a confirmation without an end", Rule::Confirmation, confirmation_end.clone(), "Recipient=".into()),
        ("a confirmation that begins later", Rule::Early, confirmation_end, format!("NotBefore=\"{future}\" NotOnOrAfter=\"{until}\" Recipient=")),
        ("no bearer", Rule::Confirmation, "cm:bearer".into(), "cm:sender-vouches".into()),
        ("a confirmation by key", Rule::Confirmation, "cm:bearer".into(), "cm:holder-of-key".into()),
        ("the answer to another request", Rule::InResponseTo, "InResponseTo=\"_request\"".into(), "InResponseTo=\"_other\"".into()),
        ("the answer to no request", Rule::InResponseTo, " InResponseTo=\"_request\"".into(), String::new()),
        ("a session that is over", Rule::SessionOver, "SessionIndex=\"_session\"".into(), format!("SessionIndex=\"_session\" SessionNotOnOrAfter=\"{past}\"")),
        ("nobody who signed in", Rule::Missing, "saml:AuthnStatement".into(), "saml:Advice".into()),
        ("no subject", Rule::Subject, "saml:Subject>".into(), "saml:Advice>".into()),
        ("an encrypted name", Rule::Encrypted, "saml:NameID".into(), "saml:EncryptedID".into()),
        ("two names", Rule::Subject, "<saml:NameID ".into(), "<saml:NameID>eve@acme.example</saml:NameID><saml:NameID ".into()),
        ("an empty name", Rule::Subject, ">ada@acme.example</saml:NameID>".into(), "></saml:NameID>".into()),
        ("a name with white space around it", Rule::Subject, ">ada@acme.example</saml:NameID>".into(), "> ada@acme.example</saml:NameID>".into()),
        ("a name of elements", Rule::Subject, ">ada@acme.example</saml:NameID>".into(), ">ada@acme.example<b></b></saml:NameID>".into()),
        ("a name with a control character", Rule::Subject, ">ada@acme".into(), ">ada&#xD;@acme".into()),
        ("a name of another service", Rule::Subject, "<saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">".into(),
            "<saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\" SPNameQualifier=\"https://else.example\">".into()),
        ("a name of another provider", Rule::Subject, "<saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">".into(),
            "<saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\" NameQualifier=\"https://else.example\">".into()),
        ("an encrypted attribute", Rule::Encrypted, "<saml:AttributeStatement>".into(), "<saml:AttributeStatement><saml:EncryptedAttribute></saml:EncryptedAttribute>".into()),
        ("an element of nobody's", Rule::Unexpected, "<saml:Conditions ".into(), "<saml:Odd></saml:Odd><saml:Conditions ".into()),
        ("a text between elements", Rule::Unexpected, "<saml:Conditions ".into(), "hello<saml:Conditions ".into()),
        ("an attribute whose value has another name", Rule::Unexpected, "saml:AttributeValue".into(), "saml:Value".into()),
    ];
    for (what, rule, from, to) in cases {
        for make in [signed_with as fn(&dyn Fn(String) -> String) -> String, response_with] {
            let assertion_alone = |xml: String| {
                let (head, assertion) = xml.split_at(xml.find("<saml:Assertion").unwrap());
                assert!(assertion.contains(&from), "{what}: {from}");
                format!("{head}{}", assertion.replace(&from, &to))
            };
            let xml = make(&assertion_alone);
            assert_eq!(verdict(&xml), Err(Rejected::Broke(rule)), "{what}");
        }
    }
}

#[test]
fn what_a_response_says_must_fit_whether_it_is_signed_or_not() {
    let cases: Vec<(&str, Rejected, &str, &str)> = vec![
        (
            "another issuer",
            Rule::Issuer.into(),
            "idp.example/metadata</saml:Issuer><samlp",
            "idp.example/other</saml:Issuer><samlp",
        ),
        (
            "another destination",
            Rule::Destination.into(),
            "Destination=\"https://auth.example/tenant/acme/sso/okta/acs\"",
            "Destination=\"https://auth.example/tenant/acme/sso/other/acs\"",
        ),
        (
            "an empty destination",
            Rule::Destination.into(),
            "Destination=\"https://auth.example/tenant/acme/sso/okta/acs\"",
            "Destination=\"\"",
        ),
        (
            "the answer to another request",
            Rule::InResponseTo.into(),
            "ID=\"_response\" InResponseTo=\"_request\"",
            "ID=\"_response\" InResponseTo=\"_other\"",
        ),
        (
            "the answer to no request",
            Rule::InResponseTo.into(),
            "ID=\"_response\" InResponseTo=\"_request\"",
            "ID=\"_response\"",
        ),
        (
            "SAML 1.1",
            Rule::Version.into(),
            "Version=\"2.0\"><saml:Issuer xmlns:saml=",
            "Version=\"1.1\"><saml:Issuer xmlns:saml=",
        ),
        ("no status", Rule::Missing.into(), "samlp:Status>", "samlp:Extensions>"),
        ("no code", Rule::Missing.into(), "samlp:StatusCode", "samlp:StatusDetail"),
        ("no time", Rule::IssueInstant.into(), "IssueInstant=\"2027", "IssueInstant=\"two-thousand"),
        (
            "an element of nobody's",
            Rule::Unexpected.into(),
            "<samlp:Status>",
            "<samlp:Odd></samlp:Odd><samlp:Status>",
        ),
        ("a failure", Rejected::Declined("Responder".into()), "status:Success", "status:Responder"),
        (
            "a failure and why",
            Rejected::Declined("AuthnFailed".into()),
            "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode>",
            "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed\"></samlp:StatusCode></samlp:StatusCode>",
        ),
        (
            "a failure that is a script",
            Rejected::Declined("scriptalert1script".into()),
            "urn:oasis:names:tc:SAML:2.0:status:Success",
            "x:&lt;script>alert(1)&lt;/script>",
        ),
    ];
    let facts = facts();
    for (what, rejected, from, to) in cases {
        let inner = signed(&facts.assertion(), "_assertion", &Signing::default());
        let unsigned = facts.response(&inner);
        assert!(unsigned.contains(from), "{what}");
        let signed =
            signed(&facts.response(&facts.assertion()).replace(from, to), "_response", &Signing::default());
        for xml in [unsigned.replace(from, to), signed] {
            assert_eq!(verdict(&xml), Err(rejected.clone()), "{what}");
        }
    }
    // What an unsigned response may leave out, a signed one may not.
    for (rule, from, to) in [
        (Rule::Destination, " Destination=\"https://auth.example/tenant/acme/sso/okta/acs\"", ""),
        (
            Rule::Issuer,
            "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">https://idp.example/metadata</saml:Issuer>",
            "",
        ),
    ] {
        let unsigned = facts.signed_assertion();
        assert!(unsigned.contains(from));
        assert!(verdict(&unsigned.replacen(from, to, 1)).is_ok());
        // The signature stands behind the assertion's issuer then, and is moved before it.
        let bare = facts.response(&facts.assertion()).replacen(from, to, 1);
        let signature = super::idp::signature(&bare, "_response", &Signing::default());
        let xml = bare.replacen("<samlp:Status>", &format!("{signature}<samlp:Status>"), 1);
        assert_eq!(verdict(&xml), Err(Rejected::Broke(rule)));
    }
}

#[test]
fn an_answer_fits_the_request_of_the_browser_or_the_setting() {
    let solicited = facts().signed_assertion();
    let unsolicited = Facts { in_response_to: None, ..facts() }.signed_assertion();
    for (xml, asked, allowed, rule) in [
        (&solicited, Some("_another"), true, Rule::InResponseTo),
        (&solicited, None, true, Rule::InResponseTo),
        (&solicited, None, false, Rule::InResponseTo),
        (&unsolicited, None, false, Rule::Unsolicited),
        (&unsolicited, Some("_request"), true, Rule::InResponseTo),
    ] {
        let verdict = verdict_with(xml, |expected| {
            expected.in_response_to = asked;
            expected.allow_unsolicited = allowed;
        });
        assert_eq!(verdict, Err(Rejected::Broke(rule)), "{asked:?} {allowed}");
    }
}
