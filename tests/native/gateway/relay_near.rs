//! A server of one's own machine as a provider's API: where developers try, and nowhere else.

use serde_json::{Value, json};

use crate::gateway::relay::{person, save, spec, store};
use crate::harness::{Reply, World, set};

/// Spellings of this machine, and of what lies beside it.
const NEAR: [&str; 20] = [
    "127.0.0.1",
    "127.0.0.1:9002",
    "127.1:9002",
    "0x7f000001:9002",
    "2130706433:9002",
    "0177.0.0.1:9002",
    "127.0.0.2:9002",
    "0.0.0.0:9002",
    "[::1]:9002",
    "[::]:9002",
    "[::ffff:127.0.0.1]:9002",
    "localhost",
    "localhost:9002",
    "localhost.:9002",
    "a.localhost:9002",
    "10.0.0.1:9002",
    "192.168.0.1:9002",
    "169.254.169.254:80",
    "[fd00::1]:9002",
    "metadata.google.internal:80",
];

fn provider(world: &World, host: &str) -> Reply {
    let body = json!({
        "id": "calendar", "name": "Calendar", "connectionType": "api_key", "apiHosts": [host], "apiKeyHeader": "X-Key",
    });
    world.post("/auth/providers").bearer(&world.admin()).json(body).send()
}

fn route(origin: &str) -> Value {
    spec(json!({ "name": "calendar", "path": "/calendar/", "origin": origin, "connection": "calendar" }))
}

/// Worlds that are no developer's.
fn deployed() -> [World; 2] {
    ["production", "testing"].map(|mode| World::with(&[("MODE", mode), ("MAIL_TRANSPORT", "cloudflare")]))
}

#[test]
fn a_deployment_takes_no_server_of_its_own_machine_for_a_providers_api() {
    for world in deployed() {
        takes_none(&world);
    }
}

fn takes_none(world: &World) {
    for host in NEAR {
        let refused = provider(world, host).is(400);
        assert!(refused.str("/error").contains("apiHosts"), "{host}: {}", refused.text);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM vault_providers"), 0);
    // Nor does a route lead there, whatever the provider has been told of.
    provider(world, "api.calendar.example.org").is(201);
    for host in NEAR {
        for scheme in ["http", "https"] {
            let refused = save(world, route(&format!("{scheme}://{host}"))).is(400);
            assert!(refused.text.contains("origin"), "{scheme}://{host}: {}", refused.text);
        }
    }
}

/// A database that was filled in local mode and is then deployed.
#[test]
fn what_local_mode_has_saved_leads_nowhere_in_a_deployment() {
    let local = World::new();
    provider(&local, "127.0.0.1:9002").is(201);
    save(&local, route("http://127.0.0.1:9002")).is(201);
    let token = person(&local, "ada@example.com");
    store(&local, &token, "calendar", "sk-canary");
    let plan = local.get("/calendar/events").bearer(&token).plan();
    assert_eq!(plan.url, "http://127.0.0.1:9002/events");
    let saved =
        |table: &str| local.sql(&format!("SELECT spec FROM {table}"))[0]["spec"].as_str().unwrap().to_owned();
    let specs = [("vault_providers", saved("vault_providers")), ("routes", saved("routes"))];

    for world in deployed() {
        leads_nowhere(&world, &specs);
    }
}

fn leads_nowhere(world: &World, specs: &[(&str, String)]) {
    provider(world, "api.calendar.example.org").is(201);
    save(world, route("https://api.calendar.example.org")).is(201);
    let token = person(world, "ada@example.com");
    store(world, &token, "calendar", "sk-canary");
    assert_eq!(set(&world.get("/calendar/events").bearer(&token).plan(), "x-key"), Some("sk-canary"));
    for (table, spec) in specs {
        world.sql(&format!("UPDATE {table} SET spec = '{spec}'"));
    }
    world.advance(6);
    let refused = world.get("/calendar/events").bearer(&token).send().is(404);
    assert!(!refused.text.contains("canary"));
}

/// In local mode it is the very server that the provider names, with its port.
#[test]
fn local_mode_takes_the_server_that_is_named_and_no_other() {
    let world = World::new();
    for host in [
        "127.0.0.1",
        "10.0.0.1:9002",
        "192.168.0.1:9002",
        "169.254.169.254:80",
        "127.0.0.1:9002/x",
        "a@127.0.0.1:9002",
    ] {
        provider(&world, host).is(400);
    }
    provider(&world, "127.0.0.1:9002").is(201);
    for origin in [
        "http://127.0.0.1",
        "http://127.0.0.1:9003",
        "https://127.0.0.1",
        "http://127.0.0.2:9002",
        "http://localhost:9002",
        "http://[::1]:9002",
        "http://a@127.0.0.1:9002",
        "http://10.0.0.1:9002",
        "http://127.0.0.1.evil.example:9002",
    ] {
        save(&world, route(origin)).is(400);
    }
    save(&world, route("http://127.0.0.1:9002")).is(201);
}
