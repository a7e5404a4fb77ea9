//! What a sign-in ends with.

use crate::domain::session::sessions::Holds;
use crate::domain::tenants::Tenant;
use crate::store::users::User;
use std::rc::Rc;

/// One who signed in, or proved more in a session.
#[derive(Debug)]
pub struct SignedIn {
    /// The user's tenant.
    pub tenant: Rc<Tenant>,
    /// The user.
    pub user: User,
    /// What stands for the session.
    pub holds: Holds,
    /// Fresh backup codes after an enrolment, to be shown once.
    pub backup_codes: Vec<String>,
    /// The cookie of a browser that is trusted from now on.
    pub device: Option<String>,
}
