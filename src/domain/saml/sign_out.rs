//! Signing out here goes on at the organisation's own provider, of SAML or OpenID Connect, that the session began with. The
//! session here has ended before the browser leaves. Nobody is signed out of Google, Microsoft or GitHub.

use serde::{Deserialize, Serialize};

use crate::crypto::secret::{same, stored};
use crate::cx::Cx;
use crate::domain::federation::assertion::ProviderSession;
use crate::domain::federation::pending::{self, Purpose};
use crate::domain::federation::sign_out;
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::saml::party::Party;
use crate::domain::saml::sending::{self, Message, Sending};
use crate::domain::tenants::Tenant;
use crate::model::identity_provider::{Kind as ProviderKind, ProviderSpec};
use crate::model::time::Time;
use crate::ports::Fault;
use crate::saml::redirect::Kind;
use crate::saml::request::{self, Head};
use crate::saml::response::NameId;
use crate::store;
use crate::store::provider_sessions::{self, Origin};

/// The place of a provider's id in what is sealed for signing out of an OpenID provider: it sends browsers back to an
/// address that all providers have.
const ANY: &str = "";

/// A sign-out that is under way at a provider, sealed in a cookie.
#[derive(Serialize, Deserialize)]
pub(super) struct PendingSignOut {
    /// The ID of our SAML request; empty for OpenID Connect.
    pub(super) id: String,
    /// `RelayState`, or OpenID Connect's `state`.
    pub(super) state: String,
    /// Where the browser goes after that: an address that a client registered.
    pub(super) back: Option<String>,
    /// When it began, in milliseconds.
    begun_at: i64,
}

impl PendingSignOut {
    fn of(cx: &Cx, id: String, back: Option<&str>) -> PendingSignOut {
        PendingSignOut { id, state: cx.secret(), back: back.map(str::to_owned), begun_at: cx.now.0 }
    }

    fn until(&self) -> Time {
        Time(self.begun_at).plus(pending::SECONDS)
    }

    /// Uses up its state, if the browser came back with that in time; whether it did so for the first time.
    pub(super) async fn spend(&self, cx: &Cx, tenant: &Tenant, state: &str) -> Result<bool, Fault> {
        let comes_back = same(self.state.as_bytes(), state.as_bytes()) && cx.now < self.until();
        Ok(comes_back && spend(cx, tenant, &format!("sign-out/{}", self.state), self.until()).await?)
    }
}

/// Uses up what is good once; whether it was not used before.
async fn spend(cx: &Cx, tenant: &Tenant, what: &str, until: Time) -> Result<bool, Fault> {
    let spend = store::federation_used::spend(&tenant.id, &stored(what), until).and_returning("key");
    Ok(!store::one(cx.db.as_ref(), spend).await?.is_empty())
}

/// A sign-out that goes on at the provider.
pub(crate) struct Begun {
    pub(crate) sending: Sending,
    pub(crate) cookie: Option<Cookie>,
}

/// What binds the provider's answer to the browser.
pub(crate) struct Cookie {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Whether forms of other sites bring it (`SameSite=None`).
    pub(crate) is_cross_site: bool,
}

impl Cookie {
    fn of(pending: &PendingSignOut, value: String, is_cross_site: bool) -> Cookie {
        Cookie { name: pending::cookie_name(&pending.state), value, is_cross_site }
    }
}

