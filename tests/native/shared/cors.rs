//! Scripts of other origins (CORS): on our APIs and through the gateway, and never with a cookie.

use serde_json::json;

use crate::harness::{Ask, Reply, World};

pub(super) const APP: &str = "https://app.example";
const SPA: &str = "http://127.0.0.1:5173";
pub(super) const EVIL: &str = "https://evil.example";

const TOKEN: &str = "/tenant/home/oauth2/token";
const LOGIN: &str = "/api/auth/login";

/// A world whose administrator named one origin and whose client brings another.
pub(super) fn world() -> World {
    let world = World::new();
    world.settings(json!({ "allowedOrigins": [APP] }));
    let said = json!({ "redirect_uris": [format!("{SPA}/callback"), "https://other.example/cb"],
                       "token_endpoint_auth_method": "none" });
    world.post("/tenant/home/v2/Clients").bearer(&world.admin()).json(said).send().is(201);
    world
}

pub(super) fn preflight<'w>(world: &'w World, path: &str, origin: &str, method: &str) -> Ask<'w> {
    world
        .ask("OPTIONS", path)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "authorization,content-type")
}

#[track_caller]
pub(super) fn readable_by(reply: &Reply, origin: Option<&str>) {
    assert_eq!(reply.header("access-control-allow-origin"), origin);
    assert_eq!(reply.header("access-control-allow-credentials"), None);
}

#[test]
fn a_browser_that_asks_is_told_yes_for_the_tenants_origins() {
    let world = world();
    for path in [LOGIN, "/auth/login", TOKEN, "/oauth2/token", "/tenant/home/v2/Users", "/oauth2/userinfo"] {
        for origin in [APP, SPA, "https://other.example"] {
            let reply = preflight(&world, path, origin, "POST").send().is(204);
            readable_by(&reply, Some(origin));
            assert!(reply.header("access-control-allow-methods").unwrap().contains("POST"), "{path}");
            assert_eq!(reply.header("access-control-allow-headers"), Some("authorization,content-type"));
            assert_eq!(reply.header("access-control-max-age"), Some("600"));
            assert!(reply.header("vary").unwrap().contains("Origin"));
            assert_eq!(reply.text, "");
        }
    }
}

#[test]
fn all_others_are_told_nothing() {
    let world = world();
    let origins = [
        EVIL,
        "null",
        "*",
        "",
        "https://app.example:8443",
        "http://app.example",
        "https://APP.example",
        "https://app.example.evil.example",
        "https://app.example/",
        "http://127.0.0.1:5174",
        "http://127.0.0.1",
        "http://localhost:5173",
    ];
    for origin in origins {
        let reply = preflight(&world, TOKEN, origin, "POST").send().is(405);
        readable_by(&reply, None);
        let reply = world.post(TOKEN).header("origin", origin).form(&[("grant_type", "x")]).send();
        readable_by(&reply, None);
    }
}

#[test]
fn answers_and_refusals_can_be_read_by_the_tenants_origins() {
    let world = world();
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    for origin in [APP, SPA] {
        let reply = world.get("/api/auth/me").bearer(&token).header("origin", origin).send().is(200);
        readable_by(&reply, Some(origin));
        assert_eq!(reply.header("vary"), Some("Origin"));
        assert_eq!(reply.header("access-control-expose-headers"), Some("*"));
        readable_by(&world.get("/api/auth/me").header("origin", origin).send().is(401), Some(origin));
        readable_by(&world.post(TOKEN).header("origin", origin).send().is(415), Some(origin));
        readable_by(&world.put(TOKEN).header("origin", origin).send().is(405), Some(origin));
    }
    let plain = world.get("/api/auth/me").bearer(&token).send().is(200);
    readable_by(&plain, None);
    assert_eq!(plain.header("vary"), Some("Origin"));
    let own = world.get("/api/auth/me").bearer(&token).header("origin", "https://auth.example.com").send();
    readable_by(&own.is(200), None);
}

#[test]
fn what_is_published_is_anyones() {
    let world = world();
    for path in ["/.well-known/jwks.json", "/tenant/home/.well-known/openid-configuration"] {
        readable_by(&world.get(path).header("origin", EVIL).send().is(200), Some("*"));
        readable_by(&world.get(path).send().is(200), Some("*"));
        readable_by(&preflight(&world, path, EVIL, "GET").send().is(204), Some("*"));
    }
    readable_by(
        &world.get("/tenant/nobody/.well-known/jwks.json").header("origin", EVIL).send().is(404),
        Some("*"),
    );
}

