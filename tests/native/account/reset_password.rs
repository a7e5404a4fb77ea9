//! `/auth/reset-password`.

use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Reply, World};

const NEW: &str = "a new password";

fn forgotten(world: &World, email: &str) -> String {
    world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
    world.mailed_token(email)
}

#[test]
fn a_link_sets_a_new_password_once_and_ends_all_sessions() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let (tokens, cookie) = (world.session(&user), world.cookie(&user));
    let token = forgotten(&world, "ada@example.com");
    world.post("/auth/reset-password").json(json!({ "token": token, "new_password": NEW })).send().is(200);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
    world.post("/auth/refresh").json(json!({ "refresh_token": tokens.refresh })).send().is(401);
    world.route(json!({}));
    world.get("/app/").cookie(&cookie).send().is(401);
    world.login("ada@example.com", PASSWORD).is(401);
    world.login("ada@example.com", NEW).is(200);
    world
        .post("/auth/reset-password")
        .json(json!({ "token": token, "password": "a third password" }))
        .send()
        .is(400);
    assert_eq!(world.events("password.reset"), 1);
    assert_eq!(world.mails("ada@example.com").pop().unwrap().subject, "Your password was changed");
}

#[test]
fn an_unacceptable_password_does_not_spend_the_link() {
    let world = World::new();
    world.user("ada@example.com");
    let token = forgotten(&world, "ada@example.com");
    world.post("/auth/reset-password").json(json!({ "token": token, "password": "short" })).send().is(400);
    world
        .post("/auth/reset-password")
        .json(json!({ "token": token, "password": "x".repeat(1_025) }))
        .send()
        .is(400);
    world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send().is(200);
}

#[test]
fn a_link_is_good_for_fifteen_minutes() {
    let world = World::new();
    world.user("ada@example.com");
    let token = forgotten(&world, "ada@example.com");
    world.advance(900);
    let reply =
        world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send().is(400);
    assert_eq!(reply.json["error"], "invalid_token");
}

#[test]
fn a_link_of_another_purpose_and_an_older_one_are_dead() {
    let world = World::new();
    world
        .post("/auth/register")
        .json(json!({ "email": "ada@example.com", "password": PASSWORD }))
        .send()
        .is(201);
    let verify = world.mailed_token("ada@example.com");
    let older = forgotten(&world, "ada@example.com");
    let newer = forgotten(&world, "ada@example.com");
    for dead in [&verify, &older] {
        world.post("/auth/reset-password").json(json!({ "token": dead, "password": NEW })).send().is(400);
    }
    world.post("/auth/verify-email").json(json!({ "token": newer })).send().is(400);
    world.post("/auth/reset-password").json(json!({ "token": newer, "password": NEW })).send().is(200);
}

#[test]
fn a_reset_proves_the_mailbox_and_confirms_the_address() {
    let world = World::new();
    world
        .post("/auth/register")
        .json(json!({ "email": "ada@example.com", "password": PASSWORD }))
        .send()
        .is(201);
    let token = forgotten(&world, "ada@example.com");
    world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send().is(200);
    world.login("ada@example.com", NEW).is(200);
}

#[test]
fn a_link_dies_with_the_address_it_was_sent_to() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let token = forgotten(&world, "ada@example.com");
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.patch(&path).bearer(&world.admin()).json(json!({ "email": "new@example.com" })).send().is(200);
    world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send().is(400);
}

#[test]
fn a_link_of_a_user_who_is_disabled_meanwhile_is_dead() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let token = forgotten(&world, "ada@example.com");
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.patch(&path).bearer(&world.admin()).json(json!({ "status": "disabled" })).send().is(200);
    world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send();
    world.login("ada@example.com", NEW).is(401);
}

#[test]
fn the_shortest_password_is_that_of_the_links_tenant() {
    let world = World::new();
    let admin = world.tenant("b");
    let settings = json!({ "minPasswordLength": 20 });
    world.patch("/tenant/b/v2/Settings").bearer(&admin).json(settings).send().is(200);
    world.user_with("b", "ada@example.com", |_| {});
    world
        .post("/auth/forgot-password")
        .tenant("b")
        .json(json!({ "email": "ada@example.com" }))
        .send()
        .is(200);
    let token = world.mailed_token("ada@example.com");
    // The link in the mail is all that the browser has.
    world.post("/auth/reset-password").json(json!({ "token": token, "password": NEW })).send().is(400);
}

#[test]
fn looking_at_a_link_shows_a_form_and_changes_nothing() {
    let world = World::new();
    world.user("ada@example.com");
    let token = forgotten(&world, "ada@example.com");
    let page = world.get(&format!("/auth/reset-password?token={token}")).send().is(200);
    assert!(page.text.contains("minlength=\"8\""));
    let fields = [("token", token.as_str()), ("password", NEW)];
    let done = world.post("/auth/reset-password").navigating().form(&fields).send().is(200);
    assert!(done.text.contains("Password changed"));
}

#[test]
fn a_post_to_the_mailed_link_itself_resets() {
    let world = World::new();
    world.register_verified("ada@example.com");
    let link = format!("/auth/reset-password?token={}", forgotten(&world, "ada@example.com"));
    world.post(&link).json(json!({ "password": NEW })).send().is(200);
    world.login("ada@example.com", NEW).is(200);
    world.post("/auth/reset-password").json(json!({ "password": NEW })).send().is(400);
}

