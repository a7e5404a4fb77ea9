//! Tokens for a code or a refresh token, and giving them back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::domain::upstream::revoke::{Hint, revoke};
use portcullis::domain::upstream::tokens::{Code, Tokens, exchange, refresh};
use portcullis::domain::upstream::{Authentication, Error, Issuer, Upstream};
use portcullis::ports::http::Why;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::harness::provider::{CLIENT, IDP, Provider, form, sent};
use crate::harness::{World, claims, part, served};

const CODE: Code<'_> = Code { code: "c&1", redirect_uri: "https://auth.example.com/cb", verifier: "v-1" };

fn exchanged(world: &World, upstream: &Upstream) -> Result<Tokens, Error> {
    pollster::block_on(exchange(&world.cx(), upstream, CODE))
}

fn said(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn good() -> Value {
    json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "rt", "id_token": "a.b.c", "scope": "x y" })
}

#[test]
fn a_code_is_exchanged_with_its_verifier() {
    let world = World::new();
    let provider = Provider::new(&world);
    let asked = provider.records("token", good());
    let tokens = exchanged(&world, &provider.upstream()).unwrap();
    assert_eq!(tokens.access_token.as_str(), "at");
    assert_eq!(tokens.expires_in, Some(3600));
    assert_eq!(tokens.refresh_token.as_ref().map(|token| token.as_str()), Some("rt"));
    assert_eq!(tokens.id_token.as_ref().map(|token| token.as_str()), Some("a.b.c"));
    assert_eq!(tokens.scope.as_deref(), Some("x y"));
    let asked = asked.borrow();
    let form = form(&asked[0]);
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "c&1"),
        ("redirect_uri", "https://auth.example.com/cb"),
        ("code_verifier", "v-1"),
        ("client_id", CLIENT),
    ];
    assert_eq!(said(&form), expected);
    assert_eq!(sent(&asked[0], "accept"), Some("application/json"));
    assert_eq!(sent(&asked[0], "content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked.len(), 1);
    // What is written to logs has no tokens.
    let shown = format!("{tokens:?}");
    assert!(!shown.contains("\"at\"") && !shown.contains("\"rt\"") && !shown.contains("a.b.c"), "{shown}");
}

#[test]
fn we_say_who_we_are_in_the_one_way_that_was_agreed() {
    let world = World::new();
    let provider = Provider::new(&world);
    let asked = provider.records("token", good());
    let by = |authentication: Authentication, client_id: &str| {
        let mut upstream = provider.upstream();
        (upstream.authentication, upstream.client_id) = (authentication, client_id.to_owned());
        exchanged(&world, &upstream).unwrap();
        asked.borrow_mut().pop().unwrap()
    };
    // RFC 6749 §2.3.1: both are form-urlencoded before they are joined.
    for (id, password, pair) in [
        ("our-client", "s3cret", "our-client:s3cret"),
        ("a:b c", "p%+&=/:\u{fc}", "a%3Ab+c:p%25%2B%26%3D%2F%3A%C3%BC"),
        ("https://auth.example.com/c", "x~y_z-1.2*", "https%3A%2F%2Fauth.example.com%2Fc:x%7Ey_z-1.2*"),
    ] {
        let request = by(Authentication::SecretBasic(secret(password)), id);
        let basic = sent(&request, "authorization").unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap(), pair);
        let form = form(&request);
        assert!(form.iter().all(|(name, _)| !name.starts_with("client_")), "{form:?}");
    }
    let request = by(Authentication::SecretPost(secret("s&t")), CLIENT);
    assert_eq!(said(&form(&request))[4..], [("client_id", CLIENT), ("client_secret", "s&t")]);
    assert_eq!(sent(&request, "authorization"), None);
    let request = by(Authentication::None, CLIENT);
    assert_eq!(said(&form(&request))[4..], [("client_id", CLIENT)]);
    assert_eq!(sent(&request, "authorization"), None);
}

