//! Microsoft's access tokens as proof of who signed in: for an API of ours, and for Graph.

use std::cell::RefCell;
use std::rc::Rc;

use portcullis::domain::federation::kinds::microsoft::client;
use portcullis::domain::refusal::Federation;
use portcullis::ports::http::{HttpRequest, Why};
use serde_json::{Value, json};

use super::kinds::{forged, refusal};
use super::microsoft::{CLIENT, CONSUMERS, Microsoft, OBJECT, OTHER_TENANT, TENANT, issuer, of_tenant, with};
use crate::harness::provider::{change, json_answer, sent};
use crate::harness::{Signer, served};

const ME: &str = "https://graph.microsoft.com/v1.0/me";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const OTHER_APP: &str = "11111111-a3f5-46a7-b995-940c78f5aef3";

fn issuer_v1(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// An access token of a work account for our API.
fn own(microsoft: &Microsoft, others: &Value) -> String {
    let now = microsoft.world.now().unix();
    let mut claims = json!({
        "aud": CLIENT, "iss": issuer(TENANT), "iat": now, "nbf": now, "exp": now + 3600, "azp": OTHER_APP, "azpacr": "0",
        "name": "Ada Lovelace", "oid": OBJECT, "preferred_username": "ada@corp.example", "scp": "access_as_user",
        "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": TENANT, "ver": "2.0",
    });
    change(&mut claims, others);
    microsoft.sign(&claims)
}

/// An access token for Graph that our application got. Graph alone can verify its signature.
fn for_graph(microsoft: &Microsoft, others: &Value) -> String {
    let now = microsoft.world.now().unix();
    let mut claims = json!({
        "aud": GRAPH, "iss": issuer_v1(TENANT), "iat": now, "nbf": now, "exp": now + 3600, "appid": CLIENT, "appidacr": "0",
        "name": "Ada Lovelace", "oid": OBJECT, "upn": "ada@corp.example", "unique_name": "ada@corp.example", "scp": "openid User.Read",
        "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": TENANT, "ver": "1.0", "idtyp": "user",
    });
    change(&mut claims, others);
    Signer::es256(66)
        .sign(&json!({ "alg": "RS256", "kid": "graph", "typ": "JWT", "nonce": "hashed" }), &claims)
}

fn me() -> Value {
    json!({ "id": OBJECT, "displayName": "Ada King", "mail": "ada.king@corp.example", "userPrincipalName": "ada@corp.example" })
}

/// Graph, which keeps what it is asked.
fn graph_answers(microsoft: &Microsoft, status: u16, said: Value) -> Rc<RefCell<Vec<HttpRequest>>> {
    let asked: Rc<RefCell<Vec<HttpRequest>>> = Rc::default();
    let kept = asked.clone();
    microsoft.world.web.serves(ME, move |request| {
        kept.borrow_mut().push(request.clone());
        Ok(json_answer(status, &said))
    });
    asked
}

#[test]
fn a_token_for_our_own_api_says_who_signed_in() {
    let microsoft = Microsoft::new();
    for others in [
        json!({}),
        json!({ "aud": format!("api://{CLIENT}") }),
        json!({ "iss": issuer_v1(TENANT), "ver": "1.0", "aud": format!("api://{CLIENT}"), "azp": null, "appid": OTHER_APP }),
        json!({ "ver": null }),
        json!({ "idtyp": "user" }),
        json!({ "scp": null }),
    ] {
        let token = own(&microsoft, &others);
        assert_eq!(client(&token).as_deref(), Some(CLIENT), "{others}");
        let person = microsoft.read_access(&token).unwrap();
        assert_eq!((person.issuer, person.subject.as_str()), (issuer(TENANT), OBJECT), "{others}");
        assert_eq!(person.organisation.as_deref(), Some(TENANT));
        assert!(!person.email_verified && !person.authoritative);
    }
    let proved = own(&microsoft, &json!({ "email": "ada@corp.example", "xms_edov": true }));
    assert!(microsoft.read_access(&proved).unwrap().authoritative);
    assert_eq!(microsoft.world.web.times(ME), 0);
}

#[test]
fn a_token_for_our_own_api_is_held_to_every_rule() {
    let microsoft = Microsoft::new();
    let now = microsoft.world.now().unix();
    let rows = [
        json!({ "aud": OTHER_APP }),
        json!({ "aud": format!("api://{OTHER_APP}") }),
        json!({ "aud": format!("api://api://{CLIENT}") }),
        json!({ "aud": format!("api://{CLIENT}/") }),
        json!({ "aud": format!("https://{CLIENT}") }),
        json!({ "aud": format!("API://{CLIENT}") }),
        json!({ "aud": [CLIENT] }),
        json!({ "aud": [CLIENT, GRAPH] }),
        json!({ "aud": null }),
        json!({ "aud": "https://management.azure.com" }),
        json!({ "aud": "https://outlook.office.com" }),
        json!({ "aud": "https://graph.windows.net", "appid": CLIENT }),
        json!({ "aud": "00000002-0000-0000-c000-000000000000", "appid": CLIENT }),
        json!({ "tid": OTHER_TENANT }),
        json!({ "iss": issuer(OTHER_TENANT) }),
        json!({ "iss": issuer_v1(OTHER_TENANT), "ver": "1.0" }),
        json!({ "iss": issuer_v1(TENANT) }),
        json!({ "iss": issuer_v1(TENANT), "ver": "2.0" }),
        json!({ "ver": "1.0" }),
        json!({ "ver": 2 }),
        json!({ "iss": format!("https://sts.windows.net/{TENANT}"), "ver": "1.0" }),
        json!({ "iss": format!("https://sts.windows.net/{TENANT}/v2.0") }),
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": null }),
        json!({ "tid": null }),
        json!({ "oid": null }),
        json!({ "exp": now - 60 }),
        json!({ "exp": null }),
        json!({ "iat": null }),
        json!({ "nbf": now + 61 }),
        json!({ "iat": now + 61 }),
        // Apps' own tokens: `oid` is the app.
        json!({ "idtyp": "app" }),
        json!({ "idtyp": "app", "scp": null, "roles": ["All"] }),
        json!({ "idtyp": "device" }),
        json!({ "scp": null, "sub": OBJECT }),
        json!({ "scp": "", "sub": OBJECT }),
        json!({ "scp": null, "sub": OBJECT, "roles": ["All"] }),
        // An ID token is none.
        json!({ "scp": null, "nonce": "n" }),
        json!({ "scp": null, "at_hash": "h" }),
    ];
    for others in &rows {
        forged(microsoft.read_access(&own(&microsoft, others)), others);
    }
    assert_eq!(microsoft.world.web.times(ME), 0);
    // Another's signature, which Graph's tokens alone may have.
    let (claims, evil) = (crate::harness::claims(&own(&microsoft, &json!({}))), Signer::es256(66));
    for header in [
        json!({ "alg": "RS256", "kid": "m" }),
        json!({ "alg": "ES256", "kid": "m" }),
        json!({ "alg": "none" }),
    ] {
        forged(microsoft.read_access(&evil.sign(&header, &claims)), &header);
    }
}

#[test]
fn a_token_for_graph_says_who_signed_in_if_graph_takes_it_and_our_app_got_it() {
    let microsoft = Microsoft::new();
    let asked = graph_answers(&microsoft, 200, me());
    for others in [
        json!({}),
        json!({ "aud": "https://graph.microsoft.com" }),
        json!({ "aud": "https://graph.microsoft.com/" }),
        json!({ "iss": issuer(TENANT), "ver": "2.0", "appid": null, "azp": CLIENT }),
        json!({ "azp": CLIENT }),
        json!({ "idtyp": null }),
    ] {
        let token = for_graph(&microsoft, &others);
        assert_eq!(client(&token).as_deref(), Some(CLIENT), "{others}");
        let person = microsoft.read_access(&token).unwrap();
        assert_eq!((person.issuer, person.subject.as_str()), (issuer(TENANT), OBJECT), "{others}");
        assert_eq!(person.email.as_deref(), Some("ada.king@corp.example"));
        assert_eq!(person.name.as_deref(), Some("Ada King"));
        assert_eq!(person.organisation.as_deref(), Some(TENANT));
        assert!(!person.email_verified && !person.authoritative, "an administrator wrote it");
        assert_eq!(
            sent(asked.borrow().last().unwrap(), "authorization"),
            Some(format!("Bearer {token}").as_str())
        );
    }
    assert_eq!(asked.borrow().len(), 6);
}

/// Token substitution: what another application got of its users must sign in none of them here.
#[test]
fn a_token_for_graph_that_is_not_our_apps_or_not_a_persons_is_refused_before_graph_is_asked() {
    let microsoft = Microsoft::new();
    let asked = graph_answers(&microsoft, 200, me());
    let now = microsoft.world.now().unix();
    let rows = [
        json!({ "appid": OTHER_APP }),
        json!({ "appid": null }),
        json!({ "appid": "" }),
        json!({ "appid": [CLIENT] }),
        json!({ "appid": CLIENT.to_uppercase() }),
        json!({ "appid": OTHER_APP, "azp": CLIENT }),
        json!({ "appid": CLIENT, "azp": OTHER_APP }),
        json!({ "appid": null, "azp": OTHER_APP }),
        json!({ "appid": null, "azp": null, "client_id": CLIENT }),
        json!({ "appid": OTHER_APP, "aud": "https://graph.microsoft.com" }),
        json!({ "aud": [GRAPH, CLIENT] }),
        json!({ "aud": format!("{GRAPH}/") }),
        json!({ "aud": "https://graph.microsoft.com.evil.example" }),
        json!({ "aud": "http://graph.microsoft.com" }),
        json!({ "aud": "https://graph.microsoft.us" }),
        json!({ "tid": OTHER_TENANT }),
        json!({ "tid": null }),
        json!({ "oid": null }),
        json!({ "iss": issuer_v1(OTHER_TENANT) }),
        json!({ "iss": issuer(TENANT) }),
        json!({ "iss": "https://evil.example" }),
        json!({ "ver": "2.0" }),
        json!({ "idtyp": "app" }),
        json!({ "idtyp": "app", "scp": null, "roles": ["User.Read.All"], "sub": OBJECT }),
        json!({ "scp": null, "sub": OBJECT, "idtyp": null }),
        json!({ "exp": now - 60 }),
        json!({ "exp": null }),
        json!({ "nbf": now + 61 }),
    ];
    for others in &rows {
        forged(microsoft.read_access(&for_graph(&microsoft, others)), others);
    }
    for token in ["EwB4A8l6BAAU", "", "a.b.c", "a.b.c.d.e"] {
        forged(microsoft.read_access(token), &json!(token));
    }
    assert_eq!(asked.borrow().len(), 0);
}

#[test]
fn what_graph_says_of_a_token_counts() {
    let token = |microsoft: &Microsoft| for_graph(microsoft, &json!({}));
    for (status, said) in [
        (401, json!({ "error": { "code": "InvalidAuthenticationToken", "message": "secret" } })),
        (403, json!({ "error": { "code": "Authorization_RequestDenied" } })),
        (404, json!({})),
        (400, me()),
        (200, json!({ "id": "11aa00aa-bb11-cc22-dd33-44ee44ee44ee", "mail": "ada@corp.example" })),
        (200, json!({ "id": null })),
        (200, json!({ "oid": OBJECT })),
        (200, json!({ "id": [OBJECT] })),
        (200, json!({})),
    ] {
        let microsoft = Microsoft::new();
        graph_answers(&microsoft, status, said.clone());
        forged(microsoft.read_access(&token(&microsoft)), &said);
    }
    for (status, body) in [
        (500, "secret"),
        (429, "{}"),
        (302, ""),
        (200, "secret"),
        (200, "[]"),
        (200, r#"{"id":"a","id":"b"}"#),
    ] {
        let microsoft = Microsoft::new();
        microsoft.world.web.serves(ME, move |_| Ok(served(status, &[], body.as_bytes())));
        match refusal(microsoft.read_access(&token(&microsoft))) {
            Federation::Failed { provider, why } => {
                assert_eq!(provider, "Microsoft");
                assert!(!why.contains("secret"), "{why}");
            }
            other => panic!("{status}: {other:?}"),
        }
    }
    let microsoft = Microsoft::new();
    microsoft.world.web.serves(ME, |_| Err(Why::TooSlow(10)));
    let late = refusal(microsoft.read_access(&token(&microsoft)));
    assert_eq!(late, Federation::Late { provider: "Microsoft".into() });
}

#[test]
fn tenants_that_may_not_sign_in_do_not_with_any_token() {
    for (tenants, tenant, may) in [
        (vec!["consumers"], TENANT, false),
        (vec![OTHER_TENANT], TENANT, false),
        (vec![TENANT], OTHER_TENANT, false),
        (vec!["organizations"], CONSUMERS, false),
        (vec![TENANT], TENANT, true),
        (vec!["organizations"], TENANT, true),
        (vec!["consumers"], CONSUMERS, true),
    ] {
        let microsoft = Microsoft::for_tenants(&tenants);
        let asked = graph_answers(&microsoft, 200, me());
        let tokens = [
            own(&microsoft, &of_tenant(tenant)),
            for_graph(&microsoft, &json!({ "tid": tenant, "iss": issuer_v1(tenant) })),
        ];
        for token in tokens {
            let read = microsoft.read_access(&token);
            match may {
                true => assert!(read.is_ok(), "{tenants:?} {tenant}"),
                false => assert_eq!(refusal(read), Federation::NotAllowed, "{tenants:?} {tenant}"),
            }
        }
        assert_eq!(asked.borrow().len(), usize::from(may));
    }
}

#[test]
fn an_address_counts_as_in_an_id_token() {
    let personal = json!({ "tid": CONSUMERS, "iss": issuer_v1(CONSUMERS) });
    let guest = json!({ "mail": null, "userPrincipalName": "ada_other.example#EXT#@corp.onmicrosoft.com" });
    for (others, more, email, counts) in [
        (json!({ "email": "own@corp.example", "xms_edov": true }), json!({}), Some("own@corp.example"), true),
        (json!({ "email": "own@corp.example", "xms_edov": "1" }), json!({}), Some("own@corp.example"), true),
        (
            json!({ "email": "own@corp.example", "xms_edov": false }),
            json!({}),
            Some("ada.king@corp.example"),
            false,
        ),
        // It is said of the token's address, not of Graph's.
        (json!({ "xms_edov": true }), json!({}), Some("ada.king@corp.example"), false),
        (json!({}), json!({ "mail": null }), Some("ada@corp.example"), false),
        (json!({ "upn": null }), guest.clone(), None, false),
        (personal.clone(), json!({}), Some("ada.king@corp.example"), true),
        (with(personal, &json!({ "upn": null })), guest, None, false),
    ] {
        let microsoft = Microsoft::new();
        let mut said = me();
        change(&mut said, &more);
        graph_answers(&microsoft, 200, said);
        let person = microsoft.read_access(&for_graph(&microsoft, &others)).unwrap();
        assert_eq!((person.email.as_deref(), person.email_verified), (email, counts), "{others} {more}");
        assert_eq!(person.authoritative, counts);
    }
}
