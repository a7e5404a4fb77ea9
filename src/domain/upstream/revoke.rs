//! Giving tokens back: by RFC 7009, or in the way that a server has instead.

use serde_json::json;
use url::form_urlencoded::byte_serialize;

use crate::cx::Cx;
use crate::domain::outbound::send;
use crate::domain::upstream::answers::{MOST_BYTES, refusal};
use crate::domain::upstream::client_authentication::{basic, post};
use crate::domain::upstream::{Authentication, Error, Upstream, tokens};
use crate::model::catalogue::{RevocationStyle, RevocationTakes};
use crate::ports::http::{HttpRequest, Method, Wanted};

/// What kind of token is given back (§2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// An access token.
    AccessToken,
    /// A refresh token, and with it what it gave.
    RefreshToken,
}

impl Hint {
    fn name(self) -> &'static str {
        match self {
            Hint::AccessToken => "access_token",
            Hint::RefreshToken => "refresh_token",
        }
    }
}

/// Ends a consent by giving back the token of the two that does. Where that is an access token which is over itself, the
/// refresh token brings one that can be given back.
///
/// # Errors
/// Why the consent may still stand.
pub async fn end_consent(
    cx: &Cx,
    upstream: &Upstream,
    access_token: Option<&str>,
    refresh_token: Option<&str>,
) -> Result<(), Error> {
    let by_access = upstream.dialect.revocation_takes == RevocationTakes::Access;
    match (access_token, refresh_token) {
        (_, Some(refresh_token)) if !by_access => {
            return revoke(cx, upstream, refresh_token, Hint::RefreshToken).await;
        }
        (Some(access_token), None) => return revoke(cx, upstream, access_token, Hint::AccessToken).await,
        (None, None) => return Ok(()),
        (None, Some(_)) => {}
        (Some(access_token), Some(_)) => match revoke(cx, upstream, access_token, Hint::AccessToken).await {
            Err(Error::Declined(_) | Error::Failed(_)) => {}
            done => return done,
        },
    }
    match tokens::refresh(cx, upstream, refresh_token.unwrap_or_default()).await {
        Ok(new) => revoke(cx, upstream, &new.access_token, Hint::AccessToken).await,
        // The server has ended it already.
        Err(Error::Declined(code)) if code == "invalid_grant" => Ok(()),
        Err(error) => Err(error),
    }
}

/// Gives a token back, in the server's way. A server that does not know it has nothing to revoke, and says so with 200
/// (§2.2). Only by RFC 7009 a refresh token can be given back: all other ways take an access token, and end with it what
/// came of the same consent.
///
/// # Errors
/// Why it may still be good.
pub async fn revoke(cx: &Cx, upstream: &Upstream, token: &str, hint: Hint) -> Result<(), Error> {
    let endpoint = upstream.endpoints.revocation.as_deref();
    let endpoint = endpoint.ok_or_else(|| Error::failed("it has no revocation endpoint"))?;
    let style = upstream.dialect.revocation;
    if style != RevocationStyle::Rfc7009 && hint != Hint::AccessToken {
        return Err(Error::failed("it takes no refresh token back"));
    }
    let as_bearer = || format!("{}{token}", upstream.dialect.token_prefix);
    let request = match style {
        RevocationStyle::Rfc7009 => {
            post(cx, upstream, endpoint, &[("token", token), ("token_type_hint", hint.name())]).await?
        }
        RevocationStyle::BearerPost => request(Method::Post, endpoint.to_owned(), as_bearer(), String::new()),
        RevocationStyle::BearerDelete => {
            request(Method::Delete, endpoint.to_owned(), as_bearer(), String::new())
        }
        RevocationStyle::ClientDelete => {
            let (Authentication::SecretBasic(secret) | Authentication::SecretPost(secret)) =
                &upstream.authentication
            else {
                return Err(Error::failed("it takes a token back from a client with a secret alone"));
            };
            let id = upstream.client_id.as_str();
            let url = endpoint.replace("{clientId}", &byte_serialize(id.as_bytes()).collect::<String>());
            let body = json!({ "access_token": token }).to_string();
            request(Method::Delete, url, basic(id, secret), body)
        }
    };
    let answer = send(cx, request, upstream.reach).await?;
    refusal(&answer, "the revocation endpoint").map_or(Ok(()), Err)
}

fn request(method: Method, url: String, authorization: String, body: String) -> HttpRequest {
    let mut headers = vec![
        ("accept", "application/json".to_owned()),
        ("authorization", authorization),
        ("user-agent", super::USER_AGENT.to_owned()),
    ];
    if !body.is_empty() {
        headers.push(("content-type", "application/json".to_owned()));
    }
    HttpRequest { method, url, headers, body, wanted: Wanted::Body(MOST_BYTES) }
}
