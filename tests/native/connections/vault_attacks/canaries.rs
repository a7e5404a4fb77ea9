//! Secrets through a whole life, in success and in failure at each endpoint: where they may stand, and nowhere else.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::connections::flow::{Flow, param};
use crate::connections::providers::own;
use crate::harness::provider::json_answer;
use crate::harness::{Ask, Reply, served};

/// What is sent and kept in this test: each begins alike, so that parts of it are found as well.
const CANARY: &str = "canary";

/// The endpoints of the vault, as the document has them.
fn endpoints() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(include_str!("../../../../static/docs/openapi.json")).unwrap();
    let ours = [
        "/auth/providers",
        "/auth/connect",
        "/auth/callback",
        "/auth/disconnect",
        "/auth/apikeys",
        "/auth/valid-token",
        "/auth/google-search-keys",
        "/tenant/{tenant}/auth/callback",
    ];
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .filter(|(path, _)| ours.iter().any(|start| path.starts_with(start)))
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            let methods =
                methods.filter(|method| ["get", "post", "put", "delete"].contains(&method.as_str()));
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

/// A walk through the endpoints, and what is searched for meanwhile.
struct Walk<'f> {
    flow: &'f Flow,
    /// Secrets that do not begin with [`CANARY`]: codes, states and verifiers.
    secrets: RefCell<Vec<String>>,
    succeeded: RefCell<BTreeSet<String>>,
    failed: RefCell<BTreeSet<String>>,
}

impl Walk<'_> {
    fn keep(&self, secret: &str) {
        self.secrets.borrow_mut().push(secret.to_owned());
    }

    /// Asks, and looks everywhere; the answer may hold these.
    fn step(&self, endpoint: &str, ask: Ask<'_>, may_hold: &[&str]) -> Reply {
        let reply = ask.unlimited().send();
        let went_well = reply.status < 400;
        let into = if went_well { &self.succeeded } else { &self.failed };
        into.borrow_mut().insert(endpoint.to_owned());
        let mut shown = format!("{} {:?}", reply.text, reply.headers);
        for allowed in may_hold {
            shown = shown.replace(allowed, "");
        }
        self.search(&shown, endpoint);
        self.look(endpoint);
        reply
    }

    /// Nothing of it is in a text.
    fn search(&self, text: &str, what: &str) {
        assert!(!text.contains(CANARY), "{what}: {text}");
        for secret in self.secrets.borrow().iter() {
            assert!(!text.contains(secret), "{what}, {secret}: {text}");
        }
    }

    /// Nothing of it is at rest, in the log, in the audit log as administrators read it, or in a mail.
    fn look(&self, what: &str) {
        let world = &self.flow.world;
        self.search(&format!("{:?}", world.dump()), &format!("{what}: database"));
        self.search(&world.log.0.borrow().join("\n"), &format!("{what}: log"));
        self.search(&format!("{:?}", world.mails("ada@example.com")), &format!("{what}: mails"));
    }
}

