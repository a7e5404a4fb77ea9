//! OpenID Connect Core §3.1.2.1: what a request may ask of the sign-in.

use serde_json::json;

use crate::harness::claims;
use crate::harness::oidc::{Params, Party, asks};

const NONE: &str = "none";

/// OIDC Core §3.1.2.1: with `prompt=none` no page is shown; one who is signed in is granted silently.
/// OIDC Core §3.1.2.6: `login_required` for one who is not.
#[test]
fn none_shows_no_page() {
    let party = Party::public();
    let request = party.request().with("prompt", NONE);
    party.authorize(&request).sent().code();
    for ask in [party.browse(&request), party.browse(&request).cookie("nobody's")] {
        party.refused(&ask.send(), "login_required");
    }
    party.world.advance(12 * 3_600);
    party.refused(&party.authorize(&request), "login_required");
}

/// OIDC Core §3.1.2.1: `none` with any other value is an error.
#[test]
fn none_stands_alone() {
    let party = Party::public();
    for prompt in ["none login", "login none", "none consent", "none none select_account"] {
        party.refused(&party.authorize(&party.request().with("prompt", prompt)), "invalid_request");
    }
}

/// OIDC Core §3.1.2.1: `prompt=login` asks for the password also of one who is signed in.
/// OIDC Core §3.1.2.3: the person is authenticated anew.
#[test]
fn login_asks_again() {
    let party = Party::public();
    party.world.advance(60);
    let request = party.request().with("prompt", "login");
    let waiting = asks(&party.authorize(&request), "login");
    // Coming back without having signed in again leads to the form again.
    let signed_in = party.sign_in(&waiting).is(303);
    let location = signed_in.header("location").unwrap().to_owned();
    let old = party.world.get(&location).navigating().cookie(&party.cookie).send();
    assert!(!old.header("location").unwrap_or_default().contains("code="), "{:?}", old.header("location"));
    let cookie = signed_in.session_cookie();
    assert_ne!(cookie, party.cookie);
    let code = party.follow(&signed_in, &cookie).sent().code();
    let tokens = party.token(&Party::exchange(&code)).is(200);
    let said = claims(&tokens.str("/id_token"));
    assert_eq!(said["auth_time"].as_i64().unwrap(), party.world.now().unix());
}

/// OIDC Core §3.1.2.1: `prompt=select_account` lets the person choose another account.
#[test]
fn select_account_lets_one_choose() {
    let party = Party::public();
    party.world.advance(60);
    let reply = party.authorize(&party.request().with("prompt", "select_account"));
    if reply.header("location").is_some_and(|location| location.contains("error=")) {
        party.refused(&reply, "account_selection_required");
    } else {
        asks(&reply, "login");
    }
}

/// OIDC Core §3.1.2.1: a sign-in that is older than `max_age` is done again.
/// OIDC Core §3.1.2.6: with `prompt=none` it is `login_required`.
#[test]
fn an_old_sign_in_is_done_again() {
    let party = Party::public();
    let request = party.request().with("max_age", "60");
    party.world.advance(60);
    party.authorize(&request).sent().code();
    party.world.advance(1);
    let waiting = asks(&party.authorize(&request), "login");
    party.refused(&party.authorize(&request.clone().with("prompt", NONE)), "login_required");
    let signed_in = party.sign_in(&waiting).is(303);
    party.follow(&signed_in, &signed_in.session_cookie()).sent().code();
    party.world.advance(1);
    asks(&party.authorize(&party.request().with("max_age", "0")), "login");
}

/// OIDC Core §2: a client's `default_max_age` counts where the request says none.
#[test]
fn a_client_may_have_a_default_age() {
    let party = Party::with("app", json!({ "token_endpoint_auth_method": "none", "default_max_age": 60 }));
    party.authorize(&party.request()).sent().code();
    party.world.advance(61);
    asks(&party.authorize(&party.request()), "login");
    party.authorize(&party.request().with("max_age", "600")).sent().code();
}

/// OIDC Core §3.1.2.1: where `max_age` was asked for, the ID token has `auth_time`.
#[test]
fn the_id_token_says_when() {
    let party = Party::public();
    let signed_in = party.world.now().unix();
    party.world.advance(30);
    let sent = party.authorize(&party.request().with("max_age", "600")).sent();
    let tokens = party.token(&Party::exchange(&sent.code())).is(200);
    assert_eq!(claims(&tokens.str("/id_token"))["auth_time"], signed_in);
}

