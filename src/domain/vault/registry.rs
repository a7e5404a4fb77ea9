//! The providers that people of a tenant can connect: entries of the catalogue that are connected by a key, unless the
//! tenant turned them off; those by OAuth that it set up; and its own. Remembered for seconds.

use std::rc::Rc;

use zeroize::Zeroizing;

use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::tenants::Tenant;
use crate::domain::upstream::Upstream;
use crate::domain::vault::catalogue::{self, Entry};
use crate::domain::vault::secrets;
use crate::memo::{Invalidation, Slot};
use crate::model::state::ConnectionKind;
use crate::ports::Fault;
use crate::ports::http::Reach;
use crate::store;
use crate::store::vault_providers::StoredProvider;

/// A provider of a tenant, with our secret there.
pub(crate) struct Provider {
    /// What it is, with the labels of its templates in its addresses.
    pub(crate) entry: Entry,
    /// Our client id there.
    pub(crate) client_id: Option<String>,
    pub(crate) secret: Option<Zeroizing<String>>,
    /// Whether it can be connected here.
    pub(crate) enabled: bool,
    /// Whether the tenant described it: it is not the catalogue's.
    pub(crate) is_own: bool,
    /// As it is stored; none for an entry of the catalogue that the tenant says nothing of.
    pub(crate) stored: Option<StoredProvider>,
}

impl Provider {
    /// How it is connected.
    pub(crate) fn kind(&self) -> ConnectionKind {
        kind_of(&self.entry)
    }

    /// What is asked for where nothing else is.
    pub(crate) fn default_scopes(&self) -> Vec<String> {
        let own = self.stored.as_ref().and_then(|stored| stored.spec.scopes.clone());
        let of_entry = || self.entry.oauth().map(|oauth| oauth.scopes.default.clone());
        own.or_else(of_entry).unwrap_or_default()
    }

    /// It, as the client of its OAuth sees it.
    ///
    /// # Errors
    /// A fault of ours for one that is not connected by OAuth.
    pub(crate) fn upstream(&self) -> Result<Upstream, Fault> {
        let oauth = self.entry.oauth().ok_or_else(|| Fault::new("vault", "a provider without OAuth"))?;
        let of_tenant =
            self.is_own || self.stored.as_ref().is_some_and(|stored| !stored.spec.labels.is_empty());
        let reach = if of_tenant { Reach::Administrator } else { Reach::Operator };
        let client_id = self.client_id.clone().unwrap_or_default();
        Ok(catalogue::upstream(oauth, client_id, self.secret.clone(), reach))
    }

    /// Whether the tenant said all that a connection takes.
    pub(crate) fn is_configured(&self) -> bool {
        self.kind() == ConnectionKind::ApiKey || self.client_id.is_some()
    }
}

/// How an entry is connected.
pub(super) fn kind_of(entry: &Entry) -> ConnectionKind {
    if entry.oauth().is_some() { ConnectionKind::Oauth } else { ConnectionKind::ApiKey }
}

/// The providers that tenants say something of, by tenant id.
struct ProvidersOfTenant;

impl Slot for ProvidersOfTenant {
    type Key = String;
    type Value = Rc<[Rc<Provider>]>;
    const CAPACITY: usize = 200;

    fn is_stale(id: &String, _: &Self::Value, change: Invalidation<'_>) -> bool {
        change == Invalidation::Tenant(id)
    }
}

async fn said(cx: &Cx, tenant_id: &str) -> Result<Rc<[Rc<Provider>]>, Fault> {
    if let Some(known) = cx.recall::<ProvidersOfTenant, _>(tenant_id, tenant_id) {
        return Ok(known);
    }
    let as_of = cx.as_of();
    let mut all = Vec::new();
    for stored in store::vault_providers::all(cx.db.as_ref(), tenant_id).await? {
        // One that the catalogue has no more, or whose template got another label, is none until it is set up anew.
        if let Some(provider) = resolve(cx, tenant_id, stored)? {
            all.push(Rc::new(provider));
        }
    }
    let all: Rc<[Rc<Provider>]> = all.into();
    cx.remember::<ProvidersOfTenant>(as_of, tenant_id, tenant_id.to_owned(), all.clone());
    Ok(all)
}

/// A provider as it is stored, with its entry and secret.
pub(super) fn resolve(cx: &Cx, tenant_id: &str, stored: StoredProvider) -> Result<Option<Provider>, Fault> {
    let Some(entry) = secrets::entry_of(&stored.id, &stored.spec) else { return Ok(None) };
    let secret = match &stored.sealed_secret {
        Some(sealed) => Some(secrets::open(cx, tenant_id, &stored.id, &stored.spec, sealed)?),
        None => None,
    };
    Ok(Some(Provider {
        entry,
        client_id: stored.spec.client_id.clone(),
        secret,
        enabled: stored.spec.enabled,
        is_own: stored.spec.own.is_some(),
        stored: Some(stored),
    }))
}

/// An entry of the catalogue that a tenant says nothing of: one that is connected by a key needs nothing.
fn of_catalogue(entry: &Entry) -> Provider {
    let enabled = kind_of(entry) == ConnectionKind::ApiKey && entry.templates.is_empty();
    Provider { entry: entry.clone(), client_id: None, secret: None, enabled, is_own: false, stored: None }
}

/// All providers that a tenant could have: the catalogue's and its own, by name.
pub(crate) async fn all(cx: &Cx, tenant: &Tenant) -> Result<Vec<Rc<Provider>>, Fault> {
    let mut all: Vec<Rc<Provider>> = said(cx, &tenant.id).await?.to_vec();
    for entry in catalogue::all() {
        if !all.iter().any(|one| one.entry.id == entry.id) {
            all.push(Rc::new(of_catalogue(entry)));
        }
    }
    all.sort_by(|a, b| (&a.entry.name, &a.entry.id).cmp(&(&b.entry.name, &b.entry.id)));
    Ok(all)
}

/// The provider of that id, whether it can be connected or not.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn find(cx: &Cx, tenant: &Tenant, id: &str) -> Result<Rc<Provider>, Error> {
    if let Some(found) = said(cx, &tenant.id).await?.iter().find(|one| one.entry.id == id) {
        return Ok(found.clone());
    }
    let entry = catalogue::find(id).ok_or(Refusal::NotFound)?;
    Ok(Rc::new(of_catalogue(entry)))
}

/// What people know a provider by; its id where it is there no more.
pub(super) async fn name_of(cx: &Cx, tenant: &Tenant, id: &str) -> Result<String, Fault> {
    match find(cx, tenant, id).await {
        Ok(provider) => Ok(provider.entry.name.clone()),
        Err(Error::Refused(_)) => Ok(id.to_owned()),
        Err(Error::Broken(fault)) => Err(fault),
    }
}

/// The provider of that id, if people can connect it here.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn usable(cx: &Cx, tenant: &Tenant, id: &str) -> Result<Rc<Provider>, Error> {
    let found = find(cx, tenant, id).await?;
    if found.enabled && found.is_configured() { Ok(found) } else { Err(Refusal::NotFound.into()) }
}
