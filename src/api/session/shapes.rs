//! Answers that several endpoints of the session API give.

use serde::Serialize;

use crate::cx::Cx;
use crate::domain::session::sessions::{self, SessionSecret};
use crate::domain::sign_in::app_enrolment::Enrolling;
use crate::domain::sign_in::challenges::PendingChallenge;
use crate::domain::sign_in::signed_in::SignedIn;
use crate::ports::Fault;
use crate::store::users;

/// What every success is sent in.
#[derive(Serialize)]
pub(super) struct Success<T> {
    pub(super) data: T,
    pub(super) success: bool,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    /// With `SSO_REQUIRED`: where the person signs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(super) auth_url: Option<String>,
    pub(super) code: &'static str,
    pub(super) error: String,
    /// With a 500: the request's id, which the log has too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    pub(super) request_id: Option<String>,
    pub(super) success: bool,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Message {
    pub(super) message: &'static str,
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

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Revoked {
    pub(super) revoked: bool,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(untagged)]
pub(super) enum SignIn {
    SignedIn(Login),
    SecondFactor(Challenge),
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Login {
    /// After a second factor was set up: codes for when it fails, shown this once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    backup_codes: Vec<String>,
    tokens: Tokens,
    user: User,
}

impl Login {
    /// # Errors
    /// A fault for a session that is a browser's.
    pub(super) fn of(signed_in: SignedIn) -> Result<Login, Fault> {
        let SessionSecret::Tokens(tokens) = signed_in.session_secret else {
            return Err(Fault::new("sign-in", "a cookie for an API"));
        };
        Ok(Login { backup_codes: signed_in.backup_codes, tokens: tokens.into(), user: signed_in.user.into() })
    }
}

/// A second factor is needed: complete it with `/api/auth/mfa/verify`.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct Challenge {
    /// Represents the sign-in until it is completed; a secret.
    challenge: String,
    /// For a user without a second factor: the authenticator app to set up first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(nullable = false))]
    enrolment: Option<Enrolment>,
    /// Seconds.
    expires_in: i64,
    /// `totp`, `email`, `passkey`, `backup` or `password`; the usual one first.
    methods: Vec<&'static str>,
    mfa_required: bool,
}

impl Challenge {
    /// # Errors
    /// A fault where the app's secret cannot be read.
    pub(in crate::api) fn of(cx: &Cx, waiting: &PendingChallenge) -> Result<Challenge, Fault> {
        Ok(Challenge {
            challenge: waiting.secret.clone(),
            enrolment: waiting.enrolling(cx)?.map(Enrolment::from),
            expires_in: waiting.expires_in(cx),
            methods: waiting.methods().iter().map(|method| method.name()).collect(),
            mfa_required: true,
        })
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
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
    id: String,
    name: Option<String>,
    roles: Vec<String>,
}

impl From<users::User> for User {
    fn from(user: users::User) -> User {
        User { email: user.email, id: user.id, name: user.name, roles: user.roles }
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Tokens {
    access_token: String,
    refresh_token: String,
}

impl From<sessions::Tokens> for Tokens {
    fn from(tokens: sessions::Tokens) -> Tokens {
        Tokens { access_token: tokens.access, refresh_token: tokens.refresh }
    }
}
