//! What the document says of the session API.

#![expect(dead_code, reason = "shapes of answers, read by utoipa alone")]

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::docs::{Chapter, Operation, answer, conflict, limited, op, reauthentication};
use crate::api::magic_link;
use crate::api::session::sign_in_shape::{Challenge, Login, SignIn, Tokens};
use crate::api::session::{api_keys, change_email, change_password, login, mfa, passkeys_docs, refresh};
use crate::domain::refusal::Refusal;

#[derive(ToSchema)]
struct Failure {
    success: bool,
    error: String,
    code: String,
    /// With a 500: the request's id, which the log has too.
    #[schema(nullable = false, rename = "requestId")]
    request_id: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
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
struct Me {
    user: Profile,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct Profile {
    id: String,
    email: String,
    email_verified: bool,
    name: Option<String>,
    roles: Vec<String>,
    tenant_id: String,
    plan: String,
}

#[derive(ToSchema)]
struct Message {
    message: String,
}

#[derive(ToSchema)]
struct Reauthenticated {
    reauthenticated: bool,
}

#[derive(ToSchema)]
struct Revoked {
    revoked: bool,
}

/// An API key, as its user sees it.
#[derive(ToSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKey {
    id: String,
    name: String,
    scopes: Vec<String>,
    /// What the key starts with.
    prefix: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// For a key that a client made through a grant: it ends with the grant.
    #[schema(nullable = false)]
    client: Option<KeyClient>,
    /// The key itself, shown only when it is made.
    #[schema(nullable = false)]
    api_key: Option<String>,
}

/// The client that made a key.
#[derive(ToSchema, Serialize)]
pub(crate) struct KeyClient {
    id: String,
    name: String,
}

#[derive(ToSchema)]
struct EmailChange {
    /// Whether the address is the new one: both mailboxes have agreed.
    changed: bool,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct OwnSession {
    id: String,
    /// Whether it is the caller's.
    current: bool,
    /// The client that it was granted to; null for a session of the user's own.
    client_id: Option<String>,
    client_name: Option<String>,
    scope: Option<String>,
    /// How the user signed in, as `pwd`.
    amr: Vec<String>,
    address: String,
    user_agent: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_seen_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct Device {
    id: String,
    address: String,
    user_agent: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last signed in without a second factor.
    #[schema(format = DateTime)]
    last_seen_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Signing in by mail, and changing the address.
fn by_mail() -> Vec<Operation> {
    vec![
        op("POST", "/api/auth/magic-link/request", "Mail a link and a code to sign in with")
            .about("Answers the same whether the address has an account or not. A newer mail invalidates the older one.")
            .json::<magic_link::Wanted>()
            .answers_with(
                200,
                "A mail is on its way, if there is somebody to send it to.",
                answer::<Message>().in_data(),
            )
            .refuses([Refusal::Forbidden, limited()]),
        op("POST", "/api/auth/magic-link/verify", "Sign in by mail")
            .about("With the code and the address that it was mailed to, or with the token of the link.")
            .json::<magic_link::Mailed>()
            .answers_with(200, "Signed in, or a second factor is needed.", answer::<SignIn>().in_data())
            .refuses([Refusal::WrongCode, Refusal::LinkDead, limited()]),
        op("POST", "/api/auth/change-email", "Request a change of address")
            .about("Mails a link to both addresses, or to the new one alone if the current one was never confirmed. The address changes once the links were followed, within a day.")
            .json::<change_email::Body>()
            .answers_with(200, "The mails are on their way.", answer::<Message>().in_data())
            .refuses([Refusal::WrongPassword, Refusal::MfaRequired, reauthentication(), limited()]),
        op("POST", "/api/auth/change-email/confirm", "Confirm a change of address")
            .about("With the token of either link. Once both are confirmed, the address changes and all sessions but the caller's own end.")
            .json::<change_email::Token>()
            .answers_with(200, "Confirmed.", answer::<EmailChange>().in_data())
            .refuses([Refusal::LinkDead, conflict()]),
    ]
}

/// Where one is signed in.
fn signed_in() -> Vec<Operation> {
    vec![
        op("GET", "/api/auth/sessions", "List the caller's sessions").paged().answers_with(
            200,
            "A page of them.",
            answer::<OwnSession>().listed().in_data(),
        ),
        op("DELETE", "/api/auth/sessions", "End all sessions but the caller's").answers_with(
            200,
            "Ended.",
            answer::<Revoked>().in_data(),
        ),
        op("DELETE", "/api/auth/sessions/{id}", "End a session").answers_with(
            200,
            "Ended.",
            answer::<Revoked>().in_data(),
        ),
        op("GET", "/api/auth/devices", "List the browsers that the caller trusts").answers_with(
            200,
            "All of them.",
            answer::<Device>().listed().in_data(),
        ),
        op("DELETE", "/api/auth/devices/{id}", "Stop trusting a browser").answers_with(
            200,
            "It needs a second factor again.",
            answer::<Revoked>().in_data(),
        ),
    ]
}

pub(crate) fn chapter() -> Chapter {
    let mut operations = vec![
        op("POST", "/api/auth/login", "Sign in with a password")
            .json::<login::Body>()
            .answers_with(200, "Signed in, or a second factor is needed.", answer::<SignIn>().in_data())
            .refuses([Refusal::WrongPassword, Refusal::EmailUnverified, limited()]),
        op("GET", "/api/auth/mfa", "Read the state of the caller's second factor").answers_with(
            200,
            "What is set up, and what is required.",
            answer::<Standing>().in_data(),
        ),
        op("POST", "/api/auth/mfa/verify", "Complete a sign-in with the second factor")
            .about("Also sets up the authenticator app, if the challenge came with one.")
            .json::<mfa::Body>()
            .answers_with(200, "Signed in.", answer::<Login>().in_data())
            .refuses([Refusal::WrongCode, Refusal::WrongPasskey, Refusal::ChallengeOver, limited()])
            .refuses([reauthentication()]),
        op("POST", "/api/auth/mfa/send", "Mail a code for the second factor")
            .json::<mfa::Send>()
            .answers_with(200, "Sent.", answer::<Message>().in_data())
            .refuses([Refusal::ChallengeOver, limited()]),
        op("POST", "/api/auth/mfa/step-up", "Ask the session for its second factor")
            .about("Who has none sets one up, soon after a sign-in. A factor that is proved counts as a sign-in.")
            .maybe_json::<mfa::Confirmed>()
            .answers_with(200, "What `/api/auth/mfa/verify` completes.", answer::<Challenge>().in_data())
            .refuses([reauthentication(), Refusal::WrongPassword, limited()]),
        op("POST", "/api/auth/reauthenticate", "Confirm the password")
            .about(
                "Counts as a sign-in for what asks for one of late: `reauthenticationSeconds` for passwords, second \
                 factors, passkeys and addresses, `apiKeyReauthenticationSeconds` for API keys and what administrators \
                 make that lets somebody in. A login and a step-up do as well, a refresh does not.",
            )
            .json::<mfa::Password>()
            .answers_with(200, "Confirmed.", answer::<Reauthenticated>().in_data())
            .refuses([Refusal::WrongPassword, limited()]),
        op("POST", "/api/auth/refresh", "Renew a token pair")
            .about("A refresh token works once. Using a spent one ends its session.")
            .json::<refresh::Body>()
            .answers_with(200, "A new pair.", answer::<Tokens>().in_data())
            .refuses([Refusal::BadCredential, Refusal::WrongTenant]),
        op("POST", "/api/auth/logout", "End the session").answers_with(
            200,
            "The session has ended.",
            answer::<Message>().in_data(),
        ),
        op("POST", "/api/auth/change-password", "Change the password")
            .about("Ends the user's other sessions.")
            .json::<change_password::Body>()
            .answers_with(200, "Changed.", answer::<Message>().in_data())
            .refuses([Refusal::WrongPassword, reauthentication(), limited()]),
        op("GET", "/api/auth/me", "Read who is signed in").answers_with(
            200,
            "The user.",
            answer::<Me>().in_data(),
        ),
        op("GET", "/api/auth/api-keys", "List the caller's API keys").paged().answers_with(
            200,
            "A page of keys, without the keys themselves.",
            answer::<ApiKey>().listed().in_data(),
        ),
        op("POST", "/api/auth/api-keys", "Make an API key")
            .json::<api_keys::Body>()
            .answers_with(201, "The key, shown this once.", answer::<ApiKey>().in_data())
            .refuses([conflict(), reauthentication(), Refusal::WrongPassword, limited()]),
        op("DELETE", "/api/auth/api-keys/{id}", "Revoke an API key").answers_with(
            200,
            "Revoked.",
            answer::<Revoked>().in_data(),
        ),
    ];
    operations.extend(by_mail());
    operations.extend(signed_in());
    operations.extend(passkeys_docs::operations());
    Chapter {
        surface: "session",
        about: "The session API: `{success, data}` and `{success, error, code}`.",
        failure: answer::<Failure>(),
        operations,
    }
}
