//! Where servers depart from RFC 6749, RFC 7009 and RFC 7636. The default departs nowhere.

use std::collections::BTreeMap;

use crate::model::catalogue::{
    Account, Errors, LongLivedGrant, OAuth, Pkce, Refresh, RevocationStyle, RevocationTakes, TokenAuth,
    TokenBody,
};

/// How a server wants to be asked, and how it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// Whether a code challenge and its verifier are sent (RFC 7636).
    pub pkce: Pkce,
    /// The member of an authorization request that has the scopes.
    pub scope_parameter: String,
    /// What stands between two scopes in a request.
    pub scope_separator: String,
    /// What stands between two scopes in an answer.
    pub answer_separator: String,
    /// How requests to the token and revocation endpoints are written.
    pub body: TokenBody,
    /// Where refresh tokens are exchanged, if that is not the token endpoint.
    pub refresh_endpoint: Option<String>,
    /// Further members of a request to the token endpoint.
    pub token_params: BTreeMap<String, String>,
    /// Where in the answer to a code the tokens are, as a JSON pointer.
    pub tokens_at: Option<String>,
    /// Further words of `token_type` that stand for a bearer token.
    pub token_types: Vec<String>,
    /// The grant that a new access token is exchanged by for one that lasts.
    pub long_lived_grant: Option<LongLivedGrant>,
    /// What comes of a refresh token that is used.
    pub refresh: Refresh,
    /// How tokens are given back.
    pub revocation: RevocationStyle,
    /// How the client authenticates where they are, if not as at the token endpoint.
    pub revocation_auth: Option<TokenAuth>,
    /// The member that has the token there; `token`, with its hint, if nothing else is said.
    pub revocation_parameter: Option<String>,
    /// Which token ends the consent when it is given back.
    pub revocation_takes: RevocationTakes,
    /// Where the name of the account is found.
    pub account: Account,
    /// How it says that a refresh token is over.
    pub errors: Errors,
    /// What stands before an access token in `Authorization`.
    pub token_prefix: String,
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect {
            pkce: Pkce::Supported,
            scope_parameter: "scope".to_owned(),
            scope_separator: " ".to_owned(),
            answer_separator: " ".to_owned(),
            body: TokenBody::Form,
            refresh_endpoint: None,
            token_params: BTreeMap::new(),
            tokens_at: None,
            token_types: Vec::new(),
            long_lived_grant: None,
            refresh: Refresh::Rotates,
            revocation: RevocationStyle::Rfc7009,
            revocation_auth: None,
            revocation_parameter: None,
            revocation_takes: RevocationTakes::Refresh,
            account: Account::default(),
            errors: Errors::default(),
            token_prefix: "Bearer ".to_owned(),
        }
    }
}

impl Dialect {
    /// That of a provider.
    pub(crate) fn of(oauth: &OAuth) -> Dialect {
        Dialect {
            pkce: oauth.pkce,
            scope_parameter: oauth.scopes.parameter.clone(),
            scope_separator: oauth.scopes.separator.clone(),
            answer_separator: oauth.scopes.answer_separator.clone(),
            body: oauth.token_body,
            refresh_endpoint: oauth.refresh_url.clone(),
            token_params: oauth.extra_token_params.clone(),
            tokens_at: oauth.tokens_at.clone(),
            token_types: oauth.token_types.clone(),
            long_lived_grant: oauth.long_lived_grant.clone(),
            refresh: oauth.refresh,
            revocation: oauth.revocation_style,
            revocation_auth: oauth.revocation_auth,
            revocation_parameter: oauth.revocation_parameter.clone(),
            revocation_takes: oauth.revocation_takes,
            account: oauth.account.clone(),
            errors: oauth.errors.clone(),
            token_prefix: oauth.token_header.prefix.clone(),
        }
    }

    /// Scopes as the server wants them, from a list that spaces separate.
    pub(super) fn write_scopes(&self, scopes: &str) -> String {
        scopes.split_ascii_whitespace().collect::<Vec<_>>().join(&self.scope_separator)
    }

    /// Scopes as RFC 6749 §3.3 writes them, from a server's answer.
    pub(super) fn read_scopes(&self, said: &str) -> String {
        let parts = said.split(self.answer_separator.as_str()).flat_map(str::split_ascii_whitespace);
        parts.collect::<Vec<_>>().join(" ")
    }
}
