//! `/api/auth/api-keys`.

use serde_json::{Value, json};

use crate::harness::World;

const KEYS: &str = "/api/auth/api-keys";

#[test]
fn a_key_is_shown_once() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let body = json!({ "name": "ci", "scopes": ["write", "read"], "expiresAt": "2030-01-31T00:00:00Z" });
    let made = world.post(KEYS).bearer(&token).json(body).send().is(201);
    let key = made.str("/data/apiKey");
    let listed = world.get(KEYS).bearer(&token).send().is(200);
    let shape = json!({
        "id": made.json["data"]["id"], "name": "ci", "scopes": ["read", "write"],
        "prefix": made.json["data"]["prefix"], "createdAt": "2026-05-01T12:00:00Z", "lastUsedAt": null,
        "expiresAt": "2030-01-31T00:00:00Z",
    });
    assert_eq!(listed.json["data"], json!({ "items": [shape], "nextCursor": null }));
    assert!(key.starts_with(&made.str("/data/prefix")));
    assert!(!listed.text.contains(&key));
    assert_eq!(world.events("api_key.created"), 1);
}

#[test]
fn a_revoked_key_is_dead_at_once_and_its_name_is_gone() {
    let world = World::new();
    world.route(json!({}));
    let token = world.session(&world.user("ada@example.com")).access;
    let made =
        world.post(KEYS).bearer(&token).json(json!({ "name": "ci", "scopes": ["read"] })).send().is(201);
    let key = made.str("/data/apiKey");
    world.get("/app/").key(&key).plan();
    let path = format!("{KEYS}/{}", made.str("/data/id"));
    world.delete(&path).bearer(&token).send().is(200);
    world.get("/app/").key(&key).send().is(401);
    world.delete(&path).bearer(&token).send().is(404);
    assert_eq!(world.get(KEYS).bearer(&token).send().json["data"]["items"], json!([]));
    assert_eq!(world.events("api_key.revoked"), 1);
}

#[test]
fn a_key_of_another_user_is_not_there() {
    let world = World::new();
    let ada = world.session(&world.user("ada@example.com")).access;
    let bob = world.session(&world.user("bob@example.com")).access;
    let made = world.post(KEYS).bearer(&ada).json(json!({ "name": "ci", "scopes": ["read"] })).send().is(201);
    world.delete(&format!("{KEYS}/{}", made.str("/data/id"))).bearer(&bob).send().is(404);
    assert_eq!(world.get(KEYS).bearer(&bob).send().json["data"]["items"], json!([]));
}

#[test]
fn a_key_ends_when_it_says() {
    let world = World::new();
    world.route(json!({}));
    let token = world.session(&world.user("ada@example.com")).access;
    let body = json!({ "name": "ci", "scopes": ["read"], "expiresAt": "2026-05-01T13:00:00+00:30" });
    let key = world.post(KEYS).bearer(&token).json(body).send().is(201).str("/data/apiKey");
    world.advance(1_799);
    world.get("/app/").key(&key).plan();
    world.advance(1);
    world.get("/app/").key(&key).send().is(401);
}

#[test]
fn its_last_use_is_noted() {
    let world = World::new();
    world.route(json!({}));
    let token = world.session(&world.user("ada@example.com")).access;
    let key = world.api_key(&token, &["read"]);
    world.advance(60);
    world.get("/app/").key(&key).plan();
    let listed = world.get(KEYS).bearer(&token).send().is(200);
    assert_eq!(listed.json["data"]["items"][0]["lastUsedAt"], "2026-05-01T12:01:00Z");
}

#[test]
fn what_cannot_be_a_key_is_said() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    for (name, scopes, expires) in [
        ("", json!(["read"]), Value::Null),
        (&*"n".repeat(101), json!(["read"]), Value::Null),
        ("ci", json!(["everything"]), Value::Null),
        ("ci", json!(["READ"]), Value::Null),
        ("ci", json!(["a:b:c d"]), Value::Null),
        ("ci", json!("read"), Value::Null),
        ("ci", json!(["read"]), json!("2020-01-01T00:00:00Z")),
        ("ci", json!(["read"]), json!("tomorrow")),
    ] {
        let body = json!({ "name": name, "scopes": scopes, "expiresAt": expires });
        let reply = world.post(KEYS).bearer(&token).json(body).send().is(400);
        assert_eq!(reply.json["code"], "VALIDATION_ERROR");
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM api_keys"), 0);
}

#[test]
fn a_user_has_at_most_a_hundred_keys() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    for _ in 0..100 {
        world.api_key(&token, &["read"]);
    }
    let body = json!({ "name": "one more", "scopes": ["read"] });
    world.post(KEYS).bearer(&token).json(body).send().is(409);
}

#[test]
fn scopes_narrow_a_key_and_give_no_role() {
    let world = World::new();
    world.route(json!({ "scopes": ["billing:refund"], "roles": ["MANAGER"] }));
    let key = |email: &str, roles: &[&str], scopes: &[&str]| {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let user = world.user_with("home", email, |user| {
            user.roles = roles;
            user.scopes = vec!["billing:refund".into()];
        });
        world.api_key(&world.session(&user).access, scopes)
    };
    world.get("/app/").key(&key("a@example.com", &["MANAGER"], &["billing:refund"])).plan();
    world.get("/app/").key(&key("b@example.com", &["MANAGER"], &["read", "write"])).send().is(403);
    world.get("/app/").key(&key("c@example.com", &["TECHNICIAN"], &["billing:refund"])).send().is(403);
}

#[test]
fn no_key_outlives_what_it_was_made_with() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    // The other isolate remembers the session for some seconds after it ended here.
    world.get("/api/auth/me").bearer(&token).elsewhere().send().is(200);
    world.post("/api/auth/logout").bearer(&token).json(json!({})).send().is(200);
    let body = json!({ "name": "later", "scopes": ["read"] });
    world.post(KEYS).bearer(&token).json(body).elsewhere().send().is(401);
    assert_eq!(world.number("SELECT count(*) AS n FROM api_keys"), 0);
}

#[test]
fn the_use_of_a_key_is_noted_once_an_hour_and_nobody_waits_for_it() {
    let world = World::new();
    world.route(json!({}));
    let token = world.session(&world.user("ada@example.com")).access;
    let key = world.api_key(&token, &["read"]);
    let used = || world.sql("SELECT last_used_at FROM api_keys")[0]["last_used_at"].clone();
    let ask = || {
        let before = world.db.rows_changed();
        world.get("/app/").key(&key).fresh().plan();
        world.db.rows_changed() - before
    };
    assert!(used().is_null());
    assert_eq!(ask(), 1);
    let first = used();
    assert_eq!(first, world.now().0);
    for _ in 0..3 {
        world.advance(60);
        assert_eq!(ask(), 0);
        assert_eq!(used(), first);
    }
    world.advance(3_600);
    assert_eq!(ask(), 1);
    assert_eq!(used(), world.now().0);
}
