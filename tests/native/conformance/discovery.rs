//! Metadata: OpenID Connect Discovery 1.0 and RFC 8414. It lists exactly what works.

use serde_json::{Value, json};

use crate::harness::World;
use crate::harness::oidc::{Params, Party, metadata};

const ISSUER: &str = "https://auth.example.com/tenant/home";

fn document(world: &World) -> Value {
    world.get("/tenant/home/.well-known/openid-configuration").send().is(200).json
}

fn list(document: &Value, name: &str) -> Vec<String> {
    let all = document[name].as_array().unwrap_or_else(|| panic!("no {name}: {document}"));
    all.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// OIDC Discovery §4: the document is at the issuer's path with the well-known suffix, by GET.
/// OIDC Discovery §4.2: it is answered with 200 and as JSON.
#[test]
fn the_document_is_where_it_is_looked_for() {
    let world = World::new();
    let reply = world.get("/tenant/home/.well-known/openid-configuration").send().is(200);
    assert!(reply.header("content-type").unwrap().starts_with("application/json"));
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    world.get("/tenant/nobody/.well-known/openid-configuration").send().is(404);
    world.post("/tenant/home/.well-known/openid-configuration").send().is(405);
}

/// RFC 8414 §3: the document is where the well-known path is inserted before the issuer's.
/// RFC 8414 §5: and where it is appended, as OpenID Connect Discovery does.
#[test]
fn the_document_is_at_every_place() {
    let world = World::new();
    world.tenant("b");
    for tenant in ["home", "b"] {
        let first =
            world.get(&format!("/tenant/{tenant}/.well-known/openid-configuration")).send().is(200).json;
        assert_eq!(first["issuer"], format!("https://auth.example.com/tenant/{tenant}"));
        for path in [
            format!("/tenant/{tenant}/.well-known/oauth-authorization-server"),
            format!("/.well-known/oauth-authorization-server/tenant/{tenant}"),
            format!("/.well-known/openid-configuration/tenant/{tenant}"),
        ] {
            assert_eq!(world.get(&path).send().is(200).json, first, "{path}");
        }
    }
}

/// OIDC Discovery §4.3: the issuer is the one that it was asked for, and the `iss` of ID tokens.
/// RFC 8414 §3.3: and identical to it, whatever host the request came to.
#[test]
fn the_issuer_is_the_one_of_the_path() {
    let party = Party::public();
    assert_eq!(document(&party.world)["issuer"], ISSUER);
    let id = crate::harness::claims(&party.tokens().str("/id_token"));
    assert_eq!(id["iss"], ISSUER);
    let elsewhere =
        party.world.get("/tenant/home/.well-known/openid-configuration").host("evil.example").send();
    assert!(!elsewhere.text.contains("evil.example"), "{}", elsewhere.text);
}

/// OIDC Discovery §3: the members that must be there are there, and every URL is https.
/// RFC 8414 §2: and those of OAuth.
#[test]
fn what_must_be_there_is_there() {
    let world = World::new();
    let document = document(&world);
    for name in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
        assert!(document[name].as_str().unwrap().starts_with(ISSUER), "{name}");
    }
    assert_eq!(list(&document, "response_types_supported"), ["code"]);
    assert!(list(&document, "subject_types_supported").contains(&"public".to_owned()));
    assert_eq!(list(&document, "id_token_signing_alg_values_supported"), ["ES256", "RS256"]);
    assert!(list(&document, "scopes_supported").contains(&"openid".to_owned()));
    assert_eq!(list(&document, "code_challenge_methods_supported"), ["S256"]);
    for (name, value) in document.as_object().unwrap() {
        // RFC 8414 §3.2: what has no elements is left out.
        assert!(value.as_array().is_none_or(|all| !all.is_empty()), "{name}");
        assert!(!value.is_null(), "{name}");
    }
}

/// RFC 8414 §2: every grant that is listed is known, and none that is not listed.
#[test]
fn every_grant_that_is_listed_works() {
    let party = Party::public();
    let listed = list(&document(&party.world), "grant_types_supported");
    for grant in [
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:openid:params:grant-type:ciba",
    ] {
        let reply = party.token(&Params::of(&[("grant_type", grant)])).is(400);
        let known = reply.json["error"] != "unsupported_grant_type";
        assert_eq!(known, listed.iter().any(|one| one == grant), "{grant}: {}", reply.text);
    }
}

/// OIDC Discovery §3: every response mode that is listed works, and none that is not listed.
#[test]
fn every_response_mode_that_is_listed_works() {
    let party = Party::public();
    let listed = list(&document(&party.world), "response_modes_supported");
    for mode in ["query", "form_post", "fragment", "jwt", "query.jwt", "web_message"] {
        let reply = party.authorize(&party.request().with("response_mode", mode));
        let good = reply.text.contains("name=\"code\"")
            || reply.header("location").is_some_and(|location| location.contains("code="));
        assert_eq!(good, listed.iter().any(|one| one == mode), "{mode}");
    }
}

