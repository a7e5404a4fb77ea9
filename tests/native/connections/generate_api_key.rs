//! `POST /users/generate-api-key`.

use serde_json::json;

use crate::harness::World;

const PATH: &str = "/users/generate-api-key";

#[test]
fn a_key_comes_without_a_body() {
    let world = World::new();
    world.route(json!({ "scopes": ["read", "write"] }));
    let token = world.session(&world.user("ada@example.com")).access;
    let reply = world.post(PATH).bearer(&token).send().is(200);
    assert_eq!(reply.json["success"], true);
    world.get("/app/").key(&reply.str("/apiKey")).plan();
}

#[test]
fn a_body_names_the_key_and_narrows_its_scopes() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let body = json!({ "name": "reader", "scopes": ["read"] });
    world.post(PATH).bearer(&token).json(body).send().is(200);
    let key = world.sql("SELECT name, scopes FROM api_keys").pop().unwrap();
    assert_eq!(key["name"], "reader");
    assert_eq!(key["scopes"], r#"["read"]"#);
    let reply = world.post(PATH).bearer(&token).json(json!({ "scopes": ["everything"] })).send().is(400);
    assert_eq!(reply.json["statusCode"], 400);
}

#[test]
fn one_who_is_not_signed_in_gets_no_key() {
    let world = World::new();
    let reply = world.post(PATH).send().is(401);
    assert_eq!(reply.json["error"], "Authentication required");
}
