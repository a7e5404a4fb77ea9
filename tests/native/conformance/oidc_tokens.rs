//! OpenID Connect Core §3.1.3, §5 and §12: what the tokens say, and userinfo.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::harness::oidc::{Params, Party};
use crate::harness::{claims, part};

const ISSUER: &str = "https://auth.example.com/tenant/home";

/// Whether the issuer's published keys signed it.
fn is_signed(party: &Party, token: &str) -> bool {
    let jwks = party.world.get("/tenant/home/.well-known/jwks.json").send().is(200).json;
    let head = part(token, 0);
    let keys = jwks["keys"].as_array().unwrap();
    let Some(key) = keys.iter().find(|key| key["kid"] == head["kid"]) else { return false };
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    VerifyingKey::from_sec1_bytes(&point).unwrap().verify(message.as_bytes(), &signature).is_ok()
}

/// OIDC Core §3.1.3.3: the answer to an exchange has an ID token, a Bearer token, and is not stored.
#[test]
fn the_answer_has_an_id_token() {
    let party = Party::public();
    let reply = party.tokens();
    assert_eq!(reply.str("/token_type"), "Bearer");
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-store"), Some("no-cache")));
    assert!(is_signed(&party, &reply.str("/id_token")));
    assert!(is_signed(&party, &reply.str("/access_token")));
}

/// OIDC Core §2: the ID token has `iss`, `sub`, `aud`, `exp` and `iat`.
/// OIDC Core §3.1.3.7: as its reader checks them: the issuer of the metadata, the client, the nonce, `auth_time`.
#[test]
fn what_an_id_token_says() {
    let party = Party::public();
    let now = party.world.now().unix();
    let token = party.tokens().str("/id_token");
    let head = part(&token, 0);
    assert_eq!(head["alg"], "ES256");
    assert_ne!(head["typ"], "at+jwt");
    let said = claims(&token);
    assert_eq!(said["iss"], ISSUER);
    assert_eq!(said["sub"], party.user.id.as_str());
    assert!(said["sub"].as_str().unwrap().len() <= 255);
    assert!(said["aud"] == "app" || said["aud"] == json!(["app"]), "{said}");
    assert!(said.get("azp").is_none_or(|azp| azp == "app"));
    assert_eq!(said["iat"], now);
    assert!(said["exp"].as_i64().unwrap() > now && said["exp"].as_i64().unwrap() <= now + 86_400);
    assert_eq!(said["nonce"], "n-0S6_WzA2Mj");
    assert_eq!(said["auth_time"], now);
    assert_eq!(said["amr"], json!(["pwd"]));
    assert!(said["sid"].is_string());
}

/// OIDC Core §3.1.3.6: `at_hash` is the left half of the access token's hash.
#[test]
fn the_id_token_belongs_to_its_access_token() {
    let party = Party::public();
    let reply = party.tokens();
    let hash = Sha256::digest(reply.str("/access_token").as_bytes());
    let half = URL_SAFE_NO_PAD.encode(&hash[..16]);
    assert_eq!(claims(&reply.str("/id_token"))["at_hash"], half.as_str());
}

/// OIDC Core §3.1.2.1: the nonce is passed through unmodified, and absent where there was none.
#[test]
fn the_nonce_is_as_it_was_sent() {
    let party = Party::public();
    for nonce in ["a nonce/with+signs&more=%20", "ä€😀"] {
        let sent = party.authorize(&party.request().with("nonce", nonce)).sent();
        let tokens = party.token(&Party::exchange(&sent.code())).is(200);
        assert_eq!(claims(&tokens.str("/id_token"))["nonce"], nonce);
    }
    let sent = party.authorize(&party.request().without("nonce")).sent();
    let tokens = party.token(&Party::exchange(&sent.code())).is(200);
    assert!(claims(&tokens.str("/id_token")).get("nonce").is_none());
}

/// OIDC Core §3.1.3.2: a code is refused that is unknown, of another client, spent, or with another redirect URI.
/// OIDC Core §3.1.3.4: as RFC 6749 §5.2 words it, in JSON.
#[test]
fn a_bad_exchange_is_refused() {
    let party = Party::public();
    let code = party.code();
    party.token(&Party::exchange("unknown")).error(400, "invalid_grant");
    party
        .token(&Party::exchange(&code).with("redirect_uri", "https://app.example/other"))
        .error(400, "invalid_grant");
    let code = party.code();
    party.token(&Party::exchange(&code)).is(200);
    party.token(&Party::exchange(&code)).error(400, "invalid_grant");
}

/// OIDC Core §5.3.1: userinfo takes GET and POST, and the token as a bearer's.
#[test]
fn userinfo_takes_get_and_post() {
    let party = Party::public();
    let token = party.tokens().str("/access_token");
    let path = Party::path("userinfo");
    let got = party.world.get(&path).bearer(&token).send().is(200);
    let posted = party.world.post(&path).bearer(&token).send().is(200);
    assert_eq!(got.json, posted.json);
    assert!(got.header("content-type").unwrap().starts_with("application/json"));
    assert_eq!(got.header("cache-control"), Some("no-store"));
}

