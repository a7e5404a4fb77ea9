//! Users, as administrators see them.

use crate::crypto::imported::check_import;
use crate::crypto::password;
use crate::cx::Cx;
use crate::domain::admin::{factors, invitations};
use crate::domain::assertion_limits;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::gateway::plans;
use crate::domain::mailing::{self, Changed, Letter};
use crate::domain::people::{address, display_name, find, is_active_administrator, new_user};
use crate::domain::refusal::{ADDRESS_TAKEN, CHANGED, Error, LAST_ADMIN, Problems, Refusal, invalid};
use crate::domain::session::delegation;
use crate::domain::session::principal::{Admin, OwnSession};
use crate::domain::session::recency::{self, Lasting};
use crate::domain::sign_in::{passwords, proof_reset};
use crate::domain::tenants::Tenant;
use crate::memo::Invalidation;
use crate::model::email::Email;
use crate::model::language::Language;
use crate::model::profile::UserProfile;
use crate::model::role::{ADMIN, MOST_ROLES};
use crate::model::search::Place;
use crate::model::state::{Mfa, UserStatus};
use crate::ports::Fault;
use crate::store::user_lists::{Filter, Whose};
use crate::store::users::User;
use crate::store::{self, Listed, Page};

/// A user that an administrator makes.
#[derive(Debug, Default)]
pub(crate) struct NewUser {
    /// The address.
    pub(crate) email: String,
    /// The password, if the user is to have one.
    pub(crate) password: Option<String>,
    /// A hash of the password that was made elsewhere, instead.
    pub(crate) password_hash: Option<String>,
    /// Whether a user who has neither is invited by mail to choose a password; they are unless it says otherwise.
    pub(crate) invite: Option<bool>,
    /// The display name.
    pub(crate) name: Option<String>,
    /// The tag of the language that they are written to in.
    pub(crate) language: Option<String>,
    pub(crate) roles: Vec<String>,
    /// Custom scopes.
    pub(crate) scopes: Vec<String>,
    pub(crate) plan: Option<String>,
    /// Whether the address counts as confirmed.
    pub(crate) email_verified: bool,
    /// Which second factor it is to have: `none`, `totp` or `email`; none if it does not say.
    pub(crate) mfa: Option<String>,
    /// What clients learn of it beside the name.
    pub(crate) profile: UserProfile,
}

/// What an administrator changes of a user; each `None` leaves it.
#[derive(Debug, Default)]
pub(crate) struct UserChanges {
    /// The address; it counts as unconfirmed unless said otherwise.
    pub(crate) email: Option<String>,
    /// Whether the address counts as confirmed.
    pub(crate) email_verified: Option<bool>,
    /// The display name; an empty one removes it.
    pub(crate) name: Option<String>,
    /// What clients learn beside the name, all of it.
    pub(crate) profile: Option<UserProfile>,
    /// Roles, all of them.
    pub(crate) roles: Option<Vec<String>>,
    /// Custom scopes, all of them.
    pub(crate) scopes: Option<Vec<String>>,
    /// The plan; `Some(None)` for the tenant's default.
    pub(crate) plan: Option<Option<String>>,
    /// `active` or `disabled`.
    pub(crate) status: Option<String>,
    /// `none`, `totp` or `email`; what was set up for another one goes.
    pub(crate) mfa: Option<String>,
    /// Whether what was set up goes, whatever it is, with all that it let in.
    pub(crate) reset_mfa: bool,
}

/// Which second factor a user has, if there is one of that name.
fn known_mfa(mfa: &str) -> Result<Mfa, Error> {
    mfa.parse().map_err(|_| invalid("mfa", "none, totp or email"))
}

/// The tag of a language that mails are written in.
fn known_language(tag: &str) -> Result<String, Error> {
    let tags = Language::ALL.map(Language::tag).join(" or ");
    Language::by_tag(tag).map(|known| known.tag().to_owned()).ok_or_else(|| invalid("language", tags))
}

fn checked_profile(profile: UserProfile) -> Result<UserProfile, Error> {
    profile.checked().map_err(|(member, rule)| invalid(member, rule))
}

/// What a cursor is to be.
pub(crate) const CURSOR: &str = "a nextCursor of this list";

