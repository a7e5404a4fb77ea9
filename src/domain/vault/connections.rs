//! What a person has connected: listed, shown and ended.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::OwnSession;
use crate::domain::vault::reader::VaultReader;
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

/// What is connected of the person whom the reader reads of, the oldest first; of one provider, if that is said.
///
/// # Errors
/// As [`VaultReader::whose`].
pub(crate) async fn list(
    cx: &Cx,
    reader: &VaultReader,
    provider_id: Option<&str>,
    user_id: Option<&str>,
) -> Result<Vec<Connection>, Error> {
    let user_id = reader.whose(provider_id, user_id)?;
    let mut all = of_user(cx, &reader.tenant.id, &user_id).await?;
    all.retain(|one| provider_id.is_none_or(|id| one.provider_id == id));
    Ok(all)
}

/// All that a person has connected, the oldest first.
pub(crate) async fn of_user(cx: &Cx, tenant_id: &str, user_id: &str) -> Result<Vec<Connection>, Error> {
    Ok(store::vault_connections::of_user(cx.db.as_ref(), tenant_id, user_id).await?)
}

/// Removes one of the caller's connections.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(super) async fn remove(
    cx: &Cx,
    session: &OwnSession,
    provider_id: &str,
    label: Option<&str>,
    kind: Option<ConnectionKind>,
) -> Result<(), Error> {
    let (tenant_id, user_id) = (&session.tenant.id, &session.user.id);
    let label = check_label(label)?;
    let which = Which { tenant_id, user_id, provider_id, label: label.as_deref() };
    let entry = Entry::ok("vault.disconnected").by(session.actor()).on(user_id).saying(provider_id);
    let mut change = Change::new(cx, tenant_id, entry);
    change.take(store::vault_connections::release(&which, kind));
    change.then(store::vault_connections::delete(&which));
    if change.commit().await?.is_some() { Ok(()) } else { Err(Refusal::NotFound.into()) }
}
