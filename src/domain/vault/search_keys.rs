//! The Google Search configuration of a tenant: people read it, administrators write it.

use zeroize::Zeroizing;

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::delegation::may_manage_providers;
use crate::domain::session::principal::{CredentialAdmin, Session};
use crate::domain::vault::keys::check_key;
use crate::domain::vault::sealing::SEALED_AS;
use crate::store;
use crate::store::vault_search_keys::SearchKeys;

/// The longest id of a search engine.
const LONGEST_ID: usize = 200;

/// What a key is bound to.
pub(crate) fn row(tenant_id: &str) -> String {
    format!("vault_search_keys/{tenant_id}/key")
}

/// The key and the id of the search engine.
///
/// # Errors
/// [`Refusal::NotFound`] where the tenant has none.
pub(crate) async fn read(cx: &Cx, session: &Session) -> Result<(Zeroizing<String>, String), Error> {
    let tenant = &session.tenant;
    let found = store::vault_search_keys::of_tenant(cx.db.as_ref(), &tenant.id).await?;
    let found = found.ok_or(Refusal::NotFound)?;
    let key = cx.sealer(&tenant.id, SEALED_AS)?.open_text(&row(&tenant.id), &found.sealed_key)?;
    Ok((key, found.search_engine_id))
}

/// Sets them.
///
/// # Errors
/// [`Refusal::Invalid`]; as [`may_manage_providers`].
pub(crate) async fn set(
    cx: &Cx,
    admin: &CredentialAdmin,
    api_key: &str,
    search_engine_id: &str,
) -> Result<(), Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    check_key("apiKey", api_key)?;
    let fits = (1..=LONGEST_ID).contains(&search_engine_id.len())
        && search_engine_id.bytes().all(|b| b.is_ascii_graphic());
    if !fits {
        return Err(invalid("searchEngineId", "1 to 200 characters of printable ASCII without spaces"));
    }
    let sealed_key =
        cx.sealer(&tenant.id, SEALED_AS)?.seal(cx.random(), &row(&tenant.id), api_key.as_bytes())?;
    let keys = SearchKeys { search_engine_id: search_engine_id.to_owned(), sealed_key };
    let entry = Entry::ok("vault.search_keys_set").by(admin.actor()).on(&tenant.id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::vault_search_keys::put(&tenant.id, &keys, cx.now));
    if change.commit().await?.is_some() { Ok(()) } else { Err(Refusal::NotFound.into()) }
}

/// Takes them away.
///
/// # Errors
/// [`Refusal::NotFound`] where there are none; as [`may_manage_providers`].
pub(crate) async fn delete(cx: &Cx, admin: &CredentialAdmin) -> Result<(), Error> {
    may_manage_providers(cx, admin).await?;
    let tenant_id = &admin.tenant.id;
    let entry = Entry::ok("vault.search_keys_deleted").by(admin.actor()).on(tenant_id);
    let mut change = Change::new(cx, tenant_id, entry);
    change.take(store::vault_search_keys::delete(tenant_id));
    if change.commit().await?.is_some() { Ok(()) } else { Err(Refusal::NotFound.into()) }
}
