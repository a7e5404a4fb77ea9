//! Signing in by mail: one table for the surfaces that have it.

use portcullis::crypto::totp;
use portcullis::model::state::{Mfa, UserStatus};
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Reply, World, claims};

const SURFACES: [&str; 2] = ["/api/auth/magic-link", "/users/auth/magic-link"];
const ADA: &str = "ada@example.com";

fn asked(world: &World, surface: &str, email: &str) -> Reply {
    world.post(&format!("{surface}/request")).json(json!({ "email": email })).send()
}

/// The link's token and the code of a fresh mail.
fn mailed(world: &World, surface: &str, email: &str) -> (Value, Value) {
    asked(world, surface, email).is(200);
    let (token, code) = (world.mailed_link(email), world.mailed_code(email));
    (json!({ "token": token }), json!({ "email": email, "code": code }))
}

fn verify(world: &World, surface: &str, body: &Value) -> Reply {
    world.post(&format!("{surface}/verify")).json(body.clone()).send()
}

fn access(reply: &Reply) -> String {
    let there = [&reply.json["data"]["tokens"]["accessToken"], &reply.json["token"]];
    there.iter().find_map(|token| token.as_str()).unwrap().to_owned()
}

fn wrong(world: &World, email: &str) -> Value {
    let right = world.mails(email).pop().map(|_| world.mailed_code(email));
    json!({ "email": email, "code": if right.as_deref() == Some("000000") { "000001" } else { "000000" } })
}

#[test]
fn a_link_and_its_code_sign_in_once_and_die_together() {
    for surface in SURFACES {
        for by_code in [false, true] {
            let world = World::new();
            world.user(ADA);
            let (link, code) = mailed(&world, surface, ADA);
            let (first, other) = if by_code { (&code, &link) } else { (&link, &code) };
            let reply = verify(&world, surface, first).is(200);
            assert_eq!(claims(&access(&reply))["amr"], json!(["otp"]));
            world.get("/api/auth/me").bearer(&access(&reply)).send().is(200);
            assert!(verify(&world, surface, first).status >= 400, "twice");
            assert!(verify(&world, surface, other).status >= 400, "the other one of the mail");
            assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), 1);
        }
    }
}

#[test]
fn a_newer_mail_kills_the_older_one() {
    let world = World::new();
    world.user(ADA);
    let [one, two] = SURFACES;
    let (old_link, old_code) = mailed(&world, one, ADA);
    let (link, code) = mailed(&world, two, ADA);
    verify(&world, one, &old_link).is(400);
    if old_code != code {
        verify(&world, one, &old_code).is(401);
    }
    verify(&world, one, &link).is(200);
}

#[test]
fn both_are_good_for_fifteen_minutes() {
    for (seconds, status) in [(899, [200, 401]), (900, [400, 401])] {
        let world = World::new();
        world.user(ADA);
        let (link, code) = mailed(&world, SURFACES[0], ADA);
        world.advance(seconds);
        let statuses = [&link, &code].map(|body| verify(&world, SURFACES[0], body).status);
        assert_eq!(statuses, status);
    }
}

#[test]
fn nobody_learns_whether_an_address_has_an_account() {
    for surface in SURFACES {
        let world = World::new();
        world.user(ADA);
        world.user_with("home", "off@example.com", |user| user.status = UserStatus::Disabled);
        world.user_with("home", "new@example.com", |user| user.email_verified = false);
        world.user_with("home", "bare@example.com", |user| user.password_hash = None);
        let known = asked(&world, surface, ADA).is(200);
        for email in ["off@example.com", "new@example.com", "bare@example.com", "nobody@example.com"] {
            let reply = asked(&world, surface, email).is(200);
            assert_eq!(reply.text, known.text, "{email}");
            let guessed = verify(&world, surface, &wrong(&world, email)).is(401);
            assert_eq!(guessed.json["error"], "The code is wrong, used or expired", "{email}");
        }
        assert!(world.mails("off@example.com").is_empty() && world.mails("nobody@example.com").is_empty());
        assert_eq!(world.mails("new@example.com").len(), 1);
    }
}

