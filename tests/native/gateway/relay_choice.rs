//! Which of several connections a route to a provider's API uses, and that it passes no WebSocket.

use std::collections::BTreeSet;

use serde_json::json;

use crate::gateway::relay::{connected, holds, person, spec, store};
use crate::harness::{World, set};

/// The field that says which.
const FIELD: &str = "x-portcullis-connection";

fn store_labelled(world: &World, token: &str, label: &str, key: &str) {
    let body = json!({ "apiKey": key, "label": label });
    world.post("/auth/apikeys/openai").bearer(token).json(body).send().is(200);
}

/// What is sent of the connections of the token's person, by what the field says.
fn sent(world: &World, token: &str, choice: Option<&str>) -> String {
    let ask = world.get("/chat/models").bearer(token);
    let ask = match choice {
        Some(label) => ask.header(FIELD, label),
        None => ask,
    };
    let plan = ask.plan();
    assert!(choice.is_none() || plan.remove.contains(&FIELD.to_owned()));
    set(&plan, "authorization").unwrap().to_owned()
}

/// A world with the route, and a person who has connected nothing yet.
fn empty() -> (World, String) {
    let world = World::new();
    world.route(spec(json!({})));
    let token = person(&world, "ada@example.com");
    (world, token)
}

#[test]
fn without_a_choice_it_is_the_one_without_a_label_or_the_only_one() {
    let (world, token) = empty();
    store_labelled(&world, &token, "work", "sk-work");
    assert_eq!(sent(&world, &token, None), "Bearer sk-work");
    // Of two with labels neither is meant more than the other.
    store_labelled(&world, &token, "home", "sk-home");
    assert_eq!(world.get("/chat/models").bearer(&token).send().is(403).str("/code"), "CONNECTION_NEEDED");
    store(&world, &token, "openai", "sk-plain");
    assert_eq!(sent(&world, &token, None), "Bearer sk-plain");
}

#[test]
fn a_label_chooses_one() {
    let (world, token) = empty();
    for (label, key) in
        [("", "sk-plain"), ("work", "sk-work"), ("Büro, 2. Stock", "sk-buero"), ("100%", "sk-percent")]
    {
        store_labelled(&world, &token, label, key);
    }
    for (choice, key) in [
        ("", "sk-plain"),
        ("work", "sk-work"),
        (" work ", "sk-work"),
        ("%77ork", "sk-work"),
        ("B%C3%BCro%2C%202.%20Stock", "sk-buero"),
        // Composed, as labels are stored.
        ("Bu%CC%88ro%2c 2. Stock", "sk-buero"),
        ("100%25", "sk-percent"),
    ] {
        assert_eq!(sent(&world, &token, Some(choice)), format!("Bearer {key}"), "{choice:?}");
    }
    // An agent's key chooses as its person does.
    let agent = world.api_key(&token, &["chat:use"]);
    let plan = world.get("/chat/models").key(&agent).header(FIELD, "work").plan();
    assert_eq!(set(&plan, "authorization"), Some("Bearer sk-work"));
}

