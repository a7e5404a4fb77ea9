//! Client metadata whose values are a choice: what works is kept and told, what does not is refused by its name, wherever a
//! client is described (RFC 7591 §2, OpenID Connect Dynamic Client Registration 1.0 §2).

use serde_json::{Value, json};

use crate::harness::oidc::{Party, asks};
use crate::harness::{Reply, Signer, World};

const REGISTER: &str = "/tenant/home/oauth2/register";
const CLIENTS: &str = "/tenant/home/v2/Clients";

fn world() -> World {
    let world = World::new();
    world.settings(json!({ "clientRegistration": "open" }));
    world
}

fn said(other: &Value) -> Value {
    let mut all = json!({ "client_name": "App", "redirect_uris": ["https://app.example/cb"] });
    all.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    all
}

fn path(reply: &Reply) -> String {
    reply.str("/registration_client_uri").replace("https://auth.example.com", "")
}

/// What is refused, with a word of what works instead.
fn refused() -> Vec<(&'static str, Value, &'static str)> {
    let url = json!("https://app.example/x");
    let mut all = vec![
        ("token_endpoint_auth_method", json!("client_secret_jwt"), "private_key_jwt"),
        ("token_endpoint_auth_method", json!("tls_client_auth"), "client_secret_basic"),
        ("token_endpoint_auth_method", json!("self_signed_tls_client_auth"), "client_secret_basic"),
        ("token_endpoint_auth_method", json!(["none"]), "none"),
        ("token_endpoint_auth_signing_alg", json!("HS256"), "ES256"),
        ("token_endpoint_auth_signing_alg", json!("PS256"), "RS256"),
        ("token_endpoint_auth_signing_alg", json!("none"), "EdDSA"),
        ("grant_types", json!(["implicit"]), "authorization_code"),
        ("grant_types", json!(["authorization_code", "password"]), "refresh_token"),
        ("grant_types", json!("authorization_code"), "a list"),
        ("response_types", json!(["id_token"]), "code"),
        ("response_types", json!(["code", "code id_token"]), "code"),
        ("response_types", json!(["token"]), "code"),
        ("application_type", json!("desktop"), "native"),
        ("default_acr_values", json!(["urn:mace:incommon:iap:silver"]), "urn:portcullis:acr:2fa"),
        ("default_acr_values", json!("urn:portcullis:acr:2fa"), "a list"),
        ("subject_type", json!("pairwise"), "public"),
        ("subject_type", json!(1), "public"),
        ("sector_identifier_uri", url.clone(), "public"),
        ("id_token_signed_response_alg", json!("none"), "ES256"),
        ("id_token_signed_response_alg", json!("HS256"), "ES256"),
        ("id_token_signed_response_alg", json!("PS256"), "ES256"),
        ("userinfo_signed_response_alg", json!("HS256"), "ES256"),
        ("userinfo_signed_response_alg", json!("PS256"), "none"),
        ("require_signed_request_object", json!(true), "RFC 9126"),
        ("tls_client_certificate_bound_access_tokens", json!(true), "private_key_jwt"),
        ("use_mtls_endpoint_aliases", json!(true), "private_key_jwt"),
        ("backchannel_user_code_parameter", json!(true), "device_code"),
        ("backchannel_client_notification_endpoint", url.clone(), "device_code"),
        ("backchannel_token_delivery_mode", json!("poll"), "device_code"),
        ("frontchannel_logout_uri", url, "backchannel_logout_uri"),
        ("frontchannel_logout_session_required", json!(true), "backchannel_logout_uri"),
        ("authorization_details_types", json!(["payment"]), "scope"),
    ];
    for member in [
        "id_token_encrypted_response_alg",
        "id_token_encrypted_response_enc",
        "userinfo_encrypted_response_alg",
        "userinfo_encrypted_response_enc",
        "request_object_signing_alg",
        "request_object_encryption_alg",
        "request_object_encryption_enc",
        "authorization_signed_response_alg",
        "authorization_encrypted_response_alg",
        "authorization_encrypted_response_enc",
        "introspection_signed_response_alg",
        "introspection_encrypted_response_alg",
        "introspection_encrypted_response_enc",
        "backchannel_authentication_request_signing_alg",
        "tls_client_auth_subject_dn",
        "tls_client_auth_san_dns",
        "tls_client_auth_san_uri",
        "tls_client_auth_san_ip",
        "tls_client_auth_san_email",
    ] {
        all.push((member, json!("RS256"), "not supported"));
        all.push((member, json!(""), "not supported"));
    }
    all
}

