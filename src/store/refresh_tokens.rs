//! Refresh tokens: a session knows the newest generation of its own, and a refresh moves it on.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Rows, Stmt};
use crate::store::audit::{self, Event};
use crate::store::roles::GRANTED;
use crate::store::sessions::{self, LIVE_COLUMNS, Live, STANDS};
use crate::store::{Columns, json_text, one};

/// The refresh tokens of a session, as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) session_id: String,
    pub(crate) tenant_id: String,
    pub(crate) user_id: String,
    /// The client that the session was granted to, if it was.
    pub(crate) client_id: Option<String>,
    /// The newest generation.
    pub(crate) generation: i64,
    /// The hash of its secret; none if the session has no refresh token.
    pub(crate) hash: Option<String>,
    /// The id of the key that its MAC is under.
    pub(crate) key_id: Option<String>,
    /// When it ends.
    pub(crate) until: Option<Time>,
    /// When the one before it was spent.
    pub(crate) spent_at: Option<Time>,
    /// Who spent that.
    pub(crate) spent_by: Option<String>,
    /// The generation that a step-up replaced.
    pub(crate) replaced: Option<i64>,
    /// The month that the user was last counted in.
    pub(crate) active_month: Option<String>,
    /// The session and its user, if that is still alive.
    pub(crate) live: Option<Live>,
}

fn ask(session_id: &str, now: Time) -> Stmt {
    let sql = format!(
        "SELECT {GRANTED} AS user_granted, {LIVE_COLUMNS}, sessions.tenant_id AS session_tenant_id,
                sessions.generation AS session_generation, sessions.refresh_hash AS session_refresh_hash,
                sessions.refresh_key AS session_refresh_key, sessions.refresh_until AS session_refresh_until,
                sessions.spent_at AS session_spent_at, sessions.spent_by AS session_spent_by,
                sessions.replaced AS session_replaced, ({STANDS}) AS session_stands
         FROM sessions JOIN users ON users.id = sessions.user_id WHERE sessions.id = ?1"
    );
    Stmt::new(sql, vec![session_id.into(), now.0.into()])
}

fn read(rows: &Rows) -> Result<Option<Family>, Fault> {
    let read = |row: &Row| {
        let stands = Columns(row).flag("session_stands")?;
        let live = if stands { Some(sessions::read_live(row)?) } else { None };
        let row = Columns(row);
        Ok(Family {
            session_id: row.text("session_id")?,
            tenant_id: row.text("session_tenant_id")?,
            user_id: row.text("id")?,
            client_id: row.maybe_text("session_client_id")?,
            generation: row.int("session_generation")?,
            hash: row.maybe_text("session_refresh_hash")?,
            key_id: row.maybe_text("session_refresh_key")?,
            until: row.maybe_time("session_refresh_until")?,
            spent_at: row.maybe_time("session_spent_at")?,
            spent_by: row.maybe_text("session_spent_by")?,
            replaced: row.maybe_int("session_replaced")?,
            active_month: row.maybe_text("active_month")?,
            live,
        })
    };
    rows.first().map(read).transpose()
}

/// The refresh tokens of a session.
pub(crate) async fn find(db: &dyn Database, session_id: &str, now: Time) -> Result<Option<Family>, Fault> {
    read(&one(db, ask(session_id, now)).await?)
}

/// A token that is spent for its successor.
pub(crate) struct Spend<'a> {
    pub(crate) session_id: &'a str,
    pub(crate) tenant_id: &'a str,
    /// The client that the token must have been granted to; none for a session of the person's own.
    pub(crate) client_id: Option<&'a str>,
    /// The key that the sender proved.
    pub(crate) jkt: Option<&'a str>,
    /// The presented token's.
    pub(crate) generation: i64,
    /// The hash of the presented token's secret.
    pub(crate) hash: &'a str,
    /// Id of the key that the successor's MAC is under.
    pub(crate) key_id: &'a str,
    /// Who asks.
    pub(crate) by: &'a str,
    /// From where, as a short hash.
    pub(crate) place: &'a str,
    /// When the successor ends, and with it the session, at the latest.
    pub(crate) until: Time,
    /// The same of one that the operator has.
    pub(crate) until_of_operator: Time,
    /// What must hold besides, where that was not looked at before.
    pub(crate) terms: Option<Terms>,
    /// Whether a repeat gets the same successor.
    pub(crate) may_repeat: bool,
    pub(crate) now: Time,
}

/// What lets a token be spent, as far as it can be asked in the same statement. Each holds only where the domain would say
/// so, too; where one does not, the domain decides.
pub(crate) struct Terms {
    /// Whether every user needs a second factor.
    pub(crate) needs_two: bool,
    /// What in a session's `amr` makes it enough of itself.
    pub(crate) enough: &'static [&'static str],
    /// Of a client's grant.
    pub(crate) grant: Option<GrantTerms>,
}

