//! A second factor at the session API.

use portcullis::model::state::Mfa;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, World, claims};

fn login(world: &World, email: &str) -> Value {
    let body = json!({ "email": email, "password": PASSWORD });
    world.post("/api/auth/login").json(body).send().is(200).json["data"].clone()
}

fn verify(world: &World, challenge: &Value, code: &str) -> crate::harness::Reply {
    world.post("/api/auth/mfa/verify").json(json!({ "challenge": challenge, "code": code })).send()
}

#[test]
fn who_needs_an_app_and_has_none_sets_one_up_at_login() {
    let world = World::new();
    world.user_with("home", "ada@example.com", |user| user.mfa = Mfa::Totp);
    let data = login(&world, "ada@example.com");
    assert_eq!((&data["mfaRequired"], &data["methods"]), (&json!(true), &json!(["totp"])));
    assert_eq!(data["tokens"], Value::Null);
    let secret = data["enrolment"]["secret"].as_str().unwrap();
    verify(&world, &data["challenge"], "000000").is(401);
    let done = verify(&world, &data["challenge"], &world.code(secret)).is(200);
    assert_eq!(done.json["data"]["backupCodes"].as_array().unwrap().len(), 10);
    let token = done.json["data"]["tokens"]["accessToken"].as_str().unwrap();
    assert_eq!(claims(token)["amr"], json!(["pwd", "otp", "mfa"]));
    verify(&world, &data["challenge"], &world.code(secret)).is(401);
    // From then on the app is asked for, and no step is accepted twice.
    let data = login(&world, "ada@example.com");
    assert_eq!((&data["methods"], &data["enrolment"]), (&json!(["totp", "backup"]), &Value::Null));
    verify(&world, &data["challenge"], &world.code(secret)).is(401);
    world.advance(30);
    verify(&world, &data["challenge"], &world.code(secret)).is(200);
    let backup = done.json["data"]["backupCodes"][0].as_str().unwrap();
    let data = login(&world, "ada@example.com");
    verify(&world, &data["challenge"], backup).is(200);
    let data = login(&world, "ada@example.com");
    verify(&world, &data["challenge"], backup).is(401);
}

#[test]
fn a_session_steps_up() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    let step = world.post("/api/auth/mfa/step-up").bearer(&token).send().is(200);
    let secret = step.json["data"]["enrolment"]["secret"].as_str().unwrap();
    let done = verify(&world, &step.json["data"]["challenge"], &world.code(secret)).is(200);
    let token = done.json["data"]["tokens"]["accessToken"].as_str().unwrap();
    assert_eq!(claims(token)["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions"), 1);
    let refresh = json!({ "refreshToken": done.json["data"]["tokens"]["refreshToken"] });
    world.post("/api/auth/refresh").json(refresh).send().is(200);
}