#[test]
fn secrets_stand_where_they_are_asked_for_and_nowhere_else() {
    let flow = Flow::with(json!({ "clientSecret": "canary-client-secret" }));
    let world = &flow.world;
    let walk = Walk {
        flow: &flow,
        secrets: RefCell::default(),
        succeeded: RefCell::default(),
        failed: RefCell::default(),
    };
    let admin = world.admin();
    let eve = world.session(&world.user("eve@example.com")).access;
    let get = |path: &str| world.get(path).bearer(&flow.token);

    // Providers.
    let list = "/auth/providers";
    let made = own(json!({ "id": "other", "clientSecret": "canary-other" }));
    walk.step("POST /auth/providers", world.post(list).bearer(&admin).json(made.clone()), &[]).is(201);
    walk.step("POST /auth/providers", world.post(list).bearer(&admin).json(made.clone()), &[]).is(409);
    let wrong =
        own(json!({ "id": "third", "tokenUrl": "https://canary.localhost/x", "clientSecret": "canary x\n" }));
    walk.step("POST /auth/providers", world.post(list).bearer(&admin).json(wrong), &["canary.localhost"])
        .is(400);
    let other = "/auth/providers/other";
    walk.step("PUT /auth/providers/{id}", world.put(other).bearer(&admin).json(made.clone()), &[]).is(200);
    walk.step("PUT /auth/providers/{id}", world.put(other).bearer(&eve).json(made), &[]).is(403);
    walk.step("GET /auth/providers", world.get(&format!("{list}?all=true")).bearer(&admin), &[]).is(200);
    walk.step("GET /auth/providers", world.get(list), &[]).is(401);
    walk.step("GET /auth/providers/{id}", world.get(other).bearer(&admin), &[]).is(200);
    walk.step("GET /auth/providers/{id}", get("/auth/providers/none"), &[]).is(404);

    // A connection by OAuth.
    walk.step("GET /auth/connect/{id}", get("/auth/connect/none"), &[]).is(404);
    let begin = || {
        let begun = walk.step("GET /auth/connect/{id}", get("/auth/connect/crm"), &[]).is(200);
        let state = param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state");
        walk.keep(state.rsplit(':').next().unwrap());
        state
    };
    let post = |code: &str, state: &str| {
        world.post("/auth/callback").bearer(&flow.token).json(json!({ "code": code, "state": state }))
    };
    let state = begin();
    walk.keep("c0de-bad-7d1e");
    walk.step("POST /auth/callback", post("c0de-bad-7d1e", &state), &[]).is(400);
    let state = begin();
    walk.keep("good-c0de-7d1e");
    let path = format!("/auth/callback/crm?code=good-c0de-7d1e&state={state}");
    walk.step("GET /auth/callback/{id}", world.get(&path).bearer(&eve), &[]).is(400);
    walk.step("GET /auth/callback/{id}", world.get(&path).bearer(&flow.token), &[]).is(200);
    walk.step("GET /auth/callback/{id}", world.get(&path).navigating(), &[]).is(400);
    walk.keep(&flow.sent.borrow().last().unwrap()["code_verifier"]);
    let state = begin();
    walk.step("POST /auth/callback", post("good-c0de-7d1e", &state), &[]).is(200);
    walk.keep(&flow.sent.borrow().last().unwrap()["code_verifier"]);
    connects_at_a_tenant(&walk);

    // What was connected.
    let access = "canary-access-good-c0de-7d1e";
    let token = "/auth/valid-token?providerId=crm";
    let handed = walk.step("GET /auth/valid-token", get(token), &[access]).is(200);
    assert_eq!(handed.str("/access_token"), access);
    walk.step("GET /auth/valid-token", world.get(token).bearer(&eve), &[]).is(404);
    let listed = walk.step("GET /auth/connected", get("/auth/connected"), &[]).is(200);
    walk.step("GET /auth/connected", world.get("/auth/connected"), &[]).is(401);
    let one = format!("/auth/connections/{}", listed.json["connectedApps"][0]["id"].as_str().unwrap());
    walk.step("GET /auth/connections/{id}", get(&one), &[]).is(200);
    walk.step("GET /auth/connections/{id}", world.get(&one).bearer(&eve), &[]).is(404);
    refreshes(&walk);

    // Keys.
    let key = "/auth/apikeys/openai";
    let store = |key_text: &str| world.post(key).bearer(&flow.token).json(json!({ "apiKey": key_text }));
    walk.step("POST /auth/apikeys/{id}", store("canary-key"), &[]).is(200);
    walk.step("POST /auth/apikeys/{id}", store("canary key"), &[]).is(400);
    let read = walk.step("GET /auth/apikeys/{id}", get(key), &["canary-key"]).is(200);
    assert_eq!(read.str("/apiKey"), "canary-key");
    walk.step("GET /auth/apikeys/{id}", world.get(key).bearer(&eve), &[]).is(404);
    walk.step("DELETE /auth/apikeys/{id}", world.delete(key).bearer(&eve), &[]).is(404);
    walk.step("DELETE /auth/apikeys/{id}", world.delete(key).bearer(&flow.token), &[]).is(200);
    let search = "/auth/google-search-keys";
    let keys = json!({ "apiKey": "canary-search", "searchEngineId": "cx:1" });
    walk.step("PUT /auth/google-search-keys", world.put(search).bearer(&eve).json(keys.clone()), &[]).is(403);
    walk.step("PUT /auth/google-search-keys", world.put(search).bearer(&admin).json(keys), &[]).is(200);
    walk.step("GET /auth/google-search-keys", get(search), &["canary-search"]).is(200);
    walk.step("GET /auth/google-search-keys", world.get(search), &[]).is(401);
    walk.step("DELETE /auth/google-search-keys", world.delete(search).bearer(&eve), &[]).is(403);
    walk.step("DELETE /auth/google-search-keys", world.delete(search).bearer(&admin), &[]).is(200);

    // What administrators bring along, and the end of all.
    let import = |other: Value| {
        let mut body = json!({
            "userId": flow.ada.id, "providerId": "crm", "label": "b", "accessToken": "canary-imported",
            "refreshToken": "canary-imported-refresh",
        });
        body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        world.post("/auth/connections").bearer(&admin).json(body)
    };
    walk.step("POST /auth/connections", import(json!({})), &[]).is(201);
    walk.step("POST /auth/connections", import(json!({ "accessToken": "canary x" })), &[]).is(400);
    walk.step("POST /auth/connections", import(json!({ "apiKey": "canary-k" })), &[]).is(400);
    let account = world.get("/tenant/home/account").navigating().cookie(&world.cookie(&flow.ada));
    walk.step("account page", account, &[]).is(200);
    for path in ["/tenant/home/v2/Audit", "/tenant/home/v2/Users"] {
        walk.step(path, world.get(path).bearer(&admin), &[]);
    }
    let person = format!("/tenant/home/v2/Users/{}", flow.ada.id);
    walk.step("user", world.get(&person).bearer(&admin), &[]).is(200);
    walk.step("POST /auth/disconnect/{id}", world.post("/auth/disconnect/crm").bearer(&eve), &[]).is(404);
    world.web.serves("https://crm.example/revoke", |_| Ok(served(503, &[], b"canary-revoke")));
    walk.step(
        "POST /auth/disconnect/{id}",
        world.post("/auth/disconnect/crm?label=b").bearer(&flow.token),
        &[],
    )
    .is(200);
    let all = "/auth/connections?providerId=crm";
    walk.step("DELETE /auth/connections", world.delete(all).bearer(&eve), &[]).is(403);
    walk.step("DELETE /auth/connections", world.delete(all).bearer(&admin), &[]).is(200);
    world.advance(61);
    world.web.serves("https://crm.example/revoke", |_| {
        Ok(json_answer(400, &json!({ "error": "canary-revoke", "error_description": "canary" })))
    });
    world.cron();
    walk.look("after revocation");
    walk.step("DELETE /auth/providers/{id}", world.delete(other).bearer(&eve), &[]).is(403);
    walk.step("DELETE /auth/providers/{id}", world.delete(other).bearer(&admin), &[]).is(200);
    walk.step("user", world.delete(&person).bearer(&admin), &[]).is(204);
    walk.look("after the person");

    // Each endpoint did its work once, and refused it once.
    let both = |walked: &RefCell<BTreeSet<String>>| walked.borrow().clone();
    for endpoint in endpoints() {
        assert!(both(&walk.succeeded).contains(&endpoint), "{endpoint} did not succeed");
        assert!(both(&walk.failed).contains(&endpoint), "{endpoint} did not fail");
    }
}

