//! Clients: the applications of a tenant, as administrators keep them.

use std::rc::Rc;

use crate::crypto::secret::{sha256, stored};
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::change::Change;
use crate::domain::clients::{offers, rules};
use crate::domain::gateway::origins;
use crate::domain::keys;
use crate::domain::public_uris;
use crate::domain::refusal::{CHANGED, Error, Refusal};
use crate::domain::session::delegation;
use crate::domain::session::principal::CredentialAdmin;
use crate::domain::session::recency::{self, Lasting};
use crate::domain::tenants::Tenant;
use crate::domain::throttle::lookups;
use crate::memo::{Invalidation, Slot};
use crate::model::client::{Described, Metadata};
use crate::model::document_id::row_id;
use crate::model::id::is_id;
use crate::model::signing_alg::SigningAlg;
use crate::ports::Fault;
use crate::ports::http::Reach;
use crate::store::{self, Listed, Page, json_text};

pub use crate::store::clients::Client;

/// A client with what is shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The client.
    pub client: Client,
    /// Its new secret, if it has got one.
    pub secret: Option<String>,
    /// Its new registration access token, if it registered itself (RFC 7592 §3).
    pub(crate) registration_token: Option<String>,
}

/// Clients by tenant and client id.
pub(crate) struct ClientById;

impl Slot for ClientById {
    type Key = (String, String);
    type Value = Rc<Client>;
    const CAPACITY: usize = 2_000;

    fn is_stale((tenant_id, id): &Self::Key, _: &Self::Value, change: Invalidation<'_>) -> bool {
        [Invalidation::Tenant(tenant_id), Invalidation::Routes(tenant_id), Invalidation::Client(id)]
            .contains(&change)
    }
}

/// The client that goes by that `client_id`: the URL of its document, if one describes it, and not our name for it.
pub(crate) async fn by_client_id(
    cx: &Cx,
    tenant: &Tenant,
    client_id: &str,
) -> Result<Option<Rc<Client>>, Fault> {
    let client = by_id(cx, tenant, &row_id(&tenant.id, client_id, sha256)).await?;
    let goes_by_it = |client: &Rc<Client>| {
        client.client_id() == client_id
            && (client.document.is_none() || tenant.settings.takes_metadata_documents())
    };
    Ok(client.filter(goes_by_it))
}

/// A client of the tenant, remembered.
pub(crate) async fn by_id(cx: &Cx, tenant: &Tenant, id: &str) -> Result<Option<Rc<Client>>, Fault> {
    if !is_id(id) {
        return Ok(None);
    }
    let key = (tenant.id.clone(), id.to_owned());
    if let Some(known) = cx.recall::<ClientById, _>(&tenant.id, &key) {
        return Ok(Some(known));
    }
    let as_of = cx.as_of();
    let found = store::clients::with_mcp_routes(cx.db.as_ref(), &tenant.id, id).await?;
    let client = found.map(|(mut client, routes)| {
        offers::add(&mut client, tenant, &routes);
        Rc::new(client)
    });
    // Ids that nobody has are not remembered: anyone can think of many and so empty the map.
    match &client {
        Some(client) => cx.remember::<ClientById>(as_of, &tenant.id, key, client.clone()),
        None => lookups::note_unknown(cx),
    }
    Ok(client)
}

/// Whether a client that an administrator made has that redirect URI: nobody vouches for those of others.
pub(crate) async fn is_redirect_uri(cx: &Cx, tenant: &Tenant, uri: &str) -> Result<bool, Fault> {
    let is_one = store::clients::has_redirect_uri(cx.db.as_ref(), &tenant.id, uri).await?;
    if !is_one {
        lookups::note_unknown(cx);
    }
    Ok(is_one)
}

/// A page of the tenant's clients.
pub(crate) async fn list(cx: &Cx, tenant: &Tenant, page: &Page) -> Result<Listed<Client>, Error> {
    Ok(store::clients::list(cx.db.as_ref(), &tenant.id, page).await?)
}

/// A client of the tenant, as it is now.
///
/// # Errors
/// [`Refusal::NotFound`].
pub(crate) async fn find(cx: &Cx, tenant: &Tenant, id: &str) -> Result<Client, Error> {
    Ok(store::clients::by_id(cx.db.as_ref(), &tenant.id, id).await?.ok_or(Refusal::NotFound)?)
}

