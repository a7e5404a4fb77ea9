//! `/auth/callback`: a connection ends in the session that began it.

use serde_json::json;

use crate::connections::apikeys::is_kept;
use crate::connections::flow::{ACCESS, Flow, param};

#[test]
fn tokens_are_kept_sealed_and_the_account_is_shown() {
    let flow = Flow::new();
    let url = flow.begin("");
    let state = param(&url, "state");
    let done = flow.post(&flow.token, "good-1", &state).is(200);
    assert_eq!(done.json, json!({ "success": true, "provider": "crm", "missingScopes": [] }));
    let sent = flow.sent.borrow()[0].clone();
    assert_eq!(sent["grant_type"], "authorization_code");
    assert_eq!(sent["redirect_uri"], "https://auth.example.com/auth/callback/crm");
    assert_eq!((sent["client_id"].as_str(), sent["client_secret"].as_str()), ("us", "canary-1"));
    assert_eq!(sent["code_verifier"].len(), 43);
    let app = flow.apps()[0].clone();
    assert_eq!((&app["provider"], &app["email"]), (&json!("crm"), &json!("ada@crm.example")));
    assert_eq!(
        (&app["connectedAt"], &app["expiresAt"]),
        (&json!("2026-05-01T12:00:00Z"), &json!("2026-05-01T13:00:00Z"))
    );
    assert_eq!((&app["connectionType"], &app["status"]), (&json!("oauth"), &json!("active")));
    assert!(!is_kept(&flow.world, "canary"));
    assert!(!is_kept(&flow.world, "good-1"));
    assert_eq!(flow.world.events("vault.connected"), 1);
}

#[test]
fn storage_is_waited_for_twice_beside_the_provider() {
    let flow = Flow::new();
    flow.connect("", "good-1");
    let state = param(&flow.begin(""), "state");
    let before = flow.world.db.trips.get();
    flow.post(&flow.token, "good-2", &state).is(200);
    assert_eq!(flow.world.db.trips.get() - before, 2);
}

#[test]
fn several_connections_of_a_provider_have_labels() {
    let flow = Flow::new();
    flow.connect("?label=work", "good-1");
    flow.connect("?label=home", "good-2");
    // The same label again is in the place of the first.
    flow.connect("?label=work", "good-3");
    let labels: Vec<String> =
        flow.apps().as_array().unwrap().iter().map(|app| app["label"].to_string()).collect();
    assert_eq!(labels, ["\"home\"", "\"work\""]);
    flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(404);
    let body = json!({ "label": "home" });
    flow.world.post("/auth/disconnect/crm").bearer(&flow.token).json(body).send().is(200);
    assert_eq!(flow.apps().as_array().unwrap().len(), 1);
    // The only one that is left needs no label.
    flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(200);
}

