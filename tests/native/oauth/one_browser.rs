//! A browser holds one session: who signs in over it adopts what the same person granted in it, or ends it for another.

use serde_json::{Value, json};

use super::clients::session_of;
use crate::harness::oidc::{CALLBACK, Params, Party, asks, metadata};
use crate::harness::{Ask, PASSWORD, Reply, World, claims};

const A: &str = "https://a.example/backchannel";
const B: &str = "https://b.example/backchannel";

/// Two clients that want to hear of a sign-out; the second registers offline access too.
fn party() -> Party {
    let party =
        Party::with("a", json!({ "backchannel_logout_uri": A, "token_endpoint_auth_method": "none" }));
    party.world.client(
        "home",
        "b",
        metadata(json!({ "backchannel_logout_uri": B, "token_endpoint_auth_method": "none" })),
    );
    party.world.user("eve@example.com");
    party
}

fn request(party: &Party, client: &str, scope: &str) -> Params {
    party.request().with("client_id", client).with("scope", scope)
}

/// The tokens of a client for a browser with that cookie.
#[track_caller]
fn tokens(party: &Party, client: &str, cookie: &str, scope: &str) -> Reply {
    let code = party.browse(&request(party, client, scope)).cookie(cookie).send().sent().code();
    exchange(party, client, &code).is(200)
}

fn exchange(party: &Party, client: &str, code: &str) -> Reply {
    let params = Party::exchange(code).with("client_id", client);
    let ask = party.world.post(&Party::path("token"));
    ask.body("application/x-www-form-urlencoded", params.text()).send()
}

fn refresh(party: &Party, client: &str, tokens: &Reply) -> u16 {
    let params = Params::of(&[
        ("grant_type", "refresh_token"),
        ("client_id", client),
        ("refresh_token", &tokens.str("/refresh_token")),
    ]);
    let ask = party.world.post(&Party::path("token"));
    ask.body("application/x-www-form-urlencoded", params.text()).send().status
}

/// The logout tokens that went to an address: whose, and of which grant.
fn told(world: &World, uri: &str) -> Vec<(Value, Value)> {
    let forms = world.web.forms.borrow();
    let of = forms.iter().filter(|(url, _)| url == uri);
    let said = of.map(|(_, body)| claims(body.strip_prefix("logout_token=").unwrap()));
    said.map(|said| (said["sub"].clone(), said["sid"].clone())).collect()
}

fn opens(world: &World, cookie: &str) -> bool {
    world.get("/tenant/home/account").navigating().cookie(cookie).send().status == 200
}

/// Signs in over the session of a cookie, as whoever has that address; the new cookie.
type SignIn = fn(&World, &str, &str) -> String;

/// Each way in which a browser signs in.
fn ways() -> Vec<(&'static str, SignIn)> {
    fn sent(ask: Ask<'_>, cookie: &str, fields: &[(&str, &str)]) -> String {
        let reply = ask.navigating().cookie(cookie).form(fields).send();
        reply.sets("__Host-portcullis").unwrap_or_else(|| panic!("{} {}", reply.status, reply.text))
    }
    vec![
        ("password", |world, cookie, email| {
            sent(world.post("/tenant/home/login"), cookie, &[("email", email), ("password", PASSWORD)])
        }),
        ("code by mail", |world, cookie, email| {
            world.post("/tenant/home/magic-link").navigating().form(&[("email", email)]).send().is(200);
            let code = world.mailed_code(email);
            sent(world.post("/tenant/home/magic-link"), cookie, &[("email", email), ("code", &code)])
        }),
        ("link by mail", |world, cookie, email| {
            world.post("/tenant/home/magic-link").navigating().form(&[("email", email)]).send().is(200);
            let token = world.mailed_link(email);
            sent(world.post("/tenant/home/magic-link"), cookie, &[("token", &token)])
        }),
        ("second factor", |world, cookie, email| {
            world.settings(json!({ "mfa": "optional" }));
            world.sql(&format!("UPDATE users SET mfa = 'email' WHERE email = '{email}'"));
            // What was granted before was so by one who had proved both.
            world.sql("UPDATE sessions SET amr = '[\"pwd\",\"otp\",\"mfa\"]'");
            let login = world.post("/tenant/home/login").navigating().cookie(cookie);
            let reply = login.form(&[("email", email), ("password", PASSWORD)]).send().is(303);
            let waiting = reply.sets("__Host-portcullis-challenge").unwrap();
            let both = format!("__Host-portcullis={cookie}; __Host-portcullis-challenge={waiting}");
            let page = world.get("/tenant/home/mfa").navigating().header("cookie", &both).send().is(200);
            let (_, rest) = page.text.split_once("name=\"challenge\" value=\"").unwrap();
            let challenge = rest.split('"').next().unwrap();
            let code = world.mailed_code(email);
            let ask = world.post("/tenant/home/mfa").navigating().header("cookie", &both);
            let reply = ask.form(&[("challenge", challenge), ("code", &code)]).send();
            reply.sets("__Host-portcullis").unwrap_or_else(|| panic!("{} {}", reply.status, reply.text))
        }),
    ]
}

