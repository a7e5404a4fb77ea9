//! The OAuth endpoints at the root, for the tenant that the host or a header field says. What the standards
//! demand stands in `conformance/`.

use crate::harness::World;
use crate::harness::oidc::{Params, Party};

/// A form of the party's public client to an endpoint at the root.
fn form(party: &Party, endpoint: &str, params: &Params) -> crate::harness::Reply {
    party.world.as_client(&format!("/oauth2/{endpoint}"), &party.app, params).send()
}

#[test]
fn one_who_is_signed_in_goes_back_with_a_code_that_is_good_for_tokens() {
    let party = Party::public();
    let uri = form(&party, "par", &party.request()).is(201).str("/request_uri");
    for query in [
        party.request().text(),
        Params::of(&[("client_id", &party.app.id), ("request_uri", uri.as_str())]).text(),
    ] {
        let path = format!("/oauth2/authorize?{query}");
        let sent = party.world.get(&path).cookie(&party.cookie).send().sent();
        assert_eq!(sent.get("iss"), Some("https://auth.example.com/tenant/home"));
        let tokens = form(&party, "token", &Party::exchange(&sent.code())).is(200);
        let token = tokens.str("/access_token");
        let info = party.world.get("/oauth2/userinfo").bearer(&token).send().is(200);
        assert_eq!(info.str("/sub"), party.user.id);
        form(&party, "introspect", &Params::of(&[("token", &token)])).is(401);
        form(&party, "revoke", &Params::of(&[("token", &token)])).is(200);
        party.world.get("/oauth2/userinfo").bearer(&token).send().is(401);
    }
}

#[test]
fn a_form_is_a_request_too() {
    let party = Party::public();
    let ask = party.world.post("/oauth2/authorize").cookie(&party.cookie);
    ask.body("application/x-www-form-urlencoded", party.request().text()).send().sent().code();
}

#[test]
fn a_stranger_signs_in_and_comes_back_to_the_same_request() {
    let party = Party::public();
    let path = format!("/oauth2/authorize?{}", party.request().with("prompt", "login").text());
    let waiting = party.world.get(&path).navigating().send().sent();
    assert_eq!(waiting.to, "/tenant/home/login");
    party.world.advance(1);
    let signed_in = party.sign_in(&waiting);
    party.follow(&signed_in, &signed_in.session_cookie()).sent().code();
}

#[test]
fn what_is_discovered_is_the_tenants_own() {
    let world = World::new();
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        // The root is not home's issuer (RFC 8414 §3.3).
        world.get(path).send().is(404);
        for path in [format!("/tenant/home{path}"), format!("{path}/tenant/home")] {
            let found = world.get(&path).send().is(200);
            assert_eq!(found.str("/issuer"), "https://auth.example.com/tenant/home", "{path}");
        }
    }
}
