//! What a caller is told to check when an answer is 401 or 403: each line of that list, on the tenant API, the
//! session API and a gateway route.

use p256::ecdsa::SigningKey;
use portcullis::crypto::jws::{self, Validity};
use portcullis::oidc::access_token::TYP;
use serde_json::{Value, json};

use crate::harness::{World, claims, part};

const SURFACES: [&str; 3] = ["/tenant/home/v2/Users", "/api/auth/me", "/app/"];

fn world() -> (World, String) {
    let world = World::new();
    world.route(json!({}));
    let admin = world.admin();
    (world, admin)
}

fn everywhere(world: &World, token: &str, status: u16) {
    for path in SURFACES {
        assert_eq!(world.get(path).bearer(token).fresh().status(), status, "{path}");
    }
}

/// The administrator's token, said otherwise.
fn otherwise(world: &World, token: &str, change: impl Fn(&mut Value)) -> String {
    let mut said = claims(token);
    for set_by_signing in ["iat", "nbf", "exp"] {
        said.as_object_mut().unwrap().remove(set_by_signing);
    }
    change(&mut said);
    world.token("home", &said)
}

fn without(world: &World, token: &str, claim: &str) -> String {
    otherwise(world, token, |said| said[claim] = Value::Null)
}

#[test]
fn unauthorized_1_the_token_is_in_the_authorization_header() {
    let (world, token) = world();
    everywhere(&world, &token, 200);
    for path in SURFACES {
        let nothing = world.get(path).send().is(401);
        assert_eq!(nothing.header("www-authenticate"), Some("Bearer"), "{path}");
        for header in ["x-access-token", "x-authorization", "token", "cookie"] {
            world.get(path).header(header, &token).send().is(401);
        }
        for value in [token.clone(), format!("Token {token}"), format!("Basic {token}"), "Bearer".to_owned()]
        {
            world.get(path).header("authorization", &value).send().is(401);
        }
        world.get(&format!("{path}?access_token={token}")).send().is(401);
    }
}

