//! `POST /auth/login`: the shape, and the walk that every surface shares.

use portcullis::model::state::UserStatus;
use serde_json::json;

use crate::harness::{PASSWORD, World, claims};

#[test]
fn a_login_answers_a_pair_in_the_documents_shape() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.name = Some("Ada Lovelace".into()));
    let reply = world.login("ada@example.com", PASSWORD).is(200);
    assert_eq!(reply.json["token_type"], "Bearer");
    assert_eq!(reply.json["expires_in"], 900);
    assert_eq!(reply.str("/refresh_token").len(), 104);
    let shape = json!({
        "id": user.id, "email": "ada@example.com", "full_name": "Ada Lovelace", "email_verified": true, "roles": [],
    });
    assert_eq!(reply.json["user"], shape);
    let said = claims(&reply.str("/access_token"));
    assert_eq!(said["sub"], user.id);
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 900);
    assert_eq!(world.events("login.succeeded"), 1);
}

#[test]
fn one_who_registered_and_confirmed_signs_in() {
    let world = World::new();
    world.register_verified("ada@example.com");
    let reply = world.login("ada@example.com", PASSWORD).is(200);
    assert_eq!(reply.json["user"]["full_name"], "Ada Lovelace");
}

#[test]
fn unknown_user_and_wrong_password_look_the_same() {
    let world = World::new();
    world.user("ada@example.com");
    let wrong = world.login("ada@example.com", "not it").is(401);
    let unknown = world.login("bob@example.com", "not it").is(401);
    let no_address = world.login("bob", "not it").is(401);
    assert_eq!(wrong.json, unknown.json);
    assert_eq!(wrong.json, no_address.json);
    assert_eq!(wrong.json["error"], "invalid_credentials");
    assert_eq!(world.events("login.failed"), 3);
}

#[test]
fn a_disabled_user_and_one_without_a_password_look_like_a_wrong_password() {
    let world = World::new();
    world.user_with("home", "gone@example.com", |user| user.status = UserStatus::Disabled);
    world.user_with("home", "none@example.com", |user| user.password_hash = None);
    for email in ["gone@example.com", "none@example.com"] {
        assert_eq!(world.login(email, PASSWORD).is(401).json["error"], "invalid_credentials");
    }
    assert_eq!(world.events("login.failed"), 2);
    // And it counts as a failure.
    for _ in 0..4 {
        world.login("gone@example.com", PASSWORD).is(401);
    }
    world.login("gone@example.com", PASSWORD).is(429);
}

#[test]
fn an_address_is_one_in_any_case_and_with_spaces_around() {
    let world = World::new();
    world.user("ada@example.com");
    world.login(" ADA@Example.COM ", PASSWORD).is(200);
}

#[test]
fn a_password_is_taken_as_it_is() {
    let world = World::new();
    world.user("ada@example.com");
    for near in
        ["correct horse battery ", " correct horse battery", "Correct horse battery", "correct horse batter"]
    {
        world.login("ada@example.com", near).is(401);
    }
}

#[test]
fn the_sixth_failure_waits_one_second_and_then_twice_as_long() {
    let world = World::new();
    world.user("ada@example.com");
    for _ in 0..5 {
        world.login("ada@example.com", "wrong").is(401);
    }
    world.login("ada@example.com", "wrong").is(429);
    for delay in [1, 2, 4, 8] {
        let reply = world.login("ada@example.com", PASSWORD).is(429);
        assert_eq!(reply.header("retry-after"), Some(delay.to_string().as_str()));
        assert_eq!(reply.header("ratelimit-remaining"), Some("0"));
        assert_eq!(reply.json["error"], "rate_limited");
        world.advance_ms(delay * 1000 - 1);
        world.login("ada@example.com", PASSWORD).is(429);
        world.advance_ms(1);
        world.login("ada@example.com", "wrong").is(401);
    }
}

#[test]
fn a_refused_attempt_is_not_evaluated_and_the_first_is_audited() {
    let world = World::new();
    world.user("ada@example.com");
    for _ in 0..5 {
        world.login("ada@example.com", "wrong").is(401);
    }
    for _ in 0..5 {
        world.login("ada@example.com", PASSWORD).is(429);
    }
    assert_eq!(world.events("login.succeeded"), 0);
    assert_eq!(world.events("login.limited"), 1);
}

