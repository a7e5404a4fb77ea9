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
//! audit log is written if the last one did, and everything after it asks whether the event is there. Where several
//! statements are taken, the batch ends with an error if the event was not written, so that the database undoes the whole
//! transaction: what an earlier statement took is not gone because a later one took nothing. Nothing need be taken: then
//! all of it happens. A change that may happen with another one or not is [`Change::followed_by`] it.

mod committed;

use std::vec::IntoIter;

use self::committed::Answered;
pub(crate) use self::committed::Committed;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::backchannel;
use crate::domain::mailing::{Outgoing, dispatch};
use crate::domain::refusal::{Error, NO_WAY_IN};
use crate::memo::Invalidation;
use crate::model::role::ADMIN;
use crate::model::tenant::HOME;
use crate::ports::{Fault, Rows, Stmt};
use crate::store::audit::{Event, if_written, insert, mark};
use crate::store::users::User;
use crate::store::{self, Columns};

/// A change that is being put together. Nothing happens before [`Change::commit`].
#[must_use = "nothing happens before it is committed"]
pub struct Change<'a> {
    cx: &'a Cx,
    event: Event,
    first: Vec<Stmt>,
    taken: Vec<Stmt>,
    effects: Vec<Stmt>,
    followers: Vec<Change<'a>>,
    asked: Vec<Stmt>,
    /// What undoes it instead if not all was taken.
    halfway: Option<Stmt>,
    /// What finds what the last taken statement returned, if that is lost.
    found_by: Option<Stmt>,
    /// What undoes all of it, once it is done, unless something holds.
    guards: Vec<Stmt>,
    after: After<'a>,
}

/// What is done once the batch is written.
#[derive(Default)]
struct After<'a> {
    /// Ids of mails.
    letters: Vec<String>,
    signed_out: Vec<&'a str>,
    /// Whether the user whom the last taken statement names is signed out as well.
    signs_out_owner: bool,
    stale: Vec<Invalidation<'a>>,
}

impl After<'_> {
    /// Forgets what this isolate remembers and must not any more.
    fn forget_stale(mut self, cx: &Cx) -> Self {
        std::mem::take(&mut self.stale).into_iter().for_each(|stale| cx.memory.invalidate(stale));
        self
    }

    /// Tells clients whose person is signed out; the mails that are left to send.
    fn tell_clients(self, cx: &Cx) -> Vec<String> {
        self.signed_out
            .into_iter()
            .for_each(|user_id| backchannel::notify_clients_in_background(cx, user_id));
        self.letters
    }
}

