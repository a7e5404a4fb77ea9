//! The queue of mails: nothing that was acknowledged is lost, and nothing is sent twice.

use portcullis::domain::mailing;
use portcullis::model::state::{Mfa, UserStatus};
use serde_json::{Value, json};

use crate::harness::{PASSWORD, World};

const ADA: &str = "ada@example.com";
const BINDING: [(&str, &str); 1] = [("MAIL_TRANSPORT", "cloudflare")];
const RESEND: [(&str, &str); 2] = [("MAIL_TRANSPORT", "resend"), ("RESEND_API_KEY", "a-key-of-the-api")];

fn forgot(world: &World) {
    world.post("/auth/forgot-password").json(json!({ "email": ADA })).send().is(200);
}

/// Status, tries and error of the last mail, and whether its content is still there.
fn last(world: &World) -> (String, i64, String, bool) {
    let rows = world.sql("SELECT * FROM mails ORDER BY id DESC LIMIT 1");
    let text = |name: &str| rows[0][name].as_str().unwrap_or_default().to_owned();
    (text("status"), rows[0]["attempts"].as_i64().unwrap(), text("error"), rows[0]["sealed"] != Value::Null)
}

fn is(world: &World, status: &str, attempts: i64, error: &str, sealed: bool) {
    assert_eq!(last(world), (status.to_owned(), attempts, error.to_owned(), sealed));
}

#[test]
fn a_mail_that_was_sent_is_known_without_what_it_said() {
    let world = World::new();
    world.user(ADA);
    forgot(&world);
    is(&world, "sent", 1, "", false);
    let row = &world.sql("SELECT * FROM mails")[0];
    assert_eq!((&row["kind"], &row["recipient"]), (&json!("reset-password"), &json!(ADA)));
    assert_eq!(world.mails(ADA)[0].id, row["id"].as_str().unwrap());
    assert_eq!(world.events("mail.sent"), 1);
}

#[test]
fn a_transport_that_fails_is_tried_again_with_growing_delays_and_the_mail_arrives_once() {
    let world = World::new();
    world.post.refuses.set(3);
    let body = json!({ "email": ADA, "password": PASSWORD });
    world.post("/auth/register").json(body).send().is(201);
    for (attempts, delay) in [(1, 30), (2, 120), (3, 600)] {
        assert_eq!(last(&world).1, attempts);
        world.advance(delay - 1);
        world.cron();
        assert_eq!((last(&world).0.as_str(), last(&world).1), ("queued", attempts), "too early");
        world.advance(1);
        world.cron();
    }
    is(&world, "sent", 4, "", false);
    world.advance(86_400);
    world.cron();
    assert_eq!(world.mails(ADA).len(), 1);
    assert_eq!((world.events("mail.failed"), world.events("mail.sent")), (3, 1));
    let trail = world.sql("SELECT detail FROM audit WHERE event = 'mail.failed' ORDER BY id");
    assert_eq!(trail[2]["detail"], "verify-email, try 3");
}

#[test]
fn a_mail_that_comes_to_nothing_is_given_up_when_it_is_of_no_use_and_then_forgotten() {
    let world = World::new();
    world.user(ADA);
    world.post.broken.set(true);
    forgot(&world);
    for _ in 0..2 {
        world.advance(120);
        world.cron();
    }
    is(&world, "queued", 3, "mail: is out of order", true);
    // The next try would come after the link's end; until then an administrator can have it sent.
    world.advance(600);
    world.cron();
    is(&world, "failed", 4, "mail: is out of order", true);
    world.advance(60);
    world.cron();
    is(&world, "failed", 4, "mail: is out of order", false);
    world.post.broken.set(false);
    world.advance(30 * 86_400 - 900);
    world.cron();
    is(&world, "failed", 4, "mail: is out of order", false);
    world.advance(60);
    world.cron();
    assert!(world.sql("SELECT * FROM mails").is_empty() && world.mails(ADA).is_empty());
}

