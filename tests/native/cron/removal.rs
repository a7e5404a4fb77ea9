//! What is over goes, in pieces; what is not stays.

use portcullis::model::id::uuid_v7;
use portcullis::model::time::Time;
use serde_json::Value;

use super::{numbers, run};
use crate::harness::World;

const DAY: i64 = 86_400;

/// What says when a row is over.
#[derive(Clone, Copy)]
enum By {
    /// A column, so many seconds after the time in it.
    Column(&'static str, i64),
    /// The id, so many days after the time in it.
    Id(i64),
}

/// A table, what says when its rows are over, and what such a row has in other columns.
type Kind = (&'static str, By, &'static [(&'static str, &'static str)]);

/// What goes once it is over.
const ROWS: [Kind; 18] = [
    ("sessions", By::Column("expires_at", DAY), &[]),
    ("sessions", By::Column("ended_at", DAY), &[("expires_at", "9000000000000")]),
    ("mail_links", By::Column("expires_at", DAY), &[]),
    ("email_changes", By::Column("expires_at", DAY), &[]),
    ("authorization_requests", By::Column("expires_at", DAY), &[]),
    ("authorization_codes", By::Column("expires_at", DAY), &[]),
    ("device_codes", By::Column("expires_at", DAY), &[]),
    ("challenges", By::Column("expires_at", DAY), &[]),
    ("passkey_challenges", By::Column("expires_at", DAY), &[]),
    ("federation_used", By::Column("expires_at", DAY), &[]),
    ("vault_attempts", By::Column("expires_at", 0), &[]),
    ("trusted_devices", By::Column("expires_at", DAY), &[]),
    ("signing_keys", By::Column("gone_at", DAY), &[]),
    ("rsa_keys", By::Column("gone_at", DAY), &[]),
    ("audit", By::Column("expires_at", 0), &[]),
    ("outbox", By::Id(7), &[]),
    ("mails", By::Id(30), &[("status", "'sent'")]),
    ("console_sessions", By::Column("expires_at", 0), &[]),
];

/// Tables with an `expires_at` whose rows stay.
const KEPT: [&str; 2] = ["api_keys", "vault_connections"];

/// Puts rows into a table, each over at a time which is SQL of `n`, with what it must have.
fn fill(world: &World, table: &str, by: By, at: &str, others: &[(&str, &str)], rows: usize) {
    let tag = world.db.trips.get() + usize::try_from(world.db.rows_changed()).unwrap();
    let mut given: Vec<(String, String)> =
        others.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    given.push(match by {
        By::Column(column, _) => (column.to_owned(), at.to_owned()),
        By::Id(_) => ("id".to_owned(), at.to_owned()),
    });
    for column in world.sql(&format!("PRAGMA table_info({table})")) {
        let name = column["name"].as_str().unwrap();
        if column["notnull"] == 0 && column["pk"] == 0 || given.iter().any(|(known, _)| known == name) {
            continue;
        }
        let value = if column["type"] == "INTEGER" { format!("{tag} + n") } else { format!("'{tag}/' || n") };
        given.push((name.to_owned(), value));
    }
    let (names, values): (Vec<String>, Vec<String>) = given.into_iter().unzip();
    let (names, values) = (names.join(", "), values.join(", "));
    world.sql("PRAGMA foreign_keys = OFF");
    world.sql(&format!("INSERT INTO {table} ({names}) {} SELECT {values} FROM seq", numbers(rows)));
    world.sql("PRAGMA foreign_keys = ON");
}

/// SQL of what rows have that were over so many milliseconds ago; fewer than none: that will be.
fn ago(world: &World, by: By, ms: i64) -> String {
    let at = |seconds: i64| world.now().0 - seconds * 1000 - ms;
    match by {
        By::Column(_, seconds) => at(seconds).to_string(),
        By::Id(days) => {
            let id = uuid_v7(Time(at(days * DAY)), [0; 10]);
            format!("'{}-' || printf('%012x', n)", &id[..23])
        }
    }
}

fn count(world: &World, table: &str) -> i64 {
    world.number(&format!("SELECT count(*) AS n FROM {table}"))
}

#[test]
fn what_is_over_goes_in_pieces_and_nothing_else() {
    let world = World::new();
    world.get("/.well-known/jwks.json").send().is(200);
    // What the world began with.
    let tables: Vec<&str> = ROWS.iter().map(|(table, _, _)| *table).collect();
    let before: Vec<i64> = tables.iter().map(|table| count(&world, table)).collect();
    for (table, by, others) in ROWS {
        fill(&world, table, by, &ago(&world, by, 1), others, 2_100);
        // Now is not over yet, nor is what comes.
        fill(&world, table, by, &ago(&world, by, 0), others, 3);
        fill(&world, table, by, &ago(&world, by, -60_000), others, 4);
    }
    world.db.largest.set(0);
    let (trips, _) = run(&world);
    assert!(trips < 200, "{trips}");
    // A piece, with an event or a note.
    assert!(world.db.largest.get() <= 2_010, "{}", world.db.largest.get());
    for (at, table) in tables.iter().enumerate() {
        let times = tables.iter().filter(|other| *other == table).count();
        let more = i64::try_from(7 * times).unwrap();
        assert_eq!(count(&world, table), before[at] + more, "{table}");
    }
    assert_eq!(world.log.0.borrow().iter().filter(|line| line.contains("removal.behind")).count(), 0);
}

/// A million rows, of two kinds and 10,000 tenants.
#[test]
fn much_that_is_over_is_caught_up_with_over_several_runs() {
    let world = World::new();
    world.sql(&format!(
        "INSERT INTO tenants (id, name, directory, created_at) {} SELECT 't' || n, 'T', 't' || n, 0 FROM seq",
        numbers(10_000)
    ));
    let tenant = ("tenant_id", "'t' || (1 + n % 10000)");
    let (_, by, _) = ROWS[14];
    fill(&world, "audit", by, &ago(&world, by, 1), &[tenant], 800_000);
    let (_, by, others) = ROWS[1];
    let others = [others, &[tenant]].concat();
    fill(&world, "sessions", by, &ago(&world, by, 1), &others, 200_000);
    fill(&world, "sessions", by, &ago(&world, by, -60_000), &others, 10);
    let mut runs = Vec::new();
    while count(&world, "audit") + count(&world, "sessions") > 10 {
        let left = count(&world, "audit") + count(&world, "sessions");
        world.db.largest.set(0);
        let (trips, _) = run(&world);
        let removed = left - count(&world, "audit") - count(&world, "sessions");
        assert!(removed > 0 && trips < 200 && world.db.largest.get() <= 1_001, "{removed} in {trips}");
        runs.push(removed);
    }
    // The second kind has its share although there is more of the first.
    assert!(runs.len() > 5 && runs.len() <= 30, "{runs:?}");
    assert_eq!(count(&world, "sessions"), 10);
    let told = world.log.0.borrow().iter().filter(|line| line.contains("removal.behind")).count();
    assert_eq!(told, runs.len() - 1);
}

#[test]
fn a_kind_that_cannot_be_removed_holds_up_no_other() {
    let world = World::new();
    for (table, by, others) in ROWS {
        fill(&world, table, by, &ago(&world, by, 1), others, 10);
    }
    world.sql("CREATE TRIGGER stuck BEFORE DELETE ON mail_links BEGIN SELECT RAISE(ABORT, 'stuck'); END");
    assert!(world.cron_fault().is_some_and(|fault| fault.contains("removal")));
    for (table, _, _) in ROWS {
        assert_eq!(count(&world, table), if table == "mail_links" { 10 } else { 0 }, "{table}");
    }
    let lines = world.log.0.borrow();
    let line = lines.iter().find(|line| line.contains("stuck")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["event"], &line["rows"]), (&"removal".into(), &"mail_links".into()));
}

