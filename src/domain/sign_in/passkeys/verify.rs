//! What a passkey proves (§7.2): by itself who somebody is, or as a second factor that they are the one who
//! signs in. By itself it takes user verification, and is two factors then: the key, and what unlocks it.

use serde_json::Value;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join;

use crate::crypto::secret::{base64url, stored};
use crate::crypto::webauthn::{Assertion, Expected, Record, Wrong, challenge, verify_assertion};
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::channel::Channel;
use crate::domain::session::principal;
use crate::domain::sign_in::challenges::PendingChallenge;
use crate::domain::sign_in::first_factor::{FirstFactor, FirstProof};
use crate::domain::sign_in::passkeys::ceremony::Of;
use crate::domain::sign_in::passkeys::manage::{Known, list_for_domain};
use crate::domain::sign_in::relying_party::{self, RelyingParty};
use crate::domain::sign_in::walk::Step;
use crate::domain::tenants::{self, ResolvedTenant, Tenant};
use crate::domain::{sign_in, throttle};
use crate::model::factor::{KEY, Method, PRESENT, TWO_FACTORS};
use crate::ports::Fault;
use crate::store;
use crate::store::passkeys::{Ceremony, Passkey, PasskeyOfUser, PasskeyUse, Purpose};
use crate::store::users::User;

/// What a browser needs to use a passkey (§5.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// The challenge, base64url.
    pub(crate) challenge: String,
    /// The domain that the passkey is for.
    pub(crate) rp_id: String,
    /// Which passkeys will do; any, if none is named.
    pub(crate) allow: Vec<Known>,
    /// Whether the user must be verified.
    pub(crate) user_verification: bool,
}

/// Begins a sign-in with a passkey, for an API.
///
/// # Errors
/// [`Refusal::Forbidden`] where the tenant has no passkeys; [`Refusal::Limited`] by client address.
pub(crate) async fn request(cx: &Cx, resolved: &ResolvedTenant, host: &str) -> Result<Request, Error> {
    let tenant = &resolved.tenant;
    if !tenant.settings.passkeys {
        return Err(Refusal::Forbidden.into());
    }
    let object = throttle::of_address(cx, format_args!("{}:passkey-options", tenant.id));
    throttle::window(cx, object, 120, 60).await?;
    begin(cx, tenant, host, None).await
}

/// The same for a login page, which waits for no counter: nothing is read or written for it. `browser` is the value of the
/// browser's own [`COOKIE`](super::COOKIE), so that nobody can have it signed in as somebody else.
///
/// # Errors
/// [`Refusal::Forbidden`] where the tenant has no passkeys.
pub(crate) async fn request_of_page(
    cx: &Cx,
    resolved: &ResolvedTenant,
    host: &str,
    browser: &str,
) -> Result<Request, Error> {
    match resolved.tenant.settings.passkeys {
        true => begin(cx, &resolved.tenant, host, Some(browser)).await,
        false => Err(Refusal::Forbidden.into()),
    }
}

async fn begin(cx: &Cx, tenant: &Tenant, host: &str, browser: Option<&str>) -> Result<Request, Error> {
    let party = relying_party::of(cx, tenant, host).await?;
    let bound_to = browser.map(stored);
    let challenge = signing_in(&tenant.id, bound_to.as_deref()).begin(cx)?;
    Ok(Request { challenge, rp_id: party.id, allow: Vec::new(), user_verification: true })
}

/// Begins the use of a passkey as the second factor of what waits.
///
/// # Errors
/// [`Refusal::ChallengeOver`] of one that takes no passkey; [`Refusal::Limited`] by user.
pub(crate) async fn request_second(
    cx: &Cx,
    waiting: &PendingChallenge,
    host: &str,
) -> Result<Request, Error> {
    let PendingChallenge { tenant, user, row, .. } = waiting;
    if !waiting.methods().contains(&Method::Passkey) {
        return Err(Refusal::ChallengeOver.into());
    }
    let party = relying_party::of(cx, tenant, host).await?;
    let object = format!("{}:passkey-options-of:{}", tenant.id, user.id);
    let limit = throttle::window(cx, object, 60, 60);
    let (limit, allow) = join(limit, list_for_domain(cx, &user.id, &party.id)).await;
    limit?;
    let allow = allow?;
    let challenge = second_of(&tenant.id, &user.id, &row.id).begin(cx)?;
    Ok(Request { challenge, rp_id: party.id, allow, user_verification: false })
}

