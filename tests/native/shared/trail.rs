//! Each security event leaves a row in the audit log, of its own tenant.

use serde_json::json;

use crate::harness::{PASSWORD, World};

#[test]
fn every_security_event_is_written() {
    let world = World::new();
    world
        .post("/setup")
        .json(json!({ "token": "no", "email": "a@b.example", "password": PASSWORD }))
        .send()
        .is(403);
    let setup = json!({ "token": "set-me-up", "email": "root@example.com", "password": PASSWORD });
    world.post("/setup").json(setup).send().is(201);
    let root = world.login("root@example.com", PASSWORD).is(200).str("/access_token");
    world
        .post("/auth/register")
        .json(json!({ "email": "ada@example.com", "password": PASSWORD }))
        .send()
        .is(201);
    world.login("ada@example.com", PASSWORD).is(403);
    let token = world.mailed_token("ada@example.com");
    world.post("/auth/verify-email").json(json!({ "token": token })).send().is(200);
    for _ in 0..5 {
        world.login("ada@example.com", "wrong").is(401);
    }
    world.login("ada@example.com", "wrong").is(429);
    world.advance(60);
    let login = world.login("ada@example.com", PASSWORD).is(200);
    let (access, refresh) = (login.str("/access_token"), login.str("/refresh_token"));
    let made =
        world.post("/api/auth/api-keys").bearer(&access).json(json!({ "name": "x", "scopes": ["read"] }));
    let key = made.send().is(201).str("/data/id");
    world.delete(&format!("/api/auth/api-keys/{key}")).bearer(&access).send().is(200);
    let change = |current: &str| json!({ "currentPassword": current, "newPassword": PASSWORD });
    world.post("/api/auth/change-password").bearer(&access).json(change("wrong")).send().is(401);
    world.post("/api/auth/change-password").bearer(&access).json(change(PASSWORD)).send().is(200);
    world.post("/auth/refresh").json(json!({ "refresh_token": refresh })).send().is(200);
    world.advance(10);
    world.post("/auth/refresh").json(json!({ "refresh_token": refresh })).send().is(401);
    let access = world.login("ada@example.com", PASSWORD).is(200).str("/access_token");
    world.post("/auth/logout").bearer(&access).send().is(200);
    world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    let token = world.mailed_token("ada@example.com");
    world.post("/auth/reset-password").json(json!({ "token": token, "password": PASSWORD })).send().is(200);
    let user = world.post("/tenant/home/v2/Users").bearer(&root).json(json!({ "email": "bob@example.com" }));
    let path = format!("/tenant/home/v2/Users/{}", user.send().is(201).str("/id"));
    world.patch(&path).bearer(&root).json(json!({ "name": "Bob" })).send().is(200);
    world.delete(&path).bearer(&root).send().is(204);
    world
        .patch("/tenant/home/v2/Settings")
        .bearer(&root)
        .json(json!({ "defaultPlan": "free" }))
        .send()
        .is(200);
    world.post("/tenant/home/v2/Keys/rotate").bearer(&root).send().is(200);
    world
        .post("/tenant/home/v2/Tenants")
        .bearer(&root)
        .json(json!({ "id": "b", "name": "B" }))
        .send()
        .is(201);

    let rows =
        world.sql("SELECT event, outcome, count(*) AS n FROM audit GROUP BY event, outcome ORDER BY event");
    let written: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {} {}", row["event"], row["outcome"], row["n"]).replace('"', ""))
        .collect();
    let wanted = [
        "api_key.created success 1",
        "api_key.revoked success 1",
        "email.verified success 1",
        "keys.rotated success 1",
        "login.failed failure 5",
        "login.limited failure 1",
        "login.succeeded success 3",
        "login.unverified failure 1",
        "logout success 1",
        "mail.sent success 7",
        "password.change failure 1",
        "password.changed success 1",
        "password.forgot success 1",
        "password.reset success 1",
        "settings.changed success 1",
        "setup.done success 1",
        "setup.refused failure 1",
        "tenant.created success 1",
        "token.reused failure 1",
        "user.changed success 1",
        "user.created success 1",
        "user.deleted success 1",
        "user.registered success 1",
    ];
    assert_eq!(written, wanted);
    let from = world.sql("SELECT DISTINCT address FROM audit");
    assert_eq!(from.len(), 1);
    assert_eq!(from.first().unwrap()["address"], "203.0.113.7");
}

#[test]
fn an_event_is_of_the_users_tenant() {
    let world = World::new();
    let admin = world.tenant("b");
    world.user_with("b", "ada@example.com", |_| {});
    let body = json!({ "email": "ada@example.com", "password": "wrong" });
    world.post("/auth/login").tenant("b").json(body).send().is(401);
    let reply = world.get("/tenant/b/v2/Audit?event=login.failed").bearer(&admin).send().is(200);
    assert_eq!(reply.json["items"].as_array().unwrap().len(), 1);
    assert_eq!(reply.json["items"][0]["actor"], "ada@example.com");
}

/// Each event with the days that it is kept.
fn kept(world: &World) -> Vec<String> {
    let days = "SELECT DISTINCT event, (expires_at - at) / 86400000 AS days FROM audit ORDER BY event";
    world.sql(days).iter().map(|row| format!("{} {}", row["event"], row["days"]).replace('"', "")).collect()
}

#[test]
fn sign_ins_are_kept_ninety_days_and_changes_four_hundred_unless_the_tenant_says_otherwise() {
    let world = World::new();
    let admin = world.admin();
    let change = |days: serde_json::Value| {
        world.patch("/tenant/home/v2/Settings").bearer(&admin).json(days).send().is(200);
    };
    change(json!({ "minPasswordLength": 9 }));
    world.login("nobody@example.com", "wrong").is(401);
    let all = kept(&world);
    assert!(all.contains(&"login.failed 90".to_owned()), "{all:?}");
    assert!(all.contains(&"settings.changed 400".to_owned()), "{all:?}");
    world.sql("DELETE FROM audit");
    change(json!({ "auditSignInDays": 30, "auditSecurityDays": 90 }));
    change(json!({ "minPasswordLength": 8 }));
    world.login("nobody@example.com", "wrong").is(401);
    let all = kept(&world);
    assert!(all.contains(&"login.failed 30".to_owned()), "{all:?}");
    assert!(all.contains(&"settings.changed 90".to_owned()), "{all:?}");
    // A day early nothing goes, and each goes in its time.
    let left = |event: &str| world.events(event) > 0;
    world.advance(30 * 86_400 - 60);
    world.cron();
    assert_eq!([left("login.failed"), left("settings.changed")], [true, true]);
    world.advance(120);
    world.cron();
    assert_eq!([left("login.failed"), left("settings.changed")], [false, true]);
    world.advance(61 * 86_400);
    world.cron();
    assert!(!kept(&world).contains(&"settings.changed 90".to_owned()));
}

#[test]
fn no_refusal_is_kept_shorter_than_thirty_days_or_forever() {
    let world = World::new();
    world.login("nobody@example.com", "wrong").is(401);
    let odd = "SELECT count(*) AS n FROM audit WHERE expires_at < at + 30 * 86400000 OR expires_at > at + 3650 * 86400000";
    assert_eq!(world.number(odd), 0);
}
