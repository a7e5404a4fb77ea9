//! `GET /healthz`.

use serde_json::json;

use crate::harness::World;

#[test]
fn the_worker_serves() {
    let world = World::new();
    assert_eq!(world.get("/healthz").send().is(200).json, json!({ "status": "ok" }));
}

#[test]
fn it_needs_no_database() {
    let world = World::new();
    world.db.broken.set(true);
    world.get("/healthz").send().is(200);
    world.get("/.well-known/jwks.json").send().is(500);
}
