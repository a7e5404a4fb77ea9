//! A route that leads back to us: ended at the second turn, and refused when it is saved where it shows.

use serde_json::json;

use crate::harness::{World, set};

const OURS: &str = "1.1 portcullis_auth.example.com";

#[test]
fn what_an_origin_gets_is_refused_when_it_comes_back() {
    let world = World::new();
    for auth in ["none", "optional"] {
        world.route(json!({ "name": auth, "path": format!("/{auth}/"), "auth": auth }));
        let plan = world.get(&format!("/{auth}/")).plan();
        let mut back = world.get(&format!("/{auth}/"));
        for (name, value) in &plan.set {
            back = back.header(name, value);
        }
        let reply = back.send().is(508);
        assert_eq!(reply.json["code"], "LOOP_DETECTED");
        assert_eq!(reply.json["success"], false);
    }
}

#[test]
fn each_surface_says_so_in_its_own_shape_before_any_work() {
    let world = World::new();
    let token = world.session(&world.user("ada@example.com")).access;
    world.route(json!({ "path": "/app/" }));
    let trips = world.db.trips.get();
    let code = |at: &'static str, code: &str| Some((at, json!(code)));
    for (method, path, said) in [
        ("GET", "/api/auth/me", code("/code", "LOOP_DETECTED")),
        ("POST", "/api/auth/login", code("/code", "LOOP_DETECTED")),
        ("POST", "/auth/login", code("/error", "loop_detected")),
        ("GET", "/users/auth/status", code("/error", "The request came back to this gateway")),
        ("GET", "/tenant/home/v2/Users", Some(("/status", json!(508)))),
        ("POST", "/tenant/home/oauth2/token", code("/error", "server_error")),
        ("GET", "/tenant/home/login", None),
        ("GET", "/healthz", Some(("/status", json!(508)))),
        ("GET", "/docs/openapi.json", Some(("/status", json!(508)))),
        ("GET", "/app/", code("/code", "LOOP_DETECTED")),
        ("GET", "/nothing/here", code("/code", "LOOP_DETECTED")),
    ] {
        let ask = world.ask(method, path).bearer(&token).header("via", OURS);
        let reply = if said.is_some() { ask } else { ask.navigating() }.send().is(508);
        if let Some((at, said)) = said {
            assert_eq!(reply.json.pointer(at), Some(&said), "{method} {path}: {}", reply.text);
        } else {
            assert!(reply.header("content-type").unwrap().starts_with("text/html"), "{method} {path}");
        }
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{method} {path}");
    }
    let page = world.get("/app/").navigating().header("via", OURS).send().is(508);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(world.db.trips.get(), trips);
}

#[test]
fn another_intermediarys_via_is_no_loop_and_stays() {
    let world = World::new();
    world.route(json!({ "auth": "none" }));
    for others in [
        "1.1 proxy.example",
        "1.0 fred, 1.1 p.example.net (Apache/1.1)",
        "1.1 auth.example.com",
        "1.1 portcullis_auth.example.com.evil",
        "1.1 portcullis_auth.example.comm",
        "1.1 xportcullis_auth.example.com",
        "1.1 portcullis_other.example",
        "portcullis",
        "x",
    ] {
        let plan = world.get("/app/").header("via", others).plan();
        assert_eq!(set(&plan, "via"), Some(format!("{others}, {OURS}").as_str()));
    }
    for nothing in ["", " "] {
        assert_eq!(set(&world.get("/app/").header("via", nothing).plan(), "via"), Some(OURS));
    }
}

#[test]
fn nothing_around_it_hides_it() {
    let world = World::new();
    world.route(json!({ "auth": "none" }));
    for via in [
        OURS.to_owned(),
        format!("1.1 a, {OURS}, 1.1 b"),
        format!("1.1 a (unclosed, {OURS}"),
        format!("1.1 \"a, {OURS}"),
        format!("1.1 portcullis_auth.example.com.evil, {OURS}"),
        "2 portcullis_auth.example.com,".to_owned(),
        "HTTP/3\tportcullis_auth.example.com\t(x)".to_owned(),
    ] {
        world.get("/app/").header("via", &via).send().is(508);
    }
    world.get("/app/").header("via", OURS).header("connection", "via").send().is(508);
}

