//! `GET /auth/connect/{id}`: a connection begins.

use serde_json::json;

use crate::connections::flow::{Flow, param};

#[test]
fn the_browser_is_sent_to_the_provider_with_a_state_and_a_challenge() {
    let flow = Flow::with(json!({ "extraAuthorizeParams": { "access_type": "offline" } }));
    let url = flow.begin("");
    assert_eq!(url.origin().ascii_serialization() + url.path(), "https://crm.example/authorize");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "us"),
        ("redirect_uri", "https://auth.example.com/auth/callback/crm"),
        ("scope", "contacts"),
        ("code_challenge_method", "S256"),
        ("access_type", "offline"),
    ] {
        assert_eq!(param(&url, name), value, "{name}");
    }
    let state = param(&url, "state");
    // A client that splits it reads the provider.
    let parts: Vec<&str> = state.splitn(2, ':').collect();
    assert_eq!(parts[0], "crm");
    assert_eq!(state.rsplit(':').next().unwrap().len(), 43);
    assert_eq!(param(&url, "code_challenge").len(), 43);
    // Neither the state nor the verifier is at rest as it is.
    assert!(!format!("{:?}", flow.world.dump()).contains(&state));
    // Each has a state and a challenge of its own.
    let second = flow.begin("");
    assert_ne!(param(&second, "state"), state);
    assert_ne!(param(&second, "code_challenge"), param(&url, "code_challenge"));
}

#[test]
fn each_tenant_and_provider_has_a_redirect_uri_of_its_own() {
    let flow = Flow::new();
    let other = json!({ "id": "crm2", "name": "CRM 2" });
    let body = crate::connections::providers::own(other);
    flow.world.post("/auth/providers").bearer(&flow.world.admin()).json(body.clone()).send().is(201);
    let begun = flow.world.get("/auth/connect/crm2").bearer(&flow.token).send().is(200);
    assert!(begun.str("/authUrl").contains("%2Fauth%2Fcallback%2Fcrm2"));
    let admin = flow.world.tenant("acme");
    flow.world.post("/auth/providers").tenant("acme").bearer(&admin).json(body).send().is(201);
    let begun = flow.world.get("/auth/connect/crm2").tenant("acme").bearer(&admin).send().is(200);
    let uri = "redirect_uri=https%3A%2F%2Fauth.example.com%2Ftenant%2Facme%2Fauth%2Fcallback%2Fcrm2";
    assert!(begun.str("/authUrl").contains(uri), "{}", begun.text);
}

#[test]
fn scopes_are_asked_for_beyond_what_was_granted() {
    let flow = Flow::new();
    let url = flow.begin("?scopes=deals%20notes");
    assert_eq!(param(&url, "scope"), "deals notes");
    flow.post(&flow.token, "good-1", &param(&url, "state")).is(200);
    assert_eq!(flow.apps()[0]["scopes"], json!(["deals", "notes"]));
    assert_eq!(flow.apps()[0]["missingScopes"], json!(["contacts"]));
    let more = flow.begin("?scopes=contacts");
    assert_eq!(param(&more, "scope"), "deals notes contacts");
    flow.post(&flow.token, "good-2", &param(&more, "state")).is(200);
    assert_eq!(flow.apps()[0]["missingScopes"], json!([]));
    let id = flow.apps()[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/auth/connections/{id}?scopes=notes%20admin");
    let one = flow.world.get(&path).bearer(&flow.token).send().is(200);
    assert_eq!(one.json["missingScopes"], json!(["admin"]));
    // Another label begins with nothing granted.
    assert_eq!(param(&flow.begin("?label=work"), "scope"), "contacts");
    flow.world.get("/auth/connect/crm?scopes=%0d%0a").bearer(&flow.token).send().is(200);
    flow.world.get("/auth/connect/crm?scopes=%C3%A4").bearer(&flow.token).send().is(400);
}

#[test]
fn a_provider_that_refuses_pkce_gets_none() {
    let flow = Flow::with(json!({ "pkce": "refused" }));
    let url = flow.begin("");
    assert_eq!(param(&url, "code_challenge"), "");
    flow.post(&flow.token, "good", &param(&url, "state")).is(200);
    assert!(!flow.sent.borrow()[0].contains_key("code_verifier"));
}

#[test]
fn only_the_person_begins_a_connection() {
    let flow = Flow::new();
    let path = "/auth/connect/crm";
    flow.world.get(path).send().is(401);
    flow.world.get(path).cookie(&flow.world.cookie(&flow.ada)).send().is(401);
    let key = flow.world.api_key(&flow.token, &["read", "write", "vault:read"]);
    flow.world.get(path).key(&key).send().is(401);
    flow.world.get("/auth/connect/openai").bearer(&flow.token).send().is(409);
    for unknown in ["google", "nothing", "CRM", "read"] {
        flow.world.get(&format!("/auth/connect/{unknown}")).bearer(&flow.token).send().is(404);
    }
    let off = crate::connections::providers::own(json!({ "enabled": false }));
    flow.world.put("/auth/providers/crm").bearer(&flow.world.admin()).json(off).send().is(200);
    flow.world.get(path).bearer(&flow.token).send().is(404);
}

#[test]
fn connections_are_begun_thirty_times_a_minute_and_twenty_are_under_way() {
    let flow = Flow::new();
    let begin = || flow.world.get("/auth/connect/crm").bearer(&flow.token).status();
    let statuses: Vec<u16> = (0..31).map(|_| begin()).collect();
    assert!(statuses[..20].iter().all(|status| *status == 200));
    assert!(statuses[20..30].iter().all(|status| *status == 409));
    assert_eq!(statuses[30], 429);
    flow.world.advance(601);
    assert_eq!(begin(), 200);
    flow.world.advance(601);
    flow.world.cron();
    assert_eq!(flow.world.number("SELECT count(*) AS n FROM vault_attempts"), 0);
}

#[test]
fn storage_is_waited_for_twice() {
    let flow = Flow::new();
    flow.begin("");
    let before = flow.world.db.trips.get();
    flow.begin("");
    // Side by side with the counter: what is there already, then the attempt.
    assert_eq!(flow.world.db.trips.get() - before, 2);
}
