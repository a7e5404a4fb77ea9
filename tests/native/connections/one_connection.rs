//! `/auth/connections`: one connection, and those that administrators bring along.

use serde_json::{Value, json};

use crate::connections::apikeys::is_kept;
use crate::connections::flow::Flow;
use crate::harness::served;

const PATH: &str = "/auth/connections";

fn import(flow: &Flow, other: Value) -> crate::harness::Reply {
    let mut body = json!({
        "userId": flow.ada.id, "providerId": "crm", "accessToken": "canary-a", "refreshToken": "canary-r",
        "expiresIn": 60, "scopes": ["contacts"], "account": "ada@crm.example",
    });
    body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    flow.world.post(PATH).bearer(&flow.world.admin()).json(body).send()
}

#[test]
fn one_connection_is_shown_to_its_person_alone() {
    let flow = Flow::new();
    flow.connect("?label=work", "good-1");
    let id = flow.apps()[0]["id"].as_str().unwrap().to_owned();
    let path = format!("{PATH}/{id}");
    let shown = flow.world.get(&path).bearer(&flow.token).send().is(200);
    assert_eq!((&shown.json["provider"], &shown.json["label"]), (&json!("crm"), &json!("work")));
    assert!(!shown.text.contains("canary"));
    // Foreign, unknown, of another tenant: all alike.
    let eve = flow.world.session(&flow.world.user("eve@example.com")).access;
    let other = flow.world.tenant("acme");
    let foreign = flow.world.get(&path).bearer(&eve).send().is(404);
    let unknown = flow.world.get(&format!("{PATH}/0190b2a4")).bearer(&eve).send().is(404);
    let tenants = flow.world.get(&path).tenant("acme").bearer(&other).send().is(404);
    for refused in [&foreign, &unknown, &tenants] {
        assert_eq!(refused.json["error"], "Not found");
    }
    let plain = flow.world.api_key(&flow.token, &["read", "write"]);
    flow.world.get(&path).key(&plain).send().is(403);
    let reads = flow.world.api_key(&flow.token, &["vault:read"]);
    flow.world.get(&path).key(&reads).send().is(200);
}

#[test]
fn an_administrator_brings_connections_along() {
    let flow = Flow::new();
    let made = import(&flow, json!({})).is(201);
    assert_eq!(made.json["success"], true);
    let app = flow.apps()[0].clone();
    assert_eq!(app["id"], made.json["id"]);
    assert_eq!(
        (&app["email"], &app["expiresAt"]),
        (&json!("ada@crm.example"), &json!("2026-05-01T12:01:00Z"))
    );
    assert!(!is_kept(&flow.world, "canary"));
    assert_eq!(flow.world.events("vault.imported"), 1);
    let key = json!({ "userId": flow.ada.id, "providerId": "openai", "apiKey": "sk-imported" });
    flow.world.post(PATH).bearer(&flow.world.admin()).json(key).send().is(201);
    let read = flow.world.get("/auth/apikeys/openai").bearer(&flow.token).send().is(200);
    assert_eq!(read.str("/apiKey"), "sk-imported");
}

#[test]
fn a_token_whose_life_is_not_known_is_renewed_at_its_first_use() {
    for (what, other, token, ends_in) in [
        ("it is known", json!({}), "canary-a", json!(60)),
        ("it is not known", json!({ "expiresIn": null }), "canary-new", json!(3_600)),
        ("it is over", json!({ "expiresIn": 0 }), "canary-new", json!(3_600)),
        ("it cannot be renewed", json!({ "expiresIn": null, "refreshToken": null }), "canary-a", Value::Null),
    ] {
        let flow = Flow::new();
        flow.world.web.serves("https://crm.example/token", |request| {
            assert!(request.body.contains("refresh_token=canary-r"));
            let answer = json!({ "access_token": "canary-new", "expires_in": 3600 }).to_string();
            Ok(served(200, &[("content-type", "application/json")], answer.as_bytes()))
        });
        import(&flow, other).is(201);
        // Nothing is renewed before its time: a life of a minute is half over then.
        let reply = flow.world.get("/auth/valid-token?providerId=crm").bearer(&flow.token).send().is(200);
        assert_eq!(
            (reply.str("/access_token").as_str(), &reply.json["expires_in"]),
            (token, &ends_in),
            "{what}"
        );
    }
}

#[test]
fn what_is_brought_along_is_checked() {
    let flow = Flow::new();
    for (field, other) in [
        ("accessToken", json!({ "accessToken": null })),
        ("accessToken", json!({ "accessToken": "a b" })),
        ("refreshToken", json!({ "refreshToken": "a\nb" })),
        ("apiKey", json!({ "apiKey": "k" })),
        ("expiresIn", json!({ "expiresIn": -1 })),
        ("scopes", json!({ "scopes": ["a b"] })),
        ("label", json!({ "label": "x".repeat(61) })),
        ("account", json!({ "account": "\u{202e}x" })),
    ] {
        let refused = import(&flow, other.clone()).is(400);
        assert!(refused.str("/error").contains(field), "{other}: {}", refused.text);
    }
    import(&flow, json!({ "providerId": "nothing" })).is(404);
    import(&flow, json!({ "userId": "nobody" })).is(404);
    let admin = flow.world.tenant("acme");
    let theirs = flow.world.user_with("acme", "bob@acme.example", |_| {});
    import(&flow, json!({ "userId": theirs.id })).is(404);
    let body = json!({ "userId": flow.ada.id, "providerId": "openai", "apiKey": "k" });
    flow.world.post(PATH).tenant("acme").bearer(&admin).json(body.clone()).send().is(404);
    flow.world.post(PATH).bearer(&flow.token).json(body).send().is(403);
    assert_eq!(flow.apps(), json!([]));
}
