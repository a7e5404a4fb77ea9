//! Text in the form that it is compared in, and names.

use portcullis::model::linkable::{find_link, without_links};
use portcullis::model::name;
use portcullis::model::reason::Reason;
use portcullis::model::text::{fold, is_invisible, typed_code, visible};
use proptest::prelude::*;

#[test]
fn a_code_is_read_in_every_script_and_spelling() {
    for spelling in [
        "123456",
        " 123 456\n",
        "123-456",
        "123–456",
        "123—456",
        "123\u{2212}456",
        "123\u{2011}456",
        "12\u{a0}34\u{202f}56",
        "１２３４５６",
        "１２３－４５６",
        "١٢٣٤٥٦",
        "۱۲۳۴۵۶",
        "१२३४५६",
        "১২৩৪৫৬",
        "๑๒๓๔๕๖",
        "߁߂߃߄߅߆",
        "𝟏𝟐𝟑𝟒𝟓𝟔",
        "\u{200f}١٢٣\u{200e} ٤٥٦",
        "\u{feff}123\u{200b}456",
        "12\u{ad}3456",
    ] {
        assert_eq!(typed_code(spelling), "123456", "{spelling:?}");
    }
    assert_eq!(typed_code("ＡＢＣＤＥ–fgh２３"), "abcdefgh23");
    for other in ["12345", "1234567", "l23456", "12345б", "123.456", "1²3456x"] {
        assert_ne!(typed_code(other), "123456", "{other}");
    }
    assert_eq!(typed_code(&format!("123456{}", " ".repeat(1_000))), "");
}

#[test]
fn what_is_searched_is_found_in_any_case_and_form() {
    for (one, other) in [
        ("Özgür", "özgür"),
        ("Özgür", "O\u{308}ZGU\u{308}R"),
        ("Özgür", "ozgur"),
        ("Straße", "STRASSE"),
        ("ΟΔΟΣ", "οδος"),
        ("İstanbul", "ISTANBUL"),
        ("Işık", "IŞIK"),
        ("ﬁn", "FIN"),
        ("Ａｄａ", "ada"),
        ("O’Brien", "o'brien"),
        ("Jean–Luc", "jean-luc"),
        ("Ада", "АДА"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} and {other}");
    }
    assert_ne!(fold("が"), fold("か"));
    assert_ne!(fold("कि"), fold("क"));
}

#[test]
fn a_name_is_a_line_that_can_be_seen() {
    let long = "ü".repeat(200);
    for (sent, kept) in [
        ("Ada", "Ada"),
        ("  Ada Lovelace\u{a0}", "Ada Lovelace"),
        ("Zoe\u{308}", "Zoë"),
        ("محمد", "محمد"),
        ("שָׁלוֹם", "שָׁלוֹם"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ("👩\u{200d}🚀", "👩\u{200d}🚀"),
        ("O’Brien-Ní Ḃriain, Jr.", "O’Brien-Ní Ḃriain, Jr."),
        (&long, &long),
    ] {
        let found = name::parse(sent, 200);
        assert_eq!(found.map(|found| found.chars().count()), Ok(kept.nfc_count()), "{sent:?}");
    }
    let (too_long, far_too_long) = ("x".repeat(201), "x".repeat(100_000));
    let zalgo = format!("a{}", "\u{316}".repeat(9));
    for (sent, reason) in [
        ("", Reason::Missing),
        (" \u{a0}\u{3000}", Reason::Missing),
        (&too_long, Reason::TooLong(200)),
        (&far_too_long, Reason::TooLong(200)),
        ("A\u{0}da", Reason::ControlCharacter),
        ("Ada\r\nBcc: x", Reason::ControlCharacter),
        ("Ada\u{85}x", Reason::ControlCharacter),
        ("Ada\u{2028}x", Reason::ControlCharacter),
        ("Ada\u{202e}gpj.exe", Reason::DirectionOverride),
        ("\u{202a}Ada", Reason::DirectionOverride),
        ("\u{2066}Ada", Reason::DirectionOverride),
        ("Ada\u{2069}", Reason::DirectionOverride),
        ("\u{200b}", Reason::Invisible),
        ("\u{200d}\u{feff} \u{2060}", Reason::Invisible),
        ("\u{3164}", Reason::Invisible),
        ("\u{e0041}", Reason::Invisible),
        ("\u{301}", Reason::Invisible),
        ("\u{301}Ada", Reason::CombiningMarks),
        ("Ada \u{301}x", Reason::CombiningMarks),
        (&zalgo, Reason::CombiningMarks),
    ] {
        assert_eq!(name::parse(sent, 200), Err(reason), "{sent:?}");
    }
}

/// Of Unicode 16: Default_Ignorable_Code_Point, as DerivedCoreProperties.txt has it.
const IGNORABLE: [(u32, u32); 17] = [
    (0xad, 0xad),
    (0x34f, 0x34f),
    (0x61c, 0x61c),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x202a, 0x202e),
    (0x2060, 0x206f),
    (0x3164, 0x3164),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfff8),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe0fff),
];

