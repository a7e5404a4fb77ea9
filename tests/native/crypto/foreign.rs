//! Keys and tokens of others, against what OpenSSL made.

use portcullis::crypto::foreign::{Foreign, keys};
use serde_json::{Value, json};

use crate::harness::Signer;

const RS256_KEY: &str = concat!(
    "{\"kty\":\"RSA\",\"n\":\"uNwU1fxTlimXw6cww_UeEtOF_SQa6UOkUIKwRmxf1EIQABEoUXSlu-vIwbUFBSZ6t-tfE-4C",
    "-FAguVBeWhwv6P12mXJT0UAgJ9ZhM7dCfD43sj-odEYMs-KL5wga8SmapuXjrGlvHbSU4Tk3KPmA4kqVLc84JDmGsYusGuJZG",
    "zau2YwFd1najNevqtkdv0RCWUA2Ajp0DiYJcpfJ0h3R27lMwgjg793tDDRFtywTmajufuTwiBFmyHQbuYBqUEBgaU90Iznu48",
    "rezPqq5wFdHwahr_RyAL64ITAOMyn6rQotjkXwRxse7oDSEuyyWfY8O7y2ha34N2sa4rThnpVcQw\",\"e\":\"AQAB\"}",
);
const RS256_TOKEN: &str = concat!(
    "eyJhbGciOiAiUlMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiYzEiLCAic3ViIjogImMxIiwgImF1ZCI6ICJodHRwczo",
    "vL2F1dGguZXhhbXBsZS5jb20vdGVuYW50L2hvbWUiLCAianRpIjogIm9uZSIsICJleHAiOiAxNzc3NjM2ODYwfQ.ij-6-NYg",
    "9cfkTX_q8fY9AEC5qNwwjp_mAPMjhXX6DK2pqvZEE3LRQzA2wJZfU_uXRozzWKNzKRF3Cco14iN1tmfHCq7SDEY1DPzEN0WR",
    "S3tdN6e1Wn-dpNSFUAps6wFDWNBxynocl2kFpCP2sdn1oeE4uTDONeT9BN-0AvnGD95wIbO50JLxlVMmAjSeZ1_8KYIPKMPa",
    "7duERzU0c0Jia7qMGx9jrfq8vHByd-1CyDjHZANflIhYWppqtMWnBYSUqxQ6GzDa8nyZTBihE6E7KCaNIfOZF1IiD85b78Pa",
    "CuBZC-gaNu25ldnYcjeS_n2lUawTkL7bTDTkh6RXkaalkg",
);
const ES256_KEY: &str = concat!(
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"HhhTL9R1TALzBB2cdc6zO4P_2BrHzk_ogsyxyYvFiW4\",\"y\":\"p",
    "GwxHE4v9A3ZajZT5uRURdMt_khuztdcepDGoYiBwKM\"}",
);
const ES256_TOKEN: &str = concat!(
    "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiYzEiLCAic3ViIjogImMxIiwgImF1ZCI6ICJodHRwczo",
    "vL2F1dGguZXhhbXBsZS5jb20vdGVuYW50L2hvbWUiLCAianRpIjogIm9uZSIsICJleHAiOiAxNzc3NjM2ODYwfQ.gG0lNBoy",
    "FVUqi14df-bAAMj7rYfc_BBwlvSzzYnXMxCnQ_s9OmzH6hDG_yrXIM7yWCS8JIgg0w4vpxNlF7z1YQ",
);
const EDDSA_KEY: &str =
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"E5j2LG0aRXxRumpLXz29L2n8qTIWIY3ImX5Ba9F9k8o\"}";
const EDDSA_TOKEN: &str = concat!(
    "eyJhbGciOiAiRWREU0EiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiYzEiLCAic3ViIjogImMxIiwgImF1ZCI6ICJodHRwczo",
    "vL2F1dGguZXhhbXBsZS5jb20vdGVuYW50L2hvbWUiLCAianRpIjogIm9uZSIsICJleHAiOiAxNzc3NjM2ODYwfQ.PwjSlikY",
    "eJC3-1n8M_wJpS6wUt2BtJF2eNziATb2H4Y7V0nUR28h3X0qE1xmr-9TEee7mUskMOTdY-gKQM1iDw",
);
/// A modulus of 1024 bits.
const SMALL: &str = concat!(
    "5F5IrWK43u_FQsN_pihuzBr3j_avXrPut4Wn2uK4GnwerR2UdPtTIu8bQ-q4ZNpi4YLyIJwSTRIqPt5B35X4z0fylgbXJCip",
    "laRTvcfcjrHBugB_ieM5EQInbk705iuioecenlJAtibCLEoX2PYN-cqNxl0NbfdRp6x86gn93jM",
);
/// One of 4096.
const LARGE: &str = concat!(
    "pWzDpiRXI_TR3HQ8sMLZRVq4qq3dyrnl8pt4lbiR-HHbnYrwCjw7_4-lc2Lsjpr5disAaIkswV1723o-MWEzkVaCz9M_LZOZ",
    "78EglEZpLO9w9dAb8BdwFWoNzT9pSND01jKygzvHufPUbWx_7T1SQN5BCAFIdOIKJJLNHikE6yFSgf9KMjvWjTY3V2GEdoLY",
    "G-5ZNfPE-jiw0xukAQ5jZTUhTh4vuIpQ-2i3CWolscqbltxYXL2YcVlkkFsc-Zm5lvNS6SiROjy55EM40wQKuLd_e-ntJiKJ",
    "gyM4Vd-FCW6Nrc6oXTqhtHBu8F2JJu2Ji2egLQ-C6F-Vx3qWdhNqdVH9DAbDKx4wZl_F0lc1ehZAdeHhpa6ezjN7a1luuEqc",
    "geua9-I0cUrkOZmwt3jlb3BNGGxbwcHurc8uGheI0qwtAOCbktp3l-KHUXn7EUQeBsOy8SnrdZ8z0R7Gy9gcA1l8Uue9yNFg",
    "VjGLXFGYjYcv3N7E5BRR56FBDKHWn0LZajx68VHw0j_XnS3Y1_0xGjvzVYqpj20BYXeZXH8kSkVnlKZ468djxG7t7YE9WmSS",
    "TmfW4Fd_hE4cp-m7FBurl3S0Q7BayET7xacVSN-MS3rbFwbQHdF5ezlfNE-F78cZ8DFfvazZlv-EvtkQOnLNpECOdxSMRHB4",
    "jOcL_77PPaU",
);

