//! What is told when no counter can be reached: what a limit guards is closed, what none guards goes on.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use portcullis::http::Outcome;
use serde_json::json;

use crate::budget;
use crate::budget::meter::{Meter, Row};
use crate::harness::{PASSWORD, World};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/native/faults/counted.txt");

/// Each endpoint that a limit guards answers 503 while no counter can be reached, and all others as ever. `counted.txt` has
/// which they are; `WRITE_COUNTED=1` writes it anew.
#[test]
fn what_a_limit_guards_is_closed_while_no_counter_can_be_reached() {
    let (mut closed, mut wrong) = (BTreeSet::new(), Vec::new());
    for Row { request, what, base, run } in budget::surfaces().into_iter().flatten() {
        let seen = Rc::new(RefCell::new(None));
        let noted = seen.clone();
        // What begins is used up while its limit is asked: whoever is told 503 has to begin again, and is told that.
        let is_spent = ["GET /users/auth/google/callback", "POST /auth/callback"].contains(&request);
        let probe = move |ask: crate::harness::Ask<'_>, is_wanted: &dyn Fn(u16) -> bool| {
            ask.world().break_counters(true);
            let (status, again) = match pollster::block_on(ask.clone().serve()) {
                Outcome::Answer(response) => (response.status, response.header("retry-after").is_some()),
                Outcome::Forward(_) | Outcome::Asset(_) => (200, false),
            };
            ask.world().break_counters(false);
            let is_right = if status == 503 { again } else { is_wanted(status) };
            let repeat = ask.status();
            let does_its_work = status != 503 || is_wanted(repeat) || is_spent;
            noted.replace(Some((status, is_right && does_its_work, repeat)));
        };
        let meter = Meter::probing(base, Box::new(probe));
        let _ = catch_unwind(AssertUnwindSafe(|| run(&meter)));
        let name = format!("{request} {what}").trim().to_owned();
        match *seen.borrow() {
            Some((status, true, _)) => {
                if status == 503 {
                    closed.insert(name);
                }
            }
            other => wrong.push(format!("{name}: {other:?}")),
        }
    }
    let closed: String = closed.into_iter().map(|name| name + "\n").collect();
    if std::env::var_os("WRITE_COUNTED").is_some() {
        std::fs::write(FILE, &closed).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(closed, std::fs::read_to_string(FILE).unwrap());
}

/// The gateway forwards who is known, by whichever credential, and closes a route that has a limit.
#[test]
fn a_route_without_a_limit_is_open_and_one_with_a_limit_closed() {
    let world = World::new();
    world.route(json!({ "auth": "required" }));
    world.route(json!({ "name": "open", "path": "/open/", "auth": "none" }));
    let limit = json!({ "requests": 100, "windowSeconds": 60, "key": "address" });
    world.route(json!({ "name": "few", "path": "/few/", "rateLimit": limit }));
    let user = world.user("ada@example.com");
    let token = world.session_by(&user, &["pwd", "otp", "mfa"]).access;
    let (cookie, key) = (world.cookie(&user), world.api_key(&token, &[]));
    world.break_counters(true);
    for isolate in ["knows nothing", "knows the caller"] {
        let at = |path: &str| {
            let ask = world.get(path);
            if isolate == "knows nothing" { ask.fresh() } else { ask }
        };
        at("/app/x").bearer(&token).plan();
        at("/app/x").cookie(&cookie).plan();
        at("/app/x").key(&key).plan();
        at("/open/x").plan();
        for ask in [at("/few/x").bearer(&token), at("/few/x").cookie(&cookie), at("/few/x").key(&key)] {
            let reply = ask.send().is(503);
            assert!(reply.header("retry-after").is_some());
        }
        at("/app/x").send().is(401);
    }
}

/// An address that presents what nobody has is held off by the isolate's own count, at the limit that the counter has.
#[test]
fn made_up_credentials_are_looked_up_no_more_often_than_with_a_counter() {
    let world = World::new();
    world.route(json!({ "auth": "required" }));
    let token = world.session(&world.user("ada@example.com")).access;
    world.break_counters(true);
    let mut told = Vec::new();
    for at in 0..302 {
        told.push(world.get("/app/x").cookie(&format!("made-up-{at}")).send().status);
    }
    assert!(told[..300].iter().all(|status| *status == 401), "{told:?}");
    assert!(told[300..].iter().all(|status| *status == 503), "{:?}", &told[295..]);
    // Who is remembered is asked nothing, and other addresses have counts of their own.
    world.get("/app/x").bearer(&token).from("198.51.100.1").plan();
    world.get("/app/x").bearer(&token).plan();
    world.break_counters(false);
    world.advance(61);
    world.get("/app/x").cookie("made-up-1000").send().is(401);
}

/// A counter that is lost after it has admitted takes nothing back: right and wrong are told as they are.
#[test]
fn a_counter_that_fails_afterwards_changes_nothing_of_what_is_told() {
    for (what, path, password, status) in [
        ("a wrong password", "/api/auth/login", "wrong", 401),
        ("a right one", "/api/auth/login", PASSWORD, 200),
    ] {
        let world = World::new();
        world.user("ada@example.com");
        world.break_counters_after(1);
        let body = json!({ "email": "ada@example.com", "password": password });
        assert_eq!(
            world.post(path).json(body.clone()).send().status,
            503,
            "{what}: its account is not counted"
        );
        world.break_counters_after(2);
        assert_eq!(world.post(path).json(body).send().status, status, "{what}");
    }
    let world = World::new();
    world.user("ada@example.com");
    let asked = json!({ "email": "ada@example.com" });
    world.post("/api/auth/magic-link/request").json(asked).send().is(200);
    let link = json!({ "token": world.mailed_link("ada@example.com") });
    world.break_counters_after(1);
    let signed_in = world.post("/api/auth/magic-link/verify").json(link).send().is(200);
    assert!(!signed_in.str("/data/tokens/refreshToken").is_empty());
}