/// What is blank besides: anchors of annotations (category Cf), a blank pattern of Braille, a head of no note.
const BLANK: [u32; 5] = [0xfff9, 0xfffa, 0xfffb, 0x2800, 0x1d159];

/// Of category Cf, and seen: signs that stand with the number or word they are written before, and hieroglyphs'.
const SEEN: [(u32, u32); 7] = [
    (0x600, 0x605),
    (0x6dd, 0x6dd),
    (0x70f, 0x70f),
    (0x890, 0x891),
    (0x8e2, 0x8e2),
    (0x110bd, 0x110bd),
    (0x13430, 0x1343f),
];

#[test]
fn what_is_not_seen_is_one_set_for_codes_names_search_and_links() {
    for c in (0..=0x0010_ffff).filter_map(char::from_u32) {
        let code = u32::from(c);
        let within = |ranges: &[(u32, u32)]| ranges.iter().any(|(from, to)| (*from..=*to).contains(&code));
        let wanted = within(&IGNORABLE) || BLANK.contains(&code);
        assert_eq!(is_invisible(c), wanted, "U+{code:04X}");
        assert!(!(is_invisible(c) && (within(&SEEN) || c.is_whitespace() || c.is_control())), "U+{code:04X}");
        if wanted {
            // Within a code, a name that is shown and a link that is looked for, it counts for nothing.
            assert_eq!(typed_code(&format!("12{c}34")), "1234", "U+{code:04X}");
            assert_eq!(visible(&format!("a{c}b")), "ab", "U+{code:04X}");
            assert!(find_link(&format!("ev{c}il{c}.exa{c}mple")).is_some(), "U+{code:04X}");
            assert_eq!(without_links(&format!("Ac{c}me")), "Acme", "U+{code:04X}");
            let alone = name::parse(&c.to_string(), 200);
            let reasons = [Err(Reason::Invisible), Err(Reason::DirectionOverride)];
            assert!(reasons.contains(&alone), "U+{code:04X}");
        }
    }
    // These end a line: white space, and no name has them.
    for c in ['\u{2028}', '\u{2029}'] {
        assert!(!is_invisible(c) && c.is_whitespace());
        assert_eq!(name::parse(&format!("a{c}b"), 200), Err(Reason::ControlCharacter));
    }
}

trait Count {
    fn nfc_count(&self) -> usize;
}

impl Count for str {
    fn nfc_count(&self) -> usize {
        use unicode_normalization::UnicodeNormalization as _;
        self.nfc().count()
    }
}

proptest! {
    #[test]
    fn a_name_that_is_kept_is_kept_as_it_is(text in any::<String>()) {
        if let Ok(kept) = name::parse(&text, 200) {
            prop_assert_eq!(name::parse(&kept, 200), Ok(kept.clone()));
            prop_assert!(kept.chars().count() <= 200 && !kept.is_empty());
        }
    }

    #[test]
    fn what_is_folded_is_folded(text in any::<String>()) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn a_code_that_was_read_is_read_as_itself(text in any::<String>()) {
        let once = typed_code(&text);
        prop_assert!(!once.is_ascii() || typed_code(&once) == once, "{:?}", once);
    }
}
