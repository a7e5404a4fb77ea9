//! `/api/auth/change-email`: both mailboxes agree.

use portcullis::model::state::Mfa;
use serde_json::{Value, json};

use crate::harness::{Ask, PASSWORD, Reply, World};

const PATH: &str = "/api/auth/change-email";
const OLD: &str = "ada@example.com";
const NEW: &str = "lovelace@example.org";

fn asks<'w>(world: &'w World, token: &str, to: &str) -> Ask<'w> {
    world.post(PATH).bearer(token).json(json!({ "newEmail": to, "password": PASSWORD }))
}

fn confirm(world: &World, link: &str) -> Reply {
    world.post(&format!("{PATH}/confirm")).json(json!({ "token": link })).send()
}

/// The links to the address before and the new one.
fn links(world: &World, token: &str) -> [String; 2] {
    asks(world, token, NEW).send().is(200);
    [world.mailed_link(OLD), world.mailed_link(NEW)]
}

fn addresses(world: &World) -> Vec<Value> {
    world.sql("SELECT email FROM users ORDER BY email").into_iter().map(|row| row["email"].clone()).collect()
}

#[test]
fn an_address_changes_when_both_mailboxes_agree_in_any_order() {
    for turned in [false, true] {
        let world = World::new();
        let user = world.user(OLD);
        let token = world.session(&user).access;
        let mut links = links(&world, &token);
        assert_ne!(links[0], links[1]);
        if turned {
            links.reverse();
        }
        for token in &links {
            for method in ["GET", "HEAD", "OPTIONS"] {
                world.ask(method, &format!("{PATH}/confirm?token={token}")).send();
            }
        }
        let first = confirm(&world, &links[0]).is(200);
        assert_eq!(first.json, json!({ "success": true, "data": { "changed": false } }));
        assert_eq!(addresses(&world), [OLD]);
        confirm(&world, &links[0]).is(400);
        world.advance(86_399);
        let second = confirm(&world, &links[1]).is(200);
        assert_eq!(second.json["data"]["changed"], true);
        assert_eq!(addresses(&world), [NEW]);
        confirm(&world, &links[1]).is(400);
        world.login(OLD, PASSWORD).is(401);
        world.login(NEW, PASSWORD).is(200);
        for (event, n) in [("email.change_asked", 1), ("email.change_confirmed", 2), ("email.changed", 1)] {
            assert_eq!(world.events(event), n, "{event}");
        }
        for address in [OLD, NEW] {
            assert_eq!(world.mails(address).len(), 2, "{address} is told");
        }
    }
}

#[test]
fn of_many_confirmations_at_once_each_link_counts_once() {
    let world = World::new();
    let token = world.session(&world.user(OLD)).access;
    let links = links(&world, &token);
    let ask = |link: &String| world.post(&format!("{PATH}/confirm")).json(json!({ "token": link }));
    let all = links.iter().cycle().take(20).map(ask).collect();
    let replies = world.together(all);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 2);
    assert_eq!(replies.iter().filter(|reply| reply.json["data"]["changed"] == true).count(), 1);
    assert_eq!(addresses(&world), [NEW]);
}

#[test]
fn all_sessions_end_but_the_one_that_it_is_done_in() {
    for stays in [false, true] {
        let world = World::new();
        let user = world.user(OLD);
        let (own, other) = (world.session(&user).access, world.session(&user).access);
        let links = links(&world, &own);
        confirm(&world, &links[0]).is(200);
        let ask = world.post(&format!("{PATH}/confirm")).json(json!({ "token": links[1] }));
        if stays { ask.bearer(&own) } else { ask }.send().is(200);
        let works = |token: &str| world.get("/api/auth/me").bearer(token).fresh().status() == 200;
        assert_eq!((works(&own), works(&other)), (stays, false));
    }
}

#[test]
fn somebody_elses_session_is_not_kept_by_it() {
    let world = World::new();
    let eve = world.session(&world.user("eve@example.com")).access;
    let user = world.user(OLD);
    let own = world.session(&user).access;
    let links = links(&world, &own);
    confirm(&world, &links[0]).is(200);
    let ask = world.post(&format!("{PATH}/confirm")).json(json!({ "token": links[1] })).bearer(&eve);
    ask.send().is(200);
    world.get("/api/auth/me").bearer(&own).fresh().send().is(401);
    world.get("/api/auth/me").bearer(&eve).fresh().send().is(200);
}

#[test]
fn it_takes_the_password_of_who_has_one_and_counts_the_wrong_ones() {
    let world = World::new();
    let token = world.session(&world.user(OLD)).access;
    for password in [json!({}), json!({ "password": "wrong" })] {
        let mut body = json!({ "newEmail": NEW });
        body.as_object_mut().unwrap().extend(password.as_object().unwrap().clone());
        world.post(PATH).bearer(&token).json(body).send().is(401);
    }
    for _ in 0..3 {
        world.post(PATH).bearer(&token).json(json!({ "newEmail": NEW, "password": "x" })).send().is(401);
    }
    asks(&world, &token, NEW).send().is(429);
    assert!(world.mails(NEW).is_empty());
    let bare = world.user_with("home", "bare@example.com", |user| user.password_hash = None);
    let token = world.session(&bare).access;
    world.post(PATH).bearer(&token).json(json!({ "newEmail": NEW })).send().is(200);
}

