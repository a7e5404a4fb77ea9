//! Single logout (saml-profiles §4.4): what a provider asks for ends our sessions of that person there; who signs out
//! here is sent on to sign out there.

use serde::{Deserialize, Serialize};

use crate::crypto::secret::{same, stored};
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::federation::assertion::ProviderSession;
use crate::domain::federation::pending::{self, Purpose};
use crate::domain::federation::sign_out;
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::saml::party::{Counterpart, Party, refused};
use crate::domain::saml::sending::{self, Message as Outgoing, Sending};
use crate::domain::tenants::Tenant;
use crate::model::identity_provider::{IdentityProvider, Kind as ProviderKind, ProviderSpec};
use crate::saml::SKEW;
use crate::saml::logout::{self, Expected, LIFE, Message, Request};
use crate::saml::redirect::{self, Kind};
use crate::saml::request::{self, Head};
use crate::saml::response::NameId;
use crate::store;
use crate::store::identities::IdentityKey;
use crate::store::provider_sessions;

type Live = provider_sessions::ProviderSessionRow<ProviderSession>;

/// A message that came, by one binding or the other.
pub(crate) enum Sent<'a> {
    /// By redirect: the query as it was sent.
    Query(&'a str),
    /// By form.
    Form {
        /// `SAMLRequest` or `SAMLResponse`.
        message: &'a str,
        /// `RelayState`.
        relay_state: Option<&'a str>,
    },
}

/// What becomes of a logout message.
pub(crate) enum Done {
    /// Sessions ended; the browser brings the answer there.
    Answer(Sending),
    /// It is over, and there is nowhere to go.
    Over,
}

/// A sign-out that is under way at a provider, sealed in a cookie.
#[derive(Serialize, Deserialize)]
struct PendingSignOut {
    /// The ID of our request.
    id: String,
    /// `RelayState`.
    state: String,
}

/// Reads a message and does what it asks for. `cookie` is what the browser holds for a state.
///
/// # Errors
/// [`Federation::Forged`] with the rule, also for a message that was used before; [`Federation::Declined`].
pub(crate) async fn receive(
    cx: &Cx,
    tenant: &Tenant,
    provider: &IdentityProvider,
    sent: Sent<'_>,
    cookie: Option<&str>,
) -> Result<Done, Error> {
    let counterpart = Counterpart::of(provider)?;
    let party = Party::of(tenant, &provider.id);
    let pending: Option<PendingSignOut> = match cookie {
        Some(cookie) => pending::open(cx, tenant, &provider.id, Purpose::SamlSignOut, cookie)?,
        None => None,
    };
    let expected = Expected {
        signer: counterpart.signer(),
        audience: &party.entity_id,
        destination: &party.logout,
        in_response_to: pending.as_ref().map(|pending| pending.id.as_str()),
        now: cx.now,
    };
    let received = match sent {
        Sent::Query(query) => logout::receive_redirected(query, &expected),
        Sent::Form { message, relay_state } => redirect::from_form(message)
            .map_err(Into::into)
            .and_then(|xml| logout::receive_posted(&xml, &expected))
            .map(|message| (message, relay_state.map(str::to_owned))),
    };
    let (message, relay_state) = received.map_err(|rejected| refused(provider, rejected))?;
    match message {
        Message::Request(request) => {
            end_sessions(cx, tenant, provider, &request).await?;
            let saml = counterpart.saml;
            let Some(endpoint) = saml.slo_response_url.as_ref().or(saml.slo_url.as_ref()) else {
                return Ok(Done::Over);
            };
            let head = Head {
                id: &format!("_{}", cx.secret()),
                at: cx.now,
                destination: endpoint,
                issuer: &party.entity_id,
            };
            let xml = request::signed_out(head, &request.id);
            let message = Outgoing {
                kind: Kind::Response,
                xml: &xml,
                id: head.id,
                endpoint,
                binding: saml.slo_binding,
                relay_state: relay_state.as_deref(),
            };
            sending::send(cx, &tenant.id, &provider.id, saml, message).await.map(Done::Answer)
        }
        Message::Response(response) => {
            let state = relay_state.unwrap_or_default();
            if !pending.is_some_and(|pending| same(pending.state.as_bytes(), state.as_bytes())) {
                return Err(Refusal::Federation(Federation::Forged("The state is another sign-out's")).into());
            }
            match response.failed {
                None => Ok(Done::Over),
                Some(error) => {
                    let provider = provider.spec.name.clone();
                    Err(Refusal::Federation(Federation::Declined { provider, error }).into())
                }
            }
        }
    }
}

