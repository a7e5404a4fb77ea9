//! What an administrator says of an identity provider: the members of every kind, of which each kind takes its own.

use serde::Deserialize;

use crate::model::identity_provider::{Endpoints, RoleMap, SamlAttributes};
use crate::model::json;

/// An identity provider, as an administrator describes it. Which members there may be depends on `kind`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ProviderDescription {
    /// 1 to 40 of `a-z`, `0-9` and `-`; made if absent. It cannot be changed.
    pub(crate) id: Option<String>,
    /// `google`, `microsoft`, `github`, `oidc` or `saml`. It cannot be changed.
    pub(crate) kind: Option<String>,
    /// What people are shown; required for `oidc` and `saml`.
    pub(crate) name: Option<String>,
    /// Whether anybody can sign in with it: `true` by default.
    pub(crate) enabled: Option<bool>,
    /// Mail domains whose people sign in with it. Those that are new are made pending, those that are not named any more
    /// are removed; absent, they stay.
    pub(crate) domains: Option<Vec<String>>,
    /// Whether people of its verified domains can sign in with nothing else. It can be switched on only when it has one.
    pub(crate) enforced: Option<bool>,
    /// `verified` (the default): an identity is linked at once to the account with its address if the provider is
    /// authoritative for it and the address was verified here. `never`: after a local factor alone.
    pub(crate) linking: Option<String>,
    /// `users` (the default): who has no account gets one. `off`: they are refused.
    pub(crate) provisioning: Option<String>,
    /// Which roles people have by what the provider says of them.
    #[serde(deserialize_with = "json::maybe_object")]
    pub(crate) role_map: Option<RoleMap>,
    /// Our client id there; not of `saml`.
    pub(crate) client_id: Option<String>,
    /// Our secret there, which is never shown. Absent it stays, unless it would be sent to another address than it was given
    /// for; null removes it.
    #[serde(deserialize_with = "said")]
    pub(crate) client_secret: Option<Option<String>>,
    /// As it is shown; it is not set.
    pub(crate) client_secret_set: Option<bool>,
    /// As it is shown; it is not set.
    pub(crate) created_at: Option<String>,
    /// `google`: the Workspace domain that people must be of.
    pub(crate) hosted_domain: Option<String>,
    /// `microsoft`: whose accounts may sign in: `common` (the default), `organizations`, `consumers`, or ids of tenants.
    pub(crate) tenants: Option<Vec<String>>,
    /// `google`, `microsoft`, `github`, in `MODE` `local` and `testing`: a server that stands in.
    #[serde(deserialize_with = "json::maybe_object")]
    pub(crate) endpoints: Option<Endpoints>,
    /// `oidc`: its issuer.
    pub(crate) issuer: Option<String>,
    /// `oidc`: what is asked for; `openid email profile` by default.
    pub(crate) scopes: Option<Vec<String>>,
    /// `oidc`: `client_secret_basic`, `client_secret_post`, `private_key_jwt` or `none`; as its metadata says by default.
    pub(crate) token_endpoint_auth_method: Option<String>,
    /// `saml`: its entity id.
    pub(crate) idp_entity_id: Option<String>,
    /// `saml`: where sign-ins begin.
    pub(crate) sso_url: Option<String>,
    /// `saml`: how requests to sign in go there: `redirect` (the default) or `post`.
    pub(crate) sso_binding: Option<String>,
    /// `saml`: where sign-outs go.
    pub(crate) slo_url: Option<String>,
    /// `saml`: where our answers to sign-outs go, if that is not `sloUrl`.
    pub(crate) slo_response_url: Option<String>,
    /// `saml`: how logout messages go there: `redirect` (the default) or `post`.
    pub(crate) slo_binding: Option<String>,
    /// `saml`: the certificates of the keys that it signs with, each as PEM or as base64 of DER.
    pub(crate) certificates: Option<Vec<String>>,
    /// `saml`: whether it may begin sign-ins itself.
    pub(crate) idp_initiated: Option<bool>,
    /// `saml`: whether our requests are signed.
    pub(crate) sign_requests: Option<bool>,
    /// `saml`: whether signatures with SHA-1 are accepted, which are weak.
    pub(crate) allow_sha1: Option<bool>,
    /// `saml`: the form of the name that we ask for.
    pub(crate) name_id_format: Option<String>,
    /// `saml`: which attributes say what.
    #[serde(deserialize_with = "json::maybe_object")]
    pub(crate) attributes: Option<SamlAttributes>,
    /// `saml`: where its metadata is, which is read now, instead of `idpEntityId`, `certificates`, and what begins with
    /// `sso` and `slo`.
    pub(crate) metadata_url: Option<String>,
    /// `saml`: its metadata, instead of the same.
    pub(crate) metadata_xml: Option<String>,
}

/// A member that can be absent, null or a text: `None` when absent.
fn said<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(field).map(Some)
}

impl ProviderDescription {
    /// The members that are there and belong to kinds of provider, each by its name.
    pub(crate) fn members_of_kinds(&self) -> Vec<&'static str> {
        let all = [
            ("clientId", self.client_id.is_some()),
            ("clientSecret", matches!(&self.client_secret, Some(Some(_)))),
            ("hostedDomain", self.hosted_domain.is_some()),
            ("tenants", self.tenants.is_some()),
            ("endpoints", self.endpoints.is_some()),
            ("issuer", self.issuer.is_some()),
            ("scopes", self.scopes.is_some()),
            ("tokenEndpointAuthMethod", self.token_endpoint_auth_method.is_some()),
            ("idpEntityId", self.idp_entity_id.is_some()),
            ("ssoUrl", self.sso_url.is_some()),
            ("ssoBinding", self.sso_binding.is_some()),
            ("sloUrl", self.slo_url.is_some()),
            ("sloResponseUrl", self.slo_response_url.is_some()),
            ("sloBinding", self.slo_binding.is_some()),
            ("certificates", self.certificates.is_some()),
            ("idpInitiated", self.idp_initiated.is_some()),
            ("signRequests", self.sign_requests.is_some()),
            ("allowSha1", self.allow_sha1.is_some()),
            ("nameIdFormat", self.name_id_format.is_some()),
            ("attributes", self.attributes.is_some()),
            ("metadataUrl", self.metadata_url.is_some()),
            ("metadataXml", self.metadata_xml.is_some()),
        ];
        all.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
    }
}
