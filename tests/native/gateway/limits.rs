//! A route's own rate limit.

use portcullis::http::added_fields;
use serde_json::json;

use crate::harness::{Ask, World};

fn limited(key: &str) -> serde_json::Value {
    json!({ "rateLimit": { "requests": 2, "windowSeconds": 60, "key": key }, "auth": "optional" })
}

fn statuses<'w>(asks: impl IntoIterator<Item = Ask<'w>>) -> Vec<u16> {
    asks.into_iter().map(Ask::status).collect()
}

#[test]
fn a_limit_is_told_on_every_answer_and_refuses_what_is_beyond() {
    let world = World::new();
    world.route(limited("user"));
    let limit = world.get("/app/").plan().limit.unwrap();
    assert_eq!((limit.limit, limit.remaining, limit.reset), (2, 1, 60));
    world.advance(20);
    let plan = world.get("/app/").plan();
    let limit = plan.limit.unwrap();
    assert_eq!((limit.limit, limit.remaining, limit.reset), (2, 0, 40));
    let told = ["limit:2", "remaining:0", "reset:40"].map(|field| format!("ratelimit-{field}"));
    let added: Vec<String> =
        added_fields(&plan).iter().map(|(name, value)| format!("{name}:{value}")).collect();
    assert_eq!(added, told);
    let reply = world.get("/app/").send().is(429);
    for (name, value) in [("retry-after", "40"), ("ratelimit-limit", "2"), ("ratelimit-remaining", "0")] {
        assert_eq!(reply.header(name), Some(value));
    }
    assert_eq!(reply.header("ratelimit-reset"), Some("40"));
    assert_eq!(reply.json["code"], "RATE_LIMITED");
    world.advance(40);
    world.get("/app/").plan();
    assert!(world.get("/app/").unlimited().plan().limit.is_none());
}

#[test]
fn by_user_it_counts_each_of_them_and_strangers_by_address() {
    let world = World::new();
    world.route(limited("user"));
    let (ada, bob) = (world.user("ada@example.com"), world.user("bob@example.com"));
    let (one, two) = (world.session(&ada).access, world.session(&ada).access);
    let other = world.session(&bob).access;
    let ask = |token: &str, from: &str| world.get("/app/").bearer(token).from(from);
    assert_eq!(
        statuses([ask(&one, "192.0.2.1"), ask(&two, "192.0.2.2"), ask(&one, "192.0.2.3")]),
        [200, 200, 429]
    );
    assert_eq!(ask(&other, "192.0.2.1").status(), 200);
    let stranger = |from: &str| world.get("/app/").from(from);
    assert_eq!(
        statuses([stranger("192.0.2.1"), stranger("192.0.2.1"), stranger("192.0.2.1")]),
        [200, 200, 429]
    );
    assert_eq!(stranger("192.0.2.9").status(), 200);
}

#[test]
fn by_address_by_key_and_by_route() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    let (one, two) = (world.api_key(&token, &["read"]), world.api_key(&token, &["read"]));
    for key in ["address", "apiKey", "route"] {
        let mut spec = limited(key);
        spec["name"] = key.into();
        spec["path"] = format!("/{key}/").into();
        world.route(spec);
    }
    let by = |kind: &str, key: &str, from: &str| world.get(&format!("/{kind}/")).key(key).from(from);
    let asks = [
        by("address", &one, "192.0.2.1"),
        by("address", &two, "192.0.2.1"),
        by("address", &one, "192.0.2.1"),
    ];
    assert_eq!(statuses(asks), [200, 200, 429]);
    assert_eq!(by("address", &one, "192.0.2.2").status(), 200);
    let asks =
        [by("apiKey", &one, "192.0.2.1"), by("apiKey", &one, "192.0.2.2"), by("apiKey", &one, "192.0.2.3")];
    assert_eq!(statuses(asks), [200, 200, 429]);
    assert_eq!(by("apiKey", &two, "192.0.2.1").status(), 200);
    let asks =
        [by("route", &one, "192.0.2.1"), by("route", &two, "192.0.2.2"), by("route", "x", "192.0.2.3")];
    assert_eq!(statuses(asks), [200, 200, 429]);
}

#[test]
fn one_who_may_not_pass_uses_nothing_up() {
    let world = World::new();
    let mut spec = limited("route");
    spec["auth"] = "required".into();
    world.route(spec);
    for _ in 0..5 {
        world.get("/app/").send().is(401);
    }
    world.get("/app/").bearer(&world.session(&world.user("ada@example.com")).access).plan();
}
