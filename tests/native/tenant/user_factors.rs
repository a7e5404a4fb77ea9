//! `v2/Users`: the second factors of users.

use portcullis::model::state::Mfa;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Reply, World, claims};

fn change(world: &World, id: &str, body: Value) -> Reply {
    let path = format!("/tenant/home/v2/Users/{id}");
    world.put(&path).bearer(&world.admin()).json(body).send()
}

fn left(world: &World, table: &str) -> i64 {
    world.number(&format!("SELECT count(*) AS n FROM {table}"))
}

#[test]
fn a_user_is_made_with_a_second_factor() {
    let world = World::new();
    let users = "/tenant/home/v2/Users";
    let make = |email: &str, mfa: &str| {
        let body = json!({ "email": email, "password": PASSWORD, "emailVerified": true, "mfa": mfa });
        world.post(users).bearer(&world.admin()).json(body).send()
    };
    assert_eq!(make("a@example.com", "email").is(201).json["mfa"], "email");
    assert_eq!(make("b@example.com", "totp").is(201).json["mfa"], "totp");
    assert_eq!(make("c@example.com", "none").is(201).json["mfa"], "none");
    assert_eq!(make("d@example.com", "sms").is(400).json["errors"][0]["field"], "mfa");
    assert_eq!(world.login("a@example.com", PASSWORD).is(200).json["methods"], json!(["email"]));
    assert!(world.login("b@example.com", PASSWORD).is(200).json["enrolment"].is_object());
    world.login("c@example.com", PASSWORD).is(200).str("/access_token");
}

#[test]
fn a_reset_clears_what_was_set_up_and_ends_every_session() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    let cookie = world.cookie(&app.user);
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    let done = change(&world, &app.user.id, json!({ "resetTOTP": true })).is(200);
    assert_eq!(done.json["mfa"], "totp");
    world.get("/api/auth/me").bearer(&app.access).send().is(401);
    world.post("/auth/refresh").json(json!({ "refresh_token": app.refresh })).send().is(401);
    world.get("/tenant/home/account").cookie(&cookie).send().is(303);
    world.verify(&waiting, &world.code(&app.secret)).is(401);
    for table in ["authenticators", "backup_codes", "trusted_devices"] {
        assert_eq!(left(&world, table), 0, "{table}");
    }
    assert_eq!(world.events("mfa.reset"), 1);
    assert!(world.mails("ada@example.com").last().unwrap().subject.contains("reset"));
    // The next login sets it up again.
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    world.verify(&waiting, &world.code(&app.secret)).is(401);
    let secret = waiting.str("/enrolment/secret");
    assert_ne!(secret, app.secret);
    let access = world.verify(&waiting, &world.code(&secret)).is(200).str("/access_token");
    world.get("/api/auth/me").bearer(&access).send().is(200);
}

#[test]
fn a_reset_leaves_codes_by_mail_and_none_as_they_are() {
    let world = World::new();
    let mailed = world.with_mail("ada@example.com");
    assert_eq!(change(&world, &mailed.id, json!({ "resetTOTP": true })).is(200).json["mfa"], "email");
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    world.verify(&waiting, &world.mailed_code("ada@example.com")).is(200);
    let none = world.user("bob@example.com");
    assert_eq!(change(&world, &none.id, json!({ "resetTOTP": true })).is(200).json["mfa"], "none");
    world.login("bob@example.com", PASSWORD).is(200).str("/access_token");
    // Not asked for, nothing is reset.
    let access = world.session(&none).access;
    change(&world, &none.id, json!({ "resetTOTP": false })).is(200);
    change(&world, &none.id, json!({ "resetTOTP": "yes" })).is(400);
    world.get("/api/auth/me").bearer(&access).send().is(200);
    assert_eq!(world.events("mfa.reset"), 2);
}

