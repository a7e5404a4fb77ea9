//! Who is made without a password is invited by mail to choose one.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, PASSWORD_HASH, Reply, World, claims};

const USERS: &str = "/tenant/home/v2/Users";
const ADA: &str = "ada@example.com";

fn create(world: &World, other: Value) -> Reply {
    let mut body = json!({ "email": ADA, "name": "Ada Lovelace" });
    body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    world.post(USERS).bearer(&world.admin()).from("198.51.100.77").json(body).send()
}

/// How often the log says that a user was made and invited.
fn said_invited(world: &World) -> i64 {
    world.number("SELECT count(*) AS n FROM audit WHERE event = 'user.created' AND detail = 'invited'")
}

fn invite(world: &World, id: &str) -> Reply {
    world.post(&format!("{USERS}/{id}/invitation")).bearer(&world.admin()).send()
}

fn accept(world: &World, token: &str) -> Reply {
    world.post("/auth/reset-password").json(json!({ "token": token, "password": PASSWORD })).send()
}

#[test]
fn a_user_without_a_password_gets_a_link_that_sets_the_first() {
    for (language, subject) in [(None, "You are invited to Home"), (Some("de"), "Einladung zu Home")] {
        let world = World::new();
        let made = create(&world, json!({ "roles": ["MANAGER"], "language": language })).is(201);
        assert_eq!(
            (&made.json["emailVerified"], &made.json["name"]),
            (&json!(false), &json!("Ada Lovelace"))
        );
        let mails = world.mails(ADA);
        assert_eq!((mails.len(), mails[0].subject.as_str()), (1, subject));
        assert!(!mails[0].text.contains("198.51.100.77"), "it says nothing of the administrator's browser");
        let token = world.mailed_link(ADA);
        // Looking changes nothing; the page is the one that sets a password.
        let page = world.get(&format!("/auth/reset-password?token={token}")).navigating().send().is(200);
        assert!(page.text.contains("name=\"password\"") && page.text.contains(&token));
        let fields = [("token", token.as_str()), ("password", "short")];
        world.post("/auth/reset-password").navigating().form(&fields).send().is(400);
        let fields = [("token", token.as_str()), ("password", PASSWORD)];
        world.post("/auth/reset-password").navigating().form(&fields).send().is(200);
        let login = world.login(ADA, PASSWORD).is(200);
        assert_eq!(claims(&login.str("/access_token"))["roles"], json!(["MANAGER"]));
        let id = made.str("/id");
        let user = world.get(&format!("{USERS}/{id}")).bearer(&world.admin()).send().is(200);
        assert_eq!((&user.json["emailVerified"], &user.json["name"]), (&json!(true), &json!("Ada Lovelace")));
        // Nobody is told that a first password was changed, and the link is spent.
        assert_eq!(world.mails(ADA).len(), 1);
        accept(&world, &token).is(400);
        assert_eq!((said_invited(&world), world.events("password.reset")), (1, 1));
    }
}

#[test]
fn who_has_a_way_in_or_is_not_to_be_invited_is_not() {
    for body in [
        json!({ "password": PASSWORD }),
        json!({ "passwordHash": PASSWORD_HASH }),
        json!({ "invite": false }),
    ] {
        let world = World::new();
        create(&world, body.clone()).is(201);
        assert_eq!((world.mails(ADA).len(), said_invited(&world)), (0, 0), "{body}");
    }
    // A taken address is refused, and nobody gets a mail.
    let world = World::new();
    world.user(ADA);
    create(&world, json!({})).is(409);
    assert_eq!((world.mails(ADA).len(), said_invited(&world)), (0, 0));
    assert_eq!(world.number("SELECT count(*) AS n FROM mail_links"), 0);
    create(&world, json!({ "email": "x@example.com", "roles": ["NONE"] })).is(400);
    assert_eq!(world.mails("x@example.com").len(), 0);
    let refused = create(&world, json!({ "email": "x@example.com", "language": "xx" })).is(400);
    assert_eq!(refused.json["errors"][0], json!({ "field": "language", "detail": "en or de" }));
}

