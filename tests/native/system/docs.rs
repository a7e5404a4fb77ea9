//! `GET /docs` and what is below it: static files with a policy of their own.

use crate::harness::World;

#[test]
fn the_files_of_the_documentation_come_with_a_policy_of_their_own() {
    let world = World::new();
    for (asked, path) in
        [("/docs", "/docs/"), ("/docs/", "/docs/"), ("/docs/vendor/a.css", "/docs/vendor/a.css")]
    {
        let asset = world.get(asked).asset();
        assert_eq!(asset.path, path);
        let field = |name: &str| asset.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
        assert_eq!(field("x-content-type-options"), Some("nosniff"));
        let policy = field("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(asset.missing.status, 404);
    }
    world.post("/docs").send().is(405);
}

#[test]
fn the_page_of_the_mails_runs_nothing_and_loads_nothing() {
    let asset = World::new().get("/docs/mails").asset();
    let (_, policy) = asset.headers.iter().find(|(name, _)| *name == "content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self' 'unsafe-inline';"), "{policy}");
    assert!(!policy.contains("script-src") && !policy.contains("connect-src"), "{policy}");
}
