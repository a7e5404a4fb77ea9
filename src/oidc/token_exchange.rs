//! Token exchange (RFC 8693 §2.1): what a request says.

use crate::oidc::error::Code;
use crate::oidc::params::Params;
use crate::oidc::request::Wrong;

/// The type of an access token (§3).
pub(crate) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Clients that may act one after the other for the same user.
pub(crate) const MOST_ACTORS: usize = 5;

/// What the audience of a connected service begins with: `connection:{provider}`, or `connection:{provider}:{label}`.
const CONNECTION: &str = "connection:";

/// A service that a person connected, whose own access token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connection<'a> {
    pub(crate) provider_id: &'a str,
    /// Which of several connections of the provider.
    pub(crate) label: Option<&'a str>,
}

impl<'a> Connection<'a> {
    fn parse(audience: &'a str) -> Option<Connection<'a>> {
        let rest = audience.strip_prefix(CONNECTION)?;
        Some(match rest.split_once(':') {
            Some((provider_id, label)) => Connection { provider_id, label: Some(label) },
            None => Connection { provider_id: rest, label: None },
        })
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exchange<'a> {
    /// The user's token.
    pub(crate) subject_token: &'a str,
    /// Whom the new one is to be for, by `resource` and `audience` alike.
    pub(crate) targets: Vec<&'a str>,
    /// The connected service that it is to be for instead, and nobody else.
    pub(crate) connection: Option<Connection<'a>>,
    /// What it is to allow; all that the two have in common if absent.
    pub(crate) scope: Option<&'a str>,
}

impl<'a> Exchange<'a> {
    /// Parses a request.
    ///
    /// # Errors
    /// `invalid_request` for what is missing, and for every type but access tokens (§2.2.2); `invalid_target` for a connected
    /// service beside another target.
    pub(crate) fn parse(params: &'a Params) -> Result<Exchange<'a>, Wrong> {
        let invalid = |text| Err((Code::InvalidRequest, text));
        let Some(subject_token) = params.get("subject_token") else {
            return invalid("subject_token is missing");
        };
        match params.get("subject_token_type") {
            Some(ACCESS_TOKEN) => {}
            None => return invalid("subject_token_type is missing"),
            Some(_) => return invalid("subject_token_type is an access token's"),
        }
        if params.get("requested_token_type").is_some_and(|wanted| wanted != ACCESS_TOKEN) {
            return invalid("requested_token_type is an access token's");
        }
        // §1.1: the acting party is the client that authenticates. There is no other way to say who it is.
        if params.get("actor_token").is_some() || params.get("actor_token_type").is_some() {
            return invalid("actor_token is not supported: the client itself is the actor");
        }
        let targets: Vec<&str> = params.all("resource").chain(params.all("audience")).collect();
        let connection = params.all("audience").find_map(Connection::parse);
        if connection.is_some() && targets.len() > 1 {
            return Err((Code::InvalidTarget, "the token of a connected service is for that service alone"));
        }
        Ok(Exchange { subject_token, targets, connection, scope: params.get("scope") })
    }
}
