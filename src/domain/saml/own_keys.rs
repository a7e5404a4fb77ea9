//! The keys that our messages to one provider are signed with. Providers pin the certificate, so a key signs until an
//! administrator has put the next one in its place: that is made first, stands beside it in our metadata while the
//! provider learns it, and then takes over.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::crypto::secret::sha256;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::providers::manage;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::delegation::may_manage_providers;
use crate::domain::session::principal::CredentialAdmin;
use crate::memo::{Invalidation, Slot};
use crate::model::identity_provider::Kind;
use crate::model::time::Time;
use crate::ports::{Fault, Stmt};
use crate::saml::certificate::{self, next_warning};
use crate::saml::own_certificate::{NewCertificate, Unsigned};
use crate::store;
use crate::store::certificate_warnings::Whose;
use crate::store::saml_keys::{Provider, SamlKeyRow};

const DAY: i64 = 86_400;
/// How long a certificate is valid, in seconds: ten years.
const LIFE: i64 = 3_650 * DAY;
/// How long before now it is valid already: providers' clocks may be behind.
const EARLIER: i64 = DAY;

/// A key that signs messages to a provider, or will.
pub(crate) struct OwnKey {
    pub(crate) id: String,
    /// Base64 of its certificate's DER.
    pub(crate) certificate: String,
    /// As the platform takes it.
    private: Zeroizing<Vec<u8>>,
    pub(crate) created_at: Time,
    /// When the certificate ends.
    pub(crate) ends_at: Time,
    /// Whether it signs now; else it is the next one.
    pub(crate) is_current: bool,
    turn: i64,
}

impl OwnKey {
    /// Its certificate in PEM.
    pub(crate) fn pem(&self) -> String {
        certificate::pem(&self.certificate)
    }

    /// The SHA-256 of its certificate's DER, in hex with colons.
    pub(crate) fn fingerprint(&self) -> String {
        let der = STANDARD.decode(&self.certificate).unwrap_or_default();
        let octets: Vec<String> = sha256(&der).iter().map(|octet| format!("{octet:02X}")).collect();
        octets.join(":")
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256.
    pub(super) async fn sign(&self, cx: &Cx, message: &[u8]) -> Result<Vec<u8>, Fault> {
        cx.rsa.sign(&self.private, message).await
    }
}

/// Keys by the provider that they are for.
struct KeysOfProvider;

impl Slot for KeysOfProvider {
    type Key = Provider;
    type Value = Rc<[OwnKey]>;
    const CAPACITY: usize = 200;

