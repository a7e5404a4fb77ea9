//! What clients learn with the scopes `profile` and `groups` (OpenID Connect Core 1.0 §5.1, §5.4), and who says it.

use serde_json::{Value, json};

use crate::harness::oidc::{Params, Party, metadata};
use crate::harness::{NOON, claims};

const USERS: &str = "/tenant/home/v2/Users";

fn party() -> Party {
    Party::with("app", json!({ "scope": "openid profile email roles groups offline_access" }))
}

/// The ID token's claims and userinfo's, for these scopes.
fn told(party: &Party, scope: &str) -> [Value; 2] {
    let code = party.authorize(&party.request().with("scope", scope)).sent().code();
    let tokens = party.token(&Party::exchange(&code)).is(200);
    [claims(&tokens.str("/id_token")), party.userinfo(&tokens.str("/access_token")).is(200).json]
}

fn change(party: &Party, changes: Value) -> Value {
    let path = format!("{USERS}/{}", party.user.id);
    party.world.patch(&path).bearer(&party.world.admin()).json(changes).send().is(200).json
}

/// OIDC Core §5.1: each member of the profile as an administrator said it, and none that nobody knows.
#[test]
fn an_administrator_says_what_the_profile_tells() {
    let party = party();
    for said in told(&party, "openid profile") {
        assert_eq!((&said["name"], &said["updated_at"]), (&json!("Ada Lovelace"), &json!(NOON / 1000)));
        for unknown in ["preferred_username", "picture", "locale", "zoneinfo", "email"] {
            assert_eq!(said.get(unknown), None, "{unknown}");
        }
    }
    let profile = json!({ "preferredUsername": "ada", "picture": "https://img.example/ada.png?s=1",
                          "locale": "de-CH", "zoneinfo": "Europe/Zurich" });
    party.world.advance(60);
    assert_eq!(change(&party, json!({ "profile": profile }))["profile"], profile);
    for said in told(&party, "openid profile") {
        for (claim, value) in [
            ("preferred_username", json!("ada")),
            ("picture", json!("https://img.example/ada.png?s=1")),
            ("locale", json!("de-CH")),
            ("zoneinfo", json!("Europe/Zurich")),
            ("updated_at", json!(NOON / 1000 + 60)),
        ] {
            assert_eq!(said[claim], value, "{claim}");
        }
    }
    // All of it is replaced; what is not named stays.
    let changed = change(&party, json!({ "profile": { "zoneinfo": "UTC" } }));
    assert_eq!(changed["profile"], json!({ "zoneinfo": "UTC" }));
    assert_eq!(change(&party, json!({ "plan": null }))["profile"], json!({ "zoneinfo": "UTC" }));
    assert_eq!(change(&party, json!({ "profile": {} })).get("profile"), None);
    let new = json!({ "email": "eve@example.com", "profile": { "locale": "en" } });
    let made = party.world.post(USERS).bearer(&party.world.admin()).json(new).send().is(201);
    assert_eq!(made.json["profile"], json!({ "locale": "en" }));
}

#[test]
fn what_is_no_profile_is_refused_by_member() {
    let party = party();
    let path = format!("{USERS}/{}", party.user.id);
    let long = "a".repeat(101);
    for (member, value) in [
        ("preferredUsername", json!("")),
        ("preferredUsername", json!("Ada Lovelace")),
        ("preferredUsername", json!("../etc")),
        ("preferredUsername", json!("ad\u{e4}")),
        ("preferredUsername", json!("...")),
        ("preferredUsername", json!(long)),
        ("picture", json!("http://img.example/a.png")),
        ("picture", json!("javascript:alert(1)")),
        ("picture", json!("data:image/png;base64,AA")),
        ("picture", json!("https://img.example/#x")),
        ("locale", json!("d")),
        ("locale", json!("de_CH")),
        ("locale", json!("de-")),
        ("locale", json!("")),
        ("zoneinfo", json!("Europe//Zurich")),
        ("zoneinfo", json!("../zone")),
        ("zoneinfo", json!("+01:00")),
        ("zoneinfo", json!("")),
    ] {
        let body = json!({ "profile": { member: value } });
        let reply = party.world.patch(&path).bearer(&party.world.admin()).json(body).send().is(400);
        assert_eq!(reply.str("/errors/0/field"), format!("profile.{member}"), "{value}");
    }
    for body in
        [json!({ "profile": [] }), json!({ "profile": { "nickname": "x" } }), json!({ "profile": "x" })]
    {
        party.world.patch(&path).bearer(&party.world.admin()).json(body).send().is(400);
    }
    // Nobody says it of themselves, nor of others.
    let own = party.world.session(&party.user).access;
    party.world.patch(&path).bearer(&own).json(json!({ "profile": {} })).send().is(403);
    assert_eq!(party.world.sql("SELECT profile FROM users")[0]["profile"], "{}");
}

/// `preferred_username` is the confirmed address only for a client that learns the address anyway, and never the display
/// name, which users choose for themselves.
#[test]
fn a_user_name_gives_no_address_away_and_nobody_chooses_anothers() {
    let party = party();
    for (scope, verified, wanted) in [
        ("openid profile", 1, None),
        ("openid email", 1, None),
        ("openid profile email", 1, Some("ada@example.com")),
        ("openid profile email", 0, None),
    ] {
        party.world.sql(&format!("UPDATE users SET email_verified = {verified}"));
        party.world.settings(json!({ "requireVerifiedEmail": false }));
        for said in told(&party, scope) {
            assert_eq!(said.get("preferred_username").and_then(Value::as_str), wanted, "{scope} {verified}");
        }
    }
    party.world.sql("UPDATE users SET email_verified = 1");
    change(&party, json!({ "profile": { "preferredUsername": "ada" } }));
    for said in told(&party, "openid profile email") {
        assert_eq!(said["preferred_username"], "ada");
    }
    // Asked for singly, it is within the same bounds.
    change(&party, json!({ "profile": {} }));
    let asked = json!({ "id_token": { "preferred_username": { "essential": true } } }).to_string();
    let request = party.request().with("scope", "openid").and("claims", &asked);
    let code = party.authorize(&request).sent().code();
    let said = claims(&party.token(&Party::exchange(&code)).is(200).str("/id_token"));
    assert_eq!((said.get("preferred_username"), said.get("email")), (None, None));
}

