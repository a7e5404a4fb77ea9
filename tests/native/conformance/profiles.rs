//! RFC 9068, RFC 8707 and the form post response mode.

use serde_json::json;

use crate::harness::oidc::{CALLBACK, Params, Party};
use crate::harness::{claims, part};

const ISSUER: &str = "https://auth.example.com/tenant/home";
const ORDERS: &str = "https://orders.example/api";
const BILLS: &str = "https://bills.example/api";

fn party() -> Party {
    Party::with("app", json!({ "token_endpoint_auth_method": "none", "resources": [ORDERS, BILLS] }))
}

/// RFC 9068 §2.1: an access token is signed, by no `none`, and its `typ` is `at+jwt`.
/// RFC 9068 §2.2: it has `iss`, `exp`, `aud`, `sub`, `client_id`, `iat` and `jti`.
/// RFC 9068 §2.2.1: and how and when the person signed in.
#[test]
fn what_an_access_token_says() {
    let party = Party::public();
    let (one, other) = (party.tokens().str("/access_token"), party.tokens().str("/access_token"));
    assert_eq!((&part(&one, 0)["typ"], &part(&one, 0)["alg"]), (&json!("at+jwt"), &json!("ES256")));
    let said = claims(&one);
    assert_eq!(said["iss"], ISSUER);
    assert!(said["aud"] == ISSUER || said["aud"] == json!([ISSUER]), "{said}");
    assert_eq!((&said["sub"], &said["client_id"]), (&json!(party.user.id), &json!("app")));
    assert_eq!(said["auth_time"], party.world.now().unix());
    assert_eq!(said["amr"], json!(["pwd"]));
    assert!(said["exp"].is_i64() && said["iat"].is_i64());
    assert_ne!(said["jti"], claims(&other)["jti"]);
    assert_eq!((&said["tenantId"], said.get("roles")), (&json!("home"), None));
    assert_eq!((&said["userId"], &said["type"]), (&said["sub"], &json!("access")));
}

/// RFC 9068 §2.2.3.1: roles are in it where their scope was granted.
#[test]
fn roles_are_said_with_their_scope() {
    let party = Party::with("app", json!({ "scope": "openid roles" }));
    let code = party.authorize(&party.request().with("scope", "openid roles")).sent().code();
    let token = party.token(&Party::exchange(&code)).is(200).str("/access_token");
    assert_eq!(claims(&token)["roles"], json!(["MANAGER"]));
}

/// RFC 9068 §2.2.3: the scope that was asked for is the token's.
#[test]
fn the_scope_is_the_tokens() {
    let party = Party::public();
    let sent = party.authorize(&party.request().with("scope", "openid read")).sent();
    let token = party.token(&Party::exchange(&sent.code())).is(200).str("/access_token");
    assert_eq!(claims(&token)["scope"], "openid read");
}

/// RFC 8707 §2: a token that was asked for a resource is for that resource.
/// RFC 8707 §2.2: also where it is asked for at the token endpoint, as one of those granted.
#[test]
fn a_token_is_for_the_resource_that_was_asked_for() {
    let party = party();
    let request = party.request().and("resource", ORDERS).and("resource", BILLS);
    let code = || party.authorize(&request).sent().code();
    let both = party.token(&Party::exchange(&code())).is(200);
    let audience = |reply: &crate::harness::Reply| -> Vec<String> {
        let said = claims(&reply.str("/access_token"));
        match &said["aud"] {
            serde_json::Value::String(one) => vec![one.clone()],
            many => many.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        }
    };
    assert_eq!(audience(&both), [ORDERS, BILLS, ISSUER]);
    let one = party.token(&Party::exchange(&code()).and("resource", BILLS)).is(200);
    assert_eq!(audience(&one), [BILLS, ISSUER]);
    let params =
        Params::of(&[("grant_type", "refresh_token"), ("refresh_token", &both.str("/refresh_token"))]);
    let refreshed = party.token(&params.and("resource", ORDERS)).is(200);
    assert_eq!(audience(&refreshed), [ORDERS, ISSUER]);
    // A token for an API alone is none of ours to act on.
    let request = party.request().with("scope", "read").and("resource", ORDERS);
    let sent = party.authorize(&request).sent();
    let alone = party.token(&Party::exchange(&sent.code())).is(200);
    assert_eq!(audience(&alone), [ORDERS]);
    let token = alone.str("/access_token");
    party.world.get("/api/auth/me").bearer(&token).send().is(401);
    assert!(matches!(party.userinfo(&token).status, 401 | 403));
}

/// RFC 8707 §2: a resource that is unknown, malformed or not the client's is answered with `invalid_target`.
#[test]
fn another_resource_is_refused() {
    let party = party();
    for resource in
        ["https://evil.example/", "orders", "https://orders.example/api#x", "https://orders.example/api/"]
    {
        party.refused(&party.authorize(&party.request().and("resource", resource)), "invalid_target");
    }
    let code = party.authorize(&party.request().and("resource", ORDERS)).sent().code();
    let wider = Party::exchange(&code).and("resource", BILLS);
    party.token(&wider).error(400, "invalid_target");
}

/// Form Post §2: the answer is a page whose form posts the parameters to the redirect URI.
/// OIDC Core §3.1.2.1: `response_mode` is understood.
#[test]
fn an_answer_may_be_posted() {
    let party = Party::public();
    let page = party.authorize(&party.request().with("response_mode", "form_post")).is(200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let lower = page.text.to_ascii_lowercase();
    assert!(
        lower.contains("method=\"post\"") && page.text.contains(&format!("action=\"{CALLBACK}\"")),
        "{}",
        page.text
    );
    let (_, rest) = page.text.split_once("name=\"code\" value=\"").unwrap();
    let code = rest.split('"').next().unwrap();
    party.token(&Party::exchange(code)).is(200);
    assert!(
        page.text.contains("name=\"state\" value=\"a state/of&#38;the=client\"")
            || page.text.contains("name=\"state\" value=\"a state/of&amp;the=client\""),
        "{}",
        page.text
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("form-action https://app.example")
            || policy.contains("form-action 'self' https://app.example"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

/// Form Post §2: errors are posted as well.
#[test]
fn an_error_may_be_posted() {
    let party = Party::public();
    let request = party.request().with("response_mode", "form_post").with("prompt", "none");
    let page = party.browse(&request).send().is(200);
    assert!(page.text.contains("name=\"error\" value=\"login_required\""), "{}", page.text);
    assert!(!page.text.contains("name=\"code\""));
}
