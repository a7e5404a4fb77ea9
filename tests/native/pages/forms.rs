//! Where a form came from: our own is accepted from every browser, another site's from none.

use serde_json::{Value, json};

use crate::harness::{Ask, Authenticator, PASSWORD, Reply, World};

const LOGIN: &str = "/tenant/home/login";
const ADA: &str = "ada@example.com";
const AGENT: &str =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/16.2 Safari/605.1.15";

/// A way that a form can be sent: its header fields.
type How = &'static [(&'static str, &'static str)];

/// By another site, in the words of every kind of browser.
const FOREIGN: &[How] = &[
    &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "cross-site"), ("referer", "https://auth.example.com/")],
    &[("origin", "https://evil.example")],
    &[("origin", "https://auth.example.com.evil.example")],
    &[("origin", "https://evil.example/auth.example.com")],
    &[("origin", "https://auth.example.com@evil.example")],
    &[("origin", "null")],
    &[("origin", "null"), ("referer", "https://evil.example/")],
    &[("origin", "null"), ("user-agent", AGENT)],
    &[("referer", "https://evil.example/")],
    &[("referer", "https://evil.example/?https://auth.example.com/")],
    &[("referer", "https://auth.example.com.evil.example/")],
    &[("referer", "https://auth.example.com@evil.example/")],
    &[("referer", "evil")],
    &[("referer", "about:blank")],
    &[("referer", "https://evil.example/"), ("user-agent", AGENT)],
    // A browser that says nothing at all.
    &[("user-agent", AGENT)],
];

/// By a page of ours, with what that gave to the browser.
const OWN: &[How] = &[
    &[("sec-fetch-site", "same-origin")],
    &[("sec-fetch-site", "same-origin"), ("origin", "null"), ("user-agent", AGENT)],
    &[("sec-fetch-site", "none")],
    &[("origin", "https://auth.example.com")],
    &[("origin", "https://AUTH.example.com"), ("user-agent", AGENT)],
    &[("referer", "https://auth.example.com/tenant/home/login")],
    &[("origin", "null")],
    &[("origin", "null"), ("user-agent", AGENT)],
    &[("user-agent", AGENT)],
    // A program.
    &[],
    &[("user-agent", "curl/8.5.0")],
];

fn with<'w>(mut ask: Ask<'w>, how: How) -> Ask<'w> {
    for (name, value) in how {
        ask = ask.header(name, value);
    }
    ask
}

/// The value of a field of the page's first form.
fn field(page: &Reply, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let value = page.text.split_once(&mark).and_then(|(_, rest)| rest.split('"').next());
    value.unwrap_or_default().to_owned()
}

/// A page's path, where its form is sent, whether somebody is signed in, and the form's fields.
type Page = (&'static str, &'static str, bool, Vec<(&'static str, &'static str)>);

/// Every page with a form: its path, whether somebody is signed in, and the form's fields.
fn pages() -> Vec<Page> {
    vec![
        (LOGIN, LOGIN, false, vec![("email", ADA), ("password", PASSWORD)]),
        (LOGIN, "/tenant/home/magic-link", false, vec![("email", ADA)]),
        (
            "/tenant/home/register",
            "/tenant/home/register",
            false,
            vec![("name", "Bob"), ("email", "bob@example.com"), ("password", PASSWORD)],
        ),
        ("/tenant/home/forgot", "/tenant/home/forgot", false, vec![("email", ADA)]),
        ("/tenant/home/account", "/tenant/home/account", true, vec![("section", "profile"), ("name", "Ada")]),
        ("/tenant/home/account", "/tenant/home/account", true, vec![("section", "others")]),
        ("/tenant/home/device", "/tenant/home/device", true, vec![("user_code", "BCDF-GHJK")]),
        ("/tenant/home/logout", "/tenant/home/logout", true, vec![]),
    ]
}

