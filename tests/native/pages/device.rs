//! `/tenant/{tenant}/device`.

use serde_json::{Value, json};

use crate::harness::{Ask, PASSWORD, Reply, World};

const DEVICE: &str = "/tenant/home/device";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A world with a client on a television.
fn world() -> World {
    let world = World::new();
    let metadata = json!({
        "token_endpoint_auth_method": "none", "grant_types": [GRANT], "scope": "openid read",
    });
    world.put_client("home", "tv", &metadata);
    world
}

fn asked(world: &World) -> Value {
    world.post("/oauth2/device_authorization").form(&[("client_id", "tv")]).send().is(200).json
}

fn code(world: &World) -> String {
    asked(world)["user_code"].as_str().unwrap().to_owned()
}

fn submit<'w>(world: &'w World, cookie: &str, fields: &[(&str, &str)]) -> Ask<'w> {
    world.post(DEVICE).navigating().cookie(cookie).header("sec-fetch-site", "same-origin").form(fields)
}

fn status(world: &World) -> String {
    world.sql("SELECT status FROM device_codes ORDER BY created_at DESC, hash LIMIT 1")[0]["status"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[track_caller]
fn unknown(reply: Reply) {
    let reply = reply.is(400);
    assert!(reply.text.contains("This code is unknown, used or expired."), "{}", reply.text);
    assert!(reply.text.contains("name=\"user_code\""));
}

/// RFC 8628 §3.3: the user is asked for the code and for consent, with what is asked for.
#[test]
fn a_person_types_the_code_sees_who_asks_for_what_and_agrees() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let page = world.get(DEVICE).cookie(&cookie).navigating().send().is(200);
    assert!(page.text.contains("<label for=\"user_code\">"));
    let code = code(&world);
    let page = submit(&world, &cookie, &[("user_code", &code)]).send().is(200);
    for part in [
        "Connect A client?",
        &code,
        "know who you are",
        "read your data",
        "value=\"allow\"",
        "value=\"deny\"",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(page.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(status(&world), "pending");
    let done = submit(&world, &cookie, &[("user_code", &code), ("decision", "allow")]).send().is(200);
    assert!(done.text.contains("Device connected"));
    assert_eq!(status(&world), "approved");
    unknown(submit(&world, &cookie, &[("user_code", &code)]).send());
}

#[test]
fn a_person_refuses() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let code = code(&world);
    let done = submit(&world, &cookie, &[("user_code", &code), ("decision", "deny")]).send().is(200);
    assert!(done.text.contains("Device refused"));
    assert_eq!(status(&world), "denied");
    submit(&world, &cookie, &[("user_code", &code), ("decision", "perhaps")]).send().is(400);
}

/// RFC 8628 §6.1: codes are compared without regard to case, dashes and spaces.
#[test]
fn a_code_may_be_typed_as_people_do() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let code = code(&world);
    let plain = code.replace('-', "");
    let spaced: String = plain.chars().flat_map(|c| [c, ' ']).collect();
    for typed in [code.to_lowercase(), plain.clone(), plain.to_lowercase(), spaced, code.replace('-', " – ")]
    {
        let page = submit(&world, &cookie, &[("user_code", &typed)]).send().is(200);
        assert!(page.text.contains("value=\"allow\""), "{typed}");
    }
}

/// RFC 8628 §3.3.1: with verification_uri_complete the code is filled in, and the user still confirms it.
#[test]
fn the_address_fills_the_code_in_and_tells_nothing_about_it() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let real = code(&world);
    for code in [real.as_str(), "BBBB-BBBB"] {
        let page =
            world.get(&format!("{DEVICE}?user_code={code}")).cookie(&cookie).navigating().send().is(200);
        assert!(page.text.contains(&format!("value=\"{code}\"")), "{}", page.text);
        assert!(!page.text.contains("A client"));
    }
    let page = world.get(&format!("{DEVICE}?user_code=%22%3E%3Cscript%3E")).cookie(&cookie).send().is(200);
    assert!(!page.text.contains("script"));
    assert_eq!(status(&world), "pending");
}

#[test]
fn one_who_is_not_signed_in_signs_in_and_comes_back_with_the_code() {
    let world = world();
    world.user("ada@example.com");
    let code = code(&world);
    let back = format!("/tenant/home/device?user_code={code}");
    let to_login = format!("/tenant/home/login?return_to={}", back.replace('?', "%3F").replace('=', "%3D"));
    let reply = world.get(&back).navigating().send().is(303);
    assert_eq!(reply.header("location"), Some(to_login.as_str()));
    for decision in ["allow", "deny"] {
        let form = world.post(DEVICE).navigating().form(&[("user_code", &code), ("decision", decision)]);
        assert_eq!(form.send().is(303).header("location"), Some(to_login.as_str()));
    }
    assert_eq!(status(&world), "pending");
    let page = world.get(&to_login).navigating().send().is(200);
    assert!(page.text.contains(&format!("name=\"return_to\" value=\"{back}\"")), "{}", page.text);
    let form = [("email", "ada@example.com"), ("password", PASSWORD), ("return_to", &back)];
    let reply = world.post("/tenant/home/login").navigating().form(&form).send().is(303);
    assert_eq!(reply.header("location"), Some(back.as_str()));
    let reply = world.get(DEVICE).cookie("nobody's").navigating().send().is(303);
    assert_eq!(reply.header("location"), Some("/tenant/home/login?return_to=/tenant/home/device"));
}

