//! RFC 9207: the issuer in the authorization response.

use serde_json::json;

use crate::harness::oidc::Party;

const ISSUER: &str = "https://auth.example.com/tenant/home";

/// RFC 9207 §2: the answer has the issuer, errors as well.
/// RFC 9207 §2.4: it is the issuer of the metadata.
#[test]
fn every_answer_names_its_issuer() {
    let party = Party::public();
    let metadata = party.world.get("/tenant/home/.well-known/openid-configuration").send().is(200);
    assert_eq!(metadata.json["issuer"], ISSUER);
    assert_eq!(party.authorize(&party.request()).sent().get("iss"), Some(ISSUER));
    for request in [
        party.request().with("response_type", "token"),
        party.request().with("scope", "nonsense:x"),
        party.request().without("code_challenge"),
        party.request().and("request", "a.b.c"),
    ] {
        let sent = party.authorize(&request).sent();
        assert!(sent.get("error").is_some());
        assert_eq!(sent.get("iss"), Some(ISSUER));
    }
    let sent = party.browse(&party.request().with("prompt", "none")).send().sent();
    assert_eq!((sent.get("error"), sent.get("iss")), (Some("login_required"), Some(ISSUER)));
}

/// RFC 9207 §2: in every response mode.
#[test]
fn a_posted_answer_names_its_issuer() {
    let party = Party::public();
    let page = party.authorize(&party.request().with("response_mode", "form_post")).is(200);
    assert!(page.text.contains(&format!("name=\"iss\" value=\"{ISSUER}\"")), "{}", page.text);
}

/// RFC 9207 §2: the issuer is an https URL without query and fragment, whatever host the request came to.
#[test]
fn the_issuer_does_not_follow_the_host() {
    let party = Party::public();
    let request = party.browse(&party.request()).cookie(&party.cookie).host("evil.example").send();
    if let Some(location) = request.header("location") {
        assert!(!location.contains("evil.example"), "{location}");
        assert_eq!(request.sent().get("iss"), Some(ISSUER));
    }
}

/// RFC 9207 §3: the metadata says that it is there.
#[test]
fn the_metadata_says_so() {
    let party = Party::with("x", json!({}));
    let metadata = party.world.get("/tenant/home/.well-known/openid-configuration").send().is(200);
    assert_eq!(metadata.json["authorization_response_iss_parameter_supported"], true);
}