#[test]
fn five_mails_a_quarter_of_an_hour_whoever_has_the_address() {
    for surface in SURFACES {
        let world = World::new();
        world.user(ADA);
        for email in [ADA, "nobody@example.com"] {
            for spelling in [email, &email.to_uppercase(), &format!(" {email} "), email, email] {
                asked(&world, surface, spelling).is(200);
            }
            let reply = asked(&world, surface, email).is(429);
            assert_eq!(reply.header("retry-after"), Some("900"));
            assert_eq!(reply.header("ratelimit-limit"), Some("5"));
            assert_eq!(reply.header("ratelimit-remaining"), Some("0"));
            assert_eq!(reply.json["error"], "Too many attempts. Please try again later.");
        }
        world.advance(900);
        asked(&world, surface, ADA).is(200);
    }
}

#[test]
fn a_code_has_five_tries_and_then_only_the_link_lets_in() {
    let world = World::new();
    let [surface, other] = SURFACES;
    world.user(ADA);
    for email in [ADA, "nobody@example.com"] {
        asked(&world, surface, email).is(200);
        for at in ["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5"] {
            let guess = world.post(&format!("{other}/verify")).from(at).json(wrong(&world, email));
            guess.send().is(401);
        }
        verify(&world, surface, &wrong(&world, email)).is(429);
    }
    let code = json!({ "email": ADA, "code": world.mailed_code(ADA) });
    verify(&world, surface, &code).is(429);
    verify(&world, surface, &json!({ "token": world.mailed_link(ADA) })).is(200);
    // Another code has tries of its own.
    let (_, code) = mailed(&world, surface, ADA);
    verify(&world, surface, &wrong(&world, ADA)).is(401);
    verify(&world, surface, &code).is(200);
}

#[test]
fn an_address_has_thirty_wrong_codes_a_day() {
    let world = World::new();
    let surface = SURFACES[0];
    world.user(ADA);
    for _ in 0..6 {
        asked(&world, surface, ADA).is(200);
        for _ in 0..5 {
            verify(&world, surface, &wrong(&world, ADA)).is(401);
        }
        world.advance(900);
    }
    let (link, code) = mailed(&world, surface, ADA);
    verify(&world, surface, &code).is(429);
    verify(&world, surface, &link).is(200);
}

#[test]
fn guesses_at_once_are_counted_exactly() {
    let world = World::new();
    world.user(ADA);
    asked(&world, SURFACES[0], ADA).is(200);
    let guess = world.post("/api/auth/magic-link/verify").json(wrong(&world, ADA));
    let replies = world.together(vec![guess; 29]);
    assert_eq!(replies.iter().filter(|reply| reply.status == 401).count(), 5);
    assert_eq!(replies.iter().filter(|reply| reply.status == 429).count(), 24);
}

#[test]
fn of_fifty_uses_at_once_one_signs_in() {
    for mfa in ["none", "totp"] {
        for by_code in [false, true] {
            let world = World::new();
            world.user_with("home", ADA, |user| user.mfa = mfa.parse().unwrap());
            let (link, code) = mailed(&world, SURFACES[0], ADA);
            let body = if by_code { code } else { link };
            let ask = world.post("/api/auth/magic-link/verify").unlimited().json(body);
            let replies = world.together(vec![ask; 50]);
            assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{mfa} {by_code}");
            let dead = if by_code { 401 } else { 400 };
            assert_eq!(replies.iter().filter(|reply| reply.status == dead).count(), 49);
            let made = "SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM challenges) AS n";
            assert_eq!(world.number(made), 1);
        }
    }
}

