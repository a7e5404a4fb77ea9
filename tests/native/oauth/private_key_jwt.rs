//! Client authentication by a signed assertion (RFC 7523): each rule on what it says, and once.

use std::future::Future as _;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use portcullis::domain::clients::authentication::{PresentedClient, authenticate};
use portcullis::domain::clients::{self, Client};
use portcullis::domain::refusal::{Error, Refusal};
use portcullis::domain::tenants;
use portcullis::model::client::Described;
use portcullis::oidc::client_assertion::TYPE;
use portcullis::oidc::error::Code;
use serde_json::{Value, json};

use crate::harness::{NOON, Signer, World};

const ISSUER: &str = "https://auth.example.com/tenant/home";
/// NOON in seconds.
const NOW: i64 = NOON / 1000;

pub(super) fn client(world: &World, tenant: &str, jwks: &Value) -> String {
    let cx = world.cx();
    let tenant = pollster::block_on(tenants::by_id(&cx, tenant)).unwrap().unwrap();
    let said = json!({
        "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks,
    });
    let described = Described::read(said.as_object().unwrap().clone()).unwrap();
    pollster::block_on(clients::create(&cx, &tenant, "system", described)).unwrap().client.id
}

pub(super) fn presented(assertion: &str) -> PresentedClient<'_> {
    PresentedClient {
        client_assertion_type: Some(TYPE),
        client_assertion: Some(assertion),
        ..PresentedClient::default()
    }
}

pub(super) fn ask(world: &World, presented: PresentedClient<'_>) -> Result<Rc<Client>, Refusal> {
    let cx = world.cx();
    let tenant = pollster::block_on(tenants::by_id(&cx, "home")).unwrap().unwrap();
    match pollster::block_on(authenticate(&cx, &tenant, &presented)) {
        Ok(client) => Ok(client),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(broken) => panic!("{broken:?}"),
    }
}

#[track_caller]
pub(super) fn refused(world: &World, assertion: &str) -> String {
    let before = world.events("client.refused");
    let Err(Refusal::OAuth(Code::InvalidClient, reason)) = ask(world, presented(assertion)) else {
        panic!("{assertion} was accepted")
    };
    assert_eq!(world.events("client.refused"), before + 1);
    reason
}

pub(super) fn header(signer: &Signer) -> Value {
    json!({ "alg": signer.alg(), "kid": "k" })
}

pub(super) fn claims(id: &str) -> Value {
    json!({ "iss": id, "sub": id, "aud": ISSUER, "jti": "j", "iat": NOW, "exp": NOW + 60 })
}

/// The usual claims with others; null takes one away.
pub(super) fn with(id: &str, other: &Value) -> Value {
    let mut all = claims(id);
    let members = all.as_object_mut().unwrap();
    for (name, value) in other.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    all
}

/// A world with one client and its key.
pub(super) fn one() -> (World, Signer, String) {
    let (world, signer) = (World::new(), Signer::es256(7));
    let id = client(&world, "home", &signer.jwks("k"));
    (world, signer, id)
}

#[test]
fn an_assertion_works_once() {
    let (world, signer, id) = one();
    let assertion = signer.sign(&header(&signer), &claims(&id));
    assert!(ask(&world, presented(&assertion)).is_ok());
    assert_eq!(refused(&world, &assertion), "the assertion was used before");
    let again = signer.sign(&header(&signer), &with(&id, &json!({ "exp": NOW + 61 })));
    refused(&world, &again);
    let next = signer.sign(&header(&signer), &with(&id, &json!({ "jti": "j2" })));
    assert!(ask(&world, presented(&next)).is_ok());
}

#[test]
fn it_is_not_forgotten_before_it_has_expired() {
    let (world, signer, id) = one();
    let assertion = signer.sign(&header(&signer), &with(&id, &json!({ "exp": NOW + 3_600 })));
    assert!(ask(&world, presented(&assertion)).is_ok());
    for _ in 0..364 {
        world.advance(10);
        refused(&world, &assertion);
    }
    assert_eq!(refused(&world, &assertion), "the assertion has expired");
}

