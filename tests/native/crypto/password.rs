//! Argon2id, against RFC 9106 and the reference implementation.

use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
use portcullis::crypto::password::{Check, LONGEST, check, hash};

use crate::harness::{PASSWORD, PASSWORD_HASH};

#[test]
fn the_implementation_answers_the_vector_of_rfc_9106() {
    // Section 5.3.
    let mut params = ParamsBuilder::new();
    params.m_cost(32).t_cost(3).p_cost(4).output_len(32);
    params.data(AssociatedData::new(&[4; 12]).unwrap());
    let params = params.build().unwrap();
    let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut tag = [0; 32];
    argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
    let wanted = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
    let found: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(found, wanted);
}

#[test]
fn a_hash_is_that_of_the_reference_implementation() {
    assert_eq!(hash(PASSWORD, *b"0123456789abcdef").unwrap(), PASSWORD_HASH);
    assert_eq!(check(PASSWORD, PASSWORD_HASH), Check::Right);
    assert_eq!(check("wrong", PASSWORD_HASH), Check::Wrong);
}

#[test]
fn a_hash_of_a_lower_cost_or_another_variant_is_stale() {
    for stale in [
        "$argon2id$v=19$m=1024,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$h+Jo8mEzrDZG/IcvJbyFWLZOGQiIhyYem3Gf+QLfb/k",
        "$argon2i$v=19$m=4096,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$9zPMIhKcfiQl4UJIjG3qGPZNFtgA8stHPOEtxrqPdOE",
        "$argon2d$v=19$m=4096,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$v7gXywXfEKkdULacyLf3QjRVonGxuMPZURTBTfS9ms8",
        "$argon2id$v=19$m=8192,t=2,p=4$MDEyMzQ1Njc4OWFiY2RlZg$xJAC2MHVDBep6MtzDCMPYCWx5hxVBnbX",
    ] {
        assert_eq!(check(PASSWORD, stale), Check::RightButStale, "{stale}");
        assert_eq!(check("wrong", stale), Check::Wrong, "{stale}");
    }
}

#[test]
fn a_password_is_never_cut() {
    let longest = "x".repeat(LONGEST);
    let stored = hash(&longest, [1; 16]).unwrap();
    assert_eq!(check(&longest, &stored), Check::Right);
    assert_eq!(check(&format!("{longest}y"), &stored), Check::Wrong);
    assert_eq!(check(&longest[1..], &stored), Check::Wrong);
}

#[test]
fn what_is_no_hash_matches_nothing() {
    for stored in [
        "",
        "plain",
        PASSWORD,
        "$argon2id$",
        "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg",
        "$argon2id$v=17$m=1024,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$h+Jo8mEzrDZG/IcvJbyFWLZOGQiIhyYem3Gf+QLfb/k",
        "$argon2id$v=19$m=65537,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$z5iD+xTW7Bcco+gymI3KDERORiKg84gpDEkKRJiIX1o",
        "$argon2id$v=19$m=1024,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$",
        "$2b$04$",
        "$scrypt$ln=4,r=8,p=2$MDEyMzQ1Njc4OWFiY2RlZg$",
    ] {
        assert_eq!(check(PASSWORD, stored), Check::Wrong, "{stored}");
        assert_eq!(check("", stored), Check::Wrong, "{stored}");
    }
}
