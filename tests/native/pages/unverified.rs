//! One whose address waits to be confirmed: what the sign-in page offers, and what a used link says.

use serde_json::json;

use crate::harness::{PASSWORD, Reply, World};

const LOGIN: &str = "/tenant/home/login";
const REGISTER: &str = "/tenant/home/register";

fn registered() -> World {
    let world = World::new();
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    world.post(REGISTER).navigating().form(&fields).send().is(303);
    world
}

fn resend(world: &World, email: &str) -> Reply {
    let fields = [("email", email), ("resend", "1"), ("return_to", "/app/x")];
    world.post(REGISTER).navigating().form(&fields).send()
}

#[test]
fn a_sign_in_names_the_address_and_offers_to_send_again_and_to_correct_it() {
    let world = registered();
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("return_to", "/app/x")];
    for (language, said, again, correct) in [
        ("en", "that we emailed to ada@example.com", "Send the email again", "Use a different address"),
        ("de", "an ada@example.com geschickt haben", "E-Mail noch einmal senden", "Andere Adresse verwenden"),
    ] {
        let ask = world.post(LOGIN).navigating().header("accept-language", language).form(&fields);
        let page = ask.send().is(403);
        for said in [said, again, correct, "name=\"resend\"", "/tenant/home/register?return_to=/app/x\""] {
            assert!(page.text.contains(said), "{said}: {}", page.text);
        }
    }
    // Only one who knows the password learns it.
    let wrong = [("email", "ada@example.com"), ("password", "wrong password")];
    let page = world.post(LOGIN).navigating().form(&wrong).send().is(401);
    assert!(!page.text.contains("resend"), "{}", page.text);
    world.settings(json!({ "allowRegistration": false }));
    let page = world.post(LOGIN).navigating().form(&fields).send().is(403);
    assert!(page.text.contains("name=\"resend\"") && !page.text.contains("Use a different address"));
}

#[test]
fn the_mail_comes_again_and_its_link_leads_on() {
    let world = registered();
    world.advance(120);
    let page = resend(&world, "ada@example.com").is(200);
    assert!(page.text.contains("a new link to ada@example.com"), "{}", page.text);
    let mails = world.mails("ada@example.com");
    assert_eq!(mails.len(), 2);
    let first = mails[0].text.split_once("?token=").unwrap().1.split_whitespace().next().unwrap().to_owned();
    world.post("/auth/verify-email").json(json!({ "token": first })).send().is(400);
    let link = mails[1].text.split_whitespace().find(|word| word.starts_with("https://")).unwrap();
    assert!(link.ends_with("&return_to=/app/x"), "{link}");
    let path = link.strip_prefix("https://auth.example.com").unwrap();
    let done = world.post(path).navigating().send().is(200);
    assert!(done.text.contains("/tenant/home/login?return_to=/app/x"), "{}", done.text);
    // With the password that was chosen.
    world.login("ada@example.com", PASSWORD).is(200);
}

#[test]
fn the_mail_that_comes_again_stands_for_the_last_registration() {
    let world = registered();
    let second = [("email", "ada@example.com"), ("password", "another password"), ("name", "Ada")];
    world.post(REGISTER).navigating().form(&second).send().is(303);
    resend(&world, "ada@example.com").is(200);
    let token = world.mailed_token("ada@example.com");
    let token = token.split('&').next().unwrap();
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
    world.login("ada@example.com", PASSWORD).is(401);
    world.login("ada@example.com", "another password").is(200);
}

#[test]
fn a_link_that_was_swept_away_comes_again_too() {
    let world = registered();
    world.advance(3 * 86_400);
    world.cron();
    resend(&world, "ada@example.com").is(200);
    let token = world.mailed_token("ada@example.com");
    let token = token.split('&').next().unwrap();
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
    world.login("ada@example.com", PASSWORD).is(200);
}

#[test]
fn whether_there_is_such_an_account_is_not_told() {
    let world = registered();
    world.user("known@example.com");
    let said = |email: &str| resend(&world, email).is(200).text.replace(email, "x");
    let waiting = said("ada@example.com");
    assert_eq!(said("known@example.com"), waiting);
    assert_eq!(said("nobody@example.com"), waiting);
    assert!(world.mails("known@example.com").is_empty() && world.mails("nobody@example.com").is_empty());
    resend(&world, "no address").is(400);
    let elsewhere = world.post(REGISTER).navigating().form(&[("email", "ada@example.com"), ("resend", "1")]);
    elsewhere.header("sec-fetch-site", "cross-site").send().is(403);
}

#[test]
fn it_comes_no_more_often_than_any_mail() {
    let world = registered();
    for _ in 0..20 {
        resend(&world, "ada@example.com");
    }
    assert!(world.mails("ada@example.com").len() <= 5, "{}", world.mails("ada@example.com").len());
}

#[test]
fn a_used_link_says_that_the_address_is_confirmed_and_leads_to_the_sign_in() {
    let world = registered();
    let token = world.mailed_token("ada@example.com");
    let path = format!("/auth/verify-email?token={token}");
    world.post(&path).navigating().send().is(200);
    for (language, said) in [("en", "Already confirmed"), ("de", "Schon bestätigt")] {
        for ask in [world.get(&path), world.post(&path)] {
            let page = ask.navigating().header("accept-language", language).send().is(200);
            assert!(page.text.contains(said) && page.text.contains("/tenant/home/login\""), "{}", page.text);
            assert!(!page.text.contains("<form"), "{}", page.text);
        }
    }
    // Programs and mail scanners are told what they were; nothing is done twice.
    world.get(&path).send().is(400);
    world.post(&path).send().is(400);
    assert_eq!(world.events("email.verified"), 1);
}

#[test]
fn a_link_that_is_dead_for_another_reason_says_so() {
    let world = registered();
    let token = world.mailed_token("ada@example.com");
    let path = format!("/auth/verify-email?token={token}");
    world.advance(86_400);
    assert!(!world.get(&path).navigating().send().is(400).text.contains("Already confirmed"));
    let world = registered();
    let token = world.mailed_token("ada@example.com");
    let path = format!("/auth/verify-email?token={token}");
    // A later registration made the first link dead, and nobody followed either.
    world.advance(120);
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    world.post(REGISTER).navigating().form(&fields).send().is(303);
    assert!(!world.get(&path).navigating().send().is(400).text.contains("Already confirmed"));
    world.get("/auth/verify-email?token=made-up").navigating().send().is(400);
}

#[test]
fn a_used_link_of_a_changed_address_says_so_too() {
    let world = World::new();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let fields = [("section", "email"), ("email", "new@example.com"), ("current", PASSWORD)];
    world.post("/tenant/home/account").navigating().cookie(&cookie).form(&fields).send().is(303);
    let tokens = ["new@example.com", "ada@example.com"].map(|address| world.mailed_token(address));
    let paths = tokens.each_ref().map(|token| format!("/tenant/home/change-email?token={token}"));
    for (path, token) in paths.iter().zip(&tokens) {
        world.get(path).navigating().send().is(200);
        world.post("/tenant/home/change-email").navigating().form(&[("token", token)]).send().is(200);
    }
    for path in &paths {
        let page = world.get(path).navigating().send().is(200);
        assert!(
            page.text.contains("has already been changed") && page.text.contains("/tenant/home/account\"")
        );
    }
    world.tenant("b");
    let elsewhere = paths[0].replace("/home/", "/b/");
    let dead = world.get(&elsewhere).navigating().send().is(400);
    assert!(dead.text.contains("href=\"/tenant/b/login\">Sign in</a>"), "{}", dead.text);
}