#[test]
fn an_invitation_is_sent_again_and_kills_the_one_before() {
    let world = World::new();
    let id = create(&world, json!({})).is(201).str("/id");
    let first = world.mailed_link(ADA);
    assert_eq!(invite(&world, &id).is(202).json["id"], id);
    let second = world.mailed_link(ADA);
    assert_ne!(first, second);
    accept(&world, &first).is(400);
    accept(&world, &second).is(200);
    invite(&world, &id).is(409);
    assert_eq!((said_invited(&world), world.events("user.invited")), (1, 1));
    // Limited by mailbox; not for the disabled, nor for another tenant's.
    let body = json!({ "email": "bob@example.com" });
    let bob = world.post(USERS).bearer(&world.admin()).json(body).send().is(201).str("/id");
    for _ in 0..5 {
        invite(&world, &bob).is(202);
    }
    invite(&world, &bob).is(429);
    world.advance(3_600);
    let path = format!("{USERS}/{bob}");
    world.patch(&path).bearer(&world.admin()).json(json!({ "status": "disabled" })).send().is(200);
    invite(&world, &bob).is(409);
    invite(&world, "nobody").is(404);
    let other = world.tenant("acme");
    world.post(&format!("/tenant/acme/v2/Users/{bob}/invitation")).bearer(&other).send().is(404);
    let access = world.session(&world.user("cy@example.com")).access;
    world.post(&format!("{path}/invitation")).bearer(&access).send().is(403);
}

#[test]
fn an_invitation_is_good_for_a_week_and_for_the_first_password_alone() {
    for (seconds, status) in [(7 * 86_400 - 1, 200), (7 * 86_400, 400)] {
        let world = World::new();
        create(&world, json!({})).is(201);
        let token = world.mailed_link(ADA);
        world.advance(seconds);
        accept(&world, &token).is(status);
    }
    // Every other way to a password, to another address or out ends it.
    type End = fn(&World, &str);
    let ends: [(&str, End); 4] = [
        ("reset", |world, _| {
            world.post("/auth/forgot-password").json(json!({ "email": ADA })).send().is(200);
            accept(world, &world.mailed_link(ADA)).is(200);
        }),
        ("first password after a sign-in by mail", |world, _| {
            world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
            let body = json!({ "token": world.mailed_link(ADA) });
            let reply = world.post("/api/auth/magic-link/verify").json(body).send().is(200);
            let access = reply.str("/data/tokens/accessToken");
            let body = json!({ "currentPassword": "", "newPassword": PASSWORD });
            world.post("/api/auth/change-password").bearer(&access).json(body).send().is(200);
        }),
        ("another address", |world, id| {
            let body = json!({ "email": "new@example.com" });
            world.patch(&format!("{USERS}/{id}")).bearer(&world.admin()).json(body).send().is(200);
        }),
        ("disabled", |world, id| {
            let body = json!({ "status": "disabled" });
            world.patch(&format!("{USERS}/{id}")).bearer(&world.admin()).json(body).send().is(200);
        }),
    ];
    for (what, end) in ends {
        let world = World::new();
        let id = create(&world, json!({})).is(201).str("/id");
        let token = world.mailed_link(ADA);
        end(&world, &id);
        let before = world.dump();
        accept(&world, &token).is(400);
        assert_eq!(world.dump(), before, "{what}");
    }
}

#[test]
fn of_many_who_accept_at_once_one_does_and_links_are_not_swapped() {
    let world = World::new();
    create(&world, json!({})).is(201);
    let token = world.mailed_link(ADA);
    // It confirms nothing at the page of another purpose.
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(400);
    let body = json!({ "token": token, "password": PASSWORD });
    let replies = world.together(vec![world.post("/auth/reset-password").json(body).unlimited(); 20]);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(replies.iter().all(|reply| [200, 400].contains(&reply.status)));
}
