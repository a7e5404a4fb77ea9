//! An account that somebody made for an address that is not theirs: its owner comes later, and finds nothing of
//! theirs in it.

use portcullis::crypto::totp;
use portcullis::model::state::Mfa;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, World};

const VICTIM: &str = "victim@example.com";
const OWNERS: &str = "the owner's password";

/// What the attacker has.
struct Attacker {
    id: String,
    access: String,
    refresh: String,
    cookie: String,
    key: String,
}

/// An account of the victim's address with everything that lets in, made by somebody else.
fn hijacked(world: &World) -> Attacker {
    world.settings(json!({ "requireVerifiedEmail": false }));
    world.route(json!({}));
    let body = json!({ "email": VICTIM, "password": PASSWORD, "full_name": "The Attacker" });
    world.post("/auth/register").json(body).send().is(201);
    let login = world.login(VICTIM, PASSWORD).is(200);
    let access = login.str("/access_token");
    let step = world.post("/api/auth/mfa/step-up").bearer(&access).send().is(200);
    let secret = data_encoding::BASE32_NOPAD.decode(step.str("/data/enrolment/secret").as_bytes()).unwrap();
    let code = totp::code(&secret, world.now().unix() / 30);
    let body = json!({ "challenge": step.json["data"]["challenge"], "code": code });
    let done = world.post("/api/auth/mfa/verify").json(body).send().is(200);
    let access = done.str("/data/tokens/accessToken");
    let id = world.get("/api/auth/me").bearer(&access).send().is(200).str("/data/user/id");
    world.sql(&format!(
        "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count, backed_up,
                               transports, name, created_at) VALUES ('pk', 'home', '{id}', 'c', 'r', 'p', 0, 0, '[]', 'n', 0)"
    ));
    world.sql(&format!(
        "INSERT INTO trusted_devices VALUES ('td', 'th', 'home', '{id}', '', '', 0, 0, 9999999999999)"
    ));
    let user = pollster::block_on(portcullis::store::users::by_id(world.db.as_ref(), "home", &id)).unwrap();
    let attacker = Attacker {
        key: world.api_key(&access, &["read"]),
        cookie: world.cookie_by(&user.unwrap(), &["pwd", "otp", "mfa"]),
        refresh: done.str("/data/tokens/refreshToken"),
        access,
        id,
    };
    assert_eq!(attacker.lets_in(world), [true; 4]);
    attacker
}

impl Attacker {
    /// Whether token, cookie, key and refresh token still let in.
    fn lets_in(&self, world: &World) -> [bool; 4] {
        let app = || world.get("/app/").fresh();
        let refresh = json!({ "refresh_token": self.refresh });
        [
            app().bearer(&self.access).status() == 200,
            app().cookie(&self.cookie).status() == 200,
            app().key(&self.key).status() == 200,
            world.post("/auth/refresh").json(refresh).fresh().status() == 200,
        ]
    }

    fn has_nothing(&self, world: &World) {
        assert_eq!(self.lets_in(world), [false; 4]);
        for table in ["authenticators", "backup_codes", "passkeys", "trusted_devices", "consents"] {
            let left = format!("SELECT count(*) AS n FROM {table} WHERE user_id = '{}'", self.id);
            assert_eq!(world.number(&left), 0, "{table}");
        }
        assert_ne!(world.login(VICTIM, PASSWORD).status, 200);
        let name = format!("SELECT name FROM users WHERE id = '{}'", self.id);
        assert_eq!(world.sql(&name)[0]["name"], Value::Null);
    }
}

fn forgotten(world: &World, email: &str) -> String {
    world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
    world.mailed_link(email)
}

#[test]
fn who_follows_a_magic_link_first_finds_nothing_of_somebody_elses() {
    for by_code in [false, true] {
        let world = World::new();
        let attacker = hijacked(&world);
        world.post("/api/auth/magic-link/request").json(json!({ "email": VICTIM })).send().is(200);
        let body = match by_code {
            true => json!({ "email": VICTIM, "code": world.mailed_code(VICTIM) }),
            false => json!({ "token": world.mailed_link(VICTIM) }),
        };
        let reply = world.post("/api/auth/magic-link/verify").json(body).send().is(200);
        // The app that is asked for is one that the owner sets up now.
        assert!(reply.json["data"]["enrolment"].is_object(), "{}", reply.text);
        attacker.has_nothing(&world);
    }
}

