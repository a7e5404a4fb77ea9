//! `v2/Users`.

use portcullis::model::state::UserStatus;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, World};

const USERS: &str = "/tenant/home/v2/Users";

#[test]
fn a_user_is_made_read_changed_and_deleted() {
    let world = World::new();
    let admin = world.admin();
    let body = json!({
        "email": "Ada@Example.com", "password": PASSWORD, "name": "Ada", "roles": ["TECHNICIAN", "ADMIN"],
        "emailVerified": true,
    });
    let made = world.post(USERS).bearer(&admin).json(body).send().is(201);
    let path = format!("{USERS}/{}", made.str("/id"));
    assert_eq!(made.header("location"), Some(path.as_str()));
    let shape = json!({
        "id": made.json["id"], "email": "Ada@example.com", "emailVerified": true, "name": "Ada",
        "roles": ["ADMIN", "TECHNICIAN"], "plan": null, "mfa": "none", "status": "active",
        "createdAt": "2026-05-01T12:00:00Z", "lastLoginAt": null,
    });
    assert_eq!(made.json, shape);
    assert_eq!(world.get(&path).bearer(&admin).send().is(200).json, shape);
    world.login("ada@example.com", PASSWORD).is(200);
    assert_eq!(world.get(&path).bearer(&admin).send().json["lastLoginAt"], "2026-05-01T12:00:00Z");
    let changed = world.patch(&path).bearer(&admin).json(json!({ "name": "", "roles": [] })).send().is(200);
    assert_eq!(changed.json["name"], Value::Null);
    assert_eq!(changed.json["roles"], json!([]));
    world.delete(&path).bearer(&admin).send().is(204);
    world.get(&path).bearer(&admin).send().is(404);
    world.delete(&path).bearer(&admin).send().is(404);
    for event in ["user.created", "user.changed", "user.deleted"] {
        assert_eq!(world.events(event), 1, "{event}");
    }
}

