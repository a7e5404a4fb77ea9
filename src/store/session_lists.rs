//! Lists of a user's sessions.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, Listed, Page, clients, one};

/// A live session, as its user and administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionSummary {
    pub(crate) id: String,
    /// The client that it was granted to, and its name; none for a person's own.
    pub(crate) client: Option<(String, String)>,
    /// What was granted to the client.
    pub(crate) scope: Option<String>,
    /// How the user signed in.
    pub(crate) amr: Vec<String>,
    /// From where.
    pub(crate) address: String,
    /// With what.
    pub(crate) user_agent: String,
    /// When it began.
    pub(crate) created_at: Time,
    /// When it was last used, to within minutes.
    pub(crate) seen_at: Time,
    /// When it ends at the latest.
    pub(crate) expires_at: Time,
}

/// Whose sessions are listed.
pub(crate) struct Whose<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) user_id: &'a str,
    /// Only those that were granted to no client.
    pub(crate) own: bool,
}

/// A page of a user's live sessions, by id.
pub(crate) async fn list(
    db: &dyn Database,
    whose: &Whose<'_>,
    page: &Page,
    now: Time,
) -> Result<Listed<SessionSummary>, Fault> {
    let stmt = Stmt::new(
        "SELECT sessions.*, clients.name AS client_name, clients.registration_hash IS NULL AS client_vouched
         FROM sessions LEFT JOIN clients ON clients.id = sessions.client_id
         WHERE sessions.user_id = ?2 AND sessions.tenant_id = ?1 AND sessions.id > ?5
         AND sessions.ended_at IS NULL AND sessions.expires_at > ?3
         AND (sessions.idle_until IS NULL OR sessions.idle_until > ?3)
         AND (?4 = 0 OR sessions.client_id IS NULL) ORDER BY sessions.id LIMIT ?6",
        vec![
            whose.tenant_id.into(),
            whose.user_id.into(),
            now.0.into(),
            whose.own.into(),
            page.after.clone().unwrap_or_default().into(),
            (page.limit + 1).into(),
        ],
    );
    let items = one(db, stmt).await?.iter().map(read_shown).collect::<Result<_, Fault>>()?;
    Ok(page.cut(items, |session: &SessionSummary| session.id.clone()))
}

/// A user's own live sessions: the one of that id first, then the newest; and how many there are.
pub(crate) async fn newest(
    db: &dyn Database,
    whose: &Whose<'_>,
    first: &str,
    limit: usize,
    now: Time,
) -> Result<(Vec<SessionSummary>, usize), Fault> {
    let sql = "SELECT sessions.*, NULL AS client_name, count(*) OVER () AS n FROM sessions
               WHERE user_id = ?2 AND tenant_id = ?1 AND client_id IS NULL AND ended_at IS NULL
               AND expires_at > ?3 AND (idle_until IS NULL OR idle_until > ?3)
               ORDER BY id = ?4 DESC, id DESC LIMIT ?5";
    let args = vec![
        whose.tenant_id.into(),
        whose.user_id.into(),
        now.0.into(),
        first.into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
    ];
    let rows = one(db, Stmt::new(sql, args)).await?;
    let all = rows.first().map(|row| Columns(row).int("n")).transpose()?.unwrap_or_default();
    let items = rows.iter().map(read_shown).collect::<Result<_, Fault>>()?;
    Ok((items, usize::try_from(all).unwrap_or_default()))
}

fn read_shown(row: &Row) -> Result<SessionSummary, Fault> {
    let row = Columns(row);
    Ok(SessionSummary {
        id: row.text("id")?,
        client: clients::named(&row)?,
        scope: row.maybe_text("scope")?,
        amr: row.json("amr")?,
        address: row.text("address")?,
        user_agent: row.text("user_agent")?,
        created_at: row.time("created_at")?,
        seen_at: row.time("seen_at")?,
        expires_at: row.time("expires_at")?,
    })
}
