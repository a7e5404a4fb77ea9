//! Refresh with rotation and reuse detection (RFC 9700 §4.14.2).
//!
//! A session knows the newest generation of its refresh tokens, and a token says which one it is. A refresh is one
//! conditional `UPDATE` that moves the generation on and leaves no row. An older generation is a reuse, but for the one
//! before the newest within the grace window, from where it was spent: it gets the same successor, so that many at once, or
//! a retry whose answer got lost, end up with one lineage.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::change::Change;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::place::{place, short_hash};
use crate::domain::session::principal;
use crate::domain::session::refresh_token::{self, RefreshToken, current_key};
use crate::domain::session::sessions::{self, TokenSession, Tokens};
use crate::domain::session::standing;
use crate::domain::tenants::{self, MfaPolicy, ResolvedTenant, Tenant};
use crate::domain::throttle::lookups;
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::refresh_tokens::{self, Family, GrantTerms, Spend, Terms};
use crate::store::sessions::Live;

/// A token that was spent.
pub(crate) struct Spent {
    pub(crate) tenant: Rc<Tenant>,
    pub(crate) live: Live,
    /// Its successor.
    pub(crate) next: String,
}

/// Who may spend a token, and how.
pub(crate) struct Sender<'a> {
    /// What tells senders apart: a retry is of the same.
    pub(crate) by: &'a str,
    /// The client that it was granted to; none for a session of the person's own.
    pub(crate) client_id: Option<&'a str>,
    /// The key that was proved.
    pub(crate) jkt: Option<&'a str>,
    /// What the database can hold of what `may_have` says; none if that has to be asked first.
    pub(crate) terms: Option<Option<GrantTerms>>,
}

/// Spends a refresh token for a new pair.
///
/// # Errors
/// [`Refusal::BadCredential`] for one that is unknown, expired, of an ended session, granted to a client, or
/// spent; a spent one that is not a retry within the grace window ends its family. [`Refusal::WrongTenant`]
/// for another tenant's, which is left as it is.
pub(crate) async fn refresh(cx: &Cx, resolved: &ResolvedTenant, token: &str) -> Result<Tokens, Error> {
    let of_tenant = |tenant: &Tenant| Ok(principal::of_tenant(resolved, tenant)?);
    let sender = Sender { by: &cx.caller.user_agent, client_id: None, jkt: None, terms: Some(None) };
    let Spent { tenant, live, next } = spend(cx, token, &sender, of_tenant, |_| Ok(())).await?;
    let Live { id, user, granted, amr, auth_time, .. } = &live;
    let session = TokenSession { id, amr, auth_time: *auth_time, ends_at: live.expires_at };
    let (access, expires_in) = sessions::access_token(cx, &tenant, user, granted, &session).await?;
    Ok(Tokens { access, expires_in, refresh: next })
}

/// Spends a token of a tenant, of which `of_tenant` says whether it may be, for a sender whom `may_have` lets have it.
pub(crate) async fn spend(
    cx: &Cx,
    text: &str,
    sender: &Sender<'_>,
    of_tenant: impl FnOnce(&Tenant) -> Result<(), Error>,
    may_have: impl Fn(&Live) -> Result<(), Error>,
) -> Result<Spent, Error> {
    let token = refresh_token::read(cx, text).await?.ok_or(Refusal::BadCredential)?;
    let tenant = tenants::by_id(cx, &token.tenant_id).await?.ok_or(Refusal::BadCredential)?;
    of_tenant(&tenant)?;
    let next = token.successor().ok_or(Refusal::BadCredential)?;
    let key_id = current_key(cx, &tenant.id)?;
    let by = short_hash(sender.by, 12);
    // What the statement could not hold is decided here, and asked for again then.
    for decided in [false, true] {
        let terms = match (&sender.terms, decided) {
            (_, true) => Some(None),
            (None, false) => None,
            (Some(grant), false) => Some(Some(terms(&tenant, grant.clone()))),
        };
        let (is_spent, found) = match terms {
            None => (false, refresh_tokens::find(cx.db.as_ref(), &token.session_id, cx.now).await?),
            Some(terms) => write(cx, &tenant, &token, sender, &by, &key_id, terms).await?,
        };
        let family = found.filter(|found| found.tenant_id == tenant.id).ok_or(Refusal::BadCredential)?;
        if family.client_id.as_deref() != sender.client_id {
            return Err(Refusal::BadCredential.into());
        }
        let live = family.live.clone().ok_or(Refusal::BadCredential)?;
        let is_sufficient = standing::is_sufficient(&tenant, &live.user, &live.amr);
        if is_spent && is_sufficient {
            count_activity(cx, &family);
            return Ok(Spent { next: next.to_text(cx, &key_id)?, tenant, live });
        }
        may_have(&live)?;
        if !is_sufficient {
            return Err(Refusal::BadCredential.into());
        }
        match state(cx, &tenant, &token, &family, &by) {
            State::Newest if !decided => {}
            State::Repeat => {
                let key_id = family.key_id.as_deref().unwrap_or(&key_id);
                return Ok(Spent { next: next.to_text(cx, key_id)?, tenant, live });
            }
            State::Reused => return Err(end_reused_family(cx, &family).await?),
            State::Newest | State::Unknown => return Err(Refusal::BadCredential.into()),
        }
    }
    Err(Refusal::BadCredential.into())
}

