//! What a request must bring against stolen codes, and what its exchange is held to (RFC 7636, RFC 9700 §2.1.1).

use serde_json::{Value, json};

use crate::harness::oidc::{CHALLENGE, Params, Party, VERIFIER};
use crate::harness::{Signer, claims};

/// Kinds of client: what is registered, whether a request needs a challenge, and whether a nonce will do.
fn kinds() -> Vec<(&'static str, Value, bool, bool)> {
    let keys = Signer::es256(7).jwks("k");
    vec![
        ("public", json!({ "token_endpoint_auth_method": "none" }), true, false),
        (
            "public that was let off",
            json!({ "token_endpoint_auth_method": "none", "require_pkce": false }),
            true,
            false,
        ),
        ("confidential", json!({}), true, true),
        ("confidential by post", json!({ "token_endpoint_auth_method": "client_secret_post" }), true, true),
        ("confidential, required", json!({ "require_pkce": true }), true, false),
        ("confidential, let off", json!({ "require_pkce": false }), false, true),
        ("signing", json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": keys }), true, true),
    ]
}

fn request(party: &Party, scope: &str, challenge: bool, nonce: bool) -> Params {
    let request = party.request().with("scope", scope);
    let request = if nonce { request } else { request.without("nonce") };
    if challenge { request } else { request.without("code_challenge").without("code_challenge_method") }
}

/// The client's own exchange; a client that signs makes an assertion for it.
fn exchange(party: &Party, code: &str, verifier: Option<&str>) -> crate::harness::Reply {
    let params = Party::exchange(code).without("code_verifier");
    let params = verifier.into_iter().fold(params, |params, verifier| params.and("code_verifier", verifier));
    let signs = party.world.sql("SELECT metadata FROM clients WHERE id = 'app'")[0]["metadata"]
        .as_str()
        .is_some_and(|metadata| metadata.contains("private_key_jwt"));
    if !signs {
        return party.token(&params);
    }
    let said = json!({
        "iss": "app", "sub": "app", "aud": "https://auth.example.com/tenant/home", "jti": code,
        "exp": party.world.now().0 / 1000 + 60,
    });
    let assertion = Signer::es256(7).sign(&json!({ "alg": "ES256", "kid": "k" }), &said);
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    party.token(&params.and("client_assertion_type", kind).and("client_assertion", &assertion))
}

/// RFC 9700 §2.1.1: a request brings PKCE, or of a client that authenticates a nonce that its ID token repeats.
/// RFC 9700 §4.8.2: what begins with a challenge ends with its verifier, and what begins without ends without.
#[test]
fn each_kind_of_client_is_held_to_what_it_must_bring() {
    for (kind, metadata, needs, nonce_will_do) in kinds() {
        let party = Party::with("app", metadata);
        for scope in ["openid profile", "profile"] {
            for challenge in [true, false] {
                for nonce in [true, false] {
                    let what = format!("{kind}: scope {scope}, challenge {challenge}, nonce {nonce}");
                    let asked = request(&party, scope, challenge, nonce);
                    let repeated = nonce && scope.contains("openid");
                    let good = challenge || !needs || (nonce_will_do && repeated);
                    if !good {
                        let told = party.refused(&party.authorize(&asked), "invalid_request");
                        let told = told.get("error_description").unwrap().to_owned();
                        assert!(told.contains("code_challenge is required"), "{what}: {told}");
                        assert_eq!(told.contains("nonce"), nonce_will_do, "{what}: {told}");
                        continue;
                    }
                    for verifier in [None, Some(VERIFIER), Some(CHALLENGE), Some("short")] {
                        let code = party.authorize(&asked).sent().code();
                        let reply = exchange(&party, &code, verifier);
                        let fits = if challenge { verifier == Some(VERIFIER) } else { verifier.is_none() };
                        if !fits {
                            reply.error(400, "invalid_grant");
                            continue;
                        }
                        let reply = reply.is(200);
                        if scope.contains("openid") {
                            let said = claims(&reply.str("/id_token"));
                            assert_eq!(said.get("nonce").is_some(), nonce, "{what}");
                        }
                    }
                }
            }
        }
    }
}

/// The same for requests that are pushed, and for those that wait for their person.
#[test]
fn a_pushed_request_is_held_to_it_as_well() {
    for (kind, metadata, needs, nonce_will_do) in kinds() {
        let party = Party::with("app", metadata);
        if kind == "signing" {
            continue;
        }
        for challenge in [true, false] {
            for nonce in [true, false] {
                let asked = request(&party, "openid", challenge, nonce).without("client_id");
                let reply = party.world.as_client(&Party::path("par"), &party.app, &asked).send();
                if challenge || !needs || (nonce_will_do && nonce) {
                    reply.is(201);
                } else {
                    reply.error(400, "invalid_request");
                }
            }
        }
    }
}

/// `plain` is refused of every kind, with a nonce too: a challenge that is sent must be a good one.
#[test]
fn a_nonce_excuses_no_bad_challenge() {
    for (kind, metadata, ..) in kinds() {
        let party = Party::with("app", metadata);
        for (name, value) in [
            ("code_challenge_method", "plain"),
            ("code_challenge_method", ""),
            ("code_challenge", "short"),
            ("code_challenge", ""),
        ] {
            let reply = party.authorize(&party.request().with(name, value));
            let sent = reply.sent();
            assert_eq!(sent.get("error"), Some("invalid_request"), "{kind} {name}={value}");
        }
    }
}

/// What an administrator decides counts from the next request on, for one that waits for its person as well.
#[test]
fn a_request_that_waits_is_held_to_what_holds_when_it_goes_on() {
    let party = Party::with("app", json!({ "require_consent": true }));
    let asked = request(&party, "openid", false, true);
    let waiting = crate::harness::oidc::asks(&party.authorize(&asked), "consent");
    party.world.sql("UPDATE clients SET metadata = json_set(metadata, '$.require_pkce', json('true'))");
    party.world.advance(5);
    let reply = party.consent(&waiting, true);
    assert!(reply.status >= 400 || reply.sent().get("code").is_none(), "{}", reply.text);
    party.world.sql("UPDATE clients SET metadata = json_remove(metadata, '$.require_pkce')");
    party.world.advance(5);
    party.consent(&waiting, true).sent().code();
}

/// Rows from before say `true`, which nobody can tell from what an administrator said: they stay strict.
#[test]
fn a_client_of_before_stays_as_strict_as_it_was() {
    let party = Party::with("app", json!({ "require_pkce": true }));
    party.refused(&party.authorize(&request(&party, "openid", false, true)), "invalid_request");
    let path = "/tenant/home/v2/Clients/app";
    let admin = party.world.admin();
    let eased = party.world.patch(path).bearer(&admin).json(json!({ "require_pkce": null })).send().is(200);
    assert_eq!(eased.json["require_pkce"], Value::Null);
    party.authorize(&request(&party, "openid", false, true)).sent().code();
}

/// A client whose tokens are for an MCP server is an agent: it uses PKCE, whoever registered it and whatever was said.
#[test]
fn a_client_of_an_mcp_server_uses_pkce() {
    let (tools, other) = ("https://auth.example.com/mcp", "https://api.example/");
    for (metadata, resource, agent) in [
        (json!({ "resources": [tools, other] }), None, true),
        (json!({ "resources": [tools, other] }), Some(other), true),
        (json!({ "resources": [format!("{tools}/")] }), None, true),
        (json!({ "resources": [tools], "require_pkce": false }), None, true),
        (json!({ "resources": [other] }), Some(other), false),
        (json!({ "resources": [] }), None, false),
    ] {
        let party = Party::with("app", metadata.clone());
        party.world.route(json!({ "name": "tools", "path": "/mcp", "mcp": true }));
        let asked = request(&party, "openid", false, true);
        let asked = resource.iter().fold(asked, |asked, resource| asked.and("resource", resource));
        let reply = party.authorize(&asked);
        if agent {
            party.refused(&reply, "invalid_request");
            let asked = request(&party, "openid", true, false);
            party.authorize(&asked).sent().code();
        } else {
            reply.sent().code();
        }
        let bare = asked.without("client_id");
        let pushed = party.world.as_client(&Party::path("par"), &party.app, &bare).send();
        assert_eq!(pushed.status, if agent { 400 } else { 201 }, "{metadata}: {}", pushed.text);
    }
    // One that registered itself may ask for each server, and is an agent where it does.
    let party = Party::with("app", json!({ "require_consent": true }));
    party.world.route(json!({ "name": "tools", "path": "/mcp", "mcp": true }));
    party.world.sql("UPDATE clients SET registration_hash = 'x'");
    let asked = request(&party, "openid", false, true);
    party.refused(&party.authorize(&asked.clone().and("resource", tools)), "invalid_request");
    crate::harness::oidc::asks(&party.authorize(&asked), "consent");
    let asked = request(&party, "openid", true, false).and("resource", tools);
    crate::harness::oidc::asks(&party.authorize(&asked), "consent");
}
