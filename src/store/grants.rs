//! Grants to clients: sessions of their own, below the one of the person who let them.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Stmt};
use crate::store::exchanges::Source;
use crate::store::sessions::NewRefreshToken;
use crate::store::{Columns, json_text, one};

/// What is lent, and in which session.
pub(crate) enum Lent<'a> {
    /// It is known.
    Known {
        /// The session of the person who let it, whose user, tenant and sign-in the grant has.
        parent_id: &'a str,
        /// Space-separated scopes.
        scope: &'a str,
        /// What else its tokens are for.
        resources: &'a [String],
        /// The claims that UserInfo tells besides those of the scope.
        userinfo_claims: &'a [String],
    },
    /// It stands in the row that is exchanged, all of which is lent.
    Row {
        source: Source,
        hash: &'a str,
        /// The claims that UserInfo knows.
        known_claims: &'a [&'a str],
    },
}

/// A grant that begins.
pub(crate) struct NewGrant<'a> {
    /// Its id, the `sid` of its tokens.
    pub(crate) id: &'a str,
    pub(crate) lent: Lent<'a>,
    /// To which client.
    pub(crate) client_id: &'a str,
    /// The key that its refresh tokens are bound to.
    pub(crate) dpop_jkt: Option<&'a str>,
    /// The client's address.
    pub(crate) address: &'a str,
    /// What the client says it is.
    pub(crate) user_agent: &'a str,
    /// Now.
    pub(crate) created_at: Time,
    /// When it ends unless it is refreshed.
    pub(crate) expires_at: Time,
    /// The same of one that the operator gives.
    pub(crate) expires_at_of_operator: Time,
    /// From where, as a short hash.
    pub(crate) place: &'a str,
    /// Its refresh token, if it has one.
    pub(crate) refresh: Option<&'a NewRefreshToken>,
}

/// Begins a grant if its parent and user still live.
pub(crate) fn begin(grant: &NewGrant<'_>) -> Stmt {
    let (lent, key, [scope, resources, claims]) = match &grant.lent {
        Lent::Known { parent_id, scope, resources, userinfo_claims } => (
            "SELECT ?2 AS parent_id, ?4 AS scope, ?5 AS resources, ?11 AS claims".to_owned(),
            *parent_id,
            [Some((*scope).to_owned()), Some(json_text(resources)), Some(json_text(userinfo_claims))],
        ),
        Lent::Row { source: Source { table, scopes, resources, claims }, hash, known_claims } => (
            format!(
                "SELECT session_id AS parent_id, (SELECT group_concat(value, ' ') FROM json_each({scopes})) AS scope,
                        {resources} AS resources, (
                          SELECT json_group_array(key) FROM {claims}
                          WHERE key IN (SELECT value FROM json_each(?11))) AS claims
                 FROM {table} WHERE hash = ?2"
            ),
            *hash,
            [None, None, Some(json_text(known_claims))],
        ),
    };
    let args: Vec<Arg> = vec![
        grant.id.into(),
        key.into(),
        grant.client_id.into(),
        scope.into(),
        resources.into(),
        grant.address.into(),
        grant.user_agent.into(),
        grant.created_at.0.into(),
        grant.expires_at.0.into(),
        grant.dpop_jkt.into(),
        claims.into(),
        grant.place.into(),
        grant.refresh.map(|token| token.hash.as_str()).into(),
        grant.refresh.map(|token| token.key_id.as_str()).into(),
        grant.expires_at_of_operator.0.into(),
    ];
    // What is for offline access outlives the session that it was granted in.
    let until =
        "CASE WHEN instr(' ' || lent.scope || ' ', ' offline_access ') = 0 THEN parent.provider_until END";
    let life = "CASE users.operator WHEN 0 THEN ?9 ELSE ?15 END";
    let expires = format!("min({life}, coalesce({until}, {life}))");
    let sql = format!(
        "INSERT INTO sessions (id, tenant_id, user_id, amr, auth_time, address, user_agent, created_at, seen_at,
                               expires_at, due_at, client_id, parent_id, scope, resources, dpop_jkt, userinfo_claims,
                               provider_until, places, refresh_hash, refresh_key, refresh_until)
         SELECT ?1, parent.tenant_id, parent.user_id, parent.amr, parent.auth_time, ?6, ?7, ?8, ?8,
                {expires}, {expires}, clients.id, parent.id, lent.scope, lent.resources, ?10, lent.claims, {until}, ?12,
                ?13, ?14, iif(?13 IS NULL, NULL, {expires})
         FROM ({lent}) AS lent JOIN sessions parent ON parent.id = lent.parent_id
              JOIN users ON users.id = parent.user_id JOIN clients ON clients.id = ?3
         WHERE parent.ended_at IS NULL AND parent.expires_at > ?8 AND users.status = 'active'"
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
