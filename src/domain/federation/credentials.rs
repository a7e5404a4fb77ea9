//! Signing in with what an app or a page got from Google or Microsoft itself: a credential that is verified here, and not a
//! code that is redeemed there.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::federation::assertion::ProviderAssertion;
use crate::domain::federation::begin::Onward;
use crate::domain::federation::finish::{self, Arrival, Arrived};
use crate::domain::federation::kinds::{google, microsoft};
use crate::domain::providers::{self, Usable};
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::session::channel::Channel;
use crate::domain::tenants::{ResolvedTenant, Tenant};
use crate::domain::throttle::{self, lookups};
use crate::memo::Slot;
use crate::model::identity_provider::{IdentityProvider, Kind};
use crate::model::time::Time;
use crate::ports::{CounterObject, Verdict};

/// What an app got.
#[derive(Clone, Copy)]
pub(crate) enum Credential<'a> {
    /// Google's ID token, which its button hands over.
    Google(&'a str),
    /// Microsoft's access token, for our own API or for Graph.
    MicrosoftAccess(&'a str),
    /// Microsoft's ID token.
    MicrosoftId(&'a str),
}

impl Credential<'_> {
    /// The client that it says it is for or was given to: ours there, if it is for us.
    fn client(self) -> Option<String> {
        match self {
            Credential::Google(text) => google::audience(text),
            Credential::MicrosoftAccess(text) | Credential::MicrosoftId(text) => microsoft::client(text),
        }
    }

    /// Our client id at a provider, if that makes such credentials.
    fn client_at(self, provider: &IdentityProvider) -> Option<&str> {
        match (self, &provider.spec.kind) {
            (Credential::Google(_), Kind::Google(google)) => Some(&google.client_id),
            (Credential::MicrosoftAccess(_) | Credential::MicrosoftId(_), Kind::Microsoft(microsoft)) => {
                Some(&microsoft.client_id)
            }
            _ => None,
        }
    }

    async fn verify(self, cx: &Cx, provider: &IdentityProvider) -> Result<ProviderAssertion, Error> {
        match self {
            Credential::Google(text) => google::verify_credential(cx, provider, text).await,
            Credential::MicrosoftAccess(text) => microsoft::verify_access_token(cx, provider, text).await,
            Credential::MicrosoftId(text) => microsoft::verify_id_token(cx, provider, text).await,
        }
    }
}

/// Goes on for a person whose app presents such a credential, and the provider that made it. Where no tenant is named, one
/// whom nobody knows gets a trial tenant.
///
/// # Errors
/// [`Federation::NotConfigured`] if it is for none of our clients; [`Federation::TrialsClosed`]; as [`finish::arrive`].
pub(crate) async fn arrive(
    cx: &Cx,
    resolved: &ResolvedTenant,
    credential: Credential<'_>,
    channel: Channel<'_>,
) -> Result<(Rc<Usable>, Arrived), Error> {
    check_may_be_asked(cx, &resolved.tenant, credential)?;
    let verified = async {
        let usable = choose(cx, &resolved.tenant, credential).await?;
        let assertion = credential.verify(cx, &usable.provider).await?;
        Ok((usable, assertion))
    };
    let (usable, assertion) = match verified.await {
        Ok(verified) => verified,
        Err(Error::Refused(refusal)) => return Err(refuse(cx, &resolved.tenant, refusal).await?),
        Err(broken) => return Err(broken),
    };
    let may_try = !resolved.explicit;
    // It is the app's for as long as it is good: who has it may present it again.
    let arrival = Arrival {
        provider: &usable.provider,
        assertion,
        once: Vec::new(),
        may_try,
        onward: Onward::default(),
    };
    let arrived = finish::arrive(cx, resolved, arrival, channel).await?;
    Ok((usable, arrived))
}

/// The provider of the tenant that a credential is for.
async fn choose(cx: &Cx, tenant: &Tenant, credential: Credential<'_>) -> Result<Rc<Usable>, Error> {
    let all = providers::all_enabled(cx, tenant).await?;
    let mut ours = all.into_iter().filter(|one| credential.client_at(&one.provider).is_some()).peekable();
    if ours.peek().is_none() {
        return Err(Refusal::Federation(Federation::NotConfigured).into());
    }
    let client =
        credential.client().ok_or(Refusal::Federation(Federation::Forged("The credential is none")))?;
    let found = ours.find(|one| credential.client_at(&one.provider) == Some(client.as_str()));
    Ok(found.ok_or(Refusal::Federation(Federation::NotConfigured))?)
}

/// Refused credentials that one address can have written down in a minute.
const A_MINUTE: u32 = 40;

/// Addresses that had too many credentials refused at a tenant, as this isolate has heard.
struct HeldOff;

impl Slot for HeldOff {
    type Key = String;
    type Value = Time;
    const CAPACITY: usize = 1_000;
}

fn refused_object(cx: &Cx, tenant: &Tenant) -> String {
    format!("{}:credential-refused:{}", tenant.id, cx.address_bucket())
}

/// Whether a token that only Microsoft can verify may be asked about: not for an address that had too many refused, so that
/// nobody has us ask Graph without end about what they made up. It is known without asking anybody.
fn check_may_be_asked(cx: &Cx, tenant: &Tenant, credential: Credential<'_>) -> Result<(), Refusal> {
    let Credential::MicrosoftAccess(_) = credential else { return Ok(()) };
    let known = cx.memo::<HeldOff>().get(&refused_object(cx, tenant), cx.now);
    let Some(until) = known.filter(|_| !cx.caller.unlimited) else { return Ok(()) };
    let reset = u32::try_from((until.0 - cx.now.0 + 999) / 1000).unwrap_or(1);
    let verdict = Verdict { admitted: false, first_refusal: false, limit: A_MINUTE, remaining: 0, reset };
    Err(Refusal::Limited(verdict))
}

/// Writes down that a credential was refused; whoever makes such up is held off.
///
/// # Errors
/// [`Refusal::Limited`].
async fn refuse(cx: &Cx, tenant: &Tenant, refusal: Refusal) -> Result<Error, Error> {
    if let Refusal::Federation(why) = &refusal {
        let is_callers = !matches!(why, Federation::Failed { .. } | Federation::Late { .. });
        if is_callers {
            lookups::note_unknown(cx);
        }
        let object = refused_object(cx, tenant);
        if let Err(limited) =
            throttle::window(cx, CounterObject::of_address(object.clone()), A_MINUTE, 60).await
        {
            if let Error::Refused(Refusal::Limited(verdict)) = &limited {
                let until = cx.now.plus(i64::from(verdict.reset));
                cx.memo::<HeldOff>().put(object, until, cx.now, until);
            }
            return Err(limited);
        }
        audit::write(cx, &tenant.id, Entry::failed("login.failed").by("-").saying(format!("{why:?}")))
            .await?;
    }
    Ok(refusal.into())
}
