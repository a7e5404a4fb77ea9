//! `/api/auth/identities` and `v2/Users/{id}/Identities`: who a person is at providers, listed and unlinked.

use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::harness::{Authenticator, PASSWORD, Reply, World};

const OWN: &str = "/api/auth/identities";

fn provider(world: &World, tenant: &str, id: &str, other: Value) {
    let mut spec = json!({ "kind": "google", "name": id, "clientId": "us", "enabled": true });
    spec.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    world.sql(&format!(
        "INSERT INTO identity_providers (tenant_id, id, spec, created_at) VALUES ('{tenant}', '{id}', '{spec}', 0)"
    ));
}

/// An identity with that id and subject.
fn link(world: &World, user: &User, provider: &str, id: &str) {
    let (tenant, user) = (&user.tenant_id, &user.id);
    world.sql(&format!(
        "INSERT INTO identities (id, tenant_id, provider_id, issuer, subject, user_id, email, linked_at)
         VALUES ('{id}', '{tenant}', '{provider}', 'https://idp.example', 'sub-{id}', '{user}', 'ada@idp.example', 0)"
    ));
}

/// A world with a person who has two identities at `google`, one at `github` and a password.
fn linked() -> (World, User, String) {
    let world = World::new();
    provider(&world, "home", "google", json!({}));
    provider(&world, "home", "github", json!({}));
    let user = world.user("ada@example.com");
    for (at, id) in [("google", "g1"), ("google", "g2"), ("github", "h1")] {
        link(&world, &user, at, id);
    }
    let token = world.session(&user).access;
    (world, user, token)
}

