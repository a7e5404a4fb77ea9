//! `/auth/mfa*`.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Reply, World, claims};

fn bearer(world: &World, method: &str, path: &str, token: &str, body: Value) -> Reply {
    let ask = world.ask(method, path).bearer(token);
    if body.is_null() { ask.send() } else { ask.json(body).send() }
}

#[test]
fn an_app_is_set_up_in_a_session_and_asked_for_from_then_on() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let before = world.session(&user);
    let status = bearer(&world, "GET", "/auth/mfa", &before.access, Value::Null).is(200);
    let none =
        json!({ "mfa_enabled": false, "method": "none", "backup_codes_remaining": 0, "required": false });
    assert_eq!(status.json, none);
    let begun = world.post("/auth/mfa/enable").bearer(&before.access).send().is(200);
    assert_eq!(begun.json["method"], "totp");
    let secret = begun.str("/secret");
    assert!(begun.str("/otpauth_uri").contains(&secret) && begun.str("/qr_svg").starts_with("<svg"));
    // It counts for nothing until a code of it was seen.
    world.login("ada@example.com", PASSWORD).is(200).str("/access_token");
    let verify =
        |code: String| bearer(&world, "POST", "/auth/mfa/verify", &before.access, json!({ "code": code }));
    assert_eq!(verify(world.wrong_code(&secret)).is(401).json["error"], "invalid_code");
    let done = verify(world.code(&secret)).is(200);
    assert_eq!((&done.json["mfa_enabled"], &done.json["method"]), (&json!(true), &json!("totp")));
    assert_eq!(done.json["backup_codes"].as_array().unwrap().len(), 10);
    assert_eq!(claims(&done.str("/access_token"))["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(claims(&done.str("/access_token"))["sid"], claims(&before.access)["sid"]);
    assert_eq!(verify(world.code(&secret)).is(401).json["error"], "challenge_expired");
    let status = bearer(&world, "GET", "/auth/mfa", &done.str("/access_token"), Value::Null).is(200);
    let totp =
        json!({ "mfa_enabled": true, "method": "totp", "backup_codes_remaining": 10, "required": false });
    assert_eq!(status.json, totp);
    let camel = world.get("/api/auth/mfa").bearer(&done.str("/access_token")).send().is(200);
    let shape =
        json!({ "mfaEnabled": true, "method": "totp", "backupCodesRemaining": 10, "required": false });
    assert_eq!(camel.json["data"], shape);
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    assert_eq!(waiting.json["methods"], json!(["totp", "backup"]));
    assert_eq!(waiting.json["enrolment"], Value::Null);
    // The code that set it up is spent.
    world.verify(&waiting, &world.code(&secret)).is(401);
    world.advance(30);
    world.verify(&waiting, &world.code(&secret)).is(200);
    assert_eq!(world.events("mfa.enrolled"), 1);
}

#[test]
fn codes_by_mail_are_set_up_with_one() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let access = world.session(&user).access;
    let begun = bearer(&world, "POST", "/auth/mfa/enable", &access, json!({ "method": "email" })).is(200);
    assert_eq!((&begun.json["method"], &begun.json["secret"]), (&json!("email"), &Value::Null));
    let code = json!({ "code": world.mailed_code("ada@example.com") });
    let done = bearer(&world, "POST", "/auth/mfa/verify", &access, code).is(200);
    assert_eq!(done.json["method"], "email");
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    assert_eq!(waiting.json["methods"], json!(["email", "backup"]));
    world.verify(&waiting, &world.mailed_code("ada@example.com")).is(200);
    bearer(&world, "POST", "/auth/mfa/enable", &access, json!({ "method": "backup" })).is(400);
}

