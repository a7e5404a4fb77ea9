//! Hashes that were made elsewhere: imported by an administrator, used once, hashed anew at the next login.
//!
//! Each line of `imports.tsv` is a name, the library and version that made the hash, the password and the hash, between
//! tabs. ASP.NET Core, Keycloak and Ory Kratos cannot be run here: what they write was put together from what
//! Python's hashlib and argon2-cffi computed, but for the hashes that are of the tests of ASP.NET Core.
//! [`KNOWN`] is of Python's hashlib, bcrypt and argon2-cffi, as well.

use portcullis::crypto::imported::{check_import, matches};
use portcullis::crypto::password::{Check, check};
use serde_json::{Value, json};

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
        assert_eq!(check_import(hash), Ok(()), "{hash}");
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
        &format!("$argon2id$v=19$m=65537,t=1,p=1${salt}${out}"),
        &format!("$argon2id$v=19$m=1024,t=11,p=1${salt}${out}"),
        &format!("$argon2id$v=17$m=1024,t=1,p=1${salt}${out}"),
        &"x".repeat(513),
    ] {
        assert!(check_import(hash).is_err(), "{hash}");
    }
}

/// The name, password and hash of each line.
fn lines() -> Vec<(&'static str, &'static str, &'static str)> {
    let all = include_str!("imports.tsv").lines().map(|line| {
        let [name, _, password, hash] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        (name, password, hash)
    });
    all.collect()
}

#[test]
fn what_libraries_make_is_taken_and_of_its_password_alone() {
    assert_eq!(lines().len(), 122);
    for (name, password, hash) in lines() {
        assert_eq!(check_import(hash), Ok(()), "{name}");
        assert!(matches(password, hash), "{name}");
        // Many rounds take long in a test: that a wrong password does not fit is asked of the same form with fewer.
        let many = ["Django pbkdf2_sha256", "passlib pbkdf2_sha1 default", "Keycloak 24", "Node passport"];
        if !many.iter().any(|many| name.starts_with(many)) {
            assert!(!matches("correct horse batterx", hash), "{name}");
        }
    }
}

#[test]
fn a_hash_is_none_of_another_password_when_any_part_of_it_is_changed() {
    let quick =
        ["salt of 64 bytes, key of 64", "ln=4,r=8,p=1,", "bcrypt $2b$", "salt of 8 bytes", "ab64 with dots"];
    for part in quick {
        let (name, password, hash) = lines().into_iter().find(|(name, ..)| name.contains(part)).unwrap();
        for (at, was) in hash.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()) {
            let other = if was == 'A' { 'B' } else { 'A' };
            let mut changed = hash.to_owned();
            changed.replace_range(at..=at, &other.to_string());
            // Bits that are left over in the last character of base64 are not read.
            let last = changed.get(at + 1..).is_none_or(|rest| rest.is_empty() || rest.starts_with('$'));
            if !last && check_import(&changed).is_ok() {
                assert!(!matches(password, &changed), "{name}: {changed}");
            }
        }
    }
}

/// One line of each form, and the defaults of the libraries that need most.
const AT_THE_DOOR: [&str; 34] = [
    "argon2-cffi default",
    "argon2-cffi RFC 9106 low memory",
    "PHP and Laravel default",
    "Go argon2id on eight processors",
    "Argon2i v16",
    "Argon2i of 2015, without v",
    "Argon2id without v, of version 19",
    "Argon2id, salt of 64 bytes",
    "Argon2id, key of 128 bytes",
    "passlib argon2",
    "Spring {bcrypt}",
    "LDAP {CRYPT}",
    "Dovecot {BLF-CRYPT}",
    "OpenLDAP {ARGON2}",
    "passlib pbkdf2_sha256, salt of 4 bytes",
    "passlib pbkdf2_sha256, ab64 with dots",
    "LDAP ldap_pbkdf2_sha256",
    "passlib scrypt default",
    "passlib scrypt, salt of 4 bytes",
    "Django 1.4 pbkdf2_sha256",
    "Django scrypt",
    "Django bcrypt_sha256",
    "Django bcrypt",
    "Werkzeug 3 default",
    "Werkzeug pbkdf2:sha1:1000",
    "PHC pbkdf2-sha512, salt of 32 bytes, key of 128",
    "PHC pbkdf2-sha256, salt of 128 bytes, key of 512",
    "Ory Kratos scrypt",
    "$s0$ scrypt",
    "Spring 5.8 {scrypt}",
    "ASP.NET Identity 3 (.NET Core 1 to 6)",
    "ASP.NET Identity 2",
    "Keycloak pbkdf2",
    "Keycloak 25",
];

