//! `/tenant/{tenant}/magic-link`.

use portcullis::model::state::Mfa;
use serde_json::json;

use crate::harness::{Reply, World};

const PAGE: &str = "/tenant/home/magic-link";
const ADDRESS: &str = "ada@example.com";

fn send(world: &World, fields: &[(&str, &str)]) -> Reply {
    world.post(PAGE).navigating().form(fields).send()
}

#[test]
fn a_link_signs_in_once_by_its_button_and_goes_on() {
    let world = World::new();
    world.user(ADDRESS);
    let asked = send(&world, &[("email", ADDRESS), ("return_to", "/app/?a=1")]).is(200);
    assert!(asked.text.contains("autocomplete=\"one-time-code\""));
    let unknown = send(&world, &[("email", "eve@example.com"), ("return_to", "/app/?a=1")]).is(200);
    assert_eq!(unknown.text.replace("eve@", "ada@"), asked.text);
    let token = world.mailed_link(ADDRESS);
    let path = format!("{PAGE}?token={token}&return_to=/app/%3Fa%3D1");
    for _ in 0..2 {
        let page = world.get(&path).navigating().send().is(200);
        assert!(page.text.contains("a•••@example.com") && page.text.contains("value=\"/app/?a=1\""));
    }
    let fields = [("token", token.as_str()), ("return_to", "/app/?a=1")];
    let reply = send(&world, &fields).is(303);
    assert_eq!(reply.header("location"), Some("/app/?a=1"));
    assert!(!reply.sets("__Host-portcullis").unwrap().is_empty());
    send(&world, &fields).is(400);
    world.get(&path).navigating().send().is(400);
}

#[test]
fn a_code_signs_in_and_a_wrong_one_asks_again() {
    let world = World::new();
    world.user_with("home", ADDRESS, |user| user.mfa = Mfa::Totp);
    send(&world, &[("email", ADDRESS)]).is(200);
    let wrong = send(&world, &[("email", ADDRESS), ("code", "000000")]).is(401);
    assert!(wrong.text.contains("The code is wrong") && wrong.text.contains("name=\"code\""));
    let code = world.mailed_code(ADDRESS);
    let reply = send(&world, &[("email", ADDRESS), ("code", &code)]).is(303);
    assert_eq!(reply.header("location"), Some("/tenant/home/mfa"));
    assert!(reply.sets("__Host-portcullis-challenge").is_some() && reply.sets("__Host-portcullis").is_none());
}

#[test]
fn what_cannot_be_mailed_to_shows_the_login_again() {
    let world = World::new();
    let page = send(&world, &[("email", "nobody")]).is(400);
    assert!(page.text.contains("This is not an email address.") && page.text.contains("name=\"password\""));
    let reply = world.get(PAGE).navigating().send().is(303);
    assert_eq!(reply.header("location"), Some("/tenant/home/login"));
    world.get("/tenant/home/magic-link?token=x").navigating().send().is(400);
    world.settings(json!({ "magicLinks": false }));
    send(&world, &[("email", ADDRESS)]).is(403);
    assert!(!world.get("/tenant/home/login").send().text.contains("magic-link"));
}
