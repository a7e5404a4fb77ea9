//! `v2/Tenants/{id}`: one tenant is read, changed, suspended and deleted.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Reply, World};

const TENANTS: &str = "/tenant/home/v2/Tenants";
const B: &str = "/tenant/home/v2/Tenants/b";

fn change(world: &World, path: &str, body: Value) -> Reply {
    world.patch(path).bearer(&world.admin()).json(body).send()
}

#[test]
fn a_tenant_is_read_and_changed() {
    let world = World::new();
    world.tenant("b");
    let shape = |name: &str, status: &str, host: Value| {
        json!({
            "id": "b", "name": name, "status": status, "host": host, "enterprise": false,
            "createdAt": "2026-05-01T12:00:00Z", "trial": null,
        })
    };
    let read = || world.get(B).bearer(&world.admin()).send().is(200).json;
    assert_eq!(read(), shape("Tenant b", "active", json!(null)));
    for (body, wanted) in [
        (json!({ "name": "Bee" }), shape("Bee", "active", json!(null))),
        (json!({ "host": "Login.B.example" }), shape("Bee", "active", json!("login.b.example"))),
        (json!({}), shape("Bee", "active", json!("login.b.example"))),
        (json!({ "host": "b.example:8443" }), shape("Bee", "active", json!("b.example:8443"))),
        (json!({ "status": "suspended" }), shape("Bee", "suspended", json!("b.example:8443"))),
        (json!({ "status": "active", "host": null }), shape("Bee", "active", json!(null))),
    ] {
        assert_eq!(change(&world, B, body).is(200).json, wanted);
        assert_eq!(read(), wanted);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM tenant_hosts"), 0);
    assert_eq!(world.events("tenant.changed"), 6);
    let list = world.get(TENANTS).bearer(&world.admin()).send().is(200);
    assert_eq!(list.json["items"][0], shape("Bee", "active", json!(null)));
}

#[test]
fn a_host_counts_at_once_and_the_one_before_no_more() {
    let world = World::new();
    world.tenant("b");
    let at = |host: &str| world.get("/tenant/b/login").host(host).status();
    assert_eq!(at("auth.example.com"), 200);
    let keys = |host: &str| world.get("/.well-known/jwks.json").host(host).send().is(200).text;
    let (home, own) = (keys("auth.example.com"), world.get("/tenant/b/.well-known/jwks.json").send().text);
    change(&world, B, json!({ "host": "one.example" })).is(200);
    assert_eq!(keys("one.example"), own);
    change(&world, B, json!({ "host": "two.example" })).is(200);
    assert_eq!((keys("one.example"), keys("two.example")), (home, own));
}

#[test]
fn a_change_that_cannot_be_changes_nothing() {
    let world = World::new();
    world.tenant("b");
    world.tenant("c");
    change(&world, "/tenant/home/v2/Tenants/c", json!({ "host": "c.example" })).is(200);
    change(&world, B, json!({ "host": "b.example" })).is(200);
    for (path, body, status) in [
        (B, json!({ "name": "" }), 400),
        (B, json!({ "name": 7 }), 400),
        (B, json!({ "status": "deleted" }), 400),
        (B, json!({ "host": "b/c" }), 400),
        (B, json!({ "host": "auth.example.com" }), 400),
        (B, json!({ "id": "x" }), 400),
        (B, json!({ "directory": "home" }), 400),
        (B, json!({ "host": "c.example", "name": "x", "status": "suspended" }), 409),
        ("/tenant/home/v2/Tenants/home", json!({ "status": "suspended" }), 409),
        ("/tenant/home/v2/Tenants/none", json!({ "name": "x" }), 404),
    ] {
        change(&world, path, body).is(status);
    }
    let read = world.get(B).bearer(&world.admin()).send().is(200).json;
    assert_eq!(
        (&read["name"], &read["status"], &read["host"]),
        (&json!("Tenant b"), &json!("active"), &json!("b.example"))
    );
    assert_eq!(world.events("tenant.changed"), 2);
}

#[test]
fn one_that_is_suspended_is_there_for_the_operator_alone() {
    let world = World::new();
    let admin = world.tenant("b");
    let user = world.user_with("b", "ada@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let key = world
        .post("/tenant/b/v2/ApiKeys")
        .bearer(&admin)
        .json(json!({ "name": "k", "scopes": ["read", "write"], "roles": ["ADMIN"] }))
        .send()
        .is(201)
        .str("/apiKey");
    // With its host it gets another issuer, so the tokens are made after that.
    change(&world, B, json!({ "host": "b.example" })).is(200);
    let tokens = world.session(&user);
    let cookie = world.cookie(&user);
    world.put_client("b", "robot", &json!({ "grant_types": ["client_credentials"], "roles": ["ADMIN"] }));
    let robot = world.own_token("b", "robot", "read");
    world
        .post("/auth/forgot-password")
        .tenant("b")
        .json(json!({ "email": "ada@example.com" }))
        .send()
        .is(200);
    let link = world.mailed_token("ada@example.com");
    world.get("/tenant/b/v2/Users").key(&key).elsewhere().send().is(200);
    change(&world, B, json!({ "status": "suspended" })).is(200);
    let nothing = || {
        for path in ["login", "logout", ".well-known/jwks.json", "v2/Users", "v2/Settings", "v2/Tenants"] {
            let path = format!("/tenant/b/{path}");
            world.get(&path).send().is(404);
            world.get(&path).bearer(&admin).send().is(404);
            world.get(&path).key(&key).send().is(404);
            world.get(&path).bearer(&robot).send().is(404);
            world.get(&path).bearer(&tokens.access).cookie(&cookie).fresh().send().is(404);
        }
        let login = json!({ "email": "ada@example.com", "password": PASSWORD });
        world.post("/auth/login").tenant("b").json(login.clone()).send().is(404);
        world.post("/auth/login").host("b.example").json(login.clone()).send().is(404);
        world.post("/auth/login").json(login).send().is(401);
        let refresh = json!({ "refresh_token": tokens.refresh });
        world.post("/auth/refresh").tenant("b").json(refresh.clone()).send().is(404);
        world.post("/auth/refresh").json(refresh).send().is(401);
        world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
        world.get("/tenant/home/v2/Users").key(&key).send().is(401);
        let reset = json!({ "token": link, "password": "a new password" });
        world.post("/auth/reset-password").json(reset).send().is(400);
        world.get("/any/where").host("b.example").send().is(404);
    };
    nothing();
    world.advance(5);
    world.get("/tenant/b/v2/Users").key(&key).elsewhere().send().is(404);
    // It comes back as it was.
    change(&world, B, json!({ "status": "active" })).is(200);
    world.get("/tenant/b/v2/Users").key(&key).send().is(200);
    world.get("/api/auth/me").bearer(&tokens.access).tenant("b").send().is(200);
    let reset = json!({ "token": link, "password": "a new password" });
    world.post("/auth/reset-password").json(reset).send().is(200);
}

#[test]
fn home_is_neither_suspended_nor_deleted() {
    let world = World::new();
    let home = "/tenant/home/v2/Tenants/home";
    change(&world, home, json!({ "status": "suspended" })).is(409);
    world.delete(home).bearer(&world.admin()).send().is(409);
    change(&world, home, json!({ "name": "Head office", "status": "active" })).is(200);
}

#[test]
fn one_that_is_deleted_is_gone_and_its_id_is_free() {
    let world = World::new();
    let admin = world.tenant("b");
    change(&world, B, json!({ "host": "b.example" })).is(200);
    world.delete(B).bearer(&world.admin()).send().is(204);
    world.delete(B).bearer(&world.admin()).send().is(404);
    world.get(B).bearer(&world.admin()).send().is(404);
    world.get("/tenant/b/v2/Users").bearer(&admin).send().is(404);
    let told = world.sql("SELECT * FROM audit WHERE event LIKE 'tenant.%'");
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["tenant_id"], &told[0]["subject"]), (&json!("home"), &json!("b")));
    assert_eq!(told[0]["event"], "tenant.deleted");
    let again = json!({ "id": "b", "name": "B", "host": "b.example" });
    world.post(TENANTS).bearer(&world.admin()).json(again).send().is(201);
    // What the first one signed is nobody's here.
    world.get("/tenant/b/v2/Users").bearer(&admin).send().is(401);
}

