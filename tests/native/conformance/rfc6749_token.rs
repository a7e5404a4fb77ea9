//! RFC 6749: the token endpoint.

use serde_json::json;

use crate::harness::oidc::{Params, Party, basic, metadata, plain};
use crate::harness::{claims, part};

fn refresh(token: &str) -> Params {
    Params::of(&[("grant_type", "refresh_token"), ("refresh_token", token)])
}

fn machine() -> Party {
    Party::with("machine", json!({ "grant_types": ["client_credentials"], "scope": "read write" }))
}

const CREDENTIALS: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "read")];

/// RFC 6749 §3.2: the endpoint is called by POST.
#[test]
fn a_token_is_not_gotten_by_get() {
    let party = Party::public();
    let exchange = Party::exchange(&party.code()).with("client_id", &party.app.id);
    let path = format!("{}?{}", Party::path("token"), exchange.text());
    party.world.get(&path).send().is(405);
    // Nor are parameters read from the query of a POST.
    let reply = party.world.post(&path).form(&[]).send();
    assert!(matches!(reply.status, 400 | 401), "{}", reply.text);
    party.token(&exchange).is(200);
}

/// RFC 6749 §3.2: parameters without a value are treated as omitted, unknown ones are ignored.
#[test]
fn empty_and_unknown_parameters_count_for_nothing() {
    let party = Party::public();
    let exchange = Party::exchange(&party.code()).and("scope", "").and("resource", "").and("x", "1");
    party.token(&exchange.and("client_secret", "")).is(200);
    let exchange = Party::exchange(&party.code()).with("code_verifier", "");
    party.token(&exchange).is(400);
}

/// RFC 6749 §3.2: no parameter is included more than once.
/// RFC 6749 §5.2: `invalid_request` for a parameter that is repeated.
#[test]
fn a_repeated_parameter_is_refused() {
    let party = Party::public();
    for (name, value) in [("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", "x")] {
        let exchange = Party::exchange(&party.code()).and(name, value);
        party.token(&exchange).error(400, "invalid_request");
    }
}

