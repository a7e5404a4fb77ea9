//! Renewing the access token of a connection with its refresh token (RFC 6749 §6).
//!
//! A provider may let a refresh token be used once (RFC 9700 §4.14.2), and take its second use for a theft. So one is used
//! at a time, by whoever runs this for the connection: `ports::Refreshers` sees to that. What comes of it is written
//! before anybody is told, and only in the place of what was read:
//!
//! | the provider answers | the connection |
//! |---|---|
//! | tokens | has them; without a new refresh token the old one stays |
//! | `invalid_grant` for the newest refresh token | needs its person again, who is mailed once |
//! | anything else, or nothing | stays as it is, and is not tried again for a while |
//! | tokens, for one that was ended meanwhile | is not there to have them: they are given back |

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::Changed;
use crate::domain::refusal;
use crate::domain::tenants::{self, Tenant};
use crate::domain::upstream::tokens::{self, Tokens};
use crate::domain::upstream::{Error, Upstream};
use crate::domain::vault::connections::in_log;
use crate::domain::vault::registry::{self, Provider};
use crate::domain::vault::sealing::{self, Column, Place, binding_of};
use crate::domain::vault::{notices, revocations};
use crate::model::state::ConnectionStatus;
use crate::model::time::Time;
use crate::ports::{Fault, Refreshed};
use crate::store;
use crate::store::vault_revocations::Orphaned;
use crate::store::vault_tokens::{Held, NewTokens};

/// How long before its end a token is renewed, in milliseconds.
pub(super) const AHEAD: i64 = 120_000;

/// By how much more that may be, so that tokens of one moment are not renewed in one moment.
pub(super) const JITTER: i64 = 30_000;

/// Seconds that an access token is taken to be good for where neither the provider nor the catalogue says it.
const DEFAULT_LIFE: i64 = 3_600;

/// The longest life of a token that is believed: ten years.
const LONGEST_LIFE: i64 = 315_360_000;

/// Between tries, in seconds: it doubles with each that fails.
const SHORTEST_DELAY: i64 = 5;
const LONGEST_DELAY: i64 = 300;

/// The longest time that a provider can ask us to wait, in seconds.
const LONGEST_WISH: i64 = 3_600;

/// How often a change of somebody else's is looked at.
const LOOKS: usize = 3;

/// Renews a connection's access token if that is due. Called by one at a time.
///
/// # Errors
/// Of ours alone, as the database's.
pub async fn run(cx: &Cx, tenant_id: &str, connection_id: &str) -> Result<Refreshed, Fault> {
    for _ in 0..LOOKS {
        let found = store::vault_tokens::by_id(cx.db.as_ref(), tenant_id, connection_id).await?;
        let Some(held) = found.filter(Held::is_usable) else { return Ok(Refreshed::Gone) };
        if let Some(done) = renew(cx, &held).await? {
            return Ok(done);
        }
    }
    Ok(Refreshed::Later { at: cx.now.plus(SHORTEST_DELAY).0 })
}

/// `None` if the connection was changed meanwhile: what was meant for it is not written.
async fn renew(cx: &Cx, held: &Held) -> Result<Option<Refreshed>, Fault> {
    match held.connection.status {
        ConnectionStatus::Active => {}
        ConnectionStatus::NeedsReauthorization => return Ok(Some(Refreshed::NeedsPerson)),
        ConnectionStatus::Revoked => return Ok(Some(Refreshed::Gone)),
    }
    if held.due_at(AHEAD + JITTER).is_none_or(|due| due > cx.now) {
        return Ok(Some(Refreshed::Done));
    }
    if let Some(at) = held.retry_at.filter(|at| *at > cx.now) {
        return Ok(Some(Refreshed::Later { at: at.0 }));
    }
    let Some(tenant) = tenants::by_id(cx, &held.connection.tenant_id).await? else {
        return Ok(Some(Refreshed::Gone));
    };
    let Some(sealed) = &held.connection.sealed_refresh else {
        // It is good to its end, and nobody but the person can renew it then.
        return if held.is_over(cx.now) {
            give_up(cx, &tenant, held).await
        } else {
            Ok(Some(Refreshed::Done))
        };
    };
    let binding = binding_of(&held.connection);
    let place = Place { tenant_id: &tenant.id, binding: &binding, connection_id: &held.connection.id };
    let refresh_token = sealing::open(cx, &place, Column::Refresh, sealed)?;
    let Some(server) = server(cx, &tenant, held).await? else { return Ok(Some(Refreshed::Gone)) };
    match tokens::refresh(cx, &server.upstream, &refresh_token).await {
        Ok(tokens) => keep(cx, held, &place, &server, &tokens).await,
        Err(Error::Declined(code)) if code == "invalid_grant" => give_up(cx, &tenant, held).await,
        Err(Error::Ours(refusal::Error::Broken(fault))) => Err(fault),
        Err(error) => put_off(cx, held, &error).await,
    }
}

