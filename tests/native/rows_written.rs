//! What D1 bills for: the rows that each request writes, in a table that `docs/scale.md` shows.

use serde_json::json;

use crate::harness::oidc::{Params, Party};
use crate::harness::{PASSWORD, World};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scale.md");

/// Of each request, what `docs/scale.md` calls it and how many rows it writes.
const WRITES: &[(&str, u64)] = &[
    ("login, session or account API: first of the month", 10),
    ("login, session or account API", 9),
    ("login, page", 9),
    ("login, wrong password", 3),
    ("refresh", 1),
    ("refresh, repeated within the grace window", 0),
    ("refresh, reuse: the session ends", 7),
    ("refresh from a new place", 3),
    ("logout", 7),
    ("code exchange", 10),
    ("refresh of a client's grant", 1),
    ("client credentials", 2),
    ("forwarded request with an API key: first of the hour", 1),
    ("forwarded request with an API key, a bearer token", 0),
    ("forwarded request with a cookie", 0),
    ("forwarded request with a cookie: once in five minutes", 1),
    ("registration, with its mail", 30),
    ("confirmation of the address", 39),
    ("magic link, asked for", 16),
    ("password forgotten", 16),
];

fn measured() -> Vec<(&'static str, u64)> {
    let mut all = Vec::new();
    let mut add = |what: &'static str, world: &World, work: &dyn Fn()| all.push((what, world.billed(work)));

    let party = Party::with(
        "server",
        json!({ "grant_types": [
        "authorization_code", "refresh_token", "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code" ] }),
    );
    let world = &party.world;
    world.route(json!({}));
    let user = world.user("bob@example.com");
    let login = |path: &str| {
        let body = json!({ "email": "bob@example.com", "password": PASSWORD });
        world.post(path).json(body).send().is(200)
    };
    let page = || {
        let form = [("email", "bob@example.com"), ("password", PASSWORD)];
        world.post("/tenant/home/login").form(&form).send().is(303)
    };
    world.login("ada@example.com", PASSWORD);
    add("login, session or account API: first of the month", world, &|| drop(login("/api/auth/login")));
    world.advance(1);
    add("login, session or account API", world, &|| drop(login("/auth/login")));
    add("login, page", world, &|| drop(page()));
    add("login, wrong password", world, &|| drop(world.login("bob@example.com", "wrong")));
    let tokens = login("/auth/login");
    let refresh = tokens.str("/refresh_token");
    let refreshed = || world.post("/auth/refresh").json(json!({ "refresh_token": refresh })).send().is(200);
    add("refresh", world, &|| drop(refreshed()));
    add("refresh, repeated within the grace window", world, &|| drop(refreshed()));
    world.advance(60);
    let again = json!({ "refresh_token": refresh });
    add("refresh, reuse: the session ends", world, &|| {
        drop(world.post("/auth/refresh").json(again.clone()).send().is(401));
    });
    let tokens = login("/auth/login");
    let access = tokens.str("/access_token");
    let body = json!({ "refresh_token": tokens.str("/refresh_token") });
    add("refresh from a new place", world, &|| {
        drop(world.post("/auth/refresh").json(body.clone()).from("198.51.100.1").send().is(200));
    });
    add("logout", world, &|| drop(world.post("/auth/logout").bearer(&access).send().is(200)));

    let code = party.code();
    add("code exchange", world, &|| drop(party.token(&Party::exchange(&code)).is(200)));
    let next = party.tokens().str("/refresh_token");
    let form = Params::of(&[("grant_type", "refresh_token"), ("refresh_token", &next)]);
    add("refresh of a client's grant", world, &|| drop(party.token(&form).is(200)));
    let own = Params::of(&[("grant_type", "client_credentials"), ("scope", "read")]);
    add("client credentials", world, &|| drop(party.token(&own).is(200)));

    let token = world.session(&user).access;
    let key = world.api_key(&token, &["read"]);
    let ask = || world.get("/app/").key(&key).plan();
    add("forwarded request with an API key: first of the hour", world, &|| drop(ask()));
    world.advance(6);
    add("forwarded request with an API key, a bearer token", world, &|| {
        drop(ask());
        drop(world.get("/app/").bearer(&token).plan());
    });
    let cookie = page().sets("__Host-portcullis").unwrap();
    add("forwarded request with a cookie", world, &|| drop(world.get("/app/").cookie(&cookie).plan()));
    world.advance(301);
    add("forwarded request with a cookie: once in five minutes", world, &|| {
        drop(world.get("/app/").cookie(&cookie).plan());
    });

    let body = json!({ "email": "new@example.com", "password": PASSWORD, "full_name": "New Person" });
    add("registration, with its mail", world, &|| {
        drop(world.post("/auth/register").json(body.clone()).send());
    });
    let link = world.mailed_token("new@example.com");
    add("confirmation of the address", world, &|| {
        drop(world.post("/auth/verify-email").json(json!({ "token": link })).send().is(200));
    });
    let body = json!({ "email": "bob@example.com" });
    add("magic link, asked for", world, &|| {
        drop(world.post("/api/auth/magic-link/request").json(body.clone()).send().is(200));
    });
    add("password forgotten", world, &|| {
        drop(world.post("/auth/forgot-password").json(body.clone()).send().is(200));
    });
    all
}

#[test]
fn what_each_request_writes_is_what_the_page_says() {
    let measured = measured();
    let said = std::fs::read_to_string(DOCUMENT).unwrap();
    assert_eq!(measured, WRITES, "as D1 bills them");
    for (what, rows) in WRITES {
        assert!(
            said.contains(&format!("| {what} | {rows} |\n")),
            "docs/scale.md does not say {what}: {rows}"
        );
    }
}