impl<'a> Change<'a> {
    /// A change in a tenant, with what its audit log says of it.
    pub(crate) fn new(cx: &'a Cx, tenant_id: &str, entry: Entry) -> Change<'a> {
        Change {
            cx,
            event: audit::event(cx, tenant_id, entry),
            first: Vec::new(),
            taken: Vec::new(),
            effects: Vec::new(),
            followers: Vec::new(),
            asked: Vec::new(),
            halfway: None,
            found_by: None,
            guards: Vec::new(),
            after: After::default(),
        }
    }

    /// The event's id, for another event that names it.
    pub(crate) fn event_id(&self) -> &str {
        &self.event.id
    }

    /// What has to come before anything is taken, and is right whether or not that works: it notes what the taken
    /// statements are about to end.
    pub(crate) fn first(&mut self, stmts: impl IntoIterator<Item = Stmt>) -> &mut Self {
        self.first.extend(stmts);
        self
    }

    /// What must change a row: if it does not, nothing of the change happens, also nothing of what was taken before it.
    /// All but the first have their `WHERE` last, before `ON CONFLICT` and `RETURNING`.
    pub(crate) fn take(&mut self, stmt: Stmt) -> &mut Self {
        self.taken.push(stmt);
        self
    }

    /// Several of these.
    pub(crate) fn take_all(&mut self, stmts: impl IntoIterator<Item = Stmt>) -> &mut Self {
        self.taken.extend(stmts);
        self
    }

    /// What follows, if everything was taken. Where something is, it has its `WHERE` last, before `ON CONFLICT` and
    /// `RETURNING`.
    pub(crate) fn then(&mut self, stmt: Stmt) -> &mut Self {
        self.effects.push(stmt);
        self
    }

    /// Several that follow.
    pub(crate) fn then_all(&mut self, stmts: impl IntoIterator<Item = Stmt>) -> &mut Self {
        self.effects.extend(stmts);
        self
    }

    /// A second event that tells of the same change, maybe in another tenant's log.
    pub(crate) fn log(&mut self, tenant_id: &str, entry: Entry) -> &mut Self {
        self.then(audit::row(self.cx, tenant_id, entry))
    }

    /// Another change in the same transaction, behind this one: it takes one statement if this one happened, and may
    /// find nothing to take. It takes no more than one, as it is not undone alone.
    pub(crate) fn followed_by(&mut self, next: Change<'a>) -> &mut Self {
        self.followers.push(next);
        self
    }

    /// That an administrator of the tenant can sign in once it is done, also where mail domains are enforced; else nothing
    /// of it happens, and [`Change::commit_or_refuse`] says so.
    pub(crate) fn keeps_a_way_in(&mut self, tenant_id: &str) -> &mut Self {
        self.guards.push(store::administrators::undo_without_a_way_in(tenant_id, tenant_id == HOME, None));
        self
    }

    /// The same if the user, who loses a way to sign in by it, is an administrator.
    pub(crate) fn keeps_a_way_in_of(&mut self, user: &User) -> &mut Self {
        let (tenant_id, of) = (&user.tenant_id, Some(user.id.as_str()));
        self.guards.push(store::administrators::undo_without_a_way_in(tenant_id, tenant_id == HOME, of));
        self
    }

    /// The same if the user, who may be none afterwards, is an administrator before it.
    pub(crate) fn keeps_a_way_in_without(&mut self, user: &User) -> &mut Self {
        match user.roles.iter().any(|role| role == ADMIN) {
            true => self.keeps_a_way_in(&user.tenant_id),
            false => self,
        }
    }

    /// What reads again what the last taken statement returned, where it was written and that answer got lost.
    pub(crate) fn found_by(&mut self, stmt: Stmt) -> &mut Self {
        self.found_by = Some(stmt);
        self
    }

    /// What is read after the change, in the same batch.
    pub(crate) fn ask(&mut self, stmt: Stmt) -> &mut Self {
        self.asked.push(stmt);
        self
    }

    /// If the first of what is taken is not there, nothing is to be undone, and what is asked is answered all the same
    /// ([`Change::commit_or_read`]). The statement undoes the batch if the first was taken and a later one was not; it stands
    /// right behind the event, which `changes()` tells of.
    pub(crate) fn reads_anyway(&mut self, undo_if_halfway: Stmt) -> &mut Self {
        self.halfway = Some(undo_if_halfway);
        self
    }

    /// A mail about it, sent once the batch is written.
    pub(crate) fn tell(&mut self, letter: Outgoing) -> &mut Self {
        let Outgoing { stmts, id } = letter;
        self.after.letters.push(id);
        self.then_all(stmts)
    }

    /// It ends sessions of this user: their clients are told (Back-Channel Logout 1.0), and this isolate forgets them.
    pub(crate) fn ends_sessions_of(&mut self, user_id: &'a str) -> &mut Self {
        self.after.signed_out.push(user_id);
        self.invalidates(Invalidation::User(user_id))
    }

    /// The same of the user whom the last taken statement returns as `user_id`.
    pub(crate) fn ends_sessions_of_owner(&mut self) -> &mut Self {
        self.after.signs_out_owner = true;
        self
    }

    /// What this isolate remembers and must not any more.
    pub(crate) fn invalidates(&mut self, stale: Invalidation<'a>) -> &mut Self {
        self.after.stale.push(stale);
        self
    }

    /// The same as [`Change::commit`] of a change that [`Change::keeps_a_way_in`].
    ///
    /// # Errors
    /// [`NO_WAY_IN`].
    pub(crate) async fn commit_or_refuse(self) -> Result<Option<Committed>, Error> {
        match self.commit().await {
            Err(fault) if store::administrators::has_no_way_in(&fault) => Err(NO_WAY_IN.into()),
            done => Ok(done?),
        }
    }

    /// Writes it all in one transaction, then forgets what is stale, tells clients and sends the mails. `None` if
    /// something was not there to be taken: no event was written and no effect happened then.
    ///
    /// Whether it was written is known by its event. So it is tried again where the answer is lost, and what this change
    /// took itself is never told as taken by somebody else.
    ///
    /// # Errors
    /// [`Fault`] of the database: nothing was written, or, where that is an outage in which answers get lost, nobody knows.
    pub(crate) async fn commit(self) -> Result<Option<Committed>, Fault> {
        self.commit_or_read().await.map(Result::ok)
    }

    /// The same; where it did not happen, what the statements of [`Change::ask`] returned: nothing, if it was undone.
    ///
    /// # Errors
    /// As [`Change::commit`].
    pub(crate) async fn commit_or_read(mut self) -> Result<Result<Committed, Vec<Rows>>, Fault> {
        let cx = self.cx;
        if self.followers.iter().any(|next| next.taken.len() > 1) {
            return Err(Fault::new("change", "a change that follows another takes several statements"));
        }
        let takes_several = self.taken.len() > 1;
        let mut batch = Vec::new();
        let guards = std::mem::take(&mut self.guards);
        let found_by = self.found_by.take();
        let guarded = guards.len();
        let written = self.write(None, &mut batch);
        batch.extend(guards);
        let undo_if_done = || store::audit::undo_if_written(&written.event);
        let answered = cx.db.run_unless_done(&mut batch, &undo_if_done).await;
        let mut answers = match answered {
            Ok(answers) => answers.into_iter(),
            Err(fault) if store::audit::was_written_before(&fault) => {
                batch.truncate(batch.len().saturating_sub(guarded));
                let asked = batch.split_off(batch.len().saturating_sub(written.asks));
                // Behind what undid the batch, and what came first.
                let taken = batch.into_iter().nth(1 + written.firsts);
                let taken = taken.filter(|stmt| written.takes == 1 && stmt.may_be_repeated());
                return written.recover(cx, found_by.or(taken), asked).await.map(Ok);
            }
            Err(fault) if takes_several && store::is_undone(&fault) => {
                written.forget_stale(cx);
                return Ok(Err(Vec::new()));
            }
            Err(fault) => return Err(fault),
        };
        let mut letters = Vec::new();
        let committed = written.read(cx, &mut answers, true, &mut letters)?;
        letters.into_iter().for_each(|id| dispatch(cx, id));
        Ok(committed)
    }

    /// Puts its statements into the batch; `behind` is the event of the change that it follows.
    fn write(self, behind: Option<&Event>, batch: &mut Vec<Stmt>) -> Written<'a> {
        let Change { event, first, taken, effects, followers, asked, halfway, after, .. } = self;
        let (firsts, takes, thens, asks) = (first.len(), taken.len(), effects.len(), asked.len());
        let if_behind = |stmt| match behind {
            Some(event) => if_written(stmt, event),
            None => stmt,
        };
        batch.extend(first.into_iter().map(if_behind));
        let chain = |(at, stmt)| if at == 0 { if_behind(stmt) } else { store::if_changed(stmt) };
        batch.extend(taken.into_iter().enumerate().map(chain));
        batch.push(if takes == 0 { if_behind(insert(&event)) } else { mark(&event) });
        let guards = usize::from(takes > 1);
        batch.extend((takes > 1).then(|| halfway.unwrap_or_else(store::undo_if_unchanged)));
        // What takes nothing and follows nothing happens in any case.
        let may_fail = takes > 0 || behind.is_some();
        let follow = |stmt| if may_fail { if_written(stmt, &event) } else { stmt };
        batch.extend(effects.into_iter().map(follow));
        let followers = followers.into_iter().map(|next| next.write(Some(&event), batch)).collect();
        batch.extend(asked);
        Written { event, firsts, takes, guards, thens, followers, asks, after }
    }
}

