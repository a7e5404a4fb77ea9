//! A sign-in with a SAML provider (saml-profiles §4.1): the request, and the answer that the browser brings by a form of
//! the provider's page. What belongs together is sealed in a cookie of the browser that began.

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::begin::{Demand, Onward};
use crate::domain::federation::pending::{self, PendingSignIn, Purpose};
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::saml::party::{Counterpart, Party, refused};
use crate::domain::saml::person;
use crate::domain::saml::sending::{self, Message, Sending};
use crate::domain::tenants::Tenant;
use crate::domain::throttle;
use crate::model::identity_provider::IdentityProvider;
use crate::saml::redirect::{self, Kind};
use crate::saml::request::{self, Head};
use crate::saml::response::{self, Expected};

/// A sign-in that has begun.
pub(crate) struct Begun {
    pub(crate) sending: Sending,
    /// The name and value of its cookie, which must come with a form of another site (`SameSite=None`).
    pub(crate) cookie: (String, String),
}

/// Begins a sign-in.
///
/// # Errors
/// [`Refusal::NotFound`] for a provider of another kind.
pub(crate) async fn begin(
    cx: &Cx,
    tenant: &Tenant,
    provider: &IdentityProvider,
    onward: Onward,
    demand: Demand,
) -> Result<Begun, Error> {
    let saml = Counterpart::of(provider)?.saml;
    let party = Party::of(tenant, &provider.id);
    let head = Head {
        id: &format!("_{}", cx.secret()),
        at: cx.now,
        destination: &saml.sso_url,
        issuer: &party.entity_id,
    };
    // The provider is not told how old a sign-in may be, only that it must be a new one.
    let xml = request::sign_in(head, &party.consumer, saml.name_id_format.as_deref(), demand.any());
    let pending = PendingSignIn {
        state: cx.secret(),
        nonce: head.id.to_owned(),
        verifier: String::new(),
        redirect_uri: party.consumer.clone(),
        onward,
        demand,
        begun_at: cx.now.0,
    };
    let state = Some(pending.state.as_str());
    let message = Message {
        kind: Kind::Request,
        xml: &xml,
        id: head.id,
        endpoint: &saml.sso_url,
        binding: saml.sso_binding,
        relay_state: state,
    };
    let sending = sending::send(cx, &tenant.id, &provider.id, saml, message).await?;
    let sealed = pending::seal(cx, tenant, &provider.id, Purpose::Saml, &pending)?;
    Ok(Begun { sending, cookie: (pending::cookie_name(&pending.state), sealed) })
}

/// The sign-in that this browser began; `None` if it began none that the provider answers, and the provider may begin
/// one itself. `relay_state` is our state if we sent one, and never says where to go; `cookie` is that of the state.
///
/// # Errors
/// [`Federation::Forged`].
pub(crate) fn resume(
    cx: &Cx,
    tenant: &Tenant,
    provider: &IdentityProvider,
    relay_state: Option<&str>,
    cookie: Option<&str>,
) -> Result<Option<PendingSignIn>, Error> {
    let saml = Counterpart::of(provider)?.saml;
    if cookie.is_none() && saml.idp_initiated {
        return Ok(None);
    }
    let state = relay_state.unwrap_or_default();
    Ok(Some(pending::resume(cx, tenant, &provider.id, Purpose::Saml, state, cookie)??))
}

/// What the provider says of the person, if it signed that for us, now, and in answer to this browser's request.
///
/// # Errors
/// [`Federation::Forged`] with the rule; [`Federation::Declined`]; [`Federation::Failed`].
pub(crate) fn accept(
    cx: &Cx,
    tenant: &Tenant,
    provider: &IdentityProvider,
    response: &str,
    pending: Option<&PendingSignIn>,
) -> Result<ProviderAssertion, Error> {
    let counterpart = Counterpart::of(provider)?;
    let party = Party::of(tenant, &provider.id);
    let xml = redirect::from_form(response)
        .map_err(|rule| Error::from(Refusal::Federation(Federation::Forged(rule.text()))))?;
    let expected = Expected {
        signer: counterpart.signer(),
        audience: &party.entity_id,
        recipient: &party.consumer,
        in_response_to: pending.map(|pending| pending.nonce.as_str()),
        allow_unsolicited: counterpart.saml.idp_initiated,
        now: cx.now,
    };
    let assertion = response::verify(&xml, &expected).map_err(|rejected| refused(provider, rejected))?;
    Ok(person::of(provider, counterpart.saml, assertion)?)
}

/// Writes down that a message was refused, counted by client address before.
pub(crate) async fn note_refused(
    cx: &Cx,
    tenant: &Tenant,
    provider: &IdentityProvider,
    refusal: Refusal,
) -> Error {
    if let Err(limited) = throttle::from_address(cx, &tenant.id, &tenant.directory).await {
        return limited;
    }
    let entry = Entry::failed("login.failed").by("-").saying(format!("{} {refusal:?}", provider.id));
    match audit::write(cx, &tenant.id, entry).await {
        Ok(()) => refusal.into(),
        Err(fault) => fault.into(),
    }
}
