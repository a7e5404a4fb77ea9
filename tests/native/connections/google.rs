//! `/users/auth/google`: Google by redirect, for a program.

use serde_json::json;

use crate::harness::World;
use crate::sso::provider::{begun, session_of};

#[test]
fn googles_redirect_flow_answers_a_token() {
    let world = World::new();
    let google = world.google("home", json!({}));
    let reply = world.get("/users/auth/google").send().is(302);
    let start = begun(&reply, "home", "google");
    assert_eq!(start.param("redirect_uri"), "https://auth.example.com/users/auth/google/callback");
    let person = json!({ "sub": "g1", "email": "ada@gmail.com", "email_verified": true });
    let code = google.code(&world, &start, person);
    let query = format!("code={code}&state={}", start.param("state"));
    let path = format!("/users/auth/google/callback?{query}");
    assert_eq!(world.get(&path).status(), 400);
    let reply = world.get(&path).header("cookie", &start.cookie).send().is(200);
    assert_eq!(reply.json["success"], true);
    assert_eq!(reply.json["user"]["auth_type"], "google-login");
    assert_eq!(reply.json["user"]["email"], "ada@gmail.com");
    let status = world.get("/users/auth/status").bearer(&reply.str("/token")).send().is(200);
    assert_eq!(status.json["isAuthenticated"], true);
    assert_eq!(status.json["user"]["auth_type"], "google-login");
    // A state of the one place is not good at the other.
    let start = begun(&world.get("/users/auth/google").send().is(302), "home", "google");
    let code = google.code(&world, &start, json!({ "sub": "g1", "email": "ada@gmail.com" }));
    let reply = world.get("/users/auth/google?return_to=/app/").send().is(302);
    let back = begun(&reply, "home", "google");
    assert_eq!(world.come_back(&back, &code).status(), 400);
    let person = json!({ "sub": "g1", "email": "ada@gmail.com" });
    let code = google.code(&world, &back, person);
    let query = format!("code={code}&state={}", back.param("state"));
    let reply = world.get(&format!("/users/auth/google/callback?{query}")).header("cookie", &back.cookie);
    let reply = reply.send().is(303);
    assert_eq!(reply.header("location"), Some("/app/"));
    assert!(session_of(&reply).is_some());
    let none = World::new().get("/users/auth/google").send().is(403);
    assert_eq!(none.json["statusCode"], 403);
}
