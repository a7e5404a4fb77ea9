//! `/tenant/{tenant}/account`.

use portcullis::domain::session::remembered::Credentials;
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
    world.cache.memo::<Credentials>().clear();
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

/// The challenge that a reply's cookie stands for, as the page of second factors shows it; and that cookie.
fn factor_page(world: &World, cookie: &str, reply: &Reply) -> (Reply, String) {
    assert_eq!(reply.header("location"), Some("/tenant/home/mfa?return_to=/tenant/home/account"));
    let challenge = reply.sets("__Host-portcullis-challenge").unwrap();
    let cookies = format!("__Host-portcullis={cookie}; __Host-portcullis-challenge={challenge}");
    let page = world.get("/tenant/home/mfa?return_to=/tenant/home/account").navigating();
    (page.header("cookie", &cookies).send().is(200), cookies)
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).unwrap().1.split_once(after).unwrap().0
}

#[test]
fn a_second_factor_is_set_up_renewed_and_removed_with_a_code() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    assert!(look(&world, &cookie).text.contains("None is set up"));
    let begun = send(&world, &cookie, &[("section", "factor-app")]).is(303);
    let (page, cookies) = factor_page(&world, &cookie, &begun);
    let secret = between(&page.text, "<p class=\"key\">", "<").replace(' ', "");
    let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let code = || portcullis::crypto::totp::code(&secret, world.now().unix() / 30);
    let challenge = between(&page.text, "name=\"challenge\" value=\"", "\"");
    let fields = [("challenge", challenge), ("code", &code()), ("return_to", ACCOUNT)];
    let done =
        world.post("/tenant/home/mfa").navigating().header("cookie", &cookies).form(&fields).send().is(200);
    assert!(done.text.contains("href=\"/tenant/home/account\""));
    let cookie = done.sets("__Host-portcullis").unwrap();
    let page = look(&world, &cookie);
    assert!(page.text.contains("a code from your authenticator app") && page.text.contains("left: 10"));
    // Who signed in without it gives it first.
    let other = world.cookie_by(&user, &["pwd", "device"]);
    let begun = send(&world, &other, &[("section", "factor-email")]).is(303);
    assert_eq!(begun.header("location"), Some("/tenant/home/mfa?return_to=/tenant/home/account"));
    assert!(begun.sets("__Host-portcullis-challenge").is_none());
    for section in ["factor-codes", "factor-off"] {
        let wrong = send(&world, &cookie, &[("section", section), ("code", "000000")]).is(401);
        assert!(wrong.text.contains("The code is wrong") && wrong.text.contains("aria-invalid"));
    }
    world.advance(30);
    let codes = send(&world, &cookie, &[("section", "factor-codes"), ("code", &code())]).is(200);
    assert_eq!(codes.text.matches("<li>").count(), 10);
    let backup = between(&codes.text, "<li>", "<").to_owned();
    let off = send(&world, &cookie, &[("section", "factor-off"), ("code", &backup)]).is(303);
    assert_eq!(off.header("location"), Some("/tenant/home/account?done=factor-off"));
    assert!(look(&world, &cookie).text.contains("None is set up"));
    world.settings(json!({ "mfa": "off" }));
    assert!(!look(&world, &cookie).text.contains("Second factor"));
}

#[test]
fn codes_by_mail_are_set_up_and_removed_with_another_one() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    let mailed = || {
        let mail = world.mails("ada@example.com").pop().unwrap();
        let mut runs = mail.text.split(|c: char| !c.is_ascii_digit());
        runs.rfind(|run| run.len() == 6).unwrap().to_owned()
    };
    let begun = send(&world, &cookie, &[("section", "factor-email")]).is(303);
    let (page, cookies) = factor_page(&world, &cookie, &begun);
    assert!(page.text.contains("Set up codes by email"));
    let challenge = between(&page.text, "name=\"challenge\" value=\"", "\"");
    let fields = [("challenge", challenge), ("code", &mailed())];
    let done =
        world.post("/tenant/home/mfa").navigating().header("cookie", &cookies).form(&fields).send().is(200);
    let cookie = done.sets("__Host-portcullis").unwrap();
    send(&world, &cookie, &[("section", "factor-send")]).is(303);
    send(&world, &cookie, &[("section", "factor-off"), ("code", &mailed())]).is(303);
    assert!(look(&world, &cookie).text.contains("None is set up"));
}

