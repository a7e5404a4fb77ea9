//! Clients that no administrator made: what they can have us ask.

use serde_json::{Value, json};

use super::clients::grant;
use crate::harness::{Reply, World};

const REGISTER: &str = "/tenant/home/oauth2/register";
const PUBLIC: &str = "https://app.example/backchannel";

/// What is neither a public server nor somebody else's, one of each kind; `public_address` has the whole table.
const REFUSED: [&str; 22] = [
    "http://127.0.0.1:9000/backchannel",
    "http://localhost:9000/backchannel",
    "https://localhost/backchannel",
    "https://app.localhost/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[2002:7f00:1::]/",
    "https://[64:ff9b::7f00:1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://nas.home.arpa/",
    "https://intranet/",
    "https://app.example./",
    "https://app.example:8443/",
    "https://user@app.example/",
    "https://auth.example.com/auth/logout",
    "https://sub.auth.example.com/",
];

fn world(registration: &str) -> World {
    let world = World::new();
    world.settings(json!({ "clientRegistration": registration }));
    world
}

fn said(member: &str, uri: &str) -> Value {
    json!({ "redirect_uris": ["https://app.example/cb"], member: uri })
}

fn path(reply: &Reply) -> String {
    reply.str("/registration_client_uri").replace("https://auth.example.com", "")
}

/// OIDC Registration §9.1, RFC 7591 §5: an authorization server is careful with addresses that clients name.
#[test]
fn only_public_addresses_are_registered() {
    let world = world("open");
    for member in ["backchannel_logout_uri", "jwks_uri", "client_uri", "logo_uri", "tos_uri", "policy_uri"] {
        for uri in REFUSED {
            let reply = world.post(REGISTER).unlimited().json(said(member, uri)).send().is(400);
            assert_eq!(reply.json["error"], "invalid_client_metadata", "{uri}");
            assert!(reply.str("/error_description").contains(member), "{}", reply.text);
        }
        let reply = world.post(REGISTER).unlimited().json(said(member, PUBLIC)).send().is(201);
        assert_eq!(reply.json[member], PUBLIC);
    }
    // What is never fetched is not taken at all.
    world.post(REGISTER).json(said("sector_identifier_uri", "https://127.0.0.1/")).send().is(400);
    let reply = world.post(REGISTER).json(said("initiate_login_uri", "https://127.0.0.1/")).send().is(201);
    assert_eq!(reply.json.get("initiate_login_uri"), None);
    // An application on the person's own machine is still a client.
    let native = json!({ "redirect_uris": ["http://127.0.0.1/cb", "http://localhost:3000/cb"],
                         "application_type": "native", "token_endpoint_auth_method": "none" });
    world.post(REGISTER).json(native).send().is(201);
}

/// RFC 7592 §2.2: nor do they become so later, by the client or by an administrator.
#[test]
fn only_public_addresses_replace_them() {
    let world = world("open");
    let reply = world.post(REGISTER).json(said("backchannel_logout_uri", PUBLIC)).send().is(201);
    let (id, token) = (reply.str("/client_id"), reply.str("/registration_access_token"));
    let before = world.sql("SELECT * FROM clients");
    for uri in REFUSED {
        let mut wanted = said("backchannel_logout_uri", uri);
        wanted["client_id"] = json!(id);
        world.put(&path(&reply)).bearer(&token).json(wanted).send().is(400);
        let admin = world.put(&format!("/tenant/home/v2/Clients/{id}")).bearer(&world.admin());
        admin.json(said("backchannel_logout_uri", uri)).send().is(400);
    }
    assert_eq!(world.sql("SELECT * FROM clients"), before);
    let mut wanted = said("backchannel_logout_uri", "https://two.example/");
    wanted["client_id"] = json!(id);
    world.put(&path(&reply)).bearer(&token).json(wanted).send().is(200);
}

