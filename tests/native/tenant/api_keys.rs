//! `v2/ApiKeys`.

use serde_json::{Value, json};

use crate::harness::{Reply, World, claims, set};

const KEYS: &str = "/tenant/home/v2/ApiKeys";

fn make(world: &World, body: Value) -> Reply {
    world.post(KEYS).bearer(&world.admin()).json(body).send()
}

#[test]
fn a_tenants_own_key_is_made_listed_read_and_revoked() {
    let world = World::new();
    let admin = world.admin();
    let body = json!({
        "name": "deploy", "scopes": ["write", "read"], "roles": ["TECHNICIAN", "MANAGER"],
        "expiresAt": "2030-01-31T00:00:00Z",
    });
    let made = make(&world, body).is(201);
    let key = made.str("/apiKey");
    let shape = json!({
        "id": made.json["id"], "name": "deploy", "scopes": ["read", "write"], "roles": ["MANAGER", "TECHNICIAN"],
        "userId": null, "prefix": made.json["prefix"], "createdAt": "2026-05-01T12:00:00Z", "lastUsedAt": null,
        "expiresAt": "2030-01-31T00:00:00Z",
    });
    let mut shown = shape.clone();
    shown["apiKey"] = key.clone().into();
    assert_eq!(made.json, shown);
    assert!(key.starts_with(&made.str("/prefix")));
    let path = format!("{KEYS}/{}", made.str("/id"));
    assert_eq!(made.header("location"), Some(path.as_str()));
    assert_eq!(world.get(&path).bearer(&admin).send().is(200).json, shape);
    let listed = world.get(KEYS).bearer(&admin).send().is(200);
    assert_eq!(listed.json, json!({ "items": [shape], "nextCursor": null }));
    world.delete(&path).bearer(&admin).send().is(204);
    world.delete(&path).bearer(&admin).send().is(404);
    world.get(&path).bearer(&admin).send().is(404);
    assert_eq!(world.get(KEYS).bearer(&admin).send().json["items"], json!([]));
    assert_eq!((world.events("api_key.created"), world.events("api_key.revoked")), (1, 1));
}

#[test]
fn an_origin_sees_a_tenants_own_key_as_itself() {
    let world = World::new();
    world.route(json!({ "roles": ["TECHNICIAN"] }));
    let made = make(&world, json!({ "name": "k", "scopes": ["read", "a:b"], "roles": ["MANAGER"] })).is(201);
    let plan = world.get("/app/").key(&made.str("/apiKey")).plan();
    let said = claims(set(&plan, "x-portcullis-assertion").unwrap());
    assert_eq!(said["sub"], made.json["id"]);
    assert_eq!(said["act"], json!({ "sub": made.json["id"] }));
    assert_eq!(said["roles"], json!(["MANAGER"]));
    assert_eq!(said["scope"], "a:b read");
    assert_eq!(said.get("sid"), None);
    let none = make(&world, json!({ "name": "k", "scopes": ["read"] })).is(201).str("/apiKey");
    world.get("/app/").key(&none).send().is(403);
}

#[test]
fn a_key_on_behalf_of_a_user_has_the_users_rights_and_end() {
    let world = World::new();
    world.route(json!({}));
    let user = world.user_with("home", "ada@example.com", |user| user.roles = vec!["MANAGER".into()]);
    let made = make(&world, json!({ "name": "k", "scopes": ["read"], "userId": user.id })).is(201);
    assert_eq!(made.json["userId"], user.id);
    assert_eq!(made.json["roles"], json!([]));
    let key = made.str("/apiKey");
    let plan = world.get("/app/").key(&key).plan();
    let said = claims(set(&plan, "x-portcullis-assertion").unwrap());
    assert_eq!(said["sub"], user.id);
    assert_eq!(said["act"], json!({ "sub": made.json["id"] }));
    assert_eq!(said["roles"], json!(["MANAGER"]));
    // Its user sees it and can revoke it, and so can an administrator.
    let own = world.session(&user).access;
    let listed = world.get("/api/auth/api-keys").bearer(&own).send().is(200);
    assert_eq!(listed.json["data"]["items"][0]["id"], made.json["id"]);
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.patch(&path).bearer(&world.admin()).json(json!({ "status": "disabled" })).send().is(200);
    world.get("/app/").key(&key).send().is(401);
    world.patch(&path).bearer(&world.admin()).json(json!({ "status": "active" })).send().is(200);
    world.get("/app/").key(&key).plan();
    world.delete(&format!("{KEYS}/{}", made.str("/id"))).bearer(&world.admin()).send().is(204);
    world.get("/app/").key(&key).send().is(401);
}

