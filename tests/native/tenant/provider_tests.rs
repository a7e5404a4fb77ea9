//! `POST v2/IdentityProviders/{id}/test`: what is wrong with a provider, field by field.

use serde_json::{Value, json};

use crate::harness::{World, served};
use crate::tenant::identity_providers::{CERTIFICATE, enterprise, oidc, saml};

const ALL: &str = "/tenant/home/v2/IdentityProviders";
const ISSUER: &str = "https://acme.okta.example";
const METADATA: &str = "https://acme.okta.example/.well-known/openid-configuration";
const KEYS: &str = "https://acme.okta.example/keys";

fn described(other: Value) -> Value {
    let mut all = json!({
        "issuer": ISSUER, "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"), "jwks_uri": KEYS, "response_types_supported": ["code"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    });
    all.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    all
}

fn jwks() -> Value {
    json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "kid": "1", "use": "sig", "alg": "ES256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }] })
}

/// Makes a provider, and answers what its test says: whether it is good, and the fields that are not.
fn test(world: &World, body: Value) -> (bool, Vec<String>) {
    let admin = world.admin();
    let id = world.post(ALL).bearer(&admin).json(body).send().is(201).str("/id");
    let reply = world.post(&format!("{ALL}/{id}/test")).bearer(&admin).send().is(200);
    let checks = reply.json["checks"].as_array().unwrap();
    assert!(!checks.is_empty() && checks.iter().all(|one| !one["message"].as_str().unwrap().is_empty()));
    let wrong = checks.iter().filter(|one| one["ok"] == false);
    let wrong: Vec<String> = wrong.map(|one| one["field"].as_str().unwrap().to_owned()).collect();
    assert_eq!(reply.json["ok"], wrong.is_empty(), "{}", reply.text);
    (wrong.is_empty(), wrong)
}

#[test]
fn an_openid_provider_is_asked_as_a_sign_in_asks_it() {
    let good = |said: Value, keys: Value| {
        let world = enterprise();
        world.web.serves_json(METADATA, said);
        world.web.serves_json(KEYS, keys);
        test(&world, oidc(json!({ "tokenEndpointAuthMethod": "client_secret_basic" })))
    };
    assert_eq!(good(described(json!({})), jwks()), (true, vec![]));
    for (said, keys, wrong) in [
        (json!({ "issuer": "https://acme.okta.example/" }), jwks(), vec!["issuer"]),
        (
            json!({ "token_endpoint": null, "jwks_uri": "https://10.0.0.1/keys" }),
            jwks(),
            vec!["token_endpoint", "jwks_uri"],
        ),
        (
            json!({ "id_token_signing_alg_values_supported": ["HS256", "none"] }),
            jwks(),
            vec!["id_token_signing_alg_values_supported"],
        ),
        (
            json!({ "token_endpoint_auth_methods_supported": ["private_key_jwt"] }),
            jwks(),
            vec!["tokenEndpointAuthMethod"],
        ),
        (json!({}), json!({ "keys": "none" }), vec!["jwks_uri"]),
    ] {
        assert_eq!(
            good(described(said.clone()), keys),
            (false, wrong.iter().map(|one| (*one).to_owned()).collect()),
            "{said}"
        );
    }
    // Nobody is there; somebody else is.
    let world = enterprise();
    assert_eq!(test(&world, oidc(json!({}))), (false, vec!["issuer".to_owned()]));
    let world = enterprise();
    world.web.serves(METADATA, |_| Ok(served(200, &[], b"<html>secret inside</html>")));
    let admin = world.admin();
    world.post(ALL).bearer(&admin).json(oidc(json!({}))).send().is(201);
    let told = world.post(&format!("{ALL}/okta/test")).bearer(&admin).send().is(200);
    assert!(told.json["ok"] == false && !told.text.contains("secret inside"), "{}", told.text);
}

#[test]
fn certificates_are_looked_at_before_they_are_over() {
    let (expired, expiring) = (include_str!("expired.pem"), include_str!("expiring.pem"));
    let wrong =
        |certificates: Value| test(&enterprise(), saml(json!({ "certificates": certificates }))).1.len();
    assert_eq!(wrong(json!([CERTIFICATE])), 0);
    assert_eq!(wrong(json!([CERTIFICATE, expired])), 1);
    assert_eq!(wrong(json!([expiring, expired])), 2);
    let world = enterprise();
    world.post(ALL).bearer(&world.admin()).json(saml(json!({ "certificates": [expiring] }))).send().is(201);
    let told = world.post(&format!("{ALL}/adfs/test")).bearer(&world.admin()).send().is(200);
    assert!(told.str("/checks/0/message").contains("expires on 2026-05-20"), "{}", told.text);
}

#[test]
fn a_service_that_is_built_in_is_asked_for_its_keys() {
    let google = json!({ "id": "g", "kind": "google", "clientId": "us" });
    let world = World::new();
    world.web.serves_json("https://www.googleapis.com/oauth2/v3/certs", jwks());
    assert_eq!(test(&world, google.clone()), (true, vec![]));
    assert_eq!(test(&World::new(), google), (false, vec!["jwks_uri".to_owned()]));
    let github = json!({ "id": "g", "kind": "github", "clientId": "us", "clientSecret": "s" });
    assert_eq!(test(&World::new(), github), (true, vec![]));
}

#[test]
fn what_keeps_it_from_being_used_is_said() {
    let world = enterprise();
    let (_, wrong) = test(&world, saml(json!({ "enabled": false, "domains": ["corp.example"] })));
    assert_eq!(wrong, ["enabled", "domains"]);
    world
        .patch("/tenant/home/v2/Tenants/home")
        .bearer(&world.admin())
        .json(json!({ "enterprise": false }))
        .send()
        .is(200);
    let told = world.post(&format!("{ALL}/adfs/test")).bearer(&world.admin()).send().is(200);
    let fields: Vec<_> =
        told.json["checks"].as_array().unwrap().iter().map(|one| one["field"].clone()).collect();
    assert!(fields.contains(&json!("kind")), "{}", told.text);
}

#[test]
fn only_who_administers_it_tests_it_and_not_without_end() {
    let world = World::new();
    let (admin, other) = (world.admin(), world.tenant("b"));
    let body = json!({ "id": "g", "kind": "github", "clientId": "us", "clientSecret": "s" });
    world.post(ALL).bearer(&admin).json(body).send().is(201);
    world.post(&format!("{ALL}/g/test")).bearer(&other).send().is(403);
    world.post("/tenant/b/v2/IdentityProviders/g/test").bearer(&other).send().is(404);
    world.post(&format!("{ALL}/none/test")).bearer(&admin).send().is(404);
    for _ in 0..120 {
        world.post(&format!("{ALL}/g/test")).bearer(&admin).send().is(200);
    }
    world.post(&format!("{ALL}/g/test")).bearer(&admin).send().is(429);
}
