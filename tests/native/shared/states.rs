//! The state matrix: what an account's or credential's change does to each credential, at once where it is
//! looked up and within five seconds where it is remembered.

use serde_json::json;

use crate::harness::{Ask, PASSWORD, World};

/// A world with a signed-in user in every way, known to two isolates.
struct Signed {
    world: World,
    id: String,
    access: String,
    refresh: String,
    cookie: String,
    key: String,
}

/// What still works: bearer, cookie, API key, refresh.
type Works = [bool; 4];

const ALL: Works = [true; 4];
const NOTHING: Works = [false; 4];

fn signed() -> Signed {
    let world = World::new();
    world.route(json!({}));
    let user = world.user_with("home", "ada@example.com", |user| user.roles = vec!["MANAGER".into()]);
    let tokens = world.session(&user);
    let cookie = world.cookie(&user);
    let key = world.api_key(&tokens.access, &["read"]);
    let signed = Signed { world, id: user.id, access: tokens.access, refresh: tokens.refresh, cookie, key };
    assert_eq!(signed.works(Ask::elsewhere), [true, true, true]);
    assert_eq!(signed.works(|ask| ask), [true, true, true]);
    signed
}

impl Signed {
    fn works<'w>(&'w self, isolate: impl Fn(Ask<'w>) -> Ask<'w>) -> [bool; 3] {
        let app = || self.world.get("/app/");
        [app().bearer(&self.access), app().cookie(&self.cookie), app().key(&self.key)]
            .map(|ask| isolate(ask).status() == 200)
    }

    fn refreshes(&self) -> bool {
        self.world.post("/auth/refresh").json(json!({ "refresh_token": self.refresh })).fresh().status()
            == 200
    }

    fn change(&self, change: serde_json::Value) {
        let path = format!("/tenant/home/v2/Users/{}", self.id);
        self.world.patch(&path).bearer(&self.world.admin()).json(change).send().is(200);
    }

    /// Checks what works after a change that the first isolate made.
    fn then(&self, [bearer, cookie, key, refresh]: Works) {
        let wanted = [bearer, cookie, key];
        assert_eq!(self.works(Ask::fresh), wanted, "in an isolate that remembers nothing");
        assert_eq!(self.works(|ask| ask), wanted, "in the isolate that made the change");
        self.world.advance(5);
        assert_eq!(self.works(Ask::elsewhere), wanted, "in one that remembered, after five seconds");
        assert_eq!(self.refreshes(), refresh, "by refresh token");
    }
}

#[test]
fn nothing_changes_by_itself() {
    signed().then(ALL);
}

#[test]
fn a_disabled_user_has_nothing_left() {
    let signed = signed();
    signed.change(json!({ "status": "disabled" }));
    signed.then(NOTHING);
    signed.world.login("ada@example.com", PASSWORD).is(401);
}

#[test]
fn an_enabled_user_has_the_api_keys_again_and_no_session() {
    let signed = signed();
    signed.change(json!({ "status": "disabled" }));
    signed.change(json!({ "status": "active" }));
    signed.then([false, false, true, false]);
}

#[test]
fn a_deleted_user_has_nothing_left() {
    let signed = signed();
    let path = format!("/tenant/home/v2/Users/{}", signed.id);
    signed.world.delete(&path).bearer(&signed.world.admin()).send().is(204);
    signed.then(NOTHING);
    for table in ["sessions", "api_keys", "mail_links"] {
        let left = format!(
            "SELECT count(*) AS n FROM {table} WHERE tenant_id = 'home' AND user_id = '{}'",
            signed.id
        );
        assert_eq!(signed.world.number(&left), 0, "{table}");
    }
    signed.world.login("ada@example.com", PASSWORD).is(401);
}

#[test]
fn a_changed_password_leaves_this_session_and_the_api_keys() {
    let signed = signed();
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "a new password" });
    signed.world.post("/api/auth/change-password").bearer(&signed.access).json(body).send().is(200);
    signed.then([true, false, true, true]);
}

#[test]
fn a_password_that_is_changed_elsewhere_ends_the_session() {
    let signed = signed();
    let other = signed.world.login("ada@example.com", PASSWORD).is(200).str("/access_token");
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "a new password" });
    signed.world.post("/api/auth/change-password").bearer(&other).json(body).send().is(200);
    signed.then([false, false, true, false]);
}

#[test]
fn a_reset_password_ends_every_session_and_leaves_the_api_keys() {
    let signed = signed();
    signed.world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    let token = signed.world.mailed_token("ada@example.com");
    let body = json!({ "token": token, "password": "a new password" });
    signed.world.post("/auth/reset-password").json(body).send().is(200);
    signed.then([false, false, true, false]);
}

#[test]
fn a_lockout_ends_no_session() {
    let signed = signed();
    for _ in 0..6 {
        signed.world.login("ada@example.com", "wrong");
    }
    signed.world.login("ada@example.com", PASSWORD).is(429);
    signed.then(ALL);
}

