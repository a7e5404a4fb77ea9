//! How large assertions may get. They travel in a header field, and servers take only so much of those: nginx 8 kB
//! for a field, Node 16 kB for all. What goes into them is bounded where it is saved.

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::tenants::Tenant;
use crate::model::role::{MOST_ROLES, Plan, Role};
use crate::model::scope::{LONGEST_TOGETHER, Scopes};
use crate::oidc::access_token::Act;
use crate::oidc::assertion::{Assertion, LONGEST, length};
use crate::oidc::dpop::Confirmation;
use crate::oidc::token_exchange::MOST_ACTORS;
use crate::store;
use crate::store::users::User;

/// The longest name of a role or plan.
const NAME: usize = 64;

/// The longest issuer: the tenant may get a host later.
const ISSUER: usize = "https://".len() + 253;

/// The longest audience, as JSON writes it.
pub(crate) const AUDIENCE: usize = 200;

/// The longest list of scopes.
pub(crate) const SCOPES: usize = LONGEST_TOGETHER;

/// Refuses a plan whose features would make an assertion too long, everything else in it being at its longest.
///
/// # Errors
/// [`Refusal::Invalid`] with the length that could result.
pub(crate) fn check_features(cx: &Cx, tenant: &Tenant, plan: &Plan) -> Result<(), Error> {
    let name = "x".repeat(NAME);
    let roles = vec![name.clone(); MOST_ROLES];
    let amr = ["hwk", "otp", "mfa", "pwd", "user"].map(str::to_owned);
    let id = cx.id();
    let actors =
        (0..=MOST_ACTORS).fold(None, |before, _| Some(Act { sub: id.clone(), act: before.map(Box::new) }));
    let longest = length(&Assertion {
        iss: &"x".repeat(tenant.issuer.len().max(ISSUER)),
        aud: &"x".repeat(AUDIENCE),
        sub: &id,
        tenant_id: &tenant.id,
        roles: &roles,
        scope: &"x".repeat(SCOPES),
        plan: &plan.name,
        features: &plan.features,
        sid: Some(&id),
        amr: &amr,
        cnf: Some(&Confirmation { jkt: "x".repeat(43) }),
        act: actors,
        jti: &id,
    });
    if longest <= LONGEST {
        return Ok(());
    }
    let detail = format!("with these an assertion could be {longest} bytes long, and {LONGEST} is the most");
    Err(invalid("features", detail))
}

/// Refuses scopes that are too long together.
///
/// # Errors
/// [`Refusal::Invalid`] with their length.
pub(crate) fn check_scopes(field: &'static str, scopes: &Scopes) -> Result<(), Error> {
    let length = scopes.list().len();
    if length <= SCOPES {
        return Ok(());
    }
    Err(invalid(field, format!("{length} bytes together, and {SCOPES} is the most")))
}

/// Refuses roles and scopes that together would bring somebody too many scopes; `was` is what they have now, which is
/// not refused.
///
/// # Errors
/// [`Refusal::Invalid`] with the length that would result.
pub(crate) async fn check_granted(
    cx: &Cx,
    tenant: &Tenant,
    field: &'static str,
    was: Option<&User>,
    roles: &[String],
    scopes: &[String],
) -> Result<(), Error> {
    let length = store::granted::length_of(cx.db.as_ref(), &tenant.id, roles, scopes).await?;
    let before = match was {
        Some(was) => store::granted::length_of(cx.db.as_ref(), &tenant.id, &was.roles, &was.scopes).await?,
        None => 0,
    };
    if length <= before || usize::try_from(length).is_ok_and(|length| length <= SCOPES) {
        return Ok(());
    }
    Err(together(field, length))
}

/// Refuses a role by whose scopes somebody would have too many.
///
/// # Errors
/// As [`check_granted`].
pub(crate) async fn check_role(cx: &Cx, tenant: &Tenant, role: &Role) -> Result<(), Error> {
    match store::granted::too_long_by_role(cx.db.as_ref(), &tenant.id, role, SCOPES).await? {
        Some(length) => Err(together("scopes", length)),
        None => Ok(()),
    }
}

fn together(field: &'static str, length: i64) -> Error {
    let detail =
        format!("with these a user's scopes would be {length} bytes long together, and {SCOPES} is the most");
    invalid(field, detail)
}

/// Refuses to send an assertion that is too long all the same: what made it so was saved before these bounds.
///
/// # Errors
/// [`Refusal::AssertionTooLong`].
pub(crate) fn check(token: &str) -> Result<(), Refusal> {
    if token.len() <= LONGEST { Ok(()) } else { Err(Refusal::AssertionTooLong(token.len())) }
}
