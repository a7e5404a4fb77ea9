//! `v2/Users/{id}/Passkeys/{passkey}`, `…/Consents/{client}`, `…/ApiKeys/{key}` and `…/Connections/{connection}`: what a user
//! holds, seen and ended.

use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::connections::providers::own;
use crate::harness::{Reply, World, served};
use crate::shared::fresh_sign_in::Stage;

/// A world with a person who holds one of each, and an administrator's token.
pub struct Holder {
    pub world: World,
    pub user: User,
    pub admin: String,
}

/// What each list is called, the id of its one item, and the event of its end.
pub const LISTS: [(&str, &str, &str); 4] = [
    ("Passkeys", "pk1", "passkey.removed"),
    ("Consents", "app", "consent.revoked"),
    ("ApiKeys", "", "api_key.revoked"),
    ("Connections", "", "vault.disconnected"),
];

pub fn add_passkey(world: &World, user: &User, id: &str) {
    put_passkey(world, &user.tenant_id, &user.id, id);
}

fn put_passkey(world: &World, tenant: &str, user: &str, id: &str) {
    world.sql(&format!(
        "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count, backed_up,
                               transports, name, created_at)
         VALUES ('{id}', '{tenant}', '{user}', 'c-{id}', 'auth.example.com', 'k', 0, 1, '[]', 'Phone', 0)"
    ));
}

/// A person with a passkey, for a table of others.
pub fn of_bob(stage: &Stage) -> Value {
    let bob = stage.world.user("bob@example.com");
    add_passkey(&stage.world, &bob, "pk1");
    bob.id.into()
}

/// Has the people of a mail domain sign in with a provider of that tenant alone.
pub fn enforce(world: &World, tenant: &str, domain: &str) {
    let spec = json!({ "kind": "google", "name": "G", "clientId": "us", "enabled": true, "enforced": true });
    world.sql(&format!(
        "INSERT INTO identity_providers (tenant_id, id, spec, created_at) VALUES ('{tenant}', 'google', '{spec}', 0)"
    ));
    world.sql(&format!(
        "INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, directory)
         VALUES ('{tenant}', '{domain}', 'google', 'verified', 't', 0, '{tenant}')"
    ));
    world.cache.forget_tenant(tenant);
}

/// Gives a user of the home tenant one of each.
pub fn hold(world: &World, user: &User) {
    add_passkey(world, user, "pk1");
    let token = world.session(user).access;
    world.put_client("home", "app", &json!({ "grant_types": ["authorization_code"] }));
    world.sql(&format!(
        "INSERT INTO consents (user_id, client_id, tenant_id, scope, granted_at)
         VALUES ('{}', 'app', 'home', 'openid read', 0)",
        user.id
    ));
    world.api_key(&token, &["read"]);
    let body = json!({ "apiKey": "sk-canary", "label": "work" });
    world.post("/auth/apikeys/openai").bearer(&token).json(body).send().is(200);
}

impl Holder {
    pub fn new() -> Holder {
        let world = World::new();
        let user = world.user("ada@example.com");
        hold(&world, &user);
        let admin = world.admin();
        Holder { world, user, admin }
    }

    fn path(&self, list: &str) -> String {
        format!("/tenant/home/v2/Users/{}/{list}", self.user.id)
    }

    fn list(&self, list: &str) -> Value {
        self.world.get(&self.path(list)).bearer(&self.admin).send().is(200).json
    }

    /// The id of the one item of a list.
    fn id(&self, list: &str) -> String {
        let item = &self.list(list)["items"][0];
        item.get("id").or_else(|| item.get("clientId")).unwrap().as_str().unwrap().to_owned()
    }

    fn end(&self, list: &str, id: &str) -> Reply {
        self.world.delete(&format!("{}/{id}", self.path(list))).bearer(&self.admin).send()
    }
}

