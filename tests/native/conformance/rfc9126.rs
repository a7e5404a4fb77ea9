//! RFC 9126: pushed authorization requests.

use serde_json::json;

use crate::harness::Reply;
use crate::harness::oidc::{App, CALLBACK, Params, Party, SECRET, asks, basic, metadata, stays};

fn push(party: &Party, request: &Params) -> Reply {
    party.world.as_client(&Party::path("par"), &party.app, request).send()
}

fn by(party: &Party, uri: &str) -> Params {
    Params::of(&[("client_id", &party.app.id), ("request_uri", uri)])
}

/// RFC 9126 §2.2: the answer is 201, JSON, not stored, and has a URI and its life in seconds.
#[test]
fn the_answer_to_a_push() {
    for party in [Party::public(), Party::confidential()] {
        let reply = push(&party, &party.request()).is(201);
        assert!(reply.header("content-type").unwrap().starts_with("application/json"));
        assert!(reply.header("cache-control").unwrap().contains("no-store"));
        let uri = reply.str("/request_uri");
        assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{uri}");
        let life = reply.json["expires_in"].as_i64().unwrap();
        assert!((5..=600).contains(&life), "{life}");
        let other = push(&party, &party.request()).is(201).str("/request_uri");
        assert_ne!(uri, other);
    }
}

/// RFC 9126 §7.1: the URI cannot be guessed.
#[test]
fn a_uri_is_long_and_random() {
    let party = Party::public();
    let uri = push(&party, &party.request()).is(201).str("/request_uri");
    assert!(uri.rsplit(':').next().unwrap().len() >= 43, "{uri}");
    let guess = format!("urn:ietf:params:oauth:request_uri:{}", "A".repeat(43));
    let reply = party.authorize(&by(&party, &guess));
    assert!(!reply.header("location").unwrap_or_default().contains("code="));
}

/// RFC 9126 §4: the authorization endpoint takes the client's id and the URI for the whole request.
#[test]
fn a_pushed_request_is_granted() {
    for party in [Party::public(), Party::confidential()] {
        let uri = push(&party, &party.request()).is(201).str("/request_uri");
        let sent = party.authorize(&by(&party, &uri)).sent();
        assert_eq!(sent.to, CALLBACK);
        assert_eq!(sent.get("state"), Some("a state/of&the=client"));
        assert_eq!(sent.get("iss"), Some("https://auth.example.com/tenant/home"));
        let tokens = party.token(&Party::exchange(&sent.code())).is(200);
        assert_eq!(crate::harness::claims(&tokens.str("/id_token"))["nonce"], "n-0S6_WzA2Mj");
    }
}

/// RFC 9126 §4: what was pushed is what counts, whatever else the browser brings.
#[test]
fn a_browser_changes_nothing_of_what_was_pushed() {
    let party = Party::public();
    let request = party.request().with("scope", "openid");
    let uri = push(&party, &request).is(201).str("/request_uri");
    let evil = by(&party, &uri).and("scope", "openid write").and("redirect_uri", "https://app.example/other");
    let evil = evil.and("code_challenge", "qjrzSW9gMiUgpUvqgEPE4_-8swvyCtfOVvg55o5S_es").and("state", "evil");
    let sent = party.authorize(&evil).sent();
    if sent.get("error").is_some() {
        return;
    }
    assert_eq!((sent.to.as_str(), sent.get("state")), (CALLBACK, Some("a state/of&the=client")));
    let tokens = party.token(&Party::exchange(&sent.code())).is(200);
    assert_eq!(tokens.str("/scope"), "openid");
}

/// RFC 9126 §2.1: the client authenticates as it does at the token endpoint.
#[test]
fn a_client_that_does_not_prove_who_it_is_pushes_nothing() {
    let party = Party::confidential();
    let form = party.request().text();
    let post =
        || party.world.post(&Party::path("par")).body("application/x-www-form-urlencoded", form.clone());
    post().send().error(401, "invalid_client");
    post().header("authorization", &basic("server", "wrong")).send().error(401, "invalid_client");
    post().header("authorization", &basic("server", SECRET)).send().is(201);
    // What it pushes is its own: another `client_id` than its own is refused.
    let other = party.request().with("client_id", "another");
    let reply = party.world.post(&Party::path("par")).header("authorization", &basic("server", SECRET));
    let reply = reply.body("application/x-www-form-urlencoded", other.text()).send();
    assert!(matches!(reply.status, 400 | 401), "{}", reply.text);
}