#[test]
fn our_own_form_is_accepted_and_a_foreign_one_never_on_each_page() {
    for (shown, sent, signed_in, fields) in pages() {
        let world = World::new();
        let user = world.user(ADA);
        let session =
            if signed_in { format!("__Host-portcullis={}", world.cookie(&user)) } else { String::new() };
        for how in FOREIGN {
            // The attacker's own page does not help: the browser has another cookie, or none.
            let eve = world.cookie(&world.user_with(
                "home",
                &format!("eve{}@example.com", world.number("SELECT count(*) AS n FROM users")),
                |_| {},
            ));
            let theirs = if signed_in { format!("__Host-portcullis={eve}") } else { String::new() };
            let theirs = world.get(shown).navigating().header("cookie", &theirs).send().is(200);
            let token = field(&theirs, "form");
            assert!(!token.is_empty(), "{shown}");
            let before = world.dump();
            for cookie in [session.clone(), format!("{session}; __Host-portcullis-form={}", "x".repeat(43))] {
                let mut all = fields.clone();
                all.push(("form", &token));
                let reply = with(world.post(sent).header("cookie", &cookie), how).form(&all).send();
                assert_eq!(reply.status, 403, "{sent} {how:?}: {}", reply.text);
                assert!(reply.sets("__Host-portcullis").is_none());
                let without = with(world.post(sent).header("cookie", &cookie), how).form(&fields).send();
                assert_eq!(without.status, 403, "{sent} {how:?}");
            }
            assert_eq!(world.dump(), before, "{sent} {how:?}");
        }
        for how in OWN {
            let world = World::new();
            let user = world.user(ADA);
            let session =
                if signed_in { format!("__Host-portcullis={}", world.cookie(&user)) } else { String::new() };
            let page = world.get(shown).navigating().header("cookie", &session).send().is(200);
            // One who is signed in holds a secret already.
            let cookie = match page.sets("__Host-portcullis-form") {
                Some(cookie) => format!("{session}; __Host-portcullis-form={cookie}"),
                None => session.clone(),
            };
            assert_eq!(cookie == session, signed_in);
            // Once more in another tab: the first one's form is still good.
            let again = world.get(shown).navigating().header("cookie", &cookie).send().is(200);
            assert!(again.sets("__Host-portcullis-form").is_none());
            let token = field(&page, "form");
            assert_eq!(field(&again, "form"), token);
            let mut all = fields.clone();
            all.push(("form", &token));
            let reply = with(world.post(sent).header("cookie", &cookie), how).form(&all).send();
            assert!(reply.status != 403, "{sent} {how:?}: {}", reply.text);
        }
    }
}

#[test]
fn each_form_of_each_page_is_marked_for_browsers_that_do_not_say_where_it_came_from() {
    let world = World::new();
    let session = format!("__Host-portcullis={}", world.cookie(&world.user(ADA)));
    for path in [
        "/tenant/home/login",
        "/tenant/home/register",
        "/tenant/home/forgot",
        "/tenant/home/account",
        "/tenant/home/logout",
    ] {
        let page = world.get(path).navigating().header("cookie", &session).send().is(200);
        let forms = page.text.matches("<form ").count();
        assert_eq!(
            page.text.matches("<input type=\"hidden\" name=\"form\" value=\"").count(),
            forms,
            "{path}"
        );
        for form in page.text.split("<form ").skip(1) {
            let (_, inside) = form.split_once('>').unwrap();
            assert!(inside.starts_with("<input type=\"hidden\" name=\"form\""), "{path}: {form}");
        }
        // One that says it needs nothing of the kind.
        let modern = world.get(path).navigating().header("sec-fetch-site", "none").header("cookie", &session);
        let modern = modern.send().is(200);
        assert!(
            !modern.text.contains("name=\"form\"") && modern.sets("__Host-portcullis-form").is_none(),
            "{path}"
        );
    }
}

