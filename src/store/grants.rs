//! Grants to clients: sessions of their own, below the one of the person who let them.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Stmt};
use crate::store::sessions::NewRefreshToken;
use crate::store::{Columns, json_text, one};

/// A grant that begins.
pub(crate) struct NewGrant<'a> {
    /// Its id, the `sid` of its tokens.
    pub(crate) id: &'a str,
    /// The session of the person who let it, whose user, tenant and sign-in it has.
    pub(crate) parent_id: &'a str,
    /// To which client.
    pub(crate) client_id: &'a str,
    /// Space-separated scopes.
    pub(crate) scope: &'a str,
    /// What else its tokens are for.
    pub(crate) resources: &'a [String],
    /// The key that its refresh tokens are bound to.
    pub(crate) dpop_jkt: Option<&'a str>,
    /// The claims that UserInfo tells besides those of the scope.
    pub(crate) userinfo_claims: &'a [String],
    /// The client's address.
    pub(crate) address: &'a str,
    /// What the client says it is.
    pub(crate) user_agent: &'a str,
    /// Now.
    pub(crate) created_at: Time,
    /// When it ends unless it is refreshed.
    pub(crate) expires_at: Time,
    /// From where, as a short hash.
    pub(crate) place: &'a str,
    /// Its refresh token, if it has one.
    pub(crate) refresh: Option<&'a NewRefreshToken>,
}

/// Begins a grant if its parent and user still live.
pub(crate) fn begin(grant: &NewGrant<'_>) -> Stmt {
    let args: Vec<Arg> = vec![
        grant.id.into(),
        grant.parent_id.into(),
        grant.client_id.into(),
        grant.scope.into(),
        json_text(&grant.resources).into(),
        grant.address.into(),
        grant.user_agent.into(),
        grant.created_at.0.into(),
        grant.expires_at.0.into(),
        grant.dpop_jkt.into(),
        json_text(&grant.userinfo_claims).into(),
        grant.place.into(),
        grant.refresh.map(|token| token.hash.as_str()).into(),
        grant.refresh.map(|token| token.key_id.as_str()).into(),
    ];
    // What is for offline access outlives the session that it was granted in.
    let until = "CASE WHEN instr(' ' || ?4 || ' ', ' offline_access ') = 0 THEN parent.provider_until END";
    let expires = format!("min(?9, coalesce({until}, ?9))");
    let sql = format!(
        "INSERT INTO sessions (id, tenant_id, user_id, amr, auth_time, address, user_agent, created_at, seen_at,
                               expires_at, due_at, client_id, parent_id, scope, resources, dpop_jkt, userinfo_claims,
                               provider_until, places, refresh_hash, refresh_key, refresh_until)
         SELECT ?1, parent.tenant_id, parent.user_id, parent.amr, parent.auth_time, ?6, ?7, ?8, ?8,
                {expires}, {expires}, clients.id, parent.id, ?4, ?5, ?10, ?11, {until}, ?12, ?13, ?14,
                iif(?13 IS NULL, NULL, {expires})
         FROM sessions parent JOIN users ON users.id = parent.user_id JOIN clients ON clients.id = ?3
         WHERE parent.id = ?2 AND parent.ended_at IS NULL AND parent.expires_at > ?8
         AND users.status = 'active'"
    );
    Stmt::new(sql, args)
}

/// The session in which a grant of that user to that client began, also one that has ended.
pub(crate) async fn parent_of(
    db: &dyn Database,
    id: &str,
    client_id: &str,
    user_id: &str,
) -> Result<Option<String>, Fault> {
    let stmt = Stmt::new(
        "SELECT parent_id FROM sessions WHERE id = ?1 AND client_id = ?2 AND user_id = ?3",
        vec![id.into(), client_id.into(), user_id.into()],
    );
    let rows = one(db, stmt).await?;
    rows.first().map(|row| Columns(row).maybe_text("parent_id")).transpose().map(Option::flatten)
}
