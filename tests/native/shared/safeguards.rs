//! What an administrator cannot lower: the second factor that somebody has, by no setting; and of the operator's
//! sign-ins nothing at all, by no setting and no change of the operator's account.

use portcullis::model::state::Mfa;
use serde_json::{Value, json};

use crate::harness::{App, Authenticator, PASSWORD, Reply, World, claims};

const SETTINGS: &str = "/tenant/home/v2/Settings";
const ADA: &str = "ada@example.com";
const OPERATOR: &str = "operator@example.com";

/// A token of an administrator of home who is not the operator.
fn administrator(world: &World) -> String {
    let found = world.sql("SELECT id FROM users WHERE email_key = 'boss@example.com'");
    if found.is_empty() {
        world.user_with("home", "boss@example.com", |user| user.roles = vec!["ADMIN".into()]);
    }
    let boss =
        pollster::block_on(portcullis::store::users::by_email(world.db.as_ref(), "home", "boss@example.com"));
    world.session_by(&boss.unwrap().unwrap(), &["pwd", "otp", "mfa"]).access
}

fn set(world: &World, changes: &Value) {
    world.patch(SETTINGS).bearer(&administrator(world)).json(changes.clone()).send().is(200);
}

/// Every setting that could let somebody in with less, as low as it goes.
fn lowered() -> Vec<Value> {
    vec![
        json!({ "mfa": "off" }),
        json!({ "mfa": "optional" }),
        json!({ "trustedDeviceDays": 90 }),
        json!({ "mfaAttempts": 20, "mfaLockoutSeconds": 60 }),
        json!({ "requireVerifiedEmail": false }),
        json!({ "minPasswordLength": 6, "refuseCommonPasswords": false }),
        json!({ "accessTokenSeconds": 2_592_000, "refreshTokenSeconds": 34_560_000, "refreshGraceSeconds": 60 }),
        json!({ "sessionIdleSeconds": 34_560_000, "sessionAbsoluteSeconds": 34_560_000 }),
        json!({ "magicLinks": true, "magicLinkSignUp": true }),
        json!({ "passkeys": false }),
        json!({ "allowedOrigins": ["https://evil.example"] }),
        json!({ "clientRegistration": "open" }),
    ]
}

/// How a sign-in with the password goes on each surface: whether it stops for the second factor.
fn waits(world: &World, email: &str) -> [bool; 4] {
    let login = json!({ "email": email, "password": PASSWORD });
    let session = world.post("/api/auth/login").json(login.clone()).send().is(200);
    let account = world.post("/auth/login").json(login).send().is(200);
    let fields = [("email", email), ("password", PASSWORD)];
    let page = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
    world.post("/api/auth/magic-link/request").json(json!({ "email": email })).send().is(200);
    let token = json!({ "token": world.mailed_link(email) });
    let mailed = world.post("/api/auth/magic-link/verify").json(token).send().is(200);
    let asked = |reply: &Reply, there: &str| reply.json.pointer(there) == Some(&json!(true));
    [
        asked(&session, "/data/mfaRequired"),
        asked(&account, "/mfa_required"),
        page.sets("__Host-portcullis").is_none()
            && page.header("location").unwrap().starts_with("/tenant/home/mfa"),
        asked(&mailed, "/data/mfaRequired"),
    ]
}

fn operator(world: &World) -> App {
    let user = world.user_with("home", OPERATOR, |user| {
        user.roles = vec!["ADMIN".into()];
        user.operator = true;
        user.mfa = Mfa::Totp;
    });
    world.app_of(user)
}

#[test]
fn whoever_has_a_second_factor_is_asked_for_it_whatever_the_setting() {
    for changes in lowered() {
        let world = World::new();
        world.with_app(ADA);
        world.with_mail("mail@example.com");
        let operator = operator(&world);
        set(&world, &changes);
        for email in [ADA, "mail@example.com", OPERATOR] {
            assert_eq!(waits(&world, email), [true; 4], "{changes}: {email}");
        }
        // And with it they are in, as before.
        let waiting = world.login(OPERATOR, PASSWORD).is(200);
        let done = world.verify(&waiting, &world.code(&operator.secret)).is(200);
        assert_eq!(claims(&done.str("/access_token"))["acr"], "urn:portcullis:acr:2fa");
    }
}

