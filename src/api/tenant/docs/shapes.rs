//! What the tenant API reads and answers that no type of its own says.

#![expect(dead_code, reason = "read by utoipa alone")]

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::client::Metadata;
use crate::model::identity_provider::{
    Binding, Endpoints, Linking, Provisioning, RoleMap, SamlAttributes, TokenAuth,
};

/// An identity provider, with the members of its kind.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct IdentityProvider {
    allow_sha1: Option<bool>,
    attributes: Option<SamlAttributes>,
    certificates: Option<Vec<String>>,
    client_id: Option<String>,
    /// Whether it has a secret, which is never shown.
    client_secret_set: bool,
    #[schema(format = DateTime)]
    created_at: String,
    /// Its mail domains, proved or not.
    domains: Vec<String>,
    enabled: bool,
    endpoints: Option<Endpoints>,
    enforced: bool,
    hosted_domain: Option<String>,
    id: String,
    idp_entity_id: Option<String>,
    idp_initiated: Option<bool>,
    issuer: Option<String>,
    /// `google`, `microsoft`, `github`, `oidc` or `saml`.
    kind: String,
    linking: Linking,
    name: String,
    name_id_format: Option<String>,
    provisioning: Provisioning,
    role_map: Option<RoleMap>,
    scopes: Option<Vec<String>>,
    sign_requests: Option<bool>,
    slo_binding: Option<Binding>,
    slo_response_url: Option<String>,
    slo_url: Option<String>,
    sso_binding: Option<Binding>,
    sso_url: Option<String>,
    tenants: Option<Vec<String>>,
    token_endpoint_auth_method: Option<TokenAuth>,
}

/// A client's metadata: RFC 7591 §2, and members of our own.
#[derive(ToSchema, Serialize)]
pub(crate) struct ClientSaid {
    /// The client's id, when it is changed.
    client_id: Option<String>,
    client_name: Option<String>,
    #[serde(flatten)]
    metadata: Metadata,
}

#[derive(ToSchema)]
pub(crate) struct MailTemplateParts {
    /// One line of at most 200 characters, without link or code.
    subject: String,
    /// With `{{ link }}` and `{{ code }}` where the mail has one, each between white space, and with nothing else
    /// that a mail program makes a link of. The same holds for subject and HTML.
    text: String,
    /// Loads nothing, and leads nowhere but to `{{ link }}`.
    html: String,
}