#[test]
fn each_form_signs_in_at_the_door_and_is_replaced_by_our_own() {
    let world = World::new();
    let admin = world.admin();
    for (at, wanted) in AT_THE_DOOR.iter().enumerate() {
        let (name, password, hash) = lines().into_iter().find(|(name, ..)| name == wanted).unwrap();
        let email = format!("user{at}@example.com");
        let from = format!("198.51.100.{at}");
        let body = json!({ "email": email, "passwordHash": hash, "emailVerified": true });
        world.post("/tenant/home/v2/Users").bearer(&admin).json(body).send().is(201);
        let login = |password: &str| {
            let body = json!({ "email": email, "password": password });
            world.post("/api/auth/login").json(body).from(&from).send()
        };
        login("correct horse batterx").is(401);
        login(password).is(200);
        let stored = world.sql(&format!("SELECT password_hash AS h FROM users WHERE email = '{email}'"));
        let fresh = stored.first().unwrap()["h"].as_str().unwrap().to_owned();
        assert!(fresh.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{name}");
        assert_eq!(check(password, &fresh), Check::Right, "{name}");
    }
}

#[test]
fn raw_and_prepared_text_fit_whatever_a_hash_was_made_of() {
    let [composed, decomposed] = ["Grüße aus Malmö", "Gru\u{308}ße aus Malmo\u{308}"];
    let mut seen = 0;
    for (name, made_of, hash) in lines() {
        if !name.starts_with("composed") && !name.starts_with("decomposed") {
            continue;
        }
        assert!([composed, decomposed].contains(&made_of), "{name}");
        for typed in [composed, decomposed] {
            assert_eq!(check(typed, hash), Check::RightButStale, "{name}, typed {typed:?}");
        }
        assert_eq!(check("Grusse aus Malmo", hash), Check::Wrong, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 14);
}

const SALT: &str = "MDEyMzQ1Njc4OWFiY2RlZg";
const KEY: &str = "BVALGMmC/K/8ELErc5VgJxyPFApArIZRCQsqjEgZWJ4";

/// What is refused, and the whole reason.
fn refused() -> Vec<(String, &'static str)> {
    let phc = |begins: &str| format!("{begins}${SALT}${KEY}");
    let long = "A".repeat(684);
    let short = "MDEy";
    let fast = |kind: &str| -> &'static str {
        format!("is of the kind {kind}, which is not taken: it is so fast that whoever reads it finds the password").leak()
    };
    let no_code = |kind: &str| -> &'static str {
        format!("is of the kind {kind}, which is not taken: nothing here computes it").leak()
    };
    let unknown =
        "is in no known form: bcrypt, Argon2, scrypt and PBKDF2 are taken as their libraries write them";
    let all: Vec<(String, &'static str)> = vec![
        (String::new(), unknown),
        ("plain".into(), unknown),
        ("correct horse battery".into(), unknown),
        ("{unknown}text".into(), unknown),
        ("x".repeat(2_049), "must be at most 2048 characters"),
        // Memory and work.
        (phc("$argon2id$v=19$m=65537,t=1,p=1"), "needs 65537 KiB of memory; a hash may need 65536 KiB"),
        // Django's default.
        (
            "argon2$argon2id$v=19$m=102400,t=2,p=8$c3hrMGpNZTRkekY0NUhNWkhJRGxnNQ$VoUEAeyUnag4LrfiSJa7As7H6lBa59EB7UVQ5oKoonM".into(),
            "needs 102400 KiB of memory; a hash may need 65536 KiB",
        ),
        (phc("$argon2id$v=19$m=4294967295,t=1,p=1"), "needs 4294967295 KiB of memory; a hash may need 65536 KiB"),
        (phc("$argon2id$v=19$m=1024,t=11,p=1"), "takes too long: Argon2's t is 11, and may be at most 10"),
        (phc("$argon2id$v=19$m=4096,t=1,p=256"), "takes too long: Argon2's p is 256, and may be at most 255"),
        (phc("$scrypt$ln=17,r=8,p=1"), "needs 131073 KiB of memory; a hash may need 65536 KiB"),
        (phc("$scrypt$ln=16,r=9,p=1"), "needs 73729 KiB of memory; a hash may need 65536 KiB"),
        (phc("$scrypt$ln=16,r=8,p=5"), "takes too long: scrypt's 128 · N · r · p is 335544320, and may be at most 268435456"),
        (phc("$scrypt$ln=10,r=8,p=1000"), "takes too long: scrypt's 128 · N · r · p is 1048576000, and may be at most 268435456"),
        (phc("$scrypt$ln=63,r=8,p=1"), "needs 9223372036854775808 KiB of memory; a hash may need 65536 KiB"),
        (phc("$pbkdf2-sha256$i=2000001,l=32"), "takes too long: PBKDF2's rounds is 2000001, and may be at most 2000000"),
        (format!("$pbkdf2-sha1$i=2000000${SALT}${long}"), "is no hash of PBKDF2: the key has more than 512 bytes"),
        (format!("$pbkdf2-sha1$i=400000${SALT}${}", "A".repeat(682)), "takes too long: PBKDF2's rounds, times the blocks of the key, is 10400000, and may be at most 8000000"),
        ("$2b$15$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS".into(), "takes too long: bcrypt's cost is 15, and may be 4 to 14"),
        ("$2b$03$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS".into(), "takes too long: bcrypt's cost is 3, and may be 4 to 14"),
        // Kinds by their names.
        ("$2x$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS".into(), "is of the kind bcrypt $2x$, which is not taken: its hashes were made by a faulty crypt_blowfish, so several passwords fit"),
        ("{bcrypt}$2x$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS".into(), "is of the kind bcrypt $2x$, which is not taken: its hashes were made by a faulty crypt_blowfish, so several passwords fit"),
        (phc("$argon2id$v=19$m=1024,t=1,p=1,keyid=AAAA"), "is of the kind Argon2 with keyid, which is not taken: it names a secret key, which is not here"),
        (phc("$argon2id$v=19$m=1024,t=1,p=1,data=AAAA"), "is of the kind Argon2 with data, which is not taken: nothing is hashed here but password and salt"),
        ("{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a".into(), fast("salted SHA-1")),
        ("{ssha512}AAAA".into(), fast("salted SHA-512")),
        ("{MD5}X03MO1qnZdYdgyfeuILPmQ==".into(), fast("MD5")),
        ("{noop}password".into(), "is of the kind plain text, which is not taken: it is the password itself; send it as password"),
        ("{pbkdf2}5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4ed4d6b99ca763d8dc".into(), "is of the kind Spring's PBKDF2, which is not taken: it does not say its rounds; write it as $pbkdf2-sha256$i=…$salt$key"),
        ("{CRYPT}$6$rounds=5000$usesomesillystring$KqJWpanXZHKq2BOB43TSaYhEWsQ1Lr5QNyPCDH/Tp".into(), no_code("SHA-512 crypt")),
        ("$5$rounds=5000$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8".into(), no_code("SHA-256 crypt")),
        ("$1$salt$qJH7.N4xYta3aEG/dfqo/0".into(), fast("MD5 crypt")),
        ("$P$B55D6LjfHDkINU5wF.v2BuuzO0/XPk/".into(), fast("phpass")),
        ("$S$DVrvGNqcEJyHgOFFYLBqsGYuwjVP.JFYPKqDjLHCSvDG".into(), no_code("Drupal's SHA-512")),
        ("$wp$2y$10$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS".into(), "is of the kind WordPress 6.8, which is not taken: its bcrypt is of an HMAC of the password, and nothing here computes that"),
        ("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=AAAA$AAAA$AAAA".into(), "is of the kind Firebase's scrypt, which is not taken: it encrypts a key of the project's with what scrypt gives"),
        ("$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7".into(), no_code("yescrypt")),
        ("$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2".into(), no_code("passlib's bcrypt-sha256")),
        ("md5$salt$5f4dcc3b5aa765d61d8327deb882cf99".into(), fast("salted MD5")),
        ("sha256$salt$5f4dcc3b5aa765d61d8327deb882cf99".into(), fast("salted SHA-256")),
        ("5f4dcc3b5aa765d61d8327deb882cf99".into(), fast("a bare digest")),
        ("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8".into(), fast("a bare digest")),
        (phc("$pbkdf2-md5$i=1000,l=32"), "is of the kind PBKDF2 with another digest, which is not taken: of SHA-1 and SHA-2 alone it is computed here"),
        ("pbkdf2:sha256$salt$aabb".into(), "is of the kind PBKDF2 without its rounds, which is not taken: the rounds are whatever that version of Werkzeug had; write them behind the digest"),
        // In a known form, but for a part.
        (phc("$argon2x$v=19$m=1024,t=1,p=1"), "is no hash of Argon2: its variant is none of d, i and id"),
        (phc("$argon2id$v=17$m=1024,t=1,p=1"), "is no hash of Argon2: its version is neither 16 nor 19"),
        (phc("$argon2id$v=19$m=1024,t=1"), "is no hash of Argon2: p is missing"),
        (phc("$argon2id$v=19$m=1024,m=1024,t=1,p=1"), "is no hash of Argon2: a parameter stands twice"),
        (phc("$argon2id$v=19$m=1024,t=1,p=1,x=1"), "is no hash of Argon2: it has an unknown parameter"),
        (phc("$argon2id$v=19$m=+1024,t=1,p=1"), "is no hash of Argon2: a parameter is no number"),
        (phc("$argon2id$v=19$m=8,t=1,p=2"), "is no hash of Argon2: m must be at least 8 · p, t and p at least 1"),
        (phc("$argon2id$v=19$m=1024,t=0,p=1"), "is no hash of Argon2: m must be at least 8 · p, t and p at least 1"),
        (format!("$argon2id$v=19$m=1024,t=1,p=1${short}${KEY}"), "is no hash of Argon2: the salt has less than 8 bytes"),
        (format!("$argon2id$v=19$m=1024,t=1,p=1${SALT}${short}"), "is no hash of Argon2: the key has less than 10 bytes"),
        (format!("$argon2id$v=19$m=1024,t=1,p=1${SALT}"), "is no hash of Argon2: it has too many or too few parts"),
        (format!("$argon2id$v=19$m=1024,t=1,p=1$!${KEY}"), "is no hash of Argon2: the salt is not in base64"),
        (format!("$argon2id$v=19$m=1024,t=1,p=1${SALT}$!"), "is no hash of Argon2: the key is not in base64"),
        (phc("$scrypt$ln=0,r=8,p=1"), "is no hash of scrypt: N must be at least 2, r and p at least 1"),
        (phc("$scrypt$ln=10,r=0,p=1"), "is no hash of scrypt: N must be at least 2, r and p at least 1"),
        (phc("$scrypt$r=8,p=1"), "is no hash of scrypt: ln is missing"),
        (format!("$scrypt$ln=4,r=8,p=1$${KEY}"), "is no hash of scrypt: it has no salt"),
        ("scrypt:1000:8:1$salt$aabb".into(), "is no hash of scrypt: N is no power of two"),
        ("scrypt:1024:8:1$salt$aab".into(), "is no hash of scrypt: the key is not in hexadecimal digits"),
        (phc("$pbkdf2-sha256$i=0,l=32"), "is no hash of PBKDF2: it has no rounds"),
        (phc("$pbkdf2-sha256$i=1000,l=31"), "is no hash of PBKDF2: the key is not as long as l says"),
        (phc("$pbkdf2-sha256$l=32"), "is no hash of PBKDF2: i is missing"),
        (format!("$pbkdf2-sha256$1000${SALT}$"), "is no hash of PBKDF2: the key has less than 10 bytes"),
        (format!("pbkdf2_sha256$1000$${KEY}"), "is no hash of PBKDF2: it has no salt"),
        ("$2b$4$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS".into(), "is no hash of bcrypt: the cost is not two digits"),
        ("$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoO".into(), "is no hash of bcrypt: it is not 60 characters"),
        ("$2b$04$".into(), "is no hash of bcrypt: it is not 60 characters"),
        ("$2b$04$ébcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS".into(), "is no hash of bcrypt: it is not 60 characters"),
        ("{bcrypt}plain".into(), "is no hash of bcrypt: behind its name stands none of $2a$, $2b$ and $2y$"),
        ("{\"type\":\"password\"}".into(), "is no hash of Keycloak: secretData or credentialData is missing, or is no text that is JSON"),
        (
            json!({ "secretData": "{\"value\":\"AAAA\",\"salt\":\"AAAA\"}", "credentialData": "{\"hashIterations\":10,\"algorithm\":\"bcrypt\"}" }).to_string(),
            "is of the kind an algorithm of a Keycloak extension, which is not taken: Keycloak's own are argon2, pbkdf2, pbkdf2-sha256 and pbkdf2-sha512",
        ),
        ("AQAAAAEAACcQAAAAEAAB".into(), "is no hash of ASP.NET Core Identity: it ends before its salt does"),
    ];
    all
}

#[test]
fn what_is_refused_is_told_its_true_reason_at_its_field() {
    let world = World::new();
    let admin = world.admin();
    for (hash, reason) in refused() {
        let body = json!({ "email": "eve@example.com", "passwordHash": hash });
        let reply = world.post("/tenant/home/v2/Users").bearer(&admin).json(body).send().is(400);
        let text = reply.text.clone();
        let told = field_error(&reply.json);
        assert_eq!(told, Some(("passwordHash".into(), reason.into())), "{hash}: {text}");
        assert!(!matches("", &hash) && !matches("password", &hash), "{hash}");
    }
}

/// The field of the first error and what is said of it.
fn field_error(json: &Value) -> Option<(String, String)> {
    let first = json["errors"].as_array()?.first()?;
    Some((first["field"].as_str()?.to_owned(), first["detail"].as_str()?.to_owned()))
}

#[test]
fn a_hash_that_costs_more_than_ours_is_not_kept() {
    // Argon2id of the right version and one lane, at a higher cost: PHP's default.
    let (_, password, hash) =
        lines().into_iter().find(|(name, ..)| *name == "PHP and Laravel default").unwrap();
    assert_eq!(check(password, hash), Check::RightButStale);
}
