//! The forwarded assertion.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::harness::{Ask, World, claims, part, set};

fn assertion(ask: Ask<'_>) -> String {
    set(&ask.plan(), "x-portcullis-assertion").unwrap().to_owned()
}

#[test]
fn an_origin_is_told_who_calls() {
    let world = World::new();
    let plan = json!({ "name": "pro", "rank": 2, "features": ["export"] });
    world.post("/tenant/home/v2/Plans").bearer(&world.admin()).json(plan).send().is(201);
    world.route(json!({ "audience": "the-app" }));
    let user = world.user_with("home", "ada@example.com", |user| {
        user.roles = vec!["MANAGER".into()];
        user.plan = Some("pro".into());
    });
    let token = world.session(&user).access;
    let sent = assertion(world.get("/app/").bearer(&token));
    let header = part(&sent, 0);
    assert_eq!((&header["typ"], &header["alg"]), (&"gw+jwt".into(), &"ES256".into()));
    assert_eq!(header["kid"], part(&token, 0)["kid"]);
    let said = claims(&sent);
    let now = world.now().unix();
    let shape = json!({
        "iss": "https://auth.example.com/tenant/home", "aud": "the-app", "sub": user.id, "tenantId": "home",
        "roles": ["MANAGER"], "scope": "read webhooks:manage write", "plan": "pro", "features": ["export"],
        "sid": claims(&token)["sid"], "amr": ["pwd"], "jti": said["jti"], "iat": now, "nbf": now, "exp": now + 60,
    });
    assert_eq!(said, shape);
}

#[test]
fn an_api_key_acts_for_its_user() {
    let world = World::new();
    world.route(json!({}));
    let user = world.user("ada@example.com");
    let key = world.api_key(&world.session(&user).access, &["read"]);
    let said = claims(&assertion(world.get("/app/").key(&key)));
    let id = world.sql("SELECT id FROM api_keys").pop().unwrap()["id"].clone();
    assert_eq!(said["sub"], user.id);
    assert_eq!(said["act"], json!({ "sub": id }));
    assert_eq!(said["scope"], "read");
    assert_eq!(said.get("sid"), None);
    assert_eq!(said["amr"], json!([]));
    assert_eq!(said["aud"], "app");
}

#[test]
fn it_is_sent_where_the_route_says() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    world.route(json!({ "name": "named", "path": "/named/", "header": "X-User-Token" }));
    let plan = world.get("/named/").bearer(&token).plan();
    assert_eq!(part(set(&plan, "x-user-token").unwrap(), 0)["typ"], "gw+jwt");
    assert_eq!(set(&plan, "x-portcullis-assertion"), None);
    world.route(json!({ "name": "bearer", "path": "/bearer/", "header": "Authorization" }));
    let plan = world.get("/bearer/").bearer(&token).plan();
    let sent = set(&plan, "authorization").unwrap().strip_prefix("Bearer ").unwrap();
    assert_eq!(part(sent, 0)["typ"], "gw+jwt");
    assert_ne!(sent, token);
}

#[test]
fn it_is_never_accepted_by_our_own_apis_nor_by_the_gateway() {
    let world = World::new();
    world.route(json!({ "audience": "https://auth.example.com/tenant/home" }));
    let token = world.session(&world.user("ada@example.com")).access;
    let sent = assertion(world.get("/app/").bearer(&token));
    world.get("/api/auth/me").bearer(&sent).send().is(401);
    world.get("/app/").bearer(&sent).send().is(401);
    world.get("/app/").cookie(&sent).send().is(401);
    world.post("/auth/refresh").json(json!({ "refresh_token": sent })).send().is(401);
}

#[test]
fn it_is_sent_again_for_some_seconds_and_always_has_time_left() {
    let world = World::new();
    world.route(json!({}));
    let token = world.session(&world.user("ada@example.com")).access;
    let mut sent = HashSet::new();
    for _ in 0..120 {
        let one = assertion(world.get("/app/").bearer(&token));
        let said = claims(&one);
        let left = said["exp"].as_i64().unwrap() - world.now().unix();
        assert!((40..=60).contains(&left), "{left}");
        assert!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap() <= 120);
        sent.insert(one);
        world.advance(1);
    }
    assert!(sent.len() >= 6, "{}", sent.len());
}

#[test]
fn another_route_or_caller_gets_another() {
    let world = World::new();
    world.route(json!({}));
    world.route(json!({ "name": "two", "path": "/two/" }));
    let user = world.user("ada@example.com");
    let (one, two) = (world.session(&user).access, world.session(&user).access);
    let all = [
        assertion(world.get("/app/").bearer(&one)),
        assertion(world.get("/app/").bearer(&two)),
        assertion(world.get("/two/").bearer(&one)),
    ];
    assert_eq!(claims(&all[2])["aud"], "two");
    let different: HashSet<Value> = all.iter().map(|one| claims(one)["jti"].clone()).collect();
    assert_eq!(different.len(), 3);
}

#[test]
fn a_change_of_roles_is_in_the_next_one_in_this_isolate() {
    let world = World::new();
    world.route(json!({}));
    let user = world.user_with("home", "ada@example.com", |user| user.roles = vec!["MANAGER".into()]);
    let token = world.session(&user).access;
    let roles = |ask: Ask<'_>| claims(&assertion(ask))["roles"].clone();
    assert_eq!(roles(world.get("/app/").bearer(&token)), json!(["MANAGER"]));
    assert_eq!(roles(world.get("/app/").bearer(&token).elsewhere()), json!(["MANAGER"]));
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.patch(&path).bearer(&world.admin()).json(json!({ "roles": ["TECHNICIAN"] })).send().is(200);
    assert_eq!(roles(world.get("/app/").bearer(&token)), json!(["TECHNICIAN"]));
    world.advance(5);
    assert_eq!(roles(world.get("/app/").bearer(&token).elsewhere()), json!(["TECHNICIAN"]));
}
