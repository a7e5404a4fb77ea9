//! ID tokens: each rule of OpenID Connect Core 1.0 §3.1.3.7.

use portcullis::domain::upstream::id_token::{Expected, IdToken, verify};
use portcullis::domain::upstream::{Audience, Error, Issuer};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use crate::harness::provider::{CLIENT, IDP, Provider};
use crate::harness::{Signer, World};

const EXPECTED: Expected<'_> = Expected { nonce: Some("n-1"), access_token: Some("at"), max_age: None };

fn read(provider: &Provider<'_>, token: &str, expected: &Expected<'_>) -> Result<IdToken, Error> {
    pollster::block_on(verify(&provider.world.cx(), &provider.upstream(), token, expected))
}

fn half(hash: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
}

/// What is wrong with claims; `None` if nothing is.
fn wrong(provider: &Provider<'_>, others: &Value, expected: &Expected<'_>) -> Option<&'static str> {
    match read(provider, &provider.sign(&provider.claims_with(others)), expected) {
        Ok(token) => {
            assert_eq!(token.issuer, IDP);
            None
        }
        Err(Error::Forged(rule)) => Some(rule),
        Err(other) => panic!("{others}: {other:?}"),
    }
}

#[test]
fn each_claim_is_what_this_sign_in_must_have() {
    let world = World::new();
    let provider = Provider::new(&world);
    let now = world.now().unix();
    const ISSUER: &str = "the ID token is of another issuer";
    const OTHERS: &str = "the ID token is for another client";
    const NOBODYS: &str = "the ID token is for nobody";
    const AZP: &str = "the ID token was asked for by another client";
    const EXPIRED: &str = "the token has expired";
    const UNTIL: &str = "the token does not say until when it is good";
    const MADE: &str = "the token does not say when it was made";
    const FUTURE: &str = "the token is of the future";
    const EARLY: &str = "the token is not good yet";
    const NONCE: &str = "the nonce of the ID token is another sign-in's";
    const SUBJECT: &str = "the ID token has no subject";
    const HASH: &str = "the ID token came with another access token";
    const EVENT: &str = "the token tells of an event, not of a sign-in";
    for (others, rule) in [
        (json!({}), None),
        // 2: iss.
        (json!({ "iss": null }), Some(ISSUER)),
        (json!({ "iss": "" }), Some(ISSUER)),
        (json!({ "iss": [IDP] }), Some(ISSUER)),
        (json!({ "iss": "https://idp.example/" }), Some(ISSUER)),
        (json!({ "iss": "http://idp.example" }), Some(ISSUER)),
        (json!({ "iss": "https://IDP.example" }), Some(ISSUER)),
        (json!({ "iss": "https://idp.example.evil.example" }), Some(ISSUER)),
        (json!({ "iss": "idp.example" }), Some(ISSUER)),
        // 3 to 5: aud and azp.
        (json!({ "aud": [CLIENT] }), None),
        (json!({ "aud": [CLIENT], "azp": CLIENT }), None),
        (json!({ "aud": [CLIENT, "api"], "azp": CLIENT }), None),
        (json!({ "aud": ["api", CLIENT], "azp": CLIENT }), None),
        (json!({ "azp": CLIENT }), None),
        (json!({ "aud": null }), Some(NOBODYS)),
        (json!({ "aud": 7 }), Some(NOBODYS)),
        (json!({ "aud": [7] }), Some(NOBODYS)),
        (json!({ "aud": { "0": CLIENT } }), Some(NOBODYS)),
        (json!({ "aud": [] }), Some(OTHERS)),
        (json!({ "aud": "" }), Some(OTHERS)),
        (json!({ "aud": "another-client" }), Some(OTHERS)),
        (json!({ "aud": "OUR-CLIENT" }), Some(OTHERS)),
        (json!({ "aud": "our-client " }), Some(OTHERS)),
        (json!({ "aud": "our-client,another" }), Some(OTHERS)),
        (json!({ "aud": ["another-client"] }), Some(OTHERS)),
        (json!({ "aud": ["another-client"], "azp": CLIENT }), Some(OTHERS)),
        (json!({ "aud": [CLIENT, "another-client"] }), Some(AZP)),
        (json!({ "aud": [CLIENT, "another-client"], "azp": "another-client" }), Some(AZP)),
        (json!({ "azp": "another-client" }), Some(AZP)),
        (json!({ "azp": [CLIENT] }), Some(AZP)),
        // 9: exp, with a minute between the clocks.
        (json!({ "exp": null }), Some(UNTIL)),
        (json!({ "exp": now - 59 }), None),
        (json!({ "exp": now - 60 }), Some(EXPIRED)),
        (json!({ "exp": 0 }), Some(EXPIRED)),
        (json!({ "exp": -1 }), Some(EXPIRED)),
        // 10: iat; and nbf (RFC 7519 §4.1.5).
        (json!({ "iat": null }), Some(MADE)),
        (json!({ "iat": now + 60 }), None),
        (json!({ "iat": now + 61 }), Some(FUTURE)),
        (json!({ "nbf": now + 60 }), None),
        (json!({ "nbf": now + 61 }), Some(EARLY)),
        // 11: nonce.
        (json!({ "nonce": null }), Some(NONCE)),
        (json!({ "nonce": "" }), Some(NONCE)),
        (json!({ "nonce": "n-2" }), Some(NONCE)),
        (json!({ "nonce": "N-1" }), Some(NONCE)),
        (json!({ "nonce": ["n-1"] }), Some(NONCE)),
        // §3.1.3.8: at_hash.
        (json!({ "at_hash": half(&Sha256::digest("at")) }), None),
        (json!({ "at_hash": half(&Sha256::digest("another")) }), Some(HASH)),
        (json!({ "at_hash": half(&Sha512::digest("at")) }), Some(HASH)),
        (json!({ "at_hash": "" }), Some(HASH)),
        (json!({ "at_hash": 7 }), Some(HASH)),
        // §2: sub.
        (json!({ "sub": "s".repeat(255) }), None),
        (json!({ "sub": null }), Some(SUBJECT)),
        (json!({ "sub": "" }), Some(SUBJECT)),
        (json!({ "sub": 7 }), Some(SUBJECT)),
        (json!({ "sub": ["ada-there"] }), Some(SUBJECT)),
        (json!({ "sub": "s".repeat(256) }), Some(SUBJECT)),
        (json!({ "sub": "ada\u{0}" }), Some(SUBJECT)),
        // RFC 8417 §4.5, OpenID Connect Back-Channel Logout 1.0 §2.4.
        (json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }), Some(EVENT)),
        (json!({ "events": {} }), Some(EVENT)),
    ] {
        assert_eq!(wrong(&provider, &others, &EXPECTED), rule, "{others}");
    }
}

