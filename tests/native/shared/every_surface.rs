//! One table of bad requests, run on each surface: the same status everywhere, each in its surface's shape.

use portcullis::http::guard::Guard;
use serde_json::json;

use crate::harness::{Ask, PASSWORD, Reply, World};

/// An endpoint of each surface that reads a JSON body, with a good one; its surface; whether it asks who calls.
fn endpoints() -> Vec<(&'static str, &'static str, serde_json::Value, bool)> {
    let login = json!({ "email": "nobody@example.com", "password": PASSWORD });
    vec![
        ("session", "/api/auth/login", login.clone(), false),
        ("session", "/api/auth/refresh", json!({ "refreshToken": "x" }), false),
        (
            "session",
            "/api/auth/change-password",
            json!({ "currentPassword": "x", "newPassword": PASSWORD }),
            true,
        ),
        ("session", "/api/auth/api-keys", json!({ "name": "x", "scopes": ["read"] }), true),
        ("account", "/auth/register", json!({ "email": "a@b.example", "password": PASSWORD }), false),
        ("account", "/auth/verify-email", json!({ "token": "x" }), false),
        ("account", "/auth/login", login, false),
        ("account", "/auth/refresh", json!({ "refresh_token": "x" }), false),
        ("account", "/auth/logout", json!({ "refresh_token": "x" }), false),
        ("account", "/auth/forgot-password", json!({ "email": "a@b.example" }), false),
        ("account", "/auth/reset-password", json!({ "token": "x", "password": PASSWORD }), false),
        ("connections", "/users/generate-api-key", json!({ "name": "x" }), true),
        ("tenant", "/tenant/home/v2/Users", json!({ "email": "a@b.example" }), true),
        (
            "tenant",
            "/tenant/home/v2/Routes",
            json!({ "name": "x", "path": "/x", "origin": "http://x" }),
            true,
        ),
        ("tenant", "/tenant/home/v2/Roles", json!({ "name": "X", "rank": 1 }), true),
        ("tenant", "/tenant/home/v2/Plans", json!({ "name": "x", "rank": 1 }), true),
        ("tenant", "/tenant/home/v2/Keys/rotate", json!({}), true),
        ("tenant", "/tenant/home/v2/Keys/reseal", json!({}), true),
        ("tenant", "/tenant/home/v2/Tenants", json!({ "name": "x" }), true),
        ("tenant", "/setup", json!({ "token": "x", "email": "a@b.example", "password": PASSWORD }), false),
    ]
}

/// Whether a refusal is in its surface's shape.
fn assert_shape(surface: &str, reply: &Reply, code: &str) {
    let shaped = match surface {
        "session" => {
            reply.json["success"] == false && reply.json["error"].is_string() && reply.json["code"] == code
        }
        "account" => reply.json["error"] == code.to_ascii_lowercase() && reply.json["message"].is_string(),
        "connections" => {
            let members = ["error", "statusCode", "success", "timestamp"];
            let mut found: Vec<_> = reply.json.as_object().unwrap().keys().map(String::as_str).collect();
            found.sort_unstable();
            found == members && reply.json["statusCode"] == reply.status && reply.json["success"] == false
        }
        _ => {
            reply.header("content-type") == Some("application/problem+json")
                && reply.json["status"] == reply.status
                && reply.json["code"] == code
        }
    };
    assert!(shaped, "{surface} {code}: {}", reply.text);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
}

/// Makes one bad request of each endpoint and checks how it is refused.
fn on_each(status: u16, code: &str, bad: impl for<'w> Fn(Ask<'w>, &serde_json::Value) -> Ask<'w>) {
    let world = World::new();
    let admin = world.admin();
    for (surface, path, body, guarded) in endpoints() {
        let ask = world.post(path).unlimited();
        let ask = if guarded { ask.bearer(&admin) } else { ask };
        let reply = bad(ask, &body).send();
        assert_eq!(reply.status, status, "{path}: {}", reply.text);
        assert_shape(surface, &reply, code);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM audit WHERE outcome = 'success'"), 1);
}

