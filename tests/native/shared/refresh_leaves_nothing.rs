//! Use leaves nothing behind: however often tokens are refreshed, the database is as large as after the first time.

use serde_json::json;

use crate::harness::World;
use crate::harness::oidc::{Params, Party};

/// On each of three surfaces.
const TIMES: usize = 3_400;

/// Rows of every table, and pages of the file.
fn size(world: &World) -> Vec<(String, i64)> {
    let tables = world.sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
    let names = tables.iter().map(|row| row["name"].as_str().unwrap().to_owned());
    let rows = |name: String| {
        let count = world.number(&format!("SELECT count(*) AS n FROM {name}"));
        (name, count)
    };
    let mut all: Vec<_> = names.map(rows).collect();
    world.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    all.push(("pages".into(), world.number("SELECT page_count AS n FROM pragma_page_count()")));
    all
}

#[test]
fn ten_thousand_refreshes_leave_the_database_as_large_as_the_first() {
    let party = Party::confidential();
    let world = &party.world;
    let mut session = world.session(&party.user).refresh;
    let mut account = world.session(&party.user).refresh;
    let mut client = party.tokens().str("/refresh_token");
    let mut refresh = || {
        let body = json!({ "refreshToken": session });
        session = world.post("/api/auth/refresh").json(body).send().is(200).str("/data/refreshToken");
        let body = json!({ "refresh_token": account });
        account = world.post("/auth/refresh").json(body).send().is(200).str("/refresh_token");
        let form = Params::of(&[("grant_type", "refresh_token"), ("refresh_token", &client)]);
        client = party.token(&form).is(200).str("/refresh_token");
        world.advance(60);
    };
    refresh();
    let first = size(world);
    for _ in 1..TIMES {
        refresh();
    }
    assert_eq!(size(world), first);
    assert_eq!(world.number("SELECT max(generation) AS n FROM sessions"), 3_400);
}
