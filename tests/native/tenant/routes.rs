//! `v2/Routes`.

use serde_json::{Value, json};

use crate::harness::World;

const ROUTES: &str = "/tenant/home/v2/Routes";

fn spec(other: Value) -> Value {
    let mut spec = json!({ "name": "app", "path": "/app/", "origin": "http://origin.internal:9000" });
    spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    spec
}

#[test]
fn a_route_is_made_with_its_defaults() {
    let world = World::new();
    let admin = world.admin();
    let made = world.post(ROUTES).bearer(&admin).json(spec(json!({}))).send().is(201);
    let shape = json!({
        "id": made.json["id"], "name": "app", "host": null, "path": "/app/", "methods": null,
        "origin": "http://origin.internal:9000", "audience": "app", "auth": "required",
        "credentials": ["bearer", "cookie", "apiKey"], "roles": [], "scopes": [], "minimumPlan": null,
        "feature": null, "mfa": null, "dpop": false, "rateLimit": null, "timeoutSeconds": 30, "stripPrefix": false,
        "header": "X-Portcullis-Assertion", "mcp": false, "connection": null,
    });
    assert_eq!(made.json, shape);
    let path = format!("{ROUTES}/{}", made.str("/id"));
    assert_eq!(made.header("location"), Some(path.as_str()));
    assert_eq!(world.get(&path).bearer(&admin).send().is(200).json, shape);
    assert_eq!(world.get(ROUTES).bearer(&admin).send().is(200).json["items"], json!([shape]));
    let replaced = world.put(&path).bearer(&admin).json(spec(json!({ "timeoutSeconds": 5 }))).send().is(200);
    assert_eq!(replaced.json["timeoutSeconds"], 5);
    world.delete(&path).bearer(&admin).send().is(204);
    world.get(&path).bearer(&admin).send().is(404);
    world.put(&path).bearer(&admin).json(spec(json!({}))).send().is(404);
    world.delete(&path).bearer(&admin).send().is(404);
    for event in ["route.created", "route.changed", "route.deleted"] {
        assert_eq!(world.events(event), 1, "{event}");
    }
}

#[test]
fn what_a_route_says_is_kept_in_one_spelling() {
    let world = World::new();
    let body = spec(json!({
        "host": "APP.Example.com:8443", "path": "/%61pp/%c3%a9", "methods": ["get", "Post"],
        "rateLimit": { "requests": 100, "windowSeconds": 60 },
    }));
    let made = world.post(ROUTES).bearer(&world.admin()).json(body).send().is(201);
    assert_eq!(made.json["host"], "app.example.com:8443");
    assert_eq!(made.json["path"], "/app/%C3%A9");
    assert_eq!(made.json["methods"], json!(["GET", "POST"]));
    assert_eq!(made.json["rateLimit"], json!({ "requests": 100, "windowSeconds": 60, "key": "user" }));
}

