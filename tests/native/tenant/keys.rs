//! `v2/Keys/rotate`, and the life of signing keys.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::harness::{World, part};

const DAY: i64 = 86_400;
const ROTATE: &str = "/tenant/home/v2/Keys/rotate";
const RESEAL: &str = "/tenant/home/v2/Keys/reseal";

fn published(world: &World) -> Vec<String> {
    let reply = world.get("/.well-known/jwks.json").send().is(200);
    reply.json["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn signing(world: &World) -> String {
    part(&world.admin(), 0)["kid"].as_str().unwrap().to_owned()
}

#[test]
fn keys_are_made_once_also_by_many_first_requests() {
    let world = World::new();
    let asks = (0..50).map(|_| world.get("/.well-known/jwks.json").fresh()).collect();
    let replies = world.together(asks);
    let different: HashSet<String> = replies.iter().map(|reply| reply.text.clone()).collect();
    assert_eq!(different.len(), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM signing_keys"), 2);
}

#[test]
fn a_request_that_began_before_the_first_key_was_made_signs_with_it() {
    let world = World::new();
    published(&world);
    // Its clock is that of its beginning, however long it waited.
    world.advance(-2);
    assert!(published(&world).contains(&signing(&world)));
}

#[test]
fn each_tenant_has_its_own() {
    let world = World::new();
    world.tenant("b");
    let home = published(&world);
    let reply = world.get("/tenant/b/.well-known/jwks.json").send().is(200);
    for key in reply.json["keys"].as_array().unwrap() {
        assert!(!home.contains(&key["kid"].as_str().unwrap().to_owned()));
    }
}

#[test]
fn private_keys_are_sealed_to_their_row() {
    let world = World::new();
    published(&world);
    let rows = world.sql("SELECT * FROM signing_keys ORDER BY turn");
    for row in &rows {
        assert!(!row["public_jwk"].as_str().unwrap().contains("\"d\""));
        assert!(row["sealed_private"].as_str().unwrap().starts_with("2."));
    }
    world.sql(
        "UPDATE signing_keys SET sealed_private = (SELECT sealed_private FROM signing_keys WHERE turn = 2)",
    );
    let reply = world.get("/.well-known/jwks.json").fresh().send().is(500);
    assert!(!reply.text.contains("seal"));
    assert!(world.log.0.borrow().iter().any(|line| line.contains("does not open")));
}

#[test]
fn another_seal_key_opens_nothing() {
    let world = World::new();
    published(&world);
    let other = World::with(&[("SEAL_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]);
    published(&other);
    let row = world.sql("SELECT kid, sealed_private FROM signing_keys WHERE turn = 1").pop().unwrap();
    let (kid, sealed) = (row["kid"].as_str().unwrap(), row["sealed_private"].as_str().unwrap());
    other.sql(&format!("UPDATE signing_keys SET kid = '{kid}', sealed_private = '{sealed}' WHERE turn = 1"));
    other.get("/.well-known/jwks.json").fresh().send().is(500);
}

#[test]
fn cron_rotates_with_overlap() {
    let world = World::new();
    let first = signing(&world);
    let second = published(&world).into_iter().find(|kid| *kid != first).unwrap();
    world.advance(42 * DAY - 1);
    world.cron();
    assert_eq!(signing(&world), first);
    world.advance(5);
    world.cron();
    assert_eq!(signing(&world), second);
    // The retiring one, the current one and the next one.
    assert_eq!(published(&world).len(), 3);
    assert!(published(&world).contains(&first));
    assert_eq!(world.events("keys.rotated"), 1);
    world.cron();
    assert_eq!(world.events("keys.rotated"), 1);
    world.advance(31 * DAY);
    world.cron();
    assert!(!published(&world).contains(&first));
    world.advance(DAY + 60);
    world.cron();
    assert_eq!(world.number("SELECT count(*) AS n FROM signing_keys"), 2);
}

#[test]
fn the_list_says_which_key_signs_which_is_next_and_which_retires() {
    let world = World::new();
    let list = || {
        let keys = world.get("/tenant/home/v2/Keys").bearer(&world.admin()).fresh().send().is(200).json;
        assert!(!keys.to_string().contains("private") && keys["nextCursor"].is_null());
        keys["items"].as_array().unwrap().clone()
    };
    let statuses = || list().iter().map(|key| key["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(statuses(), ["current", "next"]);
    let mut members: Vec<String> = list()[0].as_object().unwrap().keys().cloned().collect();
    members.sort();
    assert_eq!(members, ["activeAt", "alg", "createdAt", "goneAt", "kid", "status"]);
    assert_eq!(list()[0]["kid"], signing(&world));
    world.post("/tenant/home/v2/Keys/rotate").bearer(&world.admin()).json(json!({})).send().is(200);
    world.advance(301);
    assert_eq!(statuses(), ["retiring", "current", "next"]);
    assert_eq!(list()[1]["kid"], signing(&world));
    assert!(list()[0]["goneAt"].is_string() && list()[2]["goneAt"].is_null());
    world
        .post("/tenant/home/v2/Keys/rotate")
        .bearer(&world.admin())
        .json(json!({ "revoke": true }))
        .send()
        .is(200);
    assert_eq!(list().iter().filter(|key| key["status"] == "current").count(), 1);
    let plain = world.session(&world.user("ada@example.com")).access;
    world.get("/tenant/home/v2/Keys").bearer(&plain).send().is(403);
    let other = world.tenant("acme");
    world.get("/tenant/home/v2/Keys").bearer(&other).send().is(403);
}

#[test]
fn a_token_outlives_the_rotation_of_its_key() {
    let world = World::new();
    world.settings(json!({ "accessTokenSeconds": 30 * DAY }));
    world.advance(42 * DAY - 60);
    let token = world.session(&world.user("ada@example.com")).access;
    for _ in 0..29 {
        world.advance(DAY);
        world.cron();
        world.get("/api/auth/me").bearer(&token).fresh().send().is(200);
    }
    world.advance(DAY);
    world.get("/api/auth/me").bearer(&token).fresh().send().is(401);
}

#[test]
fn rotation_goes_on_over_a_year_also_when_cron_missed_a_turn() {
    let world = World::new();
    let mut signed = HashSet::new();
    for day in 0..400 {
        world.advance(DAY);
        if !(100..160).contains(&day) {
            world.cron();
        }
        let kid = signing(&world);
        assert!(published(&world).contains(&kid), "day {day}");
        signed.insert(kid);
    }
    assert!((8..=10).contains(&signed.len()), "{}", signed.len());
    assert!(world.number("SELECT count(*) AS n FROM signing_keys") <= 3);
}

#[test]
fn an_emergency_rotation_signs_with_the_published_next_key_at_once() {
    let world = World::new();
    let admin = world.admin();
    let first = signing(&world);
    let next = published(&world).into_iter().find(|kid| *kid != first).unwrap();
    let reply = world.post(ROTATE).bearer(&admin).send().is(200);
    assert_eq!(reply.json, json!({ "kid": next, "activeAt": "2026-05-01T12:00:00Z" }));
    assert_eq!(signing(&world), next);
    world.get("/api/auth/me").bearer(&admin).send().is(200);
    assert!(published(&world).contains(&first));
    assert_eq!(world.events("keys.rotated"), 1);
}

#[test]
fn a_key_is_published_five_minutes_before_it_signs() {
    let world = World::new();
    published(&world);
    world.advance(60);
    let admin = world.admin();
    world.post(ROTATE).bearer(&admin).send().is(200);
    let current = signing(&world);
    world.advance(60);
    let reply = world.post(ROTATE).bearer(&admin).send().is(200);
    assert_eq!(reply.json["activeAt"], "2026-05-01T12:06:00Z");
    assert_eq!(signing(&world), current);
    world.advance(239);
    assert_eq!(signing(&world), current);
    world.advance(1);
    assert_eq!(signing(&world), reply.str("/kid"));
}

#[test]
fn a_rotation_that_revokes_refuses_what_was_signed_before() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    world.get("/api/auth/me").bearer(&tokens.access).elsewhere().send().is(200);
    let before = signing(&world);
    let reply = world.post(ROTATE).bearer(&world.admin()).json(json!({ "revoke": true })).send().is(200);
    assert_ne!(reply.json["kid"], before);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
    world.get("/api/auth/me").bearer(&tokens.access).fresh().send().is(401);
    world.advance(5);
    world.get("/api/auth/me").bearer(&tokens.access).elsewhere().send().is(401);
    assert!(!published(&world).contains(&before));
    // Who holds a refresh token stays signed in.
    world.post("/auth/refresh").json(json!({ "refresh_token": tokens.refresh })).send().is(200);
}

#[test]
fn rotations_one_after_another_leave_a_key_that_signs() {
    let world = World::new();
    for round in 0..6 {
        let revoke = round % 2 == 1;
        world.post(ROTATE).bearer(&world.admin()).json(json!({ "revoke": revoke })).send().is(200);
        world.advance(7);
        world.cron();
        world.get("/api/auth/me").bearer(&world.admin()).fresh().send().is(200);
        assert!(published(&world).contains(&signing(&world)));
    }
}

#[test]
fn a_body_that_is_no_rotation_is_refused() {
    let world = World::new();
    let admin = world.admin();
    for body in [json!({ "revoke": "yes" }), json!({ "now": true }), Value::Null] {
        world.post(ROTATE).bearer(&admin).json(body).send().is(400);
    }
    assert_eq!(world.events("keys.rotated"), 0);
}

#[test]
fn the_operator_alone_seals_anew() {
    let world = World::new();
    world.tenant("b");
    let person = world.session(&world.user("ada@example.com")).access;
    let key = world.api_key(&world.admin(), &["read"]);
    world.post(RESEAL).send().is(401);
    world.post(RESEAL).bearer(&person).send().is(403);
    assert!([401, 403].contains(&world.post(RESEAL).key(&key).status()));
    world.post("/tenant/b/v2/Keys/reseal").bearer(&world.admin()).send().is(403);
    for wrong in
        [json!({ "next": "x" }), json!({ "next": "1" }), json!({ "next": "1.x" }), json!({ "other": 1 })]
    {
        world.post(RESEAL).bearer(&world.admin()).json(wrong).send().is(400);
    }
    // A place behind the end is the end.
    let body = json!({ "next": "99.5" });
    let page = world.post(RESEAL).bearer(&world.admin()).json(body).send().is(200).json;
    assert_eq!((&page["resealed"], &page["next"]), (&json!(0), &Value::Null));
    assert_eq!(world.events("keys.resealed"), 0);
}
