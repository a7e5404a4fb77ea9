//! What is due is asked for once for all tenants, and done in bounded pieces.

use serde_json::json;

use super::{numbers, run};
use crate::harness::World;

const DAY: i64 = 86_400;

/// A world with 10,000 tenants, of which the signing keys of so many are due; the last of these is of a tenant that is gone,
/// so that nothing can be written for it.
fn with_tenants(due: usize) -> World {
    let world = World::new();
    world.get("/.well-known/jwks.json").send().is(200);
    let many = numbers(10_000);
    world.sql(&format!(
        "INSERT INTO tenants (id, name, directory, created_at) {many} SELECT 't' || n, 'T', 't' || n, 0 FROM seq"
    ));
    let now = world.now().0;
    world.sql(&format!(
        "INSERT INTO signing_keys (tenant_id, turn, kid, public_jwk, sealed_private, created_at, active_at) {many}
         SELECT 't' || n, 1, 'k' || n, '{{}}', '', 0, {now} + CASE WHEN n <= {due} THEN n - 100000 ELSE n END FROM seq"
    ));
    world.sql("PRAGMA foreign_keys = OFF");
    world.sql("UPDATE signing_keys SET tenant_id = 'gone', active_at = 1 WHERE tenant_id = 't1'");
    world.sql("PRAGMA foreign_keys = ON");
    world
}

fn rotated(world: &World) -> i64 {
    world.number("SELECT count(*) AS n FROM signing_keys WHERE turn = 2 AND tenant_id LIKE 't%'")
}

#[test]
fn keys_of_ten_thousand_tenants_are_rotated_as_they_are_due() {
    let idle = run(&with_tenants(1)).0;
    let world = with_tenants(150);
    let mut all = Vec::new();
    for expected in [39, 78, 117, 149] {
        let (trips, _) = run(&world);
        assert_eq!(rotated(&world), expected);
        all.push(trips);
    }
    // One question for all tenants, another where one could not be rotated, and two trips for each that is due.
    assert!(all.iter().all(|trips| *trips <= idle + 90), "{idle} {all:?}");
    let (trips, _) = run(&world);
    assert!(trips <= idle + 5, "{trips} {idle}");
    let failed = world.log.0.borrow().iter().filter(|line| line.contains("\"tenant\":\"gone\"")).count();
    assert_eq!(failed, 5);
    // The others are not due.
    assert_eq!(rotated(&world), 149);
}

#[test]
fn a_run_stays_within_what_one_invocation_may_ask() {
    let world = with_tenants(400);
    let now = world.now().0;
    let many = numbers(400);
    world.user("ada@example.com");
    let user = world.sql("SELECT id FROM users")[0]["id"].as_str().unwrap().to_owned();
    world.client("home", "app", json!({ "backchannel_logout_uri": "https://app.example/logout" }));
    let of_user = format!("'home', '{user}'");
    for sql in [
        // Mails that wait, and notices that are to be summed up.
        format!(
            "INSERT INTO mails (id, tenant_id, user_id, kind, recipient, sealed, next_at, expires_at, created_at) {many}
             SELECT 'm' || n, {of_user}, 'welcome', 'ada@example.com', 'x', {now} - n, {now} + 900000, {now} FROM seq"
        ),
        format!(
            "INSERT INTO gathered_notices (id, tenant_id, user_id, kind, recipient, created_at) {many}
             SELECT 'g' || n, {of_user}, 'password-changed', n || '@example.com', 1 FROM seq"
        ),
        format!(
            "INSERT INTO logout_deliveries (id, tenant_id, client_id, user_id, session_id, next_at, created_at) {many}
             SELECT 'l' || n, 'home', 'app', '{user}', 's', 1, {now} FROM seq"
        ),
        format!(
            "INSERT INTO vault_revocations (id, tenant_id, connection_id, provider_id, binding, spec, next_at, created_at)
             {many} SELECT 'r' || n, 'home', 'c', 'p', 'b', '{{}}', 1, {now} FROM seq"
        ),
        format!(
            "INSERT INTO users (id, tenant_id, directory, email, email_key, created_at) {many}
             SELECT 'u' || n, 't2', 't2', n, n, 0 FROM seq"
        ),
        // Trials and clients that nobody uses.
        format!(
            "INSERT INTO trials (issuer, holder, tenant_id, created_at, used_at) {many}
             SELECT 'i', n, 't' || (n + 1000), 0, 0 FROM seq"
        ),
        format!(
            "INSERT INTO clients (id, tenant_id, name, metadata, registration_hash, created_at) {many}
             SELECT 'c' || n, 'home', 'C', '{{}}', 'h', 0 FROM seq"
        ),
        // Connections that nobody uses, each of a person.
        "UPDATE tenants SET settings = '{\"connectionIdleDays\":30}' WHERE id = 't2'".to_owned(),
        format!(
            "INSERT INTO vault_connections (id, tenant_id, user_id, provider_id, binding, kind, status, created_at,
                                            updated_at, idle_from)
             {many} SELECT 'v' || n, 't2', 'u' || n, 'openai', 'b', 'api_key', 'active', 1, 1, 1 FROM seq"
        ),
        format!(
            "INSERT INTO audit (id, tenant_id, at, event, outcome, expires_at) {} SELECT 'a' || n, 'home', 1, 'e', 'success', 1 FROM seq",
            numbers(200_000)
        ),
    ] {
        world.sql(&sql);
    }
    let count = |table: &str| world.number(&format!("SELECT count(*) AS n FROM {table}"));
    let tables = ["mails", "gathered_notices", "trials", "clients", "audit", "vault_revocations"];
    let before = tables.map(count);
    let (trips, others) = run(&world);
    assert!(trips + others < 1_000, "{trips} and {others}");
    // Something of everything was done.
    for (table, was) in tables.into_iter().zip(before) {
        let is_done = match table {
            // What sums notices up is a mail.
            "mails" => world.number("SELECT count(*) AS n FROM mails WHERE attempts > 0") > 0,
            _ => count(table) < was,
        };
        assert!(is_done, "{table}");
    }
    assert!(rotated(&world) > 0);
    assert!(world.number("SELECT count(*) AS n FROM user_words WHERE tenant_id = 't2'") > 0);
    // What does not fit any more has its turn as soon as there is less of the rest.
    let waits = world.log.0.borrow().iter().any(|line| line.contains("cron.behind"));
    let connections = "SELECT count(*) AS n FROM vault_connections";
    assert_eq!(world.number(connections), if waits { 400 } else { 200 });
    for _ in 0..20 {
        let (trips, others) = run(&world);
        assert!(trips + others < 1_000, "{trips} and {others}");
    }
    assert_eq!(world.number(connections), 0);
}