#[test]
fn a_session_of_one_factor_does_not_revive_where_nobody_needs_two() {
    let world = World::new();
    let app = world.with_app(ADA);
    let one = world.session(&app.user).access;
    world.get("/api/auth/me").bearer(&one).send().is(401);
    set(&world, &json!({ "mfa": "off" }));
    world.get("/api/auth/me").bearer(&one).fresh().send().is(401);
    world.get("/api/auth/me").bearer(&app.access).fresh().send().is(200);
}

#[test]
fn where_nobody_needs_one_what_there_is_can_be_used_and_removed_and_nothing_set_up() {
    let world = World::new();
    let app = world.with_app(ADA);
    set(&world, &json!({ "mfa": "off" }));
    let ask =
        |method: &str, path: &str, body: Value| world.ask(method, path).bearer(&app.access).json(body).send();
    assert_eq!(ask("GET", "/auth/mfa", json!({})).is(200).json["mfa_enabled"], true);
    ask("POST", "/auth/mfa/enable", json!({})).is(403);
    ask("POST", "/auth/mfa/enable", json!({ "method": "email" })).is(403);
    let cookie = world.cookie_by(&app.user, &["pwd", "otp", "mfa"]);
    let page = world.get("/tenant/home/account").cookie(&cookie).send().is(200);
    assert!(page.text.contains("factor-off") && !page.text.contains("factor-app"), "{}", page.text);
    let codes = ask("POST", "/auth/mfa/backup-codes", json!({ "code": world.code(&app.secret) })).is(200);
    let backup = codes.json["backup_codes"][0].as_str().unwrap().to_owned();
    ask("POST", "/auth/mfa/disable", json!({ "code": backup })).is(200);
    world.login(ADA, PASSWORD).is(200).str("/access_token");
    // One who was to have one and never set it up has nothing to be asked for.
    world.user_with("home", "bob@example.com", |user| user.mfa = Mfa::Totp);
    let access = world.login("bob@example.com", PASSWORD).is(200).str("/access_token");
    world.get("/api/auth/me").bearer(&access).send().is(200);
    // Nor can one who comes by mail be made to.
    world.user("cleo@example.com");
    world.login("cleo@example.com", PASSWORD).is(200).str("/access_token");
}

#[test]
fn the_operators_sessions_are_no_longer_than_the_defaults_whatever_the_settings() {
    let world = World::new();
    let operator = operator(&world);
    for changes in lowered() {
        set(&world, &changes);
    }
    world.user(ADA);
    let two = ["pwd", "otp", "mfa"];
    for (user, most) in [(&operator.user, true), (&world.user("bob@example.com"), false)] {
        let tokens = world.session_by(user, &two);
        let life =
            |token: &str| claims(token)["exp"].as_i64().unwrap() - claims(token)["iat"].as_i64().unwrap();
        assert_eq!(life(&tokens.access) <= 900, most);
        let body = json!({ "refreshToken": tokens.refresh });
        let again = world.post("/api/auth/refresh").json(body).send().is(200);
        assert_eq!(life(&again.str("/data/accessToken")) <= 900, most);
        world.cookie_by(user, &two);
        let rows = world.sql(&format!(
            "SELECT max(idle_seconds) AS idle, max(expires_at - created_at) / 1000 AS life FROM sessions WHERE user_id = '{}'",
            user.id
        ));
        assert_eq!(rows[0]["idle"].as_i64().unwrap() <= 12 * 3_600, most);
        assert_eq!(rows[0]["life"].as_i64().unwrap() <= 30 * 86_400, most);
    }
}

#[test]
fn the_operators_factor_is_guessed_no_faster_whatever_the_settings() {
    let world = World::new();
    let operator = operator(&world);
    let app = world.with_app(ADA);
    set(&world, &json!({ "mfaAttempts": 20, "mfaLockoutSeconds": 60 }));
    for (email, secret, locked) in [(OPERATOR, &operator.secret, true), (ADA, &app.secret, false)] {
        for _ in 0..5 {
            world.mfa_login(email, &world.wrong_code(secret));
        }
        let waiting = world.login(email, PASSWORD).is(200);
        let reply = world.verify(&waiting, &world.code(secret));
        assert_eq!(reply.status == 429, locked, "{email}: {}", reply.text);
        if locked {
            world.advance(120);
            let waiting = world.login(email, PASSWORD).is(200);
            world.verify(&waiting, &world.code(secret)).is(429);
        }
    }
}

