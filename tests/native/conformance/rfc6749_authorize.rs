//! RFC 6749: the authorization endpoint.

use serde_json::json;

use crate::harness::oidc::{CALLBACK, Params, Party, asks, metadata, stays};

const ELSEWHERE: &str = "https://app.example/other";

/// RFC 6749 §3.1: the resource owner is authenticated before anything is granted.
#[test]
fn one_who_is_not_signed_in_is_asked_to() {
    let party = Party::public();
    let sent = asks(&party.browse(&party.request()).send(), "login");
    assert_eq!(sent.get("code"), None);
    let stale = party.browse(&party.request()).cookie("nobody's").send();
    asks(&stale, "login");
    assert_eq!(party.world.number("SELECT count(*) AS n FROM authorization_codes"), 0);
}

/// RFC 6749 §3.1: the endpoint supports GET.
#[test]
fn a_request_by_get_is_understood() {
    let party = Party::public();
    party.authorize(&party.request()).sent().code();
}

/// RFC 6749 §3.1: parameters that are sent without a value are treated as if they were omitted.
#[test]
fn an_empty_parameter_counts_as_none() {
    let party = Party::public();
    let request =
        ["prompt", "max_age", "login_hint", "response_mode", "acr_values", "claims", "id_token_hint"];
    let request = request.iter().fold(party.request(), |request, name| request.and(name, ""));
    party.authorize(&request).sent().code();
    let sent = party.authorize(&party.request().with("state", "")).sent();
    assert_eq!(sent.get("state"), None);
    let request = party.request().with("response_type", "");
    party.refused(&party.authorize(&request), "invalid_request");
}

/// RFC 6749 §3.1: parameters that are not known are ignored.
#[test]
fn an_unknown_parameter_is_ignored() {
    let party = Party::public();
    party.authorize(&party.request().and("utm_source", "a mail").and("audience", "x")).sent().code();
}

/// RFC 6749 §3.1: no parameter is included more than once.
/// RFC 6749 §4.1.2.1: the client is told, unless it is the client or the redirect URI that is there twice.
#[test]
fn a_parameter_that_is_there_twice_is_refused() {
    let party = Party::public();
    for name in ["response_type", "scope", "nonce", "code_challenge", "prompt", "claims", "x"] {
        for value in ["b", "code", "openid"] {
            let request = party.request().with(name, "code").and(name, value);
            party.refused(&party.authorize(&request), "invalid_request");
            let form = party.world.post(&Party::path("authorize")).cookie(&party.cookie);
            let reply = form.body("application/x-www-form-urlencoded", request.text()).send();
            party.refused(&reply, "invalid_request");
        }
    }
    for (name, value) in [("redirect_uri", ELSEWHERE), ("client_id", "another"), ("request_uri", "b")] {
        let request = party.request().with("request_uri", "a");
        let same = request.text().split('&').find(|pair| pair.starts_with(name)).unwrap().to_owned();
        let path = format!("{}?{}", Party::path("authorize"), request.text());
        stays(&party.authorize(&request.clone().and(name, value)));
        stays(&party.authorize(&request.clone().and("state", "b").and(name, value)));
        stays(&party.world.get(&format!("{path}&{same}")).cookie(&party.cookie).navigating().send());
    }
    assert_eq!(party.world.number("SELECT count(*) AS n FROM authorization_codes"), 0);
}

/// RFC 6749 §4.1.2.1: `state` is sent back exactly as it was received; of two there is no such.
#[test]
fn a_state_that_is_there_twice_is_not_sent_back() {
    let party = Party::public();
    for mode in ["query", "form_post"] {
        let request = party.request().with("response_mode", mode).and("state", "b");
        let reply = party.authorize(&request);
        assert!(!reply.text.contains("a state"), "{}", reply.text);
        if mode == "query" {
            let sent = reply.sent();
            assert_eq!((sent.to.as_str(), sent.get("error")), (CALLBACK, Some("invalid_request")));
            assert_eq!(sent.get("iss"), Some("https://auth.example.com/tenant/home"));
            assert_eq!(sent.get("state"), None);
        }
    }
    let twice = party.request().with("response_mode", "form_post").and("response_mode", "query");
    party.refused(&party.authorize(&twice), "invalid_request");
}

/// RFC 6749 §3.1.1: a request without `response_type` is answered with an error.
#[test]
fn a_request_without_a_response_type_is_refused() {
    let party = Party::public();
    party.refused(&party.authorize(&party.request().without("response_type")), "invalid_request");
}

/// RFC 6749 §3.1.1: a response type that is not understood is answered with an error.
/// RFC 6749 §4.1.2.1: `unsupported_response_type` where the server does not support it.
#[test]
fn another_response_type_is_refused() {
    let party = Party::public();
    for kind in ["token", "id_token", "code id_token", "code token", "none", "Code", "x"] {
        let reply = party.authorize(&party.request().with("response_type", kind));
        party.refused(&reply, "unsupported_response_type");
    }
}

