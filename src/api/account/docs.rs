//! What the document says of the account API.

#![expect(dead_code, reason = "shapes of answers, read by utoipa alone")]

use utoipa::ToSchema;

use crate::api::account::{forgot_password, login, logout, refresh, register, reset_password, verify_email};
use crate::api::docs::{Chapter, Operation, answer, conflict, limited, op, reauthentication};
use crate::domain::refusal::Refusal;

#[derive(ToSchema)]
struct Failure {
    /// A code in lower case, as `invalid_credentials`.
    error: String,
    message: String,
    /// With a 500: the request's id, which the log has too.
    #[schema(nullable = false)]
    request_id: Option<String>,
}

#[derive(ToSchema)]
struct Message {
    message: String,
}

/// A password that was reset.
#[derive(ToSchema)]
struct WasReset {
    message: String,
    /// What else let somebody in, if anything did: `end_credentials` ends it.
    #[schema(nullable = false)]
    credentials: Option<HeldBefore>,
    /// What of it still does. A passkey that is the account's only second factor stays.
    #[schema(nullable = false)]
    credentials_left: Option<HeldBefore>,
}

#[derive(ToSchema)]
struct HeldBefore {
    api_keys: i64,
    passkeys: i64,
    /// Apps that may act for the user.
    connections: i64,
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
    /// Represents the sign-in until it is completed; a secret.
    mfa_token: String,
    /// `totp`, `email`, `passkey`, `backup` or `password`; the usual one first.
    methods: Vec<String>,
    /// Seconds.
    expires_in: i64,
    /// For a user without a second factor: the authenticator app to set up first.
    #[schema(nullable = false)]
    enrolment: Option<Enrolment>,
}

#[derive(ToSchema)]
struct Enrolment {
    /// The shared secret in base32.
    secret: String,
    otpauth_uri: String,
    /// The `otpauth:` address as a QR code, in SVG.
    qr_svg: String,
}

#[derive(ToSchema)]
struct Standing {
    /// Whether sign-ins take a second factor.
    mfa_enabled: bool,
    /// The account's method: `none`, `totp` or `email`.
    method: String,
    backup_codes_remaining: i64,
    /// Whether the tenant requires a second factor of every user.
    required: bool,
}

#[derive(ToSchema)]
struct Enable {
    /// `totp`, which it is if absent, or `email`.
    method: Option<String>,
    /// The caller's, where they did not just sign in.
    password: Option<String>,
}

/// What is being set up: complete it with one of its codes at `/auth/mfa/verify`.
#[derive(ToSchema)]
struct Enabling {
    method: String,
    /// Seconds.
    expires_in: i64,
    /// The shared secret of an authenticator app, in base32.
    #[schema(nullable = false)]
    secret: Option<String>,
    #[schema(nullable = false)]
    otpauth_uri: Option<String>,
    /// The `otpauth:` address as a QR code, in SVG.
    #[schema(nullable = false)]
    qr_svg: Option<String>,
}

#[derive(ToSchema)]
struct Verify {
    /// What the login answered with. Without it, a bearer token says who sets up a second factor.
    mfa_token: Option<String>,
    /// From the app or the mail, or a backup code.
    code: Option<String>,
    /// Instead of a code, where `methods` lists `password`. Beside the code of what is set up: the caller's, who did not just sign in.
    password: Option<String>,
}

#[derive(ToSchema)]
#[serde(untagged)]
enum Verified {
    SignedIn(Tokens),
    Enabled(Enabled),
}

/// The second factor is set up. The tokens replace the session's former ones.
#[derive(ToSchema)]
struct Enabled {
    mfa_enabled: bool,
    method: String,
    /// Codes for when it fails, shown this once.
    backup_codes: Vec<String>,
    access_token: String,
    refresh_token: String,
    token_type: String,
    expires_in: i64,
}

#[derive(ToSchema)]
struct MfaLogin {
    email: String,
    password: String,
    /// From the app, or a backup code.
    code: String,
}

#[derive(ToSchema)]
struct Send {
    /// What the login answered with. Without it, a bearer token says which session is asked.
    mfa_token: Option<String>,
    /// The caller's, who did not just sign in and has no second factor yet.
    password: Option<String>,
}

#[derive(ToSchema)]
#[serde(untagged)]
enum Sent {
    Mailed(Message),
    Asked(Challenge),
}

