//! Identity providers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::saml::redirect::Kind;
use serde_json::json;

use super::meter::{Row, row, way};
use super::session::ADA;
use crate::harness::{PASSWORD, Reply, World};
use crate::saml::idp::{Facts, Signing, signed};
use crate::sso::provider::session_of;
use crate::sso::saml::{at, by_redirect, world_with};

/// A world in which somebody signed in with a SAML provider, and their cookie.
fn at_both() -> (World, String) {
    let world = world_with(json!({ "sloUrl": "https://idp.example/slo" }));
    let sent = world.send_to_idp("home", "okta", "");
    let facts = Facts { session_index: "_session".into(), ..world.facts(&sent) };
    let reply = world.answer(&sent, &facts.signed_assertion()).send().is(303);
    (world, session_of(&reply).unwrap())
}

/// What somebody is asked who has an account here already.
fn linking(world: &World) -> Reply {
    let okta = world.okta("home", json!({}));
    world.user(ADA);
    let person = json!({ "sub": "00u1", "email": ADA, "email_verified": true });
    world.sso(&okta, "home", "okta", person).is(409)
}

fn of_link(asked: &Reply) -> String {
    format!("__Host-portcullis-link={}", asked.sets("__Host-portcullis-link").unwrap())
}

pub fn rows() -> Vec<Row> {
    vec![
        row("GET /tenant/{tenant}/sso/{id}", |m| {
            let world = World::new();
            world.okta("home", json!({}));
            m.again(world.get("/tenant/home/sso/okta"));
        }),
        way("GET /tenant/{tenant}/sso/{id}", "saml", |m| {
            m.again(world_with(json!({})).get("/tenant/home/sso/okta"));
        }),
        row("GET /tenant/{tenant}/sso/{id}/callback", |m| {
            let world = World::new();
            let okta = world.okta("home", json!({}));
            let person = json!({ "sub": "00u1", "email": ADA });
            world.sso(&okta, "home", "okta", person.clone()).is(303);
            let begun = world.begin_sso("home", "okta", "");
            let code = okta.code(&world, &begun, person);
            m.once(world.come_back(&begun, &code));
        }),
        row("POST /tenant/{tenant}/sso/{id}/acs", |m| {
            let world = world_with(json!({}));
            let sent = world.send_to_idp("home", "okta", "");
            let xml = world.facts(&sent).signed_assertion();
            m.once(world.answer(&sent, &xml));
        }),
        row("GET /tenant/{tenant}/sso/{id}/metadata", |m| {
            m.again(world_with(json!({})).get("/tenant/home/sso/okta/metadata"));
        }),
        row("GET /tenant/{tenant}/sso/{id}/certificate", |m| {
            let world = world_with(json!({}));
            let keys = "/tenant/home/v2/IdentityProviders/okta/SigningKeys";
            world.post(keys).bearer(&world.admin()).json(json!({})).send().is(201);
            m.again(world.get("/tenant/home/sso/okta/certificate"));
        }),
        row("GET /tenant/{tenant}/sso/{id}/slo", |m| {
            let (world, _) = at_both();
            let asked = Facts {
                response_id: "_r1".into(),
                session_index: "_session".into(),
                ..Facts::at(world.now())
            };
            let query = by_redirect(Kind::Request, &asked.logout_request(&at("home", "okta", "slo")), None);
            m.once(world.get(&format!("/tenant/home/sso/okta/slo?{query}")));
        }),
        row("POST /tenant/{tenant}/sso/{id}/slo", |m| {
            let (world, _) = at_both();
            let asked = Facts {
                response_id: "_r1".into(),
                session_index: "_session".into(),
                ..Facts::at(world.now())
            };
            let xml = signed(&asked.logout_request(&at("home", "okta", "slo")), "_r1", &Signing::default());
            let ask = world.post("/tenant/home/sso/okta/slo").header("origin", "https://idp.example");
            m.once(
                ask.header("sec-fetch-site", "cross-site").form(&[("SAMLRequest", &STANDARD.encode(xml))]),
            );
        }),
        row("GET /tenant/{tenant}/sso/{id}/sign-out", |m| {
            let (world, cookie) = at_both();
            m.refused(world.get("/tenant/home/sso/okta/sign-out").navigating().cookie(&cookie), 400);
        }),
        row("GET /tenant/{tenant}/sso/{id}/onward", |m| {
            let world = World::new();
            world.okta("home", json!({}));
            m.refused(world.get("/tenant/home/sso/okta/onward").navigating(), 404);
        }),
        row("GET /tenant/{tenant}/sso/{id}/link", |m| {
            let world = World::new();
            let cookie = of_link(&linking(&world));
            m.again(world.get("/tenant/home/sso/okta/link").navigating().header("cookie", &cookie));
        }),
        row("POST /tenant/{tenant}/sso/{id}/link", |m| {
            let world = World::new();
            let cookie = of_link(&linking(&world));
            let ask = world.post("/tenant/home/sso/okta/link").header("sec-fetch-site", "same-origin");
            m.once(ask.header("cookie", &cookie).form(&[("password", PASSWORD)]));
        }),
    ]
}
