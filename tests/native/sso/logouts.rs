//! Each way to sign out, with each kind of provider that a session can begin with: the session here ends first, and who
//! began at an organisation's provider is led on to sign out there.

use portcullis::saml::redirect::Kind;
use serde_json::{Value, json};

use super::provider::session_of;
use super::saml::{ADA, ISSUER, at, by_redirect};
use crate::harness::{ORIGIN, Reply, World};
use crate::oauth::clients::{CALLBACK, from_client, signed_in_to};
use crate::saml::idp::Facts;

const GOODBYE: &str = "https://app.example/goodbye?from=us";
const THERE: [(&str, Option<&str>); 4] = [
    ("oidc", Some("https://okta.example/logout?")),
    ("saml", Some("https://idp.example/slo?SAMLRequest=")),
    ("google", None),
    ("none", None),
];

/// A world in which ada has signed in with a provider of that kind, and the session's cookie.
fn signed_in(kind: &str) -> (World, String) {
    let world = World::new();
    let person = json!({ "sub": "1", "email": "ada@gmail.com", "email_verified": true });
    let session = match kind {
        "oidc" => {
            let okta = world.okta("home", json!({}));
            session_of(&world.sso(&okta, "home", "okta", person))
        }
        "google" => {
            let google = world.google("home", json!({}));
            session_of(&world.sso(&google, "home", "google", person))
        }
        "saml" => {
            world.saml("home", "okta", json!({ "sloUrl": "https://idp.example/slo" }));
            let ada = world.user(ADA);
            world.link(&ada, "okta", ISSUER, ADA);
            let sent = world.send_to_idp("home", "okta", "");
            session_of(&world.answer(&sent, &world.facts(&sent).signed_assertion()).send().is(303))
        }
        _ => Some(world.cookie(&world.user("ada@example.com"))),
    };
    (world, session.unwrap())
}

/// The same person in a program: its token. Its session began with the same identity.
fn program(kind: &str) -> (World, String) {
    let (world, _) = signed_in(kind);
    let session = "SELECT user_id, identity_id, provider_session FROM sessions WHERE cookie_hash IS NOT NULL";
    let row = world.sql(session)[0].clone();
    let id = row["user_id"].as_str().unwrap();
    let user = pollster::block_on(portcullis::store::users::by_id(world.db.as_ref(), "home", id));
    let token = world.session(&user.unwrap().unwrap()).access;
    let same = "UPDATE sessions SET (identity_id, provider_session) =
                (SELECT identity_id, provider_session FROM sessions WHERE cookie_hash IS NOT NULL)";
    world.sql(&format!("{same} WHERE cookie_hash IS NULL"));
    (world, token)
}

fn live(world: &World) -> i64 {
    world.number("SELECT count(*) AS n FROM sessions WHERE ended_at IS NULL AND client_id IS NULL")
}

/// Where a browser is sent on to.
fn onward(reply: &Reply) -> String {
    if let Some(to) = reply.header("location") {
        return to.to_owned();
    }
    let refresh = reply.text.split("content=\"0;url=").nth(1).and_then(|rest| rest.split('"').next());
    refresh.unwrap_or_default().replace("&#38;", "&").replace("&amp;", "&")
}