/// What another signed is no token of the provider's, whatever it says.
#[test]
fn the_provider_signed_it_with_what_it_signs_with() {
    let world = World::new();
    let provider = Provider::new(&world);
    let claims = provider.claims();
    let (header, other) = (json!({ "alg": "RS256", "kid": "k" }), Signer::es256(7));
    let good = provider.sign(&claims);
    let (front, _) = good.rsplit_once('.').unwrap();
    for (name, token) in [
        ("another's key", other.sign(&json!({ "alg": "ES256", "kid": "k" }), &claims)),
        ("another's key under our algorithm", other.sign(&header, &claims)),
        ("a salted signature", Signer::ps256().sign(&json!({ "alg": "PS256", "kid": "k" }), &claims)),
        ("no signature", format!("{front}.")),
        ("an unknown key", provider.signer.sign(&json!({ "alg": "RS256", "kid": "other" }), &claims)),
        ("no algorithm", provider.signer.sign(&json!({ "alg": "none", "kid": "k" }), &claims)),
        ("a secret's algorithm", provider.signer.sign(&json!({ "alg": "HS256", "kid": "k" }), &claims)),
        (
            "another type",
            provider.signer.sign(&json!({ "alg": "RS256", "kid": "k", "typ": "at+jwt" }), &claims),
        ),
        (
            "a logout token",
            provider.signer.sign(&json!({ "alg": "RS256", "kid": "k", "typ": "logout+jwt" }), &claims),
        ),
        (
            "an extension",
            provider.signer.sign(&json!({ "alg": "RS256", "kid": "k", "crit": ["x"] }), &claims),
        ),
        ("nothing", String::new()),
        ("words", "not a token".to_owned()),
        ("too much", provider.sign(&provider.claims_with(&json!({ "x": "x".repeat(40_000) })))),
    ] {
        let refused = read(&provider, &token, &EXPECTED);
        assert!(matches!(refused, Err(Error::Forged(_))), "{name}: {refused:?}");
    }
    assert!(read(&provider, &good, &EXPECTED).is_ok());
    // Groups make a token long.
    let long = provider.sign(&provider.claims_with(&json!({ "groups": vec!["g".repeat(36); 400] })));
    assert!(read(&provider, &long, &EXPECTED).is_ok());
    // Metadata says that the provider signs with another algorithm.
    let mut upstream = provider.upstream();
    upstream.algorithms.retain(|alg| *alg != portcullis::crypto::foreign::Alg::Rs256);
    let refused = pollster::block_on(verify(&world.cx(), &upstream, &good, &EXPECTED));
    assert_eq!(refused, Err(Error::Forged("the token is not signed with an algorithm of the provider")));
}

