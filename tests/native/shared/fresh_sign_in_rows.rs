//! The endpoints that make what lasts, each with how it is asked; and those that don't, with why.

use portcullis::model::state::UserStatus;
use serde_json::{Value, json};

use crate::shared::fresh_sign_in::Who::{self, Admin, NoPassword, Operator, Person};
use crate::shared::fresh_sign_in::{Begin, Row, Send, Stage};
use crate::shared::fresh_sign_in_vault as vault;
use crate::tenant::holdings;

fn nothing(_: &Stage) -> Value {
    Value::Null
}

/// Of a factor, asked by a program.
const fn factor(row: &'static str, inline: bool, with_app: bool, begin: Begin, send: Send) -> Row {
    Row { row, who: Person, keys: false, inline, with_app, begin, send }
}

/// Of a person who has no password.
const fn by_mail(row: &'static str, send: Send) -> Row {
    Row { row, who: NoPassword, keys: false, inline: false, with_app: false, begin: nothing, send }
}

/// Of an API key.
const fn key(row: &'static str, who: Who, send: Send) -> Row {
    Row { row, who, keys: true, inline: true, with_app: true, begin: nothing, send }
}

/// Of what an administrator makes that lets somebody in.
const fn admin(row: &'static str, begin: Begin, send: Send) -> Row {
    Row { row, who: Admin, keys: true, inline: false, with_app: true, begin, send }
}

/// Of the account page.
const fn page(row: &'static str, begin: Begin, send: Send) -> Row {
    Row { row, who: Person, keys: false, inline: false, with_app: false, begin, send }
}

fn enrolling(stage: &Stage) -> Value {
    let begun = stage.post("/auth/mfa/enable", json!({}), None).send().is(200);
    begun.str("/secret").into()
}

fn stepping_up(stage: &Stage) -> Value {
    stage.post("/api/auth/mfa/step-up", json!({}), None).send().is(200).json["data"].clone()
}

fn passkey(stage: &Stage) -> Value {
    let id = &stage.user.id;
    stage.world.sql(&format!(
        "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count, backed_up,
                               transports, name, created_at)
         VALUES ('p', 'home', '{id}', 'c', 'auth.example.com', 'k', 0, 0, '[]', 'Old key', 0)"
    ));
    Value::Null
}

fn wants_to_join(stage: &Stage) -> Value {
    provider(stage);
    stage.world.sql(
        "INSERT INTO join_requests VALUES ('j', 'home', 'google', 'https://accounts.google.com', '1', 'j@example.com', 1, NULL, 0)",
    );
    Value::Null
}

fn client(stage: &Stage) -> Value {
    let metadata = json!({ "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"],
        "response_types": [] });
    stage.world.client("home", "app", metadata);
    Value::Null
}

fn other(stage: &Stage) -> Value {
    stage.world.user("bob@example.com").id.into()
}

fn disabled(stage: &Stage) -> Value {
    stage.world.user_with("home", "bob@example.com", |user| user.status = UserStatus::Disabled).id.into()
}

fn role(stage: &Stage) -> Value {
    let sql = "INSERT INTO roles (tenant_id, name, rank, scopes) VALUES ('home', 'CLERK', 1, '[\"a:b\"]')";
    stage.world.sql(sql);
    Value::Null
}

/// What waits on the page of second factors, and the cookie that it waits in.
fn enrolling_in_a_browser(stage: &Stage) -> Value {
    let begun = stage.section("factor-app", &[]).send().is(303);
    let waits = begun.sets("__Host-portcullis-challenge").unwrap();
    let cookies = format!("__Host-portcullis={}; __Host-portcullis-challenge={waits}", stage.cookie);
    let page = stage.world.get("/tenant/home/mfa").navigating().header("cookie", &cookies).send().is(200);
    let between = |from: &str| page.text.split_once(from).unwrap().1.split(['"', '<']).next().unwrap();
    let secret = between("<p class=\"key\">").replace(' ', "");
    json!({ "cookies": cookies, "challenge": between("name=\"challenge\" value=\""), "secret": secret })
}

