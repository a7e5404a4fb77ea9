//! `/tenant/{tenant}/account` in its parts: lists, questions before what cannot be undone, API keys, one's data,
//! and the end of the account.

use serde_json::json;

use crate::harness::{PASSWORD, Reply, World};

const ACCOUNT: &str = "/tenant/home/account";

fn send(world: &World, cookie: &str, fields: &[(&str, &str)]) -> Reply {
    world.post(ACCOUNT).navigating().cookie(cookie).form(fields).send()
}

fn look(world: &World, cookie: &str, query: &str) -> Reply {
    world.get(&format!("{ACCOUNT}{query}")).navigating().cookie(cookie).send().is(200)
}

/// The forms of a page, each with what stands in it.
fn forms(page: &Reply) -> Vec<&str> {
    page.text.split("<form ").skip(1).map(|form| form.split("</form>").next().unwrap()).collect()
}

#[test]
fn it_has_four_parts_and_signing_out_on_top() {
    let world = World::new();
    let cookie = world.cookie(&world.user("ada@example.com"));
    for (language, parts) in [
        ("en", ["Profile", "Security", "Devices", "Connected apps and services"]),
        ("de", ["Profil", "Sicherheit", "Geräte", "Verbundene Apps und Dienste"]),
    ] {
        let ask = world.get(ACCOUNT).navigating().cookie(&cookie).header("accept-language", language);
        let page = ask.send().is(200);
        let mut behind = page.text.as_str();
        for part in parts {
            behind =
                behind.split_once(&format!("\">{part}</h2>")).unwrap_or_else(|| panic!("{part}: {behind}")).1;
        }
        assert!(forms(&page)[0].contains("/tenant/home/logout"), "{}", page.text);
        assert_eq!(page.text.matches("<h1>").count(), 1);
        for id in ["profile", "security", "devices", "access"] {
            assert!(
                page.text.contains(&format!("href=\"#{id}\""))
                    && page.text.contains(&format!(" id=\"{id}\""))
            );
        }
    }
}

#[test]
fn the_newest_five_are_shown_this_browser_first_and_all_when_asked_for() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    for n in 0..8 {
        world.advance(60);
        world.cookie(&user);
        world.api_key(&world.session(&user).access, &["read"]);
        world.sql(&format!(
            "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count, backed_up,
                                   transports, name, created_at)
             VALUES ('p{n}', 'home', '{}', 'c{n}', 'auth.example.com', 'k', 0, 0, '[]', 'Key {n}', {})",
            user.id,
            world.now().0
        ));
    }
    let page = look(&world, &cookie, "");
    let (_, sessions) = page.text.split_once("id=\"sessions\"").unwrap();
    let first = sessions.split_once("<li>").unwrap().1.split_once("</li>").unwrap().0;
    assert!(first.contains("this browser") && !first.contains("End session"), "{first}");
    for (kind, all, mark) in [
        ("sessions", 17, "name=\"section\" value=\"session\""),
        ("keys", 8, "value=\"key\""),
        ("passkeys", 8, "value=\"passkey-off\""),
    ] {
        let own = usize::from(kind == "sessions");
        assert_eq!(page.text.matches(mark).count(), 5 - own, "{kind}");
        let link = format!("href=\"{ACCOUNT}?all={kind}#{kind}\">Show all ({all})</a>");
        assert!(page.text.contains(&link), "{link}: {}", page.text);
        let whole = look(&world, &cookie, &format!("?all={kind}"));
        assert_eq!(whole.text.matches(mark).count(), all - own, "{kind}");
        assert!(!whole.text.contains(&format!("?all={kind}#")), "{kind}");
    }
    // The newest first.
    assert!(page.text.contains("value=\"Key 7\"") && !page.text.contains("value=\"Key 0\""), "{}", page.text);
    assert!(page.text.find("Key 7").unwrap() < page.text.find("Key 6").unwrap());
}

#[test]
fn times_are_told_as_people_say_them_and_machines_read_them() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    for (seconds, english, german) in [
        (0, "just now", "gerade eben"),
        (60, "1 minute ago", "vor 1 Minute"),
        (300, "5 minutes ago", "vor 5 Minuten"),
        (3_600, "1 hour ago", "vor 1 Stunde"),
        (36_000, "10 hours ago", "vor 10 Stunden"),
    ] {
        world.advance(seconds);
        let other = world.cookie(&user);
        for (language, said) in [("en", english), ("de", german)] {
            let ask = world.get(ACCOUNT).navigating().cookie(&other).header("accept-language", language);
            let page = ask.send().is(200);
            let time = "<time datetime=\"2026-05-01T12:00:00Z\" title=\"2026-05-01 12:00 UTC\">";
            assert!(page.text.contains(&format!("{time}{said}</time>")), "{said}: {}", page.text);
        }
        world.advance(-seconds);
        send(&world, &cookie, &[("section", "others")]).is(303);
    }
}

