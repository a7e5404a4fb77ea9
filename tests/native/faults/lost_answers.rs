//! What has been done although its answer was lost: it is known again by what it wrote, and never told as somebody else's.

use portcullis::http::Outcome;
use serde_json::json;

use crate::harness::oidc::Party;
use crate::harness::{PASSWORD, World};

const ADA: &str = "ada@example.com";

/// More than it is tried.
const ALWAYS: usize = 10;

fn refresh(world: &World, token: &str) -> crate::harness::Reply {
    world.post("/api/auth/refresh").json(json!({ "refreshToken": token })).send()
}

#[test]
fn a_refresh_whose_answer_is_lost_is_answered_and_ends_no_family() {
    for lost in 0..=3 {
        let world = World::new();
        let tokens = world.session(&world.user(ADA));
        refresh(&world, &tokens.refresh).is(200);
        let tokens = world.session(&world.user("grace@example.com"));
        world.db.loses.set(lost);
        let next = refresh(&world, &tokens.refresh).is(200).str("/data/refreshToken");
        assert_eq!(world.db.pauses.borrow().len(), lost);
        refresh(&world, &next).is(200);
        assert_eq!(world.events("token.reused"), 0);
    }
}

/// Told nothing, a client asks again, and within the grace window it gets what it was given before.
#[test]
fn a_refresh_that_was_told_503_is_asked_again() {
    let world = World::new();
    let tokens = world.session(&world.user(ADA));
    refresh(&world, &tokens.refresh).is(200);
    let tokens = world.session(&world.user("grace@example.com"));
    world.db.loses.set(ALWAYS);
    assert_eq!(refresh(&world, &tokens.refresh).is(503).header("retry-after"), Some("1"));
    world.db.loses.set(0);
    world.advance(2);
    let next = refresh(&world, &tokens.refresh).is(200).str("/data/refreshToken");
    refresh(&world, &next).is(200);
    assert_eq!(world.events("token.reused"), 0);
}

/// Without a grace window nobody can tell a repeat from a theft: it is not repeated by us, which would end the family.
#[test]
fn a_refresh_without_a_grace_window_is_not_repeated() {
    let world = World::new();
    world.settings(json!({ "refreshGraceSeconds": 0 }));
    let tokens = world.session(&world.user(ADA));
    let first = refresh(&world, &tokens.refresh).is(200).str("/data/refreshToken");
    world.db.loses.set(1);
    refresh(&world, &first).is(503);
    assert!(world.db.pauses.borrow().is_empty());
    assert_eq!(world.events("token.reused"), 0);
}

#[test]
fn a_code_whose_exchange_is_answered_late_is_not_taken_for_replayed() {
    for lost in 1..=3 {
        let party = Party::confidential();
        let (first, code) = (party.code(), party.code());
        party.token(&Party::exchange(&first)).is(200);
        let db = &party.world.db;
        // Whichever of its round trips it is that writes.
        for spared in 0..3 {
            db.spares.set(spared);
            db.loses.set(lost);
            if spared == 0 {
                let tokens = party.token(&Party::exchange(&code)).is(200);
                assert!(party.active(&tokens.str("/access_token")), "{lost}");
            } else {
                let tokens = party.token(&Party::exchange(&party.code())).is(200);
                assert!(party.active(&tokens.str("/access_token")), "{lost} at {spared}");
            }
            db.loses.set(0);
        }
        assert_eq!(party.world.events("code.reused"), 0);
        assert_eq!(party.world.events("code.exchanged"), 4);
    }
}

/// A client that was told nothing about its code learns that it was used: what it gave then is ended, as nobody has it.
#[test]
fn a_code_whose_tokens_nobody_got_is_told_as_used() {
    let party = Party::confidential();
    let (first, code) = (party.code(), party.code());
    party.token(&Party::exchange(&first)).is(200);
    let waits = party.ask_token(&Party::exchange(&party.code())).waits().1;
    let db = &party.world.db;
    db.spares.set(waits - 1);
    db.loses.set(ALWAYS);
    party.token(&Party::exchange(&code)).error(503, "temporarily_unavailable");
    db.loses.set(0);
    party.token(&Party::exchange(&code)).error(400, "invalid_grant");
}

#[test]
fn a_sign_in_whose_answer_is_lost_happens_once() {
    let world = World::new();
    world.user(ADA);
    world.login(ADA, PASSWORD).is(200);
    let sessions = "SELECT count(*) AS n FROM sessions";
    for (spared, lost) in [(1, 1), (1, 2), (1, 3)] {
        let before = (world.number(sessions), world.events("login.succeeded"));
        world.db.spares.set(spared);
        world.db.loses.set(lost);
        let access = world.login(ADA, PASSWORD).is(200).str("/access_token");
        assert_eq!((world.number(sessions), world.events("login.succeeded")), (before.0 + 1, before.1 + 1));
        world.get("/api/auth/me").bearer(&access).send().is(200);
    }
}

/// Nothing was written, and storage said nothing: the next try does it.
#[test]
fn a_registration_is_made_once_and_mails_once() {
    for (fails, loses) in [(1, 0), (0, 1), (1, 1), (0, 3), (3, 0)] {
        for spared in 0..3 {
            let world = World::new();
            world.get("/.well-known/jwks.json").send().is(200);
            world.db.spares.set(spared);
            world.db.fails.set(fails);
            world.db.loses.set(loses);
            let body = json!({ "email": ADA, "password": PASSWORD, "full_name": "Ada Lovelace" });
            let answered = pollster::block_on(world.post("/auth/register").json(body).answered());
            assert!(matches!(answered, Outcome::Answer(answer) if answer.status == 201));
            [&world.db.fails, &world.db.loses].iter().for_each(|cell| cell.set(0));
            pollster::block_on(world.afterwards());
            assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
            assert_eq!(world.events("user.registered"), 1);
            assert_eq!(world.post.mails.borrow().len(), 1);
        }
    }
}

/// What somebody else took stays taken: a try that is repeated does not take it twice, and says so.
#[test]
fn what_was_taken_before_is_told_as_taken() {
    let world = World::new();
    world.user(ADA);
    world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
    let link = json!({ "token": world.mailed_link(ADA) });
    world.post("/api/auth/magic-link/verify").json(link.clone()).send().is(200);
    let sessions = world.number("SELECT count(*) AS n FROM sessions");
    for spared in 0..2 {
        world.db.spares.set(spared);
        world.db.loses.set(2);
        let reply = world.post("/api/auth/magic-link/verify").json(link.clone()).send();
        assert_eq!(reply.status, 400, "{}", reply.text);
        world.db.loses.set(0);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), sessions);
}
