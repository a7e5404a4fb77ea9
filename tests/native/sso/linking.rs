//! Whose account an identity is.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Reply, World};
use crate::sso::provider::{Begun, session_of};

const ADA: &str = "ada@example.com";

/// The form of the page that asks for a local factor, sent with that password.
fn link<'w>(world: &'w World, asked: &Reply, cookies: &str, password: &str) -> crate::harness::Ask<'w> {
    let sealed = asked.sets("__Host-portcullis-link").unwrap();
    world
        .post("/tenant/home/sso/okta/link")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", &format!("__Host-portcullis-link={sealed}; {cookies}"))
        .form(&[("password", password)])
}

fn identities(world: &World) -> i64 {
    world.number("SELECT count(*) AS n FROM identities")
}

fn person() -> Value {
    json!({ "sub": "00u1", "email": ADA, "email_verified": true })
}

#[test]
fn an_address_that_a_provider_is_not_authoritative_for_takes_a_local_factor() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    world.user(ADA);
    let asked = world.sso(&okta, "home", "okta", person()).is(409);
    assert!(session_of(&asked).is_none() && identities(&world) == 0);
    assert!(
        asked.text.contains("name=\"password\"") && asked.text.contains("Okta") && asked.text.contains(ADA)
    );
    let wrong = link(&world, &asked, "", "wrong").send().is(401);
    assert!(session_of(&wrong).is_none() && identities(&world) == 0);
    let linked = link(&world, &asked, "", PASSWORD).send().is(303);
    assert!(session_of(&linked).is_some() && identities(&world) == 1);
    assert_eq!(world.events("identity.linked"), 1);
    // From then on it is known; and what was used is used.
    world.sso(&okta, "home", "okta", person()).is(303);
    assert_eq!(link(&world, &asked, "", PASSWORD).status(), 400);
}

#[test]
fn a_link_is_finished_in_the_browser_that_began_it_by_the_accounts_owner_alone() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    world.user(ADA);
    let eve = world.user("eve@example.com");
    // Eve has an account at the company with Ada's address.
    let asked = world.sso(&okta, "home", "okta", person()).is(409);
    // Ada's browser does not hold what waits, whatever form it is made to send.
    let form = |ask: crate::harness::Ask<'_>| ask.form(&[("password", PASSWORD)]).status();
    let own = world.post("/tenant/home/sso/okta/link").header("sec-fetch-site", "same-origin");
    assert_eq!(form(own), 400);
    let sealed = asked.sets("__Host-portcullis-link").unwrap();
    let cookie = format!("__Host-portcullis-link={sealed}");
    for site in ["cross-site", "same-site"] {
        let ask =
            world.post("/tenant/home/sso/okta/link").header("sec-fetch-site", site).header("cookie", &cookie);
        assert_eq!(form(ask), 403, "{site}");
    }
    // Eve's own session is not the account's.
    let cookies = format!("__Host-portcullis={}", world.cookie(&eve));
    assert_eq!(link(&world, &asked, &cookies, "").status(), 401);
    // Looking links nothing.
    world.get("/tenant/home/sso/okta/link").header("cookie", &cookie).send().is(200);
    assert_eq!(identities(&world), 0);
    world.advance(600);
    assert_eq!(link(&world, &asked, "", PASSWORD).status(), 400);
    assert_eq!(identities(&world), 0);
}

#[test]
fn a_second_factor_is_proved_before_anything_is_linked() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    let app = world.with_app(ADA);
    let asked = world.sso(&okta, "home", "okta", person()).is(409);
    let second = link(&world, &asked, "", PASSWORD).send().is(303);
    assert!(
        second.header("location").unwrap().starts_with("/tenant/home/mfa?"),
        "{:?}",
        second.header("location")
    );
    assert!(session_of(&second).is_none() && identities(&world) == 0);
    let challenge = second.sets("__Host-portcullis-challenge").unwrap();
    let page = world
        .get(second.header("location").unwrap())
        .header("cookie", &format!("__Host-portcullis-challenge={challenge}"))
        .send()
        .is(200);
    let fields = [
        ("challenge", page.field("challenge")),
        ("code", world.code(&app.secret)),
        ("return_to", page.field("return_to")),
        ("own", "1".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = world
        .post("/tenant/home/mfa")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", &format!("__Host-portcullis-challenge={challenge}"))
        .form(&fields)
        .send()
        .is(303);
    assert_eq!(done.header("location"), Some("/tenant/home/sso/okta/link"));
    let session = session_of(&done).unwrap();
    let linked = link(&world, &asked, &format!("__Host-portcullis={session}"), "").send().is(303);
    assert_eq!((linked.header("location"), identities(&world)), (Some("/tenant/home/account"), 1));
}

#[test]
fn an_authoritative_provider_links_to_a_confirmed_account() {
    let world = World::new();
    let google = world.google("home", json!({}));
    let ada = world.user("ada@gmail.com");
    let person = json!({ "sub": "1", "email": "Ada@gmail.com", "email_verified": true, "name": "Eve" });
    let reply = world.sso(&google, "home", "google", person).is(303);
    let cookie = session_of(&reply).unwrap();
    assert!(world.get("/tenant/home/account").cookie(&cookie).send().is(200).text.contains("ada@gmail.com"));
    assert_eq!(
        world.number(&format!("SELECT count(*) AS n FROM identities WHERE user_id = '{}'", ada.id)),
        1
    );
    // The password is still the owner's.
    world.login("ada@gmail.com", PASSWORD).is(200);
}

#[test]
fn the_first_proof_of_an_address_drops_what_was_planted() {
    let world = World::new();
    let google = world.google("home", json!({}));
    let okta = world.okta("home", json!({}));
    // Whoever made the account has a password, a session and an identity of their own provider's.
    let planted = json!({ "sub": "evil", "email": "ada@gmail.com" });
    let theirs = session_of(&world.sso(&okta, "home", "okta", planted.clone()).is(303)).unwrap();
    world.sql(&format!("UPDATE users SET password_hash = '{}'", crate::harness::PASSWORD_HASH));
    let person = json!({ "sub": "1", "email": "ada@gmail.com", "email_verified": true });
    let mine = session_of(&world.sso(&google, "home", "google", person.clone()).is(303)).unwrap();
    world.get("/tenant/home/account").cookie(&mine).send().is(200);
    assert_eq!(world.get("/tenant/home/account").cookie(&theirs).fresh().status(), 303);
    world.login("ada@gmail.com", PASSWORD).is(401);
    assert_eq!(identities(&world), 1);
    // Their identity is unknown again, and the address takes a factor that they don't have.
    world.sso(&okta, "home", "okta", planted).is(409);
    world.sso(&google, "home", "google", person).is(303);
    assert_eq!(world.events("email.verified"), 1);
}

#[test]
fn a_mailed_link_that_proves_the_address_drops_the_identity_too() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    let planted = json!({ "sub": "evil", "email": ADA });
    world.sso(&okta, "home", "okta", planted.clone()).is(303);
    world.advance(1_000);
    world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
    let token = world.mailed_token(ADA);
    world.post("/api/auth/magic-link/verify").json(json!({ "token": token })).send().is(200);
    assert_eq!(identities(&world), 0);
    world.sso(&okta, "home", "okta", planted).is(409);
}

