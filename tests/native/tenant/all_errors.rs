//! What is wrong with a body is told at once, each at its field.

use serde_json::{Value, json};

use crate::harness::World;

/// A request, and the fields that are wrong, in turn.
type Wrong = (&'static str, &'static str, fn() -> Value, &'static [&'static str]);

const BODIES: &[Wrong] = &[
    (
        "POST",
        "Users",
        || {
            json!({ "email": "nowhere", "password": "x", "name": "a\u{202e}b", "language": "xx", "roles": ["NONE"],
                    "scopes": ["none"], "plan": "none", "mfa": "none at all", "passwordHash": "x" })
        },
        &["password", "email", "name", "language", "roles", "scopes", "plan", "mfa", "passwordHash"],
    ),
    ("POST", "Users", || json!({ "email": "", "passwordHash": "x" }), &["email", "passwordHash"]),
    (
        "PATCH",
        "Users/{user}",
        || {
            json!({ "email": "nowhere", "name": "a\u{202e}b", "roles": ["NONE"], "scopes": ["none"], "plan": "none",
                    "status": "gone", "mfa": "none at all" })
        },
        &["mfa", "email", "name", "roles", "scopes", "plan", "status"],
    ),
    (
        "POST",
        "Roles",
        || json!({ "name": "a b", "rank": 9_000_000, "scopes": ["none"] }),
        &["name", "rank", "scopes"],
    ),
    (
        "POST",
        "Plans",
        || json!({ "name": "a b", "rank": 9_000_000, "features": ["a b"] }),
        &["name", "rank", "features"],
    ),
    (
        "POST",
        "Routes",
        || {
            json!({ "name": "a b", "path": "x", "host": "a/b", "methods": ["GO"], "origin": "ftp://x", "audience": "",
                    "credentials": [], "scopes": ["none"], "feature": "a b", "mfa": "maybe", "timeoutSeconds": 0,
                    "rateLimit": { "requests": 0, "windowSeconds": 1 }, "header": "a b" })
        },
        &[
            "name",
            "path",
            "host",
            "methods",
            "origin",
            "audience",
            "credentials",
            "scopes",
            "feature",
            "mfa",
            "timeoutSeconds",
            "rateLimit",
            "header",
        ],
    ),
    (
        "PATCH",
        "Settings",
        || {
            json!({ "accessTokenSeconds": 1, "mfaAttempts": 0, "registrationDomains": ["A"], "defaultPlan": "a b",
                    "apiKeyPrefix": "-", "allowedOrigins": ["x"], "homeUrl": "x" })
        },
        &[
            "accessTokenSeconds",
            "mfaAttempts",
            "registrationDomains",
            "defaultPlan",
            "apiKeyPrefix",
            "allowedOrigins",
            "homeUrl",
        ],
    ),
];

#[test]
fn all_that_is_wrong_is_told_at_once_and_nothing_is_changed() {
    let world = World::new();
    let (admin, user) = (world.admin(), world.user("ada@example.com"));
    for (method, path, body, fields) in BODIES {
        let path = format!("/tenant/home/v2/{}", path.replace("{user}", &user.id));
        let before = world.dump();
        let refused = world.ask(method, &path).bearer(&admin).json(body()).send().is(400);
        let told: Vec<&str> = refused.json["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["field"].as_str().unwrap())
            .collect();
        assert_eq!(told, *fields, "{method} {path}");
        assert!(refused.json["errors"].as_array().unwrap().iter().all(|one| one["detail"].is_string()));
        assert_eq!(world.dump(), before, "{method} {path}");
    }
}
