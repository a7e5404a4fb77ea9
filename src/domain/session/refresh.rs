//! Refresh with rotation and reuse detection (RFC 9700 §4.14.2).
//!
//! A token's successor follows from the token itself under a key of ours. So many at once, or a retry whose
//! answer got lost, get one and the same successor, and no second lineage can come to be.

use std::rc::Rc;

use crate::crypto::secret::{base64url, is_as_long_as_ours, sha256, stored};
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::principal;
use crate::domain::session::sessions::{self, Tokens};
use crate::domain::session::standing;
use crate::domain::tenants::{self, ResolvedTenant, Tenant};
use crate::domain::throttle::lookups;
use crate::store;
use crate::store::refresh_tokens::{self, Spend, Token};
use crate::store::sessions::Live;

/// A token that was spent.
pub(crate) struct Spent {
    pub(crate) tenant: Rc<Tenant>,
    pub(crate) live: Live,
    /// Its successor.
    pub(crate) next: String,
}

/// Spends a refresh token for a new pair.
///
/// # Errors
/// [`Refusal::BadCredential`] for one that is unknown, expired, of an ended session, granted to a client, or
/// spent; a spent one that is not a retry within the grace window ends its family. [`Refusal::WrongTenant`]
/// for another tenant's, which is left as it is.
pub(crate) async fn refresh(cx: &Cx, resolved: &ResolvedTenant, token: &str) -> Result<Tokens, Error> {
    let own = |token: &Token, tenant: &Tenant| {
        principal::of_tenant(resolved, tenant)?;
        if token.client_id.is_some() { Err(Refusal::BadCredential.into()) } else { Ok(()) }
    };
    let Spent { tenant, live, next, .. } = spend(cx, token, &cx.caller.user_agent, own).await?;
    let Live { id, user, granted, amr, auth_time, .. } = &live;
    let access = sessions::access_token(cx, &tenant, user, granted, id, amr, *auth_time).await?;
    Ok(Tokens { access, expires_in: tenant.settings_for(user).access_token_seconds, refresh: next })
}

/// Spends a token that `held` lets its sender have; `by` tells senders apart.
pub(crate) async fn spend(
    cx: &Cx,
    token: &str,
    by: &str,
    held: impl Fn(&Token, &Tenant) -> Result<(), Error>,
) -> Result<Spent, Error> {
    if !is_as_long_as_ours(token) {
        return Err(Refusal::BadCredential.into());
    }
    // The first is the one that a token is spent for; it was another one if the key was replaced since.
    let lineage = cx.sealer("all", "refresh-lineage")?.macs(token.as_bytes());
    let nexts: Vec<(String, String)> =
        lineage.iter().map(|mac| base64url(mac)).map(|next| (stored(&next), next)).collect();
    let successors: Vec<&str> = nexts.iter().map(|(hash, _)| hash.as_str()).collect();
    let hash = stored(token);
    let by = base64url(sha256(by.as_bytes()).get(..12).unwrap_or_default());
    // A second look is needed if another call spent the token between ours.
    for _ in 0..2 {
        let found = refresh_tokens::find(cx.db.as_ref(), &hash, &successors, cx.now).await?;
        let found = found.ok_or(Refusal::BadCredential)?;
        let tenant = tenants::by_id(cx, &found.tenant_id).await?.ok_or(Refusal::BadCredential)?;
        held(&found, &tenant)?;
        let stands = |live: &&Live| standing::is_sufficient(&tenant, &live.user, &live.amr);
        let live = found.live.as_ref().filter(stands).ok_or(Refusal::BadCredential)?;
        let expires_at = cx.now.plus(tenant.settings_for(&live.user).refresh_token_seconds);
        let made = nexts.iter().find(|(hash, _)| found.successor.as_ref() == Some(hash));
        let Some((successor, next)) = made.or_else(|| nexts.first()) else { break };
        let spent = match found.used_at {
            Some(used_at) => {
                let in_time = cx.now < used_at.plus(tenant.settings.refresh_grace_seconds);
                if !in_time || found.used_by.as_deref() != Some(&by) || found.successor_spent {
                    return Err(end_reused_family(cx, &found).await?);
                }
                true
            }
            None if found.expires_at <= cx.now => return Err(Refusal::BadCredential.into()),
            None => {
                let spend = Spend { hash: &hash, successor, expires_at, by: &by, now: cx.now };
                let entry = Entry::ok("token.refreshed").by(&live.user.id).on(&live.id);
                let mut change = Change::new(cx, &tenant.id, entry);
                change
                    .take(refresh_tokens::spend(&spend))
                    .then_all(refresh_tokens::succeed(&spend))
                    .then(store::usage::seen(&tenant.id, &live.user.id, cx.now));
                change.commit().await?.is_some()
            }
        };
        if spent {
            let live = live.clone();
            let next = next.clone();
            return Ok(Spent { tenant, live, next });
        }
    }
    Err(Refusal::BadCredential.into())
}

/// The tenant of a token, if that is one the request is for.
async fn tenant_of(cx: &Cx, resolved: &ResolvedTenant, token: &Token) -> Result<Rc<Tenant>, Error> {
    let tenant = tenants::by_id(cx, &token.tenant_id).await?.ok_or(Refusal::BadCredential)?;
    principal::of_tenant(resolved, &tenant)?;
    Ok(tenant)
}

/// A spent token came again: whoever has it, its family ends.
async fn end_reused_family(cx: &Cx, token: &Token) -> Result<Error, Error> {
    let entry = Entry::failed("token.reused").by(&token.user_id).on(&token.session_id);
    let mut change = Change::new(cx, &token.tenant_id, entry.saying("the family was ended"));
    change.then_all(store::sessions::end(&token.session_id, cx.now)).ends_sessions_of(&token.user_id);
    change.commit().await?;
    Ok(Refusal::BadCredential.into())
}

/// A session that was ended.
pub(crate) struct Ended {
    pub(crate) tenant: Rc<Tenant>,
    pub(crate) session_id: String,
}

/// Ends the session that a refresh token belongs to, spent or not. One that is unknown ends nothing, which
/// is what its sender wanted (RFC 7009 §2.2).
pub(crate) async fn end(cx: &Cx, resolved: &ResolvedTenant, token: &str) -> Result<Option<Ended>, Error> {
    let hash = stored(token);
    let Some(found) = refresh_tokens::find(cx.db.as_ref(), &hash, &[], cx.now).await? else {
        lookups::note_unknown(cx);
        return Ok(None);
    };
    let tenant = tenant_of(cx, resolved, &found).await?;
    sessions::end(cx, &tenant.id, &found.user_id, &found.session_id).await?;
    Ok(Some(Ended { tenant, session_id: found.session_id }))
}
