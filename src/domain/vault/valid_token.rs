//! An access token of a provider's that is good, for whoever may have it. Each that is handed out is in the audit log.

use zeroize::Zeroizing;

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::vault::connections::{check_label, in_log};
use crate::domain::vault::reader::VaultReader;
use crate::domain::vault::refresh::{AHEAD, JITTER};
use crate::domain::vault::sealing::{self, Column, Place, binding_of};
use crate::model::state::ConnectionStatus;
use crate::model::time::Time;
use crate::ports::{Fault, Refreshed};
use crate::store;
use crate::store::vault_connections::{Which, read};
use crate::store::vault_tokens::Held;

/// An access token that is handed out.
pub(crate) struct ValidToken {
    pub(crate) access_token: Zeroizing<String>,
    /// Seconds that it is good for, where it has an end.
    pub(crate) expires_in: Option<i64>,
    /// What it is for, separated by spaces.
    pub(crate) scope: String,
    /// What was asked for and is not granted.
    pub(crate) missing_scopes: Vec<String>,
}

/// What a route sends of a connection.
pub(crate) struct Relayed {
    /// The token or key.
    pub(crate) secret: Zeroizing<String>,
    /// Which of several connections it is of.
    pub(super) label: String,
}

impl Relayed {
    /// What the log says of the connection.
    pub(crate) fn in_log(&self, provider_id: &str) -> String {
        in_log(provider_id, Some(&self.label))
    }
}

/// A token of the caller's connection, or of the user's whom a service names; renewed first if that is due. One that is
/// good is a single wait for storage.
///
/// # Errors
/// As [`VaultReader::whose`]; [`Refusal::NotFound`]; [`Refusal::NeedsReauthorization`];
/// [`Refusal::ProviderUnavailable`] where the token is over and the provider does not renew it now.
pub(crate) async fn find(
    cx: &Cx,
    reader: &VaultReader,
    provider_id: &str,
    user_id: Option<&str>,
    label: Option<&str>,
    scopes: &[String],
) -> Result<ValidToken, Error> {
    let user_id = reader.whose(Some(provider_id), user_id)?;
    let label = check_label(label)?;
    let which =
        Which { tenant_id: &reader.tenant.id, user_id: &user_id, provider_id, label: label.as_deref() };
    hand_out(cx, reader.actor(), &which, scopes).await
}

/// Hands out a token of that connection; `actor` is who gets it, for the log.
///
/// # Errors
/// As [`find`], but for the reader's.
pub(super) async fn hand_out(
    cx: &Cx,
    actor: &str,
    which: &Which<'_>,
    scopes: &[String],
) -> Result<ValidToken, Error> {
    let jitter = i64::from(u16::from_be_bytes(cx.random())) % JITTER;
    if let Some(token) = issue(cx, actor, which, AHEAD + jitter, scopes).await? {
        return Ok(token);
    }
    let held = store::vault_tokens::find(cx.db.as_ref(), which).await?;
    let held = held.filter(Held::is_usable).ok_or(Refusal::NotFound)?;
    let retry_at = renew(cx, &held).await?;
    // What is still good is handed out, whether it is new or could not be renewed.
    if let Some(token) = issue(cx, actor, which, 0, scopes).await? {
        return Ok(token);
    }
    // It may have been ended meanwhile.
    let left = store::vault_tokens::find(cx.db.as_ref(), which).await?;
    let left = left.filter(Held::is_usable).ok_or(Refusal::NotFound)?;
    Err(match left.connection.status {
        ConnectionStatus::Active => {
            let wait = retry_at.0.saturating_sub(cx.now.0).saturating_add(999) / 1000;
            Refusal::ProviderUnavailable { seconds: wait.max(1) }
        }
        ConnectionStatus::NeedsReauthorization => Refusal::NeedsReauthorization,
        ConnectionStatus::Revoked => Refusal::NotFound,
    }
    .into())
}

