//! What may come between a question and its answer, and a feed that does not answer.

use serde_json::json;

use crate::harness::{Ask, World};

/// A world with a route, a user and their cookie, known to the second isolate.
fn known() -> (World, String, String) {
    let world = World::new();
    world.route(json!({}));
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    world.get("/app/").cookie(&cookie).elsewhere().plan();
    (world, user.id, cookie)
}

fn disable(world: &World, id: &str) -> impl Fn() {
    let (sql, db) = (format!("UPDATE users SET status = 'disabled' WHERE id = '{id}'"), world.db.clone());
    move || {
        db.one(&portcullis::ports::Stmt::new(sql.clone(), vec![])).unwrap();
    }
}

#[test]
fn what_was_looked_up_before_a_change_that_was_heard_of_is_not_remembered() {
    // Another request of the isolate hears of the change while the look-up is under way: at each place where it waits.
    for at in 1..4 {
        let (world, _, other) = known();
        let fresh = world.cookie(&world.user("eve@example.com"));
        let change = disable_by_cookie(&world, &fresh);
        world.advance(3);
        // The first waits for its look-up; then the change is made, and behind the second it is heard of.
        let first = world.get("/app/").cookie(&fresh).elsewhere();
        let second = world.get("/app/").cookie(&other).elsewhere();
        world.interleave(first, at, change, second);
        world.advance_ms(1);
        let again = world.get("/app/").cookie(&fresh).elsewhere().status();
        world.advance_ms(4_999);
        let last = world.get("/app/").cookie(&fresh).elsewhere().status();
        assert_eq!(last, 401, "after wait {at}, then {again}");
    }
}

/// Disables whoever has that cookie, in the database alone.
fn disable_by_cookie(world: &World, cookie: &str) -> impl FnOnce() {
    let hash = portcullis::crypto::secret::stored(cookie);
    let sql = format!(
        "UPDATE users SET status = 'disabled' WHERE id = (SELECT user_id FROM sessions WHERE cookie_hash = '{hash}')"
    );
    let db = world.db.clone();
    move || {
        db.one(&portcullis::ports::Stmt::new(sql, vec![])).unwrap();
    }
}

#[test]
fn a_question_in_the_background_that_fails_makes_nothing_newer() {
    let (world, id, cookie) = known();
    let app = || world.get("/app/").cookie(&cookie).elsewhere();
    world.advance(3);
    world.db.broken.set(true);
    // From memory, and the question behind it fails.
    app().plan();
    world.db.broken.set(false);
    disable(&world, &id)();
    assert!(world.log.0.borrow().iter().any(|line| line.contains("\"feed\"")), "the failure is logged");
    world.advance(2);
    assert_eq!(app().status(), 401, "what is known is as old as it was");
    // And while the database does not answer, nobody is let pass by what is too old.
    let (world, _, cookie) = known();
    world.advance(5);
    world.db.broken.set(true);
    assert_eq!(world.get("/app/").cookie(&cookie).elsewhere().status(), 500);
}

#[test]
fn one_whose_question_never_ends_does_not_keep_others_from_asking() {
    let (world, id, cookie) = known();
    let app = || world.get("/app/").cookie(&cookie).elsewhere();
    world.advance(3);
    pollster::block_on(app().answered());
    world.forget_what_comes_after();
    disable(&world, &id)();
    world.advance_ms(1_999);
    assert_eq!(app().status(), 200);
    world.advance_ms(1);
    assert_eq!(app().status(), 401);
}

#[test]
fn a_clock_that_is_set_back_makes_nothing_newer() {
    let (world, id, cookie) = known();
    disable(&world, &id)();
    world.advance(-3_600);
    assert_eq!(world.get("/app/").cookie(&cookie).elsewhere().status(), 401);
}

#[test]
fn whoever_missed_too_many_changes_forgets_the_tenant() {
    let (world, id, cookie) = known();
    world.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
         INSERT INTO changes (tenant_id, kind, id) SELECT 'home', 'user', 'u' || i FROM n",
    );
    disable(&world, &id)();
    world.advance(5);
    assert_eq!(world.get("/app/").cookie(&cookie).elsewhere().status(), 401);
}

#[test]
fn a_database_that_was_set_back_is_believed_anew() {
    let (world, id, cookie) = known();
    for n in 0..3 {
        world.sql(&format!("INSERT INTO changes (tenant_id, kind, id) VALUES ('home', 'user', 'u{n}')"));
    }
    world.advance(5);
    world.get("/app/").cookie(&cookie).elsewhere().plan();
    // As a restored copy: what was told since is gone, and other things are told in its place.
    world.sql("DELETE FROM changes WHERE seq > (SELECT max(seq) - 3 FROM changes)");
    world.sql("DROP TRIGGER changes_users_update");
    disable(&world, &id)();
    world.advance(5);
    assert_eq!(world.get("/app/").cookie(&cookie).elsewhere().status(), 401);
}

#[test]
fn cron_removes_what_is_old_and_never_the_newest() {
    let (world, _, cookie) = known();
    for n in 0..3 {
        world.sql(&format!("INSERT INTO changes (tenant_id, kind, id) VALUES ('home', 'user', 'u{n}')"));
    }
    let newest = world.number("SELECT max(seq) AS n FROM changes");
    world.advance(5_401);
    world.cron();
    assert_eq!(world.sql("SELECT seq FROM changes WHERE tenant_id <> ''").len(), 1);
    assert_eq!(world.number("SELECT max(seq) AS n FROM changes"), newest);
    world.get("/app/").cookie(&cookie).elsewhere().plan();
}

#[test]
fn many_at_once_whose_memory_is_too_old_all_hear_of_the_change() {
    let (world, id, cookie) = known();
    disable(&world, &id)();
    world.advance(5);
    let asks: Vec<Ask<'_>> = (0..20).map(|_| world.get("/app/").cookie(&cookie).elsewhere()).collect();
    let answers = world.together(asks);
    assert!(answers.iter().all(|reply| reply.status == 401));
}