/// RFC 6749 §3.1.2: the endpoint's URI keeps its query when parameters are added.
#[test]
fn a_redirect_uri_with_a_query_keeps_it() {
    let uri = "https://app.example/callback?tenant=a%20b&x=1";
    let party = Party::with("app", json!({ "token_endpoint_auth_method": "none", "redirect_uris": [uri] }));
    let reply = party.authorize(&party.request().with("redirect_uri", uri));
    let location = reply.header("location").unwrap();
    assert!(location.starts_with(&format!("{uri}&")), "{location}");
    reply.sent().code();
}

/// RFC 6749 §3.1.2: the endpoint's URI is absolute and has no fragment.
#[test]
fn a_redirect_uri_that_is_none_is_refused() {
    let party = Party::public();
    for uri in ["/callback", "callback", "https://app.example/callback#", "https://app.example/callback#x"] {
        stays(&party.authorize(&party.request().with("redirect_uri", uri)));
    }
}

/// RFC 6749 §3.1.2.2: public clients register their redirect URIs; one that is not registered is not used.
/// RFC 6749 §10.6: the URI is compared with the registered ones where the request has one.
#[test]
fn a_redirect_uri_that_is_not_registered_shows_a_page() {
    let party = Party::public();
    for uri in [
        "https://app.example/callback/",
        "https://app.example/callback?x=1",
        "https://app.example/callbac",
        "https://app.example/Callback",
        "https://app.example/callback/../callback",
        "https://app.example/%63allback",
        "https://APP.example/callback",
        "https://app.example:443/callback",
        "http://app.example/callback",
        "https://app.example.evil.example/callback",
        "https://app.example@evil.example/callback",
        "https://evil.example/callback",
        "https://user@app.example/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        " https://app.example/callback",
        "https://app.example/callback\u{0}",
    ] {
        let reply = party.authorize(&party.request().with("redirect_uri", uri));
        stays(&reply);
        assert!(!reply.text.contains("href=\"https://evil.example"), "{}", reply.text);
        stays(&party.browse(&party.request().with("redirect_uri", uri)).send());
    }
    let none = Party::with("app", json!({ "token_endpoint_auth_method": "none", "redirect_uris": [] }));
    stays(&none.authorize(&none.request()));
    stays(&none.authorize(&none.request().without("redirect_uri")));
}

/// RFC 6749 §3.1.2.3: with several registered URIs the request names one.
#[test]
fn a_request_without_a_redirect_uri_shows_a_page_where_several_are_registered() {
    let party = Party::public();
    stays(&party.authorize(&party.request().without("redirect_uri")));
}

/// RFC 6749 §3.1.2.4: a request whose redirect URI is missing, invalid or mismatching never redirects there, and
/// the person is told.
/// RFC 6749 §4.1.2.1: nor does one whose client is missing or unknown.
#[test]
fn a_request_that_names_no_client_shows_a_page() {
    let party = Party::public();
    party.world.tenant("b");
    party.world.client("b", "theirs", metadata(json!({ "token_endpoint_auth_method": "none" })));
    for request in [
        party.request().without("client_id"),
        party.request().with("client_id", "nobody"),
        party.request().with("client_id", ""),
        party.request().with("client_id", "' OR 1=1 --"),
        party.request().with("client_id", &"x".repeat(5_000)),
        // A client of another tenant is nobody here.
        party.request().with("client_id", "theirs"),
    ] {
        stays(&party.authorize(&request));
        stays(&party.browse(&request).send());
    }
}

/// RFC 6749 §4.1.2: the answer has the code, and exactly the state that the client sent.
#[test]
fn the_answer_has_a_code_and_the_state() {
    let party = Party::public();
    for state in ["a state/of&the=client", "ä€😀", "\"<script>'", &"x".repeat(1_500)] {
        let sent = party.authorize(&party.request().with("state", state)).sent();
        assert_eq!(sent.to, CALLBACK);
        assert!(sent.code().len() >= 22);
        assert_eq!(sent.get("state"), Some(state));
    }
    let sent = party.authorize(&party.request().without("state")).sent();
    assert!(sent.get("code").is_some() && sent.get("state").is_none());
    let sent = party.authorize(&party.request().with("redirect_uri", ELSEWHERE)).sent();
    assert_eq!(sent.to, ELSEWHERE);
}

/// RFC 6749 §4.1.2.1: an error names its code and the state, and its description has no other signs than allowed.
#[test]
fn an_error_has_the_state() {
    let party = Party::public();
    let reply = party.authorize(&party.request().with("prompt", "\"ä\\\u{7}"));
    party.refused(&reply, "invalid_request");
    let reply = party.authorize(&party.request().with("scope", "orders:delete"));
    party.refused(&reply, "invalid_scope");
}

/// RFC 6749 §4.1.2.1: `unauthorized_client` where the client may not use the grant.
#[test]
fn a_client_without_the_grant_is_refused() {
    let party = Party::with("app", json!({ "grant_types": ["client_credentials"] }));
    let reply = party.authorize(&party.request());
    party.refused(&reply, "unauthorized_client");
}

