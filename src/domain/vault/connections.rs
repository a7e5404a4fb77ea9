//! What a person has connected: listed, shown and ended.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::people;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::delegation;
use crate::domain::session::principal::{CredentialAdmin, OwnSession};
use crate::domain::tenants::Tenant;
use crate::domain::vault::reader::VaultReader;
use crate::domain::vault::{registry, revocations};
use crate::model::name;
use crate::model::state::ConnectionKind;
use crate::store;
pub(crate) use crate::store::vault_connections::Connection;
use crate::store::vault_connections::Which;

/// How many connections a person may have.
pub(super) const MOST: i64 = 50;

/// Characters of a label.
const LONGEST_LABEL: usize = 60;

pub(super) const TOO_MANY: Refusal = Refusal::Conflict("a user has at most 50 connections");

/// A label as it is compared, if there is one.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(super) fn check_label(label: Option<&str>) -> Result<Option<String>, Error> {
    match label {
        None => Ok(None),
        Some("") => Ok(Some(String::new())),
        Some(text) => name::parse(text, LONGEST_LABEL).map(Some).map_err(|reason| invalid("label", reason)),
    }
}

/// What the log says of a connection: its provider, and its label in brackets where that is known.
pub(super) fn in_log(provider_id: &str, label: Option<&str>) -> String {
    match label {
        None | Some("") => provider_id.to_owned(),
        Some(label) => format!("{provider_id} ({label})"),
    }
}

/// What is connected of the person whom the reader reads of, the oldest first; of one provider, if that is said.
///
/// # Errors
/// As [`VaultReader::whose`].
pub(crate) async fn list(
    cx: &Cx,
    reader: &VaultReader,
    provider_id: Option<&str>,
    user_id: Option<&str>,
) -> Result<Vec<Shown>, Error> {
    let user_id = reader.whose(provider_id, user_id)?;
    let mut all = Vec::new();
    let db = cx.db.as_ref();
    for one in store::vault_connections::of_active_user(db, &reader.tenant.id, &user_id).await? {
        if provider_id.is_none_or(|id| one.provider_id == id) {
            all.push(show(cx, &reader.tenant, one, None).await?);
        }
    }
    Ok(all)
}

/// All that a person has connected, the oldest first.
pub(crate) async fn of_user(cx: &Cx, tenant_id: &str, user_id: &str) -> Result<Vec<Connection>, Error> {
    Ok(store::vault_connections::of_user(cx.db.as_ref(), tenant_id, user_id).await?)
}

/// All that a user of an administrator's tenant has connected, the oldest first, each with its provider's name.
///
/// # Errors
/// [`Refusal::NotFound`]; as [`delegation::own_account`].
pub(crate) async fn list_by_admin(
    cx: &Cx,
    admin: &CredentialAdmin,
    user_id: &str,
) -> Result<Vec<(Connection, String)>, Error> {
    delegation::own_account(admin, user_id)?;
    let tenant = &admin.tenant;
    let user = people::find(cx, tenant, user_id).await?;
    let mut all = Vec::new();
    for one in of_user(cx, &tenant.id, &user.id).await? {
        let name = registry::name_of(cx, tenant, &one.provider_id).await?;
        all.push((one, name));
    }
    Ok(all)
}

/// Ends a connection of a user of an administrator's tenant, and has the provider revoke its tokens.
///
/// # Errors
/// [`Refusal::NotFound`]; as [`delegation::own_account`].
pub(crate) async fn end_by_admin(
    cx: &Cx,
    admin: &CredentialAdmin,
    user_id: &str,
    id: &str,
) -> Result<(), Error> {
    delegation::own_account(admin, user_id)?;
    let tenant_id = &admin.tenant.id;
    let user = people::find(cx, &admin.tenant, user_id).await?;
    let all = of_user(cx, tenant_id, &user.id).await?;
    let one = all.into_iter().find(|one| one.id == id).ok_or(Refusal::NotFound)?;
    let which =
        Which { tenant_id, user_id: &user.id, provider_id: &one.provider_id, label: Some(&one.label) };
    end(cx, admin.actor(), &which, None).await.map(drop)
}