#[test]
fn a_key_administers_with_the_role_and_within_its_scopes() {
    let world = World::new();
    let boss = world.user_with("home", "boss@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let user = world.user("ada@example.com");
    let key = |body| make(&world, body).is(201).str("/apiKey");
    let users = "/tenant/home/v2/Users";
    let cases = [
        (json!({ "name": "k", "scopes": ["read", "write"], "roles": ["ADMIN"] }), 200, 201),
        (json!({ "name": "k", "scopes": ["read"], "roles": ["ADMIN"] }), 200, 403),
        (json!({ "name": "k", "scopes": ["write"], "roles": ["ADMIN"] }), 403, 201),
        (json!({ "name": "k", "scopes": ["users:read"], "roles": ["ADMIN"] }), 403, 403),
        (json!({ "name": "k", "scopes": ["read", "write"], "roles": ["MANAGER"] }), 403, 403),
        (json!({ "name": "k", "scopes": ["read", "write"] }), 403, 403),
        (json!({ "name": "k", "scopes": ["read", "write"], "userId": boss.id }), 200, 201),
        (json!({ "name": "k", "scopes": ["read", "write"], "userId": user.id }), 403, 403),
    ];
    for (at, (body, reads, writes)) in cases.into_iter().enumerate() {
        let key = key(body.clone());
        assert_eq!(world.get(users).key(&key).status(), reads, "{body}");
        let new = json!({ "email": format!("new{at}@example.com") });
        assert_eq!(world.post(users).key(&key).json(new).status(), writes, "{body}");
        // Neither the session API nor what is the operator's is opened by a key.
        world.get("/api/auth/me").key(&key).send().is(401);
        world.get("/tenant/home/v2/Tenants").key(&key).send().is(401);
    }
    let actor = "SELECT actor AS n FROM audit WHERE event = 'user.created' ORDER BY id LIMIT 1";
    let first = world.sql("SELECT id FROM api_keys ORDER BY id LIMIT 100");
    let actor = world.sql(actor).pop().unwrap()["n"].clone();
    assert!(first.iter().any(|key| key["id"] == actor), "{actor}");
}

#[test]
fn a_key_that_was_sent_counts_before_a_token() {
    let world = World::new();
    let admin = world.admin();
    world.get("/tenant/home/v2/Users").key("pc_nonsense").bearer(&admin).send().is(401);
}

#[test]
fn nobody_but_the_operator_makes_a_key_that_acts_for_the_operator() {
    let world = World::new();
    let operator = world.admin();
    let id = claims(&operator)["sub"].clone();
    let boss = world.user_with("home", "boss@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let body = json!({ "name": "k", "scopes": ["read", "write"], "userId": id });
    world.post(KEYS).bearer(&world.session(&boss).access).json(body.clone()).send().is(409);
    world.post(KEYS).bearer(&operator).json(body).send().is(201);
}

#[test]
fn what_cannot_be_a_key_is_said_by_field() {
    let world = World::new();
    world.tenant("b");
    let foreign = world.user_with("b", "eve@b.example", |_| {});
    let user = world.user("ada@example.com");
    for (body, field) in [
        (json!({ "name": "", "scopes": ["read"] }), "name"),
        (json!({ "name": "k", "scopes": ["admin"] }), "scopes"),
        (json!({ "name": "k", "scopes": ["openid"] }), "scopes"),
        (json!({ "name": "k", "scopes": ["read"], "roles": ["KING"] }), "roles"),
        (json!({ "name": "k", "scopes": ["read"], "roles": ["ADMIN"], "userId": user.id }), "roles"),
        (json!({ "name": "k", "scopes": ["read"], "userId": "nobody" }), "userId"),
        (json!({ "name": "k", "scopes": ["read"], "userId": foreign.id }), "userId"),
        (json!({ "name": "k", "scopes": ["read"], "expiresAt": "2020-01-01T00:00:00Z" }), "expiresAt"),
    ] {
        let reply = make(&world, body).is(400);
        assert_eq!(reply.json["errors"][0]["field"], field);
    }
    for unknown in ["id", "tenantId", "apiKey", "prefix", "hash"] {
        make(&world, json!({ "name": "k", "scopes": ["read"], unknown: "x" })).is(400);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM api_keys"), 0);
}

#[test]
fn a_role_that_a_key_holds_is_not_removed() {
    let world = World::new();
    let made = make(&world, json!({ "name": "k", "scopes": ["read"], "roles": ["MANAGER"] })).is(201);
    let role = "/tenant/home/v2/Roles/MANAGER";
    world.delete(role).bearer(&world.admin()).send().is(409);
    world.delete(&format!("{KEYS}/{}", made.str("/id"))).bearer(&world.admin()).send().is(204);
    world.put_client("home", "robot", &json!({ "roles": ["MANAGER"] }));
    world.delete(role).bearer(&world.admin()).send().is(409);
    world.sql("DELETE FROM clients");
    world.delete(role).bearer(&world.admin()).send().is(204);
}

#[test]
fn every_key_of_one_tenant_is_404_from_another() {
    let world = World::new();
    let made = make(&world, json!({ "name": "k", "scopes": ["read"], "roles": ["ADMIN"] })).is(201);
    let b = world.tenant("b");
    let path = format!("/tenant/b/v2/ApiKeys/{}", made.str("/id"));
    world.get(&path).bearer(&b).send().is(404);
    world.delete(&path).bearer(&b).send().is(404);
    assert_eq!(world.get("/tenant/b/v2/ApiKeys").bearer(&b).send().json["items"], json!([]));
    world.get("/tenant/b/v2/Users").key(&made.str("/apiKey")).send().is(403);
    world.get("/tenant/home/v2/Users").key(&made.str("/apiKey")).send().is(200);
}

#[test]
fn a_tenant_has_at_most_a_thousand_keys_of_its_own() {
    let world = World::new();
    world.sql(
        "INSERT INTO api_keys (id, tenant_id, name, prefix, hash, scopes, created_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
         SELECT 'k' || i, 'home', 'k', 'pc', 'h', '[]', 0 FROM n",
    );
    make(&world, json!({ "name": "k", "scopes": ["read"] })).is(409);
    let user = world.user("ada@example.com");
    make(&world, json!({ "name": "k", "scopes": ["read"], "userId": user.id })).is(201);
}
