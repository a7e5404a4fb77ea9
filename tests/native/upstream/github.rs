//! GitHub's word on a person: its API's, for the access token that a code was exchanged for.

use portcullis::domain::federation::assertion::ProviderAssertion;
use portcullis::domain::federation::kinds::{Begin, Returned, authorize_url, redeem, upstream_of};
use portcullis::domain::refusal::{Error, Federation};
use portcullis::domain::upstream::authorize::Response;
use portcullis::model::identity_provider::IdentityProvider;
use portcullis::ports::http::Why;
use serde_json::{Value, json};
use url::Url;

use super::kinds::{described, refusal};
use crate::harness::provider::{form, json_answer, sent};
use crate::harness::{World, served};

const TOKEN: &str = "https://github.com/login/oauth/access_token";
const USER: &str = "https://api.github.com/user";
const EMAILS: &str = "https://api.github.com/user/emails";

fn provider() -> IdentityProvider {
    described("github", json!({ "name": "GitHub", "kind": "github", "clientId": "Iv1.abc" }))
}

fn user() -> Value {
    json!({ "login": "ada", "id": 583_231, "type": "User", "name": "Ada Lovelace", "email": "public@ada.example" })
}

fn emails() -> Value {
    json!([
        { "email": "old@ada.example", "verified": true, "primary": false, "visibility": null },
        { "email": "ada@ada.example", "verified": true, "primary": true, "visibility": "private" },
        { "email": "1+ada@users.noreply.github.com", "verified": true, "primary": false, "visibility": null },
    ])
}

/// GitHub, with what its API says of the account.
fn github(user: Value, emails: (u16, Value)) -> World {
    let world = World::new();
    let token = json!({ "access_token": "gho_1", "token_type": "bearer", "scope": "read:user,user:email" });
    world.web.serves_json(TOKEN, token);
    world.web.serves_json(USER, user);
    world.web.serves(EMAILS, move |_| Ok(json_answer(emails.0, &emails.1)));
    world
}

fn signed_in(world: &World, iss: Option<&str>) -> Result<ProviderAssertion, Error> {
    let (cx, provider) = (world.cx(), provider());
    let upstream = pollster::block_on(upstream_of(&cx, "home", &provider, Some("shh"))).unwrap();
    let returned = Returned {
        response: Response { code: Some("c-1"), error: None, iss },
        redirect_uri: "https://auth.example.com/tenant/home/sso/github/callback",
        nonce: "n-1",
        verifier: "v-1",
        max_age: None,
    };
    pollster::block_on(redeem(&cx, &provider, &upstream, &returned))
}

