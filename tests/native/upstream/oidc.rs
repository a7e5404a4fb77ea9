//! An organisation's own OpenID provider, from the first redirect to who signed in.

use portcullis::domain::federation::assertion::{ProviderAssertion, ProviderSession};
use portcullis::domain::federation::kinds::{Begin, Returned, authorize_url, redeem, upstream_of};
use portcullis::domain::refusal::{Error, Federation};
use portcullis::domain::upstream::authorize::Response;
use serde_json::{Value, json};
use url::Url;

use super::kinds::{described, refusal};
use crate::harness::World;
use crate::harness::provider::{CLIENT, IDP, Provider, change, form, metadata, sent};

const RETURNED: Returned<'_> = Returned {
    response: Response { code: Some("c-1"), error: None, iss: None },
    redirect_uri: "https://auth.example.com/tenant/home/sso/corp/callback",
    nonce: "n-1",
    verifier: "v-1",
    max_age: None,
};

fn spec(others: &Value) -> Value {
    let mut spec = json!({ "name": "Corp", "kind": "oidc", "issuer": IDP, "clientId": CLIENT });
    change(&mut spec, others);
    spec
}

/// A sign-in at a provider that answers a code with that ID token.
fn signed_in_with(
    provider: &Provider<'_>,
    others: &Value,
    claims: &Value,
    returned: &Returned<'_>,
) -> Result<ProviderAssertion, Error> {
    let id_token = provider.sign(&provider.claims_with(claims));
    provider.answers_json(
        "token",
        &json!({ "access_token": "at", "token_type": "Bearer", "id_token": id_token }),
    );
    let (cx, corp) = (provider.world.cx(), described("corp", spec(others)));
    let upstream = pollster::block_on(upstream_of(&cx, "home", &corp, Some("shh")))?;
    pollster::block_on(redeem(&cx, &corp, &upstream, returned))
}

fn signed_in(provider: &Provider<'_>, claims: &Value) -> Result<ProviderAssertion, Error> {
    signed_in_with(provider, &json!({}), claims, &RETURNED)
}

#[test]
fn a_sign_in_goes_there_and_back_with_one_request_when_warm() {
    let world = World::new();
    let provider = Provider::new(&world);
    let corp = described("corp", spec(&json!({ "scopes": ["groups", "openid", "email"] })));
    let upstream = pollster::block_on(upstream_of(&world.cx(), "home", &corp, Some("shh"))).unwrap();
    let begin = Begin {
        redirect_uri: RETURNED.redirect_uri,
        state: "s-1",
        nonce: "n-1",
        verifier: "v-1",
        login_hint: Some("ada@corp.example"),
        prompt: Some("login"),
        max_age: Some(0),
        acr_values: Some("phr"),
    };
    let url = Url::parse(&authorize_url(&corp, &upstream, &begin).unwrap()).unwrap();
    let value =
        |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    for (name, expected) in [
        ("scope", "openid groups email"),
        ("nonce", "n-1"),
        ("state", "s-1"),
        ("login_hint", "ada@corp.example"),
        ("prompt", "login"),
        ("max_age", "0"),
        ("acr_values", "phr"),
        ("client_id", CLIENT),
    ] {
        assert_eq!(value(name).as_deref(), Some(expected), "{name}");
    }
    let said = json!({
        "email": "ada@corp.example", "email_verified": true, "name": "Ada", "sid": "s", "amr": ["pwd", "otp"], "acr": "1",
        "auth_time": world.now().unix() - 5, "groups": ["staff"],
    });
    for turn in 0..2 {
        world.web.asked.borrow_mut().clear();
        let person = signed_in(&provider, &said).unwrap();
        assert_eq!((person.issuer.as_str(), person.subject.as_str()), (IDP, "ada-there"));
        assert_eq!(person.email.as_deref(), Some("ada@corp.example"));
        assert!(person.email_verified);
        // For its verified domains alone, which are not its own word.
        assert!(!person.authoritative);
        assert_eq!(person.amr, ["pwd", "otp"]);
        assert_eq!(person.acr.as_deref(), Some("1"));
        assert_eq!(person.auth_time.map(|at| at.unix()), Some(world.now().unix() - 5));
        assert_eq!(person.session, Some(ProviderSession::Oidc { sid: Some("s".into()) }));
        assert_eq!(person.claims["groups"], json!(["staff"]));
        assert_eq!(person.organisation, None);
        let requests = world.web.asked.borrow().len();
        // The token; and the keys once. Metadata was fetched for the beginning.
        assert_eq!(requests, if turn == 0 { 2 } else { 1 });
    }
}

