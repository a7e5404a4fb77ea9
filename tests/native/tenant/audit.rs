//! `v2/Audit`.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, World};

const AUDIT: &str = "/tenant/home/v2/Audit";

fn events(world: &World, query: &str) -> Vec<String> {
    let reply = world.get(&format!("{AUDIT}?{query}")).bearer(&world.admin()).send().is(200);
    reply.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["event"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_event_says_who_what_where_from_and_how_it_went() {
    let world = World::new();
    let user = world.user("ada@example.com");
    world.login("ada@example.com", PASSWORD).is(200);
    let admin = world.admin();
    let path = format!("{AUDIT}?event=login.succeeded&actor={}", user.id);
    let reply = world.get(&path).bearer(&admin).send().is(200);
    let sid = world.sql(&format!("SELECT id FROM sessions WHERE user_id = '{}'", user.id)).pop().unwrap();
    let shape = json!({
        "id": reply.json["items"][0]["id"], "at": "2026-05-01T12:00:00Z", "event": "login.succeeded",
        "outcome": "success", "actor": user.id, "subject": sid["id"], "address": "203.0.113.7", "detail": "pwd",
    });
    assert_eq!(reply.json["items"], json!([shape]));
}

#[test]
fn the_log_is_filtered() {
    let world = World::new();
    let user = world.user("ada@example.com");
    world.login("ada@example.com", "wrong").is(401);
    world.advance(60);
    let token = world.login("ada@example.com", PASSWORD).is(200).str("/access_token");
    world.advance_ms(1);
    world.api_key(&token, &["read"]);
    let actor = format!("actor={}", user.id);
    assert_eq!(events(&world, &actor), ["api_key.created", "login.succeeded"]);
    assert_eq!(events(&world, "event=login&outcome=failure"), ["login.failed"]);
    assert_eq!(events(&world, "event=api_key"), ["api_key.created"]);
    assert_eq!(events(&world, "event=api"), [""; 0]);
    assert_eq!(events(&world, "until=2026-05-01T12:01:00Z"), ["login.failed"]);
    assert!(!events(&world, "since=2026-05-01T12:01:00Z").contains(&"login.failed".to_owned()));
    assert_eq!(events(&world, "actor=ada@example.com"), ["login.failed"]);
    let reply = world.get(&format!("{AUDIT}?since=yesterday")).bearer(&world.admin()).send().is(400);
    assert_eq!(reply.json["errors"][0]["field"], "since");
}

#[test]
fn it_pages_newest_first_while_events_come() {
    let world = World::new();
    for at in 0..5 {
        world.advance(60);
        world.login(&format!("user{at}@example.com"), "wrong").is(401);
    }
    let admin = world.admin();
    let first = world.get(&format!("{AUDIT}?event=login.failed&limit=2")).bearer(&admin).send().is(200);
    world.advance(60);
    world.login("late@example.com", "wrong").is(401);
    let cursor = first.str("/nextCursor");
    let second = world
        .get(&format!("{AUDIT}?event=login.failed&limit=9&cursor={cursor}"))
        .bearer(&admin)
        .send()
        .is(200);
    let who = |reply: &Value| -> Vec<String> {
        reply["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["actor"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(who(&first.json), ["user4@example.com", "user3@example.com"]);
    assert_eq!(who(&second.json), ["user2@example.com", "user1@example.com", "user0@example.com"]);
    assert_eq!(second.json["nextCursor"], Value::Null);
}

#[test]
fn a_tenant_sees_its_own_events_only() {
    let world = World::new();
    let other = world.tenant("b");
    world.login("ada@example.com", "wrong").is(401);
    let reply = world.get("/tenant/b/v2/Audit?event=login.failed").bearer(&other).send().is(200);
    assert_eq!(reply.json["items"], json!([]));
}

#[test]
fn actors_and_subjects_are_named_where_that_is_asked_for() {
    let world = World::new();
    let admin = world.admin();
    let ada = world.user_with("home", "ada@example.com", |user| user.name = Some("Ada Lovelace".into()));
    let bob = world.user_with("home", "bob@example.com", |user| user.name = None);
    world.put_client("home", "app", &json!({ "grant_types": ["client_credentials"] }));
    let token = world.session(&ada).access;
    world.advance(1);
    let key = world
        .post("/api/auth/api-keys")
        .bearer(&token)
        .json(json!({ "name": "CI", "scopes": ["read"] }))
        .send();
    let key = key.is(201).str("/data/id");
    let write = |event: &str, actor: &str, subject: &str| {
        world.sql(&format!(
            "INSERT INTO audit (id, tenant_id, at, event, outcome, actor, subject)
             VALUES ('z-{event}', 'home', 1, '{event}', 'success', '{actor}', '{subject}')"
        ));
    };
    world.tenant("acme");
    let eve = world.user_with("acme", "eve@acme.example", |user| user.name = Some("Eve".into()));
    write("one", &ada.id, &bob.id);
    write("two", "app", &key);
    write("three", &eve.id, "system");
    write("four", "ada@example.com", "Ada Lovelace");
    let of = |event: &str, names: &str| {
        let path = format!("{AUDIT}?event={event}{names}");
        world.get(&path).bearer(&admin).send().is(200).json["items"][0].clone()
    };
    let said = |event: &str| {
        let item = of(event, "&names=true");
        ["actorKind", "actorName", "subjectKind", "subjectName"].map(|member| item.get(member).cloned())
    };
    let some = |texts: [&str; 4]| texts.map(|text| Some(json!(text)));
    assert_eq!(said("one"), some(["user", "Ada Lovelace", "user", "bob@example.com"]));
    assert_eq!(said("two"), some(["client", "A client", "apiKey", "CI"]));
    // Who is another tenant's, or what only reads like a name, is nobody here.
    assert_eq!(said("three"), [None, None, None, None]);
    assert_eq!(said("four"), [None, None, None, None]);
    assert_eq!(of("one", "").get("actorName"), None);
    assert_eq!(of("one", "&names=false").get("actorName"), None);
    world.get(&format!("{AUDIT}?names=yes")).bearer(&admin).send().is(400);
    // By their names of now; who was deleted has none.
    let path = format!("/tenant/home/v2/Users/{}", ada.id);
    world.patch(&path).bearer(&admin).json(json!({ "name": "Ada King" })).send().is(200);
    world.delete(&format!("/tenant/home/v2/Users/{}", bob.id)).bearer(&admin).send().is(204);
    let [_, actor, kind, subject] = said("one");
    assert_eq!((actor, kind, subject), (Some(json!("Ada King")), None, None));
}
