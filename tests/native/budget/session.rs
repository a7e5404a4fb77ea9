//! `/api/auth/`.

use serde_json::{Value, json};

use super::meter::{Meter, Row, row, way};
use crate::harness::{Ask, Authenticator, PASSWORD, World};
use crate::session::microsoft;

pub const ADA: &str = "ada@example.com";

/// A session that has proved two factors, of a person who is made.
pub fn token(world: &World) -> String {
    world.session_by(&world.user(ADA), &["pwd", "otp", "mfa"]).access
}

fn login<'w>(world: &'w World, password: &str) -> Ask<'w> {
    world.post("/api/auth/login").json(json!({ "email": ADA, "password": password }))
}

fn get(meter: &Meter, path: &str) {
    let world = World::new();
    let token = token(&world);
    meter.again(world.get(path).bearer(&token));
}

fn device(world: &World) -> String {
    let token = token(world);
    world.sql(
        "INSERT INTO trusted_devices SELECT 'd', 'h', 'home', id, '203.0.113.7', 'Firefox', 0, 0, 9999999999999 FROM users",
    );
    token
}

fn with_passkey(world: &World) -> (String, Authenticator, String) {
    let (token, mut key) = (token(world), Authenticator::new(1));
    let made = world.add_passkey(&token, &mut key).is(201);
    (token, key, made.str("/data/id"))
}

fn magic_link(world: &World) {
    world.user(ADA);
    world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
}

fn verify<'w>(world: &'w World, body: Value) -> Ask<'w> {
    world.post("/api/auth/magic-link/verify").json(body)
}

