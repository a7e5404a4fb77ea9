//! Nobody gives what they don't have. An administrator in a session of their own grants whatever the tenant has; a key,
//! or a client by itself, gives at most its own scopes and no role above its own. Who gives in a session has signed in
//! lately (see [`fresh_sign_in`]).

use crate::cx::Cx;
use crate::domain::assertion_limits;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::{Admin, CredentialAdmin};
use crate::domain::session::recency::{self, Lasting};
use crate::model::role::{ADMIN, Role};
use crate::model::scope::{OPENID, Scopes, is_custom};
use crate::store;
use crate::store::users::User;

/// How many custom scopes a user or a role may have.
const MOST_SCOPES: usize = 50;

/// Custom scopes, sorted, if they are such.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn custom_scopes(mut scopes: Vec<String>) -> Result<Vec<String>, Error> {
    scopes.sort();
    scopes.dedup();
    assertion_limits::check_scopes("scopes", &Scopes::all(scopes.iter().cloned()))?;
    if scopes.len() > MOST_SCOPES || !scopes.iter().all(|scope| is_custom(scope)) {
        return Err(invalid(
            "scopes",
            format!("at most {MOST_SCOPES} custom scopes, each as resource:action"),
        ));
    }
    Ok(scopes)
}

/// Whether these scopes are among those that may be given.
///
/// # Errors
/// [`Refusal::ScopeMissing`] with those that are not.
pub(crate) fn hold(may: &Scopes, wanted: &Scopes) -> Result<(), Refusal> {
    let lacks: Vec<String> = wanted.tokens().iter().filter(|scope| !may.has(scope)).cloned().collect();
    if lacks.is_empty() { Ok(()) } else { Err(Refusal::ScopeMissing(lacks)) }
}

/// Whether an administrator may give these scopes and roles to a key or a client, or act for one that has them. What
/// OpenID Connect's scopes let a client know of a person, that person decides.
///
/// # Errors
/// As [`recency::require`]; [`Refusal::ScopeMissing`]; [`Refusal::Forbidden`] for a role above the
/// administrator's own.
pub(crate) async fn may_give(
    cx: &Cx,
    admin: &Admin,
    scopes: &[String],
    roles: &[String],
) -> Result<(), Error> {
    if !scopes.is_empty() || !roles.is_empty() {
        recency::require(cx, admin, Lasting::ApiKey).await?;
    }
    if admin.is_own_session() {
        return Ok(());
    }
    let wanted: Vec<String> =
        scopes.iter().filter(|scope| !OPENID.contains(&scope.as_str())).cloned().collect();
    hold(&admin.scopes, &Scopes::of(&wanted))?;
    if roles.is_empty() {
        return Ok(());
    }
    let known = store::roles::roles(cx.db.as_ref(), &admin.tenant.id).await?;
    if highest(&known, roles) > highest(&known, admin.subject.roles()) {
        return Err(Refusal::Forbidden.into());
    }
    Ok(())
}

/// Whether an administrator may make a user; `can_do_things`, if that one could sign in at once or has rights.
///
/// # Errors
/// [`Refusal::Forbidden`] for such a one, by a token that was lent; as [`recency::require`].
pub(crate) async fn may_make_user(cx: &Cx, admin: &Admin, can_do_things: bool) -> Result<(), Error> {
    if can_do_things {
        admin.clone().not_lent()?;
    }
    recency::require(cx, admin, Lasting::ApiKey).await
}

/// The same for a user, to whom a role brings its scopes and those of the roles below it.
///
/// # Errors
/// As [`may_give`].
pub(crate) async fn may_give_user(
    cx: &Cx,
    admin: &Admin,
    scopes: &[String],
    roles: &[String],
) -> Result<(), Error> {
    may_give(cx, admin, scopes, roles).await?;
    if admin.is_own_session() || roles.is_empty() {
        return Ok(());
    }
    let known = store::roles::roles(cx.db.as_ref(), &admin.tenant.id).await?;
    Ok(hold(&admin.scopes, &scopes_up_to(&known, highest(&known, roles)))?)
}

fn highest(known: &[Role], held: &[String]) -> Option<i64> {
    known.iter().filter(|role| held.contains(&role.name)).map(|role| role.rank).max()
}

fn scopes_up_to(known: &[Role], rank: Option<i64>) -> Scopes {
    let below = known.iter().filter(|role| Some(role.rank) <= rank);
    Scopes::all(below.flat_map(|role| role.scopes.iter().cloned()))
}

/// Whether an administrator may make a role, or change it from what it was.
///
/// # Errors
/// As [`may_give`]; [`Refusal::Forbidden`] for a role with scopes, by a token that was lent.
pub(crate) async fn may_rank(cx: &Cx, admin: &Admin, role: &Role, was: Option<&Role>) -> Result<(), Error> {
    if !role.scopes.is_empty() || was.is_some_and(|was| !was.scopes.is_empty()) {
        admin.clone().not_lent()?;
        recency::require(cx, admin, Lasting::ApiKey).await?;
    }
    if admin.is_own_session() {
        return Ok(());
    }
    let known = store::roles::roles(cx.db.as_ref(), &admin.tenant.id).await?;
    let own = highest(&known, admin.subject.roles());
    if Some(role.rank) > own || was.is_some_and(|was| Some(was.rank) > own) {
        return Err(Refusal::Forbidden.into());
    }
    hold(&admin.scopes, &Scopes::of(&role.scopes))?;
    match was {
        // Whoever holds it would have what the roles have that it rises above.
        Some(was) if was.rank < role.rank => Ok(hold(&admin.scopes, &scopes_up_to(&known, Some(role.rank)))?),
        _ => Ok(()),
    }
}

/// Whether an administrator may do to a user what that user could do with all that they have: take their account over.
/// Their own account is changed as any person's is.
///
/// # Errors
/// As [`may_give`].
pub(crate) async fn may_act_for(cx: &Cx, admin: &Admin, user: &User) -> Result<(), Error> {
    let own = admin.user().is_some_and(|caller| caller.id == user.id);
    let lasting = if own { Lasting::Factor } else { Lasting::ApiKey };
    recency::require(cx, admin, lasting).await?;
    if admin.is_own_session() {
        return Ok(());
    }
    let granted = store::roles::granted(cx.db.as_ref(), &user.id).await?;
    may_give(cx, admin, &granted, &user.roles).await
}

/// Credentials of the administrator's own account are made, changed and removed in a session of their own.
///
/// # Errors
/// [`Refusal::Forbidden`] for a key or a token that was lent.
pub(crate) fn own_account(admin: &Admin, user_id: &str) -> Result<(), Refusal> {
    let own = admin.user().is_some_and(|caller| caller.id == user_id);
    if own && !admin.is_own_session() { Err(Refusal::Forbidden) } else { Ok(()) }
}

/// Whether an administrator may manage providers: those by which people sign in, and those that they connect, to which their
/// tokens go.
///
/// # Errors
/// As [`recency::require`]; as [`may_give_user`] for who is not in a session of their own.
pub(crate) async fn may_manage_providers(cx: &Cx, admin: &CredentialAdmin) -> Result<(), Error> {
    recency::require(cx, admin, Lasting::ApiKey).await?;
    may_give_user(cx, admin, &[], &[ADMIN.to_owned()]).await
}
