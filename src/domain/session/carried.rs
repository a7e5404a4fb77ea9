//! Bearer tokens that are believed without a look-up. The gateway needs no more of a person than their token carries: id,
//! roles, plan, scopes, and how they signed in. It is as good as a look-up if nothing of that changed since the token was
//! made, which the tenant's feed says: its session did not end or change, nor did its user, nor, shortly before or since,
//! the tenant's settings, roles and keys. Else, and where the feed does not reach back so far, it is looked up.
//!
//! A client's token, one that was exchanged, and one that is bound to a key are looked up.

use std::cell::RefCell;
use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::session::credential::{Credential, Subject};
use crate::domain::session::lookup::{Examined, Verified, examine, look_up};
use crate::domain::session::proof::refuse_bound;
use crate::domain::session::remembered::{CarriedTokens, recall, remember};
use crate::domain::session::standing;
use crate::memo::Freshness;
use crate::model::route::Accepts;
use crate::model::scope::Scopes;

/// Seconds before a token was made in which its tenant must not have changed: an isolate may have made it that did not know
/// of the change yet, with a clock of its own.
const QUIET_SECONDS: i64 = 120;

/// Whom a token that whoever bears may use authenticates to the gateway. What it answers may be no more than the token
/// says: it has no [`Credential::user`].
///
/// # Errors
/// As [`examine`].
pub(crate) async fn by_bearer_to_forward(cx: &Cx, token: &str) -> Result<Option<Rc<Credential>>, Error> {
    if let Some(known) = recall::<CarriedTokens>(cx, token, Accepts::Bearer).await? {
        return Ok(Some(known));
    }
    let verified = match examine(cx, token).await? {
        Examined::Known(known) => return refuse_bound(cx, Some(known)).await,
        Examined::Nothing => return Ok(None),
        Examined::Verified(verified) => *verified,
    };
    let as_of = cx.as_of();
    match carried(cx, &verified) {
        Some(credential) => Ok(Some(remember::<CarriedTokens>(cx, as_of, &verified.token, credential))),
        None => refuse_bound(cx, look_up(cx, verified).await?).await,
    }
}

/// Whom a verified token stands for by itself; `None` if that takes a look-up.
fn carried(cx: &Cx, verified: &Verified) -> Option<Credential> {
    let Verified { tenant, claims, issued_at, until, .. } = verified;
    let is_persons_own = claims.client_id.is_none() && claims.act.is_none() && claims.cnf.is_none();
    let (user_id, sid) = (claims.user_id.as_ref()?, claims.sid.as_ref()?);
    let (roles, plan, amr) = (claims.roles.as_ref()?, claims.plan.as_ref()?, claims.amr.as_ref()?);
    let feed = cx.memory.feed(&tenant.id)?;
    let of = [("session", sid.as_str()), ("user", user_id.as_str())];
    let is_unchanged = cx.freshness(&feed) != Freshness::Stale
        && feed.is_unchanged(&of, *issued_at, QUIET_SECONDS)
        // What this isolate changed itself the feed tells later.
        && !of.iter().any(|(kind, id)| cx.memory.has_changed(kind, id));
    let stands =
        is_persons_own && *user_id == claims.sub && is_unchanged && standing::still_stands(tenant, amr);
    stands.then(|| Credential {
        kind: Accepts::Bearer,
        tenant: tenant.clone(),
        subject: Subject::Carried { id: user_id.clone(), roles: roles.clone(), plan: plan.clone() },
        session_id: Some(sid.clone()),
        key_id: None,
        grant_id: None,
        client_id: None,
        scopes: Scopes::from_list(&claims.scope),
        userinfo_claims: Vec::new(),
        audiences: Some(claims.aud.clone()),
        cnf: None,
        act: None,
        amr: amr.clone(),
        auth_time: None,
        proved_at: None,
        expires_at: Some(*until),
        minted: RefCell::default(),
    })
}
