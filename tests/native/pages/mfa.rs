//! `/tenant/{tenant}/mfa`.

use portcullis::crypto::totp;
use portcullis::model::state::Mfa;
use serde_json::json;

use crate::harness::{Ask, PASSWORD, Reply, World};

const MFA: &str = "/tenant/home/mfa";
const ADDRESS: &str = "ada@example.com";

/// A browser: what it holds in cookies.
#[derive(Default, Clone)]
struct Browser(Vec<(String, String)>);

impl Browser {
    fn with(&self, ask: Ask<'_>) -> Reply {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        ask.navigating().header("cookie", &pairs.join("; ")).send()
    }

    /// Sends it and keeps the cookies of the answer.
    fn keep(&mut self, ask: Ask<'_>) -> Reply {
        let reply = self.with(ask);
        for name in ["__Host-portcullis", "__Host-portcullis-challenge", "__Host-portcullis-device"] {
            if let Some(value) = reply.sets(name) {
                self.0.retain(|(there, _)| there != name);
                self.0.push((name.to_owned(), value));
            }
        }
        self.0.retain(|(_, value)| !value.is_empty());
        reply
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(there, _)| there == name)
    }

    fn login(&mut self, world: &World, return_to: &str) -> Reply {
        let fields = [("email", ADDRESS), ("password", PASSWORD), ("return_to", return_to)];
        self.keep(world.post("/tenant/home/login").form(&fields)).is(303)
    }

    fn prove(&mut self, world: &World, page: &Reply, fields: &[(&str, &str)]) -> Reply {
        let (challenge, return_to) = (field(page, "challenge"), field(page, "return_to"));
        let mut all = vec![("challenge", challenge.as_str()), ("return_to", return_to.as_str())];
        all.extend(fields);
        self.keep(world.post(MFA).form(&all))
    }
}

/// The value of a hidden field.
fn field(page: &Reply, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let value = page.text.split_once(&mark).and_then(|(_, rest)| rest.split('"').next());
    value.unwrap_or_default().to_owned()
}

/// The code that an app which was set up with that page shows now.
fn app(world: &World, page: &Reply) -> String {
    let (_, rest) = page.text.split_once("<p class=\"key\">").unwrap();
    let secret: String = rest.split('<').next().unwrap().split(' ').collect();
    let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    totp::code(&secret, world.now().unix() / 30)
}

/// The code in the last mail.
fn mailed(world: &World) -> String {
    let mail = world.mails(ADDRESS).pop().unwrap();
    let mut runs = mail.text.split(|c: char| !c.is_ascii_digit());
    runs.rfind(|run| run.len() == 6).unwrap().to_owned()
}

/// One who has an app: the page that they set it up with, and a backup code.
fn with_app(world: &World) -> (Reply, String) {
    world.user_with("home", ADDRESS, |user| user.mfa = Mfa::Totp);
    let mut browser = Browser::default();
    browser.login(world, "/");
    let page = browser.with(world.get(MFA)).is(200);
    let done = browser.prove(world, &page, &[("code", &app(world, &page))]).is(200);
    let (_, rest) = done.text.split_once("<li>").unwrap();
    let backup = rest.split('<').next().unwrap().to_owned();
    world.advance(30);
    (page, backup)
}

#[test]
fn an_app_is_set_up_at_sign_in_with_a_picture_or_a_key() {
    let world = World::new();
    world.user_with("home", ADDRESS, |user| user.mfa = Mfa::Totp);
    let mut browser = Browser::default();
    let reply = browser.login(&world, "/app/?a=1");
    assert_eq!(reply.header("location"), Some("/tenant/home/mfa?return_to=/app/%3Fa%3D1"));
    assert!(!browser.has("__Host-portcullis") && browser.has("__Host-portcullis-challenge"));
    let page = browser.with(world.get("/tenant/home/mfa?return_to=/app/%3Fa%3D1")).is(200);
    for part in ["<svg", "role=\"img\"", "autocomplete=\"one-time-code\"", "inputmode=\"numeric\""] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let wrong = browser.prove(&world, &page, &[("code", "000000")]).is(401);
    assert!(wrong.text.contains("The code is wrong") && wrong.text.contains("<svg"));
    let done = browser.prove(&world, &page, &[("code", &app(&world, &page))]).is(200);
    assert_eq!(done.text.matches("<li>").count(), 10);
    assert!(done.text.contains("href=\"/app/?a=1\""));
    assert!(browser.has("__Host-portcullis") && !browser.has("__Host-portcullis-challenge"));
    assert_eq!(world.events("login.succeeded"), 1);
}

