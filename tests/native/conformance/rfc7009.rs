//! RFC 7009: token revocation.

use serde_json::json;

use crate::harness::Reply;
use crate::harness::oidc::{App, Params, Party, basic, metadata};

fn revoke(party: &Party, token: &str, hint: Option<&str>) -> Reply {
    let params = Params::of(&[("token", token)]);
    let params = hint.map_or(params.clone(), |hint| params.and("token_type_hint", hint));
    party.world.as_client(&Party::path("revoke"), &party.app, &params).send()
}

/// RFC 7009 §2: refresh tokens are revoked; the grant's access tokens go with them.
/// RFC 7009 §2.1: the revocation takes place at once.
#[test]
fn a_revoked_refresh_token_ends_the_grant() {
    for party in [Party::public(), Party::confidential()] {
        let tokens = party.tokens();
        revoke(&party, &tokens.str("/refresh_token"), None).is(200);
        party.refresh(&tokens.str("/refresh_token")).error(400, "invalid_grant");
        assert!(!party.active(&tokens.str("/access_token")));
        party.userinfo(&tokens.str("/access_token")).is(401);
        // The person stays signed in, and other grants stay.
        party.code();
    }
}

/// RFC 7009 §2: access tokens are revoked.
#[test]
fn a_revoked_access_token_is_dead() {
    let party = Party::confidential();
    let (token, other) = (party.tokens().str("/access_token"), party.tokens().str("/access_token"));
    revoke(&party, &token, None).is(200);
    assert!(!party.active(&token));
    party.userinfo(&token).is(401);
    assert!(party.active(&other));
}

/// RFC 7009 §2.1: a wrong hint does not keep a token from being found.
#[test]
fn a_hint_that_is_wrong_changes_nothing() {
    let party = Party::public();
    for (at, hint) in [("/refresh_token", "access_token"), ("/access_token", "refresh_token")] {
        let tokens = party.tokens();
        revoke(&party, &tokens.str(at), Some(hint)).is(200);
        assert!(!party.active(&tokens.str("/access_token")), "{at}");
        party.refresh(&tokens.str("/refresh_token")).error(400, "invalid_grant");
    }
}

/// RFC 7009 §2.2.1: a hint that is not known is ignored.
#[test]
fn a_hint_that_is_unknown_is_ignored() {
    let party = Party::public();
    let token = party.tokens().str("/refresh_token");
    let reply = revoke(&party, &token, Some("urn:example:token"));
    assert!(reply.status == 200 || reply.json["error"] == "unsupported_token_type", "{}", reply.text);
    if reply.status == 200 {
        party.refresh(&token).error(400, "invalid_grant");
    }
}

/// RFC 7009 §2.2: a token that is invalid is answered with 200, as is one that was revoked before.
#[test]
fn a_token_that_is_none_is_answered_as_one_that_is() {
    let party = Party::confidential();
    let token = party.tokens().str("/refresh_token");
    for token in [&token, &token, "x", &"A".repeat(43), "a.b.c", &party.cookie, "ä"] {
        let reply = revoke(&party, token, None).is(200);
        assert!(reply.text.is_empty() || reply.json.is_object(), "{}", reply.text);
    }
    party.code();
}

/// RFC 7009 §2.1: the client is authenticated.
/// RFC 7009 §2.2.1: errors are those of RFC 6749 §5.2.
#[test]
fn a_client_that_does_not_prove_who_it_is_revokes_nothing() {
    let party = Party::confidential();
    let token = party.tokens().str("/refresh_token");
    let form = Params::of(&[("token", token.as_str())]).text();
    let post =
        || party.world.post(&Party::path("revoke")).body("application/x-www-form-urlencoded", form.clone());
    post().header("authorization", &basic("server", "wrong")).send().error(401, "invalid_client");
    let nobody = post().send();
    assert!(matches!(nobody.status, 400 | 401), "{}", nobody.text);
    let token = party.refresh(&token).is(200).str("/refresh_token");
    revoke(&party, &token, None).is(200);
    party.refresh(&token).error(400, "invalid_grant");
}

/// RFC 7009 §2.1: a token is revoked by the client that it was issued to, and by no other.
#[test]
fn a_client_revokes_no_token_of_another() {
    let party = Party::public();
    let other = party.world.client("home", "other", metadata(json!({})));
    let tokens = party.tokens();
    for at in ["/refresh_token", "/access_token"] {
        let params = Params::of(&[("token", &tokens.str(at))]);
        let reply = party.world.as_client(&Party::path("revoke"), &other, &params).send();
        // As the token is none of its own, it may be told so, or no more than of an unknown one.
        assert!(reply.status == 200 || reply.status == 400, "{}", reply.text);
        assert!(party.active(&tokens.str("/access_token")), "{at}");
    }
    party.world.tenant("b");
    let theirs = party.world.client("b", "theirs", metadata(json!({})));
    let params = Params::of(&[("token", &tokens.str("/refresh_token"))]);
    let reply = party.world.as_client("/tenant/b/oauth2/revoke", &theirs, &params).send();
    assert!(reply.status == 200 || reply.status == 400, "{}", reply.text);
    party.refresh(&tokens.str("/refresh_token")).is(200);
}

/// RFC 7009 §2.1: a person's own session is no client's to end.
#[test]
fn a_client_revokes_no_session_of_a_person() {
    let party = Party::public();
    let own = party.world.session(&party.user);
    for token in [&own.refresh, &own.access] {
        revoke(&party, token, None);
    }
    party.world.get("/api/auth/me").bearer(&own.access).fresh().send().is(200);
    party.world.post("/auth/refresh").json(json!({ "refresh_token": own.refresh })).send().is(200);
}

/// RFC 7009 §2.1: `token` is required, and sent as a form by POST.
#[test]
fn a_request_without_a_token_is_refused() {
    let party = Party::public();
    let none = party.world.as_client(&Party::path("revoke"), &party.app, &Params::of(&[])).send();
    none.error(400, "invalid_request");
    let app = App { id: "app".into(), method: party.app.method };
    let twice = Params::of(&[("token", "x"), ("token", "y")]);
    party.world.as_client(&Party::path("revoke"), &app, &twice).send().error(400, "invalid_request");
    party.world.get(&format!("{}?token=x&client_id=app", Party::path("revoke"))).send().is(405);
}

/// RFC 7009 §2: a client's own token is revoked, or is told to be of a kind that cannot be.
#[test]
fn a_clients_own_token() {
    let party = Party::with("machine", json!({ "grant_types": ["client_credentials"], "scope": "read" }));
    let params = Params::of(&[("grant_type", "client_credentials"), ("scope", "read")]);
    let token = party.token(&params).is(200).str("/access_token");
    let reply = revoke(&party, &token, None);
    match reply.status {
        200 => assert!(!party.active(&token), "answered 200 and still active"),
        _ => drop(reply.error(400, "unsupported_token_type")),
    }
}
