//! `/auth/google-search-keys`: people read them, administrators write them.

use serde_json::json;

use crate::connections::apikeys::is_kept;
use crate::harness::World;

const PATH: &str = "/auth/google-search-keys";

#[test]
fn administrators_write_them_and_people_read_them() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    world.get(PATH).bearer(&token).send().is(404);
    let keys = json!({ "apiKey": "AIza-canary", "searchEngineId": "cx:1" });
    world.put(PATH).bearer(&token).json(keys.clone()).send().is(403);
    world.put(PATH).bearer(&world.admin()).json(keys.clone()).send().is(200);
    let read = world.get(PATH).bearer(&token).send().is(200);
    assert_eq!(read.json, keys);
    assert_eq!(read.header("cache-control"), Some("no-store"));
    assert!(!is_kept(&world, "canary"));
    world.get(PATH).send().is(401);
    // Another tenant's are others.
    let other = world.tenant("acme");
    world.get(PATH).tenant("acme").bearer(&other).send().is(404);
    world.get(PATH).tenant("acme").bearer(&token).send().is(403);
    for bad in
        [json!({ "apiKey": "a b", "searchEngineId": "x" }), json!({ "apiKey": "k", "searchEngineId": "" })]
    {
        world.put(PATH).bearer(&world.admin()).json(bad).send().is(400);
    }
    world.delete(PATH).bearer(&token).send().is(403);
    world.delete(PATH).bearer(&world.admin()).send().is(200);
    world.delete(PATH).bearer(&world.admin()).send().is(404);
    world.get(PATH).bearer(&token).send().is(404);
    assert_eq!(world.events("vault.search_keys_set"), 1);
    assert_eq!(world.events("vault.search_keys_deleted"), 1);
}
