//! RS256, for clients that know nothing else (OpenID Connect Core 1.0 §15.1, Registration 1.0 §2).

use portcullis::crypto::foreign::{self, Foreign};
use serde_json::{Value, json};

use crate::harness::oidc::{App, CALLBACK, Params, Party, metadata};
use crate::harness::{World, part};

const DAY: i64 = 86_400;

fn published(world: &World) -> Vec<Value> {
    let set = world.get("/tenant/home/.well-known/jwks.json").fresh().send().is(200).json;
    set["keys"].as_array().unwrap().clone()
}

/// The keys of RSA among the tenant's.
fn rsa_keys(world: &World) -> Vec<Value> {
    published(world).into_iter().filter(|key| key["kty"] == "RSA").collect()
}

/// What a token says, if a key of the tenant's JWK Set signed it with the algorithm that its header names.
#[track_caller]
fn verified(world: &World, token: &str, alg: &str) -> Value {
    let header = part(token, 0);
    assert_eq!(header["alg"], alg);
    let key = published(world).into_iter().find(|key| key["kid"] == header["kid"]).unwrap();
    assert_eq!(key["alg"], alg);
    let keys = foreign::keys(&json!({ "keys": [key] })).unwrap();
    Foreign::parse(token, &["JWT", "logout+jwt", "at+jwt"]).unwrap().verify(&keys).unwrap().claims
}

fn party(other: Value) -> Party {
    Party::with("app", other)
}

/// OIDC Core §2, §3.1.3.7: an ID token is signed with what the client registered; nothing else changes its algorithm.
#[test]
fn an_id_token_is_signed_with_what_the_client_registered() {
    for (said, alg) in [(json!({}), "ES256"), (json!({ "id_token_signed_response_alg": "RS256" }), "RS256")] {
        let party = party(said);
        let tokens = party.tokens();
        let id = verified(&party.world, &tokens.str("/id_token"), alg);
        assert_eq!(id["sub"], party.user.id.as_str());
        assert_eq!(id["iss"], "https://auth.example.com/tenant/home");
        assert_eq!(part(&tokens.str("/id_token"), 0)["typ"], "JWT");
        verified(&party.world, &tokens.str("/access_token"), "ES256");
        let again = party.refresh(&tokens.str("/refresh_token")).is(200);
        verified(&party.world, &again.str("/id_token"), alg);
    }
}

/// RFC 7517 §4, RFC 7518 §6.3.1: an RSA key has n and e and no private member; its kid is RFC 7638's thumbprint.
#[test]
fn rsa_keys_are_published_where_a_client_needs_them() {
    let party = party(json!({}));
    party.tokens();
    assert!(rsa_keys(&party.world).is_empty());
    party.world.tenant("b");
    party.world.client("home", "old", metadata(json!({ "id_token_signed_response_alg": "RS256" })));
    let old = Party { app: App { id: "old".into(), ..party.app.clone() }, ..party };
    old.tokens();
    let keys = rsa_keys(&old.world);
    assert_eq!(keys.len(), 2, "the current one and the next one");
    for key in &keys {
        let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!((&key["alg"], &key["use"], &key["e"]), (&json!("RS256"), &json!("sig"), &json!("AQAB")));
    }
    let other = old.world.get("/tenant/b/.well-known/jwks.json").send().is(200).json;
    assert!(other["keys"].as_array().unwrap().iter().all(|key| key["kty"] == "EC"));
}

/// They are there before the client can ask for them: verifiers keep a JWK Set for minutes.
#[test]
fn keys_are_published_when_a_client_that_needs_them_is_saved() {
    for (member, alg) in [
        ("id_token_signed_response_alg", Some("RS256")),
        ("userinfo_signed_response_alg", Some("RS256")),
        ("userinfo_signed_response_alg", Some("ES256")),
        ("userinfo_signed_response_alg", Some("none")),
        ("id_token_signed_response_alg", None),
    ] {
        let needed = alg == Some("RS256");
        let world = World::new();
        let token = world.admin();
        let sent = json!({ "redirect_uris": [CALLBACK], member: alg });
        let made = world.post("/tenant/home/v2/Clients").bearer(&token).json(sent.clone()).send().is(201);
        assert_eq!(!rsa_keys(&world).is_empty(), needed, "{sent}");
        let said = &made.json[member];
        assert_eq!(*said, alg.unwrap_or("ES256"), "{}", made.text);
        // The same if a client comes to need them.
        let world = World::new();
        let token = world.admin();
        let made = world.post("/tenant/home/v2/Clients").bearer(&token);
        let id = made.json(json!({ "redirect_uris": [CALLBACK] })).send().is(201).str("/client_id");
        assert!(rsa_keys(&world).is_empty());
        world.put(&format!("/tenant/home/v2/Clients/{id}")).bearer(&token).json(sent.clone()).send().is(200);
        assert_eq!(!rsa_keys(&world).is_empty(), needed, "{sent}");
    }
}

