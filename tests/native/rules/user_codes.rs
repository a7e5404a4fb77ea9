//! User codes of devices.

use portcullis::oidc::user_code::{format, from_random, parse};
use proptest::prelude::*;

const LETTERS: &str = "BCDFGHJKLMNPQRSTVWXZ";

#[test]
fn every_letter_is_as_likely_as_any_other() {
    let mut count = [0; 20];
    for byte in 0..=255_u8 {
        let mut random = vec![byte];
        random.extend([0; 7]);
        if let Some(code) = from_random(&random) {
            count[LETTERS.find(code.chars().next().unwrap()).unwrap()] += 1;
        }
    }
    assert_eq!(count, [12; 20]);
}

#[test]
fn a_byte_that_would_favour_a_letter_is_passed_over() {
    assert_eq!(from_random(&[255, 240, 0, 1, 2, 3, 4, 5, 6, 7]).as_deref(), Some("BCDFGHJK"));
    assert_eq!(from_random(&[240; 32]), None);
    assert_eq!(from_random(&[0; 7]), None);
}

#[test]
fn what_is_no_code_is_none() {
    for text in
        ["", "BCDF-GHJ", "BCDF-GHJKL", "ACDF-GHJK", "BCDF_GHJK", "BCDF-GHJ1", "BCDF\u{0}GHJK", "ВCDFGHJK"]
    {
        assert_eq!(parse(text), None, "{text:?}");
    }
    assert_eq!(parse(&"-".repeat(100)), None);
}

proptest! {
    #[test]
    fn a_code_that_is_shown_is_read_again(random in prop::array::uniform32(any::<u8>()), lower: bool) {
        if let Some(code) = from_random(&random) {
            let shown = format(&code);
            prop_assert_eq!(shown.len(), 9);
            let text = if lower { shown.to_lowercase() } else { shown };
            prop_assert_eq!(parse(&text), Some(code));
        }
    }

    #[test]
    fn anything_typed_is_a_code_or_none(text in any::<String>()) {
        if let Some(code) = parse(&text) {
            prop_assert!(code.len() == 8 && code.chars().all(|letter| LETTERS.contains(letter)));
            prop_assert_eq!(parse(&format(&code)), Some(code));
        }
    }
}
