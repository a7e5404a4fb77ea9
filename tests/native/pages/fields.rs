//! What forms say to people and to their password managers: the reason at its field, and the names of fields.

use serde_json::json;

use crate::harness::{PASSWORD, Reply, World};

/// The tag of the field with that name.
fn field<'t>(page: &'t Reply, name: &str) -> &'t str {
    let (before, after) = page.text.split_once(&format!(" name=\"{name}\"")).unwrap();
    let start = before.rfind('<').unwrap();
    &page.text[start..before.len() + after.find('>').unwrap() + name.len() + 8]
}

/// The reason stands behind its field, which says so, and nowhere else.
#[track_caller]
fn is_told_at(page: &Reply, name: &str, said: &str) {
    let tag = field(page, name);
    assert!(tag.contains("aria-invalid=\"true\"") && tag.contains(" autofocus"), "{tag}");
    let described = tag.split_once("aria-describedby=\"").unwrap().1.split('"').next().unwrap();
    assert!(described.split(' ').any(|id| id == "problem"), "{tag}");
    assert_eq!(page.text.matches("id=\"problem\"").count(), 1, "{}", page.text);
    assert_eq!(page.text.matches("aria-invalid").count(), 1, "{}", page.text);
    assert_eq!(page.text.matches(" autofocus").count(), 1, "{}", page.text);
    let (before, after) = page.text.split_once("id=\"problem\">").unwrap();
    assert!(after.starts_with(said), "{after}");
    let behind = before.rsplit_once(tag).unwrap().1;
    assert!(!behind.contains("<input") || behind.contains("type=\"button\""), "{behind}");
}

#[test]
fn every_reason_stands_at_its_field() {
    let world = World::new();
    world.settings(json!({ "passkeys": false }));
    let long = "x".repeat(201);
    for (path, fields, name, status, said) in [
        (
            "register",
            vec![("email", "no"), ("password", PASSWORD)],
            "email",
            400,
            "This is not an email address.",
        ),
        ("register", vec![("email", "a@b.example"), ("password", "x")], "password", 400, "This password"),
        (
            "register",
            vec![("email", "a@b.example"), ("password", PASSWORD), ("name", &long)],
            "name",
            400,
            "This is too long",
        ),
        ("forgot", vec![("email", "no")], "email", 400, "This is not an email address."),
    ] {
        let path = format!("/tenant/home/{path}");
        let page = world.post(&path).navigating().form(&fields).send().is(status);
        is_told_at(&page, name, said);
    }
    world.user("ada@example.com");
    world.post("/tenant/home/forgot").navigating().form(&[("email", "ada@example.com")]).send().is(303);
    let token = world.mailed_token("ada@example.com");
    let fields = [("token", token.as_str()), ("password", "x")];
    let page = world.post("/auth/reset-password").navigating().form(&fields).send().is(400);
    is_told_at(&page, "password", "This password");
}

#[test]
fn password_managers_know_whose_password_is_reset() {
    let world = World::new();
    world.user("ada@example.com");
    world.post("/tenant/home/forgot").navigating().form(&[("email", "ada@example.com")]).send().is(303);
    let token = world.mailed_token("ada@example.com");
    let page = world.get(&format!("/auth/reset-password?token={token}")).navigating().send().is(200);
    let username = field(&page, "username");
    for said in ["autocomplete=\"username\"", "value=\"ada@example.com\"", " hidden", " readonly"] {
        assert!(username.contains(said), "{said}: {username}");
    }
    assert!(field(&page, "password").contains("autocomplete=\"new-password\""));
}

#[test]
fn every_field_says_what_goes_into_it() {
    let world = World::new();
    let login = world.get("/tenant/home/login").navigating().send().is(200);
    assert!(field(&login, "email").contains("autocomplete=\"username webauthn\""));
    assert!(field(&login, "password").contains("autocomplete=\"current-password\""));
    let register = world.get("/tenant/home/register").navigating().send().is(200);
    assert!(field(&register, "name").contains("autocomplete=\"name\""));
    assert!(field(&register, "email").contains("autocomplete=\"username\""));
    assert!(field(&register, "password").contains("autocomplete=\"new-password\""));
    for page in [&login, &register] {
        assert!(page.text.contains("data-show=\"password\"") && page.text.contains("/portcullis.js"));
        assert!(page.text.contains("<link rel=\"icon\" href=\"/portcullis.svg\""));
    }
}

#[test]
fn the_typed_address_goes_along_to_a_forgotten_password() {
    let world = World::new();
    let page = world.get("/tenant/home/login?return_to=/app/x").navigating().send().is(200);
    // It is none of the form's first buttons, which Enter presses.
    let first = page.text.split("<button type=\"submit\"").nth(1).unwrap();
    assert!(first.starts_with(">Sign in</button>"), "{first}");
    assert!(page.text.contains("formaction=\"/tenant/home/forgot?return_to=/app/x\""), "{}", page.text);
    let fields = [("email", "ada@exam"), ("password", "half a passw"), ("ask", "1"), ("return_to", "/app/x")];
    let asked = world.post("/tenant/home/forgot").navigating().form(&fields).send().is(200);
    assert!(field(&asked, "email").contains("value=\"ada@exam\""), "{}", asked.text);
    assert!(asked.text.contains("value=\"/app/x\"") && !asked.text.contains("half a passw"));
    assert!(world.post.mails.borrow().is_empty());
}

#[test]
fn durations_are_told_as_people_say_them() {
    let world = World::new();
    for (window, english, german) in [
        (1, "in 1 second.", "in 1 Sekunde "),
        (60, "in 60 seconds.", "in 60 Sekunden "),
        (600, "in 10 minutes.", "in 10 Minuten "),
        (3_600, "in 60 minutes.", "in 60 Minuten "),
        (7_200, "in 2 hours.", "in 2 Stunden "),
        (86_400, "in 24 hours.", "in 24 Stunden "),
    ] {
        let limit = json!({ "requests": 1, "windowSeconds": window, "key": "route" });
        let path = format!("/of-{window}/");
        let route =
            json!({ "name": format!("of-{window}"), "path": path, "auth": "none", "rateLimit": limit });
        world.route(route);
        world.get(&path).plan();
        for (language, said) in [("en", english), ("de", german)] {
            let page = world.get(&path).navigating().header("accept-language", language).send().is(429);
            assert!(page.text.contains(said), "{said}: {}", page.text);
        }
    }
}
