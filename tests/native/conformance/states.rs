//! The state matrix of grants: what an account's, a client's or a consent's change does to each thing that was
//! granted before it, at once where it is looked up and within five seconds where it is remembered.

use serde_json::json;

use crate::harness::oidc::{Params, Party, asks, metadata};
use crate::harness::{Ask, PASSWORD, claims};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Everything that one person granted to one client.
struct Granted {
    party: Party,
    code: String,
    access: String,
    refresh: String,
    device: String,
}

/// What still works: access token at userinfo, at the gateway and at introspection; refresh token; code that was
/// not exchanged yet; device code that was approved and not exchanged yet.
type Works = [bool; 6];

const ALL: Works = [true; 6];
const NOTHING: Works = [false; 6];

/// What is asked for, with what tokens say about roles.
const SCOPE: &str = "openid profile email roles offline_access read";

fn granted() -> Granted {
    let other = json!({
        "token_endpoint_auth_method": "none", "scope": SCOPE,
        "grant_types": ["authorization_code", "refresh_token", DEVICE],
    });
    let party = Party::with("app", other);
    party.world.route(json!({}));
    party.world.client("home", "resource-server", metadata(json!({})));
    let code = || party.authorize(&party.request().with("scope", SCOPE)).sent().code();
    let tokens = party.token(&Party::exchange(&code())).is(200);
    let params = Params::of(&[("scope", "openid profile offline_access read")]);
    let path = Party::path("device_authorization");
    let device = party.world.as_client(&path, &party.app, &params).send().is(200).str("/device_code");
    party.world.sql(&format!(
        "UPDATE device_codes SET status = 'approved', user_id = '{}',
         session_id = (SELECT id FROM sessions WHERE cookie_hash IS NOT NULL)",
        party.user.id
    ));
    let code = code();
    party.world.sql(&format!(
        "INSERT OR REPLACE INTO consents (user_id, client_id, tenant_id, scope, granted_at) VALUES ('{}', 'app', 'home', 'openid profile email offline_access read', 0)",
        party.user.id
    ));
    let granted = Granted {
        code,
        device,
        access: tokens.str("/access_token"),
        refresh: tokens.str("/refresh_token"),
        party,
    };
    assert_eq!(granted.remembered(Ask::elsewhere), [true, true]);
    assert_eq!(granted.remembered(|ask| ask), [true, true]);
    granted
}

impl Granted {
    fn remembered<'w>(&'w self, isolate: impl Fn(Ask<'w>) -> Ask<'w>) -> [bool; 2] {
        let userinfo = self.party.world.get("/tenant/home/oauth2/userinfo").bearer(&self.access);
        let app = self.party.world.get("/app/").bearer(&self.access);
        [userinfo, app].map(|ask| isolate(ask).status() == 200)
    }

    fn change(&self, change: serde_json::Value) {
        let path = format!("/tenant/home/v2/Users/{}", self.party.user.id);
        self.party.world.patch(&path).bearer(&self.party.world.admin()).json(change).send().is(200);
    }

    fn token(&self, params: &[(&str, &str)]) -> bool {
        let ask = self.party.ask_token(&Params::of(params)).fresh();
        let status = ask.status();
        assert!([200, 400, 401, 403].contains(&status), "{params:?}: {status}");
        status == 200
    }

    /// Checks what works after a change that the first isolate made.
    #[track_caller]
    fn then(&self, [userinfo, gateway, active, refresh, code, device]: Works) {
        let wanted = [userinfo, gateway];
        assert_eq!(self.remembered(Ask::fresh), wanted, "in an isolate that remembers nothing");
        assert_eq!(self.remembered(|ask| ask), wanted, "in the isolate that made the change");
        self.party.world.advance(5);
        assert_eq!(self.remembered(Ask::elsewhere), wanted, "in one that remembered, after five seconds");
        assert_eq!(self.party.active(&self.access), active, "introspection");
        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", self.code.as_str()),
            ("redirect_uri", crate::harness::oidc::CALLBACK),
            ("code_verifier", crate::harness::oidc::VERIFIER),
        ];
        assert_eq!(self.token(&exchange), code, "the code");
        assert_eq!(
            self.token(&[("grant_type", DEVICE), ("device_code", &self.device)]),
            device,
            "the device code"
        );
        let spend = [("grant_type", "refresh_token"), ("refresh_token", self.refresh.as_str())];
        assert_eq!(self.token(&spend), refresh, "the refresh token");
    }
}

