//! The console.

use serde_json::json;

use super::meter::{Row, row, way};
use crate::console::{TOKEN, VERIFIER, admin, authorize_path};
use crate::harness::World;

pub fn rows() -> Vec<Row> {
    vec![
        row("GET /console", |m| m.again(World::new().get("/console"))),
        row("GET /console/", |m| m.again(World::new().get("/console/"))),
        row("GET /tenant/{tenant}/console", |m| m.again(World::new().get("/tenant/home/console"))),
        row("GET /tenant/{tenant}/console/", |m| m.again(World::new().get("/tenant/home/console/"))),
        row("GET /tenant/{tenant}/console/{*screen}", |m| {
            m.again(World::new().get("/tenant/home/console/users"))
        }),
        way("GET /tenant/{tenant}/console-session/authorize", "signed in", |m| {
            let world = World::new();
            let cookie = world.cookie(&admin(&world));
            m.again(world.get(&authorize_path("")).navigating().cookie(&cookie));
        }),
        way("GET /tenant/{tenant}/console-session/authorize", "nobody signed in", |m| {
            let world = World::new();
            m.again(world.get(&authorize_path("")).navigating());
        }),
        row("POST /tenant/{tenant}/console-session/token", |m| {
            let world = World::new();
            let code = world.console_code(&world.cookie(&admin(&world)));
            m.once(world.post(TOKEN).json(json!({ "code": code, "codeVerifier": VERIFIER })));
        }),
    ]
}