    fn is_stale(of: &Provider, _: &Self::Value, change: Invalidation<'_>) -> bool {
        change == Invalidation::Tenant(&of.tenant_id)
    }
}

/// A provider's keys, the one that signs first; makes that if there is none.
///
/// # Errors
/// [`Refusal::NotFound`] where the provider is not there any more.
pub(super) async fn of(cx: &Cx, tenant_id: &str, provider_id: &str) -> Result<Rc<[OwnKey]>, Error> {
    let provider = Provider { tenant_id: tenant_id.to_owned(), id: provider_id.to_owned() };
    if let Some(known) = cx.recall::<KeysOfProvider, _>(tenant_id, &provider) {
        return Ok(known);
    }
    let as_of = cx.as_of();
    let mut rows = store::saml_keys::of_provider(cx.db.as_ref(), &provider).await?;
    if rows.is_empty() {
        let first = make(cx, &provider, 1, Some(cx.now)).await?;
        let entry = Entry::ok("saml_key.made").by("system").on(provider_id).saying(first.id.clone());
        let mut change = Change::new(cx, tenant_id, entry);
        change.take(store::saml_keys::insert(&provider, &first)).then(warning(
            cx,
            &provider,
            &first.certificate,
        ));
        // Of many who do it at once, one's stands.
        change.commit().await?;
        rows = store::saml_keys::of_provider(cx.db.as_ref(), &provider).await?;
    }
    if rows.is_empty() {
        return Err(Refusal::NotFound.into());
    }
    let keys: Rc<[OwnKey]> =
        rows.into_iter().map(|row| open(cx, &provider, row)).collect::<Result<Vec<_>, Fault>>()?.into();
    cx.remember::<KeysOfProvider>(as_of, tenant_id, provider, keys.clone());
    Ok(keys)
}

/// The key that signs now.
pub(super) async fn current(
    cx: &Cx,
    tenant_id: &str,
    provider_id: &str,
) -> Result<(Rc<[OwnKey]>, usize), Error> {
    let keys = of(cx, tenant_id, provider_id).await?;
    let at = keys.iter().rposition(|key| key.is_current);
    at.map(|at| (keys, at)).ok_or_else(|| Fault::new("saml keys", "none signs").into())
}

/// The certificate to give to the provider, in base64 of DER: the next key's, if there is one.
pub(crate) async fn newest(cx: &Cx, tenant_id: &str, provider_id: &str) -> Result<String, Error> {
    let keys = of(cx, tenant_id, provider_id).await?;
    let newest = keys.last().map(|key| key.certificate.clone());
    newest.ok_or_else(|| Fault::new("saml keys", "there is none").into())
}

/// The purpose that the keys are derived for which seal them.
pub(crate) const SEALED_AS: &str = "saml-keys";

/// What a sealed private key is bound to.
pub(crate) fn row_name(tenant_id: &str, provider_id: &str, id: &str) -> String {
    format!("saml_keys/{tenant_id}/{provider_id}/{id}/sealed_private")
}

async fn make(cx: &Cx, of: &Provider, turn: i64, active_at: Option<Time>) -> Result<SamlKeyRow, Fault> {
    let key = cx.rsa.generate().await?;
    let ends_at = cx.now.plus(LIFE);
    let unsigned = Unsigned::new(&NewCertificate {
        common_name: &of.id,
        organization: &of.tenant_id,
        serial: cx.random(),
        n: &key.n,
        e: &key.e,
        from: cx.now.plus(-EARLIER),
        until: ends_at,
    })
    .map_err(|error| Fault::new("certificate", error))?;
    let signature = cx.rsa.sign(&key.private, unsigned.to_be_signed()).await?;
    let certificate =
        unsigned.with_signature(&signature).map_err(|error| Fault::new("certificate", error))?;
    let id = cx.id();
    let row = row_name(&of.tenant_id, &of.id, &id);
    let sealed_private = cx.sealer(&of.tenant_id, SEALED_AS)?.seal(cx.random(), &row, &key.private)?;
    Ok(SamlKeyRow { id, turn, certificate, sealed_private, created_at: cx.now, ends_at, active_at })
}

fn open(cx: &Cx, of: &Provider, row: SamlKeyRow) -> Result<OwnKey, Fault> {
    let bound_to = row_name(&of.tenant_id, &of.id, &row.id);
    let private = cx.sealer(&of.tenant_id, SEALED_AS)?.open(&bound_to, &row.sealed_private)?;
    Ok(OwnKey {
        id: row.id,
        certificate: row.certificate,
        private,
        created_at: row.created_at,
        ends_at: row.ends_at,
        is_current: row.active_at.is_some(),
        turn: row.turn,
    })
}

/// When administrators are told next that the certificate ends that we sign with.
fn warning(cx: &Cx, of: &Provider, certificate: &str) -> Stmt {
    let whose = Whose { tenant_id: &of.tenant_id, provider_id: &of.id, ours: true };
    store::certificate_warnings::set(&whose, next_warning(&[certificate.to_owned()], cx.now))
}

/// The provider of that id, if it is one of SAML.
async fn saml_provider(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<Provider, Error> {
    let stored = manage::find(cx, &admin.tenant, id).await?;
    match stored.provider.spec.kind {
        Kind::Saml(_) => Ok(Provider { tenant_id: admin.tenant.id.clone(), id: stored.provider.id }),
        _ => Err(Refusal::NotFound.into()),
    }
}

/// The keys of a provider, the one that signs first.
///
/// # Errors
/// [`Refusal::NotFound`], also for a provider of another kind.
pub(crate) async fn list(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<Rc<[OwnKey]>, Error> {
    let provider = saml_provider(cx, admin, id).await?;
    of(cx, &provider.tenant_id, &provider.id).await
}

/// Makes the next key, which signs nothing before [`activate`].
///
/// # Errors
/// As [`list`]; [`Refusal::Conflict`] if there is a next one; as [`may_manage_providers`].
pub(crate) async fn make_next(cx: &Cx, admin: &CredentialAdmin, id: &str) -> Result<Rc<[OwnKey]>, Error> {
    let provider = saml_provider(cx, admin, id).await?;
    may_manage_providers(cx, admin).await?;
    let keys = of(cx, &provider.tenant_id, &provider.id).await?;
    let last = keys.last().map(|key| key.turn).unwrap_or_default();
    let next = make(cx, &provider, last.saturating_add(1), None).await?;
    let entry =
        Entry::ok("saml_key.made").by(admin.actor()).on(&provider.id).saying(format!("{}, next", next.id));
    let mut change = Change::new(cx, &provider.tenant_id, entry);
    change
        .take(store::saml_keys::insert(&provider, &next))
        .invalidates(Invalidation::Tenant(&admin.tenant.id));
    if change.commit().await?.is_none() {
        return Err(Refusal::Conflict("there is a next key: activate or delete it first").into());
    }
    of(cx, &provider.tenant_id, &provider.id).await
}

/// Has the next key sign from now on, and removes the one before it.
///
/// # Errors
/// As [`list`]; [`Refusal::NotFound`] for a key that is not the next one; as [`may_manage_providers`].
pub(crate) async fn activate(
    cx: &Cx,
    admin: &CredentialAdmin,
    id: &str,
    key_id: &str,
) -> Result<Rc<[OwnKey]>, Error> {
    let (provider, SamlKeyRow { turn, certificate, .. }) = next_key(cx, admin, id, key_id).await?;
    let entry = Entry::ok("saml_key.activated").by(admin.actor()).on(&provider.id).saying(key_id);
    let mut change = Change::new(cx, &provider.tenant_id, entry);
    change
        .take(store::saml_keys::activate(&provider, key_id, cx.now))
        .then(store::saml_keys::delete_before(&provider, turn))
        .then(warning(cx, &provider, &certificate))
        .invalidates(Invalidation::Tenant(&admin.tenant.id));
    change.commit().await?.ok_or(Refusal::NotFound)?;
    of(cx, &provider.tenant_id, &provider.id).await
}

/// Removes the next key.
///
/// # Errors
/// As [`activate`].
pub(crate) async fn delete_next(
    cx: &Cx,
    admin: &CredentialAdmin,
    id: &str,
    key_id: &str,
) -> Result<(), Error> {
    let (provider, _) = next_key(cx, admin, id, key_id).await?;
    let entry = Entry::ok("saml_key.deleted").by(admin.actor()).on(&provider.id).saying(key_id);
    let mut change = Change::new(cx, &provider.tenant_id, entry);
    change
        .take(store::saml_keys::delete_next(&provider, key_id))
        .invalidates(Invalidation::Tenant(&admin.tenant.id));
    change.commit().await?.ok_or(Refusal::NotFound)?;
    Ok(())
}

async fn next_key(
    cx: &Cx,
    admin: &CredentialAdmin,
    id: &str,
    key_id: &str,
) -> Result<(Provider, SamlKeyRow), Error> {
    let provider = saml_provider(cx, admin, id).await?;
    may_manage_providers(cx, admin).await?;
    let rows = store::saml_keys::of_provider(cx.db.as_ref(), &provider).await?;
    let next = rows.into_iter().find(|row| row.id == key_id && row.active_at.is_none());
    Ok((provider, next.ok_or(Refusal::NotFound)?))
}