/// Ends the sessions that a provider's request names: all of that person that began there, or those of its session.
async fn end_sessions(
    cx: &Cx,
    tenant: &Tenant,
    provider: &IdentityProvider,
    request: &Request,
) -> Result<(), Error> {
    let ProviderKind::Saml(saml) = &provider.spec.kind else { return Err(Refusal::NotFound.into()) };
    let key = IdentityKey {
        tenant_id: tenant.id.clone(),
        provider_id: provider.id.clone(),
        issuer: saml.idp_entity_id.clone(),
        subject: request.name_id.value.clone(),
    };
    let sessions: Vec<Live> = provider_sessions::live_of(cx.db.as_ref(), &key, cx.now).await?;
    let named = |row: &&Live| {
        let index = row.session.as_ref().and_then(index_of);
        request.session_indexes.is_empty()
            || index.is_some_and(|index| request.session_indexes.iter().any(|one| one == index))
    };
    let sessions: Vec<&Live> = sessions.iter().filter(named).collect();
    let used = stored(&format!("saml-logout/{}/{}", provider.id, request.id));
    let until = cx.now.plus(LIFE.saturating_add(2 * SKEW));
    let said = format!("{} by {}", sessions.len(), provider.id);
    let entry = Entry::ok("session.ended_by_provider").by(sessions.first().map_or("-", |one| &one.user_id));
    let mut change = Change::new(cx, &tenant.id, entry.saying(said));
    change.take(store::federation_used::spend(&tenant.id, &used, until));
    for session in &sessions {
        change.then_all(store::sessions::end(&session.id, cx.now)).ends_sessions_of(&session.user_id);
    }
    match change.commit().await? {
        Some(_) => Ok(()),
        None => Err(Refusal::Federation(Federation::Forged("This message was used before")).into()),
    }
}

fn index_of(session: &ProviderSession) -> Option<&str> {
    match session {
        ProviderSession::Saml { session_index, .. } => session_index.as_deref(),
        ProviderSession::Oidc { .. } => None,
    }
}

/// A sign-out that goes on at the provider.
pub(crate) struct Begun {
    pub(crate) sending: Sending,
    /// The name and value of its cookie (`SameSite=None`), which SAML's answer is bound to.
    pub(crate) cookie: Option<(String, String)>,
}

/// Begins signing out at the provider of a session, if that began with an organisation's own, of SAML or OpenID Connect,
/// that has an address for it and whose provider it still is. Nobody is signed out of Google, Microsoft or GitHub.
pub(crate) async fn begin(cx: &Cx, tenant: &Tenant, session_id: &str) -> Result<Option<Begun>, Error> {
    let Some(origin) = provider_sessions::origin_of(cx.db.as_ref(), &tenant.id, session_id).await? else {
        return Ok(None);
    };
    let saml = match &origin.spec {
        ProviderSpec { kind: ProviderKind::Saml(saml), enabled: true, .. } => saml,
        ProviderSpec { kind: ProviderKind::Oidc(oidc), enabled: true, .. } => {
            let url = sign_out::address(cx, tenant, oidc).await?;
            return Ok(url.map(|url| Begun { sending: Sending::Redirect(url), cookie: None }));
        }
        _ => return Ok(None),
    };
    let Some(endpoint) = &saml.slo_url else { return Ok(None) };
    let Some(ProviderSession::Saml { name_id, format, name_qualifier, sp_name_qualifier, session_index }) =
        origin.session
    else {
        return Ok(None);
    };
    let party = Party::of(tenant, &origin.provider_id);
    let pending = PendingSignOut { id: format!("_{}", cx.secret()), state: cx.secret() };
    let head = Head { id: &pending.id, at: cx.now, destination: endpoint, issuer: &party.entity_id };
    let name_id = NameId { value: name_id, format, name_qualifier, sp_name_qualifier };
    let xml = request::sign_out(head, &name_id, session_index.as_deref(), cx.now.plus(300));
    let state = Some(pending.state.as_str());
    let message = Outgoing {
        kind: Kind::Request,
        xml: &xml,
        id: head.id,
        endpoint,
        binding: saml.slo_binding,
        relay_state: state,
    };
    let sending = sending::send(cx, &tenant.id, &origin.provider_id, saml, message).await?;
    let sealed = pending::seal(cx, tenant, &origin.provider_id, Purpose::SamlSignOut, &pending)?;
    Ok(Some(Begun { sending, cookie: Some((pending::cookie_name(&pending.state), sealed)) }))
}
