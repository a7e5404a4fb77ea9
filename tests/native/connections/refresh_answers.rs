//! Whatever a provider answers to a refresh, and whatever happens in between.

use portcullis::ports::http::{HttpAnswer, Why};
use portcullis::ports::{Mail, Stmt};
use serde_json::{Value, json};

use crate::connections::apikeys::is_kept;
use crate::connections::valid_token::{Connected, PATH};
use crate::harness::provider::json_answer;
use crate::harness::{World, served};

const ADA: &str = "ada@example.com";

/// Mails that say that the person is needed, in either language.
fn told(connected: &Connected) -> Vec<Mail> {
    let mut all = connected.world.mails(ADA);
    all.retain(|mail| mail.subject.contains("needs you again") || mail.subject.contains("braucht Sie noch"));
    all
}

fn tokens(more: Value) -> HttpAnswer {
    let mut all = json!({ "access_token": "canary-a1", "token_type": "Bearer", "expires_in": 3600 });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json_answer(200, &all)
}

/// A connection whose token is over, and what comes of it when the provider answers that.
fn over(answer: Result<HttpAnswer, Why>) -> (Connected, u16) {
    let connected = Connected::with(-5);
    connected.provider(Box::new(move |_| answer.clone()));
    let status = connected.get().status;
    assert!(!is_kept(&connected.world, "canary-"));
    (connected, status)
}

#[test]
fn tokens_are_taken_with_what_they_say() {
    for (what, more, lasts, scope) in [
        ("all of it", json!({ "refresh_token": "canary-r1", "scope": "contacts" }), 3_600, "contacts"),
        ("no refresh token", json!({}), 3_600, "contacts mail"),
        ("no expires_in", json!({ "expires_in": null }), 3_600, "contacts mail"),
        ("a short life", json!({ "expires_in": 30 }), 30, "contacts mail"),
        ("a life in text", json!({ "expires_in": "600" }), 600, "contacts mail"),
        ("a life without end", json!({ "expires_in": i64::MAX }), 315_360_000, "contacts mail"),
    ] {
        let (connected, status) = over(Ok(tokens(more)));
        assert_eq!(status, 200, "{what}");
        let reply = connected.get().is(200);
        assert_eq!(reply.str("/access_token"), "canary-a1", "{what}");
        assert_eq!(
            (&reply.json["expires_in"], &reply.json["scope"]),
            (&json!(lasts), &json!(scope)),
            "{what}"
        );
        assert_eq!(connected.world.number("SELECT version AS n FROM vault_connections"), 2, "{what}");
    }
}

#[test]
fn a_refresh_token_that_is_not_replaced_goes_on_being_used() {
    let connected = Connected::with(-5);
    let asked = connected.provider(Box::new(|sent| {
        assert_eq!(sent, "canary-r0");
        Ok(tokens(json!({})))
    }));
    for times in 1..=3 {
        connected.get().is(200);
        assert_eq!(asked.get(), times);
        connected.world.advance(3_601);
    }
}

#[test]
fn a_catalogues_default_stands_in_for_a_life_that_is_not_told() {
    let connected = Connected::with(-5);
    let body = crate::connections::providers::own(json!({ "accessTokenSeconds": 900 }));
    let admin = connected.world.admin();
    connected.world.put("/auth/providers/crm").bearer(&admin).json(body).send().is(200);
    connected.world.advance(6);
    connected.provider(Box::new(|_| Ok(tokens(json!({ "expires_in": null })))));
    assert_eq!(connected.get().is(200).json["expires_in"], 900);
}

#[test]
fn what_decides_nothing_changes_nothing_and_is_tried_again_later() {
    let text =
        |status, kind: &str, body: &str| Ok(served(status, &[("content-type", kind)], body.as_bytes()));
    let json = "application/json";
    for (what, answer) in [
        ("500", text(500, json, "{}")),
        ("500 that says invalid_grant", text(500, json, "{\"error\":\"invalid_grant\"}")),
        ("503 that says invalid_grant", text(503, json, "{\"error\":\"invalid_grant\"}")),
        ("429", text(429, json, "{}")),
        ("429 that says invalid_grant", text(429, json, "{\"error\":\"invalid_grant\"}")),
        ("another error", text(400, json, "{\"error\":\"invalid_client\"}")),
        ("400 without a word", text(400, json, "{}")),
        ("401", text(401, json, "")),
        ("404", text(404, "text/html", "<h1>not found</h1>")),
        ("a redirect", Ok(served(302, &[("location", "https://crm.example/login")], b""))),
        ("a page", text(200, "text/html", "<html>log in</html>")),
        ("garbage", text(200, json, "{\"access_token\":")),
        ("no token", text(200, json, "{\"token_type\":\"bearer\"}")),
        ("another type", text(200, json, "{\"access_token\":\"x\",\"token_type\":\"mac\"}")),
        (
            "a token with a line break",
            text(200, json, "{\"access_token\":\"x\\ny\",\"token_type\":\"bearer\"}"),
        ),
        ("nothing in time", Err(Why::TooSlow(10))),
        ("nothing at all", Err(Why::Unreachable)),
        ("more than is read", Err(Why::TooLarge(131_072))),
    ] {
        let (connected, status) = over(answer);
        assert_eq!(status, 503, "{what}");
        assert_eq!(connected.status(), "active", "{what}");
        assert_eq!(connected.world.number("SELECT version AS n FROM vault_connections"), 1, "{what}");
        let reply = connected.get().is(503);
        let wait: i64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=10).contains(&wait), "{what}: {wait}");
        assert_eq!(reply.json["code"], "PROVIDER_UNAVAILABLE", "{what}");
        assert!(told(&connected).is_empty(), "{what}");
        // Then it goes on as if nothing had been.
        connected.world.advance(wait);
        connected.strict();
        assert_eq!(connected.get().is(200).str("/access_token"), "canary-a1", "{what}");
    }
}

