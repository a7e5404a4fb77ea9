//! `/tenant/{tenant}/logout`.

use serde_json::json;

use crate::harness::World;

const LOGOUT: &str = "/tenant/home/logout";

#[test]
fn looking_at_the_page_signs_nobody_out() {
    let world = World::new();
    world.route(json!({}));
    let cookie = world.cookie(&world.user("ada@example.com"));
    let page = world.get(LOGOUT).cookie(&cookie).navigating().send().is(200);
    assert!(page.text.contains("<form method=\"post\" action=\"/tenant/home/logout\">"));
    world.get("/app/").cookie(&cookie).plan();
}

#[test]
fn the_form_ends_the_session_and_takes_the_cookie_away() {
    let world = World::new();
    world.route(json!({}));
    let cookie = world.cookie(&world.user("ada@example.com"));
    let reply = world.post(LOGOUT).cookie(&cookie).navigating().form(&[]).send().is(200);
    let gone = "__Host-portcullis=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";
    assert_eq!(reply.header("set-cookie"), Some(gone));
    world.get("/app/").cookie(&cookie).send().is(401);
    world.get("/app/").cookie(&cookie).fresh().send().is(401);
    assert_eq!(world.events("logout"), 1);
}

#[test]
fn a_form_of_another_site_signs_nobody_out() {
    let world = World::new();
    world.route(json!({}));
    let cookie = world.cookie(&world.user("ada@example.com"));
    world.post(LOGOUT).cookie(&cookie).header("sec-fetch-site", "cross-site").form(&[]).send().is(403);
    world.get("/app/").cookie(&cookie).plan();
}

#[test]
fn one_without_a_session_is_signed_out_as_well() {
    let world = World::new();
    world.post(LOGOUT).form(&[]).send().is(200);
    world.post(LOGOUT).cookie("nobody's").form(&[]).send().is(200);
}
