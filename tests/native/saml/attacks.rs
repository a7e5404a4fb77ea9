//! Forged and altered messages: each is refused, by the rule that is there for it.

use portcullis::saml::Rule;

use super::idp::{DSIG, Facts, SAML, Signing, sign_as_other, signature, signed};
use super::{facts, refused};

fn evil() -> Facts {
    Facts { name_id: "eve@acme.example".into(), assertion_id: "_evil".into(), ..facts() }
}

#[test]
fn what_is_not_signed_is_not_believed() {
    let facts = facts();
    let bare = facts.response(&facts.assertion());
    refused("nothing is signed", &bare, Rule::Unsigned);
    let signature = signature(&facts.assertion(), "_assertion", &Signing::default());
    let beside = bare.replacen("<samlp:Status>", &format!("{signature}<samlp:Status>"), 1);
    refused("the assertion's signature at the response", &beside, Rule::Reference);
    let in_subject = bare.replacen("<saml:NameID", &format!("{signature}<saml:NameID"), 1);
    refused("the signature in the subject", &in_subject, Rule::SignaturePlace);
    let in_extensions = bare.replacen(
        "<samlp:Status>",
        &format!("<samlp:Extensions>{signature}</samlp:Extensions><samlp:Status>"),
        1,
    );
    refused("the signature in an extension", &in_extensions, Rule::SignaturePlace);
    let signed = facts.signed_assertion();
    let twice = signed.replacen("<saml:Subject>", &format!("{signature}<saml:Subject>"), 1);
    refused("two signatures", &twice, Rule::SignaturePlace);
    refused(
        "its namespace is another one",
        &signed
            .replace(DSIG, "http://www.w3.org/2000/09/xmldsig2#")
            .replace("ds:", "d:")
            .replace("xmlns:ds", "xmlns:d"),
        Rule::Unsigned,
    );
}

#[test]
fn what_was_altered_is_refused() {
    let facts = facts();
    let cases = [
        ("the name", ">ada@acme.example</saml:NameID>", ">eve@acme.example</saml:NameID>", Rule::Digest),
        ("an attribute", "<saml:AttributeValue>ada@", "<saml:AttributeValue>eve@", Rule::Digest),
        ("the audience", "okta/metadata</saml:Audience>", "other/metadata</saml:Audience>", Rule::Digest),
        ("a space more", "<saml:Subject>", "<saml:Subject> ", Rule::Digest),
        (
            "a comment that cuts the name",
            "ada@acme.example</saml:NameID>",
            "ada@acme.example<!---->.evil.example</saml:NameID>",
            Rule::Comment,
        ),
        ("an empty comment in the name", ">ada@acme.example<", ">ada@<!-- -->acme.example<", Rule::Comment),
        ("a comment before the name", "persistent\">ada", "persistent\"><!-- -->ada", Rule::Comment),
        ("a comment in the digest", "</ds:DigestValue>", "<!-- --></ds:DigestValue>", Rule::Comment),
        ("a comment in the signature", "<ds:SignedInfo>", "<!-- --><ds:SignedInfo>", Rule::Comment),
        ("another session", "SessionIndex=\"_session\"", "SessionIndex=\"_another\"", Rule::Digest),
    ];
    for (what, from, to, rule) in cases {
        for xml in [facts.signed_assertion(), facts.signed_response()] {
            assert!(xml.contains(from), "{what}");
            refused(what, &xml.replacen(from, to, 1), rule);
        }
    }
    // The inner signature of a response that is signed as well counts, too.
    let inner =
        signed(&facts.assertion(), "_assertion", &Signing { sign: sign_as_other, ..Signing::default() });
    refused(
        "the inner signature is another's",
        &signed(&facts.response(&inner), "_response", &Signing::default()),
        Rule::Signature,
    );
}