#[test]
fn one_form_does_one_thing_and_what_cannot_be_undone_asks_first() {
    let world = World::new();
    let user = world.with_app("ada@example.com").user;
    let cookie = world.cookie_by(&user, &["pwd", "otp", "mfa"]);
    world.cookie_by(&user, &["pwd", "otp", "mfa"]);
    world.api_key(&world.session_by(&user, &["pwd", "otp", "mfa"]).access, &["read"]);
    world.put_client("home", "app", &json!({}));
    world.sql(&format!(
        "INSERT INTO consents (user_id, client_id, tenant_id, scope, granted_at) VALUES ('{0}', 'app', 'home', 'openid', 0);",
        user.id
    ));
    world.sql(&format!(
        "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count, backed_up,
                               transports, name, created_at)
         VALUES ('p', 'home', '{}', 'c', 'auth.example.com', 'k', 0, 0, '[]', 'Old key', 0)",
        user.id
    ));
    world.sql(&format!(
        "INSERT INTO trusted_devices (id, hash, tenant_id, user_id, address, user_agent, created_at, seen_at, expires_at)
         VALUES ('d', 'h', 'home', '{}', '', '', 0, 0, {})",
        user.id,
        world.now().plus(60).0
    ));
    let page = look(&world, &cookie, "");
    for form in forms(&page) {
        assert_eq!(form.matches("<button type=\"submit\"").count(), 1, "{form}");
        assert!(form.matches("name=\"section\"").count() == 1 || form.contains("/logout"), "{form}");
    }
    // Each stands in something that is opened first, with what will happen in words.
    for (section, words) in [
        ("session", "will have to sign in again"),
        ("others", "Every other device"),
        ("passkey-off", "sign in with “Old key”"),
        ("trusted", "ask for your second factor again"),
        ("app", "will lose access"),
        ("key", "stop working at once"),
        ("factor-codes", "current backup codes will stop working"),
        ("factor-off", "protected by your password alone"),
        ("delete", "This cannot be undone."),
    ] {
        let mark = format!("name=\"section\" value=\"{section}\"");
        let (before, _) = page.text.split_once(&mark).unwrap_or_else(|| panic!("{section}: {}", page.text));
        let opened = before.rsplit_once("<details").unwrap_or_else(|| panic!("{section}")).1;
        assert!(!opened.contains("</details>") && !opened.starts_with(" open"), "{section}: {opened}");
        assert!(opened.contains(words), "{section}: {opened}");
    }
    // Wrong codes come back to the question, open.
    for section in ["factor-codes", "factor-off"] {
        let wrong = send(&world, &cookie, &[("section", section), ("code", "000000")]).is(401);
        let (before, _) = wrong.text.split_once("id=\"problem\"").unwrap();
        let opened = before.rsplit_once("<details").unwrap().1;
        assert!(opened.contains(" open>") && opened.contains(&format!("value=\"{section}\"")), "{opened}");
    }
}

#[test]
fn an_api_key_is_made_shown_once_used_and_revoked() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    let make = |fields: &[(&str, &str)]| {
        let all: Vec<(&str, &str)> =
            [("section", "key-add")].into_iter().chain(fields.iter().copied()).collect();
        send(&world, &cookie, &all)
    };
    let made =
        make(&[("name", "backup <b>"), ("scope", "read"), ("scope", "write"), ("expires", "30")]).is(200);
    assert!(
        made.text.contains("not shown again") && made.text.contains("backup &#60;b&#62;"),
        "{}",
        made.text
    );
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let key = made.text.split_once("id=\"key\"").unwrap().1.split_once('>').unwrap().1;
    let key = key.split('<').next().unwrap().to_owned();
    assert!(made.text.contains("data-copy=\"key\""));
    assert_eq!(world.number("SELECT (expires_at - created_at) / 86400000 AS n FROM api_keys"), 30);
    world.route(json!({ "auth": "required" }));
    world.get("/app/").key(&key).plan();
    let page = look(&world, &cookie, "");
    assert!(page.text.contains("backup &#60;b&#62;") && page.text.contains("read write"), "{}", page.text);
    assert!(!page.text.contains(&key));
    let id = world.sql("SELECT id FROM api_keys")[0]["id"].as_str().unwrap().to_owned();
    send(&world, &cookie, &[("section", "key"), ("id", &id)]).is(303);
    world.get("/app/").key(&key).fresh().send().is(401);
    assert!(look(&world, &cookie, "").text.contains("You have no API keys."));
    let never = make(&[("name", "never"), ("scope", "read"), ("expires", "")]).is(200);
    assert!(never.text.contains("Your new API key"));
}

