//! What each endpoint waits for: how many round trips to storage, one after another, stand before its answer. `budget.md`
//! says it, and is held here: each endpoint is asked once with a good request, by an isolate that knows nothing (cold) and by
//! one that has answered its caller before (warm); what is answered or forwarded from memory in two states more
//! ([`states`]). A request that waits more or less often than is written fails; `WRITE_BUDGET=1 cargo test budget::` writes
//! the file anew, so that each change is seen.

mod account;
mod connections;
mod console;
pub mod meter;
mod oauth;
mod pages;
mod session;
mod sso;
mod states;
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
const HEAD: &str = "| request | as | cold | warm | in use | idle |\n|---|---|---:|---:|---:|---:|\n";

/// The most that these may wait, cold and warm, whatever the file says.
const AT_MOST: &[(&str, &str, usize, usize)] = &[
    ("forward, bearer", "", 1, 0),
    ("POST /api/auth/login", "", 3, 2),
    ("POST /auth/login", "", 3, 2),
    ("POST /tenant/{tenant}/login", "", 3, 2),
    ("POST /api/auth/login", "wrong password", 3, 2),
    ("POST /auth/register", "", 3, 2),
    ("POST /tenant/{tenant}/register", "", 3, 2),
    ("POST /api/auth/magic-link/request", "", 3, 2),
    ("POST /users/auth/magic-link/request", "", 3, 2),
    ("POST /tenant/{tenant}/magic-link", "", 3, 2),
    ("POST /auth/forgot-password", "", 3, 2),
    ("POST /tenant/{tenant}/forgot", "", 3, 2),
    ("POST /api/auth/refresh", "", 2, 1),
    ("POST /tenant/{tenant}/oauth2/token", "code", 3, 1),
    ("POST /tenant/{tenant}/oauth2/token", "device whose person agreed", 3, 1),
    ("POST /tenant/{tenant}/oauth2/token", "device that waits", 3, 1),
    ("POST /tenant/{tenant}/oauth2/token", "client credentials", 3, 1),
    ("POST /tenant/{tenant}/oauth2/token", "refresh", 3, 1),
    ("POST /tenant/{tenant}/oauth2/introspect", "", 3, 1),
    ("GET /tenant/{tenant}/login", "", 1, 0),
    ("GET /tenant/{tenant}/.well-known/jwks.json", "", 1, 0),
    ("GET /tenant/{tenant}/.well-known/openid-configuration", "", 1, 0),
    ("GET /api/auth/me", "", 2, 0),
];

/// The figures of each row: cold and warm, and some in use and idle as well.
type Figures = BTreeMap<(String, String), Vec<usize>>;

/// The rows of all surfaces.
pub fn surfaces() -> [Vec<Row>; 9] {
    [
        account::rows(),
        connections::rows(),
        console::rows(),
        oauth::rows(),
        pages::rows(),
        session::rows(),
        sso::rows(),
        system::rows(),
        tenant::rows(),
    ]
}

fn measured() -> (Figures, Vec<String>) {
    let (mut figures, mut wrong) = (Figures::new(), Vec::new());
    for Row { request, what, base, run } in surfaces().into_iter().flatten() {
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
    for (request, waits) in states::measured() {
        let before = figures.insert((request.to_owned(), String::new()), waits.to_vec());
        if before.is_some_and(|before| before != waits[..2]) {
            wrong.push(format!("{request}: {waits:?} of another isolate's"));
        }
    }
    (figures, wrong)
}

fn note(figures: &mut Figures, wrong: &mut Vec<String>, request: &str, what: &str, meters: &[Meter; 2]) {
    wrong.extend(meters.iter().filter_map(Meter::problem).map(|said| format!("{request} {what}: {said}")));
    let before =
        figures.insert((request.to_owned(), what.to_owned()), meters.each_ref().map(Meter::waits).to_vec());
    assert!(before.is_none(), "{request} {what} is there twice");
}

#[test]
fn every_endpoint_waits_as_often_as_is_written_down() {
    let (figures, wrong) = measured();
    let line = |((request, what), waits): (&(String, String), &Vec<usize>)| {
        let cells: String =
            (0..4).map(|at| waits.get(at).map_or("| ".into(), |n| format!("| {n} "))).collect();
        format!("| `{request}` | {what} {cells}|\n")
    };
    let fresh: String = figures.iter().map(line).collect();
    let written = std::fs::read_to_string(FILE).unwrap();
    let (before, mut table) = written.split_once(HEAD).unwrap();
    if std::env::var_os("WRITE_BUDGET").is_some() {
        table = &fresh;
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
        let waits = &figures[&((*request).to_owned(), (*what).to_owned())];
        assert!(waits[0] <= *cold && waits[1] <= *warm, "{request} {what}: {waits:?}");
    }
    let lines = |text: &str| -> BTreeSet<String> { text.lines().map(str::to_owned).collect() };
    let (before, now) = (lines(table), lines(&fresh));
    let [gone, new] = [(&before, &now), (&now, &before)]
        .map(|(one, other)| one.difference(other).cloned().collect::<Vec<_>>().join("\n"));
    assert!(before == now, "written is\n{gone}\nand measured (WRITE_BUDGET=1 writes the file anew)\n{new}");
}
