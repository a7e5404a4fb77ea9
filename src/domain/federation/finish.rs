//! The end of a sign-in with a provider: whose account the identity is, and then the walk that every sign-in takes
//! (`domain::sign_in`), with its second factor, limits and audit.

use futures_util::future::join;

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::begin::{Demand, Onward};
use crate::domain::federation::linking::{self, Decision, PendingLink, Person};
use crate::domain::federation::{just_in_time, trials};
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::session::channel::Channel;
use crate::domain::session::principal;
use crate::domain::sign_in::first_factor::{FirstFactor, FirstProof, ProvenIdentity};
use crate::domain::sign_in::{self, Step, organisation};
use crate::domain::tenants::{self, ResolvedTenant, Tenant};
use crate::domain::throttle;
use crate::model::email::Email;
use crate::model::factor::federated;
use crate::model::identity_provider::IdentityProvider;
use crate::model::time::Time;
use crate::ports::Fault;
use crate::store;
use crate::store::identities::{IdentityKey, Known};
use crate::store::sessions::SessionIdentity;
use crate::store::users::User;

/// How far clocks may be apart, in seconds.
const SKEW: i64 = 60;

/// A person whom a provider vouches for.
pub(crate) struct Arrival<'a> {
    pub(crate) provider: &'a IdentityProvider,
    /// What it says of them.
    pub(crate) assertion: ProviderAssertion,
    /// What the way that they came by uses up, and until when each could be used: a state, a credential.
    pub(crate) once: Vec<(String, Time)>,
    /// Whether who has no account gets a trial tenant, where the deployment makes any, and else none.
    pub(crate) may_try: bool,
    /// What comes after, should the person have to prove a local factor first.
    pub(crate) onward: Onward,
}

/// What becomes of a person who comes from a provider.
pub(crate) enum Arrived {
    /// They go on; whether they got their account just now.
    On(Step, bool),
    /// They prove a local factor of the account that has their address first.
    Ask(Box<PendingLink>),
}

/// Whether the sign-in at the provider is as recent as was demanded. An organisation's provider must say so; the others
/// are asked to have the person sign in anew, and do not tell when that was.
///
/// # Errors
/// [`Federation::Forged`].
pub(crate) fn check_recent(
    cx: &Cx,
    provider: &IdentityProvider,
    demand: Demand,
    begun_at: Time,
    at: Option<Time>,
) -> Result<(), Refusal> {
    let refuse = |rule| Err(Refusal::Federation(Federation::Forged(rule)));
    let Some(at) = at.filter(|_| demand.any()) else {
        return match demand.any() && provider.spec.kind.is_organisations() {
            true => refuse("The provider did not say when the person signed in there"),
            false => Ok(()),
        };
    };
    let is_stale = |seconds: i64| at.plus(seconds.saturating_add(SKEW)) < cx.now;
    if (demand.anew && at.plus(SKEW) < begun_at) || demand.max_age.is_some_and(is_stale) {
        return refuse("The person signed in at the provider too long ago");
    }
    Ok(())
}

/// Goes on for a person whom a provider vouches for.
///
/// # Errors
/// [`Federation::Forged`] if the sign-in was used before; [`Federation::NoAddress`], [`Federation::NoAccount`];
/// [`Refusal::Limited`] by client address; as [`sign_in::continue_with`].
pub(crate) async fn arrive(
    cx: &Cx,
    resolved: &ResolvedTenant,
    arrival: Arrival<'_>,
    channel: Channel<'_>,
) -> Result<Arrived, Error> {
    let Arrival { provider, assertion, mut once, may_try, onward } = arrival;
    let tenant = &resolved.tenant;
    once.extend(assertion.once.iter().cloned());
    let email = assertion.email.as_deref().and_then(Email::parse);
    let key = IdentityKey {
        tenant_id: tenant.id.clone(),
        provider_id: provider.id.clone(),
        issuer: assertion.issuer.clone(),
        subject: assertion.subject.clone(),
    };
    if let Some(email) = &email {
        organisation::check_provider(cx, resolved, email, Some(&provider.id)).await?;
    }
    let counted = throttle::from_address(cx, &tenant.id, &tenant.directory);
    let (counted, known) = join(counted, find(cx, tenant, &key, email.as_ref())).await;
    let (counted, known) = (counted?, known?);
    let authoritative =
        email.as_ref().is_some_and(|email| is_authoritative(tenant, provider, &assertion, email));
    let person = Person {
        tenant,
        provider,
        assertion: &assertion,
        key: &key,
        email: email.as_ref(),
        authoritative,
        once: &once,
        may_try,
    };
    let allowed = email.as_ref().map_or(Ok(()), |email| check_domain(resolved, provider, email));
    let settled = match allowed {
        Ok(()) => settle(cx, &person, known).await,
        Err(refusal) => Err(refusal.into()),
    };
    let settled = match settled {
        Ok(settled) => settled,
        Err(Error::Refused(refusal)) => {
            let entry = Entry::failed("login.failed").by(email.as_ref().map_or("-", Email::key));
            audit::write(cx, &tenant.id, entry.saying(format!("{} {refusal:?}", provider.id))).await?;
            return Err(refusal.into());
        }
        Err(broken) => return Err(broken),
    };
    counted.forgive(cx);
    let (identity, user, is_new, is_spent) = match settled {
        Settled::Ask(user) => {
            return Ok(Arrived::Ask(Box::new(PendingLink::of(cx, &person, &user, onward))));
        }
        Settled::Known { identity, user, is_new, is_spent } => (identity, *user, is_new, is_spent),
    };
    let home =
        tenants::by_id(cx, &user.tenant_id).await?.ok_or(Refusal::Federation(Federation::NoAccount))?;
    principal::of_tenant(resolved, &home).map_err(|_| Refusal::Federation(Federation::NoAccount))?;
    let left: &[(String, Time)] = if is_spent { &[] } else { &once };
    let to_use = (key.tenant_id.as_str(), left);
    let changed = just_in_time::update(cx, &home, provider, &assertion, &user, to_use).await?;
    let once = if is_spent || changed.is_some() { Vec::new() } else { once.clone() };
    let proven = ProvenIdentity {
        tenant_id: key.tenant_id.clone(),
        identity: SessionIdentity {
            id: identity,
            provider_id: provider.id.clone(),
            provider_session: assertion.session.as_ref().map(store::json_text),
            until: assertion.session_until,
        },
        email: email.as_ref().map(|email| email.shown().to_owned()),
        once,
    };
    let (user, proof) = (changed.unwrap_or(user), FirstProof::Identity(Box::new(proven)));
    let first = FirstFactor::new(home, user, federated(&assertion.amr), proof);
    match sign_in::continue_with(cx, first, channel).await {
        Ok(step) => Ok(Arrived::On(step, is_new)),
        // What proves it was used before, or the user was disabled meanwhile.
        Err(Error::Refused(Refusal::WrongPassword | Refusal::ChallengeOver)) => Err(used()),
        Err(error) => Err(error),
    }
}

