//! Signing in and out with a SAML 2.0 provider that stands in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::inflate::decompress_to_vec;
use portcullis::saml::redirect::{self, Algorithm, Kind};
use serde_json::{Value, json};

use crate::harness::{Ask, ORIGIN, Reply, World};
use crate::saml::idp::{self, CERTIFICATE, Facts, Signing, signed};
use crate::sso::provider::session_of;

pub const ISSUER: &str = "https://idp.example/metadata";
pub const ADA: &str = "ada@acme.example";

/// A sign-in that was sent to the provider.
#[derive(Clone)]
pub struct Sent {
    tenant: String,
    id: String,
    pub url: url::Url,
    pub cookie: String,
    pub request: String,
}

impl Sent {
    pub fn param(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
    }

    /// One that a form brought there.
    pub fn by_form(cookie: &str, action: &str, request: String, state: &str) -> Sent {
        let mut url = url::Url::parse(action).unwrap();
        url.query_pairs_mut().append_pair("RelayState", state);
        Sent { tenant: "home".into(), id: "okta".into(), url, cookie: cookie.into(), request }
    }

    pub fn request_id(&self) -> &str {
        self.request.split("ID=\"").nth(1).unwrap().split('"').next().unwrap()
    }
}

/// A message of a query.
pub fn inflated(message: &str) -> String {
    String::from_utf8(decompress_to_vec(&STANDARD.decode(message).unwrap()).unwrap()).unwrap()
}

pub fn at(tenant: &str, id: &str, page: &str) -> String {
    format!("{ORIGIN}/tenant/{tenant}/sso/{id}/{page}")
}

impl World {
    /// A SAML provider of a tenant.
    pub fn saml(&self, tenant: &str, id: &str, other: Value) {
        let mut spec = json!({
            "kind": "saml", "name": "Okta", "idpEntityId": ISSUER, "ssoUrl": "https://idp.example/sso?app=1",
            "certificates": [CERTIFICATE],
        });
        spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        self.provider(tenant, id, spec);
    }

    pub fn send_to_idp(&self, tenant: &str, id: &str, query: &str) -> Sent {
        let reply = self.get(&format!("/tenant/{tenant}/sso/{id}{query}")).send().is(302);
        let set = reply.header("set-cookie").unwrap();
        assert!(set.ends_with("Path=/; Max-Age=600; Secure; HttpOnly; SameSite=None"), "{set}");
        let url = url::Url::parse(reply.header("location").unwrap()).unwrap();
        let cookie = set.split(';').next().unwrap().to_owned();
        let message = url.query_pairs().find(|(n, _)| n == "SAMLRequest").unwrap().1.into_owned();
        let request = inflated(&message);
        Sent { tenant: tenant.into(), id: id.into(), url, cookie, request }
    }

    /// What the provider says of a person in answer to that request.
    pub fn facts(&self, sent: &Sent) -> Facts {
        Facts {
            consumer: at(&sent.tenant, &sent.id, "acs"),
            audience: at(&sent.tenant, &sent.id, "metadata"),
            in_response_to: Some(sent.request_id().to_owned()),
            assertion_id: format!("_assertion-{}", &sent.request_id()[1..]),
            ..Facts::at(self.now())
        }
    }

    /// Brings an answer to a consumer, as the provider's page has the browser do.
    pub fn bring(&self, tenant: &str, id: &str, xml: &str, state: Option<&str>) -> Ask<'_> {
        let message = STANDARD.encode(xml);
        let mut fields = vec![("SAMLResponse", message.as_str())];
        fields.extend(state.map(|state| ("RelayState", state)));
        self.post(&format!("/tenant/{tenant}/sso/{id}/acs"))
            .header("origin", "https://idp.example")
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .form(&fields)
    }

    /// The same in the browser that began.
    pub fn answer(&self, sent: &Sent, xml: &str) -> Ask<'_> {
        self.bring(&sent.tenant, &sent.id, xml, sent.param("RelayState").as_deref())
            .header("cookie", &sent.cookie)
    }
}