#[test]
fn unauthorized_2_the_token_is_not_expired() {
    let (world, token) = world();
    world.advance(899);
    everywhere(&world, &token, 200);
    world.advance(1);
    everywhere(&world, &token, 401);
    let told = world.get("/app/").bearer(&token).send().is(401);
    assert_eq!(told.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[test]
fn unauthorized_3_the_token_says_who_and_of_which_tenant() {
    let (world, token) = world();
    everywhere(&world, &otherwise(&world, &token, |_| {}), 200);
    for claim in ["sub", "tenantId"] {
        everywhere(&world, &without(&world, &token, claim), 401);
    }
    // `sub` or `userId`: one of them suffices, and ours is `sub`.
    everywhere(&world, &without(&world, &token, "userId"), 200);
}

#[test]
fn unauthorized_4_the_token_was_issued_here() {
    let (world, token) = world();
    for issuer in ["https://evil.example/tenant/home", "https://auth.example.com", ""] {
        everywhere(&world, &otherwise(&world, &token, |said| said["iss"] = issuer.into()), 401);
    }
}

#[test]
fn unauthorized_5_the_signature_is_one_of_our_published_keys() {
    let (world, token) = world();
    let foreign = SigningKey::from_slice(&[7; 32]).unwrap();
    let kid = part(&token, 0)["kid"].as_str().unwrap().to_owned();
    let mut said = claims(&token);
    for set_by_signing in ["iat", "nbf", "exp"] {
        said.as_object_mut().unwrap().remove(set_by_signing);
    }
    let validity = Validity { from: world.now(), until: world.now().plus(900) };
    everywhere(&world, &jws::sign(TYP, &kid, &foreign, validity, &said).unwrap(), 401);
    let jwks = world.get("/tenant/home/.well-known/jwks.json").send().is(200);
    let published = jwks.json["keys"].as_array().unwrap().iter().any(|key| key["kid"] == kid.as_str());
    assert!(published, "what signs is published");
}

#[test]
fn unauthorized_by_a_key_that_is_unknown_mistyped_revoked_or_over() {
    let (world, admin) = world();
    let make = |expires: Option<&str>| {
        let body = json!({ "name": "k", "scopes": ["read"], "roles": ["ADMIN"], "expiresAt": expires });
        let made = world.post("/tenant/home/v2/ApiKeys").bearer(&admin).json(body).send().is(201);
        (made.str("/apiKey"), made.str("/id"))
    };
    let works = |key: &str| {
        let statuses =
            ["/tenant/home/v2/Users", "/app/"].map(|path| world.get(path).key(key).fresh().status());
        assert!(statuses == [200, 200] || statuses == [401, 401], "{statuses:?}");
        statuses == [200, 200]
    };
    let (revoked, id) = make(None);
    assert!(works(&revoked));
    world.delete(&format!("/tenant/home/v2/ApiKeys/{id}")).bearer(&admin).send().is(204);
    assert!(!works(&revoked));
    let (good, _) = make(None);
    let (over, _) = make(Some("2026-05-01T12:10:00Z"));
    assert!(works(&over));
    world.advance(600);
    assert!(!works(&over) && works(&good));
    let mistyped = good.replace(|last: char| last.is_ascii_digit(), "x");
    assert!(!works(&mistyped) && !works("") && !works("pc_0_0"));
    assert!(!works(&format!("{good} ")) && !works(&good.to_uppercase()));
}

#[test]
fn forbidden_1_the_tenant_in_the_address_is_another() {
    let (world, admin) = world();
    let b = world.tenant("b");
    for (token, path) in [(&admin, "/tenant/b/v2/Users"), (&b, "/tenant/home/v2/Users")] {
        world.get(path).bearer(token).send().is(403);
    }
    world.get("/api/auth/me").tenant("b").bearer(&admin).send().is(403);
    world.get("/app/").bearer(&b).send().is(403);
}

#[test]
fn forbidden_2_the_resource_is_not_the_callers_to_reach() {
    let (world, _) = world();
    let user = world.session(&world.user("ada@example.com")).access;
    for path in ["Users", "Routes", "Roles", "Plans", "Settings", "Audit", "ApiKeys", "Tenants"] {
        world.get(&format!("/tenant/home/v2/{path}")).bearer(&user).send().is(403);
    }
    world.route(json!({ "name": "staff", "path": "/staff/", "roles": ["MANAGER"] }));
    world.get("/staff/").bearer(&user).send().is(403);
}

#[test]
fn forbidden_3_the_data_is_another_users() {
    let (world, _) = world();
    let bob = world.user("bob@example.com");
    let ada = world.session(&world.user("ada@example.com")).access;
    let path = format!("/tenant/home/v2/Users/{}", bob.id);
    world.get(&path).bearer(&ada).send().is(403);
    world.patch(&path).bearer(&ada).json(json!({ "name": "x" })).send().is(403);
    world.delete(&path).bearer(&ada).send().is(403);
    let body = json!({ "name": "k", "scopes": ["read"], "userId": bob.id });
    world.post("/tenant/home/v2/ApiKeys").bearer(&ada).json(body).send().is(403);
}

#[test]
fn forbidden_4_the_operation_needs_more_than_the_caller_has() {
    let (world, admin) = world();
    let body = json!({ "name": "k", "scopes": ["read"], "roles": ["ADMIN"] });
    let reader =
        world.post("/tenant/home/v2/ApiKeys").bearer(&admin).json(body).send().is(201).str("/apiKey");
    world.get("/tenant/home/v2/Users").key(&reader).send().is(200);
    let new = json!({ "email": "new@example.com" });
    let refused = world.post("/tenant/home/v2/Users").key(&reader).json(new).send().is(403);
    assert_eq!(refused.json["code"], "INSUFFICIENT_SCOPE");
    assert_eq!(world.number("SELECT count(*) AS n FROM users WHERE email = 'new@example.com'"), 0);
    world.route(json!({ "name": "orders", "path": "/orders/", "scopes": ["orders:list"] }));
    world.get("/orders/").key(&reader).send().is(403);
}