/// RFC 7591 §2, §3.2.2: a value that is not supported is refused with `invalid_client_metadata`.
#[test]
fn what_does_not_work_is_refused_by_its_name_wherever_it_is_said() {
    let world = world();
    let admin = world.admin();
    let own = world.post(REGISTER).json(said(&json!({}))).send().is(201);
    let (managed, token, id) = (path(&own), own.str("/registration_access_token"), own.str("/client_id"));
    let made = world.post(CLIENTS).bearer(&admin).json(said(&json!({}))).send().is(201).str("/client_id");
    let one = format!("{CLIENTS}/{made}");
    let before = world.sql("SELECT * FROM clients");
    for (member, value, works) in refused() {
        let wanted = said(&json!({ member: value }));
        let mut own = wanted.clone();
        own["client_id"] = json!(id);
        for reply in [
            world.post(REGISTER).unlimited().json(wanted.clone()).send(),
            world.put(&managed).bearer(&token).json(own).send(),
        ] {
            let told = reply.error(400, "invalid_client_metadata").str("/error_description");
            assert!(told.starts_with(&format!("{member}: ")), "{member} {value}: {told}");
            assert!(told.contains("not supported") && told.contains(works), "{member} {value}: {told}");
        }
        for reply in [
            world.post(CLIENTS).bearer(&admin).json(wanted.clone()).send(),
            world.put(&one).bearer(&admin).json(wanted.clone()).send(),
            world.patch(&one).bearer(&admin).json(json!({ member: value })).send(),
        ] {
            let reply = reply.is(400);
            assert_eq!(reply.str("/errors/0/field"), member, "{value}");
            assert!(reply.str("/errors/0/detail").contains(works), "{member} {value}: {}", reply.text);
        }
    }
    assert_eq!(world.sql("SELECT * FROM clients"), before);
}

/// All that is wrong is said at once.
#[test]
fn all_that_does_not_work_is_named_together() {
    let world = world();
    let wanted = said(&json!({ "subject_type": "pairwise", "id_token_encrypted_response_alg": "RSA-OAEP" }));
    let told = world.post(REGISTER).json(wanted).send().error(400, "invalid_client_metadata");
    let told = told.str("/error_description");
    assert!(
        told.contains("subject_type: ") && told.contains("; id_token_encrypted_response_alg: "),
        "{told}"
    );
}

/// RFC 7591 §3.2.1: the answer has every member that was registered, with its value.
/// OIDC Registration §3.2: and what the server chose by itself.
#[test]
fn what_works_is_kept_and_told() {
    let world = world();
    let admin = world.admin();
    let jwks = Signer::es256(7).jwks("k");
    let kept = json!({
        "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks, "token_endpoint_auth_signing_alg": "ES256",
        "default_acr_values": ["urn:portcullis:acr:2fa", "urn:portcullis:acr:1fa"], "require_auth_time": true,
        "subject_type": "public", "id_token_signed_response_alg": "RS256", "application_type": "web",
        "userinfo_signed_response_alg": "ES256",
        "default_max_age": 300, "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "scope": "openid email", "contacts": ["ada@app.example"], "client_uri": "https://app.example/",
        "backchannel_logout_uri": "https://app.example/out", "backchannel_logout_session_required": true,
        "require_pushed_authorization_requests": true, "dpop_bound_access_tokens": true,
        "post_logout_redirect_uris": ["https://app.example/"],
    });
    // What is said and holds for all, or asks for nothing.
    let holds = json!({
        "require_signed_request_object": false, "request_uris": ["https://app.example/request.jwt"],
        "tls_client_certificate_bound_access_tokens": false, "frontchannel_logout_session_required": false,
        "use_mtls_endpoint_aliases": false, "backchannel_user_code_parameter": false,
        "authorization_details_types": [], "id_token_encrypted_response_alg": null, "sector_identifier_uri": null,
    });
    let mut wanted = said(&kept);
    wanted.as_object_mut().unwrap().extend(holds.as_object().unwrap().clone());
    let tells = |reply: &Reply, what: &str| {
        for (member, value) in kept.as_object().unwrap() {
            assert_eq!(&reply.json[member], value, "{what}: {member}");
        }
        for member in holds.as_object().unwrap().keys() {
            assert_eq!(reply.json.get(member), None, "{what}: {member}");
        }
    };
    let made = world.post(CLIENTS).bearer(&admin).json(wanted.clone()).send().is(201);
    tells(&made, "made");
    let one = format!("{CLIENTS}/{}", made.str("/client_id"));
    let read = world.get(&one).bearer(&admin).send().is(200);
    tells(&read, "read");
    assert_eq!(world.put(&one).bearer(&admin).json(read.json.clone()).send().is(200).json, read.json);
    // A client that registers itself may say more, which nobody has defined.
    wanted["x_unknown"] = json!({ "a": 1 });
    wanted["software_id"] = json!("4NRB1-0XZABZI9E6-5SM3R");
    wanted["client_name#de"] = json!("Anwendung");
    let own = world.post(REGISTER).json(wanted).send().is(201);
    tells(&own, "registered");
    for unknown in ["x_unknown", "software_id", "client_name#de", "client_secret", "client_secret_expires_at"]
    {
        assert_eq!(own.json.get(unknown), None, "{unknown}");
    }
    assert!(own.json["client_id_issued_at"].is_i64());
    let read = world.get(&path(&own)).bearer(&own.str("/registration_access_token")).send().is(200);
    tells(&read, "read by itself");
}