#[test]
fn what_is_wrong_with_a_key_is_told_at_its_field() {
    let world = World::new();
    let cookie = world.cookie(&world.user("ada@example.com"));
    for (fields, id, said) in [
        (vec![("name", " "), ("scope", "read")], "key-name", "Give the key a name"),
        (vec![("name", "x")], "key-scopes", "Choose at least one scope."),
        (vec![("name", "x"), ("scopes", "Not A Scope!")], "key-scopes", "Choose at least one scope."),
    ] {
        let all: Vec<(&str, &str)> = [("section", "key-add")].into_iter().chain(fields).collect();
        let page = send(&world, &cookie, &all).is(400);
        let tag = page.text.split_once(&format!("id=\"{id}\"")).unwrap().1.split_once('>').unwrap().0;
        assert!(tag.contains("aria-invalid=\"true\"") && tag.contains(" problem\""), "{tag}");
        assert!(page.text.contains(said), "{said}: {}", page.text);
        assert_eq!(page.text.matches("id=\"problem\"").count(), 1);
    }
    send(&world, &cookie, &[("section", "key-add"), ("name", "x"), ("scope", "read"), ("expires", "-1")])
        .is(400);
    assert_eq!(world.number("SELECT count(*) AS n FROM api_keys"), 0);
}

#[test]
fn ones_data_is_downloaded_by_its_owner_alone() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.name = Some("Ada".into()));
    let cookie = world.cookie(&user);
    world.api_key(&world.session(&user).access, &["read"]);
    let path = "/tenant/home/account/export";
    let reply = world.get(path).navigating().cookie(&cookie).send().is(200);
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"account.json\""));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let data = &reply.json;
    assert_eq!(data["profile"]["email"], "ada@example.com");
    assert_eq!(data["profile"]["name"], "Ada");
    assert_eq!(data["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(data["apiKeys"][0]["scopes"], json!(["read"]));
    assert!(!reply.text.contains("$argon2") && !reply.text.contains("hash"), "{}", reply.text);
    let other = world.cookie(&world.user("bob@example.com"));
    let theirs = world.get(path).navigating().cookie(&other).send().is(200);
    assert_eq!(theirs.json["profile"]["email"], "bob@example.com");
    let nobody = world.get(path).navigating().send().is(303);
    assert_eq!(nobody.header("location"), Some("/tenant/home/login?return_to=/tenant/home/account"));
    // No token of a client's, and no key, opens it.
    let token = world.session(&user).access;
    world.get(path).bearer(&token).send().is(303);
}

#[test]
fn an_account_is_deleted_by_one_who_knows_its_password() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let (cookie, token) = (world.cookie(&user), world.session(&user).access);
    let wrong = send(&world, &cookie, &[("section", "delete"), ("current", "wrong")]).is(401);
    let tag = wrong.text.split_once("id=\"delete-password\"").unwrap().1.split_once('>').unwrap().0;
    assert!(tag.contains("aria-invalid"), "{tag}");
    assert!(wrong.text.contains("This is not your current password."));
    send(&world, &cookie, &[("section", "delete")]).is(401);
    let elsewhere = world.post(ACCOUNT).navigating().cookie(&cookie).header("sec-fetch-site", "cross-site");
    elsewhere.form(&[("section", "delete"), ("current", PASSWORD)]).send().is(403);
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
    let done = send(&world, &cookie, &[("section", "delete"), ("current", PASSWORD)]).is(200);
    assert!(done.text.contains("Account deleted"), "{}", done.text);
    assert_eq!(done.sets("__Host-portcullis").as_deref(), Some(""));
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 0);
    // Twice tried in vain.
    assert_eq!(world.events("user.deleted"), 3);
    world.get(ACCOUNT).navigating().cookie(&cookie).fresh().send().is(303);
    world.get("/api/auth/me").bearer(&token).fresh().send().is(401);
    world.login("ada@example.com", PASSWORD).is(401);
}

#[test]
fn guesses_at_the_password_of_a_deletion_are_counted() {
    let world = World::new();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let guess =
        |password: &str| send(&world, &cookie, &[("section", "delete"), ("current", password)]).status;
    let statuses: Vec<u16> = (0..30).map(|_| guess("wrong")).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(guess(PASSWORD), 429);
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
}

#[test]
fn the_operator_and_one_with_a_factor_that_is_not_proved_delete_nothing() {
    let world = World::new();
    world.admin();
    let operator = world.sql("SELECT id FROM users")[0]["id"].as_str().unwrap().to_owned();
    let user = pollster::block_on(portcullis::store::users::by_id(world.db.as_ref(), "home", &operator));
    let cookie = world.cookie(&user.unwrap().unwrap());
    let page = send(&world, &cookie, &[("section", "delete"), ("current", PASSWORD)]).is(409);
    assert!(page.text.contains("account cannot be deleted."), "{}", page.text);
    let user = world.with_app("ada@example.com").user;
    let device = world.cookie_by(&user, &["pwd", "device"]);
    let to_factor = send(&world, &device, &[("section", "delete"), ("current", PASSWORD)]).is(303);
    assert_eq!(to_factor.header("location"), Some("/tenant/home/mfa?return_to=/tenant/home/account"));
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 2);
}