/// A page of the tenant's users: by id, or by the words that a search finds.
///
/// # Errors
/// [`Refusal::Invalid`] for a cursor of another list.
pub(crate) async fn list(
    cx: &Cx,
    tenant: &Tenant,
    filter: &Filter,
    page: &Page,
) -> Result<Listed<User>, Error> {
    let whose = Whose {
        tenant_id: &tenant.id,
        directory: &tenant.directory,
        default_plan: &tenant.settings.default_plan,
    };
    let db = cx.db.as_ref();
    let Some(query) = filter.words() else {
        return Ok(store::user_lists::list(db, whose, filter, page).await?);
    };
    let place = |cursor: &String| Place::parse(cursor).ok_or_else(|| invalid("cursor", CURSOR));
    let after = page.after.as_ref().map(place).transpose()?;
    Ok(store::user_lists::find(db, whose, filter, query, page.limit, after).await?)
}

/// Whether the address and password of a new user are acceptable, before anything is made for them.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn check(tenant: &Tenant, new: &NewUser) -> Result<Email, Error> {
    if let Some(plain) = &new.password {
        passwords::acceptable(&tenant.settings, "password", plain)?;
    }
    address("email", &new.email)
}

/// Makes a user.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::Conflict`] for a taken address; as [`delegation::may_make_user`] and
/// [`delegation::may_give_user`].
pub(crate) async fn create(cx: &Cx, admin: &Admin, new: NewUser) -> Result<User, Error> {
    let (tenant, actor) = (&admin.tenant, admin.actor());
    let rights = !new.roles.is_empty() || !new.scopes.is_empty();
    let can_do_things = rights || new.password.is_some() || new.password_hash.is_some();
    delegation::may_make_user(cx, admin, can_do_things).await?;
    let mut wrong = Problems::default();
    if let Some(plain) = &new.password {
        wrong.gather(passwords::acceptable(&tenant.settings, "password", plain))?;
    }
    let email = wrong.gather(address("email", &new.email))?;
    let name = wrong.gather(display_name("name", new.name.as_deref()))?.flatten();
    let language = wrong.gather(new.language.as_deref().map(known_language).transpose())?.flatten();
    let profile = wrong.gather(checked_profile(new.profile))?.unwrap_or_default();
    let roles = wrong.gather(known_roles(cx, tenant, new.roles).await)?.unwrap_or_default();
    let scopes = wrong.gather(delegation::custom_scopes(new.scopes))?.unwrap_or_default();
    let plan = wrong.gather(known_plan(cx, tenant, new.plan).await)?.flatten();
    let mfa = wrong.gather(new.mfa.as_deref().map(known_mfa).transpose())?.flatten();
    match (&new.password, &new.password_hash) {
        (Some(_), Some(_)) => wrong.add("passwordHash", "not together with password"),
        (None, Some(hash)) => {
            if let Err(unfit) = check_import(hash) {
                wrong.add("passwordHash", unfit.to_string());
            }
        }
        _ => {}
    }
    let Some(email) = email else { return Err(wrong.refusal()) };
    wrong.none()?;
    delegation::may_give_user(cx, admin, &scopes, &roles).await?;
    assertion_limits::check_granted(cx, tenant, "scopes", None, &roles, &scopes).await?;
    let mut user = new_user(cx, tenant, &email);
    user.email_verified = new.email_verified;
    (user.name, user.language, user.profile) = (name, language, profile);
    (user.roles, user.scopes, user.plan) = (roles, scopes, plan);
    user.mfa = mfa.unwrap_or(user.mfa);
    user.password_hash = match new.password {
        Some(plain) => Some(password::hash(&plain, cx.random())?),
        None => new.password_hash,
    };
    let invited = user.password_hash.is_none() && new.invite.unwrap_or(true);
    let entry = Entry::ok("user.created").by(actor).on(&user.id);
    let mut change = Change::new(cx, &tenant.id, if invited { entry.saying("invited") } else { entry });
    change.take(store::users::insert_known(&user));
    if invited {
        change.tell(invitations::write(cx, tenant, &user).await?);
    }
    if change.commit().await?.is_none() {
        known_roles(cx, tenant, user.roles).await?;
        known_plan(cx, tenant, user.plan).await?;
        return Err(ADDRESS_TAKEN.into());
    }
    Ok(user)
}

