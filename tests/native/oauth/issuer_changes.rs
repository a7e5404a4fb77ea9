//! What becomes of a tenant's sessions, grants, keys and links when it gets a host, another one, or loses it.

use serde_json::{Value, json};

use super::acme::{Acme, FIRST, HOSTS, ORDERS, ORIGIN, OWN, acme};
use crate::harness::oidc::Params;
use crate::harness::{PASSWORD, Reply, claims, set};

#[test]
fn another_isolate_sees_a_host_within_the_bound_of_revocation() {
    let acme = acme();
    let token = acme.tokens().str("/access_token");
    let app = || acme.world.get("/app/").tenant("acme").bearer(&token).elsewhere();
    let issuer = || {
        let plan = acme.world.get("/app/").tenant("acme").cookie(&acme.cookie).elsewhere().plan();
        claims(set(&plan, "x-portcullis-assertion").unwrap())["iss"].clone()
    };
    acme.world.get("/tenant/acme/.well-known/jwks.json").elsewhere().send().is(200);
    acme.move_to(Some(FIRST));
    // Whom the credentials stand for is looked up last, with a tenant that was looked up before.
    acme.world.advance_ms(2_400);
    assert_eq!(app().status(), 200);
    assert_eq!(issuer(), json!(format!("{ORIGIN}/tenant/acme")));
    acme.world.advance_ms(2_600);
    assert_eq!(app().status(), 401);
    assert_eq!(issuer(), json!("https://login.acme.example"));
    let found = acme.get("/.well-known/openid-configuration").elsewhere().send().is(200);
    assert_eq!(found.str("/issuer"), "https://login.acme.example");
}

/// Sessions, grants and keys are stored, so they go on; what is made of them has the new issuer.
#[test]
fn nothing_that_is_stored_is_lost_with_a_host() {
    for from in HOSTS {
        for to in HOSTS.into_iter().filter(|to| *to != from) {
            let acme = Acme::at(from);
            let old = acme.issuer();
            let refresh = acme.tokens().str("/refresh_token");
            // Grants that name the issuer as a resource, with and without another.
            let resource = acme.request().with("scope", "offline_access read").and("resource", &old);
            let only = acme.client("token", &acme.code(&resource)).is(200);
            assert_eq!(claims(&only.str("/access_token"))["aud"], old.as_str());
            let both = acme.client("token", &acme.code(&resource.clone().and("resource", ORDERS))).is(200);
            let device =
                acme.client("device_authorization", &Params::of(&[("scope", "read"), ("resource", &old)]));
            let device = device.is(200);
            let code = acme.code(&resource);
            let own = acme.world.session(&acme.boss);
            let key = acme.here(acme.world.post("/api/auth/api-keys")).tenant("acme").bearer(&own.access);
            let key = key.json(json!({ "name": "k", "scopes": ["read"] })).send().is(201).str("/data/apiKey");

            acme.move_to(to);
            let new = acme.issuer();
            let is_new = |reply: &Reply, aud: Value| {
                let said = claims(&reply.str("/access_token"));
                assert_eq!((&said["iss"], &said["aud"]), (&json!(new), &aud), "{from:?} {to:?}");
            };
            let renewed = acme.refresh(&refresh).is(200);
            is_new(&renewed, json!(new));
            assert_eq!(claims(&renewed.str("/id_token"))["iss"], new.as_str());
            is_new(&acme.refresh(&only.str("/refresh_token")).is(200), json!(new));
            is_new(&acme.refresh(&both.str("/refresh_token")).is(200), json!([new, ORDERS]));
            is_new(&acme.client("token", &code).is(200), json!(new));
            let form = [("user_code", device.str("/user_code")), ("decision", "allow".into())];
            let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
            let page = acme.here(acme.world.post("/tenant/acme/device")).navigating().cookie(&acme.cookie);
            page.header("sec-fetch-site", "same-origin").form(&form).send().is(200);
            let poll = Params::of(&[
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                ("device_code", &device.str("/device_code")),
            ]);
            is_new(&acme.client("token", &poll).is(200), json!(new));
            let session = acme.here(acme.world.post("/auth/refresh")).tenant("acme");
            let session = session.json(json!({ "refresh_token": own.refresh })).send().is(200);
            is_new(&session, json!(new));
            for ask in [
                acme.world.get("/app/").cookie(&acme.cookie),
                acme.world.get("/app/").key(&key),
                acme.world.get("/app/").bearer(&session.str("/access_token")),
            ] {
                let plan = acme.here(ask).tenant("acme").plan();
                assert_eq!(claims(set(&plan, "x-portcullis-assertion").unwrap())["iss"], new.as_str());
            }
        }
    }
}

