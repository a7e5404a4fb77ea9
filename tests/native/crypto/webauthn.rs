//! The steps of registering a credential and of verifying an assertion (Web Authentication Level 3, §7), each
//! with what it refuses.

use portcullis::crypto::webauthn::{
    Asserted, Assertion, Expected, LONGEST_ID, Record, Registration, Wrong, verify_assertion,
    verify_registration,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Authenticator, ORIGIN, Signer};

const CHALLENGE: &str = "an-honest-challenge";

fn expecting<T>(user_verification: bool, run: impl FnOnce(&Expected<'_>) -> T) -> T {
    let origins = [ORIGIN.to_owned(), "https://app.example.com".to_owned()];
    let rp_id = "auth.example.com";
    run(&Expected { challenge: CHALLENGE, rp_id, origins: &origins, user_verification })
}

fn options() -> Value {
    json!({ "challenge": CHALLENGE, "user": { "id": "dXNlcg" } })
}

fn register_with(user_verification: bool, authenticator: &mut Authenticator) -> Result<Record, Wrong> {
    let registration = Registration::parse(&authenticator.create(&options()))?;
    expecting(user_verification, |expected| verify_registration(expected, &registration))
}

fn register(authenticator: &mut Authenticator) -> Result<Record, Wrong> {
    register_with(false, authenticator)
}

fn assert_with(
    user_verification: bool,
    record: &Record,
    authenticator: &mut Authenticator,
) -> Result<Asserted, Wrong> {
    let assertion = Assertion::parse(&authenticator.get(&options()))?;
    expecting(user_verification, |expected| verify_assertion(expected, record, &assertion))
}

/// What both ceremonies answer to an authenticator that lies in this way, in the second one after an honest
/// registration.
fn both(lie: impl Fn(&mut Authenticator)) -> [Result<(), Wrong>; 2] {
    let mut liar = Authenticator::new(1);
    lie(&mut liar);
    let first = register(&mut liar).map(drop);
    let mut liar = Authenticator::new(1);
    let record = register(&mut liar).unwrap();
    lie(&mut liar);
    [first, assert_with(false, &record, &mut liar).map(drop)]
}

#[test]
fn keys_of_each_algorithm_register_and_sign() {
    for signer in [Signer::es256(1), Signer::eddsa(1), Signer::rs256()] {
        let mut honest = Authenticator::with(signer, 1);
        let record = register_with(true, &mut honest).unwrap();
        assert_eq!((record.id.as_slice(), record.sign_count), (&[1; 32][..], 1));
        assert_eq!(record.public_key, honest.cose());
        let said = assert_with(true, &record, &mut honest).unwrap();
        assert_eq!(said, Asserted { sign_count: 2, backed_up: false, user_verified: true });
    }
}

#[test]
fn client_data_is_json_of_the_ceremony() {
    let registration = Authenticator::new(1).create(&options());
    for text in ["", "{", "[]", "null", "\u{feff}{}"] {
        let mut parsed = Registration::parse(&registration).unwrap();
        parsed.client_data = text.into();
        let answer = expecting(false, |expected| verify_registration(expected, &parsed));
        assert!(matches!(answer, Err(Wrong::Shape | Wrong::Type)), "{text}");
    }
    for kind in [json!("webauthn.get"), json!("webauthn.create"), json!("payment.get"), json!(1)] {
        let answers = both(|liar| liar.client_data = json!({ "type": kind }));
        let own = [json!("webauthn.create"), json!("webauthn.get")];
        for (answer, own) in answers.iter().zip(own) {
            assert_eq!(answer.is_ok(), own == kind, "{kind}");
            assert!(own == kind || *answer == Err(Wrong::Type), "{kind}");
        }
    }
}

#[test]
fn the_challenge_is_the_one_that_was_given() {
    for other in [json!("another"), json!(""), json!("an-honest-challenge="), json!(null), json!([CHALLENGE])]
    {
        assert_eq!(both(|liar| liar.client_data = json!({ "challenge": other })), [Err(Wrong::Challenge); 2]);
    }
}

#[test]
fn the_origin_is_one_that_is_allowed_to_the_letter() {
    assert_eq!(both(|liar| liar.origin = "https://app.example.com".into()), [Ok(()); 2]);
    for other in [
        "https://evil.example",
        "http://auth.example.com",
        "https://auth.example.com/",
        "https://auth.example.com:443",
        "https://AUTH.example.com",
        "https://auth.example.com.evil.example",
        "https://sub.auth.example.com",
        "https://example.com",
        "null",
        "",
    ] {
        assert_eq!(both(|liar| liar.origin = other.into()), [Err(Wrong::Origin); 2], "{other}");
    }
    assert_eq!(both(|liar| liar.client_data = json!({ "origin": null })), [Err(Wrong::Origin); 2]);
}

#[test]
fn no_ceremony_takes_place_in_a_frame_of_others() {
    assert_eq!(both(|liar| liar.client_data = json!({ "crossOrigin": null })), [Ok(()); 2]);
    for framed in [
        json!({ "crossOrigin": true }),
        json!({ "crossOrigin": "false" }),
        json!({ "topOrigin": "https://evil.example" }),
        json!({ "topOrigin": ORIGIN }),
    ] {
        assert_eq!(both(|liar| liar.client_data = framed.clone()), [Err(Wrong::CrossOrigin); 2], "{framed}");
    }
}

#[test]
fn members_of_client_data_to_come_are_left_alone() {
    let more = json!({ "extraData": { "deep": [1, 2] }, "tokenBinding": { "status": "supported" } });
    assert_eq!(both(|liar| liar.client_data = more.clone()), [Ok(()); 2]);
}

#[test]
fn the_hash_is_of_the_rp_id() {
    for other in ["example.com", "app.example.com", "evil.example", ""] {
        assert_eq!(both(|liar| liar.rp_id = other.into()), [Err(Wrong::RpId); 2], "{other}");
    }
}

#[test]
fn the_user_is_present() {
    assert_eq!(both(|liar| liar.flags &= !0x01), [Err(Wrong::UserPresence); 2]);
}

#[test]
fn the_user_is_verified_where_that_is_required() {
    assert_eq!(both(|liar| liar.flags &= !0x04), [Ok(()); 2]);
    let mut present = Authenticator::new(1);
    present.flags &= !0x04;
    assert_eq!(register_with(true, &mut present), Err(Wrong::UserVerification));
    let record = register(&mut present).unwrap();
    assert_eq!(assert_with(true, &record, &mut present), Err(Wrong::UserVerification));
    assert!(!assert_with(false, &record, &mut present).unwrap().user_verified);
}

#[test]
fn what_is_backed_up_may_be_and_what_may_be_never_changes() {
    let (eligible, backed_up) = (0x08, 0x10);
    assert_eq!(both(|liar| liar.flags = 0x05 | backed_up), [Err(Wrong::Backup); 2]);
    for at_first in [0, eligible, eligible | backed_up] {
        let mut key = Authenticator::new(1);
        key.flags = 0x05 | at_first;
        let record = register(&mut key).unwrap();
        assert_eq!((record.backup_eligible, record.backed_up), (at_first != 0, at_first & backed_up != 0));
        for later in [0, eligible, eligible | backed_up] {
            key.flags = 0x05 | later;
            let answer = assert_with(false, &record, &mut key).map(|said| said.backed_up);
            let same = (later != 0) == (at_first != 0);
            assert_eq!(answer, if same { Ok(later & backed_up != 0) } else { Err(Wrong::Backup) });
        }
    }
}

/// A registration whose credential has this COSE_Key.
fn with_key(cose: &[u8]) -> Result<Record, Wrong> {
    let mut authenticator = Authenticator::new(1);
    let honest = authenticator.cose();
    let mut registration = Registration::parse(&authenticator.create(&options())).unwrap();
    let object = &registration.attestation_object;
    // The authenticator data is the last of the object, and the key the last of that.
    let (front, _) = object.split_at(object.len() - honest.len());
    let start = object.windows(9).position(|window| window == b"\x68authData").unwrap() + 9;
    let data = [&front[start + 2..], cose].concat();
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    registration.attestation_object = [&front[..start], &[0x59], &length[..], &data].concat();
    expecting(false, |expected| verify_registration(expected, &registration))
}

#[test]
fn the_key_is_of_an_algorithm_that_was_asked_for() {
    let p256 = Authenticator::new(1).cose();
    assert!(with_key(&p256).is_ok());
    let changed = |at: usize, to: u8| {
        let mut key = p256.clone();
        key[at] = to;
        key
    };
    let (x, y) = (&p256[8..42], &p256[43..]);
    for (what, key) in [
        ("ES384", [&[0xa5, 1, 2, 3, 0x38, 34, 0x20, 1, 0x21][..], x, &[0x22], y].concat()),
        ("ES256K", [&[0xa5, 1, 2, 3, 0x38, 46, 0x20, 8, 0x21][..], x, &[0x22], y].concat()),
        ("an octet key", changed(2, 1)),
        ("RSA's algorithm", [&[0xa5, 1, 2, 3, 0x39, 1, 0, 0x20, 1, 0x21][..], x, &[0x22], y].concat()),
        ("another curve", changed(6, 2)),
        ("no point", changed(15, p256[15] ^ 1)),
        ("x alone", [&[0xa4], &p256[1..42]].concat()),
        ("a compressed y", [&[0xa5], &p256[1..43], &[0xf5]].concat()),
        ("no algorithm", [&[0xa4, 1, 2], &p256[5..]].concat()),
        ("two algorithms", [&[0xa6], &p256[1..], &[3, 0x26]].concat()),
        ("a short x", [&p256[..8], &[0x58, 31], &x[2..33], &[0x22], y].concat()),
        ("many members", [&[0xb1][..], &p256[1..], &[0x18, 99, 0].repeat(12)].concat()),
        ("a list", vec![0x80]),
        ("a text label", [&[0xa6], &p256[1..], &[0x61, b'a', 0]].concat()),
    ] {
        assert_eq!(with_key(&key).map(drop), Err(Wrong::Algorithm), "{what}");
    }
    let with_ops = [&[0xa6], &p256[1..], &[4, 0x81, 2]].concat();
    assert!(with_key(&with_ops).is_ok());
    let small = Authenticator::with(Signer::rs256(), 1).cose();
    let short = [&small[..8], &[0x58, 128], &small[11..139], &small[small.len() - 5..]].concat();
    assert_eq!(with_key(&short).map(drop), Err(Wrong::Algorithm));
}

#[test]
fn an_attestation_of_any_format_is_passed_over() {
    for (format, statement) in [
        ("none", vec![0xa0]),
        ("packed", [&[0xa2, 0x63][..], b"alg", &[0x26, 0x63], b"sig", &[0x41, 0]].concat()),
        ("of-tomorrow", [&[0xa1, 0x61, b'x', 0x82, 0xfb][..], &[0; 8], &[0xc1, 0x1a], &[0; 4]].concat()),
    ] {
        let mut honest = Authenticator::new(1);
        honest.attestation = (format, statement);
        assert!(register(&mut honest).is_ok(), "{format}");
    }
    let deep = [vec![0xa1, 0x61, b'x'], vec![0x81; 200], vec![0]].concat();
    for statement in [vec![0x80], vec![0xbf, 0xff], vec![0xbb; 9], vec![0xa1, 0x5b], deep] {
        let mut liar = Authenticator::new(1);
        liar.attestation = ("none", statement);
        assert_eq!(register(&mut liar), Err(Wrong::Shape));
    }
}

#[test]
fn the_credential_id_is_the_responses_own_and_at_most_1023_bytes() {
    for (length, answer) in [(0, false), (1, true), (LONGEST_ID, true), (LONGEST_ID + 1, false)] {
        let mut authenticator = Authenticator::new(1);
        authenticator.credential_id = vec![9; length];
        let answered = register(&mut authenticator).map(drop);
        assert_eq!(answered, if answer { Ok(()) } else { Err(Wrong::CredentialId) }, "{length}");
    }
    let mut credential = Authenticator::new(1).create(&options());
    for id in ["id", "rawId"] {
        let mut other = credential.clone();
        other[id] = "AAAA".into();
        assert_eq!(Registration::parse(&other), Err(Wrong::Shape));
    }
    credential["id"] = "AAAA".into();
    credential["rawId"] = "AAAA".into();
    let other = Registration::parse(&credential).unwrap();
    assert_eq!(expecting(false, |expected| verify_registration(expected, &other)), Err(Wrong::CredentialId));
    let mut one = Authenticator::new(1);
    let record = register(&mut one).unwrap();
    one.credential_id = vec![2; 32];
    assert_eq!(assert_with(false, &record, &mut one), Err(Wrong::CredentialId));
}

#[test]
fn a_registration_carries_a_credential() {
    let mut authenticator = Authenticator::new(1);
    let assertion = Assertion::parse(&authenticator.get(&options())).unwrap();
    let mut registration = Registration::parse(&authenticator.create(&options())).unwrap();
    let data = assertion.authenticator_data;
    let object = [
        &[0xa3, 0x63][..],
        b"fmt",
        &[0x64],
        b"none",
        &[0x67],
        b"attStmt",
        &[0xa0, 0x68],
        b"authData",
        &[0x58, u8::try_from(data.len()).unwrap()],
        &data,
    ];
    registration.attestation_object = object.concat();
    assert_eq!(expecting(false, |expected| verify_registration(expected, &registration)), Err(Wrong::Shape));
}

#[test]
fn extension_outputs_are_passed_over_if_they_are_a_map() {
    let map = [&[0xa1, 0x6b][..], b"credProtect", &[2]].concat();
    assert_eq!(both(|key| key.extensions = Some(map.clone())), [Ok(()); 2]);
    for wrong in [vec![], vec![0x80], vec![0xa1, 0x61], vec![0xa0, 0]] {
        assert_eq!(both(|key| key.extensions = Some(wrong.clone())), [Err(Wrong::Shape); 2]);
    }
}

#[test]
fn the_signature_is_of_both_parts_by_the_key_on_record() {
    let mut one = Authenticator::new(1);
    let record = register(&mut one).unwrap();
    let mut other = Authenticator::new(2);
    other.credential_id = one.credential_id.clone();
    other.count = 7;
    assert_eq!(assert_with(false, &record, &mut other), Err(Wrong::Signature));
    let honest = Assertion::parse(&one.get(&options())).unwrap();
    for signature in
        [vec![], vec![0; 64], vec![0x30, 0x00], vec![0x30; 72], [&honest.signature[..], &[0]].concat()]
    {
        let lie = Assertion { signature, ..honest.clone() };
        assert_eq!(
            expecting(false, |expected| verify_assertion(expected, &record, &lie)),
            Err(Wrong::Signature)
        );
    }
}

#[test]
fn a_counter_goes_up_or_is_none() {
    for (kept, told, fine) in [
        (0, 0, true),
        (0, 1, true),
        (5, 6, true),
        (5, u32::MAX, true),
        (5, 5, false),
        (5, 4, false),
        (5, 0, false),
        (u32::MAX, 0, false),
    ] {
        let mut key = Authenticator::new(1);
        key.count = kept;
        let record = register(&mut key).unwrap();
        key.count = told;
        let answer = assert_with(false, &record, &mut key).map(|said| said.sign_count);
        assert_eq!(answer, if fine { Ok(told) } else { Err(Wrong::Counter) }, "{kept} {told}");
    }
}

#[test]
fn a_response_is_of_the_shape_that_browsers_write() {
    let honest = Authenticator::new(1).get(&options());
    assert!(Assertion::parse(&honest).is_ok());
    let changes = [
        ("/type", json!("password")),
        ("/response", json!(null)),
        ("/response/clientDataJSON", json!(null)),
        ("/response/clientDataJSON", json!("++//")),
        ("/response/authenticatorData", json!("AAA=")),
        ("/response/signature", json!(1)),
        ("/response/userHandle", json!("not base64url!")),
    ];
    for (at, value) in changes {
        let mut credential = honest.clone();
        *credential.pointer_mut(at).unwrap() = value;
        assert_eq!(Assertion::parse(&credential), Err(Wrong::Shape), "{at}");
    }
    let mut credential = Authenticator::new(1).create(&options());
    credential["response"]["transports"] =
        json!(["internal", "<b>", 7, "x".repeat(33), "hybrid", "smoke-signals"]);
    let transports = Registration::parse(&credential).unwrap().transports;
    assert_eq!(transports, ["internal", "hybrid", "smoke-signals"]);
}

proptest! {
    #[test]
    fn hostile_bytes_are_refused_and_nothing_else_happens(
        object in proptest::collection::vec(any::<u8>(), 0..400),
        data in proptest::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut authenticator = Authenticator::new(1);
        let honest = Registration::parse(&authenticator.create(&options())).unwrap();
        let mut near = honest.attestation_object.clone();
        let at = at.index(near.len());
        near[at] = byte;
        for attestation_object in [object, near] {
            let lie = Registration { attestation_object, ..honest.clone() };
            let _ = expecting(false, |expected| verify_registration(expected, &lie));
        }
        let record = register(&mut authenticator).unwrap();
        let mut assertion = Assertion::parse(&authenticator.get(&options())).unwrap();
        assertion.authenticator_data = data;
        prop_assert!(expecting(false, |expected| verify_assertion(expected, &record, &assertion)).is_err());
    }
}
