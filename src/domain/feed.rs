//! The change feed as an isolate reads it. What it remembers of a tenant's rows it uses while it knows the tenant's changes
//! well enough: up to no longer ago than `REVOCATION_SECONDS`. One small question serves everybody of the tenant: asked in
//! the background once what is known is older than half of that, and waited for once it is older than all of it. With 0
//! each request waits for it.
//!
//! What is remembered across tenants, whose a host is, has a feed of its own ([`ACROSS`]), which is asked along with each
//! tenant's.

use std::rc::Rc;

use crate::cx::Cx;
use crate::memo::{ACROSS, Coverage, Feed, Freshness, Invalidation, Memory, Snapshot};
use crate::model::change::Change;
use crate::model::time::Time;
use crate::ports::{Fault, Rows, Stmt};
use crate::store::changes::{self, MOST_AT_ONCE};

/// Access tokens that live longer are looked up once by each isolate: changes are not kept for so long.
pub(crate) const COVERED_SECONDS: i64 = 3_600;

/// Seconds that the clocks of isolates and of the database may be apart.
const SKEW: i64 = 240;

/// Changes before then are not asked for any more.
pub(crate) fn covered_since(now: Time) -> Time {
    now.plus(-COVERED_SECONDS - SKEW)
}

/// Makes sure that what the isolate remembers of a tenant is new enough for this request. Of a tenant that it remembers
/// nothing of it asks nothing.
pub(crate) async fn refresh(cx: &Cx, tenant_id: &str) -> Result<(), Fault> {
    let Some(feed) = cx.memory.feed(tenant_id) else { return Ok(()) };
    match cx.freshness(&feed) {
        Freshness::Fresh => Ok(()),
        Freshness::Aging => {
            if feed.begin_asking(cx.now, cx.config.revocation_seconds) {
                ask_in_background(cx, tenant_id, &feed);
            }
            Ok(())
        }
        Freshness::Stale => ask(cx, tenant_id, &feed).await,
    }
}

/// A question that fails leaves what is known as old as it is.
fn ask_in_background(cx: &Cx, tenant_id: &str, feed: &Rc<Feed>) {
    let (context, id, feed) = (cx.clone(), tenant_id.to_owned(), feed.clone());
    cx.background.run(Box::pin(async move {
        let asked = ask(&context, &id, &feed).await;
        feed.end_asking();
        if let Err(fault) = asked {
            context.log_fault("feed", &fault);
        }
    }));
}

async fn ask(cx: &Cx, tenant_id: &str, feed: &Rc<Feed>) -> Result<(), Fault> {
    let question = Question::begin(cx, tenant_id, feed);
    let answers = cx.db.run(question.stmts()).await?;
    question.take(cx, &answers).map(drop)
}

/// What changed of a tenant, and across tenants, since the isolate last heard.
pub(crate) struct Question {
    tenant_id: String,
    feed: Rc<Feed>,
    across: Across,
    position: i64,
}

impl Question {
    pub(crate) fn begin(cx: &Cx, tenant_id: &str, feed: &Rc<Feed>) -> Question {
        Question {
            tenant_id: tenant_id.to_owned(),
            position: feed.position(),
            feed: feed.clone(),
            across: Across::begin(cx),
        }
    }

    /// The statements, for a batch.
    pub(crate) fn stmts(&self) -> Vec<Stmt> {
        let mut stmts = self.across.stmts();
        stmts.push(changes::after(&self.tenant_id, self.position));
        stmts
    }

    /// Forgets what the answers tell of; answers how far the database had come.
    pub(crate) fn take(&self, cx: &Cx, answers: &[Rows]) -> Result<Snapshot, Fault> {
        let (rows, before) = answers.split_last().ok_or_else(|| Fault::new("feed", "no answer"))?;
        let snapshot = self.across.take(cx, before)?;
        if snapshot.position < self.position {
            // The database was set back: nothing that is remembered says what is there now.
            cx.memory.end_feed(&self.tenant_id);
            return Ok(snapshot);
        }
        let changes = changes::read(rows)?;
        if changes.len() > MOST_AT_ONCE {
            cx.memory.invalidate(Invalidation::Tenant(&self.tenant_id));
            self.feed.cover(None, snapshot.asked_at, snapshot.asked_at);
        } else {
            apply(&cx.memory, &self.feed, &changes, snapshot.asked_at);
        }
        self.feed.advance(&snapshot);
        note_asked(cx, &self.feed);
        Ok(snapshot)
    }
}

