//! What each endpoint waits for: how many round trips to storage, one after another, stand before its answer. `budget.md`
//! says it, and is held here: each endpoint is asked once with a good request, by an isolate that knows nothing (cold) and by
//! one that has answered its caller before (warm). A request that waits more often than is
//! written fails; `WRITE_BUDGET=1 cargo test budget::` writes the file anew, so that each change is seen.

mod account;
mod connections;
mod console;
mod meter;
mod oauth;
mod pages;
mod session;
mod sso;
mod system;
mod tenant;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use portcullis::http::guard::Run;

use self::meter::{Meter, Row};
use crate::harness::World;
use crate::shared::fresh_sign_in::Stage;
use crate::shared::fresh_sign_in_rows::ROWS;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/native/budget/budget.md");
const HEAD: &str = "| request | as | cold | warm |\n|---|---|---:|---:|\n";

/// The most that these may wait, cold and warm, whatever the file says.
const AT_MOST: &[(&str, &str, usize, usize)] = &[
    ("POST /api/auth/login", "", 3, 2),
    ("POST /auth/login", "", 3, 2),
    ("POST /tenant/{tenant}/login", "", 3, 2),
    ("POST /api/auth/login", "wrong password", 3, 2),
    ("POST /auth/register", "", 3, 3),
    ("POST /tenant/{tenant}/register", "", 3, 3),
    ("POST /api/auth/magic-link/request", "", 3, 3),
    ("POST /users/auth/magic-link/request", "", 3, 3),
    ("POST /tenant/{tenant}/magic-link", "", 3, 3),
    ("POST /auth/forgot-password", "", 3, 3),
    ("POST /tenant/{tenant}/forgot", "", 3, 3),
    ("GET /tenant/{tenant}/login", "", 3, 0),
    ("POST /tenant/{tenant}/oauth2/introspect", "", 4, 1),
    ("GET /api/auth/me", "", 3, 1),
];

/// The figures of each row: cold and warm.
type Figures = BTreeMap<(String, String), [usize; 2]>;

fn measured() -> (Figures, Vec<String>) {
    let all = [
        account::rows(),
        connections::rows(),
        console::rows(),
        oauth::rows(),
        pages::rows(),
        session::rows(),
        sso::rows(),
        system::rows(),
        tenant::rows(),
    ];
    let (mut figures, mut wrong) = (Figures::new(), Vec::new());
    for Row { request, what, base, run } in all.into_iter().flatten() {
        let meters = [true, false].map(|cold| {
            let meter = Meter::new(cold, base);
            // What a row prepares may be refused; the others are asked all the same.
            let _ = catch_unwind(AssertUnwindSafe(|| run(&meter)));
            meter
        });
        note(&mut figures, &mut wrong, request, what, &meters);
    }
    // What makes something that lasts has a table of good requests of its own.
    for (at, row) in ROWS.iter().enumerate() {
        let (request, what) = row.row.split_once(['#', '?']).unwrap_or((row.row, ""));
        let several = ROWS[..at].iter().any(|other| other.row == row.row);
        let what = if several { format!("{what} {at}") } else { what.to_owned() };
        let meters = [true, false].map(|cold| {
            let meter = Meter::new(cold, "");
            let stage = Stage::of(row, false);
            let begun = (row.begin)(&stage);
            meter.once((row.send)(&stage, &begun, None));
            meter
        });
        note(&mut figures, &mut wrong, request, what.trim(), &meters);
    }
    (figures, wrong)
}

fn note(figures: &mut Figures, wrong: &mut Vec<String>, request: &str, what: &str, meters: &[Meter; 2]) {
    wrong.extend(meters.iter().filter_map(Meter::problem).map(|said| format!("{request} {what}: {said}")));
    let before = figures.insert((request.to_owned(), what.to_owned()), meters.each_ref().map(Meter::waits));
    assert!(before.is_none(), "{request} {what} is there twice");
}

#[test]
fn every_endpoint_waits_as_often_as_is_written_down() {
    let (figures, wrong) = measured();
    let line = |((request, what), [cold, warm]): (&(String, String), &[usize; 2])| {
        format!("| `{request}` | {what} | {cold} | {warm} |\n")
    };
    let fresh: String = figures.iter().map(line).collect();
    let written = std::fs::read_to_string(FILE).unwrap();
    let (before, table) = written.split_once(HEAD).unwrap();
    if std::env::var_os("WRITE_BUDGET").is_some() {
        std::fs::write(FILE, format!("{before}{HEAD}{fresh}")).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let asked: BTreeSet<&str> = figures.keys().map(|(request, _)| request.as_str()).collect();
    let world = World::new();
    let routes = world.table.surfaces().iter().flat_map(|surface| &surface.routes);
    let missing: Vec<String> = routes
        .filter(|route| !matches!(route.run, Run::Asset))
        .map(|route| format!("{} {}", route.method, route.path))
        .filter(|request| !asked.contains(request.as_str()))
        .collect();
    assert!(missing.is_empty(), "no row for\n{}", missing.join("\n"));
    for (request, what, cold, warm) in AT_MOST {
        let [at_cold, at_warm] = figures[&((*request).to_owned(), (*what).to_owned())];
        assert!(at_cold <= *cold && at_warm <= *warm, "{request} {what}: {at_cold} cold, {at_warm} warm");
    }
    let before: BTreeMap<&str, [usize; 2]> = table.lines().filter_map(figures_of).collect();
    let more: Vec<String> = fresh
        .lines()
        .filter_map(figures_of)
        .filter(|(row, [cold, warm])| {
            !before.get(row).is_some_and(|most| cold <= &most[0] && warm <= &most[1])
        })
        .map(|(row, now)| format!("{row}: {now:?}, and not {:?}", before.get(row)))
        .collect();
    assert!(more.is_empty(), "longer than written (WRITE_BUDGET=1 writes the file anew): {more:#?}");
    assert_eq!(before.len(), figures.len(), "the file has rows of requests that are not asked");
}

/// What a line of the file says: of which request, and how often it waits, cold and warm.
fn figures_of(line: &str) -> Option<(&str, [usize; 2])> {
    let (line, warm) = line.strip_suffix(" |")?.rsplit_once(" | ")?;
    let (row, cold) = line.rsplit_once(" | ")?;
    Some((row, [cold.parse().ok()?, warm.parse().ok()?]))
}
