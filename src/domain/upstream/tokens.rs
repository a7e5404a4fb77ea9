//! Tokens for a code (RFC 6749 §4.1.3) or a refresh token (RFC 6749 §6).

use std::fmt;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::cx::Cx;
use crate::domain::outbound::send;
use crate::domain::upstream::answers::{object, refusal, text};
use crate::domain::upstream::client_authentication::post;
use crate::domain::upstream::{Error, Upstream};

/// The most bytes of one token.
pub(crate) const LONGEST_TOKEN: usize = 32 * 1024;

/// What a code is exchanged with.
#[derive(Clone, Copy)]
pub struct Code<'a> {
    /// The code.
    pub code: &'a str,
    /// Where it was sent.
    pub redirect_uri: &'a str,
    /// The verifier of the challenge that the request had (RFC 7636 §4.5).
    pub verifier: &'a str,
}

/// What a token endpoint answered (RFC 6749 §5.1).
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// For the server's APIs.
    pub access_token: Zeroizing<String>,
    /// Seconds that it is good for, if they are told.
    pub expires_in: Option<i64>,
    /// A new refresh token; the old one stays in use where there is none.
    pub refresh_token: Option<Zeroizing<String>>,
    /// What it is good for, if that is not what was asked for.
    pub scope: Option<String>,
    /// Who signed in (OpenID Connect Core 1.0 §3.1.3.3).
    pub id_token: Option<Zeroizing<String>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Tokens")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// The tokens for a code.
///
/// # Errors
/// [`Error::Declined`] if the server refuses the code or us.
pub async fn exchange(cx: &Cx, upstream: &Upstream, code: Code<'_>) -> Result<Tokens, Error> {
    let members = [
        ("grant_type", "authorization_code"),
        ("code", code.code),
        ("redirect_uri", code.redirect_uri),
        ("code_verifier", code.verifier),
    ];
    ask(cx, upstream, &members).await
}

/// New tokens for a refresh token, with the same scope.
///
/// # Errors
/// [`Error::Declined`] if the server refuses it or us: with `invalid_grant` it is over.
pub async fn refresh(cx: &Cx, upstream: &Upstream, refresh_token: &str) -> Result<Tokens, Error> {
    ask(cx, upstream, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
}

const ENDPOINT: &str = "the token endpoint";

async fn ask(cx: &Cx, upstream: &Upstream, members: &[(&str, &str)]) -> Result<Tokens, Error> {
    let request = post(cx, upstream, &upstream.endpoints.token, members).await?;
    let answer = send(cx, request, upstream.reach).await?;
    match refusal(&answer, ENDPOINT) {
        Some(refused) => Err(refused),
        None => read(&object(&answer, ENDPOINT)?),
    }
}

fn read(said: &Map<String, Value>) -> Result<Tokens, Error> {
    let failed = |what: &str| Error::failed(format!("{ENDPOINT} answered {what}"));
    // RFC 6749 §7.1: a token of a type that we don't understand is not used.
    let is_bearer = |kind: &Value| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    if said.get("token_type").is_some_and(|kind| !is_bearer(kind)) {
        return Err(failed("tokens of another type than bearer"));
    }
    let access_token =
        token(said, "access_token").ok_or_else(|| failed("no access_token that can be sent"))?;
    let of_member = |name: &str| match said.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => {
            token(said, name).map(Some).ok_or_else(|| failed(&format!("no {name} where there is to be one")))
        }
    };
    Ok(Tokens {
        access_token,
        expires_in: said.get("expires_in").and_then(seconds),
        refresh_token: of_member("refresh_token")?,
        scope: text(said, "scope", 4_096),
        id_token: of_member("id_token")?,
    })
}

/// A token, which can stand in a header field.
fn token(said: &Map<String, Value>, name: &str) -> Option<Zeroizing<String>> {
    let token = said.get(name)?.as_str()?;
    let fits = (1..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| Zeroizing::new(token.to_owned()))
}

/// Seconds as a number, or as the text that some servers and every form have.
fn seconds(value: &Value) -> Option<i64> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    (seconds >= 0).then_some(seconds)
}
