//! Browsers that need no second factor for a while.

use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::{Columns, one};

/// A trusted browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// Where from it was trusted.
    pub(crate) address: String,
    /// What it is.
    pub(crate) user_agent: String,
    /// Since when.
    pub(crate) created_at: Time,
    /// When it last signed in without a second factor.
    pub(crate) seen_at: Time,
    /// Until when.
    pub(crate) expires_at: Time,
}

/// Trusts a browser; `hash` is of its cookie's value.
pub(crate) fn insert(device: &Device, hash: &str, tenant_id: &str, user_id: &str) -> Stmt {
    let sql = "INSERT INTO trusted_devices (id, hash, tenant_id, user_id, address, user_agent, created_at, seen_at, expires_at)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE TRUE";
    let args = vec![
        (&device.id).into(),
        hash.into(),
        tenant_id.into(),
        user_id.into(),
        (&device.address).into(),
        (&device.user_agent).into(),
        device.created_at.0.into(),
        device.seen_at.0.into(),
        device.expires_at.0.into(),
    ];
    Stmt::new(sql, args)
}

/// Notes that a trusted browser signed in.
pub(crate) fn seen(hash: &str, now: Time) -> Stmt {
    let sql = "UPDATE trusted_devices SET seen_at = ?2 WHERE hash = ?1";
    Stmt::new(sql, vec![hash.into(), now.0.into()])
}

/// A user's trusted browsers, the newest first.
pub(crate) async fn list(db: &dyn Database, user_id: &str, now: Time) -> Result<Vec<Device>, Fault> {
    let sql =
        "SELECT * FROM trusted_devices WHERE user_id = ?1 AND expires_at > ?2 ORDER BY id DESC LIMIT 100";
    let read = |row: &Row| {
        let row = Columns(row);
        Ok(Device {
            id: row.text("id")?,
            address: row.text("address")?,
            user_agent: row.text("user_agent")?,
            created_at: row.time("created_at")?,
            seen_at: row.time("seen_at")?,
            expires_at: row.time("expires_at")?,
        })
    };
    one(db, Stmt::new(sql, vec![user_id.into(), now.0.into()])).await?.iter().map(read).collect()
}

/// Stops trusting a browser of a user; returns its id if it was trusted.
pub(crate) fn delete(user_id: &str, id: &str) -> Stmt {
    let sql = "DELETE FROM trusted_devices WHERE user_id = ?1 AND id = ?2 RETURNING id";
    Stmt::new(sql, vec![user_id.into(), id.into()])
}

/// Trusts no browser of a user any more.
pub(crate) fn delete_all(user_id: &str) -> Stmt {
    Stmt::new("DELETE FROM trusted_devices WHERE user_id = ?1", vec![user_id.into()])
}

/// Trusts the browsers of a tenant's users for no more than this many days since each was first trusted.
pub(crate) fn shorten(tenant_id: &str, days: i64) -> Stmt {
    let sql = "UPDATE trusted_devices SET expires_at = min(expires_at, created_at + ?2 * 86400000) WHERE tenant_id = ?1";
    Stmt::new(sql, vec![tenant_id.into(), days.into()])
}

/// Trusts no browser of a tenant's users any more.
pub(crate) fn delete_all_of_tenant(tenant_id: &str) -> Stmt {
    Stmt::new("DELETE FROM trusted_devices WHERE tenant_id = ?1", vec![tenant_id.into()])
}
