//! `GET /dev/outbox`.

use portcullis::ports::{Database as _, Mail};
use portcullis::store::outbox;
use serde_json::json;

use crate::harness::World;

fn kept(world: &World, id: &str, to: &str, subject: &str) {
    let (text, html) = ("text".to_owned(), "<p>html</p>".to_owned());
    let mail = Mail { id: id.to_owned(), to: to.to_owned(), subject: subject.to_owned(), text, html };
    pollster::block_on(world.db.run(vec![outbox::insert("us@example.com", &mail, world.now())])).unwrap();
}

#[test]
fn a_local_deployment_shows_mail_newest_first() {
    let world = World::new();
    kept(&world, "1", "Ada@example.com", "first");
    kept(&world, "2", "ada@example.com", "second");
    kept(&world, "3", "bob@example.com", "other");
    let reply = world.get("/dev/outbox?to=ADA@example.com").send().is(200);
    let subjects: Vec<_> =
        reply.json["items"].as_array().unwrap().iter().map(|mail| mail["subject"].clone()).collect();
    assert_eq!(subjects, ["second", "first"]);
    let shape = json!({
        "to": "ada@example.com", "from": "us@example.com", "subject": "second", "text": "text", "html": "<p>html</p>",
        "createdAt": "2026-05-01T12:00:00Z",
    });
    assert_eq!(reply.json["items"][0], shape);
    world.get("/dev/outbox").send().is(400);
}

#[test]
fn it_is_nowhere_else() {
    for vars in [
        [("MODE", "testing"), ("MAIL_TRANSPORT", "outbox")],
        [("MODE", "local"), ("MAIL_TRANSPORT", "cloudflare")],
        [("MODE", "production"), ("MAIL_TRANSPORT", "cloudflare")],
    ] {
        let world = World::with(&vars);
        kept(&world, "1", "ada@example.com", "first");
        world.get("/dev/outbox?to=ada@example.com").send().is(404);
    }
}