/// What lets a client's grant be refreshed.
#[derive(Clone)]
pub(crate) struct GrantTerms {
    /// The scopes and resources that the client may have, as they are stored.
    pub(crate) scopes: Vec<String>,
    pub(crate) resources: Vec<String>,
    /// Those that it asks for; none for all that was granted.
    pub(crate) asked_scopes: Vec<String>,
    pub(crate) asked_resources: Vec<String>,
}

/// Whether what was proved in the row of `sessions` is enough for the row of `users`, for all that the database can tell:
/// whether every user needs two factors, and what is enough of itself, are arguments at these places.
pub(super) fn is_sufficient(needs_two: &str, enough: &str) -> String {
    format!(
        "(({needs_two} = 0 AND users.mfa = 'none') OR EXISTS (
           SELECT 1 FROM json_each(sessions.amr) WHERE value IN (SELECT value FROM json_each({enough}))))"
    )
}

impl Terms {
    /// As conditions on `sessions` and its `users`, whose arguments are put behind those that are there.
    fn conditions(&self, args: &mut Vec<Arg>) -> (String, String) {
        let mut place = |arg: Arg| {
            args.push(arg);
            format!("?{}", args.len())
        };
        let needs_two = place(self.needs_two.into());
        let enough = place(json_text(&self.enough).into());
        let of_user = format!(" AND {}", is_sufficient(&needs_two, &enough));
        let Some(grant) = &self.grant else { return (of_user, String::new()) };
        let [scopes, resources, asked_scopes, asked_resources] =
            [&grant.scopes, &grant.resources, &grant.asked_scopes, &grant.asked_resources]
                .map(|all| place(json_text(all).into()));
        let granted = "instr(' ' || coalesce(sessions.scope, '') || ' ', ' ' || value || ' ')";
        let of_grant = format!(
            " AND EXISTS (SELECT 1 FROM json_each({scopes}) WHERE {granted} > 0)
              AND NOT EXISTS (SELECT 1 FROM json_each({asked_scopes}) WHERE {granted} = 0)
              AND (coalesce(sessions.resources, '[]') = '[]' OR EXISTS (
                   SELECT 1 FROM json_each(sessions.resources)
                   WHERE value IN (SELECT value FROM json_each({resources}))))
              AND NOT EXISTS (
                   SELECT 1 FROM json_each({asked_resources})
                   WHERE value NOT IN (SELECT value FROM json_each(coalesce(sessions.resources, '[]'))))"
        );
        (of_user, of_grant)
    }
}

/// Spends a token, if it is its live session's newest: of many at once, one does. An event about a place that is new to the
/// session is written with it. Whether it was spent, and how the session stands then.
pub(crate) async fn spend(
    db: &dyn Database,
    spend: &Spend<'_>,
    moved: &Event,
) -> Result<(bool, Option<Family>), Fault> {
    let mut args: Vec<Arg> = vec![
        spend.session_id.into(),
        spend.generation.into(),
        spend.key_id.into(),
        spend.now.0.into(),
        spend.by.into(),
        spend.place.into(),
        spend.hash.into(),
        spend.tenant_id.into(),
        spend.client_id.into(),
        spend.jkt.into(),
        spend.until.0.into(),
        spend.until_of_operator.0.into(),
    ];
    let (of_user, of_grant) =
        spend.terms.as_ref().map(|terms| terms.conditions(&mut args)).unwrap_or_default();
    let life =
        "CASE (SELECT operator FROM users WHERE users.id = sessions.user_id) WHEN 0 THEN ?11 ELSE ?12 END";
    let until = format!("min({life}, coalesce(provider_until, {life}))");
    let is_known = "instr(coalesce(places, ''), ?6) > 0";
    let sql = format!(
        "UPDATE sessions SET generation = ?2 + 1, refresh_key = ?3, spent_at = ?4, spent_by = ?5, seen_at = ?4,
                refresh_until = {until}, expires_at = max(expires_at, {until}),
                moved = iif({is_known}, 0, 1),
                places = CASE WHEN {is_known} THEN places ELSE substr(coalesce(places || ' ', '') || ?6, -35) END
         WHERE id = ?1 AND generation = ?2 AND refresh_hash = ?7 AND tenant_id = ?8 AND client_id IS ?9
         AND (dpop_jkt IS NULL OR dpop_jkt IS ?10) AND refresh_until > ?4 AND ended_at IS NULL AND expires_at > ?4
         AND (idle_until IS NULL OR idle_until > ?4)
         AND EXISTS (SELECT 1 FROM users WHERE users.id = sessions.user_id AND users.status = 'active'{of_user})
         {of_grant} RETURNING id"
    );
    let repeatable = |stmt: Stmt| if spend.may_repeat { stmt.repeatable() } else { stmt };
    let write = [Stmt::new(sql, args), audit::insert_if_moved(moved)].map(repeatable);
    let batch = write.into_iter().chain([ask(spend.session_id, spend.now)]).collect();
    let answers = db.run(batch).await?;
    let [spent, _, families] = answers.as_slice() else {
        return Err(Fault::new("store", "a batch of three answered otherwise"));
    };
    Ok((!spent.is_empty(), read(families)?))
}
