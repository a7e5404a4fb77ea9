//! `POST /auth/refresh`; the rules of refreshing are in `session/refresh.rs`.

use serde_json::json;

use crate::harness::World;

#[test]
fn a_refresh_answers_a_new_pair_in_the_documents_shape() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    let reply = world.post("/auth/refresh").json(json!({ "refresh_token": tokens.refresh })).send().is(200);
    let members: Vec<_> = reply.json.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["access_token", "expires_in", "refresh_token", "token_type"]);
    assert_ne!(reply.str("/refresh_token"), tokens.refresh);
}

#[test]
fn what_is_no_refresh_token_is_refused() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    for token in
        ["", "x", &"x".repeat(43), &"x".repeat(5_000), &tokens.access, &format!("{}=", tokens.refresh)]
    {
        let reply = world.post("/auth/refresh").json(json!({ "refresh_token": token })).send().is(401);
        assert_eq!(reply.json["error"], "unauthorized");
    }
    let reply = world.post("/auth/refresh").json(json!({})).send().is(400);
    assert!(reply.str("/message").contains("refresh_token"));
}