#[test]
fn every_algorithm_is_taken_with_its_hash_of_the_access_token() {
    for signer in [Signer::rs256(), Signer::ps256(), Signer::es256(7), Signer::eddsa(7)] {
        let (world, alg) = (World::new(), signer.alg());
        let provider = Provider::signing(&world, signer);
        let (short, long) = (half(&Sha256::digest("at")), half(&Sha512::digest("at")));
        let (its, anothers) = if alg == "EdDSA" { (long, short) } else { (short, long) };
        assert_eq!(wrong(&provider, &json!({ "at_hash": its }), &EXPECTED), None, "{alg}");
        assert!(wrong(&provider, &json!({ "at_hash": anothers }), &EXPECTED).is_some(), "{alg}");
        assert_eq!(wrong(&provider, &json!({}), &EXPECTED), None, "{alg}");
    }
}

/// Rule 13: who asked for a recent sign-in is told when it was.
#[test]
fn a_sign_in_is_as_recent_as_it_was_asked_to_be() {
    let world = World::new();
    let provider = Provider::new(&world);
    let now = world.now().unix();
    let recent = Expected { max_age: Some(300), ..EXPECTED };
    for (auth_time, fits) in [
        (json!(now), true),
        (json!(now - 360), true),
        (json!(now - 361), false),
        (json!(null), false),
        (json!(now.to_string()), false),
        (json!(0), false),
    ] {
        let found = wrong(&provider, &json!({ "auth_time": auth_time }), &recent);
        assert_eq!(found, (!fits).then_some("the person signed in there too long ago"), "{auth_time}");
        // Who did not ask takes what there is.
        assert_eq!(wrong(&provider, &json!({ "auth_time": auth_time }), &EXPECTED), None, "{auth_time}");
    }
    let token = provider.sign(&provider.claims_with(&json!({ "auth_time": now - 100 })));
    assert_eq!(read(&provider, &token, &recent).unwrap().auth_time.map(|at| at.unix()), Some(now - 100));
}

