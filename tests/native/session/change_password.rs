//! `POST /api/auth/change-password`.

use serde_json::json;

use crate::harness::{PASSWORD, Reply, World};

const NEW: &str = "a new password";

fn change(world: &World, token: &str, current: &str, new: &str) -> Reply {
    let body = json!({ "currentPassword": current, "newPassword": new });
    world.post("/api/auth/change-password").bearer(token).json(body).send()
}

#[test]
fn a_change_counts_at_once_and_ends_the_other_sessions() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let (this, other, cookie) = (world.session(&user), world.session(&user), world.cookie(&user));
    let reply = change(&world, &this.access, PASSWORD, NEW).is(200);
    assert_eq!(reply.json["data"]["message"], "Password changed successfully");
    world.get("/api/auth/me").bearer(&this.access).send().is(200);
    world.get("/api/auth/me").bearer(&other.access).send().is(401);
    world.post("/api/auth/refresh").json(json!({ "refreshToken": other.refresh })).send().is(401);
    world.post("/api/auth/refresh").json(json!({ "refreshToken": this.refresh })).send().is(200);
    world.route(json!({}));
    world.get("/app/").cookie(&cookie).send().is(401);
    world.login("ada@example.com", PASSWORD).is(401);
    world.login("ada@example.com", NEW).is(200);
    assert_eq!(world.events("password.changed"), 1);
    assert_eq!(world.mails("ada@example.com").pop().unwrap().subject, "Your password was changed");
}

#[test]
fn who_does_not_know_the_password_cannot_change_it() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let reply = change(&world, &token, "wrong", NEW).is(401);
    assert_eq!(reply.json["success"], false);
    assert_eq!(world.events("password.change"), 1);
    world.login("ada@example.com", PASSWORD).is(200);
}

#[test]
fn guesses_are_limited_by_user() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    for _ in 0..5 {
        change(&world, &token, "wrong", NEW).is(401);
    }
    let reply = change(&world, &token, PASSWORD, NEW).is(429);
    assert_eq!(reply.json["code"], "RATE_LIMITED");
    assert!(reply.header("retry-after").is_some());
}

#[test]
fn guesses_are_limited_from_wherever_they_come() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let guess = |from: &str| {
        let body = json!({ "currentPassword": "wrong", "newPassword": NEW });
        world.post("/api/auth/change-password").bearer(&token).json(body).from(from).send()
    };
    for at in 0..5 {
        guess(&format!("198.51.100.{at}")).is(401);
    }
    guess("198.51.100.99").is(429);
}

#[test]
fn a_change_kills_a_reset_link_that_is_out() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    let link = world.mailed_token("ada@example.com");
    change(&world, &token, PASSWORD, NEW).is(200);
    world.post("/auth/reset-password").json(json!({ "token": link, "password": PASSWORD })).send().is(400);
    world.login("ada@example.com", NEW).is(200);
}

#[test]
fn an_unacceptable_password_is_refused() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    for new in ["short", &"x".repeat(1_025)] {
        let reply = change(&world, &token, PASSWORD, new).is(400);
        assert_eq!(reply.json["code"], "VALIDATION_ERROR");
        assert!(reply.str("/error").contains("newPassword"));
    }
    world.settings(json!({ "minPasswordLength": 6 }));
    change(&world, &token, PASSWORD, "sixsix").is(200);
}

#[test]
fn one_without_a_password_cannot_change_it() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.password_hash = None);
    change(&world, &world.session(&user).access, "", NEW).is(401);
}
