//! A cookie is sent along by whoever makes a browser send a request: what changes things must come from here.

use serde_json::json;

use crate::harness::World;

#[test]
fn a_cookie_from_elsewhere_changes_nothing() {
    let world = World::new();
    world.route(json!({}));
    let cookie = world.cookie(&world.user("ada@example.com"));
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "https://auth.example.com:8443"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let reply = world.ask(method, "/app/").cookie(&cookie).header(name, value).send().is(403);
            assert_eq!(reply.json["code"], "FORBIDDEN");
        }
        world.get("/app/").cookie(&cookie).header(name, value).header("upgrade", "websocket").send().is(403);
        world.get("/app/").cookie(&cookie).header(name, value).plan();
    }
}

#[test]
fn a_cookie_from_here_does() {
    let world = World::new();
    world.route(json!({}));
    let cookie = world.cookie(&world.user("ada@example.com"));
    for (name, value) in [
        ("origin", "https://auth.example.com"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "none"),
        ("accept", "*/*"),
    ] {
        world.post("/app/").cookie(&cookie).header(name, value).plan();
    }
}

#[test]
fn a_bearer_token_and_an_api_key_come_from_anywhere() {
    let world = World::new();
    world.route(json!({}));
    let token = world.session(&world.user("ada@example.com")).access;
    let key = world.api_key(&token, &["read"]);
    for ask in [world.post("/app/").bearer(&token), world.post("/app/").key(&key)] {
        ask.header("origin", "https://evil.example").header("sec-fetch-site", "cross-site").plan();
    }
}

#[test]
fn on_an_optional_route_a_cookie_from_elsewhere_is_nobodys() {
    let world = World::new();
    world.route(json!({ "auth": "optional" }));
    let cookie = world.cookie(&world.user("ada@example.com"));
    let plan = world.post("/app/").cookie(&cookie).header("sec-fetch-site", "cross-site").plan();
    assert!(!plan.private);
    assert!(plan.assertion.is_none());
}
