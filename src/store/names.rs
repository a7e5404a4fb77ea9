//! What users, clients and API keys are called, by their ids.

use std::collections::{BTreeSet, HashMap};

use crate::model::name;
use crate::model::state::PartyKind;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, json_text, one};

/// Who an id stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) kind: PartyKind,
    /// Of a user without a name, the address.
    pub(crate) name: String,
}

/// Those of a tenant that any of the texts is the id of.
pub(crate) async fn of(
    db: &dyn Database,
    tenant_id: &str,
    ids: &BTreeSet<&str>,
) -> Result<HashMap<String, Party>, Fault> {
    let sql = "SELECT users.id, 'user' AS kind, coalesce(users.name, users.email) AS name, 1 AS vouched
               FROM json_each(?2) CROSS JOIN users ON users.id = value WHERE users.tenant_id = ?1
               UNION ALL
               SELECT clients.id, 'client', clients.name, clients.registration_hash IS NULL
               FROM json_each(?2) CROSS JOIN clients ON clients.id = value WHERE clients.tenant_id = ?1
               UNION ALL
               SELECT api_keys.id, 'apiKey', api_keys.name, 1
               FROM json_each(?2) CROSS JOIN api_keys ON api_keys.id = value WHERE api_keys.tenant_id = ?1";
    let stmt = Stmt::new(sql, vec![tenant_id.into(), json_text(ids).into()]);
    let read = |row: &Row| {
        let row = Columns(row);
        let name = name::for_display(row.text("name")?, row.flag("vouched")?);
        Ok((row.text("id")?, Party { kind: row.state("kind")?, name }))
    };
    one(db, stmt).await?.iter().map(read).collect()
}