/// Makes a client, with a secret if it is to show one.
///
/// # Errors
/// [`Refusal::Invalid`].
pub async fn create(cx: &Cx, tenant: &Tenant, actor: &str, described: Described) -> Result<Made, Error> {
    let mut described = described;
    rules::check(&mut described)?;
    public_uris::check(cx, &described.metadata, Reach::Administrator).await?;
    rules::check_roles(cx, tenant, &described.metadata).await?;
    let made = new(cx, tenant, described);
    let entry = Entry::ok("client.created").by(actor).on(&made.client.id).saying(&made.client.name);
    if !store(cx, &made, entry).await? {
        rules::check_roles(cx, tenant, &made.client.metadata).await?;
        return Err(CHANGED.into());
    }
    Ok(made)
}

/// The same for an administrator, who gives a client no more than they may give.
///
/// # Errors
/// As [`create`] and [`delegation::may_give`].
pub(crate) async fn create_by_admin(
    cx: &Cx,
    admin: &CredentialAdmin,
    described: Described,
) -> Result<Made, Error> {
    may_give(cx, admin, &described.metadata).await?;
    create(cx, &admin.tenant, admin.actor(), described).await
}

/// As [`replace`], for an administrator who may give what the client had and has.
///
/// # Errors
/// As [`replace`] and [`delegation::may_give`].
pub(crate) async fn replace_by_admin(
    cx: &Cx,
    admin: &CredentialAdmin,
    was: Client,
    described: Described,
) -> Result<Made, Error> {
    if was.document.is_some() {
        return Err(Refusal::Conflict("the client is described by its document").into());
    }
    may_give(cx, admin, &was.metadata).await?;
    may_give(cx, admin, &described.metadata).await?;
    replace(cx, &admin.tenant, admin.actor(), was, described).await
}

/// As [`new_secret`], for an administrator who may give what the client has.
///
/// # Errors
/// As [`new_secret`] and [`delegation::may_give`].
pub(crate) async fn new_secret_by_admin(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<Made, Error> {
    may_give(cx, admin, &find(cx, &admin.tenant, id).await?.metadata).await?;
    new_secret(cx, &admin.tenant, admin.actor(), id).await
}

async fn may_give(cx: &Cx, admin: &CredentialAdmin, metadata: &Metadata) -> Result<(), Error> {
    recency::require(cx, admin, Lasting::ApiKey).await?;
    let scopes: Vec<String> = metadata.scope.split_ascii_whitespace().map(str::to_owned).collect();
    delegation::may_give(cx, admin, &scopes, &metadata.roles).await
}

/// Writes a new client down; `false` if the tenant lacks a role that it is to have.
pub(crate) async fn store(cx: &Cx, made: &Made, entry: Entry) -> Result<bool, Fault> {
    let client = &made.client;
    let (tenant_id, id) = (&client.tenant_id, &client.id);
    publish_keys(cx, client).await?;
    let mut change = Change::new(cx, tenant_id, entry);
    change.take(store::clients::insert(client));
    change.then(store::client_origins::insert(tenant_id, id, &origins::of(&client.metadata)));
    change.invalidates(Invalidation::Client(id));
    Ok(change.commit().await?.is_some())
}

/// Has the keys that the client's tokens are signed with in the JWK Set before the client can ask for it.
async fn publish_keys(cx: &Cx, client: &Client) -> Result<(), Fault> {
    if client.metadata.gets_signed_with(SigningAlg::Rs256) {
        keys::for_alg(cx, &client.tenant_id, SigningAlg::Rs256).await?;
    }
    Ok(())
}

/// A client that is not stored yet.
pub(crate) fn new(cx: &Cx, tenant: &Tenant, described: Described) -> Made {
    let id = cx.id();
    let secret = described.metadata.token_endpoint_auth_method.has_secret().then(|| cx.secret());
    let client = Client {
        tenant_id: tenant.id.clone(),
        name: described.name.unwrap_or_else(|| id.clone()),
        text: json_text(&described.metadata),
        metadata: described.metadata,
        secret_hash: secret.as_deref().map(stored),
        registration_hash: None,
        created_at: cx.now,
        document: None,
        offers: Vec::new(),
        mcp_resources: Vec::new(),
        id,
    };
    Made { client, secret, registration_token: None }
}

/// Replaces what a client is; what is not said has its default again. One that is to show a secret from now
/// on gets one, and one that is not loses it.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Invalid`]; [`Refusal::Conflict`] for one that is changed at the same moment.
pub(crate) async fn replace(
    cx: &Cx,
    tenant: &Tenant,
    actor: &str,
    client: Client,
    described: Described,
) -> Result<Made, Error> {
    let mut described = described;
    rules::check(&mut described)?;
    if client.registration_hash.is_some() {
        rules::check_unvouched_name(&described)?;
    }
    let reach = public_uris::reach_of(client.registration_hash.is_some());
    public_uris::check(cx, &described.metadata, reach).await?;
    rules::check_roles(cx, tenant, &described.metadata).await?;
    replace_checked(cx, tenant, actor, client, described).await
}

/// The same for a description that was checked, on a client as it was read: what another one took from it meanwhile does
/// not come back.
pub(crate) async fn replace_checked(
    cx: &Cx,
    tenant: &Tenant,
    actor: &str,
    was: Client,
    described: Described,
) -> Result<Made, Error> {
    let mut client = was.clone();
    client.name = described.name.unwrap_or_else(|| client.id.clone());
    client.text = json_text(&described.metadata);
    client.metadata = described.metadata;
    let mut secret = None;
    if client.metadata.token_endpoint_auth_method.has_secret() != client.secret_hash.is_some() {
        secret = client.secret_hash.is_none().then(|| cx.secret());
        client.secret_hash = secret.as_deref().map(stored);
    }
    publish_keys(cx, &client).await?;
    let entry = Entry::ok("client.changed").by(actor).on(&client.id).saying(&client.name);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::clients::update(&was, &client));
    change.then(store::client_origins::delete(&tenant.id, &client.id));
    change.then(store::client_origins::insert(&tenant.id, &client.id, &origins::of(&client.metadata)));
    change.invalidates(Invalidation::Client(&client.id));
    if change.commit().await?.is_none() {
        find(cx, tenant, &client.id).await?;
        rules::check_roles(cx, tenant, &client.metadata).await?;
        return Err(CHANGED.into());
    }
    Ok(Made { client, secret, registration_token: None })
}

