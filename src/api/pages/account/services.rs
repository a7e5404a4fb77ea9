//! The section of connected services: connecting one, storing a key of one, and disconnecting it.

use askama::Template;

use crate::api::pages::form::Fields;
use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::people;
use crate::api::pages::place::Place;
use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::session::principal::OwnSession;
use crate::domain::vault::connect::{self, Wanted};
use crate::domain::vault::{connections, keys, registry};
use crate::http::response::Response;
use crate::model::state::{ConnectionKind, ConnectionStatus};
use crate::model::time::Time;

/// A connection, as its person is shown it.
pub(super) struct Service {
    pub(crate) id: String,
    pub(crate) provider_id: String,
    /// The provider's name.
    pub(crate) name: String,
    pub(crate) account: Option<String>,
    pub(crate) label: String,
    pub(crate) scopes: String,
    pub(crate) connected_at: Time,
    pub(crate) last_used_at: Option<Time>,
    /// Whether it has to be connected again.
    pub(crate) is_over: bool,
}

/// A provider that can be connected.
pub(super) struct Choice {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// What is connected, and what can be.
pub(super) struct Services {
    /// The newest first.
    pub(crate) connected: Vec<Service>,
    /// By a consent there.
    pub(crate) by_consent: Vec<Choice>,
    /// By a key.
    pub(crate) by_key: Vec<Choice>,
}

/// What the section shows.
pub(super) async fn view(cx: &Cx, session: &OwnSession) -> Result<Services, Error> {
    let tenant = &session.tenant;
    let (providers, connected) = futures_util::future::join(
        registry::all(cx, tenant),
        connections::of_user(cx, &tenant.id, &session.user.id),
    )
    .await;
    let providers = providers?;
    let name = |id: &str| {
        let known = providers.iter().find(|one| one.entry.id == id);
        known.map_or_else(|| id.to_owned(), |one| one.entry.name.clone())
    };
    let mut connected: Vec<Service> = connected?
        .into_iter()
        .map(|one| Service {
            name: name(&one.provider_id),
            id: one.id,
            provider_id: one.provider_id,
            account: one.account,
            label: one.label,
            scopes: one.scopes,
            connected_at: one.created_at,
            last_used_at: one.last_used_at,
            is_over: one.status != ConnectionStatus::Active,
        })
        .collect();
    connected.reverse();
    let choices = |kind| {
        let usable = providers.iter().filter(|one| one.enabled && one.is_configured() && one.kind() == kind);
        usable.map(|one| Choice { id: one.entry.id.clone(), name: one.entry.name.clone() }).collect()
    };
    Ok(Services {
        connected,
        by_consent: choices(ConnectionKind::Oauth),
        by_key: choices(ConnectionKind::ApiKey),
    })
}

#[derive(Template)]
#[template(path = "account/connect.html")]
struct Connect<'a> {
    m: &'static Messages,
    place: &'a Place,
    title: String,
    text: String,
    onward: String,
    /// What is asked for there.
    scopes: Vec<&'a str>,
    url: &'a str,
}

/// Begins a connection: the page says what will be kept, and leads on to the provider. Browsers hold what a form redirects
/// to to our own origin (CSP 3 §6.3.1), so a link leads there.
pub(super) async fn begin(
    cx: &Cx,
    place: &Place,
    session: &OwnSession,
    fields: &Fields,
) -> Result<Response, Error> {
    let provider_id = fields.need("provider")?;
    let label = fields.get("label").filter(|label| !label.trim().is_empty());
    let wanted = Wanted { provider_id, label, ..Wanted::default() };
    let begun = connect::begin(cx, session, wanted).await?;
    let provider = registry::usable(cx, &session.tenant, provider_id).await?;
    let name = provider.entry.name.as_str();
    let m = place.m;
    let page = Connect {
        m,
        place,
        title: fill(m.connect_title, "provider", name),
        text: fill(&fill(m.connect_text, "provider", name), "until", kept_until(m, session)),
        onward: fill(m.connect_onward, "provider", name),
        scopes: begun.scopes.split_ascii_whitespace().collect(),
        url: &begun.url,
    };
    Ok(place.page(200, &page)?)
}

/// How long a connection is kept, at the longest.
fn kept_until(m: &Messages, session: &OwnSession) -> String {
    match session.tenant.settings.connection_idle_days {
        0 => m.connect_until.to_owned(),
        days => fill(m.connect_until_unused, "idle", people::lasting(m, days)),
    }
}

/// Stores a key.
pub(super) async fn store_key(cx: &Cx, session: &OwnSession, fields: &Fields) -> Result<(), Error> {
    let label = fields.get("label").filter(|label| !label.trim().is_empty());
    keys::store(cx, session, fields.need("provider")?, label, fields.need("apiKey")?.trim()).await
}

/// Disconnects a service.
pub(super) async fn disconnect(cx: &Cx, session: &OwnSession, fields: &Fields) -> Result<(), Error> {
    let label = fields.get("label").unwrap_or_default();
    connections::disconnect(cx, session, fields.need("provider")?, Some(label)).await.map(drop)
}