#[test]
fn a_form_of_another_site_connects_nothing() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let code = code(&world);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let form = world.post(DEVICE).navigating().cookie(&cookie).header(name, value);
        form.form(&[("user_code", &code), ("decision", "allow")]).send().is(403);
    }
    assert_eq!(status(&world), "pending");
}

/// RFC 8628 §5.1: the server MUST limit attempts at user codes.
#[test]
fn guesses_are_limited_by_address_and_what_is_right_does_not_count() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let guess = |text: &str| submit(&world, &cookie, &[("user_code", text)]);
    for _ in 0..20 {
        guess(&code(&world)).send().is(200);
    }
    for n in 0..10 {
        unknown(guess(["BBBB-BBBB", "x", "AAAA-AAAA"][n % 3]).send());
    }
    let real = code(&world);
    let page = guess(&real).send().is(429);
    assert!(page.header("retry-after").is_some());
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    submit(&world, &cookie, &[("user_code", &real), ("decision", "allow")]).send().is(429);
    assert_eq!(world.events("device.limited"), 1);
    assert_eq!(world.events("device.unknown"), 10);
    world.advance(900);
    guess(&code(&world)).send().is(200);
}

#[test]
fn guesses_are_limited_by_person_and_address_each() {
    let world = world();
    let ada = world.cookie(&world.user("ada@example.com"));
    let bob = world.cookie(&world.user("bob@example.com"));
    for n in 0..10 {
        let guess = submit(&world, &ada, &[("user_code", "BBBB-BBBB")]);
        unknown(guess.from(&format!("198.51.100.{n}")).send());
    }
    let real = code(&world);
    submit(&world, &ada, &[("user_code", &real)]).from("198.51.100.77").send().is(429);
    submit(&world, &bob, &[("user_code", &real)]).from("198.51.100.78").send().is(200);
    for _ in 0..9 {
        unknown(submit(&world, &bob, &[("user_code", "BBBB-BBBB")]).from("198.51.100.1").send());
    }
    let eve = world.cookie(&world.user("eve@example.com"));
    submit(&world, &eve, &[("user_code", &real)]).from("198.51.100.1").send().is(429);
    submit(&world, &eve, &[("user_code", &real)]).from("198.51.100.2").send().is(200);
}

#[test]
fn many_guesses_at_once_are_no_more_than_the_limit() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let guesses = (0..200).map(|_| submit(&world, &cookie, &[("user_code", "BBBB-BBBB")])).collect();
    let replies = world.together(guesses);
    assert_eq!(replies.iter().filter(|reply| reply.status == 400).count(), 10);
    assert!(replies.iter().all(|reply| matches!(reply.status, 400 | 429)));
}

#[test]
fn a_code_is_its_tenants_alone() {
    let world = world();
    world.tenant("acme");
    let stranger = world.cookie(&world.user_with("acme", "bob@acme.example", |_| {}));
    let code = code(&world);
    let form = [("user_code", code.as_str()), ("decision", "allow")];
    let acme = world.post("/tenant/acme/device").navigating().cookie(&stranger).form(&form);
    unknown(acme.send());
    // Signed in to another tenant is not signed in here.
    submit(&world, &stranger, &form).send().is(303);
    assert_eq!(status(&world), "pending");
}

#[test]
fn one_person_decides_once() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let other = world.cookie(&world.user("bob@example.com"));
    let code = code(&world);
    let decide =
        |cookie: &str, decision| submit(&world, cookie, &[("user_code", &code), ("decision", decision)]);
    let asks = (0..10).map(|n| decide(if n % 2 == 0 { &cookie } else { &other }, "allow")).collect();
    let replies = world.together(asks);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(world.events("device.approved"), 1);
}

#[test]
fn a_session_that_is_over_decides_nothing() {
    let world = world();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    let code = code(&world);
    world.get(DEVICE).cookie(&cookie).navigating().send().is(200);
    // Another isolate still remembers the session.
    world.post("/tenant/home/logout").cookie(&cookie).elsewhere().form(&[]).send().is(200);
    unknown(submit(&world, &cookie, &[("user_code", &code), ("decision", "allow")]).send());
    assert_eq!(status(&world), "pending");
}

#[test]
fn a_form_without_a_code_is_none() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    submit(&world, &cookie, &[("decision", "allow")]).send().is(400);
    unknown(submit(&world, &cookie, &[("user_code", &"B".repeat(60_000))]).send());
}

#[test]
fn one_sees_as_whom_the_device_is_connected_and_can_be_another() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let code = code(&world);
    let page = submit(&world, &cookie, &[("user_code", &code)]).send().is(200);
    assert!(page.text.contains("You are signed in as ada@example.com."), "{}", page.text);
    let another =
        format!("href=\"/tenant/home/login?return_to=/tenant/home/device%3Fuser_code%3D{code}\">Not you?");
    assert!(page.text.contains(&another), "{another}: {}", page.text);
}