/// Puts an API key, a passkey and a connected app into an account.
fn fill(world: &World, user: &User) {
    world.api_key(&world.session_by(user, &["pwd", "otp", "mfa"]).access, &["read"]);
    world.put_client("home", "app", &json!({}));
    world.sql(&format!(
        "INSERT INTO consents (user_id, client_id, tenant_id, scope, granted_at)
         VALUES ('{}', 'app', 'home', 'openid', 0)",
        user.id
    ));
    world.sql(&format!(
        "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count, backed_up,
                               transports, name, created_at)
         VALUES ('p', 'home', '{}', 'c', 'auth.example.com', 'k', 0, 0, '[]', 'Old key', 0)",
        user.id
    ));
}

fn reset(world: &World, more: Value) -> Reply {
    let mut body = json!({ "token": forgotten(world, "ada@example.com"), "password": NEW });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.post("/auth/reset-password").json(body).send().is(200)
}

#[test]
fn it_tells_what_else_lets_somebody_in_and_ends_it_if_that_is_asked_for() {
    let one = json!({ "api_keys": 1, "passkeys": 1, "connections": 1 });
    let none = json!({ "api_keys": 0, "passkeys": 0, "connections": 0 });
    for (more, left) in [
        (json!({}), &one),
        (json!({ "end_credentials": false }), &one),
        (json!({ "end_credentials": true }), &none),
    ] {
        let world = World::new();
        let user = world.user("ada@example.com");
        fill(&world, &user);
        let bob = world.user("bob@example.com");
        world.api_key(&world.session(&bob).access, &["read"]);
        let reply = reset(&world, more.clone());
        assert_eq!((&reply.json["credentials"], &reply.json["credentials_left"]), (&one, left), "{more}");
        let ended = i64::from(left == &none);
        assert_eq!(world.events("credentials.ended"), ended);
        let live = "SELECT count(*) AS n FROM api_keys WHERE revoked_at IS NULL";
        assert_eq!(world.number(live), 2 - ended, "{more}");
        assert_eq!(world.number("SELECT count(*) AS n FROM passkeys"), 1 - ended);
        assert_eq!(world.number("SELECT count(*) AS n FROM consents"), 1 - ended);
        world.login("ada@example.com", NEW).is(200);
    }
    let world = World::new();
    world.user("ada@example.com");
    let reply = reset(&world, json!({ "end_credentials": true }));
    assert_eq!(reply.json, json!({ "message": "Your password is changed. Please sign in with it." }));
    let token = forgotten(&world, "ada@example.com");
    let body = json!({ "token": token, "password": NEW, "end_credentials": "perhaps" });
    world.post("/auth/reset-password").json(body).send().is(400);
}

#[test]
fn it_ends_no_passkey_without_which_a_sign_in_takes_no_second_factor() {
    for (mfa, required, app, stays) in [
        ("none", false, false, false),
        ("email", false, false, true),
        ("totp", false, true, false),
        ("none", true, false, true),
    ] {
        let world = World::new();
        let user = match app {
            true => world.with_app("ada@example.com").user,
            false => world.user_with("home", "ada@example.com", |user| user.mfa = mfa.parse().unwrap()),
        };
        fill(&world, &user);
        if required {
            world.settings(json!({ "mfa": "required" }));
        }
        let reply = reset(&world, json!({ "end_credentials": true }));
        let left = json!({ "api_keys": 0, "passkeys": i64::from(stays), "connections": 0 });
        assert_eq!(reply.json["credentials_left"], left, "{mfa} {required}");
        // What a sign-in asked for before, it asks for still.
        let asked = world.login("ada@example.com", NEW).is(200);
        assert_eq!(asked.json["mfa_required"].as_bool().unwrap_or_default(), mfa != "none" || required);
        if stays {
            let methods = asked.json["methods"].as_array().unwrap();
            assert!(methods.contains(&json!("passkey")), "{mfa}: {}", asked.text);
            assert!(asked.json["enrolment"].is_null(), "{mfa}: {}", asked.text);
        }
    }
}

#[test]
fn the_page_offers_to_end_it() {
    for ticked in [false, true] {
        let world = World::new();
        let user = world.user("ada@example.com");
        let token = forgotten(&world, "ada@example.com");
        let look = |token: &str| {
            let path = format!("/auth/reset-password?token={token}");
            world.get(&path).navigating().send().is(200)
        };
        assert!(!look(&token).text.contains("end_credentials"));
        fill(&world, &user);
        let page = look(&token);
        assert!(page.text.contains("API keys (1), passkeys (1) and connected apps (1)"), "{}", page.text);
        assert!(page.text.contains("<input type=\"checkbox\" name=\"end_credentials\" value=\"1\">"));
        let mut fields = vec![("token", token.as_str()), ("password", NEW)];
        fields.extend(ticked.then_some(("end_credentials", "1")));
        let done = world.post("/auth/reset-password").navigating().form(&fields).send().is(200);
        assert_eq!(done.text.contains("API keys (1)"), !ticked, "{}", done.text);
        assert_eq!(world.events("credentials.ended"), i64::from(ticked));
        assert_eq!(world.number("SELECT count(*) AS n FROM passkeys"), i64::from(!ticked));
    }
}
