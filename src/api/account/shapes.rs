//! Answers that several endpoints of the account API give.

use serde::Serialize;

use crate::cx::Cx;
use crate::domain::session::sessions::{self, SessionSecret};
use crate::domain::sign_in::Step;
use crate::domain::sign_in::app_enrolment::Enrolling;
use crate::domain::sign_in::challenges::PendingChallenge;
use crate::domain::sign_in::signed_in::SignedIn;
use crate::ports::Fault;
use crate::store::users;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Failure {
    /// With `sso_required`: where the person signs in.
    #[serde(rename = "authUrl", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(super) auth_url: Option<String>,
    /// A code in lower case, as `invalid_credentials`.
    pub(super) error: String,
    pub(super) message: String,
    /// With a 500: the request's id, which the log has too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(super) request_id: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Message {
    pub(super) message: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(untagged)]
pub(super) enum SignIn {
    SignedIn(Tokens),
    SecondFactor(Challenge),
}

impl SignIn {
    /// Where a sign-in stands: signed in, or before the second factor.
    ///
    /// # Errors
    /// As [`Tokens::signed_in`], as [`Challenge::of`].
    pub(super) fn of(cx: &Cx, step: Step) -> Result<SignIn, Fault> {
        Ok(match step {
            Step::SignedIn(signed_in) => SignIn::SignedIn(Tokens::signed_in(*signed_in)?),
            Step::Second(waiting) => SignIn::SecondFactor(Challenge::of(cx, &waiting)?),
        })
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Tokens {
    access_token: String,
    /// After a second factor was set up: codes for when it fails, shown this once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    backup_codes: Vec<String>,
    /// Life of the access token in seconds.
    expires_in: i64,
    refresh_token: String,
    token_type: &'static str,
    /// At login.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    user: Option<User>,
}

impl From<sessions::Tokens> for Tokens {
    fn from(tokens: sessions::Tokens) -> Tokens {
        Tokens {
            access_token: tokens.access,
            backup_codes: Vec::new(),
            expires_in: tokens.expires_in,
            refresh_token: tokens.refresh,
            token_type: "Bearer",
            user: None,
        }
    }
}

impl Tokens {
    /// The tokens and their user.
    ///
    /// # Errors
    /// As [`of_an_api`].
    pub(super) fn signed_in(signed_in: SignedIn) -> Result<Tokens, Fault> {
        let (user, backup_codes) = (Some(signed_in.user.into()), signed_in.backup_codes);
        Ok(Tokens { backup_codes, user, ..of_an_api(signed_in.session_secret)?.into() })
    }
}

/// The tokens of a session.
///
/// # Errors
/// A fault for a session that is a browser's.
pub(super) fn of_an_api(secret: SessionSecret) -> Result<sessions::Tokens, Fault> {
    match secret {
        SessionSecret::Tokens(tokens) => Ok(tokens),
        SessionSecret::Cookie(_) => Err(Fault::new("sign-in", "a cookie for an API")),
    }
}

/// A second factor is needed: complete it with `/auth/mfa/verify`.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Challenge {
    /// For a user without a second factor: the authenticator app to set up first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    enrolment: Option<Enrolment>,
    /// Seconds.
    expires_in: i64,
    /// `totp`, `email`, `passkey`, `backup` or `password`; the usual one first.
    methods: Vec<&'static str>,
    mfa_required: bool,
    /// Represents the sign-in until it is completed; a secret.
    mfa_token: String,
}

impl Challenge {
    /// # Errors
    /// A fault where the app's secret cannot be read.
    pub(super) fn of(cx: &Cx, waiting: &PendingChallenge) -> Result<Challenge, Fault> {
        Ok(Challenge {
            enrolment: waiting.enrolling(cx)?.map(Enrolment::from),
            expires_in: waiting.expires_in(cx),
            methods: waiting.methods().iter().map(|method| method.name()).collect(),
            mfa_required: true,
            mfa_token: waiting.secret.clone(),
        })
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
struct Enrolment {
    otpauth_uri: String,
    /// The `otpauth:` address as a QR code, in SVG.
    qr_svg: String,
    /// The shared secret in base32.
    secret: String,
}

impl From<Enrolling> for Enrolment {
    fn from(app: Enrolling) -> Enrolment {
        Enrolment { otpauth_uri: app.uri, qr_svg: app.svg, secret: app.secret }
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
struct User {
    email: String,
    email_verified: bool,
    full_name: Option<String>,
    id: String,
    roles: Vec<String>,
}

impl From<users::User> for User {
    fn from(user: users::User) -> User {
        User {
            email: user.email,
            email_verified: user.email_verified,
            full_name: user.name,
            id: user.id,
            roles: user.roles,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct LoggedOut {
    /// Where the person's browser signs out at the organisation's provider that the session began with, once and within ten
    /// minutes; absent where there is nothing to sign out of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(super) logout_url: Option<String>,
    pub(super) message: &'static str,
}
