//! `POST /auth/forgot-password`.

use portcullis::model::state::UserStatus;
use serde_json::json;

use crate::harness::World;

#[test]
fn the_answer_is_the_same_whether_the_address_has_an_account() {
    let world = World::new();
    world.user("ada@example.com");
    let known =
        world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    let unknown =
        world.post("/auth/forgot-password").json(json!({ "email": "bob@example.com" })).send().is(200);
    assert_eq!(known.json, unknown.json);
    assert_eq!(world.mails("ada@example.com").len(), 1);
    assert!(world.mails("bob@example.com").is_empty());
}

#[test]
fn a_disabled_user_gets_no_link() {
    let world = World::new();
    world.user_with("home", "ada@example.com", |user| user.status = UserStatus::Disabled);
    world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    assert!(world.mails("ada@example.com").is_empty());
}

#[test]
fn five_links_in_fifteen_minutes_go_to_one_address() {
    let world = World::new();
    world.user("ada@example.com");
    for _ in 0..7 {
        world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    }
    assert_eq!(world.mails("ada@example.com").len(), 5);
}

#[test]
fn what_is_no_address_is_said() {
    let world = World::new();
    let reply = world.post("/auth/forgot-password").json(json!({ "email": "ada" })).send().is(400);
    assert_eq!(reply.json["error"], "validation_error");
}

#[test]
fn a_user_of_another_tenant_gets_no_link_from_here() {
    let world = World::new();
    world.tenant("b");
    world.user_with("b", "ada@example.com", |_| {});
    world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    assert!(world.mails("ada@example.com").is_empty());
    world
        .post("/auth/forgot-password")
        .tenant("b")
        .json(json!({ "email": "ada@example.com" }))
        .send()
        .is(200);
    assert_eq!(world.mails("ada@example.com").len(), 1);
}
