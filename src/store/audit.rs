//! The audit log: a row for each security event.

use crate::model::audit_class::AuditClass;
use crate::model::id::uuid_v7;
use crate::model::state::EventOutcome;
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::window::{self, Args, Window};
use crate::store::{Columns, Listed, Page, changed, is_undone_by, undo_unless};

/// A security event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its id, ordered by time.
    pub(crate) id: String,
    pub(crate) tenant_id: String,
    /// When.
    pub(crate) at: Time,
    /// What, as `login.failed`.
    pub(crate) event: String,
    /// Whether it was done or refused.
    pub(crate) outcome: EventOutcome,
    /// Who: a user's id, `system`, or the address an unknown caller gave.
    pub(crate) actor: Option<String>,
    /// The session whose user it is, where only the database knows that.
    pub(crate) actor_of: Option<String>,
    /// On whom or what.
    pub(crate) subject: Option<String>,
    /// Where from.
    pub(crate) address: Option<String>,
    /// What else there is to say. Never a secret.
    pub(crate) detail: Option<String>,
}

/// Writes an event, if its tenant is there.
pub(crate) fn insert(event: &Event) -> Stmt {
    insert_where(event, "")
}

/// The same of an event that tells of nothing else in its batch.
pub(crate) fn insert_alone(event: &Event) -> Stmt {
    let mut stmt = insert(event).repeatable();
    stmt.sql.push_str(" ON CONFLICT DO NOTHING");
    stmt
}

/// Writes an event if the statement before it in the batch changed anything.
pub(crate) fn insert_if_changed(event: &Event) -> Stmt {
    insert_where(event, " AND changes() > 0")
}

/// As [`insert_if_changed`]; answers a row if it was written.
pub(crate) fn mark(event: &Event) -> Stmt {
    let mut stmt = insert_if_changed(event);
    stmt.sql.push_str(" RETURNING id");
    stmt
}

/// Writes an event on a session, by its user, if the statement before it in the batch moved that session to a new place.
pub(crate) fn insert_if_moved(event: &Event) -> Stmt {
    let mut stmt = insert_if_changed(event);
    stmt.sql = stmt.sql.replace("?6", "(SELECT user_id FROM sessions WHERE sessions.id = ?7)");
    stmt.and_also("EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ?7 AND sessions.moved = 1)")
}

fn insert_where(event: &Event, condition: &str) -> Stmt {
    let (setting, days) = AuditClass::of(&event.event).kept();
    let mut args: Vec<Arg> = vec![
        (&event.id).into(),
        (&event.tenant_id).into(),
        event.at.0.into(),
        (&event.event).into(),
        event.outcome.as_str().into(),
        event.actor.clone().into(),
        event.subject.clone().into(),
        event.address.clone().into(),
        event.detail.clone().into(),
        setting.into(),
        days.into(),
    ];
    let mut actor = "?6";
    if let Some(session_id) = &event.actor_of {
        args.push(session_id.into());
        actor = "(SELECT user_id FROM sessions WHERE sessions.id = ?12)";
    }
    let columns = "id, tenant_id, at, event, outcome, actor, subject, address, detail, expires_at";
    // An isolate that still remembers a deleted tenant leaves nothing of it here.
    let sql = format!(
        "INSERT INTO audit ({columns})
         SELECT ?1, ?2, ?3, ?4, ?5, {actor}, ?7, ?8, ?9, ?3 + 86400000 * coalesce(json_extract(settings, ?10), ?11)
         FROM tenants WHERE tenants.id = ?2{condition}"
    );
    Stmt::new(sql, args)
}

/// The same statement for after an event in a batch: it does something only if that event was written.
pub(crate) fn if_written(mut stmt: Stmt, event: &Event) -> Stmt {
    stmt.args.extend([Arg::from(&event.tenant_id), Arg::from(&event.id)]);
    let id = stmt.args.len();
    stmt.and_also(&format!("EXISTS (SELECT 1 FROM audit WHERE tenant_id = ?{} AND id = ?{id})", id - 1))
}

