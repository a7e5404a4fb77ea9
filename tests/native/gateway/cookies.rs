//! Our own cookies stay here, and the application's pass as they came.

use serde_json::json;

use crate::harness::{World, set};

/// A `Cookie` field, and what an origin gets of it: as it came, another, or none.
const FIELDS: &[(&str, Reaches)] = &[
    // Nothing of ours: byte for byte.
    ("a=1;b=\"x y\"", Reaches::AsItCame),
    ("a=\"x;y\"; b=caf\u{e9}", Reaches::AsItCame),
    ("; ;", Reaches::AsItCame),
    (" a=1 ;  b=2;", Reaches::AsItCame),
    ("__Host-other=1; portcullis=2; __Secure-portcullis=3", Reaches::AsItCame),
    ("a=1, b=2", Reaches::AsItCame),
    // Ours among others.
    ("a=1; __Host-portcullis=s; b=2", Reaches::As("a=1; b=2")),
    ("a=\"x;y\"; __Host-portcullis=s; b={\"c\":1,\"d\":2}", Reaches::As("a=\"x;y\"; b={\"c\":1,\"d\":2}")),
    ("a=1;__Host-portcullis=s;b=2", Reaches::As("a=1;b=2")),
    (" __Host-portcullis =s;a=1", Reaches::As("a=1")),
    ("a=1; __Host-portcullis-device=d; __Host-portcullis-challenge=c", Reaches::As("a=1")),
    ("__Host-portcullis-passkey=p; a=1", Reaches::As("a=1")),
    ("a=1; __Host-portcullis-not-yet-invented=x; b=2", Reaches::As("a=1; b=2")),
    ("__HOST-Portcullis=s; a=1", Reaches::As("a=1")),
    ("__host-portcullis-DEVICE=s; a=1", Reaches::As("a=1")),
    ("a=1;\t__Host-portcullis\t=\ts; b=2", Reaches::As("a=1; b=2")),
    ("a=1; \u{b}__Host-portcullis=s", Reaches::As("a=1")),
    ("a=1; \u{a0}__Host-portcullis=s", Reaches::As("a=1")),
    ("a=1; __Host-portcullis=\"s\"; b=2", Reaches::As("a=1; b=2")),
    ("a=1; \"__Host-portcullis\"=s; b=2", Reaches::As("a=1; b=2")),
    ("a=\"1; __Host-portcullis=s; b=2\"", Reaches::As("a=\"1; b=2\"")),
    ("=__Host-portcullis=s; a=1", Reaches::As("a=1")),
    ("== __Host-portcullis=s; a=1", Reaches::As("a=1")),
    ("a=1 __Host-portcullis=s; b=2", Reaches::As("b=2")),
    // Two fields, as the platform joins them.
    ("a=1, __Host-portcullis=s", Reaches::As("a=1")),
    ("__Host-portcullis=s, a=1", Reaches::As("a=1")),
    ("a=1; __Host-portcullis=s, b=2; c=3", Reaches::As("a=1; b=2; c=3")),
    ("a=1,__Host-portcullis=s,b=2", Reaches::As("a=1; b=2")),
    // What was no UTF-8 cannot be written again as it was.
    ("a=1; b=\u{fffd}; __Host-portcullis=s", Reaches::As("a=1")),
    // Nothing but ours.
    ("__Host-portcullis=s", Reaches::Not),
    ("__Host-portcullis=s; __Host-portcullis=t", Reaches::Not),
    ("__Host-portcullis=s, __Host-portcullis-device=t", Reaches::Not),
    ("__Host-portcullis", Reaches::Not),
    ("__Host-portcullis=s; ", Reaches::Not),
    ("; __Host-portcullis=s ;;", Reaches::Not),
];

#[derive(Clone, Copy)]
enum Reaches {
    AsItCame,
    As(&'static str),
    Not,
}

#[test]
fn no_cookie_of_ours_reaches_an_origin_in_any_spelling_on_any_route() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    for auth in ["required", "optional", "none"] {
        world.route(json!({ "name": auth, "path": format!("/{auth}/"), "auth": auth }));
        for (sent, reaches) in FIELDS {
            for socket in [false, true] {
                let ask = world.get(&format!("/{auth}/")).bearer(&token).header("cookie", sent);
                let plan = if socket { ask.header("upgrade", "websocket").plan() } else { ask.plan() };
                let removed = plan.remove.contains(&"cookie".to_owned());
                let what = format!("{auth} {sent:?}");
                match reaches {
                    Reaches::AsItCame => assert!(!removed && set(&plan, "cookie").is_none(), "{what}"),
                    Reaches::As(rest) => assert_eq!(set(&plan, "cookie"), Some(*rest), "{what}"),
                    Reaches::Not => assert!(removed && set(&plan, "cookie").is_none(), "{what}"),
                }
            }
        }
    }
}

#[test]
fn a_session_is_found_in_either_of_two_fields() {
    let world = World::new();
    world.route(json!({}));
    let cookie = world.cookie(&world.user("ada@example.com"));
    for field in [
        format!("a=1, __Host-portcullis={cookie}"),
        format!("__Host-portcullis={cookie}, a=1"),
        format!("a=1; b=2, __Host-portcullis={cookie}; c=3, d=4"),
    ] {
        let plan = world.get("/app/").header("cookie", &field).plan();
        assert!(plan.assertion.is_some(), "{field}");
        assert!(!set(&plan, "cookie").unwrap().contains(&cookie), "{field}");
    }
}

/// A site of the same domain can set a cookie with a comma in its value, which `__Host-` does not keep it from.
#[test]
fn a_browsers_session_is_never_chosen_by_another_cookies_value() {
    let world = World::new();
    world.route(json!({}));
    let planted = format!("theme=x, __Host-portcullis={}", world.cookie(&world.user("eve@example.com")));
    let own = world.cookie(&world.user("ada@example.com"));
    for (name, value) in
        [("sec-fetch-site", "none"), ("user-agent", "Mozilla/5.0 (iPhone) Version/15.6 Safari")]
    {
        let ask = |field: &str| world.get("/app/").header("cookie", field).header(name, value);
        ask(&planted).send().is(401);
        let plan = ask(&format!("{planted}; __Host-portcullis={own}")).plan();
        let said = crate::harness::claims(plan.assertion.as_deref().unwrap());
        assert_eq!(said["sub"], world.sql("SELECT id FROM users WHERE email = 'ada@example.com'")[0]["id"]);
    }
}
