//! The first administrator, who is the deployment's operator.

use crate::crypto::password;
use crate::crypto::secret::same;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::passwords;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::{self, HOME};
use crate::domain::throttle;
use crate::domain::users::{address, new_user};
use crate::model::role::ADMIN;
use crate::store;
use crate::store::users::User;

/// Makes the first administrator of the home tenant, once.
///
/// # Errors
/// [`Refusal::Forbidden`] for a wrong token, or if the deployment has none; [`Refusal::Conflict`] if there
/// is one already; [`Refusal::Limited`] by address.
pub async fn setup(cx: &Cx, token: &str, email: &str, new_password: &str) -> Result<User, Error> {
    throttle::window(cx, format!("{HOME}:setup:{}", cx.address_bucket()), 10, 60).await?;
    let wanted = cx.config.setup_token.as_ref().ok_or(Refusal::Forbidden)?;
    if !same(wanted.as_bytes(), token.as_bytes()) {
        audit::write(cx, HOME, Entry::failed("setup.refused")).await?;
        return Err(Refusal::Forbidden.into());
    }
    let home = tenants::by_id(cx, HOME).await?.ok_or(Refusal::NotFound)?;
    if store::users::any_operator(cx.db.as_ref()).await? {
        return Err(Refusal::Conflict("the first administrator exists already").into());
    }
    let email = address(cx, "email", email)?;
    passwords::acceptable(&home, "password", new_password)?;
    let mut user = new_user(cx, &home, &email);
    user.email_verified = true;
    user.password_hash = Some(password::hash(new_password, cx.random())?);
    user.roles = vec![ADMIN.into()];
    user.operator = true;
    let entry = Entry::ok("setup.done").by(&user.id).on(&user.id);
    if !audit::change(cx, HOME, store::users::insert(&user), entry).await? {
        return Err(Refusal::Conflict(
            "the first administrator exists already, or the address has an account",
        )
        .into());
    }
    Ok(user)
}