#[test]
fn a_browser_comes_back_to_the_account_page() {
    let flow = Flow::new();
    // Begun in the browser's own session: the account page does that, too.
    let cookie = flow.world.cookie(&flow.ada);
    let begun = flow.world.post("/tenant/home/account").navigating().cookie(&cookie);
    let page = begun.form(&[("section", "connect"), ("provider", "crm")]).send().is(200);
    let href = page.text.split("href=\"").find(|part| part.starts_with("https://crm.example/")).unwrap();
    let url = url::Url::parse(&href.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&"))
        .unwrap();
    let path = format!("/auth/callback/crm?code=good-1&state={}", param(&url, "state"));
    // Without the session a page explains.
    let page = flow.world.get(&path).navigating().send().is(400);
    assert!(page.text.contains("connect again"), "{}", page.text);
    assert_eq!(flow.exchanges(), 0);
    let done = flow.world.get(&path).navigating().cookie(&cookie).send().is(303);
    assert_eq!(done.header("location"), Some("/tenant/home/account?done=connected#connections"));
    assert_eq!(flow.apps()[0]["provider"], "crm");
}

#[test]
fn a_program_passes_on_what_a_browser_brought() {
    let flow = Flow::new();
    let state = param(&flow.begin(""), "state");
    let path = format!("/auth/callback/crm?code=good-1&state={state}");
    let done = flow.world.get(&path).bearer(&flow.token).send().is(200);
    assert_eq!(done.json["provider"], "crm");
}

#[test]
fn a_browser_without_the_session_is_sent_on_to_the_app_that_has_it() {
    let flow = Flow::new();
    flow.world.settings(json!({ "allowedOrigins": ["https://app.example.com"] }));
    let url = flow.begin("?origin=https%3A%2F%2Fapp.example.com");
    let state = param(&url, "state");
    assert!(state.starts_with("crm:https://app.example.com:"), "{state}");
    let encoded: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
    let path = format!("/auth/callback/crm?code=good-1&state={encoded}");
    let on = flow.world.get(&path).navigating().send().is(303);
    let to = on.header("location").unwrap();
    assert_eq!(to, format!("https://app.example.com/?code=good-1&state={encoded}"));
    // Nothing was redeemed for it; the app does that.
    assert_eq!(flow.exchanges(), 0);
    flow.post(&flow.token, "good-1", &state).is(200);
    // It is over: a page explains.
    flow.world.get(&path).navigating().send().is(400);
}

#[test]
fn apps_on_this_machine_and_at_the_tenants_origins_have_a_redirect_uri_of_their_own() {
    let flow = Flow::new();
    flow.world.settings(json!({ "allowedOrigins": ["https://app.example.com"] }));
    for uri in ["http://127.0.0.1:8080/cb", "http://[::1]:9/cb", "https://app.example.com/connected?x=1"] {
        let encoded: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let url = flow.begin(&format!("?redirect_uri={encoded}"));
        assert_eq!(param(&url, "redirect_uri"), uri);
        flow.post(&flow.token, "good-1", &param(&url, "state")).is(200);
        assert_eq!(flow.sent.borrow().last().unwrap()["redirect_uri"], uri);
    }
}

#[test]
fn what_the_provider_says_no_to_is_told() {
    let flow = Flow::new();
    let state = |flow: &Flow| param(&flow.begin(""), "state");
    let body = json!({ "error": "access_denied", "state": state(&flow) });
    let refused = flow.world.post("/auth/callback").bearer(&flow.token).json(body).send().is(400);
    assert_eq!(refused.json["error"], "Our CRM declined the connection: access_denied");
    // What is no error code is not repeated.
    let body = json!({ "error": "<script>alert(1)</script>", "state": state(&flow) });
    let refused = flow.world.post("/auth/callback").bearer(&flow.token).json(body).send().is(400);
    assert_eq!(refused.json["error"], "Our CRM declined the connection: unknown_error");
    let refused = flow.post(&flow.token, "bad", &state(&flow)).is(400);
    assert_eq!(refused.json["error"], "Our CRM declined the connection: invalid_grant");
    flow.world.web.serves("https://crm.example/token", |_| Ok(crate::harness::served(503, &[], b"canary")));
    let failed = flow.post(&flow.token, "good", &state(&flow)).is(502);
    assert!(!failed.text.contains("canary"));
    flow.world.web.serves("https://crm.example/token", |_| Err(portcullis::ports::http::Why::TooSlow(10)));
    flow.post(&flow.token, "good", &state(&flow)).is(504);
    assert_eq!(flow.apps(), json!([]));
    assert_eq!(
        flow.world.number(
            "SELECT count(*) AS n FROM audit WHERE event = 'vault.connected' AND outcome = 'failure'"
        ),
        5
    );
}

#[test]
fn a_connection_is_good_without_the_name_of_its_account() {
    let flow = Flow::new();
    flow.world.web.serves("https://crm.example/me", |_| Ok(crate::harness::served(500, &[], b"{}")));
    flow.connect("", "good-1");
    assert_eq!(flow.apps()[0]["email"], json!(null));
}

#[test]
fn tokens_that_nobody_may_keep_are_given_back() {
    let flow = Flow::new();
    let state = param(&flow.begin(""), "state");
    // The provider is deleted while the code is exchanged: this isolate remembers it.
    let db = flow.world.db.clone();
    flow.world.web.serves("https://crm.example/me", move |_| {
        let gone = portcullis::ports::Stmt::new("DELETE FROM vault_providers", vec![]);
        db.one(&gone).unwrap();
        Ok(crate::harness::served(404, &[], b"{}"))
    });
    flow.post(&flow.token, "good-1", &state).is(400);
    // Both, by the queue: a provider that does not answer now is asked again.
    assert_eq!(flow.world.web.times("https://crm.example/revoke"), 2);
    assert_eq!(flow.world.number("SELECT count(*) AS n FROM vault_connections"), 0);
    assert!(!is_kept(&flow.world, ACCESS));
}

/// How long an access token is taken to be good for, by what the provider and its description say.
#[test]
fn a_token_whose_life_is_not_told_has_one_where_it_can_be_renewed() {
    let refresh = json!({ "refresh_token": "canary-r" });
    let nothing = json!({});
    for (what, described, said, lasts) in [
        ("it is told", json!({ "accessTokenSeconds": 900 }), json!({ "expires_in": 60 }), Some(60)),
        ("its description says it", json!({ "accessTokenSeconds": 900 }), nothing.clone(), Some(900)),
        ("nobody says it, and it can be renewed", nothing.clone(), refresh.clone(), Some(3_600)),
        ("nobody says it, and it cannot", nothing.clone(), nothing.clone(), None),
        ("0 is no end", nothing.clone(), json!({ "expires_in": 0 }), None),
        (
            "0, and it can be renewed",
            nothing.clone(),
            json!({ "expires_in": 0, "refresh_token": "r" }),
            Some(3_600),
        ),
        ("it is no number", nothing.clone(), json!({ "expires_in": [], "refresh_token": "r" }), Some(3_600)),
        ("it is too long to be true", nothing.clone(), json!({ "expires_in": i64::MAX }), Some(315_360_000)),
    ] {
        let flow = Flow::with(described);
        let mut answer = json!({ "access_token": "canary-a", "token_type": "Bearer" });
        answer.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        let renewed = json!({ "access_token": "canary-b", "expires_in": 3600 });
        flow.world.web.serves("https://crm.example/token", move |request| {
            let of_code = request.body.contains("authorization_code");
            let body = if of_code { &answer } else { &renewed };
            Ok(crate::harness::served(
                200,
                &[("content-type", "application/json")],
                body.to_string().as_bytes(),
            ))
        });
        flow.connect("", "good");
        let valid = |flow: &Flow| {
            let token = flow.world.session(&flow.ada).access;
            flow.world.get("/auth/valid-token?providerId=crm").bearer(&token).send().is(200)
        };
        assert_eq!(
            valid(&flow).json["expires_in"],
            lasts.map_or(serde_json::Value::Null, Into::into),
            "{what}"
        );
        // One that can be renewed is, at the end of that; one without an end is handed out as long as it is there.
        flow.world.advance(3_600);
        let token = (lasts == Some(3_600)).then_some("canary-b").or(lasts.is_none().then_some("canary-a"));
        if let Some(token) = token {
            assert_eq!(valid(&flow).str("/access_token"), token, "{what}");
        }
    }
}
