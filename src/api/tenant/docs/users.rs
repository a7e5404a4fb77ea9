//! What the document says of users, and of what they hold.

use crate::api::docs::{Operation, answer, conflict, limited, op, reauthentication};
use crate::api::session::passkeys::Passkey;
use crate::api::tenant::api_keys::TenantApiKey;
use crate::api::tenant::connections::Connection;
use crate::api::tenant::consents::Consent;
use crate::api::tenant::sessions::Session;
use crate::api::tenant::users::{self, User};
use crate::domain::refusal::Refusal;

pub(super) fn operations() -> Vec<Operation> {
    const ALL: &str = "/tenant/{tenant}/v2/Users";
    const ONE: &str = "/tenant/{tenant}/v2/Users/{id}";
    let change = |method, summary| {
        op(method, ONE, summary)
            .about("Members that are absent stay as they are. 409 for a taken address, and for what would leave the tenant without an active administrator.")
            .json::<users::Changed>()
            .answers::<User>(200, "The user, as it is now.")
            .refuses([conflict(), Refusal::MfaRequired, reauthentication()])
    };
    vec![
        op("GET", ALL, "List users")
            .paged()
            .query::<String>("search", "Beginnings of words of the name or of the address and its parts, all of which a user has: any case, with or without accents.")
            .query::<String>("email", "The address.")
            .query::<String>("status", "`active` or `disabled`.")
            .query::<String>("role", "One of their roles.")
            .query::<String>("plan", "Their plan.")
            .answers_with(200, "A page of users.", answer::<User>().listed()),
        op("POST", ALL, "Make a user")
            .about("A user without `password` and `passwordHash` is mailed a link that sets the first password, good for 7 days.")
            .json::<users::New>()
            .answers::<User>(201, "The user.")
            .sets("location", "its path")
            .refuses([conflict(), reauthentication()]),
        op("GET", ONE, "Read a user").answers::<User>(200, "The user."),
        change("PUT", "Change a user"),
        change("PATCH", "Change a user"),
        op("DELETE", ONE, "Delete a user")
            .about("409 for the operator and for the last active administrator.")
            .nothing(204, "Deleted.")
            .refuses([conflict()]),
        op("POST", "/tenant/{tenant}/v2/Users/{id}/invitation", "Invite a user again")
            .about("Mails another link that sets the first password; the former link stops working. 409 for a user who has a password or is disabled.")
            .answers::<User>(202, "The user; the mail is on its way.")
            .refuses([conflict(), limited()]),
        op("GET", "/tenant/{tenant}/v2/Users/{id}/Sessions", "List a user's sessions").paged().answers_with(
            200,
            "A page of sessions.",
            answer::<Session>().listed(),
        ),
        op("DELETE", "/tenant/{tenant}/v2/Users/{id}/Sessions/{sid}", "End a session")
            .nothing(204, "The session has ended."),
        op("POST", "/tenant/{tenant}/v2/Users/{id}/verification", "Mail the link that confirms an address again")
            .about("The former link stops working. 409 for an address that is confirmed, and for a user who is disabled or signs in with their organisation's provider.")
            .answers::<User>(202, "The user; the mail is on its way.")
            .refuses([conflict(), limited()]),
        op("POST", "/tenant/{tenant}/v2/Users/{id}/password-reset", "Mail a link that sets another password")
            .about("The password stays until the link is followed; a former link stops working. 409 for a user who is disabled or signs in with their organisation's provider.")
            .answers::<User>(202, "The user; the mail is on its way.")
            .refuses([conflict(), limited()]),
        op("POST", "/tenant/{tenant}/v2/Users/{id}/unlock", "Forget failed attempts on an account")
            .about("On its password, mailed codes and second factor, wherever they came from; limits of an address on all accounts stay. At most 10 times an hour.")
            .nothing(204, "The account can be tried again.")
            .refuses([limited()]),
    ]
}

/// What a user holds.
pub(super) fn holdings() -> Vec<Operation> {
    const PASSKEYS: &str = "/tenant/{tenant}/v2/Users/{id}/Passkeys";
    const CONSENTS: &str = "/tenant/{tenant}/v2/Users/{id}/Consents";
    const KEYS: &str = "/tenant/{tenant}/v2/Users/{id}/ApiKeys";
    const CONNECTIONS: &str = "/tenant/{tenant}/v2/Users/{id}/Connections";
    vec![
        op("GET", PASSKEYS, "List a user's passkeys").paged().answers_with(
            200,
            "A page of passkeys.",
            answer::<Passkey>().listed(),
        ),
        op("DELETE", "/tenant/{tenant}/v2/Users/{id}/Passkeys/{passkey}", "Remove a passkey of a user's")
            .about("The user is told by mail; sessions that began with it go on. 409 for the operator's, by somebody else, and for the last way in of an administrator whose mail domain is enforced.")
            .nothing(204, "Removed.")
            .refuses([conflict(), reauthentication(), Refusal::MfaRequired]),
        op("GET", CONSENTS, "List what a user lets clients do")
            .about("By the clients' names, with those that hold a grant because nobody had to be asked; at most 200.")
            .answers_with(200, "All of them.", answer::<Consent>().listed()),
        op("DELETE", "/tenant/{tenant}/v2/Users/{id}/Consents/{client}", "Take back what a client may do for a user")
            .nothing(204, "Taken back; the client's grants of that user have ended."),
        op("GET", KEYS, "List a user's API keys").paged().answers_with(
            200,
            "A page of keys, without the keys themselves.",
            answer::<TenantApiKey>().listed(),
        ),
        op("DELETE", "/tenant/{tenant}/v2/Users/{id}/ApiKeys/{key}", "Revoke an API key of a user's")
            .about("The user is told by mail.")
            .nothing(204, "Revoked."),
        op("GET", CONNECTIONS, "List what a user has connected")
            .about("In the connection vault, the oldest first, never a token or key; at most 50.")
            .answers_with(200, "All of them.", answer::<Connection>().listed()),
        op("DELETE", "/tenant/{tenant}/v2/Users/{id}/Connections/{connection}", "Disconnect a service of a user's")
            .about("The provider is asked to revoke the tokens, again if it does not answer.")
            .nothing(204, "Disconnected."),
    ]
}