fn all() -> [(&'static str, Value, &'static str); 3] {
    let key = |text: &str| serde_json::from_str(text).unwrap();
    [
        ("ES256", key(ES256_KEY), ES256_TOKEN),
        ("RS256", key(RS256_KEY), RS256_TOKEN),
        ("EdDSA", key(EDDSA_KEY), EDDSA_TOKEN),
    ]
}

fn set(list: &[Value]) -> Value {
    json!({ "keys": list })
}

fn verified(token: &str, set: &Value) -> Option<Value> {
    let signed = Foreign::parse(token, &["JWT"])?.verify::<Value>(&keys(set).ok()?)?;
    Some(signed.claims)
}

#[test]
fn tokens_that_openssl_signed_verify_with_their_key_alone() {
    for (alg, key, token) in all() {
        assert_eq!(verified(token, &set(&[key])).unwrap()["jti"], "one", "{alg}");
        for (other, foreign, _) in all().into_iter().filter(|(other, ..)| *other != alg) {
            assert_eq!(verified(token, &set(&[foreign])), None, "{alg} with {other}");
        }
    }
    let keys: Vec<Value> = all().into_iter().map(|(_, key, _)| key).collect();
    for (alg, _, token) in all() {
        assert!(verified(token, &set(&keys)).is_some(), "{alg} among all");
    }
}

#[test]
fn no_byte_of_them_can_be_another() {
    for (alg, key, token) in all() {
        let set = set(&[key]);
        for at in (0..token.len()).step_by(7) {
            let mut bytes = token.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(verified(&String::from_utf8(bytes).unwrap(), &set), None, "{alg} at {at}");
        }
        let (front, signature) = token.rsplit_once('.').unwrap();
        for signature in
            ["", "AA", &signature[4..], &format!("{signature}AAAA"), &"A".repeat(signature.len())]
        {
            assert_eq!(verified(&format!("{front}.{signature}"), &set), None, "{alg} {signature}");
        }
        for other in [format!("{token}="), format!("{token}."), format!(" {token}"), front.to_owned()] {
            assert_eq!(verified(&other, &set), None, "{alg} {other}");
        }
    }
}

