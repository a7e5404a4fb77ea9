//! Made-up credentials are limited by address before the database is asked, and nobody who is known pays for them.

use portcullis::crypto::secret::checksum;
use serde_json::json;

use crate::harness::{Ask, World};

/// Each way to present what nobody has: its name, and the `n`th request.
fn kinds<'w>(world: &'w World, n: u32) -> Vec<(&'static str, Ask<'w>)> {
    let secret = format!("{n:0>43}");
    // With the right checksum, as anyone can compute it.
    let start = format!("pc_{n:0>26}_{secret}");
    let key = format!("{start}{}", checksum(&start));
    vec![
        ("cookie", world.get("/app/").cookie(&secret)),
        ("cookie of a page", world.get("/tenant/home/account").cookie(&secret)),
        ("key", world.get("/app/").key(&key)),
        ("key of an administrator", world.get("/tenant/home/v2/Users").key(&key)),
        ("optional", world.get("/open/").cookie(&secret)),
        ("tenant", world.get("/app/").header("x-tenant-id", &format!("nobody-{n}"))),
        ("host", world.get("/app/").host(&format!("a{n}.example"))),
    ]
}

fn world() -> World {
    let world = World::new();
    world.route(json!({}));
    world.route(json!({ "name": "open", "path": "/open/", "auth": "optional" }));
    world
}

#[test]
fn what_nobody_has_is_looked_up_so_often_a_minute_and_then_no_more() {
    for at in 0..kinds(&world(), 0).len() {
        let world = world();
        world.get("/app/").send();
        let ask = |n: u32| kinds(&world, n).swap_remove(at);
        let what = kinds(&world, 0)[at].0;
        let before = world.db.trips.get();
        let answers: Vec<u16> = (0..400).map(|n| ask(n).1.status()).collect();
        let spent = world.db.trips.get() - before;
        // And a row of the log, once.
        assert!((300..=301).contains(&spent), "{what}: {spent} round trips");
        assert_eq!(world.events("lookups.limited"), 1, "{what}");
        let limited = answers.iter().filter(|status| **status == 429).count();
        // Where anybody may come, nobody is held off: who is not looked up is nobody.
        assert_eq!(limited, if what == "optional" { 0 } else { 100 }, "{what}: {answers:?}");
        // Another address is not held off, and this one is no more a minute later.
        assert_ne!(ask(1_000).1.from("198.51.100.2").status(), 429, "{what}");
        world.advance(61);
        assert_ne!(ask(1_001).1.status(), 429, "{what}");
    }
}

#[test]
fn of_many_at_once_no_more_are_looked_up() {
    let world = world();
    world.get("/app/").send();
    let asks = (0..400).map(|n| kinds(&world, n).swap_remove(0).1).collect();
    let answers = world.together(asks);
    let refused = answers.iter().filter(|reply| reply.status == 401).count();
    // What was in flight before the counter was asked is counted as well.
    assert!((300..=320).contains(&refused), "{refused}");
}

#[test]
fn an_isolate_that_did_not_hear_of_it_takes_twenty_and_asks() {
    let world = world();
    world.get("/app/").send();
    let cookie = |n: u32| world.get("/app/").cookie(&format!("{n:0>43}"));
    for n in 0..400 {
        cookie(n).status();
    }
    world.get("/app/").elsewhere().send().is(401);
    let answers: Vec<u16> = (500..600).map(|n| cookie(n).elsewhere().status()).collect();
    let looked_up = answers.iter().filter(|status| **status == 401).count();
    assert!(looked_up <= 20, "{looked_up}");
}

