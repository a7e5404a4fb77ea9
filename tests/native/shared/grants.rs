//! Tokens that clients hold: what a user granted one, and what it got for itself. Which scope opens what, whom
//! a token is for, and what ends it.

use serde_json::json;

use crate::harness::{PASSWORD, World, claims, set};

fn world() -> World {
    let world = World::new();
    world.route(json!({ "audience": "https://orders.example" }));
    world.put_client("home", "shop", &json!({ "grant_types": ["authorization_code", "client_credentials"] }));
    world
}

#[test]
fn a_granted_token_reads_with_read_and_writes_with_write() {
    let world = world();
    for (at, (scope, reads, writes)) in [
        ("openid profile email offline_access", 403, 403),
        ("read", 200, 403),
        ("openid write", 403, 200),
        ("openid read write", 200, 200),
    ]
    .into_iter()
    .enumerate()
    {
        let user = world.user(&format!("ada{at}@example.com"));
        world.session(&user);
        let token = world.granted(&user.id, "shop", scope, None);
        assert_eq!(world.get("/api/auth/me").bearer(&token).status(), reads, "{scope}");
        let wrote = world.post("/api/auth/logout").bearer(&token).json(json!({})).status();
        assert_eq!(wrote, writes, "{scope}");
    }
}

#[test]
fn a_missing_scope_is_named() {
    let world = world();
    let user = world.user("ada@example.com");
    world.session(&user);
    let token = world.granted(&user.id, "shop", "openid read", None);
    let refused = world.post("/users/logout").bearer(&token).send().is(403);
    assert_eq!(
        refused.header("www-authenticate"),
        Some("Bearer error=\"insufficient_scope\", scope=\"write\"")
    );
}

#[test]
fn a_client_makes_no_key_that_may_do_more_than_it() {
    let world = world();
    world.settings(json!({ "clientApiKeys": true }));
    let user = world.user("ada@example.com");
    world.session(&user);
    let token = world.granted(&user.id, "shop", "read write api_keys:create", None);
    let make = |scope: &str| {
        let body = json!({ "name": "k", "scopes": [scope] });
        world.post("/api/auth/api-keys").bearer(&token).json(body).status()
    };
    assert_eq!(make("write"), 201);
    assert_eq!(make("webhooks:manage"), 403);
    assert_eq!(make("orders:delete"), 403);
}

#[test]
fn openids_scopes_are_neither_a_keys_nor_a_routes() {
    let world = world();
    let user = world.user("ada@example.com");
    let access = world.session(&user).access;
    for scope in ["openid", "profile", "email", "offline_access"] {
        let body = json!({ "name": "k", "scopes": [scope] });
        world.post("/api/auth/api-keys").bearer(&access).json(body).send().is(400);
        let spec = json!({ "name": "r", "path": "/r/", "origin": "http://o.internal", "scopes": [scope] });
        world.post("/tenant/home/v2/Routes").bearer(&world.admin()).json(spec).send().is(400);
    }
}

#[test]
fn a_token_for_a_resource_opens_that_resource_alone() {
    let world = world();
    let user = world.user("ada@example.com");
    let issuer = "https://auth.example.com/tenant/home";
    let sid = {
        world.session(&user);
        world.newest_session(&user.id)
    };
    for (aud, app, me) in [
        (json!(issuer), 200, 200),
        (json!([issuer]), 200, 200),
        (json!(["https://orders.example"]), 200, 401),
        (json!("https://orders.example"), 200, 401),
        (json!(["https://orders.example", issuer]), 200, 200),
        (json!(["https://other.example"]), 401, 401),
        (json!("app"), 401, 401),
        (json!([]), 401, 401),
        (json!("https://orders.example/"), 401, 401),
        (json!([[issuer]]), 401, 401),
        (json!({ "0": issuer }), 401, 401),
    ] {
        let token =
            world.token("home", &json!({ "sub": user.id, "sid": sid, "aud": aud, "scope": "read write" }));
        assert_eq!(world.get("/app/").bearer(&token).status(), app, "{aud}");
        assert_eq!(world.get("/api/auth/me").bearer(&token).status(), me, "{aud}");
    }
}

