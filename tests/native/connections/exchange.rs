//! Token exchange (RFC 8693) for a connected service: `audience=connection:{provider}` at the token endpoint.

use std::rc::Rc;

use portcullis::store::users::User;
use serde_json::json;

use crate::connections::apikeys::is_kept;
use crate::connections::valid_token::{PATH, connect};
use crate::harness::dpop::Holder;
use crate::harness::oidc::{App, CALLBACK, Params, Party};
use crate::harness::provider::json_answer;
use crate::harness::{Ask, Reply, World};
use crate::oauth::clients::{from_client, signed_in_to};

pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
pub const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
pub const AGENT: &str = "https://agent.example/";
pub const OTHER: &str = "https://other.example/";

/// A person who connected `crm`, signed in to `app`, and the backend `agent` that may have the token of it.
pub struct Vault {
    pub world: World,
    pub user: User,
    pub cookie: String,
    /// What `app` was lent, for the backend.
    pub token: String,
}

pub fn vault(ends_in: i64) -> Vault {
    let world = World::new();
    let provider = crate::connections::providers::own(json!({}));
    world.post("/auth/providers").bearer(&world.admin()).json(provider).send().is(201);
    let user = world.user("ada@example.com");
    connect(&world, &user, "c1", "", ends_in);
    let app = json!({
        "redirect_uris": [CALLBACK], "scope": "openid read write vault:read vault:crm",
        "grant_types": ["authorization_code"], "resources": [AGENT, OTHER],
    });
    world.client("home", "app", app);
    let agent = |scope: &str, resource: &str| {
        json!({ "redirect_uris": [CALLBACK], "grant_types": [GRANT, "authorization_code"],
                "scope": scope, "resources": [resource] })
    };
    world.client("home", "agent", agent("read vault:crm", AGENT));
    world.client("home", "for-all", agent("openid read vault:read", AGENT));
    world.client("home", "elsewhere", agent("read vault:crm", OTHER));
    world.client("home", "of-another-service", agent("read vault:openai vault:crm2", AGENT));
    world.client("home", "plain", agent("read", AGENT));
    world.client("home", "not-registered", json!({ "scope": "read vault:crm", "resources": [AGENT] }));
    let public =
        json!({ "grant_types": [GRANT], "scope": "vault:crm", "token_endpoint_auth_method": "none" });
    world.client("home", "public", public);
    let cookie = world.cookie(&user);
    let token = signed_in_to(&world, &cookie, "app", "read vault:read", AGENT).str("/access_token");
    Vault { world, user, cookie, token }
}

impl Vault {
    pub fn ask(&self, client: &str, token: &str, audience: &str, more: &[(&str, &str)]) -> Ask<'_> {
        let mut fields =
            vec![("grant_type", GRANT), ("subject_token", token), ("subject_token_type", ACCESS)];
        fields.push(("audience", audience));
        fields.extend(more);
        from_client(&self.world, "token", client, &fields)
    }

    pub fn exchange(&self, audience: &str, more: &[(&str, &str)]) -> Reply {
        self.ask("agent", &self.token, audience, more).send()
    }

    pub fn lent(&self, client: &str, scope: &str, resource: &str) -> String {
        signed_in_to(&self.world, &self.cookie, client, scope, resource).str("/access_token")
    }
}

/// That it was refused with that code, and nothing was handed out, renewed or lost by it.
#[track_caller]
pub fn refused(vault: &Vault, what: &str, reply: Reply, code: &str) {
    assert_eq!((reply.status, &reply.json["error"]), (400, &json!(code)), "{what}: {}", reply.text);
    assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
    assert!(!reply.text.contains("canary"), "{what}");
    assert_eq!(vault.world.events("vault.token_issued"), 0, "{what}");
}

/// RFC 8693 §2.2.1: the answer has access_token, issued_token_type, token_type, expires_in and scope.
#[test]
fn a_client_gets_the_token_that_the_service_gave_the_person() {
    let vault = vault(1_000);
    let reply = vault.exchange("connection:crm", &[]).is(200);
    let expected = json!({
        "access_token": "canary-a0", "expires_in": 1_000, "issued_token_type": ACCESS,
        "scope": "contacts mail", "token_type": "Bearer",
    });
    assert_eq!(reply.json, expected);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let told = vault.world.sql("SELECT actor, subject, detail FROM audit WHERE event = 'vault.token_issued'");
    assert_eq!((&told[0]["actor"], &told[0]["subject"]), (&json!("agent"), &json!(vault.user.id)));
    assert_eq!(told[0]["detail"], "crm");
    assert!(!is_kept(&vault.world, "canary-"));
    // One that is good is a single wait for storage, with its row in the log.
    let (reply, waits) = vault.ask("agent", &vault.token, "connection:crm", &[]).waits();
    assert_eq!((reply.status, waits), (200, 1));
    // For a client that is let have all, and for one by its own grant.
    vault.ask("for-all", &vault.token, "connection:crm", &[]).send().is(200);
    let own = vault.lent("for-all", "openid vault:read", "");
    vault.ask("for-all", &own, "connection:crm", &[]).send().is(200);
    // With what an administrator granted the person for this service alone.
    let scopes = json!({ "scopes": ["vault:crm"] });
    let path = format!("/tenant/home/v2/Users/{}", vault.user.id);
    vault.world.patch(&path).bearer(&vault.world.admin()).json(scopes).send().is(200);
    let narrow = vault.lent("app", "vault:crm", AGENT);
    vault.ask("agent", &narrow, "connection:crm", &[]).send().is(200);
    // It is no token of ours.
    vault.world.get("/api/auth/me").bearer("canary-a0").send().is(401);
}

