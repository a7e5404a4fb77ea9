//! Where a connection ends: who began it must end it. The state is used up by the live session that began it before its
//! code is exchanged; any other session leaves both as they are.

use futures_util::future::join;

use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::session::principal::OwnSession;
use crate::domain::tenants::Tenant;
use crate::domain::throttle::{self, lookups};
use crate::domain::upstream::authorize::{Response, read_response};
use crate::domain::upstream::tokens::{self, Code, Tokens};
use crate::domain::upstream::{self, Error as UpstreamError};
use crate::domain::vault::connect::{A_MINUTE, verifier_row};
use crate::domain::vault::connections::{MOST, TOO_MANY, in_log, missing_scopes};
use crate::domain::vault::registry::{self, Provider};
use crate::domain::vault::sealing::{self, Column, Place, SEALED_AS, binding};
use crate::domain::vault::{refresh, revocations};
use crate::model::id::is_id;
use crate::model::state::{ConnectionKind, ConnectionStatus};
use crate::ports::Fault;
use crate::store;
use crate::store::vault_attempts::{Attempt, Returning};
use crate::store::vault_connections::{Connection, Must};
use crate::store::vault_revocations::Orphaned;

/// The longest state that is looked up.
const LONGEST_STATE: usize = 2_200;

/// What a browser brought from a provider.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Returned<'a> {
    pub(crate) state: &'a str,
    pub(crate) code: Option<&'a str>,
    /// Why there is no code.
    pub(crate) error: Option<&'a str>,
    /// Who says so (RFC 9207).
    pub(crate) iss: Option<&'a str>,
    /// The provider that the address names, if it names one.
    pub(crate) provider_id: Option<&'a str>,
}

/// A connection that was made.
pub(crate) struct Finished {
    pub(crate) provider_id: String,
    /// What was asked for and not granted.
    pub(crate) missing_scopes: Vec<String>,
}

const NOT_BEGUN: Refusal = Refusal::Federation(Federation::ConnectionInvalid);

/// Ends a connection in the session that began it.
///
/// # Errors
/// [`Federation::ConnectionInvalid`] if this session did not begin it, or it was ended, or it was begun too long ago;
/// [`Federation::ConnectionDeclined`] with the provider's code, [`Federation::Failed`], [`Federation::Late`],
/// [`Federation::Forged`]; [`Refusal::Conflict`] beyond as many connections as a person may have; [`Refusal::Limited`].
pub(crate) async fn finish(cx: &Cx, session: &OwnSession, returned: Returned<'_>) -> Result<Finished, Error> {
    let tenant = &session.tenant;
    if returned.state.len() > LONGEST_STATE {
        return Err(NOT_BEGUN.into());
    }
    let state_hash = stored(returned.state);
    let returning = Returning {
        state_hash: &state_hash,
        tenant_id: &tenant.id,
        user_id: &session.user.id,
        session_id: session.id(),
        provider_id: returned.provider_id,
    };
    let object = format!("{}:vault-callback:{}", tenant.id, session.user.id);
    let (limit, attempt) = join(
        throttle::window(cx, object, A_MINUTE, 60),
        store::vault_attempts::take(cx.db.as_ref(), &returning, cx.now),
    )
    .await;
    limit?;
    let Some(attempt) = attempt? else {
        return Err(refuse(cx, session, returned.provider_id.unwrap_or("-"), NOT_BEGUN).await?);
    };
    match redeem(cx, session, &attempt, &returned).await {
        Err(Error::Refused(refusal)) => Err(refuse(cx, session, &attempt.provider_id, refusal).await?),
        other => other,
    }
}

/// Writes down that a connection was not made.
async fn refuse(cx: &Cx, session: &OwnSession, provider_id: &str, refusal: Refusal) -> Result<Error, Fault> {
    let id = if is_id(provider_id) { provider_id } else { "-" };
    let entry = Entry::failed("vault.connected").by(session.actor()).on(&session.user.id).saying(id);
    audit::write(cx, &session.tenant.id, entry).await?;
    Ok(refusal.into())
}

async fn redeem(
    cx: &Cx,
    session: &OwnSession,
    attempt: &Attempt,
    returned: &Returned<'_>,
) -> Result<Finished, Error> {
    let tenant = &session.tenant;
    let provider = registry::usable(cx, tenant, &attempt.provider_id).await?;
    let upstream = provider.upstream()?;
    let name = provider.entry.name.as_str();
    let response = Response { code: returned.code, error: returned.error, iss: returned.iss };
    let code = read_response(&upstream, &response).map_err(|error| refused(error, name))?;
    let row = verifier_row(&attempt.tenant_id, &attempt.user_id, &attempt.session_id, &attempt.state_hash);
    let verifier = cx.sealer(&tenant.id, SEALED_AS)?.open_text(&row, &attempt.sealed)?;
    let code = Code { code, redirect_uri: &attempt.redirect_uri, verifier: &verifier };
    let tokens = tokens::exchange(cx, &upstream, code).await.map_err(|error| refused(error, name))?;
    // It is shown, and decides nothing: a connection is good without.
    let account = upstream::account::name(cx, &upstream, &tokens).await.ok().flatten();
    keep(cx, session, attempt, &provider, tokens, account).await
}