#[test]
fn who_is_known_waits_for_no_counter_and_is_not_held_off() {
    let world = world();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    let token = world.session(&user).access;
    let other = world.session(&user).access;
    let key = world.api_key(&token, &["read"]);
    let known = || {
        [
            ("cookie", world.get("/app/").cookie(&cookie)),
            ("token", world.get("/app/").bearer(&token)),
            ("key", world.get("/app/").key(&key)),
            ("session", world.get("/api/auth/me").bearer(&token)),
            ("page", world.get("/tenant/home/account").cookie(&cookie)),
            ("status", world.get("/users/auth/status").bearer(&token)),
        ]
    };
    // However often they come, remembered or not: nothing of it is asked of a counter.
    for (what, ask) in known() {
        let fresh = ask.clone().fresh();
        for ask in [fresh, ask.clone(), ask] {
            let calls = world.counter_calls();
            assert_eq!(ask.status(), 200, "{what}");
            assert_eq!(world.counter_calls(), calls, "{what}");
        }
    }
    for n in 0..400 {
        world.get("/app/").cookie(&format!("{n:0>43}")).status();
    }
    for (what, ask) in known() {
        assert_eq!(ask.status(), 200, "{what}");
    }
    // A token that we signed is believed without a look-up of who nobody is, and a sign-in is not a made-up credential.
    world.get("/app/").bearer(&other).plan();
    world.get("/app/").send().is(401);
    let form = [("email", "ada@example.com"), ("password", crate::harness::PASSWORD)];
    world.post("/tenant/home/login").form(&form).from("198.51.100.3").send().is(303);
}

#[test]
fn what_was_refused_is_not_looked_up_again_and_counts() {
    let world = world();
    world.get("/app/").send();
    let before = world.db.trips.get();
    let ask = || world.get("/app/").cookie("made-up");
    for _ in 0..300 {
        ask().send().is(401);
    }
    assert_eq!(world.db.trips.get() - before, 1);
    ask().send().is(429);
}

#[test]
fn tokens_that_nobody_signed_are_limited_although_they_ask_no_database() {
    let world = world();
    let token = world.session(&world.user("ada@example.com")).access;
    let (said, _) = token.rsplit_once('.').unwrap();
    world.get("/app/").send();
    let forged = |n: u32| format!("{said}.{n:0>85}A");
    let before = world.db.trips.get();
    let answers: Vec<u16> = (0..400).map(|n| world.get("/app/").bearer(&forged(n)).status()).collect();
    assert_eq!(answers.iter().filter(|status| **status == 429).count(), 100, "{answers:?}");
    // The row of the log.
    assert_eq!(world.db.trips.get() - before, 1);
    world.get("/app/").bearer(&token).plan();
}

#[test]
fn refresh_tokens_that_we_did_not_make_are_limited_although_they_ask_no_database() {
    let world = world();
    let token = world.session(&world.user("ada@example.com")).refresh;
    // Of the right form, for which anyone could take one apart.
    let forged = |n: u32| format!("{n:0>30}{}", token.get(30..).unwrap());
    let ask = |n: u32| world.post("/auth/refresh").json(json!({ "refresh_token": forged(n) }));
    world.get("/app/").send();
    let before = world.db.trips.get();
    let answers: Vec<u16> = (0..400).map(|n| ask(n).status()).collect();
    assert_eq!(answers.iter().filter(|status| **status == 429).count(), 100, "{answers:?}");
    // The row of the log, and whether a key of that name was kept, which is asked once.
    assert!(world.db.trips.get() - before <= 2);
    let body = json!({ "refresh_token": token });
    world.post("/auth/refresh").json(body).from("198.51.100.2").send().is(200);
}

#[test]
fn requests_to_open_endpoints_are_counted_in_all() {
    let world = world();
    let ask = |n: u32| world.get(&format!("/tenant/home/register?n={n}"));
    // The first three hundred of an isolate are not told.
    for n in 0..3_300 {
        assert_eq!(ask(n).status(), 200);
    }
    ask(0).send().is(429);
    ask(0).from("198.51.100.2").send().is(200);
    ask(0).unlimited().send().is(200);
}

#[test]
fn public_documents_come_from_memory_however_often_they_are_asked_for() {
    let world = World::new();
    for path in ["/.well-known/jwks.json", "/tenant/home/.well-known/openid-configuration"] {
        world.get(path).send().is(200);
        let calls = world.counter_calls();
        for _ in 0..3_100 {
            world.get(path).send().is(200);
        }
        assert_eq!(world.counter_calls(), calls, "{path}");
    }
    let unknown: Vec<u16> = (0..400)
        .map(|n| world.get(&format!("/tenant/nobody-{n}/.well-known/jwks.json")).send().status)
        .collect();
    assert!(unknown.contains(&429), "tenants that nobody has are limited");
}