/// A client with a secret is told when it expires, each time that it is told of itself (RFC 7591 §3.2.1).
#[test]
fn a_secret_comes_with_when_it_expires() {
    let world = world();
    for (method, expires) in [
        (json!({}), json!(0)),
        (json!({ "token_endpoint_auth_method": "client_secret_post" }), json!(0)),
        (json!({ "token_endpoint_auth_method": "none" }), Value::Null),
    ] {
        let own = world.post(REGISTER).json(said(&method)).send().is(201);
        assert_eq!(own.json["client_secret_expires_at"], expires);
        assert_eq!(own.json["client_secret"].is_string(), expires == 0);
        let read = world.get(&path(&own)).bearer(&own.str("/registration_access_token")).send().is(200);
        assert_eq!(read.json["client_secret_expires_at"], expires);
        assert_eq!(read.json["client_id_issued_at"], own.json["client_id_issued_at"]);
    }
}

/// RFC 7591 §3.2.2: `invalid_redirect_uri`, with which of several it is and why.
#[test]
fn each_redirect_uri_that_is_wrong_is_named_with_the_reason() {
    let world = world();
    let admin = world.admin();
    let good = "https://good.example/ok";
    for (uri, native, shown, why) in [
        ("myapp:/cb", true, "myapp:/cb", "no dot"),
        ("myapp://cb", true, "myapp://cb", "RFC 8252"),
        ("myapp:/cb", false, "myapp:/cb", "no dot"),
        ("javascript:alert(1)", true, "javascript:alert(1)", "no dot"),
        ("urn:ietf:wg:oauth:2.0:oob", true, "urn:ietf:wg:oauth:2.0:oob", "no dot"),
        ("com.example.app:/cb", false, "com.example.app:/cb", "application_type native"),
        ("com.example.app:cb", true, "com.example.app:cb", "followed by a slash"),
        ("Com.Example.App:/cb", true, "Com.Example.App:/cb", "lower case"),
        ("http://app.example/cb", false, "http://app.example/cb", "must be https"),
        ("http://127.0.0.2/cb", true, "http://127.0.0.2/cb", "must be https"),
        ("https://app.example/cb#x", false, "https://app.example/cb#x", "fragment"),
        ("https://me@app.example/cb", false, "https://me@app.example/cb", "no user"),
        ("https://*.app.example/cb", false, "https://*.app.example/cb", "wildcard"),
        ("https://APP.example/cb", false, "https://APP.example/cb", "lower case"),
        ("https://app.example/a b", false, "number 2", "spelled"),
        ("https://app.example/\"", false, "number 2", "spelled"),
        ("https://m\u{fc}nchen.example/cb", false, "number 2", "xn--"),
        ("/cb", false, "/cb", "absolute"),
        ("app.example/cb", false, "app.example/cb", "absolute"),
        ("", false, "number 2", "absolute"),
    ] {
        let kind = if native { "native" } else { "web" };
        let wanted = said(&json!({ "redirect_uris": [good, uri, good], "application_type": kind }));
        let reply = world.post(REGISTER).unlimited().json(wanted.clone()).send();
        let told = reply.error(400, "invalid_redirect_uri").str("/error_description");
        assert!(told.starts_with(&format!("redirect_uris: {shown}: ")), "{uri}: {told}");
        assert!(told.contains(why) && !told.contains(good), "{uri}: {told}");
        let reply = world.post(CLIENTS).bearer(&admin).json(wanted).send().is(400);
        let detail = reply.str("/errors/0/detail");
        assert!(detail.contains(why), "{uri}: {detail}");
    }
    // Two of them, each with its own.
    let wanted = said(&json!({ "redirect_uris": ["http://app.example/1", good, "x:/2"] }));
    let told = world.post(REGISTER).unlimited().json(wanted).send().error(400, "invalid_redirect_uri");
    let told = told.str("/error_description");
    assert!(told.contains("http://app.example/1: ") && told.contains("; x:/2: "), "{told}");
}

/// OIDC Registration §2: `default_acr_values` are those of a request that has none.
#[test]
fn default_acr_values_ask_for_a_second_factor() {
    let factors = |wanted: &[&str]| Party::with("app", json!({ "default_acr_values": wanted }));
    let strong = factors(&["urn:portcullis:acr:2fa"]);
    asks(&strong.authorize(&strong.request()), "mfa");
    let weak = strong.request().and("acr_values", "urn:portcullis:acr:1fa");
    strong.authorize(&weak).sent().code();
    for wanted in [&[][..], &["urn:portcullis:acr:1fa", "urn:portcullis:acr:2fa"]] {
        let party = factors(wanted);
        party.authorize(&party.request()).sent().code();
    }
}