/// OIDC Core §3.1.2.1: an `id_token_hint` of the one who is signed in passes, also when it has expired.
/// OIDC Core §3.1.2.2: of another, a positive answer is never given.
#[test]
fn a_hint_names_who_is_expected() {
    let party = Party::public();
    let hint = party.tokens().str("/id_token");
    party.world.advance(3_600);
    let request = |hint: &str| party.request().with("prompt", NONE).and("id_token_hint", hint);
    party.authorize(&request(&hint)).sent().code();
    let bob = party.world.user("bob@example.com");
    let cookie = party.world.cookie(&bob);
    let other = party.browse(&request(&hint)).cookie(&cookie).send();
    party.refused(&other, "login_required");
    // Without `none` the person is asked to sign in, and no code of bob's comes of it.
    let asked = party.browse(&request(&hint).without("prompt")).cookie(&cookie).send();
    assert!(!asked.header("location").unwrap_or_default().contains("code="));
}

/// OIDC Core §3.1.2.2: a hint that this issuer did not make is no hint.
#[test]
fn a_hint_that_is_forged_is_refused() {
    let party = Party::public();
    let hint = party.tokens().str("/id_token");
    let (head, tail) = hint.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", tail.chars().rev().collect::<String>());
    for hint in [forged.as_str(), "x", &party.tokens().str("/access_token")] {
        let request = party.request().with("prompt", NONE).and("id_token_hint", hint);
        let sent = party.authorize(&request).sent();
        assert!(sent.get("code").is_none(), "{sent:?}");
        assert!(["invalid_request", "login_required"].contains(&sent.get("error").unwrap()), "{sent:?}");
    }
}

/// OIDC Core §5.5: `claims` that ask for one subject are answered for that one alone.
#[test]
fn a_claim_for_a_subject_is_for_that_one() {
    let party = Party::public();
    let asked = |sub: &str| {
        let claims = json!({ "id_token": { "sub": { "value": sub } } }).to_string();
        party.authorize(&party.request().with("prompt", NONE).and("claims", &claims))
    };
    asked(&party.user.id).sent().code();
    party.refused(&asked("another"), "login_required");
}

/// OIDC Core §5.5: `claims` that are no JSON object are an invalid request.
#[test]
fn claims_that_are_none_are_refused() {
    let party = Party::public();
    for claims in ["x", "[]", "1", "{"] {
        party.refused(&party.authorize(&party.request().and("claims", claims)), "invalid_request");
    }
}

/// OIDC Core §3.1.2.1: `login_hint` is offered in the form.
#[test]
fn a_login_hint_fills_the_form_in() {
    let party = Party::public();
    let reply = party.browse(&party.request().with("login_hint", "\"ada\"@example.com")).send();
    let page = party.follow(&reply, "nobody's").is(200);
    assert!(
        page.text.contains("ada&#34;@example.com") || page.text.contains("ada&quot;@example.com"),
        "{}",
        page.text
    );
}

/// OIDC Core §3.1.2.1: `ui_locales` choose the language of the pages.
#[test]
fn locales_choose_the_language() {
    let party = Party::public();
    let lang = |locales: &str| {
        let reply = party.browse(&party.request().with("ui_locales", locales)).send();
        let page = party.follow(&reply, "nobody's").is(200);
        let (_, rest) = page.text.split_once("<html lang=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    assert_eq!(lang("en"), "en");
    assert_eq!(lang("xx de-AT en"), "de");
    assert_eq!(lang("xx"), "en");
}

/// Initiating User Registration §2: `prompt=create` leads to registration.
#[test]
fn create_leads_to_registration() {
    let party = Party::public();
    asks(&party.browse(&party.request().with("prompt", "create")).send(), "register");
}

/// OIDC Core §3.1.2.1: a prompt that is not known is refused or ignored, and never taken for `none`.
#[test]
fn an_unknown_prompt() {
    let party = Party::public();
    let reply = party.browse(&party.request().with("prompt", "NONE")).send();
    let sent = reply.sent();
    assert!(sent.get("error") == Some("invalid_request") || sent.to.ends_with("/login"), "{sent:?}");
}

/// OIDC Core §3.1.2.1: a waiting request ends, and nobody can make it another's.
#[test]
fn a_waiting_request_ends() {
    let party = Party::public();
    let waiting = asks(&party.browse(&party.request()).send(), "login");
    party.world.advance(86_400);
    let late = party.sign_in(&waiting);
    assert!(!late.header("location").unwrap_or_default().contains("code="));
    let made_up = Params::of(&[("request", "nonsense")]);
    let page = party.world.get(&format!("/tenant/home/login?{}", made_up.text())).navigating().send();
    assert!(page.status < 500);
}

/// OIDC Core §3.1.2.1: `prompt=consent` asks for consent also of one who gave it.
#[test]
fn consent_asks_again() {
    let party = Party::public();
    party.authorize(&party.request()).sent().code();
    let waiting = asks(&party.authorize(&party.request().with("prompt", "consent")), "consent");
    party.consent(&waiting, true).sent().code();
}
