//! `POST /auth/disconnect/{id}`, and every other end of a connection: its tokens are given back.

use serde_json::json;

use crate::connections::apikeys::is_kept;
use crate::connections::flow::{ACCESS, Flow, REFRESH, form};
use crate::harness::served;

/// The tokens that the provider was asked to revoke, oldest first.
fn revoked(flow: &Flow) -> Vec<String> {
    let asked = flow.world.web.asked.borrow();
    let at = asked.iter().filter(|request| request.url == "https://crm.example/revoke");
    at.map(|request| form(&request.body)["token"].clone()).collect()
}

fn owed(flow: &Flow) -> i64 {
    flow.world.number("SELECT count(*) AS n FROM vault_revocations")
}

/// From now on the provider answers nothing of use.
fn down(flow: &Flow) {
    flow.world.web.serves("https://crm.example/revoke", |_| Ok(served(503, &[], b"")));
}

fn up(flow: &Flow) {
    flow.world.web.serves("https://crm.example/revoke", |_| Ok(served(200, &[], b"")));
}

fn both() -> [String; 2] {
    [format!("{REFRESH}-good-1"), format!("{ACCESS}-good-1")]
}

#[test]
fn a_connection_is_forgotten_and_its_tokens_are_revoked() {
    let flow = Flow::new();
    flow.connect("", "good-1");
    let done = flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(200);
    assert_eq!(done.json, json!({ "success": true, "revocation": "queued" }));
    assert_eq!(revoked(&flow), both());
    assert_eq!((flow.apps(), owed(&flow)), (json!([]), 0));
    assert_eq!(flow.world.events("vault.revoked"), 1);
    flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(404);
    // A key is no token that anybody could revoke.
    flow.world.post("/auth/apikeys/openai").bearer(&flow.token).json(json!({ "apiKey": "k" })).send().is(200);
    let done = flow.world.post("/auth/disconnect/openai").bearer(&flow.token).send().is(200);
    assert_eq!(done.json["revocation"], "none");
    assert!(!is_kept(&flow.world, "canary"));
}

#[test]
fn a_provider_that_does_not_answer_is_asked_again() {
    let flow = Flow::new();
    flow.connect("", "good-1");
    down(&flow);
    flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(200);
    assert_eq!((flow.apps(), owed(&flow)), (json!([]), 1));
    // What is owed is sealed as before.
    assert!(!is_kept(&flow.world, "canary"));
    flow.world.cron();
    assert_eq!(revoked(&flow).len(), 1, "it is not due yet");
    flow.world.advance(61);
    up(&flow);
    flow.world.cron();
    assert_eq!(owed(&flow), 0);
    assert_eq!(revoked(&flow)[1..], both());
}

#[test]
fn it_is_given_up_after_a_day() {
    let flow = Flow::new();
    flow.connect("", "good-1");
    down(&flow);
    flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(200);
    for _ in 0..30 {
        flow.world.advance(4 * 3_600);
        flow.world.cron();
    }
    assert_eq!(owed(&flow), 0);
    let told =
        flow.world.sql("SELECT detail FROM audit WHERE event = 'vault.revoked' ORDER BY id DESC LIMIT 1");
    assert!(told[0]["detail"].as_str().unwrap().contains("given up after"), "{told:?}");
}

#[test]
fn a_crash_before_the_provider_was_asked_loses_nothing() {
    let flow = Flow::new();
    flow.connect("", "good-1");
    let ask = flow.world.post("/auth/disconnect/crm").bearer(&flow.token);
    pollster::block_on(ask.answered());
    flow.world.forget_what_comes_after();
    assert_eq!(owed(&flow), 1);
    flow.world.cron();
    assert_eq!((owed(&flow), revoked(&flow).len()), (0, 2));
}

#[test]
fn one_row_that_cannot_be_read_holds_up_no_other() {
    let flow = Flow::new();
    flow.world.sql(
        "INSERT INTO vault_revocations (id, tenant_id, connection_id, provider_id, binding, sealed_access, sealed_refresh, spec,
           sealed_secret, next_at, attempts, created_at)
         VALUES ('x/1', 'home', 'x', 'crm', 'b', '1.x', NULL, 'no JSON', NULL, 0, 0, 0)",
    );
    flow.connect("", "good-1");
    flow.world.post("/auth/disconnect/crm").bearer(&flow.token).send().is(200);
    assert_eq!((owed(&flow), revoked(&flow).len()), (0, 2));
}

#[test]
fn a_deleted_person_provider_and_tenant_leave_no_live_tokens() {
    // A person: deleted by an administrator.
    let flow = Flow::new();
    flow.connect("", "good-1");
    down(&flow);
    let path = format!("/tenant/home/v2/Users/{}", flow.ada.id);
    flow.world.delete(&path).bearer(&flow.world.admin()).send().is(204);
    // What is owed for them says nothing about them.
    let row = format!("{:?}", flow.world.sql("SELECT * FROM vault_revocations"));
    assert!(!row.contains(&flow.ada.id) && !row.contains("ada@"), "{row}");
    up(&flow);
    flow.world.advance(61);
    flow.world.cron();
    assert_eq!((owed(&flow), revoked(&flow).len()), (0, 3));

    // A provider.
    let flow = Flow::new();
    flow.connect("", "good-1");
    flow.world.delete("/auth/providers/crm").bearer(&flow.world.admin()).send().is(200);
    assert_eq!((revoked(&flow), owed(&flow)), (both().to_vec(), 0));

    // A tenant.
    let flow = Flow::new();
    let admin = flow.world.tenant("acme");
    let body = crate::connections::providers::own(json!({}));
    flow.world.post("/auth/providers").tenant("acme").bearer(&admin).json(body).send().is(201);
    let begun = flow.world.get("/auth/connect/crm").tenant("acme").bearer(&admin).send().is(200);
    let url = url::Url::parse(&begun.str("/authUrl")).unwrap();
    let state = crate::connections::flow::param(&url, "state");
    let body = json!({ "code": "good-1", "state": state });
    flow.world.post("/auth/callback").tenant("acme").bearer(&admin).json(body).send().is(200);
    flow.world.delete("/tenant/home/v2/Tenants/acme").bearer(&flow.world.admin()).send().is(204);
    assert_eq!((revoked(&flow), owed(&flow)), (both().to_vec(), 0));
}

#[test]
fn an_administrator_ends_all_connections_to_a_provider() {
    let flow = Flow::new();
    flow.connect("?label=a", "good-1");
    flow.connect("?label=b", "good-2");
    let path = "/auth/connections?providerId=crm";
    flow.world.delete(path).bearer(&flow.token).send().is(403);
    let done = flow.world.delete(path).bearer(&flow.world.admin()).send().is(200);
    assert_eq!(done.json, json!({ "success": true, "ended": 2 }));
    assert_eq!((flow.apps(), revoked(&flow).len(), owed(&flow)), (json!([]), 4, 0));
    flow.world.delete("/auth/connections?providerId=nothing").bearer(&flow.world.admin()).send().is(404);
    flow.world.delete("/auth/connections").bearer(&flow.world.admin()).send().is(400);
    // The provider is still there.
    flow.connect("", "good-3");
}

#[test]
fn a_new_consent_is_not_ended_by_the_one_that_it_replaced() {
    let flow = Flow::new();
    flow.connect("", "good-1");
    flow.connect("", "good-2");
    // Many providers end with one token of a consent all that came of it.
    assert_eq!((revoked(&flow).len(), owed(&flow)), (0, 0));
}
