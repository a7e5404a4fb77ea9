//! `/oauth2/device_authorization`, the device's page, and its polls.

use serde_json::json;

use super::clients::{basic, client, from_client, from_public};
use crate::harness::{Ask, Reply, World};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A television that has asked, and the person in front of it with a browser.
struct Tv {
    world: World,
    device_code: String,
    user_code: String,
}

fn tv() -> Tv {
    let world = World::new();
    let metadata = json!({
        "token_endpoint_auth_method": "none", "grant_types": [GRANT, "refresh_token"],
        "scope": "openid email offline_access read", "resources": ["https://tv.example/"],
    });
    client(&world, "home", "tv", metadata);
    client(&world, "home", "other", json!({ "token_endpoint_auth_method": "none", "grant_types": [GRANT] }));
    let asked = from_public(&world, "device_authorization", "tv", &[("scope", "openid read")]).send().is(200);
    let (device_code, user_code) = (asked.str("/device_code"), asked.str("/user_code"));
    Tv { world, device_code, user_code }
}

impl Tv {
    fn ask_poll(&self) -> Ask<'_> {
        from_public(&self.world, "token", "tv", &[("grant_type", GRANT), ("device_code", &self.device_code)])
    }

    fn poll(&self) -> Reply {
        self.ask_poll().send()
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
/// RFC 8628 §3.5: access_denied if the user refused.
/// RFC 8628 §3.5: expired_token once the device code is over.
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

/// RFC 8628 §3.4: device_code and client_id are REQUIRED; the code is its client's alone.
/// RFC 8628 §3.1: the client authenticates as it is registered; client_id is REQUIRED else.
#[test]
fn a_client_asks_as_it_is_registered() {
    let tv = tv();
    let world = &tv.world;
    client(world, "home", "box", json!({ "grant_types": [GRANT] }));
    from_client(world, "device_authorization", "box", &[]).send().is(200);
    let named = from_public(world, "device_authorization", "box", &[]).send();
    assert_eq!(named.is(401).json["error"], "invalid_client");
    let nobody = world.post("/oauth2/device_authorization").form(&[("scope", "openid")]).send();
    assert_eq!(nobody.is(401).json["error"], "invalid_client");
    client(world, "home", "plain", json!({}));
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
