//! Clients that registered themselves and that nobody uses are removed; and the clients of a deleted user hear of it.

use serde_json::json;

use super::clients::{BACKCHANNEL, grant};
use crate::harness::oidc::{App, Params, Party, asks};
use crate::harness::{World, claims};
use portcullis::model::client::AuthMethod;

const DAY: i64 = 86_400;

/// A client that registered itself in a tenant where anyone may, and whoever is to use it.
fn party() -> (Party, String) {
    let mut party = Party::public();
    party.world.settings(json!({ "clientRegistration": "open" }));
    let said = json!({
        "client_name": "Left behind", "redirect_uris": ["https://app.example/callback"],
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
    });
    let id = party.world.post("/oauth2/register").json(said).send().is(201).str("/client_id");
    party.app = App { id: id.clone(), method: AuthMethod::None };
    (party, id)
}

fn exists(world: &World, id: &str) -> bool {
    world.number(&format!("SELECT count(*) AS n FROM clients WHERE id = '{id}'")) == 1
}

fn days(world: &World, days: i64) {
    for _ in 0..days {
        world.advance(DAY);
        world.cron();
    }
}

#[test]
fn a_client_that_nobody_used_for_thirty_days_is_removed() {
    let (party, id) = party();
    let world = &party.world;
    let made = world.post("/tenant/home/v2/Clients").bearer(&world.admin());
    let made =
        made.json(json!({ "redirect_uris": ["https://app.example/cb"] })).send().is(201).str("/client_id");
    days(world, 29);
    assert!(exists(world, &id));
    days(world, 2);
    assert!(!exists(world, &id));
    assert_eq!(world.events("client.unused"), 1);
    let row = world.sql("SELECT actor, subject, detail FROM audit WHERE event = 'client.unused'");
    assert_eq!((row[0]["actor"].as_str(), row[0]["subject"].as_str()), (Some("system"), Some(id.as_str())));
    assert_eq!(row[0]["detail"], "Left behind");
    // What an administrator made stays, used or not.
    days(world, 40);
    assert!(exists(world, &made) && exists(world, "app"));
    assert_eq!(
        world.number(
            "SELECT count(*) AS n FROM client_origins WHERE client_id NOT IN (SELECT id FROM clients)"
        ),
        0
    );
}

#[test]
fn one_that_is_used_stays_until_thirty_days_after() {
    let (mut party, id) = party();
    days(&party.world, 20);
    party.cookie = party.world.cookie(&party.user);
    let request = party.request().with("client_id", &id).with("scope", "openid");
    let waiting = asks(&party.authorize(&request), "consent");
    let code = party.consent(&waiting, true).sent().code();
    let mut refresh = party.token(&Party::exchange(&code)).is(200).str("/refresh_token");
    // A grant that lives keeps it, for as long as it is refreshed and then for as long as it lasts.
    for _ in 0..8 {
        days(&party.world, 5);
        let params = Params::of(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)]);
        refresh = party.token(&params).is(200).str("/refresh_token");
    }
    party.world.sql("UPDATE sessions SET ended_at = expires_at, expires_at = 1 WHERE client_id IS NOT NULL");
    days(&party.world, 29);
    assert!(exists(&party.world, &id));
    assert_eq!(party.world.number("SELECT count(*) AS n FROM sessions WHERE client_id IS NOT NULL"), 0);
    days(&party.world, 3);
    assert!(!exists(&party.world, &id));
}

/// Back-Channel Logout §2.3: whoever is deleted is signed out of everything.
#[test]
fn the_clients_of_a_deleted_user_are_told() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    world.client("home", "app", json!({ "backchannel_logout_uri": BACKCHANNEL }));
    world.client("home", "silent", json!({}));
    let first = grant(&world, &user, &cookie, "app", "openid");
    let offline = grant(&world, &user, &cookie, "app", "openid offline_access");
    grant(&world, &user, &cookie, "silent", "openid");
    let other = world.user("bob@example.com");
    let theirs = world.cookie(&other);
    grant(&world, &other, &theirs, "app", "openid");
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.delete(&path).bearer(&world.admin()).send().is(204);
    let forms = world.web.forms.borrow();
    let mut told: Vec<String> = Vec::new();
    for (uri, body) in forms.iter() {
        let said = claims(body.strip_prefix("logout_token=").unwrap());
        assert_eq!((uri.as_str(), &said["sub"]), (BACKCHANNEL, &json!(user.id)));
        told.push(said["sid"].as_str().unwrap().to_owned());
    }
    let mut expected = [first, offline];
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
    // Nothing of the person is left when it is told.
    assert_eq!(world.number("SELECT count(*) AS n FROM logout_deliveries"), 0);
}

#[test]
fn a_client_that_does_not_answer_hears_later_of_a_deleted_user() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    world.client("home", "app", json!({ "backchannel_logout_uri": BACKCHANNEL }));
    grant(&world, &user, &cookie, "app", "openid");
    world.web.status.set(Some(503));
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.delete(&path).bearer(&world.admin()).send().is(204);
    assert_eq!(world.number("SELECT count(*) AS n FROM logout_deliveries"), 1);
    world.web.status.set(None);
    world.advance(60);
    world.cron();
    assert_eq!(world.number("SELECT count(*) AS n FROM logout_deliveries"), 0);
    assert_eq!(world.web.forms.borrow().len(), 2);
}
