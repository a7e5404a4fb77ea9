//! What a sign-in ends with.

use std::rc::Rc;

use crate::domain::session::sessions::SessionSecret;
use crate::domain::tenants::Tenant;
use crate::store::users::User;

/// A user who signed in, or proved more in a session.
#[derive(Debug)]
pub struct SignedIn {
    /// The user's tenant.
    pub(crate) tenant: Rc<Tenant>,
    pub(crate) user: User,
    /// What stands for the session.
    pub session_secret: SessionSecret,
    /// Fresh backup codes after an enrolment, to be shown once.
    pub(crate) backup_codes: Vec<String>,
    /// The cookie of a browser that is trusted from now on.
    pub device: Option<String>,
}
