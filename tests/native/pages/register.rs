//! `/tenant/{tenant}/register`.

use serde_json::json;

use crate::harness::{Ask, PASSWORD, World};

const REGISTER: &str = "/tenant/home/register";

fn submit<'w>(world: &'w World, email: &str, password: &str) -> Ask<'w> {
    let fields =
        [("name", "Ada Lovelace"), ("email", email), ("password", password), ("return_to", "/app/x")];
    world.post(REGISTER).navigating().form(&fields)
}

#[test]
fn one_registers_confirms_and_signs_in_without_a_script_and_is_where_they_wanted_to_be() {
    let world = World::new();
    let page = world.get(&format!("{REGISTER}?return_to=/app/x")).navigating().send().is(200);
    assert!(page.text.contains("name=\"return_to\" value=\"/app/x\""));
    assert!(page.text.contains("autocomplete=\"new-password\"") && page.text.contains("minlength=\"8\""));
    let reply = submit(&world, "ada@example.com", PASSWORD).send().is(303);
    let sent = reply.header("location").unwrap().to_owned();
    assert_eq!(sent, "/tenant/home/register?return_to=/app/x&sent=1");
    assert!(world.get(&sent).navigating().send().is(200).text.contains("Check your email"));

    let mail = world.mails("ada@example.com").pop().unwrap();
    let link = mail.text.split_whitespace().find(|word| word.starts_with("https://")).unwrap();
    let path = link.strip_prefix("https://auth.example.com").unwrap();
    assert!(path.ends_with("&return_to=/app/x"), "{path}");
    let page = world.get(path).navigating().send().is(200);
    assert!(page.text.contains("action=\"/auth/verify-email?return_to=/app/x\""), "{}", page.text);
    let token = world.mailed_token("ada@example.com");
    let (token, _) = token.split_once('&').unwrap();
    let confirm = world.post("/auth/verify-email?return_to=/app/x").navigating().form(&[("token", token)]);
    let done = confirm.send().is(200);
    assert!(done.header("set-cookie").is_none());
    assert!(done.text.contains("href=\"/tenant/home/login?return_to=/app/x\""), "{}", done.text);
    world.login("ada@example.com", PASSWORD).is(200);
}

#[test]
fn what_is_wrong_is_told_at_its_field_and_nothing_but_the_password_is_forgotten() {
    let world = World::new();
    for (email, password, field, said) in [
        ("ada", PASSWORD, "email", "This is not an email address."),
        ("ada@example.com", "short", "password", "It needs at least 8 characters."),
    ] {
        let page = submit(&world, email, password).send().is(400);
        assert!(page.text.contains("role=\"alert\"") && page.text.contains(said), "{}", page.text);
        let input = page.text.lines().find(|line| line.contains(&format!("name=\"{field}\""))).unwrap();
        assert!(input.contains("aria-invalid=\"true\"") && input.contains("autofocus"), "{input}");
        assert!(input.contains("problem\""), "{input}");
        assert_eq!(page.text.matches("autofocus").count(), 1);
        assert!(page.text.contains(&format!("value=\"{email}\"")) && page.text.contains("Ada Lovelace"));
        assert!(!page.text.contains(password));
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 0);
}

#[test]
fn whether_an_address_has_an_account_is_told_to_its_owner_alone() {
    let world = World::new();
    world.user("ada@example.com");
    let known = submit(&world, "ada@example.com", PASSWORD).send().is(303);
    let unknown = submit(&world, "bob@example.com", PASSWORD).send().is(303);
    assert_eq!(known.header("location"), unknown.header("location"));
    let mail = world.mails("ada@example.com").pop().unwrap();
    assert!(mail.text.contains("/tenant/home/login?return_to=/app/x"), "{}", mail.text);
}

#[test]
fn where_no_address_is_confirmed_one_is_signed_in_at_once() {
    let world = World::new();
    world.settings(json!({ "requireVerifiedEmail": false }));
    let reply = submit(&world, "ada@example.com", PASSWORD).send().is(303);
    assert_eq!(reply.header("location"), Some("/app/x"));
    assert!(reply.header("set-cookie").unwrap().starts_with("__Host-portcullis="));
    let page = submit(&world, "ada@example.com", PASSWORD).send().is(409);
    assert!(page.text.contains("This address already has an account."), "{}", page.text);
}

#[test]
fn a_tenant_that_is_closed_shows_no_form_and_no_way_to_it() {
    let world = World::new();
    world.settings(json!({ "allowRegistration": false }));
    world.get(REGISTER).navigating().send().is(403);
    submit(&world, "ada@example.com", PASSWORD).send().is(403);
    assert!(!world.get("/tenant/home/login").send().is(200).text.contains("register"));
}

#[test]
fn a_form_of_another_site_registers_nobody() {
    let world = World::new();
    submit(&world, "ada@example.com", PASSWORD).header("sec-fetch-site", "cross-site").send().is(403);
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 0);
}

#[test]
fn a_request_that_does_not_wait_any_more_is_told_so() {
    let world = World::new();
    for page in ["login", "register", "forgot"] {
        let path = format!("/tenant/home/{page}?request=gone");
        let page = world.get(&path).navigating().send().is(400);
        assert!(page.text.contains("start again"), "{}", page.text);
    }
}
