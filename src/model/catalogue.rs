//! A provider that people connect: what the catalogue says of a service, and what an administrator says of one of a
//! tenant's own. The catalogue's JSON has these very members; `providers.schema.json` says what each means.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its id: lower case, digits and hyphens.
    pub id: String,
    /// Its name as people are shown it.
    pub name: String,
    /// The name of its icon.
    pub icon: String,
    /// What it is for.
    pub categories: Vec<String>,
    /// How it is connected.
    #[serde(flatten)]
    pub connection: Connection,
    /// Hosts of its API: the only ones that its tokens and keys may be sent to. `*.` stands for one label.
    #[serde(default)]
    pub api_hosts: Vec<String>,
    /// DNS labels that stand in its addresses as `{name}`, as the `{subdomain}` of a customer there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<String>,
    /// Its own documentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation: Option<String>,
    /// Whether that says all of this.
    #[serde(default)]
    pub checked: Checked,
    /// What an administrator should know who sets it up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quirks: Vec<String>,
}

impl Entry {
    /// How OAuth goes there, if that is how it is connected.
    pub fn oauth(&self) -> Option<&OAuth> {
        match &self.connection {
            Connection::OAuth(oauth) => Some(oauth),
            Connection::ApiKey(_) => None,
        }
    }

    /// The header field of its API's requests that the token or key is sent in; `None` if there is none.
    pub fn credential_field(&self) -> Option<&CredentialField> {
        match &self.connection {
            Connection::OAuth(oauth) => Some(&oauth.token_header),
            Connection::ApiKey(api_key) => api_key.api_key_header.as_ref(),
        }
    }

    /// Whether its API is at a host. A pattern's `*.` stands for one label.
    pub fn is_api_host(&self, host: &str) -> bool {
        self.api_hosts.iter().any(|known| match known.strip_prefix("*.") {
            Some(parent) => host
                .strip_suffix(parent)
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|label| !label.is_empty() && !label.contains('.')),
            None => known == host,
        })
    }

    /// The same with DNS labels in the place of its templates; `None` if one is missing or is none.
    pub fn with_labels(&self, labels: &BTreeMap<String, String>) -> Option<Entry> {
        let mut entry = self.clone();
        for name in &self.templates {
            let label = labels.get(name).filter(|label| is_dns_label(label))?;
            let marker = format!("{{{name}}}");
            let fill = |text: &mut String| *text = text.replace(&marker, label);
            entry.api_hosts.iter_mut().for_each(fill);
            if let Connection::OAuth(oauth) = &mut entry.connection {
                oauth.addresses().into_iter().for_each(fill);
            }
        }
        entry.templates.clear();
        Some(entry)
    }
}

/// Whether it is one label of a host's name (RFC 1123 §2.1), in lower case and no A-label.
pub fn is_dns_label(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.starts_with("xn--")
}

/// Whether the facts of an entry were found in the service's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checked {
    /// They were.
    Docs,
    /// Some were not: its quirks say which.
    #[default]
    Unconfirmed,
}

/// How a provider is connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "connectionType")]
pub enum Connection {
    /// By a consent of the person's there.
    #[serde(rename = "oauth")]
    OAuth(Box<OAuth>),
    /// By a key that the person has from there.
    #[serde(rename = "api_key")]
    ApiKey(ApiKey),
}

/// A provider's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// The header field that a key is sent in; none where keys stand in the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_header: Option<CredentialField>,
}

/// A header field that a token or key is sent in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialField {
    /// The field's name in lower case.
    pub name: String,
    /// What stands before the token or key, with the space behind it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
}

impl Default for CredentialField {
    fn default() -> CredentialField {
        CredentialField { name: "authorization".to_owned(), prefix: "Bearer ".to_owned() }
    }
}

