//! Tokens and API keys: nothing panics, and what parses has one encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::crypto::jws::{LONGEST, Untrusted};
use portcullis::crypto::api_key::parse_key;
use portcullis::oidc::access_token::{AccessToken, TYP, Whose};

fuzz_target!(|text: &str| {
    if let Some(id) = parse_key(text) {
        assert!(text.is_ascii() && text.contains(id));
    }
    if let Some(token) = Untrusted::parse(text, TYP) {
        assert!(text.len() <= LONGEST && text.split('.').count() == 3);
        assert!(!text.contains(['=', '+', '/', '\n', ' ']));
        let _ = token.kid();
        let _ = token.claims_unchecked::<Whose>();
        let _ = token.claims_unchecked::<AccessToken>();
    }
});
