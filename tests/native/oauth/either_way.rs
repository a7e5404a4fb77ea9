//! Client authentication at each endpoint that asks for it: what was registered, and what is sent (RFC 6749 §2.3).

use serde_json::{Value, json};

use crate::harness::oidc::{Params, Party, SECRET, basic};
use crate::harness::{Ask, Signer};

const ENDPOINTS: [&str; 5] = ["token", "par", "device_authorization", "introspect", "revoke"];
const METHODS: [&str; 4] = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const FORM: &str = "application/x-www-form-urlencoded";

/// What a request says about its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Id,
    Basic,
    EmptyBasic,
    WrongBasic,
    Post,
    EmptyPost,
    WrongPost,
    Assertion,
    BasicAndPost,
    BasicAndAssertion,
    PostAndAssertion,
}

const ALL: [Sent; 12] = [
    Sent::Nothing,
    Sent::Id,
    Sent::Basic,
    Sent::EmptyBasic,
    Sent::WrongBasic,
    Sent::Post,
    Sent::EmptyPost,
    Sent::WrongPost,
    Sent::Assertion,
    Sent::BasicAndPost,
    Sent::BasicAndAssertion,
    Sent::PostAndAssertion,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Accepted,
    /// 401 `invalid_client`.
    Refused,
    /// 400 `invalid_request`: more than one way.
    TwoWays,
}

fn expected(registered: &str, sent: Sent) -> Expected {
    let has_secret = registered.starts_with("client_secret");
    match sent {
        Sent::BasicAndPost | Sent::BasicAndAssertion | Sent::PostAndAssertion => Expected::TwoWays,
        // An empty parameter is as good as absent (RFC 6749 §3.2).
        Sent::Id | Sent::EmptyPost if registered == "none" => Expected::Accepted,
        Sent::Basic | Sent::Post if has_secret => Expected::Accepted,
        Sent::Assertion if registered == "private_key_jwt" => Expected::Accepted,
        _ => Expected::Refused,
    }
}

fn party(registered: &str) -> Party {
    let jwks = if registered == "private_key_jwt" { Signer::es256(7).jwks("k") } else { Value::Null };
    let grants = json!(["authorization_code", "refresh_token", DEVICE]);
    Party::with(
        "app",
        json!({ "token_endpoint_auth_method": registered, "jwks": jwks, "grant_types": grants }),
    )
}

/// A request that is good but for its client.
fn good(party: &Party, endpoint: &str) -> Params {
    match endpoint {
        "token" => Party::exchange(&party.code()),
        "par" => party.request().without("client_id"),
        "device_authorization" => Params::of(&[("scope", "openid")]),
        _ => Params::of(&[("token", "nonsense")]),
    }
}

fn ask<'w>(party: &'w Party, endpoint: &str, params: Params, sent: Sent, jti: usize) -> Ask<'w> {
    let said = json!({
        "iss": "app", "sub": "app", "aud": "https://auth.example.com/tenant/home", "jti": format!("j{jti}"),
        "exp": party.world.now().0 / 1000 + 60,
    });
    let assertion = Signer::es256(7).sign(&json!({ "alg": "ES256", "kid": "k" }), &said);
    let with_id = |params: Params| params.with("client_id", "app");
    let with_secret = |params: Params, secret: &str| with_id(params).and("client_secret", secret);
    let signed =
        |params: Params| params.and("client_assertion_type", ASSERTION).and("client_assertion", &assertion);
    let (header, params) = match sent {
        Sent::Nothing => (None, params),
        Sent::Id => (None, with_id(params)),
        Sent::Basic => (Some(SECRET), params),
        Sent::EmptyBasic => (Some(""), params),
        Sent::WrongBasic => (Some("wrong"), params),
        Sent::Post => (None, with_secret(params, SECRET)),
        Sent::EmptyPost => (None, with_secret(params, "")),
        Sent::WrongPost => (None, with_secret(params, "wrong")),
        Sent::Assertion => (None, signed(params)),
        Sent::BasicAndPost => (Some(SECRET), with_secret(params, SECRET)),
        Sent::BasicAndAssertion => (Some(SECRET), signed(params)),
        Sent::PostAndAssertion => (None, signed(with_secret(params, SECRET))),
    };
    let ask = party.world.post(&Party::path(endpoint)).body(FORM, params.text());
    match header {
        Some(secret) => ask.header("authorization", &basic("app", secret)),
        None => ask,
    }
}

