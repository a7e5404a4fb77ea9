//! Paths: what parses is in its one spelling, and no origin can read it in a second way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::model::path::Path;

fuzz_target!(|text: &str| {
    let Some(path) = Path::parse(text) else { return };
    let shown = path.as_str();
    assert_eq!(Path::parse(shown).as_ref(), Some(&path));
    assert!(shown.starts_with('/') && shown.is_ascii());
    assert!(!shown.contains("//") && !shown.contains(['\\', ';', '?', '#', ' ', '\0', '\r', '\n']));
    assert!(shown.split('/').all(|segment| segment != "." && segment != ".."));
    let lower = shown.to_ascii_lowercase();
    for escape in ["%2f", "%5c", "%00", "%3b", "%2e", "%0a", "%0d", "%7f"] {
        assert!(!lower.contains(escape));
    }
    for prefix in ["/", "/a", "/a/", "/a/b"] {
        if let Some(rest) = path.behind(prefix) {
            assert!(rest.is_empty() || rest.starts_with('/'));
            assert_eq!(format!("{}{rest}", prefix.trim_end_matches('/')), shown);
        }
    }
});