#[test]
fn the_log_says_which_of_several_was_used_once_an_hour_each() {
    let (world, token) = empty();
    let said = || {
        let rows = world.sql("SELECT detail FROM audit WHERE event = 'vault.relayed' ORDER BY id");
        rows.iter().map(|row| row["detail"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    store_labelled(&world, &token, "Büro (2)", "sk-buero");
    // The only one is named, too.
    sent(&world, &token, None);
    assert_eq!(said(), ["openai (Büro (2)) by the route chat"]);
    store(&world, &token, "openai", "sk-plain");
    store_labelled(&world, &token, "work", "sk-work");
    for choice in ["work", "", "work", "%77ork", " work ", ""] {
        sent(&world, &token, Some(choice));
    }
    assert_eq!(said().len(), 3);
    let each = [
        "openai (Büro (2)) by the route chat",
        "openai (work) by the route chat",
        "openai by the route chat",
    ];
    assert_eq!(BTreeSet::from_iter(said()), each.map(String::from).into());
    world.advance(3_601);
    let user = world.user_with("home", "dee@example.com", |user| user.scopes = vec!["chat:use".into()]);
    let dee = world.session(&user).access;
    store_labelled(&world, &dee, "work", "sk-dee");
    sent(&world, &dee, Some("work"));
    sent(&world, &dee, Some("work"));
    assert_eq!(said().len(), 4);
    // What leads to no connection is no use.
    world.get("/chat/models").bearer(&dee).header(FIELD, "none").send().is(403);
    assert_eq!(said().len(), 4);
}

/// Labels that lead to nothing of the caller's, and texts that are no label.
#[test]
fn a_label_never_leads_to_what_is_not_the_callers() {
    let (world, token) = empty();
    store(&world, &token, "openai", "sk-plain");
    let eve = person(&world, "eve@example.com");
    store_labelled(&world, &eve, "eves", "sk-eve");
    store_labelled(&world, &eve, "work", "sk-eve-work");
    let user_id =
        world.sql("SELECT user_id FROM vault_connections WHERE label = 'eves'")[0]["user_id"].clone();
    let id = world.sql("SELECT id FROM vault_connections WHERE label = 'eves'")[0]["id"].clone();
    for unknown in [
        "eves",
        "work",
        "WORK",
        "nothing",
        user_id.as_str().unwrap(),
        id.as_str().unwrap(),
        "*",
        "%25",
        "_",
        "' OR 1=1 --",
        "' OR label = 'eves",
        "anthropic",
        "openai/eves",
    ] {
        let refused = world.get("/chat/models").bearer(&token).header(FIELD, unknown).send().is(403);
        assert_eq!(refused.str("/code"), "CONNECTION_NEEDED", "{unknown}");
        assert!(!refused.text.contains("sk-"), "{unknown}: {}", refused.text);
    }
    let long = "a".repeat(61);
    for wrong in [
        "work, eves",
        "work,work",
        ",",
        "%ff",
        "%C3",
        "B\u{fc}ro",
        "a%0d%0aX-Api-Key: forged",
        "%00",
        "%E2%80%AE",
        "%20",
        long.as_str(),
    ] {
        let refused = world.get("/chat/models").bearer(&token).header(FIELD, wrong).send();
        assert_eq!(refused.status, 400, "{wrong:?}: {}", refused.text);
    }
    assert_eq!(world.events("vault.relayed"), 0);
}

/// Every other spelling of the field neither chooses nor goes further.
#[test]
fn no_other_spelling_chooses_or_is_sent_on() {
    let (world, token) = connected();
    store_labelled(&world, &token, "work", "sk-work");
    for name in [
        "x_portcullis_connection",
        "x-portcullis_connection",
        "x_portcullis-connection",
        "x.portcullis.connection",
        "x-portcullis.connection",
        "x+portcullis+connection",
        "x!portcullis!connection",
        "x#portcullis#connection",
        "x$portcullis$connection",
        "x%portcullis%connection",
        "x&portcullis&connection",
        "x'portcullis'connection",
        "x*portcullis*connection",
        "x^portcullis^connection",
        "x`portcullis`connection",
        "x|portcullis|connection",
        "x~portcullis~connection",
        "x-portcullis-connection-label",
    ] {
        let plan = world.get("/chat/models").bearer(&token).header(name, "work").plan();
        assert!(plan.remove.contains(&name.to_owned()), "{name}");
        assert!(!holds(&plan, "sk-work"), "{name}");
        // Beside the field itself, too.
        let ask = world.get("/chat/models").bearer(&token).header(name, "home");
        let plan = ask.header("X-PORTCULLIS-Connection", "work").plan();
        assert_eq!(set(&plan, "authorization"), Some("Bearer sk-work"), "{name}");
        assert!(plan.remove.contains(&name.to_owned()) && plan.remove.contains(&FIELD.to_owned()), "{name}");
    }
    // Neither does a parameter, nor a cookie.
    for path in ["/chat/models?x-portcullis-connection=work", "/chat/models?label=work"] {
        let plan = world.get(path).bearer(&token).header("cookie", "x-portcullis-connection=work").plan();
        assert!(!holds(&plan, "sk-work"), "{path}");
    }
    // A route without a connection reads nothing of it, and does not send it on.
    world.route(json!({}));
    let plan = world.get("/app/x").bearer(&token).header(FIELD, "%ff,").plan();
    assert!(plan.remove.contains(&FIELD.to_owned()));
}

#[test]
fn no_websocket_is_opened_with_anybodys_key() {
    let (world, token) = connected();
    for asked in [
        "websocket",
        "WebSocket",
        "WEBSOCKET",
        " websocket ",
        "websocket/13",
        "h2c, websocket",
        "websocket, h2c",
        "h2c,\twebsocket",
        "websocket,websocket",
        "IRC/6.9, WebSocket/13 ",
    ] {
        let ask = world.get("/chat/realtime").bearer(&token).header("upgrade", asked);
        let refused = ask.header("connection", "upgrade").header("sec-websocket-key", "x").send().is(400);
        assert_eq!(refused.str("/code"), "WEBSOCKET_REFUSED", "{asked}");
        assert!(!refused.text.contains("canary"));
    }
    assert_eq!(world.events("vault.relayed"), 0);
    // Who may not call learns that first.
    world.get("/chat/realtime").header("upgrade", "websocket").send().is(401);
    // Another protocol may be offered, and is not taken up (RFC 9110 §7.8): the request goes on without it.
    for offered in ["h2c", "HTTP/2.0", "websockets", "xwebsocket", ""] {
        let ask = world.get("/chat/models").bearer(&token).header("upgrade", offered);
        let plan = ask.header("sec-websocket-protocol", "x").header("http2-settings", "x").plan();
        for gone in ["upgrade", "sec-websocket-protocol", "http2-settings"] {
            assert!(plan.remove.contains(&gone.to_owned()), "{offered}: {gone}");
        }
    }
    // Other routes pass WebSockets as before.
    world.route(json!({}));
    let plan = world.get("/app/ws").bearer(&token).header("upgrade", "websocket").plan();
    assert!(!plan.remove.contains(&"upgrade".to_owned()));
}
