//! `GET /auth/connected`: what a person has connected.

use serde_json::json;

use crate::harness::World;

#[test]
fn what_is_connected_is_listed_without_what_it_holds() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let none = world.get("/auth/connected").bearer(&token).send().is(200);
    assert_eq!(none.json, json!({ "success": true, "connectedApps": [] }));
    let key = json!({ "apiKey": "sk-1", "label": "work" });
    world.post("/auth/apikeys/openai").bearer(&token).json(key).send().is(200);
    let all = world.get("/auth/connected").bearer(&token).send().is(200);
    let app = &all.json["connectedApps"][0];
    assert_eq!(app["provider"], "openai");
    assert_eq!(app["connectedAt"], "2026-05-01T12:00:00Z");
    assert_eq!((&app["email"], &app["label"]), (&json!(null), &json!("work")));
    assert_eq!((&app["connectionType"], &app["status"]), (&json!("api_key"), &json!("active")));
    assert_eq!(app["lastUsedAt"], json!(null));
    assert!(!all.text.contains("sk-1") && !all.text.contains("sealed"));
    world.get("/auth/apikeys/openai").bearer(&token).send().is(200);
    let all = world.get("/auth/connected?providerId=openai").bearer(&token).send().is(200);
    assert_eq!(all.json["connectedApps"][0]["lastUsedAt"], "2026-05-01T12:00:00Z");
    let others = world.get("/auth/connected?providerId=google").bearer(&token).send().is(200);
    assert_eq!(others.json["connectedApps"], json!([]));
    // Nobody else sees it.
    let bob = world.session(&world.user("bob@example.com")).access;
    let none = world.get("/auth/connected").bearer(&bob).send().is(200);
    assert_eq!(none.json["connectedApps"], json!([]));
}

#[test]
fn storage_is_waited_for_once() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    world.get("/auth/connected").bearer(&token).send().is(200);
    let before = world.db.trips.get();
    world.get("/auth/connected").bearer(&token).send().is(200);
    assert_eq!(world.db.trips.get() - before, 1);
}
