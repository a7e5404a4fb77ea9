//! What may be said about a client, and which redirect URIs are the registered ones.

use portcullis::domain::clients::code_protection::required;
use portcullis::domain::clients::rules::{check, redirect_uri_matches};
use portcullis::domain::refusal::{Error, Refusal};
use portcullis::model::client::{AuthMethod, Described, MEMBERS, Metadata};
use portcullis::model::signing_alg::UserinfoAlg;
use portcullis::oidc::pkce::CodeProtection;
use serde_json::{Map, Value, json};

fn members(other: &Value) -> Map<String, Value> {
    let mut all = json!({ "redirect_uris": ["https://app.example/cb"] });
    all.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    all.as_object().unwrap().clone()
}

/// The member that is wrong, if one is.
fn wrong(other: Value) -> Option<&'static str> {
    let mut described = match Described::read(members(&other)) {
        Ok(described) => described,
        Err((member, _)) => return Some(member),
    };
    match check(&mut described) {
        Ok(()) => None,
        Err(Error::Refused(Refusal::Invalid(problems))) => Some(problems[0].field),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_client_that_says_little_has_the_defaults_of_rfc_7591() {
    let described = Described::read(members(&json!({ "scope": null }))).unwrap();
    assert_eq!(
        described.metadata,
        Metadata { redirect_uris: vec!["https://app.example/cb".into()], ..Metadata::default() }
    );
    assert_eq!(described.name, None);
    let own = Described::read(members(&json!({ "grant_types": ["client_credentials"] }))).unwrap();
    assert!(own.metadata.response_types.is_empty());
}

#[test]
fn every_member_is_known_by_its_name() {
    let metadata = Metadata {
        client_uri: Some("https://app.example/".into()),
        logo_uri: Some("https://app.example/".into()),
        tos_uri: Some("https://app.example/".into()),
        policy_uri: Some("https://app.example/".into()),
        jwks: Some(json!({})),
        userinfo_signed_response_alg: Some(UserinfoAlg::Rs256),
        backchannel_logout_uri: Some("https://app.example/".into()),
        jwks_uri: Some(String::new()),
        default_max_age: Some(1),
        token_endpoint_auth_signing_alg: Some("ES256".into()),
        require_pkce: Some(true),
        ..Metadata::default()
    };
    let shape = serde_json::to_value(&metadata).unwrap();
    let mut names: Vec<&str> = shape.as_object().unwrap().keys().map(String::as_str).collect();
    names.push("client_name");
    let mut known = MEMBERS.to_vec();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(names, known);
    let read = Described::read(members(&json!({ "sector_identifier_uri": "https://app.example/", "x": 1 })))
        .unwrap();
    assert_eq!(read.unknown, ["sector_identifier_uri", "x"]);
}

#[test]
fn redirect_uris_that_a_browser_may_be_sent_to_are_taken() {
    for uri in [
        "https://app.example/cb",
        "https://app.example",
        "https://app.example:8443/cb?a=b&c=%20",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:5173/cb",
        "http://[::1]:5173/cb",
        "http://localhost:5173/cb",
    ] {
        assert_eq!(wrong(json!({ "redirect_uris": [uri] })), None, "{uri}");
        assert_eq!(wrong(json!({ "post_logout_redirect_uris": [uri] })), None, "{uri}");
    }
    for uri in ["com.example.app:/cb", "com.example.app://cb"] {
        assert_eq!(wrong(json!({ "redirect_uris": [uri], "application_type": "native" })), None, "{uri}");
        assert_eq!(wrong(json!({ "redirect_uris": [uri] })), Some("redirect_uris"), "{uri}");
    }
}

#[test]
fn all_others_are_refused() {
    for uri in [
        "",
        "/cb",
        "app.example/cb",
        "//app.example/cb",
        "https:app.example/cb",
        "https:/app.example/cb",
        "https://",
        "https:///cb",
        "https://app.example/cb#",
        "https://app.example/cb#fragment",
        "https://user@app.example/cb",
        "https://user:pass@app.example/cb",
        "https://*.app.example/cb",
        "https://app.example\\cb",
        "https://app.example/a b",
        " https://app.example/cb",
        "https://app.example/cb\n",
        "https://app.ex\tample/cb",
        "https://äpp.example/cb",
        "HTTPS://app.example/cb",
        "http://app.example/cb",
        "http://127.0.0.1.app.example/cb",
        "http://127.0.0.2/cb",
        "http://localhost.app.example/cb",
        "http://0.0.0.0/cb",
        "javascript:alert(1)",
        "javascript://app.example/%0aalert(1)",
        "data:text/html,x",
        "blob:https://app.example/x",
        "file:///etc/passwd",
        "ftp://app.example/cb",
        "myapp:/cb",
        "urn:ietf:wg:oauth:2.0:oob",
        "com.example.app:cb",
    ] {
        for kind in ["web", "native"] {
            let said = json!({ "redirect_uris": [uri], "application_type": kind });
            assert_eq!(wrong(said), Some("redirect_uris"), "{uri:?} {kind}");
            let said = json!({ "post_logout_redirect_uris": [uri], "application_type": kind });
            assert_eq!(wrong(said), Some("post_logout_redirect_uris"), "{uri:?} {kind}");
        }
    }
    let long = format!("https://app.example/{}", "a".repeat(2_000));
    assert_eq!(wrong(json!({ "redirect_uris": [long] })), Some("redirect_uris"));
    let many = vec!["https://app.example/cb"; 101];
    assert_eq!(wrong(json!({ "redirect_uris": many })), Some("redirect_uris"));
}

#[test]
fn members_that_contradict_each_other_are_refused_by_name() {
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    for (said, member) in [
        (json!({ "redirect_uris": [] }), "redirect_uris"),
        (json!({ "redirect_uris": "https://app.example/cb" }), "redirect_uris"),
        (json!({ "grant_types": [] }), "grant_types"),
        (json!({ "grant_types": ["password"] }), "grant_types"),
        (json!({ "grant_types": ["implicit"] }), "grant_types"),
        (json!({ "grant_types": ["refresh_token"] }), "grant_types"),
        (json!({ "grant_types": ["client_credentials", "refresh_token"] }), "grant_types"),
        (
            json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none" }),
            "grant_types",
        ),
        (json!({ "grant_types": [exchange], "token_endpoint_auth_method": "none" }), "grant_types"),
        (json!({ "grant_types": ["client_credentials"], "response_types": ["code"] }), "response_types"),
        (json!({ "response_types": [] }), "response_types"),
        (json!({ "response_types": ["token"] }), "response_types"),
        (json!({ "response_types": ["code", "id_token"] }), "response_types"),
        (json!({ "response_types": ["code id_token"] }), "response_types"),
        (json!({ "token_endpoint_auth_method": "client_secret_jwt" }), "token_endpoint_auth_method"),
        (json!({ "token_endpoint_auth_method": "none", "require_pkce": false }), "require_pkce"),
        (json!({ "scope": "openid everything" }), "scope"),
        (json!({ "scope": 1 }), "scope"),
        (json!({ "application_type": "desktop" }), "application_type"),
        (json!({ "client_name": "" }), "client_name"),
        (json!({ "client_name": "a\u{0}b" }), "client_name"),
        (json!({ "client_name": "a".repeat(201) }), "client_name"),
        (json!({ "client_name": 5 }), "client_name"),
        (json!({ "client_uri": "javascript:alert(1)" }), "client_uri"),
        (json!({ "logo_uri": "data:image/png;base64,AA" }), "logo_uri"),
        (json!({ "tos_uri": "http://app.example/tos" }), "tos_uri"),
        (json!({ "policy_uri": "policy" }), "policy_uri"),
        (json!({ "contacts": [""] }), "contacts"),
        (json!({ "backchannel_logout_uri": "http://app.example/out" }), "backchannel_logout_uri"),
        (json!({ "backchannel_logout_uri": "https://app.example/out#x" }), "backchannel_logout_uri"),
        (json!({ "default_max_age": -1 }), "default_max_age"),
        (json!({ "resources": ["orders"] }), "resources"),
        (json!({ "resources": ["https://api.example/#x"] }), "resources"),
        (json!({ "roles": ["A", "B", "C", "D"] }), "roles"),
    ] {
        assert_eq!(wrong(said.clone()), Some(member), "{said}");
    }
    for said in [
        json!({ "grant_types": ["authorization_code", "refresh_token"] }),
        json!({ "grant_types": [device, "refresh_token"], "token_endpoint_auth_method": "none", "redirect_uris": [] }),
        json!({ "grant_types": ["client_credentials", exchange], "redirect_uris": [] }),
        json!({ "scope": "openid profile email offline_access read write orders:read" }),
        json!({ "scope": "" }),
        json!({ "resources": ["https://api.example/", "urn:example:api"] }),
        json!({ "backchannel_logout_uri": "http://127.0.0.1:9000/out" }),
        json!({ "require_pkce": false }),
        json!({ "token_endpoint_auth_method": "none", "require_pkce": true }),
    ] {
        assert_eq!(wrong(said.clone()), None, "{said}");
    }
}

/// RFC 9700 §2.1.1: public clients use PKCE, and so do agents, whatever was said of them.
#[test]
fn what_a_request_must_bring_follows_from_the_client() {
    let said = [None, Some(true), Some(false)];
    let confidential = [CodeProtection::PkceOrNonce, CodeProtection::Pkce, CodeProtection::None];
    for method in ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"] {
        for (require_pkce, wanted) in said.into_iter().zip(confidential) {
            let method = serde_json::from_value(json!(method)).unwrap();
            let metadata =
                Metadata { require_pkce, token_endpoint_auth_method: method, ..Metadata::default() };
            let wanted = if method == AuthMethod::None { CodeProtection::Pkce } else { wanted };
            assert_eq!(required(&metadata, false), wanted, "{method:?} {require_pkce:?}");
            assert_eq!(required(&metadata, true), CodeProtection::Pkce, "{method:?} {require_pkce:?}");
        }
    }
}