#[test]
fn nobody_but_the_operator_reaches_a_tenant() {
    let world = World::new();
    let other = world.tenant("b");
    let boss = world.user_with("home", "boss@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let boss = world.session(&boss).access;
    let body = json!({ "name": "k", "scopes": ["read", "write"], "roles": ["ADMIN"] });
    let key = world.post("/tenant/home/v2/ApiKeys").bearer(&world.admin()).json(body).send().is(201);
    let key = key.str("/apiKey");
    for method in ["GET", "PATCH", "DELETE"] {
        let ask = |path: &str| world.ask(method, path).json(json!({ "status": "suspended" }));
        ask(B).bearer(&boss).send().is(403);
        ask(B).bearer(&other).send().is(403);
        ask("/tenant/b/v2/Tenants/b").bearer(&other).send().is(403);
        ask(B).key(&key).send().is(401);
        ask(B).send().is(401);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM tenants WHERE status = 'active' AND id = 'b'"), 1);
}

#[test]
fn of_many_who_make_one_tenant_at_once_one_does_and_all_of_it() {
    let world = World::new();
    let operator = world.admin();
    let ask = |at: usize| {
        let admin = json!({ "email": format!("boss{at}@b.example"), "password": PASSWORD });
        let body = json!({ "id": "b", "name": "B", "host": "b.example", "admin": admin });
        world.post(TENANTS).bearer(&operator).json(body)
    };
    let replies = world.together((0..6).map(ask).collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 5);
    for (table, rows) in [("users", 1), ("roles", 3), ("tenant_hosts", 1), ("audit", 2)] {
        let counted = format!("SELECT count(*) AS n FROM {table} WHERE tenant_id = 'b'");
        assert_eq!(world.number(&counted), rows, "{table}");
    }
}
