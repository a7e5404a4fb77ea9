//! `POST /api/auth/reauthenticate`. What it opens is in `shared/fresh_sign_in.rs`.

use serde_json::json;

use crate::harness::{PASSWORD, World};

const PATH: &str = "/api/auth/reauthenticate";

#[test]
fn the_password_is_confirmed_in_a_session_of_ones_own() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    let confirm =
        |password: &str| world.post(PATH).bearer(&token).json(json!({ "password": password })).send();
    let reply = confirm(PASSWORD).is(200);
    assert_eq!(reply.json, json!({ "success": true, "data": { "reauthenticated": true } }));
    let wrong = confirm("wrong").is(401);
    assert_eq!((wrong.str("/code"), wrong.json["success"].clone()), ("UNAUTHORIZED".into(), json!(false)));
    let outcomes = "SELECT outcome FROM audit WHERE event = 'session.reauthenticated' ORDER BY id";
    let outcomes: Vec<_> = world.sql(outcomes).into_iter().map(|row| row["outcome"].clone()).collect();
    assert_eq!(outcomes, ["success", "failure"]);
    // What a client holds confirms nothing, nor does the password of one who has none.
    world.put_client("home", "app", &json!({}));
    let granted = world.granted(&user.id, "app", "read write", None);
    world.post(PATH).bearer(&granted).json(json!({ "password": PASSWORD })).fresh().send().is(403);
    let none = world.user_with("home", "bob@example.com", |user| user.password_hash = None);
    let token = world.session_by(&none, &["otp"]).access;
    world.post(PATH).bearer(&token).json(json!({ "password": "" })).send().is(401);
}

#[test]
fn a_session_that_is_over_is_confirmed_by_nothing() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let confirm =
        || world.post("/api/auth/reauthenticate").bearer(&token).json(json!({ "password": PASSWORD })).send();
    confirm().is(200);
    world.get("/api/auth/me").bearer(&token).send().is(200);
    // This isolate remembers it for another moment.
    world.sql("UPDATE sessions SET ended_at = 1");
    confirm().is(401);
    assert_eq!(world.events("session.reauthenticated"), 1);
}
