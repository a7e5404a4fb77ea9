//! Sealing at rest, opaque secrets, and HMAC.

use portcullis::crypto::seal::{derive, open, seal};
use portcullis::crypto::secret::{checksum, hmac, letters, same, stored};

#[test]
fn what_is_sealed_opens_for_its_row_and_key_alone() {
    let key = derive(&[1; 32], "home", "signing-keys").unwrap();
    let sealed = seal(&key, [9; 12], "row", b"secret").unwrap();
    assert_eq!(open(&key, "row", &sealed).unwrap().as_slice(), b"secret");
    assert!(open(&key, "other row", &sealed).is_err());
    for other in [
        derive(&[2; 32], "home", "signing-keys").unwrap(),
        derive(&[1; 32], "b", "signing-keys").unwrap(),
        derive(&[1; 32], "home", "another-purpose").unwrap(),
    ] {
        assert!(open(&other, "row", &sealed).is_err());
    }
}

#[test]
fn a_changed_character_does_not_open() {
    let key = derive(&[1; 32], "home", "signing-keys").unwrap();
    let sealed = seal(&key, [9; 12], "row", b"secret").unwrap();
    for at in 0..sealed.len() {
        let mut changed: Vec<char> = sealed.chars().collect();
        let slot = changed.get_mut(at).unwrap();
        *slot = if *slot == 'A' { 'B' } else { 'A' };
        let changed: String = changed.into_iter().collect();
        assert!(open(&key, "row", &changed).is_err(), "{at}");
    }
    for none in ["", ".", "1.", "1.AAAA", "2.AAAA", "1", "1.ä"] {
        assert!(open(&key, "row", none).is_err(), "{none}");
    }
}

#[test]
fn hmac_answers_the_vector_of_rfc_4231() {
    // Test case 2, its key padded with zeros to our key's length (RFC 2104 section 2).
    let mut key = [0; 32];
    key[..4].copy_from_slice(b"Jefe");
    let found: String =
        hmac(&key, b"what do ya want for nothing?").iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(found, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

#[test]
fn what_is_stored_of_a_secret_is_its_sha_256() {
    assert_eq!(stored("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

#[test]
fn comparing_looks_at_everything() {
    assert!(same(b"", b"") && same(b"abc", b"abc"));
    for (a, b) in [("abc", "abd"), ("abc", "ab"), ("abc", ""), ("abc", "abc\0"), ("abc", "ABC")] {
        assert!(!same(a.as_bytes(), b.as_bytes()));
    }
}

#[test]
fn letters_are_letters_and_digits() {
    let all: Vec<u8> = (0..=255).collect();
    let text = letters(&all);
    assert_eq!(text.len(), 256);
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()));
    assert_eq!(checksum("pc_1_2").len(), 6);
    assert_ne!(checksum("pc_1_2"), checksum("pc_1_3"));
}