#[test]
fn a_token_is_that_clients_whose_session_it_names() {
    let world = world();
    world.put_client("home", "other", &json!({}));
    let user = world.user("ada@example.com");
    world.session(&user);
    world.granted(&user.id, "shop", "read", None);
    let sid = world.newest_session(&user.id);
    for (client, status) in [(json!("shop"), 200), (json!("other"), 401), (json!(null), 401)] {
        let token = json!({ "sub": user.id, "sid": sid, "client_id": client, "scope": "read" });
        let token = world.token("home", &token);
        assert_eq!(world.get("/api/auth/me").bearer(&token).status(), status, "{client}");
    }
}

#[test]
fn a_clients_own_token_opens_gateway_routes_and_no_persons_api() {
    let world = world();
    let token = world.own_token("home", "shop", "read orders:list");
    let plan = world.get("/app/").bearer(&token).plan();
    let said = claims(set(&plan, "x-portcullis-assertion").unwrap());
    assert_eq!(said["sub"], "shop");
    assert_eq!(said["scope"], "orders:list read");
    assert_eq!(said["roles"], json!([]));
    assert_eq!(said.get("sid"), None);
    assert_eq!(said.get("act"), None);
    world.get("/api/auth/me").bearer(&token).send().is(403);
    world.get("/tenant/home/v2/Users").bearer(&token).send().is(403);
}

#[test]
fn a_client_with_the_role_administers_within_its_scopes() {
    let world = World::new();
    let metadata = json!({ "grant_types": ["client_credentials"], "roles": ["ADMIN"] });
    world.put_client("home", "robot", &metadata);
    let list = |scope| world.get("/tenant/home/v2/Users").bearer(&world.own_token("home", "robot", scope));
    list("read").send().is(200);
    list("write").send().is(403);
    list("").send().is(403);
    let make = |scope| {
        let body = json!({ "email": "new@example.com" });
        world.post("/tenant/home/v2/Users").bearer(&world.own_token("home", "robot", scope)).json(body).send()
    };
    make("read").is(403);
    make("read write").is(201);
    assert_eq!(world.number("SELECT count(*) AS n FROM audit WHERE actor = 'robot'"), 1);
    // The role is no operator's.
    world.get("/tenant/home/v2/Tenants").bearer(&world.own_token("home", "robot", "read")).send().is(403);
}

#[test]
fn a_clients_own_token_dies_with_the_client_its_grant_and_its_role() {
    for (change, status) in [
        ("DELETE FROM clients WHERE id = 'robot'", 401),
        ("UPDATE clients SET metadata = '{\"roles\":[\"ADMIN\"]}' WHERE id = 'robot'", 401),
        (
            "UPDATE clients SET metadata = '{\"grant_types\":[\"client_credentials\"]}' WHERE id = 'robot'",
            403,
        ),
    ] {
        let world = World::new();
        world.put_client(
            "home",
            "robot",
            &json!({ "grant_types": ["client_credentials"], "roles": ["ADMIN"] }),
        );
        let token = world.own_token("home", "robot", "read");
        world.get("/tenant/home/v2/Users").bearer(&token).send().is(200);
        world.sql(change);
        world.get("/tenant/home/v2/Users").bearer(&token).fresh().send().is(status);
        world.advance(5);
        world.get("/tenant/home/v2/Users").bearer(&token).send().is(status);
    }
}