#[test]
fn every_table_whose_rows_expire_is_among_those() {
    let world = World::new();
    for table in world.sql("SELECT name FROM sqlite_master WHERE type = 'table'") {
        let name = table["name"].as_str().unwrap();
        let columns = world.sql(&format!("PRAGMA table_info({name})"));
        let expires = columns.iter().any(|column| column["name"] == "expires_at");
        let goes = ROWS.iter().any(|(table, _, _)| *table == name);
        assert_eq!(expires && !KEPT.contains(&name), expires && goes, "{name}");
    }
}

/// References whose rows are few or short-lived, to tenants, which are seldom deleted.
const UNINDEXED: [&str; 9] = [
    "authorization_codes(tenant_id)",
    "authorization_requests(tenant_id)",
    "challenges(tenant_id)",
    "device_codes(tenant_id)",
    "email_changes(tenant_id)",
    "email_domains(tenant_id, provider_id)",
    "logout_deliveries(tenant_id)",
    "passkey_challenges(tenant_id)",
    "vault_attempts(tenant_id)",
];

/// What goes with a row is found by an index: else each deletion reads a whole table, which no query plan shows.
#[test]
fn what_goes_with_a_row_is_found_by_an_index() {
    let world = World::new();
    let mut unindexed = Vec::new();
    for table in world.sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
        let table = table["name"].as_str().unwrap();
        let indexes = world.sql(&format!("PRAGMA index_list({table})"));
        let begins = |columns: &[String]| {
            indexes.iter().any(|index| {
                let parts = world.sql(&format!("PRAGMA index_info({})", index["name"].as_str().unwrap()));
                let mut first: Vec<&str> =
                    parts.iter().take(columns.len()).filter_map(|part| part["name"].as_str()).collect();
                first.sort_unstable();
                let mut wanted: Vec<&str> = columns.iter().map(String::as_str).collect();
                wanted.sort_unstable();
                first == wanted
            })
        };
        let keys = world.sql(&format!("PRAGMA foreign_key_list({table})"));
        for id in keys.iter().filter(|key| key["seq"] == 0).map(|key| &key["id"]) {
            let of_key = keys.iter().filter(|key| &key["id"] == id);
            let columns: Vec<String> = of_key.map(|key| key["from"].as_str().unwrap().to_owned()).collect();
            if !begins(&columns) {
                unindexed.push(format!("{table}({})", columns.join(", ")));
            }
        }
    }
    assert_eq!(unindexed, UNINDEXED);
}