#[test]
fn pages_and_what_servers_call_are_nobodys() {
    let world = world();
    for path in [
        "/tenant/home/login",
        "/tenant/home/oauth2/authorize",
        "/oauth2/authorize",
        "/tenant/home/oauth2/introspect",
        "/healthz",
        "/setup",
        "/dev/outbox",
    ] {
        readable_by(&preflight(&world, path, APP, "POST").send(), None);
        readable_by(&world.get(path).header("origin", APP).send(), None);
    }
    let page = world.get("/auth/reset-password?token=x").navigating().header("origin", APP).send();
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    readable_by(&page, None);
}

#[test]
fn one_tenants_origins_are_not_anothers() {
    let world = world();
    world.tenant("b");
    for origin in [APP, SPA] {
        readable_by(&preflight(&world, "/tenant/b/oauth2/token", origin, "POST").send().is(405), None);
        readable_by(&world.get("/tenant/b/v2/Users").header("origin", origin).send().is(401), None);
        readable_by(&world.get("/api/auth/me").tenant("b").header("origin", origin).send().is(401), None);
        readable_by(&preflight(&world, "/tenant/nobody/v2/Users", origin, "GET").send().is(405), None);
    }
}

#[test]
fn a_tenant_that_is_named_by_header_decides_on_the_answer() {
    let world = World::new();
    let admin = world.tenant("b");
    let settings = json!({ "allowedOrigins": [APP] });
    world.patch("/tenant/b/v2/Settings").bearer(&admin).json(settings).send().is(200);
    let ask = |origin: &str| {
        world
            .ask("OPTIONS", LOGIN)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type, X-Tenant-Id")
            .send()
    };
    readable_by(&ask(APP).is(204), Some(APP));
    // An origin that no tenant knows need not ask on.
    readable_by(&ask(EVIL).is(405), None);
    let login = json!({ "email": "x@example.com", "password": "wrong password" });
    let post = |origin| world.post(LOGIN).tenant("b").header("origin", origin).json(login.clone()).send();
    readable_by(&post(APP).is(401), Some(APP));
    readable_by(&post(EVIL).is(401), None);
}

#[test]
fn an_origin_goes_with_its_client() {
    let world = World::new();
    let admin = world.admin();
    let said = |uri: &str| json!({ "redirect_uris": [uri], "token_endpoint_auth_method": "none" });
    let made = world.post("/tenant/home/v2/Clients").bearer(&admin).json(said("https://one.example/cb"));
    let path = format!("/tenant/home/v2/Clients/{}", made.send().is(201).str("/client_id"));
    let status = |origin| preflight(&world, TOKEN, origin, "POST").send().status;
    assert_eq!((status("https://one.example"), status("https://two.example")), (204, 405));
    world.put(&path).bearer(&admin).json(said("https://two.example/cb")).send().is(200);
    assert_eq!((status("https://one.example"), status("https://two.example")), (405, 204));
    let other = |origin| preflight(&world, TOKEN, origin, "POST").elsewhere().send().status;
    assert_eq!(other("https://two.example"), 204);
    world.delete(&path).bearer(&admin).send().is(204);
    assert_eq!(status("https://two.example"), 405);
    assert_eq!(other("https://two.example"), 204);
    world.advance(5);
    assert_eq!(other("https://two.example"), 405);
    assert_eq!(world.number("SELECT count(*) AS n FROM client_origins"), 0);
}

#[test]
fn what_a_browser_asks_for_is_repeated_only_if_it_is_a_list_of_names() {
    let world = world();
    let long = "x".repeat(1_001);
    for headers in ["a\u{b}b", "a:b", "<script>", "a;b", &long] {
        let reply = world
            .ask("OPTIONS", TOKEN)
            .header("origin", APP)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", headers)
            .send()
            .is(204);
        assert_eq!(reply.header("access-control-allow-headers"), None, "{headers}");
    }
    world.ask("OPTIONS", TOKEN).send().is(405);
    world.ask("OPTIONS", TOKEN).header("origin", APP).send().is(405);
}

