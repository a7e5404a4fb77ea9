//! `v2/Mails`: `/tenant/{tenant}/v2/Mails`, `/tenant/{tenant}/v2/Mails/{id}` and
//! `/tenant/{tenant}/v2/Mails/{id}/retry`.

use serde_json::{Value, json};

use crate::harness::{Reply, World};

const MAILS: &str = "/tenant/home/v2/Mails";

fn list(world: &World, query: &str) -> Vec<Value> {
    let reply = world.get(&format!("{MAILS}{query}")).bearer(&world.admin()).send().is(200);
    reply.json["items"].as_array().unwrap().clone()
}

fn retry(world: &World, id: &str) -> Reply {
    world.post(&format!("{MAILS}/{id}/retry")).bearer(&world.admin()).send()
}

fn forgot(world: &World, email: &str) {
    world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
}

#[test]
fn administrators_see_what_became_of_each_mail() {
    let world = World::new();
    let ada = world.user("Ada@example.com");
    forgot(&world, "ada@example.com");
    world.post.broken.set(true);
    world.advance(1);
    world.user("bob@example.com");
    forgot(&world, "bob@example.com");
    let all = list(&world, "");
    assert_eq!(all.len(), 2);
    assert_eq!(
        all[1],
        json!({
            "id": all[1]["id"], "kind": "reset-password", "userId": ada.id, "recipient": "Ada@example.com",
            "status": "sent", "attempts": 1, "createdAt": "2026-05-01T12:00:00Z", "nextAt": null,
            "sentAt": "2026-05-01T12:00:00Z", "error": null,
        })
    );
    assert_eq!(all[0]["status"], "queued");
    assert_eq!(all[0]["error"], "mail: is out of order");
    assert_eq!(all[0]["nextAt"], "2026-05-01T12:00:31Z");
    let read = world.get(&format!("{MAILS}/{}", all[0]["id"].as_str().unwrap()));
    assert_eq!(read.bearer(&world.admin()).send().is(200).json, all[0]);
    for (query, found) in [
        ("?status=sent", 1),
        ("?status=queued", 1),
        ("?status=failed", 0),
        ("?kind=reset-password", 2),
        ("?kind=verify-email", 0),
        ("?recipient=ada@EXAMPLE.com", 1),
        ("?recipient=ada", 0),
        ("?recipient=bob@example.com&status=queued", 1),
    ] {
        assert_eq!(list(&world, query).len(), found, "{query}");
    }
}

#[test]
fn a_mail_that_failed_is_sent_again_while_it_is_of_use() {
    let world = World::new();
    world.user("ada@example.com");
    world.post.broken.set(true);
    forgot(&world, "ada@example.com");
    let id = list(&world, "")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(retry(&world, &id).is(409).json["code"], "CONFLICT", "it waits for its turn");
    for seconds in [30, 120, 600] {
        world.advance(seconds);
        world.cron();
    }
    assert_eq!(list(&world, "")[0]["status"], "failed");
    // It is tried after the answer.
    assert_eq!(retry(&world, &id).is(200).json["status"], "queued");
    assert_eq!(list(&world, "")[0]["status"], "failed", "tried, and failed again");
    world.post.broken.set(false);
    retry(&world, &id).is(200);
    let mail = &list(&world, "")[0];
    assert_eq!((&mail["status"], &mail["attempts"]), (&json!("sent"), &json!(6)));
    assert_eq!(world.mails("ada@example.com").len(), 1);
    retry(&world, &id).is(409);
    assert_eq!(world.events("mail.retried"), 2);
}

#[test]
fn a_mail_of_no_use_any_more_is_not_sent_again() {
    let world = World::new();
    world.user("ada@example.com");
    world.post.broken.set(true);
    forgot(&world, "ada@example.com");
    world.advance(900);
    world.cron();
    world.post.broken.set(false);
    let mail = &list(&world, "?status=failed")[0];
    retry(&world, mail["id"].as_str().unwrap()).is(409);
    retry(&world, "nothing").is(404);
    assert!(world.mails("ada@example.com").is_empty());
}

#[test]
fn no_tenant_sees_or_sends_anothers_mail() {
    let world = World::new();
    let b = world.tenant("b");
    world.user("ada@example.com");
    forgot(&world, "ada@example.com");
    let id = list(&world, "")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.get("/tenant/b/v2/Mails").bearer(&b).send().is(200).json["items"], json!([]));
    world.get(&format!("/tenant/b/v2/Mails/{id}")).bearer(&b).send().is(404);
    world.post(&format!("/tenant/b/v2/Mails/{id}/retry")).bearer(&b).send().is(404);
    world.get(MAILS).bearer(&b).send().is(403);
    let ada = world.session(&world.user("eve@example.com")).access;
    world.get(MAILS).bearer(&ada).send().is(403);
}
