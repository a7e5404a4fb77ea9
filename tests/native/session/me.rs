//! `GET /api/auth/me`.

use serde_json::json;

use crate::harness::World;

#[test]
fn the_caller_is_shown() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let reply = world.get("/api/auth/me").bearer(&world.session(&user).access).send().is(200);
    let shape = json!({
        "id": user.id, "email": "ada@example.com", "emailVerified": true, "name": null, "roles": ["ADMIN"],
        "tenantId": "home", "plan": "free",
    });
    assert_eq!(reply.json, json!({ "success": true, "data": { "user": shape } }));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn a_token_ends_after_fifteen_minutes() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    world.advance_ms(899_999);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(200);
    world.advance_ms(1);
    let reply = world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[test]
fn a_token_lives_as_long_as_the_tenant_says() {
    let world = World::new();
    world.settings(json!({ "accessTokenSeconds": 60 }));
    let tokens = world.session(&world.user("ada@example.com"));
    assert_eq!(tokens.expires_in, 60);
    world.advance(60);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
}

#[test]
fn neither_a_cookie_nor_an_api_key_stands_for_a_session_here() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    let key = world.api_key(&token, &["read"]);
    world.get("/api/auth/me").cookie(&world.cookie(&user)).send().is(401);
    world.get("/api/auth/me").key(&key).send().is(401);
    world.get("/api/auth/me").bearer(&key).send().is(401);
}

#[test]
fn the_scheme_is_read_in_any_case_and_others_are_none() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    world.get("/api/auth/me").header("authorization", &format!("bearer {token}")).send().is(200);
    for other in [format!("Basic {token}"), token.clone(), format!("Bearer{token}"), "Bearer ".to_owned()] {
        world.get("/api/auth/me").header("authorization", &other).send().is(401);
    }
}
