//! What the document says of the connection vault.

use crate::api::connections::connected::Connected;
use crate::api::connections::providers::{Provider, Providers};
use crate::api::connections::search_keys::{NewSearchKeys, SearchKeys};
use crate::api::connections::shapes::Succeeded;
use crate::api::connections::vault_keys;
use crate::api::docs::{Operation, conflict, limited, op, reauthentication};
use crate::domain::refusal::Refusal;
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
        op("GET", "/auth/connected", "List what is connected")
            .about("The oldest first; no tokens and no keys.")
            .query::<String>(
                "providerId",
                "Only connections of this provider. With a scope for one provider it must be said.",
            )
            .query::<String>("userId", "Whose, where a service asks for a person (`vaultDelegation`).")
            .answers::<Connected>(200, "The connections."),
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