/// A ceremony by which somebody signs in.
fn signing_in<'a>(tenant_id: &'a str, bound_to: Option<&'a str>) -> Of<'a> {
    Of { tenant_id, user_id: None, purpose: Purpose::SignIn, bound_to }
}

/// A ceremony of what waits for a second factor.
fn second_of<'a>(tenant_id: &'a str, user_id: &'a str, challenge_id: &'a str) -> Of<'a> {
    let (user_id, bound_to) = (Some(user_id), Some(challenge_id));
    Of { tenant_id, user_id, purpose: Purpose::SecondFactor, bound_to }
}

/// Signs in with a passkey alone, `credential` as its `toJSON()` has it; `browser` as in [`request`].
///
/// # Errors
/// [`Refusal::WrongPasskey`] whatever is wrong with it or with its user, [`Refusal::ChallengeOver`],
/// [`Refusal::EmailUnverified`], [`Refusal::Limited`].
pub(crate) async fn sign_in(
    cx: &Cx,
    resolved: &ResolvedTenant,
    host: &str,
    credential: &Value,
    browser: Option<&str>,
    channel: Channel<'_>,
) -> Result<Step, Error> {
    let bound_to = browser.map(stored);
    let of = signing_in(&resolved.tenant.id, bound_to.as_deref());
    let read = Attempt::read(cx, of, credential)?;
    let look_up = async {
        match &read {
            Ok(attempt) => Ok(Some(attempt.look_up(cx).await?)),
            Err(_) => Ok(None),
        }
    };
    let Tenant { id, directory, .. } = resolved.tenant.as_ref();
    let (counted, found) = throttle::from_address_meanwhile(cx, id, directory, look_up).await?;
    let (attempt, found) = match (read, found) {
        (Ok(attempt), Some(found)) => (attempt, found),
        (Err(unread), _) => return Err(unread.refuse(cx, id).await?),
        (Ok(_), None) => return Err(Refusal::ChallengeOver.into()),
    };
    let (passkey, user) = attempt.accept_found(cx, found).await?;
    let tenant = tenants::by_id(cx, &user.tenant_id).await?.ok_or(Refusal::WrongPasskey)?;
    let here = principal::of_tenant(resolved, &tenant).is_ok() && tenant.settings_for(&user).passkeys;
    // Who it is comes from the authenticator here, and must be said (step 6).
    if !here || attempt.assertion.user_handle.as_deref() != Some(user.id.as_bytes()) {
        return Err(attempt.refuse(cx, Some(&user), "is not of this tenant or user").await?);
    }
    let party = relying_party::of(cx, &tenant, host).await?;
    let used = attempt.check(cx, &party, &passkey, &user, true).await?;
    counted.forgive(cx);
    sign_in::require_verified_email(cx, &tenant, &user).await?;
    let amr = vec![KEY, PRESENT, TWO_FACTORS];
    let proved = FirstFactor::new(tenant, user, amr, FirstProof::Passkey(used));
    let step = sign_in::continue_with(cx, proved, channel).await;
    match step {
        // The ceremony was ended by another request, or its user was.
        Err(Error::Refused(Refusal::WrongPassword)) => Err(Refusal::ChallengeOver.into()),
        step => step,
    }
}

/// Looks at a passkey as the second factor of what waits.
///
/// # Errors
/// [`Refusal::WrongPasskey`], [`Refusal::ChallengeOver`].
pub(crate) async fn second(
    cx: &Cx,
    waiting: &PendingChallenge,
    host: &str,
    credential: &Value,
) -> Result<PasskeyUse, Error> {
    let PendingChallenge { tenant, row, .. } = waiting;
    let of = second_of(&tenant.id, &waiting.user.id, &row.id);
    let attempt = match Attempt::read(cx, of, credential)? {
        Ok(attempt) => attempt,
        Err(unread) => return Err(unread.refuse(cx, &tenant.id).await?),
    };
    let found = attempt.look_up(cx).await?;
    let (passkey, user) = attempt.accept_found(cx, found).await?;
    let handle = attempt.assertion.user_handle.as_deref();
    if user.id != waiting.user.id || handle.is_some_and(|handle| handle != user.id.as_bytes()) {
        return Err(attempt.refuse(cx, Some(&user), "is another user's").await?);
    }
    let party = relying_party::of(cx, tenant, host).await?;
    attempt.check(cx, &party, &passkey, &user, false).await
}

