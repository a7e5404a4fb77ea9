//! How administrators make, change and remove identity providers. Who can have one let people in can be anybody of the
//! tenant: so a key or a client by itself does it only with all that an administrator has.

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::providers::domains;
use crate::domain::providers::in_use::needs_enterprise;
use crate::domain::providers::stale::forget;
use crate::domain::providers::{rules, secrets};
use crate::domain::refusal::{CHANGED, Error, Refusal, invalid};
use crate::domain::session::delegation::may_manage_providers;
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::tenants::Tenant;
use crate::domain::throttle;
use crate::model::id::is_id;
use crate::model::identity_provider::{IdentityProvider, Kind, ProviderSpec, TokenAuth};
use crate::model::provider_description::ProviderDescription;
use crate::ports::Stmt;
use crate::saml::certificate::next_warning;
use crate::store::certificate_warnings::Whose;
use crate::store::identity_providers::StoredProvider;
use crate::store::{self, Listed, Page};

/// How many providers a tenant may have.
const MOST: i64 = 50;

/// How often a tenant has a provider's metadata fetched in an hour.
const METADATA_AN_HOUR: u32 = 60;

async fn count_metadata(cx: &Cx, tenant: &Tenant, said: &ProviderDescription) -> Result<(), Error> {
    if said.metadata_url.is_none() {
        return Ok(());
    }
    throttle::window(cx, format!("{}:provider-metadata", tenant.id), METADATA_AN_HOUR, 3_600).await.map(drop)
}

/// A page of the tenant's providers.
pub(crate) async fn list(cx: &Cx, tenant: &Tenant, page: &Page) -> Result<Listed<StoredProvider>, Error> {
    Ok(store::identity_providers::list(cx.db.as_ref(), &tenant.id, page).await?)
}

/// A provider of the tenant, enabled or not.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn find(cx: &Cx, tenant: &Tenant, id: &str) -> Result<StoredProvider, Error> {
    let found = store::identity_providers::by_id(cx.db.as_ref(), &tenant.id, id).await?;
    Ok(found.ok_or(Refusal::NotFound)?)
}

/// Makes a provider, with its mail domains, which wait to be proved.
///
/// # Errors
/// [`Refusal::Invalid`] with everything that is wrong; [`Refusal::Conflict`] for a taken id and for too many;
/// [`Refusal::PlanTooLow`] for an organisation's own where the tenant is no enterprise organisation; [`Refusal::Limited`]
/// for metadata that is fetched; as [`may_manage_providers`].
pub(crate) async fn create(
    cx: &Cx,
    admin: &CredentialAdmin,
    said: ProviderDescription,
) -> Result<StoredProvider, Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    let id = said.id.clone().unwrap_or_else(|| cx.id());
    if !is_id(&id) || id.len() > 40 {
        return Err(invalid("id", "1 to 40 of a-z, 0-9 and -"));
    }
    let (names, secret) = (said.domains.clone(), said.client_secret.clone().flatten());
    count_metadata(cx, tenant, &said).await?;
    let spec = rules::check(cx, said).await?;
    check_has_secret(&spec, secret.is_some())?;
    check_roles(cx, tenant, &spec).await?;
    require_enterprise(cx, tenant, &spec).await?;
    let names = domains::checked_names(cx, tenant, &id, names.unwrap_or_default()).await?;
    let sealed_secret = match &secret {
        Some(secret) => Some(secrets::seal(cx, &tenant.id, &id, &spec, secret)?),
        None => None,
    };
    let provider = IdentityProvider { id, spec, sealed_secret };
    let entry = Entry::ok("identity_provider.created").by(admin.actor()).on(&provider.id);
    let mut change = Change::new(cx, &tenant.id, entry.saying(told(&provider.spec)));
    change.take(store::identity_providers::insert(&tenant.id, &provider, MOST, cx.now));
    change.then_all(warning(cx, tenant, &provider));
    domains::add_all(cx, &mut change, tenant, &provider.id, &names);
    forget(&mut change, tenant);
    if change.commit().await?.is_none() {
        return Err(not_made(cx, tenant, &provider).await?);
    }
    find(cx, tenant, &provider.id).await
}