#[test]
fn an_administrator_sees_what_a_user_holds_without_its_secrets() {
    let holder = Holder::new();
    let passkey = &holder.list("Passkeys")["items"][0];
    let shown = json!({ "backedUp": true, "createdAt": "1970-01-01T00:00:00Z", "id": "pk1", "lastUsedAt": null,
                        "name": "Phone", "rpId": "auth.example.com" });
    assert_eq!(*passkey, shown);
    let consent = &holder.list("Consents")["items"][0];
    let shown = json!({ "clientId": "app", "clientName": "A client", "grantedAt": "1970-01-01T00:00:00Z",
                        "scopes": ["openid", "read"] });
    assert_eq!(*consent, shown);
    let key = &holder.list("ApiKeys")["items"][0];
    assert_eq!((&key["userId"], &key["scopes"]), (&json!(holder.user.id), &json!(["read"])));
    assert_eq!(key.get("apiKey"), None);
    let connection = &holder.list("Connections")["items"][0];
    let shown = json!({
        "account": null, "connectedAt": "2026-05-01T12:00:00Z", "connectionType": "api_key", "expiresAt": null,
        "id": connection["id"], "label": "work", "lastUsedAt": null, "provider": "openai", "providerName": "OpenAI",
        "scopes": [], "status": "active",
    });
    assert_eq!(*connection, shown);
    // A person who is disabled still holds them, and nobody else does.
    let status = json!({ "status": "disabled" });
    let user = holder.path("").trim_end_matches('/').to_owned();
    holder.world.patch(&user).bearer(&holder.admin).json(status).send().is(200);
    let bob = holder.world.user("bob@example.com");
    for (list, ..) in LISTS {
        let all = holder.list(list);
        assert_eq!((all["items"].as_array().unwrap().len(), &all["nextCursor"]), (1, &Value::Null), "{list}");
        assert!(!all.to_string().contains("canary"), "{list}");
        let path = format!("/tenant/home/v2/Users/{}/{list}", bob.id);
        assert_eq!(
            holder.world.get(&path).bearer(&holder.admin).send().is(200).json["items"],
            json!([]),
            "{list}"
        );
    }
}

#[test]
fn an_administrator_ends_each_and_the_log_says_who_did() {
    for (list, _, event) in LISTS {
        let holder = Holder::new();
        let mails = holder.world.mails("ada@example.com").len();
        let id = holder.id(list);
        holder.end(list, &id).is(204);
        assert_eq!(holder.list(list)["items"], json!([]), "{list}");
        let said = &holder
            .world
            .sql(&format!("SELECT actor, subject, detail FROM audit WHERE event = '{event}'"))[0];
        let own = holder.world.sql("SELECT id FROM users WHERE operator = 1")[0]["id"].clone();
        assert_eq!(said["actor"], own, "{list}");
        let about = format!("{} {}", said["subject"], said["detail"]);
        assert!(about.contains(&holder.user.id) || list == "ApiKeys", "{list}: {about}");
        // Who is told of the end of their own is told of another's doing too.
        let told = holder.world.mails("ada@example.com").len() - mails;
        assert_eq!(told, usize::from(matches!(list, "Passkeys" | "ApiKeys")), "{list}");
        holder.end(list, &id).is(404);
        assert_eq!(holder.world.events(event), 1, "{list}");
    }
}

#[test]
fn what_is_another_users_or_tenants_is_not_there() {
    let holder = Holder::new();
    let world = &holder.world;
    let (bob, acme) = (world.user("bob@example.com"), world.tenant("acme"));
    let plain = world.session(&bob).access;
    for (list, ..) in LISTS {
        let id = holder.id(list);
        let of = |tenant: &str, user: &str| format!("/tenant/{tenant}/v2/Users/{user}/{list}");
        for (tenant, user, token, status) in [
            ("home", bob.id.as_str(), holder.admin.as_str(), 404),
            ("home", "nobody", holder.admin.as_str(), 404),
            ("acme", holder.user.id.as_str(), acme.as_str(), 404),
            ("home", holder.user.id.as_str(), acme.as_str(), 403),
            ("acme", holder.user.id.as_str(), holder.admin.as_str(), 403),
            ("home", holder.user.id.as_str(), plain.as_str(), 403),
        ] {
            let ended = world.delete(&format!("{}/{id}", of(tenant, user))).bearer(token).send();
            assert_eq!(ended.status, status, "{list} {tenant} {user}: {}", ended.text);
            if user != bob.id {
                assert_eq!(
                    world.get(&of(tenant, user)).bearer(token).status(),
                    status,
                    "{list} {tenant} {user}"
                );
            }
        }
        assert_eq!(holder.list(list)["items"].as_array().unwrap().len(), 1, "{list}");
    }
}

