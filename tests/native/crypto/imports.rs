//! Hashes that were made elsewhere: imported by an administrator, used once, hashed anew at the next login.
//! The hashes are of Python's hashlib, bcrypt and argon2-cffi.

use portcullis::crypto::imported::{can_import, matches};
use portcullis::crypto::password::{Check, check};
use serde_json::json;

use crate::harness::{PASSWORD, World};

/// Hashes of [`PASSWORD`].
const KNOWN: [&str; 10] = [
    "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
    "$2a$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
    "$2y$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
    "$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$xXt6EAFzAOlee5Hgl8R5+kLA6sDARjRcMGtm6fZJsa8",
    "$scrypt$ln=4,r=8,p=2$MDEyMzQ1Njc4OWFiY2RlZg$5/hZSzcAShCU7Iua/gj8c2AmneujA37H6QVOn95p6oc",
    "$pbkdf2-sha1$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$rDjxw4qmzpl4HTyqLNYNsdE5Zi5hOVtuAtSpIuv9src",
    "$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$BVALGMmC/K/8ELErc5VgJxyPFApArIZRCQsqjEgZWJ4",
    "$pbkdf2-sha512$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$7F/Y1rnWXXurLCfFvAmyjyXtbABhgzBTBNcm//wlnvE",
    "$pbkdf2-sha512$i=1000$MDEyMzQ1Njc4OWFiY2RlZg$7F/Y1rnWXXurLCfFvAmyjyXtbABhgzBTBNcm//wlnvGBOz7OExlgRFs5qwaY5PzB3/WjR7P4yv/ACDQZpDXIfQ",
    "$argon2i$v=19$m=4096,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$9zPMIhKcfiQl4UJIjG3qGPZNFtgA8stHPOEtxrqPdOE",
];

#[test]
fn an_imported_hash_signs_in_once_and_is_then_our_own() {
    let world = World::new();
    let admin = world.admin();
    for (at, hash) in KNOWN.iter().enumerate() {
        let email = format!("user{at}@example.com");
        let body = json!({ "email": email, "passwordHash": hash, "emailVerified": true });
        world.post("/tenant/home/v2/Users").bearer(&admin).json(body).send().is(201);
        world.login(&email, "wrong").is(401);
        let stored = || world.sql(&format!("SELECT password_hash AS h FROM users WHERE email = '{email}'"));
        assert_eq!(stored().first().unwrap()["h"], *hash);
        world.login(&email, PASSWORD).is(200);
        let fresh = stored().first().unwrap()["h"].as_str().unwrap().to_owned();
        assert!(fresh.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(check(PASSWORD, &fresh), Check::Right);
    }
}

#[test]
fn a_hash_is_of_the_password_and_nothing_near_it() {
    for hash in KNOWN.iter().filter(|hash| !hash.starts_with("$argon2")) {
        assert!(matches(PASSWORD, hash), "{hash}");
        for near in ["", "correct horse batter", "correct horse battery ", "Correct horse battery"] {
            assert!(!matches(near, hash), "{hash}");
        }
    }
    assert!(matches("pässwörd😀", "$2b$05$abcdefghijklmnopqrstuu2WPHCEtvK1vtT3DJTD0vCMx1nq5BdCK"));
}

#[test]
fn bcrypt_does_not_cut_a_password_at_72_bytes() {
    let hash = "$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe";
    assert!(matches(&"a".repeat(72), hash));
    assert!(!matches(&"a".repeat(73), hash));
    assert!(!matches(&"a".repeat(71), hash));
}

#[test]
fn what_costs_too_much_or_is_none_cannot_be_imported() {
    for hash in KNOWN {
        assert!(can_import(hash), "{hash}");
    }
    let salt = "MDEyMzQ1Njc4OWFiY2RlZg";
    let out = "BVALGMmC/K/8ELErc5VgJxyPFApArIZRCQsqjEgZWJ4";
    for hash in [
        "",
        "plain",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$2b$15$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
        "$2b$31$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
        "$2b$03$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
        "$2x$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS",
        &format!("$scrypt$ln=20,r=8,p=1${salt}${out}"),
        &format!("$scrypt$ln=10,r=8,p=1000${salt}${out}"),
        &format!("$scrypt$ln=63,r=8,p=1${salt}${out}"),
        &format!("$scrypt$ln=64,r=8,p=1${salt}${out}"),
        &format!("$scrypt$ln=10,r=4294967295,p=1${salt}${out}"),
        &format!("$pbkdf2-sha256$i=2000001,l=32${salt}${out}"),
        &format!("$pbkdf2-sha256$i=0,l=32${salt}${out}"),
        &format!("$pbkdf2-md5$i=1000,l=32${salt}${out}"),
        &format!("$argon2id$v=19$m=65536,t=1,p=1${salt}${out}"),
        &format!("$argon2id$v=19$m=1024,t=11,p=1${salt}${out}"),
        &format!("$argon2id$v=16$m=1024,t=1,p=1${salt}${out}"),
        &"x".repeat(513),
    ] {
        assert!(!can_import(hash), "{hash}");
    }
}
