//! Where a connection begins: a browser is sent to the provider with a state that only the session that began it can end
//! (RFC 6749 §10.12, RFC 9700 §4.7; OAuth 2.0 Security Best Current Practice update §2.2, §2.3).

use std::collections::BTreeSet;

use futures_util::future::join4;

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::principal::OwnSession;
use crate::domain::throttle;
use crate::domain::upstream::{Error as UpstreamError, authorize};
use crate::domain::vault::connections::check_label;
use crate::domain::vault::redirects;
use crate::domain::vault::registry::{self, Provider};
use crate::domain::vault::rules::are_scopes;
use crate::domain::vault::sealing::SEALED_AS;
use crate::model::state::ConnectionKind;
use crate::ports::Fault;
use crate::store;
use crate::store::vault_attempts::Attempt;

/// How long a connection may take at the provider, in seconds.
const SECONDS: i64 = 600;

/// How many may be under way for one person.
const MOST: i64 = 20;

/// How often one person begins or ends a connection in a minute.
pub(super) const A_MINUTE: u32 = 30;

/// What is to be connected.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) provider_id: &'a str,
    /// What is asked for beyond what was granted, separated by spaces; what the provider has by default if nothing is said.
    pub(crate) scopes: Option<&'a str>,
    /// What tells several connections of one provider apart.
    pub(crate) label: Option<&'a str>,
    /// The app that a browser without the session is sent back to.
    pub(crate) origin: Option<&'a str>,
    /// Where the provider sends the browser; to us by default.
    pub(crate) redirect_uri: Option<&'a str>,
}

/// What a verifier is sealed for.
pub(crate) fn verifier_row(tenant_id: &str, user_id: &str, session_id: &str, state_hash: &str) -> String {
    format!("vault_attempts/{tenant_id}/{user_id}/{session_id}/{state_hash}")
}

/// A connection that was begun.
pub(crate) struct Begun {
    /// Where the browser goes.
    pub(crate) url: String,
    /// What is asked for there, separated by spaces: what was granted before, too.
    pub(crate) scopes: String,
}

/// Begins a connection.
///
/// # Errors
/// [`Refusal::NotFound`] for a provider that cannot be connected here; [`Refusal::Invalid`]; [`Refusal::Limited`];
/// [`Refusal::Conflict`] for too many at once.
pub(crate) async fn begin(cx: &Cx, session: &OwnSession, wanted: Wanted<'_>) -> Result<Begun, Error> {
    let (tenant, user_id) = (&session.tenant, &session.user.id);
    let label = check_label(wanted.label)?.unwrap_or_default();
    let asked: Option<Vec<String>> =
        wanted.scopes.map(|list| list.split_ascii_whitespace().map(str::to_owned).collect());
    if asked.as_ref().is_some_and(|scopes| !are_scopes(scopes)) {
        return Err(invalid("scopes", "at most 100, each of 1 to 300 printable characters"));
    }
    let provider = registry::usable(cx, tenant, wanted.provider_id).await?;
    if provider.kind() != ConnectionKind::Oauth {
        return Err(Refusal::Conflict("the provider is connected by a key: store it at /auth/apikeys").into());
    }
    // A code that no verifier protects is told apart from another provider's by where it arrives (RFC 9700 §4.4.2, §4.5.3).
    if wanted.redirect_uri.is_some() && !is_pkce_sent(&provider) {
        return Err(invalid("redirect_uri", "the provider takes no PKCE, so it sends browsers to us alone"));
    }
    let (limit, origin, redirect_uri, had) = join4(
        throttle::window(cx, format!("{}:vault-connect:{user_id}", tenant.id), A_MINUTE, 60),
        redirects::check_origin(cx, tenant, wanted.origin),
        redirects::check_redirect_uri(cx, tenant, wanted.redirect_uri),
        store::vault_connections::of_user(cx.db.as_ref(), &tenant.id, user_id),
    )
    .await;
    limit?;
    origin?;
    redirect_uri?;
    let had = had?.into_iter().find(|one| one.provider_id == provider.entry.id && one.label == label);
    let granted = had.map(|one| one.scopes).unwrap_or_default();
    let scopes = together(&granted, asked.unwrap_or_else(|| provider.default_scopes()));
    let origin = wanted.origin.unwrap_or_default();
    let redirect_uri = match wanted.redirect_uri {
        Some(uri) => uri.to_owned(),
        None => redirects::ours(tenant, &provider.entry.id),
    };
    let state = format!("{}:{origin}:{}", provider.entry.id, cx.secret());
    let verifier = cx.secret();
    let url = authorize_url(&provider, &redirect_uri, &scopes, &state, &verifier)?;
    let state_hash = stored(&state);
    let row = verifier_row(&tenant.id, user_id, session.id(), &state_hash);
    let attempt = Attempt {
        sealed: cx.sealer(&tenant.id, SEALED_AS)?.seal(cx.random(), &row, verifier.as_bytes())?,
        state_hash,
        tenant_id: tenant.id.clone(),
        user_id: user_id.clone(),
        session_id: session.id().to_owned(),
        provider_id: provider.entry.id.clone(),
        label,
        redirect_uri,
        origin: origin.to_owned(),
        scopes: scopes.clone(),
        expires_at: cx.now.plus(SECONDS),
    };
    match store::vault_attempts::insert(cx.db.as_ref(), &attempt, MOST, cx.now).await? {
        true => Ok(Begun { url, scopes }),
        false => Err(Refusal::Conflict("too many connections are being made: please finish or wait").into()),
    }
}

fn is_pkce_sent(provider: &Provider) -> bool {
    provider.entry.oauth().is_some_and(|oauth| oauth.pkce.is_sent())
}

/// What was granted and what is asked for, each once.
fn together(granted: &str, asked: Vec<String>) -> String {
    let mut seen = BTreeSet::new();
    let all = granted.split_ascii_whitespace().map(str::to_owned).chain(asked);
    all.filter(|scope| seen.insert(scope.clone())).collect::<Vec<_>>().join(" ")
}

fn authorize_url(
    provider: &Provider,
    redirect_uri: &str,
    scopes: &str,
    state: &str,
    verifier: &str,
) -> Result<String, Error> {
    let upstream = provider.upstream()?;
    let others: Vec<(&str, &str)> = provider
        .entry
        .oauth()
        .into_iter()
        .flat_map(|oauth| &oauth.extra_authorize_params)
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let request = authorize::Request {
        redirect_uri,
        scope: scopes,
        state,
        verifier,
        others: &others,
        ..authorize::Request::default()
    };
    authorize::url(&upstream, &request).map_err(|error| match error {
        UpstreamError::Ours(ours) => ours,
        other => Fault::new("vault", format!("{other:?}")).into(),
    })
}
