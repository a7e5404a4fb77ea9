//! Signing out at both.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::inflate::decompress_to_vec;
use portcullis::saml::redirect::Kind;
use serde_json::{Value, json};

use super::provider::session_of;
use super::saml::{ADA, at, by_redirect, world_with};
use crate::harness::{Reply, World};
use crate::saml::idp::{self, Facts, Signing, signed};

/// A world in which somebody signed in with the provider, and their session's cookie.
fn signed_in(other: Value) -> (World, String) {
    let mut spec = json!({ "sloUrl": "https://idp.example/slo" });
    spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    let world = world_with(spec);
    let session = sign_in(&world, "_session");
    (world, session)
}

fn sign_in(world: &World, index: &str) -> String {
    let sent = world.send_to_idp("home", "okta", "");
    let facts = Facts { session_index: index.into(), ..world.facts(&sent) };
    session_of(&world.answer(&sent, &facts.signed_assertion()).send().is(303)).unwrap()
}

fn live(world: &World) -> i64 {
    world.number("SELECT count(*) AS n FROM sessions WHERE ended_at IS NULL")
}

/// The provider's request to sign somebody out.
fn request(world: &World, id: &str, index: &str) -> Facts {
    Facts { response_id: id.into(), session_index: index.into(), ..Facts::at(world.now()) }
}

fn slo() -> String {
    at("home", "okta", "slo")
}

fn posted(world: &World, xml: &str) -> Reply {
    let message = STANDARD.encode(xml);
    let parameter = if xml.contains("LogoutRequest") { "SAMLRequest" } else { "SAMLResponse" };
    world
        .post("/tenant/home/sso/okta/slo")
        .header("origin", "https://idp.example")
        .header("sec-fetch-site", "cross-site")
        .form(&[(parameter, &message), ("RelayState", "theirs")])
        .unlimited()
        .send()
}

#[test]
fn what_the_provider_ends_has_ended_here() {
    let (world, session) = signed_in(json!({}));
    let other = sign_in(&world, "_other");
    let sessions = live(&world);
    // One session, by redirect.
    let xml = request(&world, "_r1", "_session").logout_request(&slo());
    let query = by_redirect(Kind::Request, &xml, Some("theirs"));
    let reply = world.get(&format!("/tenant/home/sso/okta/slo?{query}")).send().is(303);
    let to = url::Url::parse(reply.header("location").unwrap()).unwrap();
    assert!(to.as_str().starts_with("https://idp.example/slo?SAMLResponse="), "{to}");
    assert!(to.query_pairs().any(|(n, v)| n == "RelayState" && v == "theirs"));
    let message = to.query_pairs().next().unwrap().1.into_owned();
    let answer = String::from_utf8(decompress_to_vec(&STANDARD.decode(message).unwrap()).unwrap()).unwrap();
    assert!(answer.contains("InResponseTo=\"_r1\"") && answer.contains("status:Success"), "{answer}");
    assert_eq!(live(&world), sessions - 1);
    world.advance(6);
    world.get("/tenant/home/account").cookie(&session).navigating().send().is(303);
    world.get("/tenant/home/account").cookie(&other).navigating().send().is(200);
    assert_eq!(world.events("session.ended_by_provider"), 1);
    // All of that person, by form.
    let all = request(&world, "_r2", "")
        .logout_request(&slo())
        .replace("<samlp:SessionIndex></samlp:SessionIndex>", "");
    posted(&world, &signed(&all, "_r2", &Signing::default())).is(303);
    assert_eq!(live(&world), sessions - 2);
}

