//! The unit of work: what one use case changes, as one value that becomes one atomic batch.
//!
//! ```text
//! let mut change = Change::new(cx, &tenant.id, Entry::ok("api_key.revoked").by(actor).on(id));
//! change.take(store::api_keys::revoke(…));             // must change a row, or nothing below happens
//! change.then(store::grants::end_of_key(…));           // what follows from it
//! change.tell(mailing::write(cx, tenant, user, …).await?);    // a mail, sent once the batch is written
//! change.ends_sessions_of(&user.id);                   // their clients are told that the person is signed out
//! let Some(done) = change.commit().await? else { return Err(Refusal::NotFound.into()) };
//! ```
//!
//! The batch is one transaction. Each taken statement asks whether the one before it changed a row, the event of the
//! audit log is written if the last one did, and everything after it asks whether the event is there.

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::backchannel;
use crate::domain::mailing::{Outgoing, dispatch};
use crate::memo::Invalidation;
use crate::ports::{Fault, Row, Rows, Stmt};
use crate::store;
use crate::store::audit::Event;

/// A change that is being put together. Nothing happens before [`Change::commit`].
#[must_use = "nothing happens before it is committed"]
pub(crate) struct Change<'a> {
    cx: &'a Cx,
    event: Event,
    taken: Vec<Stmt>,
    effects: Vec<Effect>,
    asked: Vec<Stmt>,
    letters: Vec<Outgoing>,
    signed_out: Vec<&'a str>,
    stale: Vec<Invalidation<'a>>,
}

/// A statement behind the event.
enum Effect {
    /// Only happens if the event was written; ends in its `WHERE`.
    IfWritten(Stmt),
    /// Asks for the event itself, or is right in any case.
    Always(Stmt),
}

/// What a committed change answers.
pub(crate) struct Committed {
    taken: Vec<Rows>,
    asked: Vec<Rows>,
}

impl Committed {
    /// The row that the last taken statement returned.
    pub(crate) fn row(&self) -> Option<&Row> {
        self.taken.last().and_then(|rows| rows.first())
    }

    /// What the statements of [`Change::ask`] returned, in their order.
    pub(crate) fn asked(&self) -> &[Rows] {
        &self.asked
    }
}

impl<'a> Change<'a> {
    /// A change in a tenant, with what its audit log says of it.
    pub(crate) fn new(cx: &'a Cx, tenant_id: &str, entry: Entry) -> Change<'a> {
        Change {
            cx,
            event: audit::event(cx, tenant_id, entry),
            taken: Vec::new(),
            effects: Vec::new(),
            asked: Vec::new(),
            letters: Vec::new(),
            signed_out: Vec::new(),
            stale: Vec::new(),
        }
    }

    /// The event's id, for statements of [`Change::always`] that ask themselves whether it was written.
    pub(crate) fn event_id(&self) -> &str {
        &self.event.id
    }

    /// What must change a row: if it does not, nothing of what is taken after it and none of the effects happens. Put
    /// the statement that decides first. All but the first end in their `WHERE`.
    pub(crate) fn take(&mut self, stmt: Stmt) -> &mut Self {
        self.taken.push(stmt);
        self
    }

    /// What follows, if everything was taken. Ends in its `WHERE`.
    pub(crate) fn then(&mut self, stmt: Stmt) -> &mut Self {
        self.effects.push(Effect::IfWritten(stmt));
        self
    }

    /// Several that follow.
    pub(crate) fn then_all(&mut self, stmts: impl IntoIterator<Item = Stmt>) -> &mut Self {
        self.effects.extend(stmts.into_iter().map(Effect::IfWritten));
        self
    }

    /// What follows and asks for [`Change::event_id`] itself, or is right whether or not anything was taken.
    pub(crate) fn always(&mut self, stmt: Stmt) -> &mut Self {
        self.effects.push(Effect::Always(stmt));
        self
    }

    /// A second event that tells of the same change, maybe in another tenant's log.
    pub(crate) fn log(&mut self, tenant_id: &str, entry: Entry) -> &mut Self {
        self.then(audit::row(self.cx, tenant_id, entry))
    }

    /// What is read after the change, in the same batch.
    pub(crate) fn ask(&mut self, stmt: Stmt) -> &mut Self {
        self.asked.push(stmt);
        self
    }

    /// A mail about it, sent once the batch is written.
    pub(crate) fn tell(&mut self, mut letter: Outgoing) -> &mut Self {
        let stmts = std::mem::take(&mut letter.stmts);
        self.letters.push(letter);
        self.then_all(stmts)
    }

    /// It ends sessions of this user: their clients are told (Back-Channel Logout 1.0), and this isolate forgets them.
    pub(crate) fn ends_sessions_of(&mut self, user_id: &'a str) -> &mut Self {
        self.signed_out.push(user_id);
        self.invalidates(Invalidation::User(user_id))
    }

    /// What this isolate remembers and must not any more.
    pub(crate) fn invalidates(&mut self, stale: Invalidation<'a>) -> &mut Self {
        self.stale.push(stale);
        self
    }

    /// Writes it all in one transaction, then forgets what is stale, tells clients and sends the mails. `None` if
    /// something was not there to be taken: no event was written and no effect happened then.
    ///
    /// # Errors
    /// [`Fault`] of the database: nothing was written.
    pub(crate) async fn commit(self) -> Result<Option<Committed>, Fault> {
        let Change { cx, event, taken, effects, asked, letters, signed_out, stale } = self;
        let (takes, asks) = (taken.len(), asked.len());
        let mut batch = store::chained(taken);
        batch.push(if takes == 0 { store::audit::insert(&event) } else { store::audit::mark(&event) });
        batch.extend(effects.into_iter().map(|effect| match effect {
            Effect::IfWritten(stmt) if takes > 0 => store::audit::if_written(stmt, &event.id),
            Effect::IfWritten(stmt) | Effect::Always(stmt) => stmt,
        }));
        batch.extend(asked);
        let mut answers = cx.db.run(batch).await?;
        // Also if nothing was taken: what was remembered may be why.
        stale.into_iter().for_each(|stale| cx.memory.invalidate(stale));
        let was_written = takes == 0 || answers.get(takes).is_some_and(|rows| !rows.is_empty());
        if !was_written {
            return Ok(None);
        }
        let asked = answers.split_off(answers.len().saturating_sub(asks));
        answers.truncate(takes);
        for user_id in signed_out {
            backchannel::notify_clients_in_background(cx, user_id);
        }
        for letter in letters {
            dispatch(cx, letter).await;
        }
        Ok(Some(Committed { taken: answers, asked }))
    }
}
