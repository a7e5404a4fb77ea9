//! Where the console is: at a host of its own, or at the deployment's while no application can answer there.

use serde_json::json;

use super::{TOKEN, VERIFIER, admin, authorize_path, code_in};
use crate::harness::World;

const HOST: &str = "console.example.com";

fn world() -> World {
    World::with(&[("CONSOLE_HOST", HOST)])
}

const SHELL: &str = "/tenant/home/console/users?q=ada";

/// `GET /tenant/home/console/{*screen}`.
#[test]
fn the_page_is_at_every_address_below_it_under_a_strict_policy() {
    let world = World::new();
    for path in
        ["/tenant/home/console", "/tenant/home/console/", SHELL, "/tenant/home/console/users/1/sessions"]
    {
        let page = world.get(path).navigating().send().is(200);
        let policy = page.header("content-security-policy").unwrap();
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self' data:",
            "frame-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.split("; ").any(|one| one == rule), "{rule} in {policy}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert!(page.text.contains("data-tenant=\"home\"") && page.text.contains("/console/console.js"));
        assert!(!page.text.contains("<style") && !page.text.contains("onload"));
    }
    world.get("/tenant/nobody/console").navigating().send().is(404);
    let german = world.get(SHELL).navigating().header("accept-language", "de").send().is(200);
    assert!(german.text.contains("<html lang=\"de\">"));
}

#[test]
fn a_hostile_tenant_name_is_text_on_the_page() {
    let world = World::new();
    let body = json!({ "id": "acme", "name": "\"><script>alert(1)</script>" });
    world.post("/tenant/home/v2/Tenants").bearer(&world.admin()).json(body).send().is(201);
    let page = world.get("/tenant/acme/console").navigating().send().is(200);
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
}

#[test]
fn the_root_leads_to_the_tenants_console() {
    for path in ["/console", "/console/"] {
        let world = World::new();
        let at = |reply: crate::harness::Reply| reply.header("location").unwrap().to_owned();
        assert_eq!(at(world.get(path).send().is(303)), "/tenant/home/console");
        let world = self::world();
        assert_eq!(at(world.get(path).host(HOST).send().is(303)), "/tenant/home/console");
        assert_eq!(at(world.get(path).send().is(303)), format!("https://{HOST}/tenant/home/console"));
    }
}

#[test]
fn without_a_host_of_its_own_it_is_nowhere_once_an_application_can_answer_there() {
    for (route, is_there) in [
        (json!({}), false),
        (json!({ "host": "auth.example.com" }), false),
        (json!({ "host": "AUTH.example.com:443" }), false),
        (json!({ "host": "app.example.com" }), true),
    ] {
        let world = World::new();
        let cookie = world.cookie(&admin(&world));
        let code = world.console_code(&cookie);
        world.route(route.clone());
        let [shell, way, token] = [
            world.get(SHELL).navigating().send(),
            world.goes_to_console(&cookie, ""),
            world.post(TOKEN).json(json!({ "code": code, "codeVerifier": VERIFIER })).send(),
        ];
        let expected = if is_there { [200, 303, 200] } else { [409, 403, 404] };
        assert_eq!([shell.status, way.status, token.status], expected, "{route}");
        if !is_there {
            assert!(shell.text.contains("CONSOLE_HOST") && !shell.text.contains("console.js"));
        }
        // At a host of its own it is there all the same.
        world.restart(&[("CONSOLE_HOST", HOST)]);
        world.get(SHELL).host(HOST).navigating().send().is(200);
    }
}

#[test]
fn at_its_own_host_is_the_console_with_what_it_calls_and_nothing_else() {
    let world = world();
    world.route(json!({ "path": "/", "auth": "none" }));
    world.route(json!({ "name": "here", "host": HOST, "path": "/here/", "auth": "none" }));
    for path in [
        "/",
        "/here/",
        "/app/x",
        "/tenant/home/login",
        "/tenant/home/account",
        "/auth/login",
        "/tenant/home/oauth2/authorize",
        "/.well-known/jwks.json",
        "/auth/providers",
        "/tenant/home/sso/okta",
    ] {
        for host in [HOST, "CONSOLE.example.com", "console.example.com:443", "console.example.com."] {
            assert_eq!(world.get(path).host(host).send().status, 404, "{host}{path}");
        }
    }
    world.get("/other").plan();
    world.get(SHELL).host(HOST).navigating().send().is(200);
    world.get("/tenant/home/v2/Users").host(HOST).bearer(&world.admin()).send().is(200);
    world.get("/api/auth/me").host(HOST).bearer(&world.admin()).send().is(200);
    world.get("/healthz").host(HOST).send().is(200);
}

#[test]
fn the_code_goes_to_its_own_host_and_works_there_alone() {
    let world = world();
    let cookie = world.cookie(&admin(&world));
    world.route(json!({ "path": "/", "auth": "none" }));
    let location = world.goes_to_console(&cookie, "").is(303).header("location").unwrap().to_owned();
    assert!(location.starts_with("https://console.example.com/tenant/home/console/callback?code="));
    let body = json!({ "code": code_in(&location), "codeVerifier": VERIFIER });
    world.post(TOKEN).json(body.clone()).send().is(404);
    let token = world.post(TOKEN).host(HOST).json(body).send().is(200).str("/accessToken");
    world.get("/tenant/home/v2/Clients").host(HOST).bearer(&token).send().is(200);
    // The page that was asked for elsewhere.
    let moved = world.get(SHELL).navigating().send().is(303);
    assert_eq!(moved.header("location"), Some(&*format!("https://{HOST}{SHELL}")));
    // A cookie is given, and read, at the deployment's own host alone.
    world.get(&authorize_path("")).host(HOST).navigating().cookie(&cookie).send().is(404);
    world.get(&authorize_path("")).host("acme.example").navigating().cookie(&cookie).send().is(404);
}

#[test]
fn no_scripts_of_other_origins_may_open_it() {
    let world = World::new();
    world.settings(json!({ "allowedOrigins": ["https://spa.example"] }));
    for path in [TOKEN, "/tenant/home/console-session/authorize"] {
        let ask = world.ask("OPTIONS", path).header("origin", "https://spa.example");
        let answer = ask.header("access-control-request-method", "POST").send();
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
    let answer =
        world.post(TOKEN).header("origin", "https://spa.example").json(json!({ "renewal": "x" })).send();
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn no_tenant_and_no_route_has_the_consoles_host() {
    let world = world();
    let admin = world.admin();
    for host in [HOST, "Console.Example.com"] {
        let body = json!({ "id": "acme", "name": "Acme", "host": host });
        world.post("/tenant/home/v2/Tenants").bearer(&admin).json(body).send().is(400);
        world
            .patch("/tenant/home/v2/Tenants/home")
            .bearer(&admin)
            .json(json!({ "host": host }))
            .send()
            .is(400);
    }
    let route = json!({ "name": "loop", "path": "/loop/", "origin": format!("https://{HOST}/x") });
    world.post("/tenant/home/v2/Routes").bearer(&admin).json(route).send().is(400);
}
