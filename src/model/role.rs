//! Roles and plans: names in an order.

/// A role of a tenant. The higher rank includes the lower.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    /// Unique in its tenant, as `ADMIN`.
    pub(crate) name: String,
    /// Its place in the order.
    pub(crate) rank: i64,
    /// Custom scopes of everybody who holds it, or a role that ranks above it.
    pub(crate) scopes: Vec<String>,
}

/// A plan of a tenant, with the features it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Unique in its tenant, as `business`.
    pub(crate) name: String,
    /// Its place in the order.
    pub(crate) rank: i64,
    /// Feature names.
    pub(crate) features: Vec<String>,
}

/// The role that may administer its tenant.
pub(crate) const ADMIN: &str = "ADMIN";

/// The roles that a tenant starts with; it can define its own beside them.
pub(crate) const FIRST_ROLES: [(&str, i64); 3] = [(ADMIN, 300), ("MANAGER", 200), ("TECHNICIAN", 100)];

/// The plan of users who have none, unless the settings name another.
pub(crate) const DEFAULT_PLAN: &str = "free";

/// How many roles a user may hold at once.
pub(crate) const MOST_ROLES: usize = 3;

/// Whether the text can name a role, a plan or a feature: 1 to 64 of letters, digits, `_ - . :`.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'))
}