#[test]
fn a_token_that_no_request_asked_for_needs_no_nonce() {
    let world = World::new();
    let provider = Provider::new(&world);
    for nonce in [json!(null), json!("its own")] {
        assert_eq!(wrong(&provider, &json!({ "nonce": nonce }), &Expected::default()), None, "{nonce}");
    }
    // There is no access token to compare with.
    assert_eq!(wrong(&provider, &json!({ "at_hash": "x" }), &Expected::default()), None);
}

#[test]
fn where_apps_ask_for_us_the_audience_is_us_alone() {
    let world = World::new();
    let provider = Provider::new(&world);
    let mut upstream = provider.upstream();
    upstream.audience = Audience::OursAlone;
    for (others, fits) in [
        (json!({ "azp": "our-phone-app" }), true),
        (json!({ "azp": CLIENT }), true),
        (json!({ "aud": [CLIENT], "azp": "our-phone-app" }), true),
        (json!({ "aud": [CLIENT, "our-phone-app"], "azp": CLIENT }), false),
        (json!({ "aud": "our-phone-app", "azp": CLIENT }), false),
    ] {
        let token = provider.sign(&provider.claims_with(&others));
        let read = pollster::block_on(verify(&world.cx(), &upstream, &token, &EXPECTED));
        assert_eq!(read.is_ok(), fits, "{others}");
    }
}

#[test]
fn an_issuer_may_have_two_spellings_or_one_for_each_tenant() {
    let world = World::new();
    let provider = Provider::new(&world);
    let spelled = Issuer::Spelled(vec!["https://two.example".into(), "two.example".into()]);
    let per_tenant = Issuer::PerTenant("https://many.example/{tenantid}/v2.0".into());
    for (issuer, others, kept) in [
        (&spelled, json!({ "iss": "https://two.example" }), Some("https://two.example")),
        (&spelled, json!({ "iss": "two.example" }), Some("https://two.example")),
        (&spelled, json!({ "iss": "http://two.example" }), None),
        (&spelled, json!({ "iss": "https://two.example/" }), None),
        (
            &per_tenant,
            json!({ "iss": "https://many.example/t1/v2.0", "tid": "t1" }),
            Some("https://many.example/t1/v2.0"),
        ),
        (&per_tenant, json!({ "iss": "https://many.example/t1/v2.0", "tid": "t2" }), None),
        (&per_tenant, json!({ "iss": "https://many.example/t1/v2.0" }), None),
        (&per_tenant, json!({ "iss": "https://many.example/{tenantid}/v2.0", "tid": "t1" }), None),
        (&per_tenant, json!({ "iss": "https://many.example/t1/v1.0", "tid": "t1" }), None),
        (&per_tenant, json!({ "iss": "https://many.example/t1/v2.0/", "tid": "t1" }), None),
        (&Issuer::Unknown, json!({}), None),
    ] {
        let mut upstream = provider.upstream();
        upstream.issuer = issuer.clone();
        let token = provider.sign(&provider.claims_with(&others));
        let read = pollster::block_on(verify(&world.cx(), &upstream, &token, &EXPECTED));
        assert_eq!(read.ok().map(|token| token.issuer).as_deref(), kept, "{others}");
    }
}

/// No refusal repeats what a token says.
#[test]
fn what_is_told_of_a_token_is_none_of_its_text() {
    let world = World::new();
    let provider = Provider::new(&world);
    let secret = "do-not-repeat-this";
    for others in [
        json!({ "iss": secret }),
        json!({ "aud": secret }),
        json!({ "nonce": secret }),
        json!({ "azp": secret }),
        json!({ "sub": format!("{secret}\n") }),
        json!({ "exp": secret }),
    ] {
        let token = provider.sign(&provider.claims_with(&others));
        let said = format!("{:?}", read(&provider, &token, &EXPECTED).unwrap_err());
        assert!(!said.contains(secret) && !said.contains(&token), "{said}");
        assert!(world.log.0.borrow().iter().all(|line| !line.contains(secret)));
    }
}
