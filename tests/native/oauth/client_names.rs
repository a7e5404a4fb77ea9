//! Names of clients that nobody vouches for: what people decide by is no address and hides nothing.

use portcullis::model::linkable::find_link;
use portcullis::model::text::is_invisible;
use serde_json::{Value, json};

use crate::harness::{Reply, World};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REGISTER: &str = "/tenant/home/oauth2/register";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What a stranger could call a client, and a part that no page may show.
const HOSTILE: [(&str, &str); 18] = [
    ("https://evil.example", "evil.example"),
    ("Log in at evil.example", "evil.example"),
    ("www.evil.example", "www."),
    ("help@evil.example", "@evil"),
    ("evil\u{200b}.example", "\u{200b}"),
    ("ev\u{ad}il.example", "\u{ad}"),
    ("\u{ff45}vil.example", "vil.example"),
    ("evil\u{3002}example", "evil\u{3002}example"),
    ("tel:+4930123456", "tel:"),
    ("127.0.0.1", "127.0.0.1"),
    ("//evil", "//evil"),
    ("Acme\u{200b} Bank", "\u{200b}"),
    ("Acme\u{200e} Bank", "\u{200e}"),
    ("Acme\u{200d}Bank", "\u{200d}"),
    ("Acme\u{2800}Bank", "\u{2800}"),
    ("A\u{e0041}cme", "\u{e0041}"),
    ("A\u{fe0f}cme", "\u{fe0f}"),
    ("Acme\u{3164}", "\u{3164}"),
];

/// Those that no name may have, of whatever; rows from before that rule may.
const OVERRIDES: [(&str, &str); 3] =
    [("Acme\u{202e}knaB", "\u{202e}"), ("Acme\u{2066}Bank", "\u{2066}"), ("\u{202b}Acme", "\u{202b}")];

const HONEST: [&str; 10] = [
    "Acme Inc.",
    "O'Brien & Sons (UK)",
    "Nutzer:innen",
    "v2.0 beta",
    "می\u{200c}خواهم",
    "क\u{94d}\u{200d}ष",
    "👩\u{200d}🚀 Space",
    "👩\u{200d}❤\u{fe0f}\u{200d}👨",
    "❤\u{fe0f} Notes",
    "Ämter 24/7",
];

fn metadata(name: &str) -> Value {
    json!({ "client_name": name, "redirect_uris": ["https://app.test/cb"] })
}

fn refused(reply: Reply, why: &str) {
    let reply = reply.is(400);
    assert!(reply.text.contains("client_name"), "{}", reply.text);
    assert!(reply.text.contains(why), "{why}: {}", reply.text);
}

fn reason(name: &str) -> &'static str {
    if name.chars().any(is_invisible) { "cannot be seen (U+" } else { "reads as an address" }
}

#[test]
fn a_client_that_registers_itself_is_refused_such_a_name_with_the_reason() {
    for policy in ["open", "token"] {
        let world = World::new();
        world.settings(json!({ "clientRegistration": policy }));
        let admin = world.admin();
        let register = |name: &str| {
            let ask = world.post(REGISTER).json(metadata(name)).from(&format!("198.51.100.{}", name.len()));
            if policy == "token" { ask.bearer(&admin) } else { ask }.send()
        };
        for (name, _) in HOSTILE {
            refused(register(name), reason(name));
        }
        for (name, _) in OVERRIDES {
            refused(register(name), "overrides the direction of text");
        }
        assert_eq!(world.number("SELECT count(*) AS n FROM clients"), 0);
        for name in HONEST {
            assert_eq!(register(name).is(201).json["client_name"], name);
        }
    }
}

#[test]
fn nor_does_it_change_to_one_and_nor_does_an_administrator_change_it() {
    let world = World::new();
    world.settings(json!({ "clientRegistration": "open" }));
    let made = world.post(REGISTER).json(metadata("App")).send().is(201);
    let id = made.str("/client_id");
    let own = made.str("/registration_client_uri").replace("https://auth.example.com", "");
    let token = made.str("/registration_access_token");
    for (name, _) in HOSTILE {
        let mut body = metadata(name);
        body["client_id"] = json!(id);
        refused(world.put(&own).bearer(&token).json(body).send(), reason(name));
        let path = format!("/tenant/home/v2/Clients/{id}");
        refused(world.put(&path).bearer(&world.admin()).json(metadata(name)).send(), reason(name));
    }
    assert_eq!(world.sql("SELECT name FROM clients")[0]["name"], "App");
    // Whom an administrator made, that administrator vouches for.
    let body = metadata("portal.acme.test");
    world.post("/tenant/home/v2/Clients").bearer(&world.admin()).json(body).send().is(201);
}

