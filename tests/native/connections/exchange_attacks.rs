//! Attacks on the exchange of a token for that of a connected service: none is handed anything, and nothing is changed.

use serde_json::{Value, json};

use crate::connections::exchange::{ACCESS, AGENT, GRANT, OTHER, Vault, refused, vault, with};
use crate::harness::Reply;
use crate::oauth::clients::{basic, from_client, from_public, signed_in_to};

/// An attack: what it is, who sends which token with what, and the code that it is refused with.
pub type Attack = (&'static str, fn(&Vault) -> Reply, &'static str);

pub const ATTACKS: &[Attack] = &[
    ("the client is registered for no service", |v| with(v, "plain", &v.token), "invalid_target"),
    ("the client is registered for others", |v| with(v, "of-another-service", &v.token), "invalid_target"),
    ("the client has not the grant", |v| with(v, "not-registered", &v.token), "unauthorized_client"),
    (
        "the client is public",
        |v| {
            let fields = [
                ("grant_type", GRANT),
                ("subject_token", v.token.as_str()),
                ("subject_token_type", ACCESS),
                ("audience", "connection:crm"),
            ];
            from_public(&v.world, "token", "public", &fields).send()
        },
        "unauthorized_client",
    ),
    ("a token for another client's resource", |v| with(v, "elsewhere", &v.token), "invalid_request"),
    (
        "a token for another client's resource, the other way round",
        |v| with(v, "agent", &v.lent("app", "read vault:read", OTHER)),
        "invalid_request",
    ),
    (
        "another client's token, which is for us",
        |v| with(v, "agent", &v.lent("app", "read vault:read", "")),
        "invalid_request",
    ),
    (
        "the person did not lend it",
        |v| with(v, "agent", &v.lent("app", "read write", AGENT)),
        "invalid_request",
    ),
    (
        "a session of the person's own",
        |v| with(v, "agent", &v.world.session(&v.user).access),
        "invalid_request",
    ),
    (
        "a session of the person's own, who has the scope themselves",
        |v| {
            let body = json!({ "scopes": ["vault:crm"] });
            let path = format!("/tenant/home/v2/Users/{}", v.user.id);
            v.world.patch(&path).bearer(&v.world.admin()).json(body).send().is(200);
            with(v, "agent", &v.world.session(&v.user).access)
        },
        "invalid_request",
    ),
    ("a browser's cookie", |v| with(v, "agent", &v.cookie), "invalid_request"),
    (
        "an API key of the person's",
        |v| with(v, "agent", &v.world.api_key(&v.world.session(&v.user).access, &["vault:read"])),
        "invalid_request",
    ),
    (
        "a service's own token",
        |v| with(v, "agent", &v.world.own_token("home", "agent", "read vault:crm vault:read")),
        "invalid_request",
    ),
    (
        "a service's own token, with delegation on",
        |v| {
            v.world.settings(json!({ "vaultDelegation": true }));
            with(v, "agent", &v.world.own_token("home", "agent", "read vault:crm"))
        },
        "invalid_request",
    ),
    (
        "an ID token",
        |v| {
            let all = signed_in_to(&v.world, &v.cookie, "app", "openid vault:read", AGENT);
            with(v, "agent", &all.str("/id_token"))
        },
        "invalid_request",
    ),
    (
        "a token that was forged",
        |v| with(v, "agent", &format!("{}AAAA", &v.token[..v.token.len() - 4])),
        "invalid_request",
    ),
    ("garbage", |v| with(v, "agent", &"x".repeat(60_000)), "invalid_request"),
    (
        "a token that says more than the person lent",
        |v| {
            let id = v.world.newest_session(&v.user.id);
            let said = json!({ "sub": v.user.id, "userId": v.user.id, "sid": id, "client_id": "other",
                               "scope": "vault:read", "aud": AGENT });
            with(v, "agent", &v.world.token("home", &said))
        },
        "invalid_request",
    ),
    (
        "a person of another tenant",
        |v| {
            v.world.tenant("acme");
            let bob = v.world.user_with("acme", "bob@acme.example", |_| {});
            with(v, "agent", &v.world.session(&bob).access)
        },
        "invalid_request",
    ),
    (
        "the session ended",
        |v| {
            v.world.post("/tenant/home/logout").cookie(&v.cookie).form(&[]).send().is(200);
            with(v, "agent", &v.token)
        },
        "invalid_request",
    ),
    (
        "the token was revoked",
        |v| {
            from_client(&v.world, "revoke", "app", &[("token", &v.token)]).send().is(200);
            with(v, "agent", &v.token)
        },
        "invalid_request",
    ),
    (
        "the consent was taken back",
        |v| {
            v.world.revoke_consent(&v.user, "app");
            with(v, "agent", &v.token)
        },
        "invalid_request",
    ),
    (
        "the person is disabled",
        |v| {
            let path = format!("/tenant/home/v2/Users/{}", v.user.id);
            let change = v.world.patch(&path).bearer(&v.world.admin());
            change.json(json!({ "status": "disabled" })).send().is(200);
            with(v, "agent", &v.token)
        },
        "invalid_request",
    ),
    (
        "the token is over",
        |v| {
            v.world.advance(900);
            with(v, "agent", &v.token)
        },
        "invalid_request",
    ),
    ("a service that is not connected", |v| v.exchange("connection:github", &[]), "invalid_target"),
    ("a service that does not exist", |v| v.exchange("connection:nothing", &[]), "invalid_target"),
    ("no service", |v| v.exchange("connection:", &[]), "invalid_target"),
    ("another spelling", |v| v.exchange("connection:CRM", &[]), "invalid_target"),
    ("the prefix in another spelling", |v| v.exchange("Connection:crm", &[]), "invalid_target"),
    ("the prefix behind a space", |v| v.exchange(" connection:crm", &[]), "invalid_target"),
    ("a space behind the service", |v| v.exchange("connection:crm ", &[]), "invalid_target"),
    ("a line behind the service", |v| v.exchange("connection:crm\n", &[]), "invalid_target"),
    ("the service as a URI", |v| v.exchange("connection://crm", &[]), "invalid_target"),
    ("the service encoded twice", |v| v.exchange("connection%3Acrm", &[]), "invalid_target"),
    ("a tenant before the service", |v| v.exchange("connection:home:crm", &[]), "invalid_target"),
    ("the service's own address", |v| v.exchange("https://crm.example/token", &[]), "invalid_target"),
    (
        "a client of another tenant with that name and those resources",
        |v| {
            v.world.tenant("acme");
            let agent =
                json!({ "grant_types": [GRANT], "scope": "read vault:crm vault:read", "resources": [AGENT] });
            v.world.client("acme", "agent2", agent);
            let fields = [
                ("grant_type", GRANT),
                ("subject_token", v.token.as_str()),
                ("subject_token_type", ACCESS),
                ("audience", "connection:crm"),
            ];
            v.world
                .post("/tenant/acme/oauth2/token")
                .header("authorization", &basic("agent2"))
                .form(&fields)
                .send()
        },
        "invalid_request",
    ),
    ("a scope in its place", |v| v.exchange("connection:read", &[]), "invalid_target"),
    ("a label that is not there", |v| v.exchange("connection:crm:work", &[]), "invalid_target"),
    (
        "two services at once",
        |v| v.exchange("connection:crm", &[("audience", "connection:crm2")]),
        "invalid_target",
    ),
    ("a service and an API", |v| v.exchange("connection:crm", &[("resource", AGENT)]), "invalid_target"),
    (
        "a service and us",
        |v| v.exchange("connection:crm", &[("audience", "https://auth.example.com/tenant/home")]),
        "invalid_target",
    ),
    (
        "a service as a resource",
        |v| {
            let fields = [
                ("grant_type", GRANT),
                ("subject_token", v.token.as_str()),
                ("subject_token_type", ACCESS),
                ("resource", "connection:crm"),
                ("scope", "read"),
            ];
            from_client(&v.world, "token", "agent", &fields).send()
        },
        "invalid_target",
    ),
    (
        "another type is asked for",
        |v| {
            let jwt = "urn:ietf:params:oauth:token-type:jwt";
            v.exchange("connection:crm", &[("requested_token_type", jwt)])
        },
        "invalid_request",
    ),
    (
        "an actor token",
        |v| v.exchange("connection:crm", &[("actor_token", &v.token), ("actor_token_type", ACCESS)]),
        "invalid_request",
    ),
    (
        "another person's connection",
        |v| {
            let eve = v.world.cookie(&v.world.user("eve@example.com"));
            with(v, "agent", &signed_in_to(&v.world, &eve, "app", "vault:read", AGENT).str("/access_token"))
        },
        "invalid_target",
    ),
    (
        "a user is named",
        |v| {
            let eve = v.world.cookie(&v.world.user("eve@example.com"));
            let token = signed_in_to(&v.world, &eve, "app", "vault:read", AGENT).str("/access_token");
            v.ask("agent", &token, "connection:crm", &[("userId", &v.user.id), ("sub", &v.user.id)]).send()
        },
        "invalid_target",
    ),
    (
        "a key that was stored is no token",
        |v| {
            let token = v.world.session(&v.user).access;
            let body = json!({ "apiKey": "canary-key" });
            v.world.post("/auth/apikeys/openai").bearer(&token).json(body).send().is(200);
            v.ask("for-all", &v.token, "connection:openai", &[]).send()
        },
        "invalid_target",
    ),
];

