//! Every endpoint, with storage that fails at each of its round trips.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use portcullis::http::Outcome;

use crate::budget;
use crate::budget::meter::{Meter, Probe, Row};
use crate::harness::{Ask, LOST};
use crate::shared::fresh_sign_in::{self, Stage};
use crate::shared::fresh_sign_in_rows::ROWS;

/// What storage does.
#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    /// From so many round trips on it does nothing any more.
    Down,
    /// It does what it is asked, and the answer to one gets lost.
    LosesOne,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Seen {
    status: u16,
    is_wanted: bool,
    /// Whether it asked storage that often.
    met: bool,
    /// How the same is answered that is asked once more.
    repeat: u16,
}

async fn status_of(ask: Ask<'_>) -> u16 {
    match ask.answered().await {
        Outcome::Answer(response) => {
            let again = response.header("retry-after").is_some();
            assert!(response.status != 503 || again, "503 without Retry-After: {}", response.body);
            response.status
        }
        Outcome::Forward(_) | Outcome::Asset(_) => 200,
    }
}

fn meet(trouble: Trouble, spared: usize, seen: &Rc<RefCell<Option<Seen>>>) -> Probe {
    let seen = seen.clone();
    Box::new(move |ask, is_wanted| {
        let db = &ask.world().db;
        let trips = db.trips.get();
        db.spares.set(spared);
        match trouble {
            Trouble::Down => db.fails.set(usize::MAX),
            Trouble::LosesOne => db.loses.set(1),
        }
        db.says.set(if trouble == Trouble::Down {
            "D1 DB is overloaded. Too many requests queued."
        } else {
            LOST
        });
        let status = pollster::block_on(status_of(ask.clone()));
        let met = db.trips.get() - trips > spared;
        [&db.spares, &db.fails, &db.loses].iter().for_each(|cell| cell.set(0));
        pollster::block_on(ask.world().afterwards());
        let repeat = if status == 503 { pollster::block_on(status_of(ask)) } else { status };
        seen.replace(Some(Seen { status, is_wanted: is_wanted(status), met, repeat }));
    })
}

/// How an endpoint is asked, by name.
struct Request {
    name: String,
    ask: Box<dyn Fn(Probe)>,
}

fn requests_of(rows: &[Row]) -> Vec<Request> {
    let request = |row: &Row| {
        let Row { request, what, base, run } = *row;
        let ask = Box::new(move |probe| run(&Meter::probing(base, probe)));
        Request { name: format!("{request} {what}").trim().to_owned(), ask }
    };
    rows.iter().map(request).collect()
}

/// What makes something that lasts has a table of good requests of its own.
fn lasting() -> Vec<Request> {
    let ask = |row: &'static fresh_sign_in::Row| Request {
        name: row.row.to_owned(),
        ask: Box::new(move |probe| {
            let stage = Stage::of(row, false);
            let begun = (row.begin)(&stage);
            Meter::probing("", probe).once((row.send)(&stage, &begun, None));
        }),
    };
    ROWS.iter().map(ask).collect()
}

/// Asks each endpoint as often as it asks storage, which fails another time each time.
fn each(requests: &[Request], trouble: Trouble, mut look: impl FnMut(&str, usize, Seen)) {
    for Request { name, ask } in requests {
        for spared in 0..20 {
            let seen = Rc::new(RefCell::new(None));
            // What a row says of the answer it meant for another.
            let _ = catch_unwind(AssertUnwindSafe(|| ask(meet(trouble, spared, &seen))));
            let Some(seen) = *seen.borrow() else { panic!("{name} was not answered at {spared}") };
            if !seen.met {
                assert!(seen.is_wanted, "{name} was answered {} without any trouble", seen.status);
                break;
            }
            look(name, spared, seen);
        }
    }
}

/// While storage does nothing, an endpoint answers as it would, if it needs no more of it, or that it cannot: 503. Never that
/// a password, a token, a code or a path is wrong. Asked again when storage is back, it does its work.
fn says_the_truth_while_storage_is_down(rows: &[Request]) {
    let mut wrong = Vec::new();
    each(rows, Trouble::Down, |name, at, seen| {
        if !seen.is_wanted && (seen.status != 503 || seen.repeat >= 500) {
            wrong.push(format!("{name} at {at}: {seen:?}"));
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where the answer to one call is lost, callers notice nothing but for `unknown`: what is not tried again, as
/// nobody knows whether it was done, or knows what it answered. That is told as 503, and a repeat as it is by then.
fn does_its_work_although_one_answer_is_lost(rows: &[Request], unknown: &[&str]) {
    let mut told = BTreeSet::new();
    let mut wrong = Vec::new();
    each(rows, Trouble::LosesOne, |name, at, seen| {
        if seen.status == 503 {
            told.insert(name.to_owned());
        }
        if !seen.is_wanted && (seen.status != 503 || seen.repeat >= 500) {
            wrong.push(format!("{name} at {at}: {seen:?}"));
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unknown: BTreeSet<String> = unknown.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(told, unknown, "what callers are told 503 for");
}

macro_rules! surfaces {
    ($($name:ident: $at:literal, $unknown:expr;)*) => {$(
        mod $name {
            use super::{budget, requests_of};

            #[test]
            fn says_the_truth_while_storage_is_down() {
                super::says_the_truth_while_storage_is_down(&requests_of(&budget::surfaces()[$at]));
            }

            #[test]
            fn does_its_work_although_one_answer_is_lost() {
                super::does_its_work_although_one_answer_is_lost(&requests_of(&budget::surfaces()[$at]), $unknown);
            }
        }
    )*};
}

surfaces! {
    account: 0, &[
        // The mail's rows, which tell nobody that they are there.
        "POST /auth/register address is taken",
        // The link is taken before what it is for.
        "POST /auth/reset-password",
        "POST /auth/verify-email",
    ];
    connections: 1, &[
        // What was disconnected is gone, and with it what was owed to its provider.
        "DELETE /auth/apikeys/{id}",
        "POST /auth/disconnect/{id}",
        // The attempt to connect is made, and taken, before the provider is asked.
        "GET /auth/connect/{id}",
        "POST /auth/callback",
    ];
    console: 2, &[];
    oauth: 3, &[];
    pages: 4, &[
        "POST /tenant/{tenant}/register mailed again",
        // Whether the other mailbox agreed is what the answer said.
        "POST /tenant/{tenant}/change-email",
    ];
    session: 5, &[
        "POST /api/auth/change-email/confirm",
        // A first sign-in, which makes the account.
        "POST /api/auth/google",
        "POST /api/auth/microsoft",
        // A ceremony is taken before the key's signature is checked.
        "POST /api/auth/passkeys/login",
    ];
    sso: 6, &[];
    system: 7, &[];
    tenant: 8, &["DELETE /tenant/{tenant}/v2/Users/{id}/Connections/{connection}"];
}

mod what_lasts {
    use super::lasting;

    #[test]
    fn says_the_truth_while_storage_is_down() {
        super::says_the_truth_while_storage_is_down(&lasting());
    }

    #[test]
    fn does_its_work_although_one_answer_is_lost() {
        super::does_its_work_although_one_answer_is_lost(&lasting(), &[]);
    }
}

#[test]
fn the_surfaces_are_all() {
    assert_eq!(budget::surfaces().len(), 9);
}
