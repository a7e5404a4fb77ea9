//! What the document says of identity providers and mail domains.

use crate::api::docs::{Operation, answer, conflict, lean_answer, limited, op, reauthentication};
use crate::api::session::identities::Identity;
use crate::api::tenant::docs::shapes::IdentityProvider;
use crate::api::tenant::domains::{self, Domain};
use crate::api::tenant::identity_providers::Tested;
use crate::api::tenant::join_requests::JoinRequest;
use crate::api::tenant::saml_keys::SigningKeys;
use crate::api::tenant::users::User;
use crate::domain::refusal::Refusal;
use crate::model::provider_description::ProviderDescription;

pub(super) fn operations() -> Vec<Operation> {
    const ALL: &str = "/tenant/{tenant}/v2/IdentityProviders";
    const ONE: &str = "/tenant/{tenant}/v2/IdentityProviders/{id}";
    const KEYS: &str = "/tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys";
    const IDENTITIES: &str = "/tenant/{tenant}/v2/Users/{id}/Identities";
    const DOMAINS: &str = "/tenant/{tenant}/v2/Domains";
    const DOMAIN: &str = "/tenant/{tenant}/v2/Domains/{domain}";
    let upgrade = || Refusal::PlanTooLow { current: "free".into(), required: "enterprise".into() };
    let provider = lean_answer::<IdentityProvider>;
    let said = |operation: Operation| {
        let operation = operation.json::<ProviderDescription>().null_is_absent();
        operation.refuses([conflict(), reauthentication(), upgrade(), limited()])
    };
    vec![
        op("GET", ALL, "List identity providers").paged().answers_with(
            200,
            "A page of providers.",
            provider().listed(),
        ),
        said(op("POST", ALL, "Make an identity provider"))
            .about("`oidc` and `saml` are for enterprise organisations. A tenant has at most 50.")
            .answers_with(201, "The provider, without its secret.", provider())
            .sets("location", "its path"),
        op("GET", ONE, "Read an identity provider").answers_with(200, "The provider.", provider()),
        said(op("PUT", ONE, "Replace an identity provider"))
            .about("Absent members have their defaults again, but for `clientSecret` and `domains`, which stay. A secret is sent nowhere else than it was given for: with another `issuer` or `endpoints` it must be given again. 409 for `enforced` without a verified domain, and where another one changed the provider at the same moment.")
            .answers_with(200, "The provider, as it is now.", provider()),
        said(op("PATCH", ONE, "Change an identity provider"))
            .about("As `PUT`, but members that are absent stay as they are; null stands for the default.")
            .answers_with(200, "The provider, as it is now.", provider()),
        op("DELETE", ONE, "Delete an identity provider")
            .about("Its identities and mail domains go with it, and the sessions that began with it end.")
            .nothing(204, "Deleted.")
            .refuses([reauthentication()]),
        op("POST", "/tenant/{tenant}/v2/IdentityProviders/{id}/test", "Test an identity provider")
            .about("Asks the provider for its metadata and keys as a sign-in does, looks at its certificates, and says what is wrong field by field. What is remembered of the provider is asked again after a minute.")
            .answers::<Tested>(200, "What was looked at.")
            .refuses([limited()]),
        op("GET", KEYS, "List the keys that sign messages to a SAML provider")
            .about("One that signs, made when it is first needed, with a certificate for ten years; and the next one while there is one.")
            .answers::<SigningKeys>(200, "All of them."),
        op("POST", KEYS, "Make the next key that signs messages to a SAML provider")
            .about("Its certificate stands in our metadata beside the first one's from now on, and signs nothing yet: have the provider take it, then activate it. 409 while there is a next one.")
            .answers::<SigningKeys>(201, "All of them.")
            .refuses([conflict(), reauthentication()]),
        op("POST", "/tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys/{key}/activate", "Activate the next key that signs messages to a SAML provider")
            .about("It signs from now on, everywhere within `REVOCATION_SECONDS`, and the key before it is removed.")
            .answers::<SigningKeys>(200, "The one that is left.")
            .refuses([reauthentication()]),
        op("DELETE", "/tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys/{key}", "Remove the next key that signs messages to a SAML provider")
            .nothing(204, "Removed.")
            .refuses([reauthentication()]),
        op("GET", "/tenant/{tenant}/v2/JoinRequests", "List people who want to join")
            .about("Of the organisation that has this trial tenant, by what their provider says.")
            .paged()
            .answers_with(200, "A page of them.", answer::<JoinRequest>().listed()),
        op("POST", "/tenant/{tenant}/v2/JoinRequests/{id}/accept", "Let one in who wants to join")
            .about("As a user without a role that administers, who signs in with the same provider.")
            .answers::<User>(201, "The user.")
            .sets("location", "its path")
            .refuses([conflict(), reauthentication()]),
        op("DELETE", "/tenant/{tenant}/v2/JoinRequests/{id}", "Turn one away who wants to join")
            .nothing(204, "Turned away."),
        op("GET", IDENTITIES, "List a user's identities").paged().answers_with(
            200,
            "A page of identities.",
            answer::<Identity>().listed(),
        ),
        op("DELETE", IDENTITIES, "Unlink a user's identity by its provider")
            .about("And by its subject, where there are several of that provider.")
            .needs_query::<String>("provider", "The provider's id.")
            .query::<String>("subject", "What the provider calls the person.")
            .nothing(204, "Unlinked; the sessions that began with it have ended.")
            .refuses([conflict()]),
        op("DELETE", "/tenant/{tenant}/v2/Users/{id}/Identities/{identity}", "Unlink a user's identity")
            .about("By its id, or that of its provider.")
            .nothing(204, "Unlinked; the sessions that began with it have ended.")
            .refuses([conflict()]),
        op("GET", DOMAINS, "List mail domains").answers_with(200, "All of them.", answer::<Domain>().listed()),
        op("POST", DOMAINS, "Add a mail domain")
            .about("It waits to be proved by the TXT record in the answer. Domains of public mail services, and those that names are registered under, are refused. 409 for one that another tenant has proved.")
            .json::<domains::Body>()
            .answers::<Domain>(201, "The domain, and the record that proves it.")
            .sets("location", "its path")
            .refuses([conflict(), reauthentication()]),
        op("GET", DOMAIN, "Read a mail domain").answers::<Domain>(200, "The domain."),
        op("POST", "/tenant/{tenant}/v2/Domains/{domain}/verify", "Verify a mail domain")
            .about("Looks the TXT record up. 409 if it is not there (yet), and where the deployment has no resolver: then the operator proves domains by word.")
            .answers::<Domain>(200, "The domain, which is verified.")
            .refuses([conflict(), reauthentication(), limited()]),
        op("DELETE", DOMAIN, "Remove a mail domain")
            .about("Its people sign in as everybody does.")
            .nothing(204, "Removed.")
            .refuses([reauthentication()]),
    ]
}
