//! Parsers on anything at all: they never panic, and what they let through has no second reading.

use portcullis::api::table;
use portcullis::crypto::api_key::parse_key;
use portcullis::crypto::jws::Untrusted;
use portcullis::crypto::secret::{checksum, letters};
use portcullis::model::email::Email;
use portcullis::model::headers::Headers;
use portcullis::model::path::Path;
use portcullis::model::route::RouteSpec;
use portcullis::model::scope::Scopes;
use portcullis::model::time::Time;
use proptest::prelude::*;

/// Text that looks like a path, with what paths are attacked with.
fn pathlike() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z0-9._~!$&'()*+,=:@-]{0,4}",
        "%[0-9a-fA-F]{2}",
        Just("/".to_owned()),
        Just("..".to_owned()),
        Just("%2e".to_owned()),
        Just("%2f".to_owned()),
        Just(";".to_owned()),
        Just("\\".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()))
}

fn headers(name: &str, value: &str) -> Headers {
    Headers::new([(name.to_owned(), value.to_owned())])
}

proptest! {
    #[test]
    fn a_path_has_one_spelling_and_no_second_reading(raw in pathlike()) {
        if let Some(path) = Path::parse(&raw) {
            let text = path.as_str();
            let again = Path::parse(text);
            prop_assert_eq!(again.as_ref(), Some(&path));
            prop_assert!(text.starts_with('/') && text.is_ascii());
            prop_assert!(!text.contains("//") && !text.contains(['\\', ';', '?', '#', ' ', '\0']));
            let lower = text.to_ascii_lowercase();
            for escape in ["%2f", "%5c", "%00", "%3b", "%2e", "%0a", "%0d"] {
                prop_assert!(!lower.contains(escape), "{}", text);
            }
            prop_assert!(text.split('/').all(|segment| segment != "." && segment != ".."));
            // What a URL parser makes of it is the same.
            let url = url::Url::parse(&format!("http://o{text}")).unwrap();
            prop_assert_eq!(percent(url.path()), percent(text));
        }
    }

    #[test]
    fn what_is_behind_a_prefix_is_the_rest_of_the_path(raw in pathlike(), prefix in "/([a-z]{1,3}/){0,2}([a-z]{1,3})?") {
        if let Some(path) = Path::parse(&raw)
            && let Some(rest) = path.behind(&prefix)
        {
            prop_assert!(rest.is_empty() || rest.starts_with('/'));
            prop_assert_eq!(format!("{}{rest}", prefix.trim_end_matches('/')), path.as_str());
        }
    }

    #[test]
    fn an_address_parses_to_itself(text in "\\PC{0,40}(@|＠)(\\PC{0,40}|(münchen|¢a|example|[.-]){1,9})") {
        if let Some(email) = Email::parse(&text) {
            let shown = Email::parse(email.shown()).unwrap();
            prop_assert_eq!(&shown, &email);
            prop_assert!(email.key().is_ascii() && email.key() == email.key().to_ascii_lowercase());
            prop_assert_eq!(email.key().matches('@').count(), 1);
        }
    }

    #[test]
    fn header_fields_are_read_without_a_panic(value in any::<String>()) {
        let bearer = headers("authorization", &value);
        prop_assert!(bearer.bearer().is_none_or(|token| value.contains(token)));
        let cookie = headers("cookie", &value);
        prop_assert!(cookie.cookie("a").is_none_or(|found| value.contains(found)));
        let among = headers("cookie", &format!("x=1; a=v; {value}"));
        prop_assert_eq!(among.cookie("a"), Some("v"));
    }

    #[test]
    fn scopes_that_parse_are_listed_and_read_back(tokens in prop::collection::vec("[a-zA-Z0-9:. _-]{0,12}", 0..6)) {
        if let Some(scopes) = Scopes::parse(tokens.iter().map(String::as_str)) {
            prop_assert_eq!(Scopes::from_list(&scopes.list()), scopes.clone());
            prop_assert!(scopes.hold(scopes.tokens()));
        }
        let _ = Scopes::from_list(&tokens.concat());
    }

    #[test]
    fn times_are_read_back(seconds in -62_135_596_800_i64..253_402_300_799, text in any::<String>()) {
        let time = Time(seconds * 1000);
        prop_assert_eq!(Time::parse(&time.rfc3339()), Some(time));
        let _ = Time::parse(&text);
        let _ = time.plus(i64::MAX).plus(i64::MIN).rfc3339();
    }

    #[test]
    fn a_key_parses_only_with_its_own_checksum(
        prefix in "[a-zA-Z0-9_]{1,20}",
        id in "[a-zA-Z0-9]{16}",
        random in prop::array::uniform32(any::<u8>()),
        at in any::<prop::sample::Index>(),
        letter in "[a-zA-Z0-9]",
    ) {
        let start = format!("{prefix}_{id}_{}", letters(&random));
        let key = format!("{start}{}", checksum(&start));
        prop_assert_eq!(parse_key(&key), Some(id.as_str()));
        let at = at.index(key.len());
        let changed = format!("{}{letter}{}", &key[..at], &key[at + 1..]);
        prop_assert!(changed == key || parse_key(&changed).is_none(), "{} {}", key, changed);
    }

    #[test]
    fn what_is_no_token_parses_to_nothing(text in any::<String>(), parts in "[A-Za-z0-9_=-]{0,40}(\\.[A-Za-z0-9_=-]{0,40}){0,4}") {
        for text in [text, parts] {
            let _ = parse_key(&text);
            if let Some(token) = Untrusted::parse(&text, "at+jwt") {
                let _ = token.kid();
                prop_assert_eq!(text.split('.').count(), 3);
            }
        }
    }

    #[test]
    fn a_route_is_read_from_what_it_writes(text in any::<String>(), name in "[a-z]{1,5}", seconds in any::<u32>()) {
        let _ = serde_json::from_str::<RouteSpec>(&text);
        let body = serde_json::json!({ "name": name, "path": text, "origin": text, "timeoutSeconds": seconds });
        let spec: RouteSpec = serde_json::from_value(body).unwrap();
        let again: RouteSpec = serde_json::from_str(&serde_json::to_string(&spec).unwrap()).unwrap();
        prop_assert_eq!(again, spec);
    }

    #[test]
    fn the_route_table_finds_something_for_any_path(method in "[A-Z]{0,8}", path in pathlike()) {
        thread_local!(static TABLE: portcullis::http::table::Table = table().unwrap());
        TABLE.with(|table| { let _ = table.find(&method, &path); });
    }
}

/// Escapes in upper case, so that two spellings of them compare.
fn percent(text: &str) -> Vec<u8> {
    percent_encoding::percent_decode_str(text).collect()
}
