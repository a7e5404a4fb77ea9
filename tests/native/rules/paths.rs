//! Paths, and what is behind a prefix.

use portcullis::model::path::Path;

#[test]
fn what_is_behind_a_prefix_begins_at_a_boundary() {
    for (path, prefix, rest) in [
        ("/app/x", "/app/", Some("/x")),
        ("/app/x", "/app", Some("/x")),
        ("/app", "/app/", Some("")),
        ("/app", "/app", Some("")),
        ("/app/", "/app/", Some("/")),
        ("/apple", "/app", None),
        ("/apple", "/app/", None),
        ("/x/app", "/app", None),
        ("/app", "/", Some("/app")),
        ("/", "/", Some("/")),
        ("/App", "/app", None),
    ] {
        assert_eq!(Path::parse(path).unwrap().behind(prefix), rest, "{path} behind {prefix}");
    }
}

#[test]
fn a_path_is_decoded_once() {
    for (raw, once) in [("/%2561", "/%2561"), ("/%252e%252e/", "/%252e%252e/"), ("/%61%6d", "/am")] {
        assert_eq!(Path::parse(raw).unwrap().as_str(), once);
    }
}
