//! What a provider says of itself: OpenID Connect Discovery 1.0.

use portcullis::domain::upstream::Error;
use portcullis::domain::upstream::discovery::{Metadata, address, discover, examine};
use portcullis::ports::http::{Reach, Why};
use serde_json::{Value, json};

use crate::harness::provider::{IDP, change, metadata};
use crate::harness::{World, served};

const AT: &str = "https://idp.example/.well-known/openid-configuration";

/// A deployment where no address of this machine may be asked.
fn production() -> World {
    World::with(&[("MODE", "production"), ("MAIL_TRANSPORT", "resend"), ("RESEND_API_KEY", "key")])
}

fn discovered(world: &World, issuer: &str) -> Result<Metadata, Error> {
    pollster::block_on(discover(&world.cx(), issuer, Reach::Administrator))
}

/// What is wrong with metadata, by member.
fn problems(others: &Value) -> Vec<(&'static str, &'static str)> {
    let world = production();
    let mut said = metadata();
    change(&mut said, others);
    world.web.serves_json(AT, said);
    let examined = pollster::block_on(examine(&world.cx(), IDP, Reach::Administrator)).unwrap();
    match examined {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| (problem.member, problem.rule)).collect(),
    }
}

#[test]
fn metadata_is_where_the_standard_puts_it() {
    for (issuer, at) in [
        ("https://idp.example", AT),
        ("https://idp.example/", AT),
        ("https://idp.example/a", "https://idp.example/a/.well-known/openid-configuration"),
        ("https://idp.example/a/", "https://idp.example/a/.well-known/openid-configuration"),
        ("https://idp.example:8443/a/b", "https://idp.example:8443/a/b/.well-known/openid-configuration"),
    ] {
        assert_eq!(address(issuer), at);
    }
}

#[test]
fn the_issuer_is_the_very_one_that_was_asked() {
    const OTHER: &[(&str, &str)] = &[("issuer", "is not exactly the issuer that was asked")];
    assert_eq!(problems(&json!({})), []);
    for issuer in [
        json!(null),
        json!(""),
        json!("https://idp.example/"),
        json!("https://IDP.example"),
        json!("http://idp.example"),
        json!("https://idp.example:443"),
        json!("https://evil.example"),
        json!([IDP]),
        json!("https://idp.example/{tenantid}/v2.0"),
    ] {
        assert_eq!(problems(&json!({ "issuer": issuer })), OTHER, "{issuer}");
    }
    // One with a slash has a slash in its metadata.
    let world = World::new();
    world.web.serves_json(AT, metadata());
    assert!(discovered(&world, "https://idp.example/").is_err());
    assert!(discovered(&world, IDP).is_ok());
}

#[test]
fn the_members_that_a_sign_in_needs_are_there_and_may_be_asked() {
    const MISSING: &str = "is missing";
    const BARRED: &str = "is no address that may be asked";
    for member in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        assert_eq!(problems(&json!({ member: null })), [(member, MISSING)]);
    }
    assert_eq!(problems(&json!({ "userinfo_endpoint": null })), []);
    for member in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
    ] {
        for bad in [
            json!("http://idp.example/x"),
            json!("javascript:alert(1)"),
            json!("/x"),
            json!(""),
            json!(7),
            json!(["https://idp.example/x"]),
            json!("https://127.0.0.1/x"),
            json!("https://[::1]/x"),
            json!("https://2130706433/x"),
            json!("https://169.254.169.254/latest/meta-data"),
            json!("https://metadata.google.internal/x"),
            json!("https://localhost/x"),
            json!("https://user:secret@idp.example/x"),
            json!("https://auth.example.com/oauth2/token"),
        ] {
            assert_eq!(problems(&json!({ member: bad })), [(member, BARRED)], "{bad}");
        }
        // Others' hosts are no fault: Google has three.
        assert_eq!(problems(&json!({ member: "https://keys.other.example/x" })), []);
    }
    let both = problems(&json!({ "issuer": null, "token_endpoint": null }));
    assert_eq!(both.len(), 2, "all of it is told");
}

