//! Routes to providers' APIs that are connected by OAuth: a token that is good is sent there.

use portcullis::domain::gateway::forward::Plan;
use serde_json::json;

use crate::connections::valid_token::Connected;
use crate::harness::provider::json_answer;
use crate::harness::{Reply, set};

/// A person whose access token ends in so many seconds, a route to the API, and a key of theirs for an agent.
fn connected(ends_in: i64) -> (Connected, String) {
    let all = Connected::with(ends_in);
    let world = &all.world;
    let admin = world.admin();
    world.route(json!({
        "name": "contacts", "path": "/contacts/", "origin": "https://api.crm.example", "connection": "crm",
        "scopes": ["contacts:read"],
    }));
    let scopes = json!({ "scopes": ["contacts:read"] });
    world.patch(&format!("/tenant/home/v2/Users/{}", all.user.id)).bearer(&admin).json(scopes).send().is(200);
    let token = world.session(&all.user).access;
    let key = world.api_key(&token, &["contacts:read"]);
    (all, key)
}

fn plan(all: &Connected, key: &str) -> Plan {
    all.world.get("/contacts/1").key(key).plan()
}

fn refused(all: &Connected, key: &str) -> Reply {
    all.world.get("/contacts/1").key(key).send()
}

#[test]
fn an_agent_calls_with_the_persons_token_and_cannot_have_it() {
    let (all, key) = connected(3_000);
    let plan = plan(&all, &key);
    assert_eq!(plan.url, "https://api.crm.example/contacts/1");
    assert_eq!(set(&plan, "authorization"), Some("Bearer canary-a0"));
    assert!(plan.relays && plan.assertion.is_none());
    // The same key is handed nothing.
    all.world.get(crate::connections::valid_token::PATH).key(&key).send().is(403);
    assert_eq!(all.world.events("vault.token_issued"), 0);
    assert_eq!(all.world.events("vault.relayed"), 1);
}

#[test]
fn a_token_that_is_over_is_renewed_first() {
    let (all, key) = connected(-5);
    let asked = all.provider(Box::new(|sent| {
        assert_eq!(sent, "canary-r0");
        Ok(json_answer(
            200,
            &json!({ "access_token": "canary-a1", "refresh_token": "canary-r1", "expires_in": 3600 }),
        ))
    }));
    assert_eq!(set(&plan(&all, &key), "authorization"), Some("Bearer canary-a1"));
    assert_eq!(set(&plan(&all, &key), "authorization"), Some("Bearer canary-a1"));
    assert_eq!(asked.get(), 1);
}

#[test]
fn what_a_caller_is_told_where_no_token_can_be_had() {
    let (all, key) = connected(-5);
    all.provider(Box::new(|_| Ok(json_answer(503, &json!({})))));
    let later = refused(&all, &key);
    assert_eq!(later.status, 503);
    assert!(!later.text.contains("canary"));
    all.world.advance(3_600);
    all.provider(Box::new(|_| Ok(json_answer(400, &json!({ "error": "invalid_grant" })))));
    for _ in 0..2 {
        let over = refused(&all, &key).is(403);
        assert_eq!(over.str("/code"), "CONNECTION_NEEDED");
        assert_eq!(over.str("/connect"), "https://auth.example.com/auth/connect/crm");
    }
    assert_eq!(all.world.events("vault.relayed"), 0);
}

#[test]
fn who_names_a_label_that_is_not_there_is_told_where_to_connect_it() {
    let (all, key) = connected(3_000);
    let ask = |label: &str| all.world.get("/contacts/1").key(&key).header("x-portcullis-connection", label);
    assert_eq!(set(&ask("").plan(), "authorization"), Some("Bearer canary-a0"));
    let needed = ask("B%C3%BCro").send().is(403);
    assert_eq!(needed.str("/connect"), "https://auth.example.com/auth/connect/crm?label=B%C3%BCro");
    assert_eq!(needed.str("/page"), "https://auth.example.com/tenant/home/account#connections");
    let sql = "UPDATE vault_connections SET label = 'B\u{fc}ro'";
    all.world.sql(sql);
    assert_eq!(set(&ask("B%C3%BCro").plan(), "authorization"), Some("Bearer canary-a0"));
    assert_eq!(ask("").send().is(403).str("/code"), "CONNECTION_NEEDED");
}