#[test]
fn of_many_first_uses_one_makes_the_keys() {
    let party = party(json!({ "id_token_signed_response_alg": "RS256" }));
    let exchanges: Vec<Params> = (0..10).map(|_| Party::exchange(&party.code())).collect();
    let asks = exchanges.iter().map(|params| party.ask_token(params).fresh()).collect();
    for reply in party.world.together(asks) {
        verified(&party.world, &reply.is(200).str("/id_token"), "RS256");
    }
    assert_eq!(party.world.number("SELECT count(*) AS n FROM rsa_keys"), 2);
}

#[test]
fn private_keys_are_sealed() {
    let party = party(json!({ "id_token_signed_response_alg": "RS256" }));
    party.tokens();
    for row in party.world.sql("SELECT * FROM rsa_keys") {
        assert!(row["sealed_private"].as_str().unwrap().starts_with("2."));
    }
    party
        .world
        .sql("UPDATE rsa_keys SET sealed_private = (SELECT sealed_private FROM rsa_keys WHERE turn = 2)");
    party.world.get("/tenant/home/.well-known/jwks.json").fresh().send().is(500);
}

/// OIDC Core §5.3.2: a signed answer is a JWT with iss and aud, and its type says so.
#[test]
fn userinfo_is_signed_if_the_client_registered_that() {
    for alg in ["ES256", "RS256"] {
        let party = party(json!({ "userinfo_signed_response_alg": alg }));
        let tokens = party.tokens();
        let reply = party.userinfo(&tokens.str("/access_token")).is(200);
        assert_eq!(reply.header("content-type"), Some("application/jwt"));
        let said = verified(&party.world, &reply.text, alg);
        assert_eq!(said["iss"], "https://auth.example.com/tenant/home");
        assert_eq!((&said["aud"], &said["sub"]), (&json!("app"), &json!(party.user.id)));
        assert_eq!(said["email"], "ada@example.com");
        // It is in nobody's place: no bearer token, no hint of who is signed in.
        party.world.get("/api/auth/me").bearer(&reply.text).fresh().send().is(401);
        let hinted = party.request().with("prompt", "none").and("id_token_hint", &reply.text);
        let refused = party.authorize(&hinted);
        assert!(refused.sent().get("error").is_some(), "{refused:?}");
    }
    let party = party(json!({ "userinfo_signed_response_alg": "none" }));
    let reply = party.userinfo(&party.tokens().str("/access_token")).is(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.json["sub"], party.user.id.as_str());
}

/// Back-Channel Logout §2.6: a logout token is signed as the client's ID tokens are.
#[test]
fn a_logout_token_is_signed_as_the_clients_id_tokens() {
    for alg in ["ES256", "RS256"] {
        let uri = "https://app.example/backchannel";
        let party = party(json!({ "id_token_signed_response_alg": alg, "backchannel_logout_uri": uri }));
        party.tokens();
        party.world.post("/tenant/home/logout").cookie(&party.cookie).form(&[]).send().is(200);
        let forms = party.world.web.forms.borrow().clone();
        let told = forms.iter().find(|(url, _)| url == uri).unwrap().1.clone();
        let said = verified(&party.world, told.strip_prefix("logout_token=").unwrap(), alg);
        assert_eq!(said["sub"], party.user.id.as_str());
    }
}

