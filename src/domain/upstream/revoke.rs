//! Giving tokens back: by RFC 7009, or in the way that a server has instead.

use serde_json::json;
use url::form_urlencoded::byte_serialize;

use crate::cx::Cx;
use crate::domain::outbound::send;
use crate::domain::upstream::answers::{MOST_BYTES, refusal};
use crate::domain::upstream::client_authentication::{basic, post_as};
use crate::domain::upstream::{Authentication, Error, Upstream, tokens};
use crate::model::catalogue::{RevocationStyle, RevocationTakes, TokenAuth};
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

/// Ends a consent by giving back its tokens: both, or the access token alone where that is what the server takes. Where an
/// access token is over itself, the refresh token brings one that can be given back.
///
/// # Errors
/// Why the consent may still stand.
pub async fn end_consent(
    cx: &Cx,
    upstream: &Upstream,
    access_token: Option<&str>,
    refresh_token: Option<&str>,
) -> Result<(), Error> {
    if takes_refresh_tokens(upstream) {
        return give_back_both(cx, upstream, access_token, refresh_token).await;
    }
    if let Some(access_token) = access_token {
        match revoke(cx, upstream, access_token, Hint::AccessToken).await {
            Err(Error::Declined(code)) if refresh_token.is_none() && code == UNKNOWN => return Ok(()),
            // Only a server that decided is asked for another token: a refresh token that rotates could be lost.
            Err(Error::Declined(_)) if refresh_token.is_some() => {}
            done => return done,
        }
    }
    let Some(refresh_token) = refresh_token else { return Ok(()) };
    match tokens::refresh(cx, upstream, refresh_token).await {
        Ok(new) => revoke(cx, upstream, &new.access_token, Hint::AccessToken).await,
        // The server has ended it already.
        Err(Error::Declined(code)) if code == "invalid_grant" => Ok(()),
        Err(error) => Err(error),
    }
}

/// What a server says of a token that it does not know, or that is over (RFC 6750 §3.1).
const UNKNOWN: &str = "invalid_token";

fn takes_refresh_tokens(upstream: &Upstream) -> bool {
    upstream.dialect.revocation == RevocationStyle::Rfc7009
        && upstream.dialect.revocation_takes == RevocationTakes::Refresh
}

async fn give_back_both(
    cx: &Cx,
    upstream: &Upstream,
    access_token: Option<&str>,
    refresh_token: Option<&str>,
) -> Result<(), Error> {
    let mut is_taken = false;
    for (token, hint) in [(refresh_token, Hint::RefreshToken), (access_token, Hint::AccessToken)] {
        let Some(token) = token else { continue };
        match revoke(cx, upstream, token, hint).await {
            Ok(()) => is_taken = true,
            // It knows the token no more, or ended it with the other one.
            Err(Error::Declined(code)) if is_taken || code == UNKNOWN => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
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
        RevocationStyle::Rfc7009 => by_rfc7009(cx, upstream, endpoint, token, hint).await?,
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
    match refusal(&answer, "the revocation endpoint") {
        None => Ok(()),
        // It says no by its status alone, or in words of its own.
        Some(Error::Failed(_)) if says_unknown(style, answer.status) => Err(Error::declined(UNKNOWN)),
        Some(Error::Failed(_)) if answer.status == 400 => Err(Error::declined("bad_request")),
        Some(error) => Err(error),
    }
}

/// Whether a status alone says that a token is unknown or over: 401 to the token that authenticates the request, 404 or 422
/// to the one that is named (GitHub).
fn says_unknown(style: RevocationStyle, status: u16) -> bool {
    match style {
        RevocationStyle::Rfc7009 => false,
        RevocationStyle::BearerPost | RevocationStyle::BearerDelete => status == 401,
        RevocationStyle::ClientDelete => matches!(status, 404 | 422),
    }
}

async fn by_rfc7009(
    cx: &Cx,
    upstream: &Upstream,
    endpoint: &str,
    token: &str,
    hint: Hint,
) -> Result<HttpRequest, Error> {
    let authentication = match (upstream.dialect.revocation_auth, &upstream.authentication) {
        (Some(TokenAuth::Basic), Authentication::SecretPost(secret)) => {
            Authentication::SecretBasic(secret.clone())
        }
        (Some(TokenAuth::Post), Authentication::SecretBasic(secret)) => {
            Authentication::SecretPost(secret.clone())
        }
        (_, own) => own.clone(),
    };
    let hinted = [("token", token), ("token_type_hint", hint.name())];
    let named = upstream.dialect.revocation_parameter.as_deref().map(|name| [(name, token)]);
    let members = named.as_ref().map_or(hinted.as_slice(), |one| one.as_slice());
    post_as(cx, upstream, &authentication, endpoint, members).await
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