/// An assertion for more than the issuer could be used by another server at this one.
#[test]
fn an_assertion_is_the_tenants_for_the_issuer_alone_and_for_once() {
    let world = World::new();
    world.tenant("acme");
    let provider = Provider::new(&world);
    let asked = provider.records("token", good());
    let mut upstream = provider.upstream();
    upstream.authentication = Authentication::PrivateKeyJwt { tenant_id: "acme".into() };
    let mut ids = Vec::new();
    for _ in 0..2 {
        exchanged(&world, &upstream).unwrap();
        let request = asked.borrow_mut().pop().unwrap();
        assert_eq!(sent(&request, "authorization"), None);
        let form = form(&request);
        assert_eq!(form[4], ("client_id".to_owned(), CLIENT.to_owned()));
        assert_eq!(form[5].1, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let (assertion, now) = (&form[6].1, world.now().unix());
        let said = claims(assertion);
        assert_eq!([&said["iss"], &said["sub"], &said["aud"]], [&json!(CLIENT), &json!(CLIENT), &json!(IDP)]);
        assert_eq!([&said["iat"], &said["exp"]], [&json!(now), &json!(now + 60)]);
        ids.push(said["jti"].as_str().unwrap().to_owned());
        assert_eq!(part(assertion, 0)["alg"], "ES256");
        // The tenant's JWK Set has the key.
        let set = world.get("/tenant/acme/.well-known/jwks.json").send().is(200).json;
        assert!(set["keys"].as_array().unwrap().iter().any(|key| key["kid"] == part(assertion, 0)["kid"]));
        let keys = portcullis::crypto::foreign::keys(&set).unwrap();
        let token = portcullis::crypto::foreign::Foreign::parse(assertion, &["JWT"]).unwrap();
        assert!(token.verify::<Value>(&keys).is_some());
    }
    assert_ne!(ids[0], ids[1]);
    upstream.issuer = Issuer::Unknown;
    assert!(matches!(exchanged(&world, &upstream), Err(Error::Failed(_))));
    assert_eq!(asked.borrow().len(), 0);
}

#[test]
fn whose_fault_an_answer_is_follows_from_it() {
    let declined = |code: &str| Error::Declined(code.into());
    let failed = |status: u16| Error::Failed(format!("the token endpoint answered {status}"));
    let no_object =
        |status: u16| Error::Failed(format!("the token endpoint answered {status} without a JSON object"));
    let no_token = Error::Failed("the token endpoint answered no access_token that can be sent".into());
    let kind = Error::Failed("the token endpoint answered tokens of another type than bearer".into());
    const JSON: &str = "application/json; charset=utf-8";
    const FORM: &str = "application/x-www-form-urlencoded";
    let long = format!(r#"{{"access_token":"{}"}}"#, "x".repeat(40_000));
    for (status, content_type, body, expected) in [
        (400, JSON, r#"{"error":"invalid_grant","error_description":"secret"}"#, declined("invalid_grant")),
        (401, JSON, r#"{"error":"invalid_client"}"#, declined("invalid_client")),
        (403, "text/plain", r#"{"error":"access_denied"}"#, declined("access_denied")),
        // GitHub.
        (200, JSON, r#"{"error":"bad_verification_code"}"#, declined("bad_verification_code")),
        (
            200,
            FORM,
            "error=bad_verification_code&error_description=secret",
            declined("bad_verification_code"),
        ),
        (200, JSON, r#"{"error":"x","access_token":"at"}"#, declined("x")),
        (400, JSON, r#"{"error":"secret and more"}"#, declined("unknown_error")),
        (400, JSON, r#"{"error":""}"#, declined("unknown_error")),
        (400, JSON, r#"{"error":{"message":"secret"}}"#, failed(400)),
        (200, JSON, r#"{"error":7,"access_token":"at"}"#, failed(200)),
        (400, JSON, "secret", failed(400)),
        (404, "text/html", "<html>secret", failed(404)),
        // Broken or asked too often: it has not decided.
        (429, JSON, r#"{"error":"invalid_grant"}"#, failed(429)),
        (500, JSON, r#"{"error":"invalid_grant"}"#, failed(500)),
        (503, JSON, r#"{"error":"temporarily_unavailable"}"#, failed(503)),
        (302, JSON, "", failed(302)),
        (0, JSON, "", failed(0)),
        (200, JSON, "", no_object(200)),
        (200, JSON, "[]", no_object(200)),
        (200, JSON, r#""secret""#, no_object(200)),
        (200, JSON, r#"{"access_token":"a","access_token":"b"}"#, no_object(200)),
        (200, "text/html", "<html>secret", no_object(200)),
        (
            200,
            FORM,
            "access_token=a&access_token=b",
            Error::Failed("the token endpoint answered a broken form".into()),
        ),
        (200, JSON, "{}", no_token.clone()),
        (200, JSON, r#"{"access_token":""}"#, no_token.clone()),
        (200, JSON, r#"{"access_token":null}"#, no_token.clone()),
        (200, JSON, r#"{"access_token":["secret"]}"#, no_token.clone()),
        (200, JSON, r#"{"access_token":"se cret"}"#, no_token.clone()),
        (200, JSON, r#"{"access_token":"secret\r\nx: y"}"#, no_token.clone()),
        (200, JSON, &long, no_token),
        (200, JSON, r#"{"access_token":"secret","token_type":"mac"}"#, kind.clone()),
        (200, JSON, r#"{"access_token":"secret","token_type":"DPoP"}"#, kind.clone()),
        (200, JSON, r#"{"access_token":"secret","token_type":7}"#, kind),
        (
            200,
            JSON,
            r#"{"access_token":"a","id_token":7}"#,
            Error::Failed("the token endpoint answered no id_token where there is to be one".into()),
        ),
        (
            200,
            JSON,
            r#"{"access_token":"a","refresh_token":" "}"#,
            Error::Failed("the token endpoint answered no refresh_token where there is to be one".into()),
        ),
    ] {
        let world = World::new();
        let provider = Provider::new(&world);
        provider.answers("token", status, content_type, body);
        let refused = exchanged(&world, &provider.upstream()).unwrap_err();
        assert_eq!(refused, expected, "{status} {body:.80}");
        assert!(!format!("{refused:?}").contains("secret"));
        assert!(world.log.0.borrow().iter().all(|line| !line.contains("secret")));
    }
    for (why, expected) in [
        (Why::TooSlow(10), Error::Late),
        (Why::Unreachable, Error::Late),
        (Why::TooLarge(7), Error::Failed("idp.example answered more than 7 bytes".into())),
    ] {
        let world = World::new();
        world.web.serves(&format!("{IDP}/token"), move |_| Err(why.clone()));
        assert_eq!(exchanged(&world, &Provider::new(&world).upstream()), Err(expected));
    }
}

#[test]
fn answers_that_are_a_little_odd_are_read() {
    const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
    for (content_type, body, expires_in) in [
        ("application/json", r#"{"access_token":"a~b","token_type":"bearer"}"#, None),
        ("application/json", r#"{"access_token":"a~b"}"#, None),
        (
            "text/plain",
            r#"{"access_token":"a~b","token_type":"BEARER","expires_in":"3599","error":null}"#,
            Some(3599),
        ),
        ("application/json", r#"{"access_token":"a~b","expires_in":-1}"#, None),
        (
            "application/json",
            r#"{"access_token":"a~b","expires_in":"soon","refresh_token":null,"id_token":null}"#,
            None,
        ),
        (FORM, "access_token=a%7Eb&scope=user%3Aemail&token_type=bearer&expires_in=28800", Some(28_800)),
    ] {
        let world = World::new();
        let provider = Provider::new(&world);
        provider.answers("token", 200, content_type, body);
        let tokens = exchanged(&world, &provider.upstream()).unwrap();
        assert_eq!(tokens.access_token.as_str(), "a~b", "{body}");
        assert_eq!(tokens.expires_in, expires_in, "{body}");
        assert_eq!(tokens.refresh_token, None);
    }
}

#[test]
fn a_refresh_token_is_exchanged_and_an_answer_without_one_keeps_it() {
    let world = World::new();
    let provider = Provider::new(&world);
    let asked = provider.records("token", json!({ "access_token": "at-2", "token_type": "Bearer" }));
    let mut upstream = provider.upstream();
    upstream.authentication = Authentication::SecretPost(secret("s"));
    let tokens = pollster::block_on(refresh(&world.cx(), &upstream, "rt-1")).unwrap();
    assert_eq!((tokens.access_token.as_str(), tokens.refresh_token), ("at-2", None));
    let expected = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "rt-1"),
        ("client_id", CLIENT),
        ("client_secret", "s"),
    ];
    assert_eq!(said(&form(&asked.borrow()[0])), expected);
    provider.answers("token", 400, "application/json", r#"{"error":"invalid_grant"}"#);
    let over = pollster::block_on(refresh(&world.cx(), &upstream, "rt-1"));
    assert_eq!(over, Err(Error::Declined("invalid_grant".into())));
}

#[test]
fn a_token_is_given_back() {
    let world = World::new();
    let provider = Provider::new(&world);
    let mut upstream = provider.upstream();
    upstream.authentication = Authentication::SecretBasic(secret("s"));
    let give = |upstream: &Upstream, hint| pollster::block_on(revoke(&world.cx(), upstream, "t-1", hint));
    for (hint, name) in [(Hint::AccessToken, "access_token"), (Hint::RefreshToken, "refresh_token")] {
        // RFC 7009 §2.2: the body of the answer is of no interest.
        let asked: std::rc::Rc<std::cell::RefCell<Vec<_>>> = std::rc::Rc::default();
        let kept = asked.clone();
        world.web.serves("https://idp.example/revoke", move |request| {
            kept.borrow_mut().push(request.clone());
            Ok(served(200, &[], b""))
        });
        assert_eq!(give(&upstream, hint), Ok(()));
        assert_eq!(said(&form(&asked.borrow()[0])), [("token", "t-1"), ("token_type_hint", name)]);
        assert!(sent(&asked.borrow()[0], "authorization").is_some());
    }
    for (status, body, expected) in [
        (400, r#"{"error":"unsupported_token_type"}"#, Error::Declined("unsupported_token_type".into())),
        (401, r#"{"error":"invalid_client"}"#, Error::Declined("invalid_client".into())),
        (503, "", Error::Failed("the revocation endpoint answered 503".into())),
        (302, "", Error::Failed("the revocation endpoint answered 302".into())),
    ] {
        provider.answers("revoke", status, "application/json", body);
        assert_eq!(give(&upstream, Hint::RefreshToken), Err(expected));
    }
    upstream.endpoints.revocation = None;
    assert_eq!(
        give(&upstream, Hint::RefreshToken),
        Err(Error::Failed("it has no revocation endpoint".into()))
    );
}