#[test]
fn it_works_once_among_fifty_at_the_same_time_and_the_system_secret_does_not_help() {
    let (world, signer, id) = one();
    let assertion = signer.sign(&header(&signer), &claims(&id));
    let mut cx = world.cx();
    cx.caller = Rc::new(portcullis::cx::Caller { unlimited: true, ..portcullis::cx::Caller::default() });
    let tenant = pollster::block_on(tenants::by_id(&cx, "home")).unwrap().unwrap();
    cx.memory = Rc::default();
    world.db.yields.set(true);
    let presented = presented(&assertion);
    let mut tries: Vec<_> = (0..50).map(|_| Box::pin(authenticate(&cx, &tenant, &presented))).collect();
    let mut context = Context::from_waker(Waker::noop());
    let mut answers = Vec::new();
    while !tries.is_empty() {
        tries.retain_mut(|one| match one.as_mut().poll(&mut context) {
            Poll::Pending => true,
            Poll::Ready(answer) => {
                answers.push(answer);
                false
            }
        });
    }
    assert_eq!(answers.len(), 50);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[test]
fn one_clients_jti_is_not_anothers() {
    let world = World::new();
    for seed in [7, 8] {
        let signer = Signer::es256(seed);
        let id = client(&world, "home", &signer.jwks("k"));
        assert!(ask(&world, presented(&signer.sign(&header(&signer), &claims(&id)))).is_ok());
    }
}

#[test]
fn a_refused_assertion_does_not_use_up_its_jti() {
    let (world, signer, id) = one();
    refused(&world, &Signer::es256(8).sign(&header(&signer), &claims(&id)));
    refused(&world, &signer.sign(&header(&signer), &with(&id, &json!({ "aud": "x" }))));
    assert!(ask(&world, presented(&signer.sign(&header(&signer), &claims(&id)))).is_ok());
}

#[test]
fn issuer_and_subject_are_the_client() {
    let (world, signer, id) = one();
    let other = client(&world, "home", &Signer::eddsa(1).jwks("k"));
    for wrong in [
        json!({ "iss": null }),
        json!({ "iss": "x" }),
        json!({ "iss": other }),
        json!({ "sub": null }),
        json!({ "sub": "x" }),
        json!({ "sub": other }),
        json!({ "iss": other, "sub": other }),
        json!({ "iss": ISSUER }),
        json!({ "sub": 5 }),
    ] {
        refused(&world, &signer.sign(&header(&signer), &with(&id, &wrong)));
    }
}

#[test]
fn the_audience_is_the_issuer_or_an_endpoint_that_clients_authenticate_at() {
    let (world, signer, id) = one();
    let good = [
        json!(ISSUER),
        json!([ISSUER]),
        json!("https://auth.example.com/tenant/home/oauth2/token"),
        json!("https://auth.example.com/tenant/home/oauth2/par"),
        json!("https://auth.example.com/oauth2/token"),
        json!([ISSUER, "https://auth.example.com/tenant/home/oauth2/token"]),
    ];
    for (at, aud) in good.into_iter().enumerate() {
        let said = with(&id, &json!({ "aud": aud, "jti": at.to_string() }));
        assert!(ask(&world, presented(&signer.sign(&header(&signer), &said))).is_ok(), "{said}");
    }
    for aud in [
        json!(null),
        json!(""),
        json!([]),
        json!(5),
        json!({}),
        json!(id),
        json!("https://auth.example.com"),
        json!("https://auth.example.com/tenant/home/"),
        json!("https://auth.example.com/tenant/b"),
        json!("https://auth.example.com/tenant/b/oauth2/token"),
        json!("https://auth.example.com/tenant/home/oauth2/userinfo"),
        json!("https://auth.example.com/tenant/home/oauth2/token/"),
        json!("https://other.example/tenant/home"),
        json!([ISSUER, "https://other.example"]),
    ] {
        refused(&world, &signer.sign(&header(&signer), &with(&id, &json!({ "aud": aud, "jti": "bad" }))));
    }
}

#[test]
fn root_endpoints_are_homes_alone() {
    let world = World::new();
    world.tenant("b");
    let signer = Signer::es256(7);
    let id = client(&world, "b", &signer.jwks("k"));
    let cx = world.cx();
    let tenant = pollster::block_on(tenants::by_id(&cx, "b")).unwrap().unwrap();
    let root = with(&id, &json!({ "aud": "https://auth.example.com/oauth2/token" }));
    let own = with(&id, &json!({ "aud": "https://auth.example.com/tenant/b/oauth2/token" }));
    let root = signer.sign(&header(&signer), &root);
    let own = signer.sign(&header(&signer), &own);
    assert!(pollster::block_on(authenticate(&cx, &tenant, &presented(&root))).is_err());
    assert!(pollster::block_on(authenticate(&cx, &tenant, &presented(&own))).is_ok());
    refused(&world, &own);
}

#[test]
fn it_must_end_within_an_hour() {
    let (world, signer, id) = one();
    for exp in [
        json!(null),
        json!("soon"),
        json!(NOW - 30),
        json!(NOW + 3_631),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(-1),
    ] {
        refused(&world, &signer.sign(&header(&signer), &with(&id, &json!({ "exp": exp }))));
    }
    for exp in [NOW - 29, NOW, NOW + 3_600, NOW + 3_630] {
        let said = with(&id, &json!({ "exp": exp, "jti": exp.to_string() }));
        assert!(ask(&world, presented(&signer.sign(&header(&signer), &said))).is_ok(), "{exp}");
    }
}

#[test]
fn it_must_have_begun_but_clocks_differ_by_half_a_minute() {
    let (world, signer, id) = one();
    for member in ["nbf", "iat"] {
        for at in [NOW + 31, i64::MAX, 200_000_000_000_000] {
            refused(&world, &signer.sign(&header(&signer), &with(&id, &json!({ member: at }))));
        }
        for at in [NOW + 30, NOW, NOW - 86_400, -1_000_000_000_000] {
            let said = with(&id, &json!({ member: at, "jti": format!("{member}{at}") }));
            assert!(ask(&world, presented(&signer.sign(&header(&signer), &said))).is_ok(), "{member} {at}");
        }
    }
    assert!(
        ask(&world, presented(&signer.sign(&header(&signer), &with(&id, &json!({ "iat": null }))))).is_ok()
    );
}

#[test]
fn it_must_have_an_id_of_its_own() {
    let (world, signer, id) = one();
    for jti in [json!(null), json!(""), json!(5)] {
        refused(&world, &signer.sign(&header(&signer), &with(&id, &json!({ "jti": jti }))));
    }
}

#[test]
fn the_type_of_the_assertion_is_said() {
    let (world, signer, id) = one();
    let assertion = signer.sign(&header(&signer), &claims(&id));
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    for (kind, assertion) in [
        (None, Some(assertion.as_str())),
        (Some(saml), Some(&assertion)),
        (Some("x"), Some(&assertion)),
        (Some(TYPE), None),
    ] {
        let presented = PresentedClient {
            client_assertion_type: kind,
            client_assertion: assertion,
            ..PresentedClient::default()
        };
        assert!(matches!(ask(&world, presented), Err(Refusal::OAuth(Code::InvalidClient, _))));
    }
    let named = PresentedClient { client_id: Some(&id), ..presented(&assertion) };
    assert!(matches!(
        ask(&world, PresentedClient { client_id: Some("x"), ..named }),
        Err(Refusal::OAuth(Code::InvalidClient, _))
    ));
    assert!(ask(&world, named).is_ok());
}

#[test]
fn a_client_with_a_key_has_no_other_way_in_and_one_with_a_secret_none_by_key() {
    let (world, signer, id) = one();
    for other in [
        PresentedClient { client_id: Some(&id), ..PresentedClient::default() },
        PresentedClient { client_id: Some(&id), client_secret: Some("x"), ..PresentedClient::default() },
    ] {
        assert!(matches!(ask(&world, other), Err(Refusal::OAuth(Code::InvalidClient, _))));
    }
    let cx = world.cx();
    let tenant = pollster::block_on(tenants::by_id(&cx, "home")).unwrap().unwrap();
    let said = json!({ "redirect_uris": ["https://app.example/cb"], "jwks": signer.jwks("k") });
    let described = Described::read(said.as_object().unwrap().clone()).unwrap();
    let secret = pollster::block_on(clients::create(&cx, &tenant, "system", described)).unwrap().client.id;
    refused(&world, &signer.sign(&header(&signer), &claims(&secret)));
}

/// OIDC Registration §2: an assertion with another algorithm than the one that the client registered is refused.
#[test]
fn one_algorithm_is_taken_where_one_is_registered() {
    let world = World::new();
    let (first, second) = (Signer::es256(7), Signer::eddsa(7));
    let mut keys = first.jwks("k");
    keys["keys"].as_array_mut().unwrap().extend(second.jwks("e")["keys"].as_array().unwrap().clone());
    let id = client(&world, "home", &keys);
    let sign = |signer: &Signer, alg: &str, kid: &str, jti: &str| {
        signer.sign(&json!({ "alg": alg, "kid": kid }), &with(&id, &json!({ "jti": jti })))
    };
    assert!(ask(&world, presented(&sign(&first, "ES256", "k", "1"))).is_ok());
    assert!(ask(&world, presented(&sign(&second, "EdDSA", "e", "2"))).is_ok());
    for (at, (alg, [ec, ed])) in [
        ("ES256", [true, false]),
        ("EdDSA", [false, true]),
        ("Ed25519", [false, true]),
        ("RS256", [false, false]),
    ]
    .into_iter()
    .enumerate()
    {
        let member = "$.token_endpoint_auth_signing_alg";
        world.sql(&format!("UPDATE clients SET metadata = json_set(metadata, '{member}', '{alg}')"));
        world.advance(5);
        for (signer, name, kid, good) in [(&first, "ES256", "k", ec), (&second, "EdDSA", "e", ed)] {
            let assertion = sign(signer, name, kid, &format!("{at}{name}"));
            if good {
                assert!(ask(&world, presented(&assertion)).is_ok(), "{alg} {name}");
            } else {
                let told = refused(&world, &assertion);
                assert!(told.contains("token_endpoint_auth_signing_alg"), "{alg} {name}: {told}");
            }
        }
    }
}