/// Why what was sent belongs to no ceremony.
enum Unread {
    Shape,
    Over,
}

impl Unread {
    async fn refuse(self, cx: &Cx, tenant_id: &str) -> Result<Error, Fault> {
        match self {
            Unread::Shape => refuse(cx, tenant_id, None, Wrong::Shape.name()).await,
            Unread::Over => Ok(Refusal::ChallengeOver.into()),
        }
    }
}

/// An assertion and the ceremony that it says it belongs to.
struct Attempt {
    ceremony: Ceremony,
    assertion: Assertion,
    challenge: String,
}

impl Attempt {
    /// What was sent, as far as it can be read without asking anybody.
    fn read(cx: &Cx, of: Of<'_>, credential: &Value) -> Result<Result<Attempt, Unread>, Fault> {
        let assertion = Assertion::parse(credential).ok();
        let parsed = assertion.and_then(|one| Some((challenge(&one.client_data)?, one)));
        let Some((challenge, assertion)) = parsed else { return Ok(Err(Unread::Shape)) };
        let ceremony = of.of_challenge(cx, &challenge)?;
        Ok(ceremony.map(|ceremony| Attempt { ceremony, assertion, challenge }).ok_or(Unread::Over))
    }

    /// Looks up the ceremony, the passkey and its user.
    async fn look_up(&self, cx: &Cx) -> Result<PasskeyOfUser, Fault> {
        let id = base64url(&self.assertion.id);
        store::passkeys::find(cx.db.as_ref(), &self.ceremony, &id, cx.now).await
    }

    /// The passkey and its user, if the ceremony is under way.
    async fn accept_found(&self, cx: &Cx, found: PasskeyOfUser) -> Result<(Passkey, User), Error> {
        let PasskeyOfUser { under_way, passkey } = found;
        if !under_way {
            return Err(Refusal::ChallengeOver.into());
        }
        match passkey {
            Some(found) => Ok(found),
            None => Err(self.refuse(cx, None, "is unknown").await?),
        }
    }

    async fn refuse(&self, cx: &Cx, user: Option<&User>, why: &str) -> Result<Error, Fault> {
        refuse(cx, &self.ceremony.tenant_id, user, why).await
    }

    /// Checks that the passkey was used rightly.
    async fn check(
        self,
        cx: &Cx,
        party: &RelyingParty,
        passkey: &Passkey,
        user: &User,
        user_verification: bool,
    ) -> Result<PasskeyUse, Error> {
        if passkey.rp_id != party.id {
            return Err(self.refuse(cx, Some(user), Wrong::RpId.name()).await?);
        }
        let bytes = |text: &str| {
            URL_SAFE_NO_PAD.decode(text).map_err(|_| Fault::new("passkeys", "a column is not base64url"))
        };
        let record = Record {
            id: bytes(&passkey.credential_id)?,
            public_key: bytes(&passkey.public_key)?,
            sign_count: passkey.sign_count,
            backup_eligible: passkey.backup_eligible,
            backed_up: passkey.backed_up,
        };
        let (challenge, origins) = (self.challenge.as_str(), party.origins.as_slice());
        let expected = Expected { challenge, rp_id: &party.id, origins, user_verification };
        match verify_assertion(&expected, &record, &self.assertion) {
            Ok(said) => Ok(PasskeyUse {
                id: passkey.id.clone(),
                user_id: user.id.clone(),
                ceremony: self.ceremony,
                sign_count: said.sign_count,
                backed_up: said.backed_up,
            }),
            Err(Wrong::Counter) => {
                let entry = Entry::failed("passkey.cloned").by(&user.id).on(&passkey.id);
                audit::write(cx, &user.tenant_id, entry).await?;
                Err(Refusal::WrongPasskey.into())
            }
            Err(wrong) => Err(self.refuse(cx, Some(user), wrong.name()).await?),
        }
    }
}

/// A passkey that is refused: told in the log of its user's tenant, if there is one.
async fn refuse(cx: &Cx, tenant_id: &str, user: Option<&User>, why: &str) -> Result<Error, Fault> {
    let entry = Entry::failed("login.failed").by(user.map_or("-", |user| &user.id));
    let entry = entry.saying(format!("passkey {why}"));
    audit::write(cx, user.map_or(tenant_id, |user| &user.tenant_id), entry).await?;
    Ok(Refusal::WrongPasskey.into())
}
