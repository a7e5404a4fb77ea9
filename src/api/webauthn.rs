//! Options of passkey ceremonies as JSON, for `parseCreationOptionsFromJSON()` and
//! `parseRequestOptionsFromJSON()` (Web Authentication Level 3, §5.1.8 and §5.1.9), on every surface.

use serde::Serialize;

use crate::domain::sign_in::passkeys::{Creation, Known, Request, SECONDS};
use crate::ports::Fault;

const MILLISECONDS: i64 = SECONDS * 1000;

/// A passkey, as a `PublicKeyCredentialDescriptor`.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
struct Descriptor {
    id: String,
    transports: Vec<String>,
    r#type: &'static str,
}

impl From<Known> for Descriptor {
    fn from(known: Known) -> Descriptor {
        Descriptor { id: known.id, transports: known.transports, r#type: "public-key" }
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
struct Algorithm {
    /// The COSE algorithm identifier.
    alg: i64,
    r#type: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
struct Party {
    id: String,
    name: String,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Account {
    display_name: String,
    id: String,
    name: String,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Selection {
    require_resident_key: bool,
    resident_key: &'static str,
    user_verification: &'static str,
}

/// For `PublicKeyCredential.parseCreationOptionsFromJSON()`.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreationOptions {
    attestation: &'static str,
    authenticator_selection: Selection,
    challenge: String,
    exclude_credentials: Vec<Descriptor>,
    pub_key_cred_params: Vec<Algorithm>,
    rp: Party,
    timeout: i64,
    user: Account,
}

impl From<Creation> for CreationOptions {
    fn from(creation: Creation) -> CreationOptions {
        CreationOptions {
            attestation: "none",
            authenticator_selection: Selection {
                require_resident_key: true,
                resident_key: "required",
                user_verification: "preferred",
            },
            challenge: creation.challenge,
            exclude_credentials: creation.exclude.into_iter().map(Descriptor::from).collect(),
            pub_key_cred_params: creation
                .algorithms
                .iter()
                .map(|&alg| Algorithm { alg, r#type: "public-key" })
                .collect(),
            rp: Party { id: creation.rp_id, name: creation.rp_name },
            timeout: MILLISECONDS,
            user: Account { display_name: creation.name, id: creation.user_handle, name: creation.email },
        }
    }
}

/// For `PublicKeyCredential.parseRequestOptionsFromJSON()`.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestOptions {
    allow_credentials: Vec<Descriptor>,
    challenge: String,
    rp_id: String,
    timeout: i64,
    user_verification: &'static str,
}

impl From<Request> for RequestOptions {
    fn from(request: Request) -> RequestOptions {
        RequestOptions {
            allow_credentials: request.allow.into_iter().map(Descriptor::from).collect(),
            challenge: request.challenge,
            rp_id: request.rp_id,
            timeout: MILLISECONDS,
            user_verification: if request.user_verification { "required" } else { "discouraged" },
        }
    }
}

/// Options as text, for a page's script.
///
/// # Errors
/// The serializer's.
pub(crate) fn text(options: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(options).map_err(|error| Fault::new("webauthn", error))
}
