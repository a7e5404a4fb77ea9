//! Whether the database has had its migrations, as wrangler records them.

use crate::ports::{Db, Fault, Stmt};
use crate::store::one;

/// The newest migration that this version needs.
const NEWEST: &str = env!("NEWEST_MIGRATION");

/// Whether the newest migration is recorded.
///
/// # Errors
/// As well where no migration was ever recorded.
pub async fn is_recorded(db: &dyn Db) -> Result<bool, Fault> {
    let sql = "SELECT 1 AS found FROM d1_migrations WHERE name = ?1";
    Ok(!one(db, Stmt::new(sql, vec![NEWEST.into()])).await?.is_empty())
}

/// Whether the first tables are there.
///
/// # Errors
/// A [`Fault`] that says so if they are not.
pub async fn has_tables(db: &dyn Db) -> Result<bool, Fault> {
    Ok(!one(db, Stmt::new("SELECT 1 AS found FROM tenants LIMIT 1", vec![])).await?.is_empty())
}
