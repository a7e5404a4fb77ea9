//! What the operator does with tenants: makes, changes, suspends and deletes them.

use crate::cx::Cx;
use crate::domain::admin::users::{self, NewUser};
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal, invalid, invalid_uri};
use crate::domain::tenants::{HOME, from_row, is_console_host, is_own_host};
use crate::domain::vault::revocations;
use crate::memo::Invalidation;
use crate::model::host::canonical;
use crate::model::id::is_tenant_id;
use crate::model::name;
use crate::model::role::FIRST_ROLES;
use crate::model::state::TenantStatus;
use crate::store::tenants::{RowChanges, TenantRow};
use crate::store::{self, Listed, Page};

/// A tenant that an operator makes: its users have a namespace of their own.
pub(crate) struct NewTenant {
    /// Its id; made when absent.
    pub(crate) id: Option<String>,
    /// Its display name.
    pub(crate) name: String,
    /// A host that is its own.
    pub(crate) host: Option<String>,
    /// Whether it may sign its people in with its own provider.
    pub(crate) enterprise: bool,
    /// Its first administrator.
    pub(crate) admin: Option<NewUser>,
}

/// What is changed of a tenant; each `None` leaves it.
#[derive(Debug, Default)]
pub(crate) struct TenantChanges {
    /// The display name.
    pub(crate) name: Option<String>,
    /// `active` or `suspended`.
    pub(crate) status: Option<String>,
    /// Whether it may sign its people in with its own provider.
    pub(crate) enterprise: Option<bool>,
    /// The host that is its own; `Some(None)` takes it away.
    pub(crate) host: Option<Option<String>>,
    /// That it is a trial no longer, if it is one: it is not removed when nobody signs in.
    pub(crate) ends_trial: bool,
}

const HOST_TAKEN: &str = "the host is another tenant's";

/// Makes a tenant with the first roles, its host and its first administrator: all of it or nothing.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::Conflict`] for a taken id or host.
pub(crate) async fn create(cx: &Cx, actor: &str, new: NewTenant) -> Result<TenantRow, Error> {
    let id = new.id.unwrap_or_else(|| cx.id());
    if !is_tenant_id(&id) {
        return Err(invalid("id", "1 to 40 of a-z, 0-9 and -"));
    }
    let row = TenantRow {
        directory: id.clone(),
        id,
        name: check_name(&new.name)?,
        settings: "{}".into(),
        status: TenantStatus::Active,
        enterprise: new.enterprise,
        host: new.host.map(|host| checked_host(cx, &host, false)).transpose()?,
        domains: Vec::new(),
        trial: None,
        created_at: cx.now,
    };
    let mut change = Change::new(cx, &row.id, Entry::ok("tenant.created").by(actor).on(&row.id));
    change.take(store::tenants::insert(&row));
    change.then(store::roles::insert_first(&row.id, FIRST_ROLES));
    if let Some(host) = &row.host {
        change.then(store::tenants::insert_host(host, &row.id));
    }
    if let Some(admin) = new.admin {
        let admin = users::first_administrator(cx, &from_row(cx, row.clone())?, admin)?;
        change.then(store::users::insert(&admin));
        change.log(&row.id, Entry::ok("user.created").by(actor).on(&admin.id));
    }
    change.invalidates(Invalidation::Tenant(&row.id));
    if change.commit().await?.is_some() {
        return Ok(row);
    }
    let taken = store::tenants::by_id(cx.db.as_ref(), &row.id).await?.is_some();
    Err(Refusal::Conflict(if taken { "a tenant has that id" } else { HOST_TAKEN }).into())
}

/// A page of all tenants; of the trials alone, or of all but them, if that is asked for.
pub(crate) async fn list(cx: &Cx, trials: Option<bool>, page: &Page) -> Result<Listed<TenantRow>, Error> {
    Ok(store::tenants::list(cx.db.as_ref(), trials, page).await?)
}

/// A tenant, suspended or not.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn find(cx: &Cx, id: &str) -> Result<TenantRow, Error> {
    Ok(store::tenants::for_operator(cx.db.as_ref(), id).await?.ok_or(Refusal::NotFound)?)
}

