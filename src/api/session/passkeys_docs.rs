//! What the document says of passkeys.

#![expect(dead_code, reason = "shapes of answers, read by utoipa alone")]

use utoipa::ToSchema;

use crate::api::docs::{Operation, answer, conflict, limited, op, reauthentication};
use crate::api::session::sign_in_shape::SignIn;
use crate::api::session::{mfa, passkeys};
use crate::domain::refusal::Refusal;

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct Passkey {
    id: String,
    name: String,
    /// The domain that it is for.
    rp_id: String,
    /// Whether it is synced between devices.
    backed_up: bool,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
}

#[derive(ToSchema)]
struct Removed {
    removed: bool,
}

/// A passkey, as a `PublicKeyCredentialDescriptor`.
#[derive(ToSchema)]
struct Descriptor {
    r#type: String,
    id: String,
    transports: Vec<String>,
}

#[derive(ToSchema)]
struct Algorithm {
    r#type: String,
    /// The COSE algorithm identifier.
    alg: i64,
}

#[derive(ToSchema)]
struct Party {
    id: String,
    name: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct Account {
    id: String,
    name: String,
    display_name: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct Selection {
    resident_key: String,
    require_resident_key: bool,
    user_verification: String,
}

/// For `PublicKeyCredential.parseCreationOptionsFromJSON()`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct CreationOptions {
    rp: Party,
    user: Account,
    challenge: String,
    pub_key_cred_params: Vec<Algorithm>,
    timeout: i64,
    exclude_credentials: Vec<Descriptor>,
    authenticator_selection: Selection,
    attestation: String,
}

/// For `PublicKeyCredential.parseRequestOptionsFromJSON()`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct RequestOptions {
    challenge: String,
    timeout: i64,
    rp_id: String,
    allow_credentials: Vec<Descriptor>,
    user_verification: String,
}

#[derive(ToSchema)]
struct Origins {
    origins: Vec<String>,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        op("GET", "/api/auth/passkeys", "List the caller's passkeys").paged().answers_with(
            200,
            "A page of passkeys.",
            answer::<Passkey>().listed().in_data(),
        ),
        op("POST", "/api/auth/passkeys/options", "Begin to add a passkey")
            .about(
                "Options for `navigator.credentials.create()`; usable once, for five minutes, in this session. \
                 A user who has a second factor or a passkey must have proved it in the session.",
            )
            .maybe_json::<mfa::Confirmed>()
            .answers_with(200, "Creation options.", answer::<CreationOptions>().in_data())
            .refuses([Refusal::MfaRequired, conflict(), reauthentication(), Refusal::WrongPassword])
            .refuses([limited()]),
        op("POST", "/api/auth/passkeys", "Add a passkey")
            .json::<passkeys::New>()
            .answers_with(201, "Added.", answer::<Passkey>().in_data())
            .refuses([Refusal::MfaRequired, conflict(), reauthentication(), Refusal::WrongPassword])
            .refuses([limited()]),
        op("PATCH", "/api/auth/passkeys/{id}", "Rename a passkey")
            .json::<passkeys::Name>()
            .answers_with(200, "As it is now.", answer::<Passkey>().in_data()),
        op("DELETE", "/api/auth/passkeys/{id}", "Remove a passkey")
            .about("Soon after a sign-in, or after `/api/auth/reauthenticate`.")
            .answers_with(200, "Removed.", answer::<Removed>().in_data())
            .refuses([Refusal::MfaRequired, reauthentication()]),
        op("POST", "/api/auth/passkeys/login/options", "Begin to sign in with a passkey")
            .about(
                "Options for `navigator.credentials.get()`; usable once, for five minutes. With the challenge of \
                 a sign-in, for `/api/auth/mfa/verify`.",
            )
            .maybe_json::<passkeys::Second>()
            .answers_with(200, "Request options.", answer::<RequestOptions>().in_data())
            .refuses([Refusal::Forbidden, Refusal::ChallengeOver, limited()]),
        op("POST", "/api/auth/passkeys/login", "Sign in with a passkey")
            .json::<passkeys::Body>()
            .answers_with(200, "Signed in.", answer::<SignIn>().in_data())
            .refuses([
                Refusal::WrongPasskey,
                Refusal::ChallengeOver,
                Refusal::EmailUnverified,
                limited(),
            ]),
        op("GET", "/.well-known/webauthn", "List the origins that may use the host's passkeys")
            .about("Related origin requests of Web Authentication Level 3.")
            .answers::<Origins>(200, "The origins.")
            .refuses([Refusal::NotFound]),
    ]
}