/// RP-Initiated Logout §2, Back-Channel Logout §2.3: the person who signs in again keeps what they granted, and one
/// sign-out ends all of it and tells every client.
#[test]
fn the_same_person_adopts_what_the_browser_held() {
    for (way, sign_in) in ways() {
        let party = party();
        let world = &party.world;
        let first = tokens(&party, "a", &party.cookie, "openid read");
        let offline = tokens(&party, "a", &party.cookie, "openid offline_access");
        let waiting =
            party.browse(&request(&party, "a", "openid")).cookie(&party.cookie).send().sent().code();
        let old = session_of(world, &party.cookie);
        world.advance(1);
        let cookie = sign_in(world, &party.cookie, "ada@example.com");
        // One cookie, one session: what stood for it before does no more.
        assert!(opens(world, &cookie) && !opens(world, &party.cookie), "{way}");
        assert_ne!(session_of(world, &cookie), old);
        let live = "SELECT count(*) AS n FROM sessions WHERE cookie_hash IS NOT NULL AND ended_at IS NULL";
        assert_eq!(world.number(live), 1, "{way}");
        assert_eq!(world.events("session.adopted"), 1, "{way}");
        // Nobody was signed out by it.
        assert_eq!(told(world, A), [], "{way}");
        assert_eq!(party.userinfo(&first.str("/access_token")).status, 200, "{way}");
        let late = exchange(&party, "a", &waiting).is(200);
        let second = tokens(&party, "b", &cookie, "openid read");
        // The second client's sign-out, which its hint is enough for.
        let path = format!("{}?id_token_hint={}", Party::path("logout"), second.str("/id_token"));
        let out = world.get(&path).navigating().cookie(&cookie).send();
        assert_eq!(out.sets("__Host-portcullis").as_deref(), Some(""), "{way}: {}", out.text);
        for (client, reply) in [("a", &first), ("a", &late), ("b", &second)] {
            assert_eq!(party.userinfo(&reply.str("/access_token")).status, 401, "{way} {client}");
            assert_eq!(refresh(&party, client, reply), 400, "{way} {client}");
        }
        assert!(!opens(world, &cookie) && !opens(world, &party.cookie), "{way}");
        let heard: Vec<Value> = told(world, A).into_iter().map(|(_, sid)| sid).collect();
        for reply in [&first, &offline, &late] {
            assert!(heard.contains(&claims(&reply.str("/id_token"))["sid"]), "{way}");
        }
        assert_eq!((heard.len(), told(world, B).len()), (3, 1), "{way}");
        // What was granted for offline access goes on, as it was granted to.
        assert_eq!(refresh(&party, "a", &offline), 200, "{way}");
    }
}

/// Another person finds nothing of the one before, whose clients hear that they are gone.
#[test]
fn another_person_ends_what_the_browser_held() {
    for (way, sign_in) in ways() {
        let party = party();
        let world = &party.world;
        let first = tokens(&party, "a", &party.cookie, "openid read");
        let waiting =
            party.browse(&request(&party, "a", "openid")).cookie(&party.cookie).send().sent().code();
        let elsewhere = world.cookie(&party.user);
        world.advance(1);
        let cookie = sign_in(world, &party.cookie, "eve@example.com");
        assert!(opens(world, &cookie) && !opens(world, &party.cookie), "{way}");
        assert_eq!(party.userinfo(&first.str("/access_token")).status, 401, "{way}");
        assert_eq!(refresh(&party, "a", &first), 400, "{way}");
        exchange(&party, "a", &waiting).is(400);
        let sid = claims(&first.str("/id_token"))["sid"].clone();
        assert_eq!(told(world, A), [(json!(party.user.id), sid)], "{way}");
        assert_eq!(world.events("session.replaced"), 1, "{way}");
        // Their other browsers stay signed in.
        assert!(opens(world, &elsewhere), "{way}");
    }
}