#[test]
fn the_operator_is_linked_by_no_address_and_proves_a_second_factor() {
    let world = World::new();
    let google = world.google("home", json!({}));
    let operator = world.user_with("home", "root@gmail.com", |user| {
        user.operator = true;
        user.roles = vec!["ADMIN".into()];
    });
    let person = json!({ "sub": "1", "email": "root@gmail.com", "email_verified": true });
    // An administrator's provider says that somebody is the operator.
    assert!(session_of(&world.sso(&google, "home", "google", person.clone()).is(409)).is_none());
    // Linked by themselves, it is a first factor, and without a second one nothing.
    world.link(&operator, "google", &google.issuer, "1");
    let refused = world.sso(&google, "home", "google", person.clone()).is(401);
    assert!(session_of(&refused).is_none());
    world.sql(&format!("UPDATE users SET mfa = 'totp' WHERE id = '{}'", operator.id));
    // One that an administrator asked for and nobody has set up is none.
    assert!(session_of(&world.sso(&google, "home", "google", person.clone()).is(401)).is_none());
    world.sql(&format!("UPDATE users SET mfa = 'email' WHERE id = '{}'", operator.id));
    let second = world.sso(&google, "home", "google", person).is(303);
    assert!(second.header("location").unwrap().starts_with("/tenant/home/mfa"));
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), 0);
}

#[test]
fn a_second_factor_of_ours_is_asked_for_whatever_the_provider_says() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    let app = world.with_app(ADA);
    world.link(&app.user, "okta", &okta.issuer, "00u1");
    let person = json!({ "sub": "00u1", "email": ADA, "amr": ["pwd", "mfa", "otp"], "acr": "phrh" });
    let second = world.sso(&okta, "home", "okta", person).is(303);
    assert_eq!(second.header("location"), Some("/tenant/home/mfa"));
    assert!(session_of(&second).is_none());
    let done = world.prove_second(&app, &second);
    assert!(session_of(&done).is_some());
    let session = world.sql("SELECT amr, identity_id FROM sessions WHERE identity_id IS NOT NULL");
    assert_eq!(session[0]["amr"], "[\"fed\",\"otp\",\"pwd\",\"mfa\"]");
}

#[test]
fn who_is_disabled_stays_disabled() {
    for known in [true, false] {
        let world = World::new();
        let google = world.google("home", json!({}));
        let ada = world.user("ada@gmail.com");
        if known {
            world.link(&ada, "google", &google.issuer, "1");
        }
        world.sql(&format!("UPDATE users SET status = 'disabled' WHERE id = '{}'", ada.id));
        let person = json!({ "sub": "1", "email": "ada@gmail.com", "email_verified": true });
        let reply = world.sso(&google, "home", "google", person).is(403);
        assert!(session_of(&reply).is_none());
        assert_eq!(world.events("login.failed"), 1);
    }
}

#[test]
fn an_address_says_nothing_across_tenants() {
    let world = World::new();
    world.tenant("acme");
    let google = world.google("acme", json!({}));
    let ada = world.user("ada@gmail.com");
    let person = json!({ "sub": "1", "email": "ada@gmail.com", "email_verified": true });
    // A tenant with addresses of its own knows nobody of home's.
    world.sso(&google, "acme", "google", person.clone()).is(303);
    assert_eq!(
        world.number(&format!("SELECT count(*) AS n FROM identities WHERE user_id = '{}'", ada.id)),
        0
    );
    // One that shares home's addresses reaches none of its users, the operator least of all.
    world.sql("UPDATE tenants SET directory = 'home' WHERE id = 'acme'");
    world.sql("DELETE FROM users WHERE tenant_id = 'acme'");
    let begun = |world: &World| -> Begun { world.begin_sso("acme", "google", "") };
    for email in ["ada@gmail.com", "admin@example.com"] {
        let begun = begun(&world);
        let person = json!({ "sub": "2", "email": email, "email_verified": true, "hd": "example.com" });
        let code = google.code(&world, &begun, person);
        let reply = world.come_back(&begun, &code).fresh().send().is(403);
        assert!(session_of(&reply).is_none(), "{email}");
    }
}
