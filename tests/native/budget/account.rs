//! `/auth/`.

use serde_json::{Value, json};

use super::meter::{Meter, Row, row, way};
use super::session::{ADA, token};
use crate::harness::{PASSWORD, World};
use crate::sso::provider::with_domain;

fn get(meter: &Meter, path: &str) {
    let world = World::new();
    let token = world.with_app(ADA).access;
    meter.again(world.get(path).bearer(&token));
}

fn with_code(meter: &Meter, path: &str) {
    let world = World::new();
    let app = world.with_app(ADA);
    let body = json!({ "code": world.code(&app.secret) });
    meter.once(world.post(path).bearer(&app.access).json(body));
}

fn registered(world: &World) -> String {
    let body = json!({ "email": ADA, "password": PASSWORD, "full_name": "Ada" });
    world.post("/auth/register").json(body).send().is(201);
    world.mailed_token(ADA)
}

fn forgotten(world: &World) -> String {
    world.user(ADA);
    world.post("/auth/forgot-password").json(json!({ "email": ADA })).send().is(200);
    world.mailed_token(ADA)
}

fn register(meter: &Meter, world: &World) {
    let body: Value = json!({ "email": ADA, "password": PASSWORD, "full_name": "Ada" });
    meter.once(world.post("/auth/register").json(body));
}

fn mfa_login(meter: &Meter, code: impl Fn(&World, &str) -> String, status: u16) {
    let world = World::new();
    let app = world.with_app(ADA);
    let body = json!({ "email": ADA, "password": PASSWORD, "code": code(&world, &app.secret) });
    meter.refused(world.post("/auth/mfa/login").json(body), status);
}

pub fn rows() -> Vec<Row> {
    vec![
        row("POST /auth/login", |m| {
            let world = World::new();
            world.user(ADA);
            m.again(world.post("/auth/login").json(json!({ "email": ADA, "password": PASSWORD })));
        }),
        row("POST /auth/mfa/login", |m| mfa_login(m, World::code, 200)),
        way("POST /auth/mfa/login", "wrong code", |m| mfa_login(m, World::wrong_code, 401)),
        row("POST /auth/register", |m| register(m, &World::new())),
        way("POST /auth/register", "address is taken", |m| {
            let world = World::new();
            world.user(ADA);
            register(m, &world);
        }),
        way("POST /auth/register", "no confirmation", |m| {
            let world = World::new();
            world.settings(json!({ "requireVerifiedEmail": false }));
            register(m, &world);
        }),
        row("GET /auth/verify-email", |m| {
            let world = World::new();
            let token = registered(&world);
            m.again(world.get(&format!("/auth/verify-email?token={token}")).navigating());
        }),
        row("POST /auth/verify-email", |m| {
            let world = World::new();
            let token = registered(&world);
            m.once(world.post("/auth/verify-email").json(json!({ "token": token })));
        }),
        row("POST /auth/forgot-password", |m| {
            let world = World::new();
            world.user(ADA);
            m.once(world.post("/auth/forgot-password").json(json!({ "email": ADA })));
        }),
        way("POST /auth/forgot-password", "nobody's address", |m| {
            m.once(World::new().post("/auth/forgot-password").json(json!({ "email": ADA })));
        }),
        row("GET /auth/reset-password", |m| {
            let world = World::new();
            let token = forgotten(&world);
            m.again(world.get(&format!("/auth/reset-password?token={token}")).navigating());
        }),
        row("POST /auth/reset-password", |m| {
            let world = World::new();
            let token = forgotten(&world);
            let body = json!({ "token": token, "password": "another password" });
            m.once(world.post("/auth/reset-password").json(body));
        }),
        row("POST /auth/refresh", |m| {
            let world = World::new();
            let refresh = world.session(&world.user(ADA)).refresh;
            m.once(world.post("/auth/refresh").json(json!({ "refresh_token": refresh })));
        }),
        row("POST /auth/logout", |m| {
            let world = World::new();
            let refresh = world.session(&world.user(ADA)).refresh;
            m.once(world.post("/auth/logout").json(json!({ "refresh_token": refresh })));
        }),
        row("POST /auth/sso/start", |m| {
            let world = World::new();
            world.okta("home", json!({}));
            with_domain(&world);
            m.again(world.post("/auth/sso/start").json(json!({ "email": "ada@acme.example" })));
        }),
        row("GET /auth/mfa", |m| get(m, "/auth/mfa")),
        row("GET /auth/mfa/backup-codes", |m| get(m, "/auth/mfa/backup-codes")),
        row("POST /auth/mfa/backup-codes", |m| with_code(m, "/auth/mfa/backup-codes")),
        row("POST /auth/mfa/disable", |m| with_code(m, "/auth/mfa/disable")),
        way("POST /auth/mfa/verify", "sign-in", |m| {
            let world = World::new();
            let app = world.with_app(ADA);
            let waiting = world.login(ADA, PASSWORD).is(200);
            m.once(world.verifying(&waiting, &world.code(&app.secret)));
        }),
        way("POST /auth/mfa/send", "sign-in", |m| {
            let world = World::new();
            world.with_mail(ADA);
            let waiting = world.login(ADA, PASSWORD).is(200).str("/mfa_token");
            m.once(world.post("/auth/mfa/send").json(json!({ "mfa_token": waiting })));
        }),
        way("POST /auth/mfa/enable", "codes by mail", |m| {
            let world = World::new();
            let token = token(&world);
            m.once(world.post("/auth/mfa/enable").bearer(&token).json(json!({ "method": "email" })));
        }),
    ]
}