#[test]
fn another_kind_takes_the_place_of_what_was_set_up() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    change(&world, &app.user.id, json!({ "mfa": "totp", "name": "Ada" })).is(200);
    assert_eq!((left(&world, "authenticators"), left(&world, "backup_codes")), (1, 10));
    change(&world, &app.user.id, json!({ "mfa": "email" })).is(200);
    assert_eq!((left(&world, "authenticators"), left(&world, "backup_codes")), (0, 0));
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    assert_eq!(waiting.json["methods"], json!(["email"]));
    // What waits for a code by mail does so no more.
    change(&world, &app.user.id, json!({ "mfa": "totp" })).is(200);
    world.verify(&waiting, &world.mailed_code("ada@example.com")).is(401);
    assert!(world.login("ada@example.com", PASSWORD).is(200).json["enrolment"].is_object());
    change(&world, &app.user.id, json!({ "mfa": "none" })).is(200);
    world.login("ada@example.com", PASSWORD).is(200).str("/access_token");
    // None of that ended the session.
    world.get("/api/auth/me").bearer(&app.access).send().is(200);
    change(&world, &app.user.id, json!({ "mfa": "sms" })).is(400);
}

#[test]
fn a_change_of_something_else_leaves_what_is_set_up_meanwhile() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let access = world.session(&user).access;
    let secret = world.post("/auth/mfa/enable").bearer(&access).send().is(200).str("/secret");
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    let admin = world.admin();
    let rename = world.patch(&path).bearer(&admin).json(json!({ "name": "Ada" }));
    let enrol = world.post("/auth/mfa/verify").bearer(&access).json(json!({ "code": world.code(&secret) }));
    for reply in world.together(vec![rename.clone(), enrol, rename]) {
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    assert_eq!(world.get(&path).bearer(&admin).send().json["mfa"], "totp");
}

#[test]
fn administrators_reset_their_own_only_where_it_was_proved() {
    let world = World::new();
    let boss = world.user_with("home", "boss@example.com", |user| {
        user.roles = vec!["ADMIN".into()];
        user.mfa = Mfa::Totp;
    });
    let app = world.app_of(boss);
    let path = format!("/tenant/home/v2/Users/{}", app.user.id);
    let alone = world.session_by(&app.user, &["pwd", "device"]).access;
    for body in [json!({ "resetTOTP": true }), json!({ "mfa": "none" }), json!({ "mfa": "email" })] {
        let refused = world.put(&path).bearer(&alone).json(body).send().is(401);
        assert_eq!(refused.json["code"], "MFA_REQUIRED");
    }
    assert_eq!(claims(&app.access)["amr"], json!(["pwd", "otp", "mfa"]));
    world.put(&path).bearer(&app.access).json(json!({ "resetTOTP": true })).send().is(200);
    world.get("/api/auth/me").bearer(&app.access).send().is(401);
}

#[test]
fn another_administrator_does_not_touch_the_operators_second_factor() {
    let world = World::new();
    let operator = world.admin();
    let id = world.get("/api/auth/me").bearer(&operator).send().str("/data/user/id");
    let other = world.user_with("home", "other@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let other = world.session(&other).access;
    for body in [json!({ "resetTOTP": true }), json!({ "mfa": "email" })] {
        world.put(&format!("/tenant/home/v2/Users/{id}")).bearer(&other).json(body).send().is(409);
    }
    change(&world, &id, json!({ "mfa": "email" })).is(200);
}

#[test]
fn one_who_is_disabled_or_gets_another_address_starts_again() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    change(&world, &app.user.id, json!({ "status": "disabled" })).is(200);
    world.verify(&waiting, &world.code(&app.secret)).is(401);
    change(&world, &app.user.id, json!({ "status": "active" })).is(200);
    world.verify(&waiting, &world.code(&app.secret)).is(401);
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    change(&world, &app.user.id, json!({ "email": "ada@example.org", "emailVerified": true })).is(200);
    world.verify(&waiting, &world.code(&app.secret)).is(401);
    world.mfa_login("ada@example.org", &world.code(&app.secret)).is(200);
}
