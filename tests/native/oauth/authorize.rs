//! `/oauth2/authorize`: who goes where. What the standards demand stands in `conformance/`.

use portcullis::crypto::secret::{base64url, sha256};
use serde_json::json;

use crate::harness::{Ask, Reply, World};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CALLBACK: &str = "https://app.example/cb";

/// A public client that may refresh.
fn world() -> World {
    let world = World::new();
    let metadata = json!({
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
    });
    world.put_client("home", "spa", &metadata);
    world
}

fn query(more: &str) -> String {
    let challenge = base64url(&sha256(VERIFIER.as_bytes()));
    format!(
        "/oauth2/authorize?client_id=spa&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code&state=s1\
         &scope=openid%20email%20offline_access&nonce=n1&code_challenge={challenge}&code_challenge_method=S256{more}"
    )
}

fn param(reply: &Reply, name: &str) -> Option<String> {
    let url = url::Url::parse(reply.header("location").unwrap()).unwrap();
    url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}

fn exchange<'w>(world: &'w World, code: &str) -> Ask<'w> {
    world.post("/oauth2/token").form(&[
        ("grant_type", "authorization_code"),
        ("client_id", "spa"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ])
}

#[test]
fn one_who_is_signed_in_goes_back_with_a_code_that_is_good_for_tokens() {
    let world = world();
    let ada = world.user("ada@example.com");
    let cookie = world.cookie(&ada);
    let back = world.get(&query("")).cookie(&cookie).send().is(303);
    assert!(back.header("location").unwrap().starts_with(CALLBACK));
    assert_eq!(param(&back, "state").as_deref(), Some("s1"));
    assert_eq!(param(&back, "iss").as_deref(), Some("https://auth.example.com/tenant/home"));
    let tokens = exchange(&world, &param(&back, "code").unwrap()).send().is(200);
    assert_eq!(tokens.str("/token_type"), "Bearer");
    assert_eq!(tokens.str("/scope"), "openid email offline_access");
    let info = world.get("/oauth2/userinfo").bearer(&tokens.str("/access_token")).send().is(200);
    assert_eq!(info.str("/sub"), ada.id);
    assert_eq!(info.str("/email"), "ada@example.com");
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", "spa"),
        ("refresh_token", &tokens.str("/refresh_token")),
    ];
    let fresh = world.post("/oauth2/token").form(&refresh).send().is(200);
    assert_ne!(fresh.str("/refresh_token"), tokens.str("/refresh_token"));
}

#[test]
fn a_stranger_signs_in_and_comes_back_to_the_same_request() {
    let world = world();
    let ada = world.user("ada@example.com");
    let page = world.get(&query("&prompt=login")).send().is(303);
    let location = page.header("location").unwrap().to_owned();
    let id = location.strip_prefix("/tenant/home/login?request=").unwrap();
    world.advance(1);
    let cookie = world.cookie(&ada);
    let resume =
        format!("/oauth2/authorize?client_id=spa&request_uri=urn:ietf:params:oauth:request_uri:{id}");
    let back = world.get(&resume).cookie(&cookie).send().is(303);
    assert!(param(&back, "code").is_some());
}

#[test]
fn prompt_none_never_shows_a_page() {
    let world = world();
    let back = world.get(&query("&prompt=none")).send().is(303);
    assert_eq!(param(&back, "error").as_deref(), Some("login_required"));
}

#[test]
fn a_redirect_uri_that_is_not_registered_is_never_gone_to() {
    let world = world();
    for uri in ["https://evil.example/cb", "https://app.example/cb/", "https://app.example/cb?x=1"] {
        let encoded: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let path = query("").replace("https%3A%2F%2Fapp.example%2Fcb", &encoded);
        let page = world.get(&path).navigating().send().is(400);
        assert_eq!(page.header("location"), None);
    }
}

#[test]
fn a_code_that_comes_twice_ends_what_it_gave() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let code = param(&world.get(&query("")).cookie(&cookie).send(), "code").unwrap();
    let tokens = exchange(&world, &code).send().is(200);
    exchange(&world, &code).send().is(400);
    world.get("/oauth2/userinfo").bearer(&tokens.str("/access_token")).send().is(401);
    assert_eq!(world.events("code.reused"), 1);
}

#[test]
fn an_exchange_takes_two_round_trips() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let code = || param(&world.get(&query("")).cookie(&cookie).send(), "code").unwrap();
    // The tenant, its keys and the client are known from then on.
    exchange(&world, &code()).send().is(200);
    let code = code();
    world.db.trips.set(0);
    let tokens = exchange(&world, &code).send().is(200);
    assert_eq!(world.db.trips.get(), 2);
    world.db.trips.set(0);
    let token = tokens.str("/refresh_token");
    let refresh = [("grant_type", "refresh_token"), ("client_id", "spa"), ("refresh_token", &token)];
    world.post("/oauth2/token").form(&refresh).send().is(200);
    assert_eq!(world.db.trips.get(), 2);
}

#[test]
fn a_client_that_asks_has_its_users_agree_once() {
    let world = world();
    world.sql("UPDATE clients SET metadata = json_set(metadata, '$.require_consent', json('true'))");
    let cookie = world.cookie(&world.user("ada@example.com"));
    let page = world.get(&query("")).cookie(&cookie).send().is(303);
    assert!(page.header("location").unwrap().starts_with("/tenant/home/consent?request="));
    let back = world.get(&query("&prompt=none")).cookie(&cookie).send().is(303);
    assert_eq!(param(&back, "error").as_deref(), Some("consent_required"));
}

#[test]
fn a_pushed_request_is_used_once() {
    let world = world();
    let text = query("");
    let pushed: Vec<(String, String)> =
        url::form_urlencoded::parse(text.split_once('?').unwrap().1.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
    let pushed: Vec<(&str, &str)> = pushed.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let uri = world.post("/oauth2/par").form(&pushed).send().is(201).str("/request_uri");
    let cookie = world.cookie(&world.user("ada@example.com"));
    let path = format!("/oauth2/authorize?client_id=spa&request_uri={uri}");
    assert!(param(&world.get(&path).cookie(&cookie).send().is(303), "code").is_some());
    world.get(&path).cookie(&cookie).send().is(400);
}

#[test]
fn introspection_and_revocation_are_for_clients() {
    let world = world();
    let cookie = world.cookie(&world.user("ada@example.com"));
    let code = param(&world.get(&query("")).cookie(&cookie).send(), "code").unwrap();
    let tokens = exchange(&world, &code).send().is(200);
    let token = tokens.str("/access_token");
    let form = [("client_id", "spa"), ("token", token.as_str())];
    world.post("/oauth2/introspect").form(&form).send().is(401);
    world.post("/oauth2/revoke").form(&form).send().is(200);
    world.get("/oauth2/userinfo").bearer(&token).send().is(401);
}

#[test]
fn what_is_discovered_is_the_tenants_own() {
    let world = World::new();
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        for path in [path.to_owned(), format!("/tenant/home{path}"), format!("{path}/tenant/home")] {
            let found = world.get(&path).send().is(200);
            assert_eq!(found.str("/issuer"), "https://auth.example.com/tenant/home", "{path}");
        }
    }
}
