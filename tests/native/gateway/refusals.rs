//! Calls that a route refuses to one who is signed in: counted, and summed up in the log.

use serde_json::json;

use crate::harness::World;

#[test]
fn refused_calls_are_counted_and_the_log_has_the_first_and_sums() {
    let rules =
        [("role", json!({ "roles": ["ADMIN"] }), 403), ("second factor", json!({ "mfa": "required" }), 401)];
    for (what, rule, status) in rules {
        let world = World::new();
        world.route(rule);
        world.route(json!({ "name": "free", "path": "/free/" }));
        let token = world.session(&world.user("ada@example.com")).access;
        let ask = || world.get("/app/").bearer(&token);
        for _ in 0..3 {
            assert_eq!(ask().status(), status, "{what}");
        }
        let rows = world.db.rows_changed();
        for _ in 3..120 {
            assert_eq!(ask().status(), status, "{what}");
        }
        // The tenth, and the hundredth.
        assert_eq!(world.db.rows_changed() - rows, 2, "{what}");
        assert_eq!(world.events("gateway.refused"), 5, "{what}");
        let sums = world.sql("SELECT detail FROM audit WHERE event = 'gateway.refused'");
        let mut said: Vec<Option<&str>> = sums.iter().map(|row| row["detail"].as_str()).collect();
        said.sort_unstable();
        assert_eq!(
            said,
            [None, None, None, Some("10 times within an hour"), Some("100 times within an hour")],
            "{what}"
        );
        for _ in 120..3_000 {
            ask().status();
        }
        let limited = ask().send().is(429);
        assert!(limited.header("retry-after").is_some(), "{what}");
        assert_eq!(world.events("gateway.refused"), 7, "{what}");
        ask().send().is(429);
        assert_eq!(world.events("gateway.refused"), 7, "{what}");
        // Another caller, and another route, are not held off; and this one goes on in the next hour.
        let other = world.session(&world.user("bob@example.com")).access;
        assert_eq!(world.get("/app/").bearer(&other).status(), status, "{what}");
        world.get("/free/").bearer(&token).plan();
        world.advance(3_600);
        let token = world.session(&world.user("eve@example.com")).access;
        assert_eq!(world.get("/app/").bearer(&token).status(), status, "{what}");
    }
}