fn ids(reply: &Reply, pointer: &str) -> Vec<String> {
    let items = reply.json.pointer(pointer).and_then(Value::as_array).unwrap();
    items.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn left(world: &World) -> Vec<String> {
    let rows = world.sql("SELECT id FROM identities ORDER BY id");
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn they_are_listed_on_both_surfaces_page_by_page() {
    let (world, user, token) = linked();
    let all = world.get(OWN).bearer(&token).send().is(200);
    let shape = json!({
        "id": "g1", "provider": "google", "issuer": "https://idp.example", "subject": "sub-g1",
        "email": "ada@idp.example", "linkedAt": "1970-01-01T00:00:00Z", "lastUsedAt": null,
    });
    assert_eq!(all.json["data"]["items"][0], shape);
    assert_eq!(ids(&all, "/data/items"), ["g1", "g2", "h1"]);
    let path = format!("/tenant/home/v2/Users/{}/Identities", user.id);
    let theirs = world.get(&path).bearer(&world.admin()).send().is(200);
    assert_eq!(
        (&theirs.json["items"], &theirs.json["nextCursor"]),
        (&all.json["data"]["items"], &Value::Null)
    );
    let page = world.get(&format!("{path}?limit=2")).bearer(&world.admin()).send().is(200);
    assert_eq!((ids(&page, "/items").len(), page.str("/nextCursor")), (2, "g2".to_owned()));
    world.get(&path.replace(&user.id, "none")).bearer(&world.admin()).send().is(404);
}

#[test]
fn one_is_unlinked_by_its_id_its_provider_or_its_subject() {
    let (world, _, token) = linked();
    let gone = |path: &str| world.delete(path).bearer(&token).send();
    gone(OWN).is(400);
    gone(&format!("{OWN}?provider=none")).is(404);
    gone(&format!("{OWN}/none")).is(404);
    // There are two: which?
    gone(&format!("{OWN}?provider=google")).is(409);
    gone(&format!("{OWN}/google")).is(409);
    assert_eq!(left(&world).len(), 3);
    let done = gone(&format!("{OWN}?provider=google&subject=sub-g2")).is(200);
    assert_eq!(done.json, json!({ "success": true, "data": { "revoked": true } }));
    gone(&format!("{OWN}/github")).is(200);
    gone(&format!("{OWN}/g1")).is(200);
    gone(&format!("{OWN}/g1")).is(404);
    assert_eq!((left(&world).len(), world.events("identity.unlinked")), (0, 3));
    let told =
        world.mails("ada@example.com").into_iter().filter(|mail| mail.subject.contains("sign-in method"));
    assert_eq!(told.count(), 3);
}

/// What is left besides one identity, how that comes about, and whether it is a way to sign in.
type LeftBesides = (&'static str, fn(&World, &User), bool);

#[test]
fn the_last_way_to_sign_in_stays() {
    let states: [LeftBesides; 11] = [
        ("nothing", |_, _| {}, false),
        (
            "a password",
            |world, user| {
                let hash = crate::harness::PASSWORD_HASH;
                world.sql(&format!("UPDATE users SET password_hash = '{hash}' WHERE id = '{}'", user.id));
            },
            true,
        ),
        (
            "a password behind an address that must be confirmed",
            |world, user| {
                let hash = crate::harness::PASSWORD_HASH;
                world.sql(&format!(
                    "UPDATE users SET password_hash = '{hash}', email_verified = 0 WHERE id = '{}'",
                    user.id
                ));
            },
            false,
        ),
        (
            "a passkey",
            |world, user| {
                world.add_passkey(&world.session(user).access, &mut Authenticator::new(1)).is(201);
            },
            true,
        ),
        (
            "a passkey where there are none",
            |world, user| {
                world.add_passkey(&world.session(user).access, &mut Authenticator::new(1)).is(201);
                world.settings(json!({ "passkeys": false }));
            },
            false,
        ),
        ("links by mail", |world, _| world.settings(json!({ "magicLinks": true })), true),
        ("another identity", |world, user| link(world, user, "google", "g2"), true),
        (
            "another of a provider that is disabled",
            |world, user| {
                provider(world, "home", "off", json!({ "enabled": false }));
                link(world, user, "off", "o1");
            },
            false,
        ),
        (
            "another of an organisation that may not",
            |world, user| {
                provider(world, "home", "okta", json!({ "kind": "oidc" }));
                link(world, user, "okta", "o1");
            },
            false,
        ),
        (
            "another of an organisation that may",
            |world, user| {
                world.sql("UPDATE tenants SET enterprise = 1");
                provider(world, "home", "okta", json!({ "kind": "oidc" }));
                link(world, user, "okta", "o1");
                world.cache.forget_tenant("home");
            },
            true,
        ),
        (
            "a password where a provider is enforced",
            |world, user| {
                let hash = crate::harness::PASSWORD_HASH;
                world.sql(&format!("UPDATE users SET password_hash = '{hash}' WHERE id = '{}'", user.id));
                world.sql("UPDATE identity_providers SET spec = json_set(spec, '$.enforced', json('true'))");
                world.sql(
                "INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, directory)
                 VALUES ('home', 'example.com', 'google', 'verified', 't', 0, 'home')",
            );
                world.cache.forget_tenant("home");
            },
            false,
        ),
    ];
    for (name, give, may) in states {
        let world = World::new();
        world.settings(json!({ "magicLinks": false }));
        provider(&world, "home", "google", json!({}));
        let user = world.user_with("home", "ada@example.com", |user| user.password_hash = None);
        link(&world, &user, "google", "g1");
        give(&world, &user);
        let token = world.session_by(&user, &["pop", "user", "mfa"]).access;
        let reply = world.delete(&format!("{OWN}/g1")).bearer(&token).send();
        assert_eq!(reply.status, if may { 200 } else { 409 }, "{name}: {}", reply.text);
        assert_eq!(left(&world).contains(&"g1".to_owned()), !may, "{name}");
        if !may {
            // An administrator may all the same.
            let path = format!("/tenant/home/v2/Users/{}/Identities/g1", user.id);
            world.delete(&path).bearer(&world.admin()).send().is(204);
        }
    }
}

#[test]
fn of_two_that_are_unlinked_at_once_one_stays() {
    let world = World::new();
    world.settings(json!({ "magicLinks": false }));
    provider(&world, "home", "google", json!({}));
    let user = world.user_with("home", "ada@example.com", |user| user.password_hash = None);
    ["g1", "g2"].iter().for_each(|id| link(&world, &user, "google", id));
    let token = world.session_by(&user, &["pop"]).access;
    let ask = |id: &str| world.delete(&format!("{OWN}/{id}")).bearer(&token);
    let mut statuses: Vec<u16> =
        world.together(vec![ask("g1"), ask("g2")]).iter().map(|one| one.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(left(&world).len(), 1);
}

#[test]
fn sessions_that_began_with_it_end_but_for_the_callers_own() {
    let (world, user, token) = linked();
    let other = world.session(&user).access;
    let unlike = world.session(&user).access;
    let session = |token: &str| crate::harness::claims(token)["sid"].as_str().unwrap().to_owned();
    for token in [&token, &other] {
        world.sql(&format!("UPDATE sessions SET identity_id = 'g1' WHERE id = '{}'", session(token)));
    }
    world.delete(&format!("{OWN}/g1")).bearer(&token).send().is(200);
    world.get("/api/auth/me").bearer(&token).send().is(200);
    world.get("/api/auth/me").bearer(&unlike).send().is(200);
    world.get("/api/auth/me").bearer(&other).send().is(401);
    world.sql(&format!("UPDATE sessions SET identity_id = 'g2' WHERE id = '{}'", session(&unlike)));
    let path = format!("/tenant/home/v2/Users/{}/Identities?provider=google", user.id);
    world.delete(&path).bearer(&world.admin()).send().is(204);
    world.get("/api/auth/me").bearer(&unlike).send().is(401);
}

#[test]
fn a_deleted_provider_takes_identities_domains_and_sessions_with_it() {
    let (world, user, token) = linked();
    let stays = world.session(&user).access;
    let sid = crate::harness::claims(&token)["sid"].as_str().unwrap().to_owned();
    world.sql(&format!("UPDATE sessions SET identity_id = 'g1' WHERE id = '{sid}'"));
    world.sql(
        "INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, directory)
         VALUES ('home', 'corp.example', 'google', 'verified', 't', 0, 'home')",
    );
    world.delete("/tenant/home/v2/IdentityProviders/google").bearer(&world.admin()).send().is(204);
    assert_eq!(left(&world), ["h1"]);
    assert_eq!(world.number("SELECT count(*) AS n FROM email_domains"), 0);
    world.get("/api/auth/me").bearer(&token).send().is(401);
    world.get("/api/auth/me").bearer(&stays).send().is(200);
    world.login("ada@example.com", PASSWORD).is(200);
}

#[test]
fn unlinking_takes_the_second_factor_that_there_is() {
    let world = World::new();
    world.settings(json!({ "mfa": "optional" }));
    let app = world.with_app("ada@example.com");
    provider(&world, "home", "google", json!({}));
    provider(&world, "home", "github", json!({}));
    link(&world, &app.user, "google", "g1");
    link(&world, &app.user, "github", "h1");
    let token = world.session_by(&app.user, &["pwd"]).access;
    for path in [format!("{OWN}/g1"), format!("{OWN}?provider=github")] {
        world.delete(&path).bearer(&token).send().is(401);
    }
    assert_eq!(left(&world).len(), 2);
    world.delete(&format!("{OWN}/g1")).bearer(&app.access).send().is(200);
}

#[test]
fn nobody_else_sees_or_unlinks_them() {
    let (world, user, _) = linked();
    let (eve, other) = (world.session(&world.user("eve@example.com")).access, world.tenant("b"));
    assert_eq!(ids(&world.get(OWN).bearer(&eve).send().is(200), "/data/items"), [""; 0]);
    for path in [format!("{OWN}/g1"), format!("{OWN}?provider=github")] {
        world.delete(&path).bearer(&eve).send().is(404);
    }
    let admins = format!("/tenant/home/v2/Users/{}/Identities", user.id);
    let theirs = format!("/tenant/b/v2/Users/{}/Identities", user.id);
    for method in ["GET", "DELETE"] {
        world.ask(method, &format!("{admins}?provider=github")).bearer(&eve).send().is(403);
        world.ask(method, &format!("{admins}?provider=github")).bearer(&other).send().is(403);
        world.ask(method, &format!("{theirs}?provider=github")).bearer(&other).send().is(404);
    }
    world.delete(&format!("{theirs}/h1")).bearer(&other).send().is(404);
    assert_eq!(left(&world).len(), 3);
}

#[test]
fn only_the_operator_changes_the_operators() {
    let world = World::new();
    provider(&world, "home", "google", json!({}));
    let token = world.admin();
    let id = world.number("SELECT count(*) AS n FROM users WHERE operator = 1");
    assert_eq!(id, 1);
    let operator = world.sql("SELECT id FROM users WHERE operator = 1")[0]["id"].as_str().unwrap().to_owned();
    world.sql(&format!(
        "INSERT INTO identities (id, tenant_id, provider_id, issuer, subject, user_id, linked_at)
         VALUES ('o1', 'home', 'google', 'https://idp.example', 'o', '{operator}', 0)"
    ));
    let boss = world.user_with("home", "boss@example.com", |user| user.roles = vec!["ADMIN".into()]);
    let path = format!("/tenant/home/v2/Users/{operator}/Identities/o1");
    world.delete(&path).bearer(&world.session(&boss).access).send().is(409);
    world.delete(&path).bearer(&token).send().is(204);
}

#[test]
fn the_account_page_shows_and_unlinks_them_and_the_copy_has_them() {
    let (world, user, _) = linked();
    let cookie = world.cookie(&user);
    let page = || world.get("/tenant/home/account").navigating().cookie(&cookie).send().is(200);
    assert!(page().text.contains("Linked accounts") && page().text.contains("ada@idp.example"));
    let copy = world.get("/tenant/home/account/export").navigating().cookie(&cookie).send().is(200);
    assert_eq!(copy.json["identities"].as_array().unwrap().len(), 3);
    assert_eq!(copy.json["identities"][0]["subject"], "sub-g1");
    let form = |id: &str| {
        world
            .post("/tenant/home/account")
            .navigating()
            .cookie(&cookie)
            .form(&[("section", "identity-off"), ("id", id)])
    };
    let done = form("g1").send().is(303);
    assert_eq!(done.header("location"), Some("/tenant/home/account?done=identity-off"));
    assert_eq!(left(&world), ["g2", "h1"]);
    world.sql("UPDATE users SET password_hash = NULL");
    world.settings(json!({ "magicLinks": false }));
    form("g2").send().is(303);
    let refused = form("h1").send().is(409);
    assert!(refused.text.contains("only way to sign in"), "{}", refused.text);
    assert_eq!(left(&world), ["h1"]);
}