#[test]
fn a_clients_own_token_is_no_other_tenants_and_no_other_clients() {
    let world = world();
    world.tenant("b");
    let metadata = json!({ "grant_types": ["client_credentials"], "roles": ["ADMIN"] });
    world.put_client("b", "b-robot", &metadata);
    let token = world.own_token("b", "b-robot", "read");
    world.get("/tenant/b/v2/Users").bearer(&token).send().is(200);
    world.get("/tenant/home/v2/Users").bearer(&token).send().is(403);
    // Signed by home, for a client that home does not have.
    let token = world.own_token("home", "b-robot", "read");
    world.get("/tenant/home/v2/Users").bearer(&token).send().is(401);
    let token = json!({ "sub": "shop", "client_id": "b-robot", "scope": "read" });
    world.get("/app/").bearer(&world.token("home", &token)).send().is(401);
    let admin = world.user_with("home", "boss@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let token = json!({ "sub": admin.id, "client_id": admin.id, "scope": "read" });
    world.get("/tenant/home/v2/Users").bearer(&world.token("home", &token)).send().is(401);
}

#[test]
fn a_logout_ends_what_was_granted_in_the_session_but_for_offline_access() {
    let world = world();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    let browser = world.newest_session(&user.id);
    world.advance(1);
    world.session(&user);
    let online = world.granted(&user.id, "shop", "openid read", Some(&browser));
    let child = world.newest_session(&user.id);
    world.advance(1);
    world.session(&user);
    let grandchild = world.granted(&user.id, "shop", "read", Some(&child));
    world.advance(1);
    world.session(&user);
    let offline = world.granted(&user.id, "shop", "offline_access openid read", Some(&browser));
    world.advance(1);
    let apart = world.session(&user).access;
    let works = || {
        [&online, &grandchild, &offline, &apart]
            .map(|token| world.get("/app/").bearer(token).fresh().status() == 200)
    };
    assert_eq!(works(), [true; 4]);
    world.post("/tenant/home/logout").cookie(&cookie).form(&[]).send().is(200);
    assert_eq!(works(), [false, false, true, true]);
    world.get("/app/").bearer(&online).send().is(401);
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "a new password" });
    world.post("/api/auth/change-password").bearer(&apart).json(body).send().is(200);
    assert_eq!(works(), [false, false, false, true]);
}

#[test]
fn what_waited_for_openid_is_swept_when_it_is_over() {
    let world = world();
    let user = world.user("ada@example.com");
    world.session(&user);
    let session = world.newest_session(&user.id);
    let at = world.now().0;
    world.sql(&format!(
        "INSERT INTO authorization_requests (hash, tenant_id, client_id, kind, parameters, created_at, expires_at)
         VALUES ('r', 'home', 'shop', 'waiting', '{{}}', {at}, {at})"
    ));
    world.sql(&format!(
        "INSERT INTO authorization_codes (hash, tenant_id, client_id, user_id, session_id, terms, created_at, expires_at)
         VALUES ('c', 'home', 'shop', '{}', '{session}', '{{}}', {at}, {at})",
        user.id
    ));
    world.sql(&format!(
        "INSERT INTO device_codes (hash, user_code_hash, tenant_id, client_id, scope, interval_seconds, created_at,
                                   expires_at) VALUES ('d', 'u', 'home', 'shop', '', 5, {at}, {at})"
    ));
    let left = || {
        ["authorization_requests", "authorization_codes", "device_codes"]
            .map(|table| world.number(&format!("SELECT count(*) AS n FROM {table}")))
    };
    world.advance(86_400);
    world.cron();
    assert_eq!(left(), [1, 1, 1]);
    world.advance(1);
    world.cron();
    assert_eq!(left(), [0, 0, 0]);
}

#[test]
fn what_is_changed_of_a_client_counts_at_once_where_it_was_changed() {
    let world = World::new();
    let metadata = json!({
        "grant_types": ["client_credentials"], "response_types": [], "roles": ["ADMIN"], "scope": "read",
    });
    world.put_client("home", "robot", &metadata);
    let token = world.own_token("home", "robot", "read");
    let users = || world.get("/tenant/home/v2/Users").bearer(&token).status();
    assert_eq!(users(), 200);
    let robot = "/tenant/home/v2/Clients/robot";
    world.patch(robot).bearer(&world.admin()).json(json!({ "roles": [] })).send().is(200);
    assert_eq!(users(), 403);
    world.patch(robot).bearer(&world.admin()).json(json!({ "roles": ["ADMIN"] })).send().is(200);
    assert_eq!(users(), 200);
    world.delete(robot).bearer(&world.admin()).send().is(204);
    assert_eq!(users(), 401);
}

#[test]
fn what_reaches_every_tenant_is_opened_by_the_operators_own_session_alone() {
    let world = world();
    let own = world.admin();
    let operator = claims(&own)["sub"].as_str().unwrap().to_owned();
    world.get("/tenant/home/v2/Tenants").bearer(&own).send().is(200);
    world.advance(1);
    world.admin();
    let granted = world.granted(&operator, "shop", "openid read write", None);
    world.get("/tenant/home/v2/Users").bearer(&granted).send().is(200);
    world.get("/tenant/home/v2/Tenants").bearer(&granted).send().is(403);
    world.delete("/tenant/home/v2/Tenants/b").bearer(&granted).send().is(403);
}
