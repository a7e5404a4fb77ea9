//! `POST /api/auth/refresh`, and the rules of refreshing.

use serde_json::json;

use crate::harness::{Reply, World, claims};

fn refresh(world: &World, token: &str) -> Reply {
    world.post("/api/auth/refresh").json(json!({ "refreshToken": token })).send()
}

fn next(reply: &Reply) -> String {
    reply.str("/data/refreshToken")
}

#[test]
fn a_refresh_answers_a_new_pair() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    let reply = refresh(&world, &tokens.refresh).is(200);
    assert_eq!(reply.json["success"], true);
    let access = reply.str("/data/accessToken");
    assert_ne!(access, tokens.access);
    assert_eq!(claims(&access)["sid"], claims(&tokens.access)["sid"]);
    world.get("/api/auth/me").bearer(&access).send().is(200);
}

#[test]
fn a_refresh_token_works_once() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    let second = next(&refresh(&world, &tokens.refresh).is(200));
    world.advance(10);
    let reply = refresh(&world, &tokens.refresh).is(401);
    assert_eq!(reply.json["code"], "UNAUTHORIZED");
    assert_eq!(world.events("token.reused"), 1);
    // Whoever stole it, its family is over.
    refresh(&world, &second).is(401);
    world.get("/api/auth/me").bearer(&tokens.access).send().is(401);
}

#[test]
fn a_retry_within_the_grace_window_gets_the_same_successor() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    let first = next(&refresh(&world, &tokens.refresh).is(200));
    world.advance_ms(9_999);
    assert_eq!(next(&refresh(&world, &tokens.refresh).is(200)), first);
    refresh(&world, &first).is(200);
    assert_eq!(world.events("token.reused"), 0);
}

#[test]
fn a_retry_after_the_successor_was_used_is_a_reuse() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    let second = next(&refresh(&world, &tokens.refresh).is(200));
    let third = next(&refresh(&world, &second).is(200));
    refresh(&world, &tokens.refresh).is(401);
    refresh(&world, &third).is(401);
}

#[test]
fn a_retry_by_another_client_is_a_reuse() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    let second = next(&refresh(&world, &tokens.refresh).is(200));
    let body = json!({ "refreshToken": tokens.refresh });
    world.post("/api/auth/refresh").header("user-agent", "a thief's").json(body).send().is(401);
    refresh(&world, &second).is(401);
}

#[test]
fn without_a_grace_window_no_retry_is_answered() {
    let world = World::new();
    world.settings(json!({ "refreshGraceSeconds": 0 }));
    let tokens = world.session(&world.user("ada@example.com"));
    refresh(&world, &tokens.refresh).is(200);
    refresh(&world, &tokens.refresh).is(401);
}

#[test]
fn of_many_refreshes_at_once_one_lineage_comes_to_be() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    let ask = world.post("/api/auth/refresh").json(json!({ "refreshToken": tokens.refresh }));
    let replies = world.together(vec![ask; 20]);
    assert!(replies.iter().all(|reply| reply.status == 200));
    let mut successors: Vec<String> = replies.iter().map(next).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    assert_eq!(world.number("SELECT generation AS n FROM sessions"), 1);
    assert_eq!(world.events("token.reused"), 0);
}

#[test]
fn a_refresh_token_lives_thirty_days_and_each_use_begins_them_anew() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    world.advance(29 * 86_400);
    let second = next(&refresh(&world, &tokens.refresh).is(200));
    world.advance(29 * 86_400);
    world.cron();
    let third = next(&refresh(&world, &second).is(200));
    world.advance(30 * 86_400);
    refresh(&world, &third).is(401);
}

#[test]
fn a_reuse_is_seen_also_after_cron_ran() {
    let world = World::new();
    let tokens = world.session(&world.user("ada@example.com"));
    let second = next(&refresh(&world, &tokens.refresh).is(200));
    world.advance(20 * 86_400);
    world.cron();
    refresh(&world, &tokens.refresh).is(401);
    refresh(&world, &second).is(401);
    assert_eq!(world.events("token.reused"), 1);
}

#[test]
fn roles_are_those_of_the_refresh_not_of_the_login() {
    let world = World::new();
    let user = world.user_with("home", "ada@example.com", |user| user.roles = vec!["MANAGER".into()]);
    let tokens = world.session(&user);
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    world.patch(&path).bearer(&world.admin()).json(json!({ "roles": [] })).send().is(200);
    let reply = refresh(&world, &tokens.refresh).is(200);
    assert_eq!(claims(&reply.str("/data/accessToken"))["roles"], json!([]));
}

#[test]
fn a_token_of_another_tenant_is_refused_and_not_spent() {
    let world = World::new();
    world.tenant("b");
    world.sql("INSERT INTO tenants (id, name, directory, created_at) VALUES ('trial', 'Trial', 'home', 0)");
    let tokens = world.session(&world.user("ada@example.com"));
    let body = json!({ "refreshToken": tokens.refresh });
    world.post("/api/auth/refresh").tenant("b").json(body.clone()).send().is(403);
    world.post("/api/auth/refresh").tenant("trial").json(body.clone()).send().is(403);
    assert_eq!(world.number("SELECT count(*) AS n FROM sessions WHERE generation > 0"), 0);
    world.post("/api/auth/refresh").json(body).send().is(200);
}

#[test]
fn a_refresh_token_lives_as_long_as_its_own_tenant_says() {
    let world = World::new();
    let settings = r#"{"refreshTokenSeconds":3600}"#;
    let tenant = format!(
        "INSERT INTO tenants (id, name, directory, settings, status, created_at) VALUES ('trial', 'Trial', 'home', '{settings}', 'active', 0)"
    );
    world.sql(&tenant);
    let tokens = world.session(&world.user_with("trial", "ada@example.com", |_| {}));
    let second = next(&refresh(&world, &tokens.refresh).is(200));
    world.advance(3_600);
    refresh(&world, &second).is(401);
}
