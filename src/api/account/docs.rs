//! What the document says of the account API.

#![expect(dead_code, reason = "shapes of answers, read by utoipa alone")]

use utoipa::ToSchema;

use crate::api::account::{forgot_password, login, logout, refresh, register, reset_password, verify_email};
use crate::api::docs::{Chapter, answer, conflict, limited, op};
use crate::domain::refusal::Refusal;

#[derive(ToSchema)]
struct Failure {
    /// A code in lower case, as `invalid_credentials`.
    error: String,
    message: String,
    /// With a 500: what the log knows it by.
    #[schema(nullable = false)]
    request_id: Option<String>,
}

#[derive(ToSchema)]
struct Message {
    message: String,
}

#[derive(ToSchema)]
struct Registered {
    message: String,
    email: String,
}

#[derive(ToSchema)]
struct Tokens {
    access_token: String,
    refresh_token: String,
    token_type: String,
    /// Life of the access token in seconds.
    expires_in: i64,
    /// At login.
    #[schema(nullable = false)]
    user: Option<User>,
    /// After a second factor was set up: codes for when it fails, shown this once.
    #[schema(nullable = false)]
    backup_codes: Option<Vec<String>>,
}

#[derive(ToSchema)]
#[serde(untagged)]
enum SignIn {
    SignedIn(Tokens),
    SecondFactor(Challenge),
}

/// A second factor is needed: complete it with `/auth/mfa/verify`.
#[derive(ToSchema)]
struct Challenge {
    mfa_required: bool,
    /// What stands for the sign-in until then; a secret.
    mfa_token: String,
    /// `totp`, `email`, `passkey`, `backup` or `password`; the usual one first.
    methods: Vec<String>,
    /// Seconds.
    expires_in: i64,
    /// The authenticator app to set up first, of one who has no second factor yet.
    #[schema(nullable = false)]
    enrolment: Option<Enrolment>,
}

#[derive(ToSchema)]
struct Enrolment {
    /// The shared secret in base32.
    secret: String,
    otpauth_uri: String,
    /// The address as a QR code.
    qr_svg: String,
}

#[derive(ToSchema)]
struct User {
    id: String,
    email: String,
    full_name: Option<String>,
    email_verified: bool,
    roles: Vec<String>,
}

pub fn chapter() -> Chapter {
    let operations = vec![
        op("POST", "/auth/register", "Register")
            .about("Mails a link to confirm the address, if the tenant asks for that.")
            .json::<register::Body>()
            .answers::<Registered>(201, "Registered, or so it seems to one whose address has an account.")
            .refuses([Refusal::SignUpClosed, conflict(), limited()]),
        op("GET", "/auth/verify-email", "The page behind a confirmation link")
            .query::<String>("token", "From the link.")
            .page(200, "A page with a button, which posts.")
            .refuses([Refusal::LinkDead]),
        op("POST", "/auth/verify-email", "Confirm an address")
            .query::<String>("token", "From the link, if the body has none.")
            .json::<verify_email::Body>()
            .form::<verify_email::Body>()
            .or_in_the_query()
            .answers::<Message>(200, "Confirmed.")
            .page(200, "Confirmed.")
            .refuses([Refusal::LinkDead]),
        op("POST", "/auth/login", "Sign in with a password")
            .json::<login::Body>()
            .answers::<SignIn>(200, "Signed in, or a second factor is needed.")
            .refuses([Refusal::WrongPassword, Refusal::EmailUnverified, limited()]),
        op("POST", "/auth/refresh", "Renew a token pair")
            .about("A refresh token works once. Using a spent one ends its session.")
            .json::<refresh::Body>()
            .answers::<Tokens>(200, "A new pair.")
            .refuses([Refusal::BadCredential, Refusal::WrongTenant]),
        op("POST", "/auth/logout", "End a session")
            .about("That of `refresh_token`, or of the bearer token.")
            .maybe_json::<logout::Body>()
            .reads(&["bearer"])
            .answers::<Message>(200, "The session is over.")
            .refuses([Refusal::NoCredential, Refusal::BadCredential, Refusal::WrongTenant]),
        op("POST", "/auth/forgot-password", "Mail a link to reset the password")
            .json::<forgot_password::Body>()
            .answers::<Message>(200, "The same, whether the address has an account or not.")
            .refuses([limited()]),
        op("GET", "/auth/reset-password", "The page behind a reset link")
            .query::<String>("token", "From the link.")
            .page(200, "A page that asks for the new password.")
            .refuses([Refusal::LinkDead]),
        op("POST", "/auth/reset-password", "Set a new password")
            .query::<String>("token", "From the link, if the body has none.")
            .json::<reset_password::Body>()
            .form::<reset_password::Body>()
            .alias("password", "new_password")
            .answers::<Message>(200, "Changed; all sessions are over.")
            .page(200, "Changed.")
            .refuses([Refusal::LinkDead]),
    ];
    Chapter {
        surface: "account",
        about: "The account API: flat, snake_case; failures are `{error, message}`.",
        failure: answer::<Failure>(),
        operations,
    }
}
