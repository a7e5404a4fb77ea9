//! What a provider says of a person becomes a user.

use serde_json::{Value, json};

use crate::harness::World;
use crate::sso::provider::session_of;

fn roles(world: &World) -> Value {
    serde_json::from_str(world.sql("SELECT roles FROM users")[0]["roles"].as_str().unwrap()).unwrap()
}

#[test]
fn roles_are_what_the_map_says_at_each_sign_in() {
    let world = World::new();
    let map = json!({ "claim": "groups", "map": {
        "admins": "ADMIN", "staff": "MANAGER", "crew": "TECHNICIAN", "ghosts": "GHOST", "ops": "operator",
    } });
    let okta = world.okta("home", json!({ "roleMap": map }));
    // Somebody else administers.
    world.user_with("home", "root@example.com", |user| user.roles = vec!["ADMIN".into()]);
    world.sql("UPDATE users SET email = 'zzz@example.com', email_key = 'zzz@example.com'");
    let sign_in = |groups: Value| {
        let person = json!({ "sub": "1", "email": "ada@example.com", "name": "Ada", "groups": groups });
        world.sso(&okta, "home", "okta", person).is(303);
        let rows = world.sql("SELECT roles, operator FROM users WHERE email_key = 'ada@example.com'");
        assert_eq!(rows[0]["operator"], 0);
        rows[0]["roles"].as_str().unwrap().to_owned()
    };
    assert_eq!(sign_in(json!(["staff", "unknown"])), "[\"MANAGER\"]");
    assert_eq!(sign_in(json!("admins")), "[\"ADMIN\"]");
    assert_eq!(sign_in(json!(["crew", "admins", "crew"])), "[\"ADMIN\",\"TECHNICIAN\"]");
    // A role that the tenant does not have takes nothing from the others' change.
    assert_eq!(sign_in(json!(["ghosts"])), "[]");
    assert_eq!(sign_in(json!(["ops", "ADMIN", "MANAGER"])), "[]");
    assert_eq!(sign_in(json!({ "admins": true })), "[]");
}

#[test]
fn nobody_administers_by_default() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    world.settings(json!({ "defaultRoles": ["ADMIN", "TECHNICIAN"] }));
    world.sql("DELETE FROM users");
    let person = json!({ "sub": "1", "email": "ada@example.com", "roles": ["ADMIN"], "operator": true });
    world.sso(&okta, "home", "okta", person).is(303);
    assert_eq!(roles(&world), json!(["TECHNICIAN"]));
}

#[test]
fn who_has_no_account_gets_one_where_the_provider_makes_them() {
    let person =
        |email: Value| json!({ "sub": "1", "email": email, "email_verified": true, "hd": "x.example" });
    // What the provider says, what the tenant says, and what comes of it.
    for (provider, settings, email, status) in [
        (json!({}), json!({}), json!("ada@gmail.com"), 303),
        (json!({ "provisioning": "off" }), json!({}), json!("ada@gmail.com"), 403),
        (json!({}), json!({ "allowRegistration": false }), json!("ada@gmail.com"), 403),
        (json!({}), json!({ "registrationDomains": ["example.com"] }), json!("ada@gmail.com"), 403),
        (json!({}), json!({ "registrationDomains": ["gmail.com"] }), json!("ada@gmail.com"), 303),
        (json!({}), json!({}), json!(null), 422),
        (json!({}), json!({}), json!("not an address"), 422),
        (json!({}), json!({}), json!("ad\u{e4}@gmail.com"), 422),
    ] {
        let world = World::new();
        let google = world.google("home", provider.clone());
        world.settings(settings.clone());
        world.sql("DELETE FROM users");
        let reply = world.sso(&google, "home", "google", person(email.clone()));
        assert_eq!(reply.status, status, "{provider} {settings} {email}: {}", reply.text);
        assert_eq!(session_of(&reply).is_some(), status == 303);
        assert_eq!(world.number("SELECT count(*) AS n FROM users"), i64::from(status == 303));
    }
}

#[test]
fn an_organisations_own_provider_makes_users_where_nobody_registers() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    world.settings(json!({ "allowRegistration": false }));
    world.sso(&okta, "home", "okta", json!({ "sub": "1", "email": "ada@example.com" })).is(303);
}

#[test]
fn an_address_is_looked_at_in_its_one_spelling() {
    let world = World::new();
    let google = world.google("home", json!({}));
    let ada = world.user("ada@b\u{fc}cher.example");
    let person = |email: &str| json!({ "sub": "1", "email": email, "email_verified": true, "hd": "b\u{fc}cher.example" });
    for email in ["ADA@xn--bcher-kva.example", "ada@B\u{dc}CHER.example", "ada@bu\u{308}cher.example"] {
        world.sql("DELETE FROM identities");
        world.sso(&google, "home", "google", person(email)).is(303);
        assert_eq!(
            world.number(&format!("SELECT count(*) AS n FROM identities WHERE user_id = '{}'", ada.id)),
            1
        );
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM users"), 1);
    // A local part that only looks like another's is nobody's.
    world.sql("DELETE FROM identities");
    world.sso(&google, "home", "google", person("\u{430}da@b\u{fc}cher.example")).is(422);
}