#[test]
fn nothing_changes_by_itself() {
    granted().then(ALL);
}

#[test]
fn of_a_disabled_user_nothing_works() {
    let granted = granted();
    granted.change(json!({ "status": "disabled" }));
    granted.then(NOTHING);
}

#[test]
fn of_a_user_who_was_disabled_and_enabled_nothing_works_again() {
    let granted = granted();
    granted.change(json!({ "status": "disabled" }));
    granted.change(json!({ "status": "active" }));
    granted.then(NOTHING);
}

#[test]
fn of_a_deleted_user_nothing_works_and_nothing_is_left() {
    let granted = granted();
    let world = &granted.party.world;
    let path = format!("/tenant/home/v2/Users/{}", granted.party.user.id);
    world.delete(&path).bearer(&world.admin()).send().is(204);
    granted.then(NOTHING);
    for table in ["authorization_codes", "consents", "sessions WHERE client_id IS NOT NULL"] {
        assert_eq!(world.number(&format!("SELECT count(*) AS n FROM {table}")), 0, "{table}");
    }
}

#[test]
fn a_lockout_ends_no_grant() {
    let granted = granted();
    for _ in 0..6 {
        granted.party.world.login("ada@example.com", "wrong");
    }
    granted.then(ALL);
}

#[test]
fn a_changed_password_ends_every_grant() {
    let granted = granted();
    let world = &granted.party.world;
    let own = world.login("ada@example.com", PASSWORD).is(200).str("/access_token");
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "a new password" });
    world.post("/api/auth/change-password").bearer(&own).json(body).send().is(200);
    granted.then(NOTHING);
}

#[test]
fn a_reset_password_ends_every_grant() {
    let granted = granted();
    let world = &granted.party.world;
    world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    let token = world.mailed_token("ada@example.com");
    let body = json!({ "token": token, "password": "a new password" });
    world.post("/auth/reset-password").json(body).send().is(200);
    granted.then(NOTHING);
}

#[test]
fn a_role_that_is_removed_counts_for_what_was_granted() {
    let granted = granted();
    let world = &granted.party.world;
    let admin = world.admin();
    let routes = world.get("/tenant/home/v2/Routes").bearer(&admin).send().is(200);
    let path = format!("/tenant/home/v2/Routes/{}", routes.str("/items/0/id"));
    let spec = json!({ "name": "app", "path": "/app/", "origin": "http://origin.internal:9000", "roles": ["MANAGER"] });
    world.put(&path).bearer(&admin).json(spec).send().is(200);
    world.advance(5);
    assert_eq!(granted.remembered(Ask::elsewhere), [true, true]);
    assert_eq!(granted.remembered(|ask| ask), [true, true]);
    granted.change(json!({ "roles": [] }));
    let next = granted.party.refresh(&granted.refresh).is(200);
    assert_eq!(claims(&next.str("/access_token"))["roles"], json!([]));
    let tokens = granted.party.token(&Party::exchange(&granted.code)).is(200);
    assert_eq!(claims(&tokens.str("/access_token"))["roles"], json!([]));
    assert_eq!(granted.remembered(Ask::fresh), [true, false]);
    assert_eq!(granted.remembered(|ask| ask), [true, false]);
    world.advance(5);
    assert_eq!(granted.remembered(Ask::elsewhere), [true, false]);
}

