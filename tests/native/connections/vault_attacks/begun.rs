//! Who did not begin a connection does not end it: none of these attacks reaches the token endpoint, and none changes what
//! anybody has connected.

use serde_json::{Value, json};

use crate::connections::flow::{Flow, param};
use crate::connections::providers::own;
use crate::connections::vault_attacks::lend;

/// Nothing was exchanged and nothing connected.
#[track_caller]
fn nothing_happened(flow: &Flow, what: &str) {
    assert_eq!(flow.exchanges(), 0, "{what}");
    assert_eq!(flow.world.number("SELECT count(*) AS n FROM vault_connections"), 0, "{what}");
}

/// An attack: its section, what it is, and what is sent while the person's own connection is under way with a state.
pub type Attack = (&'static str, &'static str, fn(&Flow, &str) -> Vec<u16>);

fn eve(flow: &Flow) -> String {
    flow.world.session(&flow.world.user("eve@example.com")).access
}

fn body(flow: &Flow, token: &str, body: Value) -> u16 {
    flow.world.post("/auth/callback").bearer(token).json(body).status()
}

pub const ATTACKS: &[Attack] = &[
    ("update §2.2", "account injection: another person's session brings the state", |flow, state| {
        vec![flow.post(&eve(flow), "good", state).status]
    }),
    (
        "update §2.3",
        "fixation: the victim comes back with the attacker's pre-authorization URL",
        |flow, _| {
            let attacker = eve(flow);
            let state = param(&flow.begin_with(&attacker, ""), "state");
            let cookie = flow.world.cookie(&flow.ada);
            let path = format!("/auth/callback/crm?code=good&state={state}");
            vec![
                flow.world.get(&path).navigating().cookie(&cookie).status(),
                flow.world.get(&path).navigating().status(),
                flow.post(&flow.token, "good", &state).status,
            ]
        },
    ),
    ("update §2.2", "another session of the same person", |flow, state| {
        vec![flow.post(&flow.world.session(&flow.ada).access, "good", state).status]
    }),
    ("update §2.2", "the browser's session of the same person", |flow, state| {
        let path = format!("/auth/callback/crm?code=good&state={state}");
        vec![flow.world.get(&path).navigating().cookie(&flow.world.cookie(&flow.ada)).status()]
    }),
    ("update §2.2", "the session ended meanwhile, and this isolate remembers it", |flow, state| {
        let token = flow.world.session(&flow.world.user("bob@example.com")).access;
        let state_of_bob = param(&flow.begin_with(&token, ""), "state");
        flow.world.sql("UPDATE sessions SET ended_at = 1 WHERE user_id IN (SELECT id FROM users WHERE email = 'bob@example.com')");
        let _ = state;
        vec![flow.post(&token, "good", &state_of_bob).status]
    }),
    ("RFC 9700 §4.7", "CSRF: a state that nobody began", |flow, _| {
        vec![
            flow.post(&flow.token, "good", "crm::aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").status,
            flow.post(&flow.token, "good", "").status,
            flow.post(&flow.token, "good", "crm:https://app.example.com").status,
            flow.post(&flow.token, "good", &"x".repeat(3_000)).status,
        ]
    }),
    ("RFC 9700 §4.7", "a state that was changed", |flow, state| {
        let secret = state.rsplit(':').next().unwrap();
        vec![
            flow.post(&flow.token, "good", secret).status,
            flow.post(&flow.token, "good", &format!("{state} ")).status,
            flow.post(&flow.token, "good", &state.to_uppercase()).status,
            flow.post(&flow.token, "good", &format!("crm:https://evil.example:{secret}")).status,
            flow.post(&flow.token, "good", &format!("google::{secret}")).status,
        ]
    }),
    ("RFC 9700 §4.7", "the state comes twice", |flow, state| {
        let path = format!("/auth/callback/crm?code=good&state={state}&state=x");
        vec![flow.world.get(&path).bearer(&flow.token).status()]
    }),
    ("RFC 9700 §4.4", "mix-up: another provider's callback", |flow, state| {
        let path = format!("/auth/callback/crm2?code=good&state={state}");
        vec![flow.world.get(&path).bearer(&flow.token).status()]
    }),
    ("RFC 9700 §4.4", "mix-up: the state of another provider", |flow, _| {
        let begun = flow.world.get("/auth/connect/crm2").bearer(&flow.token).send().is(200);
        let state = param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state");
        let path = format!("/auth/callback/crm?code=good&state={state}");
        vec![flow.world.get(&path).bearer(&flow.token).status()]
    }),
    ("RFC 9700 §4.4, RFC 9207", "another issuer answers", |flow, _| {
        let issuers =
            ["https://evil.example", "https://CRM.example", "https://crm.example/", "http://crm.example"];
        let send = |iss: &str| {
            let state = param(&flow.begin(""), "state");
            body(flow, &flow.token, json!({ "code": "good", "state": state, "iss": iss }))
        };
        issuers.map(send).to_vec()
    }),
    ("update §2.2", "another tenant's callback", |flow, state| {
        let admin = flow.world.tenant("acme");
        let path = format!("/tenant/acme/auth/callback/crm?code=good&state={state}");
        vec![
            flow.world.get(&path).bearer(&flow.token).status(),
            flow.world.get(&path).bearer(&admin).status(),
            flow.world.get(&path).navigating().cookie(&flow.world.cookie(&flow.ada)).status(),
        ]
    }),
    ("RFC 6819 §4.4.1.1", "a code that comes too late", |flow, _| {
        let state = param(&flow.begin(""), "state");
        flow.world.advance(600);
        vec![flow.post(&flow.token, "good", &state).status]
    }),
    ("RFC 6749 §4.1.2", "without a code", |flow, _| {
        let state = || param(&flow.begin(""), "state");
        vec![
            body(flow, &flow.token, json!({ "state": state() })),
            body(flow, &flow.token, json!({ "state": state(), "code": "" })),
            body(flow, &flow.token, json!({ "state": state(), "code": "x".repeat(5_000) })),
            body(flow, &flow.token, json!({ "code": "good" })),
            body(flow, &flow.token, json!({ "state": 1, "code": "good" })),
        ]
    }),
    ("RFC 9700 §4.7", "a cookie alone posts nothing", |flow, state| {
        let cookie = flow.world.cookie(&flow.ada);
        let ask = flow.world.post("/auth/callback").cookie(&cookie);
        vec![ask.json(json!({ "code": "good", "state": state })).status()]
    }),
    ("update §2.2", "what was lent: a key with every scope", |flow, state| {
        let key = flow.world.api_key(&flow.token, &["read", "write", "vault:read"]);
        let ask = flow.world.post("/auth/callback").key(&key);
        vec![ask.json(json!({ "code": "good", "state": state })).status()]
    }),
    ("RFC 9700 §4.4", "the provider was turned off meanwhile", |flow, _| {
        let begun = flow.world.get("/auth/connect/crm2").bearer(&flow.token).send().is(200);
        let state = param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state");
        let off = own(json!({ "id": "crm2", "enabled": false, "issuer": "https://crm.example" }));
        flow.world.put("/auth/providers/crm2").bearer(&flow.world.admin()).json(off).send().is(200);
        vec![flow.post(&flow.token, "good", &state).status]
    }),
    ("RFC 9700 §4.4", "the provider was deleted meanwhile", |flow, _| {
        let begun = flow.world.get("/auth/connect/crm2").bearer(&flow.token).send().is(200);
        let state = param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state");
        flow.world.delete("/auth/providers/crm2").bearer(&flow.world.admin()).send().is(200);
        vec![flow.post(&flow.token, "good", &state).status]
    }),
    ("update §2.2", "what was lent: a client that the person let in", |flow, state| {
        let lent = lend(&flow.world, &flow.ada, "openid read write vault:read");
        vec![flow.post(&lent, "good", state).status]
    }),
    (
        "update §2.2",
        "cross-tool: the state that an agent's own tool began is brought to its person",
        |flow, _| {
            // The agent has an account of its own, and its tool sends its person's browser away.
            let agent = flow.world.session(&flow.world.user("agent@example.com")).access;
            let state = param(&flow.begin_with(&agent, "?label=work"), "state");
            let path = format!("/auth/callback/crm?code=good&state={state}");
            let cookie = flow.world.cookie(&flow.ada);
            vec![
                flow.post(&flow.token, "good", &state).status,
                flow.world.get(&path).navigating().cookie(&cookie).status(),
                flow.world.get(&path).bearer(&flow.token).status(),
            ]
        },
    ),
    ("update §2.3", "fixation: a browser that is signed in after it was sent away", |flow, _| {
        let attacker = eve(flow);
        let state = param(&flow.begin_with(&attacker, ""), "state");
        let path = format!("/auth/callback/crm?code=good&state={state}");
        let first = flow.world.get(&path).navigating().status();
        let later = flow.world.cookie(&flow.ada);
        vec![first, flow.world.get(&path).navigating().cookie(&later).status()]
    }),
    ("RFC 9700 §4.7", "the callback after the person signed out", |flow, _| {
        let bob = flow.world.user("bob@example.com");
        let token = flow.world.session(&bob).access;
        let state = param(&flow.begin_with(&token, ""), "state");
        flow.world.post("/users/logout").bearer(&token).send().is(200);
        let again = flow.world.session(&bob).access;
        vec![flow.post(&token, "good", &state).status, flow.post(&again, "good", &state).status]
    }),
    ("RFC 9700 §4.7", "the callback after the person was disabled", |flow, _| {
        let bob = flow.world.user("bob@example.com");
        let token = flow.world.session(&bob).access;
        let state = param(&flow.begin_with(&token, ""), "state");
        let path = format!("/tenant/home/v2/Users/{}", bob.id);
        let body = json!({ "status": "disabled" });
        flow.world.patch(&path).bearer(&flow.world.admin()).json(body).send().is(200);
        flow.world.advance(6);
        vec![flow.post(&token, "good", &state).status]
    }),
    ("RFC 9700 §4.4", "mix-up: a provider's own words in the place of its id", |flow, state| {
        let send = |id: &str| {
            let path = format!("/auth/callback/{id}?code=good&state={state}");
            flow.world.get(&path).bearer(&flow.token).status()
        };
        ["CRM", "crm%20", "crm%2f", "%63rm2", "crm:", "crm%00", "google", "-"].map(send).to_vec()
    }),
];