#[test]
fn what_cannot_be_a_user_is_said_by_field() {
    let world = World::new();
    let admin = world.admin();
    for (body, field) in [
        (json!({ "email": "ada" }), "email"),
        (json!({ "email": "a@b.example", "password": "short" }), "password"),
        (json!({ "email": "a@b.example", "roles": ["KING"] }), "roles"),
        (json!({ "email": "a@b.example", "plan": "gold" }), "plan"),
        (json!({ "email": "a@b.example", "name": "a\u{7}" }), "name"),
        (json!({ "email": "a@b.example", "passwordHash": "plain" }), "passwordHash"),
        (json!({ "email": "a@b.example", "passwordHash": "x", "password": PASSWORD }), "passwordHash"),
    ] {
        let reply = world.post(USERS).bearer(&admin).json(body).send().is(400);
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        assert_eq!(reply.json["errors"][0]["field"], field);
        assert_eq!(reply.json["title"], "Bad Request");
        assert_eq!(reply.json["status"], 400);
    }
    for unknown in ["operator", "id", "tenantId", "mfa", "status", "directory"] {
        let body = json!({ "email": "a@b.example", unknown: "x" });
        world.post(USERS).bearer(&admin).json(body).send().is(400);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
}

#[test]
fn a_user_has_at_most_three_different_roles() {
    let world = World::new();
    let admin = world.admin();
    world
        .post("/tenant/home/v2/Roles")
        .bearer(&admin)
        .json(json!({ "name": "GUEST", "rank": 1 }))
        .send()
        .is(201);
    let with = |email: &str, roles: Value| {
        world.post(USERS).bearer(&admin).json(json!({ "email": email, "roles": roles })).send()
    };
    with("a@example.com", json!(["ADMIN", "MANAGER", "TECHNICIAN", "GUEST"])).is(400);
    let twice = json!(["ADMIN", "MANAGER", "ADMIN", "MANAGER"]);
    assert_eq!(with("b@example.com", twice).is(201).json["roles"], json!(["ADMIN", "MANAGER"]));
}

#[test]
fn an_address_is_unique_in_its_directory_only() {
    let world = World::new();
    let admin = world.admin();
    let other = world.tenant("b");
    let body = json!({ "email": "ada@example.com" });
    let made = world.post(USERS).bearer(&admin).json(body.clone()).send().is(201);
    world.post(USERS).bearer(&admin).json(json!({ "email": "ADA@EXAMPLE.COM" })).send().is(409);
    world.post("/tenant/b/v2/Users").bearer(&other).json(body).send().is(201);
    let path = format!("{USERS}/{}", made.str("/id"));
    world.patch(&path).bearer(&admin).json(json!({ "email": "admin@example.com" })).send().is(409);
}

#[test]
fn a_new_address_counts_as_unconfirmed_unless_said_otherwise() {
    let world = World::new();
    let admin = world.admin();
    let path = format!("{USERS}/{}", world.user("ada@example.com").id);
    let change =
        |body| world.patch(&path).bearer(&admin).json(body).send().is(200).json["emailVerified"].clone();
    assert_eq!(change(json!({ "email": "ADA@example.com" })), true);
    assert_eq!(change(json!({ "email": "new@example.com" })), false);
    assert_eq!(change(json!({ "email": "newer@example.com", "emailVerified": true })), true);
}

#[test]
fn a_plan_is_set_and_taken_away() {
    let world = World::new();
    let admin = world.admin();
    world
        .post("/tenant/home/v2/Plans")
        .bearer(&admin)
        .json(json!({ "name": "pro", "rank": 2 }))
        .send()
        .is(201);
    let path = format!("{USERS}/{}", world.user("ada@example.com").id);
    let change = |body| world.patch(&path).bearer(&admin).json(body).send().is(200).json["plan"].clone();
    assert_eq!(change(json!({ "plan": "pro" })), "pro");
    assert_eq!(change(json!({ "name": "Ada" })), "pro");
    assert_eq!(change(json!({ "plan": null })), Value::Null);
}

#[test]
fn a_list_is_filtered() {
    let world = World::new();
    let admin = world.admin();
    world
        .post("/tenant/home/v2/Plans")
        .bearer(&admin)
        .json(json!({ "name": "pro", "rank": 2 }))
        .send()
        .is(201);
    world.user_with("home", "ada@example.com", |user| user.name = Some("Ada Lovelace".into()));
    world.user_with("home", "bob@example.com", |user| user.status = UserStatus::Disabled);
    world.user_with("home", "cy@example.org", |user| {
        user.roles = vec!["MANAGER".into()];
        user.plan = Some("pro".into());
    });
    for (query, wanted) in [
        ("search=LOVE", vec!["ada@example.com"]),
        ("search=example.ORG", vec!["cy@example.org"]),
        ("search=%25", vec![]),
        ("email=ADA@example.com", vec!["ada@example.com"]),
        ("email=nothing", vec![]),
        ("status=disabled", vec!["bob@example.com"]),
        ("role=MANAGER", vec!["cy@example.org"]),
        ("plan=pro", vec!["cy@example.org"]),
        ("plan=pro&status=disabled", vec![]),
    ] {
        let reply = world.get(&format!("{USERS}?{query}")).bearer(&admin).send().is(200);
        let found: Vec<&str> = reply.json["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["email"].as_str().unwrap())
            .collect();
        assert_eq!(found, wanted, "{query}");
    }
}

#[test]
fn a_list_pages_stably_while_users_come() {
    let world = World::new();
    let admin = world.admin();
    let mut wanted: Vec<String> = vec!["admin@example.com".into()];
    for at in 0..7 {
        world.advance_ms(1);
        wanted.push(world.user(&format!("user{at}@example.com")).email);
    }
    let mut found = Vec::new();
    let mut cursor = String::new();
    for round in 0.. {
        let reply = world.get(&format!("{USERS}?limit=3&cursor={cursor}")).bearer(&admin).send().is(200);
        let items = reply.json["items"].as_array().unwrap();
        found.extend(items.iter().map(|user| user["email"].as_str().unwrap().to_owned()));
        world.advance_ms(1);
        if round < 2 {
            wanted.push(world.user(&format!("late{round}@example.com")).email);
        }
        match reply.json["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(found, wanted);
}

#[test]
fn a_page_has_one_to_a_hundred_items() {
    let world = World::new();
    let admin = world.admin();
    for bad in ["limit=0", "limit=101", "limit=-1", "limit=x", "limit=", "cursor=%C3%A9"] {
        world.get(&format!("{USERS}?{bad}")).bearer(&admin).send().is(400);
    }
    let reply = world.get(&format!("{USERS}?limit=100&cursor=")).bearer(&admin).send().is(200);
    assert_eq!(reply.json["nextCursor"], Value::Null);
    assert_eq!(reply.json["items"][0]["operator"], true);
}

#[test]
fn a_disabled_user_has_no_session_and_an_enabled_one_signs_in_again() {
    let world = World::new();
    let admin = world.admin();
    let user = world.user("ada@example.com");
    let tokens = world.session(&user);
    let path = format!("{USERS}/{}", user.id);
    world.patch(&path).bearer(&admin).json(json!({ "status": "disabled" })).send().is(200);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
    world.patch(&path).bearer(&admin).json(json!({ "status": "asleep" })).send().is(400);
    world.patch(&path).bearer(&admin).json(json!({ "status": "active" })).send().is(200);
    // What was ended stays so.
    world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
    world.login("ada@example.com", PASSWORD).is(200);
}

#[test]
fn the_operator_stays_an_active_administrator() {
    let world = World::new();
    let operator = world.admin();
    let id = world.get("/api/auth/me").bearer(&operator).send().str("/data/user/id");
    let path = format!("{USERS}/{id}");
    let other = world.user_with("home", "other@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let other = world.session(&other).access;
    for token in [&operator, &other] {
        world.patch(&path).bearer(token).json(json!({ "status": "disabled" })).send().is(409);
        world.patch(&path).bearer(token).json(json!({ "roles": [] })).send().is(409);
        world.delete(&path).bearer(token).send().is(409);
    }
    world.get("/api/auth/me").bearer(&operator).send().is(200);
}

#[test]
fn another_administrator_cannot_take_the_operators_account_over_by_its_address() {
    let world = World::new();
    let operator = world.admin();
    let id = world.get("/api/auth/me").bearer(&operator).send().str("/data/user/id");
    let other = world.user_with("home", "other@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let body = json!({ "email": "other+operator@example.com", "emailVerified": true });
    world.patch(&format!("{USERS}/{id}")).bearer(&world.session(&other).access).json(body).send().is(409);
}

#[test]
fn a_user_of_another_tenant_is_not_there() {
    let world = World::new();
    let other = world.tenant("b");
    let user = world.user("ada@example.com");
    let path = format!("/tenant/b/v2/Users/{}", user.id);
    world.get(&path).bearer(&other).send().is(404);
    world.patch(&path).bearer(&other).json(json!({ "name": "x" })).send().is(404);
    world.delete(&path).bearer(&other).send().is(404);
    world.get(&format!("{USERS}/{}", user.id)).bearer(&other).send().is(403);
    let listed = world.get("/tenant/b/v2/Users").bearer(&other).send().is(200);
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 1);
}
