//! `/users/` and the vault.

use serde_json::json;

use super::meter::{Meter, Row, row, way};
use super::session::{ADA, token};
use crate::connections::flow::{Flow, param};
use crate::connections::valid_token::{Connected, PATH};
use crate::harness::World;
use crate::sso::provider::begun;

/// Asks for what a person's key reads.
fn by_key(meter: &Meter, path: &str) {
    let connected = Connected::with(3_000);
    meter.again(connected.world.get(path).key(&connected.key));
}

fn by_person(meter: &Meter, path: &str) {
    let flow = Flow::new();
    flow.world.sql("INSERT INTO vault_search_keys VALUES ('home', 'e', '1.sealed', 0)");
    meter.again(flow.world.get(path).bearer(&flow.token));
}

fn comes_back(meter: &Meter, base: &str) {
    let flow = Flow::new();
    let state = param(&flow.begin(""), "state");
    // Another browser than the one that began.
    let ask = flow.world.get(&format!("{base}/auth/callback/crm?code=good&state={state}")).navigating();
    meter.refused(ask, 400);
}

pub fn rows() -> Vec<Row> {
    vec![
        row("GET /auth/callback/{id}", |m| comes_back(m, "")),
        row("GET /tenant/{tenant}/auth/callback/{id}", |m| comes_back(m, "/tenant/home")),
        row("GET /users/auth/google", |m| {
            let world = World::new();
            world.google("home", json!({}));
            m.again(world.get("/users/auth/google"));
        }),
        row("GET /users/auth/google/callback", |m| {
            let world = World::new();
            let google = world.google("home", json!({}));
            let start = begun(&world.get("/users/auth/google").send().is(302), "home", "google");
            let person = json!({ "sub": "g1", "email": "ada@gmail.com", "email_verified": true });
            let code = google.code(&world, &start, person);
            let path = format!("/users/auth/google/callback?code={code}&state={}", start.param("state"));
            m.once(world.get(&path).header("cookie", &start.cookie));
        }),
        row("GET /users/auth/status", |m| {
            let world = World::new();
            let token = token(&world);
            m.again(world.get("/users/auth/status").bearer(&token));
        }),
        row("POST /users/auth/magic-link/request", |m| {
            let world = World::new();
            world.user(ADA);
            m.once(world.post("/users/auth/magic-link/request").json(json!({ "email": ADA })));
        }),
        row("POST /users/auth/magic-link/verify", |m| {
            let world = World::new();
            world.user(ADA);
            world.post("/users/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
            let body = json!({ "token": world.mailed_link(ADA) });
            m.once(world.post("/users/auth/magic-link/verify").json(body));
        }),
        row("POST /users/logout", |m| {
            let world = World::new();
            let token = token(&world);
            m.once(world.post("/users/logout").bearer(&token));
        }),
        row("POST /auth/apikeys/{id}", |m| {
            let world = World::new();
            let token = token(&world);
            m.again(world.post("/auth/apikeys/openai").bearer(&token).json(json!({ "apiKey": "k" })));
        }),
        row("DELETE /auth/apikeys/{id}", |m| {
            let world = World::new();
            let token = token(&world);
            world.post("/auth/apikeys/openai").bearer(&token).json(json!({ "apiKey": "k" })).send().is(200);
            m.once(world.delete("/auth/apikeys/openai").bearer(&token));
        }),
        row("GET /auth/apikeys/{id}", |m| {
            let world = World::new();
            let token = token(&world);
            world.post("/auth/apikeys/openai").bearer(&token).json(json!({ "apiKey": "k" })).send().is(200);
            m.again(world.get("/auth/apikeys/openai").bearer(&token));
        }),
        row("GET /auth/connect/{id}", |m| by_person(m, "/auth/connect/crm")),
        row("POST /auth/callback", |m| {
            let flow = Flow::new();
            let state = param(&flow.begin(""), "state");
            m.once(flow.ask(&flow.token, "good", &state));
        }),
        row("POST /auth/disconnect/{id}", |m| {
            let flow = Flow::new();
            flow.connect("", "good");
            m.once(flow.world.post("/auth/disconnect/crm").bearer(&flow.token).json(json!({})));
        }),
        row("GET /auth/google-search-keys", |m| {
            let world = World::new();
            let keys = json!({ "apiKey": "k", "searchEngineId": "cx:1" });
            world.put("/auth/google-search-keys").bearer(&world.admin()).json(keys).send().is(200);
            let token = token(&world);
            m.again(world.get("/auth/google-search-keys").bearer(&token));
        }),
        row("GET /auth/providers", |m| by_person(m, "/auth/providers")),
        row("GET /auth/providers/{id}", |m| by_person(m, "/auth/providers/crm")),
        row("GET /auth/connected", |m| by_key(m, "/auth/connected")),
        row("GET /auth/connections/{id}", |m| by_key(m, "/auth/connections/c1")),
        row("GET /auth/valid-token", |m| by_key(m, PATH)),
        way("GET /auth/valid-token", "by the person", |m| {
            let connected = Connected::with(3_000);
            let token = connected.world.session(&connected.user).access;
            m.again(connected.world.get(PATH).bearer(&token));
        }),
    ]
}