/// RFC 6749 §4.1.4: a good exchange is answered with an access token, its type and its life.
/// RFC 6749 §5.1: the answer is JSON, and is not stored by any cache.
#[test]
fn the_answer_to_an_exchange() {
    let party = Party::public();
    let reply = party.tokens();
    assert!(reply.header("content-type").unwrap().starts_with("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("pragma"), Some("no-cache"));
    assert!(reply.str("/token_type").eq_ignore_ascii_case("bearer"));
    assert_eq!(reply.json["expires_in"], 900);
    assert!(reply.str("/refresh_token").len() >= 43);
    let said = claims(&reply.str("/access_token"));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 900);
}

/// RFC 6749 §3.3: the answer names the scope where it differs from what was asked for.
/// RFC 6749 §5.1: `scope` is required if it is not identical.
#[test]
fn the_scope_that_was_granted_is_told() {
    let party = Party::public();
    let scope = "openid profile email offline_access read";
    let told = party.tokens().str("/scope");
    let (mut told, mut asked): (Vec<_>, Vec<_>) = (told.split(' ').collect(), scope.split(' ').collect());
    told.sort_unstable();
    asked.sort_unstable();
    assert_eq!(told, asked);
}

/// RFC 6749 §5.2: `unsupported_grant_type` for a grant that the server does not know.
#[test]
fn an_unknown_grant_is_refused() {
    let party = Party::public();
    for grant in
        ["password", "implicit", "x", "authorization_code ", "urn:ietf:params:oauth:grant-type:saml2-bearer"]
    {
        let request =
            Params::of(&[("grant_type", grant), ("username", "ada@example.com"), ("password", "x")]);
        party.token(&request).error(400, "unsupported_grant_type");
    }
    party.token(&Params::of(&[("code", "x")])).error(400, "invalid_request");
}

/// RFC 6749 §5.2: `unauthorized_client` for a grant that the client may not use.
#[test]
fn a_grant_that_the_client_may_not_use_is_refused() {
    let party = Party::confidential();
    party.token(&Params::of(&CREDENTIALS)).error(400, "unauthorized_client");
    let machine = machine();
    machine.token(&Party::exchange("x")).error(400, "unauthorized_client");
    machine.token(&refresh("x")).error(400, "unauthorized_client");
    let once = Party::with(
        "app",
        json!({ "grant_types": ["authorization_code"], "token_endpoint_auth_method": "none" }),
    );
    let reply = once.tokens();
    assert!(reply.json.get("refresh_token").is_none(), "{}", reply.text);
}

/// RFC 6749 §5.2: `invalid_request` where a parameter is missing.
#[test]
fn a_request_that_lacks_a_parameter_is_refused() {
    let party = Party::public();
    party.token(&Party::exchange("x").without("code")).error(400, "invalid_request");
    party.token(&refresh("x").without("refresh_token")).error(400, "invalid_request");
}

/// RFC 6749 §5.2: `invalid_grant` for a code or refresh token that is invalid.
/// RFC 6749 §10.10: codes and tokens that are guessed are refused.
#[test]
fn a_code_or_token_that_is_none_is_refused() {
    let party = Party::public();
    for guess in ["x", "", &"A".repeat(43), &"x".repeat(10_000), "' OR 1=1 --", "ä"] {
        let exchange = party.token(&Party::exchange(guess));
        assert!(exchange.status == 400 || exchange.status == 413, "{guess}: {}", exchange.text);
        let reply = party.refresh(guess);
        assert!(reply.status == 400 || reply.status == 413, "{guess}: {}", reply.text);
    }
    party.token(&Party::exchange(&"A".repeat(43))).error(400, "invalid_grant");
    party.refresh(&"A".repeat(43)).error(400, "invalid_grant");
}

/// RFC 6749 §5.2: errors are JSON with the code, a description of allowed signs, and no-store.
#[test]
fn errors_have_one_shape() {
    let party = Party::public();
    for request in [
        Params::of(&[("grant_type", "\"\\ä\u{1}")]),
        Party::exchange("\"\\ä\u{1}"),
        Party::exchange("x").with("redirect_uri", "\"\\ä\u{1}"),
    ] {
        let reply = party.token(&request).is(400);
        assert!(reply.json["error"].is_string());
        assert!(plain(reply.json["error_description"].as_str().unwrap_or_default()), "{}", reply.text);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
}

/// RFC 6749 §4.1.3: parameters are sent as a form, in UTF-8.
#[test]
fn a_body_of_another_type_is_refused() {
    let party = Party::public();
    let exchange = Party::exchange(&party.code()).with("client_id", &party.app.id).text();
    for kind in ["application/json", "text/plain", ""] {
        let reply = party.world.post(&Party::path("token")).body(kind, exchange.clone()).send();
        assert!(matches!(reply.status, 400 | 415), "{}", reply.text);
        assert_eq!(reply.json["error"], "invalid_request");
    }
    let bad = party
        .world
        .post(&Party::path("token"))
        .body("application/x-www-form-urlencoded", b"grant_type=%ff".to_vec());
    assert!(matches!(bad.send().status, 400 | 401));
    let kind = "application/x-www-form-urlencoded; charset=UTF-8";
    party.world.post(&Party::path("token")).body(kind, exchange).send().is(200);
}

/// RFC 6749 §4.4: a client gets a token of its own.
/// RFC 6749 §4.4.3: the answer has no refresh token.
#[test]
fn a_client_gets_a_token_of_its_own() {
    let machine = machine();
    let reply = machine.token(&Params::of(&CREDENTIALS)).is(200);
    assert!(reply.json.get("refresh_token").is_none() && reply.json.get("id_token").is_none());
    let token = reply.str("/access_token");
    let said = claims(&token);
    assert_eq!((&said["sub"], &said["client_id"]), (&json!("machine"), &json!("machine")));
    assert_eq!(said["scope"], "read");
    for person in ["sid", "userId", "auth_time", "amr"] {
        assert!(said.get(person).is_none(), "{person}: {said}");
    }
    assert_eq!(part(&token, 0)["typ"], "at+jwt");
    assert!(machine.active(&token));
}

/// RFC 6749 §4.4: only confidential clients may use it.
#[test]
fn a_public_client_gets_no_token_of_its_own() {
    let other = json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none" });
    let party = Party::with("app", other);
    let reply = party.token(&Params::of(&CREDENTIALS));
    assert!(matches!(reply.status, 400 | 401), "{}", reply.text);
    assert!(["unauthorized_client", "invalid_client"].contains(&reply.str("/error").as_str()));
}

/// RFC 6749 §4.4.2: the scope is what the client may have; more is left out and said so, or `invalid_scope`.
#[test]
fn a_client_has_no_more_scope_than_it_may() {
    let machine = machine();
    let more = Params::of(&CREDENTIALS).with("scope", "read webhooks:manage");
    let reply = machine.token(&more);
    if reply.status == 200 {
        assert_eq!(reply.str("/scope"), "read");
        assert_eq!(claims(&reply.str("/access_token"))["scope"], "read");
    } else {
        reply.error(400, "invalid_scope");
    }
    let all = machine.token(&Params::of(&CREDENTIALS).without("scope")).is(200);
    let said = claims(&all.str("/access_token"));
    assert!(["read write", "write read"].contains(&said["scope"].as_str().unwrap()), "{said}");
    let openid = machine.token(&Params::of(&CREDENTIALS).with("scope", "openid"));
    openid.error(400, "invalid_scope");
}

/// RFC 6749 §6: a refresh token gives a new access token.
#[test]
fn a_refresh_gives_new_tokens() {
    let party = Party::public();
    let first = party.tokens();
    party.world.advance(60);
    let next = party.refresh(&first.str("/refresh_token")).is(200);
    assert_ne!(next.str("/access_token"), first.str("/access_token"));
    assert_ne!(next.str("/refresh_token"), first.str("/refresh_token"));
    assert_eq!(next.str("/scope"), first.str("/scope"));
    assert_eq!(next.header("cache-control"), Some("no-store"));
    party.userinfo(&next.str("/access_token")).is(200);
}

/// RFC 6749 §6: the refresh token is bound to the client that it was issued to.
/// RFC 6749 §10.4: and the binding is checked whenever the client can be identified.
#[test]
fn a_refresh_token_of_another_client_is_refused() {
    let party = Party::public();
    let other = party.world.client("home", "other", metadata(json!({})));
    let token = party.tokens().str("/refresh_token");
    party.world.as_client(&Party::path("token"), &other, &refresh(&token)).send().error(400, "invalid_grant");
    party.refresh(&token).is(200);
    // Nor does a person's own session become a client's, or the other way round.
    let own = party.world.session(&party.user).refresh;
    party.refresh(&own).error(400, "invalid_grant");
    let token = party.tokens().str("/refresh_token");
    party.world.post("/auth/refresh").json(json!({ "refresh_token": token })).send().is(401);
}

/// RFC 6749 §6: a confidential client authenticates for a refresh.
#[test]
fn a_refresh_of_a_confidential_client_needs_its_secret() {
    let party = Party::confidential();
    let token = party.tokens().str("/refresh_token");
    let without = refresh(&token).with("client_id", &party.app.id).text();
    let form = "application/x-www-form-urlencoded";
    let post = || party.world.post(&Party::path("token"));
    post().body(form, without.clone()).send().error(401, "invalid_client");
    let wrong = basic(&party.app.id, "wrong");
    post().header("authorization", &wrong).body(form, without).send().error(401, "invalid_client");
    party.refresh(&token).is(200);
}

/// RFC 6749 §6: the scope asked for is none that was not granted at first; omitted, it is the same.
#[test]
fn a_refresh_may_narrow_the_scope_and_never_widens_it() {
    let party = Party::public();
    let request = party.request().with("scope", "openid offline_access read");
    let code = party.authorize(&request).sent().code();
    let token = party.token(&Party::exchange(&code)).is(200).str("/refresh_token");
    let wider = refresh(&token).and("scope", "openid read write");
    party.token(&wider).error(400, "invalid_scope");
    let narrow = party.token(&refresh(&token).and("scope", "openid")).is(200);
    assert_eq!(claims(&narrow.str("/access_token"))["scope"], "openid");
    // What was granted at first stays the measure.
    let again = party.refresh(&narrow.str("/refresh_token")).is(200);
    let scope = again.str("/scope");
    assert!(
        ["openid", "offline_access", "read"].iter().all(|one| scope.split(' ').any(|each| each == *one)),
        "{scope}"
    );
}

/// RFC 6749 §10.4: a spent refresh token that comes again ends the grant.
/// RFC 9700 §4.14.2: reuse of a refresh token of a public client is detected and revokes the active one.
#[test]
fn a_reused_refresh_token_ends_the_grant() {
    let party = Party::public();
    let first = party.tokens().str("/refresh_token");
    let second = party.refresh(&first).is(200);
    party.world.advance(11);
    party.refresh(&first).error(400, "invalid_grant");
    party.refresh(&second.str("/refresh_token")).error(400, "invalid_grant");
    assert!(!party.active(&second.str("/access_token")));
    assert_eq!(party.world.events("token.reused"), 1);
}

/// RFC 9700 §4.14.2: of many refreshes at once, one lineage comes to be.
#[test]
fn twenty_refreshes_at_once_leave_one_lineage() {
    for party in [Party::public(), Party::confidential()] {
        let token = party.tokens().str("/refresh_token");
        let replies = party.world.together(vec![party.ask_token(&refresh(&token)); 20]);
        let mut successors: Vec<String> = replies
            .iter()
            .filter(|reply| reply.status == 200)
            .map(|reply| reply.str("/refresh_token"))
            .collect();
        assert!(!successors.is_empty());
        successors.dedup();
        assert_eq!(successors.len(), 1);
        let families = "SELECT sum(generation) AS n FROM sessions WHERE refresh_hash IS NOT NULL";
        assert_eq!(party.world.number(families), 1);
        party.refresh(&successors[0]).is(200);
    }
}
