//! Tokens that are none: every pair of types in each other's place, forged headers, other encodings.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::{PASSWORD, World, claims, part, set};

/// A world, a good access token of it, and the private key that signed it.
fn world() -> (World, String, SigningKey) {
    let world = World::new();
    world.route(json!({}));
    let token = world.session(&world.user("ada@example.com")).access;
    let kid = part(&token, 0)["kid"].as_str().unwrap().to_owned();
    let sealer = portcullis::crypto::seal::Sealer::derive(&[42; 32], None, "home", "signing-keys").unwrap();
    let sealed = world.sql(&format!("SELECT sealed_private AS s FROM signing_keys WHERE kid = '{kid}'"));
    let sealed = sealed.first().unwrap()["s"].as_str().unwrap();
    let row = format!("signing_keys/home/{kid}/sealed_private");
    let private = sealer.open(&row, sealed).unwrap();
    (world, token, SigningKey::from_slice(&private).unwrap())
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token of these parts, signed by that key whatever its header says.
fn signed(header: &Value, said: &Value, key: &SigningKey) -> String {
    let message = format!("{}.{}", encoded(header), encoded(said));
    let signature: Signature = key.sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn passes(world: &World, token: &str) -> bool {
    let me = world.get("/api/auth/me").bearer(token).fresh().status();
    let app = world.get("/app/").bearer(token).fresh().status();
    assert_eq!(me, app);
    assert!(me == 200 || me == 401, "{me}");
    me == 200
}

#[test]
fn a_token_signed_by_us_passes_and_one_signed_otherwise_does_not() {
    let (world, token, key) = world();
    let (header, said) = (part(&token, 0), claims(&token));
    assert!(passes(&world, &signed(&header, &said, &key)));
    let other = SigningKey::from_slice(&[7; 32]).unwrap();
    assert!(!passes(&world, &signed(&header, &said, &other)));
}

#[test]
fn what_a_header_must_not_say_is_refused() {
    let (world, token, key) = world();
    let (good, said) = (part(&token, 0), claims(&token));
    for (member, value) in [
        ("alg", json!("none")),
        ("alg", json!("NONE")),
        ("alg", json!("")),
        ("alg", json!("HS256")),
        ("alg", json!("ES384")),
        ("alg", json!("es256")),
        ("alg", json!(null)),
        ("typ", json!("JWT")),
        ("typ", json!("gw+jwt")),
        ("typ", json!("AT+JWT ")),
        ("typ", json!("application/at+jwt2")),
        ("typ", json!(null)),
        ("kid", json!("unknown")),
        ("kid", json!("")),
        ("kid", json!(null)),
        ("kid", json!("../../etc/passwd")),
        ("kid", json!("' OR 1=1 --")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!("x")),
    ] {
        let mut header = good.clone();
        header[member] = value.clone();
        if value.is_null() {
            header.as_object_mut().unwrap().remove(member);
        }
        assert!(!passes(&world, &signed(&header, &said, &key)), "{member} {value}");
    }
}

#[test]
fn neither_no_signature_nor_one_keyed_with_our_public_key_is_one() {
    let (world, token, key) = world();
    let said = claims(&token);
    for alg in ["none", "None", "nOnE"] {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": part(&token, 0)["kid"] });
        assert!(!passes(&world, &format!("{}.{}.", encoded(&header), encoded(&said))));
        assert!(!passes(&world, &format!("{}.{}", encoded(&header), encoded(&said))));
    }
    let header = json!({ "alg": "HS256", "typ": "at+jwt", "kid": part(&token, 0)["kid"] });
    let message = format!("{}.{}", encoded(&header), encoded(&said));
    let jwk = world.sql("SELECT public_jwk FROM signing_keys WHERE turn = 1").pop().unwrap();
    let point = key.verifying_key().to_sec1_point(false);
    let compressed = key.verifying_key().to_sec1_point(true);
    for secret in [jwk["public_jwk"].as_str().unwrap().as_bytes(), point.as_bytes(), compressed.as_bytes()] {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(message.as_bytes());
        assert!(!passes(
            &world,
            &format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
        ));
    }
}

#[test]
fn what_a_token_must_not_claim_is_refused() {
    let (world, token, key) = world();
    world.tenant("b");
    let (header, good) = (part(&token, 0), claims(&token));
    let now = world.now().unix();
    for (claim, value) in [
        ("exp", json!(now)),
        ("exp", json!(now - 1)),
        ("exp", json!(null)),
        ("exp", json!("tomorrow")),
        ("nbf", json!(now + 1)),
        ("iss", json!("https://auth.example.com/tenant/b")),
        ("iss", json!("https://evil.example/tenant/home")),
        ("aud", json!("https://auth.example.com/tenant/b")),
        ("aud", json!(["https://auth.example.com/tenant/b"])),
        ("aud", json!([])),
        ("aud", json!(null)),
        ("client_id", json!("shop")),
        ("type", json!("refresh")),
        ("type", json!(null)),
        ("tenantId", json!("b")),
        ("tenantId", json!("nobody")),
        ("sub", json!("someone-else")),
        ("sid", json!("no-session")),
        ("sid", json!(null)),
    ] {
        let mut said = good.clone();
        said[claim] = value.clone();
        if value.is_null() {
            said.as_object_mut().unwrap().remove(claim);
        }
        assert!(!passes(&world, &signed(&header, &said, &key)), "{claim} {value}");
    }
}

#[test]
fn a_token_has_one_encoding() {
    let (world, token, _) = world();
    let parts: Vec<&str> = token.split('.').collect();
    let [header, said, signature] = parts.as_slice() else { panic!("{token}") };
    let standard = token.replace('-', "+").replace('_', "/");
    let mut other_bits = token.clone();
    // 64 bytes leave four unused bits in the last character: another spelling of the same signature.
    let last = other_bits.pop().unwrap();
    other_bits.push(char::from(u8::try_from(last).unwrap() + 1));
    let swapped = format!("{header}.{said}.{}", URL_SAFE_NO_PAD.encode([0; 64]));
    let cut: String = token.chars().take(token.len() - 1).collect();
    for bad in [
        format!("{token}="),
        format!("{header}=.{said}.{signature}"),
        format!("{header}.{said}==.{signature}"),
        format!("{header}\n.{said}.{signature}"),
        format!("{token}.x"),
        format!(".{token}"),
        format!("{header}.{signature}"),
        format!("{header}..{signature}"),
        format!("{said}.{header}.{signature}"),
        (0..16).map(|_| "A").collect(),
        other_bits,
        swapped,
        cut,
    ] {
        assert!(!passes(&world, &bad), "{bad} in place of {token}");
    }
    assert!(standard == token || !passes(&world, &standard));
    assert!(passes(&world, &token));
}

#[test]
fn a_long_token_is_refused_without_a_look_up() {
    let (world, token, key) = world();
    let mut said = claims(&token);
    said["padding"] = json!("x".repeat(8_000));
    let long = signed(&part(&token, 0), &said, &key);
    for bad in [long, "x".repeat(1_000_000), format!("{token}.{}", "x".repeat(1_000_000))] {
        world.get("/app/").bearer("warm").send().is(401);
        let trips = world.db.trips.get();
        world.get("/app/").bearer(&bad).send().is(401);
        assert_eq!(world.db.trips.get(), trips);
    }
}

#[test]
fn every_kind_of_token_is_refused_in_each_others_place() {
    let (world, access, _) = world();
    let tokens = world.session(&world.user("bob@example.com"));
    let cookie = world.cookie(&world.user("cy@example.com"));
    let key = world.api_key(&access, &["read"]);
    let plan = world.get("/app/").bearer(&access).plan();
    let assertion = set(&plan, "x-portcullis-assertion").unwrap().to_owned();
    world
        .post("/auth/register")
        .json(json!({ "email": "dan@example.com", "password": PASSWORD }))
        .send()
        .is(201);
    let verify = world.mailed_token("dan@example.com");
    world.post("/auth/forgot-password").json(json!({ "email": "bob@example.com" })).send().is(200);
    let reset = world.mailed_token("bob@example.com");
    let kinds = [
        ("access", access.as_str()),
        ("refresh", &tokens.refresh),
        ("cookie", &cookie),
        ("key", &key),
        ("assertion", &assertion),
        ("verify", &verify),
        ("reset", &reset),
    ];
    let refused = |place: &str, token: &str| {
        let ask = match place {
            "access" => world.get("/api/auth/me").bearer(token),
            "refresh" => world.post("/auth/refresh").json(json!({ "refresh_token": token })),
            "cookie" => world.get("/app/").cookie(token),
            "key" => world.get("/app/").key(token),
            "verify" => world.post("/auth/verify-email").json(json!({ "token": token })),
            "reset" => {
                world.post("/auth/reset-password").json(json!({ "token": token, "password": PASSWORD }))
            }
            _ => world.get("/app/").bearer(token),
        };
        matches!(ask.status(), 400 | 401)
    };
    for (place, _) in kinds {
        for (kind, token) in kinds {
            let belongs = place == kind || (place == "assertion" && kind == "access");
            assert!(belongs || refused(place, token), "a {kind} token as {place}");
        }
    }
    // And each still works where it belongs.
    for (place, token) in kinds {
        assert_eq!(refused(place, token), place == "assertion", "{place}");
    }
}