#[test]
fn a_body_of_another_type_is_not_read() {
    for kind in
        ["text/plain", "", "application/xml", "application/jsonp", "text/json; application/json", "json"]
    {
        on_each(415, "UNSUPPORTED_MEDIA_TYPE", |ask, body| ask.body(kind, body.to_string()));
    }
}

#[test]
fn a_body_that_is_too_long_is_not_read() {
    on_each(413, "PAYLOAD_TOO_LARGE", |ask, _| {
        ask.body("application/json", format!("{{\"x\":\"{}\"}}", "x".repeat(1024 * 1024)))
    });
    on_each(413, "PAYLOAD_TOO_LARGE", |ask, body| ask.header("content-length", "1048577").json(body.clone()));
}

#[test]
fn what_is_no_json_is_refused() {
    let bodies = [b"{".to_vec(), b"nonsense".to_vec(), b"{} {}".to_vec(), b"{'a':1}".to_vec()];
    for bad in bodies.into_iter().chain([b"\x00".to_vec(), b"{\"a\":1,}".to_vec()]) {
        on_each(400, "VALIDATION_ERROR", |ask, _| ask.body("application/json", bad.clone()));
    }
}

#[test]
fn depth_is_refused_or_skipped_and_never_followed() {
    let world = World::new();
    let admin = world.admin();
    for (open, close) in [("[", "]"), ("{\"x\":", "}")] {
        let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        for (_, path, body, guarded) in endpoints() {
            let post = || if guarded { world.post(path).bearer(&admin) } else { world.post(path) };
            for member in body.as_object().unwrap().keys() {
                let body = format!("{{\"{member}\":{deep}}}");
                post().unlimited().body("application/json", body).send().is(400);
            }
            let body = format!("{{\"unknown\":{deep}}}");
            let reply = post().unlimited().body("application/json", body).send();
            assert!(reply.status < 500, "{path}: {}", reply.text);
        }
        let settings = world.patch("/tenant/home/v2/Settings").bearer(&admin);
        settings.body("application/json", format!("{{\"unknown\":{deep}}}")).send().is(400);
    }
}

#[test]
fn json_of_another_shape_is_refused() {
    for bad in [json!([]), json!("x"), json!(1), json!(null), json!(true)] {
        on_each(400, "VALIDATION_ERROR", |ask, _| ask.json(bad.clone()));
    }
}

#[test]
fn a_member_of_another_type_is_refused_and_not_repeated() {
    on_each(400, "VALIDATION_ERROR", |ask, body| {
        let mut body = body.clone();
        for member in body.as_object_mut().unwrap().values_mut() {
            *member = json!({ "hunter2": ["hunter2"] });
        }
        if body == json!({}) { ask.json(json!({ "revoke": "hunter2" })) } else { ask.json(body) }
    });
    let world = World::new();
    let reply =
        world.post("/auth/login").json(json!({ "email": "a", "password": ["hunter2"] })).send().is(400);
    assert!(!reply.text.contains("hunter2"));
}

