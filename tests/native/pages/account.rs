//! `/tenant/{tenant}/account`.

use serde_json::json;

use crate::harness::{Ask, PASSWORD, Reply, World};

const ACCOUNT: &str = "/tenant/home/account";

fn send(world: &World, cookie: &str, fields: &[(&str, &str)]) -> Reply {
    world.post(ACCOUNT).navigating().cookie(cookie).form(fields).send()
}

fn look(world: &World, cookie: &str) -> Reply {
    world.get(ACCOUNT).navigating().cookie(cookie).send().is(200)
}

#[test]
fn one_who_is_not_signed_in_is_sent_to_sign_in_and_back() {
    let world = World::new();
    world.tenant("b");
    let stranger = world.cookie(&world.user_with("b", "ada@example.com", |_| {}));
    let asks: Vec<Ask<'_>> = vec![
        world.get(ACCOUNT),
        world.get(ACCOUNT).cookie("nobody's"),
        world.get(ACCOUNT).cookie(&stranger),
        world.post(ACCOUNT).form(&[("section", "others")]),
        world.post(ACCOUNT).cookie(&stranger).form(&[("section", "others")]),
    ];
    for ask in asks {
        let reply = ask.navigating().send().is(303);
        assert_eq!(reply.header("location"), Some("/tenant/home/login?return_to=/tenant/home/account"));
    }
    let fields = [("email", "c@example.com"), ("password", PASSWORD), ("return_to", ACCOUNT)];
    world.user("c@example.com");
    let back = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
    assert_eq!(back.header("location"), Some(ACCOUNT));
}

#[test]
fn a_name_is_changed() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    let reply = send(&world, &cookie, &[("section", "profile"), ("name", "Ada <b>")]).is(303);
    assert_eq!(reply.header("location"), Some("/tenant/home/account?done=profile"));
    let page = world.get("/tenant/home/account?done=profile").navigating().cookie(&cookie).send().is(200);
    assert!(page.text.contains("role=\"status\"") && page.text.contains("value=\"Ada &#60;b&#62;\""));
    let long = "x".repeat(201);
    let page = send(&world, &cookie, &[("section", "profile"), ("name", &long)]).is(400);
    assert!(page.text.contains("role=\"alert\"") && page.text.contains(&long));
    assert_eq!(world.events("user.changed"), 1);
}

#[test]
fn a_password_is_changed_by_one_who_knows_it_and_ends_the_other_sessions() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let (cookie, other) = (world.cookie(&user), world.cookie(&user));
    let change = |current: &str, new: &str| {
        send(&world, &cookie, &[("section", "password"), ("current", current), ("password", new)])
    };
    let page = change("wrong", "a new password").is(401);
    assert!(page.text.contains("This is not your current password."), "{}", page.text);
    let page = change(PASSWORD, "short").is(400);
    assert!(page.text.contains("It needs at least 8 characters."), "{}", page.text);
    change(PASSWORD, "a new password").is(303);
    look(&world, &cookie);
    world.get(ACCOUNT).cookie(&other).navigating().send().is(303);
    world.login("ada@example.com", PASSWORD).is(401);
    world.login("ada@example.com", "a new password").is(200);
}

#[test]
fn sessions_are_shown_and_ended() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
    let login = world.post("/tenant/home/login").navigating().header("user-agent", agent).form(&fields);
    let reply = login.from("198.51.100.9").send().is(303);
    let theirs = reply.header("set-cookie").unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    let id = world.newest_session(&user.id);
    world.advance(1);
    let cookie = world.cookie(&user);
    let page = look(&world, &cookie);
    assert!(page.text.contains("Firefox, Linux") && page.text.contains("198.51.100.9"), "{}", page.text);
    assert_eq!(page.text.matches("this browser").count(), 1);
    send(&world, &cookie, &[("section", "session"), ("session", &id)]).is(303);
    world.get(ACCOUNT).cookie(&theirs).navigating().send().is(303);
    look(&world, &cookie);
    assert_eq!(world.events("session.revoked"), 1);
    // What is over already is as it was to be.
    send(&world, &cookie, &[("section", "session"), ("session", &id)]).is(303);
    assert_eq!(world.events("session.revoked"), 1);
    let (third, token) = (world.cookie(&user), world.session(&user).access);
    send(&world, &cookie, &[("section", "others")]).is(303);
    world.get(ACCOUNT).cookie(&third).navigating().send().is(303);
    world.get("/api/auth/me").bearer(&token).send().is(401);
    look(&world, &cookie);
}

#[test]
fn nobody_ends_a_session_of_somebody_else() {
    let world = World::new();
    let (ada, bob) = (world.user("ada@example.com"), world.user("bob@example.com"));
    let (cookie, theirs) = (world.cookie(&ada), world.cookie(&bob));
    let id = world.newest_session(&bob.id);
    send(&world, &cookie, &[("section", "session"), ("session", &id)]);
    look(&world, &theirs);
    world.cache.clone().credentials.clear();
    look(&world, &theirs);
}

#[test]
fn an_app_is_shown_and_disconnected_with_all_that_it_holds() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    world.put_client("home", "asked", &json!({}));
    world.put_client("home", "trusted", &json!({}));
    world.sql(&format!(
        "INSERT INTO consents (user_id, client_id, tenant_id, scope, granted_at)
         VALUES ('{}', 'asked', 'home', 'openid profile', 0)",
        user.id
    ));
    let mut tokens = Vec::new();
    for client in ["asked", "trusted"] {
        world.advance(1);
        world.session(&user);
        tokens.push(world.granted(&user.id, client, "openid read offline_access", None));
    }
    let page = look(&world, &cookie);
    for client in ["asked", "trusted"] {
        assert_eq!(page.text.matches(&format!("value=\"{client}\"")).count(), 1, "{}", page.text);
    }
    for (client, token) in ["asked", "trusted"].into_iter().zip(&tokens) {
        world.get("/api/auth/me").bearer(token).send().is(200);
        let reply = send(&world, &cookie, &[("section", "app"), ("client", client)]).is(303);
        assert_eq!(reply.header("location"), Some("/tenant/home/account?done=app"));
        world.get("/api/auth/me").bearer(token).send().is(401);
    }
    assert!(look(&world, &cookie).text.contains("No app is connected."));
    assert_eq!(world.number("SELECT count(*) AS n FROM consents"), 0);
    assert_eq!(world.events("consent.revoked"), 2);
}

#[test]
fn a_form_of_another_site_changes_nothing() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    let form = world.post(ACCOUNT).navigating().cookie(&cookie);
    form.header("sec-fetch-site", "cross-site")
        .form(&[("section", "profile"), ("name", "Eve")])
        .send()
        .is(403);
    assert_eq!(world.number("SELECT count(*) AS n FROM users WHERE name = 'Eve'"), 0);
    send(&world, &cookie, &[("section", "nothing")]).is(400);
    send(&world, &cookie, &[("section", "profile")]).is(400);
}
