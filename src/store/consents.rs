//! What users let clients do.

use crate::model::name;
use crate::model::scope::Scopes;
use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Stmt};
use crate::store::logout_deliveries::owe;
use crate::store::{Columns, json_text, one};

/// A client that may act for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Consent {
    pub(crate) client_id: String,
    /// Its name as people are shown it.
    pub(crate) client_name: String,
    /// What it may do, space-separated.
    pub(crate) scope: String,
    /// Since when.
    pub(crate) granted_at: Time,
}

/// What a user agreed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub(crate) scopes: Scopes,
    /// What else than the issuer the client's tokens may be for.
    pub(crate) resources: Vec<String>,
}

impl Agreed {
    /// Whether all of the other is agreed to.
    pub(crate) fn holds(&self, other: &Agreed) -> bool {
        self.scopes.hold(other.scopes.tokens())
            && other.resources.iter().all(|resource| self.resources.contains(resource))
    }

    fn with(&self, more: &Agreed) -> Agreed {
        let mut resources = self.resources.clone();
        resources.extend(more.resources.iter().filter(|one| !self.resources.contains(one)).cloned());
        Agreed { scopes: self.scopes.with(&more.scopes), resources }
    }

    fn resources(&self) -> Option<String> {
        (!self.resources.is_empty()).then(|| json_text(&self.resources))
    }
}

/// What a user let a client do, if anything.
pub(crate) async fn agreed(
    db: &dyn Database,
    user_id: &str,
    client_id: &str,
) -> Result<Option<Agreed>, Fault> {
    let sql = "SELECT scope, coalesce(resources, '[]') AS resources FROM consents WHERE user_id = ?1 AND client_id = ?2";
    let rows = one(db, Stmt::new(sql, vec![user_id.into(), client_id.into()])).await?;
    let read = |row| {
        let row = Columns(row);
        Ok(Agreed { scopes: Scopes::from_list(&row.text("scope")?), resources: row.json("resources")? })
    };
    rows.first().map(read).transpose()
}

/// Lets a client of the user's tenant have more than it had, as that was read: what was taken back meanwhile does not
/// come back, and is asked for again.
pub(crate) fn give(
    tenant_id: &str,
    user_id: &str,
    client_id: &str,
    had: Option<&Agreed>,
    more: &Agreed,
    now: Time,
) -> Stmt {
    let all = had.map_or_else(|| more.clone(), |had| had.with(more));
    Stmt::new(
        "INSERT INTO consents (user_id, client_id, tenant_id, scope, granted_at, resources)
         SELECT users.id, clients.id, ?1, ?4, ?5, ?7 FROM users JOIN clients ON clients.tenant_id = users.tenant_id
         WHERE users.id = ?2 AND clients.id = ?3 AND users.tenant_id = ?1
         AND (SELECT scope FROM consents WHERE user_id = ?2 AND client_id = ?3) IS ?6
         AND (SELECT resources FROM consents WHERE user_id = ?2 AND client_id = ?3) IS ?8
         ON CONFLICT (user_id, client_id) DO UPDATE
         SET scope = excluded.scope, granted_at = excluded.granted_at, resources = excluded.resources",
        vec![
            tenant_id.into(),
            user_id.into(),
            client_id.into(),
            all.scopes.list().into(),
            now.0.into(),
            had.map(|had| had.scopes.list()).into(),
            all.resources().into(),
            had.and_then(Agreed::resources).into(),
        ],
    )
}

/// The clients that may act for a user: those that they let, and those that hold a live grant because nobody
/// had to be asked.
pub(crate) async fn of_user(
    db: &dyn Database,
    tenant_id: &str,
    user_id: &str,
    now: Time,
) -> Result<Vec<Consent>, Fault> {
    let stmt = Stmt::new(
        "SELECT given.client_id, clients.name, clients.registration_hash IS NULL AS vouched, given.scope,
                given.granted_at
         FROM (SELECT client_id, scope, granted_at FROM consents WHERE user_id = ?2 AND tenant_id = ?1
               UNION ALL
               SELECT client_id, max(coalesce(scope, '')), min(created_at) FROM sessions
               WHERE user_id = ?2 AND tenant_id = ?1 AND client_id IS NOT NULL AND ended_at IS NULL
               AND expires_at > ?3
               AND client_id NOT IN (SELECT client_id FROM consents WHERE user_id = ?2)
               GROUP BY client_id) AS given
         JOIN clients ON clients.id = given.client_id
         ORDER BY clients.name, given.client_id LIMIT 200",
        vec![tenant_id.into(), user_id.into(), now.0.into()],
    );
    let rows = one(db, stmt).await?;
    let read = |row| {
        let row = Columns(row);
        Ok(Consent {
            client_id: row.text("client_id")?,
            client_name: name::for_display(row.text("name")?, row.flag("vouched")?),
            scope: row.text("scope")?,
            granted_at: row.time("granted_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Forgets what anybody agreed to of a client, which has become another.
pub(crate) fn forget_of_client(tenant_id: &str, client_id: &str) -> Stmt {
    let sql = "DELETE FROM consents WHERE tenant_id = ?1 AND client_id = ?2";
    Stmt::new(sql, vec![tenant_id.into(), client_id.into()])
}

/// Takes back what a client may do for a user: what it was allowed, what it holds, and what it has not
/// fetched yet. The first statement notes that the client is to be told.
pub(crate) fn revoke(tenant_id: &str, user_id: &str, client_id: &str, now: Time) -> [Stmt; 5] {
    let both = || vec![tenant_id.into(), user_id.into(), client_id.into()];
    let of_both = |sql: &str| Stmt::new(sql, both());
    let grants = "sessions.tenant_id = ?2 AND sessions.user_id = ?3 AND sessions.client_id = ?4";
    let end = format!("UPDATE sessions SET ended_at = ?1 WHERE {grants} AND ended_at IS NULL");
    let mut args: Vec<Arg> = vec![now.0.into()];
    args.extend(both());
    [
        owe(grants, now, both()),
        Stmt::new(end, args),
        of_both("DELETE FROM consents WHERE tenant_id = ?1 AND user_id = ?2 AND client_id = ?3"),
        of_both(
            "DELETE FROM authorization_codes
             WHERE tenant_id = ?1 AND user_id = ?2 AND client_id = ?3 AND used_at IS NULL",
        ),
        of_both(
            "DELETE FROM device_codes
             WHERE tenant_id = ?1 AND user_id = ?2 AND client_id = ?3 AND used_at IS NULL",
        ),
    ]
}
