//! A sign-in from its beginning to its end, and what it costs.

use serde_json::json;

use crate::harness::World;
use crate::sso::provider::{Mood, callback, session_of};

const ADA: &str = "ada@example.com";

#[test]
fn a_browser_goes_to_the_provider_with_all_that_ties_the_answer_to_it() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    let begun = world.begin_sso("home", "okta", "?login_hint=ada@example.com");
    assert_eq!(begun.location.as_str().split('?').next().unwrap(), format!("{}/auth", okta.issuer));
    assert_eq!(begun.param("redirect_uri"), callback("home", "okta"));
    assert_eq!(begun.param("client_id"), "portcullis");
    assert_eq!(begun.param("response_type"), "code");
    assert_eq!(begun.param("code_challenge_method"), "S256");
    assert_eq!(begun.param("login_hint"), ADA);
    assert!(begun.param("scope").split(' ').any(|scope| scope == "openid"));
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(begun.param(name).len(), 43, "{name}");
    }
    // Nothing is stored.
    assert_eq!(world.number("SELECT count(*) AS n FROM federation_used"), 0);
    // The cookie tells nothing of what it holds.
    assert!(!begun.cookie.contains(&begun.param("state")));
    let other = world.begin_sso("home", "okta", "");
    assert_ne!(begun.param("state"), other.param("state"));
    assert_ne!(begun.cookie.split('=').next(), other.cookie.split('=').next());
}

#[test]
fn a_first_sign_in_makes_a_user_and_the_next_one_finds_them() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    let person =
        json!({ "sub": "00u1", "email": "Ada@Example.com", "email_verified": true, "name": "Ada Lovelace" });
    let reply = world.sso(&okta, "home", "okta", person.clone()).is(303);
    assert_eq!(reply.header("location"), Some("/tenant/home/account"));
    let first = session_of(&reply).unwrap();
    world.get("/tenant/home/account").cookie(&first).send().is(200);
    let users = world.sql("SELECT * FROM users WHERE email_key = 'ada@example.com'");
    assert_eq!(users.len(), 1);
    assert_eq!(users[0]["name"], "Ada Lovelace");
    // The provider is authoritative for no domain: the address proves nothing until it is confirmed.
    assert_eq!(users[0]["email_verified"], 0);
    assert_eq!(world.post.mails.borrow().len(), 1);
    let again = world.sso(&okta, "home", "okta", person).is(303);
    assert_ne!(session_of(&again).unwrap(), first);
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM identities WHERE last_used_at IS NOT NULL"), 1);
    assert_eq!((world.events("user.registered"), world.events("login.succeeded")), (1, 2));
    assert_eq!(
        world
            .number("SELECT count(*) AS n FROM sessions WHERE identity_id IS NOT NULL AND amr = '[\"fed\"]'"),
        2
    );
}

#[test]
fn a_warm_callback_waits_for_storage_twice_and_asks_the_provider_once() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    let person = json!({ "sub": "00u1", "email": ADA });
    world.sso(&okta, "home", "okta", person.clone()).is(303);
    let begun = world.begin_sso("home", "okta", "");
    let code = okta.code(&world, &begun, person);
    let asked = world.web.asked.borrow().len();
    let (reply, waits) = world.come_back(&begun, &code).waits();
    assert_eq!(reply.is(303).header("location"), Some("/tenant/home/account"));
    // Whose identity it is, and meanwhile the address is counted; the session.
    assert_eq!(waits, 2);
    let asked: Vec<String> = world.web.asked.borrow()[asked..].iter().map(|one| one.url.clone()).collect();
    assert_eq!(asked, [format!("{}/token", okta.issuer)]);
}

#[test]
fn one_state_makes_one_session_however_often_it_comes_back() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    okta.forgets.set(false);
    let person = json!({ "sub": "00u1", "email": ADA });
    world.sso(&okta, "home", "okta", person.clone()).is(303);
    let before = world.number("SELECT count(*) AS n FROM sessions");
    let begun = world.begin_sso("home", "okta", "");
    let code = okta.code(&world, &begun, person.clone());
    let replies = world.together((0..50).map(|_| world.come_back(&begun, &code)).collect());
    let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), before + 1);
    // The same of one who was not known before.
    world.advance(61);
    let begun = world.begin_sso("home", "okta", "");
    let code = okta.code(&world, &begun, json!({ "sub": "00u2", "email": "bob@example.com" }));
    let replies = world.together((0..50).map(|_| world.come_back(&begun, &code)).collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 303).count(), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), before + 2);
}

