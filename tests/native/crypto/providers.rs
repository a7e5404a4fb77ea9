//! Tokens of providers, as other implementations sign them and as attackers change them: `vectors/foreign.py` made them.

use portcullis::crypto::foreign::{Alg, Foreign, provider_keys};
use serde_json::{Value, json};

use crate::harness::Signer;

const VECTORS: &str = include_str!("vectors/foreign.jsonl");

fn verified(token: &str, keys: &Value) -> Option<Value> {
    let token = Foreign::parse(token, &["JWT"])?;
    let keys = provider_keys(&json!({ "keys": keys }))?;
    let key = token.fitting(&keys, &Alg::PROVIDERS)?;
    token.verify_by::<Value>(key).map(|signed| signed.claims)
}

#[test]
fn tokens_are_taken_by_the_key_and_the_algorithm_that_they_must_have_alone() {
    let rows: Vec<Value> = VECTORS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (valid, forged): (Vec<Value>, Vec<Value>) = rows.into_iter().partition(|row| row["valid"] == true);
    assert!(valid.len() >= 30 && forged.len() >= 150, "{} and {}", valid.len(), forged.len());
    let read = |row: &Value| verified(row["token"].as_str().unwrap(), &row["keys"]);
    for row in valid {
        assert_eq!(read(&row).unwrap()["sub"], "ada", "{}", row["name"]);
    }
    let taken: Vec<Value> =
        forged.iter().filter(|row| read(row).is_some()).map(|row| row["name"].clone()).collect();
    assert_eq!(taken, Vec::<Value>::new());
}

#[test]
fn an_algorithm_that_a_provider_does_not_use_is_refused() {
    let header = |alg: &str| json!({ "alg": alg, "kid": "k" });
    for (signer, alg) in [
        (Signer::rs256(), Alg::Rs256),
        (Signer::ps256(), Alg::Ps256),
        (Signer::es256(7), Alg::Es256),
        (Signer::eddsa(7), Alg::EdDsa),
    ] {
        let text = signer.sign(&header(signer.alg()), &json!({ "sub": "ada" }));
        let (token, keys) =
            (Foreign::parse(&text, &["JWT"]).unwrap(), provider_keys(&signer.jwks("k")).unwrap());
        for allowed in Alg::PROVIDERS {
            assert_eq!(
                token.fitting(&keys, &[allowed]).is_some(),
                allowed == alg,
                "{alg:?} where {allowed:?} is"
            );
        }
        assert!(token.fitting(&keys, &[]).is_none());
        // Clients of ours sign with three of them.
        assert_eq!(token.verify::<Value>(&keys).is_some(), alg != Alg::Ps256, "{alg:?}");
    }
}

/// A set may hold up to 50 keys that are looked at, and a token its 8 kB.
#[test]
fn what_is_read_of_a_set_and_of_a_token_is_bounded() {
    let signer = Signer::es256(7);
    let mut keys: Vec<Value> = vec![json!({ "kty": "oct", "k": "AQ" }); 50];
    let token = signer.sign(&json!({ "alg": "ES256" }), &json!({ "sub": "ada" }));
    keys[49] = signer.jwk();
    assert!(verified(&token, &json!(keys)).is_some());
    keys.insert(0, json!({}));
    assert!(verified(&token, &json!(keys)).is_none());
    for (length, is_read) in [(5_000, true), (9_000, false), (1_000_000, false)] {
        let long = signer.sign(&json!({ "alg": "ES256" }), &json!({ "x": "x".repeat(length) }));
        assert_eq!(verified(&long, &json!([signer.jwk()])).is_some(), is_read, "{length}");
    }
}
