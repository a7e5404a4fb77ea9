//! How administrators set up, change and remove what people can connect. Where a provider is, people's tokens go: so a key
//! or a client by itself does it only with all that an administrator has.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::audit::Entry as Event;
use crate::domain::change::Change;
use crate::domain::refusal::{CHANGED, Error, Refusal, invalid};
use crate::domain::session::delegation::may_manage_providers;
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::vault::registry::{self, Provider};
use crate::domain::vault::rules::{self, is_plain};
use crate::domain::vault::{catalogue, revocations, secrets};
use crate::memo::Invalidation;
use crate::model::catalogue::TokenAuth;
use crate::model::id::is_id;
use crate::model::vault::ProviderSpec;
use crate::model::vault_provider::VaultProviderDescription;
use crate::store;
use crate::store::vault_providers::StoredProvider;

/// How many providers a tenant may say something of.
const MOST: i64 = 200;

/// Sets up an entry of the catalogue, or makes a provider of the tenant's own.
///
/// # Errors
/// [`Refusal::Invalid`] with everything that is wrong; [`Refusal::Conflict`] for one that is there, and for too many; as
/// [`may_manage_providers`].
pub(crate) async fn create(
    cx: &Cx,
    admin: &CredentialAdmin,
    said: VaultProviderDescription,
) -> Result<Rc<Provider>, Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    let id = said.id.clone().unwrap_or_default();
    // `vault:read` is the scope for all of them.
    if !is_id(&id) || id.len() > 40 || id == "read" {
        return Err(invalid("id", "1 to 40 of a-z, 0-9 and -, and not read"));
    }
    let spec = rules::check(cx, &id, &said).await?;
    let secret = said.client_secret.flatten();
    check_secret(&id, &spec, secret.as_deref(), secret.is_some())?;
    let sealed_secret = match &secret {
        Some(secret) => Some(secrets::seal(cx, &tenant.id, &id, &spec, secret)?),
        None => None,
    };
    let provider = StoredProvider { id, spec, sealed_secret, updated_at: cx.now };
    let entry = Event::ok("vault.provider_created").by(admin.actor()).on(&provider.id);
    let mut change = Change::new(cx, &tenant.id, entry.saying(told(&provider.spec)));
    change.take(store::vault_providers::insert(&tenant.id, &provider, MOST));
    change.invalidates(Invalidation::Tenant(&tenant.id));
    if change.commit().await?.is_none() {
        let all = store::vault_providers::all(cx.db.as_ref(), &tenant.id).await?;
        let is_there = all.iter().any(|one| one.id == provider.id);
        let why = if is_there {
            "that provider is set up already"
        } else {
            "a tenant sets up at most 200 providers"
        };
        return Err(Refusal::Conflict(why).into());
    }
    registry::find(cx, tenant, &provider.id).await
}

/// Replaces what the tenant says of a provider. Its secret stays unless another is given, or null. An entry of the catalogue
/// of which nothing was said yet is set up.
///
/// # Errors
/// As [`create`]; [`Refusal::NotFound`]; [`Refusal::Invalid`] for a secret that would be sent elsewhere than it was given
/// for; [`Refusal::Conflict`] for one that is changed at the same moment.
pub(crate) async fn replace(
    cx: &Cx,
    admin: &CredentialAdmin,
    id: &str,
    mut said: VaultProviderDescription,
) -> Result<Rc<Provider>, Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    let all = store::vault_providers::all(cx.db.as_ref(), &tenant.id).await?;
    let Some(was) = all.into_iter().find(|one| one.id == id) else {
        catalogue::find(id).ok_or(Refusal::NotFound)?;
        said.id = Some(id.to_owned());
        return create(cx, admin, said).await;
    };
    let spec = rules::check(cx, id, &said).await?;
    let is_oauth = |spec: &ProviderSpec| secrets::entry_of(id, spec).is_some_and(|one| one.oauth().is_some());
    if was.spec.own.is_some() && is_oauth(&was.spec) != is_oauth(&spec) {
        return Err(invalid("connectionType", "the one that it was made with"));
    }
    let sealed_secret = match &said.client_secret {
        Some(Some(secret)) => {
            check_secret(id, &spec, Some(secret), true)?;
            Some(secrets::seal(cx, &tenant.id, id, &spec, secret)?)
        }
        Some(None) => None,
        None if was.sealed_secret.is_none() || secrets::audience(&was.spec) == secrets::audience(&spec) => {
            was.sealed_secret.clone()
        }
        None => {
            let rule = "once more, or null: the one that is there was given for another address";
            return Err(invalid("clientSecret", rule));
        }
    };
    check_secret(id, &spec, None, sealed_secret.is_some())?;
    let provider = StoredProvider { id: id.to_owned(), spec, sealed_secret, updated_at: cx.now };
    let mut text = told(&provider.spec);
    if said.client_secret.is_some() {
        text.push_str(", another secret");
    }
    let entry = Event::ok("vault.provider_changed").by(admin.actor()).on(id).saying(text);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::vault_providers::update(&tenant.id, &was, &provider));
    change.invalidates(Invalidation::Tenant(&tenant.id));
    if change.commit().await?.is_none() {
        return Err(CHANGED.into());
    }
    registry::find(cx, tenant, id).await
}

/// Whether a secret is one, and is there where its provider takes one.
fn check_secret(id: &str, spec: &ProviderSpec, secret: Option<&str>, has_one: bool) -> Result<(), Error> {
    if secret.is_some_and(|secret| !is_plain(secret, rules::LONGEST_CREDENTIAL)) {
        return Err(invalid("clientSecret", "1 to 2000 characters of printable ASCII without spaces"));
    }
    let entry = secrets::entry_of(id, spec);
    let needs = entry
        .as_ref()
        .and_then(|entry| entry.oauth())
        .is_some_and(|oauth| oauth.token_auth != TokenAuth::None);
    if needs && !has_one {
        return Err(invalid("clientSecret", "is missing: only tokenAuth none goes without"));
    }
    Ok(())
}

/// Removes what the tenant says of a provider, with all connections to it.
///
/// # Errors
/// [`Refusal::NotFound`]; as [`may_manage_providers`].
pub(crate) async fn delete(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<(), Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    let entry = Event::ok("vault.provider_deleted").by(admin.actor()).on(id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change
        .take(store::vault_providers::release(&tenant.id, id))
        .then(store::vault_revocations::owe_all_of_provider(&tenant.id, id, cx.now))
        .then(store::vault_attempts::delete_of_provider(&tenant.id, id))
        .then(store::vault_connections::delete_of_provider(&tenant.id, id))
        .then(store::vault_providers::delete(&tenant.id, id));
    change.invalidates(Invalidation::Tenant(&tenant.id));
    if change.commit().await?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    revocations::deliver_in_background(cx);
    Ok(())
}

/// What the log says of a provider.
fn told(spec: &ProviderSpec) -> String {
    let whose = if spec.own.is_some() { "one of the tenant's own" } else { "of the catalogue" };
    let off = if spec.enabled { "" } else { ", disabled" };
    format!("{whose}{off}")
}
