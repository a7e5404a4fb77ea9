//! Signing in at Google's and Microsoft's own pages: where a browser is sent, and what is asked when it comes back.

use portcullis::domain::federation::assertion::ProviderAssertion;
use portcullis::domain::federation::kinds::{Begin, Returned, authorize_url, redeem, upstream_of};
use portcullis::domain::refusal::{Error, Federation};
use portcullis::domain::upstream::authorize::Response;
use serde_json::{Value, json};
use url::Url;

use super::kinds::{described, refusal};
use super::microsoft::{CONSUMERS, OBJECT, OTHER_TENANT, TENANT, issuer, with as extended};
use crate::harness::provider::{change, form, json_answer, sent};
use crate::harness::{Signer, World};

const BEGIN: Begin<'_> = Begin {
    redirect_uri: "https://auth.example.com/tenant/home/sso/x/callback",
    state: "s-1",
    nonce: "n-1",
    verifier: "v-1",
    login_hint: None,
    prompt: Some("select_account"),
    max_age: Some(60),
    acr_values: None,
};

const RETURNED: Returned<'_> = Returned {
    response: Response { code: Some("c-1"), error: None, iss: None },
    redirect_uri: BEGIN.redirect_uri,
    nonce: "n-1",
    verifier: "v-1",
    // Neither says when the person signed in: nobody is refused for that here.
    max_age: Some(60),
};

/// Where a browser is sent, without its query, and its query.
fn sent_to(spec: Value) -> (String, Vec<(String, String)>) {
    let (world, provider) = (World::new(), described("x", spec));
    let upstream = pollster::block_on(upstream_of(&world.cx(), "home", &provider, Some("shh"))).unwrap();
    let mut url = Url::parse(&authorize_url(&provider, &upstream, &BEGIN).unwrap()).unwrap();
    let query = url.query_pairs().into_owned().collect();
    url.set_query(None);
    assert_eq!(world.web.asked.borrow().len(), 0, "their metadata is known");
    (url.into(), query)
}

fn value<'q>(query: &'q [(String, String)], name: &str) -> Option<&'q str> {
    query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[test]
fn a_browser_is_sent_to_the_page_of_those_who_may_sign_in() {
    let google =
        |hosted: Value| json!({ "name": "G", "kind": "google", "clientId": "c", "hostedDomain": hosted });
    for (spec, hd) in [(google(json!(null)), None), (google(json!("corp.example")), Some("corp.example"))] {
        let (at, query) = sent_to(spec);
        assert_eq!(at, "https://accounts.google.com/o/oauth2/v2/auth");
        assert_eq!(value(&query, "hd"), hd);
        assert_eq!(value(&query, "scope"), Some("openid email profile"));
        assert_eq!(value(&query, "nonce"), Some("n-1"));
        assert_eq!(value(&query, "prompt"), Some("select_account"));
        assert_eq!(value(&query, "code_challenge_method"), Some("S256"));
    }
    for (tenants, authority) in [
        (vec!["common"], "common"),
        (vec!["organizations"], "organizations"),
        (vec!["consumers"], "consumers"),
        (vec![TENANT], TENANT),
        (vec![TENANT, OTHER_TENANT], "organizations"),
        (vec![TENANT, "organizations"], "organizations"),
        (vec![TENANT, CONSUMERS], "common"),
        (vec!["organizations", "consumers"], "common"),
    ] {
        let (at, query) =
            sent_to(json!({ "name": "M", "kind": "microsoft", "clientId": "c", "tenants": tenants }));
        assert_eq!(
            at,
            format!("https://login.microsoftonline.com/{authority}/oauth2/v2.0/authorize"),
            "{tenants:?}"
        );
        assert_eq!(value(&query, "hd"), None);
        assert_eq!(value(&query, "nonce"), Some("n-1"));
    }
}

