//! `/oauth2/device_authorization`, the device's page, and its polls.

use portcullis::store::users::User;
use serde_json::json;

use super::clients::{basic, from_client, from_public};
use crate::harness::{Ask, Reply, World, claims};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const DEVICE: &str = "/tenant/home/device";

/// A television that has asked, and the person in front of it with a browser.
struct Tv {
    world: World,
    user: User,
    cookie: String,
    device_code: String,
    user_code: String,
}

fn tv() -> Tv {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    let metadata = json!({
        "token_endpoint_auth_method": "none", "grant_types": [GRANT, "refresh_token"],
        "scope": "openid email offline_access read", "resources": ["https://tv.example/"],
    });
    world.client("home", "tv", metadata);
    world.client("home", "other", json!({ "token_endpoint_auth_method": "none", "grant_types": [GRANT] }));
    let asked = from_public(&world, "device_authorization", "tv", &[("scope", "openid read")]).send().is(200);
    let (device_code, user_code) = (asked.str("/device_code"), asked.str("/user_code"));
    Tv { world, user, cookie, device_code, user_code }
}

impl Tv {
    fn ask_poll(&self) -> Ask<'_> {
        from_public(&self.world, "token", "tv", &[("grant_type", GRANT), ("device_code", &self.device_code)])
    }

    fn poll(&self) -> Reply {
        self.ask_poll().send()
    }

    /// The person's browser sends the page's form.
    fn form(&self, fields: &[(&str, &str)]) -> Ask<'_> {
        self.world
            .post(DEVICE)
            .navigating()
            .cookie(&self.cookie)
            .header("sec-fetch-site", "same-origin")
            .form(fields)
    }

    fn decide(&self, code: &str, decision: &str) -> Reply {
        self.form(&[("user_code", code), ("decision", decision)]).send()
    }

    fn status(&self) -> String {
        self.world.sql("SELECT status FROM device_codes")[0]["status"].as_str().unwrap().to_owned()
    }
}

#[track_caller]
fn refused(reply: Reply, code: &str) {
    let reply = reply.is(400);
    assert_eq!(reply.json["error"], code, "{}", reply.text);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

/// RFC 8628 §3.2: device_code, user_code, verification_uri and expires_in are REQUIRED, verification_uri_complete and interval OPTIONAL.
/// RFC 8628 §6.1: user codes of letters that spell no word, easy to type.
#[test]
fn a_device_is_told_what_to_show_and_what_to_poll_with() {
    let tv = tv();
    let asked = from_public(&tv.world, "device_authorization", "tv", &[]).send().is(200);
    assert_eq!(asked.header("cache-control"), Some("no-store"));
    assert_eq!(asked.json["expires_in"], 600);
    assert_eq!(asked.json["interval"], 5);
    assert_eq!(asked.json["verification_uri"], "https://auth.example.com/tenant/home/device");
    let code = asked.str("/user_code");
    let complete = format!("https://auth.example.com/tenant/home/device?user_code={code}");
    assert_eq!(asked.str("/verification_uri_complete"), complete);
    assert_eq!((code.len(), code.find('-')), (9, Some(4)));
    assert!(code.replace('-', "").bytes().all(|letter| b"BCDFGHJKLMNPQRSTVWXZ".contains(&letter)), "{code}");
    assert_eq!(asked.str("/device_code").len(), 43);
    assert_ne!(code, tv.user_code);
}

/// RFC 8628 §3.5: tokens as in RFC 6749 §5.1 once the user agreed.
#[test]
fn a_device_gets_tokens_once_its_person_agrees() {
    let tv = tv();
    refused(tv.poll(), "authorization_pending");
    tv.decide(&tv.user_code, "allow").is(200);
    tv.world.advance(5);
    let tokens = tv.poll().is(200);
    assert_eq!(tokens.header("cache-control"), Some("no-store"));
    assert_eq!(tokens.json["token_type"], "Bearer");
    assert_eq!(tokens.json["scope"], "openid read");
    let access = claims(&tokens.str("/access_token"));
    assert_eq!(access["sub"], tv.user.id.as_str());
    assert_eq!(access["client_id"], "tv");
    assert_eq!(access["amr"], json!(["pwd"]));
    let id = claims(&tokens.str("/id_token"));
    assert_eq!((&id["aud"], &id["sub"], &id["sid"]), (&json!("tv"), &access["sub"], &access["sid"]));
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &tokens.str("/refresh_token"))];
    from_public(&tv.world, "token", "tv", &fields).send().is(200);
    assert_eq!((tv.world.events("device.approved"), tv.world.events("device.exchanged")), (1, 1));
}

