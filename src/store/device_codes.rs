//! Device authorizations (RFC 8628), by the hashes of their two codes.

use crate::model::state::DeviceStatus;
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Rows, Stmt};
use crate::store::exchanges::{self, Conditions};
use crate::store::sessions::{self, Live};
use crate::store::{Columns, json_text, one};

/// A device that asks.
pub(crate) struct NewDevice<'a> {
    /// Hash of the device's code.
    pub(crate) hash: &'a str,
    /// Hash of what its person types.
    pub(crate) user_code_hash: &'a str,
    pub(crate) tenant_id: &'a str,
    pub(crate) client_id: &'a str,
    /// Space-separated scopes.
    pub(crate) scope: &'a str,
    /// What else the tokens are for.
    pub(crate) resources: &'a [String],
    /// Seconds between polls.
    pub(crate) interval_seconds: i64,
    /// Now.
    pub(crate) created_at: Time,
    /// When it ends.
    pub(crate) expires_at: Time,
}

/// Keeps one, unless its user code is another's.
pub(crate) fn insert(device: &NewDevice<'_>) -> Stmt {
    Stmt::new(
        "INSERT OR IGNORE INTO device_codes (hash, user_code_hash, tenant_id, client_id, scope, resources, interval_seconds,
                                   created_at, expires_at)
         SELECT ?1, ?2, ?3, id, ?5, ?6, ?7, ?8, ?9 FROM clients WHERE id = ?4 AND tenant_id = ?3",
        vec![
            device.hash.into(),
            device.user_code_hash.into(),
            device.tenant_id.into(),
            device.client_id.into(),
            device.scope.into(),
            json_text(&device.resources).into(),
            device.interval_seconds.into(),
            device.created_at.0.into(),
            device.expires_at.0.into(),
        ],
    )
}

/// A device that waits for its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) user_code_hash: String,
    pub(crate) client_id: String,
    /// Space-separated scopes.
    pub(crate) scope: String,
    /// What else the tokens are for.
    pub(crate) resources: Vec<String>,
}

/// One that waits, by what the hash of its user code can be.
pub(crate) async fn pending(
    db: &dyn Database,
    tenant_id: &str,
    user_code_hashes: &[String],
    now: Time,
) -> Result<Option<Pending>, Fault> {
    let stmt = Stmt::new(
        "SELECT user_code_hash, client_id, scope, coalesce(resources, '[]') AS resources FROM device_codes
         WHERE user_code_hash IN (SELECT value FROM json_each(?1)) AND tenant_id = ?2 AND status = 'pending' AND expires_at > ?3",
        vec![json_text(&user_code_hashes).into(), tenant_id.into(), now.0.into()],
    );
    let rows = one(db, stmt).await?;
    let read = |row| {
        let row = Columns(row);
        let (client_id, scope) = (row.text("client_id")?, row.text("scope")?);
        let user_code_hash = row.text("user_code_hash")?;
        Ok(Pending { user_code_hash, client_id, scope, resources: row.json("resources")? })
    };
    rows.first().map(read).transpose()
}

/// The person decides, once, in a session that is alive: one row if they did.
pub(crate) fn decide(
    user_code_hash: &str,
    tenant_id: &str,
    status: DeviceStatus,
    session_id: &str,
    now: Time,
) -> Stmt {
    Stmt::new(
        "UPDATE device_codes SET status = ?3, session_id = ?4,
                user_id = (SELECT user_id FROM sessions WHERE id = ?4)
         WHERE user_code_hash = ?1 AND tenant_id = ?2 AND status = 'pending' AND expires_at > ?5
         AND EXISTS (SELECT 1 FROM sessions WHERE id = ?4 AND tenant_id = ?2 AND ended_at IS NULL)
         RETURNING hash",
        vec![
            user_code_hash.into(),
            tenant_id.into(),
            status.as_str().into(),
            session_id.into(),
            now.0.into(),
        ],
    )
}

/// A device as it stood when it polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Polled {
    /// Space-separated scopes.
    pub(crate) scope: String,
    /// What else the tokens are for.
    pub(crate) resources: Vec<String>,
    /// What its person decided.
    pub(crate) status: DeviceStatus,
    /// Seconds that it was to wait between polls.
    pub(crate) interval_seconds: i64,
    /// When it polled before.
    pub(crate) polled_at: Option<Time>,
    /// When it ends.
    pub(crate) expires_at: Time,
    /// When it was paid out.
    pub(crate) used_at: Option<Time>,
    /// The session in which its person decided, if that is still alive.
    pub(crate) live: Option<Live>,
}

/// A device of the client polls: how it stands, and the poll is remembered. One that polls too soon must wait `slower`
/// seconds longer from now on (RFC 8628 §3.5).
pub(crate) fn poll(tenant_id: &str, client_id: &str, hash: &str, slower: i64, now: Time) -> [Stmt; 3] {
    let of = |sql: &str, more: Vec<Arg>| {
        let mut args = vec![hash.into(), tenant_id.into(), client_id.into()];
        args.extend(more);
        Stmt::new(sql, args)
    };
    let find = "SELECT * FROM device_codes WHERE hash = ?1 AND tenant_id = ?2 AND client_id = ?3";
    let remember = "UPDATE device_codes SET polled_at = ?4, interval_seconds = interval_seconds +
                      iif(polled_at + interval_seconds * 1000 > ?4, ?5, 0)
                    WHERE hash = ?1 AND tenant_id = ?2 AND client_id = ?3 AND status = 'pending'";
    [
        of(find, vec![]),
        sessions::live_by_device_code(hash, now),
        of(remember, vec![now.0.into(), slower.into()]),
    ]
}

/// What [`poll`] answers.
pub(crate) fn read(answers: &[Rows]) -> Result<Option<Polled>, Fault> {
    let [devices, lives, _] = answers else {
        return Err(Fault::new("store", "a batch of three answered otherwise"));
    };
    let Some(row) = devices.first().map(Columns) else { return Ok(None) };
    Ok(Some(Polled {
        scope: row.text("scope")?,
        resources: row.json("resources")?,
        status: row.state("status")?,
        interval_seconds: row.int("interval_seconds")?,
        polled_at: row.maybe_time("polled_at")?,
        expires_at: row.time("expires_at")?,
        used_at: row.maybe_time("used_at")?,
        live: lives.first().map(sessions::read_live).transpose()?,
    }))
}

/// Takes one that was approved: of many at once, one does.
pub(crate) fn take(hash: &str, now: Time) -> Stmt {
    Stmt::new(
        "UPDATE device_codes SET used_at = ?2
         WHERE hash = ?1 AND status = 'approved' AND used_at IS NULL AND expires_at > ?2",
        vec![hash.into(), now.0.into()],
    )
}

/// The same, if it is this client's and the conditions hold.
pub(crate) fn take_if(
    take: Stmt,
    tenant_id: &str,
    client_id: &str,
    conditions: &Conditions,
    now: Time,
) -> Stmt {
    let take = take.and("tenant_id = ?", tenant_id).and("client_id = ?", client_id);
    exchanges::take_if(take, &exchanges::DEVICES, conditions, now)
}

/// What undoes a batch that took the device now, and did not begin its grant.
pub(crate) fn undo_if_halfway(hash: &str, now: Time) -> Stmt {
    let sql = "SELECT 1 FROM device_codes WHERE hash = ?1 AND used_at = ?2";
    exchanges::undo_if_halfway(&Stmt::new(sql, vec![hash.into(), now.0.into()]))
}