#[test]
fn it_is_not_asked_again_before_it_wants_to_be() {
    let connected = Connected::with(-5);
    let busy = [("content-type", "application/json"), ("retry-after", "40")];
    let asked = connected.provider(Box::new(move |_| Ok(served(429, &busy, b"{}"))));
    for _ in 0..5 {
        let reply = connected.get().is(503);
        let wait: i64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((30..=52).contains(&wait), "{wait}");
        connected.world.advance(1);
    }
    assert_eq!(asked.get(), 1);
    connected.world.advance(52);
    connected.get().is(503);
    assert_eq!(asked.get(), 2);
    // The more often it fails, the less often it is asked.
    let connected = Connected::with(-5);
    let asked = connected.provider(Box::new(|_| Err(Why::Unreachable)));
    let mut waits = Vec::new();
    for times in 1..=8 {
        let wait: i64 = connected.get().is(503).header("retry-after").unwrap().parse().unwrap();
        assert_eq!(asked.get(), times);
        waits.push(wait);
        connected.world.advance(wait);
    }
    assert!(
        waits.is_sorted() && waits[0] <= 7 && waits[3] >= 40 && (300..=376).contains(&waits[7]),
        "{waits:?}"
    );
    connected.strict();
    connected.get().is(200);
    assert_eq!(connected.world.number("SELECT failures AS n FROM vault_connections"), 0);
}

#[test]
fn a_token_that_still_lives_is_handed_out_while_it_cannot_be_renewed() {
    let connected = Connected::with(60);
    let asked = connected.provider(Box::new(|_| Ok(json_answer(500, &json!({})))));
    for _ in 0..3 {
        assert_eq!(connected.get().is(200).str("/access_token"), "canary-a0");
    }
    assert_eq!(asked.get(), 1);
    connected.world.advance(60);
    connected.get().is(503);
}

#[test]
fn invalid_grant_for_the_newest_token_needs_the_person_who_is_mailed_once() {
    for language in ["en", "de"] {
        let connected = Connected::with(-5);
        connected.world.sql(&format!("UPDATE users SET language = '{language}'"));
        let asked = connected.provider(Box::new(|_| {
            Ok(json_answer(400, &json!({ "error": "invalid_grant", "error_description": "x" })))
        }));
        let asks = (0..20).map(|_| connected.world.get(PATH).key(&connected.key)).collect();
        for reply in connected.world.together(asks) {
            let reply = reply.is(409);
            assert_eq!(reply.json["code"], "REAUTHORIZATION_NEEDED");
            assert_eq!(reply.json["success"], false);
        }
        connected.get().is(409);
        assert_eq!((asked.get(), connected.status()), (1, json!("needs_reauthorization")));
        let mails = told(&connected);
        assert_eq!(mails.len(), 1);
        assert!(mails[0].text.contains("/tenant/home/account"), "{}", mails[0].text);
        assert!(mails[0].text.contains("Our CRM") && mails[0].html.contains("Our CRM"), "{}", mails[0].text);
        assert_eq!(connected.world.events("vault.needs_reauthorization"), 1);
        assert_eq!(connected.world.events("vault.token_issued"), 0);
        // Nothing of it is left.
        let rows = connected.world.sql("SELECT sealed_access, sealed_refresh FROM vault_connections");
        assert_eq!((&rows[0]["sealed_access"], &rows[0]["sealed_refresh"]), (&Value::Null, &Value::Null));
    }
}

/// More than a few within minutes are summed up, with the names of the services.
#[test]
fn a_person_who_is_needed_often_is_not_mailed_each_time() {
    let connected = Connected::with(-5);
    let second = crate::connections::providers::own(json!({ "id": "crm2", "name": "www.other.example" }));
    connected.world.post("/auth/providers").bearer(&connected.world.admin()).json(second).send().is(201);
    connected.provider(Box::new(|_| Ok(json_answer(400, &json!({ "error": "invalid_grant" })))));
    for n in 2..=8 {
        connected.connect(&format!("c{n}"), &format!("l{n}"), -5);
    }
    connected.get().is(409);
    for n in 2..=8 {
        let path = format!("{PATH}&label=l{n}");
        connected.world.get(&path).key(&connected.key).send().is(409);
    }
    assert_eq!(told(&connected).len(), 5);
    connected.world.sql("UPDATE gathered_notices SET service = 'www.other.example' WHERE id = (SELECT max(id) FROM gathered_notices)");
    connected.world.advance(901);
    connected.world.cron();
    let last = told(&connected).pop().unwrap().text;
    // What a mail program could make a link of is taken apart.
    assert!(last.contains("(3 ×)") && last.contains("Our CRM, www·other·example"), "{last}");
}

