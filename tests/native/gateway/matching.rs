//! Which route decides.

use serde_json::json;

use crate::harness::World;

fn world() -> World {
    let world = World::new();
    for (name, other) in [
        ("all", json!({ "path": "/" })),
        ("app", json!({ "path": "/app" })),
        ("api", json!({ "path": "/app/api/" })),
        ("hosted", json!({ "path": "/", "host": "shop.example.com" })),
        ("read", json!({ "path": "/doc", "methods": ["GET", "HEAD"] })),
        ("write", json!({ "path": "/doc/", "methods": ["PUT"] })),
    ] {
        let mut spec = json!({ "name": name, "auth": "none", "origin": format!("http://{name}.internal") });
        spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        world.route(spec);
    }
    world
}

#[test]
fn the_longest_path_wins_and_a_host_match_before_none() {
    let world = world();
    for (host, path, name) in [
        ("x", "/", "all"),
        ("x", "/apple", "all"),
        ("x", "/app", "app"),
        ("x", "/app/", "app"),
        ("x", "/app/apis", "app"),
        ("x", "/app/api", "api"),
        ("x", "/app/api/v1", "api"),
        ("shop.example.com", "/app/api/v1", "hosted"),
        ("SHOP.example.com", "/", "hosted"),
        ("shop.example.com:8443", "/", "all"),
    ] {
        let plan = world.get(path).host(host).plan();
        assert!(plan.url.starts_with(&format!("http://{name}.internal/")), "{host}{path}: {}", plan.url);
    }
}

#[test]
fn methods_choose_among_routes_of_one_path() {
    let world = world();
    assert!(world.get("/doc/1").plan().url.starts_with("http://read.internal/"));
    assert!(world.put("/doc/1").plan().url.starts_with("http://write.internal/"));
}

#[test]
fn a_method_that_the_longest_path_does_not_name_falls_through_to_nothing() {
    let reply = world().delete("/doc/1").send().is(405);
    assert_eq!(reply.header("allow"), Some("GET, HEAD, PUT"));
    assert_eq!(reply.json["code"], "METHOD_NOT_ALLOWED");
}

#[test]
fn without_a_route_there_is_nothing() {
    let world = World::new();
    let reply = world.get("/users/123").send().is(404);
    assert_eq!(reply.json["code"], "NOT_FOUND");
    let page = world.get("/users/123").navigating().send().is(404);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
}

#[test]
fn a_path_beside_those_of_a_surface_is_the_origins() {
    let world = world();
    for path in ["/users/123", "/auth/other", "/api/auth", "/tenant/home", "/AUTH/login", "/healthz/"] {
        world.get(path).plan();
    }
}

#[test]
fn a_tenants_routes_are_its_own() {
    let world = world();
    let admin = world.tenant("b");
    let body = json!({ "name": "app", "path": "/", "origin": "http://b.internal", "auth": "none" });
    world.get("/app").tenant("b").send().is(404);
    world.post("/tenant/b/v2/Routes").bearer(&admin).json(body).send().is(201);
    assert_eq!(world.get("/app").tenant("b").plan().url, "http://b.internal/app");
    assert_eq!(world.get("/app").plan().url, "http://app.internal/app");
    world.get("/app").tenant("nobody").send().is(404);
    world.get("/app").tenant("../home").send().is(404);
}
