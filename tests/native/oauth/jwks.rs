//! `GET …/.well-known/jwks.json`.

use crate::harness::World;

const JWKS: &str = "/.well-known/jwks.json";

#[test]
fn public_keys_are_published_for_five_minutes_with_a_tag() {
    let world = World::new();
    let reply = world.get(JWKS).send().is(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    let keys = reply.json["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    for key in keys {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!(
            (&key["alg"], &key["crv"], &key["use"]),
            (&"ES256".into(), &"P-256".into(), &"sig".into())
        );
    }
    assert_eq!(world.get("/tenant/home/.well-known/jwks.json").send().is(200).text, reply.text);
}

#[test]
fn one_who_has_them_already_is_told_so() {
    let world = World::new();
    let tag = world.get(JWKS).send().is(200).header("etag").unwrap().to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let reply = world.get(JWKS).header("if-none-match", &known).send().is(304);
        assert_eq!(reply.text, "");
        assert_eq!(reply.header("etag"), Some(tag.as_str()));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
    }
    for unknown in ["\"other\"", "", &tag.replace('"', "")] {
        world.get(JWKS).header("if-none-match", unknown).send().is(200);
    }
}

#[test]
fn the_tag_changes_with_the_keys() {
    let world = World::new();
    let before = world.get(JWKS).send().is(200).header("etag").unwrap().to_owned();
    world.post("/tenant/home/v2/Keys/rotate").bearer(&world.admin()).send().is(200);
    let reply = world.get(JWKS).header("if-none-match", &before).send().is(200);
    assert_ne!(reply.header("etag"), Some(before.as_str()));
}

#[test]
fn a_tenant_that_is_not_there_has_none() {
    let world = World::new();
    let reply = world.get("/tenant/nobody/.well-known/jwks.json").send().is(404);
    assert_eq!(reply.json["error"], "invalid_request");
    assert!(reply.json["error_description"].is_string());
}
