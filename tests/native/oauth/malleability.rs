//! Whoever has an ECDSA signature `(r, s)` can write down `(r, n - s)`, which verifies as well: both are one token to
//! whatever remembers or compares one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::Signature;
use serde_json::json;

use super::private_key_jwt::{
    ask, claims as assertion_claims, client, header, one, presented, refused, with,
};
use crate::harness::oidc::{Params, Party};
use crate::harness::{Signer, World, claims, part, set};

/// The same token with its signature's other spelling.
fn other_spelling(token: &str) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let (r, s) = signature.split_scalars();
    let other = Signature::from_scalars(r, -s).unwrap();
    assert_ne!(other, signature);
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(other.to_bytes()))
}

fn is_low(token: &str) -> bool {
    let signature = token.rsplit('.').next().unwrap();
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    signature.normalize_s() == signature
}

/// RFC 7518 §3.4 leaves the choice: we make one of the two, always the same.
#[test]
fn our_tokens_are_signed_in_one_spelling() {
    let party = Party::with("app", json!({ "backchannel_logout_uri": "https://app.example/backchannel" }));
    party.world.route(json!({}));
    let mut seen = 0;
    for _ in 0..12 {
        let tokens = party.tokens();
        let access = tokens.str("/access_token");
        let plan = party.world.get("/app/").bearer(&access).plan();
        let assertion = set(&plan, "x-portcullis-assertion").unwrap().to_owned();
        for token in [&access, &tokens.str("/id_token"), &assertion, &party.world.session(&party.user).access]
        {
            assert!(is_low(token), "{:?}", part(token, 0));
            seen += 1;
        }
    }
    party.world.post("/tenant/home/logout").cookie(&party.cookie).form(&[]).send().is(200);
    for (_, body) in party.world.web.forms.borrow().iter() {
        assert!(is_low(body.strip_prefix("logout_token=").unwrap()));
        seen += 1;
    }
    assert!(seen > 48, "{seen}");
}

/// What an isolate remembers of a token is under one spelling: no second memory, and no second assertion.
#[test]
fn both_spellings_of_an_access_token_are_one_to_the_gateway() {
    let party = Party::confidential();
    party.world.route(json!({}));
    for first_is_ours in [true, false] {
        let ours = party.tokens().str("/access_token");
        let other = other_spelling(&ours);
        let (first, second) = if first_is_ours { (&ours, &other) } else { (&other, &ours) };
        let sent = |token: &str| {
            let plan = party.world.get("/app/").bearer(token).plan();
            claims(set(&plan, "x-portcullis-assertion").unwrap())["jti"].clone()
        };
        let jti = sent(first);
        for token in [second, first, second] {
            assert_eq!(sent(token), jti);
        }
    }
}

/// RFC 7009 §2: what ends under one spelling is over under the other.
#[test]
fn a_token_that_is_revoked_is_so_in_both_spellings() {
    for revoke_ours in [true, false] {
        let party = Party::confidential();
        party.world.route(json!({}));
        let ours = party.tokens().str("/access_token");
        let other = other_spelling(&ours);
        let works =
            |token: &str| [party.world.get("/app/").bearer(token).status(), party.userinfo(token).status];
        assert_eq!(works(&ours), works(&other));
        assert_eq!(works(&ours), [200, 200]);
        party.about("revoke", if revoke_ours { &ours } else { &other }).is(200);
        for token in [&ours, &other] {
            assert_eq!(works(token), [401, 401]);
            assert_eq!(party.about("introspect", token).is(200).json, json!({ "active": false }));
        }
    }
}

/// RFC 7523 §3, rule 7: an assertion is remembered by its `jti`, at every endpoint that takes one.
#[test]
fn a_clients_assertion_works_once_in_either_spelling() {
    for first_is_theirs in [true, false] {
        let (world, signer, id) = one();
        let theirs = signer.sign(&header(&signer), &assertion_claims(&id));
        let other = other_spelling(&theirs);
        let (first, second) = if first_is_theirs { (&theirs, &other) } else { (&other, &theirs) };
        assert!(ask(&world, presented(first)).is_ok());
        for again in [second, first] {
            assert_eq!(refused(&world, again), "the assertion was used before");
        }
        let next = signer.sign(&header(&signer), &with(&id, &json!({ "jti": "j2" })));
        assert!(ask(&world, presented(&next)).is_ok());
    }
    let endpoints = ["token", "introspect", "revoke", "par", "device_authorization"];
    for used_at in endpoints {
        let (world, signer) = (World::new(), Signer::es256(7));
        let id = client(&world, "home", &signer.jwks("k"));
        let theirs = signer.sign(&header(&signer), &assertion_claims(&id));
        let send = |endpoint: &str, assertion: &str| {
            let params = Params::of(&[
                ("client_id", &id),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", assertion),
                ("token", "x"),
                ("grant_type", "refresh_token"),
                ("refresh_token", "x"),
            ]);
            let ask = world.post(&Party::path(endpoint));
            ask.body("application/x-www-form-urlencoded", params.text()).send()
        };
        assert_ne!(send(used_at, &theirs).status, 401, "{used_at}");
        for again in endpoints {
            let reply = send(again, &other_spelling(&theirs)).is(401);
            assert_eq!(reply.json["error"], "invalid_client", "{used_at} {again}");
        }
    }
}

/// RFC 8032 §5.1.7, RFC 8017 §8.2.2: of these, a number beyond its modulus is no second spelling.
#[test]
fn other_algorithms_have_one_spelling() {
    // The order of Ed25519's group, lowest byte first.
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (world, signer) = (World::new(), Signer::eddsa(7));
    let id = client(&world, "home", &signer.jwks("k"));
    let theirs = signer.sign(&header(&signer), &assertion_claims(&id));
    let (message, signature) = theirs.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut carry = 0;
    for (byte, more) in bytes[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    refused(&world, &format!("{message}.{}", URL_SAFE_NO_PAD.encode(&bytes)));
    assert!(ask(&world, presented(&theirs)).is_ok());

    let (world, signer) = (World::new(), Signer::rs256());
    let id = client(&world, "home", &signer.jwks("k"));
    let theirs = signer.sign(&header(&signer), &assertion_claims(&id));
    let (message, signature) = theirs.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for longer in [[&[0], &bytes[..]].concat(), [&bytes[..], &[0]].concat()] {
        refused(&world, &format!("{message}.{}", URL_SAFE_NO_PAD.encode(longer)));
    }
    assert!(ask(&world, presented(&theirs)).is_ok());
}
