//! What a provider knows of a person: OpenID Connect Core 1.0 §5.3.

use portcullis::domain::upstream::userinfo::ask;
use portcullis::domain::upstream::{Error, Upstream};
use portcullis::ports::http::Why;
use serde_json::{Map, Value, json};

use crate::harness::provider::{CLIENT, IDP, Provider, sent};
use crate::harness::{Signer, World};

fn asked(world: &World, upstream: &Upstream) -> Result<Map<String, Value>, Error> {
    pollster::block_on(ask(&world.cx(), upstream, "at-secret", "ada-there"))
}

#[test]
fn it_is_asked_with_the_access_token_and_tells_of_the_same_person() {
    let world = World::new();
    let provider = Provider::new(&world);
    let requests = provider.records("userinfo", json!({ "sub": "ada-there", "email": "ada@corp.example" }));
    assert_eq!(asked(&world, &provider.upstream()).unwrap()["email"], "ada@corp.example");
    assert_eq!(sent(&requests.borrow()[0], "authorization"), Some("Bearer at-secret"));
    const ANOTHER: Error = Error::Forged("the userinfo endpoint tells of somebody else");
    for sub in
        [json!(null), json!("eve"), json!("ADA-THERE"), json!(""), json!(["ada-there"]), json!("ada-there ")]
    {
        provider.answers_json("userinfo", &json!({ "sub": sub, "email": "ada@corp.example" }));
        assert_eq!(asked(&world, &provider.upstream()), Err(ANOTHER), "{sub}");
    }
    provider.answers_json("userinfo", &json!({ "email": "ada@corp.example" }));
    assert_eq!(asked(&world, &provider.upstream()), Err(ANOTHER));
}

#[test]
fn a_signed_answer_is_the_providers_for_us() {
    let world = World::new();
    let provider = Provider::new(&world);
    let now = world.now().unix();
    let said = |others: &Value| {
        let mut claims = json!({ "sub": "ada-there" });
        crate::harness::provider::change(&mut claims, others);
        claims
    };
    for (others, fits) in [
        (json!({}), true),
        (json!({ "iss": IDP, "aud": CLIENT }), true),
        (json!({ "iss": IDP, "aud": ["other", CLIENT], "exp": now + 60 }), true),
        (json!({ "iss": "https://evil.example", "aud": CLIENT }), false),
        (json!({ "iss": IDP, "aud": "other" }), false),
        (json!({ "iss": IDP, "aud": [] }), false),
        (json!({ "iss": IDP, "aud": CLIENT, "exp": now - 60 }), false),
        (json!({ "sub": "eve", "iss": IDP, "aud": CLIENT }), false),
    ] {
        provider.answers("userinfo", 200, "application/jwt", &provider.sign(&said(&others)));
        let read = asked(&world, &provider.upstream());
        assert_eq!(read.is_ok(), fits, "{others}");
        assert!(fits || matches!(read, Err(Error::Forged(_))), "{others}: {read:?}");
    }
    let forged = Signer::es256(9).sign(&json!({ "alg": "ES256", "kid": "k" }), &said(&json!({})));
    let unsigned = format!("{}.", provider.sign(&said(&json!({}))).rsplit_once('.').unwrap().0);
    let access =
        provider.signer.sign(&json!({ "alg": "RS256", "kid": "k", "typ": "at+jwt" }), &said(&json!({})));
    for (name, text) in
        [("forged", forged), ("unsigned", unsigned), ("an access token", access), ("none", "x".into())]
    {
        provider.answers("userinfo", 200, "application/jwt", &text);
        assert!(asked(&world, &provider.upstream()).is_err(), "{name}");
    }
}

#[test]
fn whose_fault_an_answer_is_follows_from_it() {
    let failed = |what: &str| Error::Failed(format!("the userinfo endpoint answered {what}"));
    for (status, content_type, body, expected) in [
        (401, "application/json", r#"{"sub":"ada-there"}"#, failed("401")),
        (403, "application/json", r#"{"error":"insufficient_scope"}"#, failed("403")),
        (500, "text/html", "secret", failed("500")),
        (302, "text/html", "", failed("302")),
        (200, "text/html", "<html>secret", failed("200 without a JSON object")),
        (200, "application/json", r#"{"sub":"ada-there","sub":"eve"}"#, failed("200 without a JSON object")),
        (200, "application/json", "[]", failed("200 without a JSON object")),
        (200, "application/jwt", r#"{"sub":"ada-there"}"#, failed("no JWT")),
    ] {
        let world = World::new();
        let provider = Provider::new(&world);
        provider.answers("userinfo", status, content_type, body);
        assert_eq!(asked(&world, &provider.upstream()), Err(expected), "{status} {body}");
    }
    let world = World::new();
    let mut upstream = Provider::new(&world).upstream();
    world.web.serves("https://idp.example/userinfo", |_| Err(Why::TooSlow(10)));
    assert_eq!(asked(&world, &upstream), Err(Error::Late));
    upstream.endpoints.userinfo = None;
    assert_eq!(asked(&world, &upstream), Err(Error::Failed("it has no userinfo endpoint".into())));
}
