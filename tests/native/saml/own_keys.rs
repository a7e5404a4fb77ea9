//! Our own certificates and signatures: as other readers of X.509 and XMLDSig must find them. `tests/saml/corpus/ours.jsonl`
//! has them for those (`npm test -- saml`); `WRITE_SAML=1 cargo test --test native saml::own_keys` makes it anew.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::model::time::Time;
use portcullis::saml::certificate::{Certificate, pem};
use portcullis::saml::enveloped;
use portcullis::saml::logout::{self, Message};
use portcullis::saml::own_certificate::{NewCertificate, Unsigned};
use portcullis::saml::redirect::{self, Algorithm, Kind};
use portcullis::saml::request::{self, Head};
use portcullis::saml::response::NameId;
use portcullis::saml::{Rule, Signer as Trusted};
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::{BoxedUint, RsaPublicKey};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use x509_cert::der::{Decode as _, Encode as _};

use super::NOW;
use crate::harness::Signer;

const DAY: i64 = 86_400;
const ISSUER: &str = "https://auth.example/tenant/acme/sso/okta/metadata";
/// An address with what must be escaped, and a name with more of it.
const THERE: &str = "https://idp.example/saml?a=b&c=<d>&e='f'";
const NAME: &str = "O\u{2019}Neill & <Sons> \"x\" ]]> \u{e9}\u{1f511}";

/// The certificate of a key, in base64 of its DER.
fn certificate_of(signer: &Signer, until: Time) -> String {
    let jwk = signer.jwk();
    let unsigned = Unsigned::new(&NewCertificate {
        common_name: "okta",
        organization: "acme",
        serial: [0xff; 16],
        n: jwk["n"].as_str().unwrap(),
        e: jwk["e"].as_str().unwrap(),
        from: NOW.plus(-DAY),
        until,
    })
    .unwrap();
    let signature = signer.sign_bytes(unsigned.to_be_signed());
    unsigned.with_signature(&signature).unwrap()
}

fn ten_years() -> Time {
    NOW.plus(3_650 * DAY)
}

#[test]
fn a_certificate_of_ours_is_one_to_other_readers() {
    let signer = Signer::rs256();
    for until in [ten_years(), NOW.plus(30 * 365 * DAY)] {
        let base64 = certificate_of(&signer, until);
        let read = Certificate::parse(&pem(&base64)).unwrap();
        assert_eq!((read.not_before, read.not_after), (NOW.plus(-DAY), until));
        assert_eq!((read.subject.as_str(), &read.base64), ("CN=okta,O=acme", &base64));
        let der = STANDARD.decode(&base64).unwrap();
        // As RFC 5280 has it: a positive serial number, and the same name and algorithm in both places.
        let whole = x509_cert::Certificate::from_der(&der).unwrap();
        let inner = whole.tbs_certificate();
        assert_eq!(inner.issuer(), inner.subject());
        assert_eq!(inner.signature(), whole.signature_algorithm());
        assert_eq!(inner.serial_number().as_bytes().len(), 16);
        assert!(inner.serial_number().as_bytes()[0] < 0x80);
        assert_eq!(whole.to_der().unwrap(), der);
        let jwk = signer.jwk();
        let number = |name: &str| {
            let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap());
            BoxedUint::from_be_slice_vartime(&bytes.unwrap())
        };
        let key = RsaPublicKey::new(number("n"), number("e")).unwrap();
        let digest = Sha256::digest(inner.to_der().unwrap());
        let signature = whole.signature().as_bytes().unwrap();
        key.verify(Pkcs1v15Sign::new::<Sha256>(), &digest, signature).unwrap();
    }
    let text = pem(&certificate_of(&signer, ten_years()));
    assert!(
        text.lines().all(|line| line.len() <= 64) && text.ends_with("-----END CERTIFICATE-----\n"),
        "{text}"
    );
}

fn signed(signer: &Signer, xml: &str, id: &str) -> String {
    let unsigned = enveloped::Unsigned::new(xml, id).unwrap();
    let value = signer.sign_bytes(unsigned.to_be_signed());
    unsigned.with_signature(&value, &certificate_of(signer, ten_years())).unwrap()
}