#[test]
fn a_tenants_own_page_is_marked_too() {
    let world = World::new();
    world.user(ADA);
    let html = "<!doctype html><title>x</title><!-- <form method=\"post\"> --><style>form > p { margin: 0 }</style>
<form method=\"post\" action=\"{{ action }}\" title=\"a > b\"><input type=\"hidden\" name=\"return_to\" value=\"{{ return_to }}\">
<input type=\"hidden\" name=\"request\" value=\"{{ request }}\"><input name=\"email\"><input name=\"password\" type=\"password\"><button>x</button></form>";
    let body = json!({ "html": html });
    world.put("/tenant/home/v2/Templates/login").bearer(&world.admin()).json(body).send().is(200);
    let page = world.get(LOGIN).navigating().send().is(200);
    assert_eq!(page.text.matches("name=\"form\"").count(), 1, "{}", page.text);
    assert!(page.text.contains("title=\"a > b\"><input type=\"hidden\" name=\"form\""), "{}", page.text);
    let (token, cookie) = (field(&page, "form"), page.sets("__Host-portcullis-form").unwrap());
    let cookie = format!("__Host-portcullis-form={cookie}");
    let fields = [("email", ADA), ("password", PASSWORD), ("form", token.as_str())];
    world.post(LOGIN).header("origin", "null").header("cookie", &cookie).form(&fields).send().is(303);
    world.post(LOGIN).header("origin", "null").form(&fields).send().is(403);
}

#[test]
fn a_clients_sign_out_question_is_answered_by_every_browser() {
    let world = World::new();
    let session = format!("__Host-portcullis={}", world.cookie(&world.user(ADA)));
    let path = "/tenant/home/oauth2/logout";
    let page = world.get(path).navigating().header("cookie", &session).send().is(200);
    let token = field(&page, "form");
    let sent = |token: &str| {
        let fields = [("confirmed", "yes"), ("form", token)];
        world.post(path).navigating().header("origin", "null").header("cookie", &session).form(&fields).send()
    };
    let asked = sent("another").is(200);
    assert!(asked.sets("__Host-portcullis").is_none(), "another site's answer counts for nothing");
    assert_eq!(sent(&token).is(200).sets("__Host-portcullis"), Some(String::new()));
}