/// A provider, a user who is known by their identity there, and no session.
pub fn world_with(other: Value) -> World {
    let world = World::new();
    world.saml("home", "okta", other);
    let ada = world.user(ADA);
    world.link(&ada, "okta", ISSUER, ADA);
    world.sql("DELETE FROM sessions");
    world
}

pub fn world() -> World {
    world_with(json!({}))
}

#[track_caller]
pub fn refused(world: &World, reply: &Reply, status: u16) {
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(session_of(reply), None);
    assert!(reply.text.contains("/tenant/home/login"), "{}", reply.text);
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), 0);
    world.advance_ms(1);
}

/// What the audit log says of the last sign-in that failed.
pub fn noted(world: &World) -> String {
    let rows = world.sql("SELECT detail FROM audit WHERE event = 'login.failed' ORDER BY id DESC LIMIT 1");
    // What comes next is later.
    world.advance_ms(1);
    rows[0]["detail"].as_str().unwrap().to_owned()
}

#[test]
fn a_signed_answer_to_this_browsers_request_signs_in() {
    for make in [Facts::signed_assertion, Facts::signed_response, Facts::signed_both] {
        let world = world();
        let sent = world.send_to_idp("home", "okta", "?return_to=/tenant/home/account");
        assert!(sent.url.as_str().starts_with("https://idp.example/sso?app=1&SAMLRequest="), "{}", sent.url);
        assert_eq!(sent.param("SigAlg"), None);
        for part in [
            format!("<saml:Issuer>{}</saml:Issuer>", at("home", "okta", "metadata")),
            format!("AssertionConsumerServiceURL=\"{}\"", at("home", "okta", "acs")),
            "Destination=\"https://idp.example/sso?app=1\"".into(),
        ] {
            assert!(sent.request.contains(&part), "{part}: {}", sent.request);
        }
        // The state is ours and opaque.
        assert!(sent.param("RelayState").unwrap().len() <= 80);
        let reply = world.answer(&sent, &make(&world.facts(&sent))).send().is(303);
        assert_eq!(reply.header("location"), Some("/tenant/home/account"));
        let session = session_of(&reply).unwrap();
        world.get("/tenant/home/account").cookie(&session).navigating().send().is(200);
        // The cookie of the sign-in is gone.
        let name = sent.cookie.split('=').next().unwrap();
        assert_eq!(reply.sets(name).as_deref(), Some(""));
        let rows = world.sql("SELECT provider_session, identity_id FROM sessions");
        let said: Value = serde_json::from_str(rows[0]["provider_session"].as_str().unwrap()).unwrap();
        assert_eq!(said["session_index"], "_session");
    }
}

#[test]
fn nothing_is_stored_when_a_sign_in_begins_and_two_waits_end_it() {
    let world = world();
    world.send_to_idp("home", "okta", "");
    let before = world.number("SELECT count(*) AS n FROM federation_used");
    let (reply, waits) = world.get("/tenant/home/sso/okta").waits();
    assert_eq!((reply.status, waits), (302, 0));
    assert_eq!(world.number("SELECT count(*) AS n FROM federation_used"), before);
    let sent = world.send_to_idp("home", "okta", "");
    let xml = world.facts(&sent).signed_assertion();
    let (reply, waits) = world.answer(&sent, &xml).waits();
    assert_eq!(reply.status, 303);
    assert!(waits <= 2, "{waits}");
}

