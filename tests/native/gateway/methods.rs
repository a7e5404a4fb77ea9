//! Rules by method hold for the method that the origin acts on.

use portcullis::domain::gateway::forward::Plan;
use serde_json::json;

use crate::harness::World;

const OVERRIDES: [&str; 10] = [
    "x-http-method-override",
    "X-HTTP-Method-Override",
    "X_HTTP_METHOD_OVERRIDE",
    "x-http_method-override",
    "X-HTTP-Method",
    "x_http_method",
    "X-Method-Override",
    "X_METHOD_OVERRIDE",
    "x.method.override",
    "X-HTTP-METHOD",
];

fn passes(plan: &Plan, name: &str) -> bool {
    !plan.remove.iter().any(|gone| gone.eq_ignore_ascii_case(name))
}

#[test]
fn no_field_names_another_method_where_methods_decide() {
    let world = World::new();
    for auth in ["required", "optional", "none"] {
        let at = |path: &str| format!("/{auth}{path}");
        world.route(
            json!({ "name": format!("{auth}1"), "path": at("/named/"), "methods": ["GET"], "auth": auth }),
        );
        // A route for all methods beside one of the same prefix that names some, in either spelling of it.
        world.route(json!({ "name": format!("{auth}2"), "path": at("/both"), "methods": ["DELETE"], "auth": "required", "roles": ["ADMIN"] }));
        world.route(json!({ "name": format!("{auth}3"), "path": at("/both/"), "auth": auth }));
        world.route(json!({ "name": format!("{auth}4"), "path": at("/hosted/"), "host": "shop.example", "methods": ["GET"], "auth": auth }));
        world.route(json!({ "name": format!("{auth}5"), "path": at("/hosted/"), "auth": auth }));
    }
    let token = world.session(&world.user("ada@example.com")).access;
    for name in OVERRIDES {
        for auth in ["required", "optional", "none"] {
            let ask = |path: &str| world.get(&format!("/{auth}{path}")).bearer(&token).header(name, "DELETE");
            assert!(!passes(&ask("/named/x").plan(), name), "{auth} {name}");
            assert!(!passes(&ask("/both/x").plan(), name), "{auth} {name}");
            assert!(!passes(&ask("/hosted/x").host("shop.example").plan(), name), "{auth} {name}");
            // No method decides here: it is between the caller and the origin.
            assert!(passes(&ask("/hosted/x").plan(), name), "{auth} {name}");
        }
    }
}

#[test]
fn methods_that_show_or_tunnel_a_request_reach_no_origin() {
    let world = World::new();
    for auth in ["required", "optional", "none"] {
        world.route(json!({ "name": auth, "path": format!("/{auth}/"), "auth": auth }));
    }
    let token = world.session(&world.user("ada@example.com")).access;
    for method in ["TRACE", "TRACK", "CONNECT", "trace", "Track"] {
        for path in ["/required/", "/optional/", "/none/", "/nothing/"] {
            let reply = world.ask(method, path).bearer(&token).send().is(405);
            assert_eq!(reply.json["code"], "METHOD_NOT_ALLOWED");
            assert_eq!(reply.header("allow"), Some("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
        }
        world.ask(method, "/api/auth/me").bearer(&token).send().is(405);
    }
    // Others that there are pass: WebDAV's, for one.
    world.ask("PROPFIND", "/none/").plan();
}
