//! `/tenant/{tenant}/forgot`, and the page that its mail leads to.

use crate::harness::{PASSWORD, World};

const FORGOT: &str = "/tenant/home/forgot";

#[test]
fn a_forgotten_password_is_chosen_anew_without_a_script() {
    let world = World::new();
    world.user("ada@example.com");
    let page = world.get(&format!("{FORGOT}?return_to=/app/x")).navigating().send().is(200);
    assert!(page.text.contains("name=\"return_to\" value=\"/app/x\""));
    let fields = [("email", "ada@example.com"), ("return_to", "/app/x")];
    let reply = world.post(FORGOT).navigating().form(&fields).send().is(303);
    let sent = reply.header("location").unwrap().to_owned();
    assert_eq!(sent, "/tenant/home/forgot?return_to=/app/x&sent=1");
    assert!(world.get(&sent).navigating().send().is(200).text.contains("a link to choose"));

    let token = world.mailed_token("ada@example.com");
    let (token, onward) = token.split_once('&').unwrap();
    let action = format!("/auth/reset-password?{onward}");
    let page = world.get(&format!("{action}&token={token}")).navigating().send().is(200);
    assert!(page.text.contains(&format!("action=\"{action}\"")), "{}", page.text);

    let reset = |password: &str| {
        world.post(&action).navigating().form(&[("token", token), ("password", password)]).send()
    };
    let page = reset("short").is(400);
    assert!(page.text.contains("role=\"alert\"") && page.text.contains("<form"), "{}", page.text);
    let done = reset("another good password").is(200);
    assert!(done.text.contains("href=\"/tenant/home/login?return_to=/app/x\""), "{}", done.text);
    world.login("ada@example.com", PASSWORD).is(401);
    world.login("ada@example.com", "another good password").is(200);
}

#[test]
fn an_unknown_address_is_answered_like_a_known_one() {
    let world = World::new();
    world.user("ada@example.com");
    let ask = |email: &str| world.post(FORGOT).navigating().form(&[("email", email)]).send().is(303);
    let (known, unknown) = (ask("ada@example.com"), ask("bob@example.com"));
    assert_eq!(known.header("location"), unknown.header("location"));
    assert!(world.mails("bob@example.com").is_empty());
}

#[test]
fn what_is_no_address_is_told_at_its_field() {
    let world = World::new();
    let page = world.post(FORGOT).navigating().form(&[("email", "ada")]).send().is(400);
    assert!(page.text.contains("role=\"alert\"") && page.text.contains("aria-invalid=\"true\""));
    assert!(page.text.contains("value=\"ada\""));
}

#[test]
fn a_form_of_another_site_sends_no_mail() {
    let world = World::new();
    world.user("ada@example.com");
    let form = world.post(FORGOT).navigating().form(&[("email", "ada@example.com")]);
    form.header("sec-fetch-site", "cross-site").send().is(403);
    assert!(world.mails("ada@example.com").is_empty());
}
