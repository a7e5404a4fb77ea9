//! `/auth/apikeys/{id}`: keys of other services, stored, retrieved and deleted.

use serde_json::{Value, json};

use crate::harness::World;

const PATH: &str = "/auth/apikeys/openai";

/// A key that is searched for.
const KEY: &str = "sk-canary-8d1f0b6e4c";

fn store(world: &World, token: &str, path: &str, body: Value) {
    let done = world.post(path).bearer(token).json(body).send().is(200);
    assert_eq!(done.json, json!({ "success": true }));
}

/// Whether a text is anywhere in the database or the log.
pub fn is_kept(world: &World, text: &str) -> bool {
    let lines = world.log.0.borrow().iter().any(|line| line.contains(text));
    let audit = world.sql("SELECT * FROM audit");
    lines || format!("{:?}{audit:?}", world.dump()).contains(text)
}

#[test]
fn a_key_is_stored_retrieved_replaced_and_deleted() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    world.get(PATH).bearer(&token).send().is(404);
    store(&world, &token, PATH, json!({ "apiKey": KEY }));
    let read = world.get(PATH).bearer(&token).send().is(200);
    assert_eq!(read.json, json!({ "success": true, "apiKey": KEY }));
    assert_eq!(read.header("cache-control"), Some("no-store"));
    store(&world, &token, PATH, json!({ "apiKey": "sk-second" }));
    assert_eq!(world.get(PATH).bearer(&token).send().is(200).str("/apiKey"), "sk-second");
    let gone = world.delete(PATH).bearer(&token).send().is(200);
    assert_eq!(gone.json, json!({ "success": true }));
    world.get(PATH).bearer(&token).send().is(404);
    world.delete(PATH).bearer(&token).send().is(404);
    for (event, times) in [("vault.connected", 2), ("vault.key_read", 2), ("vault.disconnected", 1)] {
        assert_eq!(world.events(event), times, "{event}");
    }
}

#[test]
fn several_keys_of_a_provider_have_labels() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    store(&world, &token, PATH, json!({ "apiKey": "sk-work", "label": "work" }));
    // The only one there is needs no label.
    assert_eq!(world.get(PATH).bearer(&token).send().is(200).str("/apiKey"), "sk-work");
    store(&world, &token, PATH, json!({ "apiKey": "sk-home", "label": "home" }));
    world.get(PATH).bearer(&token).send().is(404);
    let at = |label: &str| world.get(&format!("{PATH}?label={label}")).bearer(&token).send();
    assert_eq!(at("work").is(200).str("/apiKey"), "sk-work");
    assert_eq!(at("home").is(200).str("/apiKey"), "sk-home");
    store(&world, &token, PATH, json!({ "apiKey": "sk-plain" }));
    assert_eq!(world.get(PATH).bearer(&token).send().is(200).str("/apiKey"), "sk-plain");
    world.delete(&format!("{PATH}?label=work")).bearer(&token).send().is(200);
    at("work").is(404);
    assert_eq!(at("home").is(200).str("/apiKey"), "sk-home");
}

#[test]
fn a_key_is_sealed_at_rest_and_in_no_log() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    store(&world, &token, PATH, json!({ "apiKey": KEY }));
    world.get(PATH).bearer(&token).send().is(200);
    // An error does not repeat it either.
    let wrong = json!({ "apiKey": format!("{KEY} with a space") });
    let refused = world.post(PATH).bearer(&token).json(wrong).send().is(400);
    assert!(!refused.text.contains("canary"), "{}", refused.text);
    let none = world.post("/auth/apikeys/nothing").bearer(&token).json(json!({ "apiKey": KEY })).send();
    assert!(!none.is(404).text.contains("canary"));
    assert!(!is_kept(&world, "canary"));
    assert_eq!(world.number("SELECT count(*) AS n FROM vault_connections WHERE sealed_key LIKE '2.%'"), 1);
}