fn param(url: &str, name: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(one, _)| one == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[test]
fn a_programs_logout_says_where_the_browser_signs_out_as_well() {
    for (path, pointer) in [
        ("/api/auth/logout", "/data/logoutUrl"),
        ("/auth/logout", "/logoutUrl"),
        ("/users/logout", "/logoutUrl"),
    ] {
        for (kind, there) in THERE {
            let (world, token) = program(kind);
            let before = live(&world);
            let reply = world.post(path).bearer(&token).json(json!({})).send().is(200);
            assert_eq!(live(&world), before - 1, "{path} {kind}");
            let url = reply.json.pointer(pointer).and_then(Value::as_str);
            assert_eq!(url.is_some(), there.is_some(), "{path} {kind}: {}", reply.text);
            let (Some(url), Some(there)) = (url, there) else { continue };
            let local = url.strip_prefix(ORIGIN).unwrap();
            assert!(local.starts_with("/tenant/home/sso/okta/sign-out?ticket="), "{url}");
            // Nobody else's, and no other place.
            let forged = format!("{}x", &local[..local.len() - 1]);
            for other in [&forged, &local.replace("/okta/", "/other/"), "/tenant/home/sso/okta/sign-out"] {
                let reply = world.get(other).navigating().send();
                assert_eq!((reply.status, reply.header("location")), (400, None), "{other}");
            }
            let reply = world.get(local).navigating().send().is(303);
            assert!(onward(&reply).starts_with(there), "{path} {kind}: {}", onward(&reply));
            // Once, and not for long.
            world.get(local).navigating().send().is(400);
        }
    }
}

#[test]
fn a_ticket_to_sign_out_is_good_for_ten_minutes_and_for_a_provider_that_is_used() {
    let ticket = |world: &World, token: &str| {
        let ask = world.post("/auth/logout").bearer(token);
        ask.json(json!({})).send().is(200).str("/logoutUrl").strip_prefix(ORIGIN).unwrap().to_owned()
    };
    let (world, token) = program("saml");
    let late = ticket(&world, &token);
    world.advance(600);
    world.get(&late).navigating().send().is(400);
    let (world, token) = program("oidc");
    let path = ticket(&world, &token);
    world.sql("UPDATE identity_providers SET spec = json_set(spec, '$.enabled', json('false'))");
    let reply = world.get(&path).navigating().send().is(200);
    assert!(!reply.text.contains("okta.example"), "{}", reply.text);
    // Nor is there any where the provider has no such place.
    let (world, token) = program("saml");
    world.sql("UPDATE identity_providers SET spec = json_remove(spec, '$.sloUrl')");
    let ask = world.post("/auth/logout").bearer(&token);
    assert_eq!(ask.json(json!({})).send().is(200).json.get("logoutUrl"), None);
}

/// The same with a client that ada signed in to, and her ID token.
fn signed_in_to_client(kind: &str) -> (World, String, String) {
    let (world, session) = signed_in(kind);
    let metadata = json!({
        "redirect_uris": [CALLBACK], "post_logout_redirect_uris": [GOODBYE],
        "grant_types": ["authorization_code", "refresh_token"],
    });
    world.client("home", "app", metadata);
    let tokens = signed_in_to(&world, &session, "app", "openid", "");
    (world, session, tokens.str("/id_token"))
}

fn query(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[test]
fn a_clients_logout_goes_by_the_provider_and_comes_back() {
    const LOGOUT: &str = "/tenant/home/oauth2/logout";
    for confirmed in [false, true] {
        for with_back in [true, false] {
            for (kind, there) in THERE {
                let (world, session, id_token) = signed_in_to_client(kind);
                let (before, what) = (live(&world), format!("{kind} {confirmed} {with_back}"));
                let mut fields = vec![("client_id", "app")];
                if with_back {
                    fields.extend([("post_logout_redirect_uri", GOODBYE), ("state", "a&b")]);
                }
                let ask = if confirmed {
                    fields.push(("confirmed", "yes"));
                    world.post(LOGOUT).header("sec-fetch-site", "same-origin").form(&fields)
                } else {
                    fields.push(("id_token_hint", &id_token));
                    world.get(&format!("{LOGOUT}?{}", query(&fields))).header("sec-fetch-site", "cross-site")
                };
                let reply = ask.navigating().cookie(&session).send();
                assert_eq!(live(&world), before - 1, "{what}");
                assert_eq!(reply.sets("__Host-portcullis").as_deref(), Some(""), "{what}");
                let to = onward(&reply);
                let goodbye = "https://app.example/goodbye?from=us&state=a%26b";
                let Some(there) = there else {
                    assert_eq!(to, if with_back { goodbye } else { "" }, "{what}: {}", reply.text);
                    continue;
                };
                assert!(to.starts_with(there), "{what}: {to}");
                // The provider is told nothing of where the person goes.
                assert!(!to.contains("app.example"), "{what}: {to}");
                let cookie = reply.set_cookies().into_iter().find(|set| set.contains("-sso-"));
                let cookie = cookie.map(|set| set.split(';').next().unwrap().to_owned());
                comes_back(&world, kind, &to, cookie.as_deref(), with_back.then_some(goodbye), &what);
            }
        }
    }
}

/// The browser comes back from the provider, and goes on as was asked for, once.
fn comes_back(
    world: &World,
    kind: &str,
    there: &str,
    cookie: Option<&str>,
    goodbye: Option<&str>,
    what: &str,
) {
    let path = match kind {
        "oidc" => {
            assert_eq!(param(there, "post_logout_redirect_uri"), format!("{ORIGIN}/tenant/home/login"));
            format!("/tenant/home/login?{}", query(&[("state", &param(there, "state"))]))
        }
        _ => {
            let request = super::saml::inflated(&param(there, "SAMLRequest"));
            let id = request.split(" ID=\"").nth(1).unwrap().split('"').next().unwrap();
            let facts =
                Facts { in_response_to: Some(id.into()), response_id: "_a".into(), ..Facts::at(world.now()) };
            let answer = facts.logout_response(&at("home", "okta", "slo"));
            let state = param(there, "RelayState");
            format!("/tenant/home/sso/okta/slo?{}", by_redirect(Kind::Response, &answer, Some(&state)))
        }
    };
    // Not in another browser.
    assert_eq!(world.get(&path).navigating().send().header("location"), None, "{what}");
    let Some(cookie) = cookie else {
        assert_eq!((kind, goodbye), ("oidc", None), "{what}");
        return;
    };
    let other = path.replace("state=", "state=x").replace("RelayState=", "RelayState=x");
    assert_eq!(world.get(&other).header("cookie", cookie).navigating().send().header("location"), None);
    let reply = world.get(&path).header("cookie", cookie).navigating().send();
    assert_eq!(reply.header("location"), goodbye, "{what}: {}", reply.text);
    assert_eq!(reply.status, if goodbye.is_some() { 303 } else { 200 }, "{what}");
    // A cookie that was kept leads nowhere again.
    let again = world.get(&path).header("cookie", cookie).navigating().send();
    assert_eq!(again.header("location"), None, "{what}");
}

#[test]
fn an_address_that_is_not_registered_ends_nothing_and_leads_nowhere() {
    for (kind, _) in THERE {
        let (world, session, id_token) = signed_in_to_client(kind);
        let before = live(&world);
        let fields =
            [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", "https://evil.example/")];
        let path = format!("/tenant/home/oauth2/logout?{}", query(&fields));
        let reply = world.get(&path).navigating().cookie(&session).send().is(400);
        assert_eq!(reply.header("location"), None);
        assert_eq!(live(&world), before);
    }
}

#[test]
fn a_session_ends_no_later_than_that_at_the_provider() {
    let times = |world: &World| {
        let row =
            &world.sql("SELECT expires_at - created_at AS lives FROM sessions WHERE client_id IS NULL")[0];
        row["lives"].as_i64().unwrap() / 1000
    };
    for (ends, lives) in [(Some(3_600), 3_600), (None, 30 * 86_400), (Some(400 * 86_400), 30 * 86_400)] {
        let (world, session) = signed_in_until(ends);
        assert_eq!(times(&world), lives, "{ends:?}");
        if ends != Some(3_600) {
            continue;
        }
        // What is granted in it ends with it, but for what is for offline access.
        let metadata =
            json!({ "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"] });
        world.client("home", "app", metadata);
        let tokens = |scope: &str| signed_in_to(&world, &session, "app", scope, "").str("/refresh_token");
        let (own, offline) = (tokens("openid"), tokens("openid offline_access"));
        let refresh = |token: &str| {
            let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
            from_client(&world, "token", "app", &fields).send()
        };
        world.advance(3_000);
        let (own, offline) = (refresh(&own).is(200), refresh(&offline).is(200));
        let last = "SELECT count(*) AS n FROM sessions
                    WHERE provider_until IS NOT NULL AND refresh_until > provider_until";
        assert_eq!(world.number(last), 0);
        world.get("/tenant/home/account").cookie(&session).navigating().fresh().send().is(200);
        world.advance(601);
        world.get("/tenant/home/account").cookie(&session).navigating().fresh().send().is(303);
        refresh(&own.str("/refresh_token")).is(400);
        refresh(&offline.str("/refresh_token")).is(200);
    }
}

/// A world in which ada has signed in with a SAML provider whose session ends after so many seconds.
fn signed_in_until(ends: Option<i64>) -> (World, String) {
    let (world, _) = signed_in("saml");
    world.sql("DELETE FROM sessions");
    let session = session_of(&answer_until(&world, ends).is(303)).unwrap();
    (world, session)
}

fn answer_until(world: &World, ends: Option<i64>) -> Reply {
    use crate::saml::idp::{Signing, signed};
    let sent = world.send_to_idp("home", "okta", "");
    let facts = world.facts(&sent);
    let index = "SessionIndex=\"_session\"";
    let with_end = ends
        .map(|seconds| format!("{index} SessionNotOnOrAfter=\"{}\"", world.now().plus(seconds).rfc3339()));
    let assertion = facts.assertion().replace(index, with_end.as_deref().unwrap_or(index));
    let xml = facts.response(&signed(&assertion, &facts.assertion_id, &Signing::default()));
    world.answer(&sent, &xml).send()
}

#[test]
fn a_session_that_is_over_there_begins_none_here() {
    let (world, _) = signed_in("saml");
    world.sql("DELETE FROM sessions");
    let reply = answer_until(&world, Some(-61));
    assert_eq!((reply.status, session_of(&reply)), (400, None));
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), 0);
}

#[test]
fn a_second_factor_between_keeps_the_end() {
    let world = World::new();
    world.saml("home", "okta", json!({}));
    let app = world.with_app(ADA);
    world.link(&app.user, "okta", ISSUER, ADA);
    world.sql("DELETE FROM sessions");
    let begun = world.now();
    let second = answer_until(&world, Some(3_600)).is(303);
    assert_eq!(second.header("location"), Some("/tenant/home/mfa"));
    let reply = world.prove_second(&app, &second);
    assert!(session_of(&reply).is_some());
    assert_eq!(
        world.number("SELECT expires_at AS n FROM sessions WHERE cookie_hash IS NOT NULL"),
        begun.plus(3_600).0 / 1000 * 1000
    );
}