#[test]
fn the_tests_sign_as_openssl_does() {
    for (signer, key) in
        [(Signer::es256(7), ES256_KEY), (Signer::rs256(), RS256_KEY), (Signer::eddsa(8), EDDSA_KEY)]
    {
        assert_eq!(signer.jwk(), serde_json::from_str::<Value>(key).unwrap());
    }
    // Ed25519 and RSASSA-PKCS1-v1_5 are deterministic.
    for (signer, token) in [(Signer::rs256(), RS256_TOKEN), (Signer::eddsa(8), EDDSA_TOKEN)] {
        let claims = verified(token, &set(&[signer.jwk()])).unwrap();
        let again = signer.sign(&json!({ "alg": signer.alg() }), &claims);
        assert!(verified(&again, &set(&[signer.jwk()])).is_some());
    }
}

#[test]
fn a_set_holds_public_keys_of_the_three_kinds_and_nothing_else() {
    let [(_, ec, _), (_, rsa, _), (_, okp, _)] = all();
    assert_eq!(keys(&set(&[ec.clone(), rsa.clone(), okp.clone()])).ok().map(|keys| keys.len()), Some(3));
    let with = |key: &Value, other: Value| {
        let mut key = key.clone();
        key.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        set(&[key])
    };
    for good in [
        with(&ec, json!({ "use": "sig", "alg": "ES256", "kid": "1" })),
        with(&rsa, json!({ "alg": "RS256", "x5t": "x" })),
        with(&rsa, json!({ "n": LARGE })),
        with(&okp, json!({ "alg": "EdDSA" })),
    ] {
        assert!(keys(&good).is_ok(), "{good}");
    }
    let zero = "A".repeat(43);
    for bad in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "keys": {} }),
        set(&[]),
        set(&[json!("key")]),
        set(&[json!({})]),
        set(&vec![ec.clone(); 11]),
        json!({ "keys": [with(&ec, json!({ "kid": "1" }))["keys"][0], with(&rsa, json!({ "kid": "1" }))["keys"][0]] }),
        with(&ec, json!({ "d": zero })),
        with(&rsa, json!({ "d": "AQ" })),
        with(&rsa, json!({ "p": "AQ" })),
        with(&okp, json!({ "d": zero })),
        set(&[json!({ "kty": "oct", "k": "c2VjcmV0" })]),
        with(&ec, json!({ "use": "enc" })),
        with(&ec, json!({ "alg": "RS256" })),
        with(&ec, json!({ "alg": "none" })),
        with(&rsa, json!({ "alg": "PS256" })),
        with(&ec, json!({ "kid": "" })),
        with(&ec, json!({ "kid": 1 })),
        with(&ec, json!({ "crv": "P-384" })),
        with(&ec, json!({ "crv": "secp256k1" })),
        with(&ec, json!({ "x": zero })),
        with(&ec, json!({ "y": null })),
        with(&ec, json!({ "x": "AQ" })),
        with(&ec, json!({ "x": format!("{}=", ec["x"].as_str().unwrap()) })),
        with(&rsa, json!({ "n": SMALL })),
        with(&rsa, json!({ "n": format!("{LARGE}AAAA") })),
        with(&rsa, json!({ "n": rsa["n"].as_str().unwrap()[..340].to_owned() + "AA" })),
        with(&rsa, json!({ "e": "AQ" })),
        with(&rsa, json!({ "e": "AA" })),
        with(&rsa, json!({ "e": "AQAA" })),
        with(&rsa, json!({ "e": "AQAAAAAAAQ" })),
        with(&rsa, json!({ "e": null })),
        with(&okp, json!({ "crv": "X25519" })),
        with(&okp, json!({ "crv": "Ed448" })),
        with(&okp, json!({ "x": zero })),
        with(&okp, json!({ "x": format!("AQ{}", "A".repeat(41)) })),
        with(&okp, json!({ "x": "AQ" })),
    ] {
        assert!(keys(&bad).is_err(), "{bad}");
    }
}
