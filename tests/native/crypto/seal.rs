//! Sealing at rest, opaque secrets, and HMAC.

use portcullis::crypto::seal::{Sealer, key_id};
use portcullis::crypto::secret::{checksum, hmac, letters, same, stored};

fn sealer(current: u8, previous: Option<u8>) -> Sealer {
    let (current, previous) = ([current; 32], previous.map(|byte| [byte; 32]));
    Sealer::derive(&current, previous.as_ref(), "home", "signing-keys").unwrap()
}

#[test]
fn what_is_sealed_opens_for_its_row_and_key_alone() {
    let sealer = sealer(1, None);
    let sealed = sealer.seal([9; 12], "row", b"secret").unwrap();
    assert_eq!(sealer.open("row", &sealed).unwrap().as_slice(), b"secret");
    assert!(sealer.open("other row", &sealed).is_err());
    for (key, tenant, purpose) in
        [(2, "home", "signing-keys"), (1, "b", "signing-keys"), (1, "home", "another-purpose")]
    {
        assert!(Sealer::derive(&[key; 32], None, tenant, purpose).unwrap().open("row", &sealed).is_err());
    }
}

/// Sealed by the version before, which named no key: under `[1; 32]` for `home`, `signing-keys` and `row`.
const OLD_FORM: &str = "1.CQkJCQkJCQkJCQkJ7GyLsA51s9Vh04ulK8JDBLsrH252Kg";

#[test]
fn either_key_opens_and_the_current_one_seals() {
    let by_old = sealer(1, None).seal([9; 12], "row", b"secret").unwrap();
    let by_new = sealer(2, None).seal([9; 12], "row", b"secret").unwrap();
    let both = sealer(2, Some(1));
    assert!(by_old.starts_with(&format!("2.{}.", key_id(&[1; 32]).unwrap())));
    assert!(
        both.seal([9; 12], "row", b"x").unwrap().starts_with(&format!("2.{}.", key_id(&[2; 32]).unwrap()))
    );
    // Beside the honest uses, what must not open.
    for (ring, sealed, opens) in [
        (sealer(1, None), &by_old, true),
        (sealer(2, None), &by_old, false),
        (sealer(2, Some(1)), &by_old, true),
        (sealer(1, Some(2)), &by_old, true),
        (sealer(3, Some(2)), &by_old, false),
        (sealer(1, None), &by_new, false),
        (sealer(2, Some(1)), &by_new, true),
        (sealer(1, None), &OLD_FORM.to_owned(), true),
        (sealer(2, None), &OLD_FORM.to_owned(), false),
        (sealer(2, Some(1)), &OLD_FORM.to_owned(), true),
        (sealer(1, Some(2)), &OLD_FORM.to_owned(), true),
    ] {
        assert_eq!(ring.open("row", sealed).is_ok(), opens, "{sealed}");
        assert!(ring.open("other row", sealed).is_err());
    }
}

#[test]
fn a_value_that_names_another_key_does_not_open() {
    let (one, two) = (key_id(&[1; 32]).unwrap(), key_id(&[2; 32]).unwrap());
    assert_ne!(one, two);
    assert_eq!(one.len(), 8);
    let sealed = sealer(1, None).seal([9; 12], "row", b"secret").unwrap();
    let renamed = sealed.replace(&one, &two);
    assert!(sealer(2, Some(1)).open("row", &renamed).is_err());
}

#[test]
fn a_changed_character_does_not_open() {
    let sealer = sealer(1, Some(2));
    let sealed = sealer.seal([9; 12], "row", b"secret").unwrap();
    for at in 0..sealed.len() {
        let mut changed: Vec<char> = sealed.chars().collect();
        let slot = changed.get_mut(at).unwrap();
        *slot = if *slot == 'A' { 'B' } else { 'A' };
        let changed: String = changed.into_iter().collect();
        assert!(sealer.open("row", &changed).is_err(), "{at}");
    }
    let id = key_id(&[1; 32]).unwrap();
    let short = [format!("2.{id}"), format!("2.{id}."), format!("2.{id}.AAAA"), format!("3.{id}.AAAA")];
    let none = ["", ".", "1.", "1.AAAA", "2.AAAA", "2..AAAA", "1", "1.\u{e4}"].map(str::to_owned);
    for none in none.iter().chain(&short) {
        assert!(sealer.open("row", none).is_err(), "{none}");
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
