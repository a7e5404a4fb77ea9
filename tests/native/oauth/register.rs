//! `…/oauth2/register`: dynamic registration and its management.

use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::harness::{NOON, Reply, Signer, World};

const REGISTER: &str = "/tenant/home/oauth2/register";

fn world(policy: &str) -> World {
    let world = World::new();
    world.settings(json!({ "clientRegistration": policy }));
    world
}

fn said(other: &Value) -> Value {
    let mut all = json!({ "client_name": "App", "redirect_uris": ["https://app.example/cb"] });
    all.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    all
}

fn registered(world: &World, other: &Value) -> Reply {
    world.post(REGISTER).json(said(other)).send().is(201)
}

/// The path of what a client manages.
fn path(reply: &Reply) -> String {
    reply.str("/registration_client_uri").replace("https://auth.example.com", "")
}

/// What a client sends to change itself: everything that it was told, but for what only we say.
fn own(reply: &Reply) -> Value {
    let mut all = reply.json.clone();
    let ours = [
        "client_id_issued_at",
        "client_secret_expires_at",
        "client_secret",
        "registration_client_uri",
        "registration_access_token",
    ];
    all.as_object_mut().unwrap().retain(|name, _| !ours.contains(&name.as_str()));
    all
}

#[test]
fn nobody_registers_a_client_unless_the_tenant_says_so() {
    let world = World::new();
    for path in [REGISTER, "/oauth2/register"] {
        let reply = world.post(path).json(said(&json!({}))).send().is(403);
        assert_eq!(reply.json["error"], "access_denied");
        world.post(path).bearer(&world.admin()).json(said(&json!({}))).send().is(403);
    }
    let metadata = "/tenant/home/.well-known/openid-configuration";
    assert_eq!(world.get(metadata).send().is(200).json["registration_endpoint"], Value::Null);
    world.settings(json!({ "clientRegistration": "open" }));
    let told = world.get(metadata).send().is(200).json["registration_endpoint"].clone();
    assert_eq!(told, "https://auth.example.com/tenant/home/oauth2/register");
    assert_eq!(world.number("SELECT count(*) AS n FROM clients"), 0);
}

#[test]
fn a_client_registers_where_anyone_may() {
    let world = world("open");
    let reply = registered(&world, &json!({ "logo_uri": null, "x_unknown": 1 }));
    let id = reply.str("/client_id");
    let uri = format!("https://auth.example.com/tenant/home/oauth2/register/{id}");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(
        reply.json,
        json!({
            "client_id": id, "client_id_issued_at": NOON / 1000, "client_secret": reply.json["client_secret"],
            "client_secret_expires_at": 0, "registration_client_uri": uri,
            "registration_access_token": reply.json["registration_access_token"], "client_name": "App",
            "redirect_uris": ["https://app.example/cb"], "post_logout_redirect_uris": [],
            "grant_types": ["authorization_code"], "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic", "application_type": "web", "contacts": [],
            "id_token_signed_response_alg": "ES256",
            "scope": "openid profile email offline_access", "backchannel_logout_session_required": false,
            "default_acr_values": [], "require_auth_time": false, "subject_type": "public",
            "require_pushed_authorization_requests": false, "require_consent": true,
            "dpop_bound_access_tokens": false, "resources": [], "roles": [],
        })
    );
    assert_eq!(reply.str("/client_secret").len(), 43);
    assert_eq!(reply.str("/registration_access_token").len(), 43);
    assert_eq!(world.events("client.registered"), 1);
    let kept = world.sql("SELECT secret_hash, registration_hash FROM clients");
    assert_ne!(kept[0]["secret_hash"], reply.json["client_secret"]);
    assert_ne!(kept[0]["registration_hash"], reply.json["registration_access_token"]);
    let public = world.post("/oauth2/register").json(said(&json!({ "token_endpoint_auth_method": "none" })));
    let public = public.send().is(201).json;
    assert_eq!((&public["client_secret"], &public["require_pkce"]), (&Value::Null, &json!(true)));
}

