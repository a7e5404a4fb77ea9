//! Which key and algorithm a client's assertion is signed with (RFC 7523 §3, RFC 8725 §3.1).

use serde_json::{Value, json};

use super::private_key_jwt::{ask, claims, client, header, one, presented, refused, with};
use crate::harness::{Signer, World};

#[test]
fn each_algorithm_lets_its_client_in() {
    let world = World::new();
    for signer in [Signer::es256(7), Signer::rs256(), Signer::eddsa(7)] {
        let id = client(&world, "home", &signer.jwks("k"));
        let assertion = signer.sign(&header(&signer), &claims(&id));
        assert_eq!(ask(&world, presented(&assertion)).unwrap().id, id, "{}", signer.alg());
    }
}

#[test]
fn another_key_of_the_same_kind_is_refused() {
    let world = World::new();
    for (own, other) in [(Signer::es256(7), Signer::es256(8)), (Signer::eddsa(7), Signer::eddsa(8))] {
        let id = client(&world, "home", &own.jwks("k"));
        let reason = refused(&world, &other.sign(&header(&other), &claims(&id)));
        assert_eq!(reason, "the assertion is not signed with a key of the client");
    }
}

#[test]
fn the_key_is_the_one_that_is_named() {
    let world = World::new();
    let (first, second) = (Signer::es256(7), Signer::es256(8));
    let mut set = first.jwks("first");
    set["keys"].as_array_mut().unwrap().push(second.jwks("second")["keys"][0].clone());
    let id = client(&world, "home", &set);
    let named = |kid: Value, jti: &str| {
        let mut header = json!({ "alg": "ES256", "kid": kid });
        header.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        second.sign(&header, &with(&id, &json!({ "jti": jti })))
    };
    assert!(ask(&world, presented(&named(json!("second"), "1"))).is_ok());
    for kid in [json!("first"), json!("third"), json!(""), json!(null)] {
        refused(&world, &named(kid, "2"));
    }
}

#[test]
fn a_key_without_a_name_fits_a_token_without_one() {
    let world = World::new();
    let (ec, ed) = (Signer::es256(7), Signer::eddsa(7));
    let id = client(&world, "home", &json!({ "keys": [ec.jwk(), ed.jwk()] }));
    for (at, signer) in [&ec, &ed].into_iter().enumerate() {
        let said = with(&id, &json!({ "jti": at.to_string() }));
        assert!(ask(&world, presented(&signer.sign(&json!({ "alg": signer.alg() }), &said))).is_ok());
        refused(&world, &signer.sign(&json!({ "alg": signer.alg(), "kid": "k" }), &said));
    }
}

#[test]
fn the_algorithm_is_the_keys() {
    let world = World::new();
    for signer in [Signer::es256(7), Signer::rs256(), Signer::eddsa(7)] {
        let id = client(&world, "home", &signer.jwks("k"));
        for alg in
            ["none", "None", "NONE", "", "HS256", "HS512", "RS512", "PS256", "ES384", "ES256K", "es256"]
        {
            refused(&world, &signer.sign(&json!({ "alg": alg, "kid": "k" }), &claims(&id)));
        }
        for other in ["ES256", "RS256", "EdDSA"].into_iter().filter(|alg| *alg != signer.alg()) {
            refused(&world, &signer.sign(&json!({ "alg": other, "kid": "k" }), &claims(&id)));
        }
        world.advance(60);
    }
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let (world, signer, id) = one();
    let good = signer.sign(&header(&signer), &claims(&id));
    let (front, _) = good.rsplit_once('.').unwrap();
    for bad in [
        format!("{front}."),
        front.to_owned(),
        "a.b.c".into(),
        "".into(),
        "x".repeat(9_000),
        good.replace('.', ""),
    ] {
        if bad.is_empty() {
            assert!(ask(&world, presented(&bad)).is_err());
        } else {
            refused(&world, &bad);
        }
    }
}

#[test]
fn a_token_of_another_kind_is_refused() {
    let (world, signer, id) = one();
    for typ in ["at+jwt", "gw+jwt", "logout+jwt", "dpop+jwt", ""] {
        let other = json!({ "alg": "ES256", "kid": "k", "typ": typ });
        refused(&world, &signer.sign(&other, &claims(&id)));
    }
    for crit in [json!(["exp"]), json!([]), json!("b64")] {
        let other = json!({ "alg": "ES256", "kid": "k", "crit": crit });
        refused(&world, &signer.sign(&other, &claims(&id)));
    }
    for (at, typ) in ["JWT", "jwt", "client-authentication+jwt"].into_iter().enumerate() {
        let other = json!({ "alg": "ES256", "kid": "k", "typ": typ });
        let said = with(&id, &json!({ "jti": at.to_string() }));
        assert!(ask(&world, presented(&signer.sign(&other, &said))).is_ok(), "{typ}");
    }
}

#[test]
fn our_own_tokens_are_no_assertions() {
    let (world, _, _) = one();
    let user = world.user("ada@example.com");
    refused(&world, &world.session(&user).access);
}
