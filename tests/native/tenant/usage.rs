//! `v2/Usage`: monthly active users.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, World};

const USAGE: &str = "/tenant/home/v2/Usage";

/// From noon on the first of May to noon on the first of June, 2026.
const MAY: i64 = 31 * 86_400;

fn months(world: &World) -> Value {
    // The administrator is one of them, in May and in the month of the look.
    world.get(USAGE).bearer(&world.admin()).send().is(200).json
}

fn month(name: &str, users: i64) -> Value {
    json!({ "month": name, "monthlyActiveUsers": users })
}

#[test]
fn a_user_counts_once_a_month_however_often_they_sign_in_or_refresh() {
    let world = World::new();
    let user = world.user("ada@example.com");
    assert_eq!(months(&world)["items"], json!([month("2026-05", 1)]));
    for _ in 0..3 {
        let refresh = world.login("ada@example.com", PASSWORD).is(200).str("/refresh_token");
        world.post("/auth/refresh").json(json!({ "refresh_token": refresh })).send().is(200);
        world.post("/tenant/home/login").form(&[("email", "ada@example.com"), ("password", PASSWORD)]).send();
        world.cookie(&user);
        world.advance(60);
    }
    assert_eq!(months(&world), json!({ "items": [month("2026-05", 2)], "nextCursor": null }));
}

#[test]
fn a_refresh_alone_counts_and_so_does_a_login_alone() {
    let world = World::new();
    world.settings(json!({ "refreshTokenSeconds": 40 * 86_400 }));
    let ada = world.session(&world.user("ada@example.com")).refresh;
    world.user("bob@example.com");
    world.advance(MAY - 43_201);
    world.post("/auth/refresh").json(json!({ "refresh_token": "A".repeat(43) })).send().is(401);
    let ada = world
        .post("/auth/refresh")
        .json(json!({ "refresh_token": ada }))
        .send()
        .is(200)
        .str("/refresh_token");
    // The last second of May was that; this is the first of June.
    world.advance(1);
    assert_eq!(world.now().rfc3339(), "2026-06-01T00:00:00Z");
    world.post("/auth/refresh").json(json!({ "refresh_token": ada })).send().is(200);
    world.login("bob@example.com", PASSWORD).is(200);
    let wanted = json!([month("2026-06", 3), month("2026-05", 2)]);
    assert_eq!(months(&world)["items"], wanted);
}

#[test]
fn what_fails_counts_nobody() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let tokens = world.session(&user);
    world.sql("DELETE FROM counted_users");
    world.sql("UPDATE users SET active_month = NULL");
    world.login("ada@example.com", "wrong").is(401);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(200);
    world.post("/auth/refresh").json(json!({ "refresh_token": "A".repeat(43) })).send().is(401);
    world.sql("UPDATE users SET status = 'disabled'");
    world.post("/auth/refresh").json(json!({ "refresh_token": tokens.refresh })).send().is(401);
    world.login("ada@example.com", PASSWORD).is(401);
    assert_eq!(world.number("SELECT count(*) AS n FROM counted_users"), 0);
}

#[test]
fn the_count_stays_when_the_user_goes_and_the_user_does_not() {
    let world = World::new();
    let user = world.user("ada@example.com");
    world.session(&user);
    assert_eq!(months(&world)["items"], json!([month("2026-05", 2)]));
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.delete(&path).bearer(&world.admin()).send().is(204);
    assert_eq!(months(&world)["items"], json!([month("2026-05", 2)]));
    world.delete(&path).bearer(&world.admin()).send().is(404);
    assert_eq!(months(&world)["items"], json!([month("2026-05", 2)]));
    // One who comes again is another user.
    world.session(&world.user("ada@example.com"));
    assert_eq!(months(&world)["items"], json!([month("2026-05", 3)]));
}

#[test]
fn of_a_month_that_is_over_only_the_number_is_kept() {
    let world = World::new();
    let user = world.user("ada@example.com");
    world.session(&user);
    world.user_with("home", "cy@example.com", |_| {});
    months(&world);
    // Who was active is known of the last month that they were, and of the others the number.
    assert_eq!(world.number("SELECT count(*) AS n FROM users WHERE active_month = '2026-05'"), 2);
    world.advance(MAY);
    world.cron();
    world.advance(86_400);
    world.cron();
    assert_eq!(months(&world)["items"], json!([month("2026-06", 1), month("2026-05", 2)]));
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.delete(&path).bearer(&world.admin()).send().is(204);
    assert_eq!(months(&world)["items"], json!([month("2026-06", 1), month("2026-05", 2)]));
}

#[test]
fn each_tenant_has_its_own_and_pages_through_them() {
    let world = World::new();
    let b = world.tenant("b");
    let own = world.get("/tenant/b/v2/Usage").bearer(&b).send().is(200);
    assert_eq!(own.json["items"], json!([month("2026-05", 1)]));
    world.get(USAGE).bearer(&b).send().is(403);
    world.sql(
        "INSERT INTO counted_users VALUES ('b', '2026-04', 7), ('b', '2026-03', 0), ('home', '2026-04', 9)",
    );
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page =
            world.get(&format!("/tenant/b/v2/Usage?limit=1&cursor={cursor}")).bearer(&b).send().is(200);
        all.extend(page.json["items"].as_array().unwrap().clone());
        match page.json["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(all, [month("2026-05", 1), month("2026-04", 7), month("2026-03", 0)]);
}
