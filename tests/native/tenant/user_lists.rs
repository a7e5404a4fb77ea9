//! Lists of users that are narrowed: each row that fits comes once, and a page costs what it shows, however many users there
//! are.

use std::collections::BTreeSet;

use crate::harness::World;

/// A world with so many users. Of each thousand two hold a role of their own, one is disabled, and one has another plan; with
/// `upside_down` it is the others who do.
fn with_users(users: i64, upside_down: bool) -> World {
    let world = World::new();
    let admin = world.admin();
    for plan in ["free", "pro"] {
        let body = serde_json::json!({ "name": plan, "rank": 1 });
        world.post("/tenant/home/v2/Plans").bearer(&admin).json(body).send();
    }
    let most = if upside_down { "<>" } else { "=" };
    let roles = "CASE WHEN n % 500 = 7 THEN '[\"MANAGER\"]' ELSE '[]' END";
    let roles = if upside_down { "'[\"MANAGER\"]'" } else { roles };
    world.sql(&format!(
        "WITH RECURSIVE seq (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM seq WHERE n < {users})
         INSERT INTO users (id, tenant_id, directory, email, email_key, name, roles, plan, status, created_at, words)
         SELECT printf('u%07d', n), 'home', 'home', 'user' || n || '@example.com', 'user' || n || '@example.com',
                'Ann Smith' || n, {roles}, CASE WHEN n % 1000 {most} 5 THEN 'pro' END,
                CASE WHEN n % 1000 {most} 3 THEN 'disabled' ELSE 'active' END, 0,
                json_array('ann', 'anna', 'smith' || n, 'user' || n || '@example.com', 'example.com', 'com') FROM seq"
    ));
    world
}

/// Which users a query is to find, as SQL, and whether each page of it is full.
const QUERIES: [(&str, &str); 15] = [
    ("email=user77@example.com", "email_key = 'user77@example.com'"),
    ("email=user77@example.com&status=disabled", "email_key = 'user77@example.com' AND status = 'disabled'"),
    ("role=MANAGER", "roles LIKE '%MANAGER%'"),
    ("role=MANAGER&status=disabled", "roles LIKE '%MANAGER%' AND status = 'disabled'"),
    ("role=nobody", "0"),
    ("status=disabled", "status = 'disabled'"),
    ("status=active", "status = 'active'"),
    ("status=other", "0"),
    ("plan=pro", "plan = 'pro'"),
    ("plan=free", "coalesce(plan, 'free') = 'free'"),
    ("plan=pro&status=active", "plan = 'pro' AND status = 'active'"),
    ("search=smith77", "name LIKE '%Smith77%'"),
    ("search=an", "name LIKE 'Ann%'"),
    ("search=an+smith77", "name LIKE '%Smith77%'"),
    (
        "search=ann+com&status=disabled&plan=free",
        "status = 'disabled' AND coalesce(plan, 'free') = 'free' AND name LIKE 'Ann%'",
    ),
];

/// Steps of the database that a user on a page takes, with whom it shows of them.
const OF_EACH: u64 = 64;

/// The ids that the pages of a query have, the number of pages, and the most steps that one took the database beside those
/// of each user on it.
fn paged(world: &World, query: &str) -> (Vec<String>, usize, u64) {
    let admin = world.admin();
    let (mut ids, mut pages, mut most, mut cursor) = (Vec::new(), 0, 0, String::new());
    loop {
        let path = format!("/tenant/home/v2/Users?limit=100&{query}&cursor={cursor}");
        world.db.steps.set(0);
        let reply = world.get(&path).bearer(&admin).send().is(200);
        let items = reply.json["items"].as_array().unwrap();
        most = most.max(world.db.steps.get().saturating_sub(OF_EACH * items.len() as u64));
        ids.extend(items.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        pages += 1;
        assert!(pages < 500, "{query} does not end");
        let Some(next) = reply.json["nextCursor"].as_str() else { return (ids, pages, most) };
        cursor = next.to_owned();
    }
}

#[test]
fn each_user_that_fits_comes_once_and_no_page_costs_more_than_a_window() {
    for upside_down in [false, true] {
        let (small, large) = (with_users(1_500, upside_down), with_users(12_000, upside_down));
        for (query, fits) in QUERIES {
            let (_, _, few) = paged(&small, query);
            let (ids, _, most) = paged(&large, query);
            let wanted: BTreeSet<String> = large
                .sql(&format!("SELECT id FROM users WHERE {fits}"))
                .iter()
                .map(|row| row["id"].as_str().unwrap().to_owned())
                .collect();
            let found: BTreeSet<String> = ids.iter().cloned().collect();
            assert_eq!(found.len(), ids.len(), "{query}: one came twice");
            assert_eq!(found, wanted, "{query}");
            assert!(most <= few * 3 / 2 + 2_000, "{query}: {few} with few users, {most} with many");
        }
    }
}

#[test]
fn the_first_page_of_a_plain_filter_is_full() {
    let world = with_users(3_000, true);
    let admin = world.admin();
    for query in ["role=MANAGER", "status=disabled", "plan=pro", "search=an", ""] {
        let reply = world.get(&format!("/tenant/home/v2/Users?{query}")).bearer(&admin).send().is(200);
        assert_eq!(reply.json["items"].as_array().unwrap().len(), 50, "{query}");
    }
}

#[test]
fn a_page_of_a_search_goes_on_behind_users_who_went_or_changed_their_name() {
    let world = with_users(300, false);
    let admin = world.admin();
    let get = |cursor: &str| {
        let path = format!("/tenant/home/v2/Users?search=smith&limit=50&cursor={cursor}");
        world.get(&path).bearer(&admin).send().is(200).json
    };
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&cursor);
        let ids: Vec<String> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["id"].as_str().unwrap().to_owned())
            .collect();
        let last = ids.last().cloned();
        seen.extend(ids);
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = next.to_owned();
        // The one that the page ended with goes.
        world.sql(&format!("DELETE FROM users WHERE id = '{}'", last.unwrap()));
    }
    let unique: BTreeSet<&String> = seen.iter().collect();
    assert_eq!((seen.len(), unique.len()), (300, 300));
    // Cursors that are none of this list.
    for wrong in ["u0000001", "%21.u1", "!", "a", "~~.x", "AA.%27", "_w.u1"] {
        let path = format!("/tenant/home/v2/Users?search=smith&cursor={wrong}");
        world.get(&path).bearer(&admin).send().is(400);
    }
}