#[test]
fn it_takes_the_second_factor_of_who_has_one() {
    let world = World::new();
    let user = world.user_with("home", OLD, |user| user.mfa = Mfa::Email);
    let token = world.session_by(&user, &["pwd", "device"]).access;
    assert_eq!(asks(&world, &token, NEW).send().is(401).json["code"], "MFA_REQUIRED");
    let step = world.post("/api/auth/mfa/step-up").bearer(&token).send().is(200);
    let body = json!({ "challenge": step.json["data"]["challenge"], "code": world.mailed_code(OLD) });
    let done = world.post("/api/auth/mfa/verify").json(body).send().is(200);
    asks(&world, &done.str("/data/tokens/accessToken"), NEW).send().is(200);
}

#[test]
fn an_address_that_is_none_or_the_same_or_of_another_domain_is_refused() {
    let world = World::new();
    let token = world.session(&world.user(OLD)).access;
    for to in ["nobody", OLD, "ADA@example.com", ""] {
        asks(&world, &token, to).send().is(400);
    }
    world.settings(json!({ "registrationDomains": ["example.com"] }));
    asks(&world, &token, NEW).fresh().send().is(400);
}

#[test]
fn whether_an_address_is_taken_only_its_owner_learns() {
    let world = World::new();
    let user = world.user(OLD);
    let token = world.session(&user).access;
    let free = asks(&world, &token, "free@example.org").send().is(200);
    world.user(NEW);
    assert_eq!(asks(&world, &token, NEW).send().is(200).text, free.text);
    let links = [world.mailed_link(OLD), world.mailed_link(NEW)];
    confirm(&world, &links[0]).is(200);
    confirm(&world, &links[1]).is(409);
    assert_eq!(addresses(&world), [OLD, NEW]);
    assert_eq!(world.events("email.changed"), 0);
    world.get("/api/auth/me").bearer(&token).fresh().send().is(200);
    assert_eq!(world.mails(OLD).len(), 2, "nobody is told of what was not done");
}

#[test]
fn a_newer_request_takes_the_place_of_the_older_one() {
    let world = World::new();
    let token = world.session(&world.user(OLD)).access;
    let older = links(&world, &token);
    let newer = links(&world, &token);
    older.iter().for_each(|link| drop(confirm(&world, link).is(400)));
    newer.iter().for_each(|link| drop(confirm(&world, link).is(200)));
    assert_eq!(addresses(&world), [NEW]);
}

#[test]
fn it_waits_a_day_and_no_longer_than_the_address_and_the_user_do() {
    let table: [(&str, Option<Value>); 3] = [
        ("a day", None),
        ("disabled", Some(json!({ "status": "disabled" }))),
        ("another address", Some(json!({ "email": "other@example.com" }))),
    ];
    for (name, change) in table {
        let world = World::new();
        let user = world.user(OLD);
        let links = links(&world, &world.session(&user).access);
        confirm(&world, &links[0]).is(200);
        match change {
            None => world.advance(86_400),
            Some(change) => {
                let path = format!("/tenant/home/v2/Users/{}", user.id);
                world.patch(&path).bearer(&world.admin()).json(change).send().is(200);
            }
        }
        assert_eq!(confirm(&world, &links[1]).status, 400, "{name}");
        assert!(!addresses(&world).contains(&json!(NEW)), "{name}");
    }
}

#[test]
fn what_was_mailed_to_the_address_before_is_dead() {
    let world = World::new();
    let token = world.session(&world.user(OLD)).access;
    let links = links(&world, &token);
    world.post("/auth/forgot-password").json(json!({ "email": OLD })).send().is(200);
    let reset = world.mailed_link(OLD);
    world.post("/api/auth/magic-link/request").json(json!({ "email": OLD })).send().is(200);
    let magic = world.mailed_link(OLD);
    links.iter().for_each(|link| drop(confirm(&world, link).is(200)));
    let body = json!({ "token": reset, "password": "stolen password" });
    world.post("/auth/reset-password").json(body).send().is(400);
    world.post("/api/auth/magic-link/verify").json(json!({ "token": magic })).send().is(400);
}

#[test]
fn a_link_of_another_kind_or_tenant_confirms_nothing() {
    let world = World::new();
    world.tenant("b");
    let token = world.session(&world.user(OLD)).access;
    let links = links(&world, &token);
    for link in &links {
        let ask = world.post(&format!("{PATH}/confirm")).tenant("b").json(json!({ "token": link }));
        ask.send().is(400);
        world.post("/api/auth/magic-link/verify").json(json!({ "token": link })).send().is(400);
    }
    world.post("/auth/forgot-password").json(json!({ "email": OLD })).send().is(200);
    confirm(&world, &world.mailed_link(OLD)).is(400);
    for link in ["", "x", &"x".repeat(200)] {
        confirm(&world, link).is(400);
    }
}

#[test]
fn the_links_lead_to_our_own_page_whatever_the_host_says() {
    let world = World::new();
    let token = world.session(&world.user(OLD)).access;
    asks(&world, &token, NEW).host("evil.example").header("x-forwarded-host", "evil.example").send().is(200);
    for address in [OLD, NEW] {
        let text = world.mails(address).pop().unwrap().text;
        assert!(text.contains("https://auth.example.com/tenant/home/change-email?token="), "{text}");
        assert!(!text.contains("evil"), "{text}");
    }
    assert!(world.mails(OLD).pop().unwrap().text.contains(NEW));
}
