//! What scripts of any origin may read: why a call is refused, and what registers a client. Never an answer to a caller.

use serde_json::json;

use super::cors::{APP, EVIL, preflight, readable_by, world};

/// A script of any origin may ask a route that takes a credential and is told what it lacks. What the route's origin
/// answers, and what is told of a caller, is read by the tenant's origins alone.
#[test]
fn any_script_sees_why_a_route_refuses_it_and_no_answer() {
    let world = world();
    world.route(json!({ "methods": ["GET", "POST"], "scopes": ["read"] }));
    world.route(json!({ "name": "managers", "path": "/managers/", "roles": ["MANAGER"] }));
    world.route(json!({ "name": "strong", "path": "/strong/", "mfa": "required" }));
    world.route(json!({ "name": "open", "path": "/open/", "auth": "optional" }));
    let admin = world.admin();
    let plan = json!({ "name": "pro", "rank": 10, "features": ["charts"] });
    world.post("/tenant/home/v2/Plans").bearer(&admin).json(plan).send().is(201);
    world.route(json!({ "name": "paid", "path": "/paid/", "minimumPlan": "pro" }));
    world.route(json!({ "name": "charts", "path": "/charts/", "feature": "charts" }));
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    let narrow = world.api_key(&token, &["write"]);
    let evil = |path: &str| world.get(path).header("origin", EVIL);
    for (what, reply, status, challenge) in [
        ("nobody", evil("/app/x").send(), 401, Some("Bearer")),
        ("a bad token", evil("/app/x").bearer("x").send(), 401, Some("Bearer error=\"invalid_token\"")),
        ("a bad key", evil("/app/x").key("x").send(), 401, Some("Bearer error=\"invalid_token\"")),
        (
            "a scope lacks",
            evil("/app/x").key(&narrow).send(),
            403,
            Some("Bearer error=\"insufficient_scope\", scope=\"read\""),
        ),
        ("a role lacks", evil("/managers/x").bearer(&token).send(), 403, None),
        (
            "a factor lacks",
            evil("/strong/x").bearer(&token).send(),
            401,
            Some("Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:portcullis:acr:2fa\""),
        ),
    ] {
        let reply = reply.is(status);
        readable_by(&reply, Some("*"));
        let exposed = reply.header("access-control-expose-headers").unwrap();
        assert!(exposed.contains("WWW-Authenticate"), "{what}: {exposed}");
        assert_eq!(reply.header("www-authenticate"), challenge, "{what}");
        assert_eq!(reply.header("vary"), Some("Origin"), "{what}");
        for secret in ["ada@example.com", &user.id, "currentPlan", "MANAGER"] {
            assert!(!reply.text.contains(secret), "{what}: {}", reply.text);
        }
    }
    // An MCP server's route says where its metadata is, which a client in a browser begins with (RFC 9728 §5.1).
    world.route(json!({ "name": "tools", "path": "/tools/", "mcp": true, "scopes": ["tools:call"] }));
    for reply in [evil("/tools/x").send().is(401), evil("/tools/x").bearer("x").send().is(401)] {
        readable_by(&reply, Some("*"));
        assert!(reply.header("access-control-expose-headers").unwrap().contains("WWW-Authenticate"));
        assert!(reply.header("www-authenticate").unwrap().contains("resource_metadata="));
    }
    readable_by(&preflight(&world, "/tools/x", EVIL, "POST").send().is(204), Some("*"));
    // What says something of the caller, or comes from the route's origin.
    for path in ["/paid/x", "/charts/x"] {
        let reply = evil(path).bearer(&token).send().is(403);
        assert!(reply.text.contains("currentPlan"), "{}", reply.text);
        readable_by(&reply, None);
        readable_by(&world.get(path).bearer(&token).header("origin", APP).send().is(403), Some(APP));
    }
    for path in ["/app/x", "/open/x"] {
        assert_eq!(evil(path).bearer(&token).plan().readable_by, None);
    }
    readable_by(&evil("/nothing").send().is(404), None);
    readable_by(&world.put("/app/x").header("origin", EVIL).send().is(405), None);
    // A browser asks first, and only where nobody gets past without a credential of the script's own.
    for method in ["GET", "POST"] {
        let reply = preflight(&world, "/app/x", EVIL, method).send().is(204);
        readable_by(&reply, Some("*"));
        assert_eq!(reply.header("access-control-allow-methods"), Some(method));
        assert_eq!(reply.header("access-control-allow-headers"), Some("authorization,content-type"));
    }
    assert_eq!(preflight(&world, "/open/x", EVIL, "POST").plan().readable_by, None);
    for (path, method) in [("/app/x", "DELETE"), ("/nothing", "GET")] {
        let reply = preflight(&world, path, EVIL, method).send();
        assert!(reply.status >= 400, "{path} {method}: {}", reply.status);
        readable_by(&reply, None);
    }
    // The cookie is no credential of a script: no answer may be read with it.
    let cookie = world.cookie(&user);
    assert_eq!(evil("/managers/x").cookie(&cookie).send().header("access-control-allow-credentials"), None);
}

/// A browser-based client registers itself before anybody knows its origin, and sees why it may not.
#[test]
fn any_script_registers_a_client_where_anyone_may_and_sees_why_it_may_not() {
    let world = world();
    let said = json!({ "redirect_uris": ["https://evil.example/cb"], "token_endpoint_auth_method": "none" });
    for path in ["/oauth2/register", "/tenant/home/oauth2/register"] {
        let reply = preflight(&world, path, EVIL, "POST").send().is(204);
        readable_by(&reply, Some("*"));
        assert_eq!(reply.header("access-control-allow-headers"), Some("authorization,content-type"));
        let post =
            |body: &serde_json::Value| world.post(path).header("origin", EVIL).json(body.clone()).send();
        world.settings(json!({ "clientRegistration": "closed" }));
        readable_by(&post(&said).is(403), Some("*"));
        world.settings(json!({ "clientRegistration": "token" }));
        let reply = post(&said).is(401);
        readable_by(&reply, Some("*"));
        assert!(reply.header("access-control-expose-headers").unwrap().contains("WWW-Authenticate"));
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        world.settings(json!({ "clientRegistration": "open" }));
        readable_by(&post(&json!({ "redirect_uris": ["x:/"] })).is(400), Some("*"));
        let own = post(&said).is(201);
        readable_by(&own, Some("*"));
        let managed = own.str("/registration_client_uri").replace("https://auth.example.com", "");
        readable_by(&preflight(&world, &managed, EVIL, "PUT").send().is(204), Some("*"));
        let token = own.str("/registration_access_token");
        readable_by(&world.get(&managed).bearer(&token).header("origin", EVIL).send().is(200), Some("*"));
        readable_by(&world.get(&managed).header("origin", EVIL).send().is(401), Some("*"));
    }
}