/// The same at a tenant without a host of its own, whose callback has an address of its own.
fn connects_at_a_tenant(walk: &Walk<'_>) {
    let world = &walk.flow.world;
    let admin = world.tenant("acme");
    let body = own(json!({ "clientSecret": "canary-acme" }));
    let make = world.post("/auth/providers").tenant("acme").bearer(&admin).json(body);
    walk.step("POST /auth/providers", make, &[]).is(201);
    let begin = world.get("/auth/connect/crm").tenant("acme").bearer(&admin);
    let begun = walk.step("GET /auth/connect/{id}", begin, &[]).is(200);
    let state = param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state");
    walk.keep(state.rsplit(':').next().unwrap());
    walk.keep("good-acme-7d1e");
    let endpoint = "GET /tenant/{tenant}/auth/callback/{id}";
    let path = format!("/tenant/acme/auth/callback/crm?code=good-acme-7d1e&state={state}");
    walk.step(endpoint, world.get(&path).navigating(), &[]).is(400);
    walk.step(endpoint, world.get(&path).bearer(&admin), &[]).is(200);
}

/// Renewed, refused, and in need of the person, who is mailed.
fn refreshes(walk: &Walk<'_>) {
    let world = &walk.flow.world;
    let get = || world.get("/auth/valid-token?providerId=crm").bearer(&walk.flow.token);
    let over = || {
        world.sql("UPDATE vault_connections SET expires_at = 1, retry_at = NULL WHERE tenant_id = 'home'");
    };
    over();
    world.web.serves("https://crm.example/token", |_| {
        let tokens = json!({ "access_token": "canary-a1", "refresh_token": "canary-r1", "expires_in": 3600 });
        Ok(json_answer(200, &tokens))
    });
    walk.step("GET /auth/valid-token", get(), &["canary-a1"]).is(200);
    over();
    world.web.serves("https://crm.example/token", |_| Ok(served(503, &[], b"canary-body")));
    walk.step("GET /auth/valid-token", get(), &[]).is(503);
    over();
    world.web.serves("https://crm.example/token", |_| {
        Ok(json_answer(400, &json!({ "error": "invalid_grant", "error_description": "canary-r1 is over" })))
    });
    walk.step("GET /auth/valid-token", get(), &[]).is(409);
    assert!(!world.mails("ada@example.com").is_empty());
}
