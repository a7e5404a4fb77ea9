//! Bearer tokens that the gateway believes without a look-up: when, and that nobody can tell the difference.

use serde_json::{Value, json};

use crate::harness::{Ask, World, claims, set};

/// A world whose tenant did not change for a while, with a route.
fn world() -> World {
    let world = World::new();
    let body = json!({ "name": "gold", "rank": 5, "features": ["export"] });
    world.post("/tenant/home/v2/Plans").bearer(&world.admin()).json(body).send().is(201);
    world.route(json!({}));
    world.advance(200);
    world
}

fn token(world: &World) -> String {
    let user = world.user_with("home", "ada@example.com", |user| {
        user.roles = vec!["MANAGER".into()];
        user.plan = Some("gold".into());
        user.scopes = vec!["files:read".into()];
    });
    world.session_by(&user, &["pwd", "otp", "mfa"]).access
}

/// How often the database is asked for a request.
fn trips(world: &World, ask: Ask<'_>) -> usize {
    let before = world.db.trips.get();
    assert_eq!(ask.status(), 200);
    world.db.trips.get() - before
}

fn assertion(ask: Ask<'_>) -> Value {
    let plan = ask.plan();
    let mut said = claims(set(&plan, "x-portcullis-assertion").unwrap());
    for of_the_moment in ["jti", "iat", "nbf", "exp"] {
        said.as_object_mut().unwrap().remove(of_the_moment);
    }
    said
}

#[test]
fn an_origin_is_told_the_same_with_and_without_a_look_up() {
    let world = world();
    let token = token(&world);
    world.get("/api/auth/me").bearer(&token).elsewhere().send().is(200);
    let looked_up = assertion(world.get("/app/").bearer(&token).elsewhere());
    world.get("/app/").send().is(401);
    assert_eq!(trips(&world, world.get("/app/").bearer(&token)), 0);
    assert_eq!(assertion(world.get("/app/").bearer(&token)), looked_up);
    assert_eq!(looked_up["features"], json!(["export"]));
    assert_eq!(looked_up["roles"], json!(["MANAGER"]));
    assert!(looked_up["scope"].as_str().unwrap().contains("files:read"));
    // What is believed at the gateway is looked up where a person is asked for.
    let me = world.get("/api/auth/me").bearer(&token).send().is(200);
    assert_eq!(me.json["data"]["user"]["email"], "ada@example.com");
    assert_eq!(assertion(world.get("/app/").bearer(&token)), looked_up);
}

#[test]
fn an_isolate_that_knows_nothing_hears_of_what_ended_since_the_token_was_made() {
    let world = world();
    let token = token(&world);
    world.advance(600);
    assert_eq!(trips(&world, world.get("/app/").bearer(&token).fresh()), 1);
    world.sql("UPDATE sessions SET ended_at = 1 WHERE user_id = (SELECT id FROM users WHERE email_key = 'ada@example.com')");
    world.advance(120);
    world.get("/app/").bearer(&token).fresh().send().is(401);
}

#[test]
fn a_token_is_looked_up_if_its_tenant_changed_just_before() {
    for (seconds, is_looked_up) in [(0, true), (119, true), (120, false)] {
        let world = world();
        world.settings(json!({ "minPasswordLength": 9 }));
        world.advance(seconds);
        let token = token(&world);
        world.get("/app/").elsewhere().send().is(401);
        let trips = trips(&world, world.get("/app/").bearer(&token).elsewhere());
        assert_eq!(trips, usize::from(is_looked_up), "{seconds}");
    }
}

#[test]
fn a_user_who_changed_is_looked_up_and_who_did_not_is_not() {
    let world = world();
    let (ada, bob) = (token(&world), world.session(&world.user("bob@example.com")).access);
    world.get("/app/").elsewhere().send().is(401);
    world.sql("UPDATE users SET roles = '[]' WHERE email_key = 'ada@example.com'");
    world.advance(5);
    world.get("/app/").elsewhere().send().is(401);
    assert_eq!(trips(&world, world.get("/app/").bearer(&bob).elsewhere()), 0);
    assert_eq!(trips(&world, world.get("/app/").bearer(&ada).elsewhere()), 1);
    let said = assertion(world.get("/app/").bearer(&ada).elsewhere());
    assert_eq!(said["roles"], json!([]), "the database's, not the token's");
}

#[test]
fn where_too_much_changed_each_token_is_looked_up() {
    let world = world();
    let token = token(&world);
    world.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10100)
         INSERT INTO changes (tenant_id, kind, id) SELECT 'home', 'session', 's' || i FROM n",
    );
    // The tenant, and the look-up.
    assert_eq!(trips(&world, world.get("/app/").bearer(&token).fresh()), 2);
    world.sql("UPDATE sessions SET ended_at = 1");
    world.get("/app/").bearer(&token).fresh().send().is(401);
    // One that knew the tenant before, and missed too many.
    world.advance(5);
    world.get("/app/").send().is(401);
    world.get("/app/").bearer(&token).send().is(401);
}

#[test]
fn a_token_that_is_older_than_the_feed_reaches_back_is_looked_up() {
    let world = world();
    world.settings(json!({ "accessTokenSeconds": 7_200 }));
    world.advance(200);
    let token = token(&world);
    assert_eq!(trips(&world, world.get("/app/").bearer(&token).fresh()), 1);
    world.advance(3_601);
    assert_eq!(trips(&world, world.get("/app/").bearer(&token).fresh()), 2);
    // Also in an isolate that is in use all the time, after what cron removed.
    world.advance(2_000);
    world.cron();
    world.sql("UPDATE sessions SET ended_at = 1");
    world.advance(5);
    world.get("/app/").bearer(&token).send().is(401);
}

#[test]
fn a_token_ends_with_its_session() {
    let world = World::new();
    world.settings(json!({ "refreshTokenSeconds": 60 }));
    let tokens = world.session(&world.user("ada@example.com"));
    assert_eq!(tokens.expires_in, 60);
    let said = claims(&tokens.access);
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 60);
}
