//! After a full run no secret stands in any table or log line, other than as its hash.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, World};

#[test]
fn no_secret_is_kept_or_logged() {
    let world = World::new();
    let mut secrets = vec![PASSWORD.to_owned(), "set-me-up".to_owned(), "let-me-pass".to_owned()];
    let new = "another password entirely";
    let wrong = "a wrong guess at it";
    secrets.extend([new.to_owned(), wrong.to_owned()]);
    let setup = json!({ "token": "set-me-up", "email": "admin@example.com", "password": PASSWORD });
    world.post("/setup").json(setup).send().is(201);
    world
        .post("/auth/register")
        .json(json!({ "email": "ada@example.com", "password": PASSWORD }))
        .send()
        .is(201);
    let verify = world.mailed_token("ada@example.com");
    world.post("/auth/verify-email").json(json!({ "token": verify })).send().is(200);
    world.login("ada@example.com", wrong).is(401);
    let login = world.login("ada@example.com", PASSWORD).is(200);
    let (access, refresh) = (login.str("/access_token"), login.str("/refresh_token"));
    let key = world.api_key(&access, &["read"]);
    let next = world.post("/auth/refresh").json(json!({ "refresh_token": refresh })).send().is(200);
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let page = world.post("/tenant/home/login").form(&fields).send().is(303);
    let cookie = page.header("set-cookie").unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    world.route(json!({}));
    world.get("/app/").key(&key).plan();
    world.get("/app/").cookie(&cookie).plan();
    let change = json!({ "currentPassword": PASSWORD, "newPassword": new });
    world.post("/api/auth/change-password").bearer(&access).json(change).send().is(200);
    world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    let mails = world.mails("ada@example.com");
    let (_, reset) =
        mails.iter().rev().find_map(|mail| mail.text.split_once("reset-password?token=")).unwrap();
    let reset = reset.split_whitespace().next().unwrap().to_owned();
    world.post("/auth/reset-password").json(json!({ "token": reset, "password": PASSWORD })).send().is(200);
    world.post("/auth/refresh").json(json!({ "refresh_token": refresh })).send().is(401);
    world.db.broken.set(true);
    world.get("/api/auth/me").bearer(&access).fresh().send().is(500);
    world.db.broken.set(false);

    let key_secret = key.rsplit('_').next().unwrap().to_owned();
    secrets.extend([verify, access, refresh, key, key_secret, cookie, reset]);
    secrets.extend([next.str("/access_token"), next.str("/refresh_token")]);
    let mut cells = 0;
    for table in world.sql("SELECT name FROM sqlite_master WHERE type = 'table'") {
        for row in world.sql(&format!("SELECT * FROM {}", table["name"].as_str().unwrap())) {
            for (column, value) in row {
                let Value::String(text) = value else { continue };
                cells += 1;
                let found = secrets.iter().find(|secret| text.contains(secret.as_str()));
                assert_eq!(found, None, "{}.{column}", table["name"]);
            }
        }
    }
    assert!(cells > 150, "{cells}");
    let lines = world.log.0.borrow();
    assert!(!lines.is_empty());
    for line in lines.iter() {
        assert_eq!(secrets.iter().find(|secret| line.contains(secret.as_str())), None, "{line}");
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}
