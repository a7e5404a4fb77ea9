//! What the document says of the user and connection API.

#![expect(dead_code, reason = "shapes of answers, read by utoipa alone")]

use utoipa::ToSchema;

use crate::api::connections::generate_api_key;
use crate::api::docs::{Chapter, answer, conflict, op};

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct Failure {
    success: bool,
    error: String,
    status_code: u16,
    #[schema(format = DateTime)]
    timestamp: String,
    /// With a 500: what the log knows it by.
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
struct ApiKey {
    success: bool,
    /// The key, shown this once.
    #[schema(rename = "apiKey")]
    api_key: String,
}

pub fn chapter() -> Chapter {
    let operations = vec![
        op("GET", "/users/auth/status", "Whether the caller is signed in")
            .about("A missing or bad token is simply nobody's.")
            .reads(&["bearer"])
            .answers::<Status>(200, "Who is signed in, if anybody."),
        op("POST", "/users/logout", "End the session").answers::<Done>(200, "The session is over."),
        op("POST", "/users/generate-api-key", "Make an API key")
            .about("With the scopes `read` and `write` unless the body narrows them.")
            .maybe_json::<generate_api_key::Body>()
            .answers::<ApiKey>(200, "The key.")
            .refuses([conflict()]),
    ];
    Chapter {
        surface: "connections",
        about: "The user and connection API; failures are `{success, error, statusCode, timestamp}`.",
        failure: answer::<Failure>(),
        operations,
    }
}
