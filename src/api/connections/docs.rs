//! What the document says of the user and connection API.

#![expect(dead_code, reason = "shapes of answers, read by utoipa alone")]

use utoipa::ToSchema;

use crate::api::connections::generate_api_key;
use crate::api::docs::{Chapter, answer, conflict, limited, op, reauthentication};
use crate::api::magic_link;
use crate::api::session::sign_in_shape::Challenge;
use crate::domain::refusal::Refusal;

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct Failure {
    success: bool,
    error: String,
    status_code: u16,
    #[schema(format = DateTime)]
    timestamp: String,
    /// `REAUTHENTICATION_REQUIRED`, where that is why.
    #[schema(nullable = false)]
    code: Option<String>,
    /// With a 500: the request's id, which the log has too.
    #[schema(nullable = false)]
    request_id: Option<String>,
}

#[derive(ToSchema)]
struct Status {
    #[schema(rename = "isAuthenticated")]
    is_authenticated: bool,
    /// If so.
    #[schema(nullable = false)]
    user: Option<User>,
}

#[derive(ToSchema)]
struct User {
    id: String,
    email: String,
    name: Option<String>,
    /// How the session began, as `password-login`.
    auth_type: String,
}

#[derive(ToSchema)]
struct Done {
    success: bool,
    message: String,
}

#[derive(ToSchema)]
#[serde(untagged)]
enum MagicLink {
    SignedIn(SignedIn),
    SecondFactor(SecondFactor),
}

#[derive(ToSchema)]
struct SignedIn {
    success: bool,
    /// An access token.
    token: String,
    user: User,
}

/// A second factor is needed: complete it with `/api/auth/mfa/verify`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct SecondFactor {
    success: bool,
    #[serde(flatten)]
    challenge: Challenge,
}

#[derive(ToSchema)]
struct ApiKey {
    success: bool,
    /// The key, shown this once.
    #[schema(rename = "apiKey")]
    api_key: String,
}

pub(crate) fn chapter() -> Chapter {
    let operations = vec![
        op("GET", "/users/auth/status", "Whether the caller is signed in")
            .about("A missing or bad token counts as not signed in.")
            .reads(&["bearer"])
            .answers::<Status>(200, "Who is signed in, if anybody."),
        op("POST", "/users/auth/magic-link/request", "Mail a link and a code to sign in with")
            .about("Answers the same whether the address has an account or not.")
            .json::<magic_link::Wanted>()
            .answers::<Done>(200, "A mail is on its way, if there is somebody to send it to.")
            .refuses([Refusal::Forbidden, limited()]),
        op("POST", "/users/auth/magic-link/verify", "Sign in by mail")
            .about("With the code and the address that it was mailed to, or with the token of the link.")
            .json::<magic_link::Mailed>()
            .answers::<MagicLink>(200, "Signed in, or a second factor is needed.")
            .refuses([Refusal::WrongCode, Refusal::LinkDead, limited()]),
        op("POST", "/users/logout", "End the session").answers::<Done>(200, "The session has ended."),
        op("POST", "/users/generate-api-key", "Make an API key")
            .about("With the scopes `read` and `write` unless the body narrows them.")
            .maybe_json::<generate_api_key::Body>()
            .answers::<ApiKey>(200, "The key.")
            .refuses([conflict(), reauthentication(), Refusal::WrongPassword, limited()]),
    ];
    Chapter {
        surface: "connections",
        about: "The user and connection API; failures are `{success, error, statusCode, timestamp}`.",
        failure: answer::<Failure>(),
        operations,
    }
}