#[test]
fn a_route_that_asks_who_calls_lets_the_tenants_scripts_ask_first() {
    let world = world();
    world.route(json!({ "methods": ["GET", "POST"] }));
    for origin in [APP, SPA] {
        let reply = preflight(&world, "/app/x", origin, "POST").send().is(204);
        readable_by(&reply, Some(origin));
        assert_eq!(reply.header("access-control-allow-methods"), Some("POST"));
    }
    readable_by(&preflight(&world, "/app/x", APP, "DELETE").send().is(405), Some(APP));
    readable_by(&preflight(&world, "/nothing", APP, "GET").send().is(404), Some(APP));
    readable_by(&world.get("/app/x").header("origin", APP).send().is(401), Some(APP));
    let token = world.session(&world.user("ada@example.com")).access;
    let plan = |origin| world.get("/app/x").bearer(&token).header("origin", origin).plan();
    assert_eq!(plan(APP).readable_by.as_deref(), Some(APP));
    assert_eq!(plan(EVIL).readable_by, None);
    assert_eq!(world.get("/app/x").bearer(&token).plan().readable_by, None);
}

#[test]
fn the_origin_of_an_open_route_answers_for_itself() {
    let world = world();
    world.route(json!({ "auth": "none" }));
    let plan = preflight(&world, "/app/x", APP, "POST").plan();
    assert!(plan.url.ends_with("/app/x"));
    assert_eq!(plan.readable_by.as_deref(), Some(APP));
}

/// Where anyone registers a client, its origin may call what its own sign-in takes, and nothing else of the tenant's.
#[test]
fn an_origin_of_a_client_that_registered_itself_reaches_its_sign_in_alone() {
    let world = world();
    world.settings(json!({ "allowedOrigins": [APP], "clientRegistration": "open" }));
    let said = |uri: &str| json!({ "redirect_uris": [uri], "token_endpoint_auth_method": "none" });
    let register = |uri: &str| world.post("/oauth2/register").json(said(uri)).send().is(201);
    let client = register("https://evil.example/cb");
    register("http://localhost:4000/cb");
    world.route(json!({ "methods": ["GET", "POST"] }));
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    for origin in [EVIL, "http://localhost:4000"] {
        for path in ["token", "revoke", "userinfo"] {
            for path in [format!("/oauth2/{path}"), format!("/tenant/home/oauth2/{path}")] {
                readable_by(&preflight(&world, &path, origin, "POST").send().is(204), Some(origin));
                readable_by(
                    &world.post(&path).header("origin", origin).form(&[("x", "y")]).send(),
                    Some(origin),
                );
            }
        }
        for path in ["/.well-known/jwks.json", "/tenant/home/.well-known/openid-configuration"] {
            readable_by(&world.get(path).header("origin", origin).send().is(200), Some("*"));
        }
        for path in [
            LOGIN,
            "/api/auth/me",
            "/api/auth/api-keys",
            "/auth/login",
            "/auth/register",
            "/user/login",
            "/tenant/home/v2/Users",
            "/oauth2/par",
            "/oauth2/device_authorization",
            "/oauth2/introspect",
            "/tenant/home/oauth2/par",
            "/nothing",
        ] {
            readable_by(&preflight(&world, path, origin, "POST").send(), None);
            readable_by(&preflight(&world, path, origin, "GET").send(), None);
        }
        readable_by(&world.get("/api/auth/me").bearer(&token).header("origin", origin).send().is(200), None);
        assert_eq!(world.get("/app/x").bearer(&token).header("origin", origin).plan().readable_by, None);
    }
    // Changing itself gives it no more.
    let path = client.str("/registration_client_uri").replace("https://auth.example.com", "");
    let bearer = client.str("/registration_access_token");
    let change =
        json!({ "client_id": client.str("/client_id"), "redirect_uris": ["https://other.evil.example/cb"] });
    world.put(&path).bearer(&bearer).json(change).send().is(200);
    readable_by(&preflight(&world, LOGIN, "https://other.evil.example", "POST").send(), None);
    readable_by(
        &preflight(&world, TOKEN, "https://other.evil.example", "POST").send().is(204),
        Some("https://other.evil.example"),
    );
    readable_by(&preflight(&world, TOKEN, EVIL, "POST").send(), None);
    // One that the tenant knows already loses nothing by it, and one that an administrator names gains all.
    register(&format!("{SPA}/mine"));
    register("https://app.example/mine");
    for origin in [APP, SPA] {
        readable_by(&preflight(&world, LOGIN, origin, "POST").fresh().send().is(204), Some(origin));
        readable_by(&preflight(&world, "/app/x", origin, "POST").fresh().send().is(204), Some(origin));
    }
}
