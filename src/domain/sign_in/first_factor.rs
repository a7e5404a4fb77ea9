//! What the first factor of a sign-in proved.

use std::rc::Rc;

use crate::domain::tenants::Tenant;
use crate::ports::Stmt;
use crate::store::users::User;

/// One whose first factor is proved.
pub struct FirstFactor {
    /// The user's tenant.
    pub tenant: Rc<Tenant>,
    /// The user, who is active and may sign in.
    pub user: User,
    /// How they proved it (RFC 8176).
    pub amr: Vec<&'static str>,
    /// What is spent with the session, in this order: each statement changes something, or there is none.
    pub gate: Vec<Stmt>,
    /// The hash that a password was checked with, which the user must still have.
    pub password_hash: Option<String>,
    /// What else is written with it.
    pub writes: Vec<Stmt>,
}
