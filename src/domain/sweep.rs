//! What cron does: rotates keys that are due, warns of certificates that end, tells clients of logouts again, ends connections that nobody uses, gives tokens back, sends mail again, makes what users
//! are found by, and removes what is over.
//!
//! Whatever is due is one question over all tenants. A run does so much of it that it stays within what the platform lets one
//! invocation do (1,000 queries and requests), and the next one goes on.

use std::cell::Cell;
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use crate::cx::Cx;
use crate::domain::federation::trials;
use crate::domain::saml::expiry;
use crate::domain::vault::{revocations, unused};
use crate::domain::{backchannel, clients, key_rotation, mailing};
use crate::ports::{Database, Fault, Patience, Rows, Stmt};
use crate::store;
use crate::store::sweep::{EXPIRED, Expired};

/// A part of a run.
type Step = for<'a> fn(&'a Cx) -> LocalBoxFuture<'a, Result<(), Fault>>;

/// The parts of a run, in their order: what the log calls each, the most queries that it makes, and what it does. One that
/// fails holds up no other.
const STEPS: [(&str, usize, Step); 11] = [
    ("keys.rotate", 150, |cx| Box::pin(key_rotation::rotate_all_due(cx))),
    ("backchannel", 150, |cx| Box::pin(backchannel::deliver_due(cx))),
    ("certificates", 70, |cx| Box::pin(expiry::warn_due(cx))),
    ("vault.unused", 650, |cx| Box::pin(unused::end_due(cx))),
    ("vault.revocations", 20, |cx| Box::pin(revocations::deliver_due(cx))),
    ("mail.gathered", 70, |cx| Box::pin(mailing::sum_up(cx))),
    ("mail.queue", 30, |cx| Box::pin(mailing::send_due(cx))),
    ("users.words", 40, |cx| Box::pin(make_words(cx))),
    ("trials", 25, |cx| Box::pin(trials::sweep(cx))),
    ("removal", MOST_REMOVALS, |cx| Box::pin(remove_expired(cx))),
    ("clients.unused", 55, |cx| Box::pin(clients::remove_unused(cx))),
];

/// Queries of one run: the platform lets one invocation make 1,000 together with requests, which are 132 at most (72 mails,
/// 30 clients told of logouts, 30 grants given back). A part that may need more than is left waits for the next run.
const MOST_QUERIES: usize = 860;

/// The database, with the queries that a run made.
struct Counted {
    db: Rc<dyn Database>,
    queries: Cell<usize>,
}

impl Database for Counted {
    fn run_once<'a>(&'a self, stmts: &'a [Stmt]) -> LocalBoxFuture<'a, Result<Vec<Rows>, Fault>> {
        self.queries.set(self.queries.get().saturating_add(1));
        self.db.run_once(stmts)
    }

    fn pause<'a>(&'a self, milliseconds: u32, after: &'a Fault) -> LocalBoxFuture<'a, ()> {
        self.db.pause(milliseconds, after)
    }

    fn patience(&self) -> &Patience {
        self.db.patience()
    }

    fn clock(&self) -> i64 {
        self.db.clock()
    }
}

/// Pieces of users whose words are made in one run: 4,000 users, in 40 queries.
const MOST_PIECES: usize = 20;

/// Pieces of what is over that one run removes: 120,000 rows or less, each piece one query.
const MOST_REMOVALS: usize = 120;

/// One run.
///
/// # Errors
/// Which parts failed: the log has each, and the others were done.
pub async fn run(cx: &Cx) -> Result<(), Fault> {
    let counted = Rc::new(Counted { db: cx.db.clone(), queries: Cell::default() });
    let cx = &Cx { db: counted.clone(), ..cx.clone() };
    let (mut failed, mut behind): (Vec<&str>, Vec<&str>) = Default::default();
    for (name, most, step) in STEPS {
        if counted.queries.get().saturating_add(most) > MOST_QUERIES {
            behind.push(name);
        } else if let Err(fault) = step(cx).await {
            cx.log_fault(name, &fault);
            failed.push(name);
        }
    }
    if !behind.is_empty() {
        let line = serde_json::json!({ "level": "info", "event": "cron.behind", "parts": behind });
        cx.log.line(&line.to_string());
    }
    if failed.is_empty() { Ok(()) } else { Err(Fault::new("cron", failed.join(", "))) }
}

/// Makes the words that users are found by, where they are not made yet: of those who were there before search had
/// an index.
async fn make_words(cx: &Cx) -> Result<(), Fault> {
    for _ in 0..MOST_PIECES {
        if !store::user_words::make_piece(cx.db.as_ref()).await? {
            break;
        }
    }
    Ok(())
}

/// Removes what is over: a piece of each kind, and further pieces in turn of those of which there is more. Each fails for
/// itself; what is left waits for the next run.
async fn remove_expired(cx: &Cx) -> Result<(), Fault> {
    let mut open: Vec<&Expired> = EXPIRED.iter().collect();
    let (mut left, mut failed) = (MOST_REMOVALS, Vec::new());
    while !open.is_empty() && left > 0 {
        let mut more = Vec::new();
        for expired in open.drain(..) {
            if left == 0 {
                more.push(expired);
                continue;
            }
            left = left.saturating_sub(1);
            match expired.remove_piece(cx.db.as_ref(), cx.now).await {
                Ok(true) => more.push(expired),
                Ok(false) => {}
                Err(fault) => {
                    let members = [("event", "removal".into()), ("rows", expired.name.into())];
                    cx.log.line(&fault.line(members));
                    failed.push(expired.name);
                }
            }
        }
        open = more;
    }
    if !open.is_empty() {
        let behind: Vec<&str> = open.iter().map(|expired| expired.name).collect();
        let line = serde_json::json!({ "level": "info", "event": "removal.behind", "rows": behind });
        cx.log.line(&line.to_string());
    }
    if failed.is_empty() { Ok(()) } else { Err(Fault::new("removal", failed.join(", "))) }
}
