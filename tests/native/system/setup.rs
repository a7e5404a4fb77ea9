//! `POST /setup`.

use serde_json::json;

use crate::harness::{PASSWORD, World};

fn body(token: &str) -> serde_json::Value {
    json!({ "token": token, "email": "root@example.com", "password": PASSWORD })
}

#[test]
fn the_first_administrator_is_made_once() {
    let world = World::new();
    let reply = world.post("/setup").json(body("set-me-up")).send().is(201);
    assert_eq!(reply.json["tenantId"], "home");
    assert_eq!(reply.json["user"]["email"], "root@example.com");
    assert_eq!(reply.json["user"]["roles"], json!(["ADMIN"]));
    assert_eq!(reply.json["user"]["operator"], true);
    let token = world.login("root@example.com", PASSWORD).is(200).str("/access_token");
    world.get("/tenant/home/v2/Tenants").bearer(&token).send().is(200);
    let again = json!({ "token": "set-me-up", "email": "other@example.com", "password": PASSWORD });
    world.post("/setup").json(again).send().is(409);
    assert_eq!(world.events("setup.done"), 1);
}

#[test]
fn who_does_not_know_the_token_makes_nobody() {
    let world = World::new();
    let reply = world.post("/setup").json(body("guess")).send().is(403);
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    assert_eq!(world.events("setup.refused"), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 0);
}

#[test]
fn a_deployment_without_a_token_has_no_setup() {
    let world = World::with(&[("SETUP_TOKEN", "")]);
    world.post("/setup").json(body("")).send().is(403);
}

#[test]
fn guesses_at_the_token_are_limited() {
    let world = World::new();
    for _ in 0..10 {
        world.post("/setup").json(body("guess")).send().is(403);
    }
    world.post("/setup").json(body("set-me-up")).send().is(429);
    world.advance(60);
    world.post("/setup").json(body("set-me-up")).send().is(201);
}

#[test]
fn of_many_at_once_one_is_the_first() {
    let world = World::new();
    let asks = (0..4).map(|at| {
        let email = format!("root{at}@example.com");
        world.post("/setup").json(json!({ "token": "set-me-up", "email": email, "password": PASSWORD }))
    });
    let replies = world.together(asks.collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 3);
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
}

#[test]
fn what_cannot_be_an_administrator_is_said() {
    let world = World::new();
    let bad = [
        json!({ "token": "set-me-up", "email": "root", "password": PASSWORD }),
        json!({ "token": "set-me-up", "email": "root@example.com", "password": "short" }),
        json!({ "token": "set-me-up", "email": "root@example.com" }),
    ];
    for body in bad {
        world.post("/setup").json(body).send().is(400);
    }
}