#[test]
fn a_code_of_the_app_or_a_backup_code_signs_in_and_goes_on() {
    let world = World::new();
    let (key, backup) = with_app(&world);
    let mut browser = Browser::default();
    browser.login(&world, "/app/");
    let page = browser.with(world.get("/tenant/home/mfa?return_to=/app/")).is(200);
    assert!(page.text.contains("use=backup") && !page.text.contains("<svg"));
    browser.prove(&world, &page, &[("code", "000000")]).is(401);
    let reply = browser.prove(&world, &page, &[("code", &app(&world, &key))]).is(303);
    assert_eq!(reply.header("location"), Some("/app/"));
    let mut browser = Browser::default();
    browser.login(&world, "/app/");
    let page = browser.with(world.get("/tenant/home/mfa?return_to=/app/&use=backup")).is(200);
    assert!(page.text.contains("Backup code") && !page.text.contains("numeric"));
    let wrong = browser.prove(&world, &page, &[("code", "wrong"), ("use", "backup")]).is(401);
    assert!(wrong.text.contains("Backup code"));
    browser.prove(&world, &page, &[("code", &backup)]).is(303);
    let mut again = Browser::default();
    again.login(&world, "/");
    let page = again.with(world.get(MFA)).is(200);
    again.prove(&world, &page, &[("code", &backup)]).is(401);
}

#[test]
fn a_code_comes_by_mail_and_another_one_when_it_is_asked_for() {
    let world = World::new();
    world.user_with("home", ADDRESS, |user| user.mfa = Mfa::Email);
    let mut browser = Browser::default();
    browser.login(&world, "/app/");
    let page = browser.with(world.get("/tenant/home/mfa?return_to=/app/")).is(200);
    assert!(page.text.contains("that we emailed to ada@example.com"));
    let first = mailed(&world);
    let sent = browser.prove(&world, &page, &[("send", "1")]).is(303);
    assert_eq!(sent.header("location"), Some("/tenant/home/mfa?return_to=/app/&sent=1"));
    let page = browser.with(world.get("/tenant/home/mfa?return_to=/app/&sent=1")).is(200);
    assert!(page.text.contains("role=\"status\""));
    browser.prove(&world, &page, &[("code", &first)]).is(401);
    browser.prove(&world, &page, &[("send", "1")]).is(303);
    let page = browser.with(world.get("/tenant/home/mfa?return_to=/app/")).is(200);
    assert!(!page.text.contains("name=\"send\""));
    let none = browser.prove(&world, &page, &[("send", "1")]).is(401);
    assert!(none.text.contains("No more codes can be sent"));
    let reply = browser.prove(&world, &page, &[("code", &mailed(&world))]).is(303);
    assert_eq!(reply.header("location"), Some("/app/"));
}

#[test]
fn what_took_too_long_begins_anew() {
    let world = World::new();
    let (key, _) = with_app(&world);
    let mut browser = Browser::default();
    browser.login(&world, "/app/");
    let page = browser.with(world.get("/tenant/home/mfa?return_to=/app/")).is(200);
    world.advance(600);
    let reply = browser.prove(&world, &page, &[("code", &app(&world, &key))]).is(303);
    assert_eq!(reply.header("location"), Some("/tenant/home/login?return_to=/app/&over=1"));
    assert!(browser.0.is_empty());
    let login = world.get("/tenant/home/login?return_to=/app/&over=1").navigating().send().is(200);
    assert!(login.text.contains("This took too long."));
    let reply = browser.with(world.get("/tenant/home/mfa?return_to=/app/")).is(303);
    assert_eq!(reply.header("location"), Some("/tenant/home/login?return_to=/app/"));
}

#[test]
fn too_many_wrong_codes_are_told_with_the_time() {
    let world = World::new();
    with_app(&world);
    let mut browser = Browser::default();
    browser.login(&world, "/");
    let page = browser.with(world.get(MFA)).is(200);
    for _ in 0..5 {
        browser.prove(&world, &page, &[("code", "000000")]).is(401);
    }
    let locked = browser.prove(&world, &page, &[("code", "000000")]).is(429);
    assert!(locked.text.contains("Too many attempts. Please try again in"));
    assert!(locked.header("retry-after").is_some());
}

#[test]
fn a_form_of_another_tab_proves_nothing() {
    let world = World::new();
    let (key, _) = with_app(&world);
    let mut browser = Browser::default();
    browser.login(&world, "/");
    let old = browser.with(world.get(MFA)).is(200);
    browser.login(&world, "/");
    let new = browser.with(world.get(MFA)).is(200);
    let code = app(&world, &key);
    let refused = browser.prove(&world, &old, &[("code", &code)]).is(400);
    assert!(refused.text.contains("Another sign-in was started"));
    assert_eq!(field(&refused, "challenge"), field(&new, "challenge"));
    browser.prove(&world, &refused, &[("code", &code)]).is(303);
    let elsewhere = world.post(MFA).header("sec-fetch-site", "cross-site").form(&[("challenge", "x")]);
    browser.with(elsewhere).is(403);
}