#[test]
fn a_hint_of_another_issuer_is_no_hint() {
    for from in HOSTS {
        for to in HOSTS.into_iter().filter(|to| *to != from) {
            let acme = Acme::at(from);
            let old = acme.tokens().str("/id_token");
            let ask = |hint: &str| acme.authorize(&acme.request().with("id_token_hint", hint)).sent();
            assert!(ask(&old).get("code").is_some());
            acme.move_to(to);
            assert_eq!(ask(&old).get("error"), Some("invalid_request"));
            let query =
                Params::of(&[("id_token_hint", &old), ("post_logout_redirect_uri", "https://app.example/")]);
            let path = format!("{}?{}", acme.path("/oauth2/logout"), query.text());
            let page = acme.here(acme.world.get(&path)).navigating().cookie(&acme.cookie).send().is(200);
            assert!(page.text.contains("name=\"confirmed\""), "the person is asked: {}", page.text);
            assert!(ask(&acme.tokens().str("/id_token")).get("code").is_some());
        }
    }
}

#[test]
fn revocation_ends_nothing_for_a_token_of_another_issuer() {
    let acme = acme();
    let tokens = acme.tokens();
    acme.move_to(Some(FIRST));
    acme.client("revoke", &Params::of(&[("token", &tokens.str("/access_token"))])).is(200);
    let renewed = acme.refresh(&tokens.str("/refresh_token")).is(200);
    acme.client("revoke", &Params::of(&[("token", &renewed.str("/access_token"))])).is(200);
    acme.refresh(&renewed.str("/refresh_token")).is(400);
}

/// What is mailed and shown leads to the tenant's own host, whatever host was asked.
#[test]
fn links_lead_to_the_tenants_own_host() {
    for host in HOSTS {
        let acme = Acme::at(host);
        let world = &acme.world;
        let place = host.map_or(ORIGIN.to_owned(), |host| format!("https://{host}"));
        for asked in [OWN, "evil.example", FIRST] {
            let ask = |path: &str| world.post(path).host(asked).tenant("acme");
            let mailed = |to: &str| world.mails(to).pop().unwrap().text;
            let new = format!("{}@acme.example", asked.len());
            let is_there = |text: String| {
                assert!(text.contains(&format!("{place}/")), "{host:?} {asked}: {text}");
                for (at, _) in text.match_indices("https://") {
                    assert!(text[at..].starts_with(&format!("{place}/")), "{host:?} {asked}: {text}");
                }
            };
            let body = json!({ "email": new, "password": PASSWORD, "full_name": "New" });
            ask("/auth/register").json(body).send().is(201);
            is_there(mailed(&new));
            world.advance(120);
            let person = world.user_with("acme", &format!("p{new}"), |_| {});
            ask("/auth/forgot-password").json(json!({ "email": person.email })).send().is(200);
            is_there(mailed(&person.email));
            ask("/api/auth/magic-link/request").json(json!({ "email": person.email })).send().is(200);
            is_there(mailed(&person.email));
            let token = world.session(&person).access;
            let body = json!({ "currentPassword": PASSWORD, "newPassword": "another good one" });
            ask("/api/auth/change-password").bearer(&token).json(body).send().is(200);
            is_there(mailed(&person.email));
        }
        let asked = acme.client("device_authorization", &Params::of(&[("scope", "read")])).is(200);
        assert_eq!(asked.str("/verification_uri"), format!("{place}/tenant/acme/device"));
    }
}
