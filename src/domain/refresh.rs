//! Refresh with rotation and reuse detection (RFC 9700 §4.14.2).
//!
//! A token's successor follows from the token itself under a key of ours. So many at once, or a retry whose
//! answer got lost, get one and the same successor, and no second lineage can come to be.

use crate::crypto::seal;
use crate::crypto::secret::{base64url, hmac, sha256, stored};
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::sessions::{self, Tokens};
use crate::domain::tenants::{self, Chosen};
use crate::store;
use crate::store::refresh_tokens::Spend;

/// Spends a refresh token for a new pair.
///
/// # Errors
/// [`Refusal::BadCredential`] for one that is unknown, expired, of an ended session, or spent; a spent one
/// that is not a retry within the grace window ends its family.
pub async fn refresh(cx: &Cx, chosen: &Chosen, token: &str) -> Result<Tokens, Error> {
    if token.len() != 43 {
        return Err(Refusal::BadCredential.into());
    }
    let lineage = seal::derive(&cx.config.seal_key, "all", "refresh-lineage")?;
    let successor = base64url(&hmac(&lineage, token.as_bytes()));
    let by = base64url(sha256(cx.client.user_agent.as_bytes()).get(..12).unwrap_or_default());
    let life = chosen.tenant.settings.refresh_token_seconds;
    let spend = Spend {
        hash: &stored(token),
        successor: &stored(&successor),
        successor_expires_at: cx.now.plus(life),
        by: &by,
        directory: &chosen.tenant.directory,
        now: cx.now,
    };
    let spent = store::refresh_tokens::spend(cx.db.as_ref(), &spend).await?.ok_or(Refusal::BadCredential)?;
    if chosen.explicit && spent.tenant_id != chosen.tenant.id {
        return Err(Refusal::WrongTenant.into());
    }
    let tenant = tenants::by_id(cx, &spent.tenant_id).await?.ok_or(Refusal::BadCredential)?;
    if !spent.by_this_call {
        let grace = tenant.settings.refresh_grace_seconds;
        let Some(used_at) = spent.used_at else { return Err(Refusal::BadCredential.into()) };
        let retry =
            cx.now < used_at.plus(grace) && spent.used_by.as_deref() == Some(&by) && !spent.successor_spent;
        if !retry {
            let entry = Entry::failed("token.reused").on(&spent.session_id).saying("the family was ended");
            let end = store::sessions::end(&spent.session_id, cx.now);
            cx.db.run(vec![end, audit::row(cx, &tenant.id, entry)]).await?;
            cx.cache.credentials.forget_where(|known| known.session_id.as_ref() == Some(&spent.session_id));
            return Err(Refusal::BadCredential.into());
        }
    }
    let live = store::sessions::live_by_id(cx.db.as_ref(), &spent.session_id, cx.now).await?;
    let live = live.ok_or(Refusal::BadCredential)?;
    if spent.by_this_call {
        let extend = store::sessions::extend(&live.id, cx.now.plus(life), cx.now);
        let entry = Entry::ok("token.refreshed").by(&live.user.id).on(&live.id);
        cx.db.run(vec![extend, audit::row(cx, &tenant.id, entry)]).await?;
    }
    let access = sessions::access_token(cx, &tenant, &live.user, &live.id, &live.amr, live.auth_time).await?;
    Ok(Tokens { access, expires_in: tenant.settings.access_token_seconds, refresh: successor })
}

/// Ends the session that a refresh token belongs to, spent or not. One that is unknown ends nothing, which
/// is what its sender wanted (RFC 7009 §2.2).
pub async fn end(cx: &Cx, chosen: &Chosen, token: &str) -> Result<(), Error> {
    let hash = stored(token);
    let Some(owner) =
        store::refresh_tokens::owner_of(cx.db.as_ref(), &hash, &chosen.tenant.directory).await?
    else {
        return Ok(());
    };
    if chosen.explicit && owner.tenant_id != chosen.tenant.id {
        return Err(Refusal::WrongTenant.into());
    }
    Ok(sessions::end(cx, &owner.tenant_id, &owner.user_id, &owner.session_id).await?)
}