/// RP-Initiated Logout §2, OIDC Core §3.1.2.1: an ID token is a hint also once it has expired, whatever signed it.
#[test]
fn an_rs256_id_token_is_a_hint() {
    let party = party(json!({ "id_token_signed_response_alg": "RS256" }));
    let id = party.tokens().str("/id_token");
    party.world.advance(3_600);
    let hinted = party.request().with("prompt", "none").and("id_token_hint", &id);
    party.authorize(&hinted).sent().code();
    // Another person's browser is not signed in as that one.
    let other = party.world.user("eve@example.com");
    let cookie = party.world.cookie(&other);
    let reply = party.browse(&hinted).cookie(&cookie).send();
    party.refused(&reply, "login_required");
    // A token whose claims were changed is no hint.
    let (head, rest) = id.split_once('.').unwrap();
    let forged = [head, &rest.replacen('a', "b", 1)].join(".");
    party.refused(&party.authorize(&hinted.with("id_token_hint", &forged)), "invalid_request");
}

/// RFC 8725 §3.1: an RSA key verifies no access token, whatever its claims say.
#[test]
fn nothing_but_an_id_token_is_taken_when_rs256_signed_it() {
    let party = party(json!({ "id_token_signed_response_alg": "RS256" }));
    let tokens = party.tokens();
    party.world.get("/api/auth/me").bearer(&tokens.str("/id_token")).fresh().send().is(401);
    assert!(!party.active(&tokens.str("/id_token")));
}

#[test]
fn rsa_keys_rotate_with_overlap_by_cron() {
    let party = party(json!({ "id_token_signed_response_alg": "RS256" }));
    let first = part(&party.tokens().str("/id_token"), 0)["kid"].clone();
    let second = rsa_keys(&party.world).into_iter().find(|key| key["kid"] != first).unwrap()["kid"].clone();
    party.world.advance(42 * DAY + 5);
    party.world.cron();
    let party = Party { cookie: party.world.cookie(&party.user), ..party };
    let now = part(&party.tokens().str("/id_token"), 0)["kid"].clone();
    assert_eq!(now, second);
    assert_eq!(rsa_keys(&party.world).len(), 3);
    party.world.advance(32 * DAY + 60);
    party.world.cron();
    assert_eq!(rsa_keys(&party.world).len(), 2);
    assert_eq!(party.world.number("SELECT count(*) AS n FROM rsa_keys"), 2);
}

#[test]
fn rsa_keys_that_no_client_needs_any_more_go_and_come_back() {
    let party = party(json!({ "id_token_signed_response_alg": "RS256" }));
    party.tokens();
    party
        .world
        .sql("UPDATE clients SET metadata = json_set(metadata, '$.id_token_signed_response_alg', 'ES256')");
    party.world.advance(42 * DAY + 5);
    party.world.cron();
    assert_eq!(rsa_keys(&party.world).len(), 2, "what they signed verifies for a while");
    party.world.advance(31 * DAY + 5);
    assert!(rsa_keys(&party.world).is_empty());
    party
        .world
        .sql("UPDATE clients SET metadata = json_set(metadata, '$.id_token_signed_response_alg', 'RS256')");
    let party = Party { cookie: party.world.cookie(&party.user), ..party };
    verified(&party.world, &party.tokens().str("/id_token"), "RS256");
    assert_eq!(rsa_keys(&party.world).len(), 2);
}

#[test]
fn an_administrators_rotation_rotates_them_too() {
    for (revoke, kept) in [(false, 3), (true, 2)] {
        let party = party(json!({ "id_token_signed_response_alg": "RS256" }));
        let old = party.tokens().str("/id_token");
        let token = party.world.admin();
        let rotate = party.world.post("/tenant/home/v2/Keys/rotate").bearer(&token);
        rotate.json(json!({ "revoke": revoke })).send().is(200);
        assert_eq!(rsa_keys(&party.world).len(), kept);
        let new = party.tokens().str("/id_token");
        assert_ne!(part(&new, 0)["kid"], part(&old, 0)["kid"]);
        verified(&party.world, &new, "RS256");
        let hinted = party.request().with("prompt", "none").and("id_token_hint", &old);
        let answer = party.authorize(&hinted).sent();
        assert_eq!(answer.get("error").is_some(), revoke, "{answer:?}");
    }
}

/// Discovery §3: RS256 is among the algorithms, and what is listed works.
#[test]
fn discovery_lists_both() {
    let world = World::new();
    let said = world.get("/tenant/home/.well-known/openid-configuration").send().is(200).json;
    for member in ["id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported"] {
        assert_eq!(said[member], json!(["ES256", "RS256"]), "{member}");
    }
}