fn head(id: &'static str) -> Head<'static> {
    Head { id, at: NOW, destination: THERE, issuer: ISSUER }
}

fn sign_out() -> String {
    let name_id = NameId {
        value: NAME.into(),
        format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".into()),
        name_qualifier: Some(ISSUER.into()),
        sp_name_qualifier: Some(ISSUER.into()),
    };
    request::sign_out(head("_out"), &name_id, Some(NAME), NOW.plus(300))
}

#[test]
fn the_signature_stands_behind_the_issuer_over_the_canonical_form() {
    let xml = request::signed_out(head("_one"), "_theirs");
    let (digest, info) = {
        // The canonical form, written by hand (Exclusive XML Canonicalization 1.0 §2.4, Canonical XML 1.0 §2.3).
        let canonical = "<samlp:LogoutResponse xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
            Destination=\"https://idp.example/saml?a=b&amp;c=&lt;d>&amp;e='f'\" ID=\"_one\" InResponseTo=\"_theirs\" \
            IssueInstant=\"2027-01-15T08:00:00Z\" Version=\"2.0\">\
            <saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">\
            https://auth.example/tenant/acme/sso/okta/metadata</saml:Issuer><samlp:Status>\
            <samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode>\
            </samlp:Status></samlp:LogoutResponse>";
        let digest = STANDARD.encode(Sha256::digest(canonical.as_bytes()));
        let info = format!(
            "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
             <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"></ds:SignatureMethod>\
             <ds:Reference URI=\"#_one\"><ds:Transforms>\
             <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>\
             <ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
             <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        );
        (digest, info)
    };
    let unsigned = enveloped::Unsigned::new(&xml, "_one").unwrap();
    assert_eq!(std::str::from_utf8(unsigned.to_be_signed()).unwrap(), info);
    let whole = unsigned.with_signature(b"value", "Q0VSVA==").unwrap();
    let (before, after) = whole.split_once("<ds:Signature ").unwrap();
    assert!(before.ends_with("</saml:Issuer>"), "{whole}");
    assert!(after.contains(&digest) && after.contains("<ds:X509Certificate>Q0VSVA==<"), "{whole}");
}

#[test]
fn a_message_of_ours_is_signed_as_we_verify_those_of_others() {
    let signer = Signer::rs256();
    let good = signed(&signer, &sign_out(), "_out");
    let receive = |xml: &str| {
        let certificates = [Certificate::parse(&certificate_of(&signer, ten_years())).unwrap()];
        let trusted = Trusted { entity_id: ISSUER, certificates: &certificates, allow_sha1: false };
        let expected = logout::Expected {
            signer: trusted,
            audience: ISSUER,
            recipient: THERE,
            in_response_to: None,
            allow_unsolicited: false,
            now: NOW,
        };
        logout::receive_posted(xml, &expected)
    };
    let Ok(Message::Request(read)) = receive(&good) else { panic!("{good}: {:?}", receive(&good)) };
    assert_eq!((read.name_id.value.as_str(), read.session_indexes), (NAME, vec![NAME.to_owned()]));
    for changed in [good.replace("O\u{2019}Neill", "O'Neill"), good.replace("_out", "_in"), sign_out()] {
        assert!(receive(&changed).is_err(), "{changed}");
    }
    // What would be read in another way by another parser is not signed.
    let broken = head("_one");
    let xml = request::signed_out(Head { destination: "https://idp.example/\n", ..broken }, "_a");
    assert_eq!(enveloped::Unsigned::new(&xml, "_one").unwrap_err(), Rule::AttributeSpace);
}

/// What other implementations are asked about.
fn corpus() -> String {
    let signer = Signer::rs256();
    let acs = "https://auth.example/tenant/acme/sso/okta/acs";
    let persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    let messages = [
        ("sign-in", "_in", Kind::Request, request::sign_in(head("_in"), acs, Some(persistent), true)),
        ("sign-out", "_out", Kind::Request, sign_out()),
        ("signed-out", "_done", Kind::Response, request::signed_out(head("_done"), "_theirs")),
    ];
    let certificate = pem(&certificate_of(&signer, ten_years()));
    let line = |name: String, binding: &str, message: String| {
        format!(
            "{}\n",
            json!({ "name": name, "binding": binding, "message": message, "certificate": certificate })
        )
    };
    let mut lines = String::new();
    for (name, id, kind, xml) in messages {
        lines.push_str(&line(format!("{name} by form"), "post", signed(&signer, &xml, id)));
        let query = redirect::query(kind, &xml, Some("a state"), Some(Algorithm::RsaSha256));
        let query = redirect::with_signature(&query, &signer.sign_bytes(query.as_bytes()));
        lines.push_str(&line(format!("{name} by redirect"), "redirect", query));
    }
    lines
}

#[test]
fn the_corpus_of_our_messages_is_what_we_send() {
    let path = format!("{}/tests/saml/corpus/ours.jsonl", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("WRITE_SAML").is_some() {
        std::fs::write(&path, corpus()).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == corpus(),
        "ours.jsonl is stale: run WRITE_SAML=1 cargo test --test native saml::own_keys"
    );
}
