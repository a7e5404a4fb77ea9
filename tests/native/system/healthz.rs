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

/// The migrations, as wrangler and `npm start` record them.
fn migrations() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/migrations");
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn it_does_not_serve_before_its_migrations_have_run() {
    let world = World::new();
    let reply = |world: &World| world.get("/healthz").fresh().send();
    world.sql("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE)");
    for name in migrations() {
        let early = reply(&world).is(503);
        assert_eq!(early.header("content-type"), Some("application/problem+json"));
        assert_eq!(early.header("retry-after"), Some("5"));
        assert!(early.text.contains("migrations"), "{}", early.text);
        world.sql(&format!("INSERT INTO d1_migrations (name) VALUES ('{name}')"));
    }
    reply(&world).is(200);
    // A Worker of the version before runs on a newer schema.
    world.sql("INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')");
    reply(&world).is(200);
    // Once it is ready it is not asked again.
    let ask = || world.get("/healthz").send().is(200);
    ask();
    let trips = world.db.trips.get();
    ask();
    assert_eq!(world.db.trips.get(), trips);
}

#[test]
fn every_surface_says_in_its_own_shape_that_it_is_not_ready() {
    let with_key = "pc_00000000000000000000000000000000_x";
    for lacking in
        ["ALTER TABLE tenants RENAME TO gone", "ALTER TABLE tenants RENAME COLUMN settings TO gone"]
    {
        let world = World::new();
        let token = world.session(&world.user("ada@example.com")).access;
        world.route(json!({ "path": "/app/" }));
        world.sql("DROP TRIGGER IF EXISTS tenants_allow_origins");
        world.sql(lacking);
        let login = json!({ "email": "ada@example.com", "password": "x" });
        let code = |at: &'static str, code: &'static str| (at, json!(code));
        for (ask, (at, said)) in [
            (world.get("/api/auth/me"), code("/code", "SERVICE_UNAVAILABLE")),
            (world.post("/api/auth/login").json(login.clone()), code("/code", "SERVICE_UNAVAILABLE")),
            (world.post("/auth/login").json(login), code("/error", "service_unavailable")),
            (world.get("/users/auth/status"), code("/error", "")),
            (world.get("/tenant/home/v2/Users"), ("/status", json!(503))),
            (world.get("/tenant/home/oauth2/userinfo"), code("/error", "temporarily_unavailable")),
            (world.get("/tenant/home/.well-known/jwks.json"), code("/error", "temporarily_unavailable")),
            (world.get("/app/"), code("/code", "SERVICE_UNAVAILABLE")),
            (world.get("/app/").key(with_key), code("/code", "SERVICE_UNAVAILABLE")),
            (world.get("/nothing"), code("/code", "SERVICE_UNAVAILABLE")),
        ] {
            let reply = ask.bearer(&token).fresh().send().is(503);
            let found = reply.json.pointer(at).cloned().unwrap_or_default();
            assert!(found == said || (said == "" && !found.is_null()), "{at} {said}: {}", reply.text);
            assert_eq!(reply.header("retry-after"), Some("5"));
        }
        for page in ["/tenant/home/login", "/tenant/home/register", "/tenant/home/oauth2/authorize", "/app/"]
        {
            let reply = world.get(page).navigating().fresh().send().is(503);
            assert!(reply.header("content-type").unwrap().starts_with("text/html"), "{page}");
            assert!(reply.text.contains("being set up"), "{page}");
        }
        assert!(world.log.0.borrow().iter().any(|line| line.contains("no such")));
    }
}
