//! What is not the sign-in that this browser began is refused, and signs nobody in.

use serde_json::{Value, json};

use crate::harness::{Reply, World};
use crate::sso::provider::{Begun, Provider, session_of};

const ADA: &str = "ada@example.com";

/// A world with a user who is known by their identity, and their provider.
fn world() -> (World, Provider) {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    okta.forgets.set(false);
    let ada = world.user(ADA);
    world.link(&ada, "okta", &okta.issuer, "00u1");
    (world, okta)
}

fn person() -> Value {
    json!({ "sub": "00u1", "email": ADA })
}

#[track_caller]
fn refused(world: &World, reply: &Reply) {
    assert!((400..500).contains(&reply.status), "{}: {}", reply.status, reply.text);
    assert_eq!(session_of(reply), None);
    assert!(reply.text.contains("/tenant/home/login"), "{}", reply.text);
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), 0);
}

#[test]
fn a_callback_is_good_in_the_browser_that_began_alone() {
    let (world, okta) = world();
    let begun = world.begin_sso("home", "okta", "");
    let code = okta.code(&world, &begun, person());
    let query = format!("code={code}&state={}", begun.param("state"));
    // Another browser, with nothing; with its own sign-in; with that under the name of this one's.
    let other = world.begin_sso("home", "okta", "");
    let renamed =
        format!("{}={}", begun.cookie.split_once('=').unwrap().0, other.cookie.split_once('=').unwrap().1);
    for cookie in ["a=b", &other.cookie, &renamed] {
        let held = Begun { cookie: (*cookie).to_owned(), ..begun.clone() };
        refused(&world, &world.come_back_with(&held, &query).send());
    }
    // A session of the attacker's is not what it takes, and stays as it is.
    world.come_back(&begun, &code).send().is(303);
}

#[test]
fn a_state_is_good_for_its_own_provider_and_tenant_alone() {
    let (world, okta) = world();
    let other = Provider::oidc(&world, "evil.example");
    let spec = json!({ "kind": "oidc", "name": "Evil", "issuer": other.issuer, "clientId": "portcullis" });
    world.provider("home", "evil", spec);
    world.tenant("acme");
    world.provider(
        "acme",
        "okta",
        json!({
            "kind": "oidc", "name": "Okta", "issuer": okta.issuer, "clientId": okta.client_id,
        }),
    );
    world.sql("DELETE FROM sessions");
    // Mix-up: what one provider was asked comes back from another.
    for (tenant, id) in [("home", "evil"), ("acme", "okta")] {
        let begun = world.begin_sso("home", "okta", "");
        let code = okta.code(&world, &begun, person());
        let elsewhere = Begun { tenant: tenant.into(), id: id.into(), ..begun.clone() };
        let reply = world.come_back(&elsewhere, &code).send();
        assert_eq!((reply.status, session_of(&reply)), (400, None), "{tenant} {id}");
    }
    // RFC 9207: the response says who it is of.
    let begun = world.begin_sso("home", "okta", "");
    let code = okta.code(&world, &begun, person());
    let query = |iss: &str| format!("code={code}&state={}&iss={iss}", begun.param("state"));
    refused(&world, &world.come_back_with(&begun, &query("https://evil.example")).send());
    world.come_back_with(&begun, &query("https://okta.example")).send().is(303);
}

#[test]
fn what_is_made_up_missing_twice_used_or_too_old_signs_nobody_in() {
    let (world, okta) = world();
    let begun = world.begin_sso("home", "okta", "");
    let code = okta.code(&world, &begun, person());
    let state = begun.param("state");
    for query in [
        String::new(),
        format!("code={code}"),
        format!("state={state}"),
        format!("code=&state={state}"),
        format!("code=made-up&state={state}"),
        format!("code={code}&state={}", "x".repeat(43)),
        format!("code={code}&state={state}&state={state}"),
        format!("code={code}&code=other&state={state}"),
        format!("code={}&state={state}", "x".repeat(5_000)),
    ] {
        refused(&world, &world.come_back_with(&begun, &query).send());
    }
    // A code that was given for another sign-in.
    let other = world.begin_sso("home", "okta", "");
    let others = okta.code(&world, &other, person());
    refused(&world, &world.come_back(&begun, &others).send());
    // Ten minutes later.
    world.advance(600);
    let late = okta.code(&world, &begun, person());
    refused(&world, &world.come_back(&begun, &late).send());
    // Replay.
    let begun = world.begin_sso("home", "okta", "");
    let code = okta.code(&world, &begun, person());
    world.come_back(&begun, &code).send().is(303);
    world.sql("DELETE FROM sessions");
    refused(&world, &world.come_back(&begun, &code).send());
}