#[test]
fn no_browser_is_trusted_for_the_operator_but_by_the_defaults() {
    let world = World::new();
    let operator = operator(&world);
    let app = world.with_app(ADA);
    set(&world, &json!({ "trustedDeviceDays": 90 }));
    for (email, secret, trusts) in [(OPERATOR, &operator.secret, false), (ADA, &app.secret, true)] {
        let fields = [("email", email), ("password", PASSWORD)];
        let begun = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
        let cookie =
            format!("__Host-portcullis-challenge={}", begun.sets("__Host-portcullis-challenge").unwrap());
        let page = world.get("/tenant/home/mfa").navigating().header("cookie", &cookie).send().is(200);
        assert_eq!(page.text.contains("name=\"trust\""), trusts);
        let (_, rest) = page.text.split_once("name=\"challenge\" value=\"").unwrap();
        let challenge = rest.split('"').next().unwrap();
        let code = world.code(secret);
        let fields = [("challenge", challenge), ("code", code.as_str()), ("trust", "on")];
        let done = world
            .post("/tenant/home/mfa")
            .navigating()
            .header("cookie", &cookie)
            .form(&fields)
            .send()
            .is(303);
        assert_eq!(done.sets("__Host-portcullis-device").is_some(), trusts);
        world.advance(30);
    }
}

#[test]
fn the_operators_passkey_is_a_second_factor_whatever_the_settings() {
    let world = World::new();
    let operator = operator(&world);
    let app = world.with_app(ADA);
    for (seed, access) in [(1, &operator.access), (2, &app.access)] {
        world.add_passkey(access, &mut Authenticator::new(seed)).is(201);
    }
    set(&world, &json!({ "passkeys": false }));
    for (email, there) in [(OPERATOR, true), (ADA, false)] {
        let waiting = world.login(email, PASSWORD).is(200);
        let methods = waiting.json["methods"].as_array().unwrap().clone();
        assert_eq!(methods.contains(&json!("passkey")), there, "{email}");
        assert!(methods.contains(&json!("totp")));
    }
}

/// What an administrator may do to any other user, done to the operator.
#[test]
fn the_operators_account_is_the_operators_own() {
    let world = World::new();
    let operator = operator(&world);
    let id = &operator.user.id;
    let admin = administrator(&world);
    let path = format!("/tenant/home/v2/Users/{id}");
    let before = world.sql(&format!("SELECT * FROM users WHERE id = '{id}'"));
    for (method, path, body) in [
        ("PUT", path.clone(), json!({ "email": "evil@example.com" })),
        ("PUT", path.clone(), json!({ "emailVerified": false })),
        ("PUT", path.clone(), json!({ "roles": [] })),
        ("PUT", path.clone(), json!({ "status": "disabled" })),
        ("PUT", path.clone(), json!({ "mfa": "none" })),
        ("PUT", path.clone(), json!({ "mfa": "email" })),
        ("PUT", path.clone(), json!({ "resetTOTP": true })),
        ("DELETE", path.clone(), Value::Null),
        ("POST", "/tenant/home/v2/ApiKeys".into(), json!({ "name": "x", "scopes": ["read"], "userId": id })),
    ] {
        let reply = world.ask(method, &path).bearer(&admin).json(body.clone()).send();
        assert_eq!(reply.status, 409, "{method} {path} {body}: {}", reply.text);
        // Of anybody else, it is an administrator's to do.
    }
    assert_eq!(world.sql(&format!("SELECT * FROM users WHERE id = '{id}'")), before);
    let waiting = world.login(OPERATOR, PASSWORD).is(200);
    world.verify(&waiting, &world.code(&operator.secret)).is(200);
    let ada = world.with_app(ADA);
    let path = format!("/tenant/home/v2/Users/{}", ada.user.id);
    world.put(&path).bearer(&administrator(&world)).json(json!({ "resetTOTP": true })).send().is(200);
    world.delete(&path).bearer(&administrator(&world)).send().is(204);
}