/// RFC 9126 §2.1: a pushed request has no `request_uri`.
#[test]
fn a_push_with_a_request_uri_is_refused() {
    let party = Party::public();
    let uri = push(&party, &party.request()).is(201).str("/request_uri");
    push(&party, &party.request().and("request_uri", &uri)).error(400, "invalid_request");
}

/// RFC 9126 §2.1: what is pushed is checked as at the authorization endpoint.
/// RFC 9126 §2.3: errors are answered to the client, as at the token endpoint.
#[test]
fn a_bad_request_is_refused_when_it_is_pushed() {
    let party = Party::public();
    for (request, code) in [
        (party.request().with("response_type", "token"), "unsupported_response_type"),
        (party.request().without("response_type"), "invalid_request"),
        (party.request().with("redirect_uri", "https://evil.example/"), "invalid_request"),
        (party.request().without("code_challenge"), "invalid_request"),
        (party.request().with("code_challenge_method", "plain"), "invalid_request"),
        (party.request().with("prompt", "none login"), "invalid_request"),
        (party.request().and("scope", "openid"), "invalid_request"),
    ] {
        let reply = push(&party, &request).is(400);
        let told = reply.str("/error");
        assert!(
            told == code || (code == "invalid_request" && told == "invalid_redirect_uri"),
            "{}",
            reply.text
        );
        assert!(reply.header("location").is_none());
    }
    assert_eq!(party.world.number("SELECT count(*) AS n FROM authorization_requests"), 0);
}

/// RFC 9126 §2.3: another method than POST is answered with 405.
#[test]
fn a_push_is_a_post() {
    let party = Party::public();
    party.world.get(&format!("{}?{}", Party::path("par"), party.request().text())).send().is(405);
}

/// RFC 9126 §2.3: a request that is too large is answered with 413.
#[test]
fn a_request_that_is_too_long_is_refused() {
    let party = Party::public();
    push(&party, &party.request().with("state", &"x".repeat(100_000))).is(413);
}

/// RFC 9126 §2.2: the URI is bound to the client that pushed it.
#[test]
fn another_clients_uri_is_refused() {
    let party = Party::public();
    let uri = push(&party, &party.request()).is(201).str("/request_uri");
    let public = json!({ "token_endpoint_auth_method": "none" });
    let other: App = party.world.client("home", "other", metadata(public));
    let reply = party.authorize(&Params::of(&[("client_id", &other.id), ("request_uri", &uri)]));
    assert!(
        !reply.header("location").unwrap_or_default().contains("code="),
        "{:?}",
        reply.header("location")
    );
    let reply = party.authorize(&Params::of(&[("request_uri", &uri)]));
    stays(&reply);
    // It is still there for its own.
    party.authorize(&by(&party, &uri)).sent().code();
}

/// RFC 9126 §4: a URI that has expired is refused.
#[test]
fn an_expired_uri_is_refused() {
    let party = Party::public();
    let reply = push(&party, &party.request()).is(201);
    party.world.advance(reply.json["expires_in"].as_i64().unwrap());
    let late = party.authorize(&by(&party, &reply.str("/request_uri")));
    stays(&late);
}

/// RFC 9126 §7.3: a URI is for one authorization; to be shown a page in between does not spend it.
#[test]
fn a_uri_is_used_once() {
    let party = Party::public();
    let uri = push(&party, &party.request()).is(201).str("/request_uri");
    asks(&party.browse(&by(&party, &uri)).send(), "login");
    let uri = push(&party, &party.request()).is(201).str("/request_uri");
    party.authorize(&by(&party, &uri)).sent().code();
    let again = party.authorize(&by(&party, &uri));
    assert!(
        !again.header("location").unwrap_or_default().contains("code="),
        "{:?}",
        again.header("location")
    );
}

/// RFC 9126 §6: a client that must push is refused what it did not push.
#[test]
fn a_client_that_must_push() {
    let other =
        json!({ "token_endpoint_auth_method": "none", "require_pushed_authorization_requests": true });
    let party = Party::with("app", other);
    let reply = party.authorize(&party.request());
    assert!(!reply.header("location").unwrap_or_default().contains("code="));
    if reply.header("location").is_some() {
        party.refused(&reply, "invalid_request");
    }
    let uri = push(&party, &party.request()).is(201).str("/request_uri");
    party.authorize(&by(&party, &uri)).sent().code();
}

/// RFC 9126 §5: the metadata names the endpoint.
#[test]
fn the_metadata_names_the_endpoint() {
    let party = Party::public();
    let metadata = party.world.get("/tenant/home/.well-known/openid-configuration").send().is(200);
    let endpoint = "https://auth.example.com/tenant/home/oauth2/par";
    assert_eq!(metadata.json["pushed_authorization_request_endpoint"], endpoint);
}
