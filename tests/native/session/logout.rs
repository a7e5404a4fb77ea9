//! `POST /api/auth/logout`.

use serde_json::json;

use crate::harness::World;

#[test]
fn a_logout_ends_the_session_with_its_family() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    let reply = world.post("/api/auth/logout").bearer(&tokens.access).send().is(200);
    assert_eq!(reply.json, json!({ "success": true, "data": { "message": "Logged out successfully" } }));
    world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
    world.post("/api/auth/refresh").json(json!({ "refreshToken": tokens.refresh })).send().is(401);
}

#[test]
fn one_who_is_not_signed_in_cannot_log_out() {
    let world = World::new();
    let reply = world.post("/api/auth/logout").send().is(401);
    assert_eq!(reply.json["code"], "UNAUTHORIZED");
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
}
