//! The two answers of a sign-in, as the document shows them.

#![expect(dead_code, reason = "shapes of answers, read by utoipa alone")]

use utoipa::ToSchema;

#[derive(ToSchema)]
#[serde(untagged)]
pub(in crate::api) enum SignIn {
    SignedIn(Login),
    SecondFactor(Challenge),
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(in crate::api) struct Login {
    user: User,
    tokens: Tokens,
    /// After a second factor was set up: codes for when it fails, shown this once.
    #[schema(nullable = false)]
    backup_codes: Option<Vec<String>>,
}

/// A second factor is needed: complete it with `/api/auth/mfa/verify`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(in crate::api) struct Challenge {
    mfa_required: bool,
    /// Represents the sign-in until it is completed; a secret.
    challenge: String,
    /// `totp`, `email`, `passkey`, `backup` or `password`; the usual one first.
    methods: Vec<String>,
    /// Seconds.
    expires_in: i64,
    /// For a user without a second factor: the authenticator app to set up first.
    #[schema(nullable = false)]
    enrolment: Option<Enrolment>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(in crate::api) struct Enrolment {
    /// The shared secret in base32.
    secret: String,
    otpauth_uri: String,
    /// The `otpauth:` address as a QR code, in SVG.
    qr_svg: String,
}

#[derive(ToSchema)]
pub(in crate::api) struct User {
    id: String,
    email: String,
    name: Option<String>,
    roles: Vec<String>,
}

#[derive(ToSchema)]
pub(in crate::api) struct Tokens {
    #[schema(rename = "accessToken")]
    access_token: String,
    #[schema(rename = "refreshToken")]
    refresh_token: String,
}