/// Begins signing out at the provider of a session, if that has an address for it and is still used. `back` is where the
/// browser is to go after that, an address that was looked at.
pub(crate) async fn begin(
    cx: &Cx,
    tenant: &Tenant,
    session_id: &str,
    back: Option<&str>,
) -> Result<Option<Begun>, Error> {
    let Some(origin) = provider_sessions::origin_of(cx.db.as_ref(), &tenant.id, session_id).await? else {
        return Ok(None);
    };
    let Origin { provider_id, spec, session } = origin;
    let saml = match &spec {
        ProviderSpec { kind: ProviderKind::Saml(saml), enabled: true, .. } => saml,
        ProviderSpec { kind: ProviderKind::Oidc(oidc), enabled: true, .. } => {
            let pending = back.map(|back| PendingSignOut::of(cx, String::new(), Some(back)));
            let state = pending.as_ref().map(|pending| pending.state.as_str());
            let Some(url) = sign_out::address(cx, tenant, oidc, state).await? else { return Ok(None) };
            let cookie = match &pending {
                Some(pending) => {
                    let sealed = pending::seal(cx, tenant, ANY, Purpose::OidcSignOut, pending)?;
                    Some(Cookie::of(pending, sealed, false))
                }
                None => None,
            };
            return Ok(Some(Begun { sending: Sending::Redirect(url), cookie }));
        }
        _ => return Ok(None),
    };
    let Some(endpoint) = &saml.slo_url else { return Ok(None) };
    let Some(ProviderSession::Saml { name_id, format, name_qualifier, sp_name_qualifier, session_index }) =
        session
    else {
        return Ok(None);
    };
    let party = Party::of(tenant, &provider_id);
    let pending = PendingSignOut::of(cx, format!("_{}", cx.secret()), back);
    let head = Head { id: &pending.id, at: cx.now, destination: endpoint, issuer: &party.entity_id };
    let name_id = NameId { value: name_id, format, name_qualifier, sp_name_qualifier };
    let xml = request::sign_out(head, &name_id, session_index.as_deref(), cx.now.plus(300));
    let message = Message {
        kind: Kind::Request,
        xml: &xml,
        id: head.id,
        endpoint,
        binding: saml.slo_binding,
        relay_state: Some(&pending.state),
    };
    let sending = sending::send(cx, &tenant.id, &provider_id, saml, message).await?;
    let sealed = pending::seal(cx, tenant, &provider_id, Purpose::SamlSignOut, &pending)?;
    Ok(Some(Begun { sending, cookie: Some(Cookie::of(&pending, sealed, true)) }))
}

/// Where a browser goes on to that an OpenID provider sends back with this state and that holds this cookie, once.
pub(crate) async fn come_back(
    cx: &Cx,
    tenant: &Tenant,
    state: &str,
    cookie: &str,
) -> Result<Option<String>, Fault> {
    let pending: Option<PendingSignOut> = pending::open(cx, tenant, ANY, Purpose::OidcSignOut, cookie)?;
    let Some(pending) = pending else { return Ok(None) };
    let is_first = pending.spend(cx, tenant, state).await?;
    Ok(pending.back.filter(|_| is_first))
}

/// What a program sends a browser with, to sign out at the provider: sealed in the address.
#[derive(Serialize, Deserialize)]
struct SignOutTicket {
    /// Makes it another than every other.
    id: String,
    /// The session, which has ended.
    session_id: String,
    /// Until when it is good, in milliseconds.
    until: i64,
}

/// The address where a browser signs out at the provider of a session that a program ends; `None` if there is nothing to
/// sign out of.
pub(crate) async fn address(cx: &Cx, tenant: &Tenant, session_id: &str) -> Result<Option<String>, Fault> {
    let origin: Option<Origin<ProviderSession>> =
        provider_sessions::origin_of(cx.db.as_ref(), &tenant.id, session_id).await?;
    let Some(Origin { provider_id, spec, session }) = origin.filter(|origin| origin.spec.enabled) else {
        return Ok(None);
    };
    let takes_it = match &spec.kind {
        ProviderKind::Saml(saml) => saml.slo_url.is_some() && session.is_some(),
        ProviderKind::Oidc(_) => true,
        _ => false,
    };
    if !takes_it {
        return Ok(None);
    }
    let ticket = SignOutTicket {
        id: cx.secret(),
        session_id: session_id.to_owned(),
        until: cx.now.plus(pending::SECONDS).0,
    };
    let sealed = pending::seal(cx, tenant, &provider_id, Purpose::SignOutTicket, &ticket)?;
    Ok(Some(tenant.page_url(&format!("sso/{provider_id}/sign-out?ticket={sealed}"))))
}

/// Begins the sign-out that [`address`] leads to, once.
///
/// # Errors
/// [`Federation::Forged`] for a ticket that is not ours, was used or is too old.
pub(crate) async fn redeem(
    cx: &Cx,
    tenant: &Tenant,
    provider_id: &str,
    ticket: &str,
) -> Result<Option<Begun>, Error> {
    let forged =
        || Refusal::Federation(Federation::Forged("The sign-out was begun too long ago, or was used"));
    let ticket: Option<SignOutTicket> =
        pending::open(cx, tenant, provider_id, Purpose::SignOutTicket, ticket)?;
    let ticket = ticket.filter(|ticket| cx.now < Time(ticket.until)).ok_or_else(forged)?;
    if !spend(cx, tenant, &format!("sign-out-ticket/{}", ticket.id), Time(ticket.until)).await? {
        return Err(forged().into());
    }
    begin(cx, tenant, &ticket.session_id, None).await
}
