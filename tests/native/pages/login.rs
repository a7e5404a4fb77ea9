//! `/tenant/{tenant}/login`.

use serde_json::json;

use crate::harness::{Ask, PASSWORD, World};

const LOGIN: &str = "/tenant/home/login";

fn submit<'w>(world: &'w World, password: &str, return_to: &str) -> Ask<'w> {
    let fields = [("email", "ada@example.com"), ("password", password), ("return_to", return_to)];
    world.post(LOGIN).navigating().form(&fields)
}

#[test]
fn the_form_works_without_a_script() {
    let world = World::new();
    world.settings(json!({ "passkeys": false }));
    let page = world.get("/tenant/home/login?return_to=/app/x%3Fa%3D1").navigating().send().is(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text.contains("<form method=\"post\" action=\"/tenant/home/login\">"));
    assert!(page.text.contains("name=\"return_to\" value=\"/app/x?a=1\""));
    // What there is of script is a file of our own that it works without.
    let scripts: Vec<&str> = page.text.split("<script").skip(1).collect();
    assert!(
        scripts.iter().all(|one| one.starts_with(" src=\"/portcullis.js\" defer></script>")),
        "{}",
        page.text
    );
    assert!(scripts.len() == 1 && !page.text.contains("style="));
    for label in ["email", "password"] {
        assert!(page.text.contains(&format!("<label for=\"{label}\">")));
    }
    let policy = page.header("content-security-policy").unwrap();
    for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
}

#[test]
fn a_login_sets_a_cookie_and_goes_back() {
    let world = World::new();
    world.user("ada@example.com");
    world.route(json!({}));
    let reply = submit(&world, PASSWORD, "/app/x?a=1").send().is(303);
    assert_eq!(reply.header("location"), Some("/app/x?a=1"));
    let cookie = reply.header("set-cookie").unwrap().to_owned();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax");
    assert!(pair.starts_with("__Host-portcullis="));
    world.get("/app/").header("cookie", pair).plan();
}

#[test]
fn each_login_makes_a_new_session() {
    let world = World::new();
    world.user("ada@example.com");
    let first = submit(&world, PASSWORD, "/").send().is(303).header("set-cookie").unwrap().to_owned();
    let again = submit(&world, PASSWORD, "/").header("cookie", first.split(';').next().unwrap());
    let second = again.send().is(303).header("set-cookie").unwrap().to_owned();
    assert_ne!(first, second);
}

#[test]
fn a_passkey_is_offered_by_our_own_script_alone() {
    let world = World::new();
    let page = world.get(LOGIN).navigating().send().is(200);
    assert_eq!(page.text.matches("<script").count(), 2);
    assert!(page.text.contains("<script src=\"/portcullis.js\" defer></script>"));
    assert!(page.text.contains("<script src=\"/passkeys.js\" defer></script>"));
    assert!(page.text.contains("data-options=\"{&#34;") && page.text.contains("data-conditional"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';") && policy.starts_with("default-src 'none'"), "{policy}");
    let wrong = world.post(LOGIN).navigating().form(&[("credential", "{}")]).send().is(401);
    assert!(wrong.text.contains("role=\"alert\""));
    world.post(LOGIN).navigating().form(&[("credential", "{")]).send().is(400);
}

#[test]
fn it_goes_back_to_nowhere_but_here() {
    let world = World::new();
    world.user("ada@example.com");
    for elsewhere in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil",
        "/a/../..//evil.example",
        "/%2f/evil.example",
        "/x\r\nset-cookie: a=b",
        "/ä",
        "",
        " /x",
        "/x\t",
    ] {
        let reply = submit(&world, PASSWORD, elsewhere).send().is(303);
        assert_eq!(reply.header("location"), Some("/tenant/home/account"), "{elsewhere:?}");
    }
    let page = world.get("/tenant/home/login?return_to=https://evil.example/").send().is(200);
    assert!(!page.text.contains("evil.example"));
}

#[test]
fn a_wrong_password_shows_the_form_again_without_it() {
    let world = World::new();
    world.settings(json!({ "passkeys": false }));
    world.user("ada@example.com");
    let reply = submit(&world, "wrong <\"> password", "/app/x").send().is(401);
    assert!(reply.text.contains("role=\"alert\""));
    assert!(reply.text.contains("value=\"ada@example.com\""));
    assert!(reply.text.contains("value=\"/app/x\""));
    assert!(!reply.text.contains("wrong <"));
    assert!(reply.header("set-cookie").is_none());
    let unknown = [("email", "bob@example.com"), ("password", "wrong"), ("return_to", "/app/x")];
    let unknown = world.post(LOGIN).navigating().form(&unknown).send().is(401);
    assert_eq!(unknown.text.replace("bob@", "ada@"), reply.text);
}

#[test]
fn what_was_typed_is_shown_as_text() {
    let world = World::new();
    let fields = [("email", "\"><script>alert(1)</script>"), ("password", "x")];
    let reply = world.post(LOGIN).form(&fields).send().is(401);
    assert!(!reply.text.contains("<script>"));
}

#[test]
fn a_limit_says_when_to_come_again() {
    let world = World::new();
    for _ in 0..5 {
        submit(&world, "wrong", "/").send().is(401);
    }
    let reply = submit(&world, PASSWORD, "/").send().is(429);
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert!(reply.header("content-type").unwrap().starts_with("text/html"));
}

#[test]
fn a_form_of_another_site_signs_nobody_in() {
    let world = World::new();
    world.user("ada@example.com");
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "https://auth.example.com.evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let reply = submit(&world, PASSWORD, "/").header(name, value).send().is(403);
        assert!(reply.header("set-cookie").is_none());
    }
    submit(&world, PASSWORD, "/").header("origin", "https://auth.example.com").send().is(303);
    submit(&world, PASSWORD, "/").header("sec-fetch-site", "none").send().is(303);
}

#[test]
fn our_own_form_signs_in_although_our_pages_send_no_referrer() {
    let world = World::new();
    world.user("ada@example.com");
    // With `no-referrer` a browser says `Origin: null` also of our own form (Fetch, "append a request
    // `Origin` header"); `Sec-Fetch-Site` tells it from another site's.
    let reply =
        submit(&world, PASSWORD, "/").header("origin", "null").header("sec-fetch-site", "same-origin").send();
    reply.is(303);
}

#[test]
fn a_form_that_is_none_is_refused() {
    let world = World::new();
    world.post(LOGIN).json(json!({ "email": "a@b.example", "password": "x" })).send().is(415);
    world.post(LOGIN).form(&[("email", "a@b.example")]).send().is(400);
    world.get("/tenant/nobody/login").navigating().send().is(404);
}

#[test]
fn a_session_of_a_browser_ends_when_idle_and_at_the_latest_after_thirty_days() {
    let world = World::new();
    world.route(json!({}));
    let cookie = world.cookie(&world.user("ada@example.com"));
    let open = |_: ()| world.get("/app/").cookie(&cookie).status() == 200;
    world.advance(12 * 3_600 - 1);
    assert!(open(()));
    for _ in 0..59 {
        world.advance(12 * 3_600 - 1);
        assert!(open(()));
    }
    world.advance(3_600);
    assert!(!open(()));
    let idle = world.cookie(&world.user("bob@example.com"));
    world.advance(12 * 3_600);
    world.get("/app/").cookie(&idle).send().is(401);
}