#[derive(ToSchema)]
struct Code {
    /// From the app, from a mail that `/auth/mfa/send` sent to the session, or a backup code.
    code: String,
}

#[derive(ToSchema)]
struct BackupCodes {
    backup_codes: Vec<String>,
}

#[derive(ToSchema)]
struct Remaining {
    remaining: i64,
}

#[derive(ToSchema)]
struct Disabled {
    mfa_enabled: bool,
}

#[derive(ToSchema)]
struct User {
    id: String,
    email: String,
    full_name: Option<String>,
    email_verified: bool,
    roles: Vec<String>,
}

fn second_factors() -> Vec<Operation> {
    let signed_in = [Refusal::NoCredential, Refusal::BadCredential, Refusal::WrongTenant];
    vec![
        op("GET", "/auth/mfa", "Read the state of the caller's second factor")
            .answers::<Standing>(200, "What is set up, and what is required."),
        op("POST", "/auth/mfa/enable", "Begin to set up a second factor")
            .about("An authenticator app, or codes by mail. A user who has a second factor must prove it first.")
            .maybe_json::<Enable>()
            .answers::<Enabling>(200, "What `/auth/mfa/verify` completes.")
            .refuses([Refusal::MfaRequired, Refusal::WrongPassword, limited()])
            .refuses([reauthentication()]),
        op("POST", "/auth/mfa/verify", "Complete a sign-in, or setting up a second factor")
            .about("With `mfa_token`, completes a sign-in; without it, what the bearer's session began to set up.")
            .json::<Verify>()
            .reads(&["bearer"])
            .answers::<Verified>(200, "Signed in, or set up.")
            .refuses([Refusal::WrongCode, Refusal::ChallengeOver, Refusal::WrongPassword, limited()])
            .refuses([reauthentication()])
            .refuses(signed_in.clone()),
        op("POST", "/auth/mfa/login", "Sign in with password and code in one call")
            .json::<MfaLogin>()
            .answers::<Tokens>(200, "Signed in.")
            .refuses([Refusal::WrongPassword, Refusal::WrongCode, Refusal::EmailUnverified, limited()]),
        op("POST", "/auth/mfa/send", "Mail another code, or ask the session for its second factor")
            .maybe_json::<Send>()
            .reads(&["bearer"])
            .answers::<Sent>(200, "With `mfa_token`, mailed; otherwise what `/auth/mfa/verify` completes.")
            .refuses([Refusal::ChallengeOver, Refusal::Forbidden, limited(), Refusal::WrongPassword])
            .refuses([reauthentication()])
            .refuses(signed_in),
        op("GET", "/auth/mfa/backup-codes", "How many backup codes are left")
            .answers::<Remaining>(200, "How many."),
        op("POST", "/auth/mfa/backup-codes", "Make a fresh set of backup codes")
            .about("The former codes stop working.")
            .json::<Code>()
            .answers::<BackupCodes>(200, "Ten codes, shown this once.")
            .refuses([Refusal::WrongCode, limited()]),
        op("POST", "/auth/mfa/disable", "Remove the second factor")
            .json::<Code>()
            .answers::<Disabled>(200, "Removed.")
            .refuses([Refusal::WrongCode, limited()]),
    ]
}

pub(crate) fn chapter() -> Chapter {
    let mut operations = vec![
        op("POST", "/auth/register", "Register")
            .about("Mails a link to confirm the address, if the tenant asks for that.")
            .json::<register::Body>()
            .answers::<Registered>(
                201,
                "Registered. The answer is the same for an address that has an account.",
            )
            .refuses([Refusal::SignUpClosed, conflict(), limited()]),
        op("GET", "/auth/verify-email", "The page behind a confirmation link")
            .query::<String>("token", "From the link.")
            .page(200, "A page whose button confirms.")
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
            .answers::<Message>(200, "The session has ended.")
            .refuses([Refusal::NoCredential, Refusal::BadCredential, Refusal::WrongTenant]),
        op("POST", "/auth/forgot-password", "Mail a link to reset the password")
            .json::<forgot_password::Body>()
            .answers::<Message>(200, "The same whether the address has an account or not.")
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
            .answers::<WasReset>(200, "Changed; all sessions are over.")
            .page(200, "Changed.")
            .refuses([Refusal::LinkDead]),
    ];
    operations.extend(second_factors());
    Chapter {
        surface: "account",
        about: "The account API: flat, snake_case; failures are `{error, message}`.",
        failure: answer::<Failure>(),
        operations,
    }
}
