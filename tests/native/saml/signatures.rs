//! A signature has one shape, and one of the pinned certificates made it.

use portcullis::saml::certificate::Certificate;
use portcullis::saml::{Rejected, Rule};

use super::idp::{CERTIFICATE, EXCLUSIVE, OTHER_CERTIFICATE, Signing, sign_as_other, signed, transform};
use super::{facts, refused, verdict_with};

#[test]
fn a_signature_has_one_shape() {
    let facts = facts();
    let with = |how: Signing| facts.response(&signed(&facts.assertion(), "_assertion", &how));
    let enveloped = || transform("http://www.w3.org/2000/09/xmldsig#enveloped-signature");
    let reference = "<ds:Reference URI=\"#_response\"><ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>";
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>self::text()</ds:XPath></ds:Transform>";
    let base = Signing::default;
    let cases: Vec<(&str, Rule, Signing)> = vec![
        ("no transform", Rule::Transforms, Signing { transforms: vec![], ..base() }),
        ("enveloped alone", Rule::Transforms, Signing { transforms: vec![enveloped()], ..base() }),
        (
            "canonicalization alone",
            Rule::Transforms,
            Signing { transforms: vec![transform(EXCLUSIVE)], ..base() },
        ),
        (
            "the other order",
            Rule::Transforms,
            Signing { transforms: vec![transform(EXCLUSIVE), enveloped()], ..base() },
        ),
        (
            "three",
            Rule::Transforms,
            Signing { transforms: vec![enveloped(), enveloped(), transform(EXCLUSIVE)], ..base() },
        ),
        (
            "XPath",
            Rule::Transforms,
            Signing { transforms: vec![xpath.into(), transform(EXCLUSIVE)], ..base() },
        ),
        (
            "XSLT",
            Rule::Transforms,
            Signing {
                transforms: vec![enveloped(), transform("http://www.w3.org/TR/1999/REC-xslt-19991116")],
                ..base()
            },
        ),
        (
            "base64",
            Rule::Transforms,
            Signing {
                transforms: vec![enveloped(), transform("http://www.w3.org/2000/09/xmldsig#base64")],
                ..base()
            },
        ),
        (
            "with comments",
            Rule::Transforms,
            Signing {
                transforms: vec![
                    enveloped(),
                    transform("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
                ],
                ..base()
            },
        ),
        (
            "inclusive",
            Rule::Transforms,
            Signing {
                transforms: vec![enveloped(), transform("http://www.w3.org/TR/2001/REC-xml-c14n-20010315")],
                ..base()
            },
        ),
        (
            "an inclusive method",
            Rule::Canonicalization,
            Signing { canonicalization: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", ..base() },
        ),
        (
            "a method with comments",
            Rule::Canonicalization,
            Signing { canonicalization: "http://www.w3.org/2001/10/xml-exc-c14n#WithComments", ..base() },
        ),
        (
            "a method of nobody's",
            Rule::Canonicalization,
            Signing { canonicalization: "urn:nothing", ..base() },
        ),
        (
            "HMAC",
            Rule::SignatureAlgorithm,
            Signing { method: "http://www.w3.org/2000/09/xmldsig#hmac-sha1", ..base() },
        ),
        (
            "HMAC with SHA-256",
            Rule::SignatureAlgorithm,
            Signing { method: "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", ..base() },
        ),
        (
            "DSA",
            Rule::SignatureAlgorithm,
            Signing { method: "http://www.w3.org/2000/09/xmldsig#dsa-sha1", ..base() },
        ),
        (
            "MD5",
            Rule::SignatureAlgorithm,
            Signing { method: "http://www.w3.org/2001/04/xmldsig-more#rsa-md5", ..base() },
        ),
        ("no method", Rule::SignatureAlgorithm, Signing { method: "", ..base() }),
        ("SHA-1", Rule::Sha1, Signing { method: "http://www.w3.org/2000/09/xmldsig#rsa-sha1", ..base() }),
        (
            "ECDSA with SHA-1",
            Rule::SignatureAlgorithm,
            Signing { method: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", ..base() },
        ),
        (
            "the other kind of key",
            Rule::Signature,
            Signing { method: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", ..base() },
        ),
        (
            "a digest with SHA-1",
            Rule::Sha1,
            Signing { digest: "http://www.w3.org/2000/09/xmldsig#sha1", ..base() },
        ),
        (
            "a digest with MD5",
            Rule::DigestAlgorithm,
            Signing { digest: "http://www.w3.org/2001/04/xmldsig-more#md5", ..base() },
        ),
        (
            "another digest",
            Rule::Digest,
            Signing { digest: "http://www.w3.org/2001/04/xmlenc#sha512", ..base() },
        ),
        ("two references", Rule::Reference, Signing { more_info: reference.into(), ..base() }),
        ("the whole document", Rule::Reference, Signing { uri: Some(String::new()), ..base() }),
        ("another element", Rule::Reference, Signing { uri: Some("#_response".into()), ..base() }),
        ("nothing there", Rule::Reference, Signing { uri: Some("#_nobody".into()), ..base() }),
        ("a pointer", Rule::Reference, Signing { uri: Some("#xpointer(id('_assertion'))".into()), ..base() }),
        ("the root by pointer", Rule::Reference, Signing { uri: Some("#xpointer(/)".into()), ..base() }),
        ("a file", Rule::Reference, Signing { uri: Some("file:///etc/passwd".into()), ..base() }),
        (
            "an address",
            Rule::Reference,
            Signing { uri: Some("https://evil.example/#_assertion".into()), ..base() },
        ),
        ("a percent sign", Rule::Reference, Signing { uri: Some("#%5fassertion".into()), ..base() }),
        ("an object", Rule::SignatureShape, Signing { more: "<ds:Object></ds:Object>".into(), ..base() }),
        (
            "a manifest",
            Rule::SignatureShape,
            Signing {
                more: format!("<ds:Object><ds:Manifest>{reference}</ds:Manifest></ds:Object>"),
                ..base()
            },
        ),
        (
            "a second value",
            Rule::SignatureShape,
            Signing { more: "<ds:SignatureValue>AAAA</ds:SignatureValue>".into(), ..base() },
        ),
        (
            "a second SignedInfo",
            Rule::SignatureShape,
            Signing { more: "<ds:SignedInfo></ds:SignedInfo>".into(), ..base() },
        ),
        ("an element of another kind", Rule::SignatureShape, Signing { more: "<x></x>".into(), ..base() }),
        (
            "two KeyInfos",
            Rule::SignatureShape,
            Signing { more: "<ds:KeyInfo></ds:KeyInfo><ds:KeyInfo></ds:KeyInfo>".into(), ..base() },
        ),
    ];
    for (what, rule, how) in cases {
        refused(what, &with(how), rule);
    }
    let xml = with(base());
    for (what, from, to, rule) in [
        ("no value", "<ds:SignatureValue>", "<ds:SignatureValue>!", Rule::SignatureShape),
        (
            "a truncated HMAC",
            "ecdsa-sha256\"></ds:SignatureMethod>",
            "ecdsa-sha256\"><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>",
            Rule::SignatureShape,
        ),
        ("a type of the reference", "<ds:Reference ", "<ds:Reference Type=\"x\" ", Rule::Reference),
        (
            "the assertion's ID at the signature",
            "<ds:Signature ",
            "<ds:Signature Id=\"_assertion\" ",
            Rule::IdTwice,
        ),
        (
            "an ID in capitals at the signature",
            "<ds:Signature ",
            "<ds:Signature ID=\"_s\" ",
            Rule::IdAttribute,
        ),
        ("an Id within the signature", "<ds:SignedInfo>", "<ds:SignedInfo Id=\"_s\">", Rule::IdAttribute),
        (
            "another attribute of the signature",
            "<ds:Signature ",
            "<ds:Signature x=\"_s\" ",
            Rule::SignatureShape,
        ),
        ("no reference", "URI=\"#_assertion\"", "", Rule::Reference),
        ("a text", "<ds:SignedInfo>", "hello<ds:SignedInfo>", Rule::SignatureShape),
        (
            "an attribute of the value",
            "<ds:SignatureValue>",
            "<ds:SignatureValue x=\"y\">",
            Rule::SignatureShape,
        ),
    ] {
        refused(what, &xml.replacen(from, to, 1), rule);
    }
    // A prefix list that is not one.
    let list = |list: &str| {
        transform(EXCLUSIVE).replacen("></", &format!("><ec:InclusiveNamespaces xmlns:ec=\"{EXCLUSIVE}\" PrefixList=\"{list}\"></ec:InclusiveNamespaces></"), 1)
    };
    let many = (0..17).map(|at| format!("p{at} ")).collect::<String>();
    for bad in ["a/b", many.as_str()] {
        refused(bad, &with(Signing { transforms: vec![enveloped(), list(bad)], ..base() }), Rule::Transforms);
    }
}

#[test]
fn the_pinned_certificate_decides_and_nothing_in_the_message() {
    let facts = facts();
    let how = Signing {
        sign: sign_as_other,
        more: format!(
            "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
            Certificate::parse(OTHER_CERTIFICATE).unwrap().base64
        ),
        ..Signing::default()
    };
    let xml = facts.response(&signed(&facts.assertion(), "_assertion", &how));
    refused("another key, with its certificate", &xml, Rule::Signature);
    // The same message is good where that certificate is pinned, alone or beside another one.
    let pinned = [Certificate::parse(CERTIFICATE).unwrap(), Certificate::parse(OTHER_CERTIFICATE).unwrap()];
    let pins: &'static [Certificate] = Box::leak(Box::new(pinned));
    assert!(verdict_with(&xml, |expected| expected.signer.certificates = pins).is_ok());
    assert!(verdict_with(&xml, |expected| expected.signer.certificates = &pins[1..]).is_ok());
    let none = verdict_with(&facts.signed_assertion(), |expected| expected.signer.certificates = &[]);
    assert_eq!(none, Err(Rejected::Broke(Rule::Signature)));
    // The signature as DER, as X.509 has it, is none in XML.
    fn der(bytes: &[u8]) -> Vec<u8> {
        p256::ecdsa::Signature::from_slice(&super::idp::sign(bytes)).unwrap().to_der().as_bytes().to_vec()
    }
    let xml = facts.response(&signed(
        &facts.assertion(),
        "_assertion",
        &Signing { sign: der, ..Signing::default() },
    ));
    refused("DER", &xml, Rule::Signature);
    let zeros = facts.response(&signed(
        &facts.assertion(),
        "_assertion",
        &Signing { sign: |_| vec![0; 64], ..Signing::default() },
    ));
    refused("zeros", &zeros, Rule::Signature);
}
