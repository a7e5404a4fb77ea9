//! Lists page stably through 10,000 rows: each row comes once, whatever comes and goes meanwhile, and no page
//! costs more than its rows.

use std::collections::HashMap;

use portcullis::ports::Stmt;

use crate::harness::World;

/// A list: its path, its table, and an `INSERT` of rows for the ids in `ids`. A new list needs a line here.
const LISTS: [(&str, &str, &str); 13] = [
    (
        "Users/of-home/Passkeys",
        "passkeys",
        "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count, backed_up,
                               transports, name, created_at)
         SELECT id, 'home', 'of-' || 'home', id, 'auth.example.com', 'k', 0, 0, '[]', 'P', 0 FROM ids",
    ),
    (
        "Users/of-home/ApiKeys",
        "api_keys",
        "INSERT INTO api_keys (id, tenant_id, user_id, name, prefix, hash, scopes, created_at)
         SELECT id, 'home', 'of-' || 'home', 'k', 'pc', 'h', '[]', 0 FROM ids",
    ),
    (
        "JoinRequests",
        "join_requests",
        "INSERT INTO join_requests (id, tenant_id, provider_id, issuer, subject, email, email_verified, asked_at)
         SELECT id, 'home', 'google', 'i', id, 'x@rows.example', 1, 0 FROM ids",
    ),
    (
        "Users",
        "users",
        "INSERT INTO users (id, tenant_id, directory, email, email_key, created_at)
         SELECT id, 'home', 'home', id || '@rows.example', id || '@rows.example', 0 FROM ids",
    ),
    (
        "ApiKeys",
        "api_keys",
        "INSERT INTO api_keys (id, tenant_id, name, prefix, hash, scopes, created_at)
         SELECT id, 'home', 'k', 'pc', 'h', '[]', 0 FROM ids",
    ),
    (
        "Audit",
        "audit",
        "INSERT INTO audit (id, tenant_id, at, event, outcome) SELECT id, 'home', 0, 'row', 'success' FROM ids",
    ),
    (
        "Users/of-home/Sessions",
        "sessions",
        "INSERT INTO sessions (id, tenant_id, user_id, amr, auth_time, address, user_agent, created_at, seen_at,
                               expires_at)
         SELECT id, 'home', 'of-' || 'home', '[]', 0, '', '', 0, 0, 9000000000000 FROM ids",
    ),
    (
        "Users/of-home/Identities",
        "identities",
        "INSERT INTO identities (id, tenant_id, provider_id, issuer, subject, user_id, linked_at)
         SELECT id, 'home', 'google', 'https://accounts.google.com', id, 'of-' || 'home', 0 FROM ids",
    ),
    (
        "Clients",
        "clients",
        "INSERT INTO clients (id, tenant_id, name, metadata, created_at) SELECT id, 'home', 'C', '{}', 0 FROM ids",
    ),
    (
        "Tenants",
        "tenants",
        "INSERT INTO tenants (id, name, directory, created_at) SELECT id, 'T', id, 0 FROM ids",
    ),
    (
        "Routes",
        "routes",
        "INSERT INTO routes (id, tenant_id, name, spec, created_at) SELECT id, 'home', id,
                '{\"name\":\"r\",\"path\":\"/r/\",\"origin\":\"http://o.internal\"}', 0 FROM ids",
    ),
    (
        "IdentityProviders",
        "identity_providers",
        "INSERT INTO identity_providers (tenant_id, id, spec, created_at) SELECT 'home', id,
                '{\"kind\":\"google\",\"name\":\"G\",\"clientId\":\"c\"}', 0 FROM ids",
    ),
    (
        "Audit?event=row&outcome=success",
        "audit",
        "INSERT INTO audit (id, tenant_id, at, event, outcome) SELECT id, 'home', 0, 'row', 'success' FROM ids",
    ),
];

const ROWS: i64 = 10_000;

fn id(at: i64, more: &str) -> String {
    format!("row-{at:05}{more}")
}

fn insert(world: &World, insert: &str, ids: &str) {
    world.sql(&format!("WITH ids (id) AS ({ids}) {insert}"));
}

/// Two tenants, each with a user whose sessions are listed.
fn with_users() -> World {
    let world = World::new();
    world.tenant("b");
    for tenant in ["home", "b"] {
        world.user_with(tenant, "of@lists.example", |user| user.id = format!("of-{tenant}"));
        world.sql(&format!(
            "INSERT INTO identity_providers (tenant_id, id, spec, created_at) VALUES ('{tenant}', 'google',
                    '{{\"kind\":\"google\",\"name\":\"G\",\"clientId\":\"c\"}}', 0)"
        ));
    }
    world
}

/// A world with that many rows for a list, and as many of another tenant's between them.
fn filled(insert_rows: &str) -> World {
    let world = with_users();
    let ids = |more: &str| {
        format!(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS} - 1)
             SELECT printf('row-%05d{more}', i) FROM n"
        )
    };
    insert(&world, insert_rows, &ids(""));
    if insert_rows.contains("'home'") {
        insert(&world, &insert_rows.replace("'home'", "'b'"), &ids("-b"));
    }
    world
}