/// Changes a tenant. One that is suspended is not there for anybody but the operator: nobody signs in, no
/// token, key or cookie of it counts, and its host is nobody's.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Invalid`]; [`Refusal::Conflict`] for a taken host, or for suspending the
/// home tenant.
pub(crate) async fn change(
    cx: &Cx,
    actor: &str,
    id: &str,
    changes: TenantChanges,
) -> Result<TenantRow, Error> {
    let was = find(cx, id).await?;
    let name = changes.name.as_deref().map(check_name).transpose()?;
    let status = changes.status.as_deref().map(str::parse::<TenantStatus>).transpose();
    let status = status.map_err(|_| invalid("status", "active or suspended"))?;
    if was.id == HOME && status == Some(TenantStatus::Suspended) {
        return Err(Refusal::Conflict("the home tenant cannot be suspended").into());
    }
    let host = match changes.host {
        Some(host) => Some(host.map(|host| checked_host(cx, &host, was.id == HOME)).transpose()?),
        None => None,
    };
    let said = [
        name.as_ref().map(|name| format!("{name:?}")),
        status.map(|status| status.as_str().to_owned()),
        changes.enterprise.map(|is| if is { "enterprise".to_owned() } else { "no enterprise".to_owned() }),
        host.as_ref().map(|host| format!("host {host:?}")),
        (changes.ends_trial && was.trial.is_some()).then(|| "no trial any more".to_owned()),
    ];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let host = host.as_ref().map(Option::as_deref);
    let mut change = Change::new(cx, &was.id, Entry::ok("tenant.changed").by(actor).on(&was.id).saying(said));
    let row = RowChanges { name: name.as_deref(), status, enterprise: changes.enterprise };
    change.take(store::tenants::update(&was.id, row, host.flatten()));
    if let Some(host) = host {
        change.then_all(store::tenants::move_host(&was.id, host));
    }
    if changes.ends_trial {
        change.then(store::trials::convert(&was.id, cx.now));
    }
    // With its own providers their domains count, and are enforced where they say so.
    if changes.enterprise == Some(true) || status == Some(TenantStatus::Active) {
        change.keeps_a_way_in(&was.id);
    }
    change.invalidates(Invalidation::Tenant(&was.id)).invalidates(Invalidation::Tenant(&was.directory));
    let done = change.commit_or_refuse().await?.is_some();
    let row = find(cx, id).await?;
    if done { Ok(row) } else { Err(Refusal::Conflict(HOST_TAKEN).into()) }
}

/// Deletes a tenant with everything in it, its audit log too; the home tenant's log keeps a row about it.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for the home tenant.
pub(crate) async fn delete(cx: &Cx, actor: &str, id: &str) -> Result<(), Error> {
    let row = find(cx, id).await?;
    if row.id == HOME {
        return Err(Refusal::Conflict("the home tenant cannot be deleted").into());
    }
    let mut change = Change::new(cx, HOME, Entry::ok("tenant.deleted").by(actor).on(&row.id));
    change.take(store::tenants::release(&row.id));
    change.then(store::vault_revocations::owe_all_of_tenant(&row.id, cx.now));
    change.then(store::outbox::forget_tenant(&row.id));
    change.then(store::tenants::delete(&row.id));
    change.then(store::audit::forget_tenant(&row.id));
    change.invalidates(Invalidation::Tenant(&row.id));
    if change.commit().await?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    revocations::deliver_in_background(cx);
    Ok(())
}

/// A tenant's display name.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn check_name(name: &str) -> Result<String, Error> {
    name::parse(name, name::LONGEST).map_err(|reason| invalid("name", reason))
}

/// A host in its one spelling. The deployment's own is for every tenant, so none has it but home, whose issuer it makes
/// the deployment's origin.
fn checked_host(cx: &Cx, host: &str, of_home: bool) -> Result<String, Error> {
    let host = canonical(host).into_owned();
    if !is_host(&host) {
        let rule = "a host name, with its port if that is not the scheme's own";
        return Err(invalid_uri("host", &host, rule));
    }
    if is_console_host(cx, &host) || !of_home && is_own_host(cx, &host) {
        return Err(invalid("host", "another than this deployment's own"));
    }
    Ok(host)
}

fn is_host(text: &str) -> bool {
    text.len() <= 253
        && url::Url::parse(&format!("https://{text}/")).is_ok_and(|url| url.path() == "/" && url.has_host())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':'))
}
