//! `GET /users/auth/status`.

use serde_json::json;

use crate::harness::World;

#[test]
fn one_who_is_signed_in_is_shown() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.name = Some("Ada".into()));
    let reply = world.get("/users/auth/status").bearer(&world.session(&user).access).send().is(200);
    let shape =
        json!({ "id": user.id, "email": "ada@example.com", "name": "Ada", "auth_type": "password-login" });
    assert_eq!(reply.json, json!({ "isAuthenticated": true, "user": shape }));
}

#[test]
fn a_missing_or_bad_token_is_nobodys() {
    let world = World::new();
    world.tenant("b");
    let token = world.session(&world.user("ada@example.com")).access;
    let nobody = json!({ "isAuthenticated": false });
    assert_eq!(world.get("/users/auth/status").send().is(200).json, nobody);
    assert_eq!(world.get("/users/auth/status").bearer("x.y.z").send().is(200).json, nobody);
    assert_eq!(world.get("/users/auth/status").bearer(&token).tenant("b").send().is(200).json, nobody);
    world.advance(900);
    assert_eq!(world.get("/users/auth/status").bearer(&token).send().is(200).json, nobody);
}

#[test]
fn a_broken_database_is_not_taken_for_nobody() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    world.db.broken.set(true);
    let reply = world.get("/users/auth/status").bearer(&token).fresh().send().is(500);
    assert_eq!(reply.json["success"], false);
    assert_eq!(reply.json["statusCode"], 500);
}