#[test]
fn it_cannot_give_itself_what_an_administrator_gives() {
    let world = world("open");
    let reply = registered(
        &world,
        &json!({ "roles": ["ADMIN"], "resources": ["https://api.example/"], "require_consent": false,
                 "require_pkce": false, "client_id": "chosen", "client_secret": "chosen", "tenant_id": "b" }),
    );
    assert_eq!((&reply.json["roles"], &reply.json["resources"]), (&json!([]), &json!([])));
    // Without PKCE it brings a nonce: to do without both is an administrator's to allow.
    assert_eq!((&reply.json["require_consent"], &reply.json["require_pkce"]), (&json!(true), &Value::Null));
    assert_ne!(reply.json["client_id"], "chosen");
    assert_ne!(reply.json["client_secret"], "chosen");
    for grant in ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"] {
        let wanted = said(&json!({ "grant_types": ["authorization_code", grant] }));
        let reply = world.post(REGISTER).json(wanted).send().is(400);
        assert_eq!(reply.json["error"], "invalid_client_metadata");
    }
    for (scope, told) in [
        ("read", ""),
        ("openid write", "openid"),
        ("webhooks:manage", ""),
        ("orders:read profile clients:register openid openid", "profile openid"),
        ("  email   everything ", "email"),
        ("", ""),
    ] {
        let reply = registered(&world, &json!({ "scope": scope }));
        assert_eq!(reply.json["scope"], told, "{scope}");
        let kept = world.get(&path(&reply)).bearer(&reply.str("/registration_access_token")).send().is(200);
        assert_eq!(kept.json["scope"], told, "{scope}");
    }
    registered(&world, &json!({ "scope": format!("openid {}", "x".repeat(5_000)) }));
}

#[test]
fn what_is_wrong_with_it_is_said_in_rfc_7591s_words() {
    let world = world("open");
    for (other, error) in [
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["https://app.example/#x"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": null }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": "https://app.example" }), "invalid_redirect_uri"),
        (json!({ "grant_types": ["implicit"], "response_types": ["token"] }), "invalid_client_metadata"),
        (json!({ "response_types": ["id_token"] }), "invalid_client_metadata"),
        (json!({ "token_endpoint_auth_method": "client_secret_jwt" }), "invalid_client_metadata"),
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), "invalid_client_metadata"),
        (
            json!({ "jwks_uri": "https://app.example/jwks", "jwks": { "keys": [] } }),
            "invalid_client_metadata",
        ),
        (json!({ "jwks_uri": "http://app.example/jwks" }), "invalid_client_metadata"),
        (json!({ "logo_uri": "javascript:alert(1)" }), "invalid_client_metadata"),
        (json!({ "scope": 5 }), "invalid_client_metadata"),
        (json!({ "jwks": {} }), "invalid_client_metadata"),
    ] {
        let reply = world.post(REGISTER).json(said(&other)).send().is(400);
        reply.error(400, error);
    }
    for body in ["", "[]", "{", "null", "\"x\""] {
        let reply = world.post(REGISTER).body("application/json", body).send().is(400);
        assert_eq!(reply.json["error"], "invalid_client_metadata", "{body}");
    }
    world.post(REGISTER).form(&[("redirect_uris", "https://app.example/cb")]).send().is(415);
    world.post(REGISTER).json(json!({ "client_name": "x".repeat(70_000) })).send().is(413);
    assert_eq!(world.number("SELECT count(*) AS n FROM clients"), 0);
}

#[test]
fn a_client_with_its_own_keys_registers() {
    let world = world("open");
    let jwks = Signer::es256(1).jwks("k");
    let keyed = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks });
    let reply = registered(&world, &keyed);
    assert_eq!(reply.json["jwks"], jwks);
    assert_eq!(reply.json["client_secret"], Value::Null);
}

#[test]
fn one_address_registers_twenty_an_hour() {
    let world = world("open");
    for _ in 0..20 {
        registered(&world, &json!({}));
    }
    world.post(REGISTER).json(said(&json!({}))).send().is(429);
    world.post(REGISTER).json(said(&json!({}))).unlimited().send().is(201);
    world.post(REGISTER).json(said(&json!({}))).from("198.51.100.1").send().is(201);
    world.advance(3_600);
    registered(&world, &json!({}));
}