#[test]
fn an_answer_is_good_once_and_in_the_browser_that_asked() {
    let world = world();
    let (mine, other) = (world.send_to_idp("home", "okta", ""), world.send_to_idp("home", "okta", ""));
    let xml = world.facts(&mine).signed_assertion();
    let state = mine.param("RelayState");
    // Another browser: with nothing, with its own sign-in, with that under the name of this one's.
    let renamed =
        format!("{}={}", mine.cookie.split_once('=').unwrap().0, other.cookie.split_once('=').unwrap().1);
    refused(&world, &world.bring("home", "okta", &xml, state.as_deref()).send(), 400);
    for cookie in [&other.cookie, &renamed] {
        refused(
            &world,
            &world.bring("home", "okta", &xml, state.as_deref()).header("cookie", cookie).send(),
            400,
        );
    }
    // Another browser's own sign-in with an answer that was stolen from this one.
    refused(&world, &world.answer(&other, &xml).send(), 400);
    // No state, another state.
    refused(&world, &world.bring("home", "okta", &xml, None).header("cookie", &mine.cookie).send(), 400);
    refused(&world, &world.bring("home", "okta", &xml, Some("x")).header("cookie", &mine.cookie).send(), 400);
    // Once.
    world.answer(&mine, &xml).send().is(303);
    world.sql("DELETE FROM sessions");
    refused(&world, &world.answer(&mine, &xml).send(), 400);
    // The request is used up, whatever the assertion.
    let again = Facts { assertion_id: "_another".into(), ..world.facts(&mine) };
    refused(&world, &world.answer(&mine, &again.signed_assertion()).send(), 400);
    // And the assertion, whatever the request: the provider signed it again for another one.
    let sent = world.send_to_idp("home", "okta", "");
    let same = Facts { assertion_id: world.facts(&mine).assertion_id, ..world.facts(&sent) };
    refused(&world, &world.answer(&sent, &same.signed_assertion()).send(), 400);
    assert!(world.events("login.failed") > 0);
}

#[test]
fn of_answers_at_the_same_time_one_signs_in() {
    let world = world();
    let sent = world.send_to_idp("home", "okta", "");
    let xml = world.facts(&sent).signed_assertion();
    let replies = world.together((0..10).map(|_| world.answer(&sent, &xml).unlimited()).collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 303).count(), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), 1);
}

#[test]
fn a_sign_in_that_takes_too_long_is_over() {
    let world = world();
    let sent = world.send_to_idp("home", "okta", "");
    world.advance(601);
    refused(&world, &world.answer(&sent, &world.facts(&sent).signed_assertion()).send(), 400);
    let sent = world.send_to_idp("home", "okta", "");
    let xml = world.facts(&sent).signed_assertion();
    world.advance(361);
    refused(&world, &world.answer(&sent, &xml).send(), 400);
}

#[test]
fn what_is_for_another_provider_tenant_or_service_is_refused() {
    let world = world();
    world.saml("home", "other", json!({}));
    world.tenant("acme");
    world.saml("acme", "okta", json!({}));
    world.sql("DELETE FROM sessions");
    for (tenant, id) in [("home", "other"), ("acme", "okta")] {
        let sent = world.send_to_idp("home", "okta", "");
        let facts = world.facts(&sent);
        // To the other's consumer, by its own address and by this one's.
        for facts in [
            facts.clone(),
            Facts { consumer: at(tenant, id, "acs"), audience: at(tenant, id, "metadata"), ..facts.clone() },
        ] {
            let state = sent.param("RelayState");
            let ask = world.bring(tenant, id, &facts.signed_both(), state.as_deref());
            let reply = ask.header("cookie", &sent.cookie).send();
            assert_eq!((reply.status, session_of(&reply)), (400, None), "{tenant} {id}");
        }
        // The other's answer here.
        for facts in [
            Facts { consumer: at(tenant, id, "acs"), ..facts.clone() },
            Facts { audience: at(tenant, id, "metadata"), ..facts.clone() },
            Facts { audience: "https://else.example".into(), ..facts.clone() },
            Facts { issuer: "https://idp.example/other".into(), ..facts.clone() },
        ] {
            refused(&world, &world.answer(&sent, &facts.signed_both()).send(), 400);
        }
    }
}

