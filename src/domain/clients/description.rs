//! What is said about a client, read: members whose values are a choice say one that works here, and no other (RFC 7591
//! §2, OpenID Connect Dynamic Client Registration 1.0 §2, and what else the IANA registry "OAuth Dynamic Client
//! Registration Metadata" has). What does not work is refused by its name: a client that was registered all the same
//! would find out too late. A member that nobody has defined is left to the surface.

use serde_json::{Map, Value};

use crate::domain::refusal::{Error, Problem, Refusal, invalid};
use crate::model::client::{ASSERTION_ALGORITHMS, AUTH_METHODS, Described, GRANTS, MEMBERS};
use crate::oidc::id_token::{ACR_ONE_FACTOR, ACR_TWO_FACTORS};

/// Which values of a member work.
enum Works {
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A list of some of these.
    ListOf(&'static [&'static str]),
    /// `false`; the words say what works instead of `true`.
    False(&'static str),
    /// None, as there is no such thing; the words say what works instead.
    Nothing(&'static str),
    /// Any, as it only allows what the client can do without. It is not kept.
    Any,
}

use Works::{Any, False, ListOf, Nothing, OneOf};

const PUBLIC: &str = "subject identifiers are public";
const ID_TOKENS: &str = "ID tokens are signed and not encrypted";
const USERINFO: &str = "userinfo is plain JSON or signed, and not encrypted";
const OBJECTS: &str = "there are no request objects; requests are pushed instead (RFC 9126)";
const ANSWERS: &str = "authorization answers are not signed; they have iss (RFC 9207)";
const INTROSPECTION: &str = "introspection answers plain JSON";
const MUTUAL_TLS: &str = "there is no mutual TLS; private_key_jwt proves who a client is";
const CIBA: &str = "there is no backchannel authentication; devices use the device_code grant";
const FRONT: &str = "there is no front-channel logout; backchannel_logout_uri is told instead";
const DETAILS: &str = "there are no authorization details; scope and resource say what is asked for";

/// The members, and what of them works.
const VALUES: [(&str, Works); 39] = [
    ("token_endpoint_auth_method", OneOf(&AUTH_METHODS)),
    ("token_endpoint_auth_signing_alg", OneOf(&ASSERTION_ALGORITHMS)),
    ("grant_types", ListOf(&GRANTS)),
    ("response_types", ListOf(&["code"])),
    ("application_type", OneOf(&["web", "native"])),
    ("default_acr_values", ListOf(&[ACR_ONE_FACTOR, ACR_TWO_FACTORS])),
    ("subject_type", OneOf(&["public"])),
    ("sector_identifier_uri", Nothing(PUBLIC)),
    ("id_token_signed_response_alg", OneOf(&["ES256", "RS256"])),
    ("id_token_encrypted_response_alg", Nothing(ID_TOKENS)),
    ("id_token_encrypted_response_enc", Nothing(ID_TOKENS)),
    ("userinfo_signed_response_alg", OneOf(&["none", "ES256", "RS256"])),
    ("userinfo_encrypted_response_alg", Nothing(USERINFO)),
    ("userinfo_encrypted_response_enc", Nothing(USERINFO)),
    ("request_object_signing_alg", Nothing(OBJECTS)),
    ("request_object_encryption_alg", Nothing(OBJECTS)),
    ("request_object_encryption_enc", Nothing(OBJECTS)),
    ("request_uris", Any),
    ("require_signed_request_object", False(OBJECTS)),
    ("authorization_signed_response_alg", Nothing(ANSWERS)),
    ("authorization_encrypted_response_alg", Nothing(ANSWERS)),
    ("authorization_encrypted_response_enc", Nothing(ANSWERS)),
    ("introspection_signed_response_alg", Nothing(INTROSPECTION)),
    ("introspection_encrypted_response_alg", Nothing(INTROSPECTION)),
    ("introspection_encrypted_response_enc", Nothing(INTROSPECTION)),
    ("tls_client_auth_subject_dn", Nothing(MUTUAL_TLS)),
    ("tls_client_auth_san_dns", Nothing(MUTUAL_TLS)),
    ("tls_client_auth_san_uri", Nothing(MUTUAL_TLS)),
    ("tls_client_auth_san_ip", Nothing(MUTUAL_TLS)),
    ("tls_client_auth_san_email", Nothing(MUTUAL_TLS)),
    ("tls_client_certificate_bound_access_tokens", False(MUTUAL_TLS)),
    ("use_mtls_endpoint_aliases", False(MUTUAL_TLS)),
    ("backchannel_token_delivery_mode", Nothing(CIBA)),
    ("backchannel_client_notification_endpoint", Nothing(CIBA)),
    ("backchannel_authentication_request_signing_alg", Nothing(CIBA)),
    ("backchannel_user_code_parameter", False(CIBA)),
    ("frontchannel_logout_uri", Nothing(FRONT)),
    ("frontchannel_logout_session_required", False(FRONT)),
    ("authorization_details_types", Nothing(DETAILS)),
];

/// Reads what was said about a client. A member that is null is as good as absent (RFC 7592 §2.2).
///
/// # Errors
/// [`Refusal::Invalid`] naming each member whose value does not work, with those that do; or the first of a wrong type.
pub(crate) fn read(mut said: Map<String, Value>) -> Result<Described, Error> {
    said.retain(|_, value| !value.is_null());
    let refused = |(member, works): &(&'static str, Works)| {
        let rule = works.refuse(said.get(*member)?)?;
        Some(Problem { field: member, reason: rule.into() })
    };
    let problems: Vec<Problem> = VALUES.iter().filter_map(refused).collect();
    if !problems.is_empty() {
        return Err(Refusal::Invalid(problems).into());
    }
    // What remains of those that are not kept says what holds for all clients.
    said.retain(|name, _| MEMBERS.contains(&name.as_str()) || VALUES.iter().all(|(known, _)| known != name));
    Described::read(said).map_err(|(member, wrong)| invalid(member, format!("has the wrong type: {wrong}")))
}

impl Works {
    /// Why a value does not work; `None` for one that does.
    fn refuse(&self, value: &Value) -> Option<String> {
        let known = |all: &[&str], one: &Value| one.as_str().is_some_and(|text| all.contains(&text));
        match self {
            OneOf(all) if known(all, value) => None,
            OneOf(all) => Some(format!("not supported; what works: {}", all.join(", "))),
            ListOf(all) if value.as_array().is_some_and(|list| list.iter().all(|one| known(all, one))) => {
                None
            }
            ListOf(all) => Some(format!("not supported; what works is a list of: {}", all.join(", "))),
            False(_) if *value == Value::Bool(false) => None,
            Nothing(_) if value.as_array().is_some_and(Vec::is_empty) => None,
            Any => None,
            False(instead) | Nothing(instead) => Some(format!("not supported: {instead}")),
        }
    }
}