/// The attack that this began with: the reset's mail in an administrator's words, and `mfa` off.
#[test]
fn an_operators_reset_gives_nothing_to_the_one_who_words_the_mail() {
    let world = World::new();
    let operator = operator(&world);
    let admin = administrator(&world);
    let mail = "/tenant/home/v2/MailTemplates/reset-password/en";
    let words = json!({ "subject": "x", "text": "https://evil.example/r#{{ link }}",
        "html": "<a href=\"{{ link }}\">x</a>" });
    world.put(mail).bearer(&admin).json(words).send().is(400);
    set(&world, &json!({ "mfa": "off" }));
    world.post("/auth/forgot-password").json(json!({ "email": OPERATOR })).send().is(200);
    let token = world.mailed_token(OPERATOR);
    let body = json!({ "token": token, "password": "another long password" });
    world.post("/auth/reset-password").json(body).send().is(200);
    let waiting = world.login(OPERATOR, "another long password").is(200);
    assert_eq!(waiting.json["mfa_required"], true);
    world.verify(&waiting, &world.code(&operator.secret)).is(200);
}

#[test]
fn fewer_days_of_trust_count_at_once_and_stay() {
    for (then, days, trusted) in [(90, 7, 6), (90, 30, 29), (30, 90, 29)] {
        let world = World::new();
        let app = world.with_app(ADA);
        set(&world, &json!({ "trustedDeviceDays": then }));
        let device = {
            let fields = [("email", ADA), ("password", PASSWORD)];
            let begun = world.post("/tenant/home/login").navigating().form(&fields).send().is(303);
            let cookie =
                format!("__Host-portcullis-challenge={}", begun.sets("__Host-portcullis-challenge").unwrap());
            let page = world.get("/tenant/home/mfa").navigating().header("cookie", &cookie).send().is(200);
            let (_, rest) = page.text.split_once("name=\"challenge\" value=\"").unwrap();
            let challenge = rest.split('"').next().unwrap();
            let code = world.code(&app.secret);
            let fields = [("challenge", challenge), ("code", code.as_str()), ("trust", "on")];
            let done = world
                .post("/tenant/home/mfa")
                .navigating()
                .header("cookie", &cookie)
                .form(&fields)
                .send()
                .is(303);
            done.sets("__Host-portcullis-device").unwrap()
        };
        let lets_in = || {
            let fields = [("email", ADA), ("password", PASSWORD)];
            let cookie = format!("__Host-portcullis-device={device}");
            let ask = world.post("/tenant/home/login").navigating().header("cookie", &cookie);
            ask.form(&fields).send().is(303).sets("__Host-portcullis").is_some()
        };
        assert!(lets_in());
        set(&world, &json!({ "trustedDeviceDays": days }));
        world.advance(trusted * 86_400);
        assert!(lets_in(), "{then} to {days}, day {trusted}");
        world.advance(86_400);
        assert!(!lets_in(), "{then} to {days}, day {}", trusted + 1);
        set(&world, &json!({ "trustedDeviceDays": 90 }));
        assert!(!lets_in(), "what is over stays so");
    }
}

#[test]
fn no_setting_lowers_what_the_operators_own_password_must_be() {
    const WEAK: [&str; 2] = ["sixsix", "password1"];
    let world = World::new();
    let operator = world.user_with("home", OPERATOR, |user| {
        user.roles = vec!["ADMIN".into()];
        user.operator = true;
    });
    let ada = world.user(ADA);
    set(&world, &json!({ "minPasswordLength": 6, "refuseCommonPasswords": false }));
    let token = |user| world.session_by(user, &["pwd", "otp", "mfa"]).access;
    let change = |token: &str, new: &str| {
        let body = json!({ "currentPassword": PASSWORD, "newPassword": new });
        world.post("/api/auth/change-password").bearer(token).json(body).fresh().status()
    };
    let reset = |email: &str, new: &str| {
        world.post("/auth/forgot-password").json(json!({ "email": email })).send().is(200);
        let body = json!({ "token": world.mailed_token(email), "password": new });
        world.post("/auth/reset-password").json(body).send().status
    };
    for weak in WEAK {
        assert_eq!(change(&token(&operator), weak), 400, "{weak}");
        assert_eq!(reset(OPERATOR, weak), 400, "{weak}");
    }
    // Of others it holds as their administrators say.
    assert_eq!(change(&token(&ada), WEAK[0]), 200);
    assert_eq!(reset(ADA, WEAK[1]), 200);
    assert_eq!(change(&token(&operator), "a good long one"), 200);
    assert_eq!(reset(OPERATOR, "another good long one"), 200);
}
