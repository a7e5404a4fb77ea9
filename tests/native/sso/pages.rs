//! The sign-in page and clients' hints lead to the providers.

use serde_json::json;

use crate::harness::World;
use crate::sso::provider::{begun, session_of, with_domain};

#[test]
fn the_sign_in_page_leads_to_the_providers() {
    let world = World::new();
    world.google("home", json!({}));
    let page = world.get("/tenant/home/login?return_to=/app/").send().is(200);
    assert!(
        page.text.contains("href=\"/tenant/home/sso/google?return_to=/app/\">Continue with Google"),
        "{}",
        page.text
    );
    assert!(page.text.contains("name=\"password\""));
    let german = world.get("/tenant/home/login").header("accept-language", "de").send().is(200);
    assert!(german.text.contains("Weiter mit Google"));
    world.okta("home", json!({ "name": "<b>Okta</b>" }));
    let page = world.get("/tenant/home/login").send().is(200);
    assert!(page.text.contains("href=\"/tenant/home/sso/okta\"") && !page.text.contains("<b>Okta"));
    with_domain(&world);
    // The address first: who belongs to the organisation goes to its provider, all others type their password.
    let page = world.get("/tenant/home/login").send().is(200);
    assert!(!page.text.contains("name=\"password\"") && page.text.contains("name=\"next\""));
    assert!(page.text.contains("href=\"/tenant/home/sso/okta\"") && !page.text.contains("<b>Okta"));
    let next = |email: &str| {
        let form = [("email", email), ("next", "1"), ("own", "1"), ("return_to", "/app/")];
        world.post("/tenant/home/login").header("sec-fetch-site", "same-origin").form(&form).send()
    };
    let to = next("ada@acme.example").is(303);
    assert_eq!(
        to.header("location"),
        Some("/tenant/home/sso/okta?return_to=/app/&login_hint=ada%40acme.example")
    );
    let to = next("ada@gmail.com").is(303).header("location").unwrap().to_owned();
    let password = world.get(&to).send().is(200);
    assert!(password.text.contains("name=\"password\"") && password.text.contains("value=\"ada@gmail.com\""));
}

#[test]
fn a_clients_hint_leads_straight_to_the_provider_and_back_with_a_code() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    with_domain(&world);
    world.client("home", "app", json!({ "redirect_uris": ["https://app.example/cb"] }));
    let ada = world.user("ada@acme.example");
    world.link(&ada, "okta", &okta.issuer, "00u1");
    let challenge = "x".repeat(43);
    let base = format!(
        "/tenant/home/oauth2/authorize?response_type=code&client_id=app&redirect_uri=https://app.example/cb&scope=openid&state=s&nonce=n&code_challenge_method=S256&code_challenge={challenge}"
    );
    for (hint, page) in [
        ("idp_hint=okta", "/tenant/home/sso/okta?request="),
        ("login_hint=ada@acme.example", "/tenant/home/sso/okta?request="),
        ("idp_hint=nobody", "/tenant/home/login?request="),
        ("login_hint=ada@gmail.com", "/tenant/home/login?request="),
        ("x=y", "/tenant/home/login?request="),
    ] {
        let reply = world.get(&format!("{base}&{hint}")).navigating().send().is(303);
        assert!(
            reply.header("location").unwrap().starts_with(page),
            "{hint}: {:?}",
            reply.header("location")
        );
    }
    let none = world.get(&format!("{base}&idp_hint=okta&prompt=none")).navigating().send().is(303);
    assert!(none.header("location").unwrap().contains("error=login_required"));
    for (more, prompt, max_age) in [("", "", ""), ("&prompt=login", "login", ""), ("&max_age=60", "", "60")] {
        let reply = world.get(&format!("{base}&idp_hint=okta{more}")).navigating().send().is(303);
        let start = reply.header("location").unwrap().to_owned();
        let begun = begun(&world.get(&start).send().is(302), "home", "okta");
        assert_eq!(
            (begun.param("prompt").as_str(), begun.param("max_age").as_str()),
            (prompt, max_age),
            "{more}"
        );
        let person = json!({ "sub": "00u1", "email": "ada@acme.example", "auth_time": world.now().unix() });
        let code = okta.code(&world, &begun, person);
        let reply = world.come_back(&begun, &code).send().is(303);
        let cookie = session_of(&reply).unwrap();
        let on = reply.header("location").unwrap().to_owned();
        assert!(on.starts_with("/tenant/home/oauth2/authorize?"), "{on}");
        let back = world.get(&on).cookie(&cookie).navigating().send().is(303);
        let back = back.header("location").unwrap().to_owned();
        assert!(back.starts_with("https://app.example/cb?code="), "{back}");
    }
}
