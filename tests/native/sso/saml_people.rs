//! Who comes from a SAML 2.0 provider, by the certificates and keys of both sides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::UintRef;

use super::provider::session_of;
use super::saml::{ADA, ISSUER, at, noted, refused, world, world_with};
use crate::harness::World;
use crate::saml::idp::{CERTIFICATE, Facts, OTHER_CERTIFICATE, Signing, signed};

#[test]
fn who_was_disabled_or_must_prove_more_does_not_walk_past_it() {
    let world = world();
    let sent = world.send_to_idp("home", "okta", "");
    world.sql("UPDATE users SET status = 'disabled' WHERE email_key = 'ada@acme.example'");
    refused(&world, &world.answer(&sent, &world.facts(&sent).signed_assertion()).send(), 403);
    let world = World::new();
    world.saml("home", "okta", json!({}));
    let app = world.with_app(ADA);
    world.link(&app.user, "okta", ISSUER, ADA);
    world.sql("DELETE FROM sessions");
    let sent = world.send_to_idp("home", "okta", "");
    let reply = world.answer(&sent, &world.facts(&sent).signed_assertion()).send().is(303);
    assert!(
        reply.header("location").unwrap().starts_with("/tenant/home/mfa"),
        "{:?}",
        reply.header("location")
    );
    assert_eq!(session_of(&reply), None);
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), 0);
}

#[test]
fn who_comes_first_gets_an_account_with_what_the_provider_says() {
    let world = World::new();
    world.saml(
        "home",
        "okta",
        json!({
            "attributes": { "email": "urn:mail", "name": "urn:name", "groups": "urn:groups" },
            "roleMap": { "claim": "groups", "map": { "staff": "MANAGER" } },
        }),
    );
    let sign_in = |facts: &dyn Fn(Facts) -> Facts| {
        let sent = world.send_to_idp("home", "okta", "");
        world.answer(&sent, &facts(world.facts(&sent)).signed_response()).send()
    };
    let attributes = |pairs: &[(&str, &[&str])]| -> Vec<(String, Vec<String>)> {
        pairs.iter().map(|(n, all)| ((*n).into(), all.iter().map(|v| (*v).into()).collect())).collect()
    };
    let said = attributes(&[
        ("urn:mail", &["bea@acme.example"]),
        ("urn:name", &["Bea"]),
        ("urn:groups", &["staff", "x"]),
    ]);
    let reply = sign_in(&|facts| Facts { name_id: "b-1".into(), attributes: said.clone(), ..facts });
    assert_eq!(reply.status, 303, "{}", reply.text);
    let rows =
        world.sql("SELECT name, roles, email_verified FROM users WHERE email_key = 'bea@acme.example'");
    assert_eq!(rows[0]["name"], "Bea");
    assert_eq!(rows[0]["roles"], "[\"MANAGER\"]");
    // Nobody has proved the address to us.
    assert_eq!(rows[0]["email_verified"], 0);
    // No address, two addresses.
    for values in [vec![], vec!["c@acme.example", "d@acme.example"]] {
        let said = attributes(&[("urn:mail", &values)]);
        let reply = sign_in(&|facts| Facts { name_id: "c-1".into(), attributes: said.clone(), ..facts });
        assert_eq!(reply.status, 422, "{}", reply.text);
    }
    // Somebody's account is not got by its address: the provider is not authoritative.
    world.user("victim@acme.example");
    let said = attributes(&[("urn:mail", &["victim@acme.example"])]);
    let reply = sign_in(&|facts| Facts { name_id: "e-1".into(), attributes: said.clone(), ..facts });
    assert_eq!((reply.status, session_of(&reply)), (409, None));
    // A name that is another at each sign-in is nobody's.
    world.advance_ms(1);
    let transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
    let reply = sign_in(&|facts| Facts { name_id: "_1".into(), format: transient, ..facts });
    assert_eq!((reply.status, session_of(&reply)), (502, None));
    assert!(noted(&world).contains("transient"), "{}", noted(&world));
}

