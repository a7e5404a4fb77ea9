//! What the document says of the user and connection API.

use crate::api::connections::generate_api_key::{self, ApiKey};
use crate::api::connections::magic_link::MagicLink;
use crate::api::connections::shapes::{Done, Failure, LoggedOut};
use crate::api::connections::status::Status;
use crate::api::connections::vault_docs;
use crate::api::connections::with_google::WithGoogle;
use crate::api::docs::{Chapter, answer, conflict, limited, op, reauthentication, sso_required};
use crate::api::{magic_link, sso};
use crate::domain::refusal::Refusal;

pub(crate) fn chapter() -> Chapter {
    let mut operations = vec![
        op("GET", "/users/auth/status", "Whether the caller is signed in")
            .about("A missing or bad token counts as not signed in.")
            .reads(&["bearer"])
            .answers::<Status>(200, "Who is signed in, if anybody."),
        op("GET", "/users/auth/google", "Sign in with Google")
            .query::<String>("return_to", "Where to go at the end, with a session cookie: a path or address of this origin, or a redirect URI that an administrator registered for a client. Without one, the callback answers a token.")
            .nothing(302, "To Google.")
            .sets("set-cookie", "the sign-in")
            .sets("location", "Google")
            .refuses(sso::docs::refusals())
            .refuses([Refusal::Malformed("return_to leads elsewhere".into()), Refusal::LinkDead]),
        op("GET", "/users/auth/google/callback", "Where Google sends browsers back to")
            .about("A redirect URI to register at Google.")
            .needs_query::<String>("state", "As it was sent to Google.")
            .query::<String>("code", "Google's code.")
            .query::<String>("error", "Why Google declines.")
            .answers::<WithGoogle>(200, "Signed in, or a second factor is needed.")
            .nothing(303, "Signed in, or to the second factor, of one who said where to return to.")
            .sets("set-cookie", "the session")
            .sets("location", "where to")
            .page(409, "Asks for a local factor.")
            .refuses(sso::docs::refusals()),
        op("POST", "/users/auth/magic-link/request", "Mail a link and a code to sign in with")
            .about("Answers the same whether the address has an account or not.")
            .json::<magic_link::Wanted>()
            .answers::<Done>(200, "A mail is on its way, if there is somebody to send it to.")
            .refuses([sso_required(), Refusal::Forbidden, limited()]),
        op("POST", "/users/auth/magic-link/verify", "Sign in by mail")
            .about("With the code and the address that it was mailed to, or with the token of the link.")
            .json::<magic_link::Mailed>()
            .answers::<MagicLink>(200, "Signed in, or a second factor is needed.")
            .refuses([sso_required(), Refusal::WrongCode, Refusal::LinkDead, limited()]),
        op("POST", "/users/logout", "End the session").answers::<LoggedOut>(200, "The session has ended."),
        op("POST", "/users/generate-api-key", "Make an API key")
            .about("With the scopes `read` and `write` unless the body narrows them.")
            .maybe_json::<generate_api_key::Body>()
            .answers::<ApiKey>(200, "The key.")
            .refuses([conflict(), reauthentication(), Refusal::WrongPassword, limited()]),
    ];
    operations.extend(vault_docs::operations());
    Chapter {
        surface: "connections",
        about: "The user and connection API, with the connection vault; failures are `{success, error, statusCode, timestamp}`.",
        failure: answer::<Failure>(),
        operations,
    }
}
