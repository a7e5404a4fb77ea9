//! What an administrator says of a provider that people connect: the members of every kind.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A provider that people connect, as an administrator describes it. Of an entry of the catalogue `enabled`, `clientId`,
/// `clientSecret`, `scopes` and `labels` can be said; all else is what the catalogue says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct VaultProviderDescription {
    /// 1 to 40 of `a-z`, `0-9` and `-`: one of the catalogue's, or another for one of the tenant's own. It cannot be changed.
    pub(crate) id: Option<String>,
    /// What people are shown; required for one of the tenant's own.
    pub(crate) name: Option<String>,
    /// The name of its icon.
    pub(crate) icon: Option<String>,
    /// What it is for: at most 10.
    pub(crate) categories: Option<Vec<String>>,
    /// `oauth` or `api_key`; required for one of the tenant's own. It cannot be changed.
    pub(crate) connection_type: Option<String>,
    /// Whether anybody can connect it: `true` by default.
    pub(crate) enabled: Option<bool>,
    /// `oauth`: our client id there.
    pub(crate) client_id: Option<String>,
    /// `oauth`: our secret there, which is never shown. Absent it stays, unless it would be sent to another address than it
    /// was given for; null removes it.
    #[serde(deserialize_with = "said")]
    pub(crate) client_secret: Option<Option<String>>,
    /// `oauth`: what is asked for where a connection says nothing else.
    pub(crate) scopes: Option<Vec<String>>,
    /// Of an entry of the catalogue with templates: their DNS labels, as `{"subdomain": "acme"}`.
    pub(crate) labels: Option<BTreeMap<String, String>>,
    /// `oauth`: where browsers are sent.
    pub(crate) authorization_url: Option<String>,
    /// `oauth`: where codes and refresh tokens are exchanged.
    pub(crate) token_url: Option<String>,
    /// `oauth`: where refresh tokens are, if that is elsewhere.
    pub(crate) refresh_url: Option<String>,
    /// `oauth`: where tokens are given back.
    pub(crate) revocation_url: Option<String>,
    /// `oauth`: `rfc7009` (the default), `bearer_post`, `bearer_delete` or `client_delete`.
    pub(crate) revocation_style: Option<String>,
    /// `oauth`: what it says in `iss` (RFC 9207).
    pub(crate) issuer: Option<String>,
    /// `oauth`: an address of its API that tells whose account it is.
    pub(crate) userinfo_url: Option<String>,
    /// `oauth`: where in that answer, as a JSON pointer: `/email` by default.
    pub(crate) account_pointer: Option<String>,
    /// `oauth`: `required`, `supported`, `undocumented` (the default; it is sent) or `refused` (it is not).
    pub(crate) pkce: Option<String>,
    /// `oauth`: `basic`, `post` (the default) or `none`.
    pub(crate) token_auth: Option<String>,
    /// `oauth`: further members of the authorization request.
    pub(crate) extra_authorize_params: Option<BTreeMap<String, String>>,
    /// `oauth`: seconds that an access token is good for where the answer does not say it.
    pub(crate) access_token_seconds: Option<i64>,
    /// `oauth`: what comes of a refresh token that is used: `none` (there are none), `kept` or `rotates` (the default).
    pub(crate) refresh: Option<String>,
    /// `oauth`: what stands between two scopes; a space by default.
    pub(crate) scope_separator: Option<String>,
    /// Hosts of its API: the only ones that a route may send its tokens and keys to. `*.example.com` is each below that.
    pub(crate) api_hosts: Option<Vec<String>>,
    /// `api_key`: the header field that a key is sent in.
    pub(crate) api_key_header: Option<String>,
    /// `api_key`: what stands before the key there, as `Bearer `.
    pub(crate) api_key_prefix: Option<String>,
    /// As it is shown; it is not set.
    pub(crate) configured: Option<bool>,
    /// As it is shown; it is not set.
    pub(crate) own: Option<bool>,
    /// As it is shown; it is not set.
    pub(crate) templates: Option<Vec<String>>,
    /// As it is shown; it is not set.
    pub(crate) client_secret_set: Option<bool>,
    /// As it is shown; it is not set.
    pub(crate) redirect_uri: Option<String>,
}

/// A member that can be absent, null or a text: `None` when absent.
fn said<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(field).map(Some)
}

impl VaultProviderDescription {
    /// The members that are there and of which the catalogue has the word for its own entries, each by its name.
    pub(crate) fn members_of_entries(&self) -> Vec<&'static str> {
        let both = [
            ("icon", self.icon.is_some()),
            ("categories", self.categories.is_some()),
            ("apiHosts", self.api_hosts.is_some()),
        ];
        let there = both.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name);
        there.chain(self.members_of_oauth_entries()).chain(self.members_of_key_entries()).collect()
    }

    /// Those of entries by OAuth.
    pub(crate) fn members_of_oauth_entries(&self) -> Vec<&'static str> {
        let all = [
            ("authorizationUrl", self.authorization_url.is_some()),
            ("tokenUrl", self.token_url.is_some()),
            ("refreshUrl", self.refresh_url.is_some()),
            ("revocationUrl", self.revocation_url.is_some()),
            ("revocationStyle", self.revocation_style.is_some()),
            ("issuer", self.issuer.is_some()),
            ("userinfoUrl", self.userinfo_url.is_some()),
            ("accountPointer", self.account_pointer.is_some()),
            ("pkce", self.pkce.is_some()),
            ("tokenAuth", self.token_auth.is_some()),
            ("extraAuthorizeParams", self.extra_authorize_params.is_some()),
            ("accessTokenSeconds", self.access_token_seconds.is_some()),
            ("refresh", self.refresh.is_some()),
            ("scopeSeparator", self.scope_separator.is_some()),
        ];
        all.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
    }

    /// Those of entries by key.
    pub(crate) fn members_of_key_entries(&self) -> Vec<&'static str> {
        let all = [
            ("apiKeyHeader", self.api_key_header.is_some()),
            ("apiKeyPrefix", self.api_key_prefix.is_some()),
        ];
        all.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
    }

    /// Those of what a tenant says of any provider by OAuth.
    pub(crate) fn members_of_oauth(&self) -> Vec<&'static str> {
        let all = [
            ("clientId", self.client_id.is_some()),
            ("clientSecret", matches!(&self.client_secret, Some(Some(_)))),
            ("scopes", self.scopes.is_some()),
        ];
        all.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
    }
}
