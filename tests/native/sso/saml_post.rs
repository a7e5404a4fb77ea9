//! A SAML provider that takes forms: sign-in and sign-out by the POST binding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::provider::session_of;
use super::saml::{ADA, Sent, at, by_redirect, world_with};
use crate::harness::{Reply, World};
use crate::saml::idp::{Facts, Signing, signed};
use portcullis::saml::redirect::Kind;

/// The form of a page that sends itself: its address and fields.
fn form_of(reply: &Reply) -> (String, Vec<(String, String)>) {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https: http:;"), "{policy}");
    assert!(policy.contains("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert_eq!(reply.header("location"), None);
    let plain = |text: &str| text.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"");
    let (_, form) = reply.text.split_once("<form method=\"post\" action=\"").unwrap();
    let (action, rest) = form.split_once('"').unwrap();
    let fields = rest.split("<input type=\"hidden\" name=\"").skip(1).map(|input| {
        let (name, value) = input.split_once("\" value=\"").unwrap();
        (name.to_owned(), plain(value.split_once('"').unwrap().0))
    });
    (plain(action), fields.collect())
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    &fields.iter().find(|(one, _)| one == name).unwrap().1
}

fn xml_of(fields: &[(String, String)], name: &str) -> String {
    String::from_utf8(STANDARD.decode(field(fields, name)).unwrap()).unwrap()
}

fn begin(world: &World) -> (Sent, String) {
    let reply = world.get("/tenant/home/sso/okta?return_to=/tenant/home/account").navigating().send();
    let set = reply.header("set-cookie").unwrap();
    assert!(set.ends_with("Secure; HttpOnly; SameSite=None"), "{set}");
    let (action, fields) = form_of(&reply);
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["SAMLRequest", "RelayState"]);
    let request = xml_of(&fields, "SAMLRequest");
    let state = field(&fields, "RelayState").to_owned();
    (Sent::by_form(set.split(';').next().unwrap(), &action, request, &state), action)
}

#[test]
fn a_sign_in_by_form_goes_there_and_comes_back() {
    for signs in [false, true] {
        let world = world_with(json!({ "ssoBinding": "post", "signRequests": signs }));
        let (sent, action) = begin(&world);
        assert_eq!(action, "https://idp.example/sso?app=1");
        assert!(sent.request.contains("Destination=\"https://idp.example/sso?app=1\""), "{}", sent.request);
        assert_eq!(sent.request.contains("<ds:Signature "), signs, "{}", sent.request);
        if signs {
            let certificate = world.get("/tenant/home/sso/okta/certificate").send().is(200).text;
            let body: String = certificate.lines().filter(|line| !line.starts_with('-')).collect();
            assert!(sent.request.contains(&body), "{}", sent.request);
        }
        let reply = world.answer(&sent, &world.facts(&sent).signed_assertion()).send().is(303);
        assert_eq!(reply.header("location"), Some("/tenant/home/account"));
        assert!(session_of(&reply).is_some());
    }
}

fn signed_in(other: serde_json::Value) -> (World, String) {
    let mut spec = json!({ "sloUrl": "https://idp.example/slo", "sloBinding": "post" });
    spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    let world = world_with(spec);
    let sent = world.send_to_idp("home", "okta", "");
    let session = session_of(&world.answer(&sent, &world.facts(&sent).signed_assertion()).send().is(303));
    (world, session.unwrap())
}

#[test]
fn a_sign_out_by_form_goes_there_and_comes_back() {
    let (world, session) = signed_in(json!({ "signRequests": true }));
    let ask = world.post("/tenant/home/logout").header("sec-fetch-site", "same-origin").cookie(&session);
    let reply = ask.form(&[]).send();
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions WHERE ended_at IS NULL"), 0);
    assert_eq!(reply.sets("__Host-portcullis").as_deref(), Some(""));
    let set = reply.set_cookies().into_iter().find(|set| set.contains("-sso-")).unwrap();
    let cookie = set.split(';').next().unwrap().to_owned();
    let (action, fields) = form_of(&reply);
    assert_eq!(action, "https://idp.example/slo");
    let xml = xml_of(&fields, "SAMLRequest");
    assert!(xml.contains("LogoutRequest") && xml.contains(ADA) && xml.contains("<ds:Signature "), "{xml}");
    let id = xml.split(" ID=\"").nth(1).unwrap().split('"').next().unwrap();
    let answer =
        Facts { in_response_to: Some(id.into()), response_id: "_a".into(), ..Facts::at(world.now()) }
            .logout_response(&at("home", "okta", "slo"));
    let query = by_redirect(Kind::Response, &answer, Some(field(&fields, "RelayState")));
    let path = format!("/tenant/home/sso/okta/slo?{query}");
    world.get(&path).header("cookie", &cookie).navigating().send().is(200);
}

#[test]
fn what_the_provider_ends_is_answered_where_it_takes_answers() {
    for (more, there) in [
        (json!({}), "https://idp.example/slo"),
        (json!({ "sloResponseUrl": "https://idp.example/slo/answers" }), "https://idp.example/slo/answers"),
    ] {
        for binding in ["post", "redirect"] {
            let mut spec = json!({ "sloBinding": binding });
            spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let (world, _) = signed_in(spec);
            let facts = Facts {
                response_id: "_r".into(),
                session_index: "_session".into(),
                ..Facts::at(world.now())
            };
            let xml = signed(&facts.logout_request(&at("home", "okta", "slo")), "_r", &Signing::default());
            let message = STANDARD.encode(xml);
            let reply = world
                .post("/tenant/home/sso/okta/slo")
                .header("origin", "https://idp.example")
                .header("sec-fetch-site", "cross-site")
                .form(&[("SAMLRequest", &message), ("RelayState", "their \"state\"")])
                .send();
            assert_eq!(world.number("SELECT count(*) AS n FROM sessions WHERE ended_at IS NULL"), 0);
            if binding == "redirect" {
                assert!(reply.text.contains(there) || reply.header("location").unwrap().starts_with(there));
                continue;
            }
            let (action, fields) = form_of(&reply);
            assert_eq!(action, there);
            assert_eq!(field(&fields, "RelayState"), "their \"state\"");
            let xml = xml_of(&fields, "SAMLResponse");
            assert!(
                xml.contains("InResponseTo=\"_r\"") && xml.contains(&format!("Destination=\"{there}\"")),
                "{xml}"
            );
        }
    }
}
