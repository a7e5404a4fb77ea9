//! Routes of MCP servers (the Model Context Protocol's authorization part, RFC 9728, RFC 8707): what they tell callers
//! without a token, and which tokens they take.

use serde_json::{Value, json};

use crate::harness::{World, set};

const RESOURCE: &str = "https://auth.example.com/mcp";
const METADATA: &str = "https://auth.example.com/.well-known/oauth-protected-resource/mcp";

fn world(other: Value) -> World {
    let world = World::new();
    let mut spec =
        json!({ "name": "tools", "path": "/mcp", "mcp": true, "scopes": ["tools:list", "tools:call"] });
    spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    world.route(spec);
    world
}

/// A token of a client's grant from a person who has the scopes.
fn token(world: &World, scope: &str, audiences: &[&str]) -> String {
    let email = format!("user{}@example.com", world.number("SELECT count(*) AS n FROM users"));
    let user = world.user_with("home", &email, |user| {
        user.scopes = vec!["tools:call".into(), "tools:list".into()];
    });
    if world.number("SELECT count(*) AS n FROM clients") == 0 {
        world.put_client("home", "app", &json!({ "scope": "openid" }));
    }
    world.session(&user);
    world.granted(&user.id, "app", scope, None);
    let sid = world.newest_session(&user.id);
    world.token(
        "home",
        &json!({ "sub": user.id, "userId": user.id, "sid": sid, "client_id": "app", "scope": scope,
                                 "aud": audiences }),
    )
}

/// RFC 9728 §3.1, §3.2: the well-known part stands before the path of the resource.
#[test]
fn a_resource_says_what_it_is() {
    let world = world(json!({}));
    for path in ["/mcp", "/mcp/", "/mcp/messages"] {
        let reply = world.get(&format!("/.well-known/oauth-protected-resource{path}")).send().is(200);
        assert_eq!(
            reply.json,
            json!({
                "resource": RESOURCE,
                "resource_name": "tools",
                "authorization_servers": ["https://auth.example.com/tenant/home"],
                "bearer_methods_supported": ["header"],
                "scopes_supported": ["tools:list", "tools:call"],
            })
        );
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    for path in ["", "/", "/other", "/mcpx", "//mcp", "/mcp/..", "mcp"] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        assert!(matches!(world.get(&path).send().status, 400 | 404), "{path}");
    }
    let path = "/.well-known/oauth-protected-resource/mcp";
    world.post(path).send().is(404);
    // At another host there is no such resource (§3.3).
    world.get(path).host("evil.example").send().is(404);
    // A browser-based client's request has fields of its own.
    let asks = world.ask("OPTIONS", path).header("origin", "https://inspector.example");
    let asks = asks.header("access-control-request-method", "GET");
    let reply = asks.header("access-control-request-headers", "mcp-protocol-version").send().is(204);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert_eq!(reply.header("access-control-allow-headers"), Some("*"));
}

#[test]
fn a_route_of_another_kind_is_no_resource_and_an_origin_may_answer_for_itself() {
    let world = World::new();
    world.route(json!({}));
    world.get("/.well-known/oauth-protected-resource/app").send().is(404);
    let reply = world.get("/app/").send().is(401);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    world.route(json!({ "name": "site", "path": "/", "auth": "none" }));
    world.get("/.well-known/oauth-protected-resource/app").plan();
}

/// A tenant's own host, and a route's, are where the resource is.
#[test]
fn a_resource_is_at_the_host_that_it_is_asked_at() {
    let world = World::new();
    let acme = world.tenant("acme");
    let hosted = json!({ "name": "Acme", "host": "login.acme.example" });
    world.patch("/tenant/home/v2/Tenants/acme").bearer(&world.admin()).json(hosted).send().is(200);
    let user = world.sql("SELECT id FROM users WHERE email = 'admin@acme.example'");
    assert_eq!(user.len(), 1);
    drop(acme);
    let cx = world.cx();
    let admin =
        pollster::block_on(portcullis::store::users::by_email(cx.db.as_ref(), "acme", "admin@acme.example"));
    let token = world.session(&admin.unwrap().unwrap()).access;
    for (name, host) in [("own", None), ("other", Some("mcp.acme.example"))] {
        let mut spec =
            json!({ "name": name, "path": "/mcp/", "mcp": true, "origin": "http://origin.internal:9000" });
        if let Some(host) = host {
            spec["host"] = json!(host);
        }
        world.post("/tenant/acme/v2/Routes").bearer(&token).json(spec).send().is(201);
    }
    let path = "/.well-known/oauth-protected-resource/mcp";
    let reply = world.get(path).host("login.acme.example").send().is(200);
    assert_eq!(reply.json["resource"], "https://login.acme.example/mcp");
    assert_eq!(reply.json["authorization_servers"], json!(["https://login.acme.example"]));
    assert_eq!(reply.json.get("scopes_supported"), None);
    let challenge = world.post("/mcp").host("login.acme.example").send().is(401);
    assert_eq!(
        challenge.header("www-authenticate"),
        Some(
            "Bearer resource_metadata=\"https://login.acme.example/.well-known/oauth-protected-resource/mcp\""
        )
    );
    let reply = world.get(path).host("mcp.acme.example").tenant("acme").send().is(200);
    assert_eq!(reply.json["resource"], "https://mcp.acme.example/mcp");
    world.get(path).send().is(404);
}

