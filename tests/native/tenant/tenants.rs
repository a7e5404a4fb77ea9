//! `v2/Tenants`, and which tenant a request is for.

use serde_json::json;

use crate::harness::{PASSWORD, World};

const TENANTS: &str = "/tenant/home/v2/Tenants";

#[test]
fn the_operator_makes_a_tenant_with_the_first_roles() {
    let world = World::new();
    let operator = world.admin();
    let body = json!({ "id": "acme", "name": "Acme", "host": "login.acme.example" });
    let made = world.post(TENANTS).bearer(&operator).json(body).send().is(201);
    let shape = json!({
        "id": "acme", "name": "Acme", "status": "active", "host": "login.acme.example",
        "enterprise": false, "createdAt": "2026-05-01T12:00:00Z", "trial": null,
    });
    assert_eq!(made.json, shape);
    assert_eq!(made.header("location"), Some("/tenant/home/v2/Tenants/acme"));
    let listed = world.get(TENANTS).bearer(&operator).send().is(200);
    assert_eq!(listed.json["items"][0], shape);
    assert_eq!(world.number("SELECT count(*) AS n FROM roles WHERE tenant_id = 'acme'"), 3);
    assert_eq!(world.events("tenant.created"), 1);
    let unnamed = world.post(TENANTS).bearer(&operator).json(json!({ "name": "No id" })).send().is(201);
    assert_eq!(unnamed.str("/id").len(), 36);
}

#[test]
fn a_tenant_comes_with_its_first_administrator_or_not_at_all() {
    let world = World::new();
    let operator = world.admin();
    let with = |id: &str, admin: serde_json::Value| {
        world.post(TENANTS).bearer(&operator).json(json!({ "id": id, "name": id, "admin": admin })).send()
    };
    with("acme", json!({ "email": "boss@acme.example", "password": PASSWORD })).is(201);
    let body = json!({ "email": "boss@acme.example", "password": PASSWORD });
    let token = world.post("/auth/login").tenant("acme").json(body).send().is(200).str("/access_token");
    world.get("/tenant/acme/v2/Users").bearer(&token).send().is(200);
    world.get(TENANTS).bearer(&token).send().is(403);
    for bad in [
        json!({ "email": "boss", "password": PASSWORD }),
        json!({ "email": "boss@b.example", "password": "short" }),
        json!({ "email": "boss@b.example", "password": PASSWORD, "roles": ["KING"] }),
        json!({ "email": "boss@b.example", "password": PASSWORD, "operator": true }),
        json!(["boss@b.example", PASSWORD, null]),
    ] {
        with("b", bad).is(400);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM tenants WHERE id = 'b'"), 0);
}

#[test]
fn nobody_but_the_operator_makes_tenants() {
    let world = World::new();
    let other = world.tenant("b");
    let admin = world.user_with("home", "ada@example.com", |user| user.roles = vec!["ADMIN".into()]);
    world.post(TENANTS).bearer(&world.session(&admin).access).json(json!({ "name": "x" })).send().is(403);
    world.get(TENANTS).bearer(&world.session(&admin).access).send().is(403);
    world.get("/tenant/b/v2/Tenants").bearer(&other).send().is(403);
    world.get("/tenant/b/v2/Tenants").bearer(&world.admin()).send().is(403);
}

#[test]
fn what_cannot_be_a_tenant_is_refused() {
    let world = World::new();
    let operator = world.admin();
    for body in [
        json!({ "id": "A", "name": "x" }),
        json!({ "id": "-a", "name": "x" }),
        json!({ "id": "", "name": "x" }),
        json!({ "id": "a".repeat(41), "name": "x" }),
        json!({ "id": "a", "name": "" }),
        json!({ "id": "a", "name": "x", "host": "a/b" }),
        json!({ "id": "a", "name": "x", "host": "a b" }),
        json!({ "id": "a", "name": "x", "host": "" }),
        json!({ "id": "a", "name": "x", "host": "auth.example.com" }),
        json!({ "id": "a", "name": "x\u{0}" }),
        json!({ "id": "a", "name": "x", "directory": "home" }),
    ] {
        world.post(TENANTS).bearer(&operator).json(body).send().is(400);
    }
    world.post(TENANTS).bearer(&operator).json(json!({ "id": "home", "name": "x" })).send().is(409);
}

#[test]
fn a_host_outside_ascii_is_told_how_to_be_written() {
    let world = World::new();
    let operator = world.admin();
    let make = |host: &str| {
        world.post(TENANTS).bearer(&operator).json(json!({ "id": "a", "name": "x", "host": host })).send()
    };
    let detail = make("m\u{fc}nchen.example").is(400).str("/errors/0/detail");
    assert!(detail.contains("ASCII") && detail.contains("xn--"), "{detail}");
    make("xn--mnchen-3ya.example").is(201);
}

#[test]
fn a_tenant_whose_host_is_taken_is_not_made() {
    let world = World::new();
    let operator = world.admin();
    let with_host = |id: &str| {
        let body = json!({ "id": id, "name": id, "host": "login.acme.example" });
        world.post(TENANTS).bearer(&operator).json(body).send()
    };
    with_host("acme").is(201);
    with_host("second").is(409);
    assert_eq!(world.number("SELECT count(*) AS n FROM tenants WHERE id = 'second'"), 0);
    assert_eq!(world.number("SELECT count(*) AS n FROM roles WHERE tenant_id = 'second'"), 0);
    assert_eq!(world.events("tenant.created"), 1);
}

#[test]
fn the_path_names_the_tenant_then_the_host_then_the_header_then_it_is_home() {
    let world = World::new();
    let operator = world.admin();
    for (id, host) in [("acme", json!("login.acme.example")), ("b", json!(null))] {
        let body = json!({ "id": id, "name": id, "host": host });
        world.post(TENANTS).bearer(&operator).json(body).send().is(201);
    }
    let issued = |ask: crate::harness::Ask<'_>| {
        let jwks = ask.send().is(200).text;
        let tenants = ["home", "acme", "b"];
        let own = |id: &&&str| {
            world.get(&format!("/tenant/{id}/.well-known/jwks.json")).send().is(200).text == jwks
        };
        (*tenants.iter().find(own).unwrap()).to_owned()
    };
    let keys = "/.well-known/jwks.json";
    assert_eq!(issued(world.get(keys)), "home");
    assert_eq!(issued(world.get(keys).tenant("b")), "b");
    assert_eq!(issued(world.get(keys).host("login.acme.example")), "acme");
    assert_eq!(issued(world.get(keys).host("login.acme.example").tenant("b")), "acme");
    let path = "/tenant/b/.well-known/jwks.json";
    assert_eq!(issued(world.get(path).host("login.acme.example").tenant("home")), "b");
}

#[test]
fn a_suspended_tenant_is_not_there_within_five_seconds() {
    let world = World::new();
    let admin = world.tenant("b");
    let user = world.user_with("b", "ada@example.com", |_| {});
    let tokens = world.session(&user);
    world.get("/api/auth/me").tenant("b").bearer(&tokens.access).send().is(200);
    world.sql("UPDATE tenants SET status = 'suspended' WHERE id = 'b'");
    world.advance(5);
    world.get("/api/auth/me").tenant("b").bearer(&tokens.access).send().is(404);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
    world.get("/tenant/b/v2/Users").bearer(&admin).send().is(404);
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    world.post("/auth/login").tenant("b").json(body).send().is(404);
}