/// RFC 6749 §3.3: a scope that is unknown or malformed is answered with `invalid_scope` or left out, never granted.
#[test]
fn no_scope_is_granted_that_the_client_may_not_have() {
    let party = Party::public();
    for scope in ["openid webhooks:manage", "openid orders:delete", "openid WRITE"] {
        let sent = party.authorize(&party.request().with("scope", scope)).sent();
        if let Some(error) = sent.get("error") {
            assert_eq!(error, "invalid_scope");
            continue;
        }
        let tokens = party.token(&Party::exchange(&sent.code())).is(200);
        assert_eq!(tokens.str("/scope"), "openid");
    }
}

/// RFC 6749 §4.1.2: the code is bound to the client and to the redirect URI.
/// RFC 6749 §4.1.3: a code that was issued to another client is refused.
#[test]
fn a_code_is_for_its_client_alone() {
    let party = Party::public();
    let other =
        party.world.client("home", "other", metadata(json!({ "token_endpoint_auth_method": "none" })));
    let code = party.code();
    let theirs = party.world.as_client(&Party::path("token"), &other, &Party::exchange(&code)).send();
    theirs.error(400, "invalid_grant");
    // Whoever tried it has not spent it for its owner, or it is dead: never two grants.
    let own = party.token(&Party::exchange(&code)).status;
    assert!(own == 200 || own == 400);
}

/// RFC 6749 §4.1.3: the redirect URI of the exchange is there if it was in the request, and identical.
#[test]
fn an_exchange_with_another_redirect_uri_is_refused() {
    let party = Party::public();
    for uri in [Some(ELSEWHERE), Some("https://app.example/callback/"), Some("https://evil.example/"), None] {
        let exchange = Party::exchange(&party.code()).without("redirect_uri");
        let exchange = uri.map_or(exchange.clone(), |uri| exchange.and("redirect_uri", uri));
        let reply = party.token(&exchange);
        assert!(reply.status == 400, "{uri:?}: {}", reply.text);
        let code = if uri.is_none() { &["invalid_grant", "invalid_request"][..] } else { &["invalid_grant"] };
        assert!(code.contains(&reply.str("/error").as_str()), "{uri:?}: {}", reply.text);
    }
}

/// RFC 6749 §4.1.2: the code expires shortly after it is issued, within ten minutes.
#[test]
fn a_code_expires() {
    let party = Party::public();
    let code = party.code();
    party.world.advance(20);
    party.token(&Party::exchange(&code)).is(200);
    let code = party.code();
    party.world.advance(600);
    party.token(&Party::exchange(&code)).error(400, "invalid_grant");
}

/// RFC 6749 §4.1.2: a code works once; after a second try every token that came from it is revoked.
#[test]
fn a_replayed_code_ends_the_tokens_it_gave() {
    let party = Party::public();
    let code = party.code();
    let tokens = party.token(&Party::exchange(&code)).is(200);
    let next = party.refresh(&tokens.str("/refresh_token")).is(200);
    assert!(party.active(&next.str("/access_token")));
    party.token(&Party::exchange(&code)).error(400, "invalid_grant");
    for token in [tokens.str("/access_token"), next.str("/access_token")] {
        assert!(!party.active(&token));
    }
    party.userinfo(&next.str("/access_token")).is(401);
    party.refresh(&next.str("/refresh_token")).error(400, "invalid_grant");
    // The browser's own session is not the code's, and stays.
    party.code();
}

/// RFC 6749 §4.1.2: of many at once, one exchange of a code succeeds.
#[test]
fn a_code_works_once_among_fifty_at_once() {
    let party = Party::public();
    party.tokens();
    let exchange = Party::exchange(&party.code());
    let replies = party.world.together(vec![party.ask_token(&exchange); 50]);
    let good = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(good, 1);
    assert!(
        replies
            .iter()
            .filter(|reply| reply.status != 200)
            .all(|reply| reply.str("/error") == "invalid_grant")
    );
    // As the others were replays, what the one got is dead.
    let tokens = replies.iter().find(|reply| reply.status == 200).unwrap();
    assert!(!party.active(&tokens.str("/access_token")));
    party.refresh(&tokens.str("/refresh_token")).error(400, "invalid_grant");
}

/// RFC 6749 §3.1: the endpoint refuses other methods than those it has.
#[test]
fn another_method_is_refused() {
    let party = Party::public();
    for method in ["PUT", "DELETE", "PATCH"] {
        let path = format!("{}?{}", Party::path("authorize"), party.request().text());
        party.world.ask(method, &path).cookie(&party.cookie).send().is(405);
    }
}

/// RFC 6749 §4.1.2.1: a refusal changes nothing, and the error tells no more than its code.
#[test]
fn a_refused_request_leaves_no_code() {
    let party = Party::public();
    party.authorize(&party.request().with("response_type", "token"));
    party.authorize(&party.request().with("redirect_uri", "https://evil.example/"));
    party.authorize(&Params::of(&[]));
    assert_eq!(party.world.number("SELECT count(*) AS n FROM authorization_codes"), 0);
}
