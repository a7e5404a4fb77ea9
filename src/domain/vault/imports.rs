//! Connections that administrators bring along from another vault, and those that they end.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::people;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::delegation::may_manage_providers;
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::upstream::tokens::LONGEST_TOKEN;
use crate::domain::vault::connections::{MOST, TOO_MANY, check_label, in_log};
use crate::domain::vault::keys::check_key;
use crate::domain::vault::rules::{are_scopes, is_plain};
use crate::domain::vault::sealing::{self, Column, Place, binding};
use crate::domain::vault::{registry, revocations};
use crate::model::name;
use crate::model::reason::Reason;
use crate::model::state::{ConnectionKind, ConnectionStatus};
use crate::store;
use crate::store::vault_connections::{Connection, Must};

/// The longest life of an access token, in seconds.
const LONGEST_LIFE: i64 = 400 * 86_400;

/// A connection that is brought along.
#[derive(Debug, Default)]
pub(crate) struct Imported {
    pub(crate) user_id: String,
    pub(crate) provider_id: String,
    pub(crate) label: Option<String>,
    /// Who the person is there.
    pub(crate) account: Option<String>,
    pub(crate) access_token: Option<String>,
    pub(crate) refresh_token: Option<String>,
    /// Seconds that the access token is still good for. Where that is not known it is renewed at its first use, or has no end
    /// if it cannot be renewed.
    pub(crate) expires_in: Option<i64>,
    pub(crate) scopes: Vec<String>,
    pub(crate) api_key: Option<String>,
}

fn check(imported: &Imported, kind: ConnectionKind) -> Result<(), Error> {
    let by_key = [("apiKey", &imported.api_key)];
    let by_consent = [("accessToken", &imported.access_token), ("refreshToken", &imported.refresh_token)];
    let [key] = by_key;
    let [access, _] = by_consent;
    let (required, others): (_, &[_]) = match kind {
        ConnectionKind::ApiKey => (key, &by_consent),
        ConnectionKind::Oauth => (access, &by_key),
    };
    if required.1.is_none() {
        return Err(invalid(required.0, Reason::Missing));
    }
    if let Some((field, _)) = others.iter().find(|(_, said)| said.is_some()) {
        return Err(invalid(field, "not of a provider that is connected in another way"));
    }
    for (field, said) in by_consent {
        if said.as_ref().is_some_and(|text| !is_plain(text, LONGEST_TOKEN)) {
            return Err(invalid(field, "a token as the provider gave it"));
        }
    }
    if let Some(key) = &imported.api_key {
        check_key("apiKey", key)?;
    }
    if !are_scopes(&imported.scopes) {
        return Err(invalid("scopes", "at most 100, each of 1 to 300 printable characters"));
    }
    if imported.expires_in.is_some_and(|seconds| !(0..=LONGEST_LIFE).contains(&seconds)) {
        return Err(invalid("expiresIn", "0 seconds to 400 days"));
    }
    Ok(())
}

/// Makes a connection for a user of the tenant with tokens or a key that they have already, in the place of the one with the
/// same label; answers its id.
///
/// # Errors
/// [`Refusal::Invalid`]; [`Refusal::NotFound`] for the user and for a provider that cannot be connected here;
/// [`Refusal::Conflict`] beyond as many connections as a person may have; as [`may_manage_providers`].
pub(crate) async fn import(cx: &Cx, admin: &CredentialAdmin, imported: Imported) -> Result<String, Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    let label = check_label(imported.label.as_deref())?.unwrap_or_default();
    let provider = registry::usable(cx, tenant, &imported.provider_id).await?;
    check(&imported, provider.kind())?;
    let account = match imported.account.as_deref() {
        Some(text) => Some(name::parse(text, name::LONGEST).map_err(|reason| invalid("account", reason))?),
        None => None,
    };
    let user = people::find(cx, tenant, &imported.user_id).await?;
    let id = cx.id();
    let binding = binding(&tenant.id, &user.id, &provider.entry.id);
    let place = Place { tenant_id: &tenant.id, binding: &binding, connection_id: &id };
    let seal = |column, text: &Option<String>| {
        text.as_ref().map(|text| sealing::seal(cx, &place, column, text)).transpose()
    };
    let unknown = imported.refresh_token.is_some().then_some(0);
    let connection = Connection {
        sealed_access: seal(Column::Access, &imported.access_token)?,
        sealed_refresh: seal(Column::Refresh, &imported.refresh_token)?,
        sealed_key: seal(Column::Key, &imported.api_key)?,
        id: id.clone(),
        tenant_id: tenant.id.clone(),
        user_id: user.id.clone(),
        provider_id: provider.entry.id.clone(),
        label,
        kind: provider.kind(),
        status: ConnectionStatus::Active,
        account,
        scopes: imported.scopes.join(" "),
        expires_at: imported.expires_in.or(unknown).map(|seconds| cx.now.plus(seconds)),
        created_at: cx.now,
        last_used_at: None,
    };
    let must = Must { session_id: None, has_provider: provider.stored.is_some(), most: MOST };
    let entry = Entry::ok("vault.imported").by(admin.actor()).on(&user.id);
    let said = in_log(&connection.provider_id, Some(&connection.label));
    let mut change = Change::new(cx, &tenant.id, entry.saying(said));
    change.take(store::vault_connections::put(&connection, &binding, must));
    if change.commit().await?.is_some() {
        return Ok(id);
    }
    let has = store::vault_connections::of_user(cx.db.as_ref(), &tenant.id, &user.id).await?.len();
    Err(if i64::try_from(has).unwrap_or(MOST) >= MOST { TOO_MANY.into() } else { Refusal::NotFound.into() })
}

/// Ends all connections to a provider and gives their tokens back; how many there were.
///
/// # Errors
/// [`Refusal::NotFound`]; as [`may_manage_providers`].
pub(crate) async fn revoke_all(cx: &Cx, admin: &CredentialAdmin, provider_id: &str) -> Result<usize, Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    registry::find(cx, tenant, provider_id).await?;
    let entry = Entry::ok("vault.disconnected_all").by(admin.actor()).on(provider_id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change
        .then(store::vault_revocations::owe_all_of_provider(&tenant.id, provider_id, cx.now))
        .then(store::vault_attempts::delete_of_provider(&tenant.id, provider_id))
        .then(store::vault_connections::delete_of_provider(&tenant.id, provider_id));
    let count = store::vault_connections::count_of_provider(cx.db.as_ref(), &tenant.id, provider_id).await?;
    change.commit().await?;
    revocations::deliver_in_background(cx);
    Ok(usize::try_from(count).unwrap_or_default())
}
