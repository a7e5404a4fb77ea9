//! `v2/Users/{id}/Sessions`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::World;

#[test]
fn an_administrator_sees_and_ends_a_users_sessions() {
    let world = World::new();
    let admin = world.admin();
    let user = world.user("ada@example.com");
    let tokens = world.session(&user);
    world.advance(1);
    world.put_client("home", "app", &json!({}));
    let parent = world.newest_session(&user.id);
    world.session(&user);
    let granted = world.granted(&user.id, "app", "openid read", Some(&parent));
    let path = format!("/tenant/home/v2/Users/{}/Sessions", user.id);
    let listed = world.get(&path).bearer(&admin).send().is(200);
    let items = listed.json["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let (own, grant) = (&items[0], &items[1]);
    assert_eq!(own["id"], json!(parent));
    assert_eq!(own["clientId"], Value::Null);
    assert_eq!(own["amr"], json!(["pwd"]));
    assert_eq!(own["createdAt"], "2026-05-01T12:00:00Z");
    assert_eq!(grant["clientId"], "app");
    assert_eq!(grant["clientName"], "A client");
    assert_eq!(grant["scope"], "openid read");

    world.get("/api/auth/me").bearer(&granted).send().is(200);
    world.delete(&format!("{path}/{parent}")).bearer(&admin).send().is(204);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
    world.get("/api/auth/me").bearer(&granted).send().is(401);
    world.delete(&format!("{path}/{parent}")).bearer(&admin).send().is(404);
    assert_eq!(world.get(&path).bearer(&admin).send().json["items"], json!([]));
    assert_eq!(world.events("session.revoked"), 1);
}

#[test]
fn a_session_of_another_user_or_tenant_is_not_there() {
    let world = World::new();
    let (admin, foreign) = (world.admin(), world.tenant("b"));
    let (ada, bob) = (world.user("ada@example.com"), world.user("bob@example.com"));
    let tokens = world.session(&bob);
    let id = world.newest_session(&bob.id);
    let under = |tenant: &str, user: &str| format!("/tenant/{tenant}/v2/Users/{user}/Sessions/{id}");
    world.delete(&under("home", &ada.id)).bearer(&admin).send().is(404);
    world.delete(&under("b", &bob.id)).bearer(&foreign).send().is(404);
    world.delete(&under("home", &bob.id)).bearer(&foreign).send().is(403);
    world.get(&format!("/tenant/b/v2/Users/{}/Sessions", bob.id)).bearer(&foreign).send().is(404);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(200);
}

#[test]
fn the_list_pages_through_all() {
    let world = World::new();
    let admin = world.admin();
    let user = world.user("ada@example.com");
    for _ in 0..25 {
        world.advance_ms(1);
        world.session(&user);
    }
    let mut seen = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/tenant/home/v2/Users/{}/Sessions?limit=10&cursor={cursor}", user.id);
        let page = world.get(&path).bearer(&admin).send().is(200);
        for item in page.json["items"].as_array().unwrap() {
            assert!(seen.insert(item["id"].as_str().unwrap().to_owned()));
        }
        match page.json["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 25);
}
