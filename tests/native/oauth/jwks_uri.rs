//! Clients whose keys are at an address of theirs (RFC 7591 §2): when it is asked, and what happens when it does not
//! answer.

use portcullis::domain::refusal::Refusal;
use portcullis::oidc::error::Code;
use serde_json::{Value, json};

use super::private_key_jwt::{ask, claims, presented, refused};
use crate::harness::{Signer, World, served};

const URI: &str = "https://app.example/jwks";
const UNANSWERED: &str = "the client's jwks_uri did not answer with a JWK Set";
const UNSIGNED: &str = "the assertion is not signed with a key of the client";

/// A client that an administrator made, with its keys at an address.
fn client(world: &World, uri: &str) -> String {
    let said = json!({ "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
                       "jwks_uri": uri });
    let made = world.post("/tenant/home/v2/Clients").bearer(&world.admin()).json(said).send().is(201);
    assert_eq!(made.json["jwks_uri"], uri);
    made.str("/client_id")
}

fn assertion(signer: &Signer, kid: &str, id: &str, jti: &str) -> String {
    let mut all = claims(id);
    all["jti"] = json!(jti);
    signer.sign(&json!({ "alg": signer.alg(), "kid": kid }), &all)
}

#[test]
fn the_keys_are_fetched_once_and_remembered() {
    let world = World::new();
    let (signer, id) = (Signer::es256(7), client(&world, URI));
    assert_eq!(world.web.times(URI), 0);
    world.web.serves_json(URI, signer.jwks("k"));
    for jti in ["a", "b", "c"] {
        assert!(ask(&world, presented(&assertion(&signer, "k", &id, jti))).is_ok());
    }
    assert_eq!(world.web.times(URI), 1);
    let asked = world.web.asked.borrow();
    assert!(asked[0].headers.contains(&("accept", "application/json".to_owned())));
    // An administrator chose it: nobody is asked where the name leads, and it is not marked.
    assert_eq!(asked.len(), 1);
    assert!(asked[0].headers.iter().all(|(name, _)| *name != "via"));
}

#[test]
fn a_new_key_is_looked_for_at_most_once_a_minute() {
    let world = World::new();
    let (old, new, id) = (Signer::es256(7), Signer::es256(8), client(&world, URI));
    let long = [("cache-control", "max-age=86400")];
    let (first, second) = (old.jwks("old").to_string(), new.jwks("new").to_string());
    world.web.serves(URI, move |_| Ok(served(200, &long, first.as_bytes())));
    assert!(ask(&world, presented(&assertion(&old, "old", &id, "a"))).is_ok());
    world.web.serves(URI, move |_| Ok(served(200, &long, second.as_bytes())));
    for n in 0..20 {
        let unknown = format!("made-up-{n}");
        assert_eq!(refused(&world, &assertion(&new, &unknown, &id, &unknown)), UNSIGNED);
    }
    assert_eq!(refused(&world, &assertion(&new, "new", &id, "b")), UNSIGNED);
    assert_eq!(world.web.times(URI), 1);
    world.advance(60);
    let mut late = claims(&id);
    late["exp"] = json!(world.now().unix() + 60);
    late["jti"] = json!("c");
    let late = new.sign(&json!({ "alg": "ES256", "kid": "new" }), &late);
    assert!(ask(&world, presented(&late)).is_ok());
    assert_eq!(world.web.times(URI), 2);
    // The key that is not in the set any more is none of the client's.
    let mut gone = claims(&id);
    gone["exp"] = json!(world.now().unix() + 60);
    let gone = old.sign(&json!({ "alg": "ES256", "kid": "old" }), &gone);
    assert_eq!(refused(&world, &gone), UNSIGNED);
}

#[test]
fn a_known_key_that_did_not_sign_asks_nobody() {
    let world = World::new();
    let (signer, id) = (Signer::es256(7), client(&world, URI));
    world.web.serves_json(URI, signer.jwks("k"));
    assert!(ask(&world, presented(&assertion(&signer, "k", &id, "a"))).is_ok());
    world.advance(59);
    for n in 0..5 {
        assert_eq!(refused(&world, &assertion(&Signer::es256(9), "k", &id, &n.to_string())), UNSIGNED);
    }
    assert_eq!(world.web.times(URI), 1);
}

