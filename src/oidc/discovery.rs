//! What clients discover (OpenID Connect Discovery 1.0 §3, RFC 8414 §2): exactly what works here.

use serde_json::{Value, json};

use crate::model::client::{ASSERTION_ALGORITHMS, AUTH_METHODS, GRANTS};
use crate::model::scope::OPENID;
use crate::model::signing_alg::SigningAlg;
use crate::oidc::dpop;
use crate::oidc::id_token::{ACR_ONE_FACTOR, ACR_TWO_FACTORS};
use crate::oidc::request::CLAIMS;

/// How clients authenticate that have something to prove who they are: introspection is for these alone (RFC 7662 §2.1).
fn confidential_methods() -> Vec<&'static str> {
    AUTH_METHODS.into_iter().filter(|method| *method != "none").collect()
}

/// Languages that pages speak.
const LOCALES: [&str; 2] = ["en", "de"];

/// The claims of ID tokens, with those about a user.
fn claims() -> Vec<&'static str> {
    let always =
        ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid", "tenantId"];
    always.into_iter().chain(CLAIMS.into_iter().map(|(claim, _)| claim)).collect()
}

/// A tenant's metadata; `registration` if clients may register themselves, `metadata_documents` if they may be URLs of
/// documents, `second_factors` if people may have some.
pub(crate) fn metadata(
    issuer: &str,
    registration: bool,
    metadata_documents: bool,
    second_factors: bool,
) -> Value {
    let acr_values =
        if second_factors { vec![ACR_ONE_FACTOR, ACR_TWO_FACTORS] } else { vec![ACR_ONE_FACTOR] };
    let endpoint = |name: &str| format!("{issuer}/oauth2/{name}");
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": endpoint("authorize"),
        "token_endpoint": endpoint("token"),
        "userinfo_endpoint": endpoint("userinfo"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "introspection_endpoint": endpoint("introspect"),
        "revocation_endpoint": endpoint("revoke"),
        "pushed_authorization_request_endpoint": endpoint("par"),
        "device_authorization_endpoint": endpoint("device_authorization"),
        "end_session_endpoint": endpoint("logout"),
        "scopes_supported": OPENID,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": GRANTS,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": SigningAlg::ALL,
        "userinfo_signing_alg_values_supported": SigningAlg::ALL,
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": confidential_methods(),
        "introspection_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": dpop::ALGORITHMS,
        "claims_supported": claims(),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "acr_values_supported": acr_values,
        "prompt_values_supported": ["none", "login", "consent", "select_account", "create"],
        "ui_locales_supported": LOCALES,
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": metadata_documents,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    });
    if let (true, Some(metadata)) = (registration, metadata.as_object_mut()) {
        metadata.insert("registration_endpoint".into(), endpoint("register").into());
    }
    metadata
}
