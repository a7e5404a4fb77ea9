//! What authenticators send: nothing panics, and nothing that no key signed is an assertion.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::crypto::webauthn::{Assertion, Expected, Record, Registration, verify_assertion, verify_registration};

fuzz_target!(|bytes: &[u8]| {
    let origins = ["https://a.example".to_owned()];
    let expected =
        Expected { challenge: "c", rp_id: "a.example", origins: &origins, user_verification: false };
    let client_data = |kind: &str| {
        format!(r#"{{"type":"webauthn.{kind}","challenge":"c","origin":"https://a.example"}}"#).into_bytes()
    };
    let registration = Registration {
        id: bytes.to_vec(),
        client_data: client_data("create"),
        attestation_object: bytes.to_vec(),
        transports: Vec::new(),
    };
    let _ = verify_registration(&expected, &registration);
    let record = Record {
        id: Vec::new(),
        public_key: bytes.to_vec(),
        sign_count: 0,
        backup_eligible: false,
        backed_up: false,
    };
    let assertion = Assertion {
        id: Vec::new(),
        client_data: client_data("get"),
        authenticator_data: bytes.to_vec(),
        signature: bytes.to_vec(),
        user_handle: None,
    };
    assert!(verify_assertion(&expected, &record, &assertion).is_err());
});
