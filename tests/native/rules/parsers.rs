//! Header fields, scopes, times, client addresses and ids.

use portcullis::model::address::bucket;
use portcullis::model::headers::Headers;
use portcullis::model::id::{is_id, is_tenant_id, uuid_v7};
use portcullis::model::scope::Scopes;
use portcullis::model::time::Time;

fn headers(pairs: &[(&str, &str)]) -> Headers {
    Headers::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[test]
fn a_cookie_is_found_among_others() {
    for (sent, value) in [
        ("c=1", Some("1")),
        ("a=0; c=1; b=2", Some("1")),
        ("a=0;c=1", Some("1")),
        ("c=1; c=2", Some("1")),
        ("c=a=b", Some("a=b")),
        ("c=", Some("")),
        ("cc=1", None),
        ("C=1", None),
        ("c", None),
        ("", None),
        (";;", None),
    ] {
        assert_eq!(headers(&[("Cookie", sent)]).cookie("c"), value, "{sent}");
    }
    assert_eq!(headers(&[]).cookie("c"), None);
}

#[test]
fn a_navigation_is_what_a_browser_calls_one() {
    for (sent, navigates) in [
        (vec![("sec-fetch-mode", "navigate")], true),
        (vec![("sec-fetch-mode", "cors"), ("accept", "text/html")], false),
        (vec![("accept", "text/html,application/xhtml+xml")], true),
        (vec![("accept", "*/*")], false),
        (vec![], false),
    ] {
        assert_eq!(headers(&sent).is_navigation(), navigates, "{sent:?}");
    }
}

#[test]
fn scopes_are_a_sorted_set() {
    let scopes = Scopes::parse(["write", "read", "orders:list", "read"]).unwrap();
    assert_eq!(scopes.list(), "orders:list read write");
    assert!(scopes.hold(&["read".into(), "orders:list".into()]) && scopes.hold(&[]));
    assert!(!scopes.hold(&["orders:lis".into()]));
    for bad in ["", "admin", "READ", "a:", ":a", "a b:c", "a:b:c", "a:B", "é:a", "read ", "a\":b"] {
        assert_eq!(Scopes::parse([bad]), None, "{bad}");
    }
    let many: Vec<String> = (0..51).map(|at| format!("a:{at}")).collect();
    assert_eq!(Scopes::parse(many.iter().map(String::as_str)), None);
}

#[test]
fn a_time_is_read_and_written_as_rfc_3339() {
    for (text, ms) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-05-01T12:00:00Z", 1_777_636_800_000),
        ("2026-05-01T14:00:00+02:00", 1_777_636_800_000),
        ("2026-05-01T12:00:00.250Z", 1_777_636_800_250),
        ("1969-12-31T23:59:59Z", -1_000),
    ] {
        assert_eq!(Time::parse(text), Some(Time(ms)), "{text}");
    }
    for bad in ["", "2026-05-01", "2026-05-01T12:00:00", "2026-13-01T12:00:00Z", "yesterday", "1777636800"] {
        assert_eq!(Time::parse(bad), None, "{bad}");
    }
    assert_eq!(Time(1_777_636_800_999).rfc3339(), "2026-05-01T12:00:00Z");
    assert_eq!(Time(-1).unix(), -1);
    assert_eq!(Time(i64::MAX).plus(1), Time(i64::MAX));
    assert_eq!(Time(i64::MAX).rfc3339(), "1970-01-01T00:00:00Z");
}

#[test]
fn an_address_counts_by_what_one_customer_holds() {
    for (address, unit) in [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:1:2::", "2001:db8:1:2::/64"),
        ("::1", "0:0:0:0::/64"),
        ("", "unknown"),
        ("localhost", "unknown"),
        ("203.0.113.7, 10.0.0.1", "unknown"),
    ] {
        assert_eq!(bucket(address), unit, "{address}");
    }
}

#[test]
fn ids_sort_by_time_and_tenants_have_plain_ones() {
    let first = uuid_v7(Time(1_777_636_800_000), [0xff; 10]);
    let second = uuid_v7(Time(1_777_636_800_001), [0; 10]);
    assert!(first < second);
    assert_eq!(first, "019de368-f600-7fff-bfff-ffffffffffff");
    assert!(is_id(&first) && is_tenant_id(&first) && is_tenant_id("home"));
    for bad in ["", "A", "a_b", "a/b", "a.b", "é", &"a".repeat(65)] {
        assert!(!is_id(bad), "{bad}");
    }
    for bad in ["-a", "a-", &"a".repeat(41)] {
        assert!(!is_tenant_id(bad), "{bad}");
    }
}