fn user_path(id: &str) -> String {
    format!("/tenant/home/v2/Users/{id}")
}

fn google() -> Value {
    json!({ "kind": "google", "clientId": "us" })
}

fn provider(stage: &Stage) -> Value {
    stage.world.sql(
        "INSERT INTO identity_providers (tenant_id, id, spec, created_at)
         VALUES ('home', 'google', '{\"kind\":\"google\",\"name\":\"G\",\"clientId\":\"us\"}', 0)",
    );
    Value::Null
}

fn saml(stage: &Stage) -> Value {
    stage.world.sql(
        "INSERT INTO identity_providers (tenant_id, id, spec, created_at)
         VALUES ('home', 'saml', '{\"kind\":\"saml\",\"name\":\"S\",\"idpEntityId\":\"https://idp.example\",\"ssoUrl\":\"https://idp.example\",\"certificates\":[]}', 0)",
    );
    Value::Null
}

/// The path of a next key.
fn next_key(stage: &Stage) -> Value {
    saml(stage);
    let keys = "/tenant/home/v2/IdentityProviders/saml/SigningKeys";
    let made = stage.post(keys, json!({}), None).send().is(201);
    format!("{keys}/{}", made.str("/items/1/id")).into()
}

fn identity(stage: &Stage) -> Value {
    provider(stage);
    let id = &stage.user.id;
    stage.world.sql(&format!(
        "INSERT INTO identities (id, tenant_id, provider_id, issuer, subject, user_id, linked_at)
         VALUES ('i', 'home', 'google', 'https://accounts.google.com', '1', '{id}', 0)"
    ));
    Value::Null
}

/// One that is proved.
fn domain(stage: &Stage) -> Value {
    provider(stage);
    stage.world.sql(
        "INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, directory)
         VALUES ('home', 'corp.example', 'google', 'verified', 't', 0, 'home')",
    );
    Value::Null
}

fn new_client() -> Value {
    json!({ "redirect_uris": ["https://app.example/callback"] })
}

