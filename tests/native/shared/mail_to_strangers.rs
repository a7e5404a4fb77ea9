//! What an account can have mailed: nothing but what proves an address to one that nobody proved, and no flood.

use portcullis::domain::mailing::{KINDS, Kind};
use serde_json::json;

use crate::harness::{PASSWORD, World};

const ADA: &str = "ada@example.com";

/// Makes and revokes a key.
fn make_and_revoke(world: &World, token: &str) {
    let body = json!({ "name": "k", "scopes": ["read"] });
    let made = world.post("/api/auth/api-keys").bearer(token).json(body).send().is(201);
    let id = made.json["data"]["id"].as_str().or(made.json["data"]["apiKeyId"].as_str()).map(str::to_owned);
    let id = id.unwrap_or_else(|| {
        let row = world.sql("SELECT id FROM api_keys WHERE revoked_at IS NULL ORDER BY id DESC LIMIT 1");
        row[0]["id"].as_str().unwrap().to_owned()
    });
    world.delete(&format!("/api/auth/api-keys/{id}")).bearer(token).send().is(200);
}

/// Mails of that kind to Ada, whatever became of them.
fn written(world: &World, kind: &str) -> i64 {
    world.number(&format!("SELECT count(*) AS n FROM mails WHERE kind = '{kind}' AND recipient = '{ADA}'"))
}

#[test]
fn every_letter_says_whether_it_goes_to_an_address_that_nobody_proved() {
    for (kind, name) in KINDS {
        let proves = matches!(
            kind,
            Kind::VerifyEmail | Kind::ResetPassword | Kind::MagicLink | Kind::Code | Kind::ConfirmNewEmail
        );
        // A letter that is new here is thought about.
        let notice = matches!(kind, Kind::Changed(_) | Kind::AlreadyRegistered | Kind::ApproveEmailChange);
        assert!(!(proves && notice), "{name}");
        if proves || notice {
            assert_eq!(kind.proves_an_address(), proves, "{name}");
        }
    }
}

#[test]
fn no_notice_goes_to_an_address_that_nobody_proved() {
    for proved in [false, true] {
        let world = World::new();
        world.settings(json!({ "requireVerifiedEmail": false }));
        let user = world.user_with("home", ADA, |user| user.email_verified = proved);
        let token = world.session(&user).access;
        make_and_revoke(&world, &token);
        let body = json!({ "currentPassword": PASSWORD, "newPassword": "another password" });
        world.post("/api/auth/change-password").bearer(&token).json(body).send().is(200);
        let sent = world.mails(ADA).len();
        assert_eq!(sent, if proved { 3 } else { 0 });
        assert_eq!(world.number("SELECT count(*) AS n FROM gathered_notices"), 0);
        // The log knows of it either way.
        assert_eq!(world.events("api_key.created") + world.events("password.changed"), 2);
    }
}

#[test]
fn notices_are_gathered_when_they_are_many_and_none_is_lost() {
    let world = World::new();
    let token = world.session(&world.user(ADA)).access;
    for _ in 0..40 {
        make_and_revoke(&world, &token);
    }
    // Five of each kind within a quarter of an hour.
    assert_eq!(world.mails(ADA).len(), 10);
    let gathered = || world.number("SELECT count(*) AS n FROM gathered_notices");
    assert_eq!(gathered(), 70);
    // Others are not held back by them.
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "another password" });
    world.post("/api/auth/change-password").bearer(&token).json(body).send().is(200);
    assert_eq!(world.mails(ADA).len(), 11);
    assert_eq!(written(&world, "password-changed"), 1);
    world.cron();
    assert_eq!((world.mails(ADA).len(), gathered()), (11, 70));
    world.advance(901);
    world.cron();
    let mails = world.mails(ADA);
    assert_eq!((mails.len(), gathered()), (13, 0));
    assert!(mails[11..].iter().all(|mail| mail.text.contains("(35 ×)")), "{:?}", &mails[11..]);
    world.cron();
    assert_eq!(world.mails(ADA).len(), 13);
    // And then the next is mailed by itself again.
    world.advance(901);
    let token = world.login(ADA, "another password").is(200).str("/access_token");
    make_and_revoke(&world, &token);
    assert_eq!(world.mails(ADA).len(), 15);
}

#[test]
fn of_many_notices_at_once_no_more_are_mailed() {
    let world = World::new();
    let token = world.session(&world.user(ADA)).access;
    let body = json!({ "name": "k", "scopes": ["read"] });
    let ask = || world.post("/api/auth/api-keys").bearer(&token).json(body.clone());
    for reply in world.together((0..20).map(|_| ask()).collect()) {
        assert_eq!(reply.status, 201, "{}", reply.text);
    }
    assert_eq!(written(&world, "api-key-made"), 5);
    assert_eq!(world.number("SELECT count(*) AS n FROM gathered_notices"), 15);
}

#[test]
fn failed_mails_are_wiped_by_an_index() {
    let world = World::new();
    let sql = "EXPLAIN QUERY PLAN UPDATE mails SET sealed = NULL
               WHERE status = 'failed' AND sealed IS NOT NULL AND expires_at <= 1";
    let plan = format!("{:?}", world.sql(sql));
    assert!(plan.contains("mails_with_content"), "{plan}");
}

#[test]
fn a_change_of_an_address_that_nobody_proved_is_the_new_mailboxs_alone() {
    const NEW: &str = "lovelace@example.org";
    for proved in [false, true] {
        let world = World::new();
        world.settings(json!({ "requireVerifiedEmail": false }));
        let user = world.user_with("home", ADA, |user| user.email_verified = proved);
        let token = world.session(&user).access;
        let body = json!({ "newEmail": NEW, "password": PASSWORD });
        world.post("/api/auth/change-email").bearer(&token).json(body).send().is(200);
        assert_eq!((world.mails(ADA).len(), world.mails(NEW).len()), (usize::from(proved), 1));
        let body = json!({ "token": world.mailed_link(NEW) });
        let confirmed = world.post("/api/auth/change-email/confirm").json(body).send().is(200);
        assert_eq!(confirmed.json["data"]["changed"], !proved, "{}", confirmed.text);
        let address = world.sql("SELECT email, email_verified FROM users WHERE roles = '[]'");
        let wanted = if proved { json!(ADA) } else { json!(NEW) };
        assert_eq!((&address[0]["email"], &address[0]["email_verified"]), (&wanted, &json!(1)));
        // Nobody is told at the address before who did not prove it.
        assert_eq!(world.mails(ADA).len(), usize::from(proved));
    }
}

#[test]
fn an_address_that_was_proved_meanwhile_is_asked_after_all() {
    const NEW: &str = "lovelace@example.org";
    let world = World::new();
    world.settings(json!({ "requireVerifiedEmail": false }));
    let user = world.user_with("home", ADA, |user| user.email_verified = false);
    let token = world.session(&user).access;
    let ask = || {
        let body = json!({ "newEmail": NEW, "password": PASSWORD });
        world.post("/api/auth/change-email").bearer(&token).json(body).fresh().send().is(200);
    };
    ask();
    let link = world.mailed_link(NEW);
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.patch(&path).bearer(&world.admin()).json(json!({ "emailVerified": true })).send().is(200);
    let confirm = |token: &str| {
        let reply =
            world.post("/api/auth/change-email/confirm").json(json!({ "token": token })).send().is(200);
        reply.json["data"]["changed"] == true
    };
    assert!(!confirm(&link));
    ask();
    assert!(!confirm(&world.mailed_link(ADA)));
    assert!(confirm(&world.mailed_link(NEW)));
}