/// Signature wrapping, XSW1 to XSW8 (Somorovsky et al., "On Breaking SAML"), with each place for the original.
#[test]
fn no_signature_covers_another_element_than_is_read() {
    let (facts, evil) = (facts(), evil());
    let original = facts.signed_assertion();
    let signed_assertion =
        &original[original.find("<saml:Assertion").unwrap()..original.find("</samlp:Response>").unwrap()];
    let signed_response = facts.signed_response();
    let forged = evil.assertion();
    let object = |inner: &str| format!("<ds:Object>{inner}</ds:Object></ds:Signature>");

    // 1, 2: a copy of the signed response inside, or beside, the signature of a forged one.
    let forged_response = Facts { response_id: "_forged".into(), ..evil.clone() }.response(&forged);
    let its_signature = signature(&facts.response(&facts.assertion()), "_response", &Signing::default());
    let wrapped =
        its_signature.replacen("</ds:Signature>", &object(&signed_response.replace(&its_signature, "")), 1);
    for (what, inner) in [
        ("XSW1", wrapped.clone()),
        ("XSW2", format!("{its_signature}{}", facts.response(&facts.assertion()))),
    ] {
        let xml = forged_response.replacen("<samlp:Status>", &format!("{inner}<samlp:Status>"), 1);
        refused(what, &xml, Rule::AssertionCount);
    }
    // 3, 4: the forged assertion beside or around the signed one.
    refused("XSW3", &facts.response(&format!("{forged}{signed_assertion}")), Rule::AssertionCount);
    refused("XSW3, behind", &facts.response(&format!("{signed_assertion}{forged}")), Rule::AssertionCount);
    refused(
        "XSW4",
        &facts.response(&forged.replacen(
            "</saml:Assertion>",
            &format!("{signed_assertion}</saml:Assertion>"),
            1,
        )),
        Rule::AssertionCount,
    );
    // 5, 6: the forged one has the signature, the original stands at the end, or in the signature.
    let signature_of = signature(&facts.assertion(), "_assertion", &Signing::default());
    let forged_with =
        |signature: &str| forged.replacen("<saml:Subject>", &format!("{signature}<saml:Subject>"), 1);
    refused(
        "XSW5",
        &facts.response(&format!("{}{}", forged_with(&signature_of), facts.assertion())),
        Rule::AssertionCount,
    );
    let holding = signature_of.replacen("</ds:Signature>", &object(&facts.assertion()), 1);
    refused("XSW6", &facts.response(&forged_with(&holding)), Rule::AssertionCount);
    // 7: in an extension; 8: in an object.
    let extension = format!("<samlp:Extensions>{signed_assertion}</samlp:Extensions><samlp:Status>");
    refused("XSW7", &facts.response(&forged).replacen("<samlp:Status>", &extension, 1), Rule::AssertionCount);
    let around = signature_of.replacen("</ds:Signature>", &object(&facts.assertion()), 1);
    refused("XSW8", &facts.response(&forged_with(&around)), Rule::AssertionCount);

    // The same with the forged one under the original's ID, and with the signature alone.
    let same_id = Facts { assertion_id: "_assertion".into(), ..evil.clone() };
    refused(
        "the same ID",
        &facts.response(&format!("{}{signed_assertion}", same_id.assertion())),
        Rule::IdTwice,
    );
    refused("a signature of another", &facts.response(&forged_with(&signature_of)), Rule::Reference);
    refused(
        "a signature under the same ID",
        &facts.response(&same_id.assertion().replacen(
            "<saml:Subject>",
            &format!("{signature_of}<saml:Subject>"),
            1,
        )),
        Rule::Digest,
    );
    // In the places where a reader may look, and a strict one may not.
    for (what, from, to) in [
        (
            "in advice",
            "<saml:AuthnStatement",
            format!("<saml:Advice>{signed_assertion}</saml:Advice><saml:AuthnStatement"),
        ),
        ("in an attribute", "<saml:AttributeValue>", format!("<saml:AttributeValue>{signed_assertion}")),
        (
            "in a confirmation",
            "</saml:SubjectConfirmationData>",
            format!("{signed_assertion}</saml:SubjectConfirmationData>"),
        ),
    ] {
        refused(what, &facts.response(&forged.replacen(from, &to, 1)), Rule::AssertionCount);
    }
    // An outer element that is no response at all.
    refused(
        "in an envelope",
        &format!("<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\">{original}</Envelope>"),
        Rule::MessageKind,
    );
    refused("the assertion alone", signed_assertion, Rule::MessageKind);
    refused(
        "the response of another namespace",
        &original.replacen("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.0:protocol", 1),
        Rule::IdAttribute,
    );
}

#[test]
fn what_is_encrypted_or_there_twice_is_refused() {
    let facts = facts();
    let xml = facts.signed_assertion();
    let encrypted = xml.replacen(
        "</samlp:Response>",
        &format!(
            "<saml:EncryptedAssertion xmlns:saml=\"{SAML}\"></saml:EncryptedAssertion></samlp:Response>"
        ),
        1,
    );
    refused("an encrypted one beside it", &encrypted, Rule::Encrypted);
    refused(
        "an encrypted one alone",
        &facts
            .response(&format!("<saml:EncryptedAssertion xmlns:saml=\"{SAML}\"></saml:EncryptedAssertion>")),
        Rule::Encrypted,
    );
    let second = Facts { assertion_id: "_second".into(), ..facts.clone() };
    let both = format!(
        "{}{}",
        signed(&facts.assertion(), "_assertion", &Signing::default()),
        signed(&second.assertion(), "_second", &Signing::default()),
    );
    refused("two signed ones", &facts.response(&both), Rule::AssertionCount);
    refused(
        "two in a signed response",
        &signed(&facts.response(&both), "_response", &Signing::default()),
        Rule::AssertionCount,
    );
    refused("none", &signed(&facts.response(""), "_response", &Signing::default()), Rule::AssertionCount);
    refused("none, unsigned", &facts.response(""), Rule::AssertionCount);
}