/// A sign-in that fails, or that waits for its second factor, changes nothing of what the browser holds.
#[test]
fn one_who_does_not_sign_in_ends_nothing() {
    let party = party();
    let world = &party.world;
    let first = tokens(&party, "a", &party.cookie, "openid read");
    let post = |email: &str, password: &str| {
        let ask = world.post("/tenant/home/login").navigating().cookie(&party.cookie);
        ask.form(&[("email", email), ("password", password)]).send()
    };
    post("eve@example.com", "wrong").is(401);
    world.settings(json!({ "mfa": "optional" }));
    world.sql("UPDATE users SET mfa = 'email' WHERE email = 'eve@example.com'");
    let waits = post("eve@example.com", PASSWORD).is(303);
    assert_eq!(waits.sets("__Host-portcullis"), None);
    assert!(opens(world, &party.cookie));
    assert_eq!(party.userinfo(&first.str("/access_token")).status, 200);
    assert_eq!(told(world, A), []);
}

/// A cookie that is over, or nobody's, is no session to adopt or end; another tenant's is another person's.
#[test]
fn only_a_live_session_is_replaced() {
    let party = party();
    let world = &party.world;
    let sign_in = |tenant: &str, cookie: &str, email: &str| {
        let ask = world.post(&format!("/tenant/{tenant}/login")).navigating().cookie(cookie);
        ask.form(&[("email", email), ("password", PASSWORD)]).send().is(303)
    };
    for cookie in ["", "nobody's", &"x".repeat(500)] {
        sign_in("home", cookie, "ada@example.com");
    }
    let over = world.cookie(&party.user);
    world.post("/tenant/home/logout").cookie(&over).form(&[]).send().is(200);
    sign_in("home", &over, "ada@example.com");
    assert_eq!((world.events("session.adopted"), world.events("session.replaced")), (0, 0));
    assert!(opens(world, &party.cookie));
    world.tenant("acme");
    let first = tokens(&party, "a", &party.cookie, "openid read");
    sign_in("acme", &party.cookie, "admin@acme.example");
    assert!(!opens(world, &party.cookie));
    assert_eq!(party.userinfo(&first.str("/access_token")).status, 401);
    assert_eq!((told(world, A).len(), world.events("session.replaced")), (1, 1));
}

/// OIDC Core §3.1.2.1: `prompt=login` of another client, the whole way.
#[test]
fn a_second_client_that_asks_for_a_new_sign_in() {
    let party = party();
    let world = &party.world;
    let first = tokens(&party, "a", &party.cookie, "openid read");
    world.advance(5);
    let asked = request(&party, "b", "openid").with("prompt", "login");
    let waiting = asks(&party.browse(&asked).cookie(&party.cookie).send(), "login");
    let fields =
        [("email", "ada@example.com"), ("password", PASSWORD), ("request", waiting.get("request").unwrap())];
    let signed_in =
        world.post("/tenant/home/login").navigating().cookie(&party.cookie).form(&fields).send().is(303);
    let cookie = signed_in.session_cookie();
    let back = party.follow(&signed_in, &cookie).sent();
    assert_eq!(back.to, CALLBACK);
    let second = exchange(&party, "b", &back.code()).is(200);
    assert_eq!(claims(&second.str("/id_token"))["auth_time"], world.now().unix());
    world.post("/tenant/home/logout").cookie(&cookie).navigating().form(&[]).send().is(200);
    for reply in [&first, &second] {
        assert_eq!(party.userinfo(&reply.str("/access_token")).status, 401);
    }
    assert_eq!((told(world, A).len(), told(world, B).len()), (1, 1));
}

/// A program's sign-in holds tokens of its own, and leaves the browser's session be.
#[test]
fn a_program_replaces_no_browsers_session() {
    let party = party();
    let world = &party.world;
    let login = json!({ "email": "eve@example.com", "password": PASSWORD });
    world.post("/api/auth/login").cookie(&party.cookie).json(login).send().is(200);
    assert!(opens(world, &party.cookie));
}

/// It costs a sign-in no storage wait.
#[test]
fn replacing_costs_no_round_trip() {
    let party = party();
    let world = &party.world;
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let cost = |cookie: &str| {
        let ask = world.post("/tenant/home/login").navigating().cookie(cookie).form(&fields);
        let (reply, [trips, _]) = ask.cost();
        assert_eq!(reply.status, 303);
        (reply.session_cookie(), trips)
    };
    let (cookie, without) = cost("nobody's");
    let (_, with) = cost(&cookie);
    assert_eq!(with, without);
}
