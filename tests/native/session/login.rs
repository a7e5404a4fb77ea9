//! `POST /api/auth/login`; the rules of signing in are in `account/login.rs`.

use serde_json::json;

use crate::harness::{PASSWORD, World, claims, part};

#[test]
fn a_login_answers_the_user_and_a_pair() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| {
        user.name = Some("Ada".into());
        user.roles = vec!["MANAGER".into()];
    });
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let reply = world.post("/api/auth/login").json(body).send().is(200);
    assert_eq!(reply.json["success"], true);
    let shape = json!({ "id": user.id, "email": "ada@example.com", "name": "Ada", "roles": ["MANAGER"] });
    assert_eq!(reply.json["data"]["user"], shape);
    assert_eq!(reply.str("/data/tokens/refreshToken").len(), 104);
    world.get("/api/auth/me").bearer(&reply.str("/data/tokens/accessToken")).send().is(200);
}

#[test]
fn an_access_token_says_what_is_documented() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.roles = vec!["TECHNICIAN".into()]);
    let token = world.session(&user).access;
    let header = part(&token, 0);
    assert_eq!(header["alg"], "ES256");
    assert_eq!(header["typ"], "at+jwt");
    let kid = header["kid"].as_str().unwrap();
    let jwks = world.get("/.well-known/jwks.json").send().is(200);
    assert!(jwks.json["keys"].as_array().unwrap().iter().any(|key| key["kid"] == kid));
    let said = claims(&token);
    let now = world.now().unix();
    for (claim, value) in [
        ("iss", json!("https://auth.example.com/tenant/home")),
        ("aud", json!("https://auth.example.com/tenant/home")),
        ("sub", json!(user.id)),
        ("userId", json!(user.id)),
        ("tenantId", json!("home")),
        ("iat", json!(now)),
        ("nbf", json!(now)),
        ("exp", json!(now + 900)),
        ("roles", json!(["TECHNICIAN"])),
        ("scope", json!("read webhooks:manage write")),
        ("plan", json!("free")),
        ("type", json!("access")),
        ("amr", json!(["pwd"])),
        ("acr", json!("urn:portcullis:acr:1fa")),
        ("auth_time", json!(now)),
    ] {
        assert_eq!(said[claim], value, "{claim}");
    }
    let sid = world.sql("SELECT id FROM sessions").pop().unwrap()["id"].clone();
    assert_eq!(said["sid"], sid);
    assert!(said["jti"].is_string());
    assert_eq!(said.as_object().unwrap().len(), 17, "{said}");
}

#[test]
fn a_refusal_is_in_the_documents_shape() {
    let world = World::new();
    let body = json!({ "email": "ada@example.com", "password": "wrong" });
    let reply = world.post("/api/auth/login").json(body.clone()).send().is(401);
    let shape = json!({ "success": false, "error": "Invalid email or password", "code": "UNAUTHORIZED" });
    assert_eq!(reply.json, shape);
    for _ in 0..4 {
        world.post("/api/auth/login").json(body.clone()).send().is(401);
    }
    let reply = world.post("/api/auth/login").json(body).send().is(429);
    assert_eq!(reply.json["code"], "RATE_LIMITED");
    assert!(reply.header("retry-after").is_some());
}

#[test]
fn failures_on_one_surface_count_on_the_others() {
    let world = World::new();
    let body = json!({ "email": "ada@example.com", "password": "wrong" });
    for _ in 0..5 {
        world.post("/api/auth/login").json(body.clone()).send().is(401);
    }
    world.post("/auth/login").json(body).send().is(429);
    let fields = [("email", "ada@example.com"), ("password", "wrong")];
    world.post("/tenant/home/login").form(&fields).send().is(429);
}
