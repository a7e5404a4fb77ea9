//! Token exchange: a backend acts on behalf of a user.

use portcullis::store::users::User;
use serde_json::{Value, json};

use super::clients::{CALLBACK, basic, from_client, from_public, signed_in_to};
use crate::harness::{Ask, Reply, World, claims, set};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const ORDERS: &str = "https://orders.example/";
const BILLING: &str = "https://billing.example/";
const ISSUER: &str = "https://auth.example.com/tenant/home";

/// A person signed in to `app`, whose token the backends `orders` and `billing` may exchange.
struct Party {
    world: World,
    user: User,
    cookie: String,
    token: String,
}

fn party() -> Party {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.roles = vec!["MANAGER".into()]);
    let cookie = world.cookie(&user);
    let app = json!({
        "redirect_uris": [CALLBACK], "scope": "openid roles read write offline_access",
        "grant_types": ["authorization_code", "refresh_token"], "resources": [ORDERS],
    });
    world.client("home", "app", app);
    let backend = json!({ "grant_types": [GRANT], "scope": "openid roles read offline_access orders:list",
                          "resources": [ORDERS, BILLING] });
    world.client("home", "orders", backend);
    world.client(
        "home",
        "billing",
        json!({ "grant_types": [GRANT], "scope": "read", "resources": [BILLING] }),
    );
    world.client("home", "plain", json!({ "scope": "read", "resources": [ORDERS] }));
    let token = signed_in_to(&world, &cookie, "app", "openid roles read write", "").str("/access_token");
    world.route(json!({}));
    Party { world, user, cookie, token }
}

impl Party {
    fn ask(&self, client: &str, token: &str, more: &[(&str, &str)]) -> Ask<'_> {
        let mut fields =
            vec![("grant_type", GRANT), ("subject_token", token), ("subject_token_type", ACCESS)];
        fields.extend(more);
        from_client(&self.world, "token", client, &fields)
    }

    /// What `orders` is answered for the person's token.
    fn exchange(&self, more: &[(&str, &str)]) -> Reply {
        self.ask("orders", &self.token, more).send()
    }

    fn works(&self, token: &str) -> bool {
        self.world.get("/app/").bearer(token).fresh().status() == 200
    }
}

