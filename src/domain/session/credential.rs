//! Credentials: what a bearer token, a cookie or an API key stands for, as the database has it.
//!
//! A credential is checked against the database, and then remembered while the change feed says that it stands as it did.
//! Roles, plan and status are always those of the last check, or of a token since whose making
//! nobody changed them (`carried`).

use std::cell::RefCell;
use std::rc::Rc;

use crate::domain::tenants::Tenant;
use crate::model::route::Accepts;
use crate::model::route::RouteTable;
use crate::model::scope::Scopes;
use crate::model::time::Time;
use crate::oidc::access_token::{Act, Audiences};
use crate::oidc::dpop::Confirmation;
use crate::store::users::User;

/// Whom a credential authenticates.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    /// A person.
    User(Rc<User>),
    /// A person, as their bearer token says who they are: the gateway's alone.
    Carried { id: String, roles: Vec<String>, plan: String },
    /// A client by itself, or a key of the tenant's own: it has roles and is nobody.
    Service {
        /// The `client_id`, or the key's id.
        id: String,
        roles: Vec<String>,
    },
}

impl Subject {
    /// The id of the user, client or key.
    pub(crate) fn id(&self) -> &str {
        match self {
            Subject::User(user) => &user.id,
            Subject::Carried { id, .. } | Subject::Service { id, .. } => id,
        }
    }

    /// The id of the person, if it is one.
    pub(crate) fn person_id(&self) -> Option<&str> {
        match self {
            Subject::User(user) => Some(&user.id),
            Subject::Carried { id, .. } => Some(id),
            Subject::Service { .. } => None,
        }
    }

    pub(crate) fn roles(&self) -> &[String] {
        match self {
            Subject::User(user) => &user.roles,
            Subject::Carried { roles, .. } | Subject::Service { roles, .. } => roles,
        }
    }
}

/// A credential that was checked, and who it stands for.
#[derive(Debug)]
pub struct Credential {
    /// What kind it is.
    pub(crate) kind: Accepts,
    /// The subject's tenant.
    pub(crate) tenant: Rc<Tenant>,
    /// Who it stands for, as of the check.
    pub(crate) subject: Subject,
    /// The session; none for an API key and for a client's own token.
    pub(crate) session_id: Option<String>,
    /// The API key's id.
    pub(crate) key_id: Option<String>,
    /// The grant that an API key was made through.
    pub(crate) grant_id: Option<String>,
    /// The client that it was given to.
    pub(crate) client_id: Option<String>,
    /// What it may do.
    pub(crate) scopes: Scopes,
    /// The claims that UserInfo tells its client besides those of the scope.
    pub(crate) userinfo_claims: Vec<String>,
    /// Who a token is for; a cookie and an API key are for whatever accepts them.
    pub(crate) audiences: Option<Audiences>,
    /// The key that a token is bound to.
    pub(crate) cnf: Option<Confirmation>,
    /// Who acts for the user, in a token that was exchanged (RFC 8693 §4.1).
    pub(crate) act: Option<Act>,
    /// How the user signed in.
    pub amr: Vec<String>,
    /// When the user signed in.
    pub(crate) auth_time: Option<Time>,
    /// When the user last proved who they are in the session.
    pub(crate) proved_at: Option<Time>,
    /// When it ends by itself.
    pub(crate) expires_at: Option<Time>,
    /// Assertions that were minted for it, of the last few routes.
    pub(crate) minted: RefCell<Vec<Minted>>,
}

impl Credential {
    /// The user, if it stands for one.
    pub(crate) fn user(&self) -> Option<&Rc<User>> {
        match &self.subject {
            Subject::User(user) => Some(user),
            Subject::Carried { .. } | Subject::Service { .. } => None,
        }
    }

    /// Who acts, for the audit log: the id of the user, client or key.
    pub(crate) fn actor(&self) -> &str {
        self.subject.id()
    }

    /// The user's plan, or the tenant's default.
    pub(crate) fn plan(&self) -> &str {
        let own = match &self.subject {
            Subject::User(user) => user.plan.as_deref(),
            Subject::Carried { plan, .. } => Some(plan.as_str()),
            Subject::Service { .. } => None,
        };
        own.unwrap_or(&self.tenant.settings.default_plan)
    }

    /// Whether it may be used with this audience (RFC 9068 §4).
    pub(crate) fn is_for(&self, audience: &str) -> bool {
        self.audiences.as_ref().is_none_or(|audiences| audiences.contain(audience))
    }
}

/// An assertion, with what else than its caller it was minted from: while that is the same object, so are
/// its facts.
#[derive(Debug)]
pub(crate) struct Minted {
    pub(crate) route_id: String,
    pub(crate) table: Rc<RouteTable>,
    pub(crate) value: Rc<str>,
    pub(crate) until: Time,
}