#[test]
fn what_was_mailed_for_something_else_lets_nobody_in() {
    let world = World::new();
    world.user(ADA);
    world.post("/auth/forgot-password").json(json!({ "email": ADA })).send().is(200);
    let reset = world.mailed_link(ADA);
    world
        .post("/auth/register")
        .json(json!({ "email": "eve@example.com", "password": PASSWORD }))
        .send()
        .is(201);
    let confirmation = world.mailed_link("eve@example.com");
    let (link, _) = mailed(&world, SURFACES[0], ADA);
    for surface in SURFACES {
        for token in [&reset, &confirmation, "", "x"] {
            verify(&world, surface, &json!({ "token": token })).is(400);
        }
    }
    let token = link["token"].as_str().unwrap();
    world
        .post("/auth/reset-password")
        .json(json!({ "token": token, "password": "stolen password" }))
        .send()
        .is(400);
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(400);
    world.post("/api/auth/change-email/confirm").json(json!({ "token": token })).send().is(400);
    verify(&world, SURFACES[0], &link).is(200);
}

#[test]
fn a_code_is_good_for_its_own_address_alone() {
    let world = World::new();
    world.user(ADA);
    world.user("bob@example.com");
    let (_, ada) = mailed(&world, SURFACES[0], ADA);
    asked(&world, SURFACES[0], "bob@example.com").is(200);
    if ada["code"] != world.mailed_code("bob@example.com") {
        let body = json!({ "email": "bob@example.com", "code": ada["code"] });
        verify(&world, SURFACES[0], &body).is(401);
    }
    for body in [json!({ "email": ADA }), json!({ "code": ada["code"] }), json!({})] {
        verify(&world, SURFACES[0], &body).is(400);
    }
    let spaced = ada["code"].as_str().unwrap().split_at(3);
    let body = json!({ "email": "ADA@example.com", "code": format!("{} {}", spaced.0, spaced.1) });
    verify(&world, SURFACES[0], &body).is(200);
}

#[test]
fn another_tenant_knows_neither() {
    let world = World::new();
    world.tenant("b");
    world.user(ADA);
    world.user_with("b", ADA, |_| {});
    let (link, code) = mailed(&world, SURFACES[0], ADA);
    for surface in SURFACES {
        for (body, status) in [(&link, 400), (&code, 401)] {
            world.post(&format!("{surface}/verify")).tenant("b").json(body.clone()).send().is(status);
        }
    }
    verify(&world, SURFACES[0], &link).is(200);
}

#[test]
fn the_link_leads_to_our_own_page_whatever_the_host_says() {
    let world = World::new();
    world.user(ADA);
    for surface in SURFACES {
        let ask = world.post(&format!("{surface}/request")).host("evil.example");
        ask.header("x-forwarded-host", "evil.example").json(json!({ "email": ADA })).send().is(200);
        let text = world.mails(ADA).pop().unwrap().text;
        assert!(text.contains("https://auth.example.com/tenant/home/magic-link?token="), "{text}");
        assert!(!text.contains("evil"), "{text}");
    }
}