/// Ends one of the caller's connections and has the provider revoke its tokens; whether there were any to revoke.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn disconnect(
    cx: &Cx,
    session: &OwnSession,
    provider_id: &str,
    label: Option<&str>,
) -> Result<bool, Error> {
    remove(cx, session, provider_id, label, None).await
}

/// Removes one of the caller's connections; whether tokens are owed to its provider.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(super) async fn remove(
    cx: &Cx,
    session: &OwnSession,
    provider_id: &str,
    label: Option<&str>,
    kind: Option<ConnectionKind>,
) -> Result<bool, Error> {
    let (tenant_id, user_id) = (&session.tenant.id, &session.user.id);
    let label = check_label(label)?;
    let which = Which { tenant_id, user_id, provider_id, label: label.as_deref() };
    end(cx, session.actor(), &which, kind).await
}

async fn end(cx: &Cx, actor: &str, which: &Which<'_>, kind: Option<ConnectionKind>) -> Result<bool, Error> {
    let said = in_log(which.provider_id, which.label);
    let entry = Entry::ok("vault.disconnected").by(actor).on(which.user_id).saying(said);
    let mut change = Change::new(cx, which.tenant_id, entry);
    change.take(store::vault_connections::release(which, kind));
    change.then(store::vault_revocations::owe_one(which, cx.now));
    change.then(store::vault_connections::delete(which));
    let done = change.commit().await?.ok_or(Refusal::NotFound)?;
    let was = done.row()?.map(store::vault_connections::read).transpose()?;
    let owed = was.is_some_and(|was| was.sealed_access.is_some() || was.sealed_refresh.is_some());
    if owed {
        revocations::deliver_in_background(cx);
    }
    Ok(owed)
}

/// A connection with what it lacks.
pub(crate) struct Shown {
    pub(crate) connection: Connection,
    /// What was asked about, or is asked for by default, and was not granted.
    pub(crate) missing_scopes: Vec<String>,
}

/// A connection of the person whom the reader reads of; `scopes` are those that are asked about, separated by spaces.
///
/// # Errors
/// [`Refusal::NotFound`], also for one that the reader may not see.
pub(crate) async fn find(
    cx: &Cx,
    reader: &VaultReader,
    id: &str,
    user_id: Option<&str>,
    scopes: Option<&str>,
) -> Result<Shown, Error> {
    let found = store::vault_connections::by_id(cx.db.as_ref(), &reader.tenant.id, id).await?;
    let connection = found.ok_or(Refusal::NotFound)?;
    match reader.whose(Some(&connection.provider_id), user_id) {
        Ok(user_id) if user_id == connection.user_id => show(cx, &reader.tenant, connection, scopes).await,
        Err(Error::Broken(fault)) => Err(fault.into()),
        _ => Err(Refusal::NotFound.into()),
    }
}

async fn show(
    cx: &Cx,
    tenant: &Tenant,
    connection: Connection,
    scopes: Option<&str>,
) -> Result<Shown, Error> {
    let wanted = match (scopes, registry::find(cx, tenant, &connection.provider_id).await) {
        (Some(list), _) => list.split_ascii_whitespace().map(str::to_owned).collect(),
        (None, Ok(provider)) => provider.default_scopes(),
        (None, Err(Error::Refused(_))) => Vec::new(),
        (None, Err(broken)) => return Err(broken),
    };
    let missing_scopes = missing_scopes(&wanted, &connection.scopes);
    Ok(Shown { connection, missing_scopes })
}

/// Which of the scopes were not granted. Google says `email` and `profile` by addresses.
pub(super) fn missing_scopes(wanted: &[String], granted: &str) -> Vec<String> {
    let has = |scope: &String| {
        let long = format!("https://www.googleapis.com/auth/userinfo.{scope}");
        granted.split_ascii_whitespace().any(|one| one == scope || one == long)
    };
    wanted.iter().filter(|scope| !has(scope)).cloned().collect()
}