/// As in a change of the factors by an administrator.
#[test]
fn a_passkey_is_removed_by_who_may_reset_the_factors() {
    let world = World::new();
    world.admin();
    let operator = world.sql("SELECT id FROM users WHERE operator = 1")[0]["id"].as_str().unwrap().to_owned();
    let boss = world.user_with("home", "boss@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let ada = world.user("ada@example.com");
    let path = |user: &str, id: &str| format!("/tenant/home/v2/Users/{user}/Passkeys/{id}");
    put_passkey(&world, "home", &operator, "of-operator");
    for (user, id) in [(&boss, "of-boss"), (&ada, "of-ada")] {
        add_passkey(&world, user, id);
    }
    let by_boss = world.session(&boss).access;
    // The operator's, by somebody else.
    world.delete(&path(&operator, "of-operator")).bearer(&by_boss).send().is(409);
    // One's own, in a session that has not proved it.
    let refused = world.delete(&path(&boss.id, "of-boss")).bearer(&by_boss).send().is(401);
    assert_eq!(refused.str("/code"), "MFA_REQUIRED");
    let proved = world.session_by(&boss, &["hwk", "user", "mfa"]).access;
    world.delete(&path(&boss.id, "of-boss")).bearer(&proved).send().is(204);
    // A key that gives no role above its own removes no administrator's, and none of whoever made it.
    let key = world.api_key(&proved, &["read", "write"]);
    world.delete(&path(&boss.id, "x")).key(&key).send().is(403);
    // Who signed in long ago does it again first.
    world.advance(2 * 86_400);
    let old = world.session(&boss).access;
    world.sql("UPDATE sessions SET auth_time = 0 WHERE client_id IS NULL");
    let stale = world.delete(&path(&ada.id, "of-ada")).bearer(&old).fresh().send().is(401);
    assert_eq!(stale.str("/code"), "REAUTHENTICATION_REQUIRED");
    world.delete(&path(&ada.id, "of-ada")).bearer(&world.admin()).send().is(204);
    let left = world.sql("SELECT id FROM passkeys");
    assert_eq!((left.len(), &left[0]["id"]), (1, &json!("of-operator")));
}

#[test]
fn an_administrator_keeps_the_last_way_past_the_provider() {
    let world = World::new();
    let body = json!({ "id": "acme", "name": "A", "enterprise": true });
    world.post("/tenant/home/v2/Tenants").bearer(&world.admin()).json(body).send().is(201);
    let boss = world.user_with("acme", "boss@corp.example", |user| user.roles = vec!["ADMIN".into()]);
    add_passkey(&world, &boss, "pk1");
    enforce(&world, "acme", "corp.example");
    let token = world.session_by(&boss, &["hwk", "user", "mfa"]).access;
    let path = format!("/tenant/acme/v2/Users/{}/Passkeys/pk1", boss.id);
    world.delete(&path).bearer(&token).send().is(409);
    add_passkey(&world, &boss, "pk2");
    world.delete(&path).bearer(&token).send().is(204);
}

#[test]
fn what_an_ended_consent_key_or_connection_let_somebody_do_ends_with_it() {
    let holder = Holder::new();
    let world = &holder.world;
    let parent = world.newest_session(&holder.user.id);
    let granted = world.granted(&holder.user.id, "app", "openid read", Some(&parent));
    world.get("/api/auth/me").bearer(&granted).send().is(200);
    let key = world.api_key(&world.session(&holder.user).access, &["vault:read"]);
    world.get("/auth/apikeys/openai").key(&key).send().is(200);
    holder.end("Consents", "app").is(204);
    world.get("/api/auth/me").bearer(&granted).fresh().send().is(401);
    holder.end("Connections", &holder.id("Connections")).is(204);
    world.get("/auth/apikeys/openai").key(&key).send().is(404);
    let keys = holder.list("ApiKeys")["items"].as_array().unwrap().clone();
    for one in keys {
        holder.end("ApiKeys", one["id"].as_str().unwrap()).is(204);
    }
    world.get("/auth/connected").key(&key).fresh().send().is(401);
}

#[test]
fn tokens_of_a_connection_that_an_administrator_ends_are_given_back() {
    let world = World::new();
    let admin = world.admin();
    world.post("/auth/providers").bearer(&admin).json(own(json!({}))).send().is(201);
    world.web.serves("https://crm.example/revoke", |_| Ok(served(200, &[], b"")));
    let user = world.user("ada@example.com");
    let import = json!({ "userId": user.id, "providerId": "crm", "accessToken": "t", "refreshToken": "r", "label": "x" });
    let id = world.post("/auth/connections").bearer(&admin).json(import).send().is(201).str("/id");
    world
        .delete(&format!("/tenant/home/v2/Users/{}/Connections/{id}", user.id))
        .bearer(&admin)
        .send()
        .is(204);
    world.cron();
    assert!(world.web.times("https://crm.example/revoke") >= 1);
    assert_eq!((world.events("vault.disconnected"), world.events("vault.revoked")), (1, 1));
}