fn refused(error: UpstreamError, provider: &str) -> Error {
    match error {
        UpstreamError::Declined(error) => {
            Refusal::Federation(Federation::ConnectionDeclined { provider: provider.to_owned(), error })
                .into()
        }
        other => other.into_refusal(provider),
    }
}

/// Keeps the tokens, in the place of those of the connection with the same label.
async fn keep(
    cx: &Cx,
    session: &OwnSession,
    attempt: &Attempt,
    provider: &Provider,
    tokens: Tokens,
    account: Option<String>,
) -> Result<Finished, Error> {
    let tenant_id = &session.tenant.id;
    let life = refresh::life(tokens.expires_in, provider, tokens.refresh_token.is_some());
    let scopes = tokens.scope.clone().unwrap_or_else(|| attempt.scopes.clone());
    let id = cx.id();
    let binding = binding(tenant_id, &attempt.user_id, &attempt.provider_id);
    let place = Place { tenant_id, binding: &binding, connection_id: &id };
    let refresh_token = tokens.refresh_token.as_ref();
    let sealed_refresh =
        refresh_token.map(|token| sealing::seal(cx, &place, Column::Refresh, token)).transpose()?;
    let connection = Connection {
        sealed_access: Some(sealing::seal(cx, &place, Column::Access, &tokens.access_token)?),
        sealed_refresh,
        id,
        tenant_id: tenant_id.clone(),
        user_id: attempt.user_id.clone(),
        provider_id: attempt.provider_id.clone(),
        label: attempt.label.clone(),
        kind: ConnectionKind::Oauth,
        status: ConnectionStatus::Active,
        account,
        scopes,
        sealed_key: None,
        expires_at: life.map(|seconds| cx.now.plus(seconds)),
        created_at: cx.now,
        last_used_at: None,
    };
    let must = Must { session_id: Some(session.id()), has_provider: true, most: MOST };
    let entry = Entry::ok("vault.connected").by(session.actor()).on(&attempt.user_id);
    let mut change =
        Change::new(cx, tenant_id, entry.saying(in_log(&attempt.provider_id, Some(&attempt.label))));
    change.take(store::vault_connections::put(&connection, &binding, must));
    if change.commit().await?.is_some() {
        let wanted: Vec<String> = attempt.scopes.split_ascii_whitespace().map(str::to_owned).collect();
        let missing_scopes = missing_scopes(&wanted, &connection.scopes);
        return Ok(Finished { provider_id: connection.provider_id, missing_scopes });
    }
    // Session, person, provider or tenant went while the code was exchanged: nobody keeps them.
    if let (Some(provider), Some(sealed_access)) = (&provider.stored, &connection.sealed_access) {
        let orphaned = Orphaned {
            id: &format!("{}/0", connection.id),
            connection: &connection,
            binding: &binding,
            sealed_access,
            sealed_refresh: connection.sealed_refresh.as_deref(),
            provider,
        };
        revocations::owe_orphaned(cx, &orphaned).await?;
    }
    let has = store::vault_connections::of_user(cx.db.as_ref(), tenant_id, &attempt.user_id).await?.len();
    Err(if i64::try_from(has).unwrap_or(MOST) >= MOST { TOO_MANY.into() } else { NOT_BEGUN.into() })
}

/// The app that a browser is sent on to which has not the session that began: its origin, or none.
///
/// # Errors
/// [`Refusal::Limited`] for an address that presented too much that is unknown.
pub(crate) async fn app_of(
    cx: &Cx,
    tenant: &Tenant,
    provider_id: &str,
    state: &str,
) -> Result<Option<String>, Error> {
    if state.len() > LONGEST_STATE || !state.starts_with(&format!("{provider_id}:")) {
        return Ok(None);
    }
    lookups::admit(cx).await?;
    let db = cx.db.as_ref();
    let found = store::vault_attempts::origin_of(db, &stored(state), &tenant.id, provider_id, cx.now).await?;
    if found.is_none() {
        lookups::note_unknown(cx);
    }
    Ok(found.filter(|origin| !origin.is_empty()))
}
