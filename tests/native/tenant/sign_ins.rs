//! `v2/SignIns`: how many sign-ins there were on each day.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, World};

const SIGN_INS: &str = "/tenant/home/v2/SignIns";
const ADA: &str = "ada@example.com";
const DAY: i64 = 86_400;

/// What was counted on a day, done and refused; the administrator's own sign-ins are not.
fn on(world: &World, days_ago: usize) -> (i64, i64) {
    let admin = world.admin();
    let today = world.now().0 / (DAY * 1_000);
    let own = world.number(&format!(
        "SELECT count(*) AS n FROM audit JOIN users ON users.id = audit.actor AND users.operator = 1
         WHERE event = 'login.succeeded' AND at / 86400000 = {today} - {days_ago}"
    ));
    let items = world.get(SIGN_INS).bearer(&admin).send().is(200).json["items"].clone();
    let day = &items[days_ago];
    (day["succeeded"].as_i64().unwrap() - own, day["failed"].as_i64().unwrap())
}

#[test]
fn each_day_is_listed_today_first_also_without_sign_ins() {
    let world = World::new();
    let admin = world.admin();
    let list = |query: &str| world.get(&format!("{SIGN_INS}{query}")).bearer(&admin).send();
    let all = list("").is(200).json;
    let items = all["items"].as_array().unwrap();
    assert_eq!((items.len(), &all["nextCursor"]), (30, &Value::Null));
    assert_eq!(items[0]["day"], "2026-05-01");
    assert_eq!(items[29], json!({ "day": "2026-04-02", "failed": 0, "succeeded": 0 }));
    assert_eq!(list("?days=1").json["items"].as_array().unwrap().len(), 1);
    assert_eq!(list("?days=400").json["items"].as_array().unwrap().len(), 400);
    for bad in ["0", "401", "-1", "x", "", "1.5", "30%20"] {
        let refused = list(&format!("?days={bad}")).is(400);
        assert_eq!(refused.json["errors"], json!([{ "field": "days", "detail": "1 to 400" }]), "{bad}");
    }
}

#[test]
fn whatever_way_somebody_signs_in_counts_once_and_so_does_each_refusal() {
    let world = World::new();
    let user = world.user(ADA);
    world.login(ADA, PASSWORD).is(200);
    world.post("/api/auth/login").json(json!({ "email": ADA, "password": PASSWORD })).send().is(200);
    world.post("/tenant/home/login").form(&[("email", ADA), ("password", PASSWORD)]).send().is(303);
    assert_eq!(on(&world, 0), (3, 0));
    world.login(ADA, "wrong").is(401);
    world.login("nobody@example.com", "wrong").is(401);
    assert_eq!(on(&world, 0), (3, 2));
    world.post("/api/auth/magic-link/request").json(json!({ "email": ADA })).send().is(200);
    let token = world.mailed_link(ADA);
    world.post("/api/auth/magic-link/verify").json(json!({ "token": token })).send().is(200);
    world.post("/api/auth/magic-link/verify").json(json!({ "email": ADA, "code": "000000" })).send();
    assert_eq!(on(&world, 0), (4, 3));
    // A sign-in in two steps is one, and a wrong code is a refusal.
    let app = world.with_app("bob@example.com");
    let begun = on(&world, 0);
    let waiting = world.login("bob@example.com", PASSWORD).is(200);
    assert_eq!(on(&world, 0), begun);
    world.verify(&waiting, &world.wrong_code(&app.secret)).is(401);
    world.verify(&waiting, &world.code(&app.secret)).is(200);
    assert_eq!(on(&world, 0), (begun.0 + 1, begun.1 + 1));
    // What goes on in a session is none.
    let refresh = world.session(&user).refresh;
    let before = on(&world, 0);
    world.post("/auth/refresh").json(json!({ "refresh_token": refresh })).send().is(200);
    assert_eq!(on(&world, 0), before);
}

#[test]
fn the_counts_are_the_logs_own_however_many_come_at_once() {
    let world = World::new();
    for at in 0..20 {
        world.user(&format!("u{at}@example.com"));
    }
    let asks = (0..40).map(|at| {
        let password = if at % 4 == 0 { "wrong" } else { PASSWORD };
        let body = json!({ "email": format!("u{}@example.com", at / 2), "password": password });
        world.post("/auth/login").json(body).unlimited()
    });
    world.together(asks.collect());
    assert_eq!(on(&world, 0), (30, 10));
    let logged = |outcome: &str| {
        let sql =
            format!("SELECT count(*) AS n FROM audit WHERE event LIKE 'login.%' AND outcome = '{outcome}'");
        world.number(&sql)
    };
    let counted = |column: &str| world.number(&format!("SELECT sum({column}) AS n FROM sign_in_days"));
    assert_eq!((counted("succeeded"), counted("failed")), (logged("success"), logged("failure")));
}

#[test]
fn days_end_at_midnight_and_are_kept_for_as_long_as_they_can_be_asked_for() {
    let world = World::new();
    world.user(ADA);
    world.login(ADA, PASSWORD).is(200);
    // The last second of the day, and the first of the next.
    world.advance(DAY / 2 - 1);
    world.login(ADA, "wrong").is(401);
    world.advance(1);
    world.login(ADA, "wrong").is(401);
    assert_eq!((on(&world, 0), on(&world, 1)), ((0, 1), (1, 1)));
    world.sql("INSERT INTO sign_in_days VALUES ('home', 1, 7, 7)");
    world.advance(2 * DAY);
    world.login(ADA, PASSWORD).is(200);
    assert_eq!(world.number("SELECT count(*) AS n FROM sign_in_days WHERE day = 1"), 0);
    assert_eq!((on(&world, 3), on(&world, 2)), ((1, 1), (0, 1)));
}

#[test]
fn each_tenant_has_its_own_and_only_administrators_see_them() {
    let world = World::new();
    let acme = world.tenant("acme");
    world.user(ADA);
    world.login(ADA, "wrong").is(401);
    let own = world.get("/tenant/acme/v2/SignIns?days=1").bearer(&acme).send().is(200);
    assert_eq!(own.json["items"][0]["failed"], 0);
    world.get(SIGN_INS).bearer(&acme).send().is(403);
    let plain = world.session(&world.user("bob@example.com")).access;
    world.get(SIGN_INS).bearer(&plain).send().is(403);
    world.get(SIGN_INS).send().is(401);
    world.delete("/tenant/home/v2/Tenants/acme").bearer(&world.admin()).send().is(204);
    assert_eq!(world.number("SELECT count(*) AS n FROM sign_in_days WHERE tenant_id = 'acme'"), 0);
}
