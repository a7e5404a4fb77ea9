//! `GET /healthz`.

use serde_json::json;

use crate::harness::World;

#[test]
fn the_worker_serves() {
    let world = World::new();
    assert_eq!(world.get("/healthz").send().is(200).json, json!({ "status": "ok" }));
}
