//! `/users/auth/magic-link/*`; what both surfaces have in common is in `shared/by_mail.rs`.

use serde_json::json;

use crate::harness::World;

#[test]
fn the_answers_are_this_surfaces() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let ask = |path: &str, body| world.post(&format!("/users/auth/magic-link/{path}")).json(body).send();
    let reply = ask("request", json!({ "email": "ada@example.com" })).is(200);
    assert_eq!(reply.json, json!({ "success": true, "message": "Magic link sent to your email" }));
    let code = world.mailed_code("ada@example.com");
    let reply = ask("verify", json!({ "email": "ada@example.com", "code": code })).is(200);
    assert_eq!(reply.json["success"], true);
    let shown = json!({ "id": user.id, "email": user.email, "name": null, "auth_type": "magic-link-login" });
    assert_eq!(reply.json["user"], shown);
    let status = world.get("/users/auth/status").bearer(&reply.str("/token")).send().is(200);
    assert_eq!(status.json, json!({ "isAuthenticated": true, "user": shown }));
    let reply = ask("verify", json!({ "email": "ada@example.com", "code": code })).is(401);
    assert_eq!(reply.json["statusCode"], 401);
}