#[test]
fn what_the_provider_cannot_do_is_told() {
    for (others, member) in [
        (
            json!({ "id_token_signing_alg_values_supported": ["none", "HS256", "RS512"] }),
            Some("id_token_signing_alg_values_supported"),
        ),
        (
            json!({ "id_token_signing_alg_values_supported": [] }),
            Some("id_token_signing_alg_values_supported"),
        ),
        (json!({ "id_token_signing_alg_values_supported": ["HS256", "ES256"] }), None),
        (json!({ "id_token_signing_alg_values_supported": null }), None),
        (json!({ "response_types_supported": ["id_token", "token"] }), Some("response_types_supported")),
        (json!({ "response_types_supported": null }), None),
        (json!({ "code_challenge_methods_supported": ["plain"] }), Some("code_challenge_methods_supported")),
        (json!({ "code_challenge_methods_supported": ["plain", "S256"] }), None),
    ] {
        assert_eq!(problems(&others).first().map(|(member, _)| *member), member, "{others}");
    }
}

#[test]
fn what_is_said_is_read() {
    let world = World::new();
    let mut said = metadata();
    change(
        &mut said,
        &json!({
            "id_token_signing_alg_values_supported": ["none", "RS256", "PS256", "EdDSA", "HS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "authorization_response_iss_parameter_supported": true,
            "end_session_endpoint": "https://idp.example/logout",
        }),
    );
    world.web.serves_json(AT, said);
    let metadata = discovered(&world, IDP).unwrap();
    assert_eq!(metadata.algorithms.len(), 3);
    assert_eq!(metadata.token_auth_methods, ["client_secret_post", "private_key_jwt"]);
    assert!(metadata.says_iss);
    assert_eq!(metadata.endpoints.end_session.as_deref(), Some("https://idp.example/logout"));
    assert_eq!(metadata.endpoints.revocation, None);
    // It is remembered.
    assert!(discovered(&world, IDP).is_ok());
    assert_eq!(world.web.times(AT), 1);
}

#[test]
fn metadata_that_cannot_be_had_is_the_providers_fault() {
    let with = |answer: Result<(u16, String), Why>| {
        let world = World::new();
        world
            .web
            .serves(AT, move |_| answer.clone().map(|(status, body)| served(status, &[], body.as_bytes())));
        let first = discovered(&world, IDP).unwrap_err();
        assert_eq!(discovered(&world, IDP).unwrap_err(), first);
        assert_eq!(world.web.times(AT), 1);
        first
    };
    let no_object = Error::Failed("its metadata is no JSON object".into());
    assert_eq!(with(Ok((200, "<html>".into()))), no_object);
    assert_eq!(with(Ok((200, "[]".into()))), no_object);
    assert_eq!(
        with(Ok((200, format!("{{\"issuer\":\"https://evil.example\",{}", &metadata().to_string()[1..])))),
        no_object
    );
    assert_eq!(with(Ok((404, metadata().to_string()))), Error::Failed("idp.example answered 404".into()));
    let redirect = Error::Failed("idp.example answered 301, and redirects are not followed".into());
    assert_eq!(with(Ok((301, String::new()))), redirect);
    assert_eq!(
        with(Ok((200, " ".repeat(200_000)))),
        Error::Failed("idp.example answered more than 131072 bytes".into())
    );
    assert_eq!(with(Err(Why::TooSlow(10))), Error::Late);
    assert_eq!(with(Err(Why::Unreachable)), Error::Late);
    let world = production();
    for issuer in [
        "https://127.0.0.1",
        "http://idp.example",
        "https://idp.internal",
        "x",
        "",
        "https://auth.example.com",
    ] {
        assert!(matches!(discovered(&world, issuer), Err(Error::Failed(_))), "{issuer}");
    }
    assert_eq!(world.web.asked.borrow().len(), 0);
}