#[test]
fn a_mail_that_gets_through_takes_along_what_waits() {
    let world = World::with(&RESEND);
    world.user(ADA);
    let bob = world.session(&world.user("bob@example.com")).access;
    world.post.refuses.set(1);
    forgot(&world);
    world.advance(30);
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "a new password" });
    world.post("/api/auth/change-password").bearer(&bob).json(change).send().is(200);
    assert_eq!((world.mails(ADA).len(), world.mails("bob@example.com").len()), (1, 1));
    let sent = world.sql("SELECT detail, address FROM audit WHERE event = 'mail.sent' ORDER BY id");
    let of = |kind: &str| sent.iter().find(|row| row["detail"] == kind).unwrap()["address"].clone();
    assert_eq!((of("password-changed"), of("reset-password")), (json!("203.0.113.7"), Value::Null));
}

#[test]
fn of_fifty_at_once_one_sends() {
    for vars in [&BINDING[..], &RESEND[..]] {
        let world = World::with(vars);
        world.user(ADA);
        world.post.broken.set(true);
        forgot(&world);
        world.post.broken.set(false);
        world.advance(30);
        let cx = world.cx();
        for done in world.at_once((0..50).map(|_| mailing::send_due(&cx)).collect()) {
            done.unwrap();
        }
        assert_eq!(world.mails(ADA).len(), 1);
        is(&world, "sent", 2, "", false);
        assert_eq!(world.events("mail.sent"), 1);
    }
}

#[test]
fn fifty_mails_at_once_are_sent_once_each_while_cron_runs() {
    let world = World::new();
    for n in 0..50 {
        world.user(&format!("u{n}@example.com"));
    }
    let asks = (0..50).map(|n| {
        let body = json!({ "email": format!("u{n}@example.com") });
        world.post("/auth/forgot-password").from(&format!("203.0.113.{n}")).json(body)
    });
    let cx = world.cx();
    let crons = (0..10).map(|_| mailing::send_due(&cx));
    type Work<'a> = std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;
    let mut work: Vec<Work<'_>> = Vec::new();
    for ask in asks {
        work.push(Box::pin(async { drop(ask.serve().await) }));
    }
    for cron in crons {
        work.push(Box::pin(async { cron.await.unwrap() }));
    }
    world.at_once(work);
    world.cron();
    let mails = world.post.mails.borrow();
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    to.dedup();
    assert_eq!((mails.len(), to.len()), (50, 50));
}

#[test]
fn a_crash_before_the_hand_over_loses_nothing() {
    for vars in [&BINDING[..], &RESEND[..]] {
        let world = World::with(vars);
        world.user(ADA);
        world.post.yields.set(true);
        // What was to come after the answer never does.
        let ask = world.post("/auth/forgot-password").json(json!({ "email": ADA }));
        pollster::block_on(ask.answered());
        world.forget_what_comes_after();
        world.post.yields.set(false);
        is(&world, "queued", 0, "", true);
        assert!(world.mails(ADA).is_empty());
        world.cron();
        is(&world, "sent", 1, "", false);
        assert_eq!(world.mails(ADA).len(), 1);
    }
}

#[test]
fn a_hand_over_that_was_cut_off_is_not_repeated_where_a_repeat_would_be_a_second_mail() {
    let world = World::with(&BINDING);
    world.user(ADA);
    world.post.silent.set(true);
    world.cut_off(world.post("/auth/forgot-password").json(json!({ "email": ADA })).serve());
    world.post.silent.set(false);
    is(&world, "sending", 1, "", true);
    for seconds in [0, 299, 1, 300] {
        world.advance(seconds);
        world.cron();
    }
    is(&world, "failed", 1, "outcome unknown", true);
    assert_eq!(world.mails(ADA).len(), 1);
    // An administrator can say that it is to be sent all the same.
    let list = world.get("/tenant/home/v2/Mails?status=failed").bearer(&world.admin()).send().is(200);
    assert_eq!(list.json["items"][0]["error"], "outcome unknown");
    let path = format!("/tenant/home/v2/Mails/{}/retry", list.str("/items/0/id"));
    world.post(&path).bearer(&world.admin()).send().is(200);
    is(&world, "sent", 2, "", false);
    assert_eq!(world.mails(ADA).len(), 2);
}

