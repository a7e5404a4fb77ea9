//! RFC 7662: token introspection.

use serde_json::json;

use crate::harness::oidc::{Params, Party, SECRET, basic, metadata};
use crate::harness::{Reply, claims};

fn inactive(reply: Reply) {
    let reply = reply.is(200);
    assert_eq!(reply.json, json!({ "active": false }));
}

/// RFC 7662 §2.2: an active token is told with what it says.
#[test]
fn an_active_access_token() {
    let party = Party::confidential();
    let token = party.tokens().str("/access_token");
    let reply = party.about("introspect", &token).is(200);
    assert!(reply.header("content-type").unwrap().starts_with("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let said = claims(&token);
    assert_eq!(reply.json["active"], true);
    for name in ["sub", "iss", "aud", "exp", "iat", "jti", "scope", "client_id"] {
        assert_eq!(reply.json[name], said[name], "{name}: {}", reply.text);
    }
    assert!(reply.str("/token_type").eq_ignore_ascii_case("bearer"));
    assert!(reply.json["exp"].is_i64() && reply.json["iat"].is_i64());
}

/// RFC 7662 §2.1: a refresh token is found as well, also after a hint that is wrong.
#[test]
fn a_refresh_token_and_wrong_hints() {
    let party = Party::confidential();
    let tokens = party.tokens();
    for (at, hint) in
        [("/refresh_token", "access_token"), ("/access_token", "refresh_token"), ("/access_token", "x")]
    {
        let params = Params::of(&[("token", &tokens.str(at)), ("token_type_hint", hint)]);
        let reply = party.world.as_client(&Party::path("introspect"), &party.app, &params).send().is(200);
        assert_eq!(reply.json["active"], true, "{at} {hint}: {}", reply.text);
        assert_eq!(reply.json["client_id"], "server");
    }
    // Being looked at spends nothing.
    party.refresh(&tokens.str("/refresh_token")).is(200);
}

/// RFC 7662 §2.2: of a token that is not active, nothing more is told than that.
/// RFC 7662 §4: every check is made: expiry, revocation, signature, and that it is of this server.
#[test]
fn tokens_that_are_not_active() {
    let party = Party::confidential();
    party.world.tenant("b");
    let tokens = party.tokens();
    let (access, refresh) = (tokens.str("/access_token"), tokens.str("/refresh_token"));
    let (head, tail) = access.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", tail.chars().rev().collect::<String>());
    let theirs = party.world.user_with("b", "bob@b.example", |_| {});
    let foreign = party.world.session(&theirs);
    for token in [
        "x",
        "",
        "a.b.c",
        &forged,
        &tokens.str("/id_token"),
        &party.cookie,
        &foreign.access,
        &foreign.refresh,
    ] {
        if token.is_empty() {
            party.about("introspect", token).error(400, "invalid_request");
        } else {
            inactive(party.about("introspect", token));
        }
    }
    party.world.advance(900);
    inactive(party.about("introspect", &access));
    let next = party.refresh(&refresh).is(200);
    inactive(party.about("introspect", &refresh));
    let revoked = next.str("/refresh_token");
    party.about("revoke", &revoked).is(200);
    inactive(party.about("introspect", &revoked));
    inactive(party.about("introspect", &next.str("/access_token")));
}

/// RFC 7662 §2.1: the endpoint asks for authorization, so that nobody scans it for tokens.
/// RFC 7662 §2.3: without it the answer is 401.
#[test]
fn nobody_asks_without_proving_who_they_are() {
    let party = Party::public();
    let token = party.tokens().str("/access_token");
    let server = party.world.client("home", "server", metadata(json!({})));
    let params = Params::of(&[("token", &token)]);
    let post = || {
        party.world.post(&Party::path("introspect")).body("application/x-www-form-urlencoded", params.text())
    };
    let nobody = post().send();
    assert!(matches!(nobody.status, 400 | 401), "{}", nobody.text);
    assert!(nobody.json.get("active").is_none());
    post().header("authorization", &basic("server", "wrong")).send().error(401, "invalid_client");
    // A public client cannot prove anything.
    let public = party.about("introspect", &token);
    assert!(matches!(public.status, 400 | 401 | 403), "{}", public.text);
    assert!(public.json.get("active").is_none(), "{}", public.text);
    post().header("authorization", &basic("server", SECRET)).send().is(200);
    let other = party.world.as_client(&Party::path("introspect"), &server, &params).send().is(200);
    assert_eq!(other.json["active"], true);
}

/// RFC 7662 §2.1: `token` is required, and sent as a form by POST.
#[test]
fn a_request_without_a_token_is_refused() {
    let party = Party::confidential();
    let none = party.world.as_client(&Party::path("introspect"), &party.app, &Params::of(&[])).send();
    none.error(400, "invalid_request");
    party.world.get(&format!("{}?token=x", Party::path("introspect"))).send().is(405);
}

/// RFC 7662 §2.2: what is told of a token is as of now: of a user who was disabled, none is active.
#[test]
fn a_disabled_users_token_is_not_active() {
    let party = Party::confidential();
    let tokens = party.tokens();
    let path = format!("/tenant/home/v2/Users/{}", party.user.id);
    let change = json!({ "status": "disabled" });
    party.world.patch(&path).bearer(&party.world.admin()).json(change).send().is(200);
    for at in ["/access_token", "/refresh_token"] {
        inactive(party.about("introspect", &tokens.str(at)));
    }
}

/// RFC 7662 §2.2: a client's own token has the client as its subject.
#[test]
fn a_clients_own_token() {
    let other = json!({ "grant_types": ["client_credentials"], "scope": "read" });
    let party = Party::with("machine", other);
    let params = Params::of(&[("grant_type", "client_credentials"), ("scope", "read")]);
    let token = party.token(&params).is(200).str("/access_token");
    let reply = party.about("introspect", &token).is(200);
    assert_eq!((&reply.json["sub"], &reply.json["client_id"]), (&json!("machine"), &json!("machine")));
    assert!(reply.json.get("username").is_none());
}