#[test]
fn trusted_browsers_and_keys_are_shown_and_revoked() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    let page = look(&world, &cookie);
    assert!(!page.text.contains("Trusted browsers") && page.text.contains("You have no API keys."));
    world.api_key(&world.session(&user).access, &["read"]);
    world.sql(&format!(
        "INSERT INTO trusted_devices (id, hash, tenant_id, user_id, address, user_agent, created_at, seen_at, expires_at)
         VALUES ('d', 'h', 'home', '{}', '198.51.100.9', 'Firefox/130 (Linux)', 0, 0, {})",
        user.id,
        world.now().plus(60).0
    ));
    let page = look(&world, &cookie);
    assert!(page.text.contains("Firefox, Linux") && page.text.contains("never used"), "{}", page.text);
    let id = world.sql("SELECT id FROM api_keys")[0]["id"].as_str().unwrap().to_owned();
    let reply = send(&world, &cookie, &[("section", "key"), ("id", &id)]).is(303);
    assert_eq!(reply.header("location"), Some("/tenant/home/account?done=key"));
    assert_eq!(world.events("api_key.revoked"), 1);
    send(&world, &cookie, &[("section", "trusted"), ("id", "d")]).is(303);
    assert_eq!(world.number("SELECT count(*) AS n FROM trusted_devices"), 0);
    assert!(look(&world, &cookie).text.contains("You have no API keys."));
}

#[test]
fn passkeys_are_shown_renamed_and_added_with_our_script() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    let plain = look(&world, &cookie);
    assert!(!plain.text.contains("/passkeys.js") && plain.text.contains("Add a passkey"));
    let adding = world.get("/tenant/home/account?passkey=add").navigating().cookie(&cookie).send().is(200);
    assert!(adding.text.contains("data-passkey=\"register\"") && adding.text.contains("/passkeys.js"));
    assert!(adding.header("content-security-policy").unwrap().contains("script-src 'self'"));
    send(&world, &cookie, &[("section", "passkey-add")]).is(400);
    send(&world, &cookie, &[("section", "passkey-add"), ("credential", "{}")]).is(400);
    world.sql(&format!(
        "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count, backed_up,
                               transports, name, created_at)
         VALUES ('p', 'home', '{}', 'c', 'auth.example.com', 'k', 0, 0, '[]', 'Old key', 0)",
        user.id
    ));
    assert!(look(&world, &cookie).text.contains("value=\"Old key\""));
    let fields = [("section", "passkey-name"), ("id", "p"), ("name", "Blue <key>")];
    send(&world, &cookie, &fields).is(303);
    assert!(look(&world, &cookie).text.contains("value=\"Blue &#60;key&#62;\""));
    // With one there, the next takes a second factor, and so does its removal.
    let to_factor = Some("/tenant/home/mfa?return_to=/tenant/home/account%3Fpasskey%3Dadd");
    let more = world.get("/tenant/home/account?passkey=add").navigating().cookie(&cookie).send().is(303);
    assert_eq!(more.header("location"), to_factor);
    let off = send(&world, &cookie, &[("section", "passkey-off"), ("id", "p")]).is(303);
    assert_eq!(off.header("location"), Some("/tenant/home/mfa?return_to=/tenant/home/account"));
    let page = world.get("/tenant/home/mfa").navigating().cookie(&cookie).send().is(200);
    assert!(page.text.contains("data-options=") && page.text.contains("JavaScript"), "{}", page.text);
}