#[test]
fn the_locale_is_that_of_the_mails_where_nobody_said_another() {
    let party = party();
    party.world.sql("UPDATE users SET language = 'de'");
    for said in told(&party, "openid profile") {
        assert_eq!(said["locale"], "de");
    }
    change(&party, json!({ "profile": { "locale": "de-AT" } }));
    for said in told(&party, "openid profile") {
        assert_eq!(said["locale"], "de-AT");
    }
}

/// OIDC Core §5.1: `updated_at` is when what clients learn last changed.
#[test]
fn updated_at_follows_each_change_of_what_is_told() {
    let party = party();
    let at = || told(&party, "openid profile")[1]["updated_at"].as_i64().unwrap() - NOON / 1000;
    assert_eq!(at(), 0);
    party.world.advance(10);
    change(&party, json!({ "name": "Countess" }));
    assert_eq!(at(), 10);
    party.world.advance(10);
    let fields = [("section", "profile"), ("name", "Ada King")];
    party.world.post("/tenant/home/account").cookie(&party.cookie).navigating().form(&fields).send();
    assert_eq!(told(&party, "openid profile")[0]["name"], "Ada King");
    assert_eq!(at(), 20);
    party.world.advance(10);
    change(&party, json!({ "email": "ada@other.example", "emailVerified": true }));
    assert_eq!(at(), 30);
    // Signing in tells nothing new.
    party.world.advance(10);
    party.world.login("ada@other.example", crate::harness::PASSWORD).is(200);
    assert_eq!(at(), 30);
    // A row from before says when it was made.
    party.world.sql("UPDATE users SET updated_at = NULL");
    party.world.advance(5);
    assert_eq!(at(), 0);
}

/// The scope `groups` gives the roles under the name that many applications look for, and is agreed to in its own words.
#[test]
fn groups_are_the_users_roles() {
    let party = party();
    for (scope, groups, roles) in [
        ("openid groups", true, false),
        ("openid roles", false, true),
        ("openid profile email", false, false),
    ] {
        for said in told(&party, scope) {
            assert_eq!(said.get("groups").cloned(), groups.then(|| json!(["MANAGER"])), "{scope}");
            assert_eq!(said.get("roles").cloned(), roles.then(|| json!(["MANAGER"])), "{scope}");
        }
    }
    change(&party, json!({ "roles": [] }));
    for said in told(&party, "openid groups") {
        assert_eq!(said["groups"], json!([]));
    }
    // It speaks of a person: no client has it for itself, and no key.
    let own = json!({ "grant_types": ["client_credentials"], "response_types": [], "scope": "read groups" });
    let machine = party.world.client("home", "machine", metadata(own));
    let ask = Params::of(&[("grant_type", "client_credentials")]);
    let got = party.world.as_client(&Party::path("token"), &machine, &ask).send().is(200);
    assert_eq!(got.str("/scope"), "read");
    let ask = ask.and("scope", "groups");
    party.world.as_client(&Party::path("token"), &machine, &ask).send().error(400, "invalid_scope");
    let key = json!({ "name": "k", "scopes": ["groups"] });
    let token = party.world.session(&party.user).access;
    party.world.post("/api/auth/api-keys").bearer(&token).json(key).send().is(400);
}

#[test]
fn the_consent_page_says_what_both_scopes_tell() {
    let party = Party::with("app", json!({ "scope": "openid profile groups", "require_consent": true }));
    for (language, words) in [
        ("en", ["user name, picture, language and time zone", "your groups, which are your roles"]),
        ("de", ["Benutzernamen, Ihr Bild, Ihre Sprache und Zeitzone", "Ihre Gruppen, also Ihre Rollen"]),
    ] {
        let request = party.request().with("scope", "openid profile groups").and("ui_locales", language);
        let reply = party.authorize(&request);
        let page = party.world.get(reply.header("location").unwrap());
        let page = page.navigating().cookie(&party.cookie).header("accept-language", language).send().is(200);
        for words in words {
            assert!(page.text.contains(words), "{language}: {}", page.text);
        }
    }
}

/// Scopes that a client registers itself with, and what discovery lists.
#[test]
fn groups_can_be_registered_and_are_discovered() {
    let party = party();
    party.world.settings(json!({ "clientRegistration": "open" }));
    let said = json!({ "redirect_uris": ["https://app.example/cb"], "scope": "openid groups" });
    let own = party.world.post("/tenant/home/oauth2/register").json(said).send().is(201);
    assert_eq!(own.json["scope"], "openid groups");
    let document = party.world.get("/tenant/home/.well-known/openid-configuration").send().is(200).json;
    assert!(document["scopes_supported"].as_array().unwrap().contains(&json!("groups")));
    for claim in ["groups", "preferred_username", "picture", "locale", "zoneinfo", "updated_at"] {
        assert!(document["claims_supported"].as_array().unwrap().contains(&json!(claim)), "{claim}");
    }
}