#[test]
fn a_sealed_key_opens_in_its_own_row_alone() {
    let world = World::new();
    let (ada, eve) = (world.user("ada@example.com"), world.user("eve@example.com"));
    let (ada_token, eve_token) = (world.session(&ada).access, world.session(&eve).access);
    let other = json!({ "id": "other", "name": "Other", "connectionType": "api_key" });
    world.post("/auth/providers").bearer(&world.admin()).json(other).send().is(201);
    let other = "/auth/apikeys/other";
    store(&world, &ada_token, PATH, json!({ "apiKey": KEY }));
    store(&world, &eve_token, PATH, json!({ "apiKey": "sk-eve" }));
    store(&world, &ada_token, other, json!({ "apiKey": "sk-other" }));
    let sealed = |of: &str, provider: &str| {
        let sql = format!(
            "SELECT sealed_key FROM vault_connections WHERE user_id = '{of}' AND provider_id = '{provider}'"
        );
        world.sql(&sql)[0]["sealed_key"].as_str().unwrap().to_owned()
    };
    let adas = sealed(&ada.id, "openai");
    // Another person's row, and the same person's for another provider.
    world.sql(&format!("UPDATE vault_connections SET sealed_key = '{adas}' WHERE user_id = '{}'", eve.id));
    world.get(PATH).bearer(&eve_token).send().is(500);
    world.sql(&format!("UPDATE vault_connections SET sealed_key = '{adas}' WHERE provider_id = 'other'"));
    world.get(other).bearer(&ada_token).send().is(500);
    // Nor does the row, if it is said to be another's.
    world.sql(&format!("DELETE FROM vault_connections WHERE user_id = '{}'", eve.id));
    world.sql(&format!("UPDATE vault_connections SET user_id = '{}' WHERE provider_id = 'openai'", eve.id));
    world.get(PATH).bearer(&eve_token).send().is(500);
}

#[test]
fn what_is_no_key_is_refused() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    for bad in ["", "a b", "a\nb", "a\r\nx-evil: 1", "ключ", &"x".repeat(4_097)] {
        let refused = world.post(PATH).bearer(&token).json(json!({ "apiKey": bad })).send().is(400);
        assert!(refused.str("/error").starts_with("apiKey"), "{}", refused.text);
        assert_eq!(refused.json["success"], false);
        assert_eq!(refused.json["statusCode"], 400);
    }
    world.post(PATH).bearer(&token).json(json!({})).send().is(400);
    let label = json!({ "apiKey": "k", "label": "x".repeat(61) });
    world.post(PATH).bearer(&token).json(label).send().is(400);
    store(&world, &token, PATH, json!({ "apiKey": "x".repeat(4_096) }));
}

#[test]
fn a_provider_must_be_there_and_be_connected_by_a_key() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let body = json!({ "apiKey": "k" });
    // Of the catalogue, but by OAuth; unknown; no id at all.
    for id in ["google", "nothing", "OPENAI", "..", "read"] {
        let path = format!("/auth/apikeys/{id}");
        assert_eq!(world.post(&path).bearer(&token).json(body.clone()).status(), 404, "{id}");
        assert_eq!(world.get(&path).bearer(&token).status(), 404, "{id}");
    }
    let off = json!({ "enabled": false });
    world.put("/auth/providers/openai").bearer(&world.admin()).json(off).send().is(200);
    world.post(PATH).bearer(&token).json(body).send().is(404);
}

#[test]
fn a_person_has_at_most_fifty_connections_however_many_they_store_at_once() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let body = |label: usize| json!({ "apiKey": "k", "label": format!("l{label}") });
    for label in 0..48 {
        world.post(PATH).bearer(&token).json(body(label)).unlimited().send().is(200);
    }
    let asks = (48..56).map(|label| world.post(PATH).bearer(&token).json(body(label)).unlimited());
    let replies = world.together(asks.collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 2);
    assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 6);
    // One in the place of another is no more than before.
    world.post(PATH).bearer(&token).json(body(3)).unlimited().send().is(200);
    assert_eq!(world.number("SELECT count(*) AS n FROM vault_connections"), 50);
}

#[test]
fn keys_are_stored_thirty_times_a_minute() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    for _ in 0..30 {
        store(&world, &token, PATH, json!({ "apiKey": "k" }));
    }
    world.post(PATH).bearer(&token).json(json!({ "apiKey": "k" })).send().is(429);
    // Another person's are not counted with them.
    let bob = world.session(&world.user("bob@example.com")).access;
    store(&world, &bob, PATH, json!({ "apiKey": "k" }));
    world.advance(61);
    store(&world, &token, PATH, json!({ "apiKey": "k" }));
}

#[test]
fn a_session_that_ended_stores_nothing() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    world.get("/api/auth/me").bearer(&token).send().is(200);
    // This isolate remembers it as live.
    world.sql("UPDATE sessions SET ended_at = 1");
    world.post(PATH).bearer(&token).json(json!({ "apiKey": "k" })).send().is(401);
    assert_eq!(world.number("SELECT count(*) AS n FROM vault_connections"), 0);
}

#[test]
fn storage_is_waited_for_once_to_read_a_key() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    store(&world, &token, PATH, json!({ "apiKey": KEY }));
    world.get(PATH).bearer(&token).send().is(200);
    let before = world.db.trips.get();
    world.get(PATH).bearer(&token).send().is(200);
    assert_eq!(world.db.trips.get() - before, 1);
}