/// What changed across tenants since the isolate last heard, and how far the database has come.
pub(crate) struct Across {
    feed: Option<Rc<Feed>>,
    position: i64,
    asked_at: Time,
}

impl Across {
    pub(crate) fn begin(cx: &Cx) -> Across {
        let feed = cx.memory.feed(ACROSS);
        let position = feed.as_ref().map_or(i64::MAX, |feed| feed.position());
        Across { feed, position, asked_at: cx.now }
    }

    /// The statements, for a batch.
    pub(crate) fn stmts(&self) -> Vec<Stmt> {
        vec![changes::position(), changes::after(ACROSS, self.position)]
    }

    /// Forgets what the answers tell of, or begins to remember; answers how far the database had come.
    pub(crate) fn take(&self, cx: &Cx, answers: &[Rows]) -> Result<Snapshot, Fault> {
        let [position, rows] = answers else { return Err(Fault::new("feed", "a batch answered otherwise")) };
        let snapshot = Snapshot { position: changes::read_position(position)?, asked_at: self.asked_at };
        let changes = changes::read(rows)?;
        let feed = match &self.feed {
            Some(_) if snapshot.position < self.position || changes.len() > MOST_AT_ONCE => {
                cx.memory.end_feed(ACROSS);
                cx.memory.begin_feed(ACROSS, &snapshot, None)
            }
            Some(feed) => {
                apply(&cx.memory, feed, &changes, snapshot.asked_at);
                feed.advance(&snapshot);
                feed.clone()
            }
            // Another request began to remember meanwhile, maybe what was there before this asked.
            None if cx.memory.feed(ACROSS).is_some() => return Ok(snapshot),
            None => cx.memory.begin_feed(ACROSS, &snapshot, None),
        };
        note_asked(cx, &feed);
        Ok(snapshot)
    }
}

/// Notes that this request has what it needs to know of a feed.
fn note_asked(cx: &Cx, feed: &Feed) {
    let mut asked = cx.caller.asked_feeds.borrow_mut();
    if !asked.contains(&feed.id()) {
        asked.push(feed.id());
    }
}

/// Forgets what changes tell of that the isolate has not heard of yet.
fn apply(memory: &Memory, feed: &Feed, changes: &[Change], now: Time) {
    let position = feed.position();
    for change in changes.iter().filter(|change| change.seq > position) {
        let id = change.id.as_str();
        memory.invalidate(match change.kind.as_str() {
            "user" => Invalidation::User(id),
            "session" => Invalidation::Session(id),
            "client" => Invalidation::Client(id),
            "key" => Invalidation::Key(id),
            "routes" => Invalidation::Routes(id),
            "templates" => Invalidation::Templates(id),
            "host" => Invalidation::Host(id),
            // A kind that a newer version writes may be anything of the tenant's.
            _ => Invalidation::Tenant(id),
        });
    }
    feed.cover(Some(changes), covered_since(now).plus(SKEW), covered_since(now));
}

/// Begins to remember a tenant of which these are the changes since [`covered_since`], the newest first; more than
/// `most` of them tell nothing.
pub(crate) fn begin(
    cx: &Cx,
    tenant_id: &str,
    snapshot: &Snapshot,
    changes: &[Change],
    most: usize,
) -> Rc<Feed> {
    let coverage =
        (changes.len() <= most).then(|| Coverage::new(covered_since(snapshot.asked_at).plus(SKEW), changes));
    let feed = cx.memory.begin_feed(tenant_id, snapshot, coverage);
    note_asked(cx, &feed);
    feed
}

/// The same of a tenant that the isolate remembers something of already, if the changes go far enough back to tell what of
/// that to forget.
pub(crate) fn catch_up(
    cx: &Cx,
    feed: &Rc<Feed>,
    snapshot: &Snapshot,
    changes: &[Change],
    most: usize,
) -> bool {
    let reaches_back =
        changes.len() <= most && feed.is_known_since(covered_since(snapshot.asked_at).plus(SKEW));
    if reaches_back {
        apply(&cx.memory, feed, changes, snapshot.asked_at);
        feed.advance(snapshot);
        note_asked(cx, feed);
    }
    reaches_back
}