#[test]
fn a_stranger_does_not_lock_a_user_out_of_another_address() {
    let world = World::new();
    world.user("ada@example.com");
    let attempt = |password: &str, from: &str| {
        let body = json!({ "email": "ada@example.com", "password": password });
        world.post("/auth/login").json(body).from(from).send()
    };
    for _ in 0..5 {
        attempt("wrong", "198.51.100.9").is(401);
    }
    attempt(PASSWORD, "198.51.100.9").is(429);
    attempt(PASSWORD, "203.0.113.7").is(200);
}

#[test]
fn success_forgets_the_failures_from_that_address() {
    let world = World::new();
    world.user("ada@example.com");
    for _ in 0..2 {
        for _ in 0..4 {
            world.login("ada@example.com", "wrong").is(401);
        }
        world.login("ada@example.com", PASSWORD).is(200);
    }
}

#[test]
fn counting_is_not_evaded_by_spelling_or_headers() {
    let world = World::new();
    world.user("ada@example.com");
    let spellings =
        ["ada@example.com", "ADA@example.com", " ada@example.com", "Ada@EXAMPLE.com", "ada@ｅxample.com"];
    for (at, email) in spellings.iter().enumerate() {
        let body = json!({ "email": email, "password": "wrong" });
        let forged = format!("198.51.100.{at}");
        let ask =
            world.post("/auth/login").header("x-forwarded-for", &forged).header("cf-connecting-ip", &forged);
        ask.json(body).send().is(401);
    }
    world.login("ada@example.com", PASSWORD).is(429);
}

#[test]
fn an_ipv6_network_of_64_bits_is_one_address() {
    let world = World::new();
    world.user("ada@example.com");
    let attempt = |from: &str| {
        let body = json!({ "email": "ada@example.com", "password": "wrong" });
        world.post("/auth/login").json(body).from(from).send()
    };
    for at in 1..=5 {
        attempt(&format!("2001:db8:0:1::{at}")).is(401);
    }
    attempt("2001:db8:0:1:ffff::1").is(429);
    attempt("2001:db8:0:2::1").is(401);
}

#[test]
fn an_address_has_thirty_failures_a_minute() {
    let world = World::new();
    for at in 0..30 {
        world.login(&format!("user{at}@example.com"), "wrong").is(401);
    }
    world.login("another@example.com", "wrong").is(429);
    world.advance(60);
    world.login("another@example.com", "wrong").is(401);
}

#[test]
fn an_account_has_a_hundred_failures_a_day_until_its_mailbox_is_proved() {
    let world = World::new();
    world.user("ada@example.com");
    let attempt = |at: i64, password: &str| {
        let body = json!({ "email": "ada@example.com", "password": password });
        world.post("/auth/login").json(body).from(&format!("198.51.{}.{}", at / 200, at % 200)).send()
    };
    for at in 0..100 {
        attempt(at, "wrong").is(401);
    }
    attempt(300, PASSWORD).is(429);
    world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    let token = world.mailed_token("ada@example.com");
    world.post("/auth/reset-password").json(json!({ "token": token, "password": PASSWORD })).send().is(200);
    attempt(301, PASSWORD).is(200);
}

#[test]
fn many_wrong_passwords_at_once_are_never_more_than_allowed() {
    let world = World::new();
    world.user("ada@example.com");
    let ask = world.post("/auth/login").json(json!({ "email": "ada@example.com", "password": "wrong" }));
    let replies = world.together(vec![ask; 25]);
    assert_eq!(replies.iter().filter(|reply| reply.status == 401).count(), 5);
    assert_eq!(replies.iter().filter(|reply| reply.status == 429).count(), 20);
}

#[test]
fn the_system_secret_skips_the_limits() {
    let world = World::new();
    for _ in 0..8 {
        let ask = world.post("/auth/login").json(json!({ "email": "ada@example.com", "password": "wrong" }));
        ask.unlimited().send().is(401);
    }
}

#[test]
fn the_password_of_a_user_of_another_tenant_does_not_sign_in() {
    let world = World::new();
    world.tenant("b");
    world.user_with("b", "ada@example.com", |_| {});
    world.login("ada@example.com", PASSWORD).is(401);
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let reply = world.post("/auth/login").tenant("b").json(body).send().is(200);
    assert_eq!(claims(&reply.str("/access_token"))["tenantId"], "b");
}

#[test]
fn a_password_that_is_too_long_is_a_wrong_one() {
    let world = World::new();
    world.user("ada@example.com");
    let long = "x".repeat(1_025);
    let known = world.login("ada@example.com", &long).is(401);
    let unknown = world.login("bob@example.com", &long).is(401);
    assert_eq!(known.json, unknown.json);
    // Not at a character's boundary.
    world.login("ada@example.com", &format!("x{}", "ä".repeat(1_000))).is(401);
}