/// Each does its own part although one of its kind fails at each run.
#[test]
fn one_that_fails_keeps_no_other_of_its_kind_waiting() {
    let world = with_tenants(30);
    let many = numbers(5);
    world.sql(&format!(
        "INSERT INTO trials (issuer, holder, tenant_id, created_at, used_at) {many} SELECT 'i', n, 't' || n, 0, n FROM seq"
    ));
    world.sql(&format!(
        "INSERT INTO clients (id, tenant_id, name, metadata, registration_hash, created_at) {many}
         SELECT 'c' || n, 'home', 'C', '{{}}', 'h', n FROM seq"
    ));
    world.sql(
        "CREATE TRIGGER no_tenant BEFORE DELETE ON tenants WHEN old.id = 't1' BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    world.sql(
        "CREATE TRIGGER no_client BEFORE DELETE ON clients WHEN old.id = 'c1' BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    run(&world);
    assert_eq!(world.number("SELECT count(*) AS n FROM trials"), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM clients WHERE id LIKE 'c%'"), 1);
    let lines = world.log.0.borrow();
    for event in ["keys.rotate", "trials", "clients.unused"] {
        assert!(lines.iter().any(|line| line.contains(&format!("\"event\":\"{event}\""))), "{event}");
    }
}

/// A grant that lives keeps its client, however old it is, and it is not looked at again at each run.
#[test]
fn a_client_in_use_is_looked_at_once_in_thirty_days() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let now = world.now().0;
    world.sql(&format!(
        "INSERT INTO clients (id, tenant_id, name, metadata, registration_hash, created_at) {}
         SELECT 'c' || n, 'home', 'C', '{{}}', 'h', n FROM seq",
        numbers(120)
    ));
    world.sql(&format!(
        "INSERT INTO sessions (id, tenant_id, user_id, client_id, amr, auth_time, address, user_agent, created_at, seen_at,
                               expires_at) {}
         SELECT 's' || n, 'home', '{}', 'c' || n, '[]', 0, '', '', 0, 0, {} FROM seq",
        numbers(110),
        user.id,
        now + 40 * DAY * 1000
    ));
    for _ in 0..3 {
        run(&world);
    }
    // The ten without a grant are gone, although a hundred and ten older ones are in use.
    assert_eq!(world.number("SELECT count(*) AS n FROM clients WHERE id LIKE 'c%'"), 110);
    assert_eq!(world.number(&format!("SELECT count(*) AS n FROM clients WHERE used_at = {now}")), 110);
    world.advance(42 * DAY);
    for _ in 0..3 {
        run(&world);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM clients WHERE id LIKE 'c%'"), 0);
}