/// RFC 8628 §3.5: access_denied if the user refused.
#[test]
fn a_device_whose_person_refuses_is_told() {
    let tv = tv();
    tv.decide(&tv.user_code, "deny").is(200);
    refused(tv.poll(), "access_denied");
    refused(tv.poll(), "access_denied");
    // What is decided stays so.
    tv.decide(&tv.user_code, "allow").is(400);
    refused(tv.poll(), "access_denied");
    assert_eq!(tv.world.events("device.denied"), 1);
}

/// RFC 8628 §3.5: expired_token once the device code is over.
#[test]
fn a_device_that_waited_too_long_begins_anew() {
    let tv = tv();
    tv.world.advance(599);
    refused(tv.poll(), "authorization_pending");
    tv.world.advance(1);
    refused(tv.poll(), "expired_token");
    let cookie = tv.world.cookie(&tv.user);
    let late = tv.form(&[("user_code", &tv.user_code), ("decision", "allow")]).cookie(&cookie);
    late.send().is(400);
    refused(tv.poll(), "expired_token");
    assert_eq!(tv.status(), "pending");
}

#[test]
fn one_who_agreed_in_time_is_paid_out_in_time_only() {
    let tv = tv();
    tv.decide(&tv.user_code, "allow").is(200);
    tv.world.advance(600);
    refused(tv.poll(), "expired_token");
}

/// RFC 8628 §3.5: on slow_down the interval MUST be increased by 5 seconds for this and all later polls.
#[test]
fn a_device_that_polls_too_often_waits_longer() {
    let tv = tv();
    refused(tv.poll(), "authorization_pending");
    tv.world.advance_ms(4_999);
    refused(tv.poll(), "slow_down");
    for (wait, code) in [
        (9_999, "slow_down"),
        (14_999, "slow_down"),
        (20_000, "authorization_pending"),
        (19_999, "slow_down"),
        (25_000, "authorization_pending"),
    ] {
        tv.world.advance_ms(wait);
        refused(tv.poll(), code);
    }
    assert_eq!(tv.world.number("SELECT interval_seconds AS n FROM device_codes"), 25);
}

/// RFC 8628 §3.3: a client polls no more often than the interval; one at the interval is no abuse.
#[test]
fn a_device_that_keeps_to_the_interval_is_never_slowed() {
    let tv = tv();
    for _ in 0..20 {
        refused(tv.poll(), "authorization_pending");
        tv.world.advance(5);
    }
    assert_eq!(tv.world.number("SELECT interval_seconds AS n FROM device_codes"), 5);
}

#[test]
fn a_device_code_pays_out_once_also_among_many_polls() {
    let tv = tv();
    tv.decide(&tv.user_code, "allow").is(200);
    let polls = (0..20).map(|_| tv.ask_poll()).collect();
    let replies = tv.world.together(polls);
    let paid = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(paid, 1);
    assert!(replies.iter().filter(|r| r.status != 200).all(|r| r.json["error"] == "invalid_grant"));
    assert_eq!(tv.world.sql("SELECT id FROM sessions WHERE client_id = 'tv'").len(), 1);
    refused(tv.poll(), "invalid_grant");
}

#[test]
fn a_poll_takes_two_round_trips_at_most() {
    let tv = tv();
    tv.poll();
    tv.decide(&tv.user_code, "allow").is(200);
    tv.world.get("/.well-known/jwks.json").send().is(200);
    let before = tv.world.db.trips.get();
    tv.poll().is(200);
    assert!(tv.world.db.trips.get() - before <= 2);
}

/// RFC 8628 §3.4: device_code and client_id are REQUIRED; the code is its client's alone.
#[test]
fn a_device_code_is_its_clients_alone() {
    let tv = tv();
    tv.decide(&tv.user_code, "allow").is(200);
    let fields = [("grant_type", GRANT), ("device_code", tv.device_code.as_str())];
    refused(from_public(&tv.world, "token", "other", &fields).send(), "invalid_grant");
    refused(from_public(&tv.world, "token", "tv", &[("grant_type", GRANT)]).send(), "invalid_request");
    let wrong = [("grant_type", GRANT), ("device_code", "x")];
    refused(from_public(&tv.world, "token", "tv", &wrong).send(), "invalid_grant");
    let nobody = tv.world.post("/tenant/home/oauth2/token").form(&fields).send();
    assert_eq!(nobody.is(401).json["error"], "invalid_client");
    tv.world.tenant("acme");
    let elsewhere = tv.world.post("/tenant/acme/oauth2/token");
    let elsewhere = elsewhere.form(&[fields[0], fields[1], ("client_id", "tv")]).send();
    assert_eq!(elsewhere.is(401).json["error"], "invalid_client");
    tv.poll().is(200);
}