/// The first administrator of a tenant that is being made: its address counts as confirmed.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn first_administrator(cx: &Cx, tenant: &Tenant, new: NewUser) -> Result<User, Error> {
    let email = check(tenant, &new)?;
    let mut user = new_user(cx, tenant, &email);
    user.email_verified = true;
    user.name = display_name("name", new.name.as_deref())?;
    user.roles = vec![ADMIN.into()];
    user.password_hash = new.password.map(|plain| password::hash(&plain, cx.random())).transpose()?;
    Ok(user)
}

/// Changes a user. A user who is disabled has no session from then on; roles count from the next request on.
/// A reset of the second factor ends all sessions.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Invalid`]; [`Refusal::Conflict`] for a taken address, for taking from the
/// operator what makes one, or from the last active administrator; [`Refusal::MfaRequired`] for one's own second factor in a session that
/// has not proved it; as [`delegation::may_give_user`] and [`delegation::own_account`].
pub(crate) async fn change(cx: &Cx, admin: &Admin, id: &str, changes: UserChanges) -> Result<User, Error> {
    let (tenant, actor) = (&admin.tenant, admin.actor());
    let mut user = find(cx, tenant, id).await?;
    let was = user.clone();
    let mut wrong = Problems::default();
    let mfa = wrong.gather(changes.mfa.as_deref().map(known_mfa).transpose())?.flatten();
    let mfa = mfa.filter(|mfa| *mfa != user.mfa);
    let cleared = changes.reset_mfa || mfa.is_some();
    let takes_over = changes.email.is_some() || changes.email_verified.is_some() || cleared;
    if user.operator && actor != user.id && takes_over {
        return Err(Refusal::Conflict("only the operator changes the operator's address and factors").into());
    }
    if takes_over || changes.roles.is_some() || changes.scopes.is_some() {
        admin.clone().not_lent()?;
        delegation::own_account(admin, &user.id)?;
    }
    if takes_over {
        delegation::may_act_for(cx, admin, &user).await?;
    }
    let status = changes.status.as_deref().map(str::parse::<UserStatus>);
    if status == Some(Ok(UserStatus::Active)) && user.status != UserStatus::Active {
        recency::require(cx, admin, Lasting::ApiKey).await?;
    }
    if cleared {
        factors::may_clear(cx, admin, &user).await?;
    }
    if let Some(email) = changes.email
        && let Some(email) = wrong.gather(address("email", &email))?
    {
        user.email_verified &= email.key() == user.email_key;
        user.email = email.shown().to_owned();
        user.email_key = email.key().to_owned();
    }
    if let Some(verified) = changes.email_verified {
        user.email_verified = verified;
    }
    if let Some(name) = changes.name {
        user.name = wrong.gather(display_name("name", Some(&name)))?.flatten();
    }
    if let Some(profile) = changes.profile {
        user.profile = wrong.gather(checked_profile(profile))?.unwrap_or_default();
    }
    if let Some(roles) = changes.roles {
        user.roles = wrong.gather(known_roles(cx, tenant, roles).await)?.unwrap_or_default();
    }
    if let Some(scopes) = changes.scopes {
        user.scopes = wrong.gather(delegation::custom_scopes(scopes))?.unwrap_or_default();
    }
    if let Some(plan) = changes.plan {
        user.plan = wrong.gather(known_plan(cx, tenant, plan).await)?.flatten();
    }
    match status {
        Some(Ok(status)) => user.status = status,
        Some(Err(_)) => wrong.add("status", "active or disabled"),
        None => {}
    }
    wrong.none()?;
    let anew = |now: &[String], was: &[String]| -> Vec<String> {
        now.iter().filter(|one| !was.contains(one)).cloned().collect()
    };
    let (scopes, roles) = (anew(&user.scopes, &was.scopes), anew(&user.roles, &was.roles));
    delegation::may_give_user(cx, admin, &scopes, &roles).await?;
    if !scopes.is_empty() || !roles.is_empty() {
        assertion_limits::check_granted(cx, tenant, "scopes", Some(&was), &user.roles, &user.scopes).await?;
    }
    if user.operator && (user.status != UserStatus::Active || !user.roles.iter().any(|role| role == ADMIN)) {
        return Err(Refusal::Conflict("the operator stays an active administrator").into());
    }
    user.mfa = mfa.unwrap_or(user.mfa);
    let (status, factor) = (user.status.as_str(), user.mfa.as_str());
    let said = format!("roles {:?}, plan {:?}, {status}, mfa {factor}", user.roles, user.plan);
    let said =
        if user.scopes.is_empty() { said } else { format!("{said}, scopes {}", user.scopes.join(" ")) };
    let entry = Entry::ok("user.changed").by(actor).on(&user.id).saying(said);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::users::update(&was, &user, mfa, takes_over, cx.now));
    change.found_by(store::users::with_id(&tenant.id, &user.id));
    change.then_all(store::sessions::end_all_if_disabled(&user.id, cx.now));
    change.invalidates(Invalidation::User(&user.id));
    if user.status == UserStatus::Disabled || changes.reset_mfa {
        change.ends_sessions_of(&user.id);
    }
    // What waits was begun by a user who was another: with other factors, another mailbox, or allowed in.
    if cleared || user.status != UserStatus::Active || user.email_key != was.email_key {
        proof_reset::forget(&mut change, &user.id, cx.now);
    }
    if cleared {
        factors::clear(cx, &mut change, admin, &was, &user, changes.reset_mfa).await?;
    }
    // The address before is told that it is the account's no more.
    if was.email_key != user.email_key {
        let letter = Letter::Changed(Changed::Email);
        change.tell(mailing::write(&mailing::by_another(cx), tenant, &was, letter).await?);
    }
    change.keeps_a_way_in_without(&was);
    let Some(done) = change.commit_or_refuse().await? else {
        return Err(why_unchanged(cx, tenant, &was, user).await?);
    };
    match done.row()? {
        Some(row) => Ok(store::users::read(row)?),
        None => Err(Fault::new("users", "a user was changed and not returned").into()),
    }
}