#[test]
fn a_redirect_uri_is_the_registered_one_or_differs_in_a_loopback_port() {
    let web = "https://app.example/cb";
    assert!(redirect_uri_matches(web, web));
    for other in [
        "https://app.example/cb/",
        "https://app.example/CB",
        "https://APP.example/cb",
        "https://app.example:443/cb",
        "https://app.example/cb?x=1",
        "https://app.example/./cb",
        "https://app.example/%63b",
        "https://app.example/cb#",
        "https://app.example.evil.example/cb",
        "http://app.example/cb",
    ] {
        assert!(!redirect_uri_matches(web, other), "{other}");
    }
    let loopback = "http://127.0.0.1/cb?a=1";
    for other in ["http://127.0.0.1:1/cb?a=1", "http://127.0.0.1:65535/cb?a=1"] {
        assert!(redirect_uri_matches(loopback, other), "{other}");
        assert!(redirect_uri_matches(other, loopback), "{other}");
    }
    assert!(redirect_uri_matches("http://[::1]:4000/cb", "http://[::1]:5000/cb"));
    assert!(redirect_uri_matches("http://127.0.0.1:4000", "http://127.0.0.1:5000"));
    for other in [
        "http://127.0.0.1:/cb?a=1",
        "http://127.0.0.1:0/cb?a=1",
        "http://127.0.0.1:65536/cb?a=1",
        "http://127.0.0.1:5000/cb",
        "http://127.0.0.1:5000/other?a=1",
        "http://127.0.0.1:5000@evil.example/cb?a=1",
        "http://127.0.0.1.evil.example/cb?a=1",
        "http://127.0.0.1:80.evil.example/cb?a=1",
        "http://localhost:5000/cb?a=1",
        "http://[::1]:5000/cb?a=1",
        "https://127.0.0.1:5000/cb?a=1",
        "HTTP://127.0.0.1:5000/cb?a=1",
    ] {
        assert!(!redirect_uri_matches(loopback, other), "{other}");
    }
    assert!(!redirect_uri_matches("http://localhost:4000/cb", "http://localhost:5000/cb"));
}

