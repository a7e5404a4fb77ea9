//! Authorization codes, by their hash.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Rows, Stmt};
use crate::store::exchanges::{self, Conditions};
use crate::store::sessions::{self, Live};
use crate::store::{Columns, json_text};

/// A code that was issued.
pub(crate) struct NewCode<'a> {
    pub(crate) hash: &'a str,
    pub(crate) tenant_id: &'a str,
    pub(crate) client_id: &'a str,
    /// Who let it.
    pub(crate) user_id: &'a str,
    /// The browser's session that it was given in.
    pub(crate) session_id: &'a str,
    /// What its exchange is held to, as JSON.
    pub(crate) terms: serde_json::Value,
    /// When it was issued.
    pub(crate) created_at: Time,
    /// When it ends.
    pub(crate) expires_at: Time,
}

/// Keeps a code.
pub(crate) fn insert(code: &NewCode<'_>) -> Stmt {
    Stmt::new(
        "INSERT INTO authorization_codes (hash, tenant_id, client_id, user_id, session_id, terms, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        vec![
            code.hash.into(),
            code.tenant_id.into(),
            code.client_id.into(),
            code.user_id.into(),
            code.session_id.into(),
            json_text(&code.terms).into(),
            code.created_at.0.into(),
            code.expires_at.0.into(),
        ],
    )
}

/// A code as it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    /// Who let it.
    pub(crate) user_id: String,
    /// What its exchange is held to, as JSON text.
    pub(crate) terms: String,
    /// When it ends.
    pub(crate) expires_at: Time,
    /// When it was exchanged.
    pub(crate) used_at: Option<Time>,
    /// The session that its exchange began.
    pub(crate) grant_id: Option<String>,
    /// The session that was asked for, if that is still alive.
    pub(crate) live: Option<Live>,
}

/// Asks for a code of a tenant, and for the session that its exchange for the grant of that id began, else for the one that
/// it was given in.
pub(crate) fn ask(tenant_id: &str, hash: &str, grant_id: &str, now: Time) -> [Stmt; 2] {
    let code = Stmt::new(
        "SELECT * FROM authorization_codes WHERE hash = ?1 AND tenant_id = ?2",
        vec![hash.into(), tenant_id.into()],
    );
    [code, sessions::live_by_code(hash, grant_id, now)]
}

/// What [`ask`] answers.
pub(crate) fn read(answers: &[Rows]) -> Result<Option<Code>, Fault> {
    let [codes, lives] = answers else {
        return Err(Fault::new("store", "a batch of two answered otherwise"));
    };
    let Some(row) = codes.first().map(Columns) else { return Ok(None) };
    Ok(Some(Code {
        client_id: row.text("client_id")?,
        user_id: row.text("user_id")?,
        terms: row.text("terms")?,
        expires_at: row.time("expires_at")?,
        used_at: row.maybe_time("used_at")?,
        grant_id: row.maybe_text("grant_id")?,
        live: lives.first().map(sessions::read_live).transpose()?,
    }))
}

/// Takes a code for the grant of that id: of many at once, one does.
pub(crate) fn take(hash: &str, grant_id: &str, now: Time) -> Stmt {
    Stmt::new(
        "UPDATE authorization_codes SET used_at = ?3, grant_id = ?2
         WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?3",
        vec![hash.into(), grant_id.into(), now.0.into()],
    )
}

/// What a client presents with a code.
pub(crate) struct Presented<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: Option<&'a str>,
    /// The challenge that is made of the verifier, if there is one.
    pub(crate) challenge: Option<&'a str>,
    /// The key that was proved.
    pub(crate) jkt: Option<&'a str>,
}

/// The same, if the code's terms hold of what is presented and so do the conditions.
pub(crate) fn take_if(take: Stmt, presented: &Presented<'_>, conditions: &Conditions, now: Time) -> Stmt {
    let take = take
        .and("tenant_id = ?", presented.tenant_id)
        .and("client_id = ?", presented.client_id)
        .and(
            "iif(? IS NULL, json_extract(terms, '$.redirect_uri_sent') = 0, json_extract(terms, '$.redirect_uri') = ?)",
            presented.redirect_uri,
        )
        .and("json_extract(terms, '$.code_challenge') IS ?", presented.challenge)
        .and("coalesce(json_extract(terms, '$.dpop_jkt'), ?, '') = coalesce(?, '')", presented.jkt);
    exchanges::take_if(take, &exchanges::CODES, conditions, now)
}

/// What undoes a batch that took the code for that grant, and did not begin it.
pub(crate) fn undo_if_halfway(hash: &str, grant_id: &str) -> Stmt {
    let sql = "SELECT 1 FROM authorization_codes WHERE hash = ?1 AND grant_id = ?2";
    exchanges::undo_if_halfway(&Stmt::new(sql, vec![hash.into(), grant_id.into()]))
}

/// Which grant a code's exchange began.
pub(crate) async fn grant_of(db: &dyn Database, hash: &str) -> Result<Option<String>, Fault> {
    let stmt = Stmt::new("SELECT grant_id FROM authorization_codes WHERE hash = ?1", vec![hash.into()]);
    let rows = crate::store::one(db, stmt).await?;
    rows.first().map(|row| Columns(row).maybe_text("grant_id")).transpose().map(Option::flatten)
}