#[test]
fn what_nobody_signed_or_somebody_else_did_is_refused_and_says_why() {
    let world = world();
    let sent = world.send_to_idp("home", "okta", "");
    let facts = world.facts(&sent);
    let other = Signing { sign: idp::sign_as_other, ..Signing::default() };
    for (xml, why) in [
        (facts.response(&facts.assertion()), "signed"),
        (facts.response(&signed(&facts.assertion(), &facts.assertion_id, &other)), "certificate"),
        (facts.signed_assertion().replace(ADA, "eve@acme.example"), "altered"),
        (format!("<!DOCTYPE x>{}", facts.signed_assertion()), "DOCTYPE"),
        (String::from("hello"), "XML"),
    ] {
        let reply = world.answer(&sent, &xml).unlimited().send();
        refused(&world, &reply, 400);
        // What exactly, administrators read: a person can do nothing about it.
        assert!(noted(&world).contains(why), "{why}: {}", noted(&world));
    }
    // Not even a form of it.
    let path = "/tenant/home/sso/okta/acs";
    let state = sent.param("RelayState").unwrap();
    let message = STANDARD.encode(facts.signed_assertion());
    for fields in [
        vec![],
        vec![("RelayState", state.as_str())],
        vec![("SAMLResponse", "%%%"), ("RelayState", &state)],
        vec![("SAMLResponse", &message), ("SAMLResponse", &message), ("RelayState", &state)],
        vec![("SAMLResponse", &message), ("RelayState", &state), ("RelayState", &state)],
        vec![("SAMLRequest", &message), ("RelayState", &state)],
    ] {
        let reply = world.post(path).form(&fields).header("cookie", &sent.cookie).unlimited().send();
        refused(&world, &reply, 400);
    }
    assert_eq!(world.post(path).json(json!({ "SAMLResponse": message })).status(), 415);
    assert_eq!(world.get(path).status(), 405);
    // A message that Okta's own key signed is good all the same.
    world.answer(&sent, &facts.signed_assertion()).send().is(303);
}

#[test]
fn what_the_provider_declines_is_told_by_its_code() {
    let world = world();
    let sent = world.send_to_idp("home", "okta", "");
    let facts = world.facts(&sent);
    let declined = facts.response_of("", "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed");
    let reply = world.answer(&sent, &declined).send();
    refused(&world, &reply, 400);
    assert!(reply.text.contains("AuthnFailed"), "{}", reply.text);
}

#[test]
fn the_provider_begins_a_sign_in_only_where_the_setting_says_so() {
    for (setting, status) in [(false, 400), (true, 303)] {
        let world = world_with(json!({ "idpInitiated": setting }));
        let facts = Facts {
            consumer: at("home", "okta", "acs"),
            audience: at("home", "okta", "metadata"),
            in_response_to: None,
            ..Facts::at(world.now())
        };
        let xml = facts.signed_assertion();
        // What a provider sends as its state leads nowhere.
        let reply = world.bring("home", "okta", &xml, Some("https://evil.example/")).send();
        assert_eq!(reply.status, status, "{}", reply.text);
        if !setting {
            refused(&world, &reply, 400);
            continue;
        }
        assert!(!reply.header("location").unwrap().contains("evil"), "{:?}", reply.header("location"));
        world.sql("DELETE FROM sessions");
        refused(&world, &world.bring("home", "okta", &xml, None).send(), 400);
        // An answer to a request is none, here either: it was another browser's.
        let sent = world.send_to_idp("home", "okta", "");
        let stolen = world.facts(&sent).signed_assertion();
        refused(&world, &world.bring("home", "okta", &stolen, None).send(), 400);
        // Nor is one to no request the answer to this browser's.
        let unasked = Facts { assertion_id: "_fresh".into(), ..facts }.signed_assertion();
        refused(&world, &world.answer(&sent, &unasked).send(), 400);
    }
}

/// A signed query of the provider's.
pub fn by_redirect(kind: Kind, xml: &str, state: Option<&str>) -> String {
    let query = redirect::query(kind, xml, state, Some(Algorithm::EcdsaSha256));
    redirect::with_signature(&query, &idp::sign(query.as_bytes()))
}