#[test]
fn the_port_of_localhost_may_differ_where_none_is_registered() {
    let registered = "http://localhost/cb?a=1";
    for sent in ["http://localhost/cb?a=1", "http://localhost:5000/cb?a=1", "http://localhost:65535/cb?a=1"] {
        assert!(redirect_uri_matches(registered, sent), "{sent}");
    }
    for sent in [
        "http://localhost:/cb?a=1",
        "http://localhost:0/cb?a=1",
        "http://localhost:65536/cb?a=1",
        "http://localhost:5000/cb",
        "http://localhost:5000/other?a=1",
        "http://localhost:5000@evil.example/cb?a=1",
        "http://localhost.evil.example/cb?a=1",
        "http://localhost:80.evil.example/cb?a=1",
        "http://127.0.0.1:5000/cb?a=1",
        "https://localhost:5000/cb?a=1",
        "HTTP://localhost:5000/cb?a=1",
    ] {
        assert!(!redirect_uri_matches(registered, sent), "{sent}");
    }
    assert!(!redirect_uri_matches("https://localhost/cb", "https://localhost:5000/cb"));
    assert!(!redirect_uri_matches("http://localhost:80/cb", "http://localhost:5000/cb"));
    assert!(!redirect_uri_matches("http://localhost", "http://localhost:5000"));
}
