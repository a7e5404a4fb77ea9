//! Keys that people have from a provider and store here.

use zeroize::Zeroizing;

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::OwnSession;
use crate::domain::throttle;
use crate::domain::vault::connections::{MOST, TOO_MANY, check_label, in_log};
use crate::domain::vault::reader::VaultReader;
use crate::domain::vault::sealing::{self, Column, Place, binding, binding_of};
use crate::domain::vault::{connections, registry};
use crate::model::state::{ConnectionKind, ConnectionStatus};
use crate::ports::Fault;
use crate::store;
use crate::store::vault_connections::{Connection, Must, Which, read};

/// The longest key, in bytes.
const LONGEST: usize = 4_096;

/// How often one person stores a key in a minute.
const A_MINUTE: u32 = 30;

/// Whether a text can be a key: it stands in header fields.
pub(super) fn check_key(field: &'static str, key: &str) -> Result<(), Error> {
    let fits = (1..=LONGEST).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(()) } else { Err(invalid(field, "1 to 4096 characters of printable ASCII without spaces")) }
}

/// Stores a key of the caller's, in the place of one with the same label.
///
/// # Errors
/// [`Refusal::NotFound`] for a provider that is not there, or is not connected by a key; [`Refusal::Invalid`];
/// [`Refusal::Conflict`] beyond as many connections as a person may have; [`Refusal::Limited`].
pub(crate) async fn store(
    cx: &Cx,
    session: &OwnSession,
    provider_id: &str,
    label: Option<&str>,
    key: &str,
) -> Result<(), Error> {
    let (tenant, user_id) = (&session.tenant, &session.user.id);
    check_key("apiKey", key)?;
    let label = check_label(label)?.unwrap_or_default();
    let provider = registry::usable(cx, tenant, provider_id).await?;
    if provider.kind() != ConnectionKind::ApiKey {
        return Err(Refusal::NotFound.into());
    }
    throttle::window(cx, format!("{}:vault-keys:{user_id}", tenant.id), A_MINUTE, 60).await?;
    let id = cx.id();
    let binding = binding(&tenant.id, user_id, provider_id);
    let place = Place { tenant_id: &tenant.id, binding: &binding, connection_id: &id };
    let connection = Connection {
        sealed_key: Some(sealing::seal(cx, &place, Column::Key, key)?),
        id,
        tenant_id: tenant.id.clone(),
        user_id: user_id.clone(),
        provider_id: provider_id.to_owned(),
        label,
        kind: ConnectionKind::ApiKey,
        status: ConnectionStatus::Active,
        account: None,
        scopes: String::new(),
        sealed_access: None,
        sealed_refresh: None,
        expires_at: None,
        created_at: cx.now,
        last_used_at: None,
    };
    let must = Must { session_id: Some(session.id()), has_provider: provider.stored.is_some(), most: MOST };
    let said = in_log(provider_id, Some(&connection.label));
    let entry = Entry::ok("vault.connected").by(session.actor()).on(user_id).saying(said);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::vault_connections::put(&connection, &binding, must));
    if change.commit().await?.is_some() {
        return Ok(());
    }
    let has = store::vault_connections::of_user(cx.db.as_ref(), &tenant.id, user_id).await?.len();
    Err(if i64::try_from(has).unwrap_or(MOST) >= MOST {
        TOO_MANY.into()
    } else {
        Refusal::BadCredential.into()
    })
}

/// The key that is stored, for whoever may have it. The log says who did.
///
/// # Errors
/// As [`VaultReader::whose`]; [`Refusal::NotFound`].
pub(crate) async fn retrieve(
    cx: &Cx,
    reader: &VaultReader,
    provider_id: &str,
    user_id: Option<&str>,
    label: Option<&str>,
) -> Result<Zeroizing<String>, Error> {
    let tenant = &reader.tenant;
    let user_id = reader.whose(Some(provider_id), user_id)?;
    let label = check_label(label)?;
    let which = Which { tenant_id: &tenant.id, user_id: &user_id, provider_id, label: label.as_deref() };
    let said = in_log(provider_id, which.label);
    let entry = Entry::ok("vault.key_read").by(reader.actor()).on(&user_id).saying(said);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::vault_connections::use_key(&which, cx.now));
    let done = change.commit().await?.ok_or(Refusal::NotFound)?;
    let row = done.row()?.ok_or_else(|| Fault::new("vault", "no row"))?;
    let connection = read(row)?;
    let sealed = connection.sealed_key.as_deref().ok_or(Refusal::NotFound)?;
    let place = Place {
        tenant_id: &connection.tenant_id,
        binding: &binding_of(&connection),
        connection_id: &connection.id,
    };
    Ok(sealing::open(cx, &place, Column::Key, sealed)?)
}

/// Removes a key of the caller's.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn delete(
    cx: &Cx,
    session: &OwnSession,
    provider_id: &str,
    label: Option<&str>,
) -> Result<(), Error> {
    connections::remove(cx, session, provider_id, label, Some(ConnectionKind::ApiKey)).await.map(drop)
}
