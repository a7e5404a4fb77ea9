//! What the document says of the connection vault.

use crate::api::connections::connected::{App, Connected};
use crate::api::connections::providers::{Provider, Providers};
use crate::api::connections::search_keys::{NewSearchKeys, SearchKeys};
use crate::api::connections::shapes::Succeeded;
use crate::api::connections::valid_token::ValidToken;
use crate::api::connections::vault_keys;
use crate::api::connections::{connect, connection};
use crate::api::docs::{Operation, conflict, limited, op, reauthentication, token_refusals};
use crate::domain::refusal::{Federation, Refusal};
use crate::model::vault_provider::VaultProviderDescription;

pub(super) fn operations() -> Vec<Operation> {
    [providers(), connections(), keys(), search_keys()].into_iter().flatten().collect()
}

fn providers() -> Vec<Operation> {
    const ALL: &str = "/auth/providers";
    const ONE: &str = "/auth/providers/{id}";
    let said = |operation: Operation| {
        let operation = operation.json::<VaultProviderDescription>().null_is_absent();
        operation.refuses([conflict(), reauthentication()])
    };
    vec![
        op("GET", ALL, "List what can be connected")
            .about("Entries of the catalogue that are connected by a key, unless the tenant turned them off; those by OAuth that it set up; and its own, by name.")
            .query::<String>("all", "`true`, for administrators: the whole catalogue, with what the tenant said of it.")
            .answers::<Providers>(200, "The providers.")
            .refuses([Refusal::Forbidden, Refusal::Invalid(Vec::new())]),
        said(op("POST", ALL, "Set a provider up"))
            .about("With the id of an entry of the catalogue (`GET /auth/providers?all=true`) that entry, with another one a provider of the tenant's own. A tenant sets up at most 200.")
            .answers::<Provider>(201, "The provider, without its secret.")
            .sets("location", "its path"),
        op("GET", ONE, "Read a provider")
            .answers::<Provider>(200, "The provider. Administrators also see one that cannot be connected yet, and how it is set up."),
        said(op("PUT", ONE, "Replace what the tenant says of a provider"))
            .about("Absent members have their defaults again, but for `clientSecret`, which stays. A secret is sent nowhere else than it was given for: with another address it must be given again. An entry of the catalogue that is not set up yet is.")
            .answers::<Provider>(200, "The provider, as it is now."),
        op("DELETE", ONE, "Remove a provider")
            .about("One of the tenant's own, or what it says of an entry of the catalogue, with all connections to it.")
            .answers::<Succeeded>(200, "Removed.")
            .refuses([reauthentication()]),
    ]
}