pub const ROWS: &[Row] = &[
    factor("POST /auth/mfa/enable", true, true, nothing, |stage, _, password| {
        stage.post("/auth/mfa/enable", json!({ "method": "totp" }), password)
    }),
    factor("POST /auth/mfa/enable", true, true, nothing, |stage, _, password| {
        stage.post("/auth/mfa/enable", json!({ "method": "email" }), password)
    }),
    factor("POST /auth/mfa/verify", true, true, enrolling, |stage, secret, password| {
        let code = stage.world.code(secret.as_str().unwrap());
        stage.post("/auth/mfa/verify", json!({ "code": code }), password)
    }),
    factor("POST /auth/mfa/send", true, false, nothing, |stage, _, password| {
        stage.post("/auth/mfa/send", json!({}), password)
    }),
    factor("POST /api/auth/mfa/step-up", true, false, nothing, |stage, _, password| {
        stage.post("/api/auth/mfa/step-up", json!({}), password)
    }),
    factor("POST /api/auth/mfa/verify", false, false, stepping_up, |stage, begun, _| {
        let code = stage.world.code(begun["enrolment"]["secret"].as_str().unwrap());
        let body = json!({ "challenge": begun["challenge"], "code": code });
        stage.post("/api/auth/mfa/verify", body, None)
    }),
    factor("POST /api/auth/passkeys/options", true, true, nothing, |stage, _, password| {
        stage.post("/api/auth/passkeys/options", json!({}), password)
    }),
    factor("POST /api/auth/passkeys", true, true, Stage::new_passkey, |stage, credential, password| {
        stage.post("/api/auth/passkeys", json!({ "credential": credential }), password)
    }),
    factor("DELETE /api/auth/passkeys/{id}", false, true, passkey, |stage, _, _| {
        stage.world.delete("/api/auth/passkeys/p").bearer(&stage.token)
    }),
    factor("DELETE /api/auth/identities", false, true, identity, |stage, _, _| {
        stage.world.delete("/api/auth/identities?provider=google").bearer(&stage.token)
    }),
    factor("DELETE /api/auth/identities/{id}", false, true, identity, |stage, _, _| {
        stage.world.delete("/api/auth/identities/i").bearer(&stage.token)
    }),
    by_mail("POST /api/auth/change-password", |stage, _, _| {
        stage.post("/api/auth/change-password", json!({ "newPassword": "a first password" }), None)
    }),
    by_mail("POST /api/auth/change-email", |stage, _, _| {
        stage.post("/api/auth/change-email", json!({ "newEmail": "eve@example.org" }), None)
    }),
    key("POST /api/auth/api-keys", Person, |stage, _, password| {
        stage.post("/api/auth/api-keys", json!({ "name": "k", "scopes": ["read"] }), password)
    }),
    key("POST /users/generate-api-key", Person, |stage, _, password| {
        stage.post("/users/generate-api-key", json!({}), password)
    }),
    key("POST /tenant/{tenant}/v2/ApiKeys", Admin, |stage, _, password| {
        stage.post("/tenant/home/v2/ApiKeys", json!({ "name": "k", "scopes": ["read"] }), password)
    }),
    key("POST /tenant/{tenant}/v2/ApiKeys", Admin, |stage, _, password| {
        let body = json!({ "name": "k", "scopes": ["read"], "userId": stage.user.id });
        stage.post("/tenant/home/v2/ApiKeys", body, password)
    }),
    admin("POST /tenant/{tenant}/v2/Clients", nothing, |stage, _, _| {
        stage.post("/tenant/home/v2/Clients", new_client(), None)
    }),
    admin("PUT /tenant/{tenant}/v2/Clients/{id}", client, |stage, _, _| {
        stage.ask("PUT", "/tenant/home/v2/Clients/app", new_client(), None)
    }),
    admin("PATCH /tenant/{tenant}/v2/Clients/{id}", client, |stage, _, _| {
        stage.ask("PATCH", "/tenant/home/v2/Clients/app", json!({ "client_name": "Mine" }), None)
    }),
    admin("POST /tenant/{tenant}/v2/Clients/{id}/secret", client, |stage, _, _| {
        stage.post("/tenant/home/v2/Clients/app/secret", json!({}), None)
    }),
    admin("POST /tenant/{tenant}/v2/Users", nothing, |stage, _, _| {
        stage.post("/tenant/home/v2/Users", json!({ "email": "eve@example.org" }), None)
    }),
    admin("PATCH /tenant/{tenant}/v2/Users/{id}", other, |stage, id, _| {
        stage.ask("PATCH", &user_path(id.as_str().unwrap()), json!({ "roles": ["ADMIN"] }), None)
    }),
    admin("PATCH /tenant/{tenant}/v2/Users/{id}", other, |stage, id, _| {
        stage.ask("PATCH", &user_path(id.as_str().unwrap()), json!({ "resetTOTP": true }), None)
    }),
    admin("PUT /tenant/{tenant}/v2/Users/{id}", other, |stage, id, _| {
        stage.ask("PUT", &user_path(id.as_str().unwrap()), json!({ "email": "eve@example.org" }), None)
    }),
    admin("PATCH /tenant/{tenant}/v2/Users/{id}", disabled, |stage, id, _| {
        stage.ask("PATCH", &user_path(id.as_str().unwrap()), json!({ "status": "active" }), None)
    }),
    admin("DELETE /tenant/{tenant}/v2/Users/{id}/Passkeys/{passkey}", holdings::of_bob, |stage, id, _| {
        stage.world.delete(&format!("{}/Passkeys/pk1", user_path(id.as_str().unwrap()))).bearer(&stage.token)
    }),
    // One's own account is changed as any person's is.
    Row {
        row: "PATCH /tenant/{tenant}/v2/Users/{id}",
        who: Admin,
        keys: false,
        inline: false,
        with_app: true,
        begin: nothing,
        send: |stage, _, _| {
            stage.ask("PATCH", &user_path(&stage.user.id), json!({ "email": "eve@example.org" }), None)
        },
    },
    admin("PATCH /tenant/{tenant}/v2/Settings", nothing, |stage, _, _| {
        stage.ask(
            "PATCH",
            "/tenant/home/v2/Settings",
            json!({ "apiKeyReauthenticationSeconds": 604_800 }),
            None,
        )
    }),
    admin("PUT /tenant/{tenant}/v2/Settings", nothing, |stage, _, _| {
        stage.ask("PUT", "/tenant/home/v2/Settings", json!({ "clientApiKeys": true }), None)
    }),
    admin("POST /tenant/{tenant}/v2/Roles", nothing, |stage, _, _| {
        stage.post("/tenant/home/v2/Roles", json!({ "name": "CLERK", "rank": 1, "scopes": ["a:b"] }), None)
    }),
    admin("PUT /tenant/{tenant}/v2/Roles/{name}", role, |stage, _, _| {
        let body = json!({ "name": "CLERK", "rank": 1, "scopes": ["payments:refund"] });
        stage.ask("PUT", "/tenant/home/v2/Roles/CLERK", body, None)
    }),
    admin("POST /tenant/{tenant}/v2/IdentityProviders", nothing, |stage, _, _| {
        stage.post("/tenant/home/v2/IdentityProviders", google(), None)
    }),
    admin("PUT /tenant/{tenant}/v2/IdentityProviders/{id}", provider, |stage, _, _| {
        stage.ask("PUT", "/tenant/home/v2/IdentityProviders/google", google(), None)
    }),
    admin("PATCH /tenant/{tenant}/v2/IdentityProviders/{id}", provider, |stage, _, _| {
        let body = json!({ "clientId": "mine" });
        stage.ask("PATCH", "/tenant/home/v2/IdentityProviders/google", body, None)
    }),
    admin("DELETE /tenant/{tenant}/v2/IdentityProviders/{id}", provider, |stage, _, _| {
        stage.world.delete("/tenant/home/v2/IdentityProviders/google").bearer(&stage.token)
    }),
    admin("POST /tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys", saml, |stage, _, _| {
        stage.post("/tenant/home/v2/IdentityProviders/saml/SigningKeys", json!({}), None)
    }),
    admin(
        "POST /tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys/{key}/activate",
        next_key,
        |stage, key, _| stage.post(&format!("{}/activate", key.as_str().unwrap()), json!({}), None),
    ),
    admin(
        "DELETE /tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys/{key}",
        next_key,
        |stage, key, _| stage.world.delete(key.as_str().unwrap()).bearer(&stage.token),
    ),
    admin("POST /auth/providers", nothing, vault::create),
    admin("PUT /auth/providers/{id}", vault::provider, vault::replace),
    admin("DELETE /auth/providers/{id}", vault::provider, vault::delete),
    admin("POST /auth/connections", vault::provider, vault::import),
    admin("DELETE /auth/connections", vault::provider, vault::revoke_all),
    admin("PUT /auth/google-search-keys", nothing, vault::set_keys),
    admin("DELETE /auth/google-search-keys", vault::search_keys, vault::delete_keys),
    admin("POST /tenant/{tenant}/v2/JoinRequests/{id}/accept", wants_to_join, |stage, _, _| {
        stage.post("/tenant/home/v2/JoinRequests/j/accept", json!({}), None)
    }),
    admin("POST /tenant/{tenant}/v2/Domains", provider, |stage, _, _| {
        let body = json!({ "domain": "corp.example", "provider": "google" });
        stage.post("/tenant/home/v2/Domains", body, None)
    }),
    admin("POST /tenant/{tenant}/v2/Domains/{domain}/verify", domain, |stage, _, _| {
        stage.post("/tenant/home/v2/Domains/corp.example/verify", json!({}), None)
    }),
    admin("DELETE /tenant/{tenant}/v2/Domains/{domain}", domain, |stage, _, _| {
        stage.world.delete("/tenant/home/v2/Domains/corp.example").bearer(&stage.token)
    }),
    Row {
        row: "POST /tenant/{tenant}/v2/Tenants/{id}/Domains",
        who: Operator,
        keys: true,
        inline: false,
        with_app: false,
        begin: provider,
        send: |stage, _, _| {
            let body = json!({ "domain": "corp.example", "provider": "google" });
            stage.post("/tenant/home/v2/Tenants/home/Domains", body, None)
        },
    },
    Row {
        row: "POST /tenant/{tenant}/v2/Tenants",
        who: Operator,
        keys: true,
        inline: false,
        with_app: false,
        begin: nothing,
        send: |stage, _, _| stage.post("/tenant/home/v2/Tenants", json!({ "id": "b", "name": "B" }), None),
    },
    Row {
        row: "POST /tenant/{tenant}/v2/Tenants/{id}/Admins",
        who: Operator,
        keys: true,
        inline: false,
        with_app: false,
        begin: nothing,
        send: |stage, _, _| {
            let path = "/tenant/home/v2/Tenants/home/Admins";
            stage.post(path, json!({ "email": "eve@example.org" }), None)
        },
    },
    page("POST /tenant/{tenant}/account#factor-app", nothing, |stage, _, _| stage.section("factor-app", &[])),
    page("POST /tenant/{tenant}/account#factor-email", nothing, |stage, _, _| {
        stage.section("factor-email", &[])
    }),
    page("POST /tenant/{tenant}/mfa", enrolling_in_a_browser, |stage, begun, _| {
        let code = stage.world.code(begun["secret"].as_str().unwrap());
        let challenge = begun["challenge"].as_str().unwrap();
        let fields = [("challenge", challenge), ("code", &code), ("return_to", "/tenant/home/account")];
        let cookies = begun["cookies"].as_str().unwrap();
        stage.world.post("/tenant/home/mfa").navigating().header("cookie", cookies).form(&fields)
    }),
    page("GET /tenant/{tenant}/account?passkey=add", nothing, |stage, _, _| {
        stage.world.get("/tenant/home/account?passkey=add").navigating().cookie(&stage.cookie)
    }),
    page(
        "POST /tenant/{tenant}/account#passkey-add",
        |stage| {
            let path = "/tenant/home/account?passkey=add";
            let page = stage.world.get(path).navigating().cookie(&stage.cookie).send().is(200);
            let options = page.text.split_once("data-options=\"").unwrap().1.split('"').next().unwrap();
            let options: Value = serde_json::from_str(&options.replace("&#34;", "\"")).unwrap();
            crate::harness::Authenticator::new(1).create(&options)
        },
        |stage, credential, _| stage.section("passkey-add", &[("credential", &credential.to_string())]),
    ),
    page("POST /tenant/{tenant}/account#passkey-off", passkey, |stage, _, _| {
        stage.section("passkey-off", &[("id", "p")])
    }),
    page("POST /tenant/{tenant}/account#identity-off", identity, |stage, _, _| {
        stage.section("identity-off", &[("id", "i")])
    }),
    Row {
        row: "POST /tenant/{tenant}/account#key-add",
        who: Person,
        keys: true,
        inline: false,
        with_app: false,
        begin: nothing,
        send: |stage, _, _| stage.section("key-add", &[("name", "k"), ("scope", "read")]),
    },
    page("GET /tenant/{tenant}/account/export", nothing, |stage, _, _| {
        stage.world.get("/tenant/home/account/export").navigating().cookie(&stage.cookie)
    }),
    by_mail("POST /tenant/{tenant}/account#password", |stage, _, _| {
        stage.section("password", &[("current", ""), ("password", "a first password")])
    }),
    by_mail("POST /tenant/{tenant}/account#email", |stage, _, _| {
        stage.section("email", &[("email", "eve@example.org")])
    }),
    by_mail("POST /tenant/{tenant}/account#delete", |stage, _, _| stage.section("delete", &[])),
];