/// Why the change to what a user would be was not made.
async fn why_unchanged(cx: &Cx, tenant: &Tenant, was: &User, user: User) -> Result<Error, Error> {
    let now = find(cx, tenant, &user.id).await?;
    let last = store::administrators::is_last(cx.db.as_ref(), &tenant.id, &user.id).await?;
    if last == Some(true) && !is_active_administrator(tenant, &user) {
        return Ok(LAST_ADMIN.into());
    }
    if (&now.roles, &now.scopes) != (&was.roles, &was.scopes) {
        return Ok(CHANGED.into());
    }
    known_roles(cx, tenant, user.roles).await?;
    known_plan(cx, tenant, user.plan).await?;
    Ok(ADDRESS_TAKEN.into())
}

/// Changes a user's own display name.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) async fn rename(cx: &Cx, session: &OwnSession, name: &str) -> Result<(), Error> {
    let name = display_name("name", Some(name))?;
    let id = &session.user.id;
    let entry = Entry::ok("user.changed").by(id).on(id).saying("name");
    let mut change = Change::new(cx, &session.tenant.id, entry);
    change.then(store::users::set_name(&session.user, name.as_deref(), cx.now));
    change.invalidates(Invalidation::User(id));
    change.commit().await?;
    Ok(())
}

/// Roles of the tenant, highest first.
///
/// # Errors
/// [`Refusal::Invalid`] for one that it does not have, or for more than a user may hold.
pub(crate) async fn known_roles(cx: &Cx, tenant: &Tenant, roles: Vec<String>) -> Result<Vec<String>, Error> {
    if roles.is_empty() {
        return Ok(roles);
    }
    let known = store::roles::roles(cx.db.as_ref(), &tenant.id).await?;
    if let Some(unknown) = roles.iter().find(|role| !known.iter().any(|k| k.name == **role)) {
        return Err(invalid("roles", format!("{unknown:?} is no role of this tenant")));
    }
    // Highest first, as the documents show them.
    let held: Vec<String> = known.into_iter().map(|k| k.name).filter(|name| roles.contains(name)).collect();
    if held.len() > MOST_ROLES { Err(invalid("roles", "at most three")) } else { Ok(held) }
}

async fn known_plan(cx: &Cx, tenant: &Tenant, plan: Option<String>) -> Result<Option<String>, Error> {
    let Some(plan) = plan else { return Ok(None) };
    if !plans::is_known(cx, tenant, &plan).await? {
        return Err(invalid("plan", format!("{plan:?} is no plan of this tenant")));
    }
    Ok(Some(plan))
}