/// What a page asks its browser to sign in with.
fn options(page: &Reply) -> Value {
    let (_, rest) = page.text.split_once("data-options=\"").unwrap();
    let text = rest.split('"').next().unwrap().replace("&#34;", "\"").replace("&#38;", "&");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_pages_passkey_ceremony_is_answered_by_its_browser_alone() {
    let world = World::new();
    let mut key = Authenticator::new(1);
    world.add_passkey(&world.session(&world.user(ADA)).access, &mut key).is(201);
    let send = |cookie: &str, credential: &Value| {
        let fields = [("credential", credential.to_string())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        world.post(LOGIN).navigating().header("cookie", cookie).form(&fields).send()
    };
    let show = |cookie: &str| world.get(LOGIN).navigating().header("cookie", cookie).send().is(200);
    let cookie_of = |page: &Reply| {
        format!("__Host-portcullis-passkey={}", page.sets("__Host-portcullis-passkey").unwrap())
    };
    let theirs = cookie_of(&show(""));
    let page = show("");
    let mine = cookie_of(&page);
    let credential = key.get(&options(&page));
    // In another browser, which has its own cookie or none, it signs nobody in; nor through the API.
    for cookie in [theirs.as_str(), "", "__Host-portcullis-passkey="] {
        let reply = send(cookie, &credential);
        assert!(
            reply.status >= 400 && reply.sets("__Host-portcullis").is_none(),
            "{cookie}: {}",
            reply.status
        );
    }
    let api = "/api/auth/passkeys/login";
    assert!(world.post(api).json(json!({ "credential": credential })).send().status >= 400);
    // A ceremony of the API is none of a page.
    let of_api = key.get(&world.request_options());
    for cookie in [mine.as_str(), ""] {
        assert!(send(cookie, &of_api).sets("__Host-portcullis").is_none());
    }
    // Two tabs of one browser share its cookie.
    let tab = show(&mine);
    assert!(tab.sets("__Host-portcullis-passkey").is_none());
    let reply = send(&mine, &credential).is(303);
    assert!(reply.sets("__Host-portcullis").is_some());
    send(&mine, &key.get(&options(&tab))).is(303);
    assert!(send(&mine, &credential).status >= 400, "once");
}

/// A page that waits for something in a session: itself, the cookies of its browser, where its form is sent, and what.
type Waiting = (Reply, String, &'static str, Vec<(&'static str, String)>);

/// The page of a second factor, which an authenticator app is to be.
fn second_factor(world: &World, session: &str) -> Waiting {
    let path = "/tenant/home/mfa";
    let page = world.get(path).navigating().header("cookie", session).send().is(200);
    let waits = page.sets("__Host-portcullis-challenge").unwrap();
    let cookies = format!("{session}; __Host-portcullis-challenge={waits}");
    let fields = vec![("challenge", field(&page, "challenge")), ("code", "000000".to_owned())];
    (page, cookies, path, fields)
}

/// The page that asks whether a client may do what it asks for.
fn consent(world: &World, session: &str) -> Waiting {
    let asked = "/tenant/home/oauth2/authorize?client_id=app&response_type=code&scope=openid\
                 &redirect_uri=https://app.example/back&code_challenge_method=S256\
                 &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let asked = world.get(asked).navigating().header("cookie", session).send().is(303);
    let path = asked.header("location").unwrap();
    let page = world.get(path).navigating().header("cookie", session).send().is(200);
    let fields = vec![("request", field(&page, "request")), ("decision", "allow".to_owned())];
    (page, session.to_owned(), "/tenant/home/consent", fields)
}

#[test]
fn the_form_of_a_page_that_waits_for_something_is_accepted_and_a_foreign_one_never() {
    let pages: [fn(&World, &str) -> Waiting; 2] = [second_factor, consent];
    for begin in pages {
        let world = || {
            let world = World::new();
            let metadata = json!({
                "redirect_uris": ["https://app.example/back"], "token_endpoint_auth_method": "none",
                "require_consent": true, "scope": "openid",
            });
            world.put_client("home", "app", &metadata);
            let session = format!("__Host-portcullis={}", world.cookie(&world.user(ADA)));
            (world, session)
        };
        let with_mark = |fields: &[(&'static str, String)], mark: &str| -> Vec<(&'static str, String)> {
            let mark = (!mark.is_empty()).then(|| ("form", mark.to_owned()));
            fields.iter().cloned().chain(mark).collect()
        };
        let send = |world: &World, sent: &str, cookies: &str, how: How, fields: &[(&'static str, String)]| {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
            with(world.post(sent).header("cookie", cookies), how).form(&fields).send()
        };
        for how in FOREIGN {
            let (world, session) = world();
            let (_, cookies, sent, fields) = begin(&world, &session);
            // The attacker's own page does not help: it was made for another session.
            let eve = format!("__Host-portcullis={}", world.cookie(&world.user("eve@example.com")));
            let theirs = field(&begin(&world, &eve).0, "form");
            assert!(!theirs.is_empty(), "{sent}");
            let before = world.dump();
            for mark in [theirs.as_str(), ""] {
                let reply = send(&world, sent, &cookies, how, &with_mark(&fields, mark));
                assert_eq!(reply.status, 403, "{sent} {how:?} {mark}: {}", reply.text);
            }
            assert_eq!(world.dump(), before, "{sent} {how:?}");
        }
        for how in OWN {
            let (world, session) = world();
            let (page, cookies, sent, fields) = begin(&world, &session);
            let reply = send(&world, sent, &cookies, how, &with_mark(&fields, &field(&page, "form")));
            // Read: the code is wrong, the client has its answer.
            let right = if sent.ends_with("/mfa") { reply.status == 401 } else { reply.status < 400 };
            assert!(right, "{sent} {how:?}: {} {}", reply.status, reply.text);
        }
    }
}
