//! Which host a request is for, and which one origins are told.

use serde_json::json;

use crate::harness::{Ask, World, set};

fn world() -> World {
    let world = World::new();
    let admin = world.tenant("acme");
    let body = json!({ "name": "app", "path": "/app/", "origin": "http://acme.internal", "auth": "none" });
    world.post("/tenant/acme/v2/Routes").bearer(&admin).json(body).send().is(201);
    let path = "/tenant/home/v2/Tenants/acme";
    world.patch(path).bearer(&world.admin()).json(json!({ "host": "acme.example" })).send().is(200);
    world.route(json!({ "auth": "none" }));
    world.route(json!({ "auth": "none", "name": "shop", "host": "shop.example" }));
    world
}

#[test]
fn a_host_is_the_same_in_each_spelling() {
    let world = world();
    for host in [
        "acme.example",
        "acme.example.",
        "ACME.example",
        "acme.example:80",
        "acme.example:443",
        "acme.example.:443",
    ] {
        let plan = world.get("/app/").host(host).plan();
        assert_eq!(plan.url, "http://acme.internal/app/", "{host}");
        assert_eq!(set(&plan, "x-forwarded-host"), Some("acme.example"), "{host}");
        // What is ours there is the tenant's as well.
        let keys = |ask: Ask<'_>| ask.send().is(200).json;
        let own = keys(world.get("/tenant/acme/.well-known/jwks.json"));
        assert_eq!(keys(world.get("/.well-known/jwks.json").host(host)), own, "{host}");
    }
    for host in ["acme.example:8443", "xacme.example", "acme.example.evil"] {
        assert_eq!(world.get("/app/").host(host).plan().url, "http://origin.internal:9000/app/", "{host}");
    }
    for host in ["shop.example", "shop.example.", "shop.example:443"] {
        assert_eq!(set(&world.get("/app/").host(host).plan(), "x-forwarded-host"), Some("shop.example"));
    }
}

#[test]
fn an_origin_is_told_no_host_that_is_not_ours() {
    let world = world();
    for host in
        ["evil.example", "auth.example.com.evil", "acme.example:8443", "evil.example:443", "localhost:9000"]
    {
        for tenant in [None, Some("home"), Some("acme")] {
            let ask = world.get("/app/").host(host);
            let ask = if let Some(id) = tenant { ask.tenant(id) } else { ask };
            assert_eq!(set(&ask.plan(), "x-forwarded-host"), Some("auth.example.com"), "{host} {tenant:?}");
        }
    }
    for (host, told) in [
        ("auth.example.com", "auth.example.com"),
        ("auth.example.com.", "auth.example.com"),
        ("AUTH.example.com:443", "auth.example.com"),
        ("acme.example", "acme.example"),
    ] {
        let plan = world.get("/app/").host(host).tenant("home").plan();
        assert_eq!(set(&plan, "x-forwarded-host"), Some(told), "{host}");
    }
}

#[test]
fn a_host_is_kept_in_its_one_spelling() {
    let world = world();
    let path = "/tenant/home/v2/Tenants/acme";
    let change = |host: &str| world.patch(path).bearer(&world.admin()).json(json!({ "host": host })).send();
    assert_eq!(change("Login.Acme.example.:443").is(200).json["host"], "login.acme.example");
    assert_eq!(change("acme.example:8443").is(200).json["host"], "acme.example:8443");
    for own in ["auth.example.com", "auth.example.com.", "AUTH.example.com:443", "auth.example.com.:80"] {
        change(own).is(400);
    }
}

#[test]
fn a_form_of_ours_is_ours_in_each_spelling_of_the_host() {
    let world = World::new();
    world.route(json!({}));
    let cookie = world.cookie(&world.user("ada@example.com"));
    for (host, origin, status) in [
        ("auth.example.com.", "https://auth.example.com.", 200),
        ("auth.example.com:443", "https://auth.example.com", 200),
        ("auth.example.com", "https://auth.example.com.", 200),
        ("auth.example.com", "https://auth.example.com:8443", 403),
        ("auth.example.com:443", "https://evil.example", 403),
        ("auth.example.com.", "null", 403),
    ] {
        let ask = world.post("/app/").host(host).cookie(&cookie).header("origin", origin);
        assert_eq!(ask.status(), status, "{host} {origin}");
    }
}
