//! Adding a passkey (§7.1), in a session of the person whose it is to be.

use serde_json::Value;

use crate::crypto::secret::base64url;
use crate::crypto::webauthn::{ALGORITHMS, Expected, Registration, Wrong, challenge, verify_registration};
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::mailing::{self, Changed, Letter};
use crate::domain::refusal::{Error, PASSKEY_TAKEN, Refusal, TOO_MANY_PASSKEYS, invalid};
use crate::domain::session::principal::OwnSession;
use crate::domain::session::recency::Lasting;
use crate::domain::sign_in::passkeys::ceremony::Of;
use crate::domain::sign_in::passkeys::manage::{Known, MOST, checked_name, list_for_domain, may_change, own};
use crate::domain::sign_in::{fresh_sign_in, relying_party};
use crate::model::agent;
use crate::model::factor::has_two;
use crate::model::reason::Reason;
use crate::store;
use crate::store::passkeys::{Adding, Ceremony, Passkey, Purpose};
use crate::store::users::User;

/// What a browser needs to make a passkey (§5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Creation {
    /// The challenge, base64url.
    pub(crate) challenge: String,
    /// The domain that it is for.
    pub(crate) rp_id: String,
    /// The tenant's name.
    pub(crate) rp_name: String,
    /// The user's id, base64url: what the authenticator knows them by.
    pub(crate) user_handle: String,
    /// The user's address.
    pub(crate) email: String,
    /// What the user is called.
    pub(crate) name: String,
    /// COSE's numbers of the algorithms that we check, by preference.
    pub(crate) algorithms: &'static [i64],
    /// The passkeys that they have here already.
    pub(crate) exclude: Vec<Known>,
}

/// Begins to add a passkey for the caller.
///
/// # Errors
/// As [`fresh_sign_in::require`]; [`Refusal::MfaRequired`]; [`Refusal::Conflict`] beyond twenty; [`Refusal::Forbidden`] where the
/// tenant has no passkeys.
pub(crate) async fn creation(
    cx: &Cx,
    session: &OwnSession,
    host: &str,
    password: Option<&str>,
) -> Result<Creation, Error> {
    let (user, factors) = own(cx, session).await?;
    may_change(session, &user, &factors)?;
    fresh_sign_in::require(cx, session, Lasting::Factor, password).await?;
    if factors.passkeys >= MOST {
        return Err(too_many());
    }
    let party = relying_party::of(cx, &session.tenant, host).await?;
    let exclude = list_for_domain(cx, &user.id, &party.id).await?;
    let challenge = adding(session, &user).begin(cx)?;
    Ok(Creation {
        challenge,
        rp_id: party.id,
        rp_name: session.tenant.name.clone(),
        user_handle: base64url(user.id.as_bytes()),
        name: user.name.unwrap_or_else(|| user.email.clone()),
        email: user.email,
        algorithms: &ALGORITHMS,
        exclude,
    })
}

/// A ceremony that adds a passkey in a session.
fn adding<'a>(session: &'a OwnSession, user: &'a User) -> Of<'a> {
    let bound_to = session.session_id.as_deref();
    Of { tenant_id: &user.tenant_id, user_id: Some(&user.id), purpose: Purpose::Register, bound_to }
}

fn too_many() -> Error {
    TOO_MANY_PASSKEYS.into()
}

fn wrong(wrong: Wrong) -> Error {
    invalid("credential", Reason::Passkey(wrong.name()))
}

/// What is sent to add a passkey.
pub(crate) struct NewPasskey<'a> {
    /// What the browser made, as its `toJSON()` has it.
    pub(crate) credential: &'a Value,
    /// What it is to be called; after the device without one.
    pub(crate) name: Option<&'a str>,
    /// The password, of a user who did not just sign in.
    pub(crate) password: Option<&'a str>,
}

/// Adds the passkey that a browser made, and tells the user by mail.
///
/// # Errors
/// [`Refusal::Invalid`] with what is wrong with it; and as [`creation`].
pub(crate) async fn register(
    cx: &Cx,
    session: &OwnSession,
    host: &str,
    new: NewPasskey<'_>,
) -> Result<Passkey, Error> {
    let NewPasskey { credential, name, password } = new;
    let device = agent::device(&cx.caller.user_agent);
    let name = checked_name(name.or(device.as_deref()).unwrap_or("Passkey"))?;
    let registration = Registration::parse(credential).map_err(wrong)?;
    let challenge = challenge(&registration.client_data).ok_or_else(|| wrong(Wrong::Challenge))?;
    let (user, factors) = own(cx, session).await?;
    may_change(session, &user, &factors)?;
    fresh_sign_in::require(cx, session, Lasting::Factor, password).await?;
    let party = relying_party::of(cx, &session.tenant, host).await?;
    // Whether the challenge was used already, the last statement sees.
    let expected = Expected {
        challenge: &challenge,
        rp_id: &party.id,
        origins: &party.origins,
        user_verification: false,
    };
    let record = verify_registration(&expected, &registration).map_err(wrong)?;
    let passkey = Passkey {
        id: cx.id(),
        tenant_id: user.tenant_id.clone(),
        user_id: user.id.clone(),
        credential_id: base64url(&record.id),
        rp_id: party.id,
        public_key: base64url(&record.public_key),
        sign_count: record.sign_count,
        backup_eligible: record.backup_eligible,
        backed_up: record.backed_up,
        transports: registration.transports,
        name: name.to_owned(),
        created_at: cx.now,
        last_used_at: None,
    };
    let ceremony = adding(session, &user).of_challenge(cx, &challenge)?;
    let ceremony = ceremony.ok_or_else(|| wrong(Wrong::Challenge))?;
    let adding = Adding { user_id: &user.id, most: MOST, two_factors: has_two(&session.amr) };
    let entry = Entry::ok("passkey.added").by(&user.id).on(&passkey.id);
    let mut change = Change::new(cx, &user.tenant_id, entry);
    change
        .first([store::passkeys::begin(&ceremony, cx.now)])
        .take(store::passkeys::take(&ceremony, &passkey.credential_id, &adding, cx.now))
        .then(store::passkeys::insert(&passkey))
        .tell(mailing::write(cx, &session.tenant, &user, Letter::Changed(Changed::PasskeyAdded)).await?);
    if change.commit().await?.is_none() {
        return Err(why_not(cx, session, &ceremony, &passkey.credential_id).await?);
    }
    Ok(passkey)
}

/// Why a passkey was not added.
async fn why_not(
    cx: &Cx,
    session: &OwnSession,
    ceremony: &Ceremony,
    credential_id: &str,
) -> Result<Error, Error> {
    let found = store::passkeys::find(cx.db.as_ref(), ceremony, credential_id, cx.now).await?;
    if !found.under_way {
        return Ok(wrong(Wrong::Challenge));
    }
    if found.passkey.is_some() {
        return Ok(PASSKEY_TAKEN.into());
    }
    let (user, factors) = own(cx, session).await?;
    may_change(session, &user, &factors)?;
    // The session has ended, but is remembered here for another moment.
    Ok(if factors.passkeys >= MOST { too_many() } else { Refusal::BadCredential.into() })
}
