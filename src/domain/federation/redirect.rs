//! Signing in at a provider's own pages (OAuth 2.0 and OpenID Connect): where a browser is sent, and what it comes back with.
//! Nothing is stored in between: what the end needs is sealed in a cookie of the browser that began.

use crate::cx::Cx;
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::begin::{Demand, Onward};
use crate::domain::federation::kinds::{self, Returned};
use crate::domain::federation::pending::{self, PendingSignIn, Purpose};
use crate::domain::providers::Usable;
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::tenants::Tenant;
use crate::domain::throttle::lookups;
use crate::domain::upstream::authorize::Response;
use crate::oidc::params::Params;

/// A sign-in that is to begin.
pub(crate) struct Begin {
    /// Where the provider sends the browser back to.
    pub(crate) redirect_uri: String,
    pub(crate) onward: Onward,
    pub(crate) demand: Demand,
    /// Who the person is, as far as that is known.
    pub(crate) login_hint: Option<String>,
}

/// A sign-in that has begun.
pub(crate) struct Begun {
    /// Where the browser goes.
    pub(crate) url: String,
    /// The name and value of the cookie that it gets.
    pub(crate) cookie: (String, String),
}

/// Where a provider sends browsers back to: each to a place of its own (RFC 9700 §4.4).
pub(crate) fn callback_url(tenant: &Tenant, provider_id: &str) -> String {
    tenant.page_url(&format!("sso/{provider_id}/callback"))
}

/// Begins a sign-in.
///
/// # Errors
/// [`Federation::Failed`] and [`Federation::Late`] of a provider that does not say where it is.
pub(crate) async fn begin(cx: &Cx, tenant: &Tenant, usable: &Usable, begin: Begin) -> Result<Begun, Error> {
    let provider = &usable.provider;
    let upstream = kinds::upstream_of(cx, &tenant.id, provider, secret(usable)).await?;
    let Begin { redirect_uri, onward, demand, login_hint } = begin;
    let pending = PendingSignIn {
        state: cx.secret(),
        nonce: cx.secret(),
        verifier: cx.secret(),
        redirect_uri,
        onward,
        demand,
        begun_at: cx.now.0,
    };
    let request = kinds::Begin {
        redirect_uri: &pending.redirect_uri,
        state: &pending.state,
        nonce: &pending.nonce,
        verifier: &pending.verifier,
        login_hint: login_hint.as_deref(),
        prompt: prompt(demand),
        max_age: demand.max_age,
        acr_values: None,
    };
    let url = kinds::authorize_url(provider, &upstream, &request)?;
    let sealed = pending::seal(cx, tenant, &provider.id, Purpose::SignIn, &pending)?;
    Ok(Begun { url, cookie: (pending::cookie_name(&pending.state), sealed) })
}

fn secret(usable: &Usable) -> Option<&str> {
    usable.secret.as_ref().map(|secret| secret.as_str())
}

fn prompt(demand: Demand) -> Option<&'static str> {
    match demand {
        Demand { anew: true, .. } => Some("login"),
        Demand { choose: true, .. } => Some("select_account"),
        _ => None,
    }
}

/// What the provider says of the person whose browser came back.
///
/// # Errors
/// [`Federation::Declined`] with the provider's code, [`Federation::Failed`], [`Federation::Late`],
/// [`Federation::Forged`], [`Federation::NotAllowed`].
pub(crate) async fn redeem(
    cx: &Cx,
    tenant: &Tenant,
    usable: &Usable,
    params: &Params,
    pending: &PendingSignIn,
) -> Result<ProviderAssertion, Error> {
    let provider = &usable.provider;
    let upstream = kinds::upstream_of(cx, &tenant.id, provider, secret(usable)).await?;
    let returned = Returned {
        response: Response { code: params.get("code"), error: params.get("error"), iss: params.get("iss") },
        redirect_uri: &pending.redirect_uri,
        nonce: &pending.nonce,
        verifier: &pending.verifier,
        max_age: pending.demand.max_age,
    };
    let redeemed = kinds::redeem(cx, provider, &upstream, &returned).await;
    if let Err(Error::Refused(Refusal::Federation(Federation::Declined { .. } | Federation::Forged(_)))) =
        &redeemed
    {
        // Whoever makes codes up has the provider asked for nothing.
        lookups::note_unknown(cx);
    }
    redeemed
}