#[test]
fn of_a_deleted_client_nothing_works_and_nothing_is_left() {
    let granted = granted();
    let world = &granted.party.world;
    world.delete("/tenant/home/v2/Clients/app").bearer(&world.admin()).send().is(204);
    granted.then(NOTHING);
    for table in ["authorization_codes", "consents", "device_codes", "authorization_requests"] {
        assert_eq!(
            world.number(&format!("SELECT count(*) AS n FROM {table} WHERE client_id = 'app'")),
            0,
            "{table}"
        );
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions WHERE client_id = 'app'"), 0);
    // The person is still signed in.
    world.get("/app/").cookie(&granted.party.cookie).plan();
}

#[test]
fn of_a_suspended_tenant_nothing_works() {
    let granted = granted();
    let world = &granted.party.world;
    world.sql("UPDATE tenants SET status = 'suspended' WHERE id = 'home'");
    world.cache.forget_tenant("home");
    world.other.forget_tenant("home");
    let userinfo = world.get("/tenant/home/oauth2/userinfo").bearer(&granted.access).fresh().status();
    assert!(matches!(userinfo, 401 | 403 | 404), "{userinfo}");
    for params in [
        Party::exchange(&granted.code),
        Params::of(&[("grant_type", "refresh_token"), ("refresh_token", &granted.refresh)]),
        Params::of(&[("grant_type", DEVICE), ("device_code", &granted.device)]),
    ] {
        let status = granted.party.ask_token(&params).fresh().status();
        assert!((400..500).contains(&status), "{status}");
    }
    let authorize = granted.party.authorize(&granted.party.request());
    assert!((400..500).contains(&authorize.status), "{}", authorize.status);
}

#[test]
fn a_sign_out_in_the_browser_ends_what_is_not_offline() {
    let granted = granted();
    let world = &granted.party.world;
    world.post("/tenant/home/logout").cookie(&granted.party.cookie).form(&[]).send().is(200);
    // Tokens that were granted offline access stay; a code that waited is of the session that ended.
    let exchange = granted.party.token(&Party::exchange(&granted.code));
    exchange.error(400, "invalid_grant");
    assert!(granted.party.active(&granted.access));
    granted.party.refresh(&granted.refresh).is(200);
}

#[test]
fn a_client_whose_secret_changed_uses_the_new_one() {
    let party = Party::confidential();
    let token = party.tokens().str("/refresh_token");
    let admin = party.world.admin();
    let made = party.world.post("/tenant/home/v2/Clients/server/secret").bearer(&admin).send();
    assert!(matches!(made.status, 200 | 201), "{}", made.text);
    let params = Params::of(&[("grant_type", "refresh_token"), ("refresh_token", &token)]);
    party.ask_token(&params).fresh().send().error(401, "invalid_client");
    party.ask_token(&params).send().error(401, "invalid_client");
    let new = crate::harness::oidc::basic("server", &made.str("/client_secret"));
    let ask = party.world.post(&Party::path("token")).header("authorization", &new);
    ask.body("application/x-www-form-urlencoded", params.text()).send().is(200);
}

#[test]
fn of_a_consent_that_was_revoked_nothing_works() {
    let granted = granted();
    granted.party.world.revoke_consent(&granted.party.user, "app");
    granted.then(NOTHING);
    granted.party.world.get("/app/").cookie(&granted.party.cookie).plan();
}

/// What was granted before a second factor was needed ends with the need; what is granted with one stays.
#[test]
fn of_one_who_needs_a_second_factor_by_now_nothing_works() {
    for required in [true, false] {
        let granted = granted();
        match required {
            true => granted.party.world.settings(json!({ "mfa": "required" })),
            false => granted.change(json!({ "mfa": "totp" })),
        }
        granted.then(NOTHING);
        asks(&granted.party.authorize(&granted.party.request()), "login");
    }
}

#[test]
fn of_one_who_proved_a_second_factor_before_it_was_needed_all_works() {
    let granted = granted();
    granted.party.world.sql("UPDATE sessions SET amr = '[\"pwd\",\"otp\",\"mfa\"]'");
    granted.party.world.settings(json!({ "mfa": "required" }));
    granted.then(ALL);
}
