//! Who a person is to those who sign them in: found by address, and made with nothing but one.

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::tenants::{ResolvedTenant, Tenant};
use crate::model::email::Email;
use crate::model::name;
use crate::model::profile::UserProfile;
use crate::model::reason::Reason;
use crate::model::state::{Mfa, UserStatus};
use crate::ports::Fault;
use crate::store;
use crate::store::factors::Factors;
use crate::store::users::User;

/// A user with nothing but an address.
pub fn new_user(cx: &Cx, tenant: &Tenant, email: &Email) -> User {
    User {
        id: cx.id(),
        tenant_id: tenant.id.clone(),
        directory: tenant.directory.clone(),
        email: email.shown().to_owned(),
        email_key: email.key().to_owned(),
        email_verified: false,
        name: None,
        password_hash: None,
        roles: Vec::new(),
        scopes: Vec::new(),
        plan: None,
        password_by_mail: false,
        mfa: Mfa::None,
        status: UserStatus::Active,
        operator: false,
        language: None,
        profile: UserProfile::default(),
        created_at: cx.now,
        updated_at: cx.now,
        last_login_at: None,
    }
}

/// A display name, if it is one; `None` for an empty one.
///
/// # Errors
/// [`Refusal::Invalid`] on that field, as [`name::parse`] says.
pub(crate) fn display_name(field: &'static str, sent: Option<&str>) -> Result<Option<String>, Error> {
    match name::parse(sent.unwrap_or_default(), name::LONGEST) {
        Ok(name) => Ok(Some(name)),
        Err(Reason::Missing) => Ok(None),
        Err(reason) => Err(invalid(field, reason)),
    }
}

/// The user whose address it is, among those that a request may sign in: of the tenant that it named, or of
/// the whole directory if it named none.
pub(crate) async fn by_email(
    cx: &Cx,
    resolved: &ResolvedTenant,
    email: &Email,
) -> Result<Option<User>, Fault> {
    let user = store::users::by_email(cx.db.as_ref(), &resolved.tenant.directory, email.key()).await?;
    Ok(user.filter(|user| may_sign_in(resolved, user)))
}

/// The same with the second factors that they have; `device` is the hash of a cookie that may make the browser a trusted
/// one.
pub(crate) async fn by_email_with_factors(
    cx: &Cx,
    resolved: &ResolvedTenant,
    email: &Email,
    device: Option<&str>,
) -> Result<Option<(User, Factors)>, Fault> {
    let directory = &resolved.tenant.directory;
    let found = store::factors::by_email(cx.db.as_ref(), directory, email.key(), device, cx.now).await?;
    Ok(found.filter(|(user, _)| may_sign_in(resolved, user)))
}

/// Whether a request may sign in somebody of that directory.
pub(crate) fn may_sign_in(resolved: &ResolvedTenant, user: &User) -> bool {
    !resolved.explicit || user.tenant_id == resolved.tenant.id
}

/// A user of the tenant.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn find(cx: &Cx, tenant: &Tenant, id: &str) -> Result<User, Error> {
    Ok(store::users::by_id(cx.db.as_ref(), &tenant.id, id).await?.ok_or(Refusal::NotFound)?)
}

/// An e-mail address, if what was sent in that field is one.
///
/// # Errors
/// [`Refusal::Invalid`] on that field.
pub(crate) fn address(field: &'static str, sent: &str) -> Result<Email, Error> {
    let reason = if sent.trim().is_empty() { Reason::Missing } else { Reason::NotAnAddress };
    Email::parse(sent).ok_or_else(|| invalid(field, reason))
}
