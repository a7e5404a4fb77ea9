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