/// OIDC Discovery §3: every prompt that is listed is known.
#[test]
fn what_is_not_supported_is_said() {
    let document = document(&World::new());
    // What has another default than what holds here must be said (OIDC Discovery §3).
    assert_eq!(document["request_uri_parameter_supported"], false);
    assert!(document.get("request_parameter_supported").is_none_or(|supported| *supported == false));
    assert_eq!(document["claims_parameter_supported"], true);
}

/// RFC 8414 §2: the methods of client authentication that are listed are those that work.
#[test]
fn every_method_of_authentication_that_is_listed_works() {
    let world = World::new();
    let document = document(&world);
    let mut listed = list(&document, "token_endpoint_auth_methods_supported");
    listed.sort();
    assert_eq!(listed, ["client_secret_basic", "client_secret_post", "none", "private_key_jwt"]);
    // RFC 7662 §2.1: a public client may not introspect, and RFC 7009 §2.1: it may revoke.
    let mut introspecting = list(&document, "introspection_endpoint_auth_methods_supported");
    introspecting.sort();
    assert_eq!(introspecting, ["client_secret_basic", "client_secret_post", "private_key_jwt"]);
    let mut revoking = list(&document, "revocation_endpoint_auth_methods_supported");
    revoking.sort();
    assert_eq!(revoking, listed);
    let algorithms = list(&document, "token_endpoint_auth_signing_alg_values_supported");
    for endpoint in ["introspection", "revocation"] {
        let same = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
        assert_eq!(list(&document, &same), algorithms);
    }
    for algorithm in ["ES256", "RS256", "EdDSA"] {
        assert!(algorithms.iter().any(|one| one == algorithm), "{algorithms:?}");
    }
    assert!(!algorithms.iter().any(|one| one == "none" || one.starts_with("HS")), "{algorithms:?}");
}

/// OIDC Discovery §3: the scopes and claims that are listed are those that are told.
#[test]
fn every_scope_that_is_listed_is_granted() {
    let world = World::new();
    let scopes = list(&document(&world), "scopes_supported");
    let all = scopes.join(" ");
    let party = Party::with("app", json!({ "token_endpoint_auth_method": "none", "scope": all }));
    let sent = party.authorize(&party.request().with("scope", &all)).sent();
    let tokens = party.token(&Party::exchange(&sent.code())).is(200);
    let mut granted: Vec<String> = tokens.str("/scope").split(' ').map(str::to_owned).collect();
    let mut scopes = scopes;
    scopes.sort();
    granted.sort();
    assert_eq!(granted, scopes);
    let claims = list(&document(&party.world), "claims_supported");
    let told = party.userinfo(&tokens.str("/access_token")).is(200).json;
    for name in told.as_object().unwrap().keys() {
        assert!(claims.contains(name), "{name} is told and not listed");
    }
}

/// OIDC Discovery §3: the key set that is named has the key that signs.
#[test]
fn the_key_set_has_the_key_that_signs() {
    let party = Party::public();
    let uri = document(&party.world)["jwks_uri"].as_str().unwrap().to_owned();
    let path = uri.strip_prefix("https://auth.example.com").unwrap();
    let keys = party.world.get(path).send().is(200).json;
    let kid = &crate::harness::part(&party.tokens().str("/access_token"), 0)["kid"];
    assert!(keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == *kid));
}

/// OIDC Discovery §4.3: a tenant with a host of its own has that as its issuer, and is found there alone.
#[test]
fn a_host_of_its_own_is_the_issuer() {
    let world = World::new();
    let body = json!({ "id": "acme", "name": "Acme", "host": "login.acme.example" });
    world.post("/tenant/home/v2/Tenants").bearer(&world.admin()).json(body).send().is(201);
    world.client("acme", "theirs", metadata(json!({})));
    let root = world.get("/.well-known/openid-configuration").host("login.acme.example").send().is(200);
    assert_eq!(root.json["issuer"], "https://login.acme.example");
    world.get("/tenant/acme/.well-known/openid-configuration").send().is(404);
}

/// RFC 8414 §3.2: members without elements are left out; every endpoint that is named answers.
#[test]
fn every_endpoint_that_is_named_answers() {
    let world = World::new();
    let document = document(&world);
    let mut named = 0;
    for (name, value) in document.as_object().unwrap() {
        let is_endpoint = name.ends_with("_endpoint") || name == "jwks_uri";
        let Some(url) = value.as_str().filter(|_| is_endpoint) else { continue };
        let path = url.strip_prefix("https://auth.example.com").unwrap();
        let got = world.get(path).navigating().send();
        let posted = world.post(path).form(&[]).send();
        assert!(got.status != 404 && posted.status != 404, "{name}: {} {}", got.status, posted.status);
        assert!(got.status != 405 || posted.status != 405, "{name}");
        assert!(got.status < 500 && posted.status < 500, "{name}: {} {}", got.text, posted.text);
        named += 1;
    }
    assert!(named >= 9, "{named}");
}