/// The same for a route of the gateway: nobody is handed the token, and the route logs its use.
///
/// # Errors
/// As [`find`], but for the reader's.
pub(super) async fn for_route(cx: &Cx, which: &Which<'_>) -> Result<Relayed, Error> {
    let jitter = i64::from(u16::from_be_bytes(cx.random())) % JITTER;
    if let Some(token) = take(cx, which, AHEAD + jitter).await? {
        return Ok(token);
    }
    let held = store::vault_tokens::find(cx.db.as_ref(), which).await?;
    let held = held.filter(Held::is_usable).ok_or(Refusal::NotFound)?;
    let retry_at = renew(cx, &held).await?;
    match take(cx, which, 0).await? {
        Some(token) => Ok(token),
        None => {
            let wait = retry_at.0.saturating_sub(cx.now.0).saturating_add(999) / 1000;
            Err(Refusal::ProviderUnavailable { seconds: wait.max(1) }.into())
        }
    }
}

/// The token, if there is one that is not to be renewed within so many milliseconds.
async fn take(cx: &Cx, which: &Which<'_>, ahead: i64) -> Result<Option<Relayed>, Error> {
    let rows = store::one(cx.db.as_ref(), store::vault_tokens::issue(which, ahead, cx.now)).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let connection = read(row)?;
    let sealed = connection.sealed_access.as_deref().ok_or(Refusal::NotFound)?;
    let binding = binding_of(&connection);
    let place = Place { tenant_id: which.tenant_id, binding: &binding, connection_id: &connection.id };
    let secret = sealing::open(cx, &place, Column::Access, sealed)?;
    Ok(Some(Relayed { secret, label: connection.label }))
}

/// Has a connection's token renewed; when that is tried again if it was not.
async fn renew(cx: &Cx, held: &Held) -> Result<Time, Error> {
    match held.connection.status {
        ConnectionStatus::Active => {}
        ConnectionStatus::NeedsReauthorization => return Err(Refusal::NeedsReauthorization.into()),
        ConnectionStatus::Revoked => return Err(Refusal::NotFound.into()),
    }
    if let Some(at) = held.retry_at.filter(|at| *at > cx.now) {
        return Ok(at);
    }
    let (tenant_id, id) = (held.connection.tenant_id.clone(), held.connection.id.clone());
    match cx.refreshers.refresh(tenant_id, id).await? {
        Refreshed::Done => Ok(cx.now),
        Refreshed::Later { at } => Ok(Time(at)),
        Refreshed::NeedsPerson => Err(Refusal::NeedsReauthorization.into()),
        Refreshed::Gone => Err(Refusal::NotFound.into()),
    }
}

/// The token, if there is one that is not to be renewed within so many milliseconds; with its row in the log.
async fn issue(
    cx: &Cx,
    actor: &str,
    which: &Which<'_>,
    ahead: i64,
    scopes: &[String],
) -> Result<Option<ValidToken>, Error> {
    let now = cx.now;
    let said = in_log(which.provider_id, which.label);
    let entry = Entry::ok("vault.token_issued").by(actor).on(which.user_id).saying(said);
    let mut change = Change::new(cx, which.tenant_id, entry);
    change.take(store::vault_tokens::issue(which, ahead, now));
    let Some(done) = change.commit().await? else { return Ok(None) };
    let connection = read(done.row()?.ok_or_else(|| Fault::new("vault", "no row"))?)?;
    let sealed = connection.sealed_access.as_deref().ok_or(Refusal::NotFound)?;
    let binding = binding_of(&connection);
    let place = Place { tenant_id: which.tenant_id, binding: &binding, connection_id: &connection.id };
    let granted: Vec<&str> = connection.scopes.split_ascii_whitespace().collect();
    Ok(Some(ValidToken {
        access_token: sealing::open(cx, &place, Column::Access, sealed)?,
        expires_in: connection.expires_at.map(|at| at.0.saturating_sub(now.0) / 1000),
        missing_scopes: scopes.iter().filter(|one| !granted.contains(&one.as_str())).cloned().collect(),
        scope: connection.scopes.clone(),
    }))
}
