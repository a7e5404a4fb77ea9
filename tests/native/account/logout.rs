//! `POST /auth/logout`.

use serde_json::json;

use crate::harness::World;

#[test]
fn a_logout_by_bearer_ends_the_session_with_its_family() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    let reply = world.post("/auth/logout").bearer(&tokens.access).send().is(200);
    assert_eq!(reply.json, json!({ "message": "Logged out successfully" }));
    world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
    world.post("/auth/refresh").json(json!({ "refresh_token": tokens.refresh })).send().is(401);
    assert_eq!(world.events("logout"), 1);
}

#[test]
fn a_logout_by_refresh_token_ends_the_session_also_by_a_spent_one() {
    let world = World::new();
    let user = world.user("ada@example.com");
    for spent in [false, true] {
        let tokens = world.session(&user);
        let body = json!({ "refresh_token": tokens.refresh });
        if spent {
            world.post("/auth/refresh").json(body.clone()).send().is(200);
        }
        world.post("/auth/logout").json(body).send().is(200);
        world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
    }
}

#[test]
fn an_unknown_refresh_token_ends_nothing() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    world.post("/auth/logout").json(json!({ "refresh_token": "x".repeat(43) })).send().is(200);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(200);
}

#[test]
fn a_logout_without_any_credential_is_refused() {
    let world = World::new();
    world.post("/auth/logout").send().is(401);
    world.post("/auth/logout").json(json!({})).send().is(401);
}

#[test]
fn one_session_ends_and_the_others_live() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let (one, two) = (world.session(&user), world.session(&user));
    world.post("/auth/logout").bearer(&one.access).send().is(200);
    world.get("/api/auth/me").bearer(&two.access).send().is(200);
}