/// RFC 6749 §2.3.1: header and body are two ways for one secret, at every endpoint alike.
/// RFC 7009 §2.1: revocation authenticates clients as the token endpoint does.
/// RFC 7662 §2.1: so does introspection, of which a public client has none.
/// RFC 9126 §2: so do pushed requests.
/// RFC 8628 §3.1: so do devices.
#[test]
fn each_endpoint_takes_each_registered_method_in_the_ways_that_it_has() {
    for registered in METHODS {
        let party = party(registered);
        for (at, endpoint) in ENDPOINTS.into_iter().enumerate() {
            for (way, sent) in ALL.into_iter().enumerate() {
                let what = format!("{registered} at {endpoint} by {sent:?}");
                // Each minute has its own count of refusals.
                party.world.advance(i64::from(way == 0) * 60);
                let params = good(&party, endpoint);
                let reply = ask(&party, endpoint, params.clone(), sent, at * 100 + way).send();
                match expected(registered, sent) {
                    Expected::Accepted if (registered, endpoint) == ("none", "introspect") => {
                        let told = reply.error(401, "invalid_client").str("/error_description");
                        assert_eq!(told, "a public client may not introspect", "{what}");
                    }
                    Expected::Accepted => assert!(reply.status < 300, "{what}: {}", reply.text),
                    Expected::Refused => {
                        assert_eq!(reply.json["error"], "invalid_client", "{what}: {}", reply.text);
                        let scheme = reply.header("www-authenticate").map(str::to_owned);
                        reply.error(401, "invalid_client");
                        let header = matches!(sent, Sent::Basic | Sent::EmptyBasic | Sent::WrongBasic);
                        assert_eq!(
                            scheme.is_some_and(|scheme| scheme.starts_with("Basic")),
                            header,
                            "{what}"
                        );
                    }
                    Expected::TwoWays => {
                        assert_eq!(reply.json["error"], "invalid_request", "{what}: {}", reply.text);
                        reply.error(400, "invalid_request");
                    }
                }
                // What was refused has spent no code.
                if endpoint == "token" && expected(registered, sent) != Expected::Accepted {
                    let right = match registered {
                        "none" => Sent::Id,
                        "private_key_jwt" => Sent::Assertion,
                        _ => Sent::Post,
                    };
                    ask(&party, endpoint, params, right, 1_000 + way).send().is(200);
                }
            }
        }
    }
}

/// Many libraries send an empty secret for a public client: what to do is said, and the code still works.
#[test]
fn a_public_client_with_an_empty_secret_in_the_header_is_told_what_to_do() {
    let party = party("none");
    let code = party.code();
    let told = ask(&party, "token", Party::exchange(&code), Sent::EmptyBasic, 1).send();
    let told = told.error(401, "invalid_client").str("/error_description");
    for word in [
        "token_endpoint_auth_method none",
        "leave the Authorization header out",
        "client_id",
        "client_secret_basic",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    ask(&party, "token", Party::exchange(&code), Sent::Id, 2).send().is(200);
    assert_eq!(party.world.events("client.refused"), 1);
}

/// Each client that comes in a way that it has not is told its own.
#[test]
fn a_client_that_comes_in_another_way_is_told_its_own() {
    for (registered, sent, words) in [
        ("none", Sent::Basic, "send client_id in the body"),
        ("none", Sent::Post, "send client_id in the body"),
        ("none", Sent::Assertion, "private_key_jwt"),
        ("client_secret_basic", Sent::Id, "Authorization: Basic"),
        ("client_secret_basic", Sent::EmptyPost, "client_secret in the body"),
        ("client_secret_post", Sent::EmptyBasic, "secret is empty"),
        ("client_secret_post", Sent::Assertion, "registered with a secret"),
        ("client_secret_basic", Sent::WrongPost, "secret is wrong"),
        ("private_key_jwt", Sent::Basic, "client_assertion"),
        ("private_key_jwt", Sent::Id, "client_assertion"),
    ] {
        let party = party(registered);
        let reply = ask(&party, "token", good(&party, "token"), sent, 1).send();
        let told = reply.error(401, "invalid_client").str("/error_description");
        assert!(told.contains(words), "{registered} {sent:?}: {told}");
    }
}
