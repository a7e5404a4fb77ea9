//! The audit log: a row for each security event, written with the change it speaks of.

use std::collections::{BTreeSet, HashMap};

use crate::cx::Cx;
use crate::model::state::EventOutcome;
use crate::ports::{Fault, Stmt};
use crate::store::audit::{Event, Filter, insert, insert_alone, insert_if_changed};
use crate::store::names::Party;
use crate::store::{self, Listed, Page};

/// What happened; the context adds when and where from.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    event: &'static str,
    outcome: EventOutcome,
    actor: Option<String>,
    actor_of: Option<String>,
    subject: Option<String>,
    detail: Option<String>,
}

impl Entry {
    /// Something was done.
    pub(crate) fn ok(event: &'static str) -> Entry {
        Entry::new(event, EventOutcome::Success)
    }

    /// Something was refused.
    pub(crate) fn failed(event: &'static str) -> Entry {
        Entry::new(event, EventOutcome::Failure)
    }

    fn new(event: &'static str, outcome: EventOutcome) -> Entry {
        Entry { event, outcome, actor: None, actor_of: None, subject: None, detail: None }
    }

    /// Who: a user's id, `system`, or the address an unknown caller gave.
    pub(crate) fn by(mut self, actor: &str) -> Entry {
        self.actor = Some(actor.to_owned());
        self
    }

    /// Who: the user of a session that begins in the same batch.
    pub(crate) fn by_user_of(mut self, session_id: &str) -> Entry {
        self.actor_of = Some(session_id.to_owned());
        self
    }

    /// On whom or what.
    pub(crate) fn on(mut self, subject: &str) -> Entry {
        self.subject = Some(subject.to_owned());
        self
    }

    /// What else there is to say; never a secret.
    pub(crate) fn saying(mut self, detail: impl Into<String>) -> Entry {
        self.detail = Some(detail.into());
        self
    }
}

/// The statement that writes an entry, for a batch.
pub(crate) fn row(cx: &Cx, tenant_id: &str, entry: Entry) -> Stmt {
    insert(&event(cx, tenant_id, entry))
}

/// The same for cron, which writes what became of many rows in one batch: if the statement before it changed anything.
pub(crate) fn row_if_changed(cx: &Cx, tenant_id: &str, entry: Entry) -> Stmt {
    insert_if_changed(&event(cx, tenant_id, entry))
}

/// The event that an entry becomes: now, and from where the caller is.
pub(crate) fn event(cx: &Cx, tenant_id: &str, entry: Entry) -> Event {
    Event {
        id: cx.id(),
        tenant_id: tenant_id.to_owned(),
        at: cx.now,
        event: entry.event.to_owned(),
        outcome: entry.outcome,
        actor: entry.actor,
        actor_of: entry.actor_of,
        subject: entry.subject,
        address: Some(cx.caller.address.clone()).filter(|address| !address.is_empty()),
        detail: entry.detail,
    }
}

/// Writes an entry of its own.
pub(crate) async fn write(cx: &Cx, tenant_id: &str, entry: Entry) -> Result<(), Fault> {
    cx.db.run(vec![insert_alone(&event(cx, tenant_id, entry))]).await.map(drop)
}

/// A page of a tenant's events, newest first.
pub(crate) async fn list(
    cx: &Cx,
    tenant_id: &str,
    filter: &Filter,
    page: &Page,
) -> Result<Listed<Event>, Fault> {
    store::audit::list(cx.db.as_ref(), tenant_id, filter, page).await
}

/// What the actors and subjects of some events of a tenant are called by now, by their ids.
pub(crate) async fn names(
    cx: &Cx,
    tenant_id: &str,
    events: &[Event],
) -> Result<HashMap<String, Party>, Fault> {
    let ids: BTreeSet<&str> = events
        .iter()
        .flat_map(|event| [event.actor.as_deref(), event.subject.as_deref()])
        .flatten()
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    store::names::of(cx.db.as_ref(), tenant_id, &ids).await
}