/// How often each of our rows came, while one is made and two are deleted with each page.
fn paged(world: &World, path: &str, table: &str, insert_rows: &str) -> HashMap<String, usize> {
    let admin = world.admin();
    let newest_first = path.starts_with("Audit");
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut cursor = String::new();
    for page in 0.. {
        assert!(page < 150, "{path} does not end");
        let separator = if path.contains('?') { '&' } else { '?' };
        let ask = format!("/tenant/home/v2/{path}{separator}limit=100&cursor={cursor}");
        let reply = world.get(&ask).bearer(&admin).send().is(200);
        for item in reply.json["items"].as_array().unwrap() {
            let id = item.get("id").or_else(|| item.get("client_id")).unwrap();
            *seen.entry(id.as_str().unwrap().to_owned()).or_default() += 1;
        }
        let Some(next) = reply.json["nextCursor"].as_str() else { return seen };
        cursor = next.to_owned();
        // Every tenth row is one that goes, some before the page and some behind it; others come in between.
        let here = page * 100;
        let (before, behind) = ((here - 300).max(0) / 10 * 10, (here + 300).min(ROWS - 10) / 10 * 10);
        for gone in [before, behind] {
            let gone = if newest_first { ROWS - 10 - gone } else { gone };
            world.sql(&format!("DELETE FROM {table} WHERE id = '{}'", id(gone, "")));
        }
        for made in [before + 5, behind + 5] {
            insert(world, insert_rows, &format!("SELECT '{}'", id(made, &format!("-{page}"))));
        }
    }
    seen
}

#[test]
fn every_row_that_stays_comes_once_and_none_comes_twice() {
    for (path, table, insert_rows) in LISTS {
        let world = filled(insert_rows);
        let seen = paged(&world, path, table, insert_rows);
        assert!(seen.values().all(|times| *times == 1), "{path}");
        let missed: Vec<i64> =
            (0..ROWS).filter(|at| at % 10 != 0 && !seen.contains_key(&id(*at, ""))).collect();
        assert_eq!(missed, [0; 0], "{path}");
        assert!(!seen.keys().any(|id| id.ends_with("-b")), "{path}");
        // What went before its page came was not there any more.
        assert!(seen.len() < 10_300, "{path}: {}", seen.len());
    }
}

/// Whether a step of a plan looks rows up: a table WITHOUT ROWID is its primary key's index.
fn is_by_index(step: &str) -> bool {
    step.contains("USING INDEX") || step.contains("USING PRIMARY KEY")
}

#[test]
fn a_page_is_found_by_an_index_and_not_sorted() {
    for (path, _, insert_rows) in LISTS {
        let world = filled(insert_rows);
        let admin = world.admin();
        for cursor in ["", "row-05000"] {
            let separator = if path.contains('?') { '&' } else { '?' };
            let ask = format!("/tenant/home/v2/{path}{separator}limit=100&cursor={cursor}");
            world.get(&ask).bearer(&admin).send().is(200);
            let said = world.db.said.borrow().clone();
            // The page and, where rows are passed over, where it stops looking.
            assert!(said.len() <= 2, "{path}: {said:?}");
            for Stmt { sql, args, .. } in said {
                let explain = Stmt::new(format!("EXPLAIN QUERY PLAN {sql}"), args.clone());
                let plan = world.db.one(&explain).unwrap();
                let steps: Vec<&str> = plan.iter().map(|row| row["detail"].as_str().unwrap()).collect();
                // What is made within the statement is no table.
                let is_made = |step: &str| {
                    let name = step.strip_prefix("SCAN ").unwrap_or_default();
                    name.starts_with('(') || steps.contains(&format!("CO-ROUTINE {name}").as_str())
                };
                let is_look = |step: &&&str| {
                    (step.starts_with("SEARCH") || step.starts_with("SCAN"))
                        && !step.contains("CONSTANT ROW")
                        && !is_made(step)
                };
                let first = steps.iter().find(is_look).unwrap();
                assert!(first.starts_with("SEARCH") && is_by_index(first), "{path}: {steps:?}");
                assert!(first.contains("id>?") || first.contains("id<?"), "{path}: {steps:?}");
                let tenants_own =
                    path == "Tenants" || first.contains("tenant_id=?") || first.contains("user_id=?");
                assert!(tenants_own, "{path}: {steps:?}");
                assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{path}: {steps:?}");
                let mut looks = steps.iter().filter(is_look);
                let scans = looks.any(|step| step.starts_with("SCAN") && !step.contains("json_each"));
                assert!(!scans, "{path}: {steps:?}");
            }
        }
    }
}

#[test]
fn a_cursor_is_one_of_the_list_or_refused() {
    let world = with_users();
    let admin = world.admin();
    for (path, ..) in LISTS {
        let path = path.split('?').next().unwrap_or_default();
        for query in ["cursor=%27", "cursor=a%20b", "cursor=~", "limit=0", "limit=101", "limit=x", "limit=-1"]
        {
            let ask = format!("/tenant/home/v2/{path}?{query}");
            world.get(&ask).bearer(&admin).send().is(400);
        }
        let nothing = world.get(&format!("/tenant/home/v2/{path}?limit=1&cursor=")).bearer(&admin).send();
        nothing.is(200);
    }
}
