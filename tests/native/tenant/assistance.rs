//! `POST v2/Users/{id}/verification`, `…/password-reset` and `…/unlock`: what helps a user who does not get in.

use portcullis::model::state::{Mfa, UserStatus};
use serde_json::json;

use crate::harness::{Ask, PASSWORD, World};
use crate::tenant::holdings::enforce;

const ADA: &str = "ada@example.com";

fn help<'w>(world: &'w World, user: &str, how: &str) -> Ask<'w> {
    world.post(&format!("/tenant/home/v2/Users/{user}/{how}")).bearer(&world.admin()).from("198.51.100.77")
}

#[test]
fn the_link_that_confirms_an_address_is_mailed_again() {
    let world = World::new();
    let body = json!({ "email": ADA, "password": PASSWORD, "full_name": "Ada" });
    world.post("/auth/register").json(body).send();
    let first = world.mailed_token(ADA);
    let id = world.sql("SELECT id FROM users WHERE email = 'ada@example.com'")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(help(&world, &id, "verification").send().is(202).json["emailVerified"], false);
    let second = world.mailed_token(ADA);
    assert_ne!(first, second);
    assert!(
        !world.mails(ADA)[0].text.contains("198.51.100.77"),
        "it says nothing of the administrator's browser"
    );
    world.post("/auth/verify-email").json(json!({ "token": first })).send().is(400);
    world.post("/auth/verify-email").json(json!({ "token": second })).send().is(200);
    // What was registered with stands.
    world.login(ADA, PASSWORD).is(200);
    assert_eq!(help(&world, &id, "verification").send().is(409).str("/detail"), "the address is confirmed");
    assert_eq!(world.events("user.verification_mailed"), 1);
    assert_eq!(world.mails(ADA).len(), 2);
}

#[test]
fn a_link_that_sets_another_password_is_mailed_and_changes_nothing_by_itself() {
    let world = World::new();
    let user = world.user(ADA);
    help(&world, &user.id, "password-reset").send().is(202);
    world.login(ADA, PASSWORD).is(200);
    let token = world.mailed_link(ADA);
    let new = "another good password";
    world.post("/auth/reset-password").json(json!({ "token": token, "password": new })).send().is(200);
    world.login(ADA, new).is(200);
    world.login(ADA, PASSWORD).is(401);
    assert_eq!((world.events("user.password_reset_mailed"), world.events("password.reset")), (1, 1));
    // Nobody else had a mail.
    assert_eq!(world.number("SELECT count(*) AS n FROM mails WHERE recipient <> 'ada@example.com'"), 0);
}

/// Each way to help, with the event that says so.
const WAYS: [(&str, &str); 3] = [
    ("verification", "user.verification_mailed"),
    ("password-reset", "user.password_reset_mailed"),
    ("unlock", "user.unlocked"),
];

#[test]
fn it_is_limited_and_for_users_of_the_tenant_who_may_sign_in() {
    for (how, event) in WAYS {
        let world = World::new();
        let user = world.user_with("home", ADA, |user| user.email_verified = false);
        let (other, plain) = (world.tenant("acme"), world.session(&world.user("bob@example.com")).access);
        let path = format!("Users/{}/{how}", user.id);
        world.post(&format!("/tenant/acme/v2/{path}")).bearer(&other).send().is(404);
        world.post(&format!("/tenant/home/v2/{path}")).bearer(&other).send().is(403);
        world.post(&format!("/tenant/home/v2/{path}")).bearer(&plain).send().is(403);
        world.post(&format!("/tenant/home/v2/{path}")).send().is(401);
        help(&world, "nobody", how).send().is(404);
        assert_eq!(world.events(event), 0, "{how}");
        let admits = if how == "unlock" { 10 } else { 5 };
        for _ in 0..admits {
            assert!(help(&world, &user.id, how).status() < 300, "{how}");
        }
        help(&world, &user.id, how).send().is(429);
        assert_eq!(world.events(event), admits, "{how}");
        assert_eq!(world.mails(ADA).len(), if how == "unlock" { 0 } else { 5 }, "{how}");
        let disabled = world.user_with("home", "cy@example.com", |user| {
            user.email_verified = false;
            user.status = UserStatus::Disabled;
        });
        let status = if how == "unlock" { 204 } else { 409 };
        assert_eq!(help(&world, &disabled.id, how).status(), status, "{how}");
        assert_eq!(world.mails("cy@example.com").len(), 0, "{how}");
    }
}

#[test]
fn no_link_is_mailed_to_who_signs_in_with_their_organisations_provider() {
    let world = World::new();
    let user = world.user_with("home", "ada@corp.example", |user| user.email_verified = false);
    enforce(&world, "home", "corp.example");
    for how in ["verification", "password-reset"] {
        let refused = help(&world, &user.id, how).fresh().send().is(409);
        assert!(refused.str("/detail").contains("provider"), "{}", refused.text);
    }
    assert_eq!(world.mails("ada@corp.example").len(), 0);
}

#[test]
fn an_account_that_was_guessed_at_can_be_tried_again_by_its_owner() {
    let world = World::new();
    let user = world.user(ADA);
    // From one address, until it waits, and from many until nothing but a mailed link lets in.
    let guess = |from: &str| {
        let body = json!({ "email": ADA, "password": "wrong" });
        world.post("/auth/login").from(from).json(body).send().status
    };
    let right = |from: &str| {
        let body = json!({ "email": ADA, "password": PASSWORD });
        world.post("/auth/login").from(from).json(body).send().status
    };
    for at in 0..110 {
        guess(&format!("203.0.113.{}", at % 40));
    }
    assert_eq!((right("198.51.100.1"), right("203.0.113.1")), (429, 429));
    // Another's is not opened by it.
    help(&world, &world.user("bob@example.com").id, "unlock").send().is(204);
    assert_eq!(right("198.51.100.1"), 429);
    help(&world, &user.id, "unlock").send().is(204);
    assert_eq!((right("198.51.100.1"), right("203.0.113.1")), (200, 200));
    // It counts on from there.
    for at in 0..110 {
        guess(&format!("203.0.113.{}", at % 40));
    }
    assert_eq!(right("198.51.100.1"), 429);
    assert_eq!(world.events("user.unlocked"), 2);
}

#[test]
fn a_second_factor_that_was_guessed_at_can_be_tried_again() {
    let world = World::new();
    let app = world.with_app(ADA);
    assert_eq!(app.user.mfa, Mfa::Totp);
    let locked = || {
        let mut last = 0;
        for _ in 0..6 {
            let waiting = world.login(ADA, PASSWORD);
            last = world.verify(&waiting, &world.wrong_code(&app.secret)).status;
        }
        last
    };
    assert_eq!(locked(), 429);
    help(&world, &app.user.id, "unlock").send().is(204);
    world.advance(30);
    let waiting = world.login(ADA, PASSWORD);
    world.verify(&waiting, &world.code(&app.secret)).is(200);
}

#[test]
fn an_address_that_guesses_at_many_accounts_is_not_unlocked_with_one() {
    let world = World::new();
    let user = world.user(ADA);
    let ask = |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        world.post("/auth/login").from("203.0.113.9").json(body).send().status
    };
    for at in 0..40 {
        ask(&format!("u{at}@example.com"), "wrong");
    }
    assert_eq!(ask(ADA, PASSWORD), 429);
    help(&world, &user.id, "unlock").send().is(204);
    assert_eq!(ask(ADA, PASSWORD), 429);
}
