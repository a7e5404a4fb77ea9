//! What browsers that navigate are shown when something went wrong, on every surface and behind the gateway.

use portcullis::http;
use portcullis::http::request::Request;
use portcullis::model::headers::Headers;
use serde_json::json;

use crate::harness::{Ask, PASSWORD, Reply, World};

/// The headers that browsers send when they navigate, with what old ones leave out; and those of programs.
const BROWSERS: [&[(&str, &str)]; 3] = [
    &[("sec-fetch-mode", "navigate"), ("accept", "text/html,application/xhtml+xml,*/*;q=0.8")],
    &[("sec-fetch-mode", "navigate"), ("accept", "*/*")],
    &[("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")],
];
const PROGRAMS: [&[(&str, &str)]; 5] = [
    &[],
    &[("accept", "*/*")],
    &[("accept", "application/json")],
    &[("sec-fetch-mode", "cors"), ("accept", "text/html")],
    &[("sec-fetch-mode", "no-cors"), ("accept", "image/avif,*/*")],
];

fn with<'w>(ask: Ask<'w>, headers: &[(&str, &str)]) -> Ask<'w> {
    headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
}

fn is_page(reply: &Reply) -> bool {
    reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

/// A world with a route for each rule, and the cookie of one who passes none of them.
fn gated() -> (World, String) {
    let world = World::new();
    world.sql("INSERT INTO plans (tenant_id, name, rank, features) VALUES ('home', 'pro', 5, '[\"x\"]')");
    for (name, rule) in [
        ("role", json!({ "roles": ["ADMIN"] })),
        ("plan", json!({ "minimumPlan": "pro" })),
        ("feature", json!({ "feature": "x" })),
        ("scope", json!({ "scopes": ["a:b"] })),
        ("limit", json!({ "rateLimit": { "requests": 1, "windowSeconds": 600, "key": "route" } })),
        ("method", json!({ "methods": ["POST"] })),
        ("key", json!({ "credentials": ["apiKey"] })),
    ] {
        let mut route = json!({ "name": name, "path": format!("/{name}/"), "auth": "required" });
        route.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
        world.route(route);
    }
    let cookie = world.cookie(&world.user("ada@example.com"));
    world.get("/limit/").cookie(&cookie).plan();
    (world, cookie)
}

#[test]
fn every_surface_shows_browsers_a_page_and_programs_what_it_always_said() {
    let (world, cookie) = gated();
    for (method, path, status) in [
        ("GET", "/role/x", 403),
        ("GET", "/plan/x", 403),
        ("GET", "/feature/x", 403),
        ("GET", "/scope/x", 403),
        ("GET", "/limit/x", 429),
        ("GET", "/method/x", 405),
        ("GET", "/key/x", 401),
        ("GET", "/nowhere", 404),
        ("GET", "/a//b", 400),
        // Session, account, user, tenant and OAuth API, the pages, and what runs the deployment.
        ("GET", "/api/auth/me", 401),
        ("GET", "/api/auth/login", 405),
        ("GET", "/api/auth/api-keys", 401),
        ("GET", "/auth/mfa", 401),
        ("GET", "/auth/register", 405),
        ("GET", "/auth/verify-email?token=x", 400),
        ("GET", "/users/logout", 405),
        ("POST", "/users/generate-api-key", 401),
        ("GET", "/tenant/home/v2/Users", 401),
        ("GET", "/tenant/nobody/v2/Users", 404),
        ("GET", "/oauth2/token", 405),
        ("GET", "/oauth2/userinfo", 401),
        ("GET", "/tenant/home/oauth2/introspect", 405),
        ("GET", "/tenant/nobody/login", 404),
        ("GET", "/tenant/home/login?request=gone", 400),
        ("DELETE", "/tenant/home/login", 405),
        ("GET", "/setup", 405),
        ("GET", "/dev/outbox/x", 404),
    ] {
        for headers in BROWSERS {
            let page = with(world.ask(method, path).cookie(&cookie), headers).send().is(status);
            assert!(is_page(&page), "{method} {path} {headers:?}: {}", page.text);
            assert!(page.text.contains("<h1>"), "{path}");
            let reference = page.text.split_once("Reference: ").unwrap().1.split_once('<').unwrap().0;
            let logged = world.log.0.borrow().iter().any(|line| line.contains(reference));
            assert!(logged, "{path}: {reference} is in no line of the log");
        }
        for headers in PROGRAMS {
            let plain = with(world.ask(method, path).cookie(&cookie), headers).send().is(status);
            assert!(
                !is_page(&plain) && plain.json.is_object(),
                "{method} {path} {headers:?}: {}",
                plain.text
            );
        }
        let json = with(world.ask(method, path).cookie(&cookie), BROWSERS[2]).json(json!({})).send();
        assert!(!is_page(&json), "{method} {path}: a body of JSON is a program's");
    }
}

#[test]
fn a_page_says_where_one_is_who_one_is_and_the_ways_from_here() {
    let (world, cookie) = gated();
    let page = world.get("/role/x?a=1&b=2").navigating().cookie(&cookie).send().is(403);
    for said in [
        "<p class=\"tenant\">Home</p>",
        "You are signed in as ada@example.com.",
        "href=\"/tenant/home/login?return_to=/role/x%3Fa%3D1%26b%3D2\">Use another account</a>",
        "href=\"/\">Home page</a>",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    let came = world.get("/role/x").navigating().cookie(&cookie);
    let page = came.clone().header("referer", "https://auth.example.com/before?x=1").send().is(403);
    assert!(page.text.contains("href=\"/before?x=1\">Back</a>"), "{}", page.text);
    for elsewhere in [
        "https://evil.example/before",
        "https://auth.example.com.evil.example/",
        "https://auth.example.com//evil.example",
    ] {
        let page = came.clone().header("referer", elsewhere).send().is(403);
        assert!(!page.text.contains("evil.example"), "{}", page.text);
    }
    let nobody = world.get("/nowhere").navigating().send().is(404);
    assert!(
        nobody.text.contains("href=\"/tenant/home/login?return_to=/nowhere\">Sign in</a>"),
        "{}",
        nobody.text
    );
    assert!(!nobody.text.contains("signed in as"));
    // A page of ours that failed is nothing to come back to.
    let dead = world.get("/tenant/home/nowhere").navigating().send().is(404);
    assert!(dead.text.contains("href=\"/tenant/home/login\">Sign in</a>"), "{}", dead.text);
}

#[test]
fn the_reason_is_the_true_one_in_both_languages() {
    let (world, cookie) = gated();
    for (path, status, english, german) in [
        (
            "/role/",
            403,
            "You are not allowed to do this. If you need access",
            "Das ist Ihnen nicht erlaubt. Wenn",
        ),
        ("/plan/", 403, "needs the plan pro or a higher one. Your plan is free", "Tarif pro"),
        ("/feature/", 403, "Your plan, free, does not include this", "Ihr Tarif free enthält das nicht"),
        ("/limit/", 429, "in 10 minutes", "in 10 Minuten"),
        ("/method/", 405, "cannot be opened in this way", "lässt sich so nicht öffnen"),
        ("/nowhere", 404, "no page at this address", "gibt es keine Seite"),
        ("/a//b", 400, "more than one way", "nicht eindeutig"),
    ] {
        for (language, said) in [("en", english), ("de", german)] {
            let ask = world.get(path).navigating().cookie(&cookie).header("accept-language", language);
            let page = ask.send().is(status);
            assert!(page.text.contains(said), "{said}: {}", page.text);
            assert!(page.text.contains(&format!("<html lang=\"{language}\">")), "{path}");
        }
    }
    let page = world.get("/limit/").navigating().cookie(&cookie).send().is(429);
    assert_eq!(page.header("retry-after"), Some("600"));
    assert!(page.text.contains("href=\"/limit/\">Try again</a>"), "{}", page.text);
}

#[test]
fn a_person_of_another_tenant_is_told_whose_page_it_is() {
    let world = World::new();
    world.tenant("b");
    world.route(json!({ "auth": "required" }));
    let body = json!({ "host": "b.example" });
    world.patch("/tenant/home/v2/Tenants/b").bearer(&world.admin()).json(body).send().is(200);
    let cookie = world.cookie(&world.user_with("b", "ada@b.example", |_| {}));
    let page = world.get("/app/").navigating().cookie(&cookie).send().is(403);
    assert!(page.text.contains("This page belongs to Home."), "{}", page.text);
    assert!(page.text.contains("ada@b.example"), "{}", page.text);
    let theirs = world.get("/nowhere").host("b.example").navigating().cookie(&cookie).send().is(404);
    assert!(theirs.text.contains("Tenant b"), "{}", theirs.text);
}

#[test]
fn what_is_typed_into_an_address_stays_text() {
    let world = World::new();
    let page =
        world.get("/x?%22%3E%3Cscript%3Ealert(1)%3C/script%3E=\"><script>").navigating().send().is(404);
    assert!(!page.text.contains("<script>"), "{}", page.text);
}

#[test]
fn a_fault_of_ours_is_a_page_with_the_logs_reference() {
    let world = World::new();
    world.get("/app/").navigating().send().is(404);
    world.db.broken.set(true);
    for (path, language, said) in [
        ("/api/auth/me", "en", "Something went wrong on our side"),
        ("/tenant/home/login", "de", "Bei uns ist etwas schiefgegangen"),
        ("/tenant/b/v2/Users", "en", "Something went wrong on our side"),
    ] {
        let ask = world.get(path).navigating().bearer("x").header("accept-language", language).fresh();
        let page = ask.send().is(500);
        assert!(is_page(&page) && page.text.contains(said), "{path}: {}", page.text);
        let last = world.log.0.borrow().iter().rfind(|line| line.contains("error")).cloned().unwrap();
        let id =
            serde_json::from_str::<serde_json::Value>(&last).unwrap()["request"].as_str().unwrap().to_owned();
        assert!(page.text.contains(&id), "{path}: {}", page.text);
        let plain = world.get(path).bearer("x").fresh().send().is(500);
        assert!(plain.json.is_object(), "{}", plain.text);
    }
}

#[test]
fn an_origin_that_fails_is_a_page_too() {
    let world = World::new();
    let cx = world.cx();
    let request = |headers: &[(&str, &str)]| Request {
        method: "GET".into(),
        host: "auth.example.com".into(),
        path: "/app/x".into(),
        query: "?a=1".into(),
        headers: Headers::new(headers.iter().map(|(name, value)| ((*name).into(), (*value).into()))),
        body: Box::new(Vec::new()),
    };
    for (status, english, german) in [
        (502, "could not be reached", "ist gerade nicht erreichbar"),
        (503, "not ready to answer", "noch nicht bereit"),
        (504, "did not answer in time", "nicht rechtzeitig geantwortet"),
        (508, "came back to where it started", "dorthin zurück"),
    ] {
        for (language, said) in [("en", english), ("de", german)] {
            let headers = [("sec-fetch-mode", "navigate"), ("accept-language", language)];
            let request = request(&headers);
            let failed =
                pollster::block_on(http::origin_failed(&cx, &world.table, &request, status)).unwrap();
            assert_eq!(failed.status, status);
            assert!(failed.body.contains(said), "{}", failed.body);
            assert!(failed.body.contains("href=\"/app/x?a=1\">"), "{}", failed.body);
        }
        let navigation = request(&[("sec-fetch-mode", "navigate")]);
        assert!(pollster::block_on(http::origin_failed(&cx, &world.table, &navigation, 0)).is_none());
        let program = request(&[("accept", "application/json")]);
        assert!(pollster::block_on(http::origin_failed(&cx, &world.table, &program, status)).is_none());
    }
}

#[test]
fn a_form_that_is_refused_is_a_page_and_signs_nobody_in() {
    let world = World::new();
    world.user("ada@example.com");
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let form = world.post("/tenant/home/login").navigating().form(&fields);
    let page = form.header("sec-fetch-site", "cross-site").send().is(403);
    assert!(is_page(&page) && page.header("set-cookie").is_none());
}