#[test]
fn who_resets_the_password_first_finds_nothing_of_somebody_elses() {
    let world = World::new();
    let attacker = hijacked(&world);
    let token = forgotten(&world, VICTIM);
    world.post("/auth/reset-password").json(json!({ "token": token, "password": OWNERS })).send().is(200);
    attacker.has_nothing(&world);
    world.login(VICTIM, OWNERS).is(200);
}

#[test]
fn who_confirms_a_registration_first_finds_nothing_of_somebody_elses() {
    let world = World::new();
    let attacker = hijacked(&world);
    world.settings(json!({ "requireVerifiedEmail": true }));
    let body = json!({ "email": VICTIM, "password": OWNERS });
    world.post("/auth/register").json(body).send().is(201);
    let token = world.mailed_link(VICTIM);
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
    attacker.has_nothing(&world);
    world.login(VICTIM, OWNERS).is(200);
}

#[test]
fn a_confirmed_account_keeps_its_second_factor_through_a_reset_and_its_keys_through_a_link() {
    let world = World::new();
    let attacker = hijacked(&world);
    world.sql("UPDATE users SET email_verified = 1, proved = 1");
    let token = forgotten(&world, VICTIM);
    world.post("/auth/reset-password").json(json!({ "token": token, "password": OWNERS })).send().is(200);
    assert_eq!(attacker.lets_in(&world), [false, false, true, false]);
    let body = json!({ "email": VICTIM, "password": OWNERS });
    let login = world.post("/api/auth/login").json(body).send().is(200);
    assert_eq!(login.json["data"]["methods"][0], "totp");
    assert!(login.json["data"]["enrolment"].is_null());
    world.post("/api/auth/magic-link/request").json(json!({ "email": VICTIM })).send().is(200);
    let body = json!({ "token": world.mailed_link(VICTIM) });
    let reply = world.post("/api/auth/magic-link/verify").json(body).send().is(200);
    assert_eq!(reply.json["data"]["methods"][0], "totp");
    assert_eq!(attacker.lets_in(&world), [false, false, true, false]);
}

#[test]
fn an_address_that_an_administrator_changes_costs_its_user_nothing() {
    let world = World::new();
    let attacker = hijacked(&world);
    world.sql("UPDATE users SET email_verified = 1, proved = 1");
    let path = format!("/tenant/home/v2/Users/{}", attacker.id);
    let body = json!({ "email": "other@example.com" });
    world.patch(&path).bearer(&world.admin()).json(body).send().is(200);
    world.post("/api/auth/magic-link/request").json(json!({ "email": "other@example.com" })).send().is(200);
    let body = json!({ "token": world.mailed_link("other@example.com") });
    let reply = world.post("/api/auth/magic-link/verify").json(body).send().is(200);
    assert_eq!(reply.json["data"]["methods"][0], "totp");
    assert!(reply.json["data"]["enrolment"].is_null());
    assert!(attacker.lets_in(&world)[2], "the key");
}

#[test]
fn a_reset_ends_what_waits_for_a_second_factor() {
    let world = World::new();
    world.user_with("home", VICTIM, |user| user.mfa = Mfa::Email);
    let body = json!({ "email": VICTIM, "password": PASSWORD });
    let login = world.post("/api/auth/login").json(body).send().is(200);
    let code = world.mailed_code(VICTIM);
    let token = forgotten(&world, VICTIM);
    world.post("/auth/reset-password").json(json!({ "token": token, "password": OWNERS })).send().is(200);
    let body = json!({ "challenge": login.json["data"]["challenge"], "code": code });
    let reply = world.post("/api/auth/mfa/verify").json(body).send().is(401);
    assert_eq!(reply.json["code"], "CHALLENGE_EXPIRED");
}
