//! Options of passkey ceremonies as JSON, for `parseCreationOptionsFromJSON()` and
//! `parseRequestOptionsFromJSON()` (Web Authentication Level 3, §5.1.8 and §5.1.9), on every surface.

use serde_json::{Value, json};

use crate::domain::sign_in::passkeys::{Creation, Known, Request, SECONDS};

fn descriptors(all: &[Known]) -> Value {
    let one = |known: &Known| json!({ "type": "public-key", "id": known.id, "transports": known.transports });
    all.iter().map(one).collect()
}

/// What a browser needs to make a passkey.
pub(crate) fn creation(options: &Creation) -> Value {
    let algorithm = |alg: &i64| json!({ "type": "public-key", "alg": alg });
    json!({
        "rp": { "id": options.rp_id, "name": options.rp_name },
        "user": { "id": options.user_handle, "name": options.email, "displayName": options.name },
        "challenge": options.challenge,
        "pubKeyCredParams": options.algorithms.iter().map(algorithm).collect::<Value>(),
        "timeout": SECONDS * 1000,
        "excludeCredentials": descriptors(&options.exclude),
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": true, "userVerification": "preferred",
        },
        "attestation": "none",
    })
}

/// What a browser needs to use one.
pub(crate) fn request(options: &Request) -> Value {
    json!({
        "challenge": options.challenge,
        "timeout": SECONDS * 1000,
        "rpId": options.rp_id,
        "allowCredentials": descriptors(&options.allow),
        "userVerification": if options.user_verification { "required" } else { "discouraged" },
    })
}
