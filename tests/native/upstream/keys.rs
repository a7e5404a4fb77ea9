//! A provider's keys: when they are fetched, and which of them may sign.

use portcullis::domain::upstream::id_token::{Expected, verify};
use portcullis::domain::upstream::{Error, Issuer, jwks};
use portcullis::ports::http::Why;
use serde_json::{Value, json};

use crate::harness::provider::{IDP, Provider};
use crate::harness::{Signer, World, served};

const JWKS: &str = "https://idp.example/jwks";

fn is_taken(provider: &Provider<'_>, token: &str) -> bool {
    pollster::block_on(verify(&provider.world.cx(), &provider.upstream(), token, &Expected::default()))
        .is_ok()
}

#[test]
fn keys_are_fetched_once_and_anew_for_an_unknown_one_at_most_once_a_minute() {
    let world = World::new();
    let provider = Provider::new(&world);
    for _ in 0..3 {
        assert!(is_taken(&provider, &provider.sign(&provider.claims())));
    }
    assert_eq!(world.web.times(JWKS), 1);
    let new = Signer::es256(7);
    world.web.serves_json(JWKS, new.jwks("new"));
    let sign = |kid: &str| new.sign(&json!({ "alg": "ES256", "kid": kid }), &provider.claims());
    for n in 0..20 {
        assert!(!is_taken(&provider, &sign(&n.to_string())));
    }
    // A minute has not gone by since they were fetched.
    assert!(!is_taken(&provider, &sign("new")));
    assert_eq!(world.web.times(JWKS), 1);
    world.advance(60);
    assert!(is_taken(&provider, &sign("new")));
    assert_eq!(world.web.times(JWKS), 2);
    for n in 0..20 {
        assert!(!is_taken(&provider, &sign(&n.to_string())));
    }
    assert_eq!(world.web.times(JWKS), 2);
}

/// What cannot be the provider's asks nobody: strangers send it.
#[test]
fn a_token_that_is_refused_for_what_it_says_fetches_nothing() {
    let world = World::new();
    let provider = Provider::new(&world);
    for others in
        [json!({ "iss": "https://other.example" }), json!({ "aud": "another" }), json!({ "aud": null })]
    {
        assert!(!is_taken(&provider, &provider.sign(&provider.claims_with(&others))));
    }
    let symmetric = provider.signer.sign(&json!({ "alg": "HS256", "kid": "k" }), &provider.claims());
    for token in [symmetric, String::new(), "a.b.c".to_owned()] {
        assert!(!is_taken(&provider, &token));
    }
    assert_eq!(world.web.asked.borrow().len(), 0);
}

#[test]
fn keys_that_cannot_be_had_are_the_providers_fault() {
    type Answer = Box<dyn Fn() -> Result<portcullis::ports::http::HttpAnswer, Why>>;
    let said = |status: u16, body: &'static str| -> Answer {
        Box::new(move || Ok(served(status, &[], body.as_bytes())))
    };
    let rows: Vec<(Answer, Error)> = vec![
        (said(200, ""), Error::Failed("its jwks_uri answered no JWK Set".into())),
        (said(200, "[]"), Error::Failed("its jwks_uri answered no JWK Set".into())),
        (said(200, r#"{"keys":{}}"#), Error::Failed("its jwks_uri answered no JWK Set".into())),
        (said(200, r#"{"keys":[],"keys":[]}"#), Error::Failed("its jwks_uri answered no JWK Set".into())),
        (said(200, r#"{"keys":[]}"#), Error::Forged("the token is not signed with a key of the provider")),
        (said(404, "secret"), Error::Failed("idp.example answered 404".into())),
        (said(500, "secret"), Error::Failed("idp.example answered 500".into())),
        (said(302, ""), Error::Failed("idp.example answered 302, and redirects are not followed".into())),
        (Box::new(|| Err(Why::TooSlow(10))), Error::Late),
        (Box::new(|| Err(Why::Unreachable)), Error::Late),
        (Box::new(|| Err(Why::TooLarge(9))), Error::Failed("idp.example answered more than 9 bytes".into())),
    ];
    for (answer, expected) in rows {
        let world = World::new();
        let provider = Provider::new(&world);
        world.web.serves(JWKS, move |_| answer());
        let token = provider.sign(&provider.claims());
        let read =
            || pollster::block_on(verify(&world.cx(), &provider.upstream(), &token, &Expected::default()));
        assert_eq!(read(), Err(expected.clone()));
        // A provider that is down is asked again after a minute.
        assert_eq!(read(), Err(expected));
        assert_eq!(world.web.times(JWKS), 1);
    }
    let world = World::new();
    let mut upstream = Provider::new(&world).upstream();
    upstream.endpoints.jwks = None;
    let none = pollster::block_on(jwks::keys(&world.cx(), &upstream)).err();
    assert_eq!(none, Some(Error::Failed("it has no jwks_uri".into())));
    upstream.endpoints.jwks = Some("https://169.254.169.254/keys".into());
    assert!(matches!(pollster::block_on(jwks::keys(&world.cx(), &upstream)).err(), Some(Error::Failed(_))));
    assert_eq!(world.web.asked.borrow().len(), 0);
}

/// Microsoft's set is of all tenants, and some keys are of one alone.
#[test]
fn a_key_of_one_tenant_signs_for_that_one() {
    let world = World::new();
    let provider = Provider::new(&world);
    let mut upstream = provider.upstream();
    upstream.issuer = Issuer::PerTenant(format!("{IDP}/{{tenantid}}/v2.0"));
    let claims = provider.claims_with(&json!({ "iss": format!("{IDP}/t1/v2.0"), "tid": "t1" }));
    let token = provider.sign(&claims);
    for (issuer, fits) in [
        (Value::Null, true),
        (json!(format!("{IDP}/{{tenantid}}/v2.0")), true),
        (json!(format!("{IDP}/t1/v2.0")), true),
        (json!(format!("{IDP}/t2/v2.0")), false),
        (json!(format!("{IDP}/t11/v2.0")), false),
        (json!(""), false),
    ] {
        let mut set = provider.signer.jwks("k");
        if issuer != Value::Null {
            set["keys"][0]["issuer"] = issuer.clone();
        }
        let fresh = World::new();
        fresh.web.serves_json(JWKS, set);
        let read = pollster::block_on(verify(&fresh.cx(), &upstream, &token, &Expected::default()));
        assert_eq!(read.is_ok(), fits, "{issuer}: {read:?}");
    }
}