#[test]
fn first_sign_ins_of_one_person_at_the_same_time_make_one_user() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    let person = json!({ "sub": "00u1", "email": ADA });
    let asks = (0..50).map(|n| {
        let begun = world.begin_sso("home", "okta", "");
        let code = okta.code(&world, &begun, person.clone());
        world.come_back(&begun, &code).from(&format!("198.51.100.{n}"))
    });
    let replies = world.together(asks.collect());
    for reply in replies {
        assert!(session_of(&reply.is(303)).is_some());
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM identities"), 1);
    assert_eq!(world.events("user.registered"), 1);
}

#[test]
fn what_a_provider_does_wrong_is_told_on_a_page_with_a_way_back() {
    for (mood, status, code) in [
        (Mood::Down, 504, "PROVIDER_UNAVAILABLE"),
        (Mood::Nonsense, 502, "PROVIDER_FAILED"),
        (Mood::Says("invalid_grant", 400), 400, "PROVIDER_DECLINED"),
        (Mood::Says("server_error", 503), 504, "PROVIDER_UNAVAILABLE"),
    ] {
        let world = World::new();
        let okta = world.okta("home", json!({}));
        let begun = world.begin_sso("home", "okta", "?return_to=/app/");
        let code_of = okta.code(&world, &begun, json!({ "sub": "1", "email": ADA }));
        okta.mood.set(mood);
        let reply = world.come_back(&begun, &code_of).send();
        // What a provider says with a 5xx is its own fault, late or wrong.
        assert!(reply.status == status || (status == 504 && reply.status == 502), "{code}: {}", reply.status);
        assert!(reply.text.contains("Okta"), "{}", reply.text);
        assert!(reply.text.contains("href=\"/tenant/home/login?return_to=/app/\""), "{}", reply.text);
        assert!(!reply.text.contains("<b>no</b>") && session_of(&reply).is_none());
        assert!(
            world.log.0.borrow().iter().any(|line| line.contains("sso.refused") && line.contains("okta"))
        );
        assert_eq!(world.number("SELECT count(*) AS n FROM users"), 0);
    }
}

#[test]
fn an_error_of_the_providers_is_told_by_its_code_alone() {
    let world = World::new();
    world.okta("home", json!({}));
    let begun = world.begin_sso("home", "okta", "");
    let query = |error: &str| {
        format!("error={error}&error_description=%3Cscript%3Ehi&state={}", begun.param("state"))
    };
    let reply = world.come_back_with(&begun, &query("access_denied")).send().is(400);
    assert!(reply.text.contains("access_denied") && !reply.text.contains("script>hi"), "{}", reply.text);
    // The cookie is gone.
    assert_eq!(reply.sets(begun.cookie.split('=').next().unwrap()), Some(String::new()));
    let reply = world.come_back_with(&begun, &query("%3Cscript%3Ealert(1)%3C/script%3E")).send().is(400);
    assert!(!reply.text.contains("alert(1)"), "{}", reply.text);
}

#[test]
fn a_sign_in_comes_back_to_where_it_was_begun_from() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    world.client("home", "app", json!({ "redirect_uris": ["https://app.example/cb"] }));
    let ada = world.user(ADA);
    world.link(&ada, "okta", &okta.issuer, "00u1");
    let person = json!({ "sub": "00u1", "email": ADA });
    for (to, ends) in [
        ("/app/?a=1", "/app/?a=1"),
        ("https://auth.example.com/app/", "/app/"),
        ("https://app.example/cb", "https://app.example/cb"),
    ] {
        let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
        let begun = world.begin_sso("home", "okta", &format!("?return_to={to}"));
        let code = okta.code(&world, &begun, person.clone());
        let reply = world.come_back(&begun, &code).send().is(303);
        assert_eq!(reply.header("location"), Some(ends));
    }
}

#[test]
fn a_sign_in_that_was_to_be_fresh_is_fresh_there() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    let ada = world.user(ADA);
    world.link(&ada, "okta", &okta.issuer, "00u1");
    let now = world.now().unix();
    for (auth_time, status) in [
        (json!(now - 3_600), 400),
        (json!(null), 400),
        (json!("soon"), 400),
        (json!(now), 303),
        (json!(now - 30), 303),
    ] {
        let begun = world.begin_sso("home", "okta", "?anew=1");
        assert_eq!(begun.param("prompt"), "login");
        let person = json!({ "sub": "00u1", "email": ADA, "auth_time": auth_time });
        let code = okta.code(&world, &begun, person);
        let reply = world.come_back(&begun, &code).send();
        assert_eq!(reply.status, status, "{auth_time}: {}", reply.text);
    }
}