#[track_caller]
fn refused(reply: Reply, code: &str) {
    let reply = reply.is(400);
    assert_eq!(reply.json["error"], code, "{}", reply.text);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

/// RFC 8693 §2.2.1: the answer has access_token, issued_token_type and token_type; no refresh token is given.
/// RFC 8693 §4.1: `act` names the acting party.
#[test]
fn a_backend_gets_a_token_to_act_for_the_user() {
    let party = party();
    let reply = party.exchange(&[]).is(200);
    assert_eq!(reply.json["issued_token_type"], ACCESS);
    assert_eq!(reply.json["token_type"], "Bearer");
    assert_eq!(reply.json["expires_in"], 900);
    assert_eq!(reply.json["scope"], "openid read roles");
    assert_eq!((reply.json.get("refresh_token"), reply.json.get("id_token")), (None, None));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let said = claims(&reply.str("/access_token"));
    assert_eq!(said["sub"], party.user.id.as_str());
    assert_eq!(said["userId"], party.user.id.as_str());
    assert_eq!(said["client_id"], "orders");
    assert_eq!(said["act"], json!({ "sub": "orders" }));
    assert_eq!(said["aud"], ISSUER);
    assert_eq!(said["roles"], json!(["MANAGER"]));
    assert_eq!(said["scope"], "openid read roles");
    assert_eq!(said["amr"], claims(&party.token)["amr"]);
    assert_eq!(said["auth_time"], claims(&party.token)["auth_time"]);
    assert_ne!(said["jti"], claims(&party.token)["jti"]);
    assert_eq!(party.world.events("token.exchanged"), 1);
}

#[test]
fn an_origin_is_told_who_acts() {
    let party = party();
    let token = party.exchange(&[]).is(200).str("/access_token");
    let plan = party.world.get("/app/").bearer(&token).plan();
    let assertion = claims(set(&plan, "x-portcullis-assertion").unwrap());
    assert_eq!(assertion["sub"], party.user.id.as_str());
    assert_eq!(assertion["act"], json!({ "sub": "orders" }));
    let plan = party.world.get("/app/").bearer(&party.token).plan();
    assert_eq!(claims(set(&plan, "x-portcullis-assertion").unwrap()).get("act"), None);
}

/// RFC 8693 §4.1: a chain of delegation is nested, the current actor outermost.
#[test]
fn who_acted_before_stays_named() {
    let party = party();
    let orders = party.exchange(&[]).is(200).str("/access_token");
    let billing = party.ask("billing", &orders, &[]).send().is(200).str("/access_token");
    assert_eq!(claims(&billing)["act"], json!({ "sub": "billing", "act": { "sub": "orders" } }));
    let said = party.world.post("/oauth2/introspect").header("authorization", &basic("plain"));
    let said = said.form(&[("token", &billing)]).send().is(200);
    assert_eq!(said.json["act"], json!({ "sub": "billing", "act": { "sub": "orders" } }));
    assert!(party.works(&billing));
}

#[test]
fn a_chain_has_an_end() {
    let party = party();
    let mut token = party.token.clone();
    for _ in 0..5 {
        token = party.ask("billing", &token, &[]).send().is(200).str("/access_token");
    }
    refused(party.ask("billing", &token, &[]).send(), "invalid_request");
}

#[test]
fn the_scope_is_narrowed_and_never_widened() {
    let party = party();
    let reply = party.exchange(&[("scope", "read")]).is(200);
    assert_eq!(reply.json["scope"], "read");
    // `write` is the user's token's and not the client's; `orders:list` the other way round.
    for scope in ["write", "read write", "orders:list", "read offline_access", "admin:all", "READ"] {
        refused(party.exchange(&[("scope", scope)]), "invalid_scope");
    }
    let narrow = reply.str("/access_token");
    refused(party.ask("orders", &narrow, &[("scope", "openid")]).send(), "invalid_scope");
    assert_eq!(party.ask("orders", &narrow, &[]).send().is(200).json["scope"], "read");
    let openid = signed_in_to(&party.world, &party.cookie, "app", "openid", "").str("/access_token");
    refused(party.ask("billing", &openid, &[]).send(), "invalid_scope");
}

#[test]
fn offline_access_is_not_passed_on() {
    let party = party();
    let scope = "openid read offline_access";
    let token = signed_in_to(&party.world, &party.cookie, "app", scope, "").str("/access_token");
    assert_eq!(party.ask("orders", &token, &[]).send().is(200).json["scope"], "openid read");
}

/// RFC 8693 §2.1: `resource` and `audience` may be used together, and more than once.
#[test]
fn the_token_is_for_whom_the_client_asks() {
    let party = party();
    for (name, value) in [("resource", BILLING), ("audience", BILLING)] {
        let token = party.exchange(&[(name, value)]).is(200).str("/access_token");
        assert_eq!(claims(&token)["aud"], BILLING);
        assert!(!party.works(&token));
        party.world.get("/api/auth/me").bearer(&token).send().is(401);
    }
    let both = [("resource", BILLING), ("audience", ORDERS), ("resource", ORDERS), ("audience", ISSUER)];
    let token = party.exchange(&both).is(200).str("/access_token");
    assert_eq!(claims(&token)["aud"], json!([ISSUER, BILLING, ORDERS]));
}

/// RFC 8693 §2.2.2: invalid_target for a target that no token is issued for.
#[test]
fn the_token_is_for_nobody_whom_the_client_does_not_serve() {
    let party = party();
    for target in ["https://evil.example/", "https://auth.example.com/tenant/other", "app", "orders"] {
        refused(party.exchange(&[("resource", target)]), "invalid_target");
        refused(party.exchange(&[("audience", target)]), "invalid_target");
        refused(party.exchange(&[("resource", BILLING), ("audience", target)]), "invalid_target");
    }
}

#[test]
fn a_token_that_was_for_one_resource_does_not_open_us() {
    let party = party();
    let only = signed_in_to(&party.world, &party.cookie, "app", "read", ORDERS).str("/access_token");
    assert_eq!(claims(&only)["aud"], ORDERS);
    // The client that it was for may pass it on, but not to us; others may do nothing with it.
    refused(party.ask("orders", &only, &[]).send(), "invalid_target");
    refused(party.ask("orders", &only, &[("audience", ISSUER)]).send(), "invalid_target");
    let passed = party.ask("orders", &only, &[("resource", BILLING)]).send().is(200);
    assert_eq!(claims(&passed.str("/access_token"))["aud"], BILLING);
    refused(party.ask("billing", &only, &[("resource", BILLING)]).send(), "invalid_request");
}

#[test]
fn the_token_ends_no_later_than_the_users() {
    let party = party();
    party.world.advance(600);
    let reply = party.exchange(&[]).is(200);
    assert_eq!(reply.json["expires_in"], 300);
    let token = reply.str("/access_token");
    assert_eq!(claims(&token)["exp"], claims(&party.token)["exp"]);
    party.world.advance(299);
    assert!(party.works(&token));
    party.world.advance(1);
    assert!(!party.works(&token));
    refused(party.exchange(&[]), "invalid_request");
}

#[test]
fn it_ends_with_what_it_came_from() {
    for way in ["sign out", "sign out of the first of a chain", "revoke", "disable", "delete the client"] {
        let party = party();
        let mut token = party.exchange(&[]).is(200).str("/access_token");
        if way.contains("chain") {
            token = party.ask("billing", &token, &[]).send().is(200).str("/access_token");
        }
        assert!(party.works(&token), "{way}");
        match way {
            "revoke" => {
                from_client(&party.world, "revoke", "app", &[("token", &party.token)]).send().is(200);
            }
            "disable" => {
                let path = format!("/tenant/home/v2/Users/{}", party.user.id);
                let change = party.world.patch(&path).bearer(&party.world.admin());
                change.json(json!({ "status": "disabled" })).send().is(200);
            }
            "delete the client" => {
                party.world.sql("DELETE FROM clients WHERE id = 'orders'");
            }
            _ => {
                party.world.post("/tenant/home/logout").cookie(&party.cookie).form(&[]).send().is(200);
            }
        }
        assert!(!party.works(&token), "{way}");
    }
}

#[test]
fn a_client_revokes_its_own_and_leaves_the_users() {
    let party = party();
    let token = party.exchange(&[]).is(200).str("/access_token");
    from_client(&party.world, "revoke", "orders", &[("token", &token)]).send().is(200);
    assert!(!party.works(&token));
    assert!(party.works(&party.token));
}

/// RFC 8693 §2.2.2: invalid_request for a subject_token that is invalid or not acceptable.
#[test]
fn what_is_no_live_token_of_a_user_is_not_exchanged() {
    let party = party();
    let world = &party.world;
    let own = world.own_token("home", "plain", "read");
    let tokens = signed_in_to(world, &party.cookie, "app", "openid read offline_access", "");
    let assertion = world.get("/app/").bearer(&party.token).plan();
    let mut forged = party.token.clone();
    forged.truncate(forged.len() - 4);
    forged.push_str("AAAA");
    world.tenant("acme");
    let stranger = world.session(&world.user_with("acme", "bob@acme.example", |_| {})).access;
    for token in [
        own.as_str(),
        &tokens.str("/id_token"),
        &tokens.str("/refresh_token"),
        set(&assertion, "x-portcullis-assertion").unwrap(),
        &forged,
        &stranger,
        &party.cookie,
        "x",
        &"x".repeat(60_000),
    ] {
        refused(party.ask("orders", token, &[]).send(), "invalid_request");
    }
    assert!(world.events("token.exchange_refused") >= 8);
    let ended = party.ask("orders", &party.token, &[]).send().is(200);
    world.post("/tenant/home/logout").cookie(&party.cookie).form(&[]).send().is(200);
    refused(party.exchange(&[]), "invalid_request");
    refused(party.ask("billing", &ended.str("/access_token"), &[]).send(), "invalid_request");
}

#[test]
fn a_persons_own_session_can_be_acted_for_too() {
    let party = party();
    let own = party.world.session(&party.user).access;
    let reply = party.ask("orders", &own, &[]).send().is(200);
    assert_eq!(reply.json["scope"], "read");
    let token = reply.str("/access_token");
    assert!(party.works(&token));
    // Only what `read` opens.
    party.world.get("/api/auth/me").bearer(&token).send().is(200);
    let body = json!({ "name": "x", "scopes": ["read"] });
    party.world.post("/api/auth/api-keys").bearer(&token).json(body).send().is(403);
}

/// RFC 8693 §2.1: subject_token and subject_token_type are REQUIRED; types that are not understood are refused.
#[test]
fn what_is_missing_or_of_another_type_is_refused() {
    let party = party();
    let ask = |fields: &[(&str, &str)]| {
        let mut all = vec![("grant_type", GRANT)];
        all.extend(fields);
        from_client(&party.world, "token", "orders", &all).send()
    };
    let token = ("subject_token", party.token.as_str());
    let kind = ("subject_token_type", ACCESS);
    refused(ask(&[kind]), "invalid_request");
    refused(ask(&[token]), "invalid_request");
    for other in ["id_token", "refresh_token", "jwt", "saml2"] {
        let other = format!("urn:ietf:params:oauth:token-type:{other}");
        refused(ask(&[token, ("subject_token_type", &other)]), "invalid_request");
        refused(ask(&[token, kind, ("requested_token_type", &other)]), "invalid_request");
    }
    ask(&[token, kind, ("requested_token_type", ACCESS)]).is(200);
}

/// RFC 8693 §2.1: actor_token_type MUST NOT be there without actor_token; both are refused, as the client is the actor.
#[test]
fn an_actor_token_is_refused() {
    let party = party();
    let own = party.world.own_token("home", "orders", "read");
    let actor = [("actor_token", own.as_str()), ("actor_token_type", ACCESS)];
    refused(party.exchange(&actor), "invalid_request");
    refused(party.exchange(&actor[..1]), "invalid_request");
    refused(party.exchange(&actor[1..]), "invalid_request");
}

#[test]
fn only_a_client_that_is_registered_for_it_and_proves_who_it_is_may_exchange() {
    let party = party();
    let world = &party.world;
    refused(party.ask("plain", &party.token, &[]).send(), "unauthorized_client");
    let public = json!({ "grant_types": [GRANT], "scope": "read", "token_endpoint_auth_method": "none" });
    world.client("home", "public", public);
    let fields =
        [("grant_type", GRANT), ("subject_token", party.token.as_str()), ("subject_token_type", ACCESS)];
    refused(from_public(world, "token", "public", &fields).send(), "unauthorized_client");
    let nobody = world.post("/oauth2/token").header("authorization", &basic("nobody")).form(&fields).send();
    assert_eq!(nobody.is(401).json["error"], "invalid_client");
}

#[test]
fn an_exchange_takes_two_round_trips_and_one_signature() {
    let party = party();
    party.exchange(&[]).is(200);
    let before = party.world.db.trips.get();
    party.exchange(&[]).is(200);
    assert!(party.world.db.trips.get() - before <= 2, "{}", party.world.db.trips.get() - before);
    assert_eq!(party.world.sql("SELECT id FROM sessions WHERE client_id = 'orders'").len(), 2);
}

#[test]
fn roles_are_those_of_now() {
    let party = party();
    let token = party.exchange(&[]).is(200).str("/access_token");
    party.world.sql(&format!("UPDATE users SET roles = '[]' WHERE id = '{}'", party.user.id));
    let plan = party.world.get("/app/").bearer(&token).fresh().plan();
    assert_eq!(claims(set(&plan, "x-portcullis-assertion").unwrap())["roles"], json!([]));
    let again: Value =
        claims(&party.ask("orders", &party.token, &[]).fresh().send().is(200).str("/access_token"));
    assert_eq!(again["roles"], json!([]));
}
