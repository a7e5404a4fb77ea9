//! OpenID Connect Core §3.1.2: the authorization endpoint, from the request to its answer.

use serde_json::json;

use crate::harness::claims;
use crate::harness::oidc::{CALLBACK, Party, asks, stays};

/// OIDC Core §3.1.2.1: the endpoint supports GET and POST, with the parameters as a query or a form.
#[test]
fn a_request_may_be_posted() {
    let party = Party::public();
    let post = |text: String| {
        let ask = party.world.post(&Party::path("authorize")).cookie(&party.cookie).navigating();
        ask.body("application/x-www-form-urlencoded", text).send()
    };
    let sent = post(party.request().text()).sent();
    party.token(&Party::exchange(&sent.code())).is(200);
    stays(&post(party.request().with("redirect_uri", "https://evil.example/").text()));
    // The form of another site is a good request: that is what POST is for. It brings no Lax cookie.
    let ask = party.world.post(&Party::path("authorize")).navigating().header("sec-fetch-site", "cross-site");
    let ask = ask.header("origin", "https://app.example");
    asks(&ask.body("application/x-www-form-urlencoded", party.request().text()).send(), "login");
}

/// OIDC Core §3.1.2.1: `scope` has `openid`; without it the request is one of plain OAuth.
/// OIDC Core §3.1.2.2: without `openid` there is no ID token.
#[test]
fn without_openid_there_is_no_id_token() {
    let party = Party::public();
    let sent = party.authorize(&party.request().with("scope", "read")).sent();
    let reply = party.token(&Party::exchange(&sent.code())).is(200);
    assert!(reply.json.get("id_token").is_none(), "{}", reply.text);
    let userinfo = party.userinfo(&reply.str("/access_token"));
    assert!(matches!(userinfo.status, 401 | 403), "{}", userinfo.text);
    assert!(party.tokens().json["id_token"].is_string());
}

/// OIDC Core §3.1.2.1: the redirect URI is compared by simple string comparison.
#[test]
fn a_redirect_uri_is_compared_as_a_string() {
    let party = Party::public();
    party.authorize(&party.request()).sent().code();
    for other in
        ["https://app.example/callback?", "https://app.example//callback", "HTTPS://app.example/callback"]
    {
        stays(&party.authorize(&party.request().with("redirect_uri", other)));
    }
}

/// OIDC Core §3.1.2.3: one who is not signed in is authenticated first, and then the request goes on as it was.
/// OIDC Core §3.1.2.5: the answer has the code and the state.
#[test]
fn one_who_signs_in_goes_back_to_the_client() {
    let party = Party::public();
    let waiting = asks(&party.browse(&party.request()).send(), "login");
    let signed_in = party.sign_in(&waiting).is(303);
    let back = party.follow(&signed_in, &signed_in.session_cookie()).sent();
    assert_eq!(back.to, CALLBACK);
    assert_eq!(back.get("state"), Some("a state/of&the=client"));
    let tokens = party.token(&Party::exchange(&back.code())).is(200);
    let id = claims(&tokens.str("/id_token"));
    assert_eq!((&id["sub"], &id["nonce"]), (&json!(party.user.id), &json!("n-0S6_WzA2Mj")));
}

/// OIDC Core §3.1.2.3: a wrong password leads nowhere but to the form again, which still knows the request.
#[test]
fn a_wrong_password_keeps_the_request() {
    let party = Party::public();
    let waiting = asks(&party.browse(&party.request()).send(), "login");
    let id = waiting.get("request").unwrap();
    let fields = [("email", "ada@example.com"), ("password", "wrong"), ("request", id)];
    let again = party.world.post("/tenant/home/login").navigating().form(&fields).send().is(401);
    assert!(again.text.contains(&format!("name=\"request\" value=\"{id}\"")), "{}", again.text);
    let signed_in = party.sign_in(&waiting).is(303);
    party.follow(&signed_in, &signed_in.session_cookie()).sent().code();
}

/// OIDC Core §3.1.2.3: the login page withstands clickjacking, and its form the forms of other sites.
#[test]
fn the_login_page_of_a_request_is_not_framed() {
    let party = Party::public();
    let reply = party.browse(&party.request()).send();
    let page = party.follow(&reply, "nobody's").is(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains("form-action 'self' https://app.example"), "{policy}");
    let id = reply.sent().get("request").unwrap().to_owned();
    let fields = [("email", "ada@example.com"), ("password", crate::harness::PASSWORD), ("request", &id)];
    let forged = party.world.post("/tenant/home/login").header("sec-fetch-site", "cross-site").form(&fields);
    assert!(forged.send().is(403).header("set-cookie").is_none());
}

/// OIDC Core §3.1.2.4: nobody agrees in the place of another.
#[test]
fn consent_is_given_by_the_one_who_was_asked() {
    let party = Party::with("app", json!({ "token_endpoint_auth_method": "none", "require_consent": true }));
    let waiting = asks(&party.authorize(&party.request()), "consent");
    let id = waiting.get("request").unwrap();
    let fields = [("request", id), ("decision", "allow")];
    let nobody = party.world.post("/tenant/home/consent").navigating().form(&fields).send();
    assert!(!nobody.header("location").unwrap_or_default().contains("code="));
    assert_eq!(party.world.number("SELECT count(*) AS n FROM consents"), 0);
}