/// Where and as whom a connection's tokens are renewed.
struct Server {
    provider: Rc<Provider>,
    upstream: Upstream,
}

/// `None` where the tenant does not have the provider any more.
async fn server(cx: &Cx, tenant: &Tenant, held: &Held) -> Result<Option<Server>, Fault> {
    let provider = match registry::find(cx, tenant, &held.connection.provider_id).await {
        Ok(provider) => provider,
        Err(refusal::Error::Broken(fault)) => return Err(fault),
        Err(refusal::Error::Refused(_)) => return Ok(None),
    };
    let upstream = provider.upstream()?;
    Ok(Some(Server { provider, upstream }))
}

/// How many seconds an access token is taken to be good for: what the provider says, else what the catalogue does, else an hour
/// if there is a refresh token to go on with. One that can be had once alone has no end that anybody knows: it is handed out
/// until its person connects again.
pub(super) fn life(said: Option<i64>, provider: &Provider, can_be_renewed: bool) -> Option<i64> {
    let usual = || provider.entry.oauth().and_then(|oauth| oauth.access_token_seconds);
    let life = said.or_else(usual).or(can_be_renewed.then_some(DEFAULT_LIFE));
    life.map(|seconds| seconds.clamp(0, LONGEST_LIFE))
}

/// Writes what the provider gave. Where the connection has ended meanwhile, it is given back.
async fn keep(
    cx: &Cx,
    held: &Held,
    place: &Place<'_>,
    server: &Server,
    tokens: &Tokens,
) -> Result<Option<Refreshed>, Fault> {
    let life = life(tokens.expires_in, &server.provider, true);
    let sealed_access = sealing::seal(cx, place, Column::Access, &tokens.access_token)?;
    let sealed_refresh = match &tokens.refresh_token {
        Some(token) => Some(sealing::seal(cx, place, Column::Refresh, token)?),
        None => None,
    };
    let new = NewTokens {
        sealed_access: &sealed_access,
        sealed_refresh: sealed_refresh.as_deref(),
        scopes: tokens.scope.as_deref(),
        expires_at: life.map(|seconds| cx.now.plus(seconds)),
    };
    let renew = store::vault_tokens::renew(held, &new, cx.now);
    if !store::one(cx.db.as_ref(), renew).await?.is_empty() {
        return Ok(Some(Refreshed::Done));
    }
    if let Some(provider) = &server.provider.stored {
        let orphaned = Orphaned {
            id: &format!("{}/{}/refreshed", held.connection.id, held.version),
            connection: &held.connection,
            binding: place.binding,
            sealed_access: &sealed_access,
            sealed_refresh: sealed_refresh.as_deref(),
            provider,
        };
        revocations::owe_orphaned(cx, &orphaned).await?;
    }
    Ok(None)
}

/// The provider does not renew it any more: its person is told, once.
async fn give_up(cx: &Cx, tenant: &Tenant, held: &Held) -> Result<Option<Refreshed>, Fault> {
    let connection = &held.connection;
    let entry = Entry::failed("vault.needs_reauthorization").by("system").on(&connection.user_id);
    let mut change =
        Change::new(cx, &tenant.id, entry.saying(in_log(&connection.provider_id, Some(&connection.label))));
    change.take(store::vault_tokens::give_up(held, cx.now));
    let service = registry::name_of(cx, tenant, &connection.provider_id).await?;
    let mail = notices::write(cx, tenant, &connection.user_id, Changed::ConnectionLost, &service).await?;
    if let Some(mail) = mail {
        change.tell(mail);
    }
    Ok(change.commit().await?.map(|_| Refreshed::NeedsPerson))
}

/// The provider decided nothing: it is asked again later.
async fn put_off(cx: &Cx, held: &Held, error: &Error) -> Result<Option<Refreshed>, Fault> {
    let doublings = u32::try_from(held.failures).unwrap_or_default().min(6);
    let waited = SHORTEST_DELAY.saturating_mul(1 << doublings).min(LONGEST_DELAY);
    let wished = match error {
        Error::Busy { seconds } => (*seconds).min(LONGEST_WISH),
        _ => 0,
    };
    let jitter = i64::from(u16::from_be_bytes(cx.random())) % (waited.saturating_mul(250));
    let at = Time(cx.now.plus(waited.max(wished)).0.saturating_add(jitter));
    let why = match error {
        Error::Declined(code) => format!("declined: {code}"),
        Error::Failed(why) => why.clone(),
        Error::Late => "did not answer".to_owned(),
        Error::Busy { .. } => "asked us to wait".to_owned(),
        Error::Forged(_) | Error::Ours(_) => "was not asked".to_owned(),
    };
    cx.log_fault("vault.refresh", &Fault::new(&held.connection.provider_id, why));
    let written = store::one(cx.db.as_ref(), store::vault_tokens::put_off(held, at)).await?;
    Ok(if written.is_empty() { None } else { Some(Refreshed::Later { at: at.0 }) })
}
