//! The path that is decided on is the path that is sent.

use serde_json::json;

use crate::harness::World;

#[test]
fn a_path_is_sent_in_its_one_spelling_with_its_query_untouched() {
    let world = World::new();
    world.route(json!({ "path": "/", "auth": "none" }));
    for (raw, sent) in [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b/"),
        ("/%61/b", "/a/b"),
        ("/a%2Db%2ec%5f%7E", "/a-b.c_~"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/a%20b", "/a%20b"),
        ("/100%25", "/100%25"),
        ("/a%252fb", "/a%252fb"),
        ("/a%3fb%23c", "/a%3Fb%23c"),
        ("/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,="),
        ("/...", "/..."),
        ("/.well-known/x", "/.well-known/x"),
        ("/a?b=//../%2f;c", "/a?b=//../%2f;c"),
        ("/a??", "/a??"),
        ("/auth/lo%67out/", "/auth/logout/"),
    ] {
        assert_eq!(world.get(raw).plan().url, format!("http://origin.internal:9000{sent}"), "{raw}");
    }
}

#[test]
fn a_path_that_could_be_read_in_two_ways_is_refused() {
    let world = World::new();
    world.route(json!({ "path": "/", "auth": "none" }));
    for raw in [
        "//",
        "/a//b",
        "//a",
        "/a//",
        "/./a",
        "/a/.",
        "/a/./b",
        "/..",
        "/a/..",
        "/a/../b",
        "/%2e/a",
        "/a/%2e%2E/b",
        "/.%2e/a",
        "/a%2fb",
        "/a%2Fb",
        "/a%5cb",
        "/a%5Cb",
        "/a\\b",
        "/a;b",
        "/a;/b",
        "/a%3bb",
        "/a%00",
        "/a%0d%0ab",
        "/a%7f",
        "/a%",
        "/a%2",
        "/a%zz",
        "/a%+1",
        "/%c0%af",
        "/%c0%ae%c0%ae/",
        "/%e0%80%af",
        "/%ff",
        "/%80",
        "/ä",
        "/a b",
        "/a#b",
        "",
        "a",
        "*",
    ] {
        let reply = world.get(raw).send();
        assert!(reply.status == 400 || reply.status == 404, "{raw}: {}", reply.status);
        assert_eq!(reply.json["code"], "AMBIGUOUS_PATH", "{raw}");
    }
    world.get(&format!("/{}", "a".repeat(8_192))).send().is(400);
}

#[test]
fn no_spelling_steps_around_a_rule() {
    let world = World::new();
    world.route(json!({ "name": "all", "path": "/", "auth": "none" }));
    world.route(json!({ "name": "admin", "path": "/admin", "auth": "required", "roles": ["ADMIN"] }));
    for spelling in [
        "/admin",
        "/admin/",
        "/admin/x",
        "/%61dmin",
        "/admi%6E/x",
        "//admin",
        "/./admin",
        "/x/../admin",
        "/admin;x",
        "/admin%2fx",
        "/%2fadmin",
        "/admin%5cx",
        "/x/%2e%2e/admin",
        "/admin%00",
    ] {
        let status = world.get(spelling).status();
        assert!(status == 401 || status == 400, "{spelling}: {status}");
    }
    // Other names are other paths.
    for other in ["/administration", "/Admin", "/admin%20", "/admin."] {
        world.get(other).plan();
    }
}

#[test]
fn a_prefix_is_cut_off_at_a_boundary() {
    let world = World::new();
    world
        .route(json!({ "auth": "none", "stripPrefix": true, "origin": "http://origin.internal:9000/base/" }));
    for (raw, sent) in
        [("/app/x/y?z", "/base/x/y?z"), ("/app/", "/base/"), ("/app", "/base/"), ("/app?z", "/base/?z")]
    {
        assert_eq!(world.get(raw).plan().url, format!("http://origin.internal:9000{sent}"), "{raw}");
    }
    world.get("/apple").send().is(404);
}