#[test]
fn what_becomes_of_the_account_counts_for_what_was_mailed() {
    type Change = fn(&World, &str);
    let patch = |world: &World, id: &str, body: Value| {
        let path = format!("/tenant/home/v2/Users/{id}");
        world.patch(&path).bearer(&world.admin()).json(body).send().is(200);
    };
    // Whether link and code still lead to a session, or to a second factor.
    let table: [(&str, Change, &str); 8] = [
        ("nothing", |_, _| {}, "in"),
        ("locked", |world, _| (0..6).for_each(|_| drop(world.login(ADA, "wrong"))), "in"),
        ("disabled", |_, _| {}, "dead"),
        (
            "deleted",
            |world, id| {
                let path = format!("/tenant/home/v2/Users/{id}");
                world.delete(&path).bearer(&world.admin()).send().is(204);
            },
            "dead",
        ),
        (
            "password changed",
            |world, _| {
                let access = world.login(ADA, PASSWORD).is(200).str("/access_token");
                let body = json!({ "currentPassword": PASSWORD, "newPassword": "a new password" });
                world.post("/api/auth/change-password").bearer(&access).json(body).send().is(200);
            },
            "in",
        ),
        ("address changed", |_, _| {}, "dead"),
        ("factor required", |world, _| world.settings(json!({ "mfa": "required" })), "second"),
        ("turned off", |world, _| world.settings(json!({ "magicLinks": false })), "dead"),
    ];
    for (name, change, then) in table {
        for by_code in [false, true] {
            let world = World::new();
            let id = world.user(ADA).id;
            let (link, code) = mailed(&world, SURFACES[0], ADA);
            match name {
                "disabled" => patch(&world, &id, json!({ "status": "disabled" })),
                "address changed" => patch(&world, &id, json!({ "email": "new@example.com" })),
                _ => change(&world, &id),
            }
            world.advance(5);
            let before = world.number("SELECT count(*) AS n FROM sessions");
            let reply = verify(&world, SURFACES[0], if by_code { &code } else { &link });
            let what = format!("{name}, by code {by_code}: {}", reply.text);
            match then {
                "in" => assert!(reply.json["data"]["tokens"].is_object(), "{what}"),
                "second" => assert_eq!(reply.json["data"]["mfaRequired"], true, "{what}"),
                _ => assert_eq!(reply.status, if by_code { 401 } else { 400 }, "{what}"),
            }
            let after = world.number("SELECT count(*) AS n FROM sessions");
            assert_eq!(after - before, i64::from(then == "in"), "{what}");
        }
    }
}

#[test]
fn a_mailbox_that_is_proved_is_no_second_factor() {
    for surface in SURFACES {
        let world = World::new();
        world.user_with("home", ADA, |user| user.mfa = Mfa::Email);
        let (link, _) = mailed(&world, surface, ADA);
        let reply = verify(&world, surface, &link).is(200);
        let data = if reply.json["data"].is_object() { &reply.json["data"] } else { &reply.json };
        assert_eq!(data["methods"], json!(["password"]));
        let body = json!({ "challenge": data["challenge"], "password": PASSWORD });
        let done = world.post("/api/auth/mfa/verify").json(body).send().is(200);
        assert_eq!(claims(&access(&done))["amr"], json!(["otp", "pwd", "mfa"]));
    }
}

#[test]
fn an_authenticator_app_is_asked_for_after_the_link() {
    let world = World::new();
    world.user_with("home", ADA, |user| user.mfa = Mfa::Totp);
    let (link, _) = mailed(&world, SURFACES[1], ADA);
    let reply = verify(&world, SURFACES[1], &link).is(200);
    assert_eq!((&reply.json["success"], &reply.json["mfaRequired"]), (&json!(true), &json!(true)));
    let secret = data_encoding::BASE32_NOPAD.decode(reply.str("/enrolment/secret").as_bytes()).unwrap();
    let code = totp::code(&secret, world.now().unix() / 30);
    let body = json!({ "challenge": reply.json["challenge"], "code": code });
    let done = world.post("/api/auth/mfa/verify").json(body).send().is(200);
    assert_eq!(claims(&access(&done))["amr"], json!(["otp", "mfa"]));
}

#[test]
fn a_locked_account_is_open_again_after_a_link() {
    let world = World::new();
    world.user(ADA);
    for _ in 0..6 {
        world.login(ADA, "wrong");
    }
    world.login(ADA, PASSWORD).is(429);
    let (link, _) = mailed(&world, SURFACES[0], ADA);
    verify(&world, SURFACES[0], &link).is(200);
    world.login(ADA, PASSWORD).is(200);
}

#[test]
fn where_they_are_turned_off_everybody_is_refused_alike() {
    for surface in SURFACES {
        let world = World::new();
        world.user(ADA);
        world.settings(json!({ "magicLinks": false }));
        let known = asked(&world, surface, ADA).is(403);
        assert_eq!(asked(&world, surface, "nobody@example.com").is(403).text, known.text);
        assert!(world.mails(ADA).is_empty());
    }
}
