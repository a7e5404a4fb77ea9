//! What is tried again, how often, and what is told in the end.

use portcullis::ports::{Fault, Outage};
use serde_json::json;

use crate::harness::{LOST, World};

/// Each message of D1's list and of Durable Objects', and what follows from it.
const MESSAGES: &[(&str, Option<Outage>)] = &[
    ("Cannot resolve D1 DB due to transient issue on remote node.", Some(Outage::NotReached)),
    ("Internal error while starting up D1 DB storage caused object to be reset.", Some(Outage::NotReached)),
    ("Network connection lost.", Some(Outage::AnswerLost)),
    ("D1 DB reset because its code was updated.", Some(Outage::AnswerLost)),
    ("Internal error in D1 DB storage caused object to be reset.", Some(Outage::AnswerLost)),
    ("Can't read from request stream because client disconnected.", Some(Outage::AnswerLost)),
    ("Replica disconnected from primary.", Some(Outage::AnswerLost)),
    ("internal error; reference = e_0123456789", Some(Outage::AnswerLost)),
    ("D1 DB is overloaded. Requests queued for too long.", Some(Outage::Overloaded)),
    ("D1 DB is overloaded. Too many requests queued.", Some(Outage::Overloaded)),
    ("D1 DB storage operation exceeded timeout which caused object to be reset.", Some(Outage::Overloaded)),
    ("D1 DB's isolate exceeded its memory limit and was reset.", Some(Outage::Overloaded)),
    ("D1 DB exceeded its CPU time limit and was reset.", Some(Outage::Overloaded)),
    ("Durable Object reset because its code was updated.", Some(Outage::AnswerLost)),
    ("Internal error in Durable Object storage caused object to be reset.", Some(Outage::AnswerLost)),
    ("Durable Object is overloaded. Too many requests queued.", Some(Outage::Overloaded)),
    ("UNIQUE constraint failed: users.id: SQLITE_CONSTRAINT", None),
    ("no such table: users: SQLITE_ERROR", None),
    ("Exceeded maximum DB size.", None),
];

/// A token that an isolate knows nothing of, so that its request reads the database.
fn person(world: &World) -> String {
    world.session(&world.user("ada@example.com")).access
}

#[test]
fn each_message_of_storage_says_whether_it_passes() {
    for (said, outage) in MESSAGES {
        let fault = Fault::of_storage("d1", format!("D1_ERROR: {said}"));
        assert_eq!(fault.outage(), *outage, "{said}");
    }
    assert_eq!(Fault::new("mail", "Network connection lost.").outage(), None, "it is none of storage");
    let object = Fault::unanswered("counter", "whatever it says");
    assert_eq!(object.outage(), Some(Outage::AnswerLost));
}

/// A read is tried again three times after what passes, with growing pauses, and never after what would only grow.
#[test]
fn a_read_is_tried_again_after_what_passes() {
    for (said, outage) in MESSAGES {
        for times in [1, 3, 4] {
            let world = World::new();
            let token = person(&world);
            world.get("/.well-known/jwks.json").send().is(200);
            world.db.says.set(said);
            world.db.fails.set(times);
            let reply = world.get("/api/auth/sessions").bearer(&token).fresh().send();
            let pauses = world.db.pauses.borrow().clone();
            let repeats = matches!(outage, Some(Outage::NotReached | Outage::AnswerLost));
            match (outage, repeats && times <= 3) {
                (_, true) => assert_eq!((reply.status, pauses.len()), (200, times), "{said}"),
                (Some(outage), false) => {
                    assert_eq!(reply.status, 503, "{said}: {}", reply.text);
                    let seconds = if *outage == Outage::Overloaded { "5" } else { "1" };
                    assert_eq!(reply.header("retry-after"), Some(seconds), "{said}");
                    assert_eq!(reply.json["code"], "SERVICE_UNAVAILABLE", "{}", reply.text);
                    assert_eq!(pauses.len(), if repeats { 3 } else { 0 }, "{said}");
                }
                // It is ours to mend, or the migrations'.
                (None, false) => {
                    assert!(reply.status == 500 || said.contains("no such table"), "{said}: {}", reply.text);
                    assert!(pauses.is_empty(), "{said}");
                }
            }
            assert!(pauses.is_sorted() && pauses.iter().sum::<u32>() < 1_000, "{pauses:?}");
            assert!(!reply.text.contains(said), "{}", reply.text);
        }
    }
}

/// Whoever waits for several answers does not wait that long for each.
#[test]
fn a_request_waits_for_storage_that_is_out_of_reach_no_longer_than_a_second() {
    let world = World::new();
    let token = person(&world);
    world.db.fails.set(usize::MAX);
    for path in ["/api/auth/me", "/api/auth/sessions", "/.well-known/jwks.json", "/tenant/home/login"] {
        world.db.pauses.borrow_mut().clear();
        let ask = world.get(path).bearer(&token).header("origin", "https://app.example.com").fresh();
        assert_eq!(ask.send().status, 503, "{path}");
        let waited: u32 = world.db.pauses.borrow().iter().sum();
        assert!((1..=1_660).contains(&waited), "{path} waited {waited} ms");
    }
    // Once it is back, it is tried as often as before.
    world.db.fails.set(0);
    world.get("/api/auth/me").bearer(&token).fresh().send().is(200);
    world.db.pauses.borrow_mut().clear();
    world.db.fails.set(3);
    world.get("/api/auth/me").bearer(&token).fresh().send().is(200);
}

/// A browser is shown a page that says it, and OAuth's clients its own code.
#[test]
fn each_surface_says_that_storage_is_out_of_reach_in_its_own_shape() {
    let world = World::new();
    world.admin();
    world.db.fails.set(usize::MAX);
    for (path, at, code) in [
        ("/api/auth/login", "/code", "SERVICE_UNAVAILABLE"),
        ("/auth/login", "/error", "service_unavailable"),
        ("/tenant/home/oauth2/token", "/error", "temporarily_unavailable"),
        ("/tenant/home/v2/Users", "/code", "SERVICE_UNAVAILABLE"),
        ("/users/auth/magic-link/request", "/error", "Storage cannot be reached just now. Please try again."),
    ] {
        let ask = world.post(path).fresh();
        let ask = match path.ends_with("token") {
            true => ask.form(&[("grant_type", "authorization_code"), ("code", "x"), ("client_id", "x")]),
            false => ask.json(json!({ "email": "ada@example.com", "password": "correct horse battery" })),
        };
        let reply = ask.bearer("x").send().is(503);
        assert_eq!(reply.str(at), code, "{path}: {}", reply.text);
        assert_eq!(reply.header("retry-after"), Some("1"), "{path}");
    }
    let page = world.get("/tenant/home/account").cookie("x").navigating().fresh().send().is(503);
    assert!(page.text.contains("not your doing") && page.header("retry-after") == Some("1"), "{}", page.text);
    assert!(!page.text.contains(LOST));
    let line = world.log.0.borrow().iter().find(|line| line.contains("Network connection lost")).cloned();
    assert!(line.is_some_and(|line| line.contains("\"request\"") && line.contains("\"level\":\"error\"")));
}