fn used() -> Error {
    Refusal::Federation(Federation::Forged("This sign-in was used before: please start again")).into()
}

async fn find(cx: &Cx, tenant: &Tenant, key: &IdentityKey, email: Option<&Email>) -> Result<Known, Fault> {
    store::identities::find(cx.db.as_ref(), key, &tenant.directory, email.map(Email::key)).await
}

/// Whether a provider is authoritative for an address: by the rules of its kind, or as its verified domain is that of the
/// address.
fn is_authoritative(
    tenant: &Tenant,
    provider: &IdentityProvider,
    assertion: &ProviderAssertion,
    email: &Email,
) -> bool {
    match provider.spec.kind.is_organisations() {
        true => tenant.is_verified_of(&provider.id, email.domain()),
        false => assertion.authoritative,
    }
}

/// Refuses an address of a domain whose people sign in with another provider alone.
fn check_domain(
    resolved: &ResolvedTenant,
    provider: &IdentityProvider,
    email: &Email,
) -> Result<(), Refusal> {
    let Some(domain) = resolved.verified_domain(email.domain()).filter(|domain| domain.is_enforced) else {
        return Ok(());
    };
    if domain.tenant_id == resolved.tenant.id && domain.provider_id == provider.id {
        return Ok(());
    }
    let start = format!("/tenant/{}/sso/{}", domain.tenant_id, domain.provider_id);
    Err(Refusal::Federation(Federation::SsoRequired { start }))
}

/// Whose account it is.
enum Settled {
    Known {
        /// The identity's row.
        identity: String,
        user: Box<User>,
        /// Whether the account was made just now.
        is_new: bool,
        /// Whether the sign-in is used up already.
        is_spent: bool,
    },
    Ask(Box<User>),
}

/// Finds or makes the account. Of several first sign-ins at the same time one makes it, and the others find it.
async fn settle(cx: &Cx, person: &Person<'_>, known: Known) -> Result<Settled, Error> {
    let mut known = known;
    let mut tried = None;
    for _ in 0..2 {
        match linking::decide(person, known)? {
            Decision::SignIn(identity, user) => {
                return Ok(Settled::Known { identity, user, is_new: false, is_spent: false });
            }
            Decision::Ask(user) => return Ok(Settled::Ask(user)),
            Decision::Link(user, is_first_proof) => {
                if let Some(identity) = linking::link(cx, person, &user, is_first_proof).await? {
                    let tenant_id = &user.tenant_id;
                    let now = store::users::by_id(cx.db.as_ref(), tenant_id, &user.id).await?;
                    let user = now.map_or(user, Box::new);
                    return Ok(Settled::Known { identity, user, is_new: false, is_spent: true });
                }
            }
            Decision::Try(_) if !cx.config.trials => {
                return Err(Refusal::Federation(Federation::TrialsClosed).into());
            }
            Decision::Try(email) => {
                if let Some((identity, user)) = trials::make(cx, person, &email).await? {
                    let user = Box::new(user);
                    return Ok(Settled::Known { identity, user, is_new: true, is_spent: true });
                }
                tried = Some(email);
            }
            Decision::Make(email) => {
                if let Some((identity, user)) = linking::make(cx, person, &email).await? {
                    let user = Box::new(user);
                    return Ok(Settled::Known { identity, user, is_new: true, is_spent: true });
                }
            }
        }
        known = find(cx, person.tenant, person.key, person.email).await?;
    }
    match tried {
        Some(email) => Err(trials::refuse(cx, person, &email).await?.map_or_else(used, Error::from)),
        None => Err(used()),
    }
}