/// RFC 8628 §3.1: the client authenticates as it is registered; client_id is REQUIRED else.
#[test]
fn a_client_asks_as_it_is_registered() {
    let tv = tv();
    let world = &tv.world;
    world.client("home", "box", json!({ "grant_types": [GRANT] }));
    from_client(world, "device_authorization", "box", &[]).send().is(200);
    let named = from_public(world, "device_authorization", "box", &[]).send();
    assert_eq!(named.is(401).json["error"], "invalid_client");
    let nobody = world.post("/oauth2/device_authorization").form(&[("scope", "openid")]).send();
    assert_eq!(nobody.is(401).json["error"], "invalid_client");
    world.client("home", "plain", json!({}));
    let plain = world.post("/oauth2/device_authorization").header("authorization", &basic("plain"));
    refused(plain.form(&[]).send(), "unauthorized_client");
    let ask = |more: &[(&str, &str)]| from_public(world, "device_authorization", "tv", more).send();
    refused(ask(&[("scope", "admin:all")]), "invalid_scope");
    refused(ask(&[("resource", "https://evil.example/")]), "invalid_target");
    refused(ask(&[("scope", "read"), ("scope", "openid")]), "invalid_request");
    ask(&[("scope", "read"), ("resource", "https://tv.example/")]).is(200);
    world.get("/oauth2/device_authorization").send().is(405);
}

#[test]
fn what_was_asked_for_is_what_tokens_are_for() {
    let tv = tv();
    let fields = [("scope", "read"), ("resource", "https://tv.example/")];
    let asked = from_public(&tv.world, "device_authorization", "tv", &fields).send().is(200);
    tv.decide(&asked.str("/user_code"), "allow").is(200);
    let poll = [("grant_type", GRANT), ("device_code", &asked.str("/device_code"))];
    let tokens = from_public(&tv.world, "token", "tv", &poll).send().is(200);
    assert_eq!(claims(&tokens.str("/access_token"))["aud"], "https://tv.example/");
    assert_eq!(tokens.json.get("id_token"), None);
}

#[test]
fn an_address_that_asks_for_too_many_codes_is_slowed() {
    let tv = tv();
    for _ in 0..59 {
        from_public(&tv.world, "device_authorization", "tv", &[]).send().is(200);
    }
    from_public(&tv.world, "device_authorization", "tv", &[]).send().is(429);
    from_public(&tv.world, "device_authorization", "tv", &[]).from("198.51.100.1").send().is(200);
}

#[test]
fn codes_stand_as_hashes() {
    let tv = tv();
    let rows = serde_json::to_string(&tv.world.sql("SELECT * FROM device_codes")).unwrap();
    let plain = tv.user_code.replace('-', "");
    assert!(!rows.contains(&tv.device_code) && !rows.contains(&tv.user_code) && !rows.contains(&plain));
    // A user code is short enough to be found by trying from a hash without a key.
    assert!(!rows.contains(&portcullis::crypto::secret::stored(&plain)));
}

#[test]
fn it_ends_with_the_browser_it_was_approved_in_unless_it_was_for_offline_access() {
    for (scope, alive) in [("openid read", false), ("openid read offline_access", true)] {
        let tv = tv();
        let asked = from_public(&tv.world, "device_authorization", "tv", &[("scope", scope)]).send().is(200);
        tv.decide(&asked.str("/user_code"), "allow").is(200);
        let poll = [("grant_type", GRANT), ("device_code", &asked.str("/device_code"))];
        let tokens = from_public(&tv.world, "token", "tv", &poll).send().is(200);
        tv.world.post("/tenant/home/logout").cookie(&tv.cookie).form(&[]).send().is(200);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", &tokens.str("/refresh_token"))];
        let again = from_public(&tv.world, "token", "tv", &fields).send();
        assert_eq!(again.status == 200, alive, "{scope}");
    }
}

#[test]
fn one_who_signs_out_or_is_disabled_before_the_device_polls_gives_it_nothing() {
    for disable in [false, true] {
        let tv = tv();
        tv.decide(&tv.user_code, "allow").is(200);
        if disable {
            tv.world.sql("UPDATE users SET status = 'disabled'");
        } else {
            tv.world.post("/tenant/home/logout").cookie(&tv.cookie).form(&[]).send().is(200);
        }
        refused(tv.poll(), "invalid_grant");
    }
}
