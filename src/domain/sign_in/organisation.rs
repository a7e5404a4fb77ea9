//! People of a mail domain that an organisation enforces sign in with its identity provider, and with nothing else: no
//! password, no mailed link, no other provider, and nobody registers there. What a request is refused for is the domain
//! of the address alone, before anything is looked up, so that nobody learns who has an account.
//!
//! One way stays for when the provider is down (break-glass): a passkey of an administrator with two factors, which the
//! log tells.

use crate::cx::Cx;
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::sign_in::first_factor::{FirstFactor, FirstProof};
use crate::domain::tenants::{self, ResolvedTenant, Tenant};
use crate::model::email::Email;
use crate::model::factor::has_two;
use crate::model::mail_domains::VerifiedDomain;
use crate::model::role::ADMIN;
use crate::store::users::User;

/// The event of an administrator's sign-in past the provider.
pub(super) const BYPASSED: &str = "sso.bypassed";

/// Refuses an address of a domain whose people sign in with their organisation's provider.
///
/// # Errors
/// [`Federation::SsoRequired`], with where that begins.
pub(crate) async fn check_address(cx: &Cx, resolved: &ResolvedTenant, email: &Email) -> Result<(), Error> {
    check_provider(cx, resolved, email, None).await
}

/// The same of an address that a provider names.
///
/// # Errors
/// [`Federation::SsoRequired`] unless it is that provider.
pub(crate) async fn check_provider(
    cx: &Cx,
    resolved: &ResolvedTenant,
    email: &Email,
    provider_id: Option<&str>,
) -> Result<(), Error> {
    match resolved.verified_domain(email.domain()) {
        Some(domain) if domain.is_enforced && provider_id != Some(domain.provider_id.as_str()) => {
            Err(required(cx, domain).await?)
        }
        _ => Ok(()),
    }
}

/// Refuses a user of the tenant whose address is of such a domain.
///
/// # Errors
/// [`Federation::SsoRequired`].
pub(crate) async fn check_user(cx: &Cx, tenant: &Tenant, user: &User) -> Result<(), Error> {
    match enforced(tenant, user) {
        Some(domain) => Err(required(cx, domain).await?),
        None => Ok(()),
    }
}

/// Refuses what waits for a second factor, if its first one is none that the user may sign in with by now.
///
/// # Errors
/// [`Federation::SsoRequired`].
pub(super) async fn check_waiting(
    cx: &Cx,
    tenant: &Tenant,
    user: &User,
    provider_id: Option<&str>,
) -> Result<(), Error> {
    match enforced(tenant, user) {
        Some(domain) if provider_id != Some(domain.provider_id.as_str()) => Err(required(cx, domain).await?),
        _ => Ok(()),
    }
}

/// Whether a first factor is one that the user may sign in with; `true` if it is by an administrator's passkey alone.
///
/// # Errors
/// [`Federation::SsoRequired`].
pub(super) async fn check_proof(cx: &Cx, proved: &FirstFactor) -> Result<bool, Error> {
    let FirstFactor { tenant, user, amr, proof, .. } = proved;
    let Some(domain) = enforced(tenant, user) else { return Ok(false) };
    if proof.provider_id() == Some(domain.provider_id.as_str()) {
        return Ok(false);
    }
    let is_administrator = user.roles.iter().any(|role| role == ADMIN);
    match proof {
        FirstProof::Passkey(_) if is_administrator && has_two(amr) => Ok(true),
        _ => Err(required(cx, domain).await?),
    }
}

/// Whether a user of the tenant signs in with their organisation's provider alone.
pub(crate) fn is_enforced(tenant: &Tenant, user: &User) -> bool {
    enforced(tenant, user).is_some()
}

fn enforced<'t>(tenant: &'t Tenant, user: &User) -> Option<&'t VerifiedDomain> {
    let (_, domain) = user.email_key.rsplit_once('@')?;
    tenant.verified_domain(domain).filter(|domain| domain.is_enforced)
}

/// That people of a domain sign in with their organisation's provider, and where.
async fn required(cx: &Cx, domain: &VerifiedDomain) -> Result<Error, Error> {
    let owner = tenants::by_id(cx, &domain.tenant_id).await?.ok_or(Refusal::NotFound)?;
    let start = owner.page_url(&format!("sso/{}", domain.provider_id));
    Ok(Refusal::Federation(Federation::SsoRequired { start }).into())
}
