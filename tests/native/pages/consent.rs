//! `/tenant/{tenant}/consent`, and the way of a client's request through the other pages.

use serde_json::json;

use crate::harness::{PASSWORD, Reply, World};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn world() -> World {
    let world = World::new();
    let metadata = json!({
        "redirect_uris": ["https://app.example/back"], "token_endpoint_auth_method": "none",
        "require_consent": true, "scope": "openid profile email offline_access read",
    });
    world.put_client("home", "app", &metadata);
    world
}

fn authorize(world: &World, cookie: Option<&str>, more: &str) -> Reply {
    let path = format!(
        "/tenant/home/oauth2/authorize?client_id=app&response_type=code&scope=openid%20profile%20read&state=s\
         &redirect_uri=https://app.example/back&code_challenge={CHALLENGE}&code_challenge_method=S256{more}"
    );
    let ask = world.get(&path).navigating();
    cookie.map_or(ask.clone(), |cookie| ask.cookie(cookie)).send().is(303)
}

fn location(reply: &Reply) -> String {
    reply.header("location").unwrap().to_owned()
}

fn request_of(path: &str) -> &str {
    path.split_once("request=").unwrap().1
}

fn decide(world: &World, cookie: &str, request: &str, decision: &str) -> Reply {
    let fields = [("request", request), ("decision", decision)];
    world.post("/tenant/home/consent").navigating().cookie(cookie).form(&fields).send()
}

#[test]
fn one_signs_in_agrees_and_is_back_at_the_client() {
    let world = world();
    world.user("ada@example.com");
    let login = location(&authorize(&world, None, "&login_hint=ada@example.com&ui_locales=de"));
    let request = request_of(&login);
    let page = world.get(&login).navigating().send().is(200);
    assert!(page.text.contains("<html lang=\"de\">") && page.text.contains("fortzufahren"));
    assert!(page.text.contains("value=\"ada@example.com\""));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://app.example;"), "{policy}");
    for link in ["register", "forgot"] {
        assert!(page.text.contains(&format!("/tenant/home/{link}?request={request}")), "{}", page.text);
    }
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("request", request)];
    let signed_in = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
    let cookie = signed_in.header("set-cookie").unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    let resumed = world.get(&location(&signed_in)).navigating().cookie(&cookie).send().is(303);

    let consent = location(&resumed);
    assert!(consent.starts_with("/tenant/home/consent?request="), "{consent}");
    let page = world.get(&consent).navigating().cookie(&cookie).send().is(200);
    for said in ["A client erlauben?", "wissen, wer Sie sind", "Ihre Daten lesen", "ada@example.com"] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    let back = location(&decide(&world, &cookie, request_of(&consent), "allow").is(303));
    assert!(back.starts_with("https://app.example/back?") && back.contains("code="), "{back}");
    // Known from now on.
    let again = location(&authorize(&world, Some(&cookie), ""));
    assert!(again.starts_with("https://app.example/back?") && again.contains("code="), "{again}");
    assert_eq!(world.events("consent.given"), 1);
}

#[test]
fn one_who_does_not_agree_is_back_as_well() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let consent = location(&authorize(&world, Some(&cookie), ""));
    let back = location(&decide(&world, &cookie, request_of(&consent), "deny").is(303));
    assert!(back.contains("error=access_denied") && back.contains("state=s"), "{back}");
    assert_eq!(world.number("SELECT count(*) AS n FROM consents"), 0);
}

#[test]
fn a_form_of_another_site_agrees_to_nothing() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let consent = location(&authorize(&world, Some(&cookie), ""));
    let fields = [("request", request_of(&consent)), ("decision", "allow")];
    let form = world.post("/tenant/home/consent").navigating().cookie(&cookie).form(&fields);
    form.header("sec-fetch-site", "cross-site").send().is(403);
    decide(&world, &cookie, request_of(&consent), "perhaps").is(400);
    assert_eq!(world.number("SELECT count(*) AS n FROM consents"), 0);
}

#[test]
fn without_a_session_one_signs_in_first_and_without_a_request_there_is_nothing_to_ask() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let consent = location(&authorize(&world, Some(&cookie), ""));
    let reply = world.get(&consent).navigating().send().is(303);
    assert_eq!(location(&reply), format!("/tenant/home/login?request={}", request_of(&consent)));
    world.get("/tenant/home/consent").navigating().cookie(&cookie).send().is(400);
    world.get("/tenant/home/consent?request=gone").navigating().cookie(&cookie).send().is(400);
    decide(&world, &cookie, "gone", "allow").is(400);
    world.tenant("b");
    let there = format!("/tenant/b/consent?request={}", request_of(&consent));
    world.get(&there).navigating().cookie(&cookie).send().is(400);
}