/// When administrators are told next that a certificate of the provider ends.
fn warning(cx: &Cx, tenant: &Tenant, provider: &IdentityProvider) -> Option<Stmt> {
    let Kind::Saml(saml) = &provider.spec.kind else { return None };
    let whose = Whose { tenant_id: &tenant.id, provider_id: &provider.id, ours: false };
    Some(store::certificate_warnings::set(&whose, next_warning(&saml.certificates, cx.now)))
}

/// Why a provider was not made.
async fn not_made(cx: &Cx, tenant: &Tenant, provider: &IdentityProvider) -> Result<Error, Error> {
    let db = cx.db.as_ref();
    if store::identity_providers::by_id(db, &tenant.id, &provider.id).await?.is_some() {
        return Ok(Refusal::Conflict("an identity provider has that id").into());
    }
    if store::identity_providers::count(db, &tenant.id).await? >= MOST {
        return Ok(Refusal::Conflict("a tenant has at most 50 identity providers").into());
    }
    unsound(cx, tenant, &provider.spec).await
}

/// Why the tenant may not have a provider like that, which an isolate did not know yet.
async fn unsound(cx: &Cx, tenant: &Tenant, spec: &ProviderSpec) -> Result<Error, Error> {
    check_roles(cx, tenant, spec).await?;
    let now = store::tenants::by_id(cx.db.as_ref(), &tenant.id).await?.ok_or(Refusal::NotFound)?;
    match needs_more(spec, now.enterprise) {
        true => Ok(needs_enterprise(tenant).into()),
        false => Ok(CHANGED.into()),
    }
}

/// Whether a provider takes more than the organisation is.
fn needs_more(spec: &ProviderSpec, is_enterprise: bool) -> bool {
    spec.enabled && spec.kind.is_organisations() && !is_enterprise
}

/// Requires that the tenant is an enterprise organisation, if the provider is to be an organisation's own that is used.
async fn require_enterprise(cx: &Cx, tenant: &Tenant, spec: &ProviderSpec) -> Result<(), Error> {
    if !needs_more(spec, tenant.enterprise) {
        return Ok(());
    }
    // An isolate may not have heard yet that it is one now.
    let now = store::tenants::by_id(cx.db.as_ref(), &tenant.id).await?.ok_or(Refusal::NotFound)?;
    if now.enterprise { Ok(()) } else { Err(needs_enterprise(tenant).into()) }
}

/// Replaces what a provider is. Its secret stays unless another is given, or null. Its kind stays in any case.
///
/// # Errors
/// As [`create`]; [`Refusal::NotFound`]; [`Refusal::Invalid`] for a secret that would be sent elsewhere than it was given
/// for; [`Refusal::Conflict`] for one that is changed at the same moment, for enforcing one without a verified domain, and
/// for enforcing one where no administrator would keep a way to sign in.
pub(crate) async fn replace(
    cx: &Cx,
    admin: &CredentialAdmin,
    was: StoredProvider,
    said: ProviderDescription,
) -> Result<StoredProvider, Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    let id = &was.provider.id;
    let kind = was.provider.spec.kind.as_str();
    if said.kind.as_deref() != Some(kind) {
        return Err(invalid("kind", format!("{kind}, which it was made with")));
    }
    let (names, secret) = (said.domains.clone(), said.client_secret.clone());
    count_metadata(cx, tenant, &said).await?;
    let spec = rules::check(cx, said).await?;
    let sealed_secret = match &secret {
        Some(Some(secret)) => Some(secrets::seal(cx, &tenant.id, id, &spec, secret)?),
        Some(None) => None,
        None => kept_secret(&was.provider, &spec)?,
    };
    check_has_secret(&spec, sealed_secret.is_some())?;
    check_roles(cx, tenant, &spec).await?;
    require_enterprise(cx, tenant, &spec).await?;
    let provider = IdentityProvider { id: id.clone(), spec, sealed_secret };
    let entry = Entry::ok("identity_provider.changed").by(admin.actor()).on(id);
    let mut said = told(&provider.spec);
    if secret.is_some() {
        said.push_str(", another secret");
    }
    let mut change = Change::new(cx, &tenant.id, entry.saying(said));
    change.take(store::identity_providers::update(&tenant.id, &was, &provider));
    change.then_all(warning(cx, tenant, &provider));
    if let Some(names) = names {
        let names = domains::checked_names(cx, tenant, id, names).await?;
        let gone: Vec<&String> = was.domains.iter().filter(|had| !names.contains(had)).collect();
        change.then_all(gone.into_iter().map(|name| store::email_domains::delete(&tenant.id, name)));
        let new: Vec<String> = names.into_iter().filter(|name| !was.domains.contains(name)).collect();
        domains::add_all(cx, &mut change, tenant, id, &new);
    }
    change.keeps_a_way_in(&tenant.id);
    forget(&mut change, tenant);
    if change.commit_or_refuse().await?.is_none() {
        let now = find(cx, tenant, id).await?;
        if now != was {
            return Err(CHANGED.into());
        }
        if provider.spec.enforced && !was.provider.spec.enforced {
            let rule = "a provider is enforced for verified domains, and it has none";
            return Err(Refusal::Conflict(rule).into());
        }
        return Err(unsound(cx, tenant, &provider.spec).await?);
    }
    find(cx, tenant, id).await
}