/// OIDC Core §5.3.2: `sub` is always there, and is the ID token's.
/// OIDC Core §5.4: the scopes say which claims are told.
#[test]
fn userinfo_tells_what_the_scope_covers() {
    let party = Party::public();
    let told = |scope: &str| {
        let sent = party.authorize(&party.request().with("scope", scope)).sent();
        let tokens = party.token(&Party::exchange(&sent.code())).is(200);
        let told = party.userinfo(&tokens.str("/access_token")).is(200).json;
        assert_eq!(told["sub"], claims(&tokens.str("/id_token"))["sub"]);
        told
    };
    let all = told("openid profile email");
    assert_eq!(all["sub"], party.user.id.as_str());
    assert_eq!(all["name"], "Ada Lovelace");
    assert_eq!((&all["email"], &all["email_verified"]), (&json!("ada@example.com"), &json!(true)));
    let profile = told("openid profile");
    assert!(profile.get("email").is_none() && profile["name"] == "Ada Lovelace");
    let least = told("openid");
    assert!(least.get("email").is_none() && least.get("name").is_none(), "{least}");
}

/// OIDC Core §5.3.3: errors are RFC 6750's.
/// RFC 6750 §3: a request without a token is challenged, without an error code.
/// RFC 6750 §3.1: `invalid_token` is 401, `insufficient_scope` is 403.
#[test]
fn userinfo_refuses_as_rfc_6750_says() {
    let party = Party::public();
    let none = party.world.get(&Party::path("userinfo")).send().is(401);
    let challenge = none.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer") && !challenge.contains("error="), "{challenge}");
    for token in ["x", "a.b.c", &party.tokens().str("/id_token"), &party.tokens().str("/refresh_token")] {
        let reply = party.userinfo(token).is(401);
        let challenge = reply.header("www-authenticate").unwrap();
        assert!(
            challenge.starts_with("Bearer") && challenge.contains("error=\"invalid_token\""),
            "{challenge}"
        );
    }
    let sent = party.authorize(&party.request().with("scope", "read")).sent();
    let token = party.token(&Party::exchange(&sent.code())).is(200).str("/access_token");
    let reply = party.userinfo(&token);
    if reply.status == 403 {
        let challenge = reply.header("www-authenticate").unwrap();
        assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
    } else {
        reply.is(401);
    }
    // A client's own token is nobody's to tell about.
    let machine = Party::with("machine", json!({ "grant_types": ["client_credentials"], "scope": "read" }));
    let params = Params::of(&[("grant_type", "client_credentials"), ("scope", "read")]);
    let own = machine.token(&params).is(200).str("/access_token");
    assert!(matches!(machine.userinfo(&own).status, 401 | 403));
}

/// RFC 6750 §2: a token stands in one place of a request.
/// RFC 6750 §2.3: a token in the query is not read.
#[test]
fn a_token_in_the_query_is_not_read() {
    let party = Party::public();
    let token = party.tokens().str("/access_token");
    party.world.get(&format!("{}?access_token={token}", Party::path("userinfo"))).send().is(401);
}

/// OIDC Core §12.2: the ID token of a refresh has the same issuer, subject, audience and sign-in, and a new time.
#[test]
fn the_id_token_of_a_refresh() {
    let party = Party::public();
    let first = party.tokens();
    party.world.advance(120);
    let next = party.refresh(&first.str("/refresh_token")).is(200);
    let (old, new) = (claims(&first.str("/id_token")), claims(&next.str("/id_token")));
    for same in ["iss", "sub", "aud", "auth_time", "sid", "azp"] {
        assert_eq!(old.get(same), new.get(same), "{same}");
    }
    assert_eq!(new["iat"].as_i64().unwrap(), old["iat"].as_i64().unwrap() + 120);
    assert!(new.get("nonce").is_none_or(|nonce| *nonce == old["nonce"]));
    assert!(is_signed(&party, &next.str("/id_token")));
}

/// OIDC Core §5.5: `claims` may ask for the address in the ID token.
#[test]
fn claims_in_the_id_token() {
    let party = Party::public();
    let asked = json!({ "id_token": { "email": { "essential": true } } }).to_string();
    let sent = party.authorize(&party.request().and("claims", &asked)).sent();
    let tokens = party.token(&Party::exchange(&sent.code())).is(200);
    assert_eq!(claims(&tokens.str("/id_token"))["email"], "ada@example.com");
}

/// OIDC Core §11: a grant without `offline_access` ends with the sign-in that it came from; one with it goes on.
#[test]
fn offline_access_outlives_the_sign_in() {
    let party = Party::public();
    let grant = |scope: &str| {
        let sent = party.authorize(&party.request().with("scope", scope)).sent();
        party.token(&Party::exchange(&sent.code())).is(200)
    };
    let (online, offline) = (grant("openid"), grant("openid offline_access"));
    assert!(party.active(&online.str("/access_token")) && party.active(&offline.str("/access_token")));
    party.world.post("/tenant/home/logout").cookie(&party.cookie).form(&[]).send().is(200);
    assert!(!party.active(&online.str("/access_token")));
    if online.json["refresh_token"].is_string() {
        party.refresh(&online.str("/refresh_token")).error(400, "invalid_grant");
    }
    assert!(party.active(&offline.str("/access_token")));
    party.refresh(&offline.str("/refresh_token")).is(200);
}
