//! Whether the database has had its migrations, as wrangler records them.

use crate::ports::{Database, Fault, Stmt};
use crate::store::{json_text, one};

/// The migrations that this version needs.
const NEEDED: &str = env!("MIGRATIONS");

/// Whether all of them are recorded.
///
/// # Errors
/// As well where no migration was ever recorded.
pub(crate) async fn are_recorded(db: &dyn Database) -> Result<bool, Fault> {
    let sql = "SELECT 1 AS missing FROM json_each(?1) AS needed
               WHERE needed.value NOT IN (SELECT name FROM d1_migrations) LIMIT 1";
    let needed: Vec<&str> = NEEDED.split(' ').collect();
    Ok(one(db, Stmt::new(sql, vec![json_text(&needed).into()])).await?.is_empty())
}

/// Whether the first tables are there.
///
/// # Errors
/// A [`Fault`] that says so if they are not.
pub(crate) async fn has_tables(db: &dyn Database) -> Result<bool, Fault> {
    Ok(!one(db, Stmt::new("SELECT 1 AS found FROM tenants LIMIT 1", vec![])).await?.is_empty())
}