#[test]
fn who_is_vouched_for_is_still_nobody_an_administrator_made() {
    let world = world("token");
    for uri in REFUSED {
        let ask = world.post(REGISTER).bearer(&world.admin()).json(said("backchannel_logout_uri", uri));
        ask.send().is(400);
    }
    let ask = world.post(REGISTER).bearer(&world.admin()).json(said("backchannel_logout_uri", PUBLIC));
    ask.send().is(201);
}

#[test]
fn a_tenants_host_is_ours_too() {
    let world = world("open");
    world.tenant("acme");
    let mapped = json!({ "name": "Acme", "host": "login.acme.example" });
    world.patch("/tenant/home/v2/Tenants/acme").bearer(&world.admin()).json(mapped).send().is(200);
    let uri = "https://login.acme.example/api/auth/logout";
    world.post(REGISTER).json(said("backchannel_logout_uri", uri)).send().is(400);
    let other = "https://login.other.example/api/auth/logout";
    world.post(REGISTER).json(said("backchannel_logout_uri", other)).send().is(201);
}

/// Back-Channel Logout §2.5: nothing is sent to an address that was saved before the rule.
#[test]
fn an_address_is_checked_again_before_it_is_asked() {
    for (uri, registered_itself, asked) in [
        ("http://127.0.0.1:9000/backchannel", true, 0),
        ("https://169.254.169.254/", true, 0),
        ("https://auth.example.com/api/auth/logout", true, 0),
        (PUBLIC, true, 1),
        ("http://127.0.0.1:9000/backchannel", false, 1),
    ] {
        let world = World::new();
        let user = world.user("ada@example.com");
        let cookie = world.cookie(&user);
        world.client("home", "app", json!({ "backchannel_logout_uri": uri }));
        if registered_itself {
            world.sql("UPDATE clients SET registration_hash = 'x'");
        }
        grant(&world, &user, &cookie, "app", "openid");
        world.post("/tenant/home/logout").cookie(&cookie).form(&[]).send().is(200);
        world.advance(60);
        world.cron();
        assert_eq!(world.web.forms.borrow().len(), asked, "{uri}");
        assert_eq!(world.number("SELECT count(*) AS n FROM logout_deliveries"), 0, "{uri}");
        assert_eq!(world.events("backchannel.failed"), i64::from(asked == 0), "{uri}");
    }
}

/// Nor does an administrator have us ask what is not public. A local deployment's own machine is for developers.
#[test]
fn an_administrators_addresses_are_public_ones_too() {
    let deployed = World::with(&[("MODE", "testing"), ("MAIL_TRANSPORT", "outbox")]);
    let local = World::new();
    let create = |world: &World, uri: &str| {
        world
            .post("/tenant/home/v2/Clients")
            .bearer(&world.admin())
            .json(said("backchannel_logout_uri", uri))
            .send()
    };
    for uri in ["http://127.0.0.1:9000/bye", "http://localhost:9000/bye"] {
        create(&deployed, uri).is(400);
        create(&local, uri).is(201);
    }
    for uri in [
        "https://127.0.0.1/",
        "https://169.254.169.254/",
        "https://metadata.google.internal/",
        "https://printer.local/",
        "https://app.example./",
        "https://auth.example.com/auth/logout",
        "https://sub.auth.example.com/",
    ] {
        let refused = create(&deployed, uri).is(400);
        assert!(refused.text.contains("backchannel_logout_uri"), "{}", refused.text);
    }
    let made = create(&deployed, "https://app.example:8443/bye").is(201);
    let path = format!("/tenant/home/v2/Clients/{}", made.str("/client_id"));
    for uri in ["https://10.0.0.1/", "http://localhost:9000/bye"] {
        let wanted = said("backchannel_logout_uri", uri);
        deployed.put(&path).bearer(&deployed.admin()).json(wanted).send().is(400);
    }
    // Pages that browsers are shown are not asked by us.
    let shown = said("client_uri", "https://intranet/");
    deployed.post("/tenant/home/v2/Clients").bearer(&deployed.admin()).json(shown).send().is(201);
}