#[test]
fn several_certificates_are_good_until_they_are_taken_away() {
    let world = world_with(json!({ "certificates": [OTHER_CERTIFICATE, CERTIFICATE] }));
    let sent = world.send_to_idp("home", "okta", "");
    world.answer(&sent, &world.facts(&sent).signed_assertion()).send().is(303);
    world.sql("DELETE FROM sessions");
    world.sql("UPDATE identity_providers SET spec = json_remove(spec, '$.certificates[1]')");
    let sent = world.send_to_idp("home", "okta", "");
    let reply = world.answer(&sent, &world.facts(&sent).signed_assertion()).fresh().send();
    refused(&world, &reply, 400);
}

#[test]
fn metadata_says_where_we_are_and_what_we_sign_with() {
    let world = world_with(json!({ "signRequests": true }));
    let reply = world.get("/tenant/home/sso/okta/metadata").send().is(200);
    assert_eq!(reply.header("content-type"), Some("application/samlmetadata+xml"));
    for part in [
        format!("entityID=\"{}\"", at("home", "okta", "metadata")),
        format!("Location=\"{}\"", at("home", "okta", "acs")),
        format!("Location=\"{}\"", at("home", "okta", "slo")),
        "AuthnRequestsSigned=\"true\"".into(),
        "<ds:X509Certificate>".into(),
    ] {
        assert!(reply.text.contains(&part), "{part}: {}", reply.text);
    }
    assert_eq!(world.get("/tenant/home/sso/nobody/metadata").status(), 404);
    // Signed over the octets of the query, with RSA.
    let sent = world.send_to_idp("home", "okta", "");
    assert_eq!(sent.param("SigAlg").as_deref(), Some("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"));
    let certificate = reply.text.split("<ds:X509Certificate>").nth(1).unwrap().split('<').next().unwrap();
    let certificate = x509_cert::Certificate::from_der(&STANDARD.decode(certificate).unwrap()).unwrap();
    let info = certificate.tbs_certificate().subject_public_key_info();
    let numbers = Vec::<UintRef<'_>>::from_der(info.subject_public_key.raw_bytes()).unwrap();
    let query = sent.url.query().unwrap().strip_prefix("app=1&").unwrap();
    let (octets, signature) = query.split_once("&Signature=").unwrap();
    let signature = percent_encoding::percent_decode_str(signature).decode_utf8().unwrap();
    let signature = STANDARD.decode(&*signature).unwrap();
    let [n, e] = [0, 1].map(|at| numbers[at].as_bytes());
    let key = rsa::RsaPublicKey::new(
        rsa::BoxedUint::from_be_slice_vartime(n),
        rsa::BoxedUint::from_be_slice_vartime(e),
    );
    // RFC 8017 §9.2, note 1.
    let prefix = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
        0x04, 0x20,
    ];
    let scheme = rsa::pkcs1v15::Pkcs1v15Sign { hash_len: Some(32), prefix: prefix.into() };
    key.unwrap().verify(scheme, &Sha256::digest(octets.as_bytes()), &signature).unwrap();
    // A provider of another kind has none.
    world.provider("home", "google", json!({ "kind": "google", "name": "Google", "clientId": "g" }));
    for (method, page) in [("GET", "metadata"), ("POST", "acs"), ("GET", "slo"), ("POST", "slo")] {
        let ask = world.ask(method, &format!("/tenant/home/sso/google/{page}"));
        let ask =
            if method == "POST" { ask.form(&[("SAMLResponse", "AAAA"), ("RelayState", "x")]) } else { ask };
        assert_eq!(ask.status(), 404, "{method} {page}");
    }
}

#[test]
fn an_address_is_asked_for_anew_where_a_recent_sign_in_is_demanded() {
    let world = world();
    let sent = world.send_to_idp("home", "okta", "?anew=1");
    assert!(sent.request.contains("ForceAuthn=\"true\""), "{}", sent.request);
    // The provider did not do it.
    let facts = world.facts(&sent);
    let at = facts.now.rfc3339();
    let old =
        facts.assertion().replace(&format!("AuthnInstant=\"{at}\""), "AuthnInstant=\"2020-01-01T00:00:00Z\"");
    let xml = facts.response(&signed(&old, &facts.assertion_id, &Signing::default()));
    refused(&world, &world.answer(&sent, &xml).send(), 400);
    let sent = world.send_to_idp("home", "okta", "?anew=1");
    world.answer(&sent, &world.facts(&sent).signed_assertion()).send().is(303);
}
