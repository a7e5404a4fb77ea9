//! `/auth/verify-email`.

use serde_json::json;

use crate::harness::{PASSWORD, World};

fn registered() -> (World, String) {
    let world = World::new();
    world
        .post("/auth/register")
        .json(json!({ "email": "ada@example.com", "password": PASSWORD }))
        .send()
        .is(201);
    let token = world.mailed_token("ada@example.com");
    (world, token)
}

#[test]
fn a_link_confirms_once() {
    let (world, token) = registered();
    let reply = world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
    assert_eq!(reply.json["message"], "Your email address is verified.");
    assert_eq!(world.events("email.verified"), 1);
    let again = world.post("/auth/verify-email").json(json!({ "token": token })).send().is(400);
    assert_eq!(again.json["error"], "invalid_token");
}

#[test]
fn looking_at_a_link_changes_nothing() {
    let (world, token) = registered();
    let path = format!("/auth/verify-email?token={token}");
    for method in ["GET", "HEAD"] {
        let reply = world.ask(method, &path).send().is(200);
        assert!(reply.text.contains("<form method=\"post\""));
        assert!(reply.text.contains(&token));
    }
    world.ask("OPTIONS", &path).send().is(405);
    assert_eq!(world.number("SELECT count(*) AS n FROM users WHERE email_verified"), 0);
    world.post("/auth/verify-email").form(&[("token", &token)]).send().is(200);
}

#[test]
fn a_form_is_answered_with_a_page() {
    let (world, token) = registered();
    let reply = world.post("/auth/verify-email").navigating().form(&[("token", &token)]).send().is(200);
    assert!(reply.header("content-type").unwrap().starts_with("text/html"));
    assert!(reply.text.contains("Address confirmed"));
    let reply = world.post("/auth/verify-email").navigating().form(&[("token", &token)]).send().is(200);
    assert!(reply.text.contains("Already confirmed"));
    world.post("/auth/verify-email").form(&[("token", &token)]).send().is(400);
}

#[test]
fn a_link_is_good_for_a_day() {
    let (world, token) = registered();
    world.advance(86_400);
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(400);
    let (world, token) = registered();
    world.advance(86_399);
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
}

#[test]
fn a_newer_link_kills_the_older() {
    let (world, older) = registered();
    world
        .post("/auth/register")
        .json(json!({ "email": "ada@example.com", "password": PASSWORD }))
        .send()
        .is(201);
    let newer = world.mailed_token("ada@example.com");
    assert_ne!(older, newer);
    world.post("/auth/verify-email").json(json!({ "token": older })).send().is(400);
    world.post("/auth/verify-email").json(json!({ "token": newer })).send().is(200);
}

#[test]
fn of_many_uses_at_once_one_confirms() {
    let (world, token) = registered();
    let ask = world.post("/auth/verify-email").json(json!({ "token": token }));
    let replies = world.together(vec![ask; 20]);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 400).count(), 19);
    assert_eq!(world.events("email.verified"), 1);
}

#[test]
fn a_link_does_not_confirm_an_address_that_is_not_the_users_any_more() {
    let (world, token) = registered();
    let id = world.sql("SELECT id FROM users").pop().unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/tenant/home/v2/Users/{id}");
    world.patch(&path).bearer(&world.admin()).json(json!({ "email": "new@example.com" })).send().is(200);
    world.post("/auth/verify-email").json(json!({ "token": token })).send();
    assert_eq!(world.number(&format!("SELECT email_verified AS n FROM users WHERE id = '{id}'")), 0);
}

#[test]
fn a_dead_link_shows_no_form_and_repeats_nothing() {
    let world = World::new();
    let path = "/auth/verify-email?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let reply = world.get(path).navigating().send().is(400);
    assert!(reply.header("content-type").unwrap().starts_with("text/html"));
    assert!(!reply.text.contains("alert(1)") && !reply.text.contains("<form"));
    assert!(reply.header("content-security-policy").unwrap().contains("default-src 'none'"));
}

#[test]
fn a_page_speaks_for_the_tenant_of_the_link() {
    let world = World::new();
    world.tenant("b");
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    world.post("/auth/register").tenant("b").json(body).send().is(201);
    let token = world.mailed_token("ada@example.com");
    // The link in the mail is all that the browser has.
    let page = world.get(&format!("/auth/verify-email?token={token}")).send().is(200);
    assert!(page.text.contains("Tenant b"), "{}", page.text);
    let done = world.post("/auth/verify-email").navigating().form(&[("token", &token)]).send().is(200);
    assert!(done.text.contains("/tenant/b/login"), "{}", done.text);
}

#[test]
fn a_post_to_the_mailed_link_itself_confirms() {
    let (world, token) = registered();
    let link = format!("/auth/verify-email?token={token}");
    world.post(&link).send().is(200);
    world.post(&link).send().is(400);
    world.login("ada@example.com", PASSWORD).is(200);
}
