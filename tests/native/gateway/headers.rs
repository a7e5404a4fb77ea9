//! What reaches an origin of a request's header fields.

use portcullis::domain::gateway::forward::Plan;
use serde_json::json;

use crate::harness::{World, set};

/// Whether the origin sees what the caller sent under that name.
fn reaches(plan: &Plan, name: &str) -> bool {
    !plan.remove.iter().any(|gone| gone == name) && set(plan, name).is_none()
}

#[test]
fn every_spelling_of_our_header_from_outside_is_removed_also_on_public_routes() {
    let world = World::new();
    world.route(json!({ "auth": "none", "header": "X-User-Token" }));
    for name in [
        "X-Portcullis-Assertion",
        "x-portcullis-assertion",
        "X_Portcullis_Assertion",
        "x-portcullis_assertion",
        "X-PORTCULLIS-USER",
        "x_portcullis_anything",
        "X-User-Token",
        "x_user_token",
        "X-User_Token",
    ] {
        let plan = world.get("/app/").header(name, "forged").plan();
        assert!(!reaches(&plan, &name.to_ascii_lowercase()), "{name}");
    }
}

#[test]
fn what_a_caller_proves_themselves_with_does_not_reach_the_origin() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    let key = world.api_key(&token, &["read"]);
    for auth in ["required", "optional", "none"] {
        world.route(json!({ "name": auth, "path": format!("/{auth}/"), "auth": auth }));
        let ask = world.get(&format!("/{auth}/")).bearer(&token).key(&key);
        let plan =
            ask.header("x-system-secret", "let-me-pass").header("proxy-authorization", "Basic x").plan();
        for name in ["authorization", "x-api-key", "x-system-secret", "proxy-authorization"] {
            assert!(!reaches(&plan, name), "{auth} {name}");
        }
    }
}

#[test]
fn where_a_request_comes_from_is_what_the_platform_says() {
    let world = World::new();
    world.route(json!({ "auth": "none" }));
    let ask = world.get("/app/").host("auth.example.com").header("x-forwarded-for", "10.0.0.1");
    let ask = ask.header("x-forwarded-host", "evil.example").header("x-forwarded-proto", "gopher");
    let plan =
        ask.header("forwarded", "for=10.0.0.1").header("x-real-ip", "10.0.0.1").header("via", "x").plan();
    assert_eq!(set(&plan, "x-forwarded-for"), Some("203.0.113.7"));
    assert_eq!(set(&plan, "x-forwarded-host"), Some("auth.example.com"));
    assert_eq!(set(&plan, "x-forwarded-proto"), Some("https"));
    for name in ["forwarded", "x-real-ip", "via", "x-forwarded-for", "x-forwarded-host"] {
        assert!(plan.remove.contains(&name.to_owned()), "{name}");
    }
    for name in [
        "true-client-ip",
        "x-client-ip",
        "x-original-url",
        "x-rewrite-url",
        "x_forwarded_for",
        "x-forwarded-user",
    ] {
        let plan = world.get("/app/").header(name, "forged").plan();
        assert!(!reaches(&plan, name), "{name}");
    }
}

#[test]
fn everything_else_is_passed_on() {
    let world = World::new();
    world.route(json!({ "auth": "none" }));
    for name in [
        "accept",
        "range",
        "if-none-match",
        "content-type",
        "user-agent",
        "x-request-id",
        "origin",
        "upgrade",
    ] {
        let plan = world.get("/app/").header(name, "x").plan();
        assert!(reaches(&plan, name), "{name}");
    }
}

#[test]
fn only_safe_methods_are_tried_again() {
    let world = World::new();
    world.route(json!({ "auth": "none", "timeoutSeconds": 7 }));
    for (method, retries) in
        [("GET", 2), ("HEAD", 2), ("OPTIONS", 2), ("POST", 0), ("PUT", 0), ("DELETE", 0), ("PATCH", 0)]
    {
        let plan = world.ask(method, "/app/").plan();
        assert_eq!(plan.retries, retries, "{method}");
        assert_eq!(plan.timeout_ms, 7_000);
    }
    assert_eq!(world.get("/app/").header("upgrade", "websocket").plan().retries, 0);
}

#[test]
fn an_answer_for_one_caller_is_private() {
    let world = World::new();
    world.route(json!({ "auth": "optional" }));
    assert!(!world.get("/app/").plan().private);
    let token = world.session(&world.user("ada@example.com")).access;
    assert!(world.get("/app/").bearer(&token).plan().private);
}