#[test]
fn a_request_goes_with_one_who_registers_through_the_mail() {
    let world = world();
    let register = location(&authorize(&world, None, "&prompt=create"));
    assert!(register.starts_with("/tenant/home/register?request="), "{register}");
    let request = request_of(&register);
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("request", request)];
    world.post("/tenant/home/register").navigating().form(&fields).send().is(303);
    let mail = world.mails("ada@example.com").pop().unwrap();
    let link = mail.text.split_whitespace().find(|word| word.starts_with("https://")).unwrap();
    let (_, path) = link.split_once("https://auth.example.com").unwrap();
    assert!(path.ends_with(&format!("&request={request}")), "{path}");
    let done = world.post(path).navigating().send().is(200);
    assert!(done.text.contains(&format!("/tenant/home/login?request={request}")), "{}", done.text);
    // The link is good when the request is over, too.
    world.advance(2);
    let other = [("email", "bob@example.com"), ("password", PASSWORD), ("request", request)];
    world.post("/tenant/home/register").navigating().form(&other).send().is(303);
    let mail = world.mails("bob@example.com").pop().unwrap();
    let link = mail.text.split_whitespace().find(|word| word.starts_with("https://")).unwrap();
    let (_, path) = link.split_once("https://auth.example.com").unwrap();
    world.advance(3_600);
    let done = world.post(path).navigating().send().is(200);
    assert!(!done.text.contains("request="), "{}", done.text);
}

#[test]
fn it_shows_whose_app_it_is_where_it_leads_and_who_one_is() {
    let world = world();
    let about = json!({
        "redirect_uris": ["https://app.example:8443/back", "com.example.app:/back"],
        "token_endpoint_auth_method": "none", "require_consent": true, "scope": "openid profile read",
        "logo_uri": "https://img.example/logo.png?a=1&b=2", "client_uri": "https://about.example/",
        "policy_uri": "https://about.example/privacy", "tos_uri": "https://about.example/terms",
    });
    world.put_client("home", "shown", &about);
    let cookie = world.cookie(&world.user("ada@example.com"));
    let ask = |redirect: &str| {
        let path = format!(
            "/tenant/home/oauth2/authorize?client_id=shown&response_type=code&scope=openid&state=s\
             &redirect_uri={redirect}&code_challenge={CHALLENGE}&code_challenge_method=S256"
        );
        let waits = location(&world.get(&path).navigating().cookie(&cookie).send().is(303));
        (world.get(&waits).navigating().cookie(&cookie).send().is(200), waits)
    };
    let (page, waits) = ask("https://app.example:8443/back");
    let request = request_of(&waits);
    for said in [
        "You will then be taken to app.example:8443.",
        "You are signed in as ada@example.com.",
        &format!("href=\"/tenant/home/login?request={request}\">Not you?</a>"),
        "src=\"https://img.example/logo.png?a=1&#38;b=2\" alt=\"\"",
        "href=\"https://about.example/privacy\"",
        "href=\"https://about.example/terms\"",
        "href=\"https://about.example/\"",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("img-src 'self' data: https://img.example;"), "{policy}");
    let (page, _) = ask("com.example.app:/back");
    assert!(page.text.contains("You will then be taken to com.example.app:."), "{}", page.text);
    // Another person signs in and decides.
    let login = world.get(&format!("/tenant/home/login?request={request}")).navigating().cookie(&cookie);
    login.send().is(200);
}

#[test]
fn nobody_vouches_for_the_logo_of_a_client_that_registered_itself() {
    let world = world();
    let about = json!({
        "redirect_uris": ["https://app.example/back"], "token_endpoint_auth_method": "none",
        "logo_uri": "https://img.example/logo.png", "policy_uri": "http://plain.example/", "scope": "openid",
        "require_consent": true,
    });
    world.put_client("home", "own", &about);
    world.sql("UPDATE clients SET registration_hash = 'h' WHERE id = 'own'");
    let cookie = world.cookie(&world.user("ada@example.com"));
    let path = format!(
        "/tenant/home/oauth2/authorize?client_id=own&response_type=code&scope=openid&state=s\
         &redirect_uri=https://app.example/back&code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let waits = location(&world.get(&path).navigating().cookie(&cookie).send().is(303));
    let page = world.get(&waits).navigating().cookie(&cookie).send().is(200);
    assert!(!page.text.contains("<img") && !page.text.contains("plain.example"), "{}", page.text);
    assert!(!page.header("content-security-policy").unwrap().contains("img.example"));
}
