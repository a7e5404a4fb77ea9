//! The first administrator, who is the deployment's operator.

use crate::crypto::password;
use crate::crypto::secret::same;
use crate::cx::Cx;
use crate::domain::admin::operator;
use crate::domain::audit::{self, Entry};
use crate::domain::change::Change;
use crate::domain::people::{address, new_user};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::sign_in::passwords;
use crate::domain::tenants::{self, HOME, UNNAMED};
use crate::domain::throttle;
use crate::memo::Invalidation;
use crate::model::role::ADMIN;
use crate::store;
use crate::store::users::User;

/// Makes the first administrator of the home tenant, once, and names the tenant: mails, pages and authenticator apps
/// say that name to people.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::Forbidden`] for a wrong token, or if the deployment has none; [`Refusal::Conflict`] if there
/// is one already; [`Refusal::Limited`] by address.
pub(crate) async fn setup(
    cx: &Cx,
    token: &str,
    email: &str,
    new_password: &str,
    name: Option<&str>,
) -> Result<User, Error> {
    throttle::window(cx, throttle::of_address(cx, format_args!("{HOME}:setup")), 10, 60).await?;
    let wanted = cx.config.setup_token.as_ref().ok_or(Refusal::Forbidden)?;
    if !same(wanted.as_bytes(), token.as_bytes()) {
        audit::write(cx, HOME, Entry::failed("setup.refused")).await?;
        return Err(Refusal::Forbidden.into());
    }
    let home = tenants::by_id(cx, HOME).await?.ok_or(Refusal::NotFound)?;
    if store::users::any_operator(cx.db.as_ref()).await? {
        return Err(Refusal::Conflict("the first administrator exists already").into());
    }
    let name = match name {
        Some(name) => operator::check_name(name)?,
        None => name_of_host(&cx.config.origin),
    };
    let email = address("email", email)?;
    let mut user = new_user(cx, &home, &email);
    user.operator = true;
    passwords::acceptable(&home.settings_for(&user), "password", new_password)?;
    user.email_verified = true;
    user.password_hash = Some(password::hash(new_password, cx.random())?);
    user.roles = vec![ADMIN.into()];
    let mut change = Change::new(cx, HOME, Entry::ok("setup.done").by(&user.id).on(&user.id));
    change.take(store::users::insert(&user));
    change.then(store::tenants::name_for_operator(HOME, &name, &user.id));
    change.invalidates(Invalidation::Tenant(HOME));
    if change.commit().await?.is_none() {
        return Err(Refusal::Conflict(
            "the first administrator exists already, or the address has an account",
        )
        .into());
    }
    Ok(user)
}

/// A deployment's domain, as what it is called until somebody names it.
fn name_of_host(origin: &str) -> String {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    match url::Host::parse(host.split(':').next().unwrap_or(host)) {
        Ok(url::Host::Domain(domain)) if domain.contains('.') => domain,
        _ => UNNAMED.to_owned(),
    }
}