/// A provider, its token endpoint, where its keys are, and the claims of its ID token.
fn providers() -> [(Value, &'static str, &'static str, Value); 2] {
    [
        (
            json!({ "name": "Google", "kind": "google", "clientId": "c" }),
            "https://oauth2.googleapis.com/token",
            "https://www.googleapis.com/oauth2/v3/certs",
            json!({ "iss": "https://accounts.google.com", "sub": "1", "azp": "c", "email": "ada@gmail.com", "email_verified": true }),
        ),
        (
            json!({ "name": "Microsoft", "kind": "microsoft", "clientId": "c", "tenants": [TENANT] }),
            "https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/oauth2/v2.0/token",
            "https://login.microsoftonline.com/common/discovery/v2.0/keys",
            json!({ "iss": issuer(TENANT), "sub": "1", "tid": TENANT, "oid": OBJECT, "ver": "2.0", "email": "ada@corp.example" }),
        ),
    ]
}

fn signed_in(
    world: &World,
    spec: &Value,
    token_at: &str,
    claims: &Value,
    returned: &Returned<'_>,
) -> Result<ProviderAssertion, Error> {
    let (signer, now) = (Signer::rs256(), world.now().unix());
    let mut all = json!({ "aud": "c", "exp": now + 60, "iat": now, "nonce": "n-1" });
    change(&mut all, claims);
    let id_token = signer.sign(&json!({ "alg": "RS256", "kid": "k" }), &all);
    let answer = json!({ "access_token": "at", "token_type": "Bearer", "id_token": id_token });
    world.web.serves(token_at, move |_| Ok(json_answer(200, &answer)));
    let (cx, provider) = (world.cx(), described("x", spec.clone()));
    let upstream = pollster::block_on(upstream_of(&cx, "home", &provider, Some("shh")))?;
    pollster::block_on(redeem(&cx, &provider, &upstream, returned))
}

#[test]
fn a_code_is_redeemed_with_one_request_when_the_keys_are_known() {
    for (spec, token_at, keys_at, claims) in providers() {
        let world = World::new();
        world.web.serves_json(keys_at, Signer::rs256().jwks("k"));
        for requests in [2, 1] {
            world.web.asked.borrow_mut().clear();
            let person = signed_in(&world, &spec, token_at, &claims, &RETURNED).unwrap();
            assert!(person.email.is_some());
            assert_eq!(world.web.asked.borrow().len(), requests, "{spec}");
        }
        let asked = world.web.asked.borrow();
        let said = form(&asked[0]);
        for (name, expected) in
            [("code", "c-1"), ("code_verifier", "v-1"), ("client_id", "c"), ("client_secret", "shh")]
        {
            assert_eq!(value(&said, name), Some(expected), "{spec}");
        }
        assert_eq!(value(&said, "redirect_uri"), Some(BEGIN.redirect_uri));
        assert_eq!(sent(&asked[0], "authorization"), None);
    }
}

#[test]
fn what_comes_back_is_this_sign_ins_and_the_providers() {
    for (spec, token_at, keys_at, claims) in providers() {
        let with = |others: &Value, returned: &Returned<'_>| {
            let world = World::new();
            world.web.serves_json(keys_at, Signer::rs256().jwks("k"));
            signed_in(&world, &spec, token_at, &extended(claims.clone(), others), returned)
        };
        assert!(with(&json!({}), &RETURNED).is_ok());
        let own = claims["iss"].as_str();
        assert!(
            with(&json!({}), &Returned { response: Response { iss: own, ..RETURNED.response }, ..RETURNED })
                .is_ok()
        );
        for others in [
            json!({ "nonce": "n-2" }),
            json!({ "nonce": null }),
            json!({ "aud": "x" }),
            json!({ "at_hash": "x" }),
        ] {
            assert!(matches!(refusal(with(&others, &RETURNED)), Federation::Forged(_)), "{spec} {others}");
        }
        for iss in [
            "https://evil.example",
            "",
            "https://login.microsoftonline.com",
            "https://accounts.google.com.evil.example",
        ] {
            let returned =
                Returned { response: Response { iss: Some(iss), ..RETURNED.response }, ..RETURNED };
            assert!(matches!(refusal(with(&json!({}), &returned)), Federation::Forged(_)), "{spec} {iss}");
        }
        let denied =
            Returned { response: Response { error: Some("access_denied"), ..RETURNED.response }, ..RETURNED };
        let name = spec["name"].as_str().unwrap().to_owned();
        let declined = Federation::Declined { provider: name, error: "access_denied".into() };
        assert_eq!(refusal(with(&json!({}), &denied)), declined);
    }
}