#[test]
fn password_and_code_sign_in_at_once() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    let done = world.mfa_login("ada@example.com", &world.code(&app.secret)).is(200);
    assert_eq!(claims(&done.str("/access_token"))["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(done.json["user"]["email"], "ada@example.com");
    world.mfa_login("ada@example.com", &world.code(&app.secret)).is(401);
    world.mfa_login("ada@example.com", &app.backup[0].to_uppercase().replace('-', " ")).is(200);
    world.mfa_login("ada@example.com", &app.backup[0]).is(401);
    world.advance(30);
    let body = json!({ "email": "ada@example.com", "password": "wrong", "code": world.code(&app.secret) });
    let wrong = world.post("/auth/mfa/login").json(body).send().is(401);
    assert_eq!(wrong.json["error"], "invalid_credentials");
    // The code of an attempt with the wrong password is still good.
    world.mfa_login("ada@example.com", &world.code(&app.secret)).is(200);
    world.user("bob@example.com");
    assert_eq!(world.mfa_login("bob@example.com", "123456").is(401).json["error"], "invalid_code");
}

#[test]
fn a_set_of_backup_codes_takes_the_place_of_the_one_before() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    let path = "/auth/mfa/backup-codes";
    assert_eq!(bearer(&world, "GET", path, &app.access, Value::Null).is(200).json["remaining"], 10);
    bearer(&world, "POST", path, &app.access, json!({ "code": world.wrong_code(&app.secret) })).is(401);
    bearer(&world, "POST", path, &app.access, json!({})).is(400);
    let code = json!({ "code": world.code(&app.secret) });
    let made = bearer(&world, "POST", path, &app.access, code).is(200);
    let fresh = made.json["backup_codes"].as_array().unwrap();
    assert_eq!(fresh.len(), 10);
    world.mfa_login("ada@example.com", &app.backup[0]).is(401);
    world.mfa_login("ada@example.com", fresh[0].as_str().unwrap()).is(200);
    assert_eq!(bearer(&world, "GET", path, &app.access, Value::Null).json["remaining"], 9);
    assert_eq!(world.events("mfa.backup_codes"), 1);
}

#[test]
fn a_second_factor_is_removed_with_a_code_of_it() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    let disable =
        |code: String| bearer(&world, "POST", "/auth/mfa/disable", &app.access, json!({ "code": code }));
    disable(world.wrong_code(&app.secret)).is(401);
    assert_eq!(disable(world.code(&app.secret)).is(200).json, json!({ "mfa_enabled": false }));
    world.login("ada@example.com", PASSWORD).is(200).str("/access_token");
    for table in ["authenticators", "backup_codes"] {
        assert_eq!(world.number(&format!("SELECT count(*) AS n FROM {table}")), 0, "{table}");
    }
    assert_eq!(world.events("mfa.disabled"), 1);
    world.advance(30);
    disable(world.code(&app.secret)).is(403);
}

#[test]
fn one_who_uses_codes_by_mail_asks_for_one_to_change_that() {
    let world = World::new();
    let user = world.with_mail("ada@example.com");
    let access = world.session_by(&user, &["pwd", "device"]).access;
    let asked = world.post("/auth/mfa/send").bearer(&access).send().is(200);
    assert_eq!(asked.json["methods"], json!(["email"]));
    let code = json!({ "code": world.mailed_code("ada@example.com") });
    bearer(&world, "POST", "/auth/mfa/backup-codes", &access, code.clone()).is(200);
    bearer(&world, "POST", "/auth/mfa/disable", &access, code).is(401);
    world.post("/auth/mfa/send").bearer(&access).send().is(200);
    let code = json!({ "code": world.mailed_code("ada@example.com") });
    bearer(&world, "POST", "/auth/mfa/disable", &access, code).is(200);
}

#[test]
fn where_everybody_needs_a_second_factor_nobody_removes_theirs() {
    let world = World::new();
    world.settings(json!({ "mfa": "required" }));
    let app = world.app_of(world.user("ada@example.com"));
    let code = json!({ "code": world.code(&app.secret) });
    bearer(&world, "POST", "/auth/mfa/disable", &app.access, code).is(403);
    let status = bearer(&world, "GET", "/auth/mfa", &app.access, Value::Null).is(200);
    assert_eq!(status.json["required"], true);
}

#[test]
fn where_there_are_no_second_factors_none_is_set_up() {
    let world = World::new();
    let access = world.session(&world.user("ada@example.com")).access;
    world.settings(json!({ "mfa": "off" }));
    for (method, path, body) in [
        ("POST", "/auth/mfa/enable", json!({})),
        ("POST", "/auth/mfa/send", json!({})),
        ("GET", "/auth/mfa/backup-codes", Value::Null),
        ("POST", "/auth/mfa/backup-codes", json!({ "code": "123456" })),
        ("POST", "/auth/mfa/disable", json!({ "code": "123456" })),
    ] {
        bearer(&world, method, path, &access, body).is(403);
    }
    assert_eq!(bearer(&world, "GET", "/auth/mfa", &access, Value::Null).is(200).json["mfa_enabled"], false);
}