#[test]
fn what_changes_between_beginning_and_end_counts() {
    type Change = (&'static str, u16);
    let changes: [Change; 5] = [
        ("UPDATE identity_providers SET spec = json_set(spec, '$.enabled', json('false'))", 404),
        ("DELETE FROM identity_providers", 404),
        ("UPDATE users SET status = 'disabled' WHERE email_key = 'ada@example.com'", 403),
        ("DELETE FROM users WHERE email_key = 'ada@example.com'", 303),
        ("UPDATE tenants SET enterprise = 0", 403),
    ];
    for (sql, status) in changes {
        let (world, okta) = world();
        let begun = world.begin_sso("home", "okta", "");
        let code = okta.code(&world, &begun, person());
        world.sql(sql);
        let reply = world.come_back(&begun, &code).fresh().send();
        assert_eq!(reply.status, status, "{sql}: {}", reply.text);
        assert_eq!(session_of(&reply).is_some(), status == 303, "{sql}");
    }
    // A tenant that is suspended is not there.
    let world = World::new();
    world.tenant("acme");
    let okta = world.okta("acme", json!({}));
    let begun = world.begin_sso("acme", "okta", "");
    let code = okta.code(&world, &begun, person());
    world.sql("UPDATE tenants SET status = 'suspended' WHERE id = 'acme'");
    assert_eq!(world.come_back(&begun, &code).fresh().status(), 404);
}

#[test]
fn a_place_to_return_to_is_ours_or_a_clients() {
    let (world, _) = world();
    world.client("home", "app", json!({ "redirect_uris": ["https://app.example/cb"] }));
    world.tenant("acme");
    world.client("acme", "theirs", json!({ "redirect_uris": ["https://theirs.example/cb"] }));
    world.sql("DELETE FROM sessions");
    for to in [
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "https://evil.example/",
        "https://auth.example.com@evil.example/",
        "https://auth.example.com.evil.example/",
        "https://auth.example.com//evil.example/",
        "https://auth.example.com\\@evil.example/",
        "http://auth.example.com/",
        "https://app.example/cb?x=1",
        "https://app.example/cb/",
        "https://APP.example/cb",
        "https://app.example/",
        "https://theirs.example/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "/a/../..//evil.example",
        "/%0d%0aset-cookie:x=y/../",
        "app.example",
        "\t//evil.example",
    ] {
        let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
        let reply = world.get(&format!("/tenant/home/sso/okta?return_to={to}")).navigating().send();
        if reply.status == 302 {
            // What is a path leads nowhere else.
            panic!("{to}");
        }
        assert_eq!(reply.status, 400, "{to}");
        assert_eq!(reply.header("location"), None);
    }
    assert_eq!(world.get("/tenant/home/sso/okta/onward?to=https://evil.example/").status(), 404);
}

#[test]
fn the_session_of_before_does_not_become_the_new_one() {
    let (world, okta) = world();
    let eve = world.user("eve@example.com");
    let before = world.cookie(&eve);
    let begun = world.begin_sso("home", "okta", "");
    let code = okta.code(&world, &begun, person());
    let held = Begun { cookie: format!("{}; __Host-portcullis={before}", begun.cookie), ..begun };
    let after = session_of(&world.come_back(&held, &code).send().is(303)).unwrap();
    assert_ne!(after, before);
    assert_eq!(world.get("/tenant/home/account").cookie(&before).send().status, 303);
    world.get("/tenant/home/account").cookie(&after).send().is(200);
}
