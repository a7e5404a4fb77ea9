//! The keys that messages to a SAML provider are signed with: pinned there, so they stay until an administrator turns them.

use serde_json::{Value, json};

use crate::harness::{Reply, World};
use crate::sso::saml::{world, world_with};

const KEYS: &str = "/tenant/home/v2/IdentityProviders/okta/SigningKeys";

fn list(world: &World) -> Vec<Value> {
    world.get(KEYS).bearer(&world.admin()).send().is(200).json["items"].as_array().unwrap().clone()
}

fn body(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

/// The certificates in our metadata.
fn published(world: &World) -> Vec<String> {
    let text = world.get("/tenant/home/sso/okta/metadata").send().is(200).text;
    let all = text.split("<ds:X509Certificate>").skip(1);
    all.map(|one| one.split('<').next().unwrap().to_owned()).collect()
}

/// The certificate of the key that signs now, told by its signature.
fn signs(world: &World) -> String {
    let reply = world.get("/tenant/home/sso/okta").send().is(200);
    let message =
        reply.text.split("name=\"SAMLRequest\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let xml = data_encoding::BASE64.decode(message.as_bytes()).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    xml.split("<ds:X509Certificate>").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

fn signing() -> World {
    world_with(json!({ "signRequests": true, "ssoBinding": "post" }))
}

#[test]
fn a_key_signs_for_years_and_is_there_from_the_first_time_on() {
    let world = signing();
    let first = published(&world);
    assert_eq!(first.len(), 1);
    assert_eq!(signs(&world), first[0]);
    let pem = world.get("/tenant/home/sso/okta/certificate").send().is(200);
    assert_eq!(body(&pem.text), first[0]);
    assert_eq!(pem.header("content-disposition"), Some("attachment; filename=\"okta.pem\""));
    let keys = list(&world);
    assert_eq!((keys.len(), &keys[0]["status"]), (1, &json!("current")));
    assert_eq!(body(keys[0]["certificate"].as_str().unwrap()), first[0]);
    assert_eq!(keys[0]["endsAt"], "2036-04-28T12:00:06Z");
    assert_eq!(keys[0]["fingerprint"].as_str().unwrap().len(), 95);
    // The keys of tokens turn every 42 days; this one stays.
    for _ in 0..3 {
        world.advance(43 * 86_400);
        world.cron();
    }
    assert_eq!(published(&world), first);
    assert_eq!(signs(&world), first[0]);
    assert_eq!(world.events("saml_key.made"), 1);
}

#[test]
fn of_first_times_at_once_one_makes_the_key() {
    let world = signing();
    let asks = (0..10).map(|_| world.get("/tenant/home/sso/okta/certificate").elsewhere()).collect();
    let replies: Vec<Reply> = world.together(asks);
    assert!(replies.iter().all(|reply| reply.status == 200 && reply.text == replies[0].text));
    assert_eq!(world.number("SELECT count(*) AS n FROM saml_keys"), 1);
}

#[test]
fn a_rotation_publishes_the_next_key_before_it_signs() {
    let world = signing();
    let old = published(&world);
    let post = |path: &str| world.post(path).bearer(&world.admin()).send();
    let made = post(KEYS).is(201);
    assert_eq!(made.json["items"][1]["status"], "next");
    let next = made.json["items"][1]["id"].as_str().unwrap().to_owned();
    let both = published(&world);
    assert_eq!((both.len(), &both[0]), (2, &old[0]));
    assert_eq!(signs(&world), old[0]);
    // To be given to the provider now: the next one.
    assert_eq!(body(&world.get("/tenant/home/sso/okta/certificate").send().text), both[1]);
    // Two at a time, also of many at once.
    post(KEYS).is(409);
    let current = made.json["items"][0]["id"].as_str().unwrap().to_owned();
    for key in [current.as_str(), "x"] {
        post(&format!("{KEYS}/{key}/activate")).is(404);
        world.delete(&format!("{KEYS}/{key}")).bearer(&world.admin()).send().is(404);
    }
    let done = post(&format!("{KEYS}/{next}/activate")).is(200);
    assert_eq!(done.json["items"].as_array().unwrap().len(), 1);
    assert_eq!(published(&world), [both[1].clone()]);
    assert_eq!(signs(&world), both[1]);
    post(&format!("{KEYS}/{next}/activate")).is(404);
    // One that was made by mistake goes, and its turn with it.
    let made = post(KEYS).is(201);
    let wrong = made.json["items"][1]["id"].as_str().unwrap();
    world.delete(&format!("{KEYS}/{wrong}")).bearer(&world.admin()).send().is(204);
    assert_eq!(published(&world), [both[1].clone()]);
    post(KEYS).is(201);
    for (event, times) in [("saml_key.made", 4), ("saml_key.activated", 1), ("saml_key.deleted", 1)] {
        assert_eq!(world.events(event), times, "{event}");
    }
}

#[test]
fn of_rotations_at_once_one_makes_the_next_key() {
    let world = signing();
    let admin = world.admin();
    published(&world);
    let replies = world.together((0..6).map(|_| world.post(KEYS).bearer(&admin)).collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM saml_keys"), 2);
}

#[test]
fn keys_are_one_providers_of_one_tenant_and_go_with_it() {
    let world = signing();
    world.saml("home", "other", json!({ "signRequests": true }));
    let (one, other) = (
        world.get("/tenant/home/sso/okta/certificate").send().text,
        world.get("/tenant/home/sso/other/certificate").send().text,
    );
    assert_ne!(one, other);
    let mine = list(&world)[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/tenant/home/v2/IdentityProviders/other/SigningKeys/{mine}/activate");
    world.post(&path).bearer(&world.admin()).send().is(404);
    // Sealed for its row: one that is copied to another does not open.
    world.sql("UPDATE saml_keys SET sealed_private = (SELECT sealed_private FROM saml_keys WHERE provider_id = 'okta') WHERE provider_id = 'other'");
    world.advance(6);
    world.get("/tenant/home/sso/other/certificate").send().is(500);
    world.delete("/tenant/home/v2/IdentityProviders/other").bearer(&world.admin()).send().is(204);
    assert_eq!(world.number("SELECT count(*) AS n FROM saml_keys"), 1);
}

#[test]
fn who_administers_may_and_other_kinds_have_none() {
    let world = world();
    let ada = world.user("eve@acme.example");
    let eve = world.session(&ada).access;
    for ask in [
        world.get(KEYS),
        world.post(KEYS),
        world.post(&format!("{KEYS}/x/activate")),
        world.delete(&format!("{KEYS}/x")),
    ] {
        let status = ask.bearer(&eve).status();
        assert_eq!(status, 403);
    }
    for ask in [world.get(KEYS), world.post(KEYS)] {
        assert_eq!(ask.status(), 401);
    }
    world.google("home", json!({}));
    let google = KEYS.replace("okta", "google");
    for ask in [world.get(&google), world.post(&google)] {
        assert_eq!(ask.bearer(&world.admin()).status(), 404);
    }
    world.get("/tenant/home/sso/google/certificate").send().is(404);
    world.get("/tenant/home/sso/nobody/certificate").send().is(404);
    assert_eq!(world.number("SELECT count(*) AS n FROM saml_keys"), 0);
    // Without signatures our metadata needs no key, and makes none.
    assert_eq!(published(&world), Vec::<String>::new());
    assert_eq!(world.number("SELECT count(*) AS n FROM saml_keys"), 0);
}
