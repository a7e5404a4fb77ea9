//! `/auth/reset-password`.

use serde_json::json;

use crate::harness::{PASSWORD, World};

const NEW: &str = "a new password";

fn forgotten(world: &World, email: &str) -> String {
    world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
    world.mailed_token(email)
}

#[test]
fn a_link_sets_a_new_password_once_and_ends_all_sessions() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let (tokens, cookie) = (world.session(&user), world.cookie(&user));
    let token = forgotten(&world, "ada@example.com");
    world.post("/auth/reset-password").json(json!({ "token": token, "new_password": NEW })).send().is(200);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
    world.post("/auth/refresh").json(json!({ "refresh_token": tokens.refresh })).send().is(401);
    world.route(json!({}));
    world.get("/app/").cookie(&cookie).send().is(401);
    world.login("ada@example.com", PASSWORD).is(401);
    world.login("ada@example.com", NEW).is(200);
    world
        .post("/auth/reset-password")
        .json(json!({ "token": token, "password": "a third password" }))
        .send()
        .is(400);
    assert_eq!(world.events("password.reset"), 1);
    assert_eq!(world.mails("ada@example.com").pop().unwrap().subject, "Your password was changed");
}

#[test]
fn an_unacceptable_password_does_not_spend_the_link() {
    let world = World::new();
    world.user("ada@example.com");
    let token = forgotten(&world, "ada@example.com");
    world.post("/auth/reset-password").json(json!({ "token": token, "password": "short" })).send().is(400);
    world
        .post("/auth/reset-password")
        .json(json!({ "token": token, "password": "x".repeat(1_025) }))
        .send()
        .is(400);
    world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send().is(200);
}

#[test]
fn a_link_is_good_for_fifteen_minutes() {
    let world = World::new();
    world.user("ada@example.com");
    let token = forgotten(&world, "ada@example.com");
    world.advance(900);
    let reply =
        world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send().is(400);
    assert_eq!(reply.json["error"], "invalid_token");
}

#[test]
fn a_link_of_another_purpose_and_an_older_one_are_dead() {
    let world = World::new();
    world
        .post("/auth/register")
        .json(json!({ "email": "ada@example.com", "password": PASSWORD }))
        .send()
        .is(201);
    let verify = world.mailed_token("ada@example.com");
    let older = forgotten(&world, "ada@example.com");
    let newer = forgotten(&world, "ada@example.com");
    for dead in [&verify, &older] {
        world.post("/auth/reset-password").json(json!({ "token": dead, "password": NEW })).send().is(400);
    }
    world.post("/auth/verify-email").json(json!({ "token": newer })).send().is(400);
    world.post("/auth/reset-password").json(json!({ "token": newer, "password": NEW })).send().is(200);
}

#[test]
fn a_reset_proves_the_mailbox_and_confirms_the_address() {
    let world = World::new();
    world
        .post("/auth/register")
        .json(json!({ "email": "ada@example.com", "password": PASSWORD }))
        .send()
        .is(201);
    let token = forgotten(&world, "ada@example.com");
    world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send().is(200);
    world.login("ada@example.com", NEW).is(200);
}

#[test]
fn a_link_dies_with_the_address_it_was_sent_to() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let token = forgotten(&world, "ada@example.com");
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.patch(&path).bearer(&world.admin()).json(json!({ "email": "new@example.com" })).send().is(200);
    world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send().is(400);
}

#[test]
fn a_link_of_a_user_who_is_disabled_meanwhile_is_dead() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let token = forgotten(&world, "ada@example.com");
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.patch(&path).bearer(&world.admin()).json(json!({ "status": "disabled" })).send().is(200);
    world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send();
    world.login("ada@example.com", NEW).is(401);
}

#[test]
fn the_shortest_password_is_that_of_the_links_tenant() {
    let world = World::new();
    let admin = world.tenant("b");
    let settings = json!({ "minPasswordLength": 20 });
    world.patch("/tenant/b/v2/Settings").bearer(&admin).json(settings).send().is(200);
    world.user_with("b", "ada@example.com", |_| {});
    world
        .post("/auth/forgot-password")
        .tenant("b")
        .json(json!({ "email": "ada@example.com" }))
        .send()
        .is(200);
    let token = world.mailed_token("ada@example.com");
    // The link in the mail is all that the browser has.
    world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send().is(400);
}

#[test]
fn looking_at_a_link_shows_a_form_and_changes_nothing() {
    let world = World::new();
    world.user("ada@example.com");
    let token = forgotten(&world, "ada@example.com");
    let page = world.get(&format!("/auth/reset-password?token={token}")).send().is(200);
    assert!(page.text.contains("minlength=\"8\""));
    let fields = [("token", token.as_str()), ("password", NEW)];
    let done = world.post("/auth/reset-password").navigating().form(&fields).send().is(200);
    assert!(done.text.contains("Password changed"));
}

#[test]
fn a_post_to_the_mailed_link_itself_resets() {
    let world = World::new();
    world.register_verified("ada@example.com");
    let link = format!("/auth/reset-password?token={}", forgotten(&world, "ada@example.com"));
    world.post(&link).json(json!({ "password": NEW })).send().is(200);
    world.login("ada@example.com", NEW).is(200);
    world.post("/auth/reset-password").json(json!({ "password": NEW })).send().is(400);
}