/// RFC 9728 §5.1, RFC 6750 §3: no error without a token; all scopes at once.
#[test]
fn a_caller_without_a_fitting_token_is_told_where_to_get_one() {
    let world = world(json!({}));
    let rest = format!("resource_metadata=\"{METADATA}\", scope=\"tools:list tools:call\"");
    let told = |token: Option<&str>| {
        let ask = world.post("/mcp").json(json!({}));
        let reply = token.map_or(ask.clone(), |token| ask.bearer(token)).send();
        (reply.status, reply.header("www-authenticate").unwrap_or_default().to_owned())
    };
    assert_eq!(told(None), (401, format!("Bearer {rest}")));
    let bad = (401, format!("Bearer error=\"invalid_token\", {rest}"));
    assert_eq!(told(Some("made-up")), bad);
    for audience in [
        "https://auth.example.com/tenant/home",
        "tools",
        "https://auth.example.com",
        "https://auth.example.com/mcp2",
        "https://auth.example.com/MCP",
        "http://auth.example.com/mcp",
        "https://other.example/mcp",
    ] {
        assert_eq!(told(Some(&token(&world, "tools:list tools:call", &[audience]))), bad, "{audience}");
    }
    // A person's own session is for the issuer.
    let own = world.session(&world.user("ada@example.com")).access;
    assert_eq!(told(Some(&own)), bad);
    let little = (403, format!("Bearer error=\"insufficient_scope\", {rest}"));
    assert_eq!(told(Some(&token(&world, "tools:list", &[RESOURCE]))), little);
    assert_eq!(told(Some(&token(&world, "openid", &[RESOURCE]))), little);
    for audiences in [&[RESOURCE][..], &["https://auth.example.com/mcp/"], &["https://x.example/", RESOURCE]]
    {
        let token = token(&world, "tools:list tools:call", audiences);
        let plan = world.post("/mcp/messages?x=1").bearer(&token).json(json!({})).plan();
        assert!(plan.remove.contains(&"authorization".to_owned()) && set(&plan, "authorization").is_none());
        assert!(plan.assertion.is_some_and(|assertion| !assertion.contains(&token)));
    }
}

/// What is for an MCP server opens nothing else.
#[test]
fn its_tokens_open_no_other_door() {
    let world = world(json!({}));
    world.route(json!({ "name": "app", "path": "/app/" }));
    let token = token(&world, "openid tools:list tools:call read write", &[RESOURCE]);
    world.get("/app/").bearer(&token).send().is(401);
    world.get("/api/auth/me").bearer(&token).send().is(401);
    world.get("/tenant/home/oauth2/userinfo").bearer(&token).send().is(401);
    world.get("/tenant/home/v2/Users").bearer(&token).send().is(401);
}

/// A cookie is no token; an API key is taken only where the route says so.
#[test]
fn only_bearer_tokens_are_taken_unless_keys_are_asked_for() {
    let user = |world: &World| {
        world.user_with("home", "ada@example.com", |user| {
            user.scopes = vec!["tools:call".into(), "tools:list".into()]
        })
    };
    for (credentials, keys) in
        [(None, false), (Some(json!(["bearer"])), false), (Some(json!(["bearer", "apiKey"])), true)]
    {
        let world = world(credentials.map_or(json!({}), |all| json!({ "credentials": all })));
        let ada = user(&world);
        let key = world.api_key(&world.session(&ada).access, &["tools:list", "tools:call"]);
        world.get("/mcp").cookie(&world.cookie(&ada)).send().is(401);
        // Nor is a browser sent to sign in for it.
        world.get("/mcp").navigating().send().is(401);
        assert_eq!(world.get("/mcp").key(&key).status(), if keys { 200 } else { 401 });
    }
}

#[test]
fn what_makes_no_sense_with_it_is_refused() {
    let world = World::new();
    for (other, member) in [
        (json!({ "auth": "optional" }), "auth"),
        (json!({ "auth": "none" }), "auth"),
        (json!({ "credentials": ["cookie"] }), "credentials"),
        (json!({ "credentials": ["bearer", "cookie"] }), "credentials"),
        (json!({ "path": "/m(c)p/" }), "path"),
        (json!({ "path": "/m%22cp/" }), "path"),
        (json!({ "mcp": "yes" }), "mcp"),
    ] {
        let mut spec =
            json!({ "name": "tools", "path": "/mcp", "mcp": true, "origin": "http://origin.internal:9000" });
        spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        let reply = world.post("/tenant/home/v2/Routes").bearer(&world.admin()).json(spec).send().is(400);
        assert!(reply.text.contains(member), "{}", reply.text);
    }
    let id = world.route(json!({ "name": "tools", "path": "/mcp", "mcp": true }));
    let read = world.get(&format!("/tenant/home/v2/Routes/{id}")).bearer(&world.admin()).send().is(200);
    assert_eq!((&read.json["mcp"], &read.json["credentials"]), (&json!(true), &json!(["bearer"])));
}

/// An audience that is a URL is the resource; the metadata is where the route is.
#[test]
fn an_audience_that_is_a_url_names_the_resource() {
    let named = "https://mcp.example.com/tools";
    let world = world(json!({ "audience": named }));
    let reply = world.get("/.well-known/oauth-protected-resource/mcp").send().is(200);
    assert_eq!(reply.json["resource"], named);
    let reply = world.post("/mcp").send().is(401);
    assert!(reply.header("www-authenticate").unwrap().contains(METADATA));
    world.post("/mcp").bearer(&token(&world, "tools:list tools:call", &[named])).plan();
    world.post("/mcp").bearer(&token(&world, "tools:list tools:call", &[RESOURCE])).send().is(401);
}