/// The pages that show a client's name to one who is signed in and has let it in, and an answer that does.
fn pages(world: &World, cookie: &str, token: &str) -> Vec<(&'static str, String)> {
    let path = format!(
        "/tenant/home/oauth2/authorize?client_id=app&response_type=code&scope=openid%20read&state=s\
         &redirect_uri=https://app.test/cb&code_challenge={CHALLENGE}&code_challenge_method=S256&prompt="
    );
    let sent = |prompt: &str, cookie: Option<&str>| {
        let ask = world.get(&format!("{path}{prompt}")).navigating();
        let reply = cookie.map_or(ask.clone(), |cookie| ask.cookie(cookie)).send().is(303);
        reply.header("location").unwrap().to_owned()
    };
    let consent = sent("consent", Some(cookie));
    let consent = world.get(&consent).navigating().cookie(cookie).send().is(200);
    let login = world.get(&sent("login", None)).navigating().send().is(200);
    let asked = world.post("/oauth2/device_authorization").form(&[("client_id", "app")]).send().is(200);
    let code = asked.str("/user_code");
    let device = world.post("/tenant/home/device").navigating().cookie(cookie);
    let device = device.header("sec-fetch-site", "same-origin").form(&[("user_code", &code)]).send().is(200);
    let account = world.get("/tenant/home/account").navigating().cookie(cookie).send().is(200);
    let export = world.get("/tenant/home/account/export").navigating().cookie(cookie).send().is(200);
    let keys = world.get("/api/auth/api-keys").bearer(token).send().is(200);
    let sessions = world.get("/api/auth/sessions").bearer(token).send().is(200);
    vec![
        ("sessions", sessions.text),
        ("consent", consent.text),
        ("login", login.text),
        ("device", device.text),
        ("account", account.text),
        ("export", export.text),
        ("keys", keys.text),
    ]
}

/// A world with a client that has let itself in, and a key that it made.
fn world(name: &str, registered: bool) -> (World, String, String) {
    let world = World::new();
    let app = json!({
        "redirect_uris": ["https://app.test/cb"], "token_endpoint_auth_method": "none", "require_consent": true,
        "grant_types": ["authorization_code", DEVICE_GRANT], "scope": "openid read",
    });
    world.put_client("home", "app", &app);
    let hash = if registered { "'x'" } else { "NULL" };
    let quoted = name.replace('\'', "''");
    world.sql(&format!("UPDATE clients SET name = '{quoted}', registration_hash = {hash}"));
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    world.api_key(&token, &["read"]);
    // The key is of a grant of the client's.
    world.session(&user);
    world.sql("UPDATE sessions SET client_id = 'app', scope = 'openid read' WHERE id = (SELECT max(id) FROM sessions)");
    world.sql("UPDATE api_keys SET grant_id = (SELECT max(id) FROM sessions)");
    let cookie = world.cookie(&user);
    (world, cookie, token)
}

fn escaped(text: &str) -> [String; 2] {
    let html = text.replace('&', "&#38;").replace('\'', "&#39;");
    [html, text.to_owned()]
}

#[test]
fn a_name_from_before_that_rule_is_shown_without_what_breaks_it() {
    for (name, part) in HOSTILE.iter().chain(&OVERRIDES) {
        let (world, cookie, token) = world(name, true);
        for (page, text) in pages(&world, &cookie, &token) {
            assert!(!text.contains(part), "{name:?} on {page}: {text}");
        }
    }
}

#[test]
fn honest_names_are_shown_as_they_are_and_so_is_what_an_administrator_wrote() {
    let all = HONEST.iter().map(|name| (*name, true)).chain([("portal.acme.test", false)]);
    for (name, registered) in all {
        assert_eq!(registered, find_link(name).is_none());
        let (world, cookie, token) = world(name, registered);
        for (page, text) in pages(&world, &cookie, &token) {
            assert!(escaped(name).iter().any(|name| text.contains(name)), "{name:?} on {page}: {text}");
        }
    }
}