#[test]
fn roles_that_change_are_found_by_what_they_are() {
    let world = World::new();
    let admin = world.admin();
    let user = world.user("ada@example.com");
    let path = format!("/tenant/home/v2/Users/{}", user.id);
    let found = |role: &str| {
        let reply = world.get(&format!("/tenant/home/v2/Users?role={role}")).bearer(&world.admin()).send();
        reply.is(200).json["items"].as_array().unwrap().len()
    };
    for (roles, managers, technicians) in [
        (vec!["MANAGER"], 1, 0),
        (vec!["MANAGER", "TECHNICIAN"], 1, 1),
        (vec!["TECHNICIAN"], 0, 1),
        (vec![], 0, 0),
    ] {
        let body = serde_json::json!({ "roles": roles });
        world.patch(&path).bearer(&admin).json(body).send().is(200);
        assert_eq!((found("MANAGER"), found("TECHNICIAN")), (managers, technicians), "{roles:?}");
    }
    let kept = "SELECT count(*) AS n FROM user_roles";
    assert_eq!(world.number(kept), 1);
    world.patch(&path).bearer(&admin).json(serde_json::json!({ "roles": ["MANAGER"] })).send().is(200);
    world.delete(&path).bearer(&admin).send().is(204);
    assert_eq!((world.number(kept), found("MANAGER")), (1, 0));
}

/// Other lists that are narrowed: rows of which few fit, and the query.
const OTHERS: [(&str, &str, usize); 5] = [
    (
        "Audit?actor=eve",
        "INSERT INTO audit (id, tenant_id, at, event, outcome, actor)
         SELECT printf('a%07d', n), 'home', n, 'row', 'success', CASE WHEN n % 1000 = 5 THEN 'eve' ELSE 'ada' END FROM seq",
        6,
    ),
    (
        "Audit?event=rare&outcome=failure",
        "INSERT INTO audit (id, tenant_id, at, event, outcome)
         SELECT printf('a%07d', n), 'home', n, CASE WHEN n % 1000 = 5 THEN 'rare.one' ELSE 'row' END, 'failure' FROM seq",
        6,
    ),
    (
        "Mails?recipient=EVE@example.com&status=sent",
        "INSERT INTO mails (id, tenant_id, kind, recipient, status, next_at, expires_at, created_at)
         SELECT printf('m%07d', n), 'home', 'welcome', CASE WHEN n % 1000 = 5 THEN 'Eve@example.com' ELSE 'ada' END,
                'sent', 0, 0, 0 FROM seq",
        6,
    ),
    (
        "Tenants?trial=false",
        "INSERT INTO tenants (id, name, directory, created_at)
         SELECT printf('t%07d', n) || CASE WHEN n % 1000 = 5 THEN '-plain' ELSE '' END, 'T', n, 0 FROM seq",
        7,
    ),
    (
        "ApiKeys?",
        "INSERT INTO api_keys (id, tenant_id, name, prefix, hash, scopes, created_at, revoked_at)
         SELECT printf('k%07d', n), 'home', 'k', 'pc', 'h', '[]', 0, CASE WHEN n % 1000 = 5 THEN NULL ELSE 1 END FROM seq",
        6,
    ),
];

#[test]
fn other_lists_of_which_little_fits_cost_a_window_a_page() {
    for (path, insert, wanted) in OTHERS {
        let mut costs = Vec::new();
        for rows in [1_100, 5_500] {
            let world = World::new();
            let admin = world.admin();
            world.sql(&format!(
                "WITH RECURSIVE seq (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM seq WHERE n < {rows}) {insert}"
            ));
            world.sql(
                "INSERT INTO trials (issuer, holder, tenant_id, created_at)
                 SELECT 'i', id, id, 0 FROM tenants WHERE id LIKE 't%' AND id NOT LIKE '%-plain'",
            );
            let (mut ids, mut cursor, mut most) = (BTreeSet::new(), String::new(), 0);
            let mut came = 0;
            loop {
                let ask = format!("/tenant/home/v2/{path}&limit=100&cursor={cursor}");
                world.db.steps.set(0);
                let reply = world.get(&ask).bearer(&admin).send().is(200);
                most = most.max(world.db.steps.get());
                for item in reply.json["items"].as_array().unwrap() {
                    came += 1;
                    ids.insert(item["id"].as_str().unwrap().to_owned());
                }
                let Some(next) = reply.json["nextCursor"].as_str() else { break };
                cursor = next.to_owned();
            }
            assert_eq!(came, ids.len(), "{path}: one came twice");
            if rows > 5_000 {
                assert_eq!(ids.len(), wanted, "{path}: {ids:?}");
            }
            costs.push(most);
        }
        assert!(costs[1] <= costs[0] * 3 / 2 + 2_000, "{path}: {costs:?}");
    }
}
