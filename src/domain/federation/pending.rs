//! What a browser holds between the beginning of a sign-in with a provider and its end: sealed in a cookie, so that
//! nothing is stored when it begins. The state that it names is used up by the end.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::crypto::secret::{same, stored};
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::federation::begin::{Demand, Onward};
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::tenants::Tenant;
use crate::domain::throttle;
use crate::model::time::Time;
use crate::ports::Fault;
use crate::store;

/// How long a sign-in may take at the provider, in seconds.
pub(crate) const SECONDS: i64 = 600;

/// What the cookies of sign-ins with a provider begin with; each has its own, so that several can be under way.
pub(crate) const COOKIE: &str = "__Host-portcullis-sso-";

/// A sign-in that is under way at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingSignIn {
    /// What comes back with the browser (RFC 6749 §10.12).
    pub(crate) state: String,
    /// What comes back in the ID token (OpenID Connect Core 1.0 §3.1.2.1).
    pub(crate) nonce: String,
    /// PKCE's verifier (RFC 7636 §4.1).
    pub(crate) verifier: String,
    /// Where the provider sends the browser back to.
    pub(crate) redirect_uri: String,
    /// What comes after it.
    pub(crate) onward: Onward,
    /// How recent the sign-in there has to be.
    pub(crate) demand: Demand,
    /// When it was begun, in milliseconds.
    pub(crate) begun_at: i64,
}

impl PendingSignIn {
    /// When it was begun.
    pub(crate) fn begun_at(&self) -> Time {
        Time(self.begun_at)
    }

    /// What it uses up, and until when it could be used.
    pub(crate) fn once(&self) -> (String, Time) {
        (stored(&format!("state/{}", self.state)), self.begun_at().plus(SECONDS))
    }

    /// What the first refusal uses up that is written down of it, and until when it could be written. The sign-in itself goes
    /// on to be good: what somebody else makes a browser bring does not end it.
    fn refusal(&self) -> (String, Time) {
        (stored(&format!("refused/{}", self.state)), self.begun_at().plus(SECONDS))
    }
}

/// Refused sign-ins that one address can have written down in a minute.
const REFUSED_A_MINUTE: u32 = 40;

/// Writes down why a sign-in that this browser began came to nothing, before anybody was vouched for: once for each, and not
/// for what no sign-in of ours is. Whoever has many refused is held off.
///
/// # Errors
/// [`Refusal::Limited`] by client address.
pub(crate) async fn note_refused(
    cx: &Cx,
    tenant: &Tenant,
    provider_id: &str,
    pending: &PendingSignIn,
    refusal: Refusal,
) -> Result<Error, Error> {
    if !matches!(refusal, Refusal::Federation(_)) {
        return Ok(refusal.into());
    }
    let object = throttle::of_address(cx, format_args!("{}:sso-refused", tenant.id));
    let is_providers =
        matches!(refusal, Refusal::Federation(Federation::Failed { .. } | Federation::Late { .. }));
    match throttle::window(cx, object, REFUSED_A_MINUTE, 60).await {
        Err(Error::Refused(Refusal::Limited(_))) if is_providers => return Ok(refusal.into()),
        limited => limited?,
    };
    let entry = Entry::failed("login.failed").by("-").saying(format!("{provider_id} {refusal:?}"));
    let (key, until) = pending.refusal();
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(store::federation_used::spend(&tenant.id, &key, until));
    change.commit().await?;
    Ok(refusal.into())
}

/// The name of the cookie of a state.
pub(crate) fn cookie_name(state: &str) -> String {
    let hash = stored(state);
    format!("{COOKIE}{}", hash.get(..8).unwrap_or_default())
}

/// What is sealed for a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A sign-in that is under way at a provider.
    SignIn,
    /// An identity that waits for a local factor.
    Link,
    /// A sign-in that is under way at a SAML provider. Its cookie comes with forms of other sites, and is good for
    /// nothing else.
    Saml,
    /// A sign-out that is under way there.
    SamlSignOut,
    /// A sign-out that is under way at an OpenID provider.
    OidcSignOut,
    /// A sign-out that a program sends a browser to.
    SignOutTicket,
}

/// The purpose that their keys are derived for.
const SEALED_AS: &str = "sso";

/// What a sealed value belongs to: one of another tenant, provider or purpose does not open.
fn row(tenant: &Tenant, provider_id: &str, purpose: Purpose) -> String {
    let purpose = match purpose {
        Purpose::SignIn => "sign-in",
        Purpose::Link => "link",
        Purpose::Saml => "saml",
        Purpose::SamlSignOut => "saml-sign-out",
        Purpose::OidcSignOut => "oidc-sign-out",
        Purpose::SignOutTicket => "sign-out-ticket",
    };
    format!("{purpose}/{}/{provider_id}", tenant.id)
}

/// Seals what a browser holds, for the provider of a tenant alone.
pub(crate) fn seal(
    cx: &Cx,
    tenant: &Tenant,
    provider_id: &str,
    purpose: Purpose,
    what: &impl Serialize,
) -> Result<String, Fault> {
    let plain = serde_json::to_vec(what).map_err(|error| Fault::new("sso", error))?;
    cx.sealer(&tenant.id, SEALED_AS)?.seal(cx.random(), &row(tenant, provider_id, purpose), &plain)
}

/// Opens what a browser holds; `None` if it was not sealed for this.
pub(crate) fn open<T: DeserializeOwned>(
    cx: &Cx,
    tenant: &Tenant,
    provider_id: &str,
    purpose: Purpose,
    sealed: &str,
) -> Result<Option<T>, Fault> {
    let plain = cx.sealer(&tenant.id, SEALED_AS)?.open(&row(tenant, provider_id, purpose), sealed).ok();
    Ok(plain.and_then(|plain| serde_json::from_slice(&plain).ok()))
}

/// The sign-in of a browser that came back with this state and holds that cookie.
///
/// # Errors
/// [`Federation::Forged`]: another browser began it, or with another provider or tenant, or too long ago.
pub(crate) fn resume(
    cx: &Cx,
    tenant: &Tenant,
    provider_id: &str,
    purpose: Purpose,
    state: &str,
    cookie: Option<&str>,
) -> Result<Result<PendingSignIn, Refusal>, Fault> {
    let forged = |rule| Ok(Err(Refusal::Federation(Federation::Forged(rule))));
    let Some(cookie) = cookie else {
        return forged("The sign-in was not begun in this browser, or too long ago");
    };
    let Some(pending) = open::<PendingSignIn>(cx, tenant, provider_id, purpose, cookie)? else {
        return forged("The sign-in was begun with another provider");
    };
    if !same(pending.state.as_bytes(), state.as_bytes()) {
        return forged("The state is another sign-in's");
    }
    if cx.now >= pending.begun_at().plus(SECONDS) {
        return forged("The sign-in was begun too long ago");
    }
    Ok(Ok(pending))
}