#[test]
fn who_may_not_have_a_token_gets_none_and_learns_nothing() {
    let mut audited = 0;
    for (what, attack, code) in ATTACKS {
        let vault = vault(1_000);
        let reply = attack(&vault);
        refused(&vault, what, reply, code);
        audited += vault.world.events("token.exchange_refused");
        // Nothing of it is changed: the honest use goes on, where there is still somebody to use it.
        let row = &vault
            .world
            .sql("SELECT version, last_used_at FROM vault_connections WHERE provider_id = 'crm'")[0];
        assert_eq!((&row["version"], &row["last_used_at"]), (&json!(1), &Value::Null), "{what}");
    }
    assert!(audited >= 30, "{audited}");
    // What is not there and what is another's is told alike.
    let vault = vault(1_000);
    let nothing = vault.ask("for-all", &vault.token, "connection:github", &[]).send().text;
    assert_eq!(vault.ask("for-all", &vault.token, "connection:nothing", &[]).send().text, nothing);
    let eve = vault.world.cookie(&vault.world.user("eve@example.com"));
    let of_eve = signed_in_to(&vault.world, &eve, "app", "vault:read", AGENT).str("/access_token");
    assert_eq!(vault.ask("for-all", &of_eve, "connection:crm", &[]).send().text, nothing);
    let nobody =
        vault.world.post("/oauth2/token").form(&[("grant_type", GRANT), ("audience", "connection:crm")]);
    assert_eq!(nobody.send().is(401).json["error"], "invalid_client");
}
