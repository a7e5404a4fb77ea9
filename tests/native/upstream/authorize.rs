//! Where a browser is sent, and what it comes back with.

use portcullis::domain::upstream::authorize::{Request, Response, read_response, url};
use portcullis::domain::upstream::{Error, Issuer};
use url::Url;

use crate::harness::World;
use crate::harness::provider::{CLIENT, IDP, Provider};

const REQUEST: Request<'_> = Request {
    redirect_uri: "https://auth.example.com/tenant/home/sso/corp/callback",
    scope: "openid email",
    state: "s&t=1",
    nonce: Some("n-1"),
    // RFC 7636, appendix B.
    verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    prompt: None,
    login_hint: None,
    hd: None,
    domain_hint: None,
    max_age: None,
    acr_values: None,
    others: &[],
};

fn sent(endpoint: &str, request: &Request<'_>) -> Vec<(String, String)> {
    let world = World::new();
    let mut upstream = Provider::new(&world).upstream();
    upstream.endpoints.authorization = endpoint.to_owned();
    let url = Url::parse(&url(&upstream, request).unwrap()).unwrap();
    assert_eq!(url.host_str(), Some("idp.example"));
    assert_eq!(url.fragment(), None);
    url.query_pairs().into_owned().collect()
}

fn value<'q>(query: &'q [(String, String)], name: &str) -> Option<&'q str> {
    let mut all = query.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let first = all.next();
    assert_eq!(all.next(), None, "{name} twice");
    first
}

#[test]
fn a_request_says_what_it_must_and_nothing_that_was_not_asked_for() {
    let plain = sent("https://idp.example/authorize", &REQUEST);
    for (name, expected) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", REQUEST.redirect_uri),
        ("scope", "openid email"),
        ("state", "s&t=1"),
        ("nonce", "n-1"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(value(&plain, name), Some(expected), "{name}");
    }
    assert_eq!(plain.len(), 8);
    assert!(plain.iter().all(|(_, value)| !value.contains(REQUEST.verifier)));
    let full = Request {
        prompt: Some("login"),
        login_hint: Some("ada+x@corp.example"),
        hd: Some("corp.example"),
        domain_hint: Some("corp.example"),
        max_age: Some(0),
        acr_values: Some("phr mfa"),
        others: &[("access_type", "offline"), ("state", "another"), ("client_id", "another")],
        ..REQUEST
    };
    let full = sent("https://idp.example/authorize", &full);
    for (name, expected) in [
        ("prompt", "login"),
        ("login_hint", "ada+x@corp.example"),
        ("hd", "corp.example"),
        ("domain_hint", "corp.example"),
        ("max_age", "0"),
        ("acr_values", "phr mfa"),
        ("access_type", "offline"),
        ("state", "s&t=1"),
        ("client_id", CLIENT),
    ] {
        assert_eq!(value(&full, name), Some(expected), "{name}");
    }
    let empty = Request { scope: "", nonce: None, prompt: Some(""), ..REQUEST };
    let empty = sent("https://idp.example/authorize", &empty);
    assert_eq!([value(&empty, "scope"), value(&empty, "nonce"), value(&empty, "prompt")], [None; 3]);
}

/// RFC 6749 §3.1: the endpoint's own query stays; no parameter comes twice.
#[test]
fn the_endpoints_own_query_stays() {
    let query = sent(
        "https://idp.example/authorize?p=B2C_1_sign%20in&ui=de&state=x&client_id=other&redirect_uri=https://evil.example#f",
        &REQUEST,
    );
    assert_eq!(value(&query, "p"), Some("B2C_1_sign in"));
    assert_eq!(value(&query, "ui"), Some("de"));
    assert_eq!(value(&query, "state"), Some("s&t=1"));
    assert_eq!(value(&query, "client_id"), Some(CLIENT));
    assert_eq!(value(&query, "redirect_uri"), Some(REQUEST.redirect_uri));
    let world = World::new();
    let mut upstream = Provider::new(&world).upstream();
    upstream.endpoints.authorization = "nowhere".into();
    assert!(matches!(url(&upstream, &REQUEST), Err(Error::Failed(_))));
}

#[test]
fn a_response_is_the_servers_before_it_is_believed() {
    const ANOTHER: &str = "the response is of another issuer";
    const SILENT: &str = "the response does not say its issuer";
    let world = World::new();
    let provider = Provider::new(&world);
    let read = |issuer: &Issuer, says_iss: bool, iss: Option<&str>, error: Option<&str>| {
        let mut upstream = provider.upstream();
        (upstream.issuer, upstream.says_iss) = (issuer.clone(), says_iss);
        read_response(&upstream, &Response { code: Some("c"), error, iss }).map(str::to_owned)
    };
    let ours = Issuer::exactly(IDP);
    for says_iss in [false, true] {
        assert_eq!(read(&ours, says_iss, Some(IDP), None), Ok("c".into()));
        for iss in ["", "https://idp.example/", "https://evil.example", "https://IDP.example"] {
            assert_eq!(read(&ours, says_iss, Some(iss), None), Err(Error::Forged(ANOTHER)), "{iss}");
            // An error of another server is none of this one's.
            assert_eq!(read(&ours, says_iss, Some(iss), Some("access_denied")), Err(Error::Forged(ANOTHER)));
        }
    }
    assert_eq!(read(&ours, false, None, None), Ok("c".into()));
    assert_eq!(read(&ours, true, None, None), Err(Error::Forged(SILENT)));
    assert_eq!(read(&ours, true, None, Some("access_denied")), Err(Error::Forged(SILENT)));
    let tenants = Issuer::PerTenant("https://many.example/{tenantid}/v2.0".into());
    for (iss, fits) in [
        ("https://many.example/t1/v2.0", true),
        ("https://many.example//v2.0", false),
        ("https://many.example/a/b/v2.0", false),
        ("https://many.example/t1/v1.0", false),
    ] {
        assert_eq!(read(&tenants, false, Some(iss), None).is_ok(), fits, "{iss}");
    }
    assert!(read(&Issuer::Unknown, false, Some("https://any.example"), None).is_ok());
}

/// Anybody can write an address with an error in it: what is no error code is not repeated.
#[test]
fn a_no_is_told_by_its_code_alone() {
    let world = World::new();
    let upstream = Provider::new(&world).upstream();
    let long = "x".repeat(65);
    for (error, told) in [
        ("access_denied", "access_denied"),
        ("interaction_required", "interaction_required"),
        ("AADSTS50011", "AADSTS50011"),
        ("", "unknown_error"),
        ("Call 0800 123 to get your account back", "unknown_error"),
        ("<script>alert(1)</script>", "unknown_error"),
        ("a\nb", "unknown_error"),
        ("https://evil.example", "unknown_error"),
        (&long, "unknown_error"),
    ] {
        let response = Response { error: Some(error), ..Response::default() };
        assert_eq!(read_response(&upstream, &response), Err(Error::Declined(told.into())), "{error:?}");
        // A code beside it does not count.
        let both = Response { error: Some(error), code: Some("c"), iss: None };
        assert_eq!(read_response(&upstream, &both), Err(Error::Declined(told.into())));
    }
    let huge = "x".repeat(5_000);
    for code in [None, Some(""), Some(huge.as_str())] {
        let response = Response { code, ..Response::default() };
        assert_eq!(read_response(&upstream, &response), Err(Error::Forged("the response has no code")));
    }
}
