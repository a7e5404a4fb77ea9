//! `POST /users/logout`.

use serde_json::json;

use crate::harness::World;

#[test]
fn a_logout_ends_the_session() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    let reply = world.post("/users/logout").bearer(&tokens.access).send().is(200);
    assert_eq!(reply.json, json!({ "success": true, "message": "Logged out successfully" }));
    let reply = world.post("/users/logout").bearer(&tokens.access).send().is(401);
    let shape = json!({
        "success": false, "error": "Invalid or expired token", "statusCode": 401, "timestamp": "2026-05-01T12:00:00Z",
    });
    assert_eq!(reply.json, shape);
}
