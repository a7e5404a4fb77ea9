//! A browser that navigates without a session is sent to sign in.

use serde_json::json;

use crate::harness::World;

#[test]
fn a_navigation_goes_to_the_login_page_and_would_come_back() {
    let world = World::new();
    world.route(json!({}));
    let reply = world.get("/app/x%20y?a=1&b=%2F%23").navigating().send().is(303);
    let location = "/tenant/home/login?return_to=/app/x%2520y%3Fa%3D1%26b%3D%252F%2523";
    assert_eq!(reply.header("location"), Some(location));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let page = world.get(location).navigating().send().is(200);
    assert!(page.text.contains("value=\"/app/x%20y?a=1&#38;b=%2F%23\""), "{}", page.text);
}

#[test]
fn a_dead_cookie_is_none() {
    let world = World::new();
    world.route(json!({}));
    let cookie = world.cookie(&world.user("ada@example.com"));
    world.sql("UPDATE sessions SET ended_at = 1");
    world.get("/app/").cookie(&cookie).navigating().send().is(303);
}

#[test]
fn what_is_no_navigation_is_refused() {
    let world = World::new();
    world.route(json!({}));
    world.route(json!({ "name": "api", "path": "/api/", "credentials": ["bearer"] }));
    world.post("/app/").navigating().send().is(401);
    world.get("/app/").header("accept", "text/html").header("sec-fetch-mode", "cors").send().is(401);
    world.get("/app/").header("accept", "application/json").send().is(401);
    // A cookie would not open this one.
    world.get("/api/").navigating().send().is(401);
}

#[test]
fn one_who_may_not_pass_is_told_so_and_not_sent_to_sign_in() {
    let world = World::new();
    world.route(json!({ "roles": ["ADMIN"] }));
    let cookie = world.cookie(&world.user("ada@example.com"));
    let reply = world.get("/app/").cookie(&cookie).navigating().send().is(403);
    assert!(reply.header("content-type").unwrap().starts_with("text/html"));
    assert!(reply.text.contains("You are not allowed to do this."));
}