/// OIDC Core §3.1.2.6: errors go to the client, unless its redirect URI is invalid.
#[test]
fn errors_go_to_the_client() {
    let party = Party::public();
    for (name, value, code) in [
        ("response_type", "id_token", "unsupported_response_type"),
        ("scope", "not:mine", "invalid_scope"),
        ("prompt", "none login", "invalid_request"),
        ("max_age", "soon", "invalid_request"),
        ("max_age", "-1", "invalid_request"),
        ("response_mode", "smoke_signals", "invalid_request"),
        ("display", "hologram", ""),
    ] {
        let reply = party.authorize(&party.request().with(name, value));
        if code.is_empty() {
            // What is not known of `display` may be ignored.
            assert!(matches!(reply.status, 302 | 303));
            continue;
        }
        party.refused(&reply, code);
    }
}

/// OIDC Core §3.1.2.6: `request_not_supported` where request objects are not supported.
/// OIDC Core §6.1: a request with `request` is answered so.
#[test]
fn a_request_object_is_refused() {
    let party = Party::public();
    let reply = party.authorize(&party.request().and("request", "eyJhbGciOiJub25lIn0.e30."));
    party.refused(&reply, "request_not_supported");
}

/// OIDC Core §3.1.2.6: `request_uri_not_supported` for a URI that nobody pushed; it is never fetched.
/// OIDC Core §6.2: a request with `request_uri` of elsewhere is refused.
#[test]
fn a_request_uri_of_elsewhere_is_refused() {
    let party = Party::public();
    for uri in ["https://evil.example/request.jwt", "http://169.254.169.254/", "file:///etc/passwd"] {
        let reply = party.authorize(&party.request().and("request_uri", uri));
        if reply.header("location").is_none() {
            stays(&reply);
            continue;
        }
        let sent = reply.sent();
        assert_eq!(sent.to, CALLBACK);
        let code = sent.get("error").unwrap();
        assert!(
            ["request_uri_not_supported", "invalid_request_uri", "invalid_request"].contains(&code),
            "{code}"
        );
    }
}

/// OIDC Core §3.1.2.6: `registration_not_supported` where `registration` is not supported.
#[test]
fn a_registration_parameter_is_refused() {
    let party = Party::public();
    let reply = party.authorize(&party.request().and("registration", "{}"));
    party.refused(&reply, "registration_not_supported");
}

/// OIDC Core §3.1.2.1: the parameters that every provider understands cause no error: `display`, `ui_locales`,
/// `claims_locales`, `acr_values`, `login_hint`.
/// OIDC Core §15.1: nor do they where nothing follows from them.
#[test]
fn parameters_that_say_what_would_be_nice() {
    let party = Party::public();
    for (name, value) in [
        ("display", "popup"),
        ("display", "touch"),
        ("ui_locales", "xx fr-CA fr en"),
        ("ui_locales", "\"><"),
        ("claims_locales", "de"),
        ("acr_values", "urn:example:gold 1"),
        ("login_hint", "ada@example.com"),
        ("login_hint", "no address"),
        (
            "claims",
            r#"{"userinfo":{"email":null,"unknown":{"essential":true}},"id_token":{"auth_time":{"essential":true}}}"#,
        ),
    ] {
        party.authorize(&party.request().with(name, value)).sent().code();
    }
}

/// OIDC Core §3.1.2.4: the person agrees before anything is told to a client that asks for it.
#[test]
fn consent_is_asked_and_remembered() {
    let party = Party::with("app", json!({ "token_endpoint_auth_method": "none", "require_consent": true }));
    let none = party.authorize(&party.request().with("prompt", "none"));
    party.refused(&none, "consent_required");
    let waiting = asks(&party.authorize(&party.request()), "consent");
    let back = party.consent(&waiting, true).sent();
    assert_eq!(back.to, CALLBACK);
    party.token(&Party::exchange(&back.code())).is(200);
    party.authorize(&party.request().with("prompt", "none")).sent().code();
    // More than was agreed to is asked for again.
    let more = party.request().with("scope", "openid profile email offline_access read write");
    asks(&party.authorize(&more), "consent");
}

/// OIDC Core §3.1.2.6: one who does not agree is an error to the client: `access_denied`.
/// RFC 6749 §4.1.2.1: `access_denied` where the resource owner refuses.
#[test]
fn one_who_refuses_is_taken_at_their_word() {
    let party = Party::with("app", json!({ "token_endpoint_auth_method": "none", "require_consent": true }));
    let waiting = asks(&party.authorize(&party.request()), "consent");
    let reply = party.consent(&waiting, false);
    party.refused(&reply, "access_denied");
    assert_eq!(party.world.number("SELECT count(*) AS n FROM consents"), 0);
    // The request is over: what was refused cannot be allowed afterwards.
    let late = party.consent(&waiting, true);
    assert!(!late.header("location").unwrap_or_default().contains("code="));
}