#[test]
fn what_cannot_be_a_route_is_said_by_field() {
    let world = World::new();
    let admin = world.admin();
    for (other, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": "a b" }), "name"),
        (json!({ "path": "app" }), "path"),
        (json!({ "path": "/a//b" }), "path"),
        (json!({ "path": "/a/../b" }), "path"),
        (json!({ "path": "/a;b" }), "path"),
        (json!({ "path": "/a%2fb" }), "path"),
        (json!({ "host": "a/b" }), "host"),
        (json!({ "host": "user@a" }), "host"),
        (json!({ "origin": "http://xn--a.internal" }), "origin"),
        (json!({ "methods": [] }), "methods"),
        (json!({ "methods": ["TRACE"] }), "methods"),
        (json!({ "origin": "origin" }), "origin"),
        (json!({ "origin": "ftp://origin" }), "origin"),
        (json!({ "origin": "http://user:pass@origin" }), "origin"),
        (json!({ "origin": "http://origin/?x" }), "origin"),
        (json!({ "origin": "http://origin/#x" }), "origin"),
        (json!({ "origin": "https://auth.example.com/" }), "origin"),
        (json!({ "origin": "https://AUTH.example.com:443/x" }), "origin"),
        (json!({ "audience": "" }), "audience"),
        (json!({ "credentials": [] }), "credentials"),
        (json!({ "roles": ["KING"] }), "roles"),
        (json!({ "scopes": ["everything"] }), "scopes"),
        (json!({ "minimumPlan": "gold" }), "minimumPlan"),
        (json!({ "feature": "a b" }), "feature"),
        (json!({ "mfa": "maybe" }), "mfa"),
        (json!({ "rateLimit": { "requests": 0, "windowSeconds": 60 } }), "rateLimit"),
        (json!({ "rateLimit": { "requests": 1, "windowSeconds": 86_401 } }), "rateLimit"),
        (json!({ "timeoutSeconds": 0 }), "timeoutSeconds"),
        (json!({ "timeoutSeconds": 601 }), "timeoutSeconds"),
        (json!({ "header": "" }), "header"),
        (json!({ "header": "X Y" }), "header"),
        (json!({ "header": "X_Y" }), "header"),
        (json!({ "header": "Host" }), "header"),
        (json!({ "header": "cookie" }), "header"),
        (json!({ "header": "Content-Length" }), "header"),
    ] {
        let reply = world.post(ROUTES).bearer(&admin).json(spec(other.clone())).send().is(400);
        assert_eq!(reply.json["errors"][0]["field"], field, "{other}");
    }
    for other in [
        json!({ "auth": "maybe" }),
        json!({ "credentials": ["password"] }),
        json!({ "rateLimit": { "requests": -1, "windowSeconds": 60 } }),
        json!({ "rateLimit": { "requests": 1, "windowSeconds": 60, "burst": 2 } }),
        json!({ "rateLimit": [1, 60, "user"] }),
        json!({ "timeoutSeconds": 1.5 }),
        json!({ "unknown": 1 }),
        json!({ "id": "x" }),
    ] {
        world.post(ROUTES).bearer(&admin).json(spec(other)).send().is(400);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM routes"), 0);
}

#[test]
fn a_name_is_unique_in_its_tenant() {
    let world = World::new();
    let admin = world.admin();
    let other = world.tenant("b");
    let id = world.route(json!({}));
    world.post(ROUTES).bearer(&admin).json(spec(json!({}))).send().is(409);
    world.post("/tenant/b/v2/Routes").bearer(&other).json(spec(json!({}))).send().is(201);
    let second = world.route(json!({ "name": "second" }));
    world.put(&format!("{ROUTES}/{second}")).bearer(&admin).json(spec(json!({}))).send().is(409);
    world.get(&format!("/tenant/b/v2/Routes/{id}")).bearer(&other).send().is(404);
    world.put(&format!("/tenant/b/v2/Routes/{id}")).bearer(&other).json(spec(json!({}))).send().is(404);
    world.delete(&format!("/tenant/b/v2/Routes/{id}")).bearer(&other).send().is(404);
}

#[test]
fn the_isolate_that_made_a_route_sees_it_at_once_and_others_within_five_seconds() {
    let world = World::new();
    world.get("/app/").elsewhere().send().is(404);
    let id = world.route(json!({ "auth": "none" }));
    world.get("/app/").plan();
    world.get("/app/").elsewhere().send().is(404);
    world.advance(5);
    world.get("/app/").elsewhere().plan();
    world.delete(&format!("{ROUTES}/{id}")).bearer(&world.admin()).send().is(204);
    world.get("/app/").send().is(404);
    world.advance(5);
    world.get("/app/").elsewhere().send().is(404);
}

#[test]
fn a_list_pages() {
    let world = World::new();
    let admin = world.admin();
    for at in 0..5 {
        world.advance_ms(1);
        world.route(json!({ "name": format!("r{at}") }));
    }
    let first = world.get(&format!("{ROUTES}?limit=3")).bearer(&admin).send().is(200);
    let path = format!("{ROUTES}?limit=3&cursor={}", first.str("/nextCursor"));
    let second = world.get(&path).bearer(&admin).send().is(200);
    assert_eq!(second.json["items"][0]["name"], "r3");
    assert_eq!(second.json["items"].as_array().unwrap().len(), 2);
    assert_eq!(second.json["nextCursor"], Value::Null);
}

#[test]
fn a_name_outside_ascii_is_written_in_its_encoded_form() {
    let world = World::new();
    let admin = world.admin();
    for (field, other) in [
        ("host", json!({ "host": "m\u{fc}nchen.example" })),
        ("host", json!({ "host": "ｅｘａｍｐｌｅ.com:8443" })),
        ("origin", json!({ "origin": "https://m\u{fc}nchen.example" })),
        ("origin", json!({ "origin": "https://m\u{fc}nchen.example/b\u{e4}se" })),
    ] {
        let reply = world.post(ROUTES).bearer(&admin).json(spec(other.clone())).send().is(400);
        assert_eq!(reply.str("/errors/0/field"), field, "{other}");
        let detail = reply.str("/errors/0/detail");
        assert!(detail.contains("ASCII") && detail.contains("xn--"), "{detail}");
    }
    for origin in ["https://xn--a.example", "https://xn--.example"] {
        let reply = world.post(ROUTES).bearer(&admin).json(spec(json!({ "origin": origin }))).send().is(400);
        assert!(reply.str("/errors/0/detail").contains("xn--"), "{origin}");
    }
    let body = spec(json!({
        "host": "XN--mnchen-3ya.example", "origin": "https://xn--mnchen-3ya.example/b%C3%A4r",
    }));
    let made = world.post(ROUTES).bearer(&admin).json(body).send().is(201);
    assert_eq!(made.json["host"], "xn--mnchen-3ya.example");
}
