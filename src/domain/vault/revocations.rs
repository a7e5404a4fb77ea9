//! Giving tokens back (RFC 7009, or the provider's own way). What is owed is written in the batch that deletes a connection,
//! a person, a provider or a tenant, so a crash loses nothing. It is tried right after the answer, and again by cron with
//! growing delays until the provider takes it or a day has passed. Then the person is told, who can end the access there.

use std::cell::RefCell;

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::delivery::{self, AT_ONCE, Outcome};
use crate::domain::mailing::{Changed, Outgoing, dispatch};
use crate::domain::tenants::{self, HOME, Tenant};
use crate::domain::upstream::revoke::end_consent;
use crate::domain::upstream::{Error as UpstreamError, Upstream};
use crate::domain::vault::sealing::{self, Column, Place};
use crate::domain::vault::{notices, registry, secrets};
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::vault_providers::StoredProvider;
use crate::store::vault_revocations::{Delays, Orphaned, Revocation, done};

/// After a minute, then twice as long each time, at most four hours.
const DELAYS: Delays = Delays { first: 60_000, longest: 4 * 3_600_000 };
/// How long it is tried, in seconds.
const TRIED_FOR: i64 = 86_400;
/// Rounds in one run.
const ROUNDS: usize = 5;

/// Gives back, after the answer, what is owed by now.
pub(crate) fn deliver_in_background(cx: &Cx) {
    let context = cx.clone();
    cx.background.run(Box::pin(async move {
        if let Err(fault) = deliver_due(&context).await {
            context.log_fault("vault.revocations", &fault);
        }
    }));
}

/// Gives back everything that is due.
pub(crate) async fn deliver_due(cx: &Cx) -> Result<(), Fault> {
    for _ in 0..ROUNDS {
        let leased = store::vault_revocations::take_due(cx.db.as_ref(), &DELAYS, AT_ONCE, cx.now).await?;
        if leased.is_empty() {
            break;
        }
        let letters = RefCell::new(Vec::new());
        let settle = async |revocation: &Revocation, outcome| settle(cx, revocation, outcome, &letters).await;
        delivery::round(cx, &leased, async |revocation| give_back(cx, revocation).await, settle).await?;
        for id in letters.take() {
            dispatch(cx, id);
        }
    }
    Ok(())
}

/// What is written of a try: the log knows what became of it, and what has expired is owed no more, which its person is told.
/// `letters` gets the ids of mails.
async fn settle(
    cx: &Cx,
    revocation: &Revocation,
    outcome: Outcome,
    letters: &RefCell<Vec<String>>,
) -> Result<Vec<Stmt>, Fault> {
    let is_taken = matches!(outcome, Outcome::Taken);
    let id = &revocation.connection_id;
    let said = |text: String| format!("{}: {text}", revocation.provider_id);
    let failed = |text: String| Entry::failed("vault.revoked").by("system").on(id).saying(said(text));
    let (over, entry) = match outcome {
        Outcome::Taken => {
            (true, Entry::ok("vault.revoked").by("system").on(id).saying(&revocation.provider_id))
        }
        Outcome::Refused(problem) => (true, failed(format!("{problem}, for good"))),
        Outcome::NotNow(problem) if revocation.next_at >= revocation.created_at.plus(TRIED_FOR) => {
            (true, failed(format!("{problem}, given up after {} tries", revocation.attempts)))
        }
        Outcome::NotNow(problem) => (false, failed(format!("{problem}, try {}", revocation.attempts))),
    };
    let tenant = tenants::by_id(cx, &revocation.tenant_id).await?;
    // A tenant that was deleted has no log any more: another one may have its name by now.
    let event = audit::row(cx, tenant.as_ref().map_or(HOME, |tenant| &tenant.id), entry);
    let mut stmts: Vec<Stmt> = over.then(|| done(&revocation.id)).into_iter().chain([event]).collect();
    if let (true, false, Some(tenant)) = (over, is_taken, tenant)
        && let Some(letter) = letter(cx, &tenant, revocation).await?
    {
        stmts.extend(letter.stmts);
        letters.borrow_mut().push(letter.id);
    }
    Ok(stmts)
}

/// Tells the person that the access may still be good; none if they are deleted.
async fn letter(cx: &Cx, tenant: &Tenant, revocation: &Revocation) -> Result<Option<Outgoing>, Fault> {
    let Some(user_id) = &revocation.user_id else { return Ok(None) };
    let entry = revocation.spec.as_ref().and_then(|spec| secrets::entry_of(&revocation.provider_id, spec));
    let service = entry.as_ref().map_or(&revocation.provider_id, |entry| &entry.name);
    notices::write(cx, tenant, user_id, Changed::RevocationFailed, service).await
}

/// Has tokens given back that a provider gave for a connection which is not there to have them.
pub(super) async fn owe_orphaned(cx: &Cx, orphaned: &Orphaned<'_>) -> Result<(), Fault> {
    let owed = store::vault_revocations::owe_orphaned(orphaned, cx.now);
    if !store::one(cx.db.as_ref(), owed).await?.is_empty() {
        deliver_in_background(cx);
    }
    Ok(())
}

async fn give_back(cx: &Cx, revocation: &Revocation) -> Outcome {
    let upstream = match upstream_of(cx, revocation) {
        Ok(Some(upstream)) => upstream,
        Ok(None) => return Outcome::Refused("the provider is not known any more".into()),
        Err(fault) => return Outcome::Refused(fault.0),
    };
    if upstream.endpoints.revocation.is_none() {
        return Outcome::Refused("the provider takes no tokens back".into());
    }
    let place = Place {
        tenant_id: &revocation.tenant_id,
        binding: &revocation.binding,
        connection_id: &revocation.connection_id,
    };
    let open = |column, sealed: &Option<String>| {
        sealed.as_ref().map(|sealed| sealing::open(cx, &place, column, sealed)).transpose()
    };
    let opened = open(Column::Access, &revocation.sealed_access)
        .and_then(|access| Ok((access, open(Column::Refresh, &revocation.sealed_refresh)?)));
    let (access, refresh) = match opened {
        Ok(tokens) => tokens,
        Err(fault) => return Outcome::Refused(fault.0),
    };
    let (access, refresh) =
        (access.as_ref().map(|token| token.as_str()), refresh.as_ref().map(|token| token.as_str()));
    match end_consent(cx, &upstream, access, refresh).await {
        Ok(()) => Outcome::Taken,
        Err(UpstreamError::Declined(code)) => Outcome::Refused(format!("the provider answered {code}")),
        Err(UpstreamError::Busy { .. }) => Outcome::NotNow("the provider asked us to wait".into()),
        Err(UpstreamError::Late) => Outcome::NotNow("the provider did not answer".into()),
        Err(UpstreamError::Failed(why)) => Outcome::NotNow(why),
        Err(other) => Outcome::NotNow(format!("{other:?}")),
    }
}

/// The provider as it was when the connection ended.
fn upstream_of(cx: &Cx, revocation: &Revocation) -> Result<Option<Upstream>, Fault> {
    let Some(spec) = revocation.spec.clone() else { return Ok(None) };
    let stored = StoredProvider {
        id: revocation.provider_id.clone(),
        spec,
        sealed_secret: revocation.sealed_secret.clone(),
        updated_at: revocation.created_at,
    };
    let provider = registry::resolve(cx, &revocation.tenant_id, stored)?;
    provider.map(|provider| provider.upstream()).transpose()
}