/// A provider's OAuth 2.0, where it is as RFC 6749, RFC 7009 and RFC 7636 say and where it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OAuth {
    /// Where browsers are sent (RFC 6749 §3.1).
    pub authorization_url: String,
    /// Where codes are exchanged (RFC 6749 §3.2).
    pub token_url: String,
    /// Where refresh tokens are, if that is elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_url: Option<String>,
    /// Where tokens are given back; none where nobody can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_url: Option<String>,
    /// How they are given back.
    #[serde(default)]
    pub revocation_style: RevocationStyle,
    /// How the client authenticates there by RFC 7009, if not as at the token endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_auth: Option<TokenAuth>,
    /// The member that has the token there by RFC 7009, if not `token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_parameter: Option<String>,
    /// Which token ends the consent when it is given back.
    #[serde(default, skip_serializing_if = "RevocationTakes::is_refresh")]
    pub revocation_takes: RevocationTakes,
    /// What it says in `iss` (RFC 9207), if it says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Whose account was connected.
    #[serde(default)]
    pub account: Account,
    /// What is asked for.
    #[serde(default)]
    pub scopes: Scopes,
    /// Whether it takes PKCE (RFC 7636).
    #[serde(default)]
    pub pkce: Pkce,
    /// How the client authenticates at the token endpoint.
    #[serde(default)]
    pub token_auth: TokenAuth,
    /// How requests to the token and revocation endpoints are written.
    #[serde(default)]
    pub token_body: TokenBody,
    /// Further members of an authorization request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_authorize_params: BTreeMap<String, String>,
    /// Further members of a request to the token endpoint, for codes and refresh tokens alike.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_token_params: BTreeMap<String, String>,
    /// Where in the answer to a code the tokens are, as a JSON pointer (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_at: Option<String>,
    /// Further words of `token_type` that stand for a bearer token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_types: Vec<String>,
    /// Seconds that an access token is good for where the answer does not say it; none if it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_seconds: Option<i64>,
    /// What comes of a refresh token that is used.
    #[serde(default)]
    pub refresh: Refresh,
    /// The further grant that a new access token is exchanged by for one that lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_lived_grant: Option<LongLivedGrant>,
    /// How it says that a refresh token is over, if not by `invalid_grant`.
    #[serde(default, skip_serializing_if = "Errors::is_standard")]
    pub errors: Errors,
    /// The header field of its API's requests that the token is sent in.
    #[serde(default)]
    pub token_header: CredentialField,
}

impl OAuth {
    /// Each of its addresses.
    fn addresses(&mut self) -> Vec<&mut String> {
        let mut all = vec![&mut self.authorization_url, &mut self.token_url];
        all.extend(self.refresh_url.as_mut());
        all.extend(self.revocation_url.as_mut());
        all.extend(self.account.url.as_mut());
        all
    }
}

/// How a token is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationStyle {
    /// By RFC 7009.
    #[default]
    Rfc7009,
    /// By a POST that the access token authenticates.
    BearerPost,
    /// By a DELETE that the access token authenticates.
    BearerDelete,
    /// By a DELETE that the client authenticates, with `access_token` as JSON; `{clientId}` stands in the address.
    ClientDelete,
}

/// Which token ends a consent when it is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RevocationTakes {
    /// The refresh token; the access token where there is none.
    #[default]
    Refresh,
    /// The access token.
    Access,
}

impl RevocationTakes {
    fn is_refresh(&self) -> bool {
        *self == RevocationTakes::Refresh
    }
}

/// Where the name of the account is found that was connected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// In the answer to a code, as a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_tokens: Option<String>,
    /// An address of its API that tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What is posted there; a GET if there is nothing. `""` is a POST without a body, all else JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Where in that answer, as JSON pointers; the first that is there counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pointers: Vec<String>,
}

/// What is asked for, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scopes {
    /// Asked for if nothing else is.
    #[serde(default)]
    pub default: Vec<String>,
    /// What stands between two in a request.
    #[serde(default = "space")]
    pub separator: String,
    /// What stands between two in an answer.
    #[serde(default = "space")]
    pub answer_separator: String,
    /// The member of an authorization request that has them.
    #[serde(default = "scope")]
    pub parameter: String,
}

fn space() -> String {
    " ".to_owned()
}

fn scope() -> String {
    "scope".to_owned()
}

impl Default for Scopes {
    fn default() -> Scopes {
        Scopes { default: Vec::new(), separator: space(), answer_separator: space(), parameter: scope() }
    }
}

/// Whether a provider takes PKCE (RFC 7636).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pkce {
    /// It refuses requests without.
    Required,
    /// It checks what is sent.
    Supported,
    /// It says nothing of it: it is sent, because a server ignores what it does not know (RFC 6749 §3.1).
    #[default]
    Undocumented,
    /// It refuses requests that have it.
    Refused,
}

impl Pkce {
    /// Whether a challenge and its verifier are sent.
    pub fn is_sent(self) -> bool {
        self != Pkce::Refused
    }
}

/// How a client authenticates at a token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenAuth {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    #[default]
    Post,
    /// Not at all.
    None,
}

/// How requests to token and revocation endpoints are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenBody {
    /// As RFC 6749 says.
    #[default]
    Form,
    /// As a JSON object with the same members.
    Json,
}

/// What comes of a refresh token that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Refresh {
    /// There are none.
    #[default]
    None,
    /// It stays.
    Kept,
    /// Another comes in its place.
    Rotates,
}

/// How a token endpoint says that a refresh token is over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Errors {
    /// Where in its answer the code is, as a JSON pointer; `/error` if it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Codes that say the same as `invalid_grant` (RFC 6749 §5.2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<String>,
}

impl Errors {
    fn is_standard(&self) -> bool {
        *self == Errors::default()
    }
}

/// A grant that an access token is exchanged by for one that lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LongLivedGrant {
    /// Its `grant_type`.
    pub grant_type: String,
    /// The member that has the token.
    pub parameter: String,
}