fn saved(world: &World, origin: &str) -> u16 {
    let body = json!({ "name": format!("r{}", world.db.trips.get()), "path": "/x/", "origin": origin });
    let made = world.post("/tenant/home/v2/Routes").bearer(&world.admin()).json(body.clone()).send();
    // What may not be made may not be changed to either.
    let id = world.sql("SELECT id FROM routes WHERE name = 'there'")[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/tenant/home/v2/Routes/{id}");
    let body = json!({ "name": "there", "path": "/there/", "origin": origin, "auth": body["auth"] });
    let mut body = body;
    body.as_object_mut().unwrap().remove("auth");
    let changed = world.put(&path).bearer(&world.admin()).json(body).send();
    assert_eq!(
        (made.status == 201, changed.status == 200),
        (made.status == 201, made.status == 201),
        "{origin}"
    );
    if made.status == 400 {
        assert!(made.text.contains("origin"), "{origin}: {}", made.text);
    }
    made.status
}

#[test]
fn a_local_deployment_refuses_every_spelling_of_itself() {
    for own in ["http://localhost:8787", "http://127.0.0.1:8787", "http://[::1]:8787"] {
        let world = World::with(&[("ORIGIN", own)]);
        world.route(json!({ "name": "there", "path": "/there/" }));
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "x.localhost",
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "017700000001",
            "0177.0.0.1",
            "0.0.0.0",
            "0",
            "[::1]",
            "[::]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::ffff:0.0.0.0]",
            "localhost.localdomain",
            "ip6-localhost",
            "%6cocalhost",
            "localhost%2e",
            "127%2e0.0.1",
            "\u{ff11}27.0.0.1",
            "127\u{3002}0.0.1",
            "\u{ff4c}ocalhost",
            "localhost\u{3002}",
        ] {
            for (scheme, port) in [("http", "8787"), ("https", "8787"), ("http", "08787")] {
                assert_eq!(saved(&world, &format!("{scheme}://{host}:{port}")), 400, "{own} {host}");
            }
            // Another port is another server, as the demo origin. Names outside ASCII are none.
            let other = if host.is_ascii() { 201 } else { 400 };
            assert_eq!(saved(&world, &format!("http://{host}:9000")), other, "{own} {host}");
        }
        for other in ["http://10.0.0.1:8787", "http://localhost.example:8787", "http://mylocalhost:8787"] {
            assert_eq!(saved(&world, other), 201, "{own} {other}");
        }
    }
}

#[test]
fn a_deployment_refuses_its_hosts_and_its_tenants() {
    let world = World::new();
    world.tenant("acme");
    let path = "/tenant/home/v2/Tenants/acme";
    world.patch(path).bearer(&world.admin()).json(json!({ "host": "acme.example" })).send().is(200);
    world.route(json!({ "name": "there", "path": "/there/" }));
    for name in ["auth.example.com", "acme.example"] {
        for origin in [
            format!("https://{name}"),
            format!("https://{name}/"),
            format!("https://{name}/base"),
            format!("https://{name}."),
            format!("https://{}", name.to_uppercase()),
            format!("https://{name}:443"),
            format!("https://{name}:0443"),
            format!("https://{name}.:443/x"),
            format!("http://{name}"),
            format!("http://{name}:80"),
            format!("http://{name}:443"),
            format!("https://{name}:80"),
        ] {
            assert_eq!(saved(&world, &origin), 400, "{origin}");
        }
    }
    for origin in [
        "https://app.auth.example.com",
        "https://acme.example.org",
        "http://127.0.0.1:9000",
        "http://[::1]:443",
        "http://localhost",
    ] {
        assert_eq!(saved(&world, origin), 201, "{origin}");
    }
}