#[test]
fn an_administrators_word_is_an_initial_access_token_where_one_is_needed() {
    let world = world("token");
    let admin = world.admin();
    let reply = world.post(REGISTER).json(said(&json!({}))).send().is(401);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    world.post(REGISTER).bearer("x").json(said(&json!({}))).send().is(401);
    let reply = world.post(REGISTER).bearer(&admin).json(said(&json!({ "scope": "read orders:read" })));
    assert_eq!(reply.send().is(201).json["scope"], "read orders:read");
    let key = world.api_key(&admin, &["write"]);
    world.post(REGISTER).bearer(&key).json(said(&json!({}))).send().is(201);
    world.post(REGISTER).key(&key).json(said(&json!({}))).send().is(201);
    let wanted = said(&json!({ "grant_types": ["client_credentials"], "roles": ["ADMIN"] }));
    world.post(REGISTER).bearer(&admin).json(wanted).send().is(400);
    assert_eq!(world.events("client.registered"), 3);
}

#[test]
fn an_administrators_token_vouches_for_a_client_soon_after_a_sign_in() {
    let world = world("token");
    let admin = world.user_with("home", "ada@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let tokens = world.session(&admin);
    let key = world.api_key(&tokens.access, &["write"]);
    world.advance(86_400);
    let body = json!({ "refreshToken": tokens.refresh });
    let token = world.post("/api/auth/refresh").json(body).send().is(200).str("/data/accessToken");
    let reply = world.post(REGISTER).bearer(&token).json(said(&json!({}))).send().is(401);
    assert_eq!(reply.json["error"], "insufficient_user_authentication");
    let challenge = "Bearer error=\"insufficient_user_authentication\", max_age=\"86400\"";
    assert_eq!(reply.header("www-authenticate"), Some(challenge));
    assert_eq!(world.events("client.registered"), 0);
    // A key has no sign-in; and the person confirms with the password.
    world.post(REGISTER).bearer(&key).json(said(&json!({}))).send().is(201);
    let body = json!({ "password": crate::harness::PASSWORD });
    world.post("/api/auth/reauthenticate").bearer(&token).json(body).send().is(200);
    world.post(REGISTER).bearer(&token).json(said(&json!({}))).send().is(201);
}

#[test]
fn a_users_word_is_none_whatever_scope_they_gave_their_key() {
    let world = world("token");
    let granted = |user: &mut User| user.scopes = vec!["clients:register".into()];
    let user = world.session(&world.user_with("home", "ada@example.com", granted)).access;
    let key = world.api_key(&user, &["write", "clients:register"]);
    world.admin();
    world.sql(r#"UPDATE users SET scopes = '["clients:register"]' WHERE operator = 1"#);
    let reader = world.api_key(&world.admin(), &["read", "clients:register"]);
    for token in [&user, &key, &reader] {
        let reply = world.post(REGISTER).bearer(token).json(said(&json!({}))).send().is(403);
        assert_eq!(reply.json["error"], "insufficient_scope");
    }
    let other = world.tenant("b");
    world.post(REGISTER).bearer(&other).json(said(&json!({}))).send().is(403);
    assert_eq!(world.number("SELECT count(*) AS n FROM clients"), 0);
}

#[test]
fn a_client_of_the_tenant_may_be_let_register_others() {
    let world = world("token");
    world.put_client("home", "desk", &json!({ "grant_types": ["client_credentials"], "response_types": [] }));
    let token = world.own_token("home", "desk", "clients:register");
    world.post(REGISTER).bearer(&token).json(said(&json!({}))).send().is(201);
    let bare = world.own_token("home", "desk", "write");
    world.post(REGISTER).bearer(&bare).json(said(&json!({}))).send().is(403);
    let actor = world.sql("SELECT actor FROM audit WHERE event = 'client.registered'");
    assert_eq!(actor[0]["actor"], "desk");
}

#[test]
fn a_client_reads_changes_and_removes_itself() {
    let world = world("open");
    let reply = registered(&world, &json!({}));
    let (path, token) = (path(&reply), reply.str("/registration_access_token"));
    let read = world.get(&path).bearer(&token).send().is(200);
    let mut without_secret = reply.json.clone();
    without_secret.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(read.json, without_secret);
    assert_eq!(world.get(&path.replace("/tenant/home", "")).bearer(&token).send().is(200).json, read.json);
    let mut wanted = own(&reply);
    wanted["client_name"] = json!("Renamed");
    wanted["roles"] = json!(["ADMIN"]);
    wanted["require_consent"] = json!(false);
    let changed = world.put(&path).bearer(&token).json(wanted).send().is(200);
    let told = [&changed.json["client_name"], &changed.json["roles"], &changed.json["require_consent"]];
    assert_eq!(told, [&json!("Renamed"), &json!([]), &json!(true)]);
    assert_eq!(changed.str("/registration_access_token"), token);
    let minimal = json!({ "client_id": reply.str("/client_id"), "redirect_uris": ["https://app.example/2"],
                          "token_endpoint_auth_method": "none" });
    let changed = world.put(&path).bearer(&token).json(minimal).send().is(200);
    assert_eq!(changed.json["redirect_uris"], json!(["https://app.example/2"]));
    assert_eq!(changed.json["client_secret_expires_at"], Value::Null);
    world.delete(&path).bearer(&token).send().is(204);
    world.get(&path).bearer(&token).send().is(401);
    for event in ["client.registered", "client.deleted"] {
        assert_eq!(world.events(event), 1, "{event}");
    }
    assert_eq!(world.events("client.changed"), 2);
}

#[test]
fn a_change_says_the_clients_id_and_nothing_that_is_ours_to_say() {
    let world = world("open");
    let reply = registered(&world, &json!({}));
    let (path, token) = (path(&reply), reply.str("/registration_access_token"));
    let before = world.sql("SELECT * FROM clients");
    for (member, value) in [
        ("client_id", json!(null)),
        ("client_id", json!("another")),
        ("client_secret", json!("my-own")),
        ("client_secret", json!(5)),
        ("registration_access_token", json!(token)),
        ("registration_client_uri", json!("https://auth.example.com")),
        ("client_secret_expires_at", json!(0)),
        ("client_id_issued_at", json!(0)),
        ("scope", json!(["openid"])),
        ("grant_types", json!(["authorization_code", "client_credentials"])),
    ] {
        let mut wanted = own(&reply);
        wanted[member] = value;
        let refused = world.put(&path).bearer(&token).json(wanted).send().is(400);
        assert_eq!(refused.json["error"], "invalid_client_metadata", "{member}");
    }
    let mut wanted = own(&reply);
    wanted["redirect_uris"] = json!(["http://app.example"]);
    let refused = world.put(&path).bearer(&token).json(wanted).send().is(400);
    assert_eq!(refused.json["error"], "invalid_redirect_uri");
    assert_eq!(world.sql("SELECT * FROM clients"), before);
    let mut wanted = own(&reply);
    wanted["client_secret"] = reply.json["client_secret"].clone();
    world.put(&path).bearer(&token).json(wanted).send().is(200);
    assert_eq!(world.sql("SELECT * FROM clients"), before);
}

#[test]
fn a_client_keeps_the_scope_that_was_vouched_for() {
    let world = world("token");
    let asked = world.post(REGISTER).bearer(&world.admin()).json(said(&json!({ "scope": "openid read" })));
    let reply = asked.send().is(201);
    let (path, token) = (path(&reply), reply.str("/registration_access_token"));
    world.put(&path).bearer(&token).json(own(&reply)).send().is(200);
    let mut more = own(&reply);
    more["scope"] = json!("openid read write");
    assert_eq!(world.put(&path).bearer(&token).json(more).send().is(200).json["scope"], "openid read");
}

#[test]
fn only_its_own_token_manages_a_client() {
    let world = world("open");
    world.tenant("b");
    let reply = registered(&world, &json!({}));
    let other = registered(&world, &json!({}));
    let (path, token) = (path(&reply), reply.str("/registration_access_token"));
    let made = world.post("/tenant/home/v2/Clients").bearer(&world.admin()).json(said(&json!({})));
    let plain = format!("{REGISTER}/{}", made.send().is(201).str("/client_id"));
    for method in ["GET", "PUT", "DELETE"] {
        let ask = |path: &str, token: &str| world.ask(method, path).bearer(token).json(own(&reply)).status();
        assert_eq!(world.ask(method, &path).json(own(&reply)).status(), 401);
        assert_eq!(ask(&path, &other.str("/registration_access_token")), 401);
        assert_eq!(ask(&path, &reply.str("/client_secret")), 401);
        assert_eq!(ask(&path, &world.admin()), 401);
        assert_eq!(ask(&path, ""), 401);
        assert_eq!(ask(&path.replace("/home/", "/b/"), &token), 401);
        assert_eq!(ask(&format!("{REGISTER}/nobody"), &token), 401);
        assert_eq!(ask(&plain, &token), 401);
        assert_eq!(ask(&plain, ""), 401);
    }
    assert_eq!(world.events("client.refused"), 3 * 8);
    assert_eq!(world.number("SELECT count(*) AS n FROM clients"), 3);
}