pub fn rows() -> Vec<Row> {
    vec![
        row("GET /.well-known/webauthn", |m| m.again(World::new().get("/.well-known/webauthn"))),
        row("POST /api/auth/login", |m| {
            let world = World::new();
            world.user(ADA);
            m.again(login(&world, PASSWORD));
        }),
        way("POST /api/auth/login", "wrong password", |m| {
            let world = World::new();
            world.user(ADA);
            m.refused(login(&world, "wrong"), 401);
        }),
        way("POST /api/auth/login", "nobody's address", |m| m.refused(login(&World::new(), PASSWORD), 401)),
        way("POST /api/auth/login", "second factor asked", |m| {
            let world = World::new();
            world.with_app(ADA);
            m.again(login(&world, PASSWORD));
        }),
        way("POST /api/auth/login", "second factor mailed", |m| {
            let world = World::new();
            world.with_mail(ADA);
            m.once(login(&world, PASSWORD));
        }),
        way("POST /api/auth/mfa/verify", "sign-in", |m| {
            let world = World::new();
            let app = world.with_app(ADA);
            let challenge = login(&world, PASSWORD).send().is(200).str("/data/challenge");
            let body = json!({ "challenge": challenge, "code": world.code(&app.secret) });
            m.once(world.post("/api/auth/mfa/verify").json(body));
        }),
        way("POST /api/auth/mfa/verify", "wrong code", |m| {
            let world = World::new();
            let app = world.with_app(ADA);
            let challenge = login(&world, PASSWORD).send().is(200).str("/data/challenge");
            let body = json!({ "challenge": challenge, "code": world.wrong_code(&app.secret) });
            m.refused(world.post("/api/auth/mfa/verify").json(body), 401);
        }),
        row("POST /api/auth/mfa/send", |m| {
            let world = World::new();
            world.with_mail(ADA);
            let challenge = login(&world, PASSWORD).send().is(200).str("/data/challenge");
            m.once(world.post("/api/auth/mfa/send").json(json!({ "challenge": challenge })));
        }),
        row("POST /api/auth/magic-link/request", |m| {
            let world = World::new();
            world.user(ADA);
            m.once(world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })));
        }),
        way("POST /api/auth/magic-link/verify", "link", |m| {
            let world = World::new();
            magic_link(&world);
            m.once(verify(&world, json!({ "token": world.mailed_link(ADA) })));
        }),
        way("POST /api/auth/magic-link/verify", "code", |m| {
            let world = World::new();
            magic_link(&world);
            m.once(verify(&world, json!({ "email": ADA, "code": world.mailed_code(ADA) })));
        }),
        way("POST /api/auth/magic-link/verify", "wrong code", |m| {
            let world = World::new();
            magic_link(&world);
            m.refused(verify(&world, json!({ "email": ADA, "code": "x" })), 401);
        }),
        row("POST /api/auth/google", |m| {
            let world = World::new();
            let google = world.google("home", json!({}));
            let person = json!({ "sub": "1", "email": "jane@gmail.com", "email_verified": true });
            let credential = google.credential(&world, person);
            m.again(world.post("/api/auth/google").json(json!({ "credential": credential })));
        }),
        row("POST /api/auth/microsoft", |m| {
            let world = microsoft::entra(&json!({}));
            let token = microsoft::token(&world, &microsoft::own_api());
            m.again(world.post("/api/auth/microsoft").json(json!({ "accessToken": token })));
        }),
        row("POST /api/auth/passkeys/login/options", |m| {
            m.again(World::new().post("/api/auth/passkeys/login/options"));
        }),
        way("POST /api/auth/passkeys/login/options", "second factor", |m| {
            let world = World::new();
            with_passkey(&world);
            let challenge = login(&world, PASSWORD).send().is(200);
            let challenge = challenge.json.pointer("/data/challenge").cloned().unwrap_or_default();
            m.again(world.post("/api/auth/passkeys/login/options").json(json!({ "challenge": challenge })));
        }),
        row("POST /api/auth/passkeys/login", |m| {
            let world = World::new();
            let (_, mut key, _) = with_passkey(&world);
            let credential = key.get(&world.request_options());
            m.once(world.post("/api/auth/passkeys/login").json(json!({ "credential": credential })));
        }),
        row("PATCH /api/auth/passkeys/{id}", |m| {
            let world = World::new();
            let (token, _, id) = with_passkey(&world);
            let body = json!({ "name": "Mine" });
            m.again(world.patch(&format!("/api/auth/passkeys/{id}")).bearer(&token).json(body));
        }),
        row("POST /api/auth/refresh", |m| {
            let world = World::new();
            let refresh = world.session(&world.user(ADA)).refresh;
            m.once(world.post("/api/auth/refresh").json(json!({ "refreshToken": refresh })));
        }),
        row("POST /api/auth/change-email/confirm", |m| {
            let world = World::new();
            let token = token(&world);
            let body = json!({ "newEmail": "new@example.com", "password": PASSWORD });
            world.post("/api/auth/change-email").bearer(&token).json(body).send().is(200);
            let link = world.mailed_link("new@example.com");
            m.once(world.post("/api/auth/change-email/confirm").json(json!({ "token": link })));
        }),
        way("POST /api/auth/change-email", "with the password", |m| {
            let world = World::new();
            let token = token(&world);
            let body = json!({ "newEmail": "new@example.com", "password": PASSWORD });
            m.once(world.post("/api/auth/change-email").bearer(&token).json(body));
        }),
        way("POST /api/auth/change-password", "with the password", |m| {
            let world = World::new();
            let token = token(&world);
            let body = json!({ "currentPassword": PASSWORD, "newPassword": "another password" });
            m.once(world.post("/api/auth/change-password").bearer(&token).json(body));
        }),
        row("POST /api/auth/reauthenticate", |m| {
            let world = World::new();
            let token = token(&world);
            let body = json!({ "password": PASSWORD });
            m.once(world.post("/api/auth/reauthenticate").bearer(&token).json(body));
        }),
        row("DELETE /api/auth/api-keys/{id}", |m| {
            let world = World::new();
            let token = token(&world);
            world.api_key(&token, &["read"]);
            let id = world.get("/api/auth/api-keys").bearer(&token).send().is(200).str("/data/items/0/id");
            m.once(world.delete(&format!("/api/auth/api-keys/{id}")).bearer(&token));
        }),
        row("DELETE /api/auth/devices/{id}", |m| {
            let world = World::new();
            let token = device(&world);
            m.once(world.delete("/api/auth/devices/d").bearer(&token));
        }),
        row("DELETE /api/auth/sessions", |m| {
            let world = World::new();
            let token = token(&world);
            m.once(world.delete("/api/auth/sessions").bearer(&token));
        }),
        row("DELETE /api/auth/sessions/{id}", |m| {
            let world = World::new();
            let token = token(&world);
            let id = world.get("/api/auth/sessions").bearer(&token).send().is(200).str("/data/items/0/id");
            m.once(world.delete(&format!("/api/auth/sessions/{id}")).bearer(&token));
        }),
        row("GET /api/auth/api-keys", |m| get(m, "/api/auth/api-keys")),
        row("GET /api/auth/devices", |m| get(m, "/api/auth/devices")),
        row("GET /api/auth/identities", |m| get(m, "/api/auth/identities")),
        row("GET /api/auth/mfa", |m| get(m, "/api/auth/mfa")),
        row("GET /api/auth/passkeys", |m| get(m, "/api/auth/passkeys")),
        row("GET /api/auth/sessions", |m| get(m, "/api/auth/sessions")),
        row("GET /api/auth/me", |m| get(m, "/api/auth/me")),
        way("GET /api/auth/me", "token first seen", |m| {
            let world = World::new();
            let token = token(&world);
            world.get("/.well-known/jwks.json").send().is(200);
            m.again(world.get("/api/auth/me").bearer(&token));
        }),
        row("POST /api/auth/logout", |m| {
            let world = World::new();
            let token = token(&world);
            m.once(world.post("/api/auth/logout").bearer(&token));
        }),
    ]
}