#[test]
fn nothing_ends_by_what_is_not_the_providers_own_word() {
    let (world, _) = signed_in(json!({}));
    let sessions = live(&world);
    let facts = request(&world, "_r1", "_session");
    let xml = facts.logout_request(&slo());
    let other = Signing { sign: idp::sign_as_other, ..Signing::default() };
    for forged in [
        xml.clone(),
        signed(&xml, "_r1", &other),
        signed(&xml, "_r1", &Signing::default()).replace("_session", "_other"),
        signed(&facts.logout_request(&at("home", "other", "slo")), "_r1", &Signing::default()),
        signed(
            &Facts { issuer: "https://evil.example".into(), ..facts.clone() }.logout_request(&slo()),
            "_r1",
            &Signing::default(),
        ),
        signed(
            &Facts { now: world.now().plus(-700), ..facts.clone() }.logout_request(&slo()),
            "_r1",
            &Signing::default(),
        ),
        // The answer to a request of ours that there was not.
        signed(&facts.logout_response(&slo()), "_r1", &Signing::default()),
    ] {
        let reply = posted(&world, &forged);
        assert_eq!(reply.status, 400, "{forged}");
    }
    let query = by_redirect(Kind::Request, &xml, None);
    for query in [
        query.split("&Signature").next().unwrap().to_owned(),
        format!("{query}&SAMLRequest=x"),
        query.replace("SAMLRequest", "SAMLResponse"),
        String::new(),
    ] {
        assert_eq!(
            world.get(&format!("/tenant/home/sso/okta/slo?{query}")).unlimited().status(),
            400,
            "{query}"
        );
    }
    assert_eq!(live(&world), sessions);
    // Of somebody else, nothing ends; and what was used is not good again.
    let eve = Facts { name_id: "eve".into(), response_id: "_eve".into(), ..facts };
    posted(&world, &signed(&eve.logout_request(&slo()), "_eve", &Signing::default())).is(303);
    assert_eq!(live(&world), sessions);
    let good = signed(&xml, "_r1", &Signing::default());
    posted(&world, &good).is(303);
    assert_eq!(live(&world), sessions - 1);
    sign_in(&world, "_session");
    assert_eq!(posted(&world, &good).status, 400);
    assert_eq!(live(&world), sessions);
}

#[test]
fn who_signs_out_here_signs_out_there() {
    let (world, session) = signed_in(json!({}));
    let reply = world
        .post("/tenant/home/logout")
        .header("sec-fetch-site", "same-origin")
        .cookie(&session)
        .form(&[])
        .send();
    assert_eq!(live(&world), 0);
    assert_eq!(reply.sets("__Host-portcullis").as_deref(), Some(""));
    let set = reply.set_cookies().into_iter().find(|set| set.contains("-sso-")).unwrap();
    assert!(set.ends_with("SameSite=None"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    // The page of a form leads on by itself.
    assert_eq!(reply.status, 200);
    let to = reply
        .text
        .split("content=\"0;url=")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&")
        .replace("&#38;", "&");
    let to = url::Url::parse(&to).unwrap();
    assert!(to.as_str().starts_with("https://idp.example/slo?SAMLRequest="), "{to}");
    let param = |name: &str| to.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let xml = String::from_utf8(decompress_to_vec(&STANDARD.decode(param("SAMLRequest")).unwrap()).unwrap())
        .unwrap();
    assert!(xml.contains(&format!(">{ADA}</saml:NameID>")), "{xml}");
    assert!(xml.contains("<samlp:SessionIndex>_session</samlp:SessionIndex>"), "{xml}");
    let id = xml.split(" ID=\"").nth(1).unwrap().split('"').next().unwrap();
    // It comes back, to this browser alone.
    let answer =
        Facts { in_response_to: Some(id.into()), ..request(&world, "_a", "") }.logout_response(&slo());
    let query = by_redirect(Kind::Response, &answer, Some(&param("RelayState")));
    let path = format!("/tenant/home/sso/okta/slo?{query}");
    assert_eq!(world.get(&path).navigating().status(), 400);
    let done = world.get(&path).header("cookie", &cookie).navigating().send().is(200);
    assert_eq!(done.sets(cookie.split('=').next().unwrap()).as_deref(), Some(""));
    let other = by_redirect(Kind::Response, &answer, Some("x"));
    assert_eq!(
        world.get(&format!("/tenant/home/sso/okta/slo?{other}")).header("cookie", &cookie).status(),
        400
    );
    // The cookie of a sign-out is none of a sign-in.
    let stolen = Facts {
        in_response_to: Some(id.into()),
        consumer: at("home", "okta", "acs"),
        audience: at("home", "okta", "metadata"),
        ..Facts::at(world.now())
    };
    let reply = world
        .bring("home", "okta", &stolen.signed_both(), Some(&param("RelayState")))
        .header("cookie", &cookie)
        .send();
    assert_eq!((reply.status, session_of(&reply)), (400, None));
}

#[test]
fn without_an_address_there_signing_out_ends_here() {
    let (world, session) = signed_in(json!({ "sloUrl": null }));
    let reply = world
        .post("/tenant/home/logout")
        .header("sec-fetch-site", "same-origin")
        .cookie(&session)
        .form(&[])
        .send();
    assert_eq!(reply.status, 200);
    assert!(!reply.text.contains("idp.example"), "{}", reply.text);
    assert_eq!(live(&world), 0);
}