#[test]
fn one_without_an_end_has_no_expires_in() {
    let vault = vault(1_000);
    vault.world.sql("UPDATE vault_connections SET expires_at = NULL");
    let reply = vault.exchange("connection:crm", &[("requested_token_type", ACCESS)]).is(200);
    assert_eq!(reply.json.get("expires_in"), None);
}

#[test]
fn a_label_chooses_among_several() {
    let vault = vault(1_000);
    connect(&vault.world, &vault.user, "c2", "work: a", 500);
    assert_eq!(vault.exchange("connection:crm", &[]).is(200).json["expires_in"], 1_000);
    assert_eq!(vault.exchange("connection:crm:", &[]).is(200).json["expires_in"], 1_000);
    assert_eq!(vault.exchange("connection:crm:work: a", &[]).is(200).json["expires_in"], 500);
    for label in ["work", "WORK: A ", "x", "\u{202e}", &"x".repeat(200)] {
        let reply = vault.exchange(&format!("connection:crm:{label}"), &[]).is(400);
        assert_eq!(reply.json["error"], "invalid_target", "{label}");
    }
}

#[test]
fn a_token_that_is_over_is_renewed_once_however_many_exchange_and_ask() {
    let vault = vault(-5);
    let asked = Rc::new(std::cell::Cell::new(0));
    let times = asked.clone();
    vault.world.web.serves("https://crm.example/token", move |_| {
        times.set(times.get() + 1);
        let tokens = json!({ "access_token": "canary-a1", "refresh_token": "canary-r1", "expires_in": 3600 });
        Ok(json_answer(200, &tokens))
    });
    let key = vault.world.api_key(&vault.world.session(&vault.user).access, &["vault:read"]);
    let mut asks: Vec<Ask<'_>> =
        (0..20).map(|_| vault.ask("agent", &vault.token, "connection:crm", &[])).collect();
    asks.extend((0..20).map(|_| vault.world.get(PATH).key(&key)));
    for reply in vault.world.together(asks) {
        assert_eq!(reply.is(200).str("/access_token"), "canary-a1");
    }
    assert_eq!((asked.get(), vault.world.events("vault.token_issued")), (1, 40));
}

#[test]
fn what_the_service_does_not_give_is_told() {
    let vault = vault(-5);
    vault.world.web.serves("https://crm.example/token", |_| Ok(json_answer(500, &json!({}))));
    let reply = vault.exchange("connection:crm", &[]).is(503);
    assert_eq!(reply.json["error"], "temporarily_unavailable");
    assert!(reply.header("retry-after").is_some());
    vault.world.advance(60);
    let over = json!({ "error": "invalid_grant" });
    vault.world.web.serves("https://crm.example/token", move |_| Ok(json_answer(400, &over)));
    for _ in 0..2 {
        let reply = vault.exchange("connection:crm", &[]);
        assert!(reply.str("/error_description").contains("connect the service again"), "{}", reply.text);
        refused(&vault, "needs the person", reply, "invalid_target");
    }
}

#[test]
fn a_scope_that_is_asked_for_must_be_granted_at_the_service() {
    let vault = vault(1_000);
    for scope in ["contacts files", "files", "vault:read", "read"] {
        refused(&vault, scope, vault.exchange("connection:crm", &[("scope", scope)]), "invalid_scope");
    }
    // What is granted beyond is told (§2.2.1).
    let reply = vault.exchange("connection:crm", &[("scope", "mail")]).is(200);
    assert_eq!(reply.json["scope"], "contacts mail");
    // Nobody learns by it whether there is a connection.
    let eve = vault.world.cookie(&vault.world.user("eve@example.com"));
    let of_eve = signed_in_to(&vault.world, &eve, "app", "read vault:read", AGENT).str("/access_token");
    let reply = vault.ask("agent", &of_eve, "connection:crm", &[("scope", "mail")]).send().is(400);
    assert_eq!(reply.json["error"], "invalid_target");
}

pub fn with(vault: &Vault, client: &str, token: &str) -> Reply {
    vault.ask(client, token, "connection:crm", &[]).send()
}

/// Whoever only saw a token that is bound to a key gets nothing for it (RFC 9449 §7.2).
#[test]
fn a_bound_token_is_exchanged_by_who_proves_its_key() {
    let vault = vault(1_000);
    let holder = Holder::es256(7);
    let query = Params::of(&[
        ("client_id", "for-all"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid vault:read"),
        ("nonce", "n"),
        ("code_challenge", crate::harness::oidc::CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let path = format!("{}?{}", Party::path("authorize"), query.text());
    let code = vault.world.get(&path).cookie(&vault.cookie).send().sent().code();
    let app = App { id: "for-all".into(), method: portcullis::model::client::AuthMethod::ClientSecretBasic };
    let endpoint = Party::path("token");
    let proof = |holder: &Holder| holder.proof(&vault.world, "POST", &endpoint);
    let ask = vault.world.as_client(&endpoint, &app, &Party::exchange(&code)).header("dpop", &proof(&holder));
    let bound = ask.send().is(200);
    assert_eq!(bound.json["token_type"], "DPoP");
    let bound = bound.str("/access_token");
    refused(&vault, "without a proof", with(&vault, "for-all", &bound), "invalid_request");
    let other = vault.ask("for-all", &bound, "connection:crm", &[]).header("dpop", &proof(&Holder::es256(8)));
    refused(&vault, "of another key", other.send(), "invalid_request");
    let used = proof(&holder);
    let honest = || vault.ask("for-all", &bound, "connection:crm", &[]).header("dpop", &used);
    // The service knows nothing of our keys.
    assert_eq!(honest().send().is(200).json["token_type"], "Bearer");
    assert_eq!(honest().send().is(400).json["error"], "invalid_dpop_proof");
}