fn connections() -> Vec<Operation> {
    vec![
        op("GET", "/auth/valid-token", "Get an access token that is good")
            .about("It is renewed first if it ends within two minutes; however many ask at once, it is renewed once. Each hand-out is an event of the audit log. 409 `REAUTHORIZATION_NEEDED` when the person has to connect the service again; 503 with `Retry-After` while the service does not answer and the token is over.")
            .query::<String>("providerId", "Of which provider.")
            .query::<String>("label", "Which connection, where there are several.")
            .query::<String>("scopes", "What it is needed for, separated by spaces: what of that was not granted is answered as `missingScopes`.")
            .query::<String>("userId", "Whose, where a service asks for a person (`vaultDelegation`).")
            .answers::<ValidToken<'_>>(200, "The token.")
            .refuses([
                Refusal::Invalid(Vec::new()),
                Refusal::NeedsReauthorization,
                Refusal::ProviderUnavailable { seconds: 1 },
            ]),
        op("GET", "/auth/connected", "List what is connected")
            .about("The oldest first; no tokens and no keys.")
            .query::<String>(
                "providerId",
                "Only connections of this provider. With a scope for one provider it must be said.",
            )
            .query::<String>("userId", "Whose, where a service asks for a person (`vaultDelegation`).")
            .answers::<Connected>(200, "The connections."),
        op("GET", "/auth/connections/{id}", "Read a connection")
            .about("404 for one of another person, too.")
            .query::<String>("scopes", "Separated by spaces: `missingScopes` says which of them were not granted.")
            .query::<String>("userId", "Whose, where a service asks for a person (`vaultDelegation`).")
            .answers::<App>(200, "The connection."),
        op("POST", "/auth/connections", "Import a connection")
            .about("With tokens or a key that a user has already, in the place of a connection with the same label.")
            .json::<connection::NewConnection>()
            .answers::<connection::Made>(201, "Imported.")
            .refuses([conflict(), reauthentication()]),
        op("DELETE", "/auth/connections", "End all connections to a provider")
            .about("The provider is asked to revoke their tokens, again if it does not answer.")
            .needs_query::<String>("providerId", "The provider's id.")
            .answers::<connection::Ended>(200, "They have ended.")
            .refuses([reauthentication()]),
        op("GET", "/auth/connect/{id}", "Begin a connection")
            .about("Answers where the browser goes: to the provider. It comes back to `/auth/callback/{id}`, or to `redirect_uri`, within 10 minutes. At most 30 a minute.")
            .query::<String>("scopes", "Separated by spaces: what is asked for beyond what was granted; what the provider has by default if nothing is said.")
            .query::<String>("label", "What tells several connections of one provider apart.")
            .query::<String>("origin", "The app that a browser without the session is sent back to, with `code` and `state`: an origin of the tenant's, or of this machine.")
            .query::<String>("redirect_uri", "Where the provider sends the browser instead of to us: at an origin of the tenant's (`allowedOrigins`, or of a client that an administrator made), or `http://127.0.0.1` or `http://[::1]` with a port. Refused for a provider that takes no PKCE: a code that no verifier protects comes to us alone.")
            .answers::<connect::Begun>(200, "Where the browser goes.")
            .refuses([Refusal::Invalid(Vec::new()), conflict(), limited()]),
        op("POST", "/auth/callback", "End a connection")
            .about("With the code and the state that came back from the provider, in the very session that began it.")
            .json::<connect::Body>()
            .answers::<connect::ConnectionMade>(200, "Connected.")
            .refuses(ends()),
        op("GET", "/auth/callback/{id}", "Where a provider sends browsers back to")
            .also("/tenant/{tenant}/auth/callback/{id}")
            .about("In the session that began the connection, by cookie or bearer token. A browser without it is sent on to the app that began it. A redirect URI to register at the provider.")
            .reads(&["bearer"])
            .needs_query::<String>("state", "As it was sent to the provider.")
            .query::<String>("code", "The provider's code.")
            .query::<String>("error", "Why the provider declines.")
            .query::<String>("iss", "Who says so (RFC 9207).")
            .answers::<connect::ConnectionMade>(200, "Connected.")
            .nothing(303, "To the account page, or on to the app.")
            .sets("location", "where to")
            .refuses(ends())
            .refuses(token_refusals())
            .refuses([Refusal::Forbidden, Refusal::ScopeMissing(vec!["read".into()])]),
        op("POST", "/auth/disconnect/{id}", "Disconnect a provider")
            .about("Ends the connection and has the provider revoke its tokens, again if it does not answer.")
            .maybe_json::<connect::Which>()
            .query::<String>("label", "Which, where there are several.")
            .answers::<connect::Disconnected>(200, "Disconnected."),
    ]
}

/// Why a connection is not made.
fn ends() -> Vec<Refusal> {
    let provider = || "Google".to_owned();
    vec![
        Refusal::Federation(Federation::ConnectionInvalid),
        Refusal::Federation(Federation::ConnectionDeclined {
            provider: provider(),
            error: "access_denied".into(),
        }),
        Refusal::Federation(Federation::Forged("the response is of another issuer")),
        Refusal::Federation(Federation::Failed { provider: provider(), why: "what was wrong".into() }),
        Refusal::Federation(Federation::Late { provider: provider() }),
        conflict(),
        limited(),
    ]
}

fn keys() -> Vec<Operation> {
    const ONE: &str = "/auth/apikeys/{id}";
    vec![
        op("POST", ONE, "Store a key of a provider")
            .about("In the place of one with the same label. It is sealed at rest. A person has at most 50 connections, and stores at most 30 keys a minute.")
            .json::<vault_keys::Body>()
            .answers::<Succeeded>(200, "Stored.")
            .refuses([conflict(), limited()]),
        op("GET", ONE, "Retrieve a key of a provider")
            .about("Each retrieval is an event of the audit log.")
            .query::<String>("label", "Which, where there are several.")
            .query::<String>("userId", "Whose, where a service asks for a person (`vaultDelegation`).")
            .answers::<vault_keys::Key<'_>>(200, "The key.")
            .refuses([Refusal::Invalid(Vec::new())]),
        op("DELETE", ONE, "Delete a key of a provider")
            .query::<String>("label", "Which, where there are several.")
            .answers::<Succeeded>(200, "Deleted."),
    ]
}

fn search_keys() -> Vec<Operation> {
    const PATH: &str = "/auth/google-search-keys";
    vec![
        op("GET", PATH, "Read the Google Search configuration")
            .about("404 where the tenant has none.")
            .answers::<SearchKeys<'_>>(200, "The configuration."),
        op("PUT", PATH, "Set the Google Search configuration")
            .about("The key is sealed at rest.")
            .json::<NewSearchKeys>()
            .answers::<Succeeded>(200, "Set.")
            .refuses([reauthentication()]),
        op("DELETE", PATH, "Delete the Google Search configuration")
            .answers::<Succeeded>(200, "Deleted.")
            .refuses([reauthentication()]),
    ]
}