#[test]
fn a_member_that_comes_twice_is_refused() {
    on_each(400, "VALIDATION_ERROR", |ask, body| {
        let text = body.to_string();
        let members = text.trim_start_matches('{').trim_end_matches('}');
        let members = if members.is_empty() { "\"revoke\":false" } else { members };
        ask.body("application/json", format!("{{{members},{members}}}"))
    });
    let world = World::new();
    let login = |text: &str| world.post("/auth/login").body("application/json", text).send().is(400);
    login(r#"{"email":"a@b.example","password":"x","y":{"z":1,"z":2}}"#);
    let reply = login("{\"email\":\"a@b.example\",\n\"password\":\"hunter1\",\"password\":\"hunter2\"}");
    assert!(reply.text.contains("a member comes twice (line 2"), "{}", reply.text);
    assert!(!reply.text.contains("hunter"));
}

#[test]
fn it_is_said_where_a_body_is_wrong() {
    let world = World::new();
    for (body, said) in [
        (r#"{"email":"a@b.example"}"#, "missing field `password`"),
        (r#"{"email":1,"password":"x"}"#, "expected a string at `email`"),
        (r#"{"email":"a@b.example","password":x}"#, "the body is not valid JSON (line 1, column 35)"),
        ("[]", "the body is not a JSON object"),
        ("\"\u{7f}", "the body is not valid JSON (line 1, column 2)"),
    ] {
        let reply = world.post("/auth/login").body("application/json", body).send().is(400);
        assert!(reply.text.contains(said), "{said}: {}", reply.text);
    }
    let admin = world.admin();
    let first = json!({ "id": "acme", "name": "Acme", "admin": { "email": "a@b.example" } });
    let reply = world.post("/tenant/home/v2/Tenants").bearer(&admin).json(first).send().is(400);
    assert!(reply.text.contains("missing field `password` at `admin`"), "{}", reply.text);
    let settings =
        |change| world.patch("/tenant/home/v2/Settings").bearer(&admin).json(change).send().is(400);
    assert!(settings(json!({ "mfa": "sometimes" })).text.contains("`optional`, `required` at `mfa`"));
    assert!(
        settings(json!({ "defaultRoles": ["a", 1] })).text.contains("expected a string at `defaultRoles[1]`")
    );
    assert!(settings(json!({ "hunter2": 1 })).text.contains("unknown field"));
}

#[test]
fn a_form_is_read_as_json_is() {
    let world = World::new();
    let reset = |fields: &[(&str, &str)]| world.post("/auth/reset-password").form(fields).send();
    let reply = reset(&[("token", "x")]).is(400);
    assert!(reply.text.contains("missing field `password`"), "{}", reply.text);
    let reply = reset(&[("token", "x"), ("password", "a"), ("password", "a")]).is(400);
    assert!(reply.text.contains("comes twice"), "{}", reply.text);
}

#[test]
fn text_that_is_not_unicode_is_refused() {
    let world = World::new();
    for bad in [b"\xff".as_slice(), b"\xc0\xaf", b"\xed\xa0\x80", b"\\ud800"] {
        let body = [b"{\"email\":\"a@b.example\",\"password\":\"", bad, b"\"}"].concat();
        world.post("/auth/login").body("application/json", body).send().is(400);
    }
}

#[test]
fn the_type_may_have_a_suffix_parameters_and_any_case() {
    let world = World::new();
    for kind in [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/problem+json",
        " application/json ;x",
    ] {
        world.post("/auth/forgot-password").body(kind, r#"{"email":"a@b.example"}"#).send().is(200);
    }
}

#[test]
fn auth_endpoints_read_less_than_the_others() {
    let world = World::new();
    let body = |length: usize| json!({ "email": "a@b.example", "x": "x".repeat(length) });
    world.post("/auth/forgot-password").json(body(65_000)).send().is(200);
    world.post("/auth/forgot-password").json(body(66_000)).send().is(413);
    let plan = json!({ "name": "x", "rank": 1, "features": [], "more": "x".repeat(66_000) });
    world.post("/tenant/home/v2/Plans").bearer(&world.admin()).json(plan).send().is(400);
}

#[test]
fn a_method_that_a_path_does_not_have_is_refused_with_those_it_has() {
    let world = World::new();
    for surface in world.table.surfaces() {
        for route in &surface.routes {
            let path = route.path.replace("{tenant}", "home").replace("{id}", "x").replace("{name}", "x");
            for method in ["TRACE", "PROPFIND", "OPTIONS"] {
                let reply = world.ask(method, &path).send().is(405);
                let allow = reply.header("allow").unwrap().to_owned();
                assert!(allow.split(", ").any(|allowed| allowed == route.method), "{path}: {allow}");
                if matches!(surface.name, "session" | "account" | "connections" | "tenant") {
                    assert_shape(surface.name, &reply, "METHOD_NOT_ALLOWED");
                }
            }
        }
    }
}

#[test]
fn a_tenant_that_does_not_exist_is_not_found() {
    let world = World::new();
    let admin = world.admin();
    for (surface, path, body, guarded) in endpoints() {
        for id in ["nobody", "..", "HOME", "home%20", &"x".repeat(200)] {
            let (path, ask) = match path.strip_prefix("/tenant/home/") {
                Some(rest) => (format!("/tenant/{id}/{rest}"), None),
                None => (path.to_owned(), Some(id)),
            };
            let request = world.post(&path).json(body.clone());
            let request = if guarded { request.bearer(&admin) } else { request };
            let request = match ask {
                Some(id) => request.tenant(id),
                None => request,
            };
            let reply = request.send();
            assert_eq!(reply.status, 404, "{path} {id}: {}", reply.text);
            assert_shape(surface, &reply, "NOT_FOUND");
        }
    }
}

/// Every guarded row of the table, as a request.
fn guarded(world: &World) -> Vec<(String, String, &'static str)> {
    let rows = world.table.surfaces().iter().flat_map(|surface| {
        surface.routes.iter().filter(|route| !matches!(route.run.guard(), Guard::Open | Guard::Client)).map(
            |route| {
                let path = route.path.replace("{id}", "x").replace("{name}", "x");
                (route.method.to_owned(), path, surface.name)
            },
        )
    });
    rows.collect()
}

#[test]
fn no_guarded_row_answers_one_without_or_with_a_bad_credential() {
    let world = World::new();
    for (method, path, surface) in guarded(&world) {
        let path = path.replace("{tenant}", "home");
        let reply = world.ask(&method, &path).send().is(401);
        assert_shape(surface, &reply, "UNAUTHORIZED");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        let reply = world.ask(&method, &path).bearer("nonsense").send().is(401);
        assert_shape(surface, &reply, "UNAUTHORIZED");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
}

#[test]
fn no_guarded_row_answers_a_token_of_another_tenant() {
    let world = World::new();
    let theirs = world.tenant("b");
    let ours = world.admin();
    for (method, path, surface) in guarded(&world) {
        for (token, tenant) in [(&theirs, "home"), (&ours, "b")] {
            let path = path.replace("{tenant}", tenant);
            let reply = world.ask(&method, &path).tenant(tenant).bearer(token).send();
            assert_eq!(reply.status, 403, "{method} {path}: {}", reply.text);
            assert_shape(surface, &reply, "FORBIDDEN");
        }
    }
}

#[test]
fn no_row_of_the_tenant_api_answers_one_who_is_no_administrator() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.roles = vec!["MANAGER".into()]);
    let token = world.session(&user).access;
    for (method, path, surface) in guarded(&world).into_iter().filter(|(_, _, surface)| *surface == "tenant")
    {
        let reply = world.ask(&method, &path.replace("{tenant}", "home")).bearer(&token).send().is(403);
        assert_shape(surface, &reply, "FORBIDDEN");
    }
}

#[test]
fn what_is_broken_is_logged_with_an_id_and_shown_as_a_bare_500() {
    let world = World::new();
    for (surface, path, body, _) in endpoints() {
        world.db.broken.set(true);
        let reply = world.post(path).bearer("x").fresh().json(body).send().is(500);
        assert!(!reply.text.contains("sqlite") && !reply.text.contains("out of order"), "{}", reply.text);
        let id = ["/requestId", "/request_id"].iter().find_map(|at| reply.json.pointer(at)).unwrap();
        let lines = world.log.0.borrow();
        let line = lines.last().unwrap();
        assert!(line.contains(id.as_str().unwrap()) && line.contains("out of order"), "{surface}: {line}");
    }
}