/// What lets a token be spent at once.
fn terms(tenant: &Tenant, grant: Option<GrantTerms>) -> Terms {
    let needs_two = tenant.settings.mfa == MfaPolicy::Required;
    Terms { needs_two, enough: &standing::ENOUGH, grant }
}

async fn write(
    cx: &Cx,
    tenant: &Tenant,
    token: &RefreshToken,
    sender: &Sender<'_>,
    by: &str,
    key_id: &str,
    terms: Option<Terms>,
) -> Result<(bool, Option<Family>), Fault> {
    let lives = |operator| cx.now.plus(tenant.refresh_token_seconds_of(operator));
    let spend = Spend {
        session_id: &token.session_id,
        tenant_id: &tenant.id,
        client_id: sender.client_id,
        jkt: sender.jkt,
        generation: i64::from(token.generation),
        hash: &token.hash(),
        key_id,
        by,
        place: &place(cx),
        until: lives(false),
        until_of_operator: lives(true),
        terms,
        may_repeat: tenant.settings.refresh_grace_seconds > 0,
        now: cx.now,
    };
    let entry = Entry::ok("session.moved").on(&token.session_id).saying(&cx.caller.user_agent);
    refresh_tokens::spend(cx.db.as_ref(), &spend, &audit::event(cx, &tenant.id, entry)).await
}

/// What a token that we made is to its session.
enum State {
    /// It can be spent.
    Newest,
    /// It was spent a moment ago by the same sender, whose answer may have got lost.
    Repeat,
    /// It was spent before.
    Reused,
    /// It is over, was replaced, or is of a time that the database does not know.
    Unknown,
}

fn state(cx: &Cx, tenant: &Tenant, token: &RefreshToken, family: &Family, by: &str) -> State {
    let (own, newest) = (i64::from(token.generation), family.generation);
    let has_secret = family.hash.as_deref() == Some(&token.hash());
    if own > newest || family.replaced == Some(own) {
        return State::Unknown;
    }
    if own == newest {
        return if is_newest(cx, token, family) { State::Newest } else { State::Unknown };
    }
    let in_time = family.spent_at.is_some_and(|at| cx.now < at.plus(tenant.settings.refresh_grace_seconds));
    let again = own + 1 == newest && has_secret && in_time && family.spent_by.as_deref() == Some(by);
    if again { State::Repeat } else { State::Reused }
}

/// Counts the user for this month, once in it: nobody waits for that.
fn count_activity(cx: &Cx, family: &Family) {
    if family.active_month.as_deref() == Some(&cx.now.month()) {
        return;
    }
    let (context, user_id) = (cx.clone(), family.user_id.clone());
    cx.background.run(Box::pin(async move {
        let stmts = [store::usage::count(&user_id, context.now), store::usage::mark(&user_id, context.now)];
        if let Err(fault) = context.db.run(stmts.map(Stmt::repeatable).into()).await {
            context.log_fault("usage", &fault);
        }
    }));
}

/// A spent token came again: whoever has it, its family ends.
async fn end_reused_family(cx: &Cx, family: &Family) -> Result<Error, Error> {
    let entry = Entry::failed("token.reused").by(&family.user_id).on(&family.session_id);
    let mut change = Change::new(cx, &family.tenant_id, entry.saying("the family was ended"));
    change.then_all(store::sessions::end(&family.session_id, cx.now)).ends_sessions_of(&family.user_id);
    change.commit().await?;
    Ok(Refusal::BadCredential.into())
}

/// A token that we made, and what its session knows of it; `None` for others, or if the session is gone.
pub(crate) async fn find(cx: &Cx, text: &str) -> Result<Option<(RefreshToken, Family)>, Fault> {
    let found = match refresh_token::read(cx, text).await? {
        Some(token) => {
            let family = refresh_tokens::find(cx.db.as_ref(), &token.session_id, cx.now).await?;
            family.filter(|family| family.tenant_id == token.tenant_id).map(|family| (token, family))
        }
        None => None,
    };
    if found.is_none() {
        lookups::note_unknown(cx);
    }
    Ok(found)
}

/// Whether a token is its session's newest and not over.
pub(crate) fn is_newest(cx: &Cx, token: &RefreshToken, family: &Family) -> bool {
    family.generation == i64::from(token.generation)
        && family.hash.as_deref() == Some(&token.hash())
        && family.until.is_some_and(|until| cx.now < until)
}

/// A session that was ended.
pub(crate) struct Ended {
    pub(crate) tenant: Rc<Tenant>,
    pub(crate) session_id: String,
}

/// Ends the session that a refresh token belongs to, spent or not. One that is unknown ends nothing, which
/// is what its sender wanted (RFC 7009 §2.2).
pub(crate) async fn end(cx: &Cx, resolved: &ResolvedTenant, token: &str) -> Result<Option<Ended>, Error> {
    let Some((_, found)) = find(cx, token).await? else { return Ok(None) };
    let tenant = tenants::by_id(cx, &found.tenant_id).await?.ok_or(Refusal::BadCredential)?;
    principal::of_tenant(resolved, &tenant)?;
    sessions::end(cx, &tenant.id, &found.user_id, &found.session_id).await?;
    Ok(Some(Ended { tenant, session_id: found.session_id }))
}