#[test]
fn a_browser_is_trusted_for_as_long_as_the_tenant_says() {
    let world = World::new();
    let (key, _) = with_app(&world);
    let mut browser = Browser::default();
    browser.login(&world, "/");
    assert!(!browser.with(world.get(MFA)).is(200).text.contains("name=\"trust\""));
    world.settings(json!({ "trustedDeviceDays": 7 }));
    let page = browser.with(world.get(MFA)).is(200);
    assert!(page.text.contains("for 7 days"));
    browser.prove(&world, &page, &[("code", &app(&world, &key)), ("trust", "1")]).is(303);
    assert_eq!(browser.login(&world, "/app/").header("location"), Some("/app/"));
    world.advance(7 * 86_400);
    let reply = browser.login(&world, "/app/");
    assert_eq!(reply.header("location"), Some("/tenant/home/mfa?return_to=/app/"));
}

#[test]
fn a_session_is_asked_for_its_second_factor_once() {
    let world = World::new();
    with_app(&world);
    let enrolled = world.events("mfa.enrolled");
    let user = world.user("eve@example.com");
    let mut browser = Browser::default();
    // Somebody else's sign-in that was left behind is not what a session is asked for.
    browser.login(&world, "/");
    world.advance(1);
    browser.0.push(("__Host-portcullis".into(), world.cookie(&user)));
    let page = browser.keep(world.get("/tenant/home/mfa?return_to=/app/")).is(200);
    assert!(page.text.contains("<svg"), "she has none and sets one up");
    let done = browser.prove(&world, &page, &[("code", &app(&world, &page))]).is(200);
    assert!(done.text.contains("href=\"/app/\""));
    let reply = browser.with(world.get("/tenant/home/mfa?return_to=/app/")).is(303);
    assert_eq!(reply.header("location"), Some("/app/"));
    assert_eq!(world.events("mfa.enrolled"), enrolled + 1);
}

#[test]
fn one_without_either_signs_in_first_and_a_tenant_may_have_none() {
    let world = World::new();
    let reply = world.get("/tenant/home/mfa?return_to=/app/").navigating().send().is(303);
    assert_eq!(reply.header("location"), Some("/tenant/home/login?return_to=/app/"));
    world.post(MFA).navigating().form(&[("challenge", "x"), ("code", "1")]).send().is(303);
    let cookie = world.cookie(&world.user(ADDRESS));
    world.settings(json!({ "mfa": "off" }));
    world.get(MFA).navigating().cookie(&cookie).send().is(403);
}

#[test]
fn a_tenants_own_page_asks_for_codes_and_ours_for_all_else() {
    let world = World::new();
    let (key, _) = with_app(&world);
    let html = "<!doctype html><title>Own</title><h1>Own {{ method }}</h1>{{ problem }}
        <form method=\"post\" action=\"{{ action }}\">
        <input type=\"hidden\" name=\"challenge\" value=\"{{ challenge }}\">
        <input type=\"hidden\" name=\"return_to\" value=\"{{ return_to }}\">
        <input type=\"hidden\" name=\"request\" value=\"{{ request }}\">
        <input name=\"code\"><button>Go</button></form>";
    world
        .put("/tenant/home/v2/Templates/mfa")
        .bearer(&world.admin())
        .json(json!({ "html": html }))
        .send()
        .is(200);
    let mut browser = Browser::default();
    browser.login(&world, "/app/");
    let page = browser.with(world.get("/tenant/home/mfa?return_to=/app/")).is(200);
    assert!(page.text.contains("Own totp"), "{}", page.text);
    let wrong = browser.prove(&world, &page, &[("code", "000000")]).is(401);
    assert!(wrong.text.contains("Own totp") && wrong.text.contains("The code is wrong"));
    let backup = browser.with(world.get("/tenant/home/mfa?use=backup")).is(200);
    assert!(backup.text.contains("Own backup"));
    browser.prove(&world, &page, &[("code", &app(&world, &key))]).is(303);
    let cookie = world.cookie(&world.user("eve@example.com"));
    let enrol = world.get(MFA).navigating().cookie(&cookie).send().is(200);
    assert!(enrol.text.contains("<svg") && !enrol.text.contains("Own"));
}
