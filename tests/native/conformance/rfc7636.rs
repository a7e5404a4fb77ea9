//! RFC 7636: proof key for code exchange.

use serde_json::json;

use crate::harness::oidc::{CHALLENGE, Params, Party, SECRET, VERIFIER, basic};

/// RFC 7636 §4.2: the method S256 is implemented; the example of appendix B passes.
/// RFC 7636 §4.6: the verifier is hashed and compared with the challenge.
#[test]
fn the_example_of_the_appendix_passes() {
    for party in [Party::public(), Party::confidential()] {
        party.token(&Party::exchange(&party.code())).is(200);
    }
}

/// RFC 7636 §4.6: a verifier that does not fit is answered with `invalid_grant`.
#[test]
fn another_verifier_is_refused() {
    let party = Party::public();
    let shorter = &VERIFIER[..42];
    let upper = VERIFIER.to_uppercase();
    for verifier in [CHALLENGE, shorter, &upper, &format!("{VERIFIER}="), &"A".repeat(43), &"A".repeat(128)] {
        let exchange = Party::exchange(&party.code()).with("code_verifier", verifier);
        let reply = party.token(&exchange).is(400);
        let malformed = verifier.len() < 43 || verifier.contains('=');
        let code = reply.str("/error");
        assert!(
            code == "invalid_grant" || (malformed && code == "invalid_request"),
            "{verifier}: {}",
            reply.text
        );
    }
}

/// RFC 7636 §4.6: an exchange without the verifier is refused where the request had a challenge.
#[test]
fn a_missing_verifier_is_refused() {
    for party in [Party::public(), Party::confidential()] {
        let code = party.code();
        let reply = party.token(&Party::exchange(&code).without("code_verifier")).is(400);
        assert!(
            ["invalid_grant", "invalid_request"].contains(&reply.str("/error").as_str()),
            "{}",
            reply.text
        );
    }
}

/// RFC 7636 §4.4.1: where a challenge is required and missing, the error is `invalid_request`.
/// RFC 9700 §2.1.1: public clients use PKCE, and others where their administrator requires it.
#[test]
fn a_request_without_a_challenge_is_refused() {
    for party in [Party::public(), Party::with("server", json!({ "require_pkce": true }))] {
        let request = party.request().without("code_challenge").without("code_challenge_method");
        party.refused(&party.authorize(&request), "invalid_request");
        let request = party.request().with("code_challenge", "");
        party.refused(&party.authorize(&request), "invalid_request");
    }
    // Also where an administrator said that it is not required: a public client has nothing else.
    let other = json!({ "token_endpoint_auth_method": "none", "require_pkce": false });
    let party = Party::with("app", other);
    let request = party.request().without("code_challenge").without("code_challenge_method");
    party.refused(&party.authorize(&request), "invalid_request");
}

/// RFC 7636 §4.4.1: a transformation that is not supported is answered with `invalid_request`.
/// RFC 7636 §4.3: a challenge without a method is `plain`, which is not supported.
#[test]
fn plain_and_unknown_methods_are_refused() {
    let party = Party::public();
    for method in ["plain", "S512", "s256", "none"] {
        let request = party.request().with("code_challenge_method", method);
        party.refused(&party.authorize(&request), "invalid_request");
    }
    let request = party.request().without("code_challenge_method").with("code_challenge", VERIFIER);
    party.refused(&party.authorize(&request), "invalid_request");
    let request = party.request().without("code_challenge");
    party.refused(&party.authorize(&request), "invalid_request");
}

/// RFC 7636 §4.2: a challenge is the base64url of a SHA-256.
#[test]
fn a_challenge_that_is_none_is_refused() {
    let party = Party::public();
    for challenge in
        ["x", &CHALLENGE[..42], &format!("{CHALLENGE}="), &CHALLENGE.replace('-', "+"), &"A".repeat(200)]
    {
        let request = party.request().with("code_challenge", challenge);
        party.refused(&party.authorize(&request), "invalid_request");
    }
}

/// RFC 9700 §4.8.2: a verifier for a code that was given without a challenge is refused.
#[test]
fn a_downgraded_request_is_refused() {
    let party = Party::with("server", json!({ "require_pkce": false }));
    let request = party.request().without("code_challenge").without("code_challenge_method");
    let code = || party.authorize(&request).sent().code();
    party.token(&Party::exchange(&code())).error(400, "invalid_grant");
    party.token(&Party::exchange(&code()).without("code_verifier")).is(200);
    // One that has a challenge is held to it all the same.
    let reply = party.token(&Party::exchange(&party.code()).without("code_verifier")).is(400);
    assert!(["invalid_grant", "invalid_request"].contains(&reply.str("/error").as_str()));
}

/// RFC 7636 §4.4: the code is bound to its own challenge, and does not tell it.
#[test]
fn a_code_is_bound_to_its_own_challenge() {
    let party = Party::public();
    let other = "qjrzSW9gMiUgpUvqgEPE4_-8swvyCtfOVvg55o5S_es";
    let sent = party.authorize(&party.request().with("code_challenge", other)).sent();
    let mine = party.code();
    assert!(!sent.code().contains(other));
    party.token(&Party::exchange(&sent.code())).error(400, "invalid_grant");
    party.token(&Party::exchange(&mine)).is(200);
}

/// RFC 7636 §4.5: the verifier stands in the body of the exchange and proves no client's identity.
#[test]
fn a_verifier_does_not_stand_for_a_secret() {
    let party = Party::confidential();
    let exchange = Party::exchange(&party.code()).and("client_id", "server").text();
    let form = "application/x-www-form-urlencoded";
    let path = Party::path("token");
    party.world.post(&path).body(form, exchange.clone()).send().error(401, "invalid_client");
    let query = Params::of(&[("code_verifier", VERIFIER)]).text();
    let without = Party::exchange(&party.code()).without("code_verifier").text();
    let in_query =
        party.world.post(&format!("{path}?{query}")).header("authorization", &basic("server", SECRET));
    in_query.body(form, without).send().is(400);
}