/// Gives a client a new secret; the old one expires within
/// [`crate::config::Config::revocation_seconds`].
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] for a client that shows none.
pub async fn new_secret(cx: &Cx, tenant: &Tenant, actor: &str, id: &str) -> Result<Made, Error> {
    let mut client = find(cx, tenant, id).await?;
    if !client.metadata.token_endpoint_auth_method.has_secret() {
        return Err(Refusal::Conflict("the client authenticates without a secret").into());
    }
    let secret = cx.secret();
    let hash = stored(&secret);
    let entry = Entry::ok("client.secret_changed").by(actor).on(id).saying(&client.name);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::clients::set_secret(&client, &hash)).invalidates(Invalidation::Client(id));
    if change.commit().await?.is_none() {
        find(cx, tenant, id).await?;
        return Err(CHANGED.into());
    }
    client.secret_hash = Some(hash);
    Ok(Made { client, secret: Some(secret), registration_token: None })
}

/// Removes a client and everything that was granted to it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn delete(cx: &Cx, tenant: &Tenant, actor: &str, id: &str) -> Result<(), Error> {
    let client = find(cx, tenant, id).await?;
    let entry = Entry::ok("client.deleted").by(actor).on(id).saying(&client.name);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::clients::delete(&tenant.id, id)).invalidates(Invalidation::Client(id));
    if change.commit().await?.is_some() { Ok(()) } else { Err(Refusal::NotFound.into()) }
}

/// Days after which a client that registered itself and that nobody uses is removed.
const UNUSED_DAYS: i64 = 30;

/// Clients that one run looks at.
const AT_ONCE: i64 = 50;

/// The cron's part: removes clients that registered themselves and that nobody used for [`UNUSED_DAYS`]. Each is removed with
/// its grants in a transaction of its own.
pub(crate) async fn remove_unused(cx: &Cx) -> Result<(), Fault> {
    let since = cx.now.plus(-UNUSED_DAYS * 86_400);
    let unused = store::clients::maybe_unused(cx.db.as_ref(), since, AT_ONCE).await?;
    let ids: Vec<&str> = unused.iter().map(|client| client.id.as_str()).collect();
    if !ids.is_empty() {
        cx.db.run(vec![store::clients::note_use(&ids, since, cx.now)]).await?;
    }
    for client in &unused {
        let entry = Entry::ok("client.unused").by("system").on(&client.id).saying(&client.name);
        let event = audit::row_if_changed(cx, &client.tenant_id, entry);
        match cx.db.run(vec![store::clients::delete_if_unused(&client.id, since), event]).await {
            Ok(_) => cx.memory.invalidate(Invalidation::Client(&client.id)),
            Err(fault) => cx.log_fault("clients.unused", &fault),
        }
    }
    Ok(())
}