#[test]
fn a_role_that_is_removed_counts_for_every_credential() {
    let signed = signed();
    let admin = signed.world.admin();
    let routes = signed.world.get("/tenant/home/v2/Routes").bearer(&admin).send().is(200);
    let path = format!("/tenant/home/v2/Routes/{}", routes.str("/items/0/id"));
    let spec = json!({ "name": "app", "path": "/app/", "origin": "http://origin.internal:9000", "roles": ["MANAGER"] });
    signed.world.put(&path).bearer(&admin).json(spec).send().is(200);
    signed.world.advance(5);
    assert_eq!(signed.works(Ask::elsewhere), [true, true, true]);
    assert_eq!(signed.works(|ask| ask), [true, true, true]);
    signed.change(json!({ "roles": [] }));
    signed.then([false, false, false, true]);
}

#[test]
fn a_revoked_key_is_dead_and_nothing_else() {
    let signed = signed();
    let id = signed.world.sql("SELECT id FROM api_keys").pop().unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/auth/api-keys/{id}");
    signed.world.delete(&path).bearer(&signed.access).send().is(200);
    signed.then([true, true, false, true]);
}

#[test]
fn a_logout_ends_the_session_and_its_family_and_nothing_else() {
    for path in ["/auth/logout", "/api/auth/logout", "/users/logout"] {
        let signed = signed();
        signed.world.post(path).bearer(&signed.access).send().is(200);
        signed.then([false, true, true, false]);
    }
}

#[test]
fn a_logout_in_the_browser_ends_the_browsers_session_and_nothing_else() {
    let signed = signed();
    signed.world.post("/tenant/home/logout").cookie(&signed.cookie).form(&[]).send().is(200);
    signed.then([true, false, true, true]);
}

#[test]
fn a_reused_refresh_token_ends_its_session_and_nothing_else() {
    let signed = signed();
    assert!(signed.refreshes());
    signed.world.advance(10);
    // In the first isolate, which therefore knows at once.
    signed.world.post("/auth/refresh").json(json!({ "refresh_token": signed.refresh })).send().is(401);
    signed.then([false, true, true, false]);
}

#[test]
fn a_rotation_that_revokes_ends_access_tokens_alone() {
    let signed = signed();
    let body = json!({ "revoke": true });
    signed.world.post("/tenant/home/v2/Keys/rotate").bearer(&signed.world.admin()).json(body).send().is(200);
    signed.then([false, true, true, true]);
}

#[test]
fn what_is_expired_or_idle_is_dead_in_every_isolate() {
    let signed = signed();
    for (seconds, works) in [
        (899, [true, true, true]),
        (1, [false, true, true]),
        (12 * 3_600 - 901, [false, true, true]),
        (12 * 3_600, [false, false, true]),
    ] {
        signed.world.advance(seconds);
        assert_eq!(signed.works(Ask::elsewhere), works);
        assert_eq!(signed.works(Ask::fresh), works);
    }
}

#[test]
fn a_remembering_isolate_is_late_by_less_than_five_seconds() {
    let signed = signed();
    signed.change(json!({ "status": "disabled" }));
    signed.world.advance_ms(2_499);
    assert_eq!(signed.works(Ask::elsewhere), [true, true, true]);
    // From half of the time on it asks behind the answer, and knows before the next.
    signed.world.advance_ms(1);
    assert_eq!(signed.works(Ask::elsewhere), [true, false, false]);
    // One that nothing was asked of until then asks first.
    let signed = self::signed();
    signed.change(json!({ "status": "disabled" }));
    signed.world.advance_ms(5_000);
    assert_eq!(signed.works(Ask::elsewhere), [false, false, false]);
}

/// API keys are no sessions: they stay.
#[test]
fn one_who_needs_a_second_factor_by_now_has_the_api_keys_left() {
    for required in [true, false] {
        let signed = signed();
        let other = signed.world.cookie(&signed.world.user("bob@example.com"));
        match required {
            true => signed.world.settings(json!({ "mfa": "required" })),
            false => signed.change(json!({ "mfa": "email" })),
        }
        signed.then([false, false, true, false]);
        let bobs = signed.world.get("/app/").cookie(&other).fresh().status();
        assert_eq!(bobs == 200, !required);
        let again = signed.world.login("ada@example.com", PASSWORD).is(200);
        assert_eq!(again.json["mfa_required"], true);
        assert_eq!(again.json.get("access_token"), None);
    }
}

#[test]
fn a_session_that_a_trusted_browser_began_stays() {
    let signed = signed();
    signed.world.sql("UPDATE sessions SET amr = '[\"pwd\",\"device\"]'");
    signed.world.settings(json!({ "mfa": "required" }));
    signed.then(ALL);
}
