//! `/`, and where a sign-in ends that began nowhere.

use serde_json::json;

use crate::harness::{PASSWORD, Reply, World};

fn sign_in(world: &World, return_to: &str) -> Reply {
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("return_to", return_to)];
    world.post("/tenant/home/login").navigating().form(&fields).send().is(303)
}

#[test]
fn a_sign_in_that_began_nowhere_ends_on_the_account_page() {
    let world = World::new();
    world.user("ada@example.com");
    let done = sign_in(&world, "");
    assert_eq!(done.header("location"), Some("/tenant/home/account"));
    let cookie = done.sets("__Host-portcullis").unwrap();
    world.get("/tenant/home/account").navigating().cookie(&cookie).send().is(200);
    // What was begun elsewhere ends there.
    assert_eq!(sign_in(&world, "/app/x").header("location"), Some("/app/x"));
    assert_eq!(sign_in(&world, "/").header("location"), Some("/"));
}

#[test]
fn every_way_in_ends_there() {
    let world = World::new();
    world.settings(json!({ "requireVerifiedEmail": false }));
    let fields = [("email", "new@example.com"), ("password", PASSWORD)];
    let registered = world.post("/tenant/home/register").navigating().form(&fields).send().is(303);
    assert_eq!(registered.header("location"), Some("/tenant/home/account"));
    world.user("ada@example.com");
    let asked = world.post("/tenant/home/magic-link").navigating().form(&[("email", "ada@example.com")]);
    asked.send().is(200);
    let token = world.mailed_token("ada@example.com");
    let token = token.split('&').next().unwrap();
    let followed =
        world.post("/tenant/home/magic-link").navigating().form(&[("token", token)]).send().is(303);
    assert_eq!(followed.header("location"), Some("/tenant/home/account"));
    let cookie = world.cookie_by(&world.user("two@example.com"), &["pwd", "otp", "mfa"]);
    let proved = world.get("/tenant/home/mfa").navigating().cookie(&cookie).send().is(303);
    assert_eq!(proved.header("location"), Some("/tenant/home/account"));
}

#[test]
fn a_tenant_says_where_else_it_ends() {
    let world = World::new();
    world.user("ada@example.com");
    world.settings(json!({ "homeUrl": "https://app.example.com/start?from=sign-in" }));
    let page = world.get("/tenant/home/login").navigating().send().is(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self'"), "{policy}");
    assert_eq!(sign_in(&world, "").header("location"), Some("https://app.example.com/start?from=sign-in"));
    assert_eq!(sign_in(&world, "/app/").header("location"), Some("/app/"));
    world.settings(json!({ "homeUrl": null }));
    assert_eq!(sign_in(&world, "").header("location"), Some("/tenant/home/account"));
}

#[test]
fn what_is_no_web_address_is_no_home_page() {
    let world = World::new();
    let set = |url: &str| {
        let ask = world.patch("/tenant/home/v2/Settings").bearer(&world.admin());
        ask.json(json!({ "homeUrl": url })).send().status
    };
    for right in [
        "https://app.example.com",
        "https://app.example.com:8443/a?b=c",
        "http://localhost:5173/",
        "http://[::1]:3000/",
    ] {
        assert_eq!(set(right), 200, "{right}");
    }
    for wrong in [
        "",
        "app.example.com",
        "/account",
        "//app.example.com",
        "http://app.example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://app.example.com/",
        "https://a:b@app.example.com/",
        "https://app.example.com/#x",
        "https://app.example.com/ x",
        "https://app.example.com/\"><script>",
        "https://bücher.example/",
        "https://app.example.com\\@evil.example/",
        "http://localhost.evil.example/",
    ] {
        assert_eq!(set(wrong), 400, "{wrong}");
    }
}

#[test]
fn the_root_is_a_small_page_until_a_route_owns_it() {
    let world = World::new();
    let page = world.get("/").navigating().send().is(200);
    for said in ["<h1>Home</h1>", "/tenant/home/login\"", "/tenant/home/register\"", "/docs\""] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let cookie = world.cookie(&world.user("ada@example.com"));
    let page = world.get("/").navigating().cookie(&cookie).header("accept-language", "de").send().is(200);
    for said in
        ["Sie sind als ada@example.com angemeldet.", "/tenant/home/account\"", "/tenant/home/logout\""]
    {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(!page.text.contains("/tenant/home/login\""));
    // A program gets what it got, and a form has nobody to take it.
    world.get("/").send().is(404);
    world.post("/").navigating().form(&[]).send().is(404);
    world.settings(json!({ "allowRegistration": false }));
    assert!(!world.get("/").navigating().send().is(200).text.contains("/register"));
    world.settings(json!({ "homeUrl": "https://app.example.com/" }));
    assert!(world.get("/").navigating().send().is(200).text.contains("href=\"https://app.example.com/\""));
    world.route(json!({ "path": "/", "auth": "none" }));
    world.get("/").navigating().plan();
}

#[test]
fn the_root_of_a_tenants_own_host_is_that_tenants() {
    let world = World::new();
    world.tenant("b");
    let body = json!({ "host": "b.example" });
    world.patch("/tenant/home/v2/Tenants/b").bearer(&world.admin()).json(body).send().is(200);
    let page = world.get("/").host("b.example").navigating().send().is(200);
    assert!(
        page.text.contains("<h1>Tenant b</h1>") && page.text.contains("/tenant/b/login\""),
        "{}",
        page.text
    );
}

#[test]
fn password_managers_find_the_page_to_change_a_password() {
    let world = World::new();
    world.tenant("b");
    let body = json!({ "host": "b.example" });
    world.patch("/tenant/home/v2/Tenants/b").bearer(&world.admin()).json(body).send().is(200);
    for (host, tenant) in [("auth.example.com", "home"), ("b.example", "b")] {
        let reply = world.get("/.well-known/change-password").host(host).navigating().send().is(303);
        let wanted = format!("/tenant/{tenant}/account#change-password");
        assert_eq!(reply.header("location"), Some(wanted.as_str()));
    }
    let cookie = world.cookie(&world.user("ada@example.com"));
    let page = world.get("/tenant/home/account").navigating().cookie(&cookie).send().is(200);
    assert_eq!(page.text.matches("id=\"change-password\"").count(), 1);
    // What a password manager asks for to know that statuses mean something here.
    let path = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    world.get(path).navigating().send().is(404);
}
