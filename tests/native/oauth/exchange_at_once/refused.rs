//! Where one condition alone fails, nothing is taken and nothing begins.

use serde_json::json;

use super::{API, Kind, SCOPE, begun, party};
use crate::harness::dpop::Holder;
use crate::harness::oidc::{CALLBACK, CHALLENGE, Params, Party, basic, metadata};

/// What of an exchange is wrong; the good one still works afterwards.
type Wrong = (&'static str, fn(Params) -> Params);

const PRESENTED: &[Wrong] = &[
    ("another redirect URI", |code| code.with("redirect_uri", "https://app.example/other")),
    ("a longer redirect URI", |code| code.with("redirect_uri", &format!("{CALLBACK}/"))),
    ("no redirect URI", |code| code.without("redirect_uri")),
    ("another verifier", |code| code.with("code_verifier", &"b".repeat(43))),
    ("the challenge", |code| code.with("code_verifier", CHALLENGE)),
    ("a short verifier", |code| code.with("code_verifier", "short")),
    ("a verifier of other signs", |code| code.with("code_verifier", &"%".repeat(43))),
    ("no verifier", |code| code.without("code_verifier")),
    ("another code", |code| code.with("code", &"A".repeat(43))),
    ("a resource that was not let", |code| code.and("resource", "https://else.example/")),
    ("the resource and another", |code| code.and("resource", API).and("resource", "https://else.example/")),
];

#[test]
fn what_is_presented_wrongly_takes_nothing() {
    for (what, wrong) in PRESENTED {
        let party = party(json!({ "token_endpoint_auth_method": "none" }));
        let good = Kind::Code.given(&party);
        let reply = party.token(&wrong(good.clone())).is(400);
        assert!(["invalid_grant", "invalid_target"].contains(&reply.str("/error").as_str()), "{what}");
        assert_eq!(begun(&party.world, Kind::Code), [0, 0, 0, 0], "{what}");
        party.token(&good).is(200);
    }
    let party = party(json!({}));
    let good = Kind::Device.given(&party);
    party.token(&good.clone().and("resource", "https://else.example/")).error(400, "invalid_target");
    assert_eq!(begun(&party.world, Kind::Device), [0, 0, 0, 0]);
    party.token(&good).is(200);
}

/// RFC 9449 §10: the code is of a key. §5: another key's holder neither has it nor spends it.
#[test]
fn a_code_of_a_key_is_not_taken_without_it() {
    let party = party(json!({ "token_endpoint_auth_method": "none" }));
    let (holder, thief) = (Holder::es256(7), Holder::es256(8));
    let path = Party::path("token");
    let good =
        Party::exchange(&party.authorize(&party.request().with("dpop_jkt", &holder.jkt())).sent().code());
    let prove =
        |by: &Holder| party.ask_token(&good).header("dpop", &by.proof(&party.world, "POST", &path)).send();
    party.token(&good).error(400, "invalid_grant");
    prove(&thief).error(400, "invalid_grant");
    assert_eq!(begun(&party.world, Kind::Code), [0, 0, 0, 0]);
    prove(&holder).is(200);
    assert_eq!(begun(&party.world, Kind::Code), [1, 1, 1, 1]);
}

/// A code without a challenge is not taken with a verifier (RFC 9700 §2.1.1), and one that was sent without a redirect URI
/// is with none or with its own.
#[test]
fn what_a_code_does_not_say_is_not_presented_either() {
    let party = party(json!({ "require_pkce": false, "redirect_uris": [CALLBACK] }));
    let request = party
        .request()
        .with("scope", "read")
        .without("code_challenge")
        .without("code_challenge_method")
        .without("redirect_uri");
    let code = || Party::exchange(&party.authorize(&request).sent().code());
    let good = code();
    party.token(&good).error(400, "invalid_grant");
    let other = good.clone().without("code_verifier").with("redirect_uri", "https://app.example/other");
    party.token(&other).error(400, "invalid_grant");
    assert_eq!(begun(&party.world, Kind::Code), [0, 0, 0, 0]);
    party.token(&good.without("code_verifier")).is(200);
    party.token(&code().without("code_verifier").without("redirect_uri")).is(200);
}

/// What changed since it was given, and what is told then.
type Changed = (&'static str, fn(&Party), &'static str);

const CHANGED: &[Changed] = &[
    ("the session ended", |party| drop(party.world.sql("UPDATE sessions SET ended_at = 1")), "invalid_grant"),
    (
        "the session is over",
        |party| drop(party.world.sql("UPDATE sessions SET expires_at = 1")),
        "invalid_grant",
    ),
    (
        "the session idled",
        |party| drop(party.world.sql("UPDATE sessions SET idle_until = 1")),
        "invalid_grant",
    ),
    (
        "the user is disabled",
        |party| drop(party.world.sql("UPDATE users SET status = 'disabled'")),
        "invalid_grant",
    ),
    (
        "the user has two factors now",
        |party| drop(party.world.sql("UPDATE users SET mfa = 'totp'")),
        "invalid_grant",
    ),
    (
        "everybody needs two factors now",
        |party| party.world.settings(json!({ "mfa": "required" })),
        "invalid_grant",
    ),
    (
        "the client may have none of the scopes",
        |party| drop(party.world.sql("UPDATE clients SET metadata = json_set(metadata, '$.scope', 'write')")),
        "invalid_scope",
    ),
    (
        "the client may have no such resource",
        |party| {
            drop(
                party
                    .world
                    .sql("UPDATE clients SET metadata = json_set(metadata, '$.resources', json('[]'))"),
            )
        },
        "invalid_target",
    ),
    (
        "the row is over",
        |party| {
            party.world.sql("UPDATE authorization_codes SET expires_at = 1");
            party.world.sql("UPDATE device_codes SET expires_at = 1");
        },
        "",
    ),
    (
        "the row is another client's",
        |party| {
            party.world.client("home", "else", metadata(json!({})));
            party.world.sql("UPDATE authorization_codes SET client_id = 'else'");
            party.world.sql("UPDATE device_codes SET client_id = 'else'");
        },
        "invalid_grant",
    ),
    (
        "the row is another tenant's",
        |party| {
            party.world.tenant("b");
            party.world.sql("UPDATE authorization_codes SET tenant_id = 'b'");
            party.world.sql("UPDATE device_codes SET tenant_id = 'b'");
        },
        "invalid_grant",
    ),
];

#[test]
fn where_one_condition_alone_fails_nothing_begins() {
    for kind in Kind::BOTH {
        for (what, change, told) in CHANGED {
            let party = party(json!({ "token_endpoint_auth_method": "none" }));
            let good = kind.given(&party);
            change(&party);
            let reply = party.ask_token(&good).fresh().send().is(400);
            let told = match (*told, kind) {
                ("", Kind::Code) => "invalid_grant",
                ("", Kind::Device) => "expired_token",
                (told, _) => told,
            };
            assert_eq!(reply.str("/error"), told, "{kind:?} {what}");
            assert_eq!(begun(&party.world, kind), [0, 0, 0, 0], "{kind:?} {what}");
        }
    }
}

/// What of it is lost since is left out, and the rest begins: the domain decides after a look.
#[test]
fn what_may_not_be_had_any_more_is_left_out() {
    let changes: [Changed; 3] = [
        (
            "the user lost the scope",
            |party| drop(party.world.sql("UPDATE users SET scopes = '[]'")),
            "payments:refund",
        ),
        (
            "the client lost the scope",
            |party| {
                let metadata = "replace(metadata, ' payments:refund', '')";
                party.world.sql(&format!("UPDATE clients SET metadata = {metadata}"));
            },
            "payments:refund",
        ),
        (
            "the client lost another scope",
            |party| drop(party.world.sql("UPDATE clients SET metadata = replace(metadata, ' email', '')")),
            "email",
        ),
    ];
    for kind in Kind::BOTH {
        for (what, change, lost) in changes {
            let party = party(json!({ "token_endpoint_auth_method": "none" }));
            let good = kind.given(&party);
            change(&party);
            let reply = party.ask_token(&good).fresh().send().is(200);
            let left: Vec<&str> = SCOPE.split(' ').filter(|scope| *scope != lost).collect();
            assert_eq!(reply.str("/scope"), left.join(" "), "{kind:?} {what}");
            let stored = party.world.sql("SELECT scope FROM sessions WHERE client_id IS NOT NULL");
            assert_eq!(stored[0]["scope"], left.join(" "), "{kind:?} {what}");
        }
    }
}

/// A client that does not prove who it is neither has a code nor spends it.
#[test]
fn a_failed_client_authentication_takes_nothing() {
    let party = party(json!({}));
    let good = Kind::Code.given(&party);
    let wrong = basic("app", "not the secret that it has");
    let ask = party.world.post(&Party::path("token")).header("authorization", &wrong);
    ask.body("application/x-www-form-urlencoded", good.text()).send().error(401, "invalid_client");
    assert_eq!(begun(&party.world, Kind::Code), [0, 0, 0, 0]);
    party.token(&good).is(200);
}

/// RFC 8628 §3.5: a poll before the decision, or after a refusal, takes nothing.
#[test]
fn a_device_that_was_not_approved_takes_nothing() {
    for (status, told) in [("pending", "authorization_pending"), ("denied", "access_denied")] {
        let party = party(json!({ "token_endpoint_auth_method": "none" }));
        let good = Kind::Device.given(&party);
        party.world.sql(&format!("UPDATE device_codes SET status = '{status}'"));
        party.token(&good).error(400, told);
        assert_eq!(begun(&party.world, Kind::Device), [0, 0, 0, 0], "{status}");
    }
}