#[test]
fn what_comes_back_is_of_this_sign_in() {
    let world = World::new();
    let provider = Provider::new(&world);
    let now = world.now().unix();
    let email = json!({ "email": "ada@corp.example" });
    let forged = |claims: Value, returned: &Returned<'_>| {
        let mut all = email.clone();
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        match signed_in_with(&provider, &json!({}), &all, returned) {
            Ok(_) => None,
            other => match refusal(other) {
                Federation::Forged(rule) => Some(rule),
                why => panic!("{claims}: {why:?}"),
            },
        }
    };
    assert_eq!(forged(json!({}), &RETURNED), None);
    for claims in [
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "aud": "another" }),
        json!({ "azp": "another" }),
        json!({ "iss": "https://evil.example" }),
        json!({ "exp": now - 61 }),
        json!({ "at_hash": "AAAA" }),
    ] {
        assert!(forged(claims.clone(), &RETURNED).is_some(), "{claims}");
    }
    let recent = Returned { max_age: Some(60), ..RETURNED };
    assert!(forged(json!({}), &recent).is_some());
    assert!(forged(json!({ "auth_time": now - 121 }), &recent).is_some());
    assert_eq!(forged(json!({ "auth_time": now - 30 }), &recent), None);
    let of_another = Returned {
        response: Response { iss: Some("https://evil.example"), ..RETURNED.response },
        ..RETURNED
    };
    assert!(forged(json!({}), &of_another).is_some());
    let declined =
        Returned { response: Response { error: Some("access_denied"), ..RETURNED.response }, ..RETURNED };
    let refused = refusal(signed_in_with(&provider, &json!({}), &email, &declined));
    assert_eq!(refused, Federation::Declined { provider: "Corp".into(), error: "access_denied".into() });
    // A provider that says `iss` in its responses must (RFC 9207 §2.4).
    let fresh = World::new();
    let provider = Provider::new(&fresh);
    let mut said = metadata();
    said["authorization_response_iss_parameter_supported"] = json!(true);
    fresh.web.serves_json(&format!("{IDP}/.well-known/openid-configuration"), said);
    assert!(matches!(refusal(signed_in(&provider, &email)), Federation::Forged(_)));
    let ours = Returned { response: Response { iss: Some(IDP), ..RETURNED.response }, ..RETURNED };
    assert!(signed_in_with(&provider, &json!({}), &email, &ours).is_ok());
}

