//! DPoP proofs (RFC 9449) of a request: what they are held to, once each, and who learns of those that are refused.

use std::rc::Rc;

use crate::crypto::secret::{base64url, stored};
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::credential::Credential;
use crate::domain::session::lookup::by_access_token;
use crate::domain::tenants::{Tenant, is_own_host};
use crate::domain::throttle;
use crate::model::host::canonical;
use crate::oidc::dpop::{self, Expected, FORGOTTEN_AFTER, NONCE_SLOT, Proof, Wrong};
use crate::ports::{Act, Count, CounterCall, Fault, Rule, Tally};

/// A proof as it was sent, with the request that it came with.
#[derive(Debug, Clone, Copy, Default)]
pub struct SentProof<'a> {
    /// The `DPoP` header field.
    pub field: Option<&'a str>,
    /// The request's method.
    pub method: &'a str,
    /// The host that it was sent to.
    pub host: &'a str,
    /// The path, as it was sent.
    pub path: &'a str,
}

/// The token of `Authorization: DPoP`, with its proof.
#[derive(Debug, Clone, Copy, Default)]
pub struct BoundToken<'a> {
    /// The access token.
    pub token: &'a str,
    /// The proof.
    pub proof: SentProof<'a>,
}

/// What many proofs of one key and the same moment may be.
const MOST_AT_ONCE: u32 = 10_000;

/// Proofs of one key that say so many seconds are counted by one object.
const TOGETHER: i64 = 20;

/// The nonces of now and just before, the one that is handed out first: whoever has not our key cannot make the next one.
/// Nothing is stored of them.
fn nonces(cx: &Cx, tenant: &Tenant) -> Result<Vec<String>, Fault> {
    let sealer = cx.sealer(&tenant.id, "dpop-nonce")?;
    let slot = cx.now.unix() / NONCE_SLOT;
    let macs = [slot, slot - 1].into_iter().flat_map(|slot| sealer.macs(slot.to_string().as_bytes()));
    Ok(macs.map(|mac| base64url(mac.get(..16).unwrap_or_default())).collect())
}

/// Checks a proof for a request to a host of this deployment: its own, the tenant's, or `host`, which a route names. The
/// answer has a fresh nonce where the tenant asks for them.
///
/// # Errors
/// The rule that it breaks.
pub(crate) fn check(
    cx: &Cx,
    tenant: &Tenant,
    sent: &SentProof<'_>,
    token: Option<&str>,
    host: Option<&str>,
) -> Result<Result<Proof, Wrong>, Fault> {
    let nonces = nonces(cx, tenant)?;
    let asked = canonical(sent.host);
    let scheme = cx.config.origin.split(':').next().unwrap_or("https");
    let origin = format!("{scheme}://{asked}");
    let is_known = is_own_host(cx, &asked) || origin == tenant.origin || host == Some(&*asked);
    let needs_nonce = tenant.settings.require_dpop_nonce;
    let expected = Expected {
        method: sent.method,
        origin: &origin,
        path: sent.path,
        access_token: token,
        needs_nonce,
        nonces: &nonces,
        now: cx.now.unix(),
    };
    let checked = match sent.field {
        None => Err(Wrong::Proof("there is none")),
        // A caller may write anything into `Host`: what is proved to another server is not proved to us.
        Some(_) if !is_known => Err(Wrong::Proof("the request's host is none that proofs can name")),
        Some(field) => dpop::check(field, &expected),
    };
    if needs_nonce || checked == Err(Wrong::Nonce) {
        cx.caller.nonce.replace(nonces.into_iter().next());
    }
    Ok(checked)
}

/// Takes a proof, exactly once, however many try at the same time (§11.1). This is no limit, so nobody is let off it.
pub(crate) async fn take(cx: &Cx, tenant: &Tenant, proof: &Proof) -> Result<bool, Fault> {
    let object = format!("{}:dpop:{}:{}", tenant.id, proof.jkt, proof.issued_at.div_euclid(TOGETHER));
    let tally = |name: String, limit| Tally { name, rule: Rule::Window { limit, seconds: FORGOTTEN_AFTER } };
    let tallies = vec![tally(stored(&proof.jti), 1), tally("all".into(), MOST_AT_ONCE)];
    let verdict = cx
        .counters
        .count(CounterCall { object: object.into(), steps: vec![Count { act: Act::Take, tallies }] })
        .await?;
    Ok(verdict.admitted)
}

/// Writes down that a proof was refused, as long as its address does not make too many such rows.
///
/// # Errors
/// [`Refusal::Limited`].
pub(crate) async fn note_refusal(cx: &Cx, tenant: &Tenant, actor: &str, reason: &str) -> Result<(), Error> {
    throttle::window(cx, throttle::of_address(cx, format_args!("{}:dpop-refused", tenant.id)), 60, 60)
        .await?;
    Ok(audit::write(cx, &tenant.id, Entry::failed("dpop.refused").by(actor).saying(reason)).await?)
}

/// Whom a token authenticates that is bound to a key, for who proves to hold that; `None` for a token that is none, or
/// bound to nothing. `host` is a host besides ours that the request may have been sent to.
///
/// # Errors
/// [`Refusal::BadProof`], [`Refusal::NonceNeeded`]; as [`by_access_token`].
pub(crate) async fn by_bound_token(
    cx: &Cx,
    bound: &BoundToken<'_>,
    host: Option<&str>,
) -> Result<Option<Rc<Credential>>, Error> {
    let Some(found) = by_access_token(cx, bound.token).await? else { return Ok(None) };
    let Some(cnf) = &found.cnf else { return Ok(None) };
    let reason = match check(cx, &found.tenant, &bound.proof, Some(bound.token), host)? {
        Err(Wrong::Nonce) => return Err(Refusal::NonceNeeded.into()),
        Err(Wrong::Proof(reason)) => reason,
        Ok(proof) if proof.jkt != cnf.jkt => "it is not of the key that the token is bound to",
        Ok(proof) if take(cx, &found.tenant, &proof).await? => return Ok(Some(found)),
        Ok(_) => "it was used before",
    };
    note_refusal(cx, &found.tenant, found.actor(), reason).await?;
    Err(Refusal::BadProof(reason).into())
}

/// Whom a token authenticates that whoever bears may use: none that is bound to a key (§7.2).
///
/// # Errors
/// As [`by_access_token`].
pub(crate) async fn by_bearer(cx: &Cx, token: &str) -> Result<Option<Rc<Credential>>, Error> {
    refuse_bound(cx, by_access_token(cx, token).await?).await
}

/// Refuses a token that is bound to a key, as it came without a proof.
///
/// # Errors
/// As [`note_refusal`].
pub(crate) async fn refuse_bound(
    cx: &Cx,
    found: Option<Rc<Credential>>,
) -> Result<Option<Rc<Credential>>, Error> {
    if let Some(bound) = found.as_ref().filter(|found| found.cnf.is_some()) {
        note_refusal(cx, &bound.tenant, bound.actor(), "its token came as a bearer token").await?;
        return Ok(None);
    }
    Ok(found)
}
