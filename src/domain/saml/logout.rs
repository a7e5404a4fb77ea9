//! Single logout (saml-profiles §4.4): what a provider asks for ends our sessions of that person there, and what it answers
//! to a sign-out that began here.

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::federation::assertion::ProviderSession;
use crate::domain::federation::pending::{self, Purpose};
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::saml::party::{Counterpart, Party, refused};
use crate::domain::saml::sending::{self, Message as Outgoing, Sending};
use crate::domain::saml::sign_out::PendingSignOut;
use crate::domain::tenants::Tenant;
use crate::model::identity_provider::{IdentityProvider, Kind as ProviderKind};
use crate::saml::SKEW;
use crate::saml::logout::{self, Expected, LIFE, Message, Request};
use crate::saml::redirect::{self, Kind};
use crate::saml::request::{self, Head};
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
    /// It is over; where a client's sign-out goes on to.
    Over(Option<String>),
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
        recipient: &party.logout,
        in_response_to: pending.as_ref().map(|pending| pending.id.as_str()),
        allow_unsolicited: false,
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
                return Ok(Done::Over(None));
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
            let forged =
                || Refusal::Federation(Federation::Forged("The state is another sign-out's, or was used"));
            let pending = pending.ok_or_else(forged)?;
            if !pending.spend(cx, tenant, &state).await? {
                return Err(forged().into());
            }
            match response.failed {
                None => Ok(Done::Over(pending.back)),
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