#[test]
fn a_sign_in_goes_to_github_and_back() {
    let world = github(user(), (200, emails()));
    let (cx, provider) = (world.cx(), provider());
    let upstream = pollster::block_on(upstream_of(&cx, "home", &provider, Some("shh"))).unwrap();
    let begin = Begin {
        redirect_uri: "https://auth.example.com/cb",
        state: "s-1",
        nonce: "n-1",
        verifier: "v-1",
        login_hint: None,
        prompt: None,
        max_age: None,
        acr_values: None,
    };
    let url = Url::parse(&authorize_url(&provider, &upstream, &begin).unwrap()).unwrap();
    assert!(url.as_str().starts_with("https://github.com/login/oauth/authorize?"));
    let value =
        |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    assert_eq!(value("scope").as_deref(), Some("read:user user:email"));
    assert_eq!(value("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(value("nonce"), None);
    let person = signed_in(&world, None).unwrap();
    assert_eq!((person.issuer.as_str(), person.subject.as_str()), ("https://github.com", "583231"));
    assert_eq!(person.email.as_deref(), Some("ada@ada.example"));
    assert_eq!(person.name.as_deref(), Some("Ada Lovelace"));
    assert!(person.email_verified && person.authoritative);
    assert_eq!((person.organisation, person.amr, person.acr), (None, vec![], None));
    let asked = world.web.asked.borrow();
    assert_eq!(asked.len(), 3);
    assert_eq!(sent(&asked[0], "accept"), Some("application/json"), "else it answers a form");
    assert!(form(&asked[0]).contains(&("client_secret".into(), "shh".into())));
    for request in &asked[1..] {
        assert_eq!(sent(request, "authorization"), Some("Bearer gho_1"));
        assert!(sent(request, "user-agent").is_some(), "else it answers nobody");
    }
}

/// GitHub publishes this issuer, and may come to say it in its responses (RFC 9207).
#[test]
fn a_response_of_another_server_is_refused() {
    for (iss, fits) in [
        (None, true),
        (Some("https://github.com/login/oauth"), true),
        (Some("https://github.com"), false),
        (Some("https://evil.example"), false),
    ] {
        let world = github(user(), (200, emails()));
        let read = signed_in(&world, iss);
        assert_eq!(read.is_ok(), fits, "{iss:?}");
        assert!(fits || world.web.asked.borrow().is_empty(), "the code is not redeemed");
    }
}

#[test]
fn the_address_is_the_primary_one_and_counts_if_github_verified_it() {
    let one = |email: Value, primary: Value, verified: Value| json!([{ "email": email, "primary": primary, "verified": verified }]);
    for (status, emails, email, counts) in [
        (200, one(json!("a@ada.example"), json!(true), json!(true)), Some("a@ada.example"), true),
        (200, one(json!("a@ada.example"), json!(true), json!(false)), Some("a@ada.example"), false),
        (200, one(json!("a@ada.example"), json!(true), json!("true")), Some("a@ada.example"), false),
        (200, one(json!("a@ada.example"), json!(true), json!(null)), Some("a@ada.example"), false),
        (200, one(json!("a@ada.example"), json!(false), json!(true)), None, false),
        (200, one(json!("a@ada.example"), json!("true"), json!(true)), None, false),
        (200, one(json!(""), json!(true), json!(true)), None, false),
        (200, one(json!(["a@ada.example"]), json!(true), json!(true)), None, false),
        (200, json!([]), None, false),
        (200, json!(["a@ada.example"]), None, false),
        // The person did not let us read them. What their page shows is no address that GitHub vouches for.
        (403, json!({ "message": "Resource not accessible" }), None, false),
        (404, json!({ "message": "Not Found" }), None, false),
    ] {
        let person = signed_in(&github(user(), (status, emails.clone())), None).unwrap();
        assert_eq!(
            (person.email.as_deref(), person.email_verified, person.authoritative),
            (email, counts, counts),
            "{emails}"
        );
    }
}

/// A login can be given away, and somebody else take it.
#[test]
fn the_account_is_its_number() {
    for id in [json!(null), json!(0), json!(-1), json!("583231"), json!(1.5), json!([1]), json!({})] {
        let mut said = user();
        said["id"] = id.clone();
        let refused = refusal(signed_in(&github(said, (200, emails())), None));
        assert_eq!(
            refused,
            Federation::Failed { provider: "GitHub".into(), why: "/user answered no account".into() },
            "{id}"
        );
    }
    let nameless = json!({ "login": "ada", "id": 7, "name": null });
    assert_eq!(signed_in(&github(nameless, (200, emails())), None).unwrap().name.as_deref(), Some("ada"));
}

#[test]
fn whose_fault_an_answer_is_follows_from_it() {
    let failed = |why: &str| Federation::Failed { provider: "GitHub".into(), why: why.into() };
    let declined = |error: &str| Federation::Declined { provider: "GitHub".into(), error: error.into() };
    let late = || Federation::Late { provider: "GitHub".into() };
    let after = |at: &'static str, answer: Result<(u16, &'static str), Why>| {
        let world = github(user(), (200, emails()));
        // `/user` is also where `/user/emails` begins.
        let is_user = at == USER;
        world
            .web
            .serves(at, move |_| answer.clone().map(|(status, body)| served(status, &[], body.as_bytes())));
        if is_user {
            world.web.serves(EMAILS, |_| Ok(json_answer(200, &emails())));
        }
        refusal(signed_in(&world, None))
    };
    assert_eq!(
        after(TOKEN, Ok((200, r#"{"error":"bad_verification_code"}"#))),
        declined("bad_verification_code")
    );
    assert_eq!(
        after(TOKEN, Ok((200, r#"{"error":"incorrect_client_credentials"}"#))),
        declined("incorrect_client_credentials")
    );
    assert_eq!(after(TOKEN, Ok((404, "secret"))), failed("the token endpoint answered 404"));
    assert_eq!(after(TOKEN, Err(Why::TooSlow(10))), late());
    assert_eq!(after(USER, Ok((401, "secret"))), failed("/user answered 401"));
    assert_eq!(after(USER, Ok((403, "secret"))), failed("/user answered no account"));
    assert_eq!(after(USER, Ok((200, "secret"))), failed("/user answered no JSON"));
    assert_eq!(after(USER, Ok((200, "[]"))), failed("/user answered no account"));
    assert_eq!(after(USER, Ok((500, ""))), failed("/user answered 500"));
    assert_eq!(after(USER, Err(Why::Unreachable)), late());
    assert_eq!(after(EMAILS, Ok((200, "{}"))), failed("/user/emails answered no list"));
    assert_eq!(after(EMAILS, Ok((401, "[]"))), failed("/user/emails answered 401"));
    assert_eq!(after(EMAILS, Ok((502, "[]"))), failed("/user/emails answered 502"));
    assert_eq!(after(EMAILS, Err(Why::TooSlow(10))), late());
}