/// The secret that a provider goes on with: the one that it has, unless it would be sent elsewhere.
fn kept_secret(was: &IdentityProvider, spec: &ProviderSpec) -> Result<Option<String>, Error> {
    if was.sealed_secret.is_none() || secrets::audience(&was.spec) == secrets::audience(spec) {
        return Ok(was.sealed_secret.clone());
    }
    Err(invalid("clientSecret", "once more, or null: the one that is there was given for another address"))
}

/// Whether a provider has the secret that its kind takes.
fn check_has_secret(spec: &ProviderSpec, has_one: bool) -> Result<(), Error> {
    let needs = match &spec.kind {
        Kind::Github(_) => true,
        Kind::Oidc(oidc) => {
            let method = oidc.token_endpoint_auth_method;
            matches!(method, Some(TokenAuth::ClientSecretBasic | TokenAuth::ClientSecretPost))
        }
        _ => false,
    };
    if needs && !has_one {
        return Err(invalid("clientSecret", "is missing"));
    }
    Ok(())
}

/// Whether the tenant has the roles that a provider gives.
async fn check_roles(cx: &Cx, tenant: &Tenant, spec: &ProviderSpec) -> Result<(), Error> {
    let Some(map) = &spec.role_map else { return Ok(()) };
    let known = store::roles::roles(cx.db.as_ref(), &tenant.id).await?;
    match map.map.values().find(|role| !known.iter().any(|one| one.name == **role)) {
        Some(unknown) => Err(invalid("roleMap", format!("{unknown:?} is no role of this tenant"))),
        None => Ok(()),
    }
}

/// Removes a provider with its identities and mail domains, and ends the sessions that began with it.
///
/// # Errors
/// [`Refusal::NotFound`]; as [`may_manage_providers`].
pub(crate) async fn delete(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<(), Error> {
    let tenant = &admin.tenant;
    may_manage_providers(cx, admin).await?;
    let entry = Entry::ok("identity_provider.deleted").by(admin.actor()).on(id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change
        .take(store::identity_providers::release(&tenant.id, id))
        .then_all(store::identity_providers::end_sessions(&tenant.id, id, cx.now))
        .then(store::identity_providers::delete(&tenant.id, id));
    forget(&mut change, tenant);
    if change.commit().await?.is_some() { Ok(()) } else { Err(Refusal::NotFound.into()) }
}

/// What the log says of a provider.
fn told(spec: &ProviderSpec) -> String {
    let mut said = format!("{}, {:?}", spec.kind.as_str(), spec.name);
    let flags = [(!spec.enabled, "disabled"), (spec.enforced, "enforced")];
    for (_, flag) in flags.into_iter().filter(|(holds, _)| *holds) {
        said.push_str(&format!(", {flag}"));
    }
    if let Some(map) = &spec.role_map {
        said.push_str(&format!(", gives {:?}", map.map.values().collect::<std::collections::BTreeSet<_>>()));
    }
    said
}