/// What the error of [`undo_if_written`] says.
const WRITTEN: &str = "this change was written before";

/// A statement that undoes the whole batch if the event is there: what the batch does was done.
pub(crate) fn undo_if_written(event: &Event) -> Stmt {
    let condition = "NOT EXISTS (SELECT 1 FROM audit WHERE tenant_id = ?1 AND id = ?2)";
    undo_unless(condition, WRITTEN, vec![(&event.tenant_id).into(), (&event.id).into()])
}

/// Whether a batch was undone by [`undo_if_written`].
pub(crate) fn was_written_before(fault: &Fault) -> bool {
    is_undone_by(fault, WRITTEN)
}

/// Removes events whose time is over, at most so many.
pub(super) fn remove_expired(now: Time, most: i64) -> Vec<Stmt> {
    let sql = "DELETE FROM audit WHERE (tenant_id, id) IN
                 (SELECT tenant_id, id FROM audit WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
    vec![Stmt::new(sql, vec![now.0.into(), most.into()]), changed()]
}

/// Removes a tenant's whole log.
pub(crate) fn forget_tenant(tenant_id: &str) -> Stmt {
    Stmt::new("DELETE FROM audit WHERE tenant_id = ?1", vec![tenant_id.into()])
}

/// What the log is narrowed to; each `None` narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// The event, or its first part: `login` finds `login.failed`.
    pub(crate) event: Option<String>,
    /// `success` or `failure`.
    pub(crate) outcome: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) subject: Option<String>,
    /// From then on.
    pub(crate) since: Option<Time>,
    /// Before then.
    pub(crate) until: Option<Time>,
}

/// A page of a tenant's events, newest first.
pub(crate) async fn list(
    db: &dyn Database,
    tenant_id: &str,
    filter: &Filter,
    page: &Page,
) -> Result<Listed<Event>, Fault> {
    // Newest first: without a cursor, from behind whatever an id can be. Ids are ordered by time, and say when to begin
    // and to end.
    let of = |at: Time| uuid_v7(at, [0; 10]);
    let after = page.after.clone().unwrap_or_else(|| "~".into());
    let before = filter.until.map_or(after.clone(), |until| after.min(of(until)));
    let mut args = Args(vec![tenant_id.into(), before.into()]);
    let since = args.place(filter.since.map(of).unwrap_or_default());
    let mut conditions = Vec::new();
    if let Some(event) = &filter.event {
        let event = args.place(event);
        conditions
            .push(format!("(event = {event} OR substr(event, 1, length({event}) + 1) = {event} || '.')"));
    }
    let wanted = [("outcome", &filter.outcome), ("actor", &filter.actor), ("subject", &filter.subject)];
    for (column, value) in wanted {
        if let Some(value) = value {
            conditions.push(format!("{column} = {}", args.place(value)));
        }
    }
    let window = Window {
        rows: format!(
            "SELECT * FROM audit WHERE tenant_id = ?1 AND id < ?2 AND id >= {since} ORDER BY id DESC"
        ),
        name: "audit",
        narrowed: window::all_of(&conditions),
        columns: "*",
        key: "id",
        limit: args.place(page.limit + 1),
        args: args.0,
    };
    let read = |row: &Row| {
        let row = Columns(row);
        Ok(Event {
            id: row.text("id")?,
            tenant_id: row.text("tenant_id")?,
            at: row.time("at")?,
            event: row.text("event")?,
            outcome: row.state("outcome")?,
            actor: row.maybe_text("actor")?,
            actor_of: None,
            subject: row.maybe_text("subject")?,
            address: row.maybe_text("address")?,
            detail: row.maybe_text("detail")?,
        })
    };
    window::list(db, window, page, read, |event: &Event| event.id.clone()).await
}
