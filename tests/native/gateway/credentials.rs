//! Which credential stands for the caller.

use serde_json::json;

use crate::harness::{World, claims, set};

#[test]
fn a_route_takes_only_the_kinds_that_it_names() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let (token, cookie) = (world.session(&user).access, world.cookie(&user));
    let key = world.api_key(&token, &["read"]);
    for (at, kind) in ["bearer", "cookie", "apiKey"].iter().enumerate() {
        world.route(json!({ "name": kind, "path": format!("/{kind}/"), "credentials": [kind] }));
        let asks = [|p: &str| p.to_owned()].map(|f| f(&format!("/{kind}/")));
        let [path] = asks;
        let statuses =
            [world.get(&path).bearer(&token), world.get(&path).cookie(&cookie), world.get(&path).key(&key)]
                .map(crate::harness::Ask::status);
        for (other, status) in statuses.iter().enumerate() {
            assert_eq!(*status, if other == at { 200 } else { 401 }, "{kind} {other}");
        }
    }
}

#[test]
fn an_api_key_comes_before_a_bearer_token_and_that_before_a_cookie() {
    let world = World::new();
    world.route(json!({}));
    let [ada, bob, cy] = ["ada", "bob", "cy"].map(|name| world.user(&format!("{name}@example.com")));
    let key = world.api_key(&world.session(&ada).access, &["read"]);
    let (token, cookie) = (world.session(&bob).access, world.cookie(&cy));
    let who = |ask: crate::harness::Ask<'_>| {
        claims(set(&ask.plan(), "x-portcullis-assertion").unwrap())["sub"].as_str().unwrap().to_owned()
    };
    assert_eq!(who(world.get("/app/").cookie(&cookie).bearer(&token).key(&key)), ada.id);
    assert_eq!(who(world.get("/app/").cookie(&cookie).bearer(&token)), bob.id);
    assert_eq!(who(world.get("/app/").cookie(&cookie)), cy.id);
    // A bad one is not passed over for the next.
    world.get("/app/").cookie(&cookie).bearer("bad").send().is(401);
}

#[test]
fn one_kind_is_not_taken_in_anothers_place() {
    let world = World::new();
    world.route(json!({}));
    let user = world.user("ada@example.com");
    let (tokens, cookie) = (world.session(&user), world.cookie(&user));
    let key = world.api_key(&tokens.access, &["read"]);
    world.get("/app/").bearer(&tokens.access).plan();
    world.get("/app/").cookie(&cookie).plan();
    world.get("/app/").key(&key).plan();
    for secret in [&tokens.access, &tokens.refresh, &cookie, &key] {
        let asks = [
            (secret == &tokens.access, world.get("/app/").bearer(secret)),
            (secret == &cookie, world.get("/app/").cookie(secret)),
            (secret == &key, world.get("/app/").key(secret)),
        ];
        for (own, ask) in asks {
            assert_eq!(ask.status(), if own { 200 } else { 401 });
        }
    }
}

#[test]
fn a_typo_in_an_api_key_is_refused_before_any_look_up() {
    let world = World::new();
    world.route(json!({}));
    let key = world.api_key(&world.session(&world.user("ada@example.com")).access, &["read"]);
    world.get("/app/").key(&key).plan();
    let trips = world.db.trips.get();
    for at in 0..key.len() {
        let mut typo: Vec<char> = key.chars().collect();
        let slot = typo.get_mut(at).unwrap();
        *slot = if *slot == 'x' { 'y' } else { 'x' };
        let typo: String = typo.into_iter().collect();
        world.get("/app/").key(&typo).send().is(401);
    }
    for no_key in
        ["", "pc", "pc_1_2", &key[..0], &format!("{key}0"), &"x".repeat(10_000), "pc__aaaaaa", "______"]
    {
        world.get("/app/").key(no_key).send().is(401);
    }
    assert_eq!(world.db.trips.get(), trips);
}

#[test]
fn a_credential_of_another_tenant_is_refused() {
    let world = World::new();
    world.tenant("b");
    world.route(json!({}));
    let user = world.user_with("b", "ada@example.com", |_| {});
    let (token, cookie) = (world.session(&user).access, world.cookie(&user));
    let made = world.post("/api/auth/api-keys").tenant("b").bearer(&token);
    let key = made.json(json!({ "name": "x", "scopes": ["read"] })).send().is(201).str("/data/apiKey");
    for ask in
        [world.get("/app/").bearer(&token), world.get("/app/").cookie(&cookie), world.get("/app/").key(&key)]
    {
        let reply = ask.clone().send().is(403);
        assert_eq!(reply.json["code"], "FORBIDDEN");
        // Also when another request left it in memory.
        ask.send().is(403);
    }
}

#[test]
fn a_warm_isolate_neither_asks_the_database_nor_signs() {
    let world = World::new();
    world.route(json!({}));
    let user = world.user("ada@example.com");
    let (token, cookie) = (world.session(&user).access, world.cookie(&user));
    let key = world.api_key(&token, &["read"]);
    for ask in
        [world.get("/app/").bearer(&token), world.get("/app/").cookie(&cookie), world.get("/app/").key(&key)]
    {
        let cold = ask.clone().plan();
        let trips = world.db.trips.get();
        assert_eq!(ask.plan(), cold);
        assert_eq!(world.db.trips.get(), trips);
    }
}

#[test]
fn with_no_memory_each_request_is_checked() {
    let world = World::with(&[("REVOCATION_SECONDS", "0")]);
    world.route(json!({}));
    let token = world.session(&world.user("ada@example.com")).access;
    world.get("/app/").bearer(&token).plan();
    world.sql("UPDATE sessions SET ended_at = 1");
    world.get("/app/").bearer(&token).send().is(401);
}