#[test]
fn an_address_is_verified_if_the_provider_says_so() {
    let world = World::new();
    let provider = Provider::new(&world);
    for (said, verified) in [
        (json!(true), true),
        (json!("true"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!(null), false),
        (json!(1), false),
        (json!("1"), false),
        (json!("yes"), false),
        (json!([true]), false),
    ] {
        let person =
            signed_in(&provider, &json!({ "email": "ada@corp.example", "email_verified": said })).unwrap();
        assert_eq!((person.email_verified, person.authoritative), (verified, false), "{said}");
    }
    // Nothing that Google or Microsoft says makes an organisation's own provider authoritative.
    let others = json!({ "email": "ada@gmail.com", "email_verified": true, "hd": "corp.example", "xms_edov": true, "tid": "t" });
    assert!(!signed_in(&provider, &others).unwrap().authoritative);
}

/// One request suffices where the ID token says all; where it lacks the address or what roles are made of, a second tells it.
#[test]
fn the_userinfo_endpoint_is_asked_for_what_is_missing() {
    let roles = json!({ "roleMap": { "claim": "groups", "map": {} } });
    let told = json!({ "sub": "ada-there", "email": "told@corp.example", "email_verified": true, "groups": ["staff"], "name": "Told" });
    for (others, claims, asks, email, verified) in [
        (
            json!({}),
            json!({ "email": "own@corp.example", "email_verified": true }),
            false,
            "own@corp.example",
            true,
        ),
        (json!({}), json!({}), true, "told@corp.example", true),
        (
            roles.clone(),
            json!({ "email": "own@corp.example", "groups": [] }),
            false,
            "own@corp.example",
            false,
        ),
        // What the endpoint says of its address is not said of the token's.
        (roles.clone(), json!({ "email": "own@corp.example" }), true, "own@corp.example", false),
        (
            roles,
            json!({ "email": "own@corp.example", "email_verified": false }),
            true,
            "own@corp.example",
            false,
        ),
        (json!({}), json!({ "email_verified": false }), true, "told@corp.example", true),
    ] {
        let world = World::new();
        let provider = Provider::new(&world);
        let asked = provider.records("userinfo", told.clone());
        let person = signed_in_with(&provider, &others, &claims, &RETURNED).unwrap();
        assert_eq!(asked.borrow().len(), usize::from(asks), "{others} {claims}");
        assert_eq!(
            (person.email.as_deref(), person.email_verified),
            (Some(email), verified),
            "{others} {claims}"
        );
        assert_eq!(person.subject, "ada-there");
        assert_eq!(person.claims["iss"], IDP);
        if asks {
            assert_eq!(person.claims["groups"], json!(["staff"]));
            assert_eq!(sent(&asked.borrow()[0], "authorization"), Some("Bearer at"));
        }
    }
    let world = World::new();
    let provider = Provider::new(&world);
    provider.answers_json("userinfo", &json!({ "sub": "eve", "email": "eve@corp.example" }));
    assert!(matches!(refusal(signed_in(&provider, &json!({}))), Federation::Forged(_)));
    // One without it says no address.
    let mut said = metadata();
    change(&mut said, &json!({ "userinfo_endpoint": null }));
    let world = World::new();
    let provider = Provider::new(&world);
    world.web.serves_json(&format!("{IDP}/.well-known/openid-configuration"), said);
    assert_eq!(signed_in(&provider, &json!({})).unwrap().email, None);
}

#[test]
fn we_authenticate_as_the_administrator_says_or_else_as_the_provider_takes_it() {
    for (method, supported, secret, expected) in [
        (json!(null), json!(null), Some("shh"), "basic"),
        (json!(null), json!(["client_secret_basic", "client_secret_post"]), Some("shh"), "basic"),
        (json!(null), json!(["client_secret_post"]), Some("shh"), "post"),
        (json!(null), json!(["private_key_jwt"]), None, "assertion"),
        (json!(null), json!(["private_key_jwt", "none"]), None, "none"),
        (json!(null), json!(null), None, "none"),
        (json!("client_secret_post"), json!(["client_secret_basic"]), Some("shh"), "post"),
        (json!("client_secret_basic"), json!(["client_secret_post"]), Some("shh"), "basic"),
        (json!("private_key_jwt"), json!(null), Some("shh"), "assertion"),
        (json!("none"), json!(null), Some("shh"), "none"),
        (json!("client_secret_basic"), json!(null), None, "refused"),
        (json!("client_secret_post"), json!(null), None, "refused"),
    ] {
        let world = World::new();
        let provider = Provider::new(&world);
        let mut said = metadata();
        change(&mut said, &json!({ "token_endpoint_auth_methods_supported": supported }));
        world.web.serves_json(&format!("{IDP}/.well-known/openid-configuration"), said);
        let id_token = provider.sign(&provider.claims_with(&json!({ "email": "a@corp.example" })));
        let asked = provider.records("token", json!({ "access_token": "at", "id_token": id_token }));
        let corp = described("corp", spec(&json!({ "tokenEndpointAuthMethod": method })));
        let upstream = pollster::block_on(upstream_of(&world.cx(), "home", &corp, secret));
        let Ok(upstream) = upstream else {
            assert_eq!(expected, "refused", "{method}");
            continue;
        };
        pollster::block_on(redeem(&world.cx(), &corp, &upstream, &RETURNED)).unwrap();
        let request = asked.borrow_mut().pop().unwrap();
        let has = |name: &str| form(&request).iter().any(|(known, _)| known == name);
        let way = match (sent(&request, "authorization"), has("client_secret"), has("client_assertion")) {
            (Some(_), false, false) => "basic",
            (None, true, false) => "post",
            (None, false, true) => "assertion",
            (None, false, false) => "none",
            _ => "more than one",
        };
        assert_eq!(way, expected, "{method} {supported}");
    }
}

#[test]
fn a_provider_that_answers_wrongly_or_not_at_all_is_told_by_name() {
    let world = World::new();
    let provider = Provider::new(&world);
    let redeemed = |answer: Value| {
        provider.answers_json("token", &answer);
        let (cx, corp) = (world.cx(), described("corp", spec(&json!({}))));
        let upstream = pollster::block_on(upstream_of(&cx, "home", &corp, Some("shh"))).unwrap();
        refusal(pollster::block_on(redeem(&cx, &corp, &upstream, &RETURNED)))
    };
    let failed = |why: &str| Federation::Failed { provider: "Corp".into(), why: why.into() };
    assert_eq!(redeemed(json!({ "access_token": "at" })), failed("the token endpoint answered no id_token"));
    assert_eq!(redeemed(json!({})), failed("the token endpoint answered no access_token that can be sent"));
    let forged = redeemed(json!({ "access_token": "at", "id_token": "x" }));
    assert!(matches!(forged, Federation::Forged(_)));
    for (issuer, why) in [
        ("https://other.example", "late"),
        ("https://127.0.0.1", "failed"),
        ("https://idp.example/other", "failed"),
    ] {
        let world =
            World::with(&[("MODE", "production"), ("MAIL_TRANSPORT", "resend"), ("RESEND_API_KEY", "key")]);
        Provider::new(&world);
        world.web.serves_json("https://idp.example/other/.well-known/openid-configuration", metadata());
        let corp = described("corp", spec(&json!({ "issuer": issuer })));
        let found = match pollster::block_on(upstream_of(&world.cx(), "home", &corp, Some("shh"))) {
            Ok(_) => panic!("{issuer}"),
            Err(error) => refusal::<()>(Err(error)),
        };
        let fits = match why {
            "late" => found == Federation::Late { provider: "Corp".into() },
            _ => matches!(&found, Federation::Failed { provider, .. } if provider == "Corp"),
        };
        assert!(fits, "{issuer}: {found:?}");
    }
}
