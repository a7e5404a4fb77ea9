//! Identity providers: where a tenant's people sign in instead of here, as administrators describe them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An identity provider of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Unique in its tenant: 1 to 40 of `a-z`, `0-9` and `-`.
    pub id: String,
    /// As administrators write it.
    pub spec: ProviderSpec,
    /// Our secret at the provider, as the database has it.
    pub sealed_secret: Option<String>,
}

/// An identity provider, as administrators write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProviderSpec {
    /// What people are shown.
    pub(crate) name: String,
    /// Whether anybody can sign in with it.
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    /// Whether people of its verified domains can sign in with nothing else.
    #[serde(default)]
    pub(crate) enforced: bool,
    /// Whether an identity is linked to the account that has its address.
    #[serde(default)]
    pub(crate) linking: Linking,
    /// Whether who has no account gets one.
    #[serde(default)]
    pub(crate) provisioning: Provisioning,
    /// Which roles people have by what the provider says of them. The provider is their master then.
    #[serde(default)]
    pub(crate) role_map: Option<RoleMap>,
    /// What depends on the kind of provider.
    #[serde(flatten)]
    pub(crate) kind: Kind,
}

fn yes() -> bool {
    true
}

/// When an identity is linked to the account that has its address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Linking {
    /// At once if the provider is authoritative for the address, which was verified here; else after a local factor.
    #[default]
    Verified,
    /// Only after a local factor.
    Never,
}

/// What becomes of people without an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Provisioning {
    /// They get one.
    #[default]
    Users,
    /// They are refused.
    Off,
}

/// Roles by the values of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleMap {
    /// The claim or attribute, which is a text or a list of texts.
    pub(crate) claim: String,
    /// The role of each value.
    pub(crate) map: BTreeMap<String, String>,
}

/// What a provider speaks, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Kind {
    /// Google.
    Google(Google),
    /// Microsoft: Entra ID and personal accounts.
    Microsoft(Microsoft),
    /// GitHub.
    Github(Github),
    /// Any OpenID provider.
    Oidc(Oidc),
    /// Any SAML 2.0 identity provider.
    Saml(Saml),
}

impl Kind {
    /// The word that names it.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Kind::Google(_) => "google",
            Kind::Microsoft(_) => "microsoft",
            Kind::Github(_) => "github",
            Kind::Oidc(_) => "oidc",
            Kind::Saml(_) => "saml",
        }
    }

    /// Whether it is an organisation's own, which takes an enterprise organisation.
    pub(crate) fn is_organisations(&self) -> bool {
        matches!(self, Kind::Oidc(_) | Kind::Saml(_))
    }
}

/// Google.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Google {
    /// Our client id there.
    pub(crate) client_id: String,
    /// The Workspace domain that people must be of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hosted_domain: Option<String>,
    /// A stand-in's endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoints: Option<Endpoints>,
}

/// Microsoft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Microsoft {
    /// Our application (client) id there.
    pub(crate) client_id: String,
    /// Whose accounts may sign in: `common`, `organizations`, `consumers`, or ids of Microsoft's tenants.
    #[serde(default = "Microsoft::common")]
    pub(crate) tenants: Vec<String>,
    /// A stand-in's endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoints: Option<Endpoints>,
}

impl Microsoft {
    fn common() -> Vec<String> {
        vec!["common".to_owned()]
    }
}

/// GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Github {
    /// Our client id there.
    pub(crate) client_id: String,
    /// A stand-in's endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoints: Option<Endpoints>,
}

/// Any OpenID provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Oidc {
    /// Its issuer, where its metadata is found (OpenID Connect Discovery 1.0 §4).
    pub(crate) issuer: String,
    /// Our client id there.
    pub(crate) client_id: String,
    /// What is asked for; `openid` always is.
    #[serde(default = "Oidc::usual_scopes")]
    pub(crate) scopes: Vec<String>,
    /// How we authenticate there; by the provider's metadata when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_endpoint_auth_method: Option<TokenAuth>,
}

impl Oidc {
    fn usual_scopes() -> Vec<String> {
        ["openid", "email", "profile"].map(str::to_owned).to_vec()
    }
}

/// How we authenticate at a token endpoint (OpenID Connect Core 1.0 §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenAuth {
    /// The secret in `Authorization: Basic`.
    ClientSecretBasic,
    /// The secret in the form.
    ClientSecretPost,
    /// An assertion that the tenant's key signs.
    PrivateKeyJwt,
    /// Not at all: a public client.
    None,
}

/// How a browser brings a SAML message to a provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Binding {
    /// In the query of a redirect (saml-bindings §3.4).
    #[default]
    Redirect,
    /// In a form (saml-bindings §3.5).
    Post,
}

impl Binding {
    /// As it is written in a provider's members.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Binding::Redirect => "redirect",
            Binding::Post => "post",
        }
    }

    /// Reads what [`Binding::as_str`] writes.
    pub(crate) fn parse(text: &str) -> Option<Binding> {
        [Binding::Redirect, Binding::Post].into_iter().find(|one| one.as_str() == text)
    }
}

/// Any SAML 2.0 identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Saml {
    /// Its entity id.
    pub(crate) idp_entity_id: String,
    /// Where sign-ins begin.
    pub(crate) sso_url: String,
    /// By which binding requests to sign in go there.
    #[serde(default)]
    pub(crate) sso_binding: Binding,
    /// Where sign-outs go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) slo_url: Option<String>,
    /// Where our answers to sign-outs go, if that is not `slo_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) slo_response_url: Option<String>,
    /// By which binding logout messages go there.
    #[serde(default)]
    pub(crate) slo_binding: Binding,
    /// The certificates of the keys that it signs with, each as PEM or as base64 of DER.
    pub(crate) certificates: Vec<String>,
    /// Whether it may begin a sign-in that nobody began here.
    #[serde(default)]
    pub(crate) idp_initiated: bool,
    /// Whether our requests are signed.
    #[serde(default)]
    pub(crate) sign_requests: bool,
    /// Whether signatures with SHA-1 are accepted, which are weak.
    #[serde(default)]
    pub(crate) allow_sha1: bool,
    /// The form of the name that we ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name_id_format: Option<String>,
    /// Which attributes say what.
    #[serde(default)]
    pub(crate) attributes: SamlAttributes,
}

/// The names of a SAML provider's attributes; the usual ones when absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SamlAttributes {
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    /// The name that people are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The groups, for the role map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) groups: Option<String>,
}

/// Endpoints of a server that stands in for Google, Microsoft or GitHub; in local and testing mode alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoints {
    /// What `iss` is, which may be the real one.
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jwks_uri: Option<String>,
    /// For Microsoft this stands for Graph's `/me`, for GitHub for `/user`; `/user/emails` is below that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) userinfo_endpoint: Option<String>,
}