/// What is done to the database while the provider is asked, what it answers, and what comes of it.
#[test]
fn what_happens_in_between_is_not_overwritten() {
    let id = "(SELECT id FROM users WHERE email = 'ada@example.com')";
    let changed = "UPDATE vault_connections SET version = version + 1, expires_at = expires_at + 90000000";
    let disabled = format!("UPDATE users SET status = 'disabled' WHERE id = {id}");
    let deleted = format!("DELETE FROM users WHERE id = {id}");
    for (what, sql, refused, status, left) in [
        ("a newer token, refused", changed, true, 200, 1),
        ("a newer token, given", changed, false, 200, 1),
        ("disconnected, refused", "DELETE FROM vault_connections", true, 404, 0),
        ("disconnected, given", "DELETE FROM vault_connections", false, 404, 0),
        ("revoked, given", "UPDATE vault_connections SET status = 'revoked'", false, 404, 1),
        ("revoked, refused", "UPDATE vault_connections SET status = 'revoked'", true, 404, 1),
        ("the person is disabled, given", disabled.as_str(), false, 404, 1),
        ("the person is disabled, refused", disabled.as_str(), true, 409, 1),
        ("the person is deleted, given", deleted.as_str(), false, 404, 0),
        ("the provider is gone, given", "DELETE FROM vault_providers", false, 200, 1),
    ] {
        let connected = Connected::with(-5);
        let db = connected.world.db.clone();
        let statement = sql.to_owned();
        let asked = connected.provider(Box::new(move |_| {
            db.one(&Stmt::new(statement.clone(), vec![])).unwrap();
            if refused {
                Ok(json_answer(400, &json!({ "error": "invalid_grant" })))
            } else {
                Ok(tokens(json!({})))
            }
        }));
        assert_eq!(connected.get().status, status, "{what}");
        assert_eq!(asked.get(), 1, "{what}");
        assert_eq!(connected.world.number("SELECT count(*) AS n FROM vault_connections"), left, "{what}");
        if what.starts_with("a newer token") {
            assert_eq!(connected.status(), "active", "{what}");
            assert_eq!(connected.world.number("SELECT version AS n FROM vault_connections"), 2, "{what}");
            assert!(told(&connected).is_empty(), "{what}");
        }
        assert!(!is_kept(&connected.world, "canary-"), "{what}");
    }
}

/// What a provider gave once is written although storage fails for a moment, or only its answer is lost.
#[test]
fn what_was_given_is_written_although_storage_fails_for_a_moment() {
    for (what, fails, loses, status) in [
        ("fails once", 1, 0, 200),
        ("fails three times", 3, 0, 200),
        ("the answer is lost", 0, 1, 200),
        ("every answer is lost", 0, 4, 503),
        ("fails, and the answer is lost", 1, 1, 200),
        ("fails for longer", 4, 0, 503),
    ] {
        let connected = Connected::with(-5);
        connected.world.web.serves("https://crm.example/revoke", |_| Ok(served(200, &[], b"")));
        let db = connected.world.db.clone();
        let asked = connected.provider(Box::new(move |_| {
            db.fails.set(fails);
            db.loses.set(loses);
            Ok(tokens(json!({ "refresh_token": "canary-r1" })))
        }));
        assert_eq!(connected.get().status, status, "{what}");
        let version = connected.world.number("SELECT version AS n FROM vault_connections");
        assert_eq!(version, if fails == 4 { 1 } else { 2 }, "{what}");
        if version == 2 {
            assert_eq!(connected.get().is(200).str("/access_token"), "canary-a1", "{what}");
            assert_eq!(asked.get(), 1, "{what}");
        }
        // Whoever waits for it has it: nothing is given back.
        assert_eq!(connected.world.web.times("https://crm.example/revoke"), 0, "{what}");
        assert_eq!(connected.world.number("SELECT count(*) AS n FROM vault_revocations"), 0, "{what}");
    }
}

#[test]
fn a_provider_that_is_changed_is_asked_at_its_new_address_with_the_new_secret() {
    let connected = Connected::with(-5);
    let world: &World = &connected.world;
    let body = crate::connections::providers::own(
        json!({ "tokenUrl": "https://crm.example/v2/token", "clientSecret": "canary-2" }),
    );
    world.put("/auth/providers/crm").bearer(&world.admin()).json(body).send().is(200);
    world.advance(6);
    world.web.serves("https://crm.example/v2/token", |request| {
        assert!(request.body.contains("client_secret=canary-2") && request.body.contains("canary-r0"));
        Ok(tokens(json!({})))
    });
    assert_eq!(connected.get().is(200).str("/access_token"), "canary-a1");
    assert!(!is_kept(world, "canary-"));
}
