//! What a message may be before anything of it is read: bounds, one XML, names that mean one thing.

use portcullis::saml::Rule;

use super::idp::{DSIG, Signing, signed};
use super::{facts, refused};

#[test]
fn only_plain_xml_is_read() {
    let xml = facts().signed_assertion();
    let cases: Vec<(&str, Rule, String)> = vec![
        ("nothing", Rule::NotXml, String::new()),
        ("a text", Rule::NotXml, "hello".into()),
        ("a cut message", Rule::NotXml, xml[..xml.len() - 5].into()),
        ("two roots", Rule::NotXml, format!("{xml}{xml}")),
        ("text behind", Rule::NotXml, format!("{xml}x")),
        ("a DOCTYPE", Rule::Doctype, format!("<!DOCTYPE x>{xml}")),
        (
            "a DOCTYPE behind a declaration",
            Rule::Doctype,
            format!("<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY b \"c\">]>{xml}"),
        ),
        (
            "external entities",
            Rule::Doctype,
            format!(
                "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>{}",
                xml.replacen("ada@", "&b;", 1)
            ),
        ),
        ("an unknown entity", Rule::NotXml, xml.replacen("ada@", "&ada;", 1)),
        (
            "a processing instruction",
            Rule::ProcessingInstruction,
            xml.replacen("<samlp:Status>", "<?php x?><samlp:Status>", 1),
        ),
        ("one before the root", Rule::ProcessingInstruction, format!("<?xml-stylesheet href=\"x\"?>{xml}")),
        ("one that cuts the name", Rule::ProcessingInstruction, xml.replacen("ada@acme", "ada@<?x?>acme", 1)),
        ("one behind", Rule::ProcessingInstruction, format!("{xml}<?x?>")),
        ("XML 1.1", Rule::NotXml, format!("<?xml version=\"1.1\"?>{xml}")),
        ("another encoding", Rule::NotXml, format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{xml}")),
        ("a NUL", Rule::NotXml, xml.replacen("ada@", "ada\0@", 1)),
        ("a NUL by number", Rule::NotXml, xml.replacen("ada@", "ada&#0;@", 1)),
        (
            "an attribute twice",
            Rule::NotXml,
            xml.replacen("ID=\"_assertion\"", "ID=\"_assertion\" ID=\"_assertion\"", 1),
        ),
        (
            "an attribute twice by namespace",
            Rule::NotXml,
            xml.replacen(
                "<samlp:Status>",
                "<samlp:Status xmlns:a=\"urn:a\" xmlns:b=\"urn:a\" a:x=\"\" b:x=\"\">",
                1,
            ),
        ),
        ("an undeclared prefix", Rule::NotXml, xml.replacen("<samlp:Status>", "<samlp:Status a:x=\"\">", 1)),
        (
            "no encoding of UTF-8",
            Rule::NotXml,
            format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{xml}"),
        ),
    ];
    for (what, rule, xml) in cases {
        refused(what, &xml, rule);
    }
}

#[test]
fn names_mean_the_same_to_every_reader() {
    let xml = facts().signed_assertion();
    let on_status =
        |attributes: &str| xml.replacen("<samlp:Status>", &format!("<samlp:Status {attributes}>"), 1);
    let cases: Vec<(&str, Rule, String)> = vec![
        ("a relative namespace", Rule::Names, on_status("xmlns:a=\"relative\"")),
        ("a relative default namespace", Rule::Names, on_status("xmlns=\"1\"")),
        ("a namespace with a space", Rule::Names, on_status("xmlns:a=\"urn:a b\"")),
        ("an undeclared prefix", Rule::Names, on_status("xmlns:a=\"\"")),
        ("two colons", Rule::Names, on_status("xmlns:a=\"urn:a\" a:b:c=\"\"")),
        ("a colon first", Rule::Names, on_status(":a=\"\"")),
        ("a colon last", Rule::Names, on_status("a:=\"\"")),
        (
            "the signature's namespace as saml",
            Rule::SignatureNamespace,
            on_status(&format!("xmlns:saml=\"{DSIG}\"")),
        ),
        (
            "the signature's namespace as samlp",
            Rule::SignatureNamespace,
            xml.replacen("<saml:Subject>", &format!("<saml:Subject xmlns:samlp=\"{DSIG}\">"), 1),
        ),
        (
            "the signature's namespace with an odd prefix",
            Rule::SignatureNamespace,
            on_status(&format!("xmlns:_._=\"{DSIG}\"")),
        ),
        ("another namespace as ds", Rule::SignatureNamespace, on_status("xmlns:ds=\"urn:ds\"")),
        (
            "the signature's namespace in capitals",
            Rule::SignatureNamespace,
            on_status("xmlns:a=\"http://www.w3.org/2000/09/XMLDSIG#\""),
        ),
        ("a line break in an attribute", Rule::AttributeSpace, on_status("a=\"b\nc\"")),
        ("a line break by number", Rule::AttributeSpace, on_status("a=\"b&#10;c\"")),
        ("a tab in an attribute", Rule::AttributeSpace, on_status("a=\"b\tc\"")),
        ("Id", Rule::IdAttribute, on_status("Id=\"_assertion\"")),
        ("id", Rule::IdAttribute, on_status("id=\"_assertion\"")),
        ("iD", Rule::IdAttribute, on_status("iD=\"_x\"")),
        ("ID of something else", Rule::IdAttribute, on_status("ID=\"_x\"")),
        ("xml:id", Rule::IdAttribute, on_status("xml:id=\"_assertion\"")),
        ("wsu:Id", Rule::IdAttribute, on_status("xmlns:wsu=\"urn:wsu\" wsu:Id=\"_assertion\"")),
        (
            "ID with a namespace at the assertion",
            Rule::IdAttribute,
            xml.replacen(" ID=\"_assertion\"", " xmlns:a=\"urn:a\" a:ID=\"_assertion\" ID=\"_assertion\"", 1),
        ),
        ("no ID", Rule::IdMissing, xml.replacen(" ID=\"_assertion\"", "", 1)),
        ("an empty ID", Rule::IdMissing, xml.replacen(" ID=\"_assertion\"", " ID=\"\"", 1)),
        (
            "an ID that begins with a digit",
            Rule::IdMissing,
            xml.replacen(" ID=\"_assertion\"", " ID=\"1\"", 1),
        ),
        (
            "an ID that is a pointer",
            Rule::IdMissing,
            xml.replacen(" ID=\"_assertion\"", " ID=\"xpointer(/)\"", 1),
        ),
        ("one ID twice", Rule::IdTwice, xml.replacen("\"_response\"", "\"_assertion\"", 1)),
    ];
    for (what, rule, forged) in cases {
        assert_ne!(forged, xml, "{what}");
        refused(what, &forged, rule);
    }
}

/// Each of these would cost a parser its stack, its memory or seconds.
#[test]
fn what_is_too_large_or_too_deep_is_refused_before_it_costs_anything() {
    let xml = facts().signed_assertion();
    let inside = |more: &str| {
        xml.replacen(
            "<samlp:Status>",
            &format!("<samlp:Extensions>{more}</samlp:Extensions><samlp:Status>"),
            1,
        )
    };
    let attributes = |count: usize| (0..count).map(|at| format!(" a{at}=\"\"")).collect::<String>();
    let cases: Vec<(&str, Rule, String)> = vec![
        ("a large message", Rule::TooLarge, inside(&"x".repeat(300_000))),
        ("deep elements", Rule::NotXml, inside(&format!("{}{}", "<a>".repeat(60), "</a>".repeat(60)))),
        (
            "very deep elements",
            Rule::TooComplex,
            inside(&format!("{}{}", "<a>".repeat(30_000), "</a>".repeat(30_000))),
        ),
        ("many elements", Rule::TooComplex, inside(&"<a/>".repeat(25_000))),
        ("many attributes", Rule::TooComplex, inside(&format!("<a{}/>", attributes(2_000)))),
        ("some attributes", Rule::TooComplex, inside(&format!("<a{}/>", attributes(65)))),
        (
            "many namespaces",
            Rule::TooComplex,
            inside(&(0..5_000).map(|at| format!("<a xmlns:n{at}=\"urn:n\"/>")).collect::<String>()),
        ),
        ("many comments", Rule::TooComplex, inside(&format!("<a/>{}", "<!---->".repeat(200)))),
    ];
    for (what, rule, xml) in cases {
        refused(what, &xml, rule);
    }
}

#[test]
fn what_is_signed_is_bounded_as_well() {
    let facts = facts();
    let long = facts.assertion().replacen(
        "ada@acme.example</saml:NameID>",
        &format!("{}</saml:NameID>", "a".repeat(1_025)),
        1,
    );
    refused("a long name", &facts.response(&signed(&long, "_assertion", &Signing::default())), Rule::Subject);
    let values = "<saml:AttributeValue></saml:AttributeValue>".repeat(2_001);
    let many =
        facts.assertion().replacen("<saml:AttributeValue>ada@acme.example</saml:AttributeValue>", &values, 1);
    refused(
        "many values",
        &facts.response(&signed(&many, "_assertion", &Signing::default())),
        Rule::TooComplex,
    );
}