#[test]
fn an_address_that_does_not_answer_lets_nobody_in() {
    let signer = Signer::es256(7);
    let set = signer.jwks("k").to_string();
    let long = format!("{}{}", " ".repeat(65_536), set);
    for (status, body) in [
        (404, set.as_str()),
        (302, &set),
        (204, ""),
        (200, ""),
        (200, "no JSON"),
        (200, "[]"),
        (200, r#"{"keys":{}}"#),
        (200, &long),
    ] {
        let world = World::new();
        let id = client(&world, URI);
        let body = body.to_owned();
        world.web.serves(URI, move |_| {
            Ok(served(status, &[("location", "https://app.example/other")], body.as_bytes()))
        });
        assert_eq!(refused(&world, &assertion(&signer, "k", &id, "a")), UNANSWERED, "{status}");
        // It is asked again after a minute, not at each try.
        refused(&world, &assertion(&signer, "k", &id, "b"));
        assert_eq!(world.web.times("https://"), 1);
        if status != 200 {
            let lines = world.log.0.borrow();
            let line = lines.iter().find(|line| line.contains("document.failed")).unwrap();
            assert!(line.contains(&format!("app.example answered {status}")), "{line}");
        }
    }
}

/// RFC 7517 §5: keys that are not understood are passed over; a private one is not used.
#[test]
fn other_keys_of_a_set_are_passed_over() {
    let world = World::new();
    let (signer, id) = (Signer::es256(7), client(&world, URI));
    let mut key = signer.jwk();
    key["kid"] = json!("k");
    let (mut private, mut encrypts) = (Signer::es256(9).jwk(), Signer::es256(10).jwk());
    private["d"] = json!("AAAA");
    private["kid"] = json!("private");
    encrypts["use"] = json!("enc");
    let unknown = json!({ "kty": "PQC", "kid": "k2", "pub": "x" });
    let keys: Vec<Value> = vec![unknown, private, encrypts, json!("nonsense"), key];
    world.web.serves_json(URI, json!({ "keys": keys }));
    assert!(ask(&world, presented(&assertion(&signer, "k", &id, "a"))).is_ok());
    assert_eq!(refused(&world, &assertion(&Signer::es256(9), "private", &id, "b")), UNSIGNED);
}

/// RFC 7591 §2: `jwks` and `jwks_uri` MUST NOT both be there.
#[test]
fn keys_are_in_one_place() {
    let world = World::new();
    world.settings(json!({ "clientRegistration": "open" }));
    let base = json!({ "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "private_key_jwt" });
    let with = |more: Value| {
        let mut all = base.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let jwks = Signer::es256(7).jwks("k");
    for (more, status) in [
        (json!({ "jwks_uri": URI, "jwks": jwks }), 400),
        (json!({}), 400),
        (json!({ "jwks_uri": "https://10.0.0.1/jwks" }), 400),
        (json!({ "jwks_uri": "https://auth.example.com/jwks" }), 400),
        (json!({ "jwks_uri": "http://app.example/jwks" }), 400),
        (json!({ "jwks_uri": 5 }), 400),
        (json!({ "jwks_uri": URI }), 201),
        (json!({ "jwks": jwks }), 201),
    ] {
        let registered =
            world.post("/tenant/home/oauth2/register").unlimited().json(with(more.clone())).send();
        assert_eq!(registered.status, status, "{more}");
        let made =
            world.post("/tenant/home/v2/Clients").bearer(&world.admin()).json(with(more.clone())).send();
        assert_eq!(made.status, status, "{more}");
    }
    assert_eq!(world.web.times("https://"), 0);
}

/// A client that registered itself is a stranger: 5 s, port 443, and its name must lead to public addresses.
#[test]
fn a_strangers_keys_are_fetched_as_a_strangers() {
    let world = World::with(&[("RESOLVER_URL", "https://dns.example/dns-query")]);
    world.settings(json!({ "clientRegistration": "open" }));
    let said = json!({ "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
                       "jwks_uri": URI });
    let id = world.post("/tenant/home/oauth2/register").json(said).send().is(201).str("/client_id");
    let signer = Signer::es256(7);
    world.web.serves_json(URI, signer.jwks("k"));
    let address = |data: &str| json!({ "Status": 0, "Answer": [{ "type": 1, "data": data }] });
    world.web.serves_json("https://dns.example/", address("192.168.0.1"));
    assert_eq!(refused(&world, &assertion(&signer, "k", &id, "a")), UNANSWERED);
    assert_eq!(world.web.times(URI), 0);
    world.web.serves_json("https://dns.example/", address("93.184.215.14"));
    world.advance(60);
    let mut late = claims(&id);
    late["exp"] = json!(world.now().unix() + 60);
    assert!(ask(&world, presented(&signer.sign(&json!({ "alg": "ES256", "kid": "k" }), &late))).is_ok());
    let asked = world.web.asked.borrow();
    let last = asked.iter().find(|request| request.url == URI).unwrap();
    assert!(last.headers.iter().any(|(name, _)| *name == "via"));
}

/// Anyone may present an assertion of anyone's client: what is fetched for it counts by address before it is.
#[test]
fn fetches_for_assertions_are_counted_by_address() {
    let world = World::new();
    let signer = Signer::es256(7);
    let ids: Vec<String> = (0..61).map(|n| client(&world, &format!("https://app{n}.example/jwks"))).collect();
    let mut limited = 0;
    for id in &ids {
        match ask(&world, presented(&assertion(&signer, "k", id, "a"))) {
            Err(Refusal::Limited(_)) => limited += 1,
            Err(Refusal::OAuth(Code::InvalidClient, _)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((world.web.times("https://"), limited), (60, 1));
}