/// A change whose statements are in a batch: how many there are of each kind, in their order.
struct Written<'a> {
    event: Event,
    firsts: usize,
    takes: usize,
    guards: usize,
    thens: usize,
    followers: Vec<Written<'a>>,
    asks: usize,
    after: After<'a>,
}

impl Written<'_> {
    /// Forgets what is stale of a change that was undone: what was remembered may be why.
    fn forget_stale(self, cx: &Cx) {
        self.after.forget_stale(cx);
        self.followers.into_iter().for_each(|next| next.forget_stale(cx));
    }

    /// Reads its part of the batch's answers, and does what comes after it but for the mails, which it collects.
    /// `may_happen` is whether the change that it follows did.
    fn read(
        self,
        cx: &Cx,
        answers: &mut IntoIter<Rows>,
        may_happen: bool,
        letters: &mut Vec<String>,
    ) -> Result<Result<Committed, Vec<Rows>>, Fault> {
        let Written { firsts, takes, guards, thens, followers, asks, after, .. } = self;
        answers.by_ref().take(firsts).for_each(drop);
        let taken: Vec<Rows> = answers.by_ref().take(takes).collect();
        let is_marked = answers.next().is_some_and(|rows| !rows.is_empty());
        let happened = if takes == 0 { may_happen } else { is_marked };
        answers.by_ref().take(guards + thens).for_each(drop);
        let follow = |next: Written<'_>| next.read(cx, answers, happened, letters).map(Result::ok);
        let followers = followers.into_iter().map(follow).collect::<Result<_, _>>()?;
        let asked = answers.by_ref().take(asks).collect();
        // Also if nothing was taken: what was remembered may be why.
        let after = after.forget_stale(cx);
        if !happened {
            return Ok(Err(asked));
        }
        if let Some(row) = taken.last().and_then(|rows| rows.first()).filter(|_| after.signs_out_owner) {
            let user_id = Columns(row).text("user_id")?;
            cx.memory.invalidate(Invalidation::User(&user_id));
            backchannel::notify_clients_in_background(cx, &user_id);
        }
        letters.extend(after.tell_clients(cx));
        Ok(Ok(Committed { asked, answered: Some(Answered { taken, followers }) }))
    }

    /// What comes after a change that was written, where the answer to that was lost. What is read after it is read again,
    /// and so is what it took, if `taken` does.
    async fn recover(self, cx: &Cx, taken: Option<Stmt>, asked: Vec<Stmt>) -> Result<Committed, Fault> {
        let taken = taken.filter(|_| self.followers.is_empty());
        self.finish(cx);
        let takes_again = taken.is_some();
        let batch: Vec<Stmt> = taken.into_iter().chain(asked).collect();
        let mut asked = if batch.is_empty() { Vec::new() } else { cx.db.run(batch).await? };
        let answered = takes_again.then(|| {
            let behind = asked.split_off(1.min(asked.len()));
            Answered { taken: std::mem::replace(&mut asked, behind), followers: Vec::new() }
        });
        Ok(Committed { asked, answered })
    }

    /// Does what comes after it and, as they may have happened, after those that follow it.
    fn finish(self, cx: &Cx) {
        self.after.forget_stale(cx).tell_clients(cx).into_iter().for_each(|id| dispatch(cx, id));
        self.followers.into_iter().for_each(|next| next.finish(cx));
    }
}