#[test]
fn a_hand_over_that_was_cut_off_is_repeated_with_the_same_id_where_that_is_one_mail() {
    let world = World::with(&RESEND);
    world.user(ADA);
    world.post.silent.set(true);
    world.cut_off(world.post("/auth/forgot-password").json(json!({ "email": ADA })).serve());
    world.post.silent.set(false);
    world.advance(299);
    world.cron();
    is(&world, "sending", 1, "", true);
    world.advance(1);
    world.cron();
    is(&world, "sent", 2, "", false);
    let [first, second] = &world.mails(ADA)[..] else { panic!("not two tries") };
    assert_eq!(first, second);
}

#[test]
fn an_older_mail_that_waits_is_not_sent_once_its_link_is_dead() {
    let world = World::new();
    world.user(ADA);
    world.post.broken.set(true);
    forgot(&world);
    world.post.broken.set(false);
    world.advance(1);
    forgot(&world);
    world.advance(60);
    world.cron();
    assert_eq!(world.mails(ADA).len(), 1);
    let rows = world.sql("SELECT status, error, sealed FROM mails ORDER BY id");
    assert_eq!(rows[0]["error"], "replaced by a newer one");
    assert_eq!((&rows[0]["status"], &rows[0]["sealed"]), (&json!("failed"), &Value::Null));
    assert_eq!(rows[1]["status"], "sent");
}

#[test]
fn a_code_that_was_refused_is_not_mailed_later_either() {
    let world = World::new();
    world.user_with("home", ADA, |user| user.mfa = Mfa::Email);
    let login = json!({ "email": ADA, "password": PASSWORD });
    let challenge = world.post("/api/auth/login").json(login).send().is(200).str("/data/challenge");
    let send = || world.post("/api/auth/mfa/send").json(json!({ "challenge": challenge })).unlimited();
    let replies = world.together((0..10).map(|_| send()).collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 2);
    world.cron();
    assert_eq!((world.mails(ADA).len(), world.sql("SELECT id FROM mails").len()), (3, 3));
}

#[test]
fn nothing_that_is_secret_stands_in_an_error_a_log_line_or_the_trail() {
    let world = World::new();
    world.user(ADA);
    world.post.refuses.set(1);
    world.post.said.set("Could not deliver, key=re_0123456789 or 123456 or https://x.example/y, to");
    forgot(&world);
    let (_, _, error, _) = last(&world);
    assert!(error.starts_with("mail: Could not deliver, … or … or … to … "), "{error}");
    assert!(error.chars().count() <= 200, "{error}");
    let trail = world.sql("SELECT * FROM audit");
    let trail = serde_json::to_string(&trail).unwrap();
    let logged = world.log.0.borrow().join("\n");
    assert!(logged.contains("mail.failed"));
    for said in [&error, &trail, &logged] {
        for secret in ["token", "re_0", "123456", "https://", "ada@"] {
            assert!(!said.contains(secret), "{secret}: {said}");
        }
    }
}

#[test]
fn a_forgotten_password_takes_the_same_round_trips_whether_there_is_an_account() {
    for vars in [&BINDING[..], &RESEND[..]] {
        let world = World::with(vars);
        world.user(ADA);
        world.user_with("home", "out@example.com", |user| user.status = UserStatus::Disabled);
        let mut trips = Vec::new();
        for email in ["first@example.com", ADA, "nobody@example.com", "out@example.com"] {
            let before = world.db.trips.get();
            let ask = world.post("/auth/forgot-password").json(json!({ "email": email }));
            pollster::block_on(ask.answered());
            trips.push(world.db.trips.get() - before);
            pollster::block_on(world.afterwards());
        }
        // The first one found an isolate that remembered nothing.
        assert!(trips.iter().skip(1).all(|n| *n == trips[1]), "{trips:?}");
        assert_eq!(world.sql("SELECT id FROM mails").len(), 1);
        assert_eq!(world.post.mails.borrow().len(), 1);
        assert_eq!(world.events("password.forgot"), 4);
    }
}