fn flow() -> Flow {
    let flow = Flow::with(json!({ "issuer": "https://crm.example" }));
    let second = own(json!({ "id": "crm2", "name": "CRM 2", "issuer": "https://crm.example" }));
    flow.world.post("/auth/providers").bearer(&flow.world.admin()).json(second).send().is(201);
    flow
}

#[test]
fn who_did_not_begin_a_connection_does_not_end_it() {
    for (section, what, attack) in ATTACKS {
        let what = &format!("{section}: {what}");
        let flow = flow();
        let state = param(&flow.begin(""), "state");
        let statuses = attack(&flow, &state);
        assert!(statuses.iter().all(|status| (400..500).contains(status)), "{what}: {statuses:?}");
        nothing_happened(&flow, what);
        // Whoever began it ends it, as long as it may be.
        if flow.world.now() == Flow::new().world.now() {
            let honest = flow.post(&flow.token, "good", &state);
            assert_eq!(honest.status, 200, "{what}: {}", honest.text);
        }
    }
}

#[test]
fn a_state_is_good_once_however_many_bring_it_at_once() {
    let flow = flow();
    let state = param(&flow.begin(""), "state");
    let asks = (0..20).map(|_| flow.ask(&flow.token, "good", &state)).collect();
    let replies = flow.world.together(asks);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(flow.exchanges(), 1);
    flow.post(&flow.token, "good", &state).is(400);
    // One that failed is over as well: a code that was stolen in between is not tried again.
    let state = param(&flow.begin(""), "state");
    flow.post(&flow.token, "bad", &state).is(400);
    flow.post(&flow.token, "good", &state).is(400);
    // With the issuer that it has, it is honest.
    let state = param(&flow.begin(""), "state");
    let honest = json!({ "code": "good", "state": state, "iss": "https://crm.example" });
    assert_eq!(body(&flow, &flow.token, honest), 200);
}

/// Who cannot connect cannot disconnect either.
#[test]
fn nobody_else_ends_a_connection() {
    let flow = flow();
    flow.connect("", "good");
    let path = "/auth/disconnect/crm";
    let key = flow.world.api_key(&flow.token, &["read", "write", "vault:read"]);
    let other = flow.world.tenant("acme");
    assert_eq!(flow.world.post(path).bearer(&eve(&flow)).status(), 404);
    assert_eq!(flow.world.post(path).tenant("acme").bearer(&other).status(), 404);
    assert_eq!(flow.world.post(path).tenant("acme").bearer(&flow.token).status(), 403);
    assert_eq!(flow.world.post(path).cookie(&flow.world.cookie(&flow.ada)).status(), 401);
    assert_eq!(flow.world.post(path).key(&key).status(), 401);
    assert_eq!(flow.world.post(path).status(), 401);
    assert_eq!(flow.apps().as_array().unwrap().len(), 1);
    flow.world.post(path).bearer(&flow.token).send().is(200);
}
